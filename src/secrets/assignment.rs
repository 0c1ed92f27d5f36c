//! Finds `key: value`, `"key": "value"`, `key=value`, `--key value` and `<key>value</key>` in free text.
//!
//! Good enough for the lines people write, whatever the language: no grammar is assumed, and a pair
//! whose key is not sensitive is passed over at once.

use std::ops::Range;

use super::name::{may_hold_sensitive_name, sensitive_name};

/// Longest key and longest value looked at, in bytes, so that the search stays linear.
const LONGEST_KEY: usize = 64;
const LONGEST_VALUE: usize = 1024;

/// A sensitive key with the value that follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assignment {
    /// The bytes of the key, quotes excluded.
    pub key: Range<usize>,
    /// The bytes of the value, quotes excluded; never empty.
    pub value: Range<usize>,
    /// Whether the value stands in quotes.
    pub quoted: bool,
}

/// Every assignment to a sensitive name in `text`, in order, not overlapping.
pub(super) fn assignments(text: &str) -> Vec<Assignment> {
    let mut found: Vec<Assignment> = Vec::new();
    if !may_hold_sensitive_name(text) {
        return found;
    }
    let bytes = text.as_bytes();
    let mut done = 0;
    for (at, &separator) in bytes.iter().enumerate() {
        if at < done || !matches!(separator, b':' | b'=' | b' ' | b'>') {
            continue;
        }
        if let Some(turned) = turned_around(text, at) {
            done = turned.key.end;
            found.push(turned);
            continue;
        }
        let Some(key) = key_before(text, at) else { continue };
        let before = &text[..key.start];
        let is_assignment = match separator {
            b' ' => before.ends_with("--"),
            b'>' => before.ends_with('<'),
            // `arn:aws:secretsmanager:…:secret:name` names a secret, and before the `:` in `https://token:x@host`
            // stands a user.
            b':' => !before.ends_with(':') && !before.ends_with("//"),
            _ => true,
        };
        if !is_assignment || !sensitive_name(&text[key.clone()]) {
            continue;
        }
        let Some((value, quoted)) = value_after(text, at) else { continue };
        done = value.end;
        found.push(Assignment { key, value, quoted });
    }
    found
}

/// `"hunter2" == password`: a text in quotes compared with a name that follows.
fn turned_around(text: &str, separator: usize) -> Option<Assignment> {
    let rest = text[separator..].strip_prefix('=')?;
    // One sign alone is no comparison, unless `!` comes before it.
    if !rest.starts_with('=') && !text[..separator].ends_with('!') {
        return None;
    }
    let name = rest.trim_start_matches('=').trim_start_matches([' ', '\t']);
    let start = text.len() - name.len();
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name.len());
    if end > LONGEST_KEY || !sensitive_name(&name[..end]) {
        return None;
    }
    let head = trim_blanks(text[..separator].trim_end_matches(['!', '=']));
    let quote = head.chars().next_back().filter(|c| matches!(c, '"' | '\''))?;
    let value = &head[..head.len() - 1];
    let floor = value.ceil_char_boundary(value.len().saturating_sub(LONGEST_VALUE));
    let opening = floor + value[floor..].rfind([quote, '\n'])?;
    let is_quoted = value[opening..].starts_with(quote) && opening + 1 < value.len();
    is_quoted.then(|| Assignment { key: start..start + end, value: opening + 1..value.len(), quoted: true })
}

/// The name that ends at `separator`, quotes, brackets and blanks between them skipped.
fn key_before(text: &str, separator: usize) -> Option<Range<usize>> {
    let head = &text[..separator];
    let head = if matches!(text.as_bytes().get(separator), Some(b' ' | b'>')) {
        head
    } else {
        let head = trim_blanks(head).trim_end_matches(['"', '\'', ']', '[', '!', '=', ':', '\\']);
        trim_blanks(head)
    };
    let end = head.len();
    let floor = head.floor_char_boundary(end.saturating_sub(LONGEST_KEY));
    let start = head[floor..]
        .rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.')))
        .map_or(floor, |at| floor + at + head[floor + at..].chars().next().map_or(1, char::len_utf8));
    let name = head[start..].trim_start_matches(['-', '.']);
    (!name.is_empty()).then(|| end - name.len()..end)
}

fn trim_blanks(text: &str) -> &str {
    text.trim_end_matches([' ', '\t'])
}

/// The value after `separator`: what stands in quotes, else up to where a bare value ends.
fn value_after(text: &str, separator: usize) -> Option<(Range<usize>, bool)> {
    let rest = &text[separator + 1..];
    let rest = &rest[..rest.floor_char_boundary(LONGEST_VALUE)];
    // `==`, `:=` and `=>` are separators too, as is C's `@` before a quote.
    let body = rest.trim_start_matches(['=', '>', ' ', '\t', '@', '\\']);
    let start = separator + 1 + (rest.len() - body.len());
    if let Some(quote) = body.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) {
        let inner = &body[1..];
        let line = &inner[..inner.find(['\n', '\r']).unwrap_or(inner.len())];
        let end = line.find(quote)?;
        return (end > 0).then(|| (start + 1..start + 1 + end, true));
    }
    let end = body.find([' ', '\t', '\n', '\r', '"', '\'', ',', ';', '&', '<']).unwrap_or(body.len());
    // A flow mapping closes after its last value, unless the bracket belongs to `${…}` and the like.
    let value = &body[..end];
    let value = if value.contains(['{', '[', '(']) { value } else { value.trim_end_matches(['}', ']', ')']) };
    (!value.is_empty()).then(|| (start..start + value.len(), false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<&str> {
        assignments(text).into_iter().map(|found| &text[found.value]).collect()
    }

    #[test]
    fn every_common_notation_is_read() {
        for text in [
            "password: hunter2",
            "password: 'hunter2'",
            "\"password\": \"hunter2\"",
            "{password: hunter2}",
            "PASSWORD=hunter2",
            "export DB_PASSWORD=\"hunter2\"",
            "--db-password=hunter2 --port=1",
            "--password hunter2",
            "if (password == \"hunter2\") {",
            "char password[] = \"hunter2\";",
            "Server=x;Password=hunter2;Port=1",
            "?user=a&password=hunter2&x=y",
            "password := `hunter2`",
            "<password>hunter2</password>",
            "{\\\"password\\\": \\\"hunter2\\\"}",
            "if (\"hunter2\" === user_password) {",
            "if ('hunter2' != password)",
        ] {
            let found = values(text);
            assert_eq!(found.len(), 1, "{text}");
            assert!(found[0].trim_end_matches('\\') == "hunter2", "{text}");
        }
    }

    #[test]
    fn other_names_are_passed_over() {
        for text in [
            "image: nginx:1.27",
            "a password is needed",
            "password:",
            "passwordFile=/x",
            "--verbose x",
            "a:secret:db",
        ] {
            assert!(values(text).is_empty(), "{text}");
        }
        assert_eq!(values("a=b, token=c, d=e"), ["c"]);
    }
}
