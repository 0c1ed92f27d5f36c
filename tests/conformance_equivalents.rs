//! Runs our policies over the cases of the checks they name as equivalents, whose verdicts are known.
//!
//! An equivalent is a promise: whoever comes from checkov, cfn-nag, cfn-guard or kube-linter finds the rule
//! they know under another name. The cases are in the corpus (`TRUEUP_CORPUS`), not in this repository. Every
//! row that comes out otherwise is listed in `conformance_equivalents_known.txt` with who is right and why;
//! one that agrees must be taken off the list.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/known.rs"]
mod known;
#[path = "support/rows.rs"]
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bumpalo::Bump;
use rows::text;
use serde_json::Value as Json;
use trueup::lint::policies::Library;
use trueup::model::{Document, Repository, Resource, Role, RoleSource, Verdict};
use trueup::policy::{Host, Inventory, Policy};
use trueup::{platform, syntax};

/// How many checks of other tools are covered at least, and what share of their rows agrees.
const FLOOR: usize = 40;
const SHARE: f64 = 0.98;

/// The suites, and how our policies spell the name of the tool.
const SUITES: [(&str, &str); 4] =
    [("checkov", "checkov"), ("cfn-nag", "cfn-nag"), ("guard", "cfn-guard"), ("kube-linter", "kube-linter")];

#[test]
fn equivalents_agree_with_their_checks() {
    let Some(corpus) = corpus::with("conformance") else { return };
    let library = Library::builtin().unwrap();
    let known = known::rows(include_str!("conformance_equivalents_known.txt"));
    let mut problems = Vec::new();
    let mut listed = BTreeSet::new();
    let (mut covered, mut agreed, mut rows) = (0, 0, 0);
    for (suite, tool) in SUITES {
        let index = format!("conformance/index.{suite}.jsonl");
        let mut checks: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for row in rows::read(&corpus, &index) {
            let name = check_name(suite, &row);
            let equivalent = format!("{tool}:{name}");
            let policies: Vec<&Policy> =
                library.iter().filter(|policy| policy.rule.equivalents.contains(&equivalent)).collect();
            // A helper within a rule of cfn-guard is no rule that anybody names.
            let is_helper = row["main_rule"] == Json::Bool(false);
            if policies.is_empty() || is_helper || text(&row, "suite") == "checkov/terraform" {
                continue;
            }
            let (id, expected) = (text(&row, "id"), text(&row, "expected"));
            let (verdict, why) = judge(&corpus, &row, &policies);
            let tally = checks.entry(name.to_owned()).or_default();
            tally.1 += 1;
            match (agrees(expected, verdict), known.contains_key(id)) {
                (true, false) => tally.0 += 1,
                (true, true) => problems.push(format!("{id}: agrees now, take it off the list")),
                (false, true) => {
                    listed.insert(id.to_owned());
                }
                (false, false) => problems.push(format!(
                    "{id}: {name} says {expected}, we say {} ({why}): {}",
                    verdict.as_str(),
                    text(&row, "resource")
                )),
            }
        }
        println!("{suite}: {} checks", checks.len());
        for (check, (right, of)) in &checks {
            println!("  {check:52} {right:3} of {of}");
            agreed += right;
            rows += of;
        }
        covered += checks.len();
    }
    problems.extend(
        known
            .keys()
            .filter(|id| !listed.contains(**id))
            .map(|id| format!("{id}: is listed and not compared")),
    );
    #[expect(clippy::cast_precision_loss, reason = "there are hundreds of rows, not billions")]
    let share = agreed as f64 / rows.max(1) as f64;
    println!("{covered} checks, {agreed} of {rows} rows agree ({:.1} %)", share * 100.0);
    assert!(problems.is_empty(), "{}:\n{}", problems.len(), problems.join("\n"));
    assert!(covered >= FLOOR, "only {covered} checks are covered");
    assert!(share >= SHARE, "only {:.1} % agree", share * 100.0);
}

/// The name by which users of the tool know the check.
fn check_name<'r>(suite: &str, row: &'r Json) -> &'r str {
    match suite {
        // One rule is known by its class only.
        "cfn-nag" => row["rule"].as_str().unwrap_or_else(|| text(row, "policy_name")),
        _ => text(row, "policy_name"),
    }
}

/// That a check does not apply and that it finds nothing are one thing to a user.
fn agrees(expected: &str, verdict: Verdict) -> bool {
    match expected {
        "fail" => verdict == Verdict::Fail,
        _ => matches!(verdict, Verdict::Pass | Verdict::Skip),
    }
}

/// The worst verdict of the policies on the resource that the row names, or on all of its file.
fn judge(corpus: &Path, row: &Json, policies: &[&Policy]) -> (Verdict, String) {
    const ORDER: [Verdict; 5] =
        [Verdict::Fail, Verdict::Error, Verdict::Unknown, Verdict::Pass, Verdict::Skip];
    let documents = parse(corpus, row);
    let mut resources: Vec<Resource<'_>> = Vec::new();
    for document in &documents {
        if let Some(platform) = platform::recognise("case.yaml", document) {
            platform.resources(document, &mut resources);
        }
    }
    let mut inventory = Inventory::default();
    for resource in &resources {
        inventory.add(resource);
    }
    inventory.complete();
    let repository = repository();
    let arena = Bump::new();
    let mut judgements = Vec::new();
    for resource in resources.iter().filter(|resource| is_meant(row, resource)) {
        let host = &*arena.alloc(Host::new(Some(resource), &repository, "case.yaml").among(&inventory));
        for policy in policies.iter().filter(|policy| policy.matches(resource)) {
            let judgement = policy.judge(host, &arena);
            let message = judgement.violations.first().map(|violation| violation.message.clone());
            judgements.push((judgement.verdict, message.unwrap_or(judgement.reason)));
        }
    }
    let worst = ORDER.iter().find_map(|verdict| judgements.iter().find(|found| found.0 == *verdict));
    worst.cloned().unwrap_or((Verdict::Skip, "no policy is about it".to_owned()))
}

/// Whether the row is about this resource; a row about a file is about all of them.
fn is_meant(row: &Json, resource: &Resource<'_>) -> bool {
    if text(row, "granularity") != "resource" {
        return !is_suppressed(row, resource);
    }
    let is = |key, value| row[key].as_str().is_none_or(|wanted| wanted == value);
    let document = row["doc"].as_u64().is_none_or(|doc| doc == u64::from(resource.body.document.index));
    // A template is one document, whatever the row counts.
    let document = document || resource.format().0 == "cloudformation";
    document && !is_suppressed(row, resource) && is("name", resource.name()) && is("kind", resource.kind)
}

/// Whether the resource says in the words of cfn-guard or cfn-nag that the check is not wanted.
fn is_suppressed(row: &Json, resource: &Resource<'_>) -> bool {
    let metadata = |path: &[&str]| resource.body.get("Metadata").and_then(|metadata| metadata.descend(path));
    let guard = metadata(&["guard", "SuppressedRules"]).is_some_and(|rules| {
        let name = text(row, "policy_name");
        rules.items().any(|rule| rule.text() == Some(name) || rule.get(name).is_some())
    });
    // cfn-guard's rules heed cfn-nag's suppressions of the like rule.
    guard || metadata(&["cfn_nag", "rules_to_suppress"]).is_some()
}

fn parse(corpus: &Path, row: &Json) -> Vec<Document<'static>> {
    let candidates = row["resource_candidates"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let files: Vec<&str> = row["resource"].as_str().into_iter().chain(candidates).collect();
    let mut documents = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(corpus.join(file)).unwrap();
        let Some(syntax) = syntax::for_file(file) else { continue };
        for mut document in syntax.parse(&text).documents.into_iter().map(Document::into_owned) {
            if let Some(platform) = platform::recognise("case.yaml", &document) {
                platform.prepare(&mut document);
            }
            documents.push(document);
        }
    }
    documents
}

fn repository() -> Repository {
    Repository {
        name: "case".to_owned(),
        role: Role::Unknown,
        role_source: RoleSource::Inferred,
        role_confidence: 0.0,
        files: Vec::new().into(),
        remotes: Vec::new(),
        code_owners: None,
    }
}
