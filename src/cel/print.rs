//! [`Ast`] to source again, for expressions that were changed as trees: one line, no more parentheses
//! than the grammar asks for.

use std::fmt::{self, Write as _};

use super::ast::{Ast, Binary, Entry, Item, Kind, Literal, Unary};

/// How tightly an expression binds, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binds {
    Conditional,
    Or,
    And,
    Relation,
    Sum,
    Product,
    Unary,
    Member,
}

impl fmt::Display for Ast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_kind(f, &self.kind)
    }
}

fn write_kind(f: &mut fmt::Formatter<'_>, kind: &Kind) -> fmt::Result {
    match kind {
        Kind::Literal(literal) => write_literal(f, literal),
        Kind::Ident(name) => f.write_str(name),
        Kind::Message(name) => write!(f, "{name}{{}}"),
        Kind::Unary(operator, operand) => {
            f.write_char(if matches!(operator, Unary::Not) { '!' } else { '-' })?;
            // `--x` is not `-(-x)` to every reader, so an operator below one is put in parentheses.
            within(f, operand, Binds::Member)
        }
        Kind::Binary(operator @ (Binary::Index | Binary::OptionalIndex), operands) => {
            within(f, &operands[0], Binds::Member)?;
            f.write_str(if matches!(operator, Binary::Index) { "[" } else { "[?" })?;
            write!(f, "{}]", operands[1])
        }
        Kind::Binary(operator, operands) => {
            let own = binds(kind);
            // Chains of `&&` and `||` may be grouped either way; all others group to the left.
            let right = if matches!(operator, Binary::And | Binary::Or) { own } else { tighter(own) };
            within(f, &operands[0], own)?;
            write!(f, " {} ", symbol(*operator))?;
            within(f, &operands[1], right)
        }
        Kind::Conditional(parts) => {
            within(f, &parts[0], Binds::Or)?;
            f.write_str(" ? ")?;
            within(f, &parts[1], Binds::Or)?;
            write!(f, " : {}", parts[2])
        }
        Kind::Select(operand, field) => member(f, operand, ".", field),
        Kind::OptionalSelect(operand, field) => member(f, operand, ".?", field),
        Kind::Has(operand, field) => {
            f.write_str("has(")?;
            member(f, operand, ".", field)?;
            f.write_char(')')
        }
        Kind::Call(target, name, args) => {
            if let Some(target) = target {
                within(f, target, Binds::Member)?;
                f.write_char('.')?;
            }
            write!(f, "{name}(")?;
            separated(f, args, |f, arg| write!(f, "{arg}"))?;
            f.write_char(')')
        }
        Kind::List(items) => {
            f.write_char('[')?;
            separated(f, items, |f, Item { value, optional }| write!(f, "{}{value}", sign(*optional)))?;
            f.write_char(']')
        }
        Kind::Map(entries) => {
            f.write_char('{')?;
            separated(f, entries, |f, Entry { key, value, optional }| {
                write!(f, "{}{key}: {value}", sign(*optional))
            })?;
            f.write_char('}')
        }
    }
}

fn sign(optional: bool) -> &'static str {
    if optional { "?" } else { "" }
}

fn separated<T>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    mut each: impl FnMut(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_str(", ")?;
        }
        each(f, item)?;
    }
    Ok(())
}

/// An operand, in parentheses when it binds less tightly than `least`.
fn within(f: &mut fmt::Formatter<'_>, ast: &Ast, least: Binds) -> fmt::Result {
    if binds(&ast.kind) < least { write!(f, "({ast})") } else { write!(f, "{ast}") }
}

fn member(f: &mut fmt::Formatter<'_>, operand: &Ast, dot: &str, field: &str) -> fmt::Result {
    within(f, operand, Binds::Member)?;
    let plain = field.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && field.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    if plain { write!(f, "{dot}{field}") } else { write!(f, "{dot}`{field}`") }
}

fn binds(kind: &Kind) -> Binds {
    match kind {
        Kind::Conditional(_) => Binds::Conditional,
        Kind::Unary(..) => Binds::Unary,
        // Written with a minus sign, which is an operator to what follows.
        Kind::Literal(Literal::Int(value)) if *value < 0 => Binds::Unary,
        Kind::Literal(Literal::Double(value)) if value.is_sign_negative() => Binds::Unary,
        Kind::Binary(operator, _) => match operator {
            Binary::Or => Binds::Or,
            Binary::And => Binds::And,
            Binary::Add | Binary::Subtract => Binds::Sum,
            Binary::Multiply | Binary::Divide | Binary::Remainder => Binds::Product,
            Binary::Index | Binary::OptionalIndex => Binds::Member,
            _ => Binds::Relation,
        },
        _ => Binds::Member,
    }
}

fn tighter(binds: Binds) -> Binds {
    match binds {
        Binds::Conditional => Binds::Or,
        Binds::Or => Binds::And,
        Binds::And => Binds::Relation,
        Binds::Relation => Binds::Sum,
        Binds::Sum => Binds::Product,
        Binds::Product => Binds::Unary,
        Binds::Unary | Binds::Member => Binds::Member,
    }
}

fn symbol(operator: Binary) -> &'static str {
    match operator {
        Binary::And => "&&",
        Binary::Or => "||",
        Binary::Equal => "==",
        Binary::NotEqual => "!=",
        Binary::Less => "<",
        Binary::LessEqual => "<=",
        Binary::Greater => ">",
        Binary::GreaterEqual => ">=",
        Binary::In => "in",
        Binary::Add => "+",
        Binary::Subtract => "-",
        Binary::Multiply => "*",
        Binary::Divide => "/",
        Binary::Remainder => "%",
        Binary::Index | Binary::OptionalIndex => "[]",
    }
}

fn write_literal(f: &mut fmt::Formatter<'_>, literal: &Literal) -> fmt::Result {
    match literal {
        Literal::Null => f.write_str("null"),
        Literal::Bool(value) => write!(f, "{value}"),
        Literal::Int(value) => write!(f, "{value}"),
        Literal::Uint(value) => write!(f, "{value}u"),
        Literal::Double(value) => {
            let text = value.to_string();
            // Without a point it would be an integer.
            let end = if text.contains('.') { "" } else { ".0" };
            write!(f, "{text}{end}")
        }
        Literal::Str(text) => quoted(f, text.chars()),
        Literal::Bytes(bytes) => {
            f.write_str("b'")?;
            bytes.iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))?;
            f.write_char('\'')
        }
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: impl Iterator<Item = char>) -> fmt::Result {
    f.write_char('\'')?;
    for letter in text {
        match letter {
            '\'' | '\\' => write!(f, "\\{letter}")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            letter if u32::from(letter) < 0x20 || letter == '\u{7f}' => {
                write!(f, "\\u{:04x}", u32::from(letter))?;
            }
            letter => f.write_char(letter)?,
        }
    }
    f.write_char('\'')
}

#[cfg(test)]
mod tests {
    use crate::cel::parse;

    #[test]
    fn what_is_printed_is_what_was_read() {
        for source in [
            "a.b.?c[0][?'k'].all(x, !(x in [1, -2, 3u]) || has(x.y) && x.y != null)",
            "(a ? b : c) ? d : e ? f : g",
            "-(1 + 2) * 3 - (4 - 5) + a % 2",
            "(1 + 2).size() == -(-1).size()",
            "{'a\\'b': 1.0, ?'c': x.?d, 'e\\n\\\\': b'\\x00\\xff'}",
            "[?a, b].map(x, x > 1, x).exists_one(y, a && (b || c) && d)",
        ] {
            let once = parse(source).expect("it parses").to_string();
            let twice = parse(&once).expect("what is printed parses").to_string();
            assert_eq!(once, twice, "{source}");
        }
        assert_eq!(parse("((a)&&((b)))||(c?d:e)").expect("it parses").to_string(), "a && b || (c ? d : e)");
        assert_eq!(parse("a-(b-c)-d").expect("it parses").to_string(), "a - (b - c) - d");
    }
}
