//! What a false validation is blamed on.

use crate::support::outcome;

const DEPLOYMENT: &str = r#"{
    "kind": "Deployment",
    "metadata": {"name": "api", "labels": {"app": "api"}},
    "tags": {"team": "payments"},
    "spec": {
        "replicas": 1,
        "paused": true,
        "containers": [
            {"name": "a", "image": "acme/a:1", "limits": {"cpu": 1}},
            {"name": "b", "image": "acme/b:latest"},
            {"name": "c", "image": "other/c:1", "limits": {"cpu": 2}}
        ],
        "ports": {"http": 80, "debug": 9999}
    }
}"#;

#[track_caller]
fn blames(source: &str, place: &str) {
    blames_through(&[], source, place);
}

/// Checks that `source` is false because of `place`.
#[track_caller]
fn blames_through(variables: &[(&str, &str)], source: &str, place: &str) {
    let outcome = outcome(DEPLOYMENT, variables, source).unwrap();
    assert_eq!(outcome.value, "false", "{source}");
    assert_eq!(outcome.blame.as_deref(), Some(place), "{source}");
}

#[test]
fn comparisons_blame_what_they_read() {
    blames("object.spec.replicas >= 2", "spec.replicas");
    blames("object.spec.replicas > params.limit", "spec.replicas");
    blames("params.limit <= object.spec.replicas", "spec.replicas");
    blames("object.kind in ['Pod', 'Job']", "kind");
    blames("object.metadata.name.startsWith('x-')", "metadata.name");
    blames("size(object.metadata.labels) > 3", "metadata.labels");
    blames("object.spec.replicas * 2 == object.spec.containers.size()", "spec.replicas");
    blames("object.spec['replicas'] == 2", "spec.replicas");
}

#[test]
fn what_is_missing_is_blamed_on_its_parent() {
    blames("has(object.spec.template)", "-spec");
    blames("has(object.metadata.labels.team)", "-metadata.labels");
    blames("'team' in object.metadata.labels", "-metadata.labels");
    blames("object.metadata.?annotations[?'owner'].orValue('') != ''", "-metadata");
    blames("object.metadata.?labels[?'team'].orValue('') != ''", "-metadata.labels");
    blames("object.?spec.?strategy.hasValue()", "-spec");
}

#[test]
fn logic_blames_the_operand_that_settled_it() {
    blames("has(object.spec) && object.spec.replicas > 1 && object.kind == 'Pod'", "spec.replicas");
    blames("object.kind == 'Pod' || object.spec.replicas == 2", "spec.replicas");
    blames("!object.spec.paused", "spec.paused");
    blames("!(has(object.spec) && object.spec.paused)", "spec.paused");
    blames("object.kind == 'Deployment' ? object.spec.replicas > 1 : true", "spec.replicas");
    blames("!has(object.spec.paused)", "spec.paused");
}

#[test]
fn loops_blame_the_element_that_settled_them() {
    blames("object.spec.containers.all(c, has(c.limits))", "-spec.containers[1]");
    blames("object.spec.containers.all(c, !c.image.endsWith(':latest'))", "spec.containers[1].image");
    blames("!object.spec.containers.exists(c, c.image.startsWith('other/'))", "spec.containers[2].image");
    blames("object.spec.containers.exists(c, c.name == 'z')", "spec.containers");
    blames("object.spec.ports.all(name, object.spec.ports[name] < 1024)", "spec.ports.debug");
    blames("object.spec.ports.all(name, port, port < 1024)", "spec.ports.debug");
    blames("object.spec.ports.all(name, name != 'debug')", "spec.ports.debug");
    blames("['team', 'app'].all(k, k in object.metadata.labels)", "-metadata.labels");
    blames("object.spec.containers.filter(c, !has(c.limits)).size() == 0", "spec.containers[1]");
    blames(
        "object.spec.containers.map(c, c.image).all(i, i.startsWith('acme/'))",
        "spec.containers[2].image",
    );
}

#[test]
fn variables_and_bindings_are_followed() {
    let bad = [("bad", "object.spec.containers.filter(c, !has(c.limits))"), ("count", "size(variables.bad)")];
    blames_through(&bad, "size(variables.bad) == 0", "spec.containers[1]");
    blames_through(&bad, "variables.count == 0", "spec.containers[1]");
    blames_through(&[("ok", "object.spec.replicas > 1")], "variables.ok", "spec.replicas");
    blames("cel.bind(r, object.spec.replicas * 2, r > 5)", "spec.replicas");
    blames("cel.bind(s, object.spec, s.replicas > 5)", "spec.replicas");
    // The loop's variable is where the binding's is.
    blames("cel.bind(n, [object.spec.replicas].map(c, c * 2), size(n) > 5)", "spec.replicas");
    blames("cel.bind(n, [1, 2].exists(c, c > 2), n || object.spec.replicas > 5)", "spec.replicas");
    blames(
        "cel.bind(a, [1].map(c, c), cel.bind(b, a.map(c, c), size(b) > object.spec.replicas))",
        "spec.replicas",
    );
}

#[test]
fn parameters_are_never_to_blame() {
    blames_through(
        &[("missing", "params.required.filter(k, !(k in tags(object)))")],
        "size(variables.missing) == 0",
        "-tags",
    );
    blames("names(object.spec).all(n, n == 'replicas')", "spec");
    let outcome = outcome(DEPLOYMENT, &[], "params.limit > 5").unwrap();
    assert_eq!(outcome.blame, None);
}

#[test]
fn errors_and_unknowns_have_a_place_too() {
    let missing = outcome(DEPLOYMENT, &[], "object.spec.template.spec.hostNetwork == true").unwrap();
    assert_eq!(missing.value, "error: no such key: template");
    assert_eq!(missing.blame.as_deref(), Some("-spec"));
    let unknown = outcome(r#"{"spec": {"replicas": "${COUNT}"}}"#, &[], "object.spec.replicas > 2").unwrap();
    assert_eq!(unknown.value, "unknown");
    assert_eq!(unknown.blame.as_deref(), Some("spec.replicas"));
}
