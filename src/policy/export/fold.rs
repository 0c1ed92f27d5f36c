//! Trees of expressions: making them, walking them, putting one in the place of a name, and working out
//! what is known before there is an object.

use crate::cel::ast::{Ast, Binary, Entry, Item, Kind, Literal, Unary};

pub(super) fn ast(kind: Kind) -> Ast {
    Ast { id: 0, kind }
}

pub(super) fn ident(name: &str) -> Ast {
    ast(Kind::Ident(name.to_owned()))
}

pub(super) fn string(text: &str) -> Ast {
    ast(Kind::Literal(Literal::Str(text.into())))
}

pub(super) fn boolean(value: bool) -> Ast {
    ast(Kind::Literal(Literal::Bool(value)))
}

pub(super) fn select(operand: Ast, field: &str) -> Ast {
    ast(Kind::Select(Box::new(operand), field.to_owned()))
}

pub(super) fn call<const N: usize>(target: Ast, name: &str, args: [Ast; N]) -> Ast {
    ast(Kind::Call(Some(Box::new(target)), name.to_owned(), args.into()))
}

pub(super) fn global<const N: usize>(name: &str, args: [Ast; N]) -> Ast {
    ast(Kind::Call(None, name.to_owned(), args.into()))
}

pub(super) fn index(operand: Ast, at: i64) -> Ast {
    binary(Binary::Index, operand, ast(Kind::Literal(Literal::Int(at))))
}

pub(super) fn negated(operand: Ast) -> Ast {
    match operand.kind {
        Kind::Literal(Literal::Bool(value)) => boolean(!value),
        Kind::Unary(Unary::Not, inner) => *inner,
        _ => ast(Kind::Unary(Unary::Not, Box::new(operand))),
    }
}

/// An operator of two operands, or its result where that is known.
pub(super) fn binary(operator: Binary, left: Ast, right: Ast) -> Ast {
    let known = |ast: &Ast| match ast.kind {
        Kind::Literal(Literal::Bool(value)) => Some(value),
        _ => None,
    };
    let text = |ast: &Ast| match &ast.kind {
        Kind::Literal(Literal::Str(text)) => Some(text.clone()),
        _ => None,
    };
    match (operator, known(&left), known(&right), text(&left), text(&right)) {
        // What settles it does so whatever the other operand is, an error included.
        (Binary::And, Some(false), ..) | (Binary::And, _, Some(false), ..) => return boolean(false),
        (Binary::Or, Some(true), ..) | (Binary::Or, _, Some(true), ..) => return boolean(true),
        (Binary::And | Binary::Or, Some(_), ..) => return right,
        (Binary::And | Binary::Or, _, Some(_), ..) => return left,
        (Binary::Equal, _, _, Some(left), Some(right)) => return boolean(left == right),
        (Binary::NotEqual, _, _, Some(left), Some(right)) => return boolean(left != right),
        _ => {}
    }
    ast(Kind::Binary(operator, Box::new([left, right])))
}

/// `condition ? then : otherwise`, or the branch that is known to be taken.
pub(super) fn conditional(condition: Ast, then: Ast, otherwise: Ast) -> Ast {
    match condition.kind {
        Kind::Literal(Literal::Bool(true)) => then,
        Kind::Literal(Literal::Bool(false)) => otherwise,
        _ => ast(Kind::Conditional(Box::new([condition, then, otherwise]))),
    }
}

/// Shows every node to `see`, a parent before its parts.
pub(super) fn visit(ast: &Ast, see: &mut impl FnMut(&Ast)) {
    see(ast);
    match &ast.kind {
        Kind::Literal(_) | Kind::Ident(_) | Kind::Message(_) => {}
        Kind::Unary(_, operand)
        | Kind::Select(operand, _)
        | Kind::OptionalSelect(operand, _)
        | Kind::Has(operand, _) => visit(operand, see),
        Kind::Binary(_, operands) => {
            for operand in &**operands {
                visit(operand, see);
            }
        }
        Kind::Conditional(parts) => {
            for part in &**parts {
                visit(part, see);
            }
        }
        Kind::Call(target, _, args) => {
            for part in target.as_deref().into_iter().chain(args) {
                visit(part, see);
            }
        }
        Kind::List(items) => {
            for item in items {
                visit(&item.value, see);
            }
        }
        Kind::Map(entries) => {
            for entry in entries {
                visit(&entry.key, see);
                visit(&entry.value, see);
            }
        }
    }
}

/// The same node with each of its direct parts as `make` has it.
pub(super) fn map<E>(ast: &Ast, make: &mut impl FnMut(&Ast) -> Result<Ast, E>) -> Result<Ast, E> {
    let kind = match &ast.kind {
        Kind::Literal(_) | Kind::Ident(_) | Kind::Message(_) => ast.kind.clone(),
        Kind::Unary(Unary::Not, operand) => return Ok(negated(make(operand)?)),
        Kind::Unary(operator, operand) => Kind::Unary(*operator, Box::new(make(operand)?)),
        Kind::Binary(operator, operands) => {
            return Ok(binary(*operator, make(&operands[0])?, make(&operands[1])?));
        }
        Kind::Conditional(parts) => {
            return Ok(conditional(make(&parts[0])?, make(&parts[1])?, make(&parts[2])?));
        }
        Kind::Select(operand, field) => Kind::Select(Box::new(make(operand)?), field.clone()),
        Kind::OptionalSelect(operand, field) => Kind::OptionalSelect(Box::new(make(operand)?), field.clone()),
        Kind::Has(operand, field) => Kind::Has(Box::new(make(operand)?), field.clone()),
        Kind::Call(target, name, args) => {
            let target = target.as_ref().map(|target| make(target).map(Box::new)).transpose()?;
            Kind::Call(target, name.clone(), args.iter().map(make).collect::<Result<_, _>>()?)
        }
        Kind::List(items) => {
            let items = items
                .iter()
                .map(|Item { value, optional }| Ok(Item { value: make(value)?, optional: *optional }));
            Kind::List(items.collect::<Result<_, E>>()?)
        }
        Kind::Map(entries) => {
            let entries = entries.iter().map(|Entry { key, value, optional }| {
                Ok(Entry { key: make(key)?, value: make(value)?, optional: *optional })
            });
            Kind::Map(entries.collect::<Result<_, E>>()?)
        }
    };
    Ok(Ast { id: ast.id, kind })
}

/// How many of the first arguments of a macro are names it binds; 0 for other calls.
pub(super) fn binds(name: &str, args: &[Ast]) -> usize {
    match (name, args.len()) {
        ("map" | "filter" | "optMap" | "optFlatMap" | "sortBy", 2 | 3)
        | ("all" | "exists" | "exists_one" | "existsOne", 2) => 1,
        ("all" | "exists" | "exists_one" | "existsOne", 3)
        | ("transformList" | "transformMap" | "transformMapEntry", 3 | 4) => 2,
        _ => 0,
    }
}

/// `ast` with `value` in the place of the free name `name`; a macro whose variable `value` speaks of gets
/// another one.
pub(super) fn substitute(ast: &Ast, name: &str, value: &Ast) -> Ast {
    if matches!(&ast.kind, Kind::Ident(found) if found == name) {
        return value.clone();
    }
    if let Kind::Call(Some(target), macro_name, args) = &ast.kind {
        let count = binds(macro_name, args);
        if count > 0 {
            return substitute_in_macro(ast.id, target, macro_name, args.split_at(count), name, value);
        }
    }
    let Ok(changed) = map(ast, &mut |part| Ok::<_, std::convert::Infallible>(substitute(part, name, value)));
    changed
}

fn substitute_in_macro(
    id: u64,
    target: &Ast,
    macro_name: &str,
    (names, bodies): (&[Ast], &[Ast]),
    name: &str,
    value: &Ast,
) -> Ast {
    let target = substitute(target, name, value);
    let mut args = Vec::new();
    let mut bodies = bodies.to_vec();
    let mut hidden = false;
    for bound in names {
        let Kind::Ident(own) = &bound.kind else { continue };
        hidden |= own == name;
        let mut fresh = own.clone();
        if mentions(value, own) && own != name {
            while mentions(value, &fresh) || bodies.iter().any(|body| mentions(body, &fresh)) {
                fresh.push('_');
            }
            bodies = bodies.iter().map(|body| substitute(body, own, &ident(&fresh))).collect();
        }
        args.push(ident(&fresh));
    }
    if !hidden {
        bodies = bodies.iter().map(|body| substitute(body, name, value)).collect();
    }
    args.append(&mut bodies);
    Ast { id, kind: Kind::Call(Some(Box::new(target)), macro_name.to_owned(), args) }
}

/// Whether a name occurs, free or not.
pub(super) fn mentions(ast: &Ast, name: &str) -> bool {
    let mut found = false;
    visit(ast, &mut |ast| found |= matches!(&ast.kind, Kind::Ident(known) if known == name));
    found
}

/// Whether a function is called.
pub(super) fn calls(ast: &Ast, name: &str) -> bool {
    let mut found = false;
    visit(ast, &mut |ast| found |= matches!(&ast.kind, Kind::Call(_, known, _) if known == name));
    found
}

/// `list.all(name, body)`, where a list that is made by flattening is gone over as a list of lists.
pub(super) fn all_over(list: &Ast, name: &str, body: Ast) -> Ast {
    let parts = match &list.kind {
        Kind::Call(Some(target), function, args) if calls(list, "flatten") => {
            Some((&**target, function.as_str(), args.as_slice()))
        }
        _ => None,
    };
    match parts {
        Some((lists, "flatten", [])) => {
            if let Kind::Call(Some(outer), function, args) = &lists.kind
                && let ("map", [Ast { kind: Kind::Ident(own), .. }, inner]) =
                    (function.as_str(), args.as_slice())
            {
                let fresh = fresh(own, name, &body, inner);
                let inner = substitute(inner, own, &ident(&fresh));
                return all_over(outer, &fresh, all_over(&inner, name, body));
            }
            let fresh = fresh("list", name, &body, lists);
            all_over(lists, &fresh, all_over(&ident(&fresh), name, body))
        }
        Some((inner, "filter", [Ast { kind: Kind::Ident(own), .. }, condition])) => {
            let kept = call(inner.clone(), "map", [ident(own), condition.clone(), ident(own)]);
            all_over(&kept, name, body)
        }
        Some((inner, "map", [Ast { kind: Kind::Ident(own), .. }, condition, value])) => {
            // Both are parts of one macro, so a name must be free in both.
            let both = ast(Kind::Conditional(Box::new([condition.clone(), value.clone(), boolean(true)])));
            let fresh = fresh(own, name, &body, &both);
            let [condition, value] = [condition, value].map(|part| substitute(part, own, &ident(&fresh)));
            let body = substitute(&body, name, &value);
            all_over(inner, &fresh, binary(Binary::Or, negated(condition), body))
        }
        Some((inner, "map", [Ast { kind: Kind::Ident(own), .. }, value])) => {
            let fresh = fresh(own, name, &body, value);
            let value = substitute(value, own, &ident(&fresh));
            all_over(inner, &fresh, substitute(&body, name, &value))
        }
        _ => call(list.clone(), "all", [ident(name), body]),
    }
}

/// A name like `own`, the variable of `part`, that means nothing else there or in `body`, where it will
/// stand in the place of `name`.
fn fresh(own: &str, name: &str, body: &Ast, part: &Ast) -> String {
    let mut fresh = own.to_owned();
    while (fresh != name && mentions(body, &fresh)) || (fresh != own && mentions(part, &fresh)) {
        fresh.push('_');
    }
    fresh
}

/// Whether the API server sees at compile time that the expression gives a `bool`.
pub(super) fn is_bool(ast: &Ast) -> bool {
    const PREDICATES: [&str; 13] = [
        "all",
        "bool",
        "contains",
        "endsWith",
        "exists",
        "existsOne",
        "exists_one",
        "hasValue",
        "isQuantity",
        "isSorted",
        "isURL",
        "matches",
        "startsWith",
    ];
    match &ast.kind {
        Kind::Literal(Literal::Bool(_)) | Kind::Has(..) | Kind::Unary(Unary::Not, _) => true,
        Kind::Binary(operator, _) => !matches!(
            operator,
            Binary::Index
                | Binary::OptionalIndex
                | Binary::Add
                | Binary::Subtract
                | Binary::Multiply
                | Binary::Divide
                | Binary::Remainder
        ),
        Kind::Conditional(parts) => is_bool(&parts[1]) && is_bool(&parts[2]),
        Kind::Call(_, name, _) => PREDICATES.contains(&name.as_str()),
        _ => false,
    }
}

/// Whether the API server sees at compile time that the expression gives a `string`.
pub(super) fn is_text(ast: &Ast) -> bool {
    match &ast.kind {
        Kind::Literal(Literal::Str(_)) => true,
        Kind::Binary(Binary::Add, operands) => operands.iter().any(is_text),
        Kind::Conditional(parts) => is_text(&parts[1]) && is_text(&parts[2]),
        Kind::Call(_, name, _) => matches!(name.as_str(), "string" | "join" | "lowerAscii" | "upperAscii"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cel::parse;

    fn read(source: &str) -> Ast {
        parse(source).expect("it parses")
    }

    #[test]
    fn a_name_is_replaced_where_it_is_free() {
        let value = read("e.name");
        let into = |source: &str| substitute(&read(source), "item", &value).to_string();
        assert_eq!(into("item.all(item, item == 1)"), "e.name.all(item, item == 1)");
        assert_eq!(into("list.exists(e, e == item)"), "list.exists(e_, e_ == e.name)");
    }

    #[test]
    fn a_flattened_list_is_gone_over_inside_out() {
        let list = read("cs.map(c, c.env).flatten().filter(e, has(e.name)).map(e, e.name)");
        let all = all_over(&list, "item", read("item in names.filter(e, e != c)"));
        assert_eq!(
            all.to_string(),
            "cs.all(c_, c_.env.all(e_, !has(e_.name) || e_.name in names.map(e, e != c, e)))"
        );
    }

    #[test]
    fn what_is_known_is_worked_out() {
        let made = |source: &str| {
            fn all(ast: &Ast) -> Result<Ast, std::convert::Infallible> {
                map(ast, &mut all)
            }
            let Ok(ast) = all(&read(source));
            ast.to_string()
        };
        assert_eq!(made("'a' == 'b' ? x : true && y || false"), "y");
        assert_eq!(made("!(x || 'a' == 'a')"), "false");
    }
}
