//! How well secrets are found: precision and recall on labelled texts, lines and files.
//!
//! The rows are halved by a hash of their id. One half may be looked at while detectors are mended; of the
//! other only the number is.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/run.rs"]
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use run::trueup;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Below these the detectors have got worse.
const LEAST_F1: f64 = 0.80;
const LEAST_PRECISION: f64 = 0.90;

#[derive(Default)]
struct Count {
    hits: f64,
    false_alarms: f64,
    misses: f64,
}

impl Count {
    fn precision(&self) -> f64 {
        self.hits / (self.hits + self.false_alarms).max(1.0)
    }

    fn f1(&self) -> f64 {
        2.0 * self.hits / (2.0 * self.hits + self.false_alarms + self.misses).max(1.0)
    }

    fn line(&self) -> String {
        let recall = self.hits / (self.hits + self.misses).max(1.0);
        let (precision, f1) = (self.precision(), self.f1());
        format!("precision {precision:.3}, recall {recall:.3}, F1 {f1:.3}")
    }
}

#[test]
fn labelled_rows_are_told_apart() {
    let Some(corpus) = corpus::with("secrets") else { return };
    let index = fs::read_to_string(corpus.join("secrets/index.jsonl")).unwrap();
    let rows: Vec<Value> = index.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let labelled: Vec<&Value> =
        rows.iter().filter(|row| row["label"] == "secret" || row["label"] == "not-secret").collect();
    assert!(labelled.len() > 200);
    let folder = tempfile::tempdir().unwrap();
    for row in &labelled {
        let path = folder.path().join(file_of(row));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match row["text"].as_str() {
            Some(text) => fs::write(path, text).unwrap(),
            None => drop(fs::copy(corpus.join(row["file"].as_str().unwrap()), path).unwrap()),
        }
    }
    let found = findings(folder.path());
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    for row in &labelled {
        let id = row["id"].as_str().unwrap();
        let lines = found.get(&file_of(row));
        let is_found = match row["line"].as_u64() {
            Some(line) => lines.is_some_and(|lines| lines.contains(&line)),
            None => lines.is_some(),
        };
        let is_open = Sha256::digest(id)[0].is_multiple_of(2);
        let half = if is_open { "open half" } else { "half kept aside" };
        let right = (row["label"] == "secret") == is_found;
        if is_open && !right && std::env::var_os("TRUEUP_SHOW").is_some() {
            println!("{} {}", if is_found { "FALSE" } else { "MISSED" }, row);
        }
        for name in [half, "all"] {
            let count = counts.entry(name).or_default();
            match (row["label"] == "secret", is_found) {
                (true, true) => count.hits += 1.0,
                (true, false) => count.misses += 1.0,
                (false, true) => count.false_alarms += 1.0,
                (false, false) => {}
            }
        }
    }
    for (name, count) in &counts {
        println!("{name}: {}", count.line());
    }
    for count in counts.values() {
        assert!(count.f1() >= LEAST_F1 && count.precision() >= LEAST_PRECISION, "{}", count.line());
    }
}

/// Where a row's text is put: every row has a folder of its own.
fn file_of(row: &Value) -> String {
    let name = row["filename"].as_str().or(row["file"].as_str()).unwrap_or("text.txt");
    let name = name.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("text.txt");
    format!("{}/{name}", row["id"].as_str().unwrap())
}

/// The lines with findings, by file.
fn findings(folder: &Path) -> BTreeMap<String, BTreeSet<u64>> {
    let arguments = ["lint", "--no-config", "--secrets-in", "all", "--select", "secrets", "-f", "json"];
    let output = trueup(folder, &arguments);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut found: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        if finding["category"] == "secrets" {
            let file = finding["file"].as_str().unwrap().to_owned();
            found.entry(file).or_default().insert(finding["line"].as_u64().unwrap());
        }
    }
    found
}
