//! The expression as parsed: a tree of our own, so that only `parse` knows the parsing crate.
//!
//! Macros are plain calls here (`x.all(v, p)`); `lower` gives names and calls their meaning.

/// A node of the tree; `id` finds its place in the source ([`place`](super::parse::place)).
pub struct Ast {
    pub id: u64,
    pub kind: Kind,
}

/// What a node is.
pub enum Kind {
    Literal(Literal),
    /// A name, with a leading dot when it is absolute.
    Ident(String),
    Unary(Unary, Box<Ast>),
    Binary(Binary, Box<[Ast; 2]>),
    Conditional(Box<[Ast; 3]>),
    /// `operand.field`.
    Select(Box<Ast>, String),
    /// `operand.?field`.
    OptionalSelect(Box<Ast>, String),
    /// `has(operand.field)`.
    Has(Box<Ast>, String),
    /// `name(args)` or `target.name(args)`.
    Call(Option<Box<Ast>>, String, Vec<Ast>),
    List(Vec<Item>),
    Map(Vec<Entry>),
    /// `Name{field: value}`; there are no messages, so only the name is kept.
    Message(String),
}

/// An item of a list; an optional one (`?x`) is left out when it has no value.
pub struct Item {
    pub value: Ast,
    pub optional: bool,
}

/// An entry of a map; an optional one (`?k: v`) is left out when it has no value.
pub struct Entry {
    pub key: Ast,
    pub value: Ast,
    pub optional: bool,
}

/// A literal.
#[derive(Clone)]
pub enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Str(Box<str>),
    Bytes(Box<[u8]>),
}

/// An operator of one operand.
#[derive(Clone, Copy)]
pub enum Unary {
    Not,
    Negate,
}

/// An operator of two operands.
#[derive(Clone, Copy)]
pub enum Binary {
    And,
    Or,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Index,
    OptionalIndex,
}
