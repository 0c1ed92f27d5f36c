//! Lowers macros: calls that bind names (`x.all(v, p)`, `cel.bind(n, v, e)`) or read their arguments
//! themselves (`x.orValue(y)`).

use super::ast::{Ast, Kind, Literal};
use super::ir::{Bind, Expr, Loop, LoopKind, OptionalMap, Otherwise};
use super::lower::Lowering;
use super::{CallStyle, CompileError};

/// The names of all macros called that way, for suggestions.
fn names(style: CallStyle) -> impl Iterator<Item = &'static str> {
    let names: &[&str] = match style {
        CallStyle::Global => &["has", "dyn", "cel.bind", "cel.block", "cel.index"],
        CallStyle::Member => &[
            "all",
            "exists",
            "exists_one",
            "existsOne",
            "map",
            "filter",
            "transformList",
            "transformMap",
            "transformMapEntry",
            "sortBy",
            "optMap",
            "optFlatMap",
            "or",
            "orValue",
        ],
    };
    names.iter().copied()
}

type Expanded = Result<Option<Expr>, CompileError>;

impl Lowering<'_> {
    /// The names of the macros, for suggestions.
    pub fn macro_names(style: CallStyle) -> impl Iterator<Item = &'static str> {
        names(style)
    }

    /// A macro called as `name(args)`; `None` when it is none.
    pub fn global_macro(&mut self, id: u64, name: &str, args: &[Ast]) -> Expanded {
        match (name, args) {
            ("has", _) => self.error(id, "`has` takes a selection, as in `has(object.spec)`"),
            ("dyn", [value]) => self.expr(value).map(Some),
            ("cel.bind", [variable, value, body]) => {
                let name = self.variable(variable)?;
                let value = self.expr(value)?;
                self.with_locals(&[name], |lowering, slot| {
                    let body = lowering.expr(body)?;
                    Ok(Some(Expr::Bind(Box::new(Bind { slot, value, body }))))
                })
            }
            ("cel.block", [Ast { kind: Kind::List(values), .. }, body]) => {
                let values: Vec<&Ast> = values.iter().map(|item| &item.value).collect();
                self.block(0, &values, body).map(Some)
            }
            ("cel.index", [Ast { kind: Kind::Literal(Literal::Int(index)), .. }]) => {
                let index = Ast { id, kind: Kind::Ident(format!("@index{index}")) };
                self.expr(&index).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// `cel.block([a, b], body)`: each value may use those before it.
    fn block(&mut self, index: usize, values: &[&Ast], body: &Ast) -> Result<Expr, CompileError> {
        let Some((first, rest)) = values.split_first() else { return self.expr(body) };
        let value = self.expr(first)?;
        self.with_locals(&[&format!("@index{index}")], |lowering, slot| {
            let body = lowering.block(index + 1, rest, body)?;
            Ok(Expr::Bind(Box::new(Bind { slot, value, body })))
        })
    }

    /// A macro called as `target.name(args)`; `None` when it is none.
    pub fn member_macro(&mut self, id: u64, target: &Ast, name: &str, args: &[Ast]) -> Expanded {
        let otherwise = match (name, args) {
            ("orValue", [fallback]) => Some((Otherwise::Value, fallback)),
            ("or", [fallback]) => Some((Otherwise::Optional, fallback)),
            _ => None,
        };
        if let Some((otherwise, fallback)) = otherwise {
            let operands = [self.expr(target)?, self.expr(fallback)?];
            return Ok(Some(Expr::OrElse(otherwise, Box::new(operands))));
        }
        if let ("optMap" | "optFlatMap", [variable, body]) = (name, args) {
            let target = self.expr(target)?;
            let variable = self.variable(variable)?;
            return self.with_locals(&[variable], |lowering, slot| {
                let body = lowering.expr(body)?;
                let flat = name == "optFlatMap";
                Ok(Some(Expr::OptionalMap(Box::new(OptionalMap { slot, flat, target, body }))))
            });
        }
        let Some((kind, variables, filter, body)) = loop_parts(name, args) else { return Ok(None) };
        let range = self.expr(target)?;
        let names: Vec<&str> =
            variables.iter().map(|variable| self.variable(variable)).collect::<Result<_, _>>()?;
        if let [first, second] = names[..]
            && first == second
        {
            return self.error(id, format!("`{first}` is bound twice"));
        }
        let pairs = names.len() == 2;
        let before = self.nodes;
        self.with_locals(&names, |lowering, slot| {
            let filter = filter.map(|filter| lowering.expr(filter)).transpose()?;
            let body = lowering.expr(body)?;
            let cost = lowering.nodes - before + 1;
            Ok(Some(Expr::Loop(Box::new(Loop { kind, range, slot, pairs, filter, body, cost }))))
        })
    }

    fn variable<'x>(&self, ast: &'x Ast) -> Result<&'x str, CompileError> {
        match &ast.kind {
            Kind::Ident(name) if !name.starts_with('.') => Ok(name),
            _ => self.error(ast.id, "a macro's variable must be a simple name"),
        }
    }
}

type Parts<'x> = (LoopKind, &'x [Ast], Option<&'x Ast>, &'x Ast);

/// What a loop macro does, its variables, its filter and its body.
fn loop_parts<'x>(name: &str, args: &'x [Ast]) -> Option<Parts<'x>> {
    let (body, before) = args.split_last()?;
    Some(match (name, before.len()) {
        ("all", 1 | 2) => (LoopKind::All, before, None, body),
        ("exists", 1 | 2) => (LoopKind::Exists, before, None, body),
        ("exists_one" | "existsOne", 1 | 2) => (LoopKind::ExistsOne, before, None, body),
        ("sortBy", 1) => (LoopKind::Sort, before, None, body),
        ("filter", 1) => (LoopKind::List, before, Some(body), &before[0]),
        ("map", 1) | ("transformList", 2) => (LoopKind::List, before, None, body),
        ("map", 2) => (LoopKind::List, &before[..1], Some(&before[1]), body),
        ("transformList", 3) => (LoopKind::List, &before[..2], Some(&before[2]), body),
        ("transformMap", 2) => (LoopKind::Values, before, None, body),
        ("transformMap", 3) => (LoopKind::Values, &before[..2], Some(&before[2]), body),
        ("transformMapEntry", 2) => (LoopKind::Entries, before, None, body),
        ("transformMapEntry", 3) => (LoopKind::Entries, &before[..2], Some(&before[2]), body),
        _ => return None,
    })
}
