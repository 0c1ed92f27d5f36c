//! The copy of a document that defaults are written into. It only grows: a node that gains something is
//! written anew behind the old ones, so an aliased node gains it only where the way led through it.
//!
//! Deliberately absent: which defaults there are.

use std::borrow::Cow;

use crate::model::{Data, Document, NodeId, NodeRef, Scalar, Span, Style};

/// How many keys and items may be looked at: per node of the document, and besides.
const FUEL: (usize, usize) = (32, 10_000);

/// A document on the way to its defaulted copy.
pub(super) struct Writer<'s> {
    copy: Document<'s>,
    /// The written node that each node of the copy stands for, itself for a written one.
    origins: Vec<NodeId>,
    /// What may still be looked at. Aliases can make a small document endless; without fuel nothing
    /// more is added.
    fuel: usize,
    changed: bool,
}

/// The keys and values of a mapping.
pub(super) type Fields = Vec<(NodeId, NodeId)>;

impl<'s> Writer<'s> {
    pub fn new(source: &Document<'s>) -> Self {
        let count = source.node_count();
        Self {
            copy: source.clone(),
            origins: (0..u32::try_from(count).unwrap_or(u32::MAX)).map(NodeId).collect(),
            fuel: count.saturating_mul(FUEL.0).saturating_add(FUEL.1),
            changed: false,
        }
    }

    /// The copy and the origins of its nodes; `None` when it says what the source says.
    pub fn finish(self) -> Option<(Document<'s>, Vec<NodeId>)> {
        self.changed.then_some((self.copy, self.origins))
    }

    /// The node as it stands in the copy.
    pub fn node(&self, id: NodeId) -> NodeRef<'_> {
        self.copy.node(id)
    }

    /// Puts the content of `changed` in the place of the object `body`, which keeps its id.
    pub fn replace(&mut self, body: NodeId, changed: NodeId) {
        let Data::Mapping(children) = self.copy.node(changed).data() else { return };
        let data = Data::Mapping(*children);
        if changed != body {
            self.copy.finish(body, data, self.copy.raw_span(body));
            self.changed = true;
        }
    }

    /// Takes `amount` of the fuel; `None` when there is not so much.
    pub fn spend(&mut self, amount: usize) -> Option<()> {
        self.fuel = self.fuel.checked_sub(amount)?;
        Some(())
    }

    /// The keys and values of a mapping; `None` for other nodes and without fuel.
    pub fn fields(&mut self, id: NodeId) -> Option<Fields> {
        self.spend(1 + self.node(id).len())?;
        let node = self.node(id);
        node.is_mapping().then(|| node.entries().map(|(key, value)| (key.id, value.id)).collect())
    }

    /// The items of a sequence; `None` for other nodes and without fuel.
    pub fn items(&mut self, id: NodeId) -> Option<Vec<NodeId>> {
        self.spend(1 + self.node(id).len())?;
        let node = self.node(id);
        node.is_sequence().then(|| node.items().map(|item| item.id).collect())
    }

    /// Where `name` stands; of duplicate keys the last, as every reader takes it.
    pub fn position(&self, fields: &[(NodeId, NodeId)], name: &str) -> Option<usize> {
        fields.iter().rposition(|&(key, _)| self.node(key).text() == Some(name))
    }

    /// The mapping `id` with `fields`, at the same place; `id` itself when it has them already.
    pub fn with_fields(&mut self, id: NodeId, fields: &[(NodeId, NodeId)]) -> NodeId {
        let same = |(key, value): (NodeRef<'_>, NodeRef<'_>)| (key.id, value.id);
        if self.node(id).entries().map(same).eq(fields.iter().copied()) {
            return id;
        }
        let flat: Vec<_> = fields.iter().flat_map(|&(key, value)| [key, value]).collect();
        let children = self.copy.push_children(&flat);
        self.push(Data::Mapping(children), self.node(id).span(), id)
    }

    /// The sequence `id` with `items`, at the same place; `id` itself when it has them already.
    pub fn with_items(&mut self, id: NodeId, items: &[NodeId]) -> NodeId {
        if self.node(id).items().map(|item| item.id).eq(items.iter().copied()) {
            return id;
        }
        let children = self.copy.push_children(items);
        self.push(Data::Sequence(children), self.node(id).span(), id)
    }

    /// A new text below `parent`.
    pub fn text(&mut self, text: impl Into<Cow<'s, str>>, parent: NodeId) -> NodeId {
        self.add(Data::Scalar(text.into(), Style::DoubleQuoted), parent)
    }

    /// A new number, boolean or null below `parent`.
    pub fn plain(&mut self, literal: impl Into<Cow<'s, str>>, parent: NodeId) -> NodeId {
        self.add(Data::Scalar(literal.into(), Style::Plain), parent)
    }

    /// A new sequence below `parent`.
    pub fn sequence(&mut self, items: &[NodeId], parent: NodeId) -> NodeId {
        let children = self.copy.push_children(items);
        self.add(Data::Sequence(children), parent)
    }

    /// A new empty mapping below `parent`.
    pub fn mapping(&mut self, parent: NodeId) -> NodeId {
        let children = self.copy.push_children(&[]);
        self.add(Data::Mapping(children), parent)
    }

    /// A copy of a node of another document, below `parent`; `None` without fuel.
    pub fn import(&mut self, node: NodeRef<'_>, parent: NodeId) -> Option<NodeId> {
        self.spend(1)?;
        // The other document may read plain scalars by other rules, so they are resolved by its own.
        Some(match node.scalar() {
            Some(Scalar::Str(text)) => self.text(text.to_owned(), parent),
            Some(Scalar::Null) => self.plain("null", parent),
            Some(Scalar::Bool(flag)) => self.plain(if flag { "true" } else { "false" }, parent),
            Some(Scalar::Int(number)) => self.plain(number.to_string(), parent),
            Some(Scalar::Float(number)) => self.plain(format!("{number:?}"), parent),
            None if node.is_sequence() => {
                let items: Option<Vec<_>> = node.items().map(|item| self.import(item, parent)).collect();
                self.sequence(&items?, parent)
            }
            None => {
                let mut fields = Fields::new();
                for (key, value) in node.entries() {
                    let key = self.text(key.text().unwrap_or_default().to_owned(), parent);
                    fields.push((key, self.import(value, parent)?));
                }
                let mapping = self.mapping(parent);
                self.with_fields(mapping, &fields)
            }
        })
    }

    /// Adds a node that nobody wrote: it stands, without extent, where its nearest written parent does.
    fn add(&mut self, data: Data<'s>, parent: NodeId) -> NodeId {
        let start = self.node(parent).span().start;
        self.push(data, Span::new(start, start), parent)
    }

    fn push(&mut self, data: Data<'s>, span: Span, origin: NodeId) -> NodeId {
        self.origins.push(self.origins.get(origin.0 as usize).copied().unwrap_or(origin));
        self.copy.push(data, span, None)
    }
}
