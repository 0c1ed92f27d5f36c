//! Hostile expressions end in an error, soon and without a crash.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::support::{outcome, value};

/// When the worst expression counts as a hang. Alone on a machine each takes under 50 ms; how long
/// exactly is for `benches/`, not for a test beside other tests.
const SOON: Duration = Duration::from_millis(if cfg!(debug_assertions) { 5_000 } else { 1_000 });

/// Runs on a stack as small as that of a worker thread.
fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

#[track_caller]
fn fails_soon(source: &str, expected: &str) {
    let start = Instant::now();
    let found = value(source);
    let took = start.elapsed();
    let head: String = source.chars().take(60).collect();
    assert!(found.contains(expected), "{head}: {}", found.chars().take(200).collect::<String>());
    assert!(took < SOON, "{head}: took {took:?}");
}

#[test]
fn nesting_is_bounded_before_anything_recurses() {
    on_a_small_stack(|| {
        let n = 2_000;
        let deep = [
            vec!["1"; n].join(" + "),
            vec!["1"; n].join(" - "),
            vec!["1 =="; n].concat() + "1",
            format!("object{}", ".a".repeat(n)),
            format!("object{}", ".?a".repeat(n)),
            format!("object{}", "[0]".repeat(n)),
            format!("'a'{}", ".trim()".repeat(n)),
            format!("{}1{}", "(".repeat(n), ")".repeat(n)),
            format!("{}1{}", "(1+".repeat(n), ")".repeat(n)),
            format!("{}{}", "[".repeat(n), "]".repeat(n)),
            format!("{}1{}", "{1:".repeat(n), "}".repeat(n)),
            format!("{}1{}", "size([".repeat(n / 2), "])".repeat(n / 2)),
            format!("{}true", "!-".repeat(n)),
            format!("{}1", "true ? 1 : ".repeat(n)),
            format!("{}true{}", "[1].all(x, ".repeat(n / 2), ")".repeat(n / 2)),
        ];
        for source in &deep {
            fails_soon(source, "nested more than");
        }
        // The parser copies the arguments of every call.
        let wide = vec!["1"; 3_500].join(",");
        let nested = format!("{}size([{wide}]){}", "string(".repeat(80), ")".repeat(80));
        fails_soon(&nested, "3500");
        fails_soon(&format!("[{wide}]{}", ".map(x, x)".repeat(40)), "[1, 1, ");
        fails_soon(&"(".repeat(n), "nested more than");
        fails_soon(&"[".repeat(90), "syntax error");
        fails_soon(&vec!["true"; 30_000].join("||"), "longer than");
        fails_soon(&vec!["1"; 6_000].join(","), "tokens");
    });
}

#[test]
fn long_rows_and_real_depth_are_fine() {
    on_a_small_stack(|| {
        assert_eq!(value(&vec!["false"; 2_000].join(" || ")), "false");
        assert_eq!(value(&vec!["1"; 90].join(" + ")), "90");
        assert_eq!(value(&format!("{}true{}", "[1].all(x, ".repeat(20), ")".repeat(20))), "true");
        assert_eq!(value(&format!("size([{}])", vec!["1"; 2_000].join(","))), "2000");
        // As deep as may be, blamed as well.
        let deep = format!("{}false{}", "(true && ".repeat(40), ")".repeat(40));
        assert_eq!(outcome("{}", &[], &deep).unwrap().value, "false");
        let nots = format!("{}false{}", "!(".repeat(44), ")".repeat(44));
        assert_eq!(outcome("{}", &[], &nots).unwrap().value, "false");
    });
}

#[test]
fn variables_cannot_nest_without_bound() {
    on_a_small_stack(|| {
        let mut variables = vec![("v0".to_owned(), "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]".to_owned())];
        for index in 1..200 {
            let before = format!("variables.v{}", index - 1);
            variables.push((format!("v{index}"), format!("{}{before}{}", "[".repeat(20), "]".repeat(20))));
        }
        let variables: Vec<(&str, &str)> = variables.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let outcome = outcome("{}", &variables, "variables.v199 == variables.v199").unwrap();
        assert_eq!(outcome.value, "error: values are nested too deeply");
    });
}

#[test]
fn time_is_bounded() {
    let list = format!("[{}]", vec!["1"; 30].join(","));
    let mut loops = String::new();
    for depth in 0..7 {
        write!(loops, "{list}.all(x{depth}, ").unwrap();
    }
    loops.push_str("true");
    loops.push_str(&")".repeat(7));
    fails_soon(&loops, "takes too long");
    fails_soon("lists.range(100000).map(x, lists.range(100000).map(y, x * y))", "takes too long");
    fails_soon("lists.range(100000).all(x, lists.range(x).size() >= 0)", "takes too long");
    fails_soon("lists.range(30000).map(x, string(x)).distinct()", "takes too long");
    fails_soon("lists.range(5000).map(x, 'a'.matches(string(x) + '[a-z]{50}')).size()", "takes too long");
}

#[test]
fn explaining_is_bounded() {
    let items: Vec<String> = (0..20_000).map(|n| format!(r#"{{"name": "item {n}"}}"#)).collect();
    let object = format!(r#"{{"items": [{}]}}"#, items.join(","));
    // Every element is looked at, and each time its place in the document is wanted.
    let source = "lists.range(3000).exists(i, object.items[19999 - i].name == 'none')";
    let start = Instant::now();
    let outcome = outcome(&object, &[], source).unwrap();
    assert_eq!(outcome.value, "false");
    assert_eq!(outcome.blame.as_deref(), Some("items[19999].name"));
    assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());
}

#[test]
fn memory_is_bounded() {
    let doubled = |start: &str, times: usize| {
        let mut source = String::new();
        for step in 0..times {
            let from = if step == 0 { start.to_owned() } else { format!("x{}", step - 1) };
            write!(source, "cel.bind(x{step}, {from} + {from}, ").unwrap();
        }
        write!(source, "size(x{}){}", times - 1, ")".repeat(times)).unwrap();
        source
    };
    fails_soon(&doubled("'0123456789'", 40), "grew beyond");
    fails_soon(&doubled("b'0123456789'", 40), "grew beyond");
    fails_soon(&doubled("[1, 2, 3]", 40), "grew beyond");
    fails_soon("lists.range(9223372036854775807)", "grew beyond");
    fails_soon(
        "lists.range(9999).map(x, 'aaaaaaaaaa').join('bbbbbbbbbb').replace('a', 'ccccccccccc')",
        "grew beyond",
    );
    fails_soon("lists.range(500).map(x, lists.range(500)).flatten()", "grew beyond");
    fails_soon("'%.999999999f'.format([1.0])", "invalid format string");
    fails_soon("'%s'.format([lists.range(99999).map(x, 'aaaaaaaaaaaaaaaaaaaa')])", "grew beyond");
    fails_soon("'a'.matches('((a{100}){100}){100}')", "too large");
    fails_soon("'a'.matches('((a{100}){100}){10' + '0}')", "invalid regular expression");
}

#[test]
fn numbers_do_not_overflow() {
    for source in [
        "9223372036854775807 + 1",
        "-9223372036854775808 - 1",
        "9223372036854775807 * 2",
        "-(-9223372036854775808)",
        "-9223372036854775808 / -1",
        "-9223372036854775808 % -1",
        "0u - 1u",
        "int(1e300)",
        "uint(-1)",
        "math.abs(-9223372036854775808)",
        "duration('9999999999999999999h')",
        "timestamp('2026-01-01T00:00:00Z') + duration('315576000000s')",
    ] {
        fails_soon(source, "out of range");
    }
    for (source, expected) in [
        ("1 / 0", "division by zero"),
        ("1 % 0", "division by zero"),
        ("'a'.substring(9223372036854775807)", "out of bounds"),
        ("'a'.charAt(-1)", "out of bounds"),
        ("[1][9223372036854775807]", "out of bounds"),
        ("math.bitShiftLeft(1, -9223372036854775808)", "negative"),
        ("'é'.lastIndexOf('é', 5)", "out of bounds"),
        ("timestamp('2026-01-01T00:00:00Z').getHours('+99:99')", "invalid time zone"),
        ("optional.none().value()", "without a value"),
        ("{'a': 1, 'a': 2}", "repeated"),
        ("{1.5: 1}", "cannot be a key"),
    ] {
        fails_soon(source, expected);
    }
}
