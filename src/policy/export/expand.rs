//! Words of ours written out in those of the API server.
//!
//! Parameters become constants. What a file leaves open and a request does not (`tags.known`) becomes what
//! it is at admission.

use std::collections::BTreeMap;

use super::fold::{ast, binary, boolean, call, global, ident, map, select, string, substitute, visit};
use super::{Named, fold, glob, source};
use crate::cel::ast::{Ast, Binary, Entry, Item, Kind, Literal};
use crate::cel::parse;
use crate::model::{NodeRef, Scalar};
use crate::policy::file::{Definition, Expression};
use crate::policy::words::{VARIABLES, WORDS};

/// The variable for [`CONTAINERS`].
const CONTAINERS_NAME: &str = "workloadContainers";
/// The variable for [`POD_SPEC`].
const POD_SPEC_NAME: &str = "workloadPodSpec";
/// The pod specification of a workload; none of other kinds.
const POD_SPEC: &str = "object.kind == 'Pod' ? object.?spec \
     : object.kind == 'PodTemplate' ? object.?template.?spec \
     : object.kind == 'CronJob' ? object.?spec.?jobTemplate.?spec.?template.?spec \
     : object.kind in ['ReplicationController', 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', \
     'Service', 'Configuration', 'Revision', 'Rollout'] ? object.?spec.?template.?spec : optional.none()";
/// The labels of an object.
const LABELS: &str = "object.?metadata.?labels.orValue({})";
/// Names that mean the same to the API server.
const SAME: [&str; 14] = [
    "object",
    "oldObject",
    "namespaceObject",
    "bool",
    "bytes",
    "double",
    "duration",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "timestamp",
    "uint",
];

/// Namespaces of functions that no API server has.
const FOREIGN: [&str; 7] = ["base64", "cel", "lists", "math", "regex", "strings", "net"];

type Expanded = Result<Ast, String>;

/// Expands the expressions of one policy.
pub(super) struct Expander<'p> {
    definition: &'p Definition,
    params: Option<NodeRef<'p>>,
    /// Whether variables are written out where they are used.
    inline: bool,
    /// Names that macros bind around what is being expanded.
    bound: Vec<String>,
    /// Variables of the exported policy for what its words stand for, in the order of their names.
    helpers: BTreeMap<String, Ast>,
}

impl<'p> Expander<'p> {
    pub(super) fn new(definition: &'p Definition, params: Option<NodeRef<'p>>, inline: bool) -> Self {
        Self { definition, params, inline, bound: Vec::new(), helpers: BTreeMap::new() }
    }

    /// The variables that expanded expressions use besides the policy's own.
    pub(super) fn helpers(&mut self) -> Vec<Named> {
        let helpers = std::mem::take(&mut self.helpers);
        let mut helpers: Vec<_> =
            helpers.into_iter().map(|(name, expression)| Named { name, expression }).collect();
        // The containers are those of the pod specification.
        helpers.sort_by_key(|helper| helper.name == CONTAINERS_NAME);
        helpers
    }

    pub(super) fn expression(&mut self, expression: &Expression) -> Expanded {
        let ast = parse(&expression.source).map_err(|problem| problem.message)?;
        self.expand(&ast)
    }

    /// Runs `expand` while `name` is bound.
    pub(super) fn with_bound<T>(&mut self, name: &str, expand: impl FnOnce(&mut Self) -> T) -> T {
        self.bound.push(name.to_owned());
        let expanded = expand(self);
        self.bound.pop();
        expanded
    }

    fn expand(&mut self, ast: &Ast) -> Expanded {
        match &ast.kind {
            Kind::Ident(name) => self.ident(name),
            Kind::Select(operand, field) => match self.selected(operand, field) {
                Some(expanded) => expanded,
                None => Ok(select(self.expand(operand)?, field)),
            },
            Kind::Has(operand, field) => match self.selected(operand, field) {
                // Fields of ours are always there.
                Some(expanded) => expanded.map(|_| boolean(true)),
                None => map(ast, &mut |part| self.expand(part)),
            },
            Kind::Call(target, name, args) => self.call(ast, target.as_deref(), name, args),
            _ => map(ast, &mut |part| self.expand(part)),
        }
    }

    fn is_free(&self, name: &str) -> bool {
        !self.bound.iter().any(|bound| bound == name)
    }

    fn ident(&self, name: &str) -> Expanded {
        if !self.is_free(name) || SAME.contains(&name) {
            return Ok(ident(name));
        }
        Err(format!("`{name}` has no counterpart in the API server"))
    }

    /// `operand.field`, when the operand is one of our variables.
    fn selected(&mut self, operand: &Ast, field: &str) -> Option<Expanded> {
        let Kind::Ident(root) = &operand.kind else { return None };
        if !self.is_free(root) {
            return None;
        }
        let object = |path: &str| source(&format!("object.{path}"));
        Some(match (root.as_str(), field) {
            ("resource", "format") => Ok(string("kubernetes")),
            ("resource", "kind" | "type") => object("kind"),
            ("resource", "apiVersion") => object("apiVersion"),
            ("resource", "name" | "namespace") => object(&format!("?metadata.?{field}.orValue('')")),
            ("resource", "operation") | ("request", "operation" | "name" | "namespace") => {
                Ok(select(ident("request"), field))
            }
            // Kustomize has merged its patches before anything reaches the API server.
            ("resource", "isPatch") => Ok(boolean(false)),
            ("params", _) => self.param(field),
            ("variables", _) => self.variable(field),
            ("resource" | "request" | "template" | "repo", _) => {
                Err(format!("`{root}.{field}` has no counterpart in the API server"))
            }
            _ => return None,
        })
    }

    fn variable(&mut self, name: &str) -> Expanded {
        if !self.inline {
            return Ok(select(ident("variables"), name));
        }
        let definition = self.definition;
        let Some(variable) = definition.variables.iter().rfind(|variable| variable.name == name) else {
            return Err(format!("there is no variable `{name}`"));
        };
        let around = std::mem::take(&mut self.bound);
        let expanded = self.expression(&variable.expression);
        self.bound = around;
        expanded
    }

    /// A parameter: a scalar where it is used, a collection as a variable where there can be one.
    fn param(&mut self, name: &str) -> Expanded {
        let Some(value) = self.params.and_then(|params| params.get(name)) else {
            return Err(format!("there is no parameter `{name}`"));
        };
        let constant = constant(value);
        if self.inline || matches!(constant.kind, Kind::Literal(_)) {
            return Ok(constant);
        }
        let taken = |name: &str| self.definition.variables.iter().any(|variable| variable.name == name);
        let mut variable = name.to_owned();
        while taken(&variable) {
            variable.push_str("Param");
        }
        Ok(self.helper(&variable, constant))
    }

    /// A variable of the exported policy; written out where there can be none.
    fn helper(&mut self, name: &str, value: Ast) -> Ast {
        if self.inline {
            return value;
        }
        self.helpers.insert(name.to_owned(), value);
        select(ident("variables"), name)
    }

    fn call(&mut self, ast: &Ast, target: Option<&Ast>, name: &str, args: &[Ast]) -> Expanded {
        let path = target.and_then(|target| match &target.kind {
            Kind::Ident(root) if self.is_free(root) => Some(format!("{root}.{name}")),
            _ => None,
        });
        let full = path.as_deref().or(target.is_none().then_some(name));
        match (full, args) {
            (Some("podSpec"), [_]) => return self.pod_spec(),
            (Some("containers"), [_]) => return self.containers(),
            (Some("tags"), [_]) => return source(LABELS),
            (Some("tags.keys"), [_]) => {
                return Ok(call(source(LABELS)?, "map", [ident("key"), ident("key")]));
            }
            (Some("tags.known" | "tags.supported"), [_]) => return Ok(boolean(true)),
            (Some("glob"), [text, pattern]) => return self.glob(text, pattern),
            _ => {}
        }
        if let Some(word) = full
            && (word.starts_with("repo.") || WORDS.iter().any(|known| known.function.name == word))
        {
            return Err(format!("`{word}` has no counterpart in the API server"));
        }
        if let (Some(Ast { kind: Kind::Ident(space), .. }), Some(_)) = (target, &path)
            // A call on a name that is no variable is one of a function of that namespace.
            && !VARIABLES.contains(&space.as_str())
            && space != "variables"
        {
            if FOREIGN.contains(&space.as_str()) {
                return Err(format!("`{space}.{name}` is no function of the API server"));
            }
            let args = args.iter().map(|arg| self.expand(arg)).collect::<Result<_, _>>()?;
            return Ok(fold::ast(Kind::Call(Some(Box::new(ident(space))), name.to_owned(), args)));
        }
        let count = target.map_or(0, |_| fold::binds(name, args));
        if count == 0 {
            return map(ast, &mut |part| self.expand(part));
        }
        if let (Some(target), "all" | "exists", [Ast { kind: Kind::Ident(variable), .. }, body]) =
            (target, name, args)
            && chooses_glob(body, variable)
            && let Some(items) = self.constants(target)
        {
            return self.unrolled(name == "all", &items, variable, body);
        }
        let (names, bodies) = args.split_at(count);
        let target = target.map(|target| self.expand(target).map(Box::new)).transpose()?;
        let before = self.bound.len();
        self.bound.extend(names.iter().filter_map(|name| match &name.kind {
            Kind::Ident(name) => Some(name.clone()),
            _ => None,
        }));
        let bodies: Result<Vec<Ast>, String> = bodies.iter().map(|body| self.expand(body)).collect();
        self.bound.truncate(before);
        let mut args: Vec<Ast> = names.iter().cloned().chain(bodies?).collect();
        // The parser makes no difference between `filter` and a `map` of the same; people do.
        let mut name = name;
        if let ("map", [Ast { kind: Kind::Ident(from), .. }, _, Ast { kind: Kind::Ident(to), .. }]) =
            (name, args.as_slice())
            && from == to
        {
            args.truncate(2);
            name = "filter";
        }
        Ok(fold::ast(Kind::Call(target, name.to_owned(), args)))
    }

    /// The pod specification, as an optional value.
    fn pod_spec(&mut self) -> Expanded {
        let spec = self.pod_spec_or_empty()?;
        let name = "ofNonZeroValue".to_owned();
        Ok(ast(Kind::Call(Some(Box::new(ident("optional"))), name, vec![spec])))
    }

    /// The pod specification or an empty map: the API server does not look into an optional that is a variable.
    fn pod_spec_or_empty(&mut self) -> Expanded {
        let spec = call(source(POD_SPEC)?, "orValue", [ast(Kind::Map(Vec::new()))]);
        Ok(self.helper(POD_SPEC_NAME, spec))
    }

    fn containers(&mut self) -> Expanded {
        let spec = self.pod_spec_or_empty()?;
        let lists = ["containers", "initContainers", "ephemeralContainers"].map(|list| {
            let list = ast(Kind::OptionalSelect(Box::new(spec.clone()), list.to_owned()));
            call(list, "orValue", [ast(Kind::List(Vec::new()))])
        });
        let [first, second, third] = lists;
        let all = binary(Binary::Add, binary(Binary::Add, first, second), third);
        Ok(self.helper(CONTAINERS_NAME, all))
    }

    fn glob(&mut self, text: &Ast, pattern: &Ast) -> Expanded {
        let (text, pattern) = (self.expand(text)?, self.expand(pattern)?);
        let Kind::Literal(Literal::Str(pattern)) = &pattern.kind else {
            return Err(
                "`glob` with a pattern that depends on the object has no counterpart in the API server"
                    .to_owned(),
            );
        };
        Ok(match glob::regex(pattern) {
            None => binary(Binary::Equal, text, string(pattern)),
            Some(regex) => {
                let text = if fold::is_text(&text) { text } else { global("string", [text]) };
                call(text, "matches", [string(&regex)])
            }
        })
    }

    /// The items of a list that is known now.
    fn constants(&mut self, list: &Ast) -> Option<Vec<Ast>> {
        match &list.kind {
            Kind::Select(operand, name)
                if matches!(&operand.kind, Kind::Ident(root) if root == "params")
                    && self.is_free("params") =>
            {
                let list = self.params?.get(name).filter(|list| list.is_sequence())?;
                Some(list.items().map(constant).collect())
            }
            Kind::List(items) => {
                let literal = |item: &Item| matches!(item.value.kind, Kind::Literal(_)) && !item.optional;
                items.iter().all(literal).then(|| items.iter().map(|item| item.value.clone()).collect())
            }
            _ => None,
        }
    }

    /// A loop over a known list as a row of operands, so that each can be a glob of its own.
    fn unrolled(&mut self, all: bool, items: &[Ast], variable: &str, body: &Ast) -> Expanded {
        let operator = if all { Binary::And } else { Binary::Or };
        items.iter().try_fold(boolean(all), |row, item| {
            let operand = self.expand(&substitute(body, variable, item))?;
            Ok(binary(operator, row, operand))
        })
    }
}

/// Whether `body` calls `glob` with a pattern in which `variable` has part.
fn chooses_glob(body: &Ast, variable: &str) -> bool {
    let mut found = false;
    visit(body, &mut |ast| {
        if let Kind::Call(None, name, args) = &ast.kind
            && name == "glob"
        {
            found |= args.get(1).is_some_and(|pattern| fold::mentions(pattern, variable));
        }
    });
    found
}

/// The value of a parameter as an expression.
fn constant(node: NodeRef<'_>) -> Ast {
    if node.is_sequence() {
        let items = alike(node.items().map(constant).collect());
        return ast(Kind::List(items.into_iter().map(|value| Item { value, optional: false }).collect()));
    }
    if node.is_mapping() {
        let keys = node.entries().map(|(key, _)| string(key.text().unwrap_or_default()));
        let values = alike(node.entries().map(|(_, value)| constant(value)).collect());
        let entries = keys.zip(values).map(|(key, value)| Entry { key, value, optional: false });
        return ast(Kind::Map(entries.collect()));
    }
    ast(Kind::Literal(match node.scalar() {
        Some(Scalar::Bool(value)) => Literal::Bool(value),
        Some(Scalar::Int(value)) => Literal::Int(value),
        Some(Scalar::Float(value)) => Literal::Double(value),
        Some(Scalar::Str(text)) => Literal::Str(text.into()),
        Some(Scalar::Null) | None => Literal::Null,
    }))
}

/// Values of one literal list or map, which the API server wants to be of one type; others it is told
/// nothing about.
fn alike(values: Vec<Ast>) -> Vec<Ast> {
    let mut types = values.iter().map(type_of);
    let first = types.next();
    if types.all(|other| Some(&other) == first.as_ref()) {
        return values;
    }
    values.into_iter().map(|value| global("dyn", [value])).collect()
}

fn type_of(ast: &Ast) -> String {
    match &ast.kind {
        Kind::Literal(literal) => match literal {
            Literal::Null => "null",
            Literal::Bool(_) => "bool",
            Literal::Int(_) => "int",
            Literal::Uint(_) => "uint",
            Literal::Double(_) => "double",
            Literal::Str(_) => "string",
            Literal::Bytes(_) => "bytes",
        }
        .to_owned(),
        Kind::List(items) => {
            format!("list({})", items.first().map_or_else(String::new, |item| type_of(&item.value)))
        }
        Kind::Map(entries) => {
            format!("map({})", entries.first().map_or_else(String::new, |entry| type_of(&entry.value)))
        }
        _ => "dyn".to_owned(),
    }
}
