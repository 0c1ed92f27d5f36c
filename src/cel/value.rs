//! What an expression can evaluate to.
//!
//! A value is small and `Copy`; text, lists and maps lie in the document, the program or the arena of
//! the [`Scope`](super::Scope). Deliberately absent: `Debug` of content, for a value may be a secret.

use std::fmt;

use bumpalo::Bump;
use jiff::{SignedDuration, Timestamp};

use super::Map;
use super::library::{Cidr, Quantity, Semver, Url};
use super::pattern::Pattern;
use crate::model::{NodeRef, Scalar};

/// A CEL value.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `bool`.
    Bool(bool),
    /// `int`; every integer of a document.
    Int(i64),
    /// `uint`.
    Uint(u64),
    /// `double`.
    Double(f64),
    /// `string`.
    Str(&'a str),
    /// `bytes`.
    Bytes(&'a [u8]),
    /// `list` made by the expression.
    List(&'a [Value<'a>]),
    /// `map` made by the expression.
    Map(&'a Map<'a>),
    /// A node of a document, scalars included; its type is that of its content.
    Node(NodeRef<'a>),
    /// An object of the host.
    Handle(Handle),
    /// `optional_type`.
    Optional(Option<&'a Value<'a>>),
    /// `google.protobuf.Duration`.
    Duration(SignedDuration),
    /// `google.protobuf.Timestamp`.
    Timestamp(Timestamp),
    /// `type`, by its name.
    Type(&'a str),
    /// A value of one of the Kubernetes libraries.
    Ext(&'a Ext<'a>),
    /// What cannot be known from the files alone, and the node that says so.
    Unknown(Option<NodeRef<'a>>),
}

/// An object of the host; only the host knows what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle {
    /// Which sort of object.
    pub kind: u16,
    /// Which one of its sort.
    pub index: u32,
}

/// The values of the Kubernetes libraries.
pub enum Ext<'a> {
    /// A resource quantity such as `1.5Gi`.
    Quantity(Quantity),
    /// An IP address.
    Ip(std::net::IpAddr),
    /// A network in CIDR notation.
    Cidr(Cidr),
    /// A URL.
    Url(Url<'a>),
    /// A semantic version.
    Semver(Semver<'a>),
    /// A named format such as `dns1123Label`.
    Format(&'static str),
    /// A regular expression written as a literal; never the result of an expression.
    Pattern(Pattern),
}

impl<'a> Value<'a> {
    /// The present optional of `value`.
    pub fn some(value: Value<'a>, arena: &'a Bump) -> Self {
        Self::Optional(Some(arena.alloc(value)))
    }

    /// The content of a scalar node; every other value as it is. Whether a node's content may be used
    /// at all is asked by [`Scope::resolve`](super::Scope::resolve).
    #[must_use]
    pub fn plain(self) -> Self {
        match self {
            Self::Node(node) => match node.scalar() {
                Some(Scalar::Null) => Self::Null,
                Some(Scalar::Bool(flag)) => Self::Bool(flag),
                Some(Scalar::Int(number)) => Self::Int(number),
                Some(Scalar::Float(number)) => Self::Double(number),
                Some(Scalar::Str(text)) => Self::Str(text),
                None => self,
            },
            _ => self,
        }
    }

    /// The name of the value's type, as `type()` compares it.
    pub fn type_name(self) -> &'static str {
        match self.plain() {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::Str(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Node(node) if node.is_sequence() => "list",
            Self::Map(_) | Self::Node(_) => "map",
            Self::Handle(_) => "object",
            Self::Optional(_) => "optional_type",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Type(_) => "type",
            Self::Ext(ext) => ext.type_name(),
            Self::Unknown(_) => "unknown",
        }
    }
}

impl Ext<'_> {
    fn type_name(&self) -> &'static str {
        match self {
            Self::Quantity(_) => "kubernetes.Quantity",
            Self::Ip(_) => "net.IP",
            Self::Cidr(_) => "net.CIDR",
            Self::Url(_) => "kubernetes.URL",
            Self::Semver(_) => "kubernetes.Semver",
            Self::Format(_) => "kubernetes.NamedFormat",
            Self::Pattern(_) => "string",
        }
    }

    /// Whether two values are the same by meaning.
    pub(super) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Quantity(a), Self::Quantity(b)) => a == b,
            (Self::Ip(a), Self::Ip(b)) => a == b,
            (Self::Cidr(a), Self::Cidr(b)) => a == b,
            (Self::Url(a), Self::Url(b)) => a == b,
            (Self::Semver(a), Self::Semver(b)) => a.compare(b).is_eq(),
            (Self::Format(a), Self::Format(b)) => a == b,
            _ => false,
        }
    }

    /// The value as `string()` has it; only addresses and networks have a text form.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Ip(address) => Some(address.to_string()),
            Self::Cidr(network) => Some(network.to_string()),
            _ => None,
        }
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Never the content: it may be a secret.
            Self::Bool(flag) => write!(f, "bool({flag})"),
            other => f.write_str(other.type_name()),
        }
    }
}
