//! What the policies of Kyverno's library cost on the objects of their own tests, all on all, in one thread.
//!
//! `cargo bench --bench kyverno`, with the corpus in `target/shared/corpus` or where `TRUEUP_CORPUS` says.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bumpalo::Bump;
use trueup::lint::world::Native;
use trueup::model::{Document, Resource, Verdict};
use trueup::policy::native::{self, Input, Subject};
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
    let (mut policies, mut objects) = (BTreeSet::new(), BTreeSet::new());
    for line in index.lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("a row is JSON");
        policies.extend(row["policy"].as_str().map(|file| corpus.join(file)));
        objects.extend(row["resource"].as_str().map(|file| corpus.join(file)));
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

    let mut fastest = Duration::MAX;
    let mut tally = Tally::default();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        tally = judge(&native, &resources);
        fastest = fastest.min(start.elapsed());
    }
    let Tally { judged, failed, unknown } = tally;
    println!(
        "{judged} judgements, {failed} failures, {unknown} unknown: {:.1} ms, {:.0} ns each",
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

/// Judges every object by every policy.
fn judge(native: &Native, resources: &[Resource<'_>]) -> Tally {
    let mut tally = Tally::default();
    let mut arena = Bump::new();
    for resource in resources {
        for policy in native.about(resource) {
            let Some(judgement) = policy.judge(Subject::created(resource), &native.world, &arena) else {
                continue;
            };
            tally.judged += 1;
            match judgement.verdict {
                Verdict::Fail => tally.failed += 1,
                Verdict::Unknown => tally.unknown += 1,
                _ => {}
            }
        }
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
