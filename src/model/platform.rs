//! The words in which platforms answer: formats, kinds of values, tags, containers.

use std::fmt;

use super::document::{Field, NodeRef};

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
    /// How they are written, or would be if there were any.
    pub style: TagStyle,
}

/// How a type writes its tags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TagStyle {
    /// `[{Key: …, Value: …}]`: most of CloudFormation.
    #[default]
    List,
    /// `{key: value}`: Kubernetes labels, some CloudFormation types.
    Map,
}

/// A container of a workload.
#[derive(Clone, Copy, Debug)]
pub struct Container<'d> {
    /// Its mapping: `name`, `image`, `env` and so on.
    pub node: NodeRef<'d>,
    /// When it runs.
    pub role: ContainerRole,
}

/// When a container runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerRole {
    /// For the life of the pod or task.
    Main,
    /// Before the main ones.
    Init,
    /// Added to a running pod, for debugging.
    Ephemeral,
}

impl ContainerRole {
    /// The word policies compare with.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Init => "init",
            Self::Ephemeral => "ephemeral",
        }
    }
}
