//! `audit.aws` in trueup.yaml: the stacks that no other file tells of.

use crate::model::decode::{Fields, Result, error, filled, text};
use crate::model::{NodeRef, Span};

const AWS_KEYS: &[&str] = &["profile", "regions", "accounts", "role", "aggregator", "stacks"];
const STACK_KEYS: &[&str] = &["name", "template", "account", "region", "parameters", "parameterFile", "tags"];

/// What is audited of AWS.
#[derive(Clone, Debug, Default)]
pub struct AwsConfig {
    /// `profile`: whose credentials to use.
    pub profile: Option<String>,
    /// `regions`.
    pub regions: Vec<String>,
    /// `accounts`: twelve digits, or the ARN of a role to assume there.
    pub accounts: Vec<String>,
    /// `role`: the role to assume in every account.
    pub role: Option<String>,
    /// `aggregator`: the aggregator of AWS Config that gathers the accounts.
    pub aggregator: Option<String>,
    /// `stacks`.
    pub stacks: Vec<StackConfig>,
}

/// A stack and what it is deployed from; its files from the repository's root.
#[derive(Clone, Debug)]
pub struct StackConfig {
    /// Its name in AWS.
    pub name: String,
    /// The template.
    pub template: String,
    /// The account, twelve digits.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// Parameters and where each value is written; they win over those of the file.
    pub parameters: Vec<(String, String, Span)>,
    /// A file with parameters, as the AWS CLI and CodePipeline take it.
    pub parameter_file: Option<String>,
    /// Tags of the whole stack.
    pub tags: Vec<(String, String)>,
    /// The whole entry in the file.
    pub span: Span,
}

/// Reads the value under `audit.aws`.
pub(super) fn read(node: NodeRef<'_>) -> Result<AwsConfig> {
    let fields = Fields::of(node, "`aws`", AWS_KEYS)?;
    let text = |key| fields.get(key).map(|value| filled(value, key)).transpose();
    let texts = |key| fields.items(key)?.map(|item| filled(item, key)).collect::<Result<Vec<_>>>();
    Ok(AwsConfig {
        profile: text("profile")?,
        regions: texts("regions")?,
        accounts: texts("accounts")?,
        role: text("role")?,
        aggregator: text("aggregator")?,
        stacks: fields.items("stacks")?.map(stack).collect::<Result<_>>()?,
    })
}

impl AwsConfig {
    /// Whether it says what to read, besides what is declared.
    pub fn is_target(&self) -> bool {
        self.profile.is_some()
            || self.role.is_some()
            || self.aggregator.is_some()
            || !self.regions.is_empty()
            || !self.accounts.is_empty()
    }
}

fn stack(node: NodeRef<'_>) -> Result<StackConfig> {
    let fields = Fields::of(node, "a stack", STACK_KEYS)?;
    let text = |key| fields.get(key).map(|value| filled(value, key)).transpose();
    if let Some(account) = fields.get("account") {
        let digits = account.text().unwrap_or_default();
        if digits.len() != 12 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return error(account, "`account` must be twelve digits, in quotes where it begins with a zero");
        }
    }
    let tags = pairs(&fields, "tags")?.into_iter().map(|(key, value, _)| (key, value)).collect();
    Ok(StackConfig {
        name: filled(fields.required("name")?, "name")?,
        template: filled(fields.required("template")?, "template")?,
        account: text("account")?,
        region: text("region")?,
        parameters: pairs(&fields, "parameters")?,
        parameter_file: text("parameterFile")?,
        tags,
        span: node.span(),
    })
}

/// A mapping of texts under `key`, and where each value is written.
fn pairs(fields: &Fields<'_>, key: &str) -> Result<Vec<(String, String, Span)>> {
    let Some(node) = fields.get(key) else { return Ok(Vec::new()) };
    if !node.is_mapping() {
        return error(node, format!("`{key}` must be a mapping"));
    }
    let pair = |(name, value): (NodeRef<'_>, NodeRef<'_>)| {
        Ok((filled(name, key)?, text(value, key)?.to_owned(), value.span()))
    };
    node.entries().map(pair).collect()
}
