//! Documents as people write them, through the reader: what needs YAML's tags, styles and schemas.

#[path = "support/corpus.rs"]
mod corpus;

use std::path::{Path, PathBuf};

use trueup::model::{Document, NodeRef, Platform, Resource, ValueKind};
use trueup::{platform, syntax};

/// Reads `text` as `file`, prepares its first document and hands its resources to `check`.
fn with_resources(file: &str, text: &str, check: impl FnOnce(&[Resource<'_>])) {
    let mut parsed = syntax::for_file(file).expect("a syntax").parse(text);
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
    let document = &mut parsed.documents[0];
    let resources_of = prepare(file, document);
    let mut resources = Vec::new();
    resources_of.expect("a platform claims the document").resources(document, &mut resources);
    check(&resources);
}

fn prepare(file: &str, document: &mut Document<'_>) -> Option<&'static dyn Platform> {
    let platform = platform::recognise(file, document)?;
    platform.prepare(document);
    Some(platform)
}

/// The node at a path of keys, where a number is an index.
fn at<'d>(node: NodeRef<'d>, path: &str) -> NodeRef<'d> {
    path.split('/').fold(node, |node, step| {
        let child = step.parse().ok().and_then(|index| node.item(index)).or_else(|| node.get(step));
        child.unwrap_or_else(|| panic!("no {step} in {path}"))
    })
}

const TEMPLATE: &str = r#"
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Password: {Type: String, NoEcho: true}
  Leaked: {Type: String, NoEcho: "true", Default: hunter2}
  Env: {Type: String}
Resources:
  Db:
    Type: AWS::RDS::DBInstance
    Properties:
      Account: 012345678901
      a: !Ref Password
      b: !Ref Leaked
      c: !Ref Env
      d: !Sub "no variable"
      e: !Sub "${AWS::StackName}-x"
      f: !Sub ["${X}", {X: !Ref Password}]
      g: !GetAtt Other.Arn
      h: !Join ["", [a, b]]
      i: !Join ["", [a, !Ref AWS::Region]]
      j: !If [Prod, !Ref Password, hunter2]
      k: !ImportValue x
      l: !Base64
        Fn::Sub: "${Password}"
      m: "{{resolve:secretsmanager:x:SecretString:y}}"
      n: !Rain::Embed file.txt
      o: plain
      p: !!str plain
      q: !Base64 hunter2
      Tags:
      - {Key: Owner, Value: cart}
      - !If [Prod, {Key: Env, Value: prod}, !Ref AWS::NoValue]
  Module:
    Type: !Rain::Module ./module.yaml
"#;

#[test]
fn short_tags_follow_the_table() {
    use ValueKind::*;
    with_resources("template.yaml", TEMPLATE, |resources| {
        assert_eq!(resources.len(), 2, "the template and one resource");
        let properties = at(resources[1].body, "Properties");
        for (key, expected) in [
            ("a", Some(NoEchoParameter)),
            ("b", Some(Literal)),
            ("c", Some(Parameter)),
            ("d", None),
            ("e", Some(Reference)),
            ("f", Some(NoEchoParameter)),
            ("g", Some(Reference)),
            ("h", Some(Literal)),
            ("i", Some(Reference)),
            ("j", Some(Literal)),
            ("k", Some(Unknown)),
            ("l", Some(NoEchoParameter)),
            ("m", Some(DynamicReference)),
            ("n", Some(Unknown)),
            ("o", None),
            ("p", None),
            ("q", Some(Literal)),
        ] {
            assert_eq!(resources[1].platform.indirect(at(properties, key)), expected, "{key}");
        }
        assert_eq!(at(properties, "Account").as_str(), Some("012345678901"));
    });
}

#[test]
fn blame_goes_where_the_content_stands() {
    with_resources("template.yaml", TEMPLATE, |resources| {
        let shown = |path| {
            let source = resources[1].platform.source(at(resources[0].body, path));
            source.span().of(TEMPLATE)
        };
        assert_eq!(shown("Resources/Db/Properties/b"), "hunter2");
        assert_eq!(at(resources[0].body, "Parameters/Leaked/Default").span().of(TEMPLATE), "hunter2");
        assert_eq!(shown("Resources/Db/Properties/j"), "hunter2");
        assert_eq!(shown("Resources/Db/Properties/o"), "plain");
    });
}

#[test]
fn a_computed_tag_makes_the_tags_unknown() {
    with_resources("template.yaml", TEMPLATE, |resources| {
        let tags = resources[1].platform.tags(&resources[1]);
        assert!(tags.supported && !tags.known);
        assert_eq!(tags.entries.len(), 1);
    });
}

#[test]
fn a_value_of_too_many_parts_is_unknown() {
    // Every level refers to the one before twice: written out, 2^12 references.
    let level = |n: u32| format!("    v{n}: &v{n} !If [C, *v{0}, *v{0}]\n", n - 1);
    let levels: String = (1..=12).map(level).collect();
    let text = format!("Resources:\n  R:\n    Type: A::B::C\n    v0: &v0 !Ref X\n{levels}");
    with_resources("x.yaml", &text, |resources| {
        let platform = resources[1].platform;
        assert_eq!(platform.indirect(at(resources[1].body, "v4")), Some(ValueKind::Reference));
        assert_eq!(platform.indirect(at(resources[1].body, "v12")), Some(ValueKind::Unknown));
    });
}

#[test]
fn kubernetes_reads_scalars_as_the_api_server_does() {
    let text = r"
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: ~}
data:
  on: yes
  b: ${B}
  script: |
    echo ${A}
    echo done
";
    with_resources("x.yaml", text, |resources| {
        let resource = &resources[0];
        assert_eq!((resource.name(), resource.namespace.is_none()), ("a", true));
        assert_eq!(resource.header.span().of(text), "ConfigMap");
        assert_eq!(at(resource.body, "data/on").as_str(), None, "a boolean");
        assert_eq!(resource.platform.indirect(at(resource.body, "data/b")), Some(ValueKind::Substituted));
        assert_eq!(resource.platform.indirect(at(resource.body, "data/script")), None);
    });
}

/// Every file of the corpus through every question: nothing may panic, and templates are recognised.
#[test]
fn the_corpus_is_recognised() {
    let Some(corpus) = corpus::with("INDEX.md") else { return };
    let mut files = Vec::new();
    for folder in ["cfn", "gitops", "cdk-synth", "conformance", "bad-input", "live"] {
        list(&corpus.join(folder), &mut files);
    }
    let (mut templates, mut unclaimed) = (0, Vec::new());
    for path in &files {
        let name = path.strip_prefix(&corpus).unwrap().to_str().unwrap();
        let Some(syntax) = syntax::for_file(name) else { continue };
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        for document in &mut syntax.parse(&text).documents {
            let Some(platform) = prepare(name, document) else {
                if name.starts_with("cfn/aws-cloudformation-templates") {
                    unclaimed.push(name.to_owned());
                }
                continue;
            };
            templates += usize::from(platform.format().0 == "cloudformation");
            let mut resources = Vec::new();
            platform.resources(document, &mut resources);
            for resource in &resources {
                platform.tags(resource);
                platform.containers(resource);
                walk(platform, resource.body, 100);
            }
        }
    }
    assert!(unclaimed.is_empty(), "templates not recognised: {unclaimed:#?}");
    assert!(templates > 400);
}

fn walk(platform: &dyn Platform, node: NodeRef<'_>, depth: usize) {
    platform.indirect(node);
    platform.source(node);
    if depth > 0 {
        node.items().for_each(|item| walk(platform, item, depth - 1));
        node.entries().for_each(|(_, value)| walk(platform, value, depth - 1));
    }
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the corpus").flatten() {
        let path = entry.path();
        if path.is_dir() { list(&path, files) } else { files.push(path) }
    }
}
