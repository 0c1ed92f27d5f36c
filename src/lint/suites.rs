//! Runs the test suites of the Kyverno CLI that stand beside policies.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bumpalo::Bump;

use super::policies::PolicyError;
use super::world::read_yaml;
use crate::model::decode::DecodeError;
use crate::model::{Document, LineIndex, Position, Resource, Verdict};
use crate::policy::native::kyverno::answers::Answers;
use crate::policy::native::kyverno::suite::{Expectation, FILE_NAMES, Suite, Values};
use crate::policy::native::{self, Case, Input, Loaded, Subject};
use crate::{platform, syntax};

/// How a suite came out.
#[derive(Debug)]
pub struct Outcome {
    /// The suite's name.
    pub name: String,
    /// Its file.
    pub file: String,
    /// How many results are as expected.
    pub passed: usize,
    /// Results that are not.
    pub failures: Vec<Mismatch>,
    /// Results nobody can tell from files, and policies that are not evaluated.
    pub undecided: Vec<Mismatch>,
}

/// A result that is not as expected.
#[derive(Debug)]
pub struct Mismatch {
    /// The line of the expectation in the suite's file.
    pub line: u32,
    /// The policy and, where the suite names it, the rule.
    pub rule: String,
    /// The object: kind, namespace, name.
    pub resource: String,
    /// What the suite expects.
    pub expected: String,
    /// What came out.
    pub got: &'static str,
    /// Why, where there is more to say.
    pub why: String,
}

/// The files of suites: the path itself, or every one below a folder; sorted.
///
/// # Errors
/// When a folder cannot be read.
pub fn find(path: &Path) -> Result<Vec<PathBuf>, PolicyError> {
    let is_suite = |path: &Path| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| FILE_NAMES.contains(&name))
    };
    if !path.is_dir() {
        return Ok(if is_suite(path) { vec![path.to_owned()] } else { Vec::new() });
    }
    let mut found = Vec::new();
    for entry in entries(path)? {
        if entry.is_dir() && !entry.is_symlink() {
            found.extend(find(&entry)?);
        } else if is_suite(&entry) {
            found.push(entry);
        }
    }
    Ok(found)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, PolicyError> {
    let failed = |source| PolicyError::Read { path: folder.to_owned(), source };
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let mut entries = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    entries.sort();
    Ok(entries)
}

/// Runs a suite.
///
/// # Errors
/// When a file it names cannot be read.
pub fn run(path: &Path) -> Result<Outcome, PolicyError> {
    let file = display(path);
    let text = read(path)?;
    let documents = parse(&file, &text)?;
    let root = documents.first().and_then(Document::root);
    let wrong = |problem| wrong(&file, &text, problem);
    let suite = root.map(Suite::read).transpose().map_err(wrong)?.ok_or_else(|| {
        wrong(DecodeError { message: "the suite is empty".to_owned(), span: crate::model::Span::default() })
    })?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let first = |name: &Option<String>| -> Result<Option<Document<'static>>, PolicyError> {
        let Some(name) = name else { return Ok(None) };
        Ok(documents_of(&folder.join(name))?.into_iter().map(|(_, document)| document).next())
    };
    let values = first(&suite.values)?;
    let values = values.as_ref().map(Values);
    let mut inputs = Vec::new();
    for name in &suite.policies {
        let documents = documents_of(&folder.join(name))?;
        inputs.extend(documents.into_iter().map(|(file, document)| Input { file, document }));
    }
    inputs.extend(values.into_iter().flat_map(namespaces));
    let mut loaded = native::load(inputs);
    loaded.world.default_namespace = Some("default".to_owned());
    loaded.world.read_yaml = Some(read_yaml);
    loaded.world.provider = Some(Box::new(Answers {
        context: first(&suite.context)?,
        suite: documents.into_iter().next().map(Document::into_owned),
    }));
    loaded.world.user = first(&suite.user)?.map(user);

    let mut documents = Vec::new();
    for name in &suite.resources {
        documents.extend(documents_of(&folder.join(name))?.into_iter().map(|(_, document)| document));
    }
    let platforms: Vec<_> = documents
        .iter_mut()
        .map(|document| {
            let platform = platform::recognise("resource.yaml", document)?;
            platform.prepare(document);
            Some(platform)
        })
        .collect();
    let mut resources = Vec::new();
    for (document, platform) in documents.iter().zip(platforms) {
        if let Some(platform) = platform {
            platform.resources(document, &mut resources);
        }
    }
    let mut outcome =
        Outcome { name: suite.name, file, passed: 0, failures: Vec::new(), undecided: Vec::new() };
    let lines = LineIndex::new(&text);
    for expectation in &suite.expectations {
        let operation = values.and_then(|values| values.operation(&expectation.policy, &expectation.name));
        let (got, why) = judge(expectation, &loaded, &resources, operation.unwrap_or("CREATE"));
        if agrees(&expectation.result, got) {
            outcome.passed += 1;
            continue;
        }
        let mismatch = mismatch(expectation, got, why, lines.line(expectation.span.start));
        let undecided = matches!(got, "unknown" | "not evaluated");
        if undecided { &mut outcome.undecided } else { &mut outcome.failures }.push(mismatch);
    }
    Ok(outcome)
}

/// An error is a refusal, and so is a warning.
fn agrees(expected: &str, got: &str) -> bool {
    expected == got || matches!((expected, got), ("fail", "error") | ("error" | "warn", "fail"))
}

fn mismatch(expectation: &Expectation, got: &'static str, why: String, line: u32) -> Mismatch {
    let rule = expectation.rule.as_ref().map_or(String::new(), |rule| format!("/{rule}"));
    let namespace = expectation.namespace.as_ref().map_or(String::new(), |name| format!("{name}/"));
    let kind = expectation.kind.as_deref().unwrap_or("object");
    Mismatch {
        line,
        rule: format!("{}{rule}", expectation.policy),
        resource: format!("{kind} {namespace}{}", expectation.name),
        expected: expectation.result.clone(),
        got,
        why,
    }
}

/// What comes out in one word, and why. Of several rules the worst counts.
fn judge(
    expectation: &Expectation,
    loaded: &Loaded,
    resources: &[Resource<'_>],
    operation: &str,
) -> (&'static str, String) {
    let wanted = |resource: &&Resource<'_>| {
        resource.name() == expectation.name
            && expectation.kind.as_ref().is_none_or(|kind| kind == resource.kind)
            && expectation.namespace.as_ref().is_none_or(|namespace| {
                namespace == resource.namespace()
                    || (resource.namespace().is_empty() && namespace == "default")
            })
    };
    let Some(resource) = resources.iter().find(wanted) else {
        return ("no such object", "none of the suite's resources has this name".to_owned());
    };
    let mut policies = loaded
        .policies
        .iter()
        .filter(|policy| {
            policy.name() == expectation.policy && expectation.is_about(policy.rule_name.as_deref())
        })
        .peekable();
    if policies.peek().is_none() {
        return not_evaluated(expectation, loaded);
    }
    let arena = Bump::new();
    let subject = Subject { resource, operation, old_object: None };
    let case = Case::new(subject, &loaded.world, &arena);
    let judgements = policies.filter_map(|policy| policy.judge(&case));
    let worst = judgements.max_by_key(|judgement| severity(judgement.verdict));
    let Some(judgement) = worst else { return ("skip", "the policy is not about it".to_owned()) };
    let message = judgement.violations.first().map(|violation| violation.message.clone());
    (judgement.verdict.as_str(), message.unwrap_or(judgement.reason))
}

fn not_evaluated(expectation: &Expectation, loaded: &Loaded) -> (&'static str, String) {
    let refused = loaded.not_evaluated.iter().find(|refused| {
        let name = refused.policy.split(' ').nth(1).unwrap_or_default();
        let (policy, rule) = name.split_once('/').map_or((name, None), |(policy, rule)| (policy, Some(rule)));
        policy == expectation.policy && expectation.is_about(rule)
    });
    match (refused, loaded.problems.first()) {
        (Some(refused), _) => ("not evaluated", refused.reason.clone()),
        (None, Some(problem)) => ("not evaluated", problem.message.clone()),
        (None, None) => ("no such rule", "none of the suite's policies has it".to_owned()),
    }
}

const fn severity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Skip => 0,
        Verdict::Pass => 1,
        Verdict::Unknown => 2,
        Verdict::Error => 3,
        Verdict::Fail => 4,
    }
}

/// The namespaces of a suite's values, as objects of the world.
fn namespaces(values: Values<'_>) -> Vec<Input> {
    let file: Arc<str> = "values".into();
    let whole = values.namespaces().into_iter().map(|node| {
        let mut document = node.document.clone().into_owned();
        document.set_root(node.id);
        document
    });
    let labelled = values.labels().into_iter().filter_map(|(name, labels)| {
        let labels: serde_json::Map<_, _> = labels
            .entries()
            .filter_map(|(key, value)| Some((key.text()?.to_owned(), value.text()?.into())))
            .collect();
        let metadata = serde_json::json!({"name": name, "labels": labels});
        read_yaml(
            &serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}).to_string(),
        )
    });
    whole.chain(labelled).map(|document| Input { file: file.clone(), document }).collect()
}

/// The part of a `UserInfo` that a request carries.
fn user(mut document: Document<'static>) -> Document<'static> {
    let found = document.root().and_then(|root| root.get("userInfo")).map(|node| node.id);
    if let Some(id) = found {
        document.set_root(id);
    }
    document
}

/// The documents of a file, or of every file in a folder, with the names of their files.
fn documents_of(path: &Path) -> Result<Vec<(Arc<str>, Document<'static>)>, PolicyError> {
    if path.is_dir() {
        let mut documents = Vec::new();
        for entry in entries(path)? {
            if !entry.is_dir() && entry.to_str().and_then(syntax::for_file).is_some() {
                documents.extend(documents_of(&entry)?);
            }
        }
        return Ok(documents);
    }
    let name: Arc<str> = display(path).into();
    let text = read(path)?;
    let documents = parse(&name, &text)?;
    Ok(documents.into_iter().map(|document| (name.clone(), document.into_owned())).collect())
}

fn parse<'t>(file: &str, text: &'t str) -> Result<Vec<Document<'t>>, PolicyError> {
    let Some(syntax) = syntax::for_file(file) else { return Ok(Vec::new()) };
    let parsed = syntax.parse(text);
    if let Some(problem) = parsed.problems.iter().find(|_| parsed.has_parse_error()) {
        let problem = DecodeError { message: problem.message.clone(), span: problem.span };
        return Err(wrong(file, text, problem));
    }
    Ok(parsed.documents)
}

fn read(path: &Path) -> Result<String, PolicyError> {
    let bytes = std::fs::read(path).map_err(|source| PolicyError::Read { path: path.to_owned(), source })?;
    syntax::decode(bytes).map_err(|problem| PolicyError::Wrong {
        file: display(path),
        at: Position { line: 1, column: 1 },
        message: problem.message,
    })
}

fn wrong(file: &str, text: &str, problem: DecodeError) -> PolicyError {
    PolicyError::Wrong {
        file: file.to_owned(),
        at: LineIndex::new(text).position(text, problem.span.start),
        message: problem.message,
    }
}

fn display(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
