//! A secret's text leaves the process in no format, wherever it stands.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/run.rs"]
mod run;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use run::trueup;

/// Where a secret may stand: a file's name, and its text with `%` for the secret and `^` for its base64.
const PLACES: &[(&str, &str)] = &[
    (
        "secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  pw: \"%\"\ndata:\n  old: ^\n",
    ),
    (
        "flow.yaml",
        "{apiVersion: v1, kind: Secret, metadata: {name: db}, stringData: {pw: \"%\"}, data: {a: ^}}\n",
    ),
    (
        "deployment.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: Web_App\nspec:\n  template:\n    spec:\n      \
         containers:\n      - name: main\n        args: [\"--password=%\", --token, \"%\"]\n        env:\n        \
         - {name: DB_PASSWORD, value: \"%\"}\n        - {name: db-password, value: \"%\"}\n        - name: bad-name\n          value: \"password=%\"\n",
    ),
    (
        "config.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  password: \"%\"\n  app.properties: |\n    \
         db.password=%\n  app.json: '{\"password\": \"%\"}'\n",
    ),
    (
        "template.yaml",
        "Parameters:\n  Pw: {Type: String, NoEcho: true, Default: \"%\"}\nResources:\n  Db:\n    Type: \
         AWS::RDS::DBInstance\n    Properties:\n      MasterUserPassword: \"%\"\n  Vm:\n    Type: \
         AWS::EC2::Instance\n    Properties:\n      UserData:\n        Fn::Base64: !Sub |\n          export \
         DB_PASSWORD=%\nOutputs:\n  Pw: {Value: \"%\"}\n",
    ),
    ("broken.yaml", "apiVersion: v1\nkind: Secret\nstringData:\n  password: \"%\n"),
    (
        "twice.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  pw: \"%\"\n  pw: \"%\"\n",
    ),
    ("values.yaml", "auth:\n  password: \"%\"\n"),
    ("deploy.sh", "export DB_PASSWORD='%'\ncurl -u admin:% https://shop.example\npsql postgres://a:%@db/x\n"),
    (".env", "DB_PASSWORD=%\n"),
    (
        "kustomization.yaml",
        "resources: [secret.yaml]\nsecretGenerator:\n- name: s\n  literals: [\"password=%\"]\n",
    ),
    ("trueup.yaml", "baseline: known.json\n"),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_output_holds_a_secret(secret in "[A-Za-z][A-Za-z0-9!&+=~]{6,14}[0-9][A-Za-z0-9]{4,20}") {
        let encoded = base64(&secret);
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in PLACES {
            let text = text.replace('%', &secret).replace('^', &encoded);
            fs::write(folder.path().join(name), text).unwrap();
        }
        let mut outputs = Vec::new();
        for format in ["text", "concise", "json", "sarif", "github"] {
            let arguments =
                ["lint", "-vv", "--no-baseline", "--secrets-in", "all", "--verdicts", "--report-suppressed", "-f", format];
            outputs.push((format, said(folder.path(), &arguments)));
        }
        outputs.push(("baseline", said(folder.path(), &["baseline", "create", "--secrets-in", "all"])));
        outputs.push(("file", fs::read_to_string(folder.path().join("known.json")).unwrap()));
        outputs.push(("known", said(folder.path(), &["lint", "-f", "json", "--secrets-in", "all"])));
        prop_assert!(outputs[0].1.contains("secrets/k8s-plaintext-secret"), "{}", outputs[0].1);
        for (name, output) in outputs {
            let leaks = output.lines().find(|line| line.contains(&secret) || line.contains(&encoded));
            prop_assert!(leaks.is_none(), "{name}: {leaks:?}");
        }
    }
}

/// Everything the command writes.
fn said(folder: &Path, arguments: &[&str]) -> String {
    let output = trueup(folder, arguments);
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
