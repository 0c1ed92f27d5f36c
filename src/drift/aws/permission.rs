//! Permissions of Lambda, each a resource of its own to CloudFormation and a statement of the function's policy
//! to Lambda.

use serde_json::{Map, Value as Json};

use super::equal;
use crate::aws::{Node, Value};

/// What permissions are parts of.
pub(super) const WHOLE: &str = "AWS::Lambda::Function";

/// The properties that are conditions of the statement: operator and key.
const CONDITIONS: [(&str, &str, &str); 6] = [
    ("SourceArn", "ArnLike", "aws:sourcearn"),
    ("SourceAccount", "StringEquals", "aws:sourceaccount"),
    ("PrincipalOrgID", "StringEquals", "aws:principalorgid"),
    ("FunctionUrlAuthType", "StringEquals", "lambda:functionurlauthtype"),
    ("EventSourceToken", "StringEquals", "lambda:eventsourcetoken"),
    ("InvokedViaFunctionUrl", "Bool", "lambda:invokedviafunctionurl"),
];

/// A live statement in the properties of a permission; `None` for one that no permission makes.
pub(super) fn of_statement(statement: &Json) -> Option<Map<String, Json>> {
    let mut out = Map::new();
    let mut add = |name: &str, value: &Json| out.insert(name.to_owned(), value.clone());
    for (name, value) in statement.as_object()? {
        match name.as_str() {
            "Effect" if value == "Allow" => {}
            // The function itself.
            "Resource" => {}
            "Sid" => drop(add("Id", value)),
            "Action" => drop(add("Action", only(value)?)),
            "Principal" => drop(add("Principal", principal(value)?)),
            "Condition" => {
                for (operator, keys) in value.as_object()? {
                    for (key, value) in keys.as_object()? {
                        let is_it = |(_, of, name): &&(&str, &str, &str)| {
                            of == operator && name.eq_ignore_ascii_case(key)
                        };
                        let (property, ..) = CONDITIONS.iter().find(is_it)?;
                        add(property, only(value)?);
                    }
                }
            }
            _ => return None,
        }
    }
    Some(out)
}

/// `{"Service": "s3.amazonaws.com"}`, `{"AWS": "…"}` or `*`.
fn principal(json: &Json) -> Option<&Json> {
    match json {
        Json::Object(entries) if entries.len() == 1 => entries.values().next().and_then(only),
        Json::String(_) => Some(json),
        _ => None,
    }
}

/// The scalar, or that of a list of one.
fn only(json: &Json) -> Option<&Json> {
    match json {
        Json::Array(items) => items.first().filter(|_| items.len() == 1).and_then(only),
        Json::Object(_) => None,
        scalar => Some(scalar),
    }
}

/// Whether a declared permission makes a live statement: by its id, or by all that both say.
pub(super) fn is_declared_by(declared: &Node<'_>, statement: &Json) -> bool {
    let Some(live) = of_statement(statement) else { return false };
    if let (Some(id), Some(live)) = (declared.get("Id").and_then(Node::text), live.get("Id")) {
        return live == id;
    }
    let says = |name: &str| declared.get(name).filter(|it| !matches!(it.value, Value::Null | Value::Absent));
    let mut conditions = CONDITIONS.iter().map(|(property, ..)| *property);
    let is_same = |property: &str| match (says(property), live.get(property)) {
        (None, live) => live.is_none(),
        (Some(Node { value: Value::Unknown(_), .. }), _) => true,
        (Some(declared), Some(live)) => {
            declared.text().is_some_and(|text| account(text, live) || equal::scalar(text, live, true))
        }
        (Some(_), None) => false,
    };
    is_same("Action") && is_same("Principal") && conditions.all(is_same)
}

/// An account may be named by its number or as its root.
fn account(declared: &str, live: &Json) -> bool {
    use super::document::principal_name;
    live.as_str().is_some_and(|live| principal_name(declared) == principal_name(live))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::drift::aws::document::as_node;
    use crate::model::NodeId;

    fn is_it(declared: &Json, live: &Json) -> bool {
        is_declared_by(&as_node(declared, NodeId(0)), live)
    }

    #[test]
    fn a_statement_is_the_permission_that_says_the_same() {
        let declared = json!({"FunctionName": "resize", "Action": "lambda:InvokeFunction",
            "Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::photos", "SourceAccount": "123456789012"});
        let mut live = json!({"Sid": "shop-Invoke-1", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "lambda:InvokeFunction", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:resize",
            "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::photos"},
                "StringEquals": {"AWS:SourceAccount": "123456789012"}}});
        assert!(is_it(&declared, &live));
        live["Condition"]["ArnLike"]["AWS:SourceArn"] = json!("arn:aws:s3:::others");
        assert!(!is_it(&declared, &live));
        live["Condition"] = json!({});
        assert!(!is_it(&declared, &live), "it lets more in than is declared");
    }

    #[test]
    fn principals_have_many_spellings() {
        let of = |text: &str| json!({"Action": "lambda:InvokeFunction", "Principal": text});
        let live = |principal: Json| json!({"Effect": "Allow", "Principal": principal, "Action": ["lambda:InvokeFunction"]});
        assert!(is_it(&of("123456789012"), &live(json!({"AWS": "arn:aws:iam::123456789012:root"}))));
        assert!(is_it(&of("*"), &live(json!("*"))));
        assert!(!is_it(&of("sns.amazonaws.com"), &live(json!("*"))));
        assert!(!is_it(&of("*"), &live(json!({"AWS": ["a", "b"]}))));
    }

    #[test]
    fn what_no_permission_says_is_none() {
        for statement in [
            json!({"Effect": "Deny", "Principal": "*", "Action": "lambda:*"}),
            json!({"Effect": "Allow", "NotPrincipal": "*", "Action": "lambda:*"}),
            json!({"Effect": "Allow", "Principal": "*", "Action": "lambda:*",
                "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}),
            json!("x"),
        ] {
            assert_eq!(of_statement(&statement), None, "{statement}");
        }
    }
}
