//! Policy documents of IAM, compared by what they allow: the order of statements and lists, a list of one
//! beside the plain value, `Sid`s and the many names of a principal mean nothing.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::aws::{Node, Value};
use crate::model::{ChangeKind, NodeId};

/// Whether a declared value is a policy document.
pub(super) fn is_document(node: &Node<'_>) -> bool {
    node.get("Statement").is_some()
}

/// A live policy document: an object, or a text of one, which some services encode as in an address.
pub(super) fn live_document(json: &Json) -> Option<Json> {
    match json {
        Json::Object(entries) => entries.contains_key("Statement").then(|| json.clone()),
        Json::Array(items) => items.first().filter(|_| items.len() == 1).and_then(live_document),
        Json::String(text) => {
            let text = if text.trim_start().starts_with('{') {
                Cow::Borrowed(text.as_str())
            } else {
                decoded(text)?
            };
            let parsed: Json = serde_json::from_str(&text).ok()?;
            parsed.is_object().then(|| live_document(&parsed)).flatten()
        }
        _ => None,
    }
}

/// The statements of a live document; `None` when it is none.
pub(super) fn live_statements(json: &Json) -> Option<Vec<Json>> {
    let mut document = live_document(json)?;
    match document.get_mut("Statement")?.take() {
        Json::Array(items) => Some(items),
        one => Some(vec![one]),
    }
}

/// A statement of a live document by what it means.
pub(super) fn live_statement(place: usize, json: &Json) -> Statement {
    statement(place, &as_node(json, NodeId(0)))
}

/// `%7B%22…`: a text encoded as a part of an address.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// A statement by what it means.
#[derive(Debug, Default)]
pub(super) struct Statement {
    /// Its place in the document.
    pub place: usize,
    /// Its `Sid`, for people.
    pub sid: Option<String>,
    /// By part (`Action`, `Principal AWS`, `Condition StringEquals aws:PrincipalOrgID`): its values.
    parts: BTreeMap<String, Set>,
    /// Whether a part as a whole is not known.
    open: bool,
}

/// Values in no order, some of which may not be known.
#[derive(Debug, Default)]
struct Set {
    known: BTreeSet<String>,
    unknown: usize,
}

impl Set {
    /// Whether live values may be these.
    fn fits(&self, live: &Self) -> bool {
        if self.unknown == 0 {
            return self.known == live.known;
        }
        self.known.is_subset(&live.known) && live.known.len() > self.known.len()
            || self.known == live.known && live.unknown > 0
    }
}

impl Statement {
    /// Whether a live statement means the same, as far as it is known.
    pub fn fits(&self, live: &Self) -> bool {
        let same = |(name, set): (&String, &Set)| live.parts.get(name).is_some_and(|other| set.fits(other));
        if self.open {
            return self.parts.iter().all(same);
        }
        self.parts.len() == live.parts.len() && self.parts.iter().all(same)
    }
}

/// Conditions that hold for what the account itself does.
const BY_ACCOUNT: [&str; 3] = ["aws:sourceowner", "aws:sourceaccount", "aws:principalaccount"];

impl Statement {
    /// What messages call it.
    pub fn label(&self) -> String {
        self.sid.clone().unwrap_or_else(|| self.place.to_string())
    }

    /// Whether it allows something to an account alone, whose own policies say to whom in it.
    pub fn lets_only(&self, account: &str) -> bool {
        let is = |part: &str, value: &str| {
            self.parts.get(part).is_some_and(|it| {
                it.unknown == 0 && it.known.len() == 1 && it.known.iter().all(|it| it == value)
            })
        };
        let mut principals = self
            .parts
            .keys()
            .filter(|name| name.starts_with("Principal") || name.starts_with("NotPrincipal"));
        let is_alone =
            principals.next().is_some_and(|name| name == "Principal AWS") && principals.next().is_none();
        let for_account =
            || BY_ACCOUNT.iter().any(|key| is(&format!("Condition StringEquals {key}"), account));
        is("Effect", "Allow")
            && is_alone
            && !self.open
            && (is("Principal AWS", account) || is("Principal AWS", "*") && for_account())
    }
}

/// How two documents differ in a statement.
pub(super) struct Difference<'p> {
    /// What messages call the statement.
    pub label: String,
    pub kind: ChangeKind,
    /// The declared statement.
    pub declared: Option<&'p Node<'p>>,
    pub live: Option<Json>,
}

/// How a live document differs from a declared one; `None` when either cannot be told.
pub(super) fn differences<'p>(declared: &'p Node<'p>, live: &Json) -> Option<Vec<Difference<'p>>> {
    let live_node = as_node(live, declared.at);
    let (own, mut other) = (statements(declared)?, statements(&live_node)?);
    let mut open: Vec<&Statement> = Vec::new();
    for statement in &own {
        match other.iter().position(|live| statement.fits(live)) {
            Some(at) => drop(other.remove(at)),
            None => open.push(statement),
        }
    }
    let live = live_statements(live)?;
    let only = open.len() == 1 && other.len() == 1;
    let mut out = Vec::new();
    for statement in open {
        let declared = match declared.get("Statement") {
            Some(Node { value: Value::List(items), .. }) => items.get(statement.place),
            one => one,
        };
        let by_sid = |live: &Statement| statement.sid.is_some() && live.sid == statement.sid;
        let found = other.iter().position(by_sid).or(if only { Some(0) } else { None });
        let live = found.map(|at| other.remove(at)).and_then(|it| live.get(it.place).cloned());
        let kind = if live.is_some() { ChangeKind::Changed } else { ChangeKind::Absent };
        out.push(Difference { label: statement.label(), kind, declared, live });
    }
    out.extend(other.iter().map(|statement| Difference {
        label: statement.label(),
        kind: ChangeKind::ForeignAdded,
        declared: None,
        live: live.get(statement.place).cloned(),
    }));
    Some(out)
}

/// The statements of a document; `None` when they are not known.
pub(super) fn statements(document: &Node<'_>) -> Option<Vec<Statement>> {
    let list = document.get("Statement")?;
    let one = std::slice::from_ref(list);
    let items = match &list.value {
        Value::List(items) => items.as_slice(),
        Value::Map(_) => one,
        _ => return None,
    };
    let known = items.iter().enumerate().map(|(place, item)| match item.value {
        Value::Map(_) => Some(statement(place, item)),
        _ => None,
    });
    known.collect()
}

fn statement(place: usize, node: &Node<'_>) -> Statement {
    let mut out = Statement { place, ..Statement::default() };
    for (name, value) in node.entries() {
        match &**name {
            "Sid" => out.sid = value.text().filter(|sid| !sid.is_empty()).map(str::to_owned),
            "Principal" | "NotPrincipal" => principal(&mut out, name, value),
            "Condition" => condition(&mut out, value),
            "Action" | "NotAction" => out.take(name.to_string(), value, str::to_ascii_lowercase),
            _ => out.take(name.to_string(), value, str::to_owned),
        }
    }
    out
}

impl Statement {
    fn take(&mut self, part: String, node: &Node<'_>, spell: impl Fn(&str) -> String) {
        let set = self.parts.entry(part).or_default();
        for item in one_or_many(node) {
            match item.text() {
                Some(text) => {
                    set.known.insert(spell(text));
                }
                None => set.unknown += 1,
            }
        }
    }
}

fn one_or_many<'n, 'd>(node: &'n Node<'d>) -> &'n [Node<'d>] {
    match &node.value {
        Value::List(items) => items,
        _ => std::slice::from_ref(node),
    }
}

fn principal(out: &mut Statement, name: &str, node: &Node<'_>) {
    if node.text() == Some("*") {
        out.take(format!("{name} AWS"), node, str::to_owned);
        return;
    }
    if !matches!(node.value, Value::Map(_)) {
        out.open = true;
        return;
    }
    for (of, value) in node.entries() {
        out.take(format!("{name} {of}"), value, principal_name);
    }
}

/// An account may be named by its number or as its root.
pub(super) fn principal_name(text: &str) -> String {
    let account = text.strip_prefix("arn:").and_then(|rest| {
        let (_, rest) = rest.split_once(":iam::")?;
        rest.strip_suffix(":root")
    });
    account.unwrap_or(text).to_owned()
}

fn condition(out: &mut Statement, node: &Node<'_>) {
    if !matches!(node.value, Value::Map(_)) {
        out.open = true;
        return;
    }
    for (operator, keys) in node.entries() {
        for (key, value) in keys.entries() {
            let part = format!("Condition {operator} {}", key.to_ascii_lowercase());
            out.take(part, value, |text| match text {
                // Conditions hold texts, and booleans are often written as such.
                "True" | "False" => text.to_ascii_lowercase(),
                text => text.to_owned(),
            });
        }
    }
}

/// A live value in the form of declared ones; `at` stands for every part.
pub(super) fn as_node(json: &Json, at: NodeId) -> Node<'static> {
    let value = match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Number(number.to_string().into()),
        Json::String(text) => Value::Text(text.clone().into()),
        Json::Array(items) => Value::List(items.iter().map(|item| as_node(item, at)).collect()),
        Json::Object(entries) => {
            Value::Map(entries.iter().map(|(key, value)| (key.clone().into(), as_node(value, at))).collect())
        }
    };
    Node { value, at }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fits(declared: &Json, live: &Json) -> bool {
        let read = |json: &Json| statements(&as_node(json, NodeId(0))).unwrap();
        let (declared, live) = (read(declared), read(&live_document(live).unwrap()));
        declared.len() == live.len() && declared.iter().zip(&live).all(|(a, b)| a.fits(b))
    }

    #[test]
    fn spelling_means_nothing() {
        let declared = json!({"Statement": [{"Sid": "A", "Effect": "Allow", "Principal": {"AWS": "123456789012"},
            "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "x",
            "Condition": {"Bool": {"aws:SecureTransport": true}}}]});
        let live = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
            "Principal": {"AWS": ["arn:aws:iam::123456789012:root"]}, "Action": ["s3:putobject", "s3:GetObject"],
            "Resource": ["x"], "Condition": {"Bool": {"aws:securetransport": "true"}}}});
        assert!(fits(&declared, &live));
        assert!(fits(&declared, &Json::String(live.to_string())));
        let everyone = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]});
        let spelled = json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["*"]}]});
        assert!(fits(&everyone, &spelled));
    }

    #[test]
    fn what_is_allowed_means_something() {
        let one =
            |action: &str| json!({"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]});
        assert!(!fits(&one("s3:Get*"), &one("s3:*")));
        let narrower = json!({"Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*",
            "Condition": {"Bool": {"x": "true"}}}]});
        assert!(!fits(&one("s3:Get*"), &narrower));
        assert!(!fits(&narrower, &one("s3:Get*")));
    }

    #[test]
    fn encoded_texts_are_read() {
        let text = Json::String("%7B%22Statement%22%3A%5B%5D%7D".to_owned());
        assert_eq!(live_document(&text), Some(json!({"Statement": []})));
        for broken in ["%7", "%zz", "hello", ""] {
            assert_eq!(live_document(&Json::String(broken.to_owned())), None);
        }
    }
}
