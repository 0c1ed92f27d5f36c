//! What keeps a report short: baselines, comparing with a revision or the index, other settings for some
//! files, the least confidence.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/git.rs"]
mod git;
#[path = "support/run.rs"]
mod run;
#[path = "support/tree.rs"]
mod tree;

use std::fs;
use std::path::Path;
use std::process::Command;

use git::git;
use run::trueup;
use tempfile::TempDir;
use tree::{tree, write};

const SECRET: &str = "Vq7-kestrel-51";

fn deployment(name: &str, variables: &[&str]) -> String {
    let variables: String = variables
        .iter()
        .map(|variable| format!("        - name: {variable}\n          value: {SECRET}\n"))
        .collect::<Vec<_>>()
        .concat();
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  template:\n    spec:\n      \
         containers:\n      - name: main\n        env:\n{variables}"
    )
}

/// A Git repository whose only commit holds `files`.
fn repository(files: &[(&str, &str)]) -> TempDir {
    let folder = tree(files);
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-q", "--allow-empty", "-m", "first"]);
    folder
}

/// The findings as `file:line rule`, the exit code, and what was said besides.
fn lint(folder: &Path, arguments: &[&str]) -> (Vec<String>, i32, String) {
    let mut all = vec!["lint", "-f", "concise", "--select", "secrets"];
    all.extend(arguments);
    let output = trueup(folder, &all);
    let printed = String::from_utf8(output.stdout).unwrap();
    let short = |line: &str| {
        let mut parts = line.splitn(4, ':');
        let (file, at, _) = (parts.next().unwrap(), parts.next().unwrap(), parts.next());
        let rule = line.split('[').nth(1).and_then(|rest| rest.split(']').next()).unwrap();
        format!("{file}:{at} {rule}")
    };
    let noted = String::from_utf8(output.stderr).unwrap();
    (printed.lines().map(short).collect(), output.status.code().unwrap(), noted)
}

#[test]
fn a_baseline_leaves_what_is_new() {
    let folder = tree(&[("cart.yaml", &deployment("cart", &["DB_PASSWORD", "API_TOKEN"]))]);
    let created =
        trueup(folder.path(), &["baseline", "create", "--select", "secrets", "--output", "known.json"]);
    assert_eq!(created.status.code(), Some(0), "{created:?}");
    let text = fs::read_to_string(folder.path().join("known.json")).unwrap();
    assert!(!text.contains(SECRET) && text.lines().count() == 7, "{text}");
    let known = ["--baseline", "known.json"];
    assert_eq!(lint(folder.path(), &known), (vec![], 0, String::new()));

    // Lines move, items move, and one is new.
    let moved =
        format!("# one\n# two\n{}", deployment("cart", &["ADMIN_PASSWORD", "API_TOKEN", "DB_PASSWORD"]));
    write(folder.path(), "cart.yaml", &moved);
    assert_eq!(lint(folder.path(), &known).0, ["cart.yaml:14 secrets/k8s-env-literal"]);
    assert_eq!(lint(folder.path(), &["--baseline", "known.json", "--no-baseline"]).1, 2);
    assert_eq!(lint(folder.path(), &[]).0.len(), 3);

    // Of two that are alike one is known.
    write(folder.path(), "cart.yaml", &deployment("cart", &["DB_PASSWORD", "DB_PASSWORD", "API_TOKEN"]));
    assert_eq!(lint(folder.path(), &known).0.len(), 1);
    let again = trueup(folder.path(), &["baseline", "create", "--output", "known.json"]);
    assert_eq!(again.status.code(), Some(2));
}

#[test]
fn a_baseline_only_shrinks_unless_told_otherwise() {
    let folder = repository(&[
        ("trueup.yaml", "baseline: known.json\nselect: [secrets]\n"),
        ("cart.yaml", &deployment("cart", &["DB_PASSWORD", "API_TOKEN"])),
        ("web.yaml", &deployment("web", &["DB_PASSWORD"])),
    ]);
    let run = |arguments: &[&str]| trueup(folder.path(), arguments);
    assert_eq!(run(&["baseline", "create"]).status.code(), Some(0));
    assert_eq!(lint(folder.path(), &[]), (vec![], 0, String::new()));
    let old = fs::read_to_string(folder.path().join("known.json")).unwrap();

    write(folder.path(), "cart.yaml", &deployment("cart", &["NEW_PASSWORD", "API_TOKEN"]));
    fs::remove_file(folder.path().join("web.yaml")).unwrap();
    let (found, _, noted) = lint(folder.path(), &[]);
    assert_eq!(found.len(), 1);
    assert!(noted.contains("2 findings of the baseline are no more"), "{noted}");
    // A look at one file says nothing of the others, nor one at some policies of the rest.
    let (_, _, noted) = lint(folder.path(), &["cart.yaml"]);
    assert!(noted.contains("1 finding of the baseline is no more"), "{noted}");
    let output = run(&["lint", "--select", "naming", "-f", "concise"]);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");

    assert_eq!(run(&["baseline", "update"]).status.code(), Some(0));
    let shrunk = fs::read_to_string(folder.path().join("known.json")).unwrap();
    assert_eq!(shrunk.lines().count() + 2, old.lines().count(), "{shrunk}");
    assert_eq!(lint(folder.path(), &[]).0.len(), 1);
    assert_eq!(run(&["baseline", "update", "--accept-new"]).status.code(), Some(0));
    assert_eq!(lint(folder.path(), &[]), (vec![], 0, String::new()));
}

#[test]
fn formats_say_what_is_new_and_what_was_known() {
    let folder = tree(&[("cart.yaml", &deployment("cart", &["DB_PASSWORD"]))]);
    trueup(folder.path(), &["baseline", "create", "--select", "secrets", "--output", "k.json"]);
    write(folder.path(), "cart.yaml", &deployment("cart", &["DB_PASSWORD", "API_TOKEN"]));
    let run = |arguments: &[&str]| {
        let all = [&["lint", "--select", "secrets", "--baseline", "k.json"], arguments].concat();
        let output = trueup(folder.path(), &all);
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let states = |log: &serde_json::Value| -> Vec<String> {
        let results = log["runs"][0]["results"].as_array().unwrap();
        results.iter().map(|result| result["baselineState"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(states(&run(&["-f", "sarif"])), ["new"]);
    let mut all = states(&run(&["-f", "sarif", "--report-suppressed"]));
    all.sort();
    assert_eq!(all, ["new", "unchanged"]);
    let report = run(&["-f", "json"]);
    assert_eq!((report["findings"].as_array().unwrap().len(), &report["summary"]["known"]), (1, &1.into()));
    assert_eq!(report["known"][0]["line"], 12);
}

#[test]
fn only_what_is_new_since_a_revision_counts() {
    let folder = repository(&[
        ("cart.yaml", &deployment("cart", &["DB_PASSWORD"])),
        ("old/web.yaml", &deployment("web", &["DB_PASSWORD"])),
        (
            "quiet.yaml",
            &deployment("quiet", &["DB_PASSWORD"]).replace(
                "          value",
                "          # trueup: ignore[secrets/k8s-env-literal] reason=\"a test\"\n          value",
            ),
        ),
    ]);
    let base = ["--base", "HEAD"];
    assert_eq!(lint(folder.path(), &base), (vec![], 0, String::new()));

    write(
        folder.path(),
        "cart.yaml",
        &format!("# moved\n{}", deployment("cart", &["API_TOKEN", "DB_PASSWORD"])),
    );
    write(folder.path(), "new.yaml", &deployment("new", &["DB_PASSWORD"]));
    // A file that moves brings nothing new; a suppression that goes does.
    fs::create_dir(folder.path().join("apps")).unwrap();
    fs::rename(folder.path().join("old/web.yaml"), folder.path().join("apps/web.yaml")).unwrap();
    write(folder.path(), "quiet.yaml", &deployment("quiet", &["DB_PASSWORD"]));
    let expected = [
        "cart.yaml:13 secrets/k8s-env-literal",
        "new.yaml:12 secrets/k8s-env-literal",
        "quiet.yaml:12 secrets/k8s-env-literal",
    ];
    assert_eq!(lint(folder.path(), &base).0, expected);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-q", "-m", "second"]);
    assert_eq!(lint(folder.path(), &["--base", "HEAD~1"]).0, expected);
    assert_eq!(lint(folder.path(), &["--base", "HEAD~1", "new.yaml"]).0, expected[1..2]);
    assert_eq!(lint(folder.path(), &base), (vec![], 0, String::new()));

    let (_, code, noted) = lint(folder.path(), &["--base", "nowhere"]);
    assert!(code == 2 && noted.contains("`nowhere` cannot be read"), "{noted}");
    let outside = tree(&[]);
    let (_, code, noted) = lint(outside.path(), &base);
    assert!(code == 2 && noted.contains("in no Git repository"), "{noted}");
}

#[test]
fn the_index_is_judged_and_not_the_work_tree() {
    let folder = repository(&[
        ("cart.yaml", &deployment("cart", &["DB_PASSWORD"])),
        ("same.yaml", &deployment("same", &["DB_PASSWORD"])),
    ]);
    let staged = ["--staged"];
    assert_eq!(lint(folder.path(), &staged), (vec![], 0, String::new()));

    // Staged and mended since, but not staged again; and the other way round.
    write(folder.path(), "cart.yaml", &deployment("cart", &["DB_PASSWORD", "API_TOKEN"]));
    write(folder.path(), "deep/down/new.yaml", &deployment("new", &["DB_PASSWORD"]));
    git(folder.path(), &["add", "cart.yaml", "deep"]);
    write(folder.path(), "cart.yaml", &deployment("cart", &[]));
    fs::remove_dir_all(folder.path().join("deep")).unwrap();
    write(folder.path(), "same.yaml", &deployment("same", &["DB_PASSWORD", "API_TOKEN"]));
    write(folder.path(), "untracked.yaml", &deployment("untracked", &["API_TOKEN"]));
    let expected = ["cart.yaml:14 secrets/k8s-env-literal", "deep/down/new.yaml:12 secrets/k8s-env-literal"];
    let (found, code, noted) = lint(folder.path(), &staged);
    assert_eq!((found.as_slice(), code, noted.as_str()), (&expected.map(str::to_owned)[..], 1, ""));

    // The configuration is the index's as well, and so is where a repository begins.
    write(folder.path(), "trueup.yaml", "exclude: [deep/]\n");
    assert_eq!(lint(folder.path(), &staged).0.len(), 2);
    git(folder.path(), &["add", "trueup.yaml"]);
    write(folder.path(), "trueup.yaml", "exclude: ['*']\n");
    assert_eq!(lint(folder.path(), &staged).0, expected[..1]);
}

#[test]
fn the_first_commit_is_all_new() {
    let folder = tree(&[("cart.yaml", &deployment("cart", &["DB_PASSWORD"]))]);
    git(folder.path(), &["init", "-q"]);
    assert_eq!(lint(folder.path(), &["--staged"]), (vec![], 0, String::new()));
    git(folder.path(), &["add", "-A"]);
    assert_eq!(lint(folder.path(), &["--staged"]).0.len(), 1);
}

#[test]
fn a_hook_is_told_its_index() {
    let folder = repository(&[("cart.yaml", &deployment("cart", &[]))]);
    write(folder.path(), "cart.yaml", &deployment("cart", &["DB_PASSWORD"]));
    let hook = format!(
        "#!/bin/sh\nexec {} lint --staged -f concise --select secrets\n",
        env!("CARGO_BIN_EXE_trueup")
    );
    write(folder.path(), ".git/hooks/pre-commit", &hook);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder.path().join(".git/hooks/pre-commit");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        // `commit FILE` builds an index of its own, which the usual one knows nothing of.
        let output = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-m", "x", "cart.yaml"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let printed =
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success() && printed.contains("cart.yaml:12:18"), "{printed}");
    }
}

#[test]
fn a_change_reaches_the_files_it_concerns() {
    let patch = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: cart\n";
    let asked = "policies: {tagging/k8s-required-labels: {params: {required: [team]}}}\n";
    let files = [
        ("trueup.yaml", asked),
        ("kustomization.yaml", "resources: [cart.yaml]\npatches:\n- path: patch.yaml\n"),
        ("cart.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cart\n"),
        ("patch.yaml", patch),
    ];
    let folder = repository(&files);
    let run = || {
        let arguments =
            ["lint", "--base", "HEAD", "-f", "concise", "--select", "tagging/k8s-required-labels"];
        String::from_utf8(trueup(folder.path(), &arguments).stdout).unwrap()
    };
    assert_eq!(run(), "");
    // The patch does not change; that it is none any more does, and makes its labels missing.
    write(folder.path(), "kustomization.yaml", "resources: [cart.yaml, patch.yaml]\n");
    let printed = run();
    assert!(printed.starts_with("patch.yaml:") && printed.lines().count() == 1, "{printed}");
}

#[test]
fn what_depends_on_the_repository_is_judged_as_a_whole() {
    let policy = "\
apiVersion: trueup.dev/v1alpha1
kind: Policy
metadata: {name: needs-owners}
spec:
  id: acme/needs-owners
  title: Owners are named
  category: repo-separation
  severity: high
  rationale: x
  remediation: x
  match:
  - {format: kubernetes, kinds: [Namespace]}
  validations:
  - {expression: \"repo.exists('CODEOWNERS')\", message: nobody owns this}
";
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n";
    let folder = repository(&[("p/p.yaml", policy), ("ns.yaml", namespace), ("CODEOWNERS", "* a\n")]);
    let run = || {
        let arguments =
            ["lint", "--staged", "-f", "concise", "--policies", "p", "--select", "acme/needs-owners"];
        String::from_utf8(trueup(folder.path(), &arguments).stdout).unwrap()
    };
    assert_eq!(run(), "");
    git(folder.path(), &["rm", "-q", "CODEOWNERS"]);
    let printed = run();
    assert!(printed.starts_with("ns.yaml:"), "{printed}");
}

/// Whether a rule is about an encrypted file stands in a file that nobody has touched. The policies that are on by
/// default look at no other file because of a new one.
#[test]
fn a_new_file_has_few_others_judged_again() {
    let rules = "creation_rules:\n- path_regex: ^prod/\n  age: age1x\n";
    let folder = repository(&[
        ("trueup.yaml", "repo: {role: gitops}\n"),
        (".sops.yaml", rules),
        ("cart.yaml", &deployment("cart", &["DB_PASSWORD"])),
    ]);
    write(folder.path(), "prod/cart.sops.yaml", "{}");
    write(folder.path(), "dev/cart.sops.yaml", "{}");
    git(folder.path(), &["add", "-A"]);
    let staged = trueup(folder.path(), &["lint", "--staged", "-f", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&staged.stdout).unwrap();
    assert_eq!(report["summary"]["files"], 3, "{report}");
    assert_eq!(lint(folder.path(), &["--staged"]).0, [".sops.yaml:1 secrets/sops-path-regex"]);
}

/// What a template's resources are tagged with may stand in another file.
#[test]
fn tags_of_stacks_count_where_only_some_files_are_judged() {
    let folder = repository(&[
        ("trueup.yaml", "policies: {tagging/required-tags: {params: {required: [Owner]}}}\n"),
        ("template.yaml", "Resources:\n  Queue: {Type: 'AWS::SQS::Queue'}\n"),
        ("other/template.yaml", "Resources:\n  Queue: {Type: 'AWS::SQS::Queue'}\n"),
        ("samconfig.toml", "[default.deploy.parameters]\nstack_name = 'shop'\ntags = 'Owner=cart'\n"),
    ]);
    let check = || {
        let arguments = ["lint", "--base", "HEAD", "-f", "concise", "--select", "tagging/required-tags"];
        String::from_utf8(trueup(folder.path(), &arguments).stdout).unwrap()
    };
    assert_eq!(check(), "");
    write(folder.path(), "samconfig.toml", "[default.deploy.parameters]\nstack_name = 'shop'\n");
    let found = check();
    assert!(found.starts_with("template.yaml:2:") && found.lines().count() == 1, "{found}");
}

/// A second owner of an object stands in another file than the first, which nobody has touched.
#[test]
fn what_else_is_applied_counts_where_only_some_files_are_judged() {
    let kustomization = |name: &str, path: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}, namespace: \
             flux-system}}\nspec: {{path: {path}, sourceRef: {{kind: GitRepository, name: flux-system}}}}\n"
        )
    };
    let sync = kustomization("flux-system", "./clusters/prod");
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cart, namespace: shop}\n";
    let folder = repository(&[
        ("clusters/prod/flux-system/gotk-sync.yaml", &sync),
        ("clusters/prod/apps.yaml", &kustomization("apps", "./apps")),
        ("apps/cart.yaml", config),
        ("infra/dns.yaml", &config.replace("cart", "dns")),
    ]);
    let check = || {
        let arguments = ["lint", "--staged", "-f", "concise", "--select", "gitops/duplicate-resource"];
        String::from_utf8(trueup(folder.path(), &arguments).stdout).unwrap()
    };
    assert_eq!(check(), "");
    write(folder.path(), "infra/cart.yaml", config);
    write(folder.path(), "clusters/prod/infra.yaml", &kustomization("infra", "./infra"));
    git(folder.path(), &["add", "-A"]);
    let found = check();
    assert!(found.contains("apps/cart.yaml:3:18: high[gitops/duplicate-resource]"), "{found}");
    assert!(found.contains("infra/cart.yaml:3:18: high[gitops/duplicate-resource]"), "{found}");
}

#[test]
fn settings_may_differ_by_path() {
    let config = "\
select: [secrets]
overrides:
- paths: [dev/, 'scratch/**']
  policies:
    secrets/k8s-env-literal: {severity: low}
- paths: [scratch/]
  policies:
    secrets/k8s-env-literal: {enabled: false}
";
    let text = deployment("cart", &["DB_PASSWORD"]);
    let folder = tree(&[
        ("trueup.yaml", config),
        ("dev/cart.yaml", &text),
        ("prod/cart.yaml", &text),
        ("scratch/cart.yaml", &text),
    ]);
    let run = |arguments: &[&str]| {
        let all = [&["lint", "-f", "concise"], arguments].concat();
        String::from_utf8(trueup(folder.path(), &all).stdout).unwrap()
    };
    let found = run(&[]);
    let severities: Vec<&str> = found.lines().map(|line| line.split('[').next().unwrap()).collect();
    assert_eq!(severities, ["dev/cart.yaml:12:18: low", "prod/cart.yaml:12:18: high"], "{found}");

    for (config, message) in [
        ("overrides:\n- policies: {}\n", "an override needs `paths`"),
        (
            "overrides:\n- {paths: [a], policies: {secrets/k8s-env-litral: {enabled: false}}}\n",
            "did you mean",
        ),
        (
            "overrides:\n- paths: [a]\n  policies: {naming/k8s-name-pattern: {params: {patern: x}}}\n",
            "3:49: the policy has no parameter",
        ),
    ] {
        write(folder.path(), "trueup.yaml", config);
        let output = trueup(folder.path(), &["lint"]);
        let noted = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && noted.contains(message), "{noted}");
    }
}

#[test]
fn policies_below_the_least_confidence_do_not_run() {
    let policy = |name: &str, confidence: &str| {
        format!(
            "apiVersion: trueup.dev/v1alpha1\nkind: Policy\nmetadata: {{name: {name}}}\nspec:\n  id: acme/{name}\n  \
             title: t\n  category: naming\n  severity: high\n  confidence: {confidence}\n  rationale: x\n  \
             remediation: x\n  match: [{{format: kubernetes}}]\n  validations: [{{expression: 'false'}}]\n"
        )
    };
    let policies = format!("{}---\n{}", policy("sure", "high"), policy("unsure", "medium"));
    let folder = tree(&[("p/p.yaml", &policies), ("cart/cart.yaml", &deployment("cart", &[]))]);
    let run = |arguments: &[&str]| {
        let all = [&["lint", "cart", "-f", "concise", "--no-builtin", "--policies", "p"], arguments].concat();
        String::from_utf8(trueup(folder.path(), &all).stdout).unwrap().lines().count()
    };
    assert_eq!((run(&[]), run(&["--min-confidence", "high"]), run(&["--min-confidence", "low"])), (2, 1, 2));
    write(folder.path(), "trueup.yaml", "minConfidence: high\n");
    assert_eq!((run(&[]), run(&["--min-confidence", "low"])), (1, 2));
}

#[test]
fn tests_and_examples_fail_no_run() {
    let text = deployment("cart", &["DB_PASSWORD"]);
    let files = [("apps/cart.yaml", &*text), ("apps/tests/cart.yaml", &text), ("docs/cart.yaml", &text)];
    let folder = repository(&files);
    let run = |arguments: &[&str]| {
        let all = [&["lint", "-f", "concise", "--select", "secrets"], arguments].concat();
        let output = trueup(folder.path(), &all);
        let printed = String::from_utf8(output.stdout).unwrap();
        let short = |line: &str| line.split('[').next().unwrap().replace(":12:18", "");
        (printed.lines().map(short).collect::<Vec<_>>(), output.status.code().unwrap())
    };
    let (high, low) = (["apps/cart.yaml: high"], ["apps/tests/cart.yaml: low", "docs/cart.yaml: low"]);
    assert_eq!(run(&[]), ([&high[..], &low].concat().iter().map(|&it| it.to_owned()).collect(), 1));
    assert_eq!(run(&["docs/cart.yaml"]), (vec!["docs/cart.yaml: low".to_owned()], 0));
    // Who names the folder means what is in it.
    assert_eq!(run(&["docs"]), (vec!["docs/cart.yaml: high".to_owned()], 1));

    let config = "\
lowSeverityPaths: [apps/cart.yaml, docs/]
overrides:
- paths: [docs/]
  policies:
    secrets/k8s-env-literal: {severity: critical}
";
    write(folder.path(), "trueup.yaml", config);
    let severities = ["apps/cart.yaml: low", "apps/tests/cart.yaml: high", "docs/cart.yaml: critical"];
    assert_eq!(run(&[]).0, severities);
}
