//! Words for people: harmless characters, first sentences, counted nouns.
//!
//! Messages, paths and source lines come from files that anyone may have written. What reaches a terminal or
//! a CI log must not move its cursor, recolour it or reorder what is read.

use std::borrow::Cow;

/// Whether `c` acts instead of being shown: a control character, or one that reorders or breaks a line.
pub fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{feff}'
        )
}

/// What to show for `c`: itself, or a picture of what it would have done.
pub fn visible(c: char) -> char {
    match c {
        '\t' | '\n' | '\r' => ' ',
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        _ if is_active(c) => char::REPLACEMENT_CHARACTER,
        _ => c,
    }
}

/// `text` on one line and without active characters.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.contains(is_active) { text.chars().map(visible).collect() } else { text.into() }
}

/// The first `limit` characters of `text`, the last of them `…` when there were more.
pub fn shortened(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit || text.chars().nth(limit).is_none() {
        return text.into();
    }
    text.chars().take(limit.saturating_sub(1)).chain(['…']).collect()
}

/// The first sentence of the first paragraph of `markdown`, on one line; `None` when there is none.
///
/// A sentence ends where a full stop, but not that of `e.g.` or `i.e.`, is followed by a capital letter.
pub fn first_sentence(markdown: &str) -> Option<String> {
    let paragraph: Vec<&str> =
        markdown.trim_start().lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let mut sentence = paragraph.join(" ");
    let end = sentence.match_indices(". ").map(|(at, _)| sentence.split_at(at + 1)).find(|(head, tail)| {
        tail.trim_start().starts_with(char::is_uppercase)
            && !head.ends_with("e.g.")
            && !head.ends_with("i.e.")
    });
    sentence.truncate(end.map_or(sentence.len(), |(head, _)| head.len()));
    (!sentence.is_empty()).then_some(sentence)
}

/// `1 policy`, `2 policies`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn active_characters_become_visible() {
        assert_eq!(clean("a\u{1b}[31mb\r\nc\u{7f}\u{9b}\u{202e}"), "a␛[31mb  c␡\u{fffd}\u{fffd}");
        assert!(matches!(clean("naïve 日本"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_sentence_ends_before_a_capital() {
        assert_eq!(
            first_sentence("\nUse a store, e.g. Secrets Manager,\nor SOPS. Then rotate.\n\nMore."),
            Some("Use a store, e.g. Secrets Manager, or SOPS.".to_owned())
        );
        assert_eq!(first_sentence("Add `Owner`"), Some("Add `Owner`".to_owned()));
        assert_eq!(first_sentence(" \n"), None);
    }

    #[test]
    fn long_text_is_cut_at_characters() {
        assert_eq!(shortened("日本語", 3), "日本語");
        assert_eq!(shortened("日本語です", 3), "日本…");
    }
}
