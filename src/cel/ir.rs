//! The lowered expression: names are slots, functions are pointers, literal patterns are compiled.

use std::cmp::Ordering;

use super::HostFunction;
use super::ast::Literal;
use super::library::Function;
use super::value::Ext;

/// A whole expression and what evaluating it takes.
pub struct Lowered {
    pub root: Expr,
    /// How many variables its macros bind at once.
    pub slots: usize,
    /// How deep it is nested.
    pub depth: usize,
    /// The names of the variables and functions it refers to.
    pub uses: Vec<Box<str>>,
}

/// An expression ready to be evaluated.
pub enum Expr {
    Literal(Literal),
    /// A regular expression written as a literal, where a function expects one.
    Pattern(Ext<'static>),
    /// A type's name.
    Type(Box<str>),
    /// A variable of a macro.
    Local(usize),
    /// A declared variable.
    Variable(usize),
    /// `variables.<name>`.
    Lazy(usize),
    /// `operand.field`.
    Field(Box<Expr>, Box<str>, Memo),
    /// `operand.?field`.
    OptionalField(Box<Expr>, Box<str>),
    /// `has(operand.field)`.
    Has(Box<Expr>, Box<str>, Memo),
    /// `operand[key]`.
    Index(Box<[Expr; 2]>),
    /// `operand[?key]`.
    OptionalIndex(Box<[Expr; 2]>),
    /// `a && b && ..`
    And(Box<[Expr]>),
    /// `a || b || ..`
    Or(Box<[Expr]>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    /// `condition ? then : otherwise`.
    Conditional(Box<[Expr; 3]>),
    /// `a == b`, or `a != b` when `false`.
    Equal(bool, Box<[Expr; 2]>),
    Compare(Comparison, Box<[Expr; 2]>),
    In(Box<[Expr; 2]>),
    Arithmetic(Arithmetic, Box<[Expr; 2]>),
    /// Values, and whether each is optional.
    List(Box<[(Expr, bool)]>),
    /// Keys, values, and whether each is optional.
    Map(Box<[(Expr, Expr, bool)]>),
    /// Functions of one name, tried in turn until one takes the types; the receiver is the first argument.
    Call(Box<[&'static Function]>, Box<[Expr]>),
    /// A function of the host.
    Host(&'static HostFunction, Box<[Expr]>),
    Loop(Box<Loop>),
    Bind(Box<Bind>),
    /// `x.orValue(y)` and, keeping the optional, `x.or(y)`.
    OrElse(Otherwise, Box<[Expr; 2]>),
    OptionalMap(Box<OptionalMap>),
}

/// Where an evaluation remembers the node a selection led to: the same for every selection of one path
/// from one declared variable, so that `has(object.spec.x) && object.spec.x > 1` walks it once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memo(pub u8);

impl Memo {
    /// How many paths an evaluation remembers.
    pub const COUNT: usize = 8;
    /// Not remembered.
    pub const NONE: Self = Self(u8::MAX);
}

/// An ordering operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Comparison {
    /// Whether it holds of operands in that order.
    pub fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterEqual => order.is_ge(),
        }
    }
}

/// An arithmetic operator of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// What an absent optional falls back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// `orValue`: a value.
    Value,
    /// `or`: another optional.
    Optional,
}

/// A macro over a list or map.
pub struct Loop {
    pub kind: LoopKind,
    pub range: Expr,
    /// The first variable's slot; of two, the second has the next one.
    pub slot: usize,
    /// Whether there are two variables: index and item, or key and value.
    pub pairs: bool,
    /// Which elements count; for the collecting macros only.
    pub filter: Option<Expr>,
    /// The predicate, the transformation or the sort key.
    pub body: Expr,
    /// Fuel of one round.
    pub cost: u64,
}

/// What a loop makes of its elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopKind {
    All,
    Exists,
    ExistsOne,
    /// `map`, `filter`, `transformList`.
    List,
    /// `transformMap`: the keys of the range, transformed values.
    Values,
    /// `transformMapEntry`: the entries of maps.
    Entries,
    /// `sortBy`.
    Sort,
}

/// `cel.bind(name, value, body)`.
pub struct Bind {
    pub slot: usize,
    pub value: Expr,
    pub body: Expr,
}

/// `target.optMap(name, body)`; `optFlatMap` when `flat`.
pub struct OptionalMap {
    pub slot: usize,
    pub flat: bool,
    pub target: Expr,
    pub body: Expr,
}

/// Which steps a selection may take.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// `.name` only, for the result is the node itself.
    Fields,
    /// `.?name` as well, for whoever asks takes the value out of the optional.
    Optionals,
}
