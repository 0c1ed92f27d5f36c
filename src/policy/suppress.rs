//! Suppressions: an author's word that a finding is known, with a reason and a last day.
//!
//! ```yaml
//! - name: DEMO_PASSWORD # trueup: ignore[secrets/k8s-env-literal] reason="throw-away cluster" until=2027-01-31
//! ```
//!
//! A comment counts for the entry on its line, or, alone on its line, for the next one: a mapping's key
//! with its value, a list's item, or the whole document before its first key. Where there are no
//! comments a Kubernetes annotation `trueup.dev/ignore` or CloudFormation `Metadata.trueup.ignore` says
//! the same for a resource. There is no way to ignore everything: a suppression names its rules.

use crate::model::{Comment, Document, LineIndex, NodeRef, Resource, Span};

/// The annotation that suppresses findings on a Kubernetes object.
pub const ANNOTATION: &str = "trueup.dev/ignore";

/// One suppression.
#[derive(Clone, Debug)]
pub struct Suppress {
    /// The rules it names.
    pub rules: Vec<String>,
    /// Why.
    pub reason: Option<String>,
    /// The last day it holds, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// Lines it covers, from 1, both included.
    pub lines: std::ops::RangeInclusive<u32>,
    /// Where it is written.
    pub span: Span,
}

impl Suppress {
    /// Whether it names `rule` and covers `line`.
    pub fn covers(&self, rule: &str, line: u32) -> bool {
        self.lines.contains(&line) && self.rules.iter().any(|name| name == rule)
    }

    /// Whether its last day is before `today` (both `YYYY-MM-DD`, which sort as text).
    pub fn is_expired(&self, today: &str) -> bool {
        self.until.as_deref().is_some_and(|until| until < today)
    }
}

/// A comment that looks like a suppression and is none.
#[derive(Clone, Debug)]
pub struct Malformed {
    /// What is wrong with it.
    pub message: String,
    /// Where it is.
    pub span: Span,
}

/// Reads the suppressions in the comments of a file.
pub fn from_comments(
    comments: &[Comment<'_>],
    documents: &[Document<'_>],
    text: &str,
    lines: &LineIndex,
) -> (Vec<Suppress>, Vec<Malformed>) {
    let mut found = Vec::new();
    let mut malformed = Vec::new();
    for comment in comments {
        let Some((whole_file, directive)) = directive(&comment.text) else { continue };
        let line = lines.line(comment.span.start);
        let covered = if whole_file {
            if line > 10 {
                let message = "`trueup: ignore-file` counts only in the first ten lines of a file".to_owned();
                malformed.push(Malformed { message, span: comment.span });
                continue;
            }
            1..=u32::MAX
        } else {
            covered_lines(documents, text, lines, comment.span)
        };
        match parse(directive) {
            Ok((rules, reason, until)) => {
                found.push(Suppress { rules, reason, until, lines: covered, span: comment.span });
            }
            Err(message) => malformed.push(Malformed { message, span: comment.span }),
        }
    }
    (found, malformed)
}

/// Reads the suppressions a resource carries in itself.
pub fn from_resource(resource: &Resource<'_>, lines: &LineIndex) -> Vec<Suppress> {
    let covered = lines_of(resource.body, lines);
    let covered = (*covered.start()).min(lines.line(resource.header.span().start))..=*covered.end();
    let mut found = Vec::new();
    if let Some(annotation) = resource.body.descend(&["metadata", "annotations", ANNOTATION])
        && let Some(text) = annotation.text()
    {
        let (rules, reason) = text.split_once("--").unwrap_or((text, ""));
        found.push(Suppress {
            rules: split_rules(rules),
            reason: some_text(reason),
            until: None,
            lines: covered.clone(),
            span: annotation.span(),
        });
    }
    let listed = resource.body.descend(&["Metadata", "trueup", "ignore"]);
    for item in listed.into_iter().flat_map(NodeRef::items) {
        let field = |key| item.get(key).and_then(NodeRef::text);
        found.push(Suppress {
            rules: split_rules(field("id").unwrap_or_default()),
            reason: field("reason").and_then(some_text),
            until: field("until").and_then(some_text),
            lines: covered.clone(),
            span: item.span(),
        });
    }
    found
}

/// The text after `trueup: ignore` or `trueup: ignore-file`, and which of the two it is.
fn directive(comment: &str) -> Option<(bool, &str)> {
    let rest = comment.trim_start_matches(['#', '/', '*', ' ', '\t']).strip_prefix("trueup:")?.trim_start();
    match rest.strip_prefix("ignore-file") {
        Some(rest) => Some((true, rest)),
        None => rest.strip_prefix("ignore").map(|rest| (false, rest)),
    }
}

type Parts = (Vec<String>, Option<String>, Option<String>);

fn parse(directive: &str) -> Result<Parts, String> {
    const FORM: &str = "write `# trueup: ignore[rule/id] reason=\"why\" until=YYYY-MM-DD`";
    let inner = directive.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let Some((rules, mut rest)) = inner else {
        return Err(format!("a suppression names its rules in brackets; {FORM}"));
    };
    let rules = split_rules(rules);
    if rules.is_empty() {
        return Err(format!("a suppression names at least one rule; {FORM}"));
    }
    let (mut reason, mut until) = (None, None);
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok((rules, reason, until));
        }
        if let Some(value) = rest.strip_prefix("reason=\"") {
            let Some((text, after)) = value.split_once('"') else {
                return Err(format!("the reason has no closing quote; {FORM}"));
            };
            reason = some_text(text);
            rest = after;
        } else if let Some(value) = rest.strip_prefix("until=") {
            let (text, after) = value.split_once(char::is_whitespace).unwrap_or((value, ""));
            if text.parse::<jiff::civil::Date>().is_err() {
                return Err(format!("`until` must be a date such as 2027-01-31; {FORM}"));
            }
            until = Some(text.to_owned());
            rest = after;
        } else {
            return Err(format!("only `reason` and `until` may follow the rules; {FORM}"));
        }
    }
}

fn split_rules(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn some_text(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The lines of the entry that a comment stands beside or above.
fn covered_lines(
    documents: &[Document<'_>],
    text: &str,
    lines: &LineIndex,
    comment: Span,
) -> std::ops::RangeInclusive<u32> {
    let own = lines.line(comment.start);
    let before = &text[lines.line_span(text, own).start as usize..comment.start as usize];
    let wanted = if before.trim().is_empty() { next_content_line(text, lines, own) } else { own };
    documents
        .iter()
        .filter_map(Document::root)
        .find_map(|root| entry_on(root, wanted, lines, 0))
        .unwrap_or(wanted..=wanted)
}

fn next_content_line(text: &str, lines: &LineIndex, after: u32) -> u32 {
    (after + 1..=lines.count())
        .find(|&line| {
            let content = lines.line_span(text, line).of(text).trim_start();
            !content.is_empty() && !content.starts_with('#')
        })
        .unwrap_or(after)
}

/// The widest entry that starts on line `wanted`: a document, a list item, or a key with its value.
fn entry_on(
    node: NodeRef<'_>,
    wanted: u32,
    lines: &LineIndex,
    depth: u32,
) -> Option<std::ops::RangeInclusive<u32>> {
    // Deeper than any reader's nesting limit: nothing to find.
    if depth > 600 {
        return None;
    }
    let covered = lines_of(node, lines);
    if !covered.contains(&wanted) {
        return None;
    }
    if depth == 0 && *covered.start() == wanted && node.is_mapping() {
        return Some(covered);
    }
    for (key, value) in node.entries() {
        let start = lines.line(key.span().start);
        let end = (*lines_of(value, lines).end()).max(start);
        if start == wanted {
            return Some(start..=end);
        }
        if (start..=end).contains(&wanted) {
            return entry_on(value, wanted, lines, depth + 1);
        }
    }
    for item in node.items() {
        let covered = lines_of(item, lines);
        if *covered.start() == wanted {
            return Some(covered);
        }
        if covered.contains(&wanted) {
            return entry_on(item, wanted, lines, depth + 1);
        }
    }
    None
}

fn lines_of(node: NodeRef<'_>, lines: &LineIndex) -> std::ops::RangeInclusive<u32> {
    let span = node.span();
    lines.line(span.start)..=lines.line(span.end.max(span.start + 1) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directive_has_rules_a_reason_and_a_day() {
        let (_, rest) = directive(r#" trueup: ignore[a/b, c/d] reason="why, so" until=2027-01-31"#).unwrap();
        let (rules, reason, until) = parse(rest).unwrap();
        assert_eq!(rules, ["a/b", "c/d"]);
        assert_eq!(reason.as_deref(), Some("why, so"));
        assert_eq!(until.as_deref(), Some("2027-01-31"));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        assert!(parse("").unwrap_err().contains("names its rules"));
        assert!(parse("[]").unwrap_err().contains("at least one"));
        assert!(parse("[a/b] until=tomorrow").unwrap_err().contains("must be a date"));
        assert!(parse("[a/b] because").unwrap_err().contains("only `reason`"));
        assert!(directive(" trueup is a linter").is_none());
    }
}
