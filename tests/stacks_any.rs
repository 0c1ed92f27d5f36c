//! What holds of any template: evaluation is total, and what it says stands in the template.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may stop, and says that it was skipped and what it counted"
)]

#[path = "support/corpus.rs"]
mod corpus;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use trueup::aws::{Node, Value};
use trueup::model::Document;
use trueup::stacks::{Environment, Evaluated, Files, evaluate, find};
use trueup::{platform, syntax};

/// Leaves that are known, and leaves that are not.
#[derive(Debug, Default)]
struct Counted {
    templates: usize,
    resources: usize,
    known: usize,
    unknown: usize,
}

impl Counted {
    fn node(&mut self, node: &Node<'_>, document: &Document<'_>) {
        assert!((node.at.0 as usize) < document.node_count(), "a value stands nowhere");
        match &node.value {
            Value::Unknown(why) => {
                assert!(!why.is_empty() && why.chars().count() < 200, "{why}");
                self.unknown += 1;
            }
            Value::List(items) => {
                for item in items {
                    self.part(item, document);
                }
            }
            Value::Map(entries) => {
                let keys: BTreeSet<_> = entries.iter().map(|(key, _)| key).collect();
                assert_eq!(keys.len(), entries.len(), "a key is given twice");
                for (_, entry) in entries {
                    self.part(entry, document);
                }
            }
            _ => self.known += 1,
        }
    }

    fn part(&mut self, node: &Node<'_>, document: &Document<'_>) {
        assert_ne!(node.value, Value::Absent, "what is absent is left out");
        self.node(node, document);
    }

    fn evaluated(&mut self, evaluated: &Evaluated<'_>, document: &Document<'_>) {
        self.templates += 1;
        self.resources += evaluated.resources.len();
        for resource in &evaluated.resources {
            assert!((resource.header.0 as usize) < document.node_count());
            assert!((resource.body.0 as usize) < document.node_count());
            self.node(&resource.properties, document);
        }
        for output in &evaluated.outputs {
            let mut apart = Self::default();
            for node in output.export.iter().chain([&output.value]) {
                apart.node(node, document);
            }
        }
    }

    /// Evaluates a file, if it is a template.
    fn file(&mut self, path: &str, bytes: Vec<u8>) {
        let Some(syntax) = syntax::for_file(path) else { return };
        let Ok(text) = syntax::decode(bytes) else { return };
        let mut parsed = syntax.parse(&text);
        for document in &mut parsed.documents {
            let Some(platform) = platform::recognise(path, document) else { continue };
            if platform.format().0 == "cloudformation" {
                platform.prepare(document);
                self.evaluated(&evaluate(document, &environment()), document);
            }
        }
    }
}

fn environment() -> Environment<'static> {
    Environment {
        account: Some("123456789012".to_owned()),
        region: Some("eu-central-1".to_owned()),
        stack_name: Some("shop".to_owned()),
        ..Environment::default()
    }
}

/// A folder of the corpus or of the benchmark; `None`, and a word about it, where there is none.
fn shared(name: &str) -> Option<PathBuf> {
    if let Some(part) = name.strip_prefix("corpus/") {
        return Some(corpus::with(part)?.join(part));
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/shared").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    // The benchmark corpus is large, and laid out only by who asks for it: it is never required.
    eprintln!("skipped: no {}", folder.display());
    None
}

struct Folder(PathBuf);

impl Folder {
    fn walk(&self, folder: &Path, paths: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.walk(&path, paths);
            } else if let Some(path) = path.strip_prefix(&self.0).unwrap().to_str() {
                paths.push(path.to_owned());
            }
        }
    }
}

impl Files for Folder {
    fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.walk(&self.0, &mut paths);
        paths
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        fs::read(self.0.join(path)).ok()
    }
}

#[test]
fn real_templates_are_mostly_known() {
    // The least number of templates, and of properties that are known the least share in percent.
    for (name, templates, share) in
        [("corpus/cfn", 160, 70), ("corpus/cdk-synth", 8, 75), ("bench/cfn", 600, 85)]
    {
        let Some(folder) = shared(name).map(Folder) else { continue };
        let mut counted = Counted::default();
        for path in folder.paths() {
            counted.file(&path, folder.read(&path).unwrap());
        }
        eprintln!("{name}: {counted:?}");
        assert!(counted.templates >= templates, "{name}: {counted:?}");
        assert!(counted.known * 100 >= (counted.known + counted.unknown) * share, "{name}: {counted:?}");
    }
}

#[test]
fn every_real_template_is_of_a_stack_or_nested() {
    for name in ["corpus/cfn", "corpus/cdk-synth", "bench/cfn"] {
        let Some(folder) = shared(name).map(Folder) else { continue };
        let found = find(&folder, &[], "trueup.yaml");
        eprintln!(
            "{name}: {} templates, {} stacks, {} gaps",
            found.templates.len(),
            found.stacks.len(),
            found.gaps.len()
        );
        assert!(!found.stacks.is_empty(), "{name}");
        let ids: BTreeSet<_> = found.stacks.iter().map(|stack| &stack.id).collect();
        assert_eq!(ids.len(), found.stacks.len(), "{name}: two stacks have one id");
        for stack in &found.stacks {
            let template = &found.templates[stack.template];
            Counted::default()
                .evaluated(&evaluate(&template.document, &stack.environment()), &template.document);
        }
    }
}

const FUNCTIONS: &[&str] = &[
    "Ref",
    "Fn::GetAtt",
    "Fn::Sub",
    "Fn::Join",
    "Fn::Split",
    "Fn::Select",
    "Fn::If",
    "Fn::FindInMap",
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::GetAZs",
    "Fn::ImportValue",
    "Fn::Length",
    "Fn::ToJsonString",
    "Fn::Transform",
    "Fn::ForEach::L",
    "Fn::Equals",
    "Fn::And",
    "Fn::Or",
    "Fn::Not",
    "Condition",
    "Fn::Made",
    "Key",
    "DefaultValue",
];

const WORDS: &[&str] = &[
    "",
    "P",
    "L",
    "M",
    "C",
    "R.Arn",
    "AWS::NoValue",
    "AWS::Region",
    "${P}",
    "${!P}-${R.Arn}",
    "${",
    "a,b",
    ",",
    "0",
    "10.0.0.0/8",
    "{{resolve:ssm:/x}}",
    "K${L}",
    "é",
];

fn value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        4 => prop::sample::select(WORDS).prop_map(Json::from),
        1 => any::<i8>().prop_map(Json::from),
        1 => any::<bool>().prop_map(Json::from),
        1 => Just(Json::Null),
    ];
    leaf.prop_recursive(6, 80, 4, |inner| {
        prop_oneof![
            2 => prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            1 => prop::collection::btree_map(prop::sample::select(FUNCTIONS).prop_map(str::to_owned), inner.clone(), 0..4)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
            4 => (prop::sample::select(FUNCTIONS), inner).prop_map(|(name, argument)| json!({name: argument})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn evaluation_is_total(
        condition in value(),
        (first, second) in (value(), value()),
        kind in prop::sample::select(vec!["A::B::C", "AWS::Serverless::Function", "AWS::Serverless::SimpleTable"]),
    ) {
        let template = json!({
            "Parameters": {"P": {"Type": "String", "Default": "x"}, "L": {"Type": "CommaDelimitedList", "Default": "a,b"}},
            "Mappings": {"M": {"x": {"a": [1, "b"]}}},
            "Conditions": {"C": condition},
            "Globals": {"Function": first.clone()},
            "Resources": {
                "R": {"Type": kind, "Condition": "C", "Properties": first},
                "Fn::ForEach::X": ["L", ["a", "b"], {"S${L}": {"Type": "A::B::C", "Properties": second.clone()}}],
            },
            "Outputs": {"O": {"Value": second, "Condition": "C"}},
        });
        let mut counted = Counted::default();
        counted.file("template.json", template.to_string().into_bytes());
        prop_assert_eq!(counted.templates, 1);
    }
}
