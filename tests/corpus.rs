//! The command on real repositories and hostile files, where the corpus is laid out (`TRUEUP_CORPUS`).

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/run.rs"]
mod run;

use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use run::trueup;

fn lint(folder: &Path, arguments: &[&str]) -> Output {
    trueup(folder, &[&["lint"], arguments].concat())
}

fn report(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let output = lint(folder, &[&["-f", "json", "--verdicts"], arguments].concat());
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 1 | 3)), "exit {code:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn count(report: &serde_json::Value, rule: &str) -> usize {
    report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == rule).count()
}

#[test]
fn real_repositories_are_read_whole() {
    let Some(corpus) = corpus::with("INDEX.md") else { return };
    for (folder, least, passes) in
        [("gitops/sock-shop", 40, 500), ("gitops/flux2-kustomize-helm-example", 0, 70), ("cfn", 1, 1300)]
    {
        let report = report(&corpus.join(folder), &["."]);
        let findings = report["findings"].as_array().unwrap();
        assert!(findings.len() >= least, "{folder}: {} findings", findings.len());
        let verdicts = report["verdicts"].as_array().unwrap();
        let passed = verdicts.iter().filter(|row| row["verdict"] == "pass").count();
        assert!(passed >= passes, "{folder}: {passed} passes");
        let errors: Vec<_> = verdicts.iter().filter(|row| row["verdict"] == "error").collect();
        assert!(errors.is_empty(), "{folder}: {errors:?}");
        for finding in findings {
            let line = usize::try_from(finding["line"].as_u64().unwrap()).unwrap();
            let file = corpus.join(folder).join(finding["file"].as_str().unwrap());
            let bytes = std::fs::read(&file).unwrap();
            let lines = String::from_utf8_lossy(&bytes).lines().count().max(1);
            assert!(line >= 1 && line <= lines, "{finding} is outside its file");
        }
    }
}

#[test]
fn each_unreadable_file_is_one_finding() {
    let Some(corpus) = corpus::with("INDEX.md") else { return };
    let folder = corpus.join("bad-input/handmade");
    let whole = report(&folder, &["."]);
    let index = std::fs::read_to_string(folder.join("index.jsonl")).unwrap();
    for line in index.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let file = case["file"].as_str().unwrap().trim_start_matches("bad-input/handmade/");
        let of_file = |rule: &str| {
            let findings = whole["findings"].as_array().unwrap().iter();
            findings.filter(|finding| finding["file"] == file && finding["rule"] == rule).count()
        };
        let (unread, repeated) = (of_file("meta/parse-error"), of_file("meta/duplicate-key"));
        let is_read = Path::new(file).extension().is_some_and(|ending| ending != "tf" && ending != "tpl");
        match case["expect"].as_str().unwrap() {
            "error" if is_read => {
                assert!(unread == 1 || repeated == 1, "{file}: {unread} and {repeated} findings");
            }
            "accept" | "accept-empty" | "skip" => assert_eq!(unread, 0, "{file} was not read"),
            _ => assert!(unread <= 1, "{file}: {unread} findings"),
        }
    }
}

#[test]
fn no_hostile_file_takes_a_second() {
    let Some(corpus) = corpus::with("INDEX.md") else { return };
    let mut files = Vec::new();
    for folder in ["bad-input/handmade", "bad-input/JSONTestSuite/test_parsing", "bad-input/yaml-test-suite"]
    {
        let folder = corpus.join(folder);
        files.extend(std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    }
    files.retain(|path| path.extension().is_some_and(|ending| ending == "yaml" || ending == "json"));
    assert!(files.len() > 300, "only {} files", files.len());
    for file in files {
        let started = Instant::now();
        let output = lint(&corpus, &["--no-config", "-f", "json", file.to_str().unwrap()]);
        let took = started.elapsed();
        assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{}: {output:?}", file.display());
        // A debug build on a busy machine is given some slack; a hang is not.
        let limit = if cfg!(debug_assertions) { 20 } else { 5 };
        assert!(took < Duration::from_secs(limit), "{} took {took:?}", file.display());
    }
}

#[test]
fn json_test_suite_is_judged_as_it_says() {
    let Some(corpus) = corpus::with("INDEX.md") else { return };
    let folder = corpus.join("bad-input/JSONTestSuite");
    let whole = report(&folder, &["test_parsing"]);
    let mut judged = 0;
    for line in std::fs::read_to_string(folder.join("index.jsonl")).unwrap().lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let file = case["file"].as_str().unwrap().trim_start_matches("bad-input/JSONTestSuite/");
        let findings = whole["findings"].as_array().unwrap().iter();
        let refused = findings
            .filter(|finding| finding["file"] == file && finding["rule"] == "meta/parse-error")
            .count();
        match case["expected"].as_str().unwrap() {
            "reject" => assert_eq!(refused, 1, "{file} was accepted"),
            "accept" => assert_eq!(refused, 0, "{file} was refused"),
            _ => continue,
        }
        judged += 1;
    }
    assert!(judged > 100, "only {judged} cases");
    assert!(count(&whole, "meta/parse-error") > 50);
}
