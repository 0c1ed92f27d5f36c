//! What is rejected before anything is evaluated, and where the error points.

use crate::support::outcome;

#[track_caller]
fn rejects(source: &str, at: &str, message: &str) {
    let error = outcome("{}", &[("missing", "1")], source).err().expect(source);
    assert_eq!(error.message, message, "{source}");
    assert_eq!(error.span.of(source), at, "{source}");
}

#[test]
fn undeclared_names_are_rejected_where_they_stand() {
    rejects("objct.spec", "objct", "undeclared name `objct`; did you mean `object`?");
    rejects("[1].all(item, itm > 0)", "itm", "undeclared name `itm`; did you mean `item`?");
    let hint = "undeclared function `startWith`; did you mean `startsWith`?";
    rejects("object.name.startWith('x')", "startWith", hint);
    rejects("sze(object)", "sze", "undeclared function `sze`; did you mean `size`?");
    let hint = "undeclared function `value.knd`; did you mean `value.kind`?";
    rejects("value.knd(object)", "knd", hint);
    rejects(
        "1 + variables.mising",
        "variables",
        "undeclared name `variables.mising`; did you mean `missing`?",
    );
    rejects("Pod{name: 'x'}", "Pod", "there is no message type `Pod`");
}

#[test]
fn wrong_calls_are_rejected() {
    rejects("size(object, 1)", "size", "`size` does not take 2 arguments");
    rejects("'a'.matches('(')", "matches", "invalid regular expression: unclosed group");
    rejects(
        "startsWith('a', 'b')",
        "startsWith",
        "undeclared function `startsWith`; call it as `x.startsWith()`",
    );
    rejects("object.all(a.b, true)", "b", "syntax error: argument must be a simple name");
    rejects("{'a': 1}.all(k, k, true)", "all", "`k` is bound twice");
}

#[test]
fn syntax_errors_point_at_the_token() {
    rejects("object.spec ==", "=", "syntax error: mismatched input '<EOF>' expecting expression");
    rejects("object.spec & true", "&", "syntax error: unexpected single '&', expected '&&'");
    rejects("'open", "'open", "syntax error: unterminated string literal");
    rejects("", "", "syntax error: mismatched input '<EOF>' expecting expression");
}

#[test]
fn programs_know_what_they_use() {
    let mut environment = trueup::cel::Environment::new();
    environment.variable("object");
    environment.variable("repo");
    let program = environment.compile("[1].all(repo, repo > size(object.repo))").unwrap();
    assert!(program.uses("object") && program.uses("size"));
    assert!(!program.uses("repo"), "the loop's variable is another");
}
