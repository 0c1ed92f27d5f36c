//! Source to [`Ast`]: the only file that knows the `cel` crate, which parses for us.
//!
//! The parser and its tree recurse, so nesting is measured on the tokens before it runs. Its macro
//! expansions are folded back into calls, because evaluation treats macros as what they say.

use std::borrow::Cow;

use cel::common::ast::{ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use cel::parser::pratt_parser::{Lexer, PrattParser, TokenKind};
use cel::parser::{ParseError, ParseErrors};

use super::ast::{Ast, Binary, Entry, Item, Kind, Literal, Unary};
use super::{CompileError, Limits};
use crate::model::Span;

/// Parses an expression within [`Limits`].
pub fn parse(source: &str) -> Result<Ast, CompileError> {
    let limits = Limits::DEFAULT;
    if source.len() > limits.source {
        return Err(CompileError {
            message: format!("the expression is longer than {} bytes", limits.source),
            span: Span::default(),
        });
    }
    measure(source, limits)?;
    let named = name_iteration_variables(source);
    match parser().parse(&named) {
        Ok(tree) => convert(tree)
            .map_err(|id| CompileError { message: "syntax error".to_owned(), span: place(source, id) }),
        Err(errors) => Err(first_error(source, errors)),
    }
}

/// `cel.iterVar(0, 1)`, the notation of an optimiser for a variable of a macro, as a name of the same
/// length: the parser expands macros itself and wants a name there.
fn name_iteration_variables(source: &str) -> Cow<'_, str> {
    const START: &str = "cel.iterVar(";
    if !source.contains(START) {
        return Cow::Borrowed(source);
    }
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find(START) {
        let (before, call) = rest.split_at(at);
        out.push_str(before);
        let end = call.find(')').map_or(call.len(), |end| end + 1);
        let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        out.extend(call[..end].chars().map(letter));
        rest = &call[end..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Where the node `id` stands in `source`: its name or operator.
///
/// The parser gives its table of places away only with an error, so errors alone pay for it: the
/// source is parsed again with a token too many.
pub fn place(source: &str, id: u64) -> Span {
    let Err(ParseErrors { errors }) = parser().parse(&format!("{source}\n)")) else {
        return Span::default();
    };
    let table = errors.iter().find_map(|error| error.source_info.as_ref());
    let Some((start, end)) = table.and_then(|table| table.offset_for(id)) else { return Span::default() };
    named(source, Span::new(start, end))
}

/// A selection is placed at its dot and a member call at its parenthesis; people look for the name.
fn named(source: &str, span: Span) -> Span {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    match span.of(source) {
        "." => {
            let rest = source.get(span.end as usize..).unwrap_or_default();
            let name = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '?');
            let start = span.end + offset(rest.len() - name.len());
            let len = name.find(|c| !is_name(c)).unwrap_or(name.len());
            Span::new(start, start + offset(len))
        }
        "(" => {
            let before = source.get(..span.start as usize).unwrap_or_default().trim_end();
            let name = before.len() - before.trim_end_matches(is_name).len();
            Span::new(offset(before.len() - name), offset(before.len()))
        }
        _ => span,
    }
}

fn parser() -> PrattParser {
    PrattParser::new().enable_optional_syntax(true).enable_ident_escape_syntax(true).error_recovery_limit(1)
}

fn first_error(source: &str, errors: ParseErrors) -> CompileError {
    let error = errors.errors.into_iter().find(|error| error.pos.0 > 0);
    let Some(ParseError { msg, expr_id, source_info, pos: (line, column), .. }) = error else {
        return CompileError { message: "syntax error".to_owned(), span: Span::default() };
    };
    let offsets = source_info.and_then(|table| table.offset_for(expr_id));
    // Macros place their errors by line and column only.
    let start = || {
        let before = source.split_inclusive('\n').take(usize::try_from(line).unwrap_or(1).saturating_sub(1));
        before.map(str::len).sum::<usize>() + usize::try_from(column).unwrap_or(1).saturating_sub(1)
    };
    let span = offsets.map_or_else(
        || {
            let start = u32::try_from(start()).unwrap_or(u32::MAX);
            named(source, Span::new(start, start + 1))
        },
        |(start, end)| Span::new(start, end),
    );
    let message = msg.strip_prefix("Syntax error: ").unwrap_or(&msg);
    // An error at the end of the source points at its last byte, where there is something to see.
    let last = u32::try_from(source.trim_end().len()).unwrap_or(u32::MAX);
    let span = if span.start >= last { Span::new(last.saturating_sub(1), last) } else { span };
    CompileError { message: format!("syntax error: {message}"), span }
}

/// How deep the tree of an open bracket's content is, as far as it was read.
#[derive(Default)]
struct Level {
    /// The deepest finished part between commas.
    part: usize,
    conditionals: usize,
    ands: usize,
    ors: usize,
    /// The deepest finished operand of `&&`, `||` and `?:` in this part.
    term: usize,
    operators: usize,
    /// The deepest finished operand of other operators in this term.
    operand: usize,
    /// The operand being read: its selections, calls and indexes.
    chain: usize,
}

impl Level {
    fn end_operand(&mut self) {
        self.operand = self.operand.max(self.chain);
        self.chain = 0;
    }

    fn end_term(&mut self) {
        self.end_operand();
        self.term = self.term.max(self.operators + self.operand);
        self.operators = 0;
        self.operand = 0;
    }

    fn end_part(&mut self) {
        self.end_term();
        // The parser balances chains of `&&` and of `||`.
        let balanced = |operators: usize| (usize::BITS - operators.leading_zeros()) as usize;
        let logical = balanced(self.ands) + balanced(self.ors);
        self.part = self.part.max(self.conditionals + logical + self.term);
        self.conditionals = 0;
        self.ands = 0;
        self.ors = 0;
        self.term = 0;
    }

    fn end(mut self) -> usize {
        self.end_part();
        self.part
    }
}

/// Rejects sources with too many tokens, or whose tree would be too deep to recurse over.
fn measure(source: &str, limits: Limits) -> Result<(), CompileError> {
    use TokenKind::{
        TokColon, TokComma, TokComment, TokDot, TokEnd, TokError, TokExclamation, TokLeftBrace,
        TokLeftBracket, TokLeftParen, TokLogicalAnd, TokLogicalOr, TokQuestion, TokRightBrace,
        TokRightBracket, TokRightParen, TokWhitespace,
    };
    let mut lexer = Lexer::new(source);
    let mut outer = Vec::new();
    let mut level = Level::default();
    let mut previous = TokEnd;
    for count in 0.. {
        let token = lexer.lex();
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let fail = |message: String| {
            Err(CompileError { message, span: Span::new(offset(token.start), offset(token.end)) })
        };
        if count > limits.tokens {
            return fail(format!("the expression has more than {} tokens", limits.tokens));
        }
        match token.kind {
            TokWhitespace | TokComment => continue,
            TokError => {
                let what = lexer.get_error().map_or("unexpected character", |error| &error.message);
                return fail(format!("syntax error: {what}"));
            }
            TokEnd => break,
            TokLeftParen | TokLeftBracket | TokLeftBrace => {
                outer.push(std::mem::take(&mut level));
                // Not yet closed brackets nest the parser as well.
                if outer.len() > limits.depth {
                    return fail(format!("the expression is nested more than {} deep", limits.depth));
                }
            }
            TokRightParen | TokRightBracket | TokRightBrace => {
                let inner = std::mem::replace(&mut level, outer.pop().unwrap_or_default()).end();
                level.chain = level.chain.max(inner) + 1;
            }
            // `.?`, `[?` and `?` before an item or entry mark optionals.
            TokQuestion if matches!(previous, TokDot | TokLeftBracket | TokLeftBrace | TokComma) => {}
            TokQuestion => {
                level.end_term();
                level.conditionals += 1;
            }
            TokLogicalAnd => {
                level.end_term();
                level.ands += 1;
            }
            TokLogicalOr => {
                level.end_term();
                level.ors += 1;
            }
            TokColon => level.end_term(),
            TokComma => level.end_part(),
            TokDot => level.chain += 1,
            TokExclamation => {
                level.end_operand();
                level.operators += 1;
            }
            kind if cel::parser::pratt_parser::get_binary_op_info(kind).precedence > 0 => {
                level.end_operand();
                level.operators += 1;
            }
            _ => level.chain = level.chain.max(1),
        }
        let depth = level.chain.max(level.operators).max(level.conditionals);
        if depth > limits.depth {
            return fail(format!("the expression is nested more than {} deep", limits.depth));
        }
        previous = token.kind;
    }
    while let Some(next) = outer.pop() {
        let inner = std::mem::replace(&mut level, next).end();
        level.chain = level.chain.max(inner) + 1;
    }
    if level.end() > limits.depth {
        let end = u32::try_from(source.len()).unwrap_or(u32::MAX);
        return Err(CompileError {
            message: format!("the expression is nested more than {} deep", limits.depth),
            span: Span::new(0, end),
        });
    }
    Ok(())
}

/// The tree in our own terms; fails with the id of a node that has no meaning.
fn convert(tree: IdedExpr) -> Result<Ast, u64> {
    let id = tree.id;
    let kind = match tree.expr {
        Expr::Unspecified => return Err(id),
        Expr::Literal(literal) => Kind::Literal(convert_literal(literal)),
        Expr::Ident(name) => Kind::Ident(name),
        Expr::Select(select) => {
            let operand = Box::new(convert(*select.operand)?);
            if select.test { Kind::Has(operand, select.field) } else { Kind::Select(operand, select.field) }
        }
        Expr::Call(call) => {
            let args = convert_all(call.args)?;
            match call.target {
                Some(target) => Kind::Call(Some(Box::new(convert(*target)?)), call.func_name, args),
                None => convert_operator(call.func_name, args),
            }
        }
        Expr::Comprehension(comprehension) => fold_macro(*comprehension).ok_or(id)??,
        Expr::List(list) => {
            let optional = list.optional_indices;
            let items = list.elements.into_iter().enumerate().map(|(index, element)| {
                Ok(Item { value: convert(element)?, optional: optional.contains(&index) })
            });
            Kind::List(items.collect::<Result<_, u64>>()?)
        }
        Expr::Map(map) => {
            let entries = map.entries.into_iter().map(|entry| match entry.expr {
                EntryExpr::MapEntry(entry) => Ok(Entry {
                    key: convert(entry.key)?,
                    value: convert(entry.value)?,
                    optional: entry.optional,
                }),
                EntryExpr::StructField(_) => Err(entry.id),
            });
            Kind::Map(entries.collect::<Result<_, u64>>()?)
        }
        Expr::Struct(message) => Kind::Message(message.type_name),
    };
    Ok(Ast { id, kind })
}

fn convert_all(trees: Vec<IdedExpr>) -> Result<Vec<Ast>, u64> {
    trees.into_iter().map(convert).collect()
}

fn convert_literal(literal: LiteralValue) -> Literal {
    match literal {
        LiteralValue::Null => Literal::Null,
        LiteralValue::Boolean(value) => Literal::Bool(value.into_inner()),
        LiteralValue::Int(value) => Literal::Int(value.into_inner()),
        LiteralValue::UInt(value) => Literal::Uint(value.into_inner()),
        LiteralValue::Double(value) => Literal::Double(value.into_inner()),
        LiteralValue::String(value) => Literal::Str(value.inner().into()),
        LiteralValue::Bytes(value) => Literal::Bytes(value.inner().into()),
    }
}

/// The parser writes operators as calls of names no source can spell.
fn convert_operator(name: String, args: Vec<Ast>) -> Kind {
    let binary = match name.as_str() {
        operators::LOGICAL_AND => Some(Binary::And),
        operators::LOGICAL_OR => Some(Binary::Or),
        operators::EQUALS => Some(Binary::Equal),
        operators::NOT_EQUALS => Some(Binary::NotEqual),
        operators::LESS => Some(Binary::Less),
        operators::LESS_EQUALS => Some(Binary::LessEqual),
        operators::GREATER => Some(Binary::Greater),
        operators::GREATER_EQUALS => Some(Binary::GreaterEqual),
        operators::IN => Some(Binary::In),
        operators::ADD => Some(Binary::Add),
        operators::SUBSTRACT => Some(Binary::Subtract),
        operators::MULTIPLY => Some(Binary::Multiply),
        operators::DIVIDE => Some(Binary::Divide),
        operators::MODULO => Some(Binary::Remainder),
        operators::INDEX => Some(Binary::Index),
        operators::OPT_INDEX => Some(Binary::OptionalIndex),
        _ => None,
    };
    let unary = match name.as_str() {
        operators::LOGICAL_NOT => Some(Unary::Not),
        operators::NEGATE => Some(Unary::Negate),
        _ => None,
    };
    if let Some(unary) = unary {
        return match <[Ast; 1]>::try_from(args) {
            Ok([operand]) => Kind::Unary(unary, Box::new(operand)),
            Err(args) => Kind::Call(None, name, args),
        };
    }
    if let Some(binary) = binary {
        return match <[Ast; 2]>::try_from(args) {
            Ok(operands) => Kind::Binary(binary, Box::new(operands)),
            Err(args) => Kind::Call(None, name, args),
        };
    }
    if name == operators::CONDITIONAL {
        return match <[Ast; 3]>::try_from(args) {
            Ok(parts) => Kind::Conditional(Box::new(parts)),
            Err(args) => Kind::Call(None, name, args),
        };
    }
    if name == operators::OPT_SELECT {
        return match <[Ast; 2]>::try_from(args) {
            Ok([operand, Ast { kind: Kind::Literal(Literal::Str(field)), .. }]) => {
                Kind::OptionalSelect(Box::new(operand), field.into())
            }
            Ok(args) => Kind::Call(None, name, args.into()),
            Err(args) => Kind::Call(None, name, args),
        };
    }
    Kind::Call(None, name, args)
}

/// The macro call a comprehension was expanded from; `None` for a shape no macro has.
fn fold_macro(comprehension: ComprehensionExpr) -> Option<Result<Kind, u64>> {
    let ComprehensionExpr { iter_range, iter_var, accu_init, loop_step, .. } = comprehension;
    let Expr::Call(step) = loop_step.expr else { return None };
    let (name, args) = match accu_init.expr {
        Expr::Literal(LiteralValue::Boolean(init)) => {
            let [_, predicate] = <[IdedExpr; 2]>::try_from(step.args).ok()?;
            (if init.into_inner() { operators::ALL } else { operators::EXISTS }, vec![predicate])
        }
        Expr::Literal(LiteralValue::Int(_)) => {
            let [predicate, ..] = <[IdedExpr; 3]>::try_from(step.args).ok()?;
            (operators::EXISTS_ONE, vec![predicate])
        }
        Expr::List(_) if step.func_name == operators::CONDITIONAL => {
            let [filter, append, _] = <[IdedExpr; 3]>::try_from(step.args).ok()?;
            let Expr::Call(append) = append.expr else { return None };
            (operators::MAP, vec![filter, appended(append.args)?])
        }
        Expr::List(_) => (operators::MAP, vec![appended(step.args)?]),
        _ => return None,
    };
    let variable = Ast { id: iter_range.id, kind: Kind::Ident(iter_var) };
    let mut all = vec![variable];
    for arg in args {
        match convert(arg) {
            Ok(arg) => all.push(arg),
            Err(id) => return Some(Err(id)),
        }
    }
    match convert(iter_range) {
        Ok(range) => Some(Ok(Kind::Call(Some(Box::new(range)), name.to_owned(), all))),
        Err(id) => Some(Err(id)),
    }
}

/// The element of `@result + [element]`.
fn appended(args: Vec<IdedExpr>) -> Option<IdedExpr> {
    let [_, list] = <[IdedExpr; 2]>::try_from(args).ok()?;
    let Expr::List(list) = list.expr else { return None };
    list.elements.into_iter().next()
}
