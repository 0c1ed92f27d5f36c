//! A value on its way through rendering: a tree that can be changed, in which every node knows its
//! origin. Documents ([`crate::model::Document`]) cannot be changed; a finished tree becomes one again.

use std::borrow::Cow;
use std::sync::Arc;

use crate::model::{Data, Document, NodeId, NodeRef, Scalar, Schema, Span, Style, scalar::resolve_plain};

/// A file that was read, by the order of reading. Never shown: the order depends on the threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file that owns it.
    pub file: FileId,
    /// The bytes there: the value itself, or what the maker made it from.
    pub span: Span,
    /// What made it, when it is not written there as it is.
    pub maker: Option<Maker>,
}

/// What makes a value that no file holds as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Maker {
    /// `namePrefix` or `nameSuffix`; the span is the name's own.
    Name,
    /// The hash behind the name of a generated object, here and where it is referred to.
    Hash,
    /// `namespace`.
    Namespace,
    /// `labels`, `commonLabels`, `commonAnnotations`, `commonMetadata`.
    Metadata,
    /// `images`.
    Image,
    /// `replicas`.
    Replicas,
    /// `replacements` or `vars`.
    Replacement,
    /// `configMapGenerator` or `secretGenerator`.
    Generator,
    /// A substitution of `${…}`; the span is that of the text with the `${…}`.
    Substitution,
    /// A chart's template; the span is that of the release.
    Chart,
    /// A program of the user's that built the whole: `kustomize`, `kubectl`.
    Program,
    /// The controller that applies it: labels of ownership and the like.
    Controller,
}

impl Maker {
    /// The word that output uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Hash => "hash",
            Self::Namespace => "namespace",
            Self::Metadata => "metadata",
            Self::Image => "image",
            Self::Replicas => "replicas",
            Self::Replacement => "replacement",
            Self::Generator => "generator",
            Self::Substitution => "substitution",
            Self::Chart => "chart",
            Self::Program => "program",
            Self::Controller => "controller",
        }
    }
}

/// A value and where it comes from. Texts are shared, so copying a base into an overlay copies no text.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The value.
    pub value: Value,
    /// Where it comes from; of a mapping, what introduced it.
    pub origin: Origin,
}

/// What a tree is.
#[derive(Clone)]
pub enum Value {
    /// A scalar as written, its style, and its explicit tag.
    Scalar(Arc<str>, Style, Option<Arc<str>>),
    /// Items in order.
    List(Vec<Tree>),
    /// Keys and values in order; no key twice.
    Map(Vec<(Tree, Tree)>),
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Never the text: it may be a secret.
        match self {
            Self::Scalar(..) => f.write_str("Scalar"),
            Self::List(items) => write!(f, "List({})", items.len()),
            Self::Map(entries) => write!(f, "Map({})", entries.len()),
        }
    }
}

impl Tree {
    /// A copy of `node`, aliases written out. Readers bound depth and expansion.
    pub fn read(node: NodeRef<'_>, file: FileId) -> Self {
        let origin = Origin { file, span: node.span(), maker: None };
        let value = match node.data() {
            Data::Scalar(text, style) => {
                Value::Scalar(text.as_ref().into(), *style, node.tag().map(Into::into))
            }
            Data::Sequence(_) => Value::List(node.items().map(|item| Self::read(item, file)).collect()),
            Data::Mapping(_) => {
                let mut entries: Vec<(Self, Self)> = Vec::with_capacity(node.len());
                for (key, value) in node.entries() {
                    let (key, value) = (Self::read(key, file), Self::read(value, file));
                    // Of duplicate keys the last counts, in the place of the first.
                    match entries.iter_mut().find(|(known, _)| known.text() == key.text()) {
                        Some(known) => *known = (key, value),
                        None => entries.push((key, value)),
                    }
                }
                Value::Map(entries)
            }
            // `NodeRef`s never stand on aliases.
            Data::Alias(_) => Value::List(Vec::new()),
        };
        Self { value, origin }
    }

    /// Text that stays text whatever it looks like.
    pub fn string(text: impl Into<Arc<str>>, origin: Origin) -> Self {
        Self { value: Value::Scalar(text.into(), Style::DoubleQuoted, None), origin }
    }

    /// A plain scalar: a number, a boolean, null, or text that looks like none of them.
    pub fn plain(text: impl Into<Arc<str>>, origin: Origin) -> Self {
        Self { value: Value::Scalar(text.into(), Style::Plain, None), origin }
    }

    /// An empty mapping.
    pub const fn map(origin: Origin) -> Self {
        Self { value: Value::Map(Vec::new()), origin }
    }

    /// The text of a scalar, whatever it resolves to.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text, ..) => Some(text),
            _ => None,
        }
    }

    /// The value of a scalar as Kubernetes reads it.
    pub fn scalar(&self) -> Option<Scalar<'_>> {
        match &self.value {
            Value::Scalar(text, Style::Plain, None) => Some(resolve_plain(text, Schema::Kubernetes)),
            Value::Scalar(text, _, Some(tag)) if tag.ends_with("null") => {
                debug_assert!(!text.contains('\n'));
                Some(Scalar::Null)
            }
            Value::Scalar(text, Style::Plain, Some(tag)) if !tag.ends_with("str") => {
                Some(resolve_plain(text, Schema::Kubernetes))
            }
            Value::Scalar(text, ..) => Some(Scalar::Str(text)),
            _ => None,
        }
    }

    /// The text of a scalar that is text.
    pub fn as_str(&self) -> Option<&str> {
        match self.scalar() {
            Some(Scalar::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        self.scalar() == Some(Scalar::Null)
    }

    /// Whether it is a mapping.
    pub const fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    /// Whether it is a list.
    pub const fn is_list(&self) -> bool {
        matches!(self.value, Value::List(_))
    }

    /// How many values it holds, itself included.
    pub fn size(&self) -> usize {
        match &self.value {
            Value::Scalar(..) => 1,
            Value::List(items) => 1 + items.iter().map(Self::size).sum::<usize>(),
            Value::Map(entries) => 1 + entries.iter().map(|(_, value)| value.size()).sum::<usize>(),
        }
    }

    /// The entries of a mapping; none of anything else.
    pub fn entries(&self) -> &[(Self, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// The value under `key`, to change.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.value {
            Value::Map(entries) => {
                entries.iter_mut().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// Follows `keys` through nested mappings.
    pub fn descend(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |tree, key| tree.get(key))
    }

    /// Puts `value` under `key`, in place of what is there; does nothing where this is no mapping.
    pub fn set(&mut self, key: &str, value: Self) {
        let Value::Map(entries) = &mut self.value else { return };
        match entries.iter_mut().find(|(name, _)| name.text() == Some(key)) {
            Some((_, known)) => *known = value,
            None => {
                let name = Self::plain(key, value.origin);
                entries.push((name, value));
            }
        }
    }

    /// Takes away what is under `key`.
    pub fn remove(&mut self, key: &str) -> Option<Self> {
        let Value::Map(entries) = &mut self.value else { return None };
        let at = entries.iter().position(|(name, _)| name.text() == Some(key))?;
        Some(entries.remove(at).1)
    }

    /// Gives every node the origin of what made the tree as a whole.
    pub fn give_origin(&mut self, origin: Origin) {
        self.origin = origin;
        match &mut self.value {
            Value::Scalar(..) => {}
            Value::List(items) => items.iter_mut().for_each(|item| item.give_origin(origin)),
            Value::Map(entries) => {
                for (key, value) in entries {
                    key.give_origin(origin);
                    value.give_origin(origin);
                }
            }
        }
    }

    /// The tree as a document for policies to judge, and the origin of each of its nodes, by node id.
    /// Spans are those of the origins, so they belong to different files.
    pub fn document(&self, index: u32) -> (Document<'_>, Vec<Origin>) {
        let mut document = Document::new(index, Schema::Kubernetes);
        let mut origins = Vec::new();
        let root = self.push(&mut document, &mut origins);
        document.set_root(root);
        (document, origins)
    }

    fn push<'t>(&'t self, document: &mut Document<'t>, origins: &mut Vec<Origin>) -> NodeId {
        let mut tag_of = None;
        let data = match &self.value {
            Value::Scalar(text, style, tag) => {
                tag_of = tag.as_deref().map(Cow::Borrowed);
                Data::Scalar(Cow::Borrowed(text), *style)
            }
            Value::List(items) => {
                let children: Vec<NodeId> = items.iter().map(|item| item.push(document, origins)).collect();
                Data::Sequence(document.push_children(&children))
            }
            Value::Map(entries) => {
                let mut children = Vec::with_capacity(entries.len() * 2);
                for (key, value) in entries {
                    children.push(key.push(document, origins));
                    children.push(value.push(document, origins));
                }
                Data::Mapping(document.push_children(&children))
            }
        };
        origins.push(self.origin);
        document.push(data, self.origin.span, tag_of)
    }
}
