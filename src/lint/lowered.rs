//! How bad findings are among tests, examples and documents: `low`, whatever the policy says elsewhere.
//!
//! Such files are never applied: what is wrong in them is often wrong on purpose. They are still judged, since
//! a credential in an example is a credential, but they fail no run. An override in trueup.yaml that names the
//! policy's severity is nearer, and wins.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::Gitignore;

use super::policies::Chosen;
use crate::collect::Project;
use crate::config::globs;
use crate::model::{Finding, Rule, Severity};

/// Makes the findings in the files that the configuration calls so, `low`.
pub(super) fn lower(findings: &mut [Finding], project: &Project, chosen: &Chosen) {
    // Patterns were checked when the configuration was read; one that fails now matches nothing.
    let patterns = project.config.low_severity_paths();
    let files = globs(Path::new(""), patterns).unwrap_or_else(|_| Gitignore::empty());
    let mut lowered: HashMap<String, Arc<Rule>> = HashMap::new();
    for finding in findings.iter_mut().filter(|finding| finding.rule.severity > Severity::Low) {
        let file = project.in_repo(&finding.location.file);
        if !is_among(&files, file, &project.asked) || chosen.overrides.set_severity(&finding.rule.id, file) {
            continue;
        }
        let low = lowered
            .entry(finding.rule.id.clone())
            .or_insert_with(|| Arc::new(Rule { severity: Severity::Low, ..(*finding.rule).clone() }));
        finding.rule = low.clone();
    }
}

/// Whether a file, or a folder it is in, is among `files`. Who asks for a folder by name means what is in it:
/// neither that folder nor one above it counts.
fn is_among(files: &Gitignore, file: &str, asked: &[String]) -> bool {
    let is_above = |folder: &str| {
        let holds = |asked: &String| {
            asked.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        file.starts_with(folder) && asked.iter().any(holds)
    };
    let mut here = file;
    loop {
        match files.matched(here, here.len() < file.len()) {
            Match::Ignore(_) => return true,
            Match::Whitelist(_) => return false,
            Match::None => {}
        }
        let Some((folder, _)) = here.rsplit_once('/') else { return false };
        if is_above(folder) {
            return false;
        }
        here = folder;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_count_below_the_one_that_is_asked_for() {
        let files = globs(Path::new(""), ["tests/", "docs/", "!docs/applied/"]).unwrap();
        let is_low = |file, asked: &[&str]| {
            is_among(&files, file, &asked.iter().map(|&folder| folder.to_owned()).collect::<Vec<_>>())
        };
        assert!(is_low("a/tests/b/c.yaml", &[]) && is_low("docs/c.yaml", &[]));
        assert!(!is_low("tests", &[]) && !is_low("a/c.yaml", &[]) && !is_low("docs/applied/c.yaml", &[]));
        assert!(!is_low("a/tests/b/c.yaml", &["a/tests"]) && !is_low("a/tests/b/c.yaml", &["a/tests/b"]));
        assert!(is_low("a/tests/b/c.yaml", &["a"]) && is_low("a/tests/b/c.yaml", &["a/test", "b"]));
        assert!(is_low("a/tests/tests/c.yaml", &["a/tests"]));
    }
}
