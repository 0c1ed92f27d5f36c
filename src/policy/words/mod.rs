//! The words policies may use besides CEL's own: the variables, and the functions with their meaning.
//!
//! Adding a function is one `fn` and one line in [`WORDS`].

#![expect(clippy::unnecessary_wraps, reason = "every word has the same signature")]

use crate::cel::{CallStyle, Environment, Error, HostFunction, Map, Scope, Value};
use crate::model::NodeRef;
use crate::secrets;

use super::host::Host;
use super::image::Reference;

mod around;
mod repo;
mod value;

/// The top-level variables in slot order.
pub const VARIABLES: [&str; 10] = [
    "object",
    "oldObject",
    "params",
    "request",
    "namespaceObject",
    "resource",
    "template",
    "repo",
    "applier",
    "item",
];

/// Slots of [`VARIABLES`].
pub mod slot {
    /// `object`
    pub const OBJECT: usize = 0;
    /// `oldObject`
    pub const OLD_OBJECT: usize = 1;
    /// `params`
    pub const PARAMS: usize = 2;
    /// `request`
    pub const REQUEST: usize = 3;
    /// `namespaceObject`
    pub const NAMESPACE_OBJECT: usize = 4;
    /// `resource`
    pub const RESOURCE: usize = 5;
    /// `template`
    pub const TEMPLATE: usize = 6;
    /// `repo`
    pub const REPO: usize = 7;
    /// `applier`
    pub const APPLIER: usize = 8;
    /// `item`, in a validation with `each`
    pub const ITEM: usize = 9;
}

/// The environment every policy of ours is compiled in, before its own variables are added; `item` comes
/// after those, since a variable has one value for all items.
pub fn environment() -> Environment {
    let mut environment = Environment::new();
    for name in &VARIABLES[..slot::ITEM] {
        environment.variable(name);
    }
    environment.host(WORDS.iter().map(|word| &word.function));
    environment
}

type Answer<'a> = Result<Value<'a>, Error<'a>>;

/// A function policies may call, and what it does.
pub struct Word {
    /// Its name, how it is called, what it is for.
    pub function: HostFunction,
    run: for<'a> fn(&Host<'a>, &[Value<'a>], &Scope<'a>) -> Answer<'a>,
}

/// The functions policies may call.
pub static WORDS: &[Word] = &[
    word("tags", 1, tags, "The tags or labels of a resource whose values are known, as a map."),
    word("tags.keys", 1, tags_keys, "Every tag or label key of a resource, known value or not."),
    word("tags.known", 1, tags_known, "Whether every tag of a resource could be read."),
    word(
        "tags.ofStack",
        1,
        stack_tags,
        "The tags that every deployment of its template gives a resource, as a map.",
    ),
    word("tags.supported", 1, tags_supported, "Whether resources of this type can carry tags."),
    word(
        "tagPolicy.breaches",
        1,
        breaches,
        "How a resource breaks the tag policy: a list of message and tag.",
    ),
    word("value.kind", 1, value::kind, "What a value is: literal, empty, placeholder, reference, …"),
    word(
        "value.kindDecoded",
        1,
        value::kind_decoded,
        "What a base64 text is once decoded, or decoded twice.",
    ),
    word("value.decoded", 1, value::decoded, "The text that a base64 text encodes, as an optional value."),
    word(
        "value.fields",
        1,
        value::fields,
        "The fields within a value that hold a text, or `{name, value}` pairs: name and value.",
    ),
    word(
        "value.texts",
        1,
        value::texts,
        "The texts within a value as written, those of references included.",
    ),
    word("value.text", 1, value::text, "The text of a value as written, even when it is a reference."),
    word("secrets.sensitiveName", 1, sensitive_name, "Whether a name promises a secret value."),
    word(
        "secrets.scan",
        1,
        scan,
        "The secrets a text contains: detector, confidence, start and end in bytes.",
    ),
    word("containers", 1, containers, "The containers of a workload, of every role."),
    word("podSpec", 1, pod_spec, "The pod specification of a workload, as an optional value."),
    word(
        "image",
        1,
        image,
        "The registry, repository, tag and digest of an image's name, as an optional value.",
    ),
    word("glob", 2, glob, "Whether a text matches a glob: `*`, `?`, `**`, `[a-z]`, `{a,b}`."),
    word(
        "resources.exists",
        3,
        around::exists,
        "Whether an object of a kind (as in `match`), namespace and name exists.",
    ),
    word(
        "resources.run",
        2,
        around::runs,
        "Whether a workload in a namespace starts pods with these labels.",
    ),
    word(
        "resources.alsoAppliedBy",
        1,
        around::also_applied_by,
        "What else applies an object of a render to the same cluster: kind, name and file of each.",
    ),
    word(
        "kustomize.names",
        1,
        around::names,
        "Whether a kustomization names a file, by its path from the root.",
    ),
    word(
        "path.resolve",
        2,
        resolve,
        "A relative path, from the folder of a file: from the repository's root.",
    ),
    word("git.same", 2, git_same, "Whether two Git addresses name the same repository."),
    member("glob", 1, repo::glob, "The tracked files that match a glob."),
    member("exists", 1, repo::exists, "Whether a file is tracked."),
    member("owners", 1, repo::owners, "The owners of a path by CODEOWNERS."),
    member("holds", 1, repo::holds, "Whether a folder has tracked files."),
];

/// The words that ask what applies a resource, which only a render tells.
pub(super) const APPLIED: [&str; 2] = ["applier", "resources.alsoAppliedBy"];

/// The words that ask about other resources, for which somebody has to look.
pub(super) const AROUND: [&str; 4] =
    ["resources.exists", "resources.run", "resources.alsoAppliedBy", "kustomize.names"];

const fn word(
    name: &'static str,
    arity: usize,
    run: for<'a> fn(&Host<'a>, &[Value<'a>], &Scope<'a>) -> Answer<'a>,
    doc: &'static str,
) -> Word {
    Word { function: HostFunction { name, call: CallStyle::Global, arity: arity..=arity, doc }, run }
}

const fn member(
    name: &'static str,
    arity: usize,
    run: for<'a> fn(&Host<'a>, &[Value<'a>], &Scope<'a>) -> Answer<'a>,
    doc: &'static str,
) -> Word {
    Word { function: HostFunction { name, call: CallStyle::Member, arity: arity..=arity, doc }, run }
}

/// Calls a function of [`WORDS`].
pub(super) fn call<'a>(
    host: &Host<'a>,
    function: &'static HostFunction,
    args: &[Value<'a>],
    scope: &Scope<'a>,
) -> Answer<'a> {
    match WORDS.iter().find(|word| std::ptr::eq(&raw const word.function, function)) {
        Some(word) => (word.run)(host, args, scope),
        None => Err(Error::Unset),
    }
}

/// Where the answer of a call is written, for pointing at it.
pub(super) fn origin<'a>(
    host: &Host<'a>,
    function: &'static HostFunction,
    args: &[Value<'a>],
) -> Option<NodeRef<'a>> {
    if function.name.starts_with("tags") {
        let tags = host.tags()?;
        return tags.node.or_else(|| host.resource().map(|resource| resource.header));
    }
    if matches!(function.name, "containers" | "podSpec") {
        return host.resource().map(|resource| resource.body);
    }
    if function.name == "resources.exists" {
        return args.last().and_then(node);
    }
    args.iter().find_map(node)
}

fn node<'a>(value: &Value<'a>) -> Option<NodeRef<'a>> {
    match value {
        Value::Node(node) | Value::Unknown(Some(node)) => Some(*node),
        _ => None,
    }
}

/// The text of an argument: of a node the text as written, of a collection none.
fn text<'a>(value: &Value<'a>) -> Result<&'a str, Error<'a>> {
    match value {
        Value::Str(text) => Ok(text),
        Value::Node(node) | Value::Unknown(Some(node)) => Ok(node.text().unwrap_or_default()),
        Value::Optional(Some(value)) => text(value),
        _ => Err(Error::NoSuchOverload("a text is needed")),
    }
}

fn list<'a>(scope: &Scope<'a>, items: impl Iterator<Item = Value<'a>>) -> Value<'a> {
    let items: Vec<Value<'a>> = items.collect();
    Value::List(scope.arena().alloc_slice_copy(&items))
}

/// A map of text keys; a repeated key keeps its last value, as readers of documents do.
pub(super) fn map<'a>(scope: &Scope<'a>, entries: &[(&'a str, Value<'a>)]) -> Answer<'a> {
    let last = |at: usize| !entries[at + 1..].iter().any(|(key, _)| *key == entries[at].0);
    let kept: Vec<_> = (0..entries.len())
        .filter(|&at| last(at))
        .map(|at| (Value::Str(entries[at].0), entries[at].1))
        .collect();
    Map::new(&kept, scope.arena()).map(Value::Map).ok_or(Error::BadKey)
}

fn tags<'a>(host: &Host<'a>, _: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let entries = host.tags().map(|tags| tags.entries.as_slice()).unwrap_or_default();
    let known: Vec<_> = entries
        .iter()
        .filter_map(|(key, value)| value.map(|value| (key.text, Value::Node(value.node))))
        .collect();
    map(scope, &known)
}

fn tags_keys<'a>(host: &Host<'a>, _: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let entries = host.tags().map(|tags| tags.entries.as_slice()).unwrap_or_default();
    Ok(list(scope, entries.iter().map(|(key, _)| Value::Node(key.node))))
}

fn tags_known<'a>(host: &Host<'a>, _: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    Ok(Value::Bool(host.tags().is_some_and(|tags| tags.known)))
}

fn tags_supported<'a>(host: &Host<'a>, _: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    Ok(Value::Bool(host.tags().is_some_and(|tags| tags.supported)))
}

/// A value that differs between the stacks is *unknown*.
fn stack_tags<'a>(host: &Host<'a>, _: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let tags = host.inventory().and_then(|inventory| inventory.stack_tags.as_ref());
    let tags = tags.into_iter().flat_map(|tags| tags.of(host.file()));
    let entries: Vec<_> =
        tags.map(|(key, value)| (key, value.map_or(Value::Unknown(None), Value::Str))).collect();
    map(scope, &entries)
}

/// What the Organizations tag policy finds; nothing where there is none.
fn breaches<'a>(host: &Host<'a>, _: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let policy = host.inventory().and_then(|inventory| inventory.tag_policy.as_deref());
    let (Some(policy), Some(resource), Some(tags)) = (policy, host.resource(), host.tags()) else {
        return Ok(list(scope, std::iter::empty()));
    };
    let Some(breaches) = policy.breaches(resource.kind, tags) else { return Ok(Value::Unknown(None)) };
    let breaches: Result<Vec<_>, _> = breaches
        .into_iter()
        .map(|breach| {
            let message = Value::Str(scope.arena().alloc_str(&breach.message));
            let tag = breach.node.or(tags.node).map_or(Value::Null, Value::Node);
            map(scope, &[("message", message), ("tag", tag)])
        })
        .collect();
    Ok(list(scope, breaches?.into_iter()))
}

fn sensitive_name<'a>(_: &Host<'a>, args: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    Ok(Value::Bool(secrets::sensitive_name(text(&args[0])?)))
}

fn scan<'a>(_: &Host<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let hits: Result<Vec<_>, _> = secrets::scan(text(&args[0])?)
        .iter()
        .map(|hit| {
            let (detector, confidence) = (Value::Str(hit.detector), Value::Str(hit.confidence.as_str()));
            let offset = |at| Value::Int(i64::try_from(at).unwrap_or(i64::MAX));
            let entries = [
                ("detector", detector),
                ("confidence", confidence),
                ("start", offset(hit.start)),
                ("end", offset(hit.end)),
            ];
            map(scope, &entries)
        })
        .collect();
    Ok(list(scope, hits?.into_iter()))
}

fn containers<'a>(host: &Host<'a>, _: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let found = host.resource().map(|resource| resource.platform.containers(resource)).unwrap_or_default();
    Ok(list(scope, found.into_iter().map(|container| Value::Node(container.node))))
}

fn pod_spec<'a>(host: &Host<'a>, _: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let spec = host.resource().and_then(|resource| resource.platform.pod_spec(resource));
    Ok(Value::Optional(spec.map(|spec| &*scope.arena().alloc(Value::Node(spec)))))
}

/// None of what is no name.
fn image<'a>(host: &Host<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    if around::is_indirect(host, &args[0]) {
        return Ok(Value::Unknown(node(&args[0])));
    }
    let Some(reference) = Reference::parse(text(&args[0])?) else { return Ok(Value::Optional(None)) };
    let arena = scope.arena();
    let parts = [
        ("registry", &reference.registry),
        ("repository", &reference.repository),
        ("tag", &reference.tag),
        ("digest", &reference.digest),
    ];
    let image = map(scope, &parts.map(|(name, part)| (name, Value::Str(arena.alloc_str(part)))))?;
    Ok(Value::Optional(Some(arena.alloc(image))))
}

fn glob<'a>(_: &Host<'a>, args: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    Ok(Value::Bool(fast_glob::glob_match(text(&args[1])?, text(&args[0])?)))
}

/// Follows `.` and `..` from the folder of a file; nothing when that leaves the repository.
fn resolve<'a>(_: &Host<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let (file, path) = (text(&args[0])?, text(&args[1])?);
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            ".." if parts.pop().is_none() => return Ok(Value::Str("")),
            "" | "." | ".." => {}
            part => parts.push(part),
        }
    }
    Ok(Value::Str(scope.arena().alloc_str(&parts.join("/"))))
}

fn git_same<'a>(_: &Host<'a>, args: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    let address = |value| text(value).map(crate::policy::git_address::normalize);
    Ok(Value::Bool(address(&args[0])? == address(&args[1])?))
}
