//! `trueup policies docs`: the pages of the policies as Markdown files, and a table of them.
//!
//! `docs/policies/` of this repository is written by it, and a test holds the two together.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::error::CliError;
use crate::lint::policies::Library;

/// Writes a page for each policy, at `<folder>/<id>.md`, and `README.md` with a table.
pub(super) fn write(library: &Library, folder: &Path) -> Result<(), CliError> {
    for policy in library.iter() {
        let page = folder.join(format!("{}.md", policy.rule.id));
        if let Some(parent) = page.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(page, &policy.rule.help)?;
    }
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("README.md"), index(library))?;
    Ok(())
}

fn index(library: &Library) -> String {
    let mut text = String::from(
        "# Policies\n\nWritten by `trueup policies docs docs/policies`. A policy that is off runs when it is \
         selected, as in `trueup lint --select 'gitops/*'`, or enabled in trueup.yaml.\n",
    );
    let mut categories: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for policy in library.iter() {
        categories.entry(policy.rule.category.as_str()).or_default().push(policy);
    }
    for (category, policies) in categories {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n## {category}\n\n| policy | severity | default | |\n|---|---|---|---|\n");
        for policy in policies {
            let rule = &policy.rule;
            let state = if policy.enabled { "on" } else { "off" };
            let _ = writeln!(
                text,
                "| [`{id}`]({id}.md) | {severity} | {state} | {title} |",
                id = rule.id,
                severity = rule.severity,
                title = rule.title
            );
        }
    }
    text
}
