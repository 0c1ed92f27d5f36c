//! Random documents, and random expressions about them.
//!
//! Expressions are typed, so that most have a value; now and then a part is of another type, for the errors.
//! Deliberately absent: what the crate does not declare (regular expressions, time, the extensions of
//! strings and lists excepted), and types as results, which it cannot tell from text.

use serde_json::{Value as Json, json};

use super::choices::Choices;

/// How deep expressions are nested.
const DEPTH: usize = 4;

/// The type an expression is meant to have.
#[derive(Clone, Copy, PartialEq)]
enum Type {
    Bool,
    Int,
    Double,
    Text,
    Ints,
    Texts,
    Maps,
    Labels,
    /// An item of [`Type::Maps`]: only its fields are used, for the crate has no order of entries.
    Item,
}

const TYPES: [Type; 8] =
    [Type::Bool, Type::Int, Type::Double, Type::Text, Type::Ints, Type::Texts, Type::Maps, Type::Labels];

/// Texts with letters of one byte and of several, numbers and none.
const TEXTS: [&str; 10] = ["", "a", "web", "shop-web", "12", "-3", "1.5", "true", "grün", "😀b"];
const INTS: [i64; 12] = [0, 1, 2, 3, 1, 2, 4, -1, 7, 1 << 53, i64::MAX, i64::MIN];
const DOUBLES: [f64; 7] = [0.0, 1.0, 1.5, -2.0, 2.25, 100.0, -0.0];

/// A document: of every type a few fields, any of which may be missing.
pub fn document(choices: &mut Choices<'_>) -> Json {
    let mut fields = serde_json::Map::new();
    for (name, kind) in FIELDS {
        if !choices.once_in(12) {
            fields.insert(name.to_owned(), content(choices, kind));
        }
    }
    Json::Object(fields)
}

/// The fields of a document.
const FIELDS: [(&str, Type); 9] = [
    ("ready", Type::Bool),
    ("count", Type::Int),
    ("least", Type::Int),
    ("load", Type::Double),
    ("name", Type::Text),
    ("ports", Type::Ints),
    ("args", Type::Texts),
    ("items", Type::Maps),
    ("labels", Type::Labels),
];

fn content(choices: &mut Choices<'_>, kind: Type) -> Json {
    let mut list = |kind| (0..choices.below(4)).map(|_| content(choices, kind)).collect();
    match kind {
        Type::Ints => return list(Type::Int),
        Type::Texts => return list(Type::Text),
        _ => {}
    }
    match kind {
        Type::Bool => json!(choices.once_in(2)),
        Type::Int => json!(INTS[choices.below(INTS.len())]),
        Type::Double => json!(DOUBLES[choices.below(DOUBLES.len())]),
        Type::Text => json!(choices.of(&TEXTS)),
        Type::Maps => (0..choices.below(4))
            .map(|_| {
                let mut item = json!({"name": content(choices, Type::Text)});
                if !choices.once_in(3) {
                    item["count"] = content(choices, Type::Int);
                }
                item
            })
            .collect(),
        _ => {
            // No more than one entry: the crate would run over several in another order each time.
            let name = choices.of(&["app", "team", ""]);
            let entries = Some(name).filter(|name| !name.is_empty()).into_iter();
            entries.map(|name| (name.to_owned(), content(choices, Type::Text))).collect()
        }
    }
}

/// An expression over `object`.
pub fn expression(choices: &mut Choices<'_>) -> String {
    let (as_text, kind) = (choices.once_in(20), TYPES[choices.below(TYPES.len())]);
    let mut builder = Builder { choices, variables: Vec::new() };
    // The two write doubles in different ways: what else is made of such a text says nothing.
    if as_text { format!("string({})", builder.of(Type::Double, DEPTH)) } else { builder.of(kind, DEPTH) }
}

struct Builder<'c, 'b> {
    choices: &'c mut Choices<'b>,
    /// The variables of the macros around.
    variables: Vec<(String, Type)>,
}

impl Builder<'_, '_> {
    /// An expression that is meant to be of `kind`.
    fn of(&mut self, kind: Type, depth: usize) -> String {
        let kind = if self.choices.once_in(100) { TYPES[self.choices.below(TYPES.len())] } else { kind };
        if depth == 0 || self.choices.below(4) == 0 {
            return self.leaf(kind);
        }
        let depth = depth - 1;
        if self.choices.once_in(12) {
            let [condition, then, otherwise] = [Type::Bool, kind, kind].map(|kind| self.of(kind, depth));
            return format!("({condition} ? {then} : {otherwise})");
        }
        match kind {
            Type::Bool => self.condition(depth),
            Type::Int => self.int(depth),
            Type::Double => self.double(depth),
            Type::Text => self.text(depth),
            Type::Ints | Type::Texts | Type::Maps => self.list(kind, depth),
            Type::Labels | Type::Item => self.leaf(kind),
        }
    }

    /// A literal, a field of the document, or a variable.
    fn leaf(&mut self, kind: Type) -> String {
        let item = self.variables.iter().rfind(|(_, of)| *of == Type::Item).map(|(name, _)| name.clone());
        match (item, kind) {
            (Some(item), Type::Int) if self.choices.once_in(2) => return format!("{item}.count"),
            (Some(item), Type::Text) if self.choices.once_in(2) => return format!("{item}.name"),
            _ => {}
        }
        let known: Vec<String> = self
            .variables
            .iter()
            .filter(|(_, of)| *of == kind)
            .map(|(name, _)| name.clone())
            .chain(FIELDS.iter().filter(|(_, of)| *of == kind).map(|(name, _)| format!("object.{name}")))
            .collect();
        if !known.is_empty() && !self.choices.once_in(3) {
            return known[self.choices.below(known.len())].clone();
        }
        match kind {
            Type::Bool => self.choices.of(&["true", "false"]).to_owned(),
            Type::Int => int(INTS[self.choices.below(INTS.len())]),
            Type::Double => format!("{:?}", DOUBLES[self.choices.below(DOUBLES.len())]),
            Type::Text => format!("'{}'", self.choices.of(&TEXTS)),
            Type::Ints => self.choices.of(&["[]", "[1]", "[1, 2, 3]", "[3, 1, 2, 1]"]).to_owned(),
            Type::Texts => self.choices.of(&["[]", "['a']", "['web', 'a', '12']"]).to_owned(),
            Type::Maps => self.choices.of(&["[]", "[{'name': 'a', 'count': 1}, {'name': 'b'}]"]).to_owned(),
            Type::Labels | Type::Item => self.choices.of(&["{}", "{'app': 'web'}"]).to_owned(),
        }
    }

    fn condition(&mut self, depth: usize) -> String {
        match self.choices.below(12) {
            0 => format!("has({})", self.selection(depth)),
            1 => self.infix(Type::Bool, "&&", Type::Bool, depth),
            2 => self.infix(Type::Bool, "||", Type::Bool, depth),
            3 => format!("!({})", self.of(Type::Bool, depth)),
            4 | 5 => {
                let operator = self.choices.of(&["<", "<=", ">", ">="]);
                let numbers = [Type::Int, Type::Double];
                let [a, b] = match self.choices.below(4) {
                    0 => [Type::Text; 2],
                    1 => numbers,
                    2 => [Type::Double; 2],
                    _ => [Type::Int; 2],
                };
                self.infix(a, operator, b, depth)
            }
            6 => {
                let operator = self.choices.of(&["==", "!="]);
                let a = TYPES[self.choices.below(TYPES.len())];
                let b = if self.choices.once_in(6) { TYPES[self.choices.below(TYPES.len())] } else { a };
                self.infix(a, operator, b, depth)
            }
            7 => match self.choices.below(4) {
                0 if self.choices.once_in(8) => self.infix(Type::Labels, "in", Type::Labels, depth),
                0 | 1 => self.infix(Type::Text, "in", Type::Labels, depth),
                2 => self.infix(Type::Text, "in", Type::Texts, depth),
                _ => self.infix(Type::Int, "in", Type::Ints, depth),
            },
            8 => {
                let function = self.choices.of(&["startsWith", "endsWith", "contains"]);
                let [text, part] = [self.of(Type::Text, depth), self.of(Type::Text, depth)];
                format!("{text}.{function}({part})")
            }
            9 => {
                let kind = TYPES[self.choices.below(TYPES.len())];
                let name = self.choices.of(&["int", "double", "string", "bool", "list", "map", "null_type"]);
                format!("(type({}) == {name})", self.of(kind, depth))
            }
            _ => {
                let quantifier = self.choices.of(&["all", "exists", "exists_one"]);
                self.over(quantifier, Type::Bool, depth)
            }
        }
    }

    /// A selection of which nobody knows whether the field is there.
    fn selection(&mut self, depth: usize) -> String {
        let item = self.variables.iter().rfind(|(_, kind)| *kind == Type::Item).map(|(name, _)| name.clone());
        match (self.choices.below(4), item) {
            (0 | 1, Some(item)) => format!("{item}.{}", self.choices.of(&["name", "count", "none"])),
            (1, _) => format!("object.labels.{}", self.choices.of(&["app", "team", "none"])),
            (2, _) if self.choices.once_in(8) => format!("{}.app", self.of(Type::Text, depth)),
            (2, _) => format!("{}.app", self.of(Type::Labels, depth)),
            _ => format!("object.{}", FIELDS[self.choices.below(FIELDS.len())].0),
        }
    }

    fn int(&mut self, depth: usize) -> String {
        match self.choices.below(8) {
            0 => {
                let kind = [Type::Text, Type::Ints, Type::Texts, Type::Maps, Type::Labels];
                let kind = kind[self.choices.below(kind.len())];
                format!("size({})", self.of(kind, depth))
            }
            1 => format!("{}[{}]", self.of(Type::Ints, depth), self.of(Type::Int, depth)),
            2 => format!("int({})", self.of(Type::Text, depth)),
            3 => format!("int({})", self.of(Type::Double, depth)),
            4 => format!("-({})", self.of(Type::Int, depth)),
            5 => format!("{}[0].count", self.of(Type::Maps, depth)),
            _ => {
                let operator = self.choices.of(&["+", "-", "*", "/", "%"]);
                self.infix(Type::Int, operator, Type::Int, depth)
            }
        }
    }

    fn double(&mut self, depth: usize) -> String {
        match self.choices.below(4) {
            0 => format!("double({})", self.of(Type::Int, depth)),
            1 => format!("double({})", self.of(Type::Text, depth)),
            2 => format!("-({})", self.of(Type::Double, depth)),
            _ => {
                let operator = self.choices.of(&["+", "-", "*", "/"]);
                self.infix(Type::Double, operator, Type::Double, depth)
            }
        }
    }

    fn text(&mut self, depth: usize) -> String {
        match self.choices.below(9) {
            0 => self.infix(Type::Text, "+", Type::Text, depth),
            1 => {
                let kind = [Type::Int, Type::Bool, Type::Text][self.choices.below(3)];
                format!("string({})", self.of(kind, depth))
            }
            2 => format!("{}[{}]", self.of(Type::Texts, depth), self.of(Type::Int, depth)),
            3 => format!("{}[{}]", self.of(Type::Labels, depth), self.of(Type::Text, depth)),
            4 => format!("{}.{}", self.of(Type::Labels, depth), self.choices.of(&["app", "team"])),
            5 => {
                let function = self.choices.of(&["lowerAscii", "upperAscii", "trim", "reverse"]);
                format!("{}.{function}()", self.of(Type::Text, depth))
            }
            6 => format!("{}.substring({})", self.of(Type::Text, depth), self.of(Type::Int, depth)),
            7 => {
                let [text, from, to] = [Type::Text; 3].map(|kind| self.of(kind, depth));
                format!("{text}.replace({from}, {to})")
            }
            _ => format!("{}.join({})", self.of(Type::Texts, depth), self.of(Type::Text, depth)),
        }
    }

    fn list(&mut self, kind: Type, depth: usize) -> String {
        match (self.choices.below(4), kind) {
            (0, _) if self.choices.once_in(12) => self.infix(kind, "+", Type::Labels, depth),
            (0, _) => self.infix(kind, "+", kind, depth),
            (1, Type::Ints) => self.over("map", Type::Int, depth),
            (1, Type::Texts) => self.over("map", Type::Text, depth),
            (2, Type::Ints) => format!("[{}, {}]", self.of(Type::Int, depth), self.of(Type::Int, depth)),
            (2, Type::Texts) => {
                format!("{}.split({})", self.of(Type::Text, depth), self.of(Type::Text, depth))
            }
            _ => {
                let range = self.of(kind, depth);
                self.macro_over(&range, item_of(kind), "filter", Type::Bool, depth)
            }
        }
    }

    /// A macro over a list or a map of any kind.
    fn over(&mut self, name: &str, result: Type, depth: usize) -> String {
        let kinds = [Type::Ints, Type::Texts, Type::Maps, Type::Labels];
        let kind = kinds[self.choices.below(kinds.len())];
        let range = self.of(kind, depth);
        self.macro_over(&range, item_of(kind), name, result, depth)
    }

    fn macro_over(&mut self, range: &str, item: Type, name: &str, result: Type, depth: usize) -> String {
        let variable = format!("v{}", self.variables.len());
        self.variables.push((variable.clone(), item));
        let body = self.of(result, depth);
        self.variables.pop();
        format!("{range}.{name}({variable}, {body})")
    }

    fn infix(&mut self, a: Type, operator: &str, b: Type, depth: usize) -> String {
        let (a, b) = (self.of(a, depth), self.of(b, depth));
        format!("({a} {operator} {b})")
    }
}

/// What a loop over a value of that type gives.
fn item_of(kind: Type) -> Type {
    match kind {
        Type::Ints => Type::Int,
        Type::Maps => Type::Item,
        _ => Type::Text,
    }
}

/// An integer as a literal.
fn int(value: i64) -> String {
    value.to_string()
}
