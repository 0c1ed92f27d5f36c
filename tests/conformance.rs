//! Runs native policies over the cases of their own projects, whose verdicts are known.
//!
//! The cases are in the corpus (`TRUEUP_CORPUS`), not in this repository. Every row that comes out
//! otherwise is listed with its reason in `conformance_known.txt`; one that comes out right must be taken
//! off the list. Never may a row that should fail pass.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/known.rs"]
mod known;
#[path = "support/rows.rs"]
mod rows;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bumpalo::Bump;
use rows::text;
use serde_json::Value as Json;
use trueup::model::{Document, Field, NodeRef, Platform, Resource, Verdict};
use trueup::policy::Judgement;
use trueup::policy::native::{self, Case, Input, Loaded, Subject};
use trueup::{platform, syntax};

/// A suite of the corpus and how many of its rows must come out as expected; raise it when more do.
struct Suite {
    name: &'static str,
    floor: usize,
}

/// Every suite whose policies are evaluated.
const SUITES: &[Suite] = &[
    Suite { name: "kubescape-vap", floor: 220 },
    Suite { name: "gatekeeper", floor: 64 },
    Suite { name: "k8s-docs-vap", floor: 10 },
];

/// What rows of a group of needs came to.
#[derive(Default)]
struct Tally {
    agreed: usize,
    known: usize,
    wrong: usize,
}

#[test]
fn verdicts_are_those_of_the_projects() {
    let Some(corpus) = corpus::with("conformance") else { return };
    let known = known::rows(include_str!("conformance_known.txt"));
    let mut problems = Vec::new();
    for suite in SUITES {
        let index = format!("conformance/index.{}.jsonl", suite.name);
        let mut groups: BTreeMap<String, Tally> = BTreeMap::new();
        let mut not_cel = 0;
        for row in rows::read(&corpus, &index) {
            if !is_evaluated(&row) {
                not_cel += 1;
                continue;
            }
            let id = text(&row, "id");
            let tally = groups.entry(needs(&row)).or_default();
            let expected = text(&row, "expected");
            let (verdict, why) = run(&corpus, &row);
            if expected == "fail" && verdict == "pass" {
                problems.push(format!("{id}: passes and must not: {}", text(&row, "resource")));
            }
            match (agrees(expected, verdict), known.get(id)) {
                (true, None) => tally.agreed += 1,
                (true, Some(_)) => problems.push(format!("{id}: right now, take it off the list")),
                (false, Some(_)) => tally.known += 1,
                (false, None) => {
                    tally.wrong += 1;
                    problems.push(format!(
                        "{id}: expected {expected}, came out {verdict} ({why}): {} on {}",
                        text(&row, "policy"),
                        text(&row, "resource")
                    ));
                }
            }
        }
        let agreed: usize = groups.values().map(|tally| tally.agreed).sum();
        println!("{}: {agreed} agree, {not_cel} rows are not CEL", suite.name);
        for (needs, tally) in &groups {
            println!("  {needs:24} {} agree, {} known, {} wrong", tally.agreed, tally.known, tally.wrong);
        }
        if agreed < suite.floor {
            problems.push(format!("{}: only {agreed} rows agree, not {}", suite.name, suite.floor));
        }
    }
    assert!(problems.is_empty(), "{}:\n{}", problems.len(), problems.join("\n"));
}

/// Whether the row's policy is in CEL; of Gatekeeper's some are Rego, which the corpus only describes.
fn is_evaluated(row: &Json) -> bool {
    text(row, "policy_kind") != "Constraint-only"
}

/// What a case needs besides its object, as one word for the table.
fn needs(row: &Json) -> String {
    let needs: Vec<&str> = row["needs"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    if needs.is_empty() { "nothing".to_owned() } else { needs.join("+") }
}

/// An expression without a value is a refusal at admission; a warning says what a refusal would.
fn agrees(expected: &str, verdict: &str) -> bool {
    match expected {
        "fail" | "error" => matches!(verdict, "fail" | "error"),
        "warn" => verdict == "fail",
        other => verdict == other,
    }
}

/// The verdict of one row, and why.
fn run(corpus: &Path, row: &Json) -> (&'static str, String) {
    let mut inputs = read(corpus, text(row, "policy"));
    for field in ["params", "inventory"] {
        for file in files(&row[field]) {
            inputs.extend(read(corpus, file));
        }
    }
    let mut loaded = native::load(inputs);
    loaded.world.default_namespace = Some("default".to_owned());
    let problems = loaded.problems.iter().map(|problem| problem.message.clone());
    let refused = loaded.not_evaluated.iter().map(|refused| refused.reason.clone());
    if let Some(why) = problems.chain(refused).next() {
        return ("not evaluated", why);
    }
    let wanted = usize::try_from(row["doc"].as_u64().unwrap_or_default()).unwrap();
    let document = parse(corpus, text(row, "resource")).into_iter().nth(wanted).unwrap();
    let platform = platform::by_name("kubernetes").unwrap();
    let mut resources = Vec::new();
    platform.resources(&document, &mut resources);
    let resource = resources.first().unwrap();
    match review(resource, platform) {
        Some((resource, operation, old_object)) => {
            judge(&loaded, Subject { resource: &resource, operation, old_object })
        }
        None => judge(&loaded, Subject::created(resource)),
    }
}

/// The object, operation and former object in an `AdmissionReview`.
fn review<'d>(
    review: &Resource<'d>,
    platform: &'static dyn Platform,
) -> Option<(Resource<'d>, &'d str, Option<NodeRef<'d>>)> {
    let request = review.body.get("request").filter(|_| review.kind == "AdmissionReview")?;
    let body = request.get("object")?;
    let text = |node: NodeRef<'d>, path: &[&str]| node.descend(path).and_then(Field::of);
    let resource = Resource {
        platform,
        body,
        header: body,
        api_version: text(body, &["apiVersion"])?.text,
        kind: text(body, &["kind"])?.text,
        name: text(body, &["metadata", "name"]),
        namespace: text(body, &["metadata", "namespace"]),
    };
    let operation = text(request, &["operation"]).map_or("CREATE", |field| field.text);
    Some((resource, operation, request.get("oldObject")))
}

/// The worst of what the policies say: fail, then unknown, then pass.
fn judge(loaded: &Loaded, subject: Subject<'_>) -> (&'static str, String) {
    const ORDER: [Verdict; 5] =
        [Verdict::Fail, Verdict::Error, Verdict::Unknown, Verdict::Pass, Verdict::Skip];
    let arena = Bump::new();
    let case = Case::new(subject, &loaded.world, &arena);
    let judgements: Vec<Judgement<'_>> =
        loaded.policies.iter().filter_map(|policy| policy.judge(&case)).collect();
    for verdict in ORDER {
        if let Some(found) = judgements.iter().find(|judgement| judgement.verdict == verdict) {
            let message = found.violations.first().map(|violation| violation.message.clone());
            return (verdict.as_str(), message.unwrap_or_else(|| found.reason.clone()));
        }
    }
    ("skip", "no policy is about it".to_owned())
}

fn read(corpus: &Path, file: &str) -> Vec<Input> {
    let name: Arc<str> = file.into();
    let documents = parse(corpus, file).into_iter();
    documents.map(|document| Input { file: name.clone(), document }).collect()
}

fn parse(corpus: &Path, file: &str) -> Vec<Document<'static>> {
    let text = std::fs::read_to_string(corpus.join(file)).unwrap();
    let parsed = syntax::for_file(file).unwrap().parse(&text);
    assert!(!parsed.has_parse_error(), "{file}");
    let mut documents: Vec<Document<'static>> =
        parsed.documents.into_iter().map(Document::into_owned).collect();
    for document in &mut documents {
        platform::by_name("kubernetes").unwrap().prepare(document);
    }
    documents
}

/// One file or several.
fn files(value: &Json) -> Vec<&str> {
    match value {
        Json::String(file) => vec![file],
        Json::Array(files) => files.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}
