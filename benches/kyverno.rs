//! What the policies of Kyverno's library cost on the objects of their own tests, in one thread: each on its
//! own objects, and all on all.
//!
//! `cargo bench --bench kyverno`, with the corpus in `target/shared/corpus` or where `TRUEUP_CORPUS` says.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bumpalo::Bump;
use trueup::lint::world::Native;
use trueup::model::{Document, Resource, Verdict};
use trueup::policy::native::{self, Case, Input, NativePolicy, Subject};
use trueup::{platform, syntax};

/// How often everything is judged; the fastest round counts, for others had to share the processor.
const ROUNDS: usize = 10;

fn main() {
    let corpus =
        std::env::var_os("TRUEUP_CORPUS").map_or_else(|| "target/shared/corpus".into(), PathBuf::from);
    let Ok(index) = std::fs::read_to_string(corpus.join("conformance/index.kyverno.jsonl")) else {
        println!("skipped: the corpus is not there");
        return;
    };
    // Which policy its test asks about which object, by name.
    let mut asked: BTreeSet<(String, String)> = BTreeSet::new();
    let (mut policies, mut objects) = (BTreeSet::new(), BTreeSet::new());
    for line in index.lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("a row is JSON");
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        asked.insert((text("policy_name"), format!("{} {}", text("kind"), text("name"))));
        policies.insert(corpus.join(text("policy")));
        objects.insert(corpus.join(text("resource")));
    }

    let start = Instant::now();
    let inputs = policies.iter().flat_map(|file| documents(file));
    let input = |document| Input { file: "policy.yaml".into(), document };
    let mut loaded = native::load(inputs.map(input).collect());
    loaded.world.default_namespace = Some("default".to_owned());
    let native = Native::new(loaded.policies.into_iter().map(Arc::new).collect(), Arc::new(loaded.world));
    let documents: Vec<Document<'static>> = objects.iter().flat_map(|file| documents(file)).collect();
    let mut resources = Vec::new();
    for document in &documents {
        if let Some(platform) = platform::recognise("object.yaml", document) {
            platform.resources(document, &mut resources);
        }
    }
    println!(
        "{} rules of {} files and {} objects read in {:.0} ms",
        native.policies.len(),
        policies.len(),
        resources.len(),
        milliseconds(start.elapsed())
    );

    let mut by_object: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (policy, object) in asked {
        by_object.entry(object).or_default().insert(policy);
    }
    let wanted: Vec<Option<&BTreeSet<String>>> = resources
        .iter()
        .map(|resource| by_object.get(&format!("{} {}", resource.kind, resource.name())))
        .collect();
    measure("each on its own objects", || {
        judge(&native, &resources, |at, policy| wanted[at].is_some_and(|names| names.contains(policy.name())))
    });
    measure("all on all", || judge(&native, &resources, |_, _| true));
}

fn measure(what: &str, run: impl Fn() -> Tally) {
    let mut fastest = Duration::MAX;
    let mut tally = Tally::default();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        tally = run();
        fastest = fastest.min(start.elapsed());
    }
    let Tally { judged, failed, unknown } = tally;
    println!(
        "{what}: {judged} judgements, {failed} failures, {unknown} unknown in {:.1} ms, {:.0} ns each",
        milliseconds(fastest),
        milliseconds(fastest) * 1e6 / f64::from(judged.max(1))
    );
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[derive(Default)]
struct Tally {
    judged: u32,
    failed: u32,
    unknown: u32,
}

/// Judges the objects by the policies that are wanted for them.
fn judge(
    native: &Native,
    resources: &[Resource<'_>],
    is_wanted: impl Fn(usize, &NativePolicy) -> bool,
) -> Tally {
    let mut tally = Tally::default();
    let mut arena = Bump::new();
    for (at, resource) in resources.iter().enumerate() {
        let case = Case::new(Subject::created(resource), &native.world, &arena);
        for policy in native.about(resource).filter(|policy| is_wanted(at, policy)) {
            let Some(judgement) = policy.judge(&case) else { continue };
            tally.judged += 1;
            match judgement.verdict {
                Verdict::Fail => tally.failed += 1,
                Verdict::Unknown => tally.unknown += 1,
                _ => {}
            }
        }
        drop(case);
        arena.reset();
    }
    tally
}

fn documents(file: &Path) -> Vec<Document<'static>> {
    let text = std::fs::read_to_string(file).expect("a file of the corpus can be read");
    let Some(syntax) = syntax::for_file("x.yaml") else { return Vec::new() };
    let documents = syntax.parse(&text).documents.into_iter().map(Document::into_owned);
    let prepared = |mut document: Document<'static>| {
        if let Some(platform) = platform::recognise("object.yaml", &document) {
            platform.prepare(&mut document);
        }
        document
    };
    documents.map(prepared).collect()
}
