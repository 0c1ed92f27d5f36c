//! Label selectors (<https://kubernetes.io/docs/concepts/overview/working-with-objects/labels>).

use super::truth::Truth;
use crate::model::NodeRef;
use crate::model::decode::{Result, error};

/// A selector; an empty one selects everything.
#[derive(Clone, Debug, Default)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

/// What a selector asks of one label.
#[derive(Clone, Debug)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

/// What is known of one label of an object.
#[derive(Clone, Copy, Debug)]
pub enum Label<'a> {
    /// Its value.
    Is(&'a str),
    /// The object has no such label.
    Absent,
    /// Only the cluster knows.
    Unknown,
}

impl LabelSelector {
    /// Reads `matchLabels` and `matchExpressions`.
    ///
    /// # Errors
    /// When an operator is none.
    pub fn read(node: NodeRef<'_>) -> Result<Self> {
        let text = |node: NodeRef<'_>| node.text().unwrap_or_default().to_owned();
        let mut requirements = Vec::new();
        for (key, value) in node.get("matchLabels").into_iter().flat_map(NodeRef::entries) {
            requirements.push(Requirement {
                key: text(key),
                operator: Operator::In,
                values: vec![text(value)],
            });
        }
        for item in node.get("matchExpressions").into_iter().flat_map(NodeRef::items) {
            let operator = match item.get("operator").and_then(NodeRef::text) {
                Some("In") => Operator::In,
                Some("NotIn") => Operator::NotIn,
                Some("Exists") => Operator::Exists,
                Some("DoesNotExist") => Operator::DoesNotExist,
                _ => return error(item, "`operator` must be one of In, NotIn, Exists, DoesNotExist"),
            };
            requirements.push(Requirement {
                key: item.get("key").map(text).unwrap_or_default(),
                operator,
                values: item.get("values").into_iter().flat_map(NodeRef::items).map(text).collect(),
            });
        }
        Ok(Self { requirements })
    }

    /// Whether it selects everything.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether it selects an object with the labels that `label` gives by key.
    pub fn selects<'a>(&self, label: impl Fn(&str) -> Label<'a>) -> Truth {
        Truth::all(self.requirements.iter().map(|requirement| requirement.holds(label(&requirement.key))))
    }
}

impl Requirement {
    fn holds(&self, label: Label<'_>) -> Truth {
        let value = match label {
            Label::Unknown => return Truth::Unknown(format!("the label {} is not known here", self.key)),
            Label::Is(value) => Some(value),
            Label::Absent => None,
        };
        let listed = |value: &str| self.values.iter().any(|wanted| wanted == value);
        Truth::from(match self.operator {
            Operator::In => value.is_some_and(listed),
            Operator::NotIn => !value.is_some_and(listed),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        })
    }
}
