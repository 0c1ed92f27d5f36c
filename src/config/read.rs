//! From a document to a [`Config`], with errors that name a line. The keys of every mapping stand in
//! one constant each, which the JSON Schema is tested against.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;

use super::{Config, ConfigSuppression, Override, PolicyConfig, RepoConfig, audit, globs};
use crate::model::decode::{Fields, Result, error, filled, text};
use crate::model::{Confidence, Document, NodeRef, Role, Scalar, Severity};

const KEYS: &[&str] = &[
    "$schema",
    "version",
    "repo",
    "include",
    "exclude",
    "policyPaths",
    "tagPolicies",
    "builtin",
    "select",
    "ignore",
    "failOn",
    "minConfidence",
    "baseline",
    "policies",
    "overrides",
    "lowSeverityPaths",
    "suppressions",
    "audit",
];
const REPO_KEYS: &[&str] = &["role", "name"];
const POLICY_KEYS: &[&str] = &["enabled", "severity", "params"];
const OVERRIDE_KEYS: &[&str] = &["paths", "policies"];
const SUPPRESSION_KEYS: &[&str] = &["policy", "paths", "resources", "fields", "targets", "reason", "until"];

/// Reads a whole file; one that holds nothing but comments sets nothing.
pub(super) fn config(document: &Document<'_>) -> Result<Config> {
    let document = document.clone().into_owned();
    let Some(root) = document.root().filter(|root| root.scalar() != Some(Scalar::Null)) else {
        return Ok(Config::default());
    };
    let fields = Fields::of(root, "trueup.yaml", KEYS)?;
    fields.text("$schema")?;
    version(&fields)?;
    Ok(Config {
        repo: root.get("repo").map(|node| repo(node)).transpose()?,
        include: patterns(&fields, "include")?,
        exclude: patterns(&fields, "exclude")?,
        policy_paths: words(&fields, "policyPaths")?,
        tag_policies: words(&fields, "tagPolicies")?,
        builtin: fields.flag("builtin")?,
        select: words(&fields, "select")?,
        ignore: words(&fields, "ignore")?,
        fail_on: fields.word("failOn", &Severity::ALL)?,
        min_confidence: fields.word("minConfidence", &Confidence::ALL)?,
        baseline: fields.get("baseline").map(|file| filled(file, "baseline")).transpose()?,
        policies: policies(&fields)?,
        overrides: fields.items("overrides")?.map(overriding).collect::<Result<_>>()?,
        low_severity_paths: fields
            .get("lowSeverityPaths")
            .map(|_| patterns(&fields, "lowSeverityPaths"))
            .transpose()?,
        suppressions: fields.items("suppressions")?.map(suppression).collect::<Result<_>>()?,
        audit: root.get("audit").map(audit::read).transpose()?.unwrap_or_default(),
        document: document.clone(),
    })
}

fn version(fields: &Fields<'_>) -> Result<()> {
    let Some(version) = fields.get("version") else { return Ok(()) };
    match version.scalar() {
        Some(Scalar::Int(1)) => Ok(()),
        _ => error(version, "`version` must be 1, the only version of this format so far"),
    }
}

/// `repo:` without a value still declares a repository: that the key is there is the declaration.
fn repo(node: NodeRef<'_>) -> Result<RepoConfig> {
    if node.scalar() == Some(Scalar::Null) {
        return Ok(RepoConfig::default());
    }
    let fields = Fields::of(node, "`repo`", REPO_KEYS)?;
    let name = fields.get("name").map(|name| filled(name, "name")).transpose()?;
    Ok(RepoConfig { role: fields.word("role", &Role::DECLARABLE)?, name })
}

fn policies(fields: &Fields<'_>) -> Result<BTreeMap<String, PolicyConfig>> {
    let mut policies = BTreeMap::new();
    let Some(node) = fields.get("policies") else { return Ok(policies) };
    if !node.is_mapping() {
        return error(node, "`policies` must be a mapping from a policy's id to its settings");
    }
    for (key, value) in node.entries() {
        let id = filled(key, "policies")?;
        let fields = Fields::of(value, "the settings of a policy", POLICY_KEYS)?;
        let params = fields.get("params");
        if let Some(params) = params.filter(|params| !params.is_mapping()) {
            return error(params, "`params` must be a mapping");
        }
        let settings = PolicyConfig {
            enabled: fields.flag("enabled")?,
            severity: fields.word("severity", &Severity::ALL)?,
            params: params.map(|params| params.id),
            span: key.span(),
        };
        if policies.insert(id, settings).is_some() {
            return error(key, "the policy is set twice");
        }
    }
    Ok(policies)
}

fn overriding(node: NodeRef<'_>) -> Result<Override> {
    let fields = Fields::of(node, "an override", OVERRIDE_KEYS)?;
    let paths = patterns(&fields, "paths")?;
    if paths.is_empty() {
        return error(node, "an override needs `paths`; what holds for all files stands under `policies`");
    }
    fields.required("policies")?;
    Ok(Override { paths, policies: policies(&fields)? })
}

fn suppression(node: NodeRef<'_>) -> Result<ConfigSuppression> {
    let fields = Fields::of(node, "a suppression", SUPPRESSION_KEYS)?;
    Ok(ConfigSuppression {
        policy: filled(fields.required("policy")?, "policy")?,
        paths: patterns(&fields, "paths")?,
        resources: words(&fields, "resources")?,
        fields: words(&fields, "fields")?,
        targets: words(&fields, "targets")?,
        reason: filled(fields.required("reason")?, "reason")?,
        until: fields.get("until").map(date).transpose()?,
        span: node.span(),
    })
}

fn date(node: NodeRef<'_>) -> Result<Date> {
    let given = text(node, "until")?;
    match Date::strptime("%Y-%m-%d", given) {
        Ok(date) => Ok(date),
        Err(_) => error(node, format!("`until` must be a date such as 2026-12-31, not `{given}`")),
    }
}

fn words(fields: &Fields<'_>, key: &str) -> Result<Vec<String>> {
    fields.items(key)?.map(|item| filled(item, key)).collect()
}

fn patterns(fields: &Fields<'_>, key: &str) -> Result<Vec<String>> {
    let check = |item| {
        let pattern = filled(item, key)?;
        match globs(Path::new(""), [pattern.as_str()]) {
            Ok(_) => Ok(pattern),
            Err(problem) => error(item, format!("`{key}` has a pattern that cannot be read: {problem}")),
        }
    };
    fields.items(key)?.map(check).collect()
}
