//! Native policies in their own words: matching, bindings, parameters, messages, errors.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

use bumpalo::Bump;
use trueup::model::{Document, Severity, Verdict};
use trueup::policy::Place;
use trueup::policy::native::{self, Case, Input, Loaded, Subject};
use trueup::{platform, syntax};

/// What a policy said: the verdict, and the message and line of its first violation.
type Said = (Verdict, String, usize);

const DEPLOYMENTS: &str = "
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
  validations:
  - {expression: object.spec.replicas <= 5, message: too many}
";

const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {tier: front}}
spec:
  replicas: 6
";

fn documents(text: &str) -> Vec<Document<'static>> {
    let kubernetes = platform::by_name("kubernetes").unwrap();
    let parsed = syntax::for_file("x.yaml").unwrap().parse(text);
    assert!(!parsed.has_parse_error(), "{:?}", parsed.problems);
    let documents = parsed.documents.into_iter().map(Document::into_owned);
    documents
        .map(|mut document| {
            kubernetes.prepare(&mut document);
            document
        })
        .collect()
}

fn load(text: &str) -> Loaded {
    let input = |document| Input { file: "policy.yaml".into(), document };
    native::load(documents(text).into_iter().map(input).collect())
}

/// What the only policy in `policies` says of the object in `text`; `None` when it is not about it.
fn judge_in(loaded: &Loaded, text: &str) -> Option<Said> {
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    assert!(loaded.not_evaluated.is_empty(), "{:?}", loaded.not_evaluated);
    let documents = documents(text);
    let mut resources = Vec::new();
    platform::by_name("kubernetes").unwrap().resources(&documents[0], &mut resources);
    let arena = Bump::new();
    let [policy] = &loaded.policies[..] else { panic!("{} policies", loaded.policies.len()) };
    let judgement = policy.judge(&Case::new(Subject::created(&resources[0]), &loaded.world, &arena))?;
    let Some(violation) = judgement.violations.first() else {
        return Some((judgement.verdict, judgement.reason, 0));
    };
    let line = match &violation.place {
        Place::Node(blame) => text[..blame.node.span().start as usize].lines().count(),
        Place::Resource | Place::File(_) => 0,
    };
    Some((judgement.verdict, violation.message.clone(), line))
}

fn judge(policies: &str, text: &str) -> Option<Said> {
    judge_in(&load(policies), text)
}

fn verdict(policies: &str, text: &str) -> Option<Verdict> {
    judge(policies, text).map(|said| said.0)
}

/// The policy with another `matchConstraints`, `validations` and so on.
fn policy(spec: &str) -> String {
    format!(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\n\
         metadata: {{name: replicas}}\nspec:\n{spec}\n"
    )
}

#[test]
fn a_failure_says_what_and_where() {
    let said = judge(DEPLOYMENTS, DEPLOYMENT).unwrap();
    assert_eq!(said, (Verdict::Fail, "too many".to_owned(), 6));
    assert_eq!(verdict(DEPLOYMENTS, &DEPLOYMENT.replace('6', "5")), Some(Verdict::Pass));
    let rule = &load(DEPLOYMENTS).policies[0].rule;
    assert_eq!((rule.id.as_str(), rule.severity), ("vap/replicas", Severity::Medium));
    assert!(rule.help.contains("policy.yaml"), "{}", rule.help);
}

#[test]
fn only_the_resources_of_its_rules_are_meant() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n";
    assert_eq!(verdict(DEPLOYMENTS, pod), None);
    assert_eq!(verdict(&DEPLOYMENTS.replace("CREATE", "DELETE"), DEPLOYMENT), None);
    assert_eq!(verdict(&DEPLOYMENTS.replace("deployments", "deployments/scale"), DEPLOYMENT), None);
    assert_eq!(verdict(&DEPLOYMENTS.replace("[deployments]", "['*']"), DEPLOYMENT), Some(Verdict::Fail));
    let exact = DEPLOYMENTS.replace("matchConstraints:", "matchConstraints:\n    matchPolicy: Exact");
    let old = DEPLOYMENT.replace("apps/v1", "apps/v1beta1");
    assert_eq!(verdict(&exact, &old), None);
    // By default the server would convert it first, and the file is not what the policy would see.
    assert_eq!(verdict(DEPLOYMENTS, &old), Some(Verdict::Unknown));
    let excluded = DEPLOYMENTS.replace(
        "  validations:",
        "    excludeResourceRules:\n    - {apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], \
         resources: ['*'], resourceNames: [web]}\n  validations:",
    );
    assert_eq!(verdict(&excluded, DEPLOYMENT), None);
    assert_eq!(verdict(&excluded, &DEPLOYMENT.replace("web", "api")), Some(Verdict::Fail));
}

#[test]
fn a_definition_gives_the_plural_and_the_scope() {
    let policy = DEPLOYMENTS
        .replace("apps", "acme.dev")
        .replace("deployments]", "oxen], scope: Cluster")
        .replace("object.spec.replicas <= 5", "namespaceObject == null");
    let definition = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: oxen.acme.dev}
spec: {group: acme.dev, scope: Cluster, names: {kind: Ox, plural: oxen}}
";
    let ox = "apiVersion: acme.dev/v1\nkind: Ox\nmetadata: {name: o}\n";
    assert_eq!(verdict(&policy, ox), None);
    assert_eq!(verdict(&format!("{policy}---{definition}"), ox), Some(Verdict::Pass));
}

#[test]
fn selectors_need_the_labels_they_select_by() {
    let selecting =
        |selector: &str| DEPLOYMENTS.replace("  validations:", &format!("    {selector}\n  validations:"));
    let front = selecting("objectSelector: {matchLabels: {tier: front}}");
    assert_eq!(verdict(&front, DEPLOYMENT), Some(Verdict::Fail));
    assert_eq!(verdict(&front, &DEPLOYMENT.replace("front", "back")), None);
    assert_eq!(verdict(&front, &DEPLOYMENT.replace("front", "'${TIER}'")), Some(Verdict::Unknown));
    let not_in = "objectSelector: {matchExpressions: [{key: x, operator: NotIn, values: [a]}]}";
    assert_eq!(verdict(&selecting(not_in), DEPLOYMENT), Some(Verdict::Fail));

    let test = selecting("namespaceSelector: {matchLabels: {env: test}}");
    assert_eq!(verdict(&test, DEPLOYMENT), Some(Verdict::Unknown));
    let with = |env: &str| {
        format!(
            "{test}---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{env: {env}}}}}\n"
        )
    };
    assert_eq!(verdict(&with("test"), DEPLOYMENT), Some(Verdict::Fail));
    assert_eq!(verdict(&with("prod"), DEPLOYMENT), None);
    // The one label that every namespace has.
    let named = selecting("namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}");
    assert_eq!(verdict(&named, DEPLOYMENT), Some(Verdict::Fail));
    assert_eq!(verdict(&named, &DEPLOYMENT.replace("shop", "store")), None);
}

#[test]
fn conditions_and_errors_are_as_at_admission() {
    let spec = |conditions: &str, more: &str| {
        policy(&format!(
            "  matchConditions: [{conditions}]\n  validations: [{{expression: object.spec.gone > 1}}]\n{more}"
        ))
    };
    let no = "{name: a, expression: 'object.metadata.name == \"api\"'}";
    let broken = "{name: b, expression: object.nowhere.x}";
    assert_eq!(verdict(&spec(no, ""), DEPLOYMENT), Some(Verdict::Skip));
    assert_eq!(verdict(&spec(&format!("{broken}, {no}"), ""), DEPLOYMENT), Some(Verdict::Skip));
    assert_eq!(verdict(&spec(broken, ""), DEPLOYMENT), Some(Verdict::Fail));
    assert_eq!(verdict(&spec(broken, "  failurePolicy: Ignore"), DEPLOYMENT), Some(Verdict::Skip));
    let (verdict, message, line) = judge(&spec("", ""), DEPLOYMENT).unwrap();
    assert_eq!((verdict, line), (Verdict::Fail, 6), "{message}");
    assert!(message.contains("no such key: gone"), "{message}");
    let said = judge(&spec("", "  failurePolicy: Ignore"), DEPLOYMENT).unwrap();
    assert_eq!(said.0, Verdict::Pass);
}

#[test]
fn what_only_the_cluster_knows_is_unknown() {
    for expression in [
        "authorizer.group('apps').resource('deployments').check('create').allowed()",
        "request.userInfo.username == 'admin'",
        "namespaceObject.metadata.labels.env == 'test'",
    ] {
        let policy = policy(&format!("  validations: [{{expression: \"{expression}\"}}]"));
        assert_eq!(verdict(&policy, DEPLOYMENT), Some(Verdict::Unknown), "{expression}");
    }
    let known = "request.operation == 'CREATE' && request.kind.kind == 'Deployment' && oldObject == null \
                 && request.resource.resource == 'deployments' && request.namespace == 'shop' && !request.dryRun";
    let policy = policy(&format!("  validations: [{{expression: \"{known}\"}}]"));
    assert_eq!(verdict(&policy, DEPLOYMENT), Some(Verdict::Pass));
}

#[test]
fn a_computed_message_is_one_line_or_not_used() {
    let message = |computed: &str| {
        let policy = policy(&format!(
            "  variables: [{{name: most, expression: '5'}}, {{name: twice, expression: variables.most * 2}}]\n  \
             validations: [{{expression: 'false', message: plain, messageExpression: \"{computed}\"}}]"
        ));
        judge(&policy, DEPLOYMENT).unwrap().1
    };
    assert_eq!(message("'at most ' + string(variables.twice) + ' '"), "at most 10");
    assert_eq!(message("'two\\\\nlines'"), "plain");
    assert_eq!(message("''"), "plain");
    assert_eq!(message("object.nowhere"), "plain");
    let none = policy("  validations: [{expression: '1 > 2'}]");
    assert_eq!(judge(&none, DEPLOYMENT).unwrap().1, "failed expression: 1 > 2");
}

/// A policy that takes its limit from parameters, and what else there is.
fn limited(others: &[&str]) -> String {
    let policy = policy(
        "  paramKind: {apiVersion: acme.dev/v1, kind: Limit}\n  \
         validations: [{expression: object.spec.replicas <= params.most}]",
    );
    format!("{policy}---\n{}", others.join("\n---\n"))
}

const BINDING: &str = "
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: b}
spec:
  policyName: replicas
  validationActions: [Warn, Audit]
  paramRef: {name: low, parameterNotFoundAction: Deny}
";
const LOW: &str = "{apiVersion: acme.dev/v1, kind: Limit, metadata: {name: low, labels: {a: b}}, most: 5}";
const HIGH: &str = "{apiVersion: acme.dev/v1, kind: Limit, metadata: {name: high, labels: {a: b}}, most: 9}";

#[test]
fn parameters_come_from_what_is_bound() {
    assert_eq!(verdict(&limited(&[BINDING, LOW, HIGH]), DEPLOYMENT), Some(Verdict::Fail));
    let high = BINDING.replace("name: low", "name: high");
    assert_eq!(verdict(&limited(&[&high, LOW, HIGH]), DEPLOYMENT), Some(Verdict::Pass));
    // Several must all hold.
    let all = BINDING.replace("name: low", "selector: {matchLabels: {a: b}}");
    assert_eq!(verdict(&limited(&[&all, LOW, HIGH]), DEPLOYMENT), Some(Verdict::Fail));
    assert_eq!(verdict(&limited(&[&all, HIGH]), DEPLOYMENT), Some(Verdict::Pass));
    // None is found.
    assert_eq!(verdict(&limited(&[BINDING]), DEPLOYMENT), Some(Verdict::Fail));
    let allow = BINDING.replace("Action: Deny", "Action: Allow");
    assert_eq!(verdict(&limited(&[&allow]), DEPLOYMENT), Some(Verdict::Skip));
    // Nothing is bound.
    assert_eq!(verdict(&limited(&[LOW]), DEPLOYMENT), Some(Verdict::Fail));
    assert_eq!(verdict(&limited(&[LOW, HIGH]), DEPLOYMENT), Some(Verdict::Unknown));
    assert_eq!(verdict(&limited(&[]), DEPLOYMENT), Some(Verdict::Unknown));
}

#[test]
fn bindings_narrow_and_grade() {
    let narrowed =
        format!("{BINDING}  matchResources: {{objectSelector: {{matchLabels: {{tier: back}}}}}}\n");
    assert_eq!(verdict(&limited(&[&narrowed, LOW]), DEPLOYMENT), None);
    let severity = |binding: &str| load(&limited(&[binding, LOW])).policies[0].rule.severity;
    assert_eq!(severity(BINDING), Severity::Medium);
    assert_eq!(severity(&BINDING.replace("Warn", "Deny")), Severity::High);
    assert_eq!(severity(&BINDING.replace("Warn, Audit", "Audit")), Severity::Low);
    let graded = DEPLOYMENTS.replace(
        "{name: replicas}",
        "{name: replicas, annotations: {policies.kyverno.io/severity: critical}}",
    );
    assert_eq!(load(&graded).policies[0].rule.severity, Severity::Critical);
}

#[test]
fn what_cannot_be_evaluated_is_said() {
    let strange = policy("  validations: [{expression: object.frobnicate()}]");
    let loaded = load(&strange);
    assert!(loaded.policies.is_empty());
    assert_eq!(loaded.not_evaluated[0].policy, "ValidatingAdmissionPolicy replicas");
    assert!(loaded.not_evaluated[0].reason.contains("frobnicate"), "{:?}", loaded.not_evaluated);

    let wrong = policy("  validations: [{message: no expression}]");
    let problem = &load(&wrong).problems[0];
    assert_eq!(problem.message, "`expression` is missing");
    assert_eq!(problem.span.of(&wrong), "{message: no expression}");
}

const TEMPLATE: &str = "
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8smost}
spec:
  crd:
    spec:
      names: {kind: K8sMost}
      validation:
        openAPIV3Schema:
          properties: {most: {type: integer, default: 5}, unit: {type: string}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    code:
    - engine: K8sNativeValidation
      source:
        validations:
        - expression: variables.anyObject.spec.replicas <= variables.params.most
          messageExpression: \"'at most ' + string(variables.params.most)\"
";

const CONSTRAINT: &str = "
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sMost
metadata: {name: five}
spec:
  enforcementAction: warn
  match: {kinds: [{apiGroups: [apps], kinds: [Deployment]}]}
  parameters: {unit: pods}
";

#[test]
fn a_constraint_binds_a_template() {
    let both = |constraint: &str| format!("{TEMPLATE}---{constraint}");
    let said = judge(&both(CONSTRAINT), DEPLOYMENT).unwrap();
    assert_eq!(said, (Verdict::Fail, "at most 5".to_owned(), 6));
    let rule = &load(&both(CONSTRAINT)).policies[0].rule;
    assert_eq!((rule.id.as_str(), rule.severity), ("gatekeeper/k8smost/five", Severity::Medium));
    let more = CONSTRAINT.replace("unit: pods", "most: 7");
    assert_eq!(verdict(&both(&more), DEPLOYMENT), Some(Verdict::Pass));
    for (also, wanted) in [
        ("namespaces: ['sh*']", Some(Verdict::Fail)),
        ("namespaces: [store]", None),
        ("excludedNamespaces: ['*op']", None),
        ("scope: Cluster", None),
        ("name: 'we*'", Some(Verdict::Fail)),
        ("labelSelector: {matchExpressions: [{key: tier, operator: Exists}]}", Some(Verdict::Fail)),
        ("namespaceSelector: {matchLabels: {env: test}}", Some(Verdict::Unknown)),
    ] {
        let narrowed = CONSTRAINT.replace("match: {", &format!("match: {{{also}, "));
        assert_eq!(verdict(&both(&narrowed), DEPLOYMENT), wanted, "{also}");
    }
}

#[test]
fn rego_is_not_evaluated() {
    let rego = TEMPLATE.replace("K8sNativeValidation", "Rego");
    let loaded = load(&format!("{rego}---{CONSTRAINT}"));
    assert!(loaded.policies.is_empty());
    assert_eq!(loaded.not_evaluated[0].reason, "it is written in Rego");
}
