//! One parsed document: an arena of nodes that borrow from the source text.
//!
//! Every format is read into this one shape, so a policy never knows whether it judges YAML or JSON.
//! Nodes keep bytes only; lines and columns are computed for the few nodes a finding points at.

use std::borrow::Cow;

use super::path::{Path, Segment};
use super::scalar::{Scalar, Schema, resolve_plain};
use super::span::Span;

/// The index of a node in its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// How a scalar was written; only plain scalars can be anything but text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Unquoted.
    Plain,
    /// In single quotes.
    SingleQuoted,
    /// In double quotes; every JSON string.
    DoubleQuoted,
    /// A `|` block.
    Literal,
    /// A `>` block.
    Folded,
}

impl Style {
    /// Whether the text starts on the line after its header (`|` or `>`).
    pub fn is_block(self) -> bool {
        matches!(self, Self::Literal | Self::Folded)
    }
}

/// A range of the document's child list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Children {
    start: u32,
    len: u32,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Data<'s> {
    /// Text, after escapes and folding; resolve it with [`NodeRef::scalar`].
    Scalar(Cow<'s, str>, Style),
    /// Items in order.
    Sequence(Children),
    /// Keys and values in turn, merge keys already expanded, duplicate keys kept.
    Mapping(Children),
    /// Another node of the same document; every reader follows it.
    Alias(NodeId),
}

/// A node: what it is, where it stands, and its tag.
#[derive(Clone, Debug, PartialEq)]
pub struct Node<'s> {
    /// What it is.
    pub data: Data<'s>,
    /// Where it stands; of a scalar, quotes included, tag and anchor excluded.
    pub span: Span,
    /// Index of its explicit tag in the document's tag list.
    tag: Option<u32>,
}

/// A comment and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment<'s> {
    /// The text after the comment sign.
    pub text: Cow<'s, str>,
    /// The whole comment, its sign included.
    pub span: Span,
}

/// One document of a source.
#[derive(Clone, Debug, Default)]
pub struct Document<'s> {
    nodes: Vec<Node<'s>>,
    children: Vec<NodeId>,
    tags: Vec<Cow<'s, str>>,
    root: Option<NodeId>,
    /// Position in its file, from 0; empty documents count.
    pub index: u32,
    /// Whose rules resolve its plain scalars; set by the platform that recognises it.
    pub schema: Schema,
}

impl<'s> Document<'s> {
    /// An empty document, for a reader to fill.
    pub fn new(index: u32, schema: Schema) -> Self {
        Self { index, schema, ..Self::default() }
    }

    /// The outermost node; `None` for an empty document.
    pub fn root(&self) -> Option<NodeRef<'_>> {
        self.root.map(|id| self.node(id))
    }

    /// The node with that id, aliases followed.
    pub fn node(&self, id: NodeId) -> NodeRef<'_> {
        let mut id = id;
        while let Data::Alias(target) = self.nodes[id.0 as usize].data {
            id = target;
        }
        NodeRef { document: self, id }
    }

    /// Where the node with that id stands; an alias is not followed.
    pub fn raw_span(&self, id: NodeId) -> Span {
        self.nodes.get(id.0 as usize).map(|node| node.span).unwrap_or_default()
    }

    /// Moves every span, for a reader that parsed a text slightly unlike the file's.
    pub fn move_spans(&mut self, place: impl Fn(Span) -> Span) {
        for node in &mut self.nodes {
            node.span = place(node.span);
        }
    }

    /// How many nodes the arena holds.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// Whether the document has no node at all.
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// The same document, free of the text it was read from.
    pub fn into_owned(self) -> Document<'static> {
        let nodes = self
            .nodes
            .into_iter()
            .map(|node| Node {
                data: match node.data {
                    Data::Scalar(text, style) => Data::Scalar(Cow::Owned(text.into_owned()), style),
                    Data::Sequence(children) => Data::Sequence(children),
                    Data::Mapping(children) => Data::Mapping(children),
                    Data::Alias(target) => Data::Alias(target),
                },
                span: node.span,
                tag: node.tag,
            })
            .collect();
        let tags = self.tags.into_iter().map(|tag| Cow::Owned(tag.into_owned())).collect();
        Document {
            nodes,
            children: self.children,
            tags,
            root: self.root,
            index: self.index,
            schema: self.schema,
        }
    }

    /// How many nodes the document has and how deep it is with every alias written out; saturating.
    ///
    /// Relies on readers pushing children and alias targets before the nodes that name them.
    pub fn expanded_size(&self) -> (u64, u32) {
        let mut sizes: Vec<(u64, u32)> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let size_of = |id: &NodeId| sizes.get(id.0 as usize).copied().unwrap_or((u64::MAX, u32::MAX));
            let size = match &node.data {
                Data::Scalar(..) => (1, 1),
                Data::Alias(target) => size_of(target),
                Data::Sequence(children) | Data::Mapping(children) => {
                    let parts = self.list(*children).iter().map(size_of);
                    let (nodes, depth) = parts.fold((0, 0), |(nodes, depth): (u64, u32), (n, d)| {
                        (nodes.saturating_add(n), depth.max(d))
                    });
                    (nodes.saturating_add(1), depth.saturating_add(1))
                }
            };
            sizes.push(size);
        }
        self.root.and_then(|root| sizes.get(root.0 as usize).copied()).unwrap_or_default()
    }

    /// Adds a node. Readers (`syntax`) call this bottom-up; nobody else builds documents.
    pub fn push(&mut self, data: Data<'s>, span: Span, tag: Option<Cow<'s, str>>) -> NodeId {
        // Tags are rare and short: keeping equal ones twice is cheaper than looking for them.
        let tag = tag.map(|tag| {
            self.tags.push(tag);
            u32::try_from(self.tags.len() - 1).unwrap_or(u32::MAX)
        });
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node { data, span, tag });
        id
    }

    /// Stores a child list (items, or keys and values in turn) and names its place.
    pub fn push_children(&mut self, items: &[NodeId]) -> Children {
        let start = u32::try_from(self.children.len()).unwrap_or(u32::MAX);
        self.children.extend_from_slice(items);
        Children { start, len: u32::try_from(items.len()).unwrap_or(u32::MAX) }
    }

    /// Completes a node whose children were not known when it was pushed.
    pub fn finish(&mut self, id: NodeId, data: Data<'s>, span: Span) {
        let node = &mut self.nodes[id.0 as usize];
        node.data = data;
        node.span = span;
    }

    /// Names the outermost node.
    pub fn set_root(&mut self, id: NodeId) {
        self.root = Some(id);
    }

    fn list(&self, children: Children) -> &[NodeId] {
        let start = children.start as usize;
        self.children.get(start..start + children.len as usize).unwrap_or_default()
    }
}

/// A node together with its document: what everything passes around.
#[derive(Clone, Copy)]
pub struct NodeRef<'d> {
    /// The document it belongs to.
    pub document: &'d Document<'d>,
    /// Its index there; never an alias.
    pub id: NodeId,
}

impl std::fmt::Debug for NodeRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Never the text: a node may hold a secret.
        write!(f, "NodeRef({}, bytes {}..{})", self.id.0, self.span().start, self.span().end)
    }
}

impl PartialEq for NodeRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && std::ptr::eq(self.document, other.document)
    }
}

impl<'d> NodeRef<'d> {
    fn node(self) -> &'d Node<'d> {
        &self.document.nodes[self.id.0 as usize]
    }

    fn at(self, id: NodeId) -> Self {
        self.document.node(id)
    }

    /// What the node is.
    pub fn data(self) -> &'d Data<'d> {
        &self.node().data
    }

    /// Where it stands.
    pub fn span(self) -> Span {
        self.node().span
    }

    /// Its explicit tag as written, such as `!Ref`; `None` when it has none.
    pub fn tag(self) -> Option<&'d str> {
        self.node().tag.and_then(|index| self.document.tags.get(index as usize)).map(AsRef::as_ref)
    }

    /// The raw text of a scalar, whatever it resolves to.
    pub fn text(self) -> Option<&'d str> {
        match self.data() {
            Data::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// How a scalar was written.
    pub fn style(self) -> Option<Style> {
        match self.data() {
            Data::Scalar(_, style) => Some(*style),
            _ => None,
        }
    }

    /// The resolved value of a scalar; `None` for a sequence or a mapping.
    pub fn scalar(self) -> Option<Scalar<'d>> {
        let Data::Scalar(text, style) = self.data() else { return None };
        Some(match (self.tag(), style) {
            (None, Style::Plain) => resolve_plain(text, self.document.schema),
            (Some("!!null" | "tag:yaml.org,2002:null"), _) => Scalar::Null,
            (Some(tag), Style::Plain) if is_core_number(tag) => resolve_plain(text, self.document.schema),
            _ => Scalar::Str(text),
        })
    }

    /// The text of a scalar that resolves to text.
    pub fn as_str(self) -> Option<&'d str> {
        match self.scalar() {
            Some(Scalar::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether this resolves to null.
    pub fn is_null(self) -> bool {
        // `null` is the longest way to write it.
        matches!(self.data(), Data::Scalar(text, _) if text.len() <= 4) && self.scalar() == Some(Scalar::Null)
    }

    /// Whether this is a mapping.
    pub fn is_mapping(self) -> bool {
        matches!(self.data(), Data::Mapping(_))
    }

    /// Whether this is a sequence.
    pub fn is_sequence(self) -> bool {
        matches!(self.data(), Data::Sequence(_))
    }

    /// The value under `key`; of duplicate keys the last, as most readers take it.
    pub fn get(self, key: &str) -> Option<Self> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The key and the value nodes under `key`.
    pub fn entry(self, key: &str) -> Option<(Self, Self)> {
        let Data::Mapping(children) = self.data() else { return None };
        let (first, length) = (key.as_bytes().first(), key.len());
        for pair in self.document.list(*children).rchunks_exact(2) {
            let name = self.at(pair[0]);
            // Nearly every other key differs in length or first letter: no need to compare the texts.
            if let Data::Scalar(text, _) = name.data()
                && text.len() == length
                && text.as_bytes().first() == first
                && **text == *key
            {
                return Some((name, self.at(pair[1])));
            }
        }
        None
    }

    /// Follows `keys` through nested mappings.
    pub fn descend(self, keys: &[&str]) -> Option<Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The keys and values of a mapping in order, duplicates included; nothing for other nodes.
    pub fn entries(self) -> impl DoubleEndedIterator<Item = (Self, Self)> + ExactSizeIterator {
        let list = match self.data() {
            Data::Mapping(children) => self.document.list(*children),
            _ => &[],
        };
        list.chunks_exact(2).map(move |pair| (self.at(pair[0]), self.at(pair[1])))
    }

    /// The items of a sequence in order; nothing for other nodes.
    pub fn items(self) -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator {
        let list = match self.data() {
            Data::Sequence(children) => self.document.list(*children),
            _ => &[],
        };
        list.iter().map(move |&id| self.at(id))
    }

    /// The item at `index` of a sequence.
    pub fn item(self, index: usize) -> Option<Self> {
        match self.data() {
            Data::Sequence(children) => self.document.list(*children).get(index).map(|&id| self.at(id)),
            _ => None,
        }
    }

    /// How many items or entries it has; 0 for a scalar.
    #[expect(clippy::len_without_is_empty, reason = "emptiness of a scalar would mean something else")]
    pub fn len(self) -> usize {
        match self.data() {
            Data::Sequence(children) => children.len as usize,
            Data::Mapping(children) => children.len as usize / 2,
            _ => 0,
        }
    }

    /// Where the node stands in its document: the path from the root and the key that names it.
    ///
    /// Searches the document, so it is for findings, not for evaluation.
    pub fn place(self) -> Option<Place<'d>> {
        let root = self.document.root()?;
        let mut seen = vec![false; self.document.node_count()];
        let mut path = Vec::new();
        let mut key = None;
        search(root, self.id, &mut path, &mut key, &mut seen).then_some(Place { path: Path(path), key })
    }
}

/// A text and the node it was read from.
#[derive(Clone, Copy, Debug)]
pub struct Field<'d> {
    /// The text.
    pub text: &'d str,
    /// Where it is written.
    pub node: NodeRef<'d>,
}

impl<'d> Field<'d> {
    /// The field of a scalar node; `None` for other nodes.
    pub fn of(node: NodeRef<'d>) -> Option<Self> {
        node.text().map(|text| Self { text, node })
    }
}

/// Where a node stands in its document.
#[derive(Clone, Debug)]
pub struct Place<'d> {
    /// The path from the root.
    pub path: Path,
    /// The key node, when the node is a mapping's value.
    pub key: Option<NodeRef<'d>>,
}

/// Depth is bounded by the readers' nesting limits; `seen` keeps shared (aliased) nodes from being walked twice.
fn search<'d>(
    from: NodeRef<'d>,
    target: NodeId,
    path: &mut Vec<Segment>,
    key_of_target: &mut Option<NodeRef<'d>>,
    seen: &mut [bool],
) -> bool {
    if from.id == target {
        return true;
    }
    if std::mem::replace(&mut seen[from.id.0 as usize], true) {
        return false;
    }
    for (key, value) in from.entries() {
        path.push(Segment::Key(key.text().unwrap_or_default().into()));
        if key.id == target || value.id == target {
            *key_of_target = Some(key);
            return true;
        }
        if search(value, target, path, key_of_target, seen) {
            return true;
        }
        path.pop();
    }
    for (index, item) in from.items().enumerate() {
        path.push(Segment::Index(index));
        if search(item, target, path, key_of_target, seen) {
            return true;
        }
        path.pop();
    }
    false
}

fn is_core_number(tag: &str) -> bool {
    let name = tag.strip_prefix("!!").or_else(|| tag.strip_prefix("tag:yaml.org,2002:"));
    matches!(name, Some("int" | "float" | "bool"))
}
