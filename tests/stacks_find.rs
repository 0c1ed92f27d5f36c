//! The stacks of a repository: every way to say that a template is deployed.

use std::collections::BTreeMap;

use trueup::config::Config;
use trueup::stacks::{DeclaredStack, Environment, Files, Found, Given, evaluate, find, nested};

/// A repository in memory; what begins with `~` is there and not listed.
struct Repository(BTreeMap<String, String>);

impl Repository {
    fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    fn find(&self) -> Found {
        find(self, &[], "trueup.yaml")
    }
}

impl Files for Repository {
    fn paths(&self) -> Vec<String> {
        self.0.keys().filter(|path| !path.starts_with('~')).cloned().collect()
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let text = self.0.get(path).or_else(|| self.0.get(&format!("~{path}")));
        text.map(|text| text.clone().into_bytes())
    }
}

const TOPIC: &str = "Parameters: {Stage: {Type: String}, Size: {Type: Number, Default: 1}}
Resources: {Topic: {Type: 'AWS::SNS::Topic', Properties: {TopicName: !Ref Stage}}}
";

fn texts(stack: &DeclaredStack) -> Vec<(&str, &str)> {
    let text = |given: &Given| match given {
        Given::Text(text) => text.clone().leak() as &str,
        Given::Unknown(why) => format!("<{why}>").leak(),
    };
    stack.parameters.iter().map(|(name, given)| (name.as_str(), text(&given.value))).collect()
}

/// Name, account and region, template, parameters.
fn told<'f>(
    found: &'f Found,
    stack: &'f DeclaredStack,
) -> (Option<&'f str>, String, &'f str, Vec<(&'f str, &'f str)>) {
    let place =
        format!("{}/{}", stack.account.as_deref().unwrap_or("?"), stack.region.as_deref().unwrap_or("?"));
    (stack.name.as_deref(), place, &found.templates[stack.template].path, texts(stack))
}

#[test]
fn a_template_without_a_target_is_a_stack_without_a_name() {
    let repository = Repository::of(&[
        ("a.yaml", TOPIC),
        ("b.yaml", "apiVersion: v1\nkind: ConfigMap\ndata: {Resources: x}\n"),
        ("broken.yaml", "AWSTemplateFormatVersion: '2010-09-09'\nResources: [\n"),
        ("docs/notes.md", "Resources"),
    ]);
    let found = repository.find();
    assert_eq!(found.stacks.len(), 1);
    assert_eq!(told(&found, &found.stacks[0]), (None, "?/?".to_owned(), "a.yaml", vec![]));
    assert_eq!(found.stacks[0].id, "a.yaml");
    assert_eq!(found.stacks[0].origin.span.of(TOPIC), "Parameters");
    assert_eq!(found.gaps.iter().map(|gap| &*gap.subject).collect::<Vec<_>>(), ["broken.yaml"]);
}

#[test]
fn cloud_assemblies_name_stacks_and_places() {
    let manifest = r#"{"version": "36.0.0", "artifacts": {
        "Shop.assets": {"type": "cdk:asset-manifest", "properties": {"file": "Shop.assets.json"}},
        "Shop": {"type": "aws:cloudformation:stack", "environment": "aws://123456789012/eu-central-1",
            "properties": {"templateFile": "Shop.template.json", "stackName": "shop-prod",
                "parameters": {"Stage": "prod"}, "tags": {"Owner": "shop"}}},
        "Free": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region",
            "properties": {"templateFile": "Free.template.json"}},
        "Gone": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "Gone.template.json"}},
        "assembly-Stage": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Stage"}}
    }}"#;
    let stage = r#"{"artifacts": {"StageShop": {"type": "aws:cloudformation:stack", "environment": "aws://1/2",
        "properties": {"templateFile": "Shop.template.json"}}}}"#;
    let shop = r#"{"Resources": {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties":
        {"TemplateURL": {"Fn::Sub": "https://s3.${AWS::URLSuffix}/x"}, "Parameters": {"Stage": "x", "Zones": ["a", "b"], "Open": {"Ref": "Free"}}},
        "Metadata": {"aws:asset:path": "Child.nested.template.json", "aws:asset:property": "TemplateURL"}}}}"#;
    let topic = r#"{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}"#;
    let repository = Repository::of(&[
        ("app/cdk.json", r#"{"app": "node shop.js"}"#),
        ("~app/cdk.out/manifest.json", manifest),
        ("~app/cdk.out/Shop.template.json", shop),
        ("~app/cdk.out/Free.template.json", topic),
        ("~app/cdk.out/Child.nested.template.json", topic),
        ("~app/cdk.out/assembly-Stage/manifest.json", stage),
        ("~app/cdk.out/assembly-Stage/Shop.template.json", topic),
    ]);
    let found = repository.find();
    let stacks: Vec<_> = found.stacks.iter().map(|stack| told(&found, stack)).collect();
    assert_eq!(
        stacks,
        [
            (
                Some("shop-prod"),
                "123456789012/eu-central-1".to_owned(),
                "app/cdk.out/Shop.template.json",
                vec![("Stage", "prod")]
            ),
            (Some("Free"), "?/?".to_owned(), "app/cdk.out/Free.template.json", vec![]),
            (Some("StageShop"), "1/2".to_owned(), "app/cdk.out/assembly-Stage/Shop.template.json", vec![]),
        ]
    );
    assert_eq!(found.stacks[0].tags, [("Owner".to_owned(), "shop".to_owned())]);
    assert_eq!(found.stacks[0].origin.span.of(manifest), "\"Shop\"");
    assert_eq!(found.gaps.len(), 1, "{:?}", found.gaps);
    let template = &found.templates[found.stacks[0].template];
    let evaluated = evaluate(&template.document, &found.stacks[0].environment());
    let child = nested(&evaluated.resources[0], &template.path).unwrap();
    assert_eq!(child.template, "app/cdk.out/Child.nested.template.json");
    assert_eq!(child.parameters["Zones"], Given::Text("a,b".to_owned()));
    assert_eq!(child.parameters["Open"], Given::Unknown("the id of Free".to_owned()));
}

#[test]
fn samconfig_names_a_stack_for_every_environment() {
    let samconfig = r#"version = 0.1
[default.global.parameters]
stack_name = "shop-dev"
[default.deploy.parameters]
region = "eu-west-1"
parameter_overrides = "Stage=dev Size=\"2\""
tags = "Owner=shop Team='a b'"
[prod.deploy.parameters]
stack_name = "shop"
template_file = ".aws-sam/build/template.yaml"
parameter_overrides = ["Stage=prod", "ParameterKey=Size,ParameterValue=3"]
[lint.validate.parameters]
lint = true
"#;
    let repository = Repository::of(&[("app/samconfig.toml", samconfig), ("app/template.yaml", TOPIC)]);
    let found = repository.find();
    let stacks: Vec<_> = found.stacks.iter().map(|stack| told(&found, stack)).collect();
    assert_eq!(
        stacks,
        [
            (
                Some("shop-dev"),
                "?/eu-west-1".to_owned(),
                "app/template.yaml",
                vec![("Size", "2"), ("Stage", "dev")]
            ),
            (Some("shop"), "?/?".to_owned(), "app/template.yaml", vec![("Size", "3"), ("Stage", "prod")]),
        ]
    );
    assert_eq!(found.stacks[0].tags[1], ("Team".to_owned(), "a b".to_owned()));
    assert_eq!(found.stacks[0].origin.span.of(samconfig), "\"shop-dev\"");
    assert_eq!(found.gaps, []);
    let broken = Repository::of(&[("samconfig.toml", "a = [")]).find();
    assert_eq!(broken.gaps.len(), 1);
}

#[test]
fn files_of_parameters_find_their_template() {
    let cli = r#"[{"ParameterKey": "Stage", "ParameterValue": "dev"}, {"ParameterKey": "Size", "UsePreviousValue": true}]"#;
    let pipeline = r#"{"Parameters": {"Stage": "prod"}, "Tags": {"Owner": "shop"}}"#;
    let repository = Repository::of(&[
        ("a/topic.yaml", TOPIC),
        ("a/dev.json", cli),
        ("a/params/prod.json", pipeline),
        ("a/other.json", r#"{"Parameters": {"Unknown": "x"}}"#),
        ("b/one.yaml", TOPIC),
        ("b/two.yaml", TOPIC),
        ("b/one-parameters.json", pipeline),
        ("b/unclear.json", pipeline),
    ]);
    let found = repository.find();
    let stacks: Vec<_> =
        found.stacks.iter().map(|stack| (stack.id.as_str(), told(&found, stack).2, texts(stack))).collect();
    assert_eq!(
        stacks,
        [
            ("a/dev.json", "a/topic.yaml", vec![("Size", "<the previous value of Size>"), ("Stage", "dev")]),
            ("a/params/prod.json", "a/topic.yaml", vec![("Stage", "prod")]),
            ("b/one-parameters.json", "b/one.yaml", vec![("Stage", "prod")]),
            ("b/two.yaml", "b/two.yaml", vec![]),
        ]
    );
    assert_eq!(found.gaps.iter().map(|gap| &*gap.subject).collect::<Vec<_>>(), ["b/unclear.json"]);
}

#[test]
fn git_sync_gives_parameters_to_a_template() {
    let deployment =
        "template-file-path: infra/topic.yaml\nparameters: {Stage: prod, Size: 2}\ntags: {Owner: shop}\n";
    let repository = Repository::of(&[("infra/topic.yaml", TOPIC), ("deploy/prod.yaml", deployment)]);
    let found = repository.find();
    assert_eq!(found.stacks.len(), 1);
    assert_eq!(told(&found, &found.stacks[0]).3, [("Size", "2"), ("Stage", "prod")]);
    assert_eq!(found.stacks[0].parameters["Stage"].place.span.of(deployment), "prod");
}

#[test]
fn the_configuration_wins() {
    let trueup = "audit: {aws: {stacks: [
        {name: shop, template: infra/topic.yaml, account: '012345678901', region: eu-central-1,
         parameterFile: infra/p.json, parameters: {Size: 5}, tags: {Owner: shop}},
        {name: gone, template: none.yaml}]}}";
    let parsed = trueup::syntax::for_file("trueup.yaml").unwrap().parse(trueup);
    let config = Config::from_document(&parsed.documents[0]).unwrap();
    let repository = Repository::of(&[
        ("infra/topic.yaml", TOPIC),
        ("infra/p.json", r#"{"Parameters": {"Stage": "prod", "Size": "9"}}"#),
        ("trueup.yaml", trueup),
    ]);
    let found = find(&repository, &config.audit.aws.stacks, "trueup.yaml");
    assert_eq!(found.stacks.len(), 1, "the file of parameters is no second stack");
    let stack = &found.stacks[0];
    assert_eq!(told(&found, stack).1, "012345678901/eu-central-1");
    assert_eq!(texts(stack), [("Size", "5"), ("Stage", "prod")]);
    assert_eq!(stack.parameters["Size"].place.file, "trueup.yaml");
    assert_eq!(stack.parameters["Stage"].place.file, "infra/p.json");
    assert_eq!(found.gaps.len(), 1);
}

#[test]
fn templates_that_others_nest_are_no_stacks_of_their_own() {
    let parent = "Resources:
  Child: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: ./nested/child.yaml}}
  Remote: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: 'https://s3.amazonaws.com/b/t.yaml'}}
";
    let repository = Repository::of(&[("infra/parent.yaml", parent), ("infra/nested/child.yaml", TOPIC)]);
    let found = repository.find();
    assert_eq!(found.stacks.iter().map(|stack| &*stack.id).collect::<Vec<_>>(), ["infra/parent.yaml"]);
    let template = &found.templates[found.stacks[0].template];
    let evaluated = evaluate(&template.document, &Environment::default());
    let children: Vec<_> = evaluated.resources.iter().map(|it| nested(it, &template.path)).collect();
    assert_eq!(children[0].as_ref().unwrap().template, "infra/nested/child.yaml");
    assert_eq!(children[1], None);
}

#[test]
fn ids_are_unique() {
    let samconfig = "[a.deploy.parameters]\nstack_name = 'shop'\nregion = 'eu-west-1'\n[b.deploy.parameters]\nstack_name = 'shop'\nregion = 'eu-central-1'\n";
    let found = Repository::of(&[("samconfig.toml", samconfig), ("template.yaml", TOPIC)]).find();
    assert_eq!(
        found.stacks.iter().map(|stack| &*stack.id).collect::<Vec<_>>(),
        ["shop", "shop@eu-central-1"]
    );
}
