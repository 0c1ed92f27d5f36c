//! The expression as parsed: a tree of our own, so that only `parse` knows the parsing crate.
//!
//! Macros are plain calls here (`x.all(v, p)`); `lower` gives names and calls their meaning.

/// A node of the tree; `id` finds its place in the source.
#[derive(Clone)]
pub struct Ast {
    /// Its number; 0 for a node that no source has.
    pub id: u64,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Clone)]
pub enum Kind {
    /// A literal.
    Literal(Literal),
    /// A name, with a leading dot when it is absolute.
    Ident(String),
    /// An operator of one operand.
    Unary(Unary, Box<Ast>),
    /// An operator of two operands.
    Binary(Binary, Box<[Ast; 2]>),
    /// `condition ? then : otherwise`.
    Conditional(Box<[Ast; 3]>),
    /// `operand.field`.
    Select(Box<Ast>, String),
    /// `operand.?field`.
    OptionalSelect(Box<Ast>, String),
    /// `has(operand.field)`.
    Has(Box<Ast>, String),
    /// `name(args)` or `target.name(args)`.
    Call(Option<Box<Ast>>, String, Vec<Ast>),
    /// `[a, ?b]`.
    List(Vec<Item>),
    /// `{a: b, ?c: d}`.
    Map(Vec<Entry>),
    /// `Name{field: value}`; there are no messages, so only the name is kept.
    Message(String),
}

/// An item of a list.
#[derive(Clone)]
pub struct Item {
    /// Its value.
    pub value: Ast,
    /// Whether it is left out when it has no value (`?x`).
    pub optional: bool,
}

/// An entry of a map.
#[derive(Clone)]
pub struct Entry {
    /// Its key.
    pub key: Ast,
    /// Its value.
    pub value: Ast,
    /// Whether it is left out when it has no value (`?k: v`).
    pub optional: bool,
}

/// A literal.
#[derive(Clone)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `1`
    Int(i64),
    /// `1u`
    Uint(u64),
    /// `1.0`
    Double(f64),
    /// `'text'`
    Str(Box<str>),
    /// `b'bytes'`
    Bytes(Box<[u8]>),
}

/// An operator of one operand.
#[derive(Clone, Copy)]
pub enum Unary {
    /// `!`
    Not,
    /// `-`
    Negate,
}

/// An operator of two operands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// `&&`
    And,
    /// `||`
    Or,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `in`
    In,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `operand[key]`
    Index,
    /// `operand[?key]`
    OptionalIndex,
}
