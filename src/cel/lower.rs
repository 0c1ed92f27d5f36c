//! [`Ast`] to [`Expr`]: every name finds its meaning here, or is rejected.

use super::ast::{Ast, Binary, Kind, Literal, Unary};
use super::ir::{Arithmetic, Comparison, Expr, Lowered, Memo};
use super::library::{self, TYPES};
use super::parse::place;
use super::pattern::Pattern;
use super::program::Program;
use super::value::Ext;
use super::{CallStyle, CompileError, Environment, HostFunction, Limits};
use crate::model::decode::did_you_mean;

/// Lowers a parsed expression.
pub fn lower(ast: &Ast, source: &str, environment: &Environment) -> Result<Program, CompileError> {
    let mut lowering = Lowering::new(source, environment);
    let root = lowering.expr(ast)?;
    let Lowering { slots, deepest, uses, .. } = lowering;
    Ok(Program::new(source, Lowered { root, slots, depth: deepest, uses }))
}

/// The state of lowering one expression.
pub struct Lowering<'e> {
    source: &'e str,
    environment: &'e Environment,
    /// Variables of the macros around, innermost last.
    locals: Vec<(String, usize)>,
    /// How many slots macros need at once.
    slots: usize,
    /// Nodes made so far; the fuel of a loop's round is what its body adds.
    pub nodes: u64,
    depth: usize,
    deepest: usize,
    uses: Vec<Box<str>>,
    /// The selections an evaluation remembers: from what, and which field.
    paths: Vec<(Base, Box<str>)>,
}

/// What a remembered selection starts from.
#[derive(PartialEq, Eq)]
enum Base {
    Variable(usize),
    Path(Memo),
}

type Answer = Result<Expr, CompileError>;

impl<'e> Lowering<'e> {
    fn new(source: &'e str, environment: &'e Environment) -> Self {
        Self {
            source,
            environment,
            locals: Vec::new(),
            slots: 0,
            nodes: 0,
            depth: 0,
            deepest: 0,
            uses: Vec::new(),
            paths: Vec::new(),
        }
    }

    /// An error at the node `id`.
    pub fn error<T>(&self, id: u64, message: impl Into<String>) -> Result<T, CompileError> {
        Err(CompileError { message: message.into(), span: place(self.source, id) })
    }

    /// Lowers `body` while `names` are variables in the slots from the returned one on.
    pub fn with_locals<T>(
        &mut self,
        names: &[&str],
        body: impl FnOnce(&mut Self, usize) -> Result<T, CompileError>,
    ) -> Result<T, CompileError> {
        let first = self.locals.last().map_or(0, |(_, slot)| slot + 1);
        for (offset, name) in names.iter().enumerate() {
            self.locals.push(((*name).to_owned(), first + offset));
        }
        self.slots = self.slots.max(first + names.len());
        let result = body(self, first);
        self.locals.truncate(self.locals.len() - names.len());
        result
    }

    /// Lowers an expression.
    pub fn expr(&mut self, ast: &Ast) -> Answer {
        self.nodes += 1;
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        let lowered = self.kind(ast);
        self.depth -= 1;
        lowered
    }

    fn kind(&mut self, ast: &Ast) -> Answer {
        match &ast.kind {
            Kind::Literal(literal) => Ok(Expr::Literal(literal.clone())),
            Kind::Ident(name) => self.ident(ast.id, name),
            Kind::Unary(operator, operand) => {
                let operand = Box::new(self.expr(operand)?);
                Ok(match operator {
                    Unary::Not => Expr::Not(operand),
                    Unary::Negate => Expr::Negate(operand),
                })
            }
            Kind::Binary(operator, operands) => self.binary(*operator, operands),
            Kind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                let parts = [self.expr(condition)?, self.expr(then)?, self.expr(otherwise)?];
                Ok(Expr::Conditional(Box::new(parts)))
            }
            Kind::Select(operand, field) => self.select(ast, operand, field),
            Kind::OptionalSelect(operand, field) => {
                Ok(Expr::OptionalField(Box::new(self.expr(operand)?), field.as_str().into()))
            }
            Kind::Has(operand, field) => self.has(operand, field),
            Kind::Call(target, name, args) => self.call(ast.id, target.as_deref(), name, args),
            Kind::List(items) => {
                let items = items.iter().map(|item| Ok((self.expr(&item.value)?, item.optional)));
                Ok(Expr::List(items.collect::<Result<_, CompileError>>()?))
            }
            Kind::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|entry| Ok((self.expr(&entry.key)?, self.expr(&entry.value)?, entry.optional)));
                Ok(Expr::Map(entries.collect::<Result<_, CompileError>>()?))
            }
            Kind::Message(name) => self.error(ast.id, format!("there is no message type `{name}`")),
        }
    }

    /// Lowers expressions in order.
    pub fn all<'x>(&mut self, asts: impl IntoIterator<Item = &'x Ast>) -> Result<Box<[Expr]>, CompileError> {
        asts.into_iter().map(|ast| self.expr(ast)).collect()
    }

    fn binary(&mut self, operator: Binary, operands: &[Ast; 2]) -> Answer {
        let comparison = match operator {
            Binary::And | Binary::Or => return self.logical(operator, operands),
            Binary::Less => Comparison::Less,
            Binary::LessEqual => Comparison::LessEqual,
            Binary::Greater => Comparison::Greater,
            Binary::GreaterEqual => Comparison::GreaterEqual,
            _ => return self.other_binary(operator, operands),
        };
        Ok(Expr::Compare(comparison, self.pair(operands)?))
    }

    fn other_binary(&mut self, operator: Binary, operands: &[Ast; 2]) -> Answer {
        let pair = self.pair(operands)?;
        Ok(match operator {
            Binary::Equal => Expr::Equal(true, pair),
            Binary::NotEqual => Expr::Equal(false, pair),
            Binary::In => Expr::In(pair),
            Binary::Index => Expr::Index(pair),
            Binary::OptionalIndex => Expr::OptionalIndex(pair),
            Binary::Subtract => Expr::Arithmetic(Arithmetic::Subtract, pair),
            Binary::Multiply => Expr::Arithmetic(Arithmetic::Multiply, pair),
            Binary::Divide => Expr::Arithmetic(Arithmetic::Divide, pair),
            Binary::Remainder => Expr::Arithmetic(Arithmetic::Remainder, pair),
            _ => Expr::Arithmetic(Arithmetic::Add, pair),
        })
    }

    fn pair(&mut self, operands: &[Ast; 2]) -> Result<Box<[Expr; 2]>, CompileError> {
        Ok(Box::new([self.expr(&operands[0])?, self.expr(&operands[1])?]))
    }

    /// The parser makes a balanced tree of a chain; evaluated it is a row of operands.
    fn logical(&mut self, operator: Binary, operands: &[Ast; 2]) -> Answer {
        let is_and = matches!(operator, Binary::And);
        let mut row = Vec::new();
        for operand in operands {
            match (self.expr(operand)?, is_and) {
                (Expr::And(inner), true) | (Expr::Or(inner), false) => row.extend(inner),
                (other, _) => row.push(other),
            }
        }
        Ok(if is_and { Expr::And(row.into()) } else { Expr::Or(row.into()) })
    }

    fn ident(&mut self, id: u64, name: &str) -> Answer {
        if let Some((_, slot)) = self.locals.iter().rfind(|(known, _)| known == name) {
            return Ok(Expr::Local(*slot));
        }
        if let Some(meaning) = self.global(name) {
            return Ok(meaning);
        }
        let known =
            self.locals.iter().map(|(name, _)| name.as_str()).chain(self.environment.variable_names());
        self.error(id, format!("undeclared name `{name}`{}", did_you_mean(name, known)))
    }

    /// A declared variable or a type, looked up in the container first.
    fn global(&mut self, name: &str) -> Option<Expr> {
        for candidate in self.environment.candidates(name) {
            if let Some(slot) = self.environment.slot(&candidate) {
                self.used(&candidate);
                return Some(Expr::Variable(slot));
            }
            if TYPES.contains(&candidate.as_str()) {
                return Some(Expr::Type(candidate.into()));
            }
        }
        None
    }

    fn used(&mut self, name: &str) {
        if !self.uses.iter().any(|known| **known == *name) {
            self.uses.push(name.into());
        }
    }

    fn is_local(&self, name: &str) -> bool {
        self.locals.iter().any(|(known, _)| known == name)
    }

    fn select(&mut self, ast: &Ast, operand: &Ast, field: &str) -> Answer {
        if let Some(lazy) = self.lazy(operand, field)? {
            return Ok(lazy);
        }
        if let Some(path) = dotted(ast).filter(|path| !self.is_local(root(path)))
            && let Some(meaning) = self.global(&path)
        {
            return Ok(meaning);
        }
        let operand = self.expr(operand)?;
        let memo = self.memo(&operand, field);
        Ok(Expr::Field(Box::new(operand), field.into(), memo))
    }

    /// `variables.<field>`, when variables exist and are not shadowed.
    fn lazy(&mut self, operand: &Ast, field: &str) -> Result<Option<Expr>, CompileError> {
        let Kind::Ident(name) = &operand.kind else { return Ok(None) };
        if name != "variables" || !self.environment.has_lazies() || self.is_local(name) {
            return Ok(None);
        }
        self.used("variables");
        if let Some(index) = self.environment.lazy_index(field) {
            return Ok(Some(Expr::Lazy(index)));
        }
        let hint = did_you_mean(field, self.environment.lazy_names());
        self.error(operand.id, format!("undeclared name `variables.{field}`{hint}"))
    }

    fn has(&mut self, operand: &Ast, field: &str) -> Answer {
        if self.lazy(operand, field)?.is_some() {
            return Ok(Expr::Literal(Literal::Bool(true)));
        }
        let operand = self.expr(operand)?;
        let memo = self.memo(&operand, field);
        Ok(Expr::Has(Box::new(operand), field.into(), memo))
    }

    /// Where the selection of `field` is remembered; the first few paths are, for they are the shared ones.
    fn memo(&mut self, operand: &Expr, field: &str) -> Memo {
        let base = match operand {
            Expr::Variable(slot) => Base::Variable(*slot),
            Expr::Field(_, _, memo) if *memo != Memo::NONE => Base::Path(*memo),
            _ => return Memo::NONE,
        };
        let known = self.paths.iter().position(|(from, name)| *from == base && **name == *field);
        let at = known.unwrap_or(self.paths.len());
        if known.is_none() && at < Memo::COUNT {
            self.paths.push((base, field.into()));
        }
        u8::try_from(at).ok().filter(|_| at < Memo::COUNT).map_or(Memo::NONE, Memo)
    }

    fn call(&mut self, id: u64, target: Option<&Ast>, name: &str, args: &[Ast]) -> Answer {
        let Some(target) = target else {
            return match self.global_call(id, name, args)? {
                Some(call) => Ok(call),
                None => self.unknown_function(id, CallStyle::Global, name, args.len()),
            };
        };
        // `math.abs(x)`: a namespaced function; names of functions go before names of variables.
        if let Some(path) = dotted(target)
            && let Some(call) = self.global_call(id, &format!("{path}.{name}"), args)?
        {
            return Ok(call);
        }
        if let Some(expanded) = self.member_macro(id, target, name, args)? {
            return Ok(expanded);
        }
        if let Some(function) = self.host_function(CallStyle::Member, name, args.len()) {
            return Ok(Expr::Host(function, self.all(std::iter::once(target).chain(args))?));
        }
        let functions = library::find(CallStyle::Member, name, args.len());
        if functions.is_empty() {
            if let Some(path) = dotted(target).filter(|path| self.is_namespace(path)) {
                return self.unknown_function(id, CallStyle::Global, &format!("{path}.{name}"), args.len());
            }
            return self.unknown_function(id, CallStyle::Member, name, args.len());
        }
        self.used(name);
        let mut all = self.all(std::iter::once(target).chain(args))?.into_vec();
        self.compile_pattern(id, name, all.get_mut(1))?;
        Ok(Expr::Call(functions.into(), all.into()))
    }

    fn global_call(&mut self, id: u64, name: &str, args: &[Ast]) -> Result<Option<Expr>, CompileError> {
        for name in self.environment.candidates(name) {
            if let Some(expanded) = self.global_macro(id, &name, args)? {
                return Ok(Some(expanded));
            }
            if let Some(function) = self.host_function(CallStyle::Global, &name, args.len()) {
                return Ok(Some(Expr::Host(function, self.all(args)?)));
            }
            let functions = library::find(CallStyle::Global, &name, args.len());
            if !functions.is_empty() {
                self.used(&name);
                let mut args = self.all(args)?;
                self.compile_pattern(id, &name, args.get_mut(1))?;
                return Ok(Some(Expr::Call(functions.into(), args)));
            }
        }
        Ok(None)
    }

    fn host_function(&mut self, style: CallStyle, name: &str, arity: usize) -> Option<&'static HostFunction> {
        let found = self.environment.host_functions().find(|function| {
            function.call == style && function.name == name && function.arity.contains(&arity)
        });
        if found.is_some() {
            self.used(name);
        }
        found
    }

    /// Compiles the literal pattern of a function that takes one, so that mistakes show at once.
    fn compile_pattern(&self, id: u64, name: &str, arg: Option<&mut Expr>) -> Result<(), CompileError> {
        let Some(arg) = arg.filter(|_| library::takes_pattern(name)) else { return Ok(()) };
        if let Expr::Literal(Literal::Str(text)) = arg {
            match Pattern::new(text, Limits::DEFAULT.regex) {
                Ok(pattern) => *arg = Expr::Pattern(Ext::Pattern(pattern)),
                Err(message) => return self.error(id, format!("invalid regular expression: {message}")),
            }
        }
        Ok(())
    }

    fn is_namespace(&self, path: &str) -> bool {
        let begins = |name: &str| name.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        !self.is_local(root(path))
            && self.environment.slot(root(path)).is_none()
            && self.function_names(CallStyle::Global).any(begins)
    }

    fn function_names(&self, style: CallStyle) -> impl Iterator<Item = &'static str> + '_ {
        let own = library::names(style).chain(Self::macro_names(style));
        own.chain(self.environment.host_functions().filter(move |f| f.call == style).map(|f| f.name))
    }

    fn unknown_function(&self, id: u64, style: CallStyle, name: &str, given: usize) -> Answer {
        if self.function_names(style).any(|known| known == name) {
            let plural = if given == 1 { "" } else { "s" };
            return self.error(id, format!("`{name}` does not take {given} argument{plural}"));
        }
        let other = if style == CallStyle::Global { CallStyle::Member } else { CallStyle::Global };
        let hint = if self.function_names(other).any(|known| known == name) {
            match style {
                CallStyle::Global => format!("; call it as `x.{name}()`"),
                CallStyle::Member => format!("; call it as `{name}(x)`"),
            }
        } else {
            did_you_mean(name, self.function_names(style))
        };
        self.error(id, format!("undeclared function `{name}`{hint}"))
    }
}

/// The dotted name a selection chain spells, if it is one.
fn dotted(ast: &Ast) -> Option<String> {
    match &ast.kind {
        Kind::Ident(name) => Some(name.clone()),
        Kind::Select(operand, field) => Some(format!("{}.{field}", dotted(operand)?)),
        _ => None,
    }
}

fn root(path: &str) -> &str {
    path.split('.').next().unwrap_or_default()
}
