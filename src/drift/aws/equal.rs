//! Whether two scalars mean the same to AWS, which gives many values back in another spelling.

use serde_json::Value as Json;

use crate::aws::arn::Arn;

/// Whether a declared text means what is live. `loosely`: in another case or a
/// fuller version, too.
pub(super) fn scalar(declared: &str, live: &Json, loosely: bool) -> bool {
    match live {
        Json::String(live) => text(declared, live, loosely),
        Json::Bool(live) => declared.eq_ignore_ascii_case(if *live { "true" } else { "false" }),
        Json::Number(live) => {
            live.to_string() == declared
                || declared
                    .trim()
                    .parse::<f64>()
                    .ok()
                    .zip(live.as_f64())
                    .is_some_and(|(a, b)| a.total_cmp(&b).is_eq())
        }
        _ => false,
    }
}

fn text(declared: &str, live: &str, loosely: bool) -> bool {
    if declared == live || is_same_arn(declared, live) {
        return true;
    }
    let boolean = |text: &str| matches!(text, "true" | "false" | "True" | "False");
    if boolean(declared) && boolean(live) {
        return declared.eq_ignore_ascii_case(live);
    }
    if let (Ok(a), Ok(b)) = (declared.parse::<f64>(), live.parse::<f64>())
        && a.total_cmp(&b).is_eq()
        && declared.len() < 16
    {
        return true;
    }
    loosely && (declared.eq_ignore_ascii_case(live) || is_version(declared, live))
}

/// A live scalar as a text.
pub(super) fn as_text(live: &Json) -> Option<String> {
    match live {
        Json::String(text) => Some(text.clone()),
        Json::Bool(_) | Json::Number(_) => Some(live.to_string()),
        _ => None,
    }
}

/// An ARN beside the name or id of the same thing.
fn is_same_arn(one: &str, other: &str) -> bool {
    let (arn, name) = if one.starts_with("arn:") { (one, other) } else { (other, one) };
    if name.starts_with("arn:") {
        return match (Arn::parse(arn), Arn::parse(name)) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        };
    }
    Arn::parse(arn).is_some_and(|arn| !name.is_empty() && (arn.name() == name || arn.resource == name))
}

/// `14` where `14.7` runs.
fn is_version(declared: &str, live: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    digits(declared) && live.strip_prefix(declared).is_some_and(|rest| rest.starts_with('.'))
}

/// Whether AWS leaves a value out that is as good as none: nothing, false, an empty list.
pub(super) fn is_nothing(json: &Json) -> bool {
    match json {
        Json::Null | Json::Bool(false) => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(entries) => entries.values().all(is_nothing),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn spellings_of_one_value_are_equal() {
        for (declared, live) in [
            ("true", json!(true)),
            ("True", json!(true)),
            ("60", json!(60)),
            ("60", json!("60")),
            ("60.0", json!(60)),
            ("true", json!("true")),
            ("alias/x", json!("alias/x")),
            ("orders", json!("arn:aws:sns:eu-west-1:123456789012:orders")),
            ("arn:aws:iam::123456789012:role/a/deploy", json!("deploy")),
            ("arn:aws:logs:r:1:log-group:x", json!("arn:aws:logs:r:1:log-group:x:*")),
        ] {
            assert!(scalar(declared, &live, false), "{declared} {live}");
        }
        for (declared, live) in [
            ("true", json!(false)),
            ("60", json!(61)),
            ("a", json!("A")),
            ("14", json!("14.7")),
            ("123456789012345678", json!("123456789012345679")),
            ("a", json!(null)),
            ("orders", json!("arn:aws:sns:eu-west-1:123456789012:orders2")),
        ] {
            assert!(!scalar(declared, &live, false), "{declared} {live}");
        }
    }

    #[test]
    fn what_aws_respells_is_equal_in_its_spelling() {
        assert!(scalar("14", &json!("14.7"), true));
        assert!(!scalar("14", &json!("141.7"), true));
        assert!(scalar("MyDb", &json!("mydb"), true));
    }
}
