//! Which objects a policy is about: a tree of tests, each true, false or not known here.
//!
//! Every native format writes its match and exclude blocks differently and means the same by them; its
//! loader builds this tree. Deliberately absent: conditions in CEL, which are judged after it.

use super::labels::{Label, LabelSelector};
use super::plurals::Names;
use super::truth::Truth;
use super::world::World;
use crate::model::{NodeRef, Resource, Scalar};

/// A test of an object and its request.
#[derive(Clone, Debug)]
pub enum Test {
    /// Every part holds; true without parts.
    All(Vec<Test>),
    /// One part holds; false without parts.
    Any(Vec<Test>),
    /// The part does not hold.
    Not(Box<Test>),
    /// The API calls it by this resource name.
    Resource(ResourceRule),
    /// Its API group is one of these globs; the core group is the empty text.
    Group(Vec<String>),
    /// Its group, version and kind are these; empty means any. Globs.
    Kind(KindPattern),
    /// Its name is one of these globs.
    Name(Vec<String>),
    /// Its namespace is one of these globs; a Namespace is in itself.
    Namespace(Vec<String>),
    /// It is (or is not) in a namespace.
    Namespaced(bool),
    /// The operation is one of these, or `*`.
    Operation(Vec<String>),
    /// Its labels are these.
    Labels(LabelSelector),
    /// It has an annotation whose key and value are these globs.
    Annotation {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// The labels of its namespace are these; true of what is in no namespace.
    NamespaceLabels(LabelSelector),
    /// What no file can tell, and why.
    Unknowable(String),
}

/// A rule of `resourceRules` (<https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/validating-admission-policy-v1/>).
#[derive(Clone, Debug, Default)]
pub struct ResourceRule {
    /// API groups, or `*`.
    pub groups: Vec<String>,
    /// API versions, or `*`.
    pub versions: Vec<String>,
    /// Plural names, or `*`, each with an optional `/subresource`.
    pub resources: Vec<String>,
    /// Whether another version of the same group is meant too (`matchPolicy: Equivalent`).
    pub equivalent: bool,
}

/// A group, a version and a kind, as globs; empty means any.
#[derive(Clone, Debug, Default)]
pub struct KindPattern {
    /// The group.
    pub group: String,
    /// The version, without the group.
    pub version: String,
    /// The kind.
    pub kind: String,
}

/// The object to judge, and the request it would come with.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The object.
    pub resource: &'a Resource<'a>,
    /// `CREATE`, unless a test or a base revision says otherwise.
    pub operation: &'a str,
    /// The object before an update.
    pub old_object: Option<NodeRef<'a>>,
}

impl<'a> Subject<'a> {
    /// An object about to be created.
    pub fn created(resource: &'a Resource<'a>) -> Self {
        Self { resource, operation: "CREATE", old_object: None }
    }
}

/// What the tests ask about a kind.
pub(super) struct KindFacts<'a> {
    pub(super) group: &'a str,
    pub(super) version: &'a str,
    pub(super) kind: &'a str,
    pub(super) names: Names,
}

impl<'a> KindFacts<'a> {
    pub(super) fn new(api_version: &'a str, kind: &'a str, world: &World) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self { group, version, kind, names: world.names(group, kind) }
    }
}

/// What the tests ask about a subject, worked out once.
pub(super) struct Facts<'a> {
    pub(super) subject: Subject<'a>,
    pub(super) world: &'a World,
    pub(super) kind: KindFacts<'a>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(subject: Subject<'a>, world: &'a World) -> Self {
        let kind = KindFacts::new(subject.resource.api_version, subject.resource.kind, world);
        Self { subject, world, kind }
    }

    /// Whether the object is in a namespace; one that names its namespace is.
    pub(super) fn namespaced(&self) -> Option<bool> {
        self.kind.names.namespaced.or_else(|| self.subject.resource.namespace.map(|_| true))
    }

    /// The namespace the object is or would be in; nothing when it is in none or nobody said.
    pub(super) fn namespace(&self) -> Option<&'a str> {
        if self.namespaced() == Some(false) {
            return None;
        }
        match self.subject.resource.namespace {
            Some(field) if self.is_indirect(field.node) => None,
            Some(field) => Some(field.text),
            None => self.world.default_namespace.as_deref(),
        }
    }

    pub(super) fn is_namespace(&self) -> bool {
        self.kind.group.is_empty() && self.kind.kind == "Namespace"
    }

    fn is_indirect(&self, node: NodeRef<'_>) -> bool {
        self.subject.resource.platform.indirect(node).is_some()
    }

    /// A label of the object `from`.
    pub(super) fn label<'n>(&self, from: NodeRef<'n>, key: &str) -> Label<'n> {
        let Some(labels) = from.descend(&["metadata", "labels"]) else { return Label::Absent };
        if !labels.is_mapping() && labels.scalar() != Some(Scalar::Null) {
            return Label::Unknown;
        }
        match labels.get(key) {
            Some(value) if self.is_indirect(value) => Label::Unknown,
            Some(value) => value.text().map_or(Label::Unknown, Label::Is),
            None => Label::Absent,
        }
    }

    /// Whether an annotation has this key and this value, both globs.
    fn annotated(&self, key: &str, value: &str) -> Truth {
        let annotations = self.subject.resource.body.descend(&["metadata", "annotations"]);
        let named = annotations.into_iter().flat_map(NodeRef::entries);
        let named = named.filter(|(name, _)| name.text().is_some_and(|name| glob(key, name)));
        Truth::any(named.map(|(_, found)| match found.text() {
            Some(_) if self.is_indirect(found) => {
                Truth::Unknown("an annotation is not known here".to_owned())
            }
            found => Truth::from(found.is_some_and(|found| glob(value, found))),
        }))
    }

    /// The label of the namespace; the API server gives every namespace its own name as a label.
    fn namespace_label(&self, key: &str) -> Label<'a> {
        let (object, name) = if self.is_namespace() {
            let resource = self.subject.resource;
            (Some(resource.body), resource.name.map(|field| field.text))
        } else {
            let name = self.namespace();
            (name.and_then(|name| self.world.namespace(name)), name)
        };
        match (key, name, object) {
            ("kubernetes.io/metadata.name", Some(name), _) => Label::Is(name),
            (_, _, Some(object)) => self.label(object, key),
            _ => Label::Unknown,
        }
    }
}

impl Test {
    /// The test that is true of everything.
    pub const ALWAYS: Self = Self::All(Vec::new());

    /// Asks the test of every object of a kind at once: unknown where objects differ.
    pub(super) fn of_kind(&self, kind: &KindFacts<'_>) -> Truth {
        match self {
            Self::All(parts) => Truth::all(parts.iter().map(|part| part.of_kind(kind))),
            Self::Any(parts) => Truth::any(parts.iter().map(|part| part.of_kind(kind))),
            Self::Not(part) => part.of_kind(kind).negated(),
            Self::Resource(rule) => rule.holds(kind),
            Self::Group(globs) => one_of(globs, kind.group),
            Self::Kind(pattern) => Truth::from(pattern.matches(kind)),
            _ => Truth::Unknown(String::new()),
        }
    }

    /// Asks the test; nesting is the loader's and bounded.
    pub(super) fn holds(&self, facts: &Facts<'_>) -> Truth {
        let resource = facts.subject.resource;
        match self {
            Self::All(parts) => Truth::all(parts.iter().map(|part| part.holds(facts))),
            Self::Any(parts) => Truth::any(parts.iter().map(|part| part.holds(facts))),
            Self::Not(part) => part.holds(facts).negated(),
            Self::Resource(_) | Self::Group(_) | Self::Kind(_) => self.of_kind(&facts.kind),
            Self::Name(globs) => match resource.name {
                Some(name) if facts.is_indirect(name.node) => {
                    Truth::Unknown("its name is not known here".to_owned())
                }
                name => one_of(globs, name.map_or("", |name| name.text)),
            },
            Self::Namespace(globs) => namespace(globs, facts),
            Self::Namespaced(wanted) => match facts.namespaced() {
                Some(namespaced) => Truth::from(namespaced == *wanted),
                None => Truth::Unknown("whether its kind is in a namespace is not known here".to_owned()),
            },
            Self::Operation(operations) => Truth::from(
                operations.iter().any(|operation| operation == "*" || operation == facts.subject.operation),
            ),
            Self::Labels(selector) => selector.selects(|key| facts.label(resource.body, key)),
            Self::Annotation { key, value } => facts.annotated(key, value),
            Self::NamespaceLabels(selector) => {
                if selector.is_empty() || (facts.namespaced() == Some(false) && !facts.is_namespace()) {
                    return Truth::Yes;
                }
                selector.selects(|key| facts.namespace_label(key))
            }
            Self::Unknowable(why) => Truth::Unknown(why.clone()),
        }
    }
}

impl ResourceRule {
    fn holds(&self, kind: &KindFacts<'_>) -> Truth {
        let listed = |list: &[String], word: &str| list.iter().any(|item| item == "*" || item == word);
        let resource = self.resources.iter().any(|resource| {
            let (name, part) = resource.split_once('/').unwrap_or((resource, ""));
            (name == "*" || name == kind.names.plural) && matches!(part, "" | "*")
        });
        if !resource || !listed(&self.groups, kind.group) {
            return Truth::No;
        }
        if listed(&self.versions, kind.version) {
            return Truth::Yes;
        }
        if self.equivalent {
            return Truth::Unknown(format!(
                "the API server would convert the object from {} to {}",
                kind.version,
                self.versions.join(" or ")
            ));
        }
        Truth::No
    }
}

impl KindPattern {
    /// The pattern of a kind, whatever its group and version.
    pub fn of(kind: &str) -> Self {
        Self { kind: kind.to_owned(), ..Self::default() }
    }

    fn matches(&self, of: &KindFacts<'_>) -> bool {
        let parts = [(&self.group, of.group), (&self.version, of.version), (&self.kind, of.kind)];
        parts.into_iter().all(|(pattern, text)| pattern.is_empty() || glob(pattern, text))
    }
}

fn namespace(globs: &[String], facts: &Facts<'_>) -> Truth {
    if facts.is_namespace() {
        return one_of(globs, facts.subject.resource.name());
    }
    match (facts.namespace(), facts.namespaced()) {
        (Some(namespace), _) => one_of(globs, namespace),
        (None, Some(false)) => Truth::No,
        (None, _) => Truth::Unknown("its namespace is not known here".to_owned()),
    }
}

fn one_of(globs: &[String], text: &str) -> Truth {
    Truth::from(globs.iter().any(|pattern| glob(pattern, text)))
}

/// `*` and `?` as Kyverno and Gatekeeper use them.
fn glob(pattern: &str, text: &str) -> bool {
    pattern == "*" || pattern == text || fast_glob::glob_match(pattern, text)
}
