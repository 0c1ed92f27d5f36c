//! Runs Kyverno's own policies over the cases of its policy library, whose verdicts are known.
//!
//! The cases are in the corpus (`TRUEUP_CORPUS`), not in this repository. Rows taken from admission
//! tests are judged with the defaults of the API server, rows taken from tests of Kyverno's command line
//! without. Every row that comes out otherwise is listed with its reason in
//! `conformance_kyverno_known.txt`; one that comes out right must be taken off the list.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/known.rs"]
mod known;
#[path = "support/rows.rs"]
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bumpalo::Bump;
use rows::text;
use serde_json::Value as Json;
use trueup::lint::suites;
use trueup::model::{Document, Resource, Verdict};
use trueup::platform::{self, CustomSchemas, Defaulted};
use trueup::policy::native::kyverno::answers::Answers;
use trueup::policy::native::kyverno::suite::Values;
use trueup::policy::native::{self, Case, Input, Loaded, Subject};
use trueup::syntax;

/// Rows that must come out as expected; raise it when more do.
const FLOOR: usize = 2_404;
/// Results of test suites that must come out as expected; raise it when more do.
const SUITES_FLOOR: usize = 1_000;

/// What rows of a group of needs came to.
#[derive(Default)]
struct Tally {
    agreed: usize,
    known: usize,
    wrong: usize,
}

#[test]
fn verdicts_are_those_of_the_library() {
    let Some(corpus) = corpus::with("conformance") else { return };
    let known = known::rows(include_str!("conformance_kyverno_known.txt"));
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    let mut groups: BTreeMap<String, Tally> = BTreeMap::new();
    let mut loaded: BTreeMap<(String, PathBuf), (Loaded, Vec<Document<'static>>)> = BTreeMap::new();
    let mut parsed = BTreeMap::new();
    for row in rows::read(&corpus, "conformance/index.kyverno.jsonl") {
        let folder = corpus.join(text(&row, "resource")).parent().unwrap().to_owned();
        let key = (text(&row, "policy").to_owned(), folder);
        let (loaded, values) = loaded.entry(key.clone()).or_insert_with(|| load(&corpus, &key.0, &key.1));
        let file = text(&row, "resource");
        let documents = parsed.entry(file.to_owned()).or_insert_with(|| parse(&corpus.join(file)));
        let (verdict, why) = judge(&row, documents, loaded, values);
        let (id, expected) = (text(&row, "id"), text(&row, "expected"));
        let tally = groups.entry(group(&row)).or_default();
        // Being listed excuses a verdict that is too careful, never one that lets a violation through,
        // unless the row contradicts its own objects.
        let disputed = known.get(id).is_some_and(|reason| reason.starts_with("disputed:"));
        if expected == "fail" && verdict == "pass" && !disputed {
            problems.push(format!("{id}: passes where a failure is expected"));
        }
        match (agrees(&row, verdict), known.get(id)) {
            (true, None) => tally.agreed += 1,
            (true, Some(_)) => problems.push(format!("{id}: right now, take it off the list")),
            // What is listed is not known here, and says so: it is never a wrong verdict.
            (false, Some(_)) if disputed || verdict == "unknown" => tally.known += 1,
            (false, Some(_)) => problems.push(format!("{id}: came out {verdict}, not unknown ({why})")),
            (false, None) => {
                tally.wrong += 1;
                let (policy, file) = (text(&row, "policy"), text(&row, "resource"));
                let object = format!("{} {}", text(&row, "kind"), text(&row, "name"));
                problems.push(format!(
                    "{id}: expected {expected}, came out {verdict} ({why}): {policy} on {object} of {file}"
                ));
            }
        }
        seen.insert(id.to_owned());
    }
    let agreed: usize = groups.values().map(|tally| tally.agreed).sum();
    println!("kyverno: {agreed} of {} agree", seen.len());
    for (needs, tally) in &groups {
        println!("  {needs:60} {} agree, {} known, {} wrong", tally.agreed, tally.known, tally.wrong);
    }
    for id in known.keys().filter(|id| !seen.contains(**id)) {
        problems.push(format!("{id}: there is no such row"));
    }
    assert!(problems.is_empty(), "{}:\n{}", problems.len(), problems.join("\n"));
    assert!(agreed >= FLOOR, "only {agreed} rows agree");
}

#[test]
fn suites_come_out_as_they_say() {
    let Some(corpus) = corpus::with("conformance") else { return };
    let mut passed = 0;
    let files = suites::find(&corpus.join("conformance/kyverno")).unwrap();
    for file in &files {
        let outcome = suites::run(file).unwrap();
        assert!(outcome.failures.is_empty(), "{}: {:?}", outcome.file, outcome.failures);
        assert!(outcome.undecided.is_empty(), "{}: {:?}", outcome.file, outcome.undecided);
        passed += outcome.passed;
    }
    println!("{passed} results in {} suites", files.len());
    assert!(passed >= SUITES_FLOOR, "only {passed} results are as expected");
}

/// What a case needs besides its object, as one word for the table.
fn group(row: &Json) -> String {
    let needs: Vec<&str> = row["needs"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let needs = if needs.is_empty() { "nothing".to_owned() } else { needs.join("+") };
    if row["autogen"] == true { format!("{needs}, derived") } else { needs }
}

/// An expression without a value is a refusal. At admission an object no rule is about is let in.
fn agrees(row: &Json, verdict: &str) -> bool {
    match (text(row, "expected"), text(row, "via")) {
        ("fail", _) => matches!(verdict, "fail" | "error"),
        ("pass", "chainsaw") => matches!(verdict, "pass" | "skip"),
        (expected, _) => verdict == expected,
    }
}

/// A policy with what its test puts around it: other objects, a context, values of the requests.
fn load(corpus: &Path, policy: &str, folder: &Path) -> (Loaded, Vec<Document<'static>>) {
    let mut files = vec![corpus.join(policy)];
    let (mut context, mut values) = (None, Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.file_name().unwrap().to_str().unwrap() {
            "context.yaml" => context = parse(&path).into_iter().next(),
            "value.yaml" | "values.yaml" => values = parse(&path),
            name if name.starts_with("cm") || name.starts_with("ns") => files.push(path),
            _ => {}
        }
    }
    files.sort();
    let mut documents: Vec<_> = files.iter().flat_map(|path| parse(path)).collect();
    // Admission tests run in a namespace of their own, of which nobody says anything.
    let named = "{apiVersion: v1, kind: Namespace, metadata: {name: default}}";
    if values.is_empty() {
        documents.extend(syntax::for_file("x.yaml").unwrap().parse(named).documents);
    }
    for node in values.iter().flat_map(|values| Values(values).namespaces()) {
        let mut document = node.document.clone().into_owned();
        document.set_root(node.id);
        documents.push(document);
    }
    let inputs = documents.into_iter().map(|document| Input { file: policy.into(), document });
    let mut loaded = native::load(inputs.collect());
    loaded.world.default_namespace = Some("default".to_owned());
    loaded.world.provider = Some(Box::new(Answers { context, suite: None }));
    (loaded, values)
}

/// The verdict of one row, and why.
fn judge(
    row: &Json,
    documents: &[Document<'static>],
    loaded: &Loaded,
    values: &[Document<'static>],
) -> (&'static str, String) {
    const ORDER: [Verdict; 5] =
        [Verdict::Fail, Verdict::Error, Verdict::Unknown, Verdict::Pass, Verdict::Skip];
    let mut resources = Vec::new();
    let document = documents.iter().find(|document| row["doc"] == document.index).unwrap();
    platform::by_name("kubernetes").unwrap().resources(document, &mut resources);
    let copy = Defaulted::new(document, &resources, &CustomSchemas::default())
        .filter(|_| text(row, "via") == "chainsaw");
    let wanted =
        |resource: &&Resource<'_>| resource.kind == text(row, "kind") && resource.name() == text(row, "name");
    let written = resources.iter().find(wanted).unwrap();
    let defaulted = copy.as_ref().map(|copy| copy.resource(written));
    let resource = defaulted.as_ref().unwrap_or(written);
    let policy = text(row, "policy_name");
    let operation = values.first().and_then(|values| Values(values).operation(policy, resource.name()));
    let subject = Subject { resource, operation: operation.unwrap_or("CREATE"), old_object: None };
    let rule = row["rule"].as_str();
    let arena = Bump::new();
    let case = Case::new(subject, &loaded.world, &arena);
    let judgements: Vec<_> = loaded
        .policies
        .iter()
        .filter(|found| found.name() == policy && is_about(found.rule_name.as_deref(), rule))
        .filter_map(|policy| policy.judge(&case))
        .collect();
    for verdict in ORDER {
        if let Some(found) = judgements.iter().find(|judgement| judgement.verdict == verdict) {
            let message = found.violations.first().map(|violation| violation.message.clone());
            return (verdict.as_str(), message.unwrap_or_else(|| found.reason.clone()));
        }
    }
    if let Some(refused) = loaded.not_evaluated.first() {
        return ("not evaluated", refused.reason.clone());
    }
    ("skip", "no rule is about it".to_owned())
}

fn is_about(found: Option<&str>, wanted: Option<&str>) -> bool {
    let (Some(found), Some(wanted)) = (found, wanted) else { return true };
    let derived = [format!("autogen-{wanted}"), format!("autogen-cronjob-{wanted}")];
    found == wanted || derived.iter().any(|name| name.get(..63).unwrap_or(name) == found)
}

fn parse(path: &Path) -> Vec<Document<'static>> {
    let file = std::fs::read_to_string(path).unwrap();
    let parsed = syntax::for_file("x.yaml").unwrap().parse(&file);
    assert!(!parsed.has_parse_error(), "{}", path.display());
    let mut documents: Vec<_> = parsed.documents.into_iter().map(Document::into_owned).collect();
    for document in &mut documents {
        platform::by_name("kubernetes").unwrap().prepare(document);
    }
    documents
}
