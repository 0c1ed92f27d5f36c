//! Regular expressions with the syntax and meaning of RE2, which CEL prescribes.
//!
//! The `regex` crate is RE2's relative; where they differ the pattern is rewritten: classes such as
//! `\d` are ASCII, and what only one of them takes for an operator is escaped.

use std::rc::Rc;

use regex::{Regex, RegexBuilder};

/// A compiled pattern.
#[derive(Clone)]
pub struct Pattern {
    /// As written.
    pub source: Box<str>,
    /// Compiled.
    pub regex: Regex,
}

impl Pattern {
    /// Compiles a pattern that may take up to `size` bytes.
    ///
    /// # Errors
    /// Says in one line what is wrong.
    pub fn new(source: &str, size: usize) -> Result<Self, String> {
        let built = RegexBuilder::new(&translate(source)).size_limit(size).nest_limit(64).build();
        match built {
            Ok(regex) => Ok(Self { source: source.into(), regex }),
            Err(regex::Error::CompiledTooBig(_)) => Err("it is too large".to_owned()),
            Err(error) => {
                let text = error.to_string();
                let last = text.lines().last().unwrap_or_default();
                Err(last.strip_prefix("error: ").unwrap_or(last).to_owned())
            }
        }
    }
}

/// How many patterns that are no literals a scope keeps.
const KEPT: usize = 32;

/// The patterns a scope compiled while evaluating, the latest last.
#[derive(Default)]
pub struct Cache(Vec<(Box<str>, Option<Rc<Pattern>>)>);

impl Cache {
    /// The compiled pattern; `None` when it is invalid, which is remembered as well.
    pub fn get(&mut self, source: &str, compile: impl FnOnce() -> Option<Pattern>) -> Option<Rc<Pattern>> {
        if let Some((_, pattern)) = self.0.iter().find(|(known, _)| **known == *source) {
            return pattern.clone();
        }
        let pattern = compile().map(Rc::new);
        if self.0.len() == KEPT {
            self.0.remove(0);
        }
        self.0.push((source.into(), pattern.clone()));
        pattern
    }

    /// Whether the pattern was compiled before.
    pub fn knows(&self, source: &str) -> bool {
        self.0.iter().any(|(known, _)| **known == *source)
    }
}

/// An RE2 pattern as the `regex` crate must see it to mean the same.
fn translate(source: &str) -> String {
    let mut out = String::with_capacity(source.len() + 16);
    let mut rest = source;
    let mut in_class = false;
    while let Some(c) = rest.chars().next() {
        let tail = &rest[c.len_utf8()..];
        rest = match c {
            '\\' => escape(tail, in_class, &mut out),
            '[' if in_class => {
                // `[:alpha:]` is a class by name in both; any other bracket is only a character in RE2.
                out.push_str(if tail.starts_with(':') { "[" } else { "\\[" });
                let end = if tail.starts_with(':') { tail.find(":]").map_or(0, |at| at + 2) } else { 0 };
                out.push_str(&tail[..end]);
                &tail[end..]
            }
            '[' => {
                in_class = true;
                out.push('[');
                let tail = tail.strip_prefix('^').inspect(|_| out.push('^')).unwrap_or(tail);
                // A bracket that closes nothing is a character.
                tail.strip_prefix(']').inspect(|_| out.push_str("\\]")).unwrap_or(tail)
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
                tail
            }
            // Set operations of the crate; RE2 has none.
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
                tail
            }
            '-' if in_class && tail.starts_with('-') => {
                out.push_str("\\-");
                tail
            }
            '{' if !in_class && !is_repetition(tail) => {
                out.push_str("\\{");
                tail
            }
            _ => {
                out.push(c);
                tail
            }
        };
    }
    out
}

/// Translates what follows a backslash and returns the rest.
fn escape<'s>(tail: &'s str, in_class: bool, out: &mut String) -> &'s str {
    let Some(c) = tail.chars().next() else {
        out.push('\\');
        return tail;
    };
    let rest = &tail[c.len_utf8()..];
    let class = match c {
        'd' => Some(("0-9", "[0-9]")),
        'D' => Some(("[^0-9]", "[^0-9]")),
        'w' => Some(("0-9A-Za-z_", "[0-9A-Za-z_]")),
        'W' => Some(("[^0-9A-Za-z_]", "[^0-9A-Za-z_]")),
        's' => Some(("\\t\\n\\f\\r ", "[\\t\\n\\f\\r ]")),
        'S' => Some(("[^\\t\\n\\f\\r ]", "[^\\t\\n\\f\\r ]")),
        'b' => Some(("\\x08", "(?-u:\\b)")),
        '<' | '>' => Some((if c == '<' { "<" } else { ">" }, if c == '<' { "<" } else { ">" })),
        _ => None,
    };
    if let Some((within, outside)) = class {
        out.push_str(if in_class { within } else { outside });
        return rest;
    }
    if c == 'Q' && !in_class {
        let end = rest.find("\\E").unwrap_or(rest.len());
        out.push_str(&regex::escape(&rest[..end]));
        return rest.get(end + 2..).unwrap_or_default();
    }
    out.push('\\');
    out.push(c);
    rest
}

/// Whether what follows `{` makes it a counted repetition.
fn is_repetition(tail: &str) -> bool {
    let Some((inside, _)) = tail.split_once('}') else { return false };
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    !least.is_empty() && least.bytes().chain(most.bytes()).all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern, 1 << 20).unwrap().regex.is_match(text)
    }

    #[test]
    fn reads_patterns_as_re2_does() {
        assert!(matches(r"^\d+$", "12"));
        assert!(!matches(r"^\d+$", "٣"), "digits are ASCII");
        assert!(matches(r"^[\w.-]+$", "a-b.c_1"));
        assert!(matches(r"^[a[]+$", "a[a"), "a bracket in a class is a character");
        assert!(matches(r"^[]a]+$", "]a"));
        assert!(matches(r"^[a&&b]+$", "a&b"));
        assert!(matches(r"^${x}{2}$|^\${a}$", "${a}"), "a brace that counts nothing is a character");
        assert!(matches(r"^\Qa.b\E$", "a.b"));
        assert!(!matches(r"^\Qa.b\E$", "axb"));
        assert!(matches(r"\<b\>", "<b>"));
        assert!(matches(r"^[[:alpha:]]+$", "abc"));
        assert!(matches(r"^.$", "é"), "a dot is a code point");
    }

    #[test]
    fn refuses_what_would_take_too_much_memory() {
        assert_eq!(Pattern::new(r"(\pL{100}){100}", 1 << 20).err().unwrap(), "it is too large");
        assert_eq!(Pattern::new("(", 1 << 20).err().unwrap(), "unclosed group");
    }
}
