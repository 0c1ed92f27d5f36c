//! Intrinsic functions: what a value computed at deployment is, and where its content stands.
//!
//! Nothing is evaluated; the answer is a kind, the worst of the parts that may end up in the value.

use super::call::{Call, SubPart, sub_parts};
use crate::model::{NodeRef, Scalar, ValueKind};
use crate::secrets;

/// How many nodes one answer may look at: aliases can make a small template large.
const MAX_STEPS: u32 = 1000;

/// What a value is, when it is not plain data.
pub(super) fn indirect(value: NodeRef<'_>) -> Option<ValueKind> {
    let Some(call) = Call::of(value) else {
        let text = value.text().filter(|text| text.contains("{{resolve:"))?;
        return Some(secrets::kind(text));
    };
    if call.tagged && call.name == "Sub" && call.argument.text().is_some_and(|text| !text.contains("${")) {
        // Nothing to substitute, and the node is a text already: plain data with a needless tag.
        return None;
    }
    Some(Judge::new(value).call(call).kind)
}

/// Where the content of a value stands: a parameter's default, a literal branch.
pub(super) fn source(value: NodeRef<'_>) -> NodeRef<'_> {
    Call::of(value).map_or(value, |call| Judge::new(value).call(call).node)
}

/// Whether a node is an intrinsic function, of either spelling.
pub(super) fn is_intrinsic(node: NodeRef<'_>) -> bool {
    Call::of(node).is_some()
}

/// A kind and the node it is due to.
#[derive(Clone, Copy)]
struct Verdict<'d> {
    kind: ValueKind,
    node: NodeRef<'d>,
}

/// Judges a value and its parts within a budget.
struct Judge<'d> {
    root: Option<NodeRef<'d>>,
    steps: u32,
}

impl<'d> Judge<'d> {
    fn new(value: NodeRef<'d>) -> Self {
        Self { root: value.document.root(), steps: MAX_STEPS }
    }

    /// What a part of a value is; plain data counts as the text it is.
    fn part(&mut self, node: NodeRef<'d>) -> Verdict<'d> {
        match Call::of(node) {
            Some(call) => self.call(call),
            None => plain(node),
        }
    }

    fn call(&mut self, call: Call<'d>) -> Verdict<'d> {
        let Call { name, argument, .. } = call;
        let verdict = |kind| Verdict { kind, node: argument };
        let Some(steps) = self.steps.checked_sub(1) else { return verdict(ValueKind::Unknown) };
        self.steps = steps;
        match name {
            "Ref" => self.reference(argument.text().unwrap_or_default(), argument),
            "GetAtt" | "GetAZs" | "Cidr" => verdict(ValueKind::Reference),
            "Sub" => self.substitution(argument),
            "Join" => {
                let parts = argument.item(1).filter(|list| !is_intrinsic(*list));
                match parts {
                    Some(list) => self.concatenation(argument, list.items()),
                    None => argument.item(1).map_or(verdict(ValueKind::Unknown), |list| self.part(list)),
                }
            }
            "If" => self.worst(argument.items().skip(1)).unwrap_or(verdict(ValueKind::Unknown)),
            "Select" | "Split" => match argument.item(1) {
                Some(list) if list.is_sequence() && !is_intrinsic(list) => {
                    self.worst(list.items()).unwrap_or(verdict(ValueKind::Empty))
                }
                Some(other) => self.part(other),
                None => verdict(ValueKind::Unknown),
            },
            // A tag and its argument are one node, whose own tag must not be read again.
            "Base64" | "ToJsonString" => match Call::spelled_out(argument) {
                Some(inner) => self.call(inner),
                None if call.tagged => plain(argument),
                None => self.part(argument),
            },
            _ => verdict(ValueKind::Unknown),
        }
    }

    /// What `Ref name` is; `node` is the reference.
    fn reference(&self, name: &str, node: NodeRef<'d>) -> Verdict<'d> {
        let verdict = |kind| Verdict { kind, node };
        if name == "AWS::NoValue" {
            return verdict(ValueKind::Empty);
        }
        let parameter = self.root.and_then(|root| root.descend(&["Parameters", name]));
        let Some(parameter) = parameter else { return verdict(ValueKind::Reference) };
        if parameter
            .get("Type")
            .and_then(NodeRef::text)
            .is_some_and(|of| of.starts_with("AWS::SSM::Parameter::Value"))
        {
            return verdict(ValueKind::Reference);
        }
        let hidden = parameter.get("NoEcho").and_then(NodeRef::text);
        if !hidden.is_some_and(|flag| flag.eq_ignore_ascii_case("true")) {
            return verdict(ValueKind::Parameter);
        }
        // A default of a hidden parameter is a value everyone with the template can read.
        match parameter.get("Default").map(plain) {
            Some(default) if default.kind != ValueKind::Empty => default,
            _ => verdict(ValueKind::NoEchoParameter),
        }
    }

    /// `Fn::Sub`: a text, or a list of a text and a mapping of further variables.
    fn substitution(&mut self, argument: NodeRef<'d>) -> Verdict<'d> {
        let (text_node, variables) = if argument.is_sequence() {
            (argument.item(0).unwrap_or(argument), argument.item(1))
        } else {
            (argument, None)
        };
        let Some(text) = text_node.text() else {
            return Verdict { kind: ValueKind::Unknown, node: argument };
        };
        if text.contains("{{resolve:") {
            return Verdict { kind: secrets::kind(text), node: argument };
        }
        let variable = |name| match variables.and_then(|variables| variables.get(name)) {
            Some(value) => self.part(value),
            None if name.contains('.') => Verdict { kind: ValueKind::Reference, node: argument },
            None => self.reference(name, argument),
        };
        let names = sub_parts(text).filter_map(|part| match part {
            SubPart::Variable(name) => Some(name),
            _ => None,
        });
        names.map(variable).reduce(worse).unwrap_or_else(|| plain(text_node))
    }

    /// Parts put one after another: as unknown as the worst that is no plain text; plain text if all are.
    fn concatenation(&mut self, whole: NodeRef<'d>, parts: impl Iterator<Item = NodeRef<'d>>) -> Verdict<'d> {
        let mut worst: Option<Verdict<'d>> = None;
        for part in parts {
            if let Some(text) = part.text().filter(|text| text.contains("{{resolve:")) {
                return Verdict { kind: secrets::kind(text), node: whole };
            }
            if is_intrinsic(part) {
                let found = self.part(part);
                worst = Some(worst.map_or(found, |worst| worse(worst, found)));
            }
        }
        worst.unwrap_or(Verdict { kind: ValueKind::Literal, node: whole })
    }

    /// The worst of several possible values.
    fn worst(&mut self, values: impl Iterator<Item = NodeRef<'d>>) -> Option<Verdict<'d>> {
        values.map(|value| self.part(value)).reduce(worse)
    }
}

/// What plain data is; a list or a mapping holds something, so it counts as literal.
fn plain(node: NodeRef<'_>) -> Verdict<'_> {
    let kind = match node.scalar() {
        Some(Scalar::Null) => ValueKind::Empty,
        Some(_) => secrets::kind(node.text().unwrap_or_default()),
        None if node.len() == 0 => ValueKind::Empty,
        None => ValueKind::Literal,
    };
    Verdict { kind, node }
}

/// The worse of two; the first when they are alike.
fn worse<'d>(one: Verdict<'d>, other: Verdict<'d>) -> Verdict<'d> {
    if badness(one.kind) >= badness(other.kind) { one } else { other }
}

/// How much worse than safe a kind is where a secret is expected.
fn badness(kind: ValueKind) -> u8 {
    match kind {
        ValueKind::Empty => 0,
        ValueKind::Encrypted => 1,
        ValueKind::DynamicReference => 2,
        ValueKind::NoEchoParameter => 3,
        ValueKind::Reference => 4,
        ValueKind::Parameter => 5,
        ValueKind::Placeholder => 6,
        ValueKind::Templated | ValueKind::Substituted => 7,
        ValueKind::Unknown => 8,
        ValueKind::Literal => 9,
    }
}

#[cfg(test)]
mod tests {
    use super::ValueKind::*;
    use super::*;
    use crate::platform::testing::{at, document};

    const PARAMETERS: &str = r#""Parameters": {
        "Plain": {"Type": "String"},
        "Hidden": {"Type": "String", "NoEcho": true},
        "HiddenText": {"Type": "String", "NoEcho": "true", "Default": ""},
        "Leaked": {"Type": "String", "NoEcho": true, "Default": "hunter2"},
        "Filled": {"Type": "String", "NoEcho": true, "Default": "changeme"},
        "FromSsm": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/db/password"}
    }"#;

    fn judged(value: &str) -> Option<ValueKind> {
        let document = document(&format!("{{{PARAMETERS}, \"value\": {value}}}"));
        indirect(at(document.root().unwrap(), "value"))
    }

    #[test]
    fn long_forms_follow_the_table() {
        for (value, expected) in [
            (r#""plain""#, None),
            (r#"{"a": 1}"#, None),
            (r#"{"Condition": {"Bool": {}}}"#, None),
            (r#""{{resolve:secretsmanager:x}}""#, Some(DynamicReference)),
            (r#""{{resolve:ssm:x}}""#, Some(Reference)),
            (r#"{"Ref": "Plain"}"#, Some(Parameter)),
            (r#"{"Ref": "Hidden"}"#, Some(NoEchoParameter)),
            (r#"{"Ref": "HiddenText"}"#, Some(NoEchoParameter)),
            (r#"{"Ref": "Leaked"}"#, Some(Literal)),
            (r#"{"Ref": "Filled"}"#, Some(Placeholder)),
            (r#"{"Ref": "FromSsm"}"#, Some(Reference)),
            (r#"{"Ref": "AWS::Region"}"#, Some(Reference)),
            (r#"{"Ref": "Bucket"}"#, Some(Reference)),
            (r#"{"Fn::GetAtt": ["Db", "Arn"]}"#, Some(Reference)),
            (r#"{"Fn::ImportValue": "x"}"#, Some(Unknown)),
            (r#"{"Fn::Sub": "no variable"}"#, Some(Literal)),
            (r#"{"Fn::Sub": "${!Escaped}"}"#, Some(Literal)),
            (r#"{"Fn::Sub": "${AWS::StackName}-logs"}"#, Some(Reference)),
            (r#"{"Fn::Sub": "x-${Leaked}"}"#, Some(Literal)),
            (r#"{"Fn::Sub": ["${A}", {"A": {"Ref": "Hidden"}}]}"#, Some(NoEchoParameter)),
            (
                r#"{"Fn::Sub": "{{resolve:secretsmanager:${Db}:SecretString:password}}"}"#,
                Some(DynamicReference),
            ),
            (r#"{"Fn::Join": ["", ["a", "b"]]}"#, Some(Literal)),
            (r#"{"Fn::Join": ["", ["a", {"Ref": "AWS::Region"}]]}"#, Some(Reference)),
            (
                r#"{"Fn::Join": ["", ["{{resolve:secretsmanager:", {"Ref": "Db"}, ":SecretString::}}"]]}"#,
                Some(DynamicReference),
            ),
            (r#"{"Fn::If": ["Prod", {"Ref": "Hidden"}, "hunter2"]}"#, Some(Literal)),
            (r#"{"Fn::If": ["Prod", {"Ref": "Hidden"}, {"Ref": "AWS::NoValue"}]}"#, Some(NoEchoParameter)),
            (r#"{"Fn::Base64": {"Fn::Sub": "${Hidden}"}}"#, Some(NoEchoParameter)),
            (r#"{"Fn::Select": [0, {"Fn::Split": [",", {"Ref": "Plain"}]}]}"#, Some(Parameter)),
            (r#"{"Fn::Transform": {"Name": "X"}}"#, Some(Unknown)),
            (r#"{"Fn::If": []}"#, Some(Unknown)),
        ] {
            assert_eq!(judged(value), expected, "{value}");
        }
    }

    #[test]
    fn blame_goes_to_the_default_or_the_branch() {
        let text = format!(
            r#"{{{PARAMETERS}, "a": {{"Ref": "Leaked"}}, "b": {{"Fn::If": ["C", "hunter2", {{"Ref": "Hidden"}}]}}, "c": "x"}}"#
        );
        let document = document(&text);
        let root = document.root().unwrap();
        assert_eq!(source(at(root, "a")), at(root, "Parameters/Leaked/Default"));
        assert_eq!(source(at(root, "b")), at(root, "b/Fn::If/1"));
        assert_eq!(source(at(root, "c")), at(root, "c"));
    }
}
