//! The shape of a `Policy` file, and nothing else: text in, a [`Definition`] out, mistakes with a line.
//!
//! Expressions stay text here; `compile` turns them into programs.

use std::collections::BTreeMap;

use crate::model::decode::{self, DecodeError, Fields, Result};
use crate::model::{Category, Confidence, NodeRef, Severity, Span};

/// The API version this reader serves.
pub const API_VERSION: &str = "trueup.dev/v1alpha1";

/// An expression and where it stands in its file.
#[derive(Clone, Debug)]
pub struct Expression {
    /// The CEL source.
    pub source: String,
    /// The scalar that holds it.
    pub span: Span,
}

/// A named expression: a variable or a match condition.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// What it computes.
    pub expression: Expression,
}

/// One entry of `match`: resources of a format, narrowed to kinds.
#[derive(Clone, Debug)]
pub struct Match {
    /// The format's name.
    pub format: String,
    /// Kind patterns; empty means every kind.
    pub kinds: Vec<String>,
    /// Where the format is named.
    pub span: Span,
}

/// One entry of `validations`.
#[derive(Clone, Debug)]
pub struct Validation {
    /// A list to evaluate the expression over, one `item` at a time.
    pub each: Option<Expression>,
    /// What must be true.
    pub expression: Expression,
    /// What to say when it is not.
    pub message: Option<String>,
    /// An expression for what to say; `message` when it cannot be evaluated.
    pub message_expression: Option<Expression>,
    /// Where to point, overriding the automatic place: a JSON pointer, or a file of the repository.
    pub at: Option<Expression>,
}

/// What an example expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// A finding.
    Fail,
    /// None.
    Pass,
    /// The policy does not apply.
    Skip,
    /// A needed value is not known.
    Unknown,
}

/// An example: a test of the policy and a part of its page.
#[derive(Clone, Debug)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// What must come out.
    pub expect: Expect,
    /// The line (from 1) of the finding.
    pub line: Option<u32>,
    /// A part of the finding's message.
    pub message: Option<String>,
    /// The name the input is read under; its ending chooses the syntax.
    pub file: String,
    /// The input.
    pub input: String,
    /// The role of the repository the input stands in.
    pub role: Option<String>,
    /// The other tracked files of that repository.
    pub files: Vec<String>,
    /// Those of them whose text matters.
    pub texts: BTreeMap<String, String>,
    /// Tag policies that hold there, from the root's to the account's.
    pub tag_policies: Vec<String>,
    /// Parameters for this example: a node of the policy file.
    pub params: Option<crate::model::NodeId>,
    /// Where the example stands.
    pub span: Span,
}

/// A policy as written.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Stable id: `category/name`.
    pub id: String,
    /// One line.
    pub title: String,
    /// What it is about.
    pub category: Category,
    /// How bad a finding is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// Whether it runs without being selected.
    pub enabled: bool,
    /// Why it matters; Markdown.
    pub rationale: String,
    /// What to do; Markdown.
    pub remediation: String,
    /// Further reading.
    pub references: Vec<String>,
    /// The same rule elsewhere.
    pub equivalents: Vec<String>,
    /// What it applies to.
    pub matches: Vec<Match>,
    /// Further conditions for it to apply.
    pub conditions: Vec<Named>,
    /// The schema of its parameters: a node of the policy file.
    pub params: Option<crate::model::NodeId>,
    /// Named values, evaluated at first use.
    pub variables: Vec<Named>,
    /// What must hold.
    pub validations: Vec<Validation>,
    /// Tests and documentation in one.
    pub examples: Vec<Example>,
    /// Where the id stands.
    pub span: Span,
}

impl Definition {
    /// Reads a policy from a document's root.
    ///
    /// # Errors
    /// When the document is not a `Policy` of [`API_VERSION`] or a part of it is wrong.
    pub fn read(root: NodeRef<'_>) -> Result<Self> {
        let file = Fields::of(root, "a policy", &["apiVersion", "kind", "metadata", "spec"])?;
        let version = file.required("apiVersion")?;
        if version.text() != Some(API_VERSION) {
            return decode::error(version, format!("`apiVersion` must be `{API_VERSION}`"));
        }
        let kind = file.required("kind")?;
        if kind.text() != Some("Policy") {
            return decode::error(kind, "`kind` must be `Policy`");
        }
        let metadata =
            Fields::of(file.required("metadata")?, "`metadata`", &["name", "labels", "annotations"])?;
        decode::text(metadata.required("name")?, "name")?;
        Self::read_spec(file.required("spec")?)
    }

    fn read_spec(node: NodeRef<'_>) -> Result<Self> {
        const KNOWN: &[&str] = &[
            "id",
            "title",
            "category",
            "severity",
            "confidence",
            "enabled",
            "rationale",
            "remediation",
            "references",
            "equivalents",
            "match",
            "matchConditions",
            "params",
            "variables",
            "validations",
            "examples",
        ];
        let spec = Fields::of(node, "`spec`", KNOWN)?;
        let id_node = spec.required("id")?;
        let id = decode::text(id_node, "id")?;
        if !is_id(id) {
            return decode::error(id_node, format!("`id` must look like `naming/host-names`, not `{id}`"));
        }
        let Some(category) = spec.word("category", &Category::ALL)? else {
            return decode::error(node, "`spec` needs `category`");
        };
        let text = |key| Ok::<_, DecodeError>(spec.text(key)?.unwrap_or_default().trim_end().to_owned());
        let matches = spec.items("match")?.map(read_match).collect::<Result<Vec<_>>>()?;
        if matches.is_empty() {
            return decode::error(node, "`spec` needs `match`: the formats and kinds it applies to");
        }
        let validations = spec.items("validations")?.map(read_validation).collect::<Result<Vec<_>>>()?;
        if validations.is_empty() {
            return decode::error(node, "`spec` needs `validations`");
        }
        let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
        Ok(Self {
            id: id.to_owned(),
            title: decode::text(spec.required("title")?, "title")?.trim().to_owned(),
            category,
            severity: spec.word("severity", &Severity::ALL)?.unwrap_or(Severity::Medium),
            confidence: spec.word("confidence", &Confidence::ALL)?.unwrap_or(Confidence::High),
            enabled: spec.flag("enabled")?.unwrap_or(true),
            rationale: text("rationale")?,
            remediation: text("remediation")?,
            references: owned(spec.texts("references")?),
            equivalents: owned(spec.texts("equivalents")?),
            matches,
            conditions: read_named(&spec, "matchConditions")?,
            params: spec.get("params").map(|node| node.id),
            variables: read_named(&spec, "variables")?,
            validations,
            examples: spec.items("examples")?.map(read_example).collect::<Result<_>>()?,
            span: id_node.span(),
        })
    }
}

fn is_id(id: &str) -> bool {
    let part = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    id.split_once('/').is_some_and(|(pack, name)| part(pack) && part(name))
}

fn read_match(node: NodeRef<'_>) -> Result<Match> {
    let fields = Fields::of(node, "an entry of `match`", &["format", "kinds", "types"])?;
    let format = fields.required("format")?;
    let mut kinds = fields.texts("kinds")?;
    kinds.extend(fields.texts("types")?);
    Ok(Match {
        format: decode::text(format, "format")?.to_owned(),
        kinds: kinds.into_iter().map(str::to_owned).collect(),
        span: format.span(),
    })
}

fn read_named(spec: &Fields<'_>, key: &str) -> Result<Vec<Named>> {
    spec.items(key)?
        .map(|node| {
            let fields = Fields::of(node, "a named expression", &["name", "expression"])?;
            Ok(Named {
                name: decode::text(fields.required("name")?, "name")?.to_owned(),
                expression: expression(fields.required("expression")?)?,
            })
        })
        .collect()
}

fn read_validation(node: NodeRef<'_>) -> Result<Validation> {
    const KNOWN: &[&str] = &["each", "expression", "message", "messageExpression", "at"];
    let fields = Fields::of(node, "an entry of `validations`", KNOWN)?;
    let optional = |key| fields.get(key).map(expression).transpose();
    Ok(Validation {
        each: optional("each")?,
        expression: expression(fields.required("expression")?)?,
        message: fields.text("message")?.map(|text| text.trim().to_owned()),
        message_expression: optional("messageExpression")?,
        at: optional("at")?,
    })
}

fn read_example(node: NodeRef<'_>) -> Result<Example> {
    const KNOWN: &[&str] =
        &["name", "expect", "format", "file", "line", "message", "input", "params", "repo", "tagPolicies"];
    const EXPECT: [(&str, Expect); 4] = [
        ("fail", Expect::Fail),
        ("pass", Expect::Pass),
        ("skip", Expect::Skip),
        ("unknown", Expect::Unknown),
    ];
    let fields = Fields::of(node, "an entry of `examples`", KNOWN)?;
    let Some(expect) = fields.word("expect", &EXPECT)? else {
        return decode::error(node, "an example needs `expect`: fail, pass, skip or unknown");
    };
    let ending = fields.word("format", &[("yaml", "yaml"), ("json", "json")])?.unwrap_or("yaml");
    let line = match fields.get("line") {
        None => None,
        Some(value) => match value.text().and_then(|text| text.parse().ok()) {
            Some(line) => Some(line),
            None => return decode::error(value, "`line` must be a line number"),
        },
    };
    let repo =
        fields.get("repo").map(|repo| Fields::of(repo, "`repo`", &["role", "files", "texts"])).transpose()?;
    Ok(Example {
        name: fields.text("name")?.unwrap_or_default().to_owned(),
        expect,
        line,
        message: fields.text("message")?.map(str::to_owned),
        file: fields.text("file")?.map_or_else(|| format!("example.{ending}"), str::to_owned),
        input: fields.text("input")?.unwrap_or_default().to_owned(),
        role: repo.map(|repo| repo.text("role")).transpose()?.flatten().map(str::to_owned),
        files: repo
            .map(|repo| repo.texts("files"))
            .transpose()?
            .unwrap_or_default()
            .into_iter()
            .map(str::to_owned)
            .collect(),
        texts: repo.and_then(|repo| repo.get("texts")).map(texts).transpose()?.unwrap_or_default(),
        tag_policies: fields.texts("tagPolicies")?.into_iter().map(str::to_owned).collect(),
        params: fields.get("params").map(|node| node.id),
        span: node.span(),
    })
}

/// Files by path.
fn texts(node: NodeRef<'_>) -> Result<BTreeMap<String, String>> {
    if !node.is_mapping() {
        return decode::error(node, "`texts` must be a mapping from a path to the text there");
    }
    let file =
        |(path, text)| Ok((decode::text(path, "texts")?.to_owned(), decode::text(text, "texts")?.to_owned()));
    node.entries().map(file).collect()
}

fn expression(node: NodeRef<'_>) -> Result<Expression> {
    Ok(Expression { source: decode::text(node, "expression")?.to_owned(), span: node.span() })
}
