//! `trueup audit --aws` as a user runs it, and its report.

#[path = "../support/json.rs"]
mod json;
#[path = "../support/program.rs"]
mod program;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use json::json;
use serde_json::Value;

use crate::aws_support::Aws;

/// One stack, `shop`.
pub const CONFIG: &str = "\
version: 1
repo: {role: infra}
audit:
  aws:
    stacks:
    - {name: shop, template: shop.yaml}
";

/// A repository with the stack `shop`.
pub fn repository(template: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("shop.yaml"), template).unwrap();
    fs::write(folder.path().join("trueup.yaml"), CONFIG).unwrap();
    folder
}

/// Runs `trueup audit --aws`; the report and the exit code.
pub fn audit(aws: &Aws, folder: &Path, args: &[&str]) -> (Value, i32) {
    let output = program::command()
        .args(["audit", "--aws", "--grace", "0", "--format", "json"])
        .args(args)
        .arg(folder)
        .envs(aws.environment())
        .output()
        .unwrap();
    (json(&output), output.status.code().unwrap())
}

/// Every finding: rule, resource, line.
pub fn findings(report: &Value) -> BTreeSet<(String, String, u64)> {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let row = |it: &Value| (text(it, "rule"), text(it, "resource"), it["line"].as_u64().unwrap());
    report["findings"].as_array().unwrap().iter().map(row).collect()
}

pub fn expected(rows: &[(&str, &str, &str)], template: &str) -> BTreeSet<(String, String, u64)> {
    let line = |text: &str| match text {
        "" => 1,
        text => template.lines().position(|line| line.contains(text)).unwrap() as u64 + 1,
    };
    rows.iter().map(|(rule, of, at)| ((*rule).to_owned(), (*of).to_owned(), line(at))).collect()
}
