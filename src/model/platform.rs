//! What a platform must answer about its documents, and the words those answers use.
//!
//! The trait stands here, its implementations in `platform/`, so that policies can ask a resource for
//! its tags without knowing which platform made it.

use std::fmt;

use super::document::{Document, NodeRef};
use super::resource::{Field, Resource};

/// The name of an input format, as policies spell it in `match`: an open set, one per platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Format(pub &'static str);

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The repository as a whole; its one resource has no body.
pub const REPOSITORY: Format = Format("repository");

/// A kind of input: recognises its documents, finds their resources, knows what values mean there.
pub trait Platform: Sync {
    /// Its name in policies.
    fn format(&self) -> Format;

    /// Whether this document is one of its own. `file` is the path from the repository's root with `/`.
    fn claims(&self, file: &str, document: &Document<'_>) -> bool;

    /// Prepares a claimed document: chooses the schema its scalars follow.
    fn prepare(&self, document: &mut Document<'_>);

    /// Appends the resources of a prepared document.
    fn resources<'d>(&'static self, document: &'d Document<'d>, out: &mut Vec<Resource<'d>>);

    /// The effective tags (AWS) or labels (Kubernetes) of one of its resources.
    fn tags<'d>(&self, resource: &Resource<'d>) -> Tags<'d>;

    /// What a value that is not plain data is: a reference, a parameter, a substituted text. `None`
    /// for plain data.
    ///
    /// A value with a kind is *unknown* to an expression that needs its content.
    fn indirect(&self, value: NodeRef<'_>) -> Option<ValueKind>;
}

/// What a value is, judged without its content being known for certain: the answer of `value.kind()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueKind {
    /// The value itself stands here.
    Literal,
    /// Empty text, null, or an empty collection.
    Empty,
    /// A stand-in such as `changeme` or `<password>`.
    Placeholder,
    /// Names a value kept elsewhere: `!GetAtt`, `$(VAR)`, `${{ secrets.X }}`, `vault:…`.
    Reference,
    /// CloudFormation `{{resolve:secretsmanager:…}}` or `{{resolve:ssm-secure:…}}`.
    DynamicReference,
    /// A CloudFormation parameter with `NoEcho` and no default.
    NoEchoParameter,
    /// Any other template parameter.
    Parameter,
    /// Text of a template language: `{{ .Values.x }}`.
    Templated,
    /// Text filled in later: `${VAR}`.
    Substituted,
    /// Ciphertext: SOPS `ENC[…]`, age, PGP, Ansible Vault.
    Encrypted,
    /// Cannot be told: `!ImportValue`, `!If` over unlike branches.
    Unknown,
}

impl ValueKind {
    /// The word policies compare with.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Literal => "literal",
            Self::Empty => "empty",
            Self::Placeholder => "placeholder",
            Self::Reference => "reference",
            Self::DynamicReference => "dynamic-reference",
            Self::NoEchoParameter => "noecho-parameter",
            Self::Parameter => "parameter",
            Self::Templated => "templated",
            Self::Substituted => "substituted",
            Self::Encrypted => "encrypted",
            Self::Unknown => "unknown",
        }
    }
}

/// The effective tags or labels of a resource.
#[derive(Clone, Debug, Default)]
pub struct Tags<'d> {
    /// Whether resources of this type can carry tags.
    pub supported: bool,
    /// Whether every tag could be read; `false` when a part is computed elsewhere.
    pub known: bool,
    /// The tags in order; a value that is not plain data is `None`.
    pub entries: Vec<(Field<'d>, Option<Field<'d>>)>,
    /// The list or map that holds them.
    pub node: Option<NodeRef<'d>>,
}
