//! Kyverno's policies as one writes them, judged without a cluster.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/run.rs"]
mod run;

use std::fs;

use bumpalo::Bump;
use run::trueup;
use trueup::model::Document;
use trueup::platform;
use trueup::policy::native::kyverno::answers::Answers;
use trueup::policy::native::{self, Case, Input, Loaded, Subject};
use trueup::syntax;

/// A policy of the newer kind with these validations.
fn validating(spec: &str) -> String {
    format!(
        "apiVersion: policies.kyverno.io/v1\nkind: ValidatingPolicy\nmetadata: {{name: p}}\nspec:\n  \
         matchConstraints:\n    resourceRules:\n    - {{apiGroups: [''], apiVersions: [v1], \
         operations: [CREATE], resources: [pods]}}\n{spec}"
    )
}

/// A policy of the older kind with one rule about Pods.
fn cluster(rule: &str) -> String {
    format!(
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {{name: p}}\nspec:\n  rules:\n  - name: r\n{rule}"
    )
}

const POD: &str = "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: n, labels: {x: y}}, spec: {hostNetwork: true}}";
const DEPLOYMENT: &str = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, namespace: n}, \
                          spec: {template: {spec: {hostNetwork: true}}}}";
const CRON_JOB: &str = "{apiVersion: batch/v1, kind: CronJob, metadata: {name: a, namespace: n}, \
                        spec: {jobTemplate: {spec: {template: {spec: {hostNetwork: true}}}}}}";
const NO_HOST: &str = "  validations:\n  - expression: '!object.spec.?hostNetwork.orValue(false)'\n";

fn load(policies: &str) -> Loaded {
    let parsed = syntax::for_file("p.yaml").unwrap().parse(policies);
    assert!(!parsed.has_parse_error(), "{policies}: {:?}", parsed.problems);
    let documents = parsed.documents.into_iter().map(Document::into_owned);
    let inputs = documents.map(|document| Input { file: "p.yaml".into(), document }).collect();
    let loaded = native::load(inputs);
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    loaded
}

/// The verdict of every policy that is about the object, by the name of its rule.
fn judge(loaded: &Loaded, object: &str) -> Vec<String> {
    let parsed = syntax::for_file("o.yaml").unwrap().parse(object);
    let mut documents = parsed.documents;
    let platform = platform::recognise("o.yaml", &documents[0]).unwrap();
    platform.prepare(&mut documents[0]);
    let mut resources = Vec::new();
    platform.resources(&documents[0], &mut resources);
    let (subject, arena) = (Subject::created(&resources[0]), Bump::new());
    let named = |policy: &native::NativePolicy| {
        let judgement = policy.judge(&Case::new(subject, &loaded.world, &arena))?;
        let name = policy.rule_name.as_deref().unwrap_or("p");
        Some(format!("{name} {}", judgement.verdict.as_str()))
    };
    loaded.policies.iter().filter_map(named).collect()
}

#[test]
fn a_policy_about_pods_is_about_what_makes_them() {
    let loaded = load(&validating(NO_HOST));
    assert_eq!(judge(&loaded, POD), ["p fail"]);
    assert_eq!(judge(&loaded, DEPLOYMENT), ["autogen fail"]);
    assert_eq!(judge(&loaded, CRON_JOB), ["autogen-cronjob fail"]);
    let some = "  autogen: {podControllers: {controllers: [cronjobs]}}\n";
    let loaded = load(&validating(&format!("{some}{NO_HOST}")));
    assert!(judge(&loaded, DEPLOYMENT).is_empty());
    assert_eq!(judge(&loaded, CRON_JOB), ["autogen-cronjob fail"]);
}

#[test]
fn rules_are_derived_unless_the_match_says_more_than_pods() {
    let check =
        "    validate: {cel: {expressions: [{expression: '!object.spec.?hostNetwork.orValue(false)'}]}}\n";
    let loaded = load(&cluster(&format!("    match: {{any: [{{resources: {{kinds: [Pod]}}}}]}}\n{check}")));
    assert_eq!(judge(&loaded, POD), ["r fail"]);
    assert_eq!(judge(&loaded, DEPLOYMENT), ["autogen-r fail"]);
    assert_eq!(judge(&loaded, CRON_JOB), ["autogen-cronjob-r fail"]);
    let loaded = load(&cluster(&format!(
        "    match: {{any: [{{resources: {{kinds: [Pod], names: [a]}}}}]}}\n{check}"
    )));
    assert_eq!(judge(&loaded, POD), ["r fail"]);
    assert!(judge(&loaded, DEPLOYMENT).is_empty());
}

#[test]
fn match_and_exclude_are_understood() {
    let about = |blocks: &str| {
        let check = "    validate: {cel: {expressions: [{expression: 'false'}]}}\n";
        judge(&load(&cluster(&format!("{blocks}{check}"))), POD)
    };
    for blocks in [
        "    match: {resources: {kinds: [v1/Pod], namespaces: ['n*']}}\n",
        "    match: {all: [{resources: {kinds: ['*/v1/P*'], selector: {matchLabels: {x: y}}}}]}\n",
        "    match: {any: [{resources: {kinds: [Service]}}, {resources: {kinds: [Pod], operations: [CREATE]}}]}\n",
        "    match: {resources: {kinds: [Pod]}}\n    exclude: {any: [{resources: {namespaces: [kube-*]}}]}\n",
    ] {
        assert_eq!(about(blocks), ["r fail"], "{blocks}");
    }
    for blocks in [
        "    match: {resources: {kinds: [Pod/exec]}}\n",
        "    match: {resources: {kinds: [apps/v1/Pod]}}\n",
        "    match: {resources: {kinds: [Pod], annotations: {a: '*'}}}\n",
        "    match: {resources: {kinds: [Pod], operations: [DELETE]}}\n",
        "    match: {resources: {kinds: [Pod]}}\n    exclude: {any: [{resources: {names: [a]}}]}\n",
    ] {
        assert!(about(blocks).is_empty(), "{blocks}");
    }
    // Who asks is in no file.
    let blocks = "    match: {resources: {kinds: [Pod]}}\n    exclude: {any: [{clusterRoles: [admin]}]}\n";
    assert_eq!(about(blocks), ["r unknown"]);
}

#[test]
fn exceptions_of_both_groups_count() {
    let rule = "    match: {any: [{resources: {kinds: [Pod]}}]}\n    validate: {cel: {expressions: [{expression: 'false'}]}}\n";
    let exception =
        |body: &str| format!("---\napiVersion: kyverno.io/v2\nkind: PolicyException\nspec: {body}\n");
    let of = |body: &str| judge(&load(&(cluster(rule) + &exception(body))), POD);
    assert_eq!(
        of("{exceptions: [{policyName: p, ruleNames: ['r*']}], match: {any: [{resources: {names: [a]}}]}}"),
        ["r skip"]
    );
    assert_eq!(
        of(
            "{exceptions: [{policyName: p, ruleNames: [autogen-r]}], match: {any: [{resources: {names: [a]}}]}}"
        ),
        ["r fail"]
    );
    let newer = "---\napiVersion: policies.kyverno.io/v1\nkind: PolicyException\nspec:\n  \
                 policyRefs: [{name: p, kind: ValidatingPolicy}]\n  \
                 matchConditions: [{name: c, expression: \"object.metadata.name == 'a'\"}]\n";
    assert_eq!(judge(&load(&(validating(NO_HOST) + newer)), POD), ["p skip"]);
}

#[test]
fn functions_of_kyverno_answer() {
    let holds = |expression: &str, others: &str| {
        let spec = format!("  validations:\n  - expression: |-\n      {expression}\n");
        judge(&load(&(validating(&spec) + others)), POD)
    };
    for expression in [
        "image('redis').repository() == 'library/redis' && parseImageReference('a.io/bb:1').tag == '1'",
        "parseServiceAccount('system:serviceaccount:n:robot').Name == 'robot'",
        "json.unmarshal('{\"a\": [1, 2.5]}').a[0] == 1 && json.marshal({'b': [true, null]}) == '{\"b\":[true,null]}'",
        "sha256('') == 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'",
        "sha1('') == 'da39a3ee5e6b4b0d3255bfef95601890afd80709' && md5('') == 'd41d8cd98f00b204e9800998ecf8427e'",
        "math.round(2.346, 2) == 2.35 && time.now() > timestamp('2020-01-01T00:00:00Z')",
        "time.truncate(timestamp('2025-01-02T03:45:27Z'), duration('1h')) == timestamp('2025-01-02T03:00:00Z')",
        "time.toCron(timestamp('2025-01-02T15:30:00Z')) == '30 15 2 1 4'",
        "listObjToMap([{'k': 'a'}], [{'v': 1}], 'k', 'v') == {'a': 1}",
    ] {
        assert_eq!(holds(expression, ""), ["p pass"], "{expression}");
    }
    let lookup = "resource.Get('v1', 'configmaps', 'n', 'm').data.a == 'b'";
    let map = "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: m, namespace: n}, data: {a: b}}\n";
    assert_eq!(holds(lookup, map), ["p pass"]);
    let admission = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\n\
                     metadata: {name: v}\nspec: {validations: [{expression: \"sha1('') != ''\"}]}\n";
    assert_eq!(load(admission).not_evaluated.len(), 1, "the API server has none of these functions");
    for unknown in
        [lookup, "http.Get('https://example.com').ok", "resource.List('v1', 'pods', '').items == []"]
    {
        assert_eq!(holds(unknown, ""), ["p unknown"], "{unknown}");
    }
}

#[test]
fn an_exception_may_let_single_values_pass() {
    let pod = |images: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: a, namespace: n}}, spec: {{containers: [{images}]}}}}"
        )
    };
    let policy = validating(
        "  validations:\n  - expression: >-\n      images.containers.all(i, i.startsWith('ghcr.io/acme/') || i in exceptions.allowedImages)\n",
    );
    let exception = "---\napiVersion: policies.kyverno.io/v1\nkind: PolicyException\nmetadata: {name: e}\nspec:\n  \
                     policyRefs: [{name: p, kind: ValidatingPolicy}]\n  images: ['quay.io/tools/curl:8']\n  \
                     matchConditions: [{name: c, expression: \"object.metadata.namespace == 'n'\"}]\n";
    let (ours, tool) = ("{name: a, image: 'ghcr.io/acme/a:1'}", "{name: b, image: 'quay.io/tools/curl:8'}");
    let (without, with) = (load(&policy), load(&format!("{policy}{exception}")));
    assert_eq!(judge(&without, &pod(ours)), ["p pass"]);
    assert_eq!(judge(&without, &pod(&format!("{ours}, {tool}"))), ["p fail"]);
    assert_eq!(judge(&with, &pod(&format!("{ours}, {tool}"))), ["p pass"]);
    assert_eq!(judge(&with, &pod("{name: c, image: 'quay.io/other:1'}")), ["p fail"]);
    assert_eq!(judge(&with, &pod("{name: c, image: '${IMAGE}'}")), ["p unknown"]);
    let deployment = pod(tool)
        .replace("v1, kind: Pod", "apps/v1, kind: Deployment")
        .replace("spec: {containers", "spec: {template: {spec: {containers")
        .replace("]}}", "]}}}}");
    assert_eq!(judge(&without, &deployment), ["autogen fail"]);
}

#[test]
fn a_suite_answers_for_the_network_and_the_cluster() {
    let suite = "
apiCallResponses:
- {url: 'https://teams.example.com/a', response: {statusCode: 201, body: {team: shop}}}
- {url: 'https://teams.example.com/b', method: POST, response: {body: [1, 2]}}
globalContextEntries:
- {name: limits, data: {spec: {most: 3}}, fieldPath: spec, projections: [{name: top, path: most}]}
- {name: pods, resources: [{metadata: {name: x}}, {metadata: {name: y}}]}
";
    let context = "{spec: {resources: [{apiVersion: v1, kind: Service, metadata: {name: s, namespace: n, labels: {a: b}}}], \
                   images: [{image: 'ghcr.io/acme/a:1', config: {user: app}}]}}";
    let document = |text: &str| {
        let parsed = syntax::for_file("x.yaml").unwrap().parse(text);
        parsed.documents.into_iter().next().map(Document::into_owned)
    };
    let holds = |expression: &str, answers: Answers| {
        let mut loaded =
            load(&validating(&format!("  validations:\n  - expression: |-\n      {expression}\n")));
        loaded.world.provider = Some(Box::new(answers));
        judge(&loaded, POD)
    };
    for (expression, verdict) in [
        ("http.Get('https://teams.example.com/a').team == 'shop'", "p pass"),
        ("http.Get('https://teams.example.com/a', {'a': 'b'}).statusCode == 201", "p pass"),
        ("http.Client('pem').Get('https://teams.example.com/a').team == 'other'", "p fail"),
        ("http.Post('https://teams.example.com/b', {'x': 1}) == [1, 2]", "p pass"),
        // Who answers POST does not answer GET.
        ("http.Get('https://teams.example.com/b') == [1, 2]", "p unknown"),
        ("globalContext.Get('limits', '').most == 3 && globalContext.Get('limits', 'top') == 3", "p pass"),
        ("globalContext.Get('pods', '').map(p, p.metadata.name) == ['x', 'y']", "p pass"),
        ("globalContext.Get('others', '') == 1", "p unknown"),
        ("resource.List('v1', 'services', '').items.size() == 1", "p unknown"),
    ] {
        let answers = Answers { suite: document(suite), context: None };
        assert_eq!(holds(expression, answers), [verdict], "{expression}");
    }
    for (expression, verdict) in [
        ("resource.List('v1', 'services', 'n', {'a': 'b'}).items.size() == 1", "p pass"),
        ("resource.List('v1', 'services', 'n', {'a': 'c'}).items.size() == 0", "p pass"),
        ("resource.Get('v1', 'services', 'n', 's').metadata.labels.a == 'b'", "p pass"),
        ("resource.Get('v1', 'services', 'n', 't').metadata.labels.a == 'b'", "p fail"),
        ("image.GetMetadata('ghcr.io/acme/a:1').config.user == 'app'", "p pass"),
        ("image.GetMetadata('ghcr.io/acme/b:1').config.user == 'app'", "p fail"),
        ("resource.Post('v1', 'services', {}) == {}", "p unknown"),
    ] {
        let answers = Answers { context: document(context), suite: None };
        assert_eq!(holds(expression, answers), [verdict], "{expression}");
    }
}

#[test]
fn what_is_no_judgement_in_cel_is_listed() {
    let loaded = load(
        &(cluster("    match: {}\n    mutate: {}\n")
            + "---\n{apiVersion: policies.kyverno.io/v1, kind: GeneratingPolicy, metadata: {name: g}}\n---\n"
            + &validating("  validations:\n  - expression: random() == ''\n")),
    );
    assert!(loaded.policies.is_empty());
    let refused: Vec<_> = loaded.not_evaluated.iter().map(|refused| refused.policy.as_str()).collect();
    assert_eq!(refused, ["ClusterPolicy p/r", "GeneratingPolicy g", "ValidatingPolicy p"]);
}

#[test]
fn json_mode_is_about_documents_of_every_format() {
    let policy = "apiVersion: policies.kyverno.io/v1\nkind: ValidatingPolicy\nmetadata: {name: p}\nspec:\n  \
                  evaluation: {mode: JSON}\n  matchConditions: [{name: c, expression: has(object.Resources)}]\n  \
                  validations: [{expression: size(object.Resources) > 1}]\n";
    let template = "AWSTemplateFormatVersion: '2010-09-09'\nResources: {B: {Type: 'AWS::S3::Bucket'}}\n";
    let parsed = syntax::for_file("o.yaml").unwrap().parse(template);
    let mut documents = parsed.documents;
    let platform = platform::recognise("o.yaml", &documents[0]).unwrap();
    platform.prepare(&mut documents[0]);
    let mut resources = Vec::new();
    platform.resources(&documents[0], &mut resources);
    let (loaded, arena) = (load(policy), Bump::new());
    let said: Vec<_> = resources
        .iter()
        .filter_map(|resource| {
            loaded.policies[0].judge(&Case::new(Subject::created(resource), &loaded.world, &arena))
        })
        .map(|judgement| judgement.verdict.as_str())
        .collect();
    assert_eq!(said, ["fail"]);
    assert_eq!(judge(&loaded, POD), ["p skip"]);
}

#[test]
fn suites_are_run_and_summed_up() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("policy.yaml", &validating(NO_HOST));
    write("pod.yaml", POD);
    let suite = |result: &str| {
        format!(
            "apiVersion: cli.kyverno.io/v1alpha1\nkind: Test\nmetadata: {{name: host}}\npolicies: [policy.yaml]\n\
             resources: [pod.yaml]\nresults:\n- {{policy: p, kind: Pod, resources: [n/a], result: {result}}}\n"
        )
    };
    let run = || {
        let output = trueup(folder.path(), &["policies", "test", "."]);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    write("kyverno-test.yaml", &suite("fail"));
    let summary =
        "ok    host  1 of 1 results  ./kyverno-test.yaml\n\n1 results as expected, 0 not, in 1 suite\n";
    assert_eq!(run(), (Some(0), summary.to_owned()));
    write("kyverno-test.yaml", &suite("pass"));
    let (code, text) = run();
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("./kyverno-test.yaml:7: p on Pod n/a\n      expected pass, got fail"), "{text}");
}

#[test]
fn certificates_are_decoded_as_go_does() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates");
    let object = |certificate: &str, json: &str| {
        let data = serde_json::json!({"certificate": certificate, "json": json});
        let metadata = serde_json::json!({"name": "a", "namespace": "n"});
        serde_json::json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "data": data}).to_string()
    };
    let decoded = "x509.decode(object.data.certificate)";
    for name in ["rsa", "ec", "ed"] {
        let certificate = fs::read_to_string(folder.join(format!("{name}.pem"))).unwrap();
        let json = fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&json).unwrap();
        for field in fields.keys() {
            let same = format!("{decoded}.{field} == json.unmarshal(object.data.json).{field}");
            let loaded = load(&validating(&format!("  validations:\n  - expression: '{same}'\n")));
            assert_eq!(judge(&loaded, &object(&certificate, &json)), ["p pass"], "{name}: {field}");
        }
        let all = format!("  validations:\n  - expression: 'size({decoded}) == {}'\n", fields.len());
        assert_eq!(judge(&load(&validating(&all)), &object(&certificate, &json)), ["p pass"], "{name}");
    }
    let certificate = fs::read_to_string(folder.join("uri.pem")).unwrap();
    for (expression, verdict) in [
        ("size(CERTIFICATE.URIs) == 1", "unknown"),
        ("CERTIFICATE.PermittedDNSDomains == null", "unknown"),
        ("CERTIFICATE.DNSNames == [\"cart\"]", "pass"),
        ("type(CERTIFICATE.Version) == double", "pass"),
        ("x509.decode(\"no certificate\").Version == 3.0", "fail"),
    ] {
        let expression = expression.replace("CERTIFICATE", decoded);
        let loaded = load(&validating(&format!("  validations:\n  - expression: '{expression}'\n")));
        assert_eq!(judge(&loaded, &object(&certificate, "")), [format!("p {verdict}")], "{expression}");
    }
}
