//! Shows a line of text without the secrets in it.
//!
//! Generous on purpose: what looks only a little like a secret is hidden too.

use std::borrow::Cow;
use std::ops::Range;

use super::assignment::assignments;
use super::entropy::entropy;
use super::name::sensitive_name;
use super::scan::scan;

/// What stands in place of a secret.
pub const MARK: &str = "‹redacted›";

/// `line` with every secret replaced by [`MARK`], and where the bytes `mark` of it are now.
///
/// Hidden are the ranges `secret`, what [`scan`] finds, the value after every sensitive key, long random runs and, with
/// `hide_mark`, the marked bytes themselves, of which a key up to `:` or `=` stays visible. A `mark`
/// that does not fit `line` is brought inside.
pub fn redact(
    line: &str,
    mark: Range<usize>,
    hide_mark: bool,
    secret: Vec<Range<usize>>,
) -> (String, Range<usize>) {
    let mark = line.floor_char_boundary(mark.start)..line.ceil_char_boundary(mark.end);
    let mark = mark.start..mark.end.max(mark.start);
    let mut hidden = secrets(line);
    hidden.extend(secret.into_iter().map(|range| {
        let range = line.floor_char_boundary(range.start)..line.ceil_char_boundary(range.end);
        range.start..range.end.max(range.start)
    }));
    if hide_mark {
        hidden.push(value_part(line, mark.clone()));
    }
    let hidden = merged(hidden);
    let (mut start, mut end) = (None, None);
    let mut out = String::with_capacity(line.len());
    let mut at = 0;
    for range in hidden {
        // Offsets inside a hidden range move to its edges.
        let shown = out.len();
        let place = |offset: usize, edge: usize| {
            if offset <= range.start {
                Some(shown + offset.saturating_sub(at))
            } else {
                (offset < range.end).then_some(edge)
            }
        };
        let before = shown + (range.start - at);
        start = start.or_else(|| place(mark.start, before));
        end = end.or_else(|| place(mark.end, before + MARK.len()));
        out.push_str(&line[at..range.start]);
        out.push_str(MARK);
        at = range.end;
    }
    let shown = out.len();
    out.push_str(&line[at..]);
    let rest = |offset: usize| shown + offset.saturating_sub(at);
    let start = start.unwrap_or_else(|| rest(mark.start));
    let end = end.unwrap_or_else(|| rest(mark.end));
    (out, start..end)
}

/// `text` with every secret replaced by [`MARK`]; for messages.
pub fn redact_text(text: &str) -> Cow<'_, str> {
    if secrets(text).is_empty() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(redact(text, 0..0, false, Vec::new()).0)
    }
}

/// The ranges to hide, unsorted.
fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = scan(text).into_iter().map(|hit| hit.start..hit.end).collect();
    for found in assignments(text) {
        let value = &text[found.value.clone()];
        // What cannot be a secret stays readable.
        if matches!(value, "true" | "false" | "null" | "{}" | "[]" | "|" | ">" | "|-" | ">-") {
            continue;
        }
        // A bare value may hold blanks: all of the line may belong to it.
        let end = if found.quoted || text[found.key.end..].starts_with(['=', ' ']) {
            found.value.end
        } else {
            let rest = &text[found.value.start..];
            found.value.start + rest.find(['\n', '\r']).unwrap_or(rest.len())
        };
        ranges.push(found.value.start..end);
    }
    ranges.extend(named_values(text));
    ranges.extend(values_of_options(text));
    ranges.extend(random_runs(text));
    ranges
}

/// `{name: DB_PASSWORD, value: …}`: the value of an entry whose name is beside it.
fn named_values(text: &str) -> Vec<Range<usize>> {
    let mut values = Vec::new();
    let mut words = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.')));
    if !words.any(sensitive_name) {
        return values;
    }
    for (at, word) in text.match_indices("alue").filter(|(at, _)| text[..*at].ends_with(['v', 'V'])) {
        let rest = &text[at + word.len()..];
        let value = rest.trim_start_matches(['"', '\'', ' ', '\t', ':', '=']);
        let end = value.find(['\n', '\r']).unwrap_or(value.len());
        let start = text.len() - value.len();
        if value.len() < rest.len()
            && rest.trim_start_matches(['"', '\'']).trim_start().starts_with([':', '='])
        {
            values.push(start..start + end);
        }
    }
    values
}

/// `[--token, "…"]`: the item of a list after an option whose name promises a secret.
fn values_of_options(text: &str) -> Vec<Range<usize>> {
    let mut values = Vec::new();
    for (at, _) in text.match_indices("--") {
        let rest = text[at..].trim_start_matches('-');
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let after = after.trim_start_matches(['"', '\'']);
        let item = after.trim_start_matches([',', ' ', '\t']);
        if item.len() == after.len() || !sensitive_name(name) {
            continue;
        }
        let start = text.len() - item.len();
        let end = match item.chars().next() {
            Some(quote @ ('"' | '\'')) => item[1..].find(quote).map(|end| end + 2),
            _ => item.find([',', ']', '\n', '\r']),
        };
        values.push(start..start + end.unwrap_or(item.len()));
    }
    values
}

/// Long runs of base64 that look random: a line out of a key, a token of a kind nobody listed.
fn random_runs(text: &str) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut at = 0;
    for word in
        text.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '_' | '-')))
    {
        let run = word
            .trim_end_matches(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '_' | '-')));
        let mixed = run.bytes().any(|b| b.is_ascii_uppercase())
            && run.bytes().any(|b| b.is_ascii_lowercase())
            && run.bytes().any(|b| b.is_ascii_digit());
        if run.len() >= 40 && mixed && entropy(run) >= 4.5 {
            runs.push(at..at + run.len());
        }
        at += word.len();
    }
    runs
}

/// The part of a marked text that is not its key: what follows `key: `, or `key=` with a name that
/// promises a secret. Anything else may be a value that happens to hold such a sign.
fn value_part(line: &str, mark: Range<usize>) -> Range<usize> {
    let text = &line[mark.clone()];
    let entry = text.split_once(": ").filter(|(key, _)| is_key(key));
    let assignment = || text.split_once('=').filter(|(key, _)| sensitive_name(key.trim_start_matches('-')));
    let value = entry.or_else(assignment).map_or(text, |(_, value)| value);
    mark.end - value.len()..mark.end
}

/// Whether `text` is a whole key: a name, or a name in a pair of quotes.
fn is_key(text: &str) -> bool {
    let text = text.trim_end();
    let name =
        ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(text);
    name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
}

/// The same ranges in order, overlapping ones joined, empty ones dropped.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_item_after_an_option_is_hidden() {
        for line in ["args: [--token, \"kestrel 51\"]", "args: [\"--db-password\", kestrel51, -v]"] {
            let shown = redact(line, 0..0, false, Vec::new()).0;
            assert!(!shown.contains("kestrel"), "{shown}");
            assert!(shown.starts_with("args: ["), "{shown}");
        }
    }

    fn shown(line: &str) -> String {
        redact(line, 0..0, false, Vec::new()).0
    }

    #[test]
    fn values_after_sensitive_keys_are_hidden() {
        assert_eq!(shown("password: hunter2 with blanks"), "password: ‹redacted›");
        assert_eq!(shown(r#"  "password": "hunter2","#), r#"  "password": "‹redacted›","#);
        assert_eq!(shown("run --password=x --port=1"), "run --password=‹redacted› --port=1");
        assert_eq!(shown("export PASSWORD=x"), "export PASSWORD=‹redacted›");
        assert_eq!(shown("url: postgres://app:hunter2@db/x"), "url: postgres://app:‹redacted›@db/x");
        assert_eq!(shown("automountServiceAccountToken: false"), "automountServiceAccountToken: false");
        assert_eq!(shown("image: nginx:1.27"), "image: nginx:1.27");
        assert_eq!(shown("- {name: DB_PASSWORD, value: hunter2}"), "- {name: DB_PASSWORD, value: ‹redacted›");
        assert_eq!(shown("- {name: PORT, value: 80}"), "- {name: PORT, value: 80}");
    }

    #[test]
    fn the_mark_moves_with_the_text() {
        let line = "é password=hunter2 name=web";
        let at = line.find("web").unwrap();
        let (out, mark) = redact(line, at..at + 3, false, Vec::new());
        assert_eq!(&out[mark], "web");

        let at = line.find("hunter2").unwrap();
        let (out, mark) = redact(line, at..at + 7, false, Vec::new());
        assert_eq!(&out[mark], MARK);
        let (out, mark) = redact(line, 0..line.len(), false, Vec::new());
        assert_eq!(mark, 0..out.len());
    }

    #[test]
    fn a_hidden_mark_keeps_its_key() {
        let line = "  greeting: sesame";
        let (out, mark) = redact(line, 2..line.len(), true, Vec::new());
        assert_eq!((out.as_str(), &out[mark]), ("  greeting: ‹redacted›", "greeting: ‹redacted›"));
        assert_eq!(redact("- sesame", 2..8, true, Vec::new()).0, "- ‹redacted›");
        assert_eq!(redact("a: PASSWORD=x", 3..13, true, Vec::new()).0, "a: PASSWORD=‹redacted›");
        // Base64 ends in `=`, and a password may hold any sign.
        assert_eq!(redact("a: b3Blbg==", 3..11, true, Vec::new()).0, "a: ‹redacted›");
        assert_eq!(redact("a: 'b: c'", 3..9, true, Vec::new()).0, "a: ‹redacted›");
        // Offsets that fit no line are brought inside.
        assert_eq!(redact("é", 1..99, true, Vec::new()).0, "‹redacted›");
    }

    proptest::proptest! {
        #[test]
        fn any_mark_of_any_line_stays_inside(
            line in "[a-z:=\"' é€\\-{}$]{0,40}(password|TOKEN)?[ :=]{0,2}[a-zA-Z0-9é]{0,20}",
            start in 0_usize..90,
            length in 0_usize..90,
            hide: bool,
        ) {
            let (out, mark) = redact(&line, start..start + length, hide, Vec::new());
            proptest::prop_assert!(out.get(mark).is_some());
            redact_text(&line);
        }
    }

    #[test]
    fn messages_without_secrets_are_not_copied() {
        assert!(matches!(redact_text("nothing here"), Cow::Borrowed(_)));
        assert_eq!(redact_text("token=abc123"), "token=‹redacted›");
    }
}
