//! Templates evaluated: every intrinsic function by a table, and what must hold of any template.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use std::fmt::Write;

use trueup::aws::{Node, Value};
use trueup::model::Document;
use trueup::stacks::{Declared, Environment, Evaluated, Given, evaluate};
use trueup::{platform, syntax};

/// Hands over the prepared document of a YAML template.
fn with_template<T>(text: &str, check: impl FnOnce(&Document<'_>) -> T) -> T {
    let mut parsed = syntax::for_file("template.yaml").unwrap().parse(text);
    assert!(!parsed.has_parse_error(), "{:?} in {text}", parsed.problems);
    let document = &mut parsed.documents[0];
    platform::by_name("cloudformation").unwrap().prepare(document);
    check(document)
}

fn environment() -> Environment<'static> {
    let given = [
        ("Stage", Given::Text("prod".to_owned())),
        ("Zones", Given::Text("a, b,c".to_owned())),
        ("FromParent", Given::Unknown("the output Vpc".to_owned())),
    ];
    Environment {
        parameters: given.map(|(name, value)| (name.to_owned(), value)).into(),
        account: Some("123456789012".to_owned()),
        region: Some("eu-central-1".to_owned()),
        stack_name: Some("shop".to_owned()),
        stack_id: None,
        physical: &|logical, attribute| match (logical, attribute) {
            ("Topic", None) => Some("arn:aws:sns:eu-central-1:123456789012:orders".to_owned()),
            ("Role", Some("Arn")) => Some("arn:aws:iam::123456789012:role/shop".to_owned()),
            _ => None,
        },
    }
}

const FRAME: &str = r"
Parameters:
  Stage: {Type: String, Default: dev}
  Size: {Type: Number, Default: 010}
  Flag: {Type: String, Default: true}
  Bare: {Type: String}
  Password: {Type: String, NoEcho: true, Default: hunter2}
  Zones: {Type: CommaDelimitedList}
  Subnets: {Type: 'List<AWS::EC2::Subnet::Id>', Default: 'subnet-1,subnet-2'}
  Image: {Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /images/latest}
  FromParent: {Type: String, Default: vpc-1}
Mappings:
  Sizes:
    prod: {Memory: 1024, Layers: [a, b]}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Not [!Condition IsProd]
  IsBare: !Equals [!Ref Bare, x]
  Either: !Or [Condition: IsBare, Condition: IsProd]
  Both: !And [!Condition IsBare, !Condition IsDev]
  Unclear: !And [!Condition IsBare, !Condition IsProd]
  Circle: !Not [!Condition Circle]
";

/// JSON in which what is unknown stands between angle brackets.
fn shown(node: &Node<'_>) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => format!("'{text}'"),
        Value::Absent => "absent".to_owned(),
        Value::Unknown(why) => format!("<{why}>"),
        Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let entry = |(key, value): &(_, Node<'_>)| format!("{key}: {}", shown(value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

/// What the property `P` with this value comes to.
fn value_of(value: &str) -> String {
    let text = format!("{FRAME}Resources:\n  R:\n    Type: A::B::C\n    Properties:\n      P: {value}\n");
    with_template(&text, |document| {
        let evaluated = evaluate(document, &environment());
        assert_eq!(evaluated.gaps, []);
        let properties = &evaluated.resources[0].properties;
        match properties.get("P") {
            Some(value) => shown(value),
            None => shown(properties),
        }
    })
}

#[test]
fn intrinsic_functions_follow_the_table() {
    let mut wrong = String::new();
    for (value, expected) in [
        ("plain", "'plain'"),
        ("[1, 1.50, true, null, 012, '5']", "[1, 1.50, true, null, '012', '5']"),
        ("{a: {b: c}, a: d}", "{a: 'd'}"),
        // Ref
        ("!Ref Stage", "'prod'"),
        ("{Ref: Size}", "'010'"),
        ("!Ref Flag", "'true'"),
        ("!Ref Bare", "<the parameter Bare>"),
        ("!Ref Password", "<the hidden parameter Password>"),
        ("!Ref Zones", "['a', 'b', 'c']"),
        ("!Ref Subnets", "['subnet-1', 'subnet-2']"),
        ("!Ref Image", "<the SSM parameter /images/latest>"),
        ("!Ref FromParent", "<the output Vpc>"),
        ("!Ref AWS::Region", "'eu-central-1'"),
        ("!Ref AWS::Partition", "'aws'"),
        ("!Ref AWS::URLSuffix", "'amazonaws.com'"),
        ("!Ref AWS::AccountId", "'123456789012'"),
        ("!Ref AWS::StackName", "'shop'"),
        ("!Ref AWS::StackId", "<the stack's id>"),
        ("!Ref AWS::NotificationARNs", "<the stack's notification topics>"),
        ("!Ref AWS::Moon", "<the pseudo parameter AWS::Moon>"),
        ("!Ref AWS::NoValue", "{}"),
        ("[a, !Ref AWS::NoValue, {x: !Ref AWS::NoValue}]", "['a', {}]"),
        ("!Ref Topic", "'arn:aws:sns:eu-central-1:123456789012:orders'"),
        ("!Ref Queue", "<the id of Queue>"),
        // GetAtt
        ("!GetAtt Role.Arn", "'arn:aws:iam::123456789012:role/shop'"),
        ("{'Fn::GetAtt': [Role, Arn]}", "'arn:aws:iam::123456789012:role/shop'"),
        ("!GetAtt Nested.Outputs.Vpc", "<the Outputs.Vpc of Nested>"),
        ("!GetAtt [Role]", "<the result of a wrong Fn::GetAtt>"),
        // Sub
        ("!Sub '${AWS::StackName}-${Stage}-$5-${!Kept}'", "'shop-prod-$5-${Kept}'"),
        ("!Sub ['${A}/${Role.Arn}', {A: !Ref Size}]", "'010/arn:aws:iam::123456789012:role/shop'"),
        ("!Sub 'x-${Bare}'", "<the parameter Bare>"),
        ("!Sub '${Zones}'", "<a value that is no text>"),
        ("!Sub 'x-${Password}'", "<the hidden parameter Password>"),
        ("{'Fn::Sub': 'plain'}", "'plain'"),
        ("!Sub '{{resolve:ssm:/${Stage}/name}}'", "<the SSM parameter /prod/name>"),
        // Join, Split, Select
        ("!Join ['-', [a, 1, true, !Ref Stage]]", "'a-1-true-prod'"),
        ("!Join [',', !Ref Zones]", "'a,b,c'"),
        ("!Join ['', [a, !Ref AWS::NoValue]]", "'a'"),
        ("!Join ['', [a, !Ref Bare]]", "<the parameter Bare>"),
        ("!Join [a]", "<the result of a wrong Fn::Join>"),
        ("!Split ['|', 'a|b|']", "['a', 'b', '']"),
        ("!Split ['', 'a']", "<the result of a wrong Fn::Split>"),
        ("!Select [1, !Split ['.', 'a.b']]", "'b'"),
        ("!Select ['0', [x, !Ref Bare]]", "'x'"),
        ("!Select [1, [x, !Ref Bare]]", "<the parameter Bare>"),
        ("!Select [2, [x]]", "<the result of a wrong Fn::Select>"),
        ("!Select [0, !GetAZs '']", "<the availability zones>"),
        // If
        ("!If [IsProd, yes, no]", "'yes'"),
        ("!If [IsDev, yes, no]", "'no'"),
        ("!If [IsDev, yes, !Ref AWS::NoValue]", "{}"),
        ("!If [IsBare, yes, no]", "<the condition IsBare>"),
        ("!If [IsBare, [1], ['1']]", "[1]"),
        ("!If [Either, a, b]", "'a'"),
        ("!If [Both, a, b]", "'b'"),
        ("!If [Unclear, a, b]", "<the condition Unclear>"),
        ("!If [Circle, a, b]", "<the condition Circle>"),
        ("!If [Missing, a, b]", "<the condition Missing>"),
        ("!If [IsProd, a]", "<the result of a wrong Fn::If>"),
        // FindInMap
        ("!FindInMap [Sizes, !Ref Stage, Memory]", "1024"),
        ("!FindInMap [Sizes, prod, Layers]", "['a', 'b']"),
        ("!FindInMap [Sizes, dev, Memory]", "<the mapping Sizes.dev.Memory>"),
        ("!FindInMap [Sizes, dev, Memory, {DefaultValue: 128}]", "128"),
        ("!FindInMap [Sizes, !Ref Bare, Memory]", "<the parameter Bare>"),
        // the rest
        ("!Base64 hello", "'aGVsbG8='"),
        ("!Base64 {'Fn::Sub': '${Stage}'}", "'cHJvZA=='"),
        ("{'Fn::Base64': !Ref Bare}", "<the parameter Bare>"),
        ("!Cidr [10.0.0.0/16, 2, 8]", "['10.0.0.0/24', '10.0.1.0/24']"),
        ("!Cidr [!GetAtt Vpc.CidrBlock, 2, 8]", "<the CidrBlock of Vpc>"),
        ("!ImportValue shared-vpc", "<the export shared-vpc>"),
        ("{'Fn::ImportValue': !Sub '${Stage}-vpc'}", "<the export prod-vpc>"),
        ("{'Fn::Length': !Ref Zones}", "3"),
        (
            "{'Fn::ToJsonString': {a: [1, '\"', true, !Ref Stage], b: null}}",
            r#"'{"a":[1,"\"",true,"prod"],"b":null}'"#,
        ),
        ("{'Fn::ToJsonString': {a: !Ref Bare}}", "<the parameter Bare>"),
        ("{'Fn::Transform': {Name: AWS::Include, Parameters: {Location: x}}}", "<the macro AWS::Include>"),
        ("{a: 1, 'Fn::Transform': {Name: Odd}}", "<the result of Fn::Transform>"),
        ("!Rain::Embed x", "<the function Rain::Embed>"),
        ("'{{resolve:secretsmanager:prod/db:SecretString:password}}'", "<the secret prod/db>"),
        ("{Condition: {StringEquals: {a: b}}}", "{Condition: {StringEquals: {a: 'b'}}}"),
        ("{Condition: IsProd}", "{Condition: 'IsProd'}"),
        // ForEach
        ("{'Fn::ForEach::X': [N, !Ref Zones, {'K${N}': !Ref N}], z: 1}", "{Ka: 'a', Kb: 'b', Kc: 'c', z: 1}"),
        (
            "{'Fn::ForEach::X': [N, [a.b], {'K&{N}': 'v-${N}', '${N}': !Sub '${N}-${Stage}'}]}",
            "{Kab: 'v-a.b', a.b: 'a.b-prod'}",
        ),
        ("{'Fn::ForEach::X': [N, !Ref Bare, {'K${N}': 1}]}", "<the parameter Bare>"),
        ("{'Fn::ForEach::X': [N, [a]]}", "<the result of a wrong Fn::ForEach>"),
    ] {
        let found = value_of(value);
        if found != expected {
            writeln!(wrong, "{value}\n  expected {expected}\n  found    {found}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn resources_and_outputs_follow_their_conditions() {
    let text = format!(
        "{FRAME}Resources:
  Always: {{Type: A::B::C, DeletionPolicy: Retain}}
  Prod: {{Type: A::B::C, Condition: IsProd}}
  Dev: {{Type: A::B::C, Condition: IsDev}}
  Perhaps: {{Type: A::B::C, Condition: IsBare}}
  Fn::ForEach::Topics: [T, !Ref Zones, {{'Topic${{T}}': {{Type: 'AWS::SNS::Topic', Properties: {{TopicName: !Ref T}}}}}}]
  Fn::ForEach::Open: [T, !Ref Bare, {{'Open${{T}}': {{Type: 'AWS::SNS::Topic'}}}}]
  Fn::Transform: {{Name: Odd}}
  Untyped: {{Properties: {{}}}}
Outputs:
  Name: {{Value: !Ref Stage, Export: {{Name: !Sub '${{Stage}}-name'}}}}
  Dev: {{Value: x, Condition: IsDev}}
"
    );
    with_template(&text, |document| {
        let Evaluated { resources, outputs, gaps, .. } = evaluate(document, &environment());
        let found: Vec<_> = resources.iter().map(|it| (&*it.logical, &it.condition)).collect();
        let perhaps = Declared::Maybe("IsBare".to_owned());
        assert_eq!(
            found,
            [
                ("Always", &Declared::Always),
                ("Prod", &Declared::Always),
                ("Perhaps", &perhaps),
                ("Topica", &Declared::Always),
                ("Topicb", &Declared::Always),
                ("Topicc", &Declared::Always),
            ]
        );
        assert_eq!(resources[0].deletion_policy.as_deref(), Some("Retain"));
        assert_eq!(shown(&resources[4].properties), "{TopicName: 'b'}");
        assert_eq!(document.node(resources[4].header).text(), Some("Topic${T}"));
        assert_eq!(outputs.len(), 1);
        assert_eq!(shown(outputs[0].export.as_ref().unwrap()), "'prod-name'");
        let gaps: Vec<_> = gaps.iter().map(|gap| (&*gap.subject, &*gap.reason)).collect();
        assert_eq!(
            gaps,
            [
                ("Fn::ForEach::Open", "not expanded: the parameter Bare"),
                ("Fn::Transform", "not expanded: a macro, which only the deployment runs"),
                ("Untyped", "not expanded: a resource without a type"),
            ]
        );
    });
}

#[test]
fn a_value_stands_where_the_template_says_it() {
    let text = "Parameters: {A: {Type: String, Default: x}}
Resources: {R: {Type: A::B::C, Properties: {P: !Ref A, Q: {Ref: A}, L: !If [C, [1], [1]]}}}";
    with_template(text, |document| {
        let evaluated = evaluate(document, &Environment::default());
        let properties = &evaluated.resources[0].properties;
        let place = |name| document.node(properties.get(name).unwrap().at).span().of(text);
        assert_eq!((place("P"), place("Q"), place("L")), ("A", "{Ref: A}", "[1]"));
    });
}

#[test]
fn hostile_templates_come_to_an_end() {
    let mut nested = "x".repeat(1000);
    for _ in 0..30 {
        nested = format!("{{'Fn::Sub': ['${{A}}${{A}}', {{A: {nested}}}]}}");
    }
    let mut loops = "{'K${A}': v}".to_owned();
    for _ in 0..20 {
        loops = format!("{{'Fn::ForEach::X': [A, [1, 2, 3, 4, 5, 6, 7, 8, 9], {loops}]}}");
    }
    let deep = format!("{}x{}", "{a: ".repeat(200), "}".repeat(200));
    for value in [nested, loops, deep] {
        let text = format!("Resources: {{R: {{Type: A::B::C, Properties: {{P: {value}}}}}}}");
        with_template(&text, |document| {
            let evaluated = evaluate(document, &Environment::default());
            assert!(evaluated.resources[0].properties.has_unknown());
        });
    }
}

#[test]
fn serverless_resources_become_what_they_deploy() {
    let text = "Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.13
    Timeout: 5
    Layers: [shared]
    Environment: {Variables: {STAGE: dev, LOG: info}}
    Tags: {Team: shop}
Resources:
  Cart:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 9
      Layers: [own]
      CodeUri: src/
      Environment: {Variables: {STAGE: prod}}
      Tracing: Active
      DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Dead.Arn}
      Tags: {Owner: cart}
      Events: {Get: {Type: Api, Properties: {Path: /, Method: get}}}
  Own: {Type: 'AWS::Serverless::Function', Properties: {Role: 'arn:aws:iam::123456789012:role/own'}}
  Table:
    Type: AWS::Serverless::SimpleTable
    Properties: {TableName: carts, PrimaryKey: {Name: key, Type: Number}, Tags: {Owner: cart}}
  Plain: {Type: 'AWS::Serverless::SimpleTable'}
  Flow: {Type: 'AWS::Serverless::StateMachine', Properties: {Name: flow, Type: EXPRESS}}
  App: {Type: 'AWS::Serverless::Application', Properties: {Location: ./app.yaml, Parameters: {A: b}}}
  Api: {Type: 'AWS::Serverless::Api', Properties: {StageName: v1}}
  Layer: {Type: 'AWS::Serverless::LayerVersion', Properties: {ContentUri: layer/}}
";
    with_template(text, |document| {
        let evaluated = evaluate(document, &environment());
        let mut found = String::new();
        for it in &evaluated.resources {
            writeln!(found, "{} {} {}", it.logical, it.kind, shown(&it.properties)).unwrap();
        }
        let expected = "\
Cart AWS::Lambda::Function {Timeout: 9, Layers: ['shared', 'own'], Environment: {Variables: {STAGE: 'prod', LOG: 'info'}}, \
Runtime: 'python3.13', Code: <the code that is packaged>, TracingConfig: {Mode: 'Active'}, \
DeadLetterConfig: {TargetArn: <the Arn of Dead>}, Role: <the role that SAM makes>, \
Tags: [{Key: 'lambda:createdBy', Value: 'SAM'}, {Key: 'Owner', Value: 'cart'}, {Key: 'Team', Value: 'shop'}]}
CartRole AWS::IAM::Role <the role that SAM makes>
Own AWS::Lambda::Function {Role: 'arn:aws:iam::123456789012:role/own', Runtime: 'python3.13', Timeout: 5, \
Layers: ['shared'], Environment: {Variables: {STAGE: 'dev', LOG: 'info'}}, Code: <the code that is packaged>, \
Tags: [{Key: 'lambda:createdBy', Value: 'SAM'}, {Key: 'Team', Value: 'shop'}]}
Table AWS::DynamoDB::Table {TableName: 'carts', AttributeDefinitions: [{AttributeName: 'key', AttributeType: 'N'}], \
KeySchema: [{AttributeName: 'key', KeyType: 'HASH'}], BillingMode: 'PAY_PER_REQUEST', Tags: [{Key: 'Owner', Value: 'cart'}]}
Plain AWS::DynamoDB::Table {AttributeDefinitions: [{AttributeName: 'id', AttributeType: 'S'}], \
KeySchema: [{AttributeName: 'id', KeyType: 'HASH'}], BillingMode: 'PAY_PER_REQUEST'}
Flow AWS::StepFunctions::StateMachine {StateMachineName: 'flow', StateMachineType: 'EXPRESS', \
Tags: [{Key: 'stateMachine:createdBy', Value: 'SAM'}]}
FlowRole AWS::IAM::Role <the role that SAM makes>
App AWS::CloudFormation::Stack {Parameters: {A: 'b'}, TemplateURL: './app.yaml'}
Api AWS::ApiGateway::RestApi <what SAM makes of it as AWS::ApiGateway::RestApi>
";
        assert_eq!(found, expected);
        let gaps: Vec<_> = evaluated.gaps.iter().map(|gap| (&*gap.subject, &*gap.reason)).collect();
        assert_eq!(
            gaps,
            [
                ("Cart", "not expanded: its Events"),
                ("Api", "not expanded: its deployment, stages and what they are protected with"),
                ("Layer", "not expanded: a version of a layer"),
            ]
        );
        assert!(evaluated.may_declare("CartGetPermissionv1") && evaluated.may_declare("ServerlessRestApi"));
        assert!(!evaluated.may_declare("Topic"));
    });
}

#[test]
fn macros_of_a_template_are_not_run() {
    let resource = "Resources: {R: {Type: A::B::C, Properties: {P: 1}}, M: {Type: 'A::B::C::MODULE'}}\n";
    for (transform, properties, gaps, open) in [
        ("Transform: AWS::LanguageExtensions\n", "{P: 1}", 1, false),
        ("Transform: [AWS::Serverless-2016-10-31, Count]\n", "<the macro Count>", 2, true),
        ("Transform: {Name: AWS::Include, Parameters: {Location: 's3://b/t.yaml'}}\n", "{P: 1}", 2, true),
        ("Fn::Transform: {Name: AWS::Include}\n", "{P: 1}", 2, true),
    ] {
        with_template(&format!("{transform}{resource}"), |document| {
            let evaluated = evaluate(document, &Environment::default());
            assert_eq!(evaluated.resources.len(), 1);
            assert_eq!(shown(&evaluated.resources[0].properties), properties, "{transform}");
            assert_eq!((evaluated.gaps.len(), evaluated.may_declare("Other")), (gaps, open), "{transform}");
            assert!(evaluated.may_declare("MBucket"), "{transform}");
        });
    }
}

#[test]
fn what_is_given_is_never_printed() {
    let mut environment = environment();
    environment.parameters.insert("Password".to_owned(), Given::Text("hunter2".to_owned()));
    let printed = format!("{environment:?} {:?}", environment.parameters);
    assert!(printed.contains("Text(7 bytes)") && !printed.contains("hunter2"), "{printed}");
}
