//! What a plain scalar is to the reference, which reads YAML as go-yaml v3 does.

use super::fault::{Fault, Outcome};
use crate::gitops::Tree;
use crate::gitops::tree::Value;
use crate::model::{Scalar, Schema, Style, scalar::resolve_plain};

/// Makes every scalar mean what the reference reads (YAML 1.2 as go-yaml v3 sees it), whoever reads it next.
pub(super) fn settle(tree: &mut Tree) -> Outcome<()> {
    match &mut tree.value {
        Value::Scalar(text, style @ Style::Plain, None) => {
            if matches!(resolve_plain(text, Schema::Kubernetes), Scalar::Bool(_))
                && matches!(resolve_plain(text, Schema::Core), Scalar::Str(_))
            {
                *style = Style::DoubleQuoted;
            }
            Ok(())
        }
        Value::Scalar(..) => Ok(()),
        Value::List(items) => items.iter_mut().try_for_each(settle),
        Value::Map(entries) => entries.iter_mut().try_for_each(|(key, value)| {
            settle(key)?;
            if key.as_str().is_none() {
                return Err(Fault::at(key, "a key that is not text; put it in quotes"));
            }
            settle(value)
        }),
    }
}

/// Refuses what the reference reads in a way of its own.
pub(super) fn check(tree: &Tree) -> Outcome<()> {
    match &tree.value {
        Value::Map(entries) => entries.iter().try_for_each(|(_, value)| check(value)),
        Value::List(items) => items.iter().try_for_each(check),
        Value::Scalar(text, style, tag) => {
            let plain = *style == Style::Plain && tag.is_none();
            let odd = tag.as_ref().is_some_and(|tag| !tag.ends_with("str"))
                || plain && (is_date(text) || is_odd_number(text))
                || matches!(tree.scalar(), Some(Scalar::Float(number)) if !number.is_finite());
            if odd {
                return Err(Fault::at(tree, "readers disagree on what this value is; put it in quotes"));
            }
            Ok(())
        }
    }
}

/// A date without quotes becomes a time.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let digits = |part: Option<&str>, len: std::ops::RangeInclusive<usize>| {
        part.is_some_and(|part| len.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    digits(parts.next(), 4..=4)
        && digits(parts.next(), 1..=2)
        && parts.next().is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// A number with underscores, or in base two.
fn is_odd_number(text: &str) -> bool {
    let bare = text.trim_start_matches(['-', '+']);
    let binary = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| matches!(byte, b'0' | b'1' | b'_'));
    if bare.strip_prefix("0b").is_some_and(binary) {
        return true;
    }
    bare.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && bare.contains('_')
        && !matches!(resolve_plain(&text.replace('_', ""), Schema::Kubernetes), Scalar::Str(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitops::kustomize::testing::tree;

    #[test]
    fn values_that_readers_read_differently_are_refused() {
        for value in ["2020-01-01", "2001-12-14t21:59:43.10-05:00", "1_000", "0b11", ".inf", "!!binary aGk="]
        {
            assert!(check(&tree(&format!("{{x: {value}}}"))).is_err(), "{value}");
            assert!(check(&tree(&format!("{{x: '{value}'}}"))).is_ok(), "{value}");
        }
        for value in ["0777", "1e3", "1.27.4", "a_b", "10.0.0.1", "1:30", "123-456-789", "0a_b"] {
            assert!(check(&tree(&format!("{{x: {value}}}"))).is_ok(), "{value}");
        }
    }

    #[test]
    fn yes_is_text_and_keys_are_text() {
        let mut switch = tree("{x: yes}");
        settle(&mut switch).expect("fine");
        assert_eq!(switch.get("x").and_then(Tree::as_str), Some("yes"));
        assert!(settle(&mut tree("{1: x}")).is_err());
        assert!(settle(&mut tree("{on: x}")).is_ok());
    }
}
