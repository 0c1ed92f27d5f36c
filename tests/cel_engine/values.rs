//! Values of documents, hosts and libraries.

use crate::support::{outcome, value};

#[track_caller]
fn is(object: &str, source: &str, expected: &str) {
    let outcome = outcome(object, &[], source).unwrap();
    assert_eq!(outcome.value, expected, "{source}");
}

const OBJECT: &str = r#"{"spec": {"replicas": 3, "image": "${IMAGE}", "list": [1, 2], "nothing": null}}"#;

#[test]
fn documents_read_like_values() {
    is(OBJECT, "type(object.spec.replicas) == int", "true");
    is(OBJECT, "object.spec.list == [1, 2] && object.spec.list != [2, 1]", "true");
    is(OBJECT, "object.spec.list + [3]", "[1, 2, 3]");
    is(OBJECT, "object.spec.list.map(x, x * 2)", "[2, 4]");
    is(OBJECT, "object.spec.?nothing.?below.orValue('none')", "none");
    is(OBJECT, "has(object.spec.nothing) && object.spec.nothing == null", "true");
    is(OBJECT, "{'list': object.spec.list} == {'list': [1, 2.0]}", "true");
    is(OBJECT, "object.spec.replicas.orValue(5)", "3");
}

/// As an API server has it, asked about each of these.
#[test]
fn an_optional_kept_in_something_else_has_no_fields() {
    let kept = [("p", "object.?spec")];
    for (source, expected) in [
        ("variables.p.hasValue() && variables.p.value().replicas == 3", "true"),
        ("variables.p.?list.hasValue()", "false"),
        ("variables.p[?'list'].hasValue()", "false"),
        ("variables.p.?list[0].hasValue()", "false"),
        ("has(variables.p.list)", "false"),
        ("variables.p.list", "error: no such overload: field selection"),
        ("{'a': object.?spec}.a.?list.hasValue()", "false"),
        ("[object.?spec][0].?list.hasValue()", "false"),
        ("(true ? variables.p : optional.none()).?list.hasValue()", "false"),
        ("variables.p.orValue({}).?list.hasValue()", "true"),
        ("variables.p.optMap(x, x.list.size()).orValue(-1)", "2"),
        ("(true ? object.?spec : optional.none()).?list.hasValue()", "true"),
        ("[object.?spec].all(x, x.?list.hasValue())", "true"),
    ] {
        assert_eq!(outcome(OBJECT, &kept, source).unwrap().value, expected, "{source}");
    }
}

#[test]
fn what_is_indirect_stays_unknown() {
    is(OBJECT, "object.spec.image == 'x'", "unknown");
    is(OBJECT, "object.spec.image.startsWith('x')", "unknown");
    is(OBJECT, "object.spec.image == 'x' && false", "false");
    is(OBJECT, "object.spec.image == 'x' || true", "true");
    is(OBJECT, "object.spec.image == 'x' && object.spec.absent == 1", "unknown");
    is(OBJECT, "object.spec.image == 'x' ? 1 : 2", "unknown");
    is(OBJECT, "has(object.spec.image)", "true");
    is(OBJECT, "object.spec.?image.hasValue()", "true");
    is(OBJECT, "object.spec.?image != optional.none()", "true");
    is(OBJECT, "value.kind(object.spec.image)", "reference");
    is(OBJECT, "value.kind(object.spec.replicas)", "literal");
    is(OBJECT, "[1, object.spec.image].exists(x, x == 1)", "true");
    is(OBJECT, "[1, object.spec.image].all(x, x == 1)", "unknown");
    is(OBJECT, "'a' in [object.spec.image, 'a']", "true");
    is(OBJECT, "'b' in [object.spec.image, 'a']", "unknown");
    is(OBJECT, "[object.spec.image].join(',')", "unknown");
}

#[test]
fn hosts_answer_fields_and_functions() {
    is(OBJECT, "repo.role", "infra");
    is(OBJECT, "has(repo.role) && !has(repo.other)", "true");
    is(OBJECT, "repo.glob('*')[0]", "a.yaml");
    is(OBJECT, "['x'].all(value, value.kind(value) == 'literal')", "true");
    is(OBJECT, "tags(object)", "null");
}

#[test]
fn kubernetes_libraries_answer() {
    let truths = [
        "quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('1.5') == quantity('1500m')",
        "quantity('50Mi').add(quantity('50Mi')).compareTo(quantity('100Mi')) == 0",
        "!isQuantity('1.2.3') && quantity('2k').asInteger() == 2000",
        "semver('1.2.3').isLessThan(semver('1.10.0')) && semver('v1.2', true).major() == 1",
        "!isSemver('1.2') && isSemver('1.2.3-rc.1+build')",
        "url('https://a@example.com:8443/p?x=1&x=2').getHost() == 'example.com:8443'",
        "url('https://[::1]:80/').getHostname() == '::1' && url('https://[::1]:80/').getPort() == '80'",
        "url('https://e.com/p?x=1&x=2&y=a%20b').getQuery() == {'x': ['1', '2'], 'y': ['a b']}",
        "!isURL('../x') && isURL('/path') && !isURL('https://e.com:port/')",
        "'abc 123 def 456'.find('[0-9]+') == '123' && 'a1b2'.findAll('[0-9]') == ['1', '2']",
        "[1, 3, 2].max() == 3 && [1, 3, 2].sum() == 6 && ![1, 3, 2].isSorted()",
        "[{'n': 2}, {'n': 1}].sortBy(x, x.n)[0].n == 1",
        "!format.dns1123Label().validate('my-name').hasValue()",
        "format.named('dns1123Label').value().validate('My_Name').hasValue()",
        "!format.uuid().validate('123e4567-e89b-12d3-a456-426614174000').hasValue()",
        "!format.datetime().validate('2026-11-20T10:00:00Z').hasValue()",
        "regex.replace('a-b', '(\\\\w)-(\\\\w)', '\\\\2-\\\\1') == 'b-a'",
        "regex.extract('v1.2', 'v([0-9]+)').value() == '1'",
        "['^a+$', '(', '*a'].map(pattern, regex.isValid(pattern)) == [true, false, false]",
        "['a', 'b'].transformMap(i, v, i)[1] == 1",
    ];
    for source in truths {
        assert_eq!(value(source), "true", "{source}");
    }
}
