//! Folded texts (`>`), into which the reference writes further line breaks when it writes an object down and
//! reads it again: go-yaml looks at the first line to decide whether the next one is indented.

use super::fault::{Fault, Outcome};
use crate::gitops::Tree;
use crate::gitops::tree::Value;
use crate::model::Style;

/// Makes every folded text in `tree` what the reference makes of it.
pub(super) fn rewrite(tree: &mut Tree) -> Outcome<()> {
    match &mut tree.value {
        Value::Map(entries) => entries.iter_mut().try_for_each(|(_, value)| rewrite(value)),
        Value::List(items) => items.iter_mut().try_for_each(rewrite),
        Value::Scalar(text, style @ Style::Folded, _) => {
            *style = Style::Literal;
            if survives(text) {
                return Ok(());
            }
            if text.trim_start_matches('\n').starts_with([' ', '\t']) {
                return Err(Fault::at(
                    tree,
                    "the reference garbles a folded text that starts indented; use `|`",
                ));
            }
            *text = folded(text).into();
            Ok(())
        }
        Value::Scalar(..) => Ok(()),
    }
}

/// Takes the style from every folded text in `tree`, which is not written down again.
pub(super) fn forget(tree: &mut Tree) {
    match &mut tree.value {
        Value::Map(entries) => entries.iter_mut().for_each(|(_, value)| forget(value)),
        Value::List(items) => items.iter_mut().for_each(forget),
        Value::Scalar(_, style @ Style::Folded, _) => *style = Style::Literal,
        Value::Scalar(..) => {}
    }
}

/// Whether it is one line, or is written in quotes.
fn survives(text: &str) -> bool {
    !text.contains('\n')
        || text.ends_with(' ')
        || text.contains(" \n")
        || text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
}

fn folded(text: &str) -> String {
    let mut made = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(at) = rest.find('\n') {
        let (line, after) = rest.split_at(at);
        made.push_str(line);
        let next = after.trim_start_matches('\n');
        let breaks = after.len() - next.len();
        let indented = |line: &str| line.starts_with([' ', '\t']);
        // Before an indented line, and where trailing breaks are kept, the break for folding stays.
        let one_more =
            !line.is_empty() && !indented(line) && (indented(next) || next.is_empty() && breaks > 1);
        made.extend(std::iter::repeat_n('\n', breaks + usize::from(one_more)));
        rest = next;
    }
    made.push_str(rest);
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_indented_line_gets_a_break_before_it() {
        assert_eq!(folded("a\n  b\n)"), "a\n\n  b\n)");
        assert_eq!(folded("a\nb\n\nc\n"), "a\nb\n\nc\n");
        assert_eq!(folded("a\n\n  b\n  c\nd"), "a\n\n\n  b\n  c\nd");
        assert_eq!(folded("a\n\n"), "a\n\n\n");
        assert!(survives("a \n  b") && survives("a") && !survives("a\nb"));
    }
}
