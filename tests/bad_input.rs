//! Bad input: what test suites and hostile files do to the readers.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/rows.rs"]
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rows::text;
use serde_json::Value;
use trueup::model::{Data, Document, NodeRef, Scalar, Style};
use trueup::syntax::{Parsed, Problem, ProblemKind, decode, for_file};

/// Of the yaml-test-suite's cases: how many are accepted or rejected as it says. It only rises, but
/// not to all: two reject continuation lines at the parent's indentation, which other readers accept.
const YAML_VERDICTS: usize = 196;

/// Of its cases with a JSON value: how many are read as that value. It only rises; the one left
/// writes `450.00` as the integer 450.
const YAML_VALUES: usize = 132;

/// No single file may take longer, in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(1);

/// Decodes and parses within the time a file may take, and hands the result to `judge`.
fn read<T>(name: &str, bytes: Vec<u8>, judge: impl FnOnce(&str, &Parsed<'_>) -> T) -> Result<T, Problem> {
    let start = Instant::now();
    let decoded = decode(bytes)?;
    let parsed = for_file(name).unwrap().parse(&decoded);
    assert!(start.elapsed() < PATIENCE, "{name} took {:?}", start.elapsed());
    Ok(judge(&decoded, &parsed))
}

/// Whether a file is read without complaint but for duplicate keys, which both suites allow.
fn accepts(name: &str, bytes: Vec<u8>) -> bool {
    read(name, bytes, |_, parsed| {
        parsed.problems.iter().all(|problem| problem.kind == ProblemKind::DuplicateKey) && !parsed.templated
    })
    .unwrap_or(false)
}

#[test]
fn json_test_suite() {
    let Some(root) = corpus::with("bad-input") else { return };
    let rows = rows::read(&root, "bad-input/JSONTestSuite/index.jsonl");
    assert!(!rows.is_empty());
    for row in &rows {
        let file = root
            .join("bad-input/JSONTestSuite")
            .join(text(row, "file").trim_start_matches("bad-input/JSONTestSuite/"));
        let accepted = accepts("a.json", fs::read(&file).unwrap());
        match text(row, "expected") {
            "accept" => assert!(accepted, "{} is JSON", file.display()),
            "reject" => assert!(!accepted, "{} is not JSON", file.display()),
            _ => {}
        }
    }
    println!("JSONTestSuite: {} files as expected", rows.len());
}

#[test]
fn yaml_test_suite() {
    let Some(root) = corpus::with("bad-input") else { return };
    let rows = rows::read(&root, "bad-input/yaml-test-suite/index.jsonl");
    let (mut verdicts, mut values, mut of) = (0, 0, 0);
    for row in &rows {
        let bytes = fs::read(root.join(text(row, "file"))).unwrap();
        let fails = row["fail"].as_bool().unwrap();
        if accepts("a.yaml", bytes.clone()) == fails {
            println!("verdict: {} should {}", text(row, "id"), if fails { "fail" } else { "be read" });
        } else {
            verdicts += 1;
        }
        let Some(json) = row["json"].as_str().filter(|_| !fails) else { continue };
        let wanted: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(json).into_iter().collect();
        let Ok(wanted) = wanted else { continue };
        of += 1;
        let found = read("a.yaml", bytes, |_, parsed| {
            parsed.documents.iter().map(|d| d.root().map_or(Value::Null, meaning)).collect::<Vec<_>>()
        });
        if found.as_ref() == Ok(&wanted) {
            values += 1;
        } else {
            println!("value: {}", text(row, "id"));
        }
    }
    println!("yaml-test-suite: {verdicts}/{} verdicts, {values}/{of} values", rows.len());
    assert!(verdicts >= YAML_VERDICTS && values >= YAML_VALUES);
}

/// What a node means, as JSON.
fn meaning(node: NodeRef<'_>) -> Value {
    if node.is_mapping() {
        return node
            .entries()
            .map(|(key, item)| (key.text().unwrap_or_default().to_owned(), meaning(item)))
            .collect();
    }
    if node.is_sequence() {
        return node.items().map(meaning).collect();
    }
    match node.scalar() {
        None | Some(Scalar::Null) => Value::Null,
        Some(Scalar::Bool(flag)) => flag.into(),
        Some(Scalar::Int(number)) => number.into(),
        Some(Scalar::Float(number)) => number.into(),
        Some(Scalar::Str(text)) => text.into(),
    }
}

#[test]
fn handmade_files() {
    let Some(root) = corpus::with("bad-input") else { return };
    let mut seen = 0;
    for row in rows::read(&root, "bad-input/handmade/index.jsonl") {
        let (file, expect) = (text(&row, "file"), text(&row, "expect"));
        if for_file(file).is_none() {
            continue;
        }
        seen += 1;
        let outcome = read(file, fs::read(root.join(file)).unwrap(), |text, parsed| {
            walk(text, parsed);
            (parsed.problems.clone(), parsed.templated, parsed.documents.iter().all(Document::is_empty))
        });
        let (problems, templated, empty) = outcome.unwrap_or_else(|problem| (vec![problem], false, true));
        for problem in &problems {
            assert!(!problem.message.chars().any(char::is_control), "{file}: {}", problem.message);
        }
        match expect {
            "accept" => assert!(problems.is_empty() && !templated && !empty, "{file}: {problems:?}"),
            "accept-empty" => assert!(problems.is_empty() && empty, "{file}: {problems:?}"),
            "error" => assert!(!problems.is_empty(), "{file} is wrong and nothing says so"),
            "skip" => assert!(templated && problems.is_empty(), "{file}: {problems:?}"),
            "accept-or-clear-error" | "error-or-accept" | "error-or-bounded" | "no-crash" => {}
            other => panic!("unknown expectation {other}"),
        }
    }
    assert!(seen > 20);
}

#[test]
fn documents_are_numbered_as_other_tools_do() {
    let Some(root) = corpus::with("conformance") else { return };
    let suites = ["kyverno", "kubescape-vap", "gatekeeper", "k8s-docs-vap", "kube-linter"];
    let rows: Vec<_> =
        suites.iter().flat_map(|s| rows::read(&root, &format!("conformance/index.{s}.jsonl"))).collect();
    let mut files = BTreeMap::<_, BTreeSet<_>>::new();
    for row in &rows {
        let (Some(doc), Some(file)) = (row["doc"].as_u64(), row["resource"].as_str()) else { continue };
        let (kind, name) = (text(row, "kind"), text(row, "name"));
        if for_file(file).is_some() && !kind.is_empty() && !name.is_empty() {
            files.entry(file).or_default().insert((doc, kind, name));
        }
    }
    assert!(files.len() > 100, "only {} files", files.len());
    for (file, expected) in files {
        let judge = |_: &str, parsed: &Parsed<'_>| {
            for (index, kind, name) in expected {
                let document = parsed.documents.iter().find(|document| u64::from(document.index) == index);
                let field = |keys| document?.root()?.descend(keys).and_then(NodeRef::text);
                let found = (field(&["kind"]), field(&["metadata", "name"]));
                assert_eq!(found, (Some(kind), Some(name)), "{file} document {index}");
            }
        };
        read(file, fs::read(root.join(file)).unwrap(), judge).unwrap();
    }
}

#[test]
fn errors_point_at_their_line() {
    for (text, start) in
        [("a: 1\nb:\n\t- c\n", 9), ("a: 'b\n", 3), ("a: 1\nb: \u{1b}[31m\n", 8), ("a: *b\n", 3)]
    {
        let parsed = for_file("a.yaml").unwrap().parse(text);
        let problem = parsed.problems.first().unwrap();
        assert_eq!(problem.span.start, start, "{text:?}: {}", problem.message);
    }
}

/// Touches everything a reader hands out, as evaluation and reports will.
fn walk(text: &str, parsed: &Parsed<'_>) {
    for document in &parsed.documents {
        let Some(root) = document.root() else { continue };
        let mut nodes = vec![root];
        let mut seen = 0;
        while let Some(node) = nodes.pop() {
            seen += 1;
            if seen <= 50 {
                // Nodes within a mapping used as a key have none.
                drop(node.place());
            }
            if seen > 10_000 {
                break;
            }
            assert!(text.get(node.span().start as usize..node.span().end as usize).is_some());
            if let Data::Scalar(value, Style::Plain) = node.data()
                && !value.contains(char::is_whitespace)
            {
                assert_eq!(node.span().of(text), value.as_ref());
            }
            let _ = node.scalar();
            nodes.extend(node.items());
            nodes.extend(node.entries().flat_map(|(key, value)| [key, value]));
        }
    }
    for comment in &parsed.comments {
        assert!(comment.span.of(text).starts_with('#'));
    }
    for problem in &parsed.problems {
        assert!(text.get(problem.span.start as usize..problem.span.end as usize).is_some());
    }
}

/// Text made of what the grammars give meaning to, which random bytes hardly ever hit.
fn tokens() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "a",
        "b: ",
        "- ",
        "\n",
        "\n  ",
        "\n    ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ": ",
        "? ",
        "&a ",
        "*a",
        "<<: ",
        "!Ref ",
        "!!str ",
        "'",
        "\"",
        "|\n",
        ">-\n  ",
        "# c",
        "---\n",
        "...\n",
        "\\n",
        "\\u00e9",
        "é",
        "\r\n",
        "\t",
        "{{ ",
        " }}",
        "%YAML 1.2\n",
        "1",
        "null",
        "\u{feff}",
        "~",
    ]);
    prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
}

/// Any JSON value.
fn json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for name in ["a.yaml", "a.json"] {
            drop(read(name, bytes.clone(), walk));
        }
    }

    #[test]
    fn any_tokens_are_survived(text in tokens()) {
        for name in ["a.yaml", "a.json"] {
            drop(read(name, text.clone().into_bytes(), walk));
        }
    }

    #[test]
    fn json_means_what_was_written(value in json()) {
        let text = serde_json::to_string_pretty(&value).unwrap();
        let found = read("a.json", text.into_bytes(), |text, parsed| {
            walk(text, parsed);
            parsed.documents[0].root().map(meaning)
        });
        prop_assert_eq!(found, Ok(Some(value)));
    }
}
