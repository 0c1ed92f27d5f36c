//! Built-in policies on files with holes: every value of every example is left empty in turn, as in `args:` with
//! nothing after it, and each policy still has a verdict.

use std::collections::BTreeMap;

use trueup::lint::policies::Library;
use trueup::lint::selftest;
use trueup::model::{NodeRef, Span};
use trueup::syntax;

/// How many values are left empty in one example; those of a long one are sampled evenly.
const MOST: usize = 60;

#[test]
fn values_left_empty_are_no_errors() {
    let mut broken: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut tried = 0;
    for policy in Library::builtin().unwrap().iter() {
        for example in &policy.definition().examples {
            let values = values(&example.file, &example.input);
            let step = values.len().div_ceil(MOST).max(1);
            for span in values.iter().step_by(step) {
                let mut example = example.clone();
                example.input.replace_range(span.start as usize..span.end as usize, "null");
                tried += 1;
                if let Err(problem) = selftest::run_one(policy, &example)
                    && problem.starts_with("the policy cannot be evaluated")
                {
                    let found = broken.entry(policy.rule.id.clone()).or_default();
                    found.0 += 1;
                    found.1 = format!("{problem}\n{}", example.input);
                }
            }
        }
    }
    let lines: Vec<String> =
        broken.iter().map(|(id, (count, last))| format!("{id}: {count}, such as {last}")).collect();
    assert!(lines.is_empty(), "{} of {tried}:\n{}", lines.len(), lines.join("\n"));
    assert!(tried > 2_000, "only {tried} were tried");
}

/// The values in a text, but for those that say what kind of object it is.
fn values(file: &str, text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let Some(syntax) = syntax::for_file(file) else { return found };
    for document in &syntax.parse(text).documents {
        if let Some(root) = document.root() {
            collect(root, &mut found);
        }
    }
    found
}

fn collect(node: NodeRef<'_>, found: &mut Vec<Span>) {
    for (key, value) in node.entries() {
        if !matches!(key.text(), Some("apiVersion" | "kind" | "Type")) {
            found.push(value.span());
            collect(value, found);
        }
    }
    for item in node.items() {
        found.push(item.span());
        collect(item, found);
    }
}
