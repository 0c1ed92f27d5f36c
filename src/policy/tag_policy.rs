//! AWS Organizations tag policies, read as they are: authored with `@@` operators or effective without, one
//! file after another as they are attached from the root to the account.
//!
//! As in AWS, a resource without a governed tag complies unless the tag is required, and only the keys that a
//! policy names are looked at. Deliberately absent: finding the files, and which accounts they are attached to.

use std::collections::BTreeMap;

use crate::aws::tag_names;
use crate::model::decode::{Result, error};
use crate::model::{NodeRef, Tags};

/// What the policies come to, by key in lower case.
#[derive(Clone, Debug, Default)]
pub struct TagPolicy {
    keys: BTreeMap<String, Governed>,
}

/// What is said of one key.
#[derive(Clone, Debug, Default)]
struct Governed {
    /// The policy key as written: the tag key when none is given.
    name: String,
    key: Setting,
    values: Setting,
    enforced: Setting,
    required: Setting,
    /// Which operators policies further down may use; `None` means all.
    allowed: Option<Vec<String>>,
}

/// What is set, and which operators policies further down may use on it.
#[derive(Clone, Debug, Default)]
struct Setting {
    texts: Vec<String>,
    allowed: Option<Vec<String>>,
}

/// How a resource breaks a tag policy.
pub(super) struct Breach<'d> {
    /// What is wrong.
    pub message: String,
    /// The tag, where there is one.
    pub node: Option<NodeRef<'d>>,
}

const ALLOWED: &str = "@@operators_allowed_for_child_policies";
const FIELDS: [&str; 5] = ["tag_key", "tag_value", "enforced_for", "report_required_tag_for", ALLOWED];

impl TagPolicy {
    /// Adds the policy in a document below those added before.
    ///
    /// # Errors
    /// When it is no tag policy; the span points into its file.
    pub fn add(&mut self, root: NodeRef<'_>) -> Result<()> {
        let Some(tags) = root.get("tags").filter(|tags| tags.is_mapping()) else {
            return error(root, "a tag policy has `tags`, a map from policy keys to what holds for them");
        };
        for (name, body) in tags.entries() {
            let Some(name) = name.text() else { continue };
            if name == ALLOWED {
                continue;
            }
            if !body.is_mapping() {
                return error(body, format!("`{name}` must be a map of {}", FIELDS[..4].join(", ")));
            }
            let governed = self.keys.entry(name.to_lowercase()).or_default();
            if governed.name.is_empty() {
                name.clone_into(&mut governed.name);
            }
            governed.add(body)?;
        }
        Ok(())
    }

    /// How a resource of this type breaks the policy; `None` where that turns on values not known here.
    pub(super) fn breaches<'d>(&self, kind: &str, tags: &Tags<'d>) -> Option<Vec<Breach<'d>>> {
        let mut breaches = Vec::new();
        let mut known = true;
        for (folded, governed) in &self.keys {
            let key = governed.key();
            let enforced = if covers(&governed.enforced.texts, kind) { ", enforced by AWS" } else { "" };
            let mut found = false;
            for (tag, value) in tags.entries.iter().filter(|(tag, _)| tag.text.to_lowercase() == *folded) {
                found = true;
                if tag.text != key {
                    let message =
                        format!("tag key `{}` is spelled `{key}` by the tag policy{enforced}", tag.text);
                    breaches.push(Breach { message, node: Some(tag.node) });
                }
                match value {
                    None => known &= governed.values.texts.is_empty(),
                    Some(value) if !governed.allows(value.text) => {
                        let message = format!(
                            "tag `{}` may not be `{}` by the tag policy{enforced}: {}",
                            tag.text,
                            value.text,
                            governed.values.texts.join(", ")
                        );
                        breaches.push(Breach { message, node: Some(value.node) });
                    }
                    Some(_) => {}
                }
            }
            if !found && tags.supported && covers(&governed.required.texts, kind) {
                known &= tags.known;
                if tags.known {
                    let message = format!("tag `{key}` is required by the tag policy");
                    breaches.push(Breach { message, node: None });
                }
            }
        }
        (known || !breaches.is_empty()).then_some(breaches)
    }
}

impl Governed {
    fn add(&mut self, body: NodeRef<'_>) -> Result<()> {
        let allowed = self.allowed.clone();
        for (field, value) in body.entries() {
            let setting = match field.text().unwrap_or_default() {
                "tag_key" => &mut self.key,
                "tag_value" => &mut self.values,
                "enforced_for" => &mut self.enforced,
                "report_required_tag_for" => &mut self.required,
                ALLOWED => {
                    // The first to say so is furthest up, and nobody below can undo it.
                    self.allowed = self.allowed.take().or(Some(texts(value)));
                    continue;
                }
                other => {
                    let hint = crate::model::decode::did_you_mean(other, FIELDS);
                    return error(field, format!("a tag policy has no `{other}`{hint}"));
                }
            };
            setting.add(value, allowed.as_deref());
        }
        Ok(())
    }

    fn key(&self) -> &str {
        self.key.texts.first().map_or(&self.name, |key| key)
    }

    /// Values are compared letter by letter, with one `*` in each; no values means any.
    fn allows(&self, value: &str) -> bool {
        let values = &self.values.texts;
        values.is_empty()
            || values.iter().any(|allowed| match allowed.split_once('*') {
                None => allowed == value,
                Some((start, end)) => {
                    value.len() >= start.len() + end.len() && value.starts_with(start) && value.ends_with(end)
                }
            })
    }
}

impl Setting {
    /// Applies a value; what policies further up do not allow is passed over, as AWS does.
    fn add(&mut self, value: NodeRef<'_>, of_key: Option<&[String]>) {
        let own = self.allowed.clone();
        let may = |operator: &str| {
            [of_key, own.as_deref()]
                .into_iter()
                .flatten()
                .all(|allowed| allowed.iter().any(|word| word == operator || word == "@@all"))
        };
        if !value.is_mapping() {
            if may("@@assign") {
                self.texts = texts(value);
            }
            return;
        }
        for (operator, operand) in value.entries() {
            match operator.text().unwrap_or_default() {
                "@@assign" if may("@@assign") => self.texts = texts(operand),
                "@@append" if may("@@append") => {
                    for text in texts(operand) {
                        if !self.texts.contains(&text) {
                            self.texts.push(text);
                        }
                    }
                }
                "@@remove" if may("@@remove") => {
                    let removed = texts(operand);
                    self.texts.retain(|text| !removed.contains(text));
                }
                ALLOWED => self.allowed = self.allowed.take().or(Some(texts(operand))),
                _ => {}
            }
        }
    }
}

/// One text or several.
fn texts(node: NodeRef<'_>) -> Vec<String> {
    match node.text() {
        Some(text) => vec![text.to_owned()],
        None => node.items().filter_map(NodeRef::text).map(str::to_owned).collect(),
    }
}

/// Whether a list of `service:type` has a CloudFormation type: `ec2:instance` for `AWS::EC2::Instance`.
fn covers(types: &[String], kind: &str) -> bool {
    types.iter().any(|name| tag_names::is_called(kind, name))
}
