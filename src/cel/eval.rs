//! Evaluates a lowered expression.
//!
//! Recursion is bounded by the depth the parser lets through, rounds of loops by fuel. Nothing is
//! allocated but what the expression makes: strings, lists and maps, in the scope's arena.

use std::cell::Cell;

use super::HostFunction;
use super::ast::Literal;
use super::compare::{compare, equal};
use super::error::Error;
use super::ir::{Bind, Comparison, Expr, Memo, OptionalMap, Otherwise, Through};
use super::library::Function;
use super::map::Map;
use super::number::{Answer, arithmetic};
use super::scope::Scope;
use super::value::Value;
use super::view::Items;
use crate::model::NodeRef;

/// One evaluation of one program.
pub struct Frame<'a, 's> {
    pub scope: &'s Scope<'a>,
    /// The variables of macros, by slot.
    pub locals: &'s [Cell<Value<'a>>],
    /// The nodes selections led to, by [`Memo`].
    pub memo: [Cell<Option<NodeRef<'a>>>; Memo::COUNT],
}

impl<'a> Frame<'a, '_> {
    /// The value of `expr`; nodes stay nodes until an operator needs their content.
    pub fn eval(&self, expr: &'a Expr) -> Answer<'a> {
        match expr {
            Expr::Literal(literal) => Ok(literal_value(literal)),
            Expr::Pattern(pattern) => Ok(Value::Ext(pattern)),
            Expr::Type(name) => Ok(Value::Type(name)),
            Expr::Local(slot) => Ok(self.local(*slot)),
            Expr::Variable(slot) => self.scope.variable(*slot),
            Expr::Lazy(index) => self.scope.lazy(*index),
            Expr::Field(operand, name, memo) => match self.selected(operand, name, *memo, Through::Fields) {
                Some(node) => Ok(Value::Node(node)),
                None => self.field(self.base(operand)?, name),
            },
            Expr::OptionalField(operand, name) => self.optional_field(self.base(operand)?, name),
            Expr::Has(operand, name, memo) => match self.present(operand, name, *memo) {
                Some(there) => Ok(Value::Bool(there)),
                None => self.has(self.base(operand)?, name),
            },
            Expr::Index(pair) => self.index(self.base(&pair[0])?, self.eval(&pair[1])?),
            Expr::OptionalIndex(pair) => self.optional_index(self.base(&pair[0])?, self.eval(&pair[1])?),
            Expr::And(operands) => self.logical(operands, false),
            Expr::Or(operands) => self.logical(operands, true),
            Expr::Not(operand) => match self.condition(operand) {
                Ok(value) => Ok(Value::Bool(!value)),
                Err(other) => no_condition(other, "!"),
            },
            Expr::Negate(operand) => negate(self.scope.resolve(self.eval(operand)?)),
            Expr::Conditional(parts) => match self.condition(&parts[0]) {
                Ok(true) => self.eval(&parts[1]),
                Ok(false) => self.eval(&parts[2]),
                Err(other) => no_condition(other, "?:"),
            },
            Expr::Equal(wanted, pair) => self.equality(*wanted, pair),
            Expr::Compare(comparison, pair) => self.comparison(*comparison, pair),
            Expr::In(pair) => self.contained(pair),
            Expr::Arithmetic(operator, pair) => {
                let (a, b) = self.operands(pair)?;
                match (a, b) {
                    (unknown @ Value::Unknown(_), _) | (_, unknown @ Value::Unknown(_)) => Ok(unknown),
                    _ => arithmetic(self.scope, *operator, a, b),
                }
            }
            Expr::List(items) => self.list(items),
            Expr::Map(entries) => self.map(entries),
            Expr::Call(functions, args) => self.call(functions, args),
            Expr::Host(function, args) => self.host_call(function, args),
            Expr::Loop(each) => self.run_loop(each),
            Expr::Bind(bind) => self.bind(bind),
            Expr::OrElse(otherwise, pair) => self.or_else(*otherwise, pair),
            Expr::OptionalMap(map) => self.optional_map(map),
        }
    }

    /// The variable of a macro.
    pub fn local(&self, slot: usize) -> Value<'a> {
        self.locals.get(slot).map_or(Value::Null, Cell::get)
    }

    /// Binds the variable of a macro.
    pub fn set_local(&self, slot: usize, value: Value<'a>) {
        if let Some(cell) = self.locals.get(slot) {
            cell.set(value);
        }
    }

    /// Both operands with their content.
    fn operands(&self, pair: &'a [Expr; 2]) -> Result<(Value<'a>, Value<'a>), Error<'a>> {
        let a = self.scope.resolve(self.eval(&pair[0])?);
        let b = self.scope.resolve(self.eval(&pair[1])?);
        Ok((a, b))
    }

    /// `&&` and `||`: one `decisive` operand settles it, whatever the others do.
    fn logical(&self, operands: &'a [Expr], decisive: bool) -> Answer<'a> {
        let mut unsettled: Option<Answer<'a>> = None;
        for operand in operands {
            let answer = match self.condition(operand) {
                Ok(value) if value == decisive => return Ok(Value::Bool(decisive)),
                Ok(_) => continue,
                Err(Err(Error::Fuel)) => return Err(Error::Fuel),
                Err(other) => no_condition(other, if decisive { "||" } else { "&&" }),
            };
            // An unknown outweighs an error: what is unknown may yet settle it.
            if !matches!(unsettled, Some(Ok(_))) && (unsettled.is_none() || answer.is_ok()) {
                unsettled = Some(answer);
            }
        }
        unsettled.unwrap_or(Ok(Value::Bool(!decisive)))
    }

    fn equality(&self, wanted: bool, pair: &'a [Expr; 2]) -> Answer<'a> {
        let (a, b) = self.operands(pair)?;
        Ok(match equal(self.scope, a, b)? {
            Some(same) => Value::Bool(same == wanted),
            None => unknown_of(&[a, b]),
        })
    }

    fn comparison(&self, comparison: Comparison, pair: &'a [Expr; 2]) -> Answer<'a> {
        let (a, b) = self.operands(pair)?;
        if let (unknown @ Value::Unknown(_), _) | (_, unknown @ Value::Unknown(_)) = (a, b) {
            return Ok(unknown);
        }
        let Some(order) = compare(a, b) else { return Err(Error::NoSuchOverload(symbol(comparison))) };
        Ok(Value::Bool(order.is_some_and(|order| comparison.holds(order))))
    }

    fn list(&self, items: &'a [(Expr, bool)]) -> Answer<'a> {
        if items.is_empty() {
            return Ok(Value::List(&[]));
        }
        let mut values = Vec::with_capacity(items.len());
        for (item, optional) in items {
            match (self.eval(item)?, optional) {
                (Value::Optional(Some(value)), true) => values.push(*value),
                (Value::Optional(None), true) => {}
                (unknown @ Value::Unknown(_), true) => return Ok(unknown),
                (_, true) => return Err(Error::NoSuchOverload("[?]")),
                (value, false) => values.push(value),
            }
        }
        Ok(Value::List(self.scope.arena().alloc_slice_copy(&values)))
    }

    fn map(&self, entries: &'a [(Expr, Expr, bool)]) -> Answer<'a> {
        let mut pairs = Vec::with_capacity(entries.len());
        for (key, value, optional) in entries {
            let key = self.scope.resolve(self.eval(key)?);
            if matches!(key, Value::Unknown(_)) {
                return Ok(key);
            }
            match (self.eval(value)?, optional) {
                (Value::Optional(Some(value)), true) => pairs.push((key, *value)),
                (Value::Optional(None), true) => {}
                (unknown @ Value::Unknown(_), true) => return Ok(unknown),
                (_, true) => return Err(Error::NoSuchOverload("{?}")),
                (value, false) => pairs.push((key, value)),
            }
        }
        Map::new(&pairs, self.scope.arena()).map(Value::Map).ok_or(Error::BadKey)
    }

    fn call(&self, functions: &'a [&'static Function], args: &'a [Expr]) -> Answer<'a> {
        let mut values = [Value::Null; 4];
        let Some(values) = values.get_mut(..args.len()) else { return self.long_call(functions, args) };
        for (value, arg) in values.iter_mut().zip(args) {
            *value = self.eval(arg)?;
        }
        self.apply(functions, values)
    }

    #[cold]
    fn long_call(&self, functions: &'a [&'static Function], args: &'a [Expr]) -> Answer<'a> {
        let mut values = args.iter().map(|arg| self.eval(arg)).collect::<Result<Vec<_>, _>>()?;
        self.apply(functions, &mut values)
    }

    fn apply(&self, functions: &'a [&'static Function], values: &mut [Value<'a>]) -> Answer<'a> {
        let Some((first, others)) = functions.split_first() else { return Err(Error::Unset) };
        if !first.raw {
            for value in values.iter_mut() {
                *value = self.scope.resolve(*value);
                if matches!(value, Value::Unknown(_)) {
                    return Ok(*value);
                }
            }
        }
        self.scope.spend(1)?;
        let mut answer = (first.run)(self.scope, values);
        for function in others {
            if !matches!(answer, Err(Error::NoSuchOverload(_))) {
                return answer;
            }
            answer = (function.run)(self.scope, values);
        }
        match answer {
            Err(Error::NoSuchOverload("")) => Err(Error::NoSuchOverload(first.name)),
            answer => answer,
        }
    }

    fn host_call(&self, function: &'static HostFunction, args: &'a [Expr]) -> Answer<'a> {
        let mut values = [Value::Null; 4];
        if let Some(values) = values.get_mut(..args.len()) {
            for (value, arg) in values.iter_mut().zip(args) {
                *value = self.eval(arg)?;
            }
            self.scope.spend(1)?;
            return self.scope.host().call(function, values, self.scope);
        }
        let values = args.iter().map(|arg| self.eval(arg)).collect::<Result<Vec<_>, _>>()?;
        self.scope.spend(1)?;
        self.scope.host().call(function, &values, self.scope)
    }

    fn bind(&self, bind: &'a Bind) -> Answer<'a> {
        let value = self.eval(&bind.value)?;
        self.set_local(bind.slot, value);
        self.eval(&bind.body)
    }

    fn or_else(&self, otherwise: Otherwise, pair: &'a [Expr; 2]) -> Answer<'a> {
        if let (Expr::OptionalField(operand, name), Otherwise::Value) = (&pair[0], otherwise)
            && let Some(node) = self.selected(operand, name, Memo::NONE, Through::Optionals)
        {
            return Ok(Value::Node(node));
        }
        match self.eval(&pair[0])? {
            Value::Optional(None) => self.eval(&pair[1]),
            Value::Optional(Some(value)) if otherwise == Otherwise::Value => Ok(*value),
            // A value that is no optional is there: policies of the field rely on it.
            value => Ok(value),
        }
    }

    fn optional_map(&self, map: &'a OptionalMap) -> Answer<'a> {
        match self.eval(&map.target)? {
            Value::Optional(None) => Ok(Value::Optional(None)),
            Value::Optional(Some(value)) => {
                self.set_local(map.slot, *value);
                let result = self.eval(&map.body)?;
                Ok(match result {
                    Value::Unknown(_) => result,
                    _ if map.flat => result,
                    _ => Value::some(result, self.scope.arena()),
                })
            }
            unknown @ Value::Unknown(_) => Ok(unknown),
            _ => Err(Error::NoSuchOverload(if map.flat { "optFlatMap" } else { "optMap" })),
        }
    }
}

/// What is made of a condition that is no boolean: what is unknown stays so.
#[cold]
pub fn no_condition<'a>(answer: Answer<'a>, wanted_by: &'static str) -> Answer<'a> {
    match answer? {
        unknown @ Value::Unknown(_) => Ok(unknown),
        _ => Err(Error::NoSuchOverload(wanted_by)),
    }
}

/// The value of a literal, borrowed from the program.
fn literal_value(literal: &Literal) -> Value<'_> {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Uint(value) => Value::Uint(*value),
        Literal::Double(value) => Value::Double(*value),
        Literal::Str(value) => Value::Str(value),
        Literal::Bytes(value) => Value::Bytes(value),
    }
}

fn negate(value: Value<'_>) -> Answer<'_> {
    match value {
        Value::Int(value) => value.checked_neg().map(Value::Int).ok_or(Error::Overflow),
        Value::Double(value) => Ok(Value::Double(-value)),
        Value::Unknown(_) => Ok(value),
        _ => Err(Error::NoSuchOverload("-")),
    }
}

fn symbol(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Less => "<",
        Comparison::LessEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterEqual => ">=",
    }
}

/// The unknown among `values`, or one without a place when it lies deeper.
pub fn unknown_of<'a>(values: &[Value<'a>]) -> Value<'a> {
    let found = values.iter().find(|value| matches!(value, Value::Unknown(_)));
    found.copied().unwrap_or(Value::Unknown(None))
}

/// Whether `items` hold `value`; `None` when an unknown decides.
pub fn holds<'a>(scope: &Scope<'a>, items: Items<'a>, value: Value<'a>) -> Result<Option<bool>, Error<'a>> {
    let mut result = Some(false);
    for item in items.iter() {
        scope.spend(1)?;
        match equal(scope, item, value)? {
            Some(true) => return Ok(Some(true)),
            Some(false) => {}
            None => result = None,
        }
    }
    Ok(result)
}
