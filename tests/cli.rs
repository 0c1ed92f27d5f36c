//! The command as a user runs it: exit codes, streams, formats, suppressions, mistakes.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/json.rs"]
mod json;
#[path = "support/run.rs"]
mod run;
#[path = "support/tree.rs"]
mod tree;

use std::fs;
use std::path::Path;
use std::process::Output;

use json::json;
use run::trueup;
use tree::tree;

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
spec:
  template:
    spec:
      containers:
      - name: cart
        env:
        - name: DB_PASSWORD
          value: Vq7-kestrel-51
";

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_finding_points_at_its_line_and_exits_with_1() {
    let folder = tree(&[("cart.yaml", DEPLOYMENT)]);
    let output = trueup(folder.path(), &["lint", "-f", "concise", "--select", "secrets"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let printed = stdout(&output);
    assert!(printed.starts_with("cart.yaml:12:18: high[secrets/k8s-env-literal] "), "{printed}");
    assert_eq!(printed.lines().count(), 1);
    assert_eq!(stderr(&output), "");
}

#[test]
fn no_format_prints_a_secret() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  pw: Vq7-kestrel-51\n";
    let encoded = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db2\ndata:\n  pw: VnE3LWtlc3RyZWwtNTE=\n  pw: VnE3LWtlc3RyZWwtNTE=\n";
    let broken = "apiVersion: v1\nkind: Secret\nstringData:\n  password: \"Vq7-kestrel-51\n";
    let folder = tree(&[
        ("cart.yaml", DEPLOYMENT),
        ("secret.yaml", secret),
        ("encoded.yaml", encoded),
        ("broken.yaml", broken),
    ]);
    for format in ["text", "concise", "json", "sarif", "github"] {
        let output = trueup(folder.path(), &["lint", "-vv", "--verdicts", "-f", format]);
        let all = stdout(&output) + &stderr(&output);
        assert!(all.contains("secrets/k8s-plaintext-secret"), "{format}: {all}");
        assert!(!all.contains("kestrel"), "{format} prints a secret: {all}");
        assert!(!all.contains("VnE3LWtlc3"), "{format} prints an encoded secret: {all}");
    }
}

#[test]
fn the_exit_code_does_not_depend_on_the_format() {
    let folder = tree(&[("cart.yaml", DEPLOYMENT)]);
    for format in ["text", "concise", "json", "sarif", "github"] {
        assert_eq!(trueup(folder.path(), &["lint", "-f", format]).status.code(), Some(1), "{format}");
        let zero = trueup(folder.path(), &["lint", "--exit-zero", "-f", format]);
        assert_eq!(zero.status.code(), Some(0), "{format}");
    }
    let critical = trueup(folder.path(), &["lint", "--fail-on", "critical"]);
    assert_eq!(critical.status.code(), Some(0));
}

#[test]
fn one_broken_file_is_one_finding_and_the_rest_goes_on() {
    let folder =
        tree(&[("cart.yaml", DEPLOYMENT), ("broken.yaml", "a: [1\nb: 2\n"), ("latin.yaml", "a: b\n")]);
    fs::write(folder.path().join("latin.yaml"), b"name: caf\xe9\n").unwrap();
    let report = json(&trueup(folder.path(), &["lint", "-f", "json"]));
    let rules: Vec<_> =
        report["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect();
    assert_eq!(rules.iter().filter(|rule| **rule == "meta/parse-error").count(), 2, "{rules:?}");
    assert!(rules.contains(&"secrets/k8s-env-literal"));

    fs::remove_file(folder.path().join("cart.yaml")).unwrap();
    assert_eq!(trueup(folder.path(), &["lint"]).status.code(), Some(3), "nothing found, something unread");
}

#[test]
fn a_suppression_counts_for_the_entry_below_it() {
    let ignored = DEPLOYMENT.replace(
        "        - name: DB_PASSWORD\n",
        "        # trueup: ignore[secrets/k8s-env-literal] reason=\"throw-away\" until=2099-12-31\n        - name: DB_PASSWORD\n",
    );
    let folder = tree(&[("cart.yaml", &ignored)]);
    let output = trueup(folder.path(), &["lint", "-f", "json", "--select", "secrets"]);
    let report = json(&output);
    assert_eq!(report["findings"].as_array().unwrap().len(), 0, "{report}");
    assert_eq!(report["suppressed"][0]["rule"], "secrets/k8s-env-literal");
    assert_eq!(report["suppressed"][0]["suppression"]["reason"], "throw-away");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn stale_suppressions_are_findings() {
    let text = DEPLOYMENT
        .replace(
            "          value: Vq7-kestrel-51\n",
            "          # trueup: ignore[secrets/k8s-env-literal] reason=\"old\" until=2020-01-01\n          value: Vq7-kestrel-51\n",
        )
        .replace(
            "  name: cart\nspec",
            "  name: cart # trueup: ignore[naming/k8s-name-pattern] reason=\"none\"\nspec",
        )
        .replace("kind: Deployment", "kind: Deployment # trueup: ignore[secrets/k8s-env-litteral]");
    let folder = tree(&[("cart.yaml", &text)]);
    let report = json(&trueup(folder.path(), &["lint", "-f", "json"]));
    let rules: Vec<_> =
        report["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect();
    for rule in ["meta/expired-ignore", "meta/unused-ignore", "meta/unknown-rule", "secrets/k8s-env-literal"]
    {
        assert!(rules.contains(&rule), "{rule} is not among {rules:?}");
    }
    let unknown =
        report["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "meta/unknown-rule").unwrap();
    assert!(unknown["message"].as_str().unwrap().contains("did you mean `secrets/k8s-env-literal`?"));
}

#[test]
fn the_same_bytes_whatever_the_number_of_threads() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR"));
    let run =
        |jobs| trueup(fixtures, &["lint", "fixtures", "-f", "json", "--verdicts", "--jobs", jobs]).stdout;
    let one = run("1");
    assert!(one.len() > 1000);
    for jobs in ["2", "1", "2", "7"] {
        assert!(run(jobs) == one, "--jobs {jobs} prints something else");
    }
}

#[test]
fn verdicts_have_a_row_for_every_policy_and_resource() {
    let folder = tree(&[(
        "all.yaml",
        &format!("{DEPLOYMENT}---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: Shop}}\n"),
    )]);
    let report = json(&trueup(
        folder.path(),
        &["lint", "-f", "json", "--verdicts", "--select", "naming/k8s-name-pattern"],
    ));
    let rows = report["verdicts"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{report}");
    assert_eq!(rows[0]["verdict"], "pass");
    assert_eq!(rows[1]["verdict"], "fail");
    assert_eq!(rows[1]["document"], 1);
    assert_eq!(rows[1]["kind"], "Namespace");
    assert_eq!(rows[1]["name"], "Shop");
    assert_eq!(rows[1]["line"], 16);
    for key in
        ["policy", "rule", "file", "document", "line", "kind", "namespace", "name", "verdict", "message"]
    {
        assert!(rows[1].get(key).is_some(), "a row lacks {key}");
    }
}

#[test]
fn mistakes_name_a_place_and_a_remedy() {
    let folder = tree(&[("trueup.yaml", "version: 1\npolices: {}\n"), ("cart.yaml", DEPLOYMENT)]);
    let output = trueup(folder.path(), &["lint"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("trueup.yaml:2:1: unknown key `polices`"), "{}", stderr(&output));
    assert!(stderr(&output).contains("did you mean `policies`?"));
    assert_eq!(stdout(&output), "");

    let wrong = trueup(folder.path(), &["lint", "--no-config", "--select", "secrets/k8s-env-litteral"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(stderr(&wrong).contains("did you mean `secrets/k8s-env-literal`?"), "{}", stderr(&wrong));

    let missing = trueup(folder.path(), &["lint", "--no-config", "nowhere"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(stderr(&missing).contains("nowhere"));
}

#[test]
fn a_policy_of_ones_own_is_checked_when_it_is_loaded() {
    let policy = |expression: &str| {
        format!(
            "apiVersion: trueup.dev/v1alpha1\nkind: Policy\nmetadata: {{name: replicas}}\nspec:\n  id: acme/replicas\n  \
             title: Deployments run twice\n  category: naming\n  match:\n  - {{format: kubernetes, kinds: [Deployment]}}\n  \
             validations:\n  - expression: {expression}\n"
        )
    };
    let folder = tree(&[
        ("policies/good.yaml", &policy("object.spec.?replicas.orValue(1) >= 2")),
        ("typo.yaml.policy", ""),
        ("cart.yaml", DEPLOYMENT),
    ]);
    let arguments = ["lint", "cart.yaml", "-f", "concise", "--no-builtin", "--policies", "policies"];
    let output = trueup(folder.path(), &arguments);
    assert!(
        stdout(&output).starts_with("cart.yaml:5:1: medium[acme/replicas] Deployments run twice"),
        "{output:?}"
    );

    for (expression, message) in [
        ("objct.spec.replicas >= 2", "did you mean `object`?"),
        ("object.metadata.name.startWith('a')", "did you mean `startsWith`?"),
        ("object.spec.replicas >=", "in this expression"),
    ] {
        fs::write(folder.path().join("policies/good.yaml"), policy(expression)).unwrap();
        let output = trueup(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{expression}");
        assert!(stderr(&output).contains("policies/good.yaml:11:"), "{}", stderr(&output));
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
}

#[test]
fn settings_in_trueup_yaml_change_severity_and_parameters() {
    let config = "version: 1\npolicies:\n  naming/k8s-name-pattern:\n    severity: critical\n    params:\n      maxLength: 3\n";
    let folder = tree(&[("trueup.yaml", config), ("cart.yaml", DEPLOYMENT)]);
    let output = trueup(folder.path(), &["lint", "-f", "concise", "--select", "naming/k8s-name-pattern"]);
    assert!(stdout(&output).contains("critical[naming/k8s-name-pattern]"), "{output:?}");

    fs::write(folder.path().join("trueup.yaml"), config.replace("maxLength: 3", "maxLenght: 3")).unwrap();
    let output = trueup(folder.path(), &["lint"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("trueup.yaml:6:7:"), "{}", stderr(&output));
    assert!(stderr(&output).contains("did you mean `maxLength`?"), "{}", stderr(&output));
}

#[test]
fn several_formats_at_once() {
    let folder = tree(&[("cart.yaml", DEPLOYMENT)]);
    let output =
        trueup(folder.path(), &["lint", "-f", "concise", "-f", "sarif=out.sarif", "-f", "json=out.json"]);
    assert_eq!(output.status.code(), Some(1));
    for file in ["out.sarif", "out.json"] {
        let text = fs::read_to_string(folder.path().join(file)).unwrap();
        let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(text.contains("secrets/k8s-env-literal"), "{parsed}");
    }
}

#[test]
fn init_writes_a_file_that_lint_accepts() {
    let folder = tree(&[("cart.yaml", DEPLOYMENT)]);
    assert_eq!(trueup(folder.path(), &["init"]).status.code(), Some(0));
    assert_ne!(trueup(folder.path(), &["lint"]).status.code(), Some(2));
    let again = trueup(folder.path(), &["init"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("--force"));
}

#[test]
fn everything_else_prints_what_it_should() {
    let folder = tree(&[]);
    let text = |arguments: &[&str]| {
        let output = trueup(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        stdout(&output)
    };
    assert!(text(&["explain", "secrets/k8s-env-literal"]).starts_with("# secrets/k8s-env-literal\n"));
    assert!(text(&["explain", "meta/parse-error"]).contains("# meta/parse-error"));
    assert!(
        text(&["policies", "show", "tagging/required-tags"]).starts_with("apiVersion: trueup.dev/v1alpha1\n")
    );
    assert!(text(&["policies", "test"]).contains(" not, in "));
    let list: serde_json::Value =
        serde_json::from_str(&text(&["policies", "list", "--format", "json"])).unwrap();
    for row in list.as_array().unwrap() {
        for key in ["id", "title", "category", "severity", "equivalents", "match"] {
            assert!(row.get(key).is_some(), "{row} lacks {key}");
        }
    }
    for schema in ["config", "policy", "report"] {
        let schema: serde_json::Value = serde_json::from_str(&text(&["schema", schema])).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    }
    assert!(text(&["completions", "bash"]).contains("trueup"));
    assert!(text(&["man"]).contains(".TH"));
    assert!(text(&["man", "lint"]).contains("lint"));
}

#[test]
fn hidden_inputs_are_read_and_ignored_files_are_not() {
    let folder = tree(&[
        (".github/workflows/deploy.yaml", "on: push\njobs: {}\n"),
        (".hidden/cart.yaml", DEPLOYMENT),
        (".gitignore", "build/\n"),
        ("build/cart.yaml", DEPLOYMENT),
        ("chart/Chart.yaml", "apiVersion: v2\nname: cart\n"),
        ("chart/templates/cart.yaml", "{{- if .Values.x }}\nkind: {{ .Values.kind }}\n{{- end }}\n"),
    ]);
    let report = json(&trueup(folder.path(), &["lint", "-f", "json"]));
    assert_eq!(report["findings"].as_array().unwrap().len(), 0, "{report}");
    assert_eq!(report["summary"]["files"], 2, "{report}");
}

#[test]
fn code_scanning_gets_paths_from_the_root_of_the_work_tree() {
    let folder = tree(&[(".git/HEAD", "ref: refs/heads/main\n"), ("deploy/cart.yaml", DEPLOYMENT)]);
    let below = folder.path().join("deploy");
    let uri = |output: &Output| {
        json(output)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            .clone()
    };
    let arguments = ["lint", "-f", "sarif", "--select", "secrets"];
    assert_eq!(uri(&trueup(&below, &arguments)), "deploy/cart.yaml");
    assert_eq!(uri(&trueup(folder.path(), &arguments)), "deploy/cart.yaml");
    assert!(
        stdout(&trueup(&below, &["lint", "-f", "concise", "--select", "secrets"])).starts_with("cart.yaml:")
    );
}

#[test]
fn what_fixtures_give_is_valid_sarif_and_json() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (format, schema) in
        [("sarif", "tests/data/sarif-schema-2.1.0.json"), ("json", "schemas/report-v1.json")]
    {
        let schema: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(root.join(schema)).unwrap()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let report =
            json(&trueup(root, &["lint", "fixtures", "--verdicts", "--report-suppressed", "-f", format]));
        let problems: Vec<String> =
            validator.iter_errors(&report).map(|problem| problem.to_string()).collect();
        assert!(problems.is_empty(), "{format}: {problems:?}");
        for category in ["naming/", "tagging/", "secrets/", "repo-separation/"] {
            assert!(report.to_string().contains(category), "{format} has nothing of {category}");
        }
    }
}

#[test]
fn suppressions_in_trueup_yaml_count_and_go_stale_too() {
    let config = "version: 1\nsuppressions:\n\
                  - {policy: secrets/k8s-env-literal, paths: [cart.yaml], reason: demo, until: 2099-12-31}\n\
                  - {policy: naming/k8s-name-pattern, reason: nothing left}\n\
                  - {policy: naming/k8s-recommended-labels, reason: old, until: 2020-01-01}\n";
    let folder = tree(&[("trueup.yaml", config), ("cart.yaml", DEPLOYMENT)]);
    let report = json(&trueup(folder.path(), &["lint", "-f", "json"]));
    assert_eq!(report["suppressed"][0]["rule"], "secrets/k8s-env-literal", "{report}");
    assert_eq!(report["suppressed"][0]["suppression"]["kind"], "configuration");
    let stale: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["file"] == "trueup.yaml")
        .map(|finding| (finding["rule"].as_str().unwrap(), finding["line"].as_u64().unwrap()))
        .collect();
    assert_eq!(stale, [("meta/unused-ignore", 4), ("meta/expired-ignore", 5)]);

    let partly = json(&trueup(folder.path(), &["lint", "-f", "json", "cart.yaml"]));
    assert!(!partly.to_string().contains("nothing in this repository"), "{partly}");
}
