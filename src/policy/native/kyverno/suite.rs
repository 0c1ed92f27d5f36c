//! Reads test suites of the Kyverno CLI (<https://kyverno.io/docs/kyverno-cli/reference/kyverno_test/>).
//!
//! Deliberately absent: opening the files a suite names, and running it. Expectations about what a
//! policy makes of an object are not read, for such policies are not evaluated.

use crate::model::decode::{Result, error};
use crate::model::{Document, NodeRef, Span};
use crate::policy::native::reading::{items, required, texts};

/// The names of suites' files.
pub const FILE_NAMES: [&str; 2] = ["kyverno-test.yaml", "kyverno-test.yml"];

/// A suite as written; paths are relative to its file.
#[derive(Clone, Debug)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// Files and folders of policies, exceptions included.
    pub policies: Vec<String>,
    /// Files and folders of the objects to judge.
    pub resources: Vec<String>,
    /// The file with values of requests and with namespaces.
    pub values: Option<String>,
    /// The file that says who asks.
    pub user: Option<String>,
    /// The file that says what is in the cluster and the registries.
    pub context: Option<String>,
    /// What must come out, one object each.
    pub expectations: Vec<Expectation>,
}

/// What must come out of a policy for an object.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// The policy's name.
    pub policy: String,
    /// The rule within it; every rule when there is none.
    pub rule: Option<String>,
    /// The object's kind.
    pub kind: Option<String>,
    /// Its namespace, where the suite says it.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// `pass`, `fail`, `skip`, `error` or `warn`.
    pub result: String,
    /// Where it is written.
    pub span: Span,
}

impl Suite {
    /// Reads a suite.
    ///
    /// # Errors
    /// When it is none, or an expectation lacks what it is about.
    pub fn read(root: NodeRef<'_>) -> Result<Self> {
        let text = |key| root.get(key).and_then(NodeRef::text).filter(|text| !text.is_empty());
        let name = root.descend(&["metadata", "name"]).and_then(NodeRef::text).or_else(|| text("name"));
        let mut policies = texts(root.get("policies"));
        policies.extend(texts(root.get("exceptions")));
        let mut expectations = Vec::new();
        for node in items(root.get("results"), "results")? {
            read_expectations(node, &mut expectations)?;
        }
        Ok(Self {
            name: name.unwrap_or_default().to_owned(),
            policies,
            resources: texts(root.get("resources")),
            values: text("variables").map(str::to_owned),
            user: text("userinfo").map(str::to_owned),
            context: text("context").map(str::to_owned),
            expectations,
        })
    }
}

fn read_expectations(node: NodeRef<'_>, out: &mut Vec<Expectation>) -> Result<()> {
    let text = |key| node.get(key).and_then(NodeRef::text).map(str::to_owned);
    let Some(result) = text("result").or_else(|| text("status")) else {
        return error(node, "an entry of `results` needs a `result`");
    };
    // A namespaced policy is written with its namespace.
    let policy = required(node, "policy")?.rsplit('/').next().unwrap_or_default().to_owned();
    let mut objects = texts(node.get("resources"));
    objects.extend(text("resource"));
    for object in objects {
        let (namespace, name) = match object.rsplit_once('/') {
            Some((before, name)) => (before.rsplit('/').next().map(str::to_owned), name.to_owned()),
            None => (None, object),
        };
        out.push(Expectation {
            policy: policy.clone(),
            rule: text("rule"),
            kind: text("kind"),
            namespace: namespace.filter(|namespace| !namespace.is_empty()).or_else(|| text("namespace")),
            name,
            result: result.clone(),
            span: node.span(),
        });
    }
    Ok(())
}

impl Expectation {
    /// Whether it is about the rule called `rule`, written so or derived from it.
    pub fn is_about(&self, rule: Option<&str>) -> bool {
        let (Some(wanted), Some(rule)) = (self.rule.as_deref(), rule) else { return true };
        [super::autogen::name("autogen", wanted), super::autogen::name("autogen-cronjob", wanted)]
            .iter()
            .any(|name| name == rule)
            || wanted == rule
    }
}

/// The values of a suite: a document of kind `Values`.
#[derive(Clone, Copy)]
pub struct Values<'d>(pub &'d Document<'d>);

impl<'d> Values<'d> {
    /// The operation with which an object comes to a policy.
    pub fn operation(self, policy: &str, name: &str) -> Option<&'d str> {
        let named = |node: &NodeRef<'d>, name: &str| node.get("name").and_then(NodeRef::text) == Some(name);
        let list = |node: NodeRef<'d>, key: &str| node.get(key).into_iter().flat_map(NodeRef::items);
        let root = self.root()?;
        let of_object = list(root, "policies")
            .filter(|entry| named(entry, policy))
            .flat_map(|entry| list(entry, "resources"))
            .filter(|entry| named(entry, name))
            .find_map(|entry| entry.descend(&["values", "request.operation"]));
        of_object.or_else(|| root.descend(&["globalValues", "request.operation"]))?.text()
    }

    /// The Namespace objects it holds.
    pub fn namespaces(self) -> Vec<NodeRef<'d>> {
        self.root().and_then(|root| root.get("namespaces")).into_iter().flat_map(NodeRef::items).collect()
    }

    /// Names of namespaces and their labels.
    pub fn labels(self) -> Vec<(&'d str, NodeRef<'d>)> {
        let list = self.root().and_then(|root| root.get("namespaceSelector"));
        let entries = list.into_iter().flat_map(NodeRef::items);
        entries.filter_map(|entry| Some((entry.get("name")?.text()?, entry.get("labels")?))).collect()
    }

    /// Its content, which its first form held below `spec`.
    fn root(self) -> Option<NodeRef<'d>> {
        let root = self.0.root()?;
        Some(root.get("spec").unwrap_or(root))
    }
}
