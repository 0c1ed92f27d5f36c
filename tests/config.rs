//! trueup.yaml: what loads, what is a mistake and where, and that schema and reader agree.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use serde_json::{Map, Value};
use trueup::config::{Config, JSON_SCHEMA, JSON_SCHEMA_URL, template};
use trueup::model::{Confidence, LineIndex, NodeRef, Role, Scalar, Severity};

fn load(text: &str) -> Result<Config, String> {
    let parsed = trueup::syntax::for_file("trueup.yaml").unwrap().parse(text);
    assert_eq!(parsed.problems, []);
    let Some(document) = parsed.documents.first() else { return Ok(Config::default()) };
    Config::from_document(document).map_err(|mistake| {
        let place = LineIndex::new(text).position(text, mistake.span.start);
        format!("{}:{}: {}", place.line, place.column, mistake.message)
    })
}

#[test]
fn every_key_is_read() {
    let config = load(
        "version: 1
repo: {role: gitops, name: fleet}
include: ['clusters/**']
exclude: [gen/]
policyPaths: [policies/]
builtin: false
select: ['secrets/*', naming]
ignore: [naming/resource-names]
failOn: high
minConfidence: medium
baseline: known.json
policies:
  tagging/required-tags:
    enabled: false
    severity: low
    params: {required: [Owner]}
overrides:
- {paths: [dev/], policies: {tagging/required-tags: {severity: low}}}
suppressions:
- {policy: 'secrets/*', paths: [dev/], resources: ['Secret/*'], reason: throw-away, until: 2026-12-31}
",
    )
    .unwrap();
    let repo = config.repo.as_ref().unwrap();
    assert_eq!((repo.role, repo.name.as_deref()), (Some(Role::GitOps), Some("fleet")));
    assert_eq!(config.include, ["clusters/**"]);
    assert_eq!(config.exclude, ["gen/"]);
    assert_eq!(config.policy_paths, ["policies/"]);
    assert_eq!(config.builtin, Some(false));
    assert_eq!(config.select, ["secrets/*", "naming"]);
    assert_eq!(config.ignore, ["naming/resource-names"]);
    assert_eq!(config.fail_on, Some(Severity::High));
    assert_eq!(config.min_confidence, Some(Confidence::Medium));
    assert_eq!(config.baseline.as_deref(), Some("known.json"));
    assert_eq!((config.overrides.len(), config.overrides[0].paths.len()), (1, 1));
    let policy = &config.policies["tagging/required-tags"];
    assert_eq!((policy.enabled, policy.severity), (Some(false), Some(Severity::Low)));
    let required = config.node(policy.params.unwrap()).get("required").unwrap();
    assert_eq!(required.item(0).unwrap().as_str(), Some("Owner"));
    let suppression = &config.suppressions[0];
    assert_eq!(suppression.policy, "secrets/*");
    assert_eq!(suppression.until.unwrap().to_string(), "2026-12-31");
}

#[test]
fn mistakes_name_their_place() {
    let cases = [
        ("polices: {}\n", "1:1: unknown key `polices` in trueup.yaml; did you mean `policies`?"),
        ("version: 2\n", "1:10: `version` must be 1, the only version of this format so far"),
        ("version: '1'\n", "1:10: `version` must be 1, the only version of this format so far"),
        ("repo:\n  rol: app\n", "2:3: unknown key `rol` in `repo`; did you mean `role`?"),
        (
            "repo: {role: manifest}\n",
            "1:14: `role` must be one of app, manifests, gitops, infra, library, monorepo, not `manifest`; \
             did you mean `manifests`?",
        ),
        (
            "failOn: hgh\n",
            "1:9: `failOn` must be one of critical, high, medium, low, not `hgh`; did you mean `high`?",
        ),
        ("include: clusters\n", "1:10: `include` must be a list"),
        ("builtin: 'no'\n", "1:10: `builtin` must be true or false"),
        ("exclude:\n- ''\n", "2:3: `exclude` must not be empty"),
        ("policies: [a]\n", "1:11: `policies` must be a mapping from a policy's id to its settings"),
        (
            "policies:\n  a/b: {sevrity: low}\n",
            "2:9: unknown key `sevrity` in the settings of a policy; did you mean `severity`?",
        ),
        ("policies:\n  a/b: {params: 3}\n", "2:17: `params` must be a mapping"),
        ("suppressions:\n- policy: a/b\n", "2:3: a suppression needs `reason`"),
        (
            "suppressions:\n- policy: a/b\n  reason: r\n  until: 2026-02-30\n",
            "4:10: `until` must be a date such as 2026-12-31, not `2026-02-30`",
        ),
        (
            "suppressions:\n- {policy: a/b, reason: r, until: next year}\n",
            "2:35: `until` must be a date such as 2026-12-31, not `next year`",
        ),
        ("- version: 1\n", "1:1: trueup.yaml must be a mapping"),
        ("audit: {clusters: [{context: a}]}\n", "1:20: a cluster needs `name`"),
        ("audit: {aws: {stacks: [{name: a}]}}\n", "1:24: a stack needs `template`"),
        (
            "audit: {aws: {stacks: [{name: a, template: t.yaml, account: 12}]}}\n",
            "1:61: `account` must be twelve digits, in quotes where it begins with a zero",
        ),
        ("audit:\n  clusters:\n  - name: a\n  - name: a\n", "4:5: there are two clusters called `a`"),
    ];
    for (text, expected) in cases {
        assert_eq!(load(text).map(drop), Err(expected.to_owned()), "{text}");
    }
    let glob = load("exclude: ['[z-a]']\n").map(drop).unwrap_err();
    assert!(glob.starts_with("1:11: `exclude` has a pattern that cannot be read: "), "{glob}");
}

#[test]
fn an_empty_file_sets_nothing_and_a_bare_repo_key_declares() {
    for text in ["", "# nothing yet\n", "---\n", "{}\n"] {
        let config = load(text).unwrap();
        assert!(config.repo.is_none() && config.policies.is_empty(), "{text:?}");
    }
    assert!(load("repo:\n").unwrap().repo.is_some());
}

#[test]
fn the_template_loads_and_fits_the_schema() {
    let schema = jsonschema::validator_for(&schema()).unwrap();
    for (_, role) in Role::DECLARABLE {
        let text = template(role);
        assert!(text.starts_with(&format!("# yaml-language-server: $schema={JSON_SCHEMA_URL}\n")));
        assert_eq!(load(&text).unwrap().role(), Some(role));
        assert!(schema.is_valid(&as_json(&text)), "{text}");
    }
    assert_eq!(load(&template(Role::Unknown)).unwrap().role(), None);

    // What the template shows as a comment must hold as well, since users remove the sign.
    let uncommented = template(Role::App)
        .replace(" []\n#", "\n#")
        .replace(" {}\n#", "\n#")
        .replace("# select", "select")
        .replace("# ignore", "ignore")
        .replace("# policyPaths", "policyPaths")
        .replace("\n#  ", "\n  ");
    let config = load(&uncommented).unwrap();
    assert_eq!((config.policies.len(), config.suppressions.len(), config.exclude.len()), (1, 1, 1));
    assert!(schema.is_valid(&as_json(&uncommented)));
}

/// For every mapping of the format: a key of the schema is accepted by the reader, and the reader's
/// complaint about an unknown key offers only keys of the schema.
#[test]
fn schema_and_reader_know_the_same_keys() {
    let schema = schema();
    assert_eq!(schema["$id"], JSON_SCHEMA_URL);
    let keys = |pointer: &str| -> Vec<String> {
        schema.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect()
    };
    let mappings = [
        ("/properties", "", ""),
        ("/properties/repo/properties", "repo: {", "}"),
        ("/$defs/policies/additionalProperties/properties", "policies: {a/b: {", "}}"),
        ("/properties/overrides/items/properties", "overrides: [{", "}]"),
        ("/properties/suppressions/items/properties", "suppressions: [{", "}]"),
        ("/properties/audit/properties", "audit: {", "}"),
        ("/properties/audit/properties/clusters/items/properties", "audit: {clusters: [{", "}]}"),
        ("/properties/audit/properties/aws/properties", "audit: {aws: {", "}}"),
        (
            "/properties/audit/properties/aws/properties/stacks/items/properties",
            "audit: {aws: {stacks: [{",
            "}]}}",
        ),
    ];
    let is_known = |text: &str| !load(text).is_err_and(|message| message.contains("unknown key"));
    for (pointer, before, after) in mappings {
        for key in keys(pointer) {
            assert!(is_known(&format!("{before}{key}: {after}")), "the reader does not know {pointer}/{key}");
            let near_miss = format!("{before}{key}x: {after}");
            assert!(!is_known(&near_miss), "the reader accepts {near_miss}");
        }
    }
    // The other way round: no key the reader knows is missing from the schema.
    let all: Vec<String> = mappings.iter().flat_map(|(pointer, ..)| keys(pointer)).collect();
    let source = concat!(
        include_str!("../src/config/read.rs"),
        include_str!("../src/config/audit.rs"),
        include_str!("../src/config/aws.rs")
    );
    let constants =
        source.split("_KEYS: &[&str] = &[").skip(1).chain(source.split("const KEYS: &[&str] = &[").skip(1));
    for list in constants {
        for key in list.split(']').next().unwrap().split('"').skip(1).step_by(2) {
            assert!(all.iter().any(|known| known == key), "the schema does not know `{key}`");
        }
    }
    let words = |pointer: &str| schema.pointer(pointer).unwrap().clone();
    let severities: Vec<&str> = Severity::ALL.iter().map(|(word, _)| *word).collect();
    let roles: Vec<&str> = Role::DECLARABLE.iter().map(|(word, _)| *word).collect();
    assert_eq!(words("/$defs/severity/enum"), serde_json::json!(severities));
    assert_eq!(words("/properties/repo/properties/role/enum"), serde_json::json!(roles));
}

fn schema() -> Value {
    serde_json::from_str(JSON_SCHEMA).unwrap()
}

fn as_json(text: &str) -> Value {
    let parsed = trueup::syntax::for_file("trueup.yaml").unwrap().parse(text);
    node_as_json(parsed.documents[0].root().unwrap())
}

fn node_as_json(node: NodeRef<'_>) -> Value {
    if node.is_mapping() {
        let entries =
            node.entries().map(|(key, value)| (key.text().unwrap().to_owned(), node_as_json(value)));
        return Value::Object(entries.collect::<Map<_, _>>());
    }
    match node.scalar() {
        None => Value::Array(node.items().map(node_as_json).collect()),
        Some(Scalar::Null) => Value::Null,
        Some(Scalar::Bool(flag)) => Value::Bool(flag),
        Some(Scalar::Int(number)) => Value::from(number),
        Some(Scalar::Float(number)) => Value::from(number),
        Some(Scalar::Str(text)) => Value::from(text),
    }
}
