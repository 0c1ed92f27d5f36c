//! What policies know besides the resource at hand, through the command: other objects of the tree, the
//! organization's tag policies, and the role of the repository.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/run.rs"]
mod run;
#[path = "support/tree.rs"]
mod tree;

use std::process::Output;

use run::trueup;
use tree::tree as folder;

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const SERVICE: &str =
    "apiVersion: v1\nkind: Service\nmetadata: {name: cart}\nspec: {selector: {app: carts}}\n";
const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\nspec:\n  template:\n    metadata: {labels: {app: cart}}\n    spec: {containers: [{name: cart}]}\n";

#[test]
fn other_files_are_looked_at_and_absence_counts_only_when_all_are_read() {
    let select = ["lint", "-f", "concise", "--select", "gitops/k8s-dangling-selector", "."];
    let files = [
        ("trueup.yaml", "version: 1\nrepo:\n"),
        ("a/service.yaml", SERVICE),
        ("b/deployment.yaml", DEPLOYMENT),
    ];
    let whole = folder(&files);
    let output = trueup(whole.path(), &select);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(stdout(&output).starts_with("a/service.yaml:4:"), "{output:?}");

    let fixed = SERVICE.replace("carts", "cart");
    let right = folder(&[files[0], ("a/service.yaml", fixed.as_str()), files[2]]);
    assert_eq!(trueup(right.path(), &select).status.code(), Some(0));

    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: carts}\n";
    let charts = folder(&[files[0], files[1], files[2], ("c/release.yaml", release)]);
    let output = trueup(charts.path(), &select);
    assert_eq!(output.status.code(), Some(0), "a chart may start the pods: {output:?}");

    let part = trueup(&whole.path().join("a"), &select);
    assert_eq!(part.status.code(), Some(0), "only a part of the tree is read: {part:?}");
}

#[test]
fn tag_policies_of_the_organization_hold_for_templates() {
    let template = "Resources:\n  Artifacts:\n    Type: AWS::S3::Bucket\n    Properties:\n      Tags: [{Key: env, Value: qa}]\n";
    let root = r#"{"tags": {"env": {"tag_key": {"@@assign": "env"}, "tag_value": {"@@assign": ["dev"]}}}}"#;
    let unit = r#"{"tags": {"env": {"tag_value": {"@@append": ["prod"]}}}}"#;
    let config = "version: 1\nrepo:\ntagPolicies: [org/root.json, org/unit.json]\n";
    let files =
        [("trueup.yaml", config), ("org/root.json", root), ("org/unit.json", unit), ("stack.yaml", template)];
    let select = ["lint", "-f", "concise", "--select", "tagging/org-tag-policy", "."];
    let output = trueup(folder(&files).path(), &select);
    assert!(stdout(&output).contains("may not be `qa` by the tag policy: dev, prod"), "{output:?}");

    let broken = folder(&[
        files[0],
        files[1],
        ("org/unit.json", "{\"tags\": {\"env\": {\"tag_valeu\": []}}}"),
        files[3],
    ]);
    let output = trueup(broken.path(), &select);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("org/unit.json:1:19") && message.contains("tag_value"), "{message}");
}

#[test]
fn tags_of_a_stack_count_for_its_template() {
    let sam = "[prod.deploy.parameters]\nstack_name = 'cart'\ntags = 'Owner=cart'\n";
    let template = "AWSTemplateFormatVersion: '2010-09-09'\nResources: {B: {Type: 'AWS::S3::Bucket'}}\n";
    let config = "repo:\npolicies:\n  tagging/required-tags: {params: {required: [Owner, Env]}}\naudit:\n  aws:\n    \
         stacks: [{name: logs, template: logs.yaml, tags: {Env: prod}}]\n";
    let folder = folder(&[
        ("trueup.yaml", config),
        ("cart/samconfig.toml", sam),
        ("cart/template.yaml", template),
        ("logs.yaml", template),
    ]);
    let select = ["lint", "-f", "concise", "--select", "tagging/required-tags"];
    let cart = "cart/template.yaml:2:13: high[tagging/required-tags] AWS::S3::Bucket `B` lacks tags: Env\n";
    let logs = "logs.yaml:2:13: high[tagging/required-tags] AWS::S3::Bucket `B` lacks tags: Owner\n";
    assert_eq!(stdout(&trueup(folder.path(), &select)), format!("{cart}{logs}"));
    // Whichever file is asked for.
    let one = [&select[..], &["cart/template.yaml"]].concat();
    assert_eq!(stdout(&trueup(folder.path(), &one)), cart);
}

#[test]
fn repo_prints_what_a_repository_was_taken_for() {
    let declared = folder(&[
        ("trueup.yaml", "version: 1\nrepo: {role: manifests, name: shop}\n"),
        ("cart.yaml", DEPLOYMENT),
    ]);
    let output = trueup(declared.path(), &["repo"]);
    let text = stdout(&output);
    assert!(text.contains("shop\n  role     manifests (declared in trueup.yaml)"), "{text}");
    let inferred = folder(&[("a.yaml", DEPLOYMENT), ("b.yaml", SERVICE), ("c.yaml", SERVICE)]);
    let json: serde_json::Value =
        serde_json::from_slice(&trueup(inferred.path(), &["repo", "--json"]).stdout).unwrap();
    assert_eq!(json[0]["role"], "manifests");
    assert_eq!(json[0]["roleSource"], "inferred");
    assert!(json[0]["roleConfidence"].as_f64().unwrap() > 0.5);
    assert_eq!(json[0]["classes"]["manifest"], 3);
}

#[test]
fn what_is_not_decided_is_named_with_the_line_of_the_value_that_is_not_known() {
    let template = "Parameters:\n  Stage: {Type: String}\nResources:\n  Invoices:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: !Sub shop-${Stage}\n";
    let policy = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: replicas}\nspec:\n  matchConstraints:\n    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]\n  validations: [{expression: object.spec.replicas < 5}]\n";
    let binding = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {name: replicas}\nspec: {policyName: replicas, validationActions: [Deny]}\n";
    let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\nspec: {path: ./apps, postBuild: {substitute: {a: b}}}\n";
    let deployment =
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: cart\nspec:\n  replicas: ${REPLICAS}\n";
    let folder = folder(&[
        ("trueup.yaml", "version: 1\nrepo:\n"),
        ("stack.yaml", template),
        ("policy.yaml", &format!("{policy}---\n{binding}")),
        ("flux.yaml", flux),
        ("apps/cart.yaml", deployment),
    ]);
    let select = ["--select", "naming/aws-resource-name-pattern,vap/*", "."];
    let text = trueup(folder.path(), &[&["lint", "-v"], &select[..]].concat());
    let text = stdout(&text);
    for line in [
        "  naming/aws-resource-name-pattern: a value it needs is not known here (unknown, 1 resource, at stack.yaml:7)\n",
        "  vap/replicas: a value it needs is not known here (unknown, 1 resource, at apps/cart.yaml:6)\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let json = trueup(folder.path(), &[&["lint", "-f", "json"], &select[..]].concat());
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["undecided"][0]["line"], 7);
    assert_eq!(json["undecided"][1]["file"], "apps/cart.yaml");
}

#[test]
fn files_of_addresses_are_looked_through_without_being_asked_for() {
    let address = "https://ci:fecJUyGT1x@git.example.com/acme/shop";
    let module = format!("[submodule \"shop\"]\n\tpath = shop\n\turl = {address}\n");
    let folder = folder(&[
        ("trueup.yaml", "version: 1\n"),
        (".gitmodules", &module),
        ("app/requirements.txt", &format!("shop @ git+{address}\n")),
        ("app/requirements-dev.txt", &format!("--extra-index-url {address}\n")),
        ("app/notes.txt", address),
    ]);
    let select = ["lint", "-f", "concise", "--select", "secrets", "."];
    let lines = |output: &Output| {
        let printed = stdout(output);
        assert!(!printed.contains("fecJUyGT1x"), "{printed}");
        printed.lines().filter_map(|line| Some(line.split_once(": ")?.0.to_owned())).collect::<Vec<_>>()
    };
    let (dev, list) = ("app/requirements-dev.txt:1:30", "app/requirements.txt:1:23");
    assert_eq!(lines(&trueup(folder.path(), &select)), [".gitmodules:3:19", dev, list]);
    let everywhere = trueup(folder.path(), &[&select[..], &["--secrets-in", "all"]].concat());
    assert_eq!(lines(&everywhere), [".gitmodules:3:19", "app/notes.txt:1:12", dev, list]);
}

#[test]
fn a_secret_in_a_text_is_pointed_at_where_it_reads_as_it_is_written() {
    let key = "-----BEGIN PRIVATE KEY-----";
    let body = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgF3m9Zq2kLw8Xc7Rv\\n-----END PRIVATE KEY-----";
    let lines = |indent: &str| format!("{key}\\n{body}\n").replace("\\n", &format!("\n{indent}"));
    let config = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: cart}}\ndata:\n  block: |\n\n    # of cart\n    {}  deep: \
         |2\n      a:\n        {}  quoted: \"# of cart\\n{key}\\n{body}\"\n",
        lines("    "),
        lines("        ")
    );
    let folder = folder(&[
        ("trueup.yaml", "version: 1\n"),
        ("cart.yaml", &config),
        ("windows.yaml", &config.replace('\n', "\r\n")),
    ]);
    let select = ["lint", "-f", "concise", "--select", "secrets/k8s-configmap", "."];
    let printed = stdout(&trueup(folder.path(), &select));
    assert!(!printed.contains("MIGH"), "{printed}");
    let places: Vec<_> = printed.lines().filter_map(|line| line.split_once(": ")).map(|(at, _)| at).collect();
    // In quotes the lines are escaped, and the value as a whole is shown.
    let expected = ["8:5", "13:9", "16:11"];
    let of = |file: &str| expected.map(|at| format!("{file}:{at}"));
    assert_eq!(places, [of("cart.yaml"), of("windows.yaml")].concat());
}

#[test]
fn policies_that_are_off_are_known_all_the_same() {
    let accepted = "# trueup: ignore[gitops/flux-prune] reason=\"tests\"\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n";
    let policy = std::fs::read_to_string("policies/gitops/flux-prune.yaml").unwrap();
    let folder = folder(&[("trueup.yaml", "version: 1\n"), ("a.yaml", accepted), ("own/p.yaml", &policy)]);
    let plain = trueup(folder.path(), &["lint", "-f", "concise", "a.yaml"]);
    assert_eq!((stdout(&plain).as_str(), plain.status.code()), ("", Some(0)), "{plain:?}");
    let twice = trueup(folder.path(), &["lint", "--policies", "own", "a.yaml"]);
    assert_eq!(twice.status.code(), Some(2), "{twice:?}");
    let said = String::from_utf8_lossy(&twice.stderr).into_owned();
    assert!(said.contains("there is another policy with the id `gitops/flux-prune`"), "{said}");
}
