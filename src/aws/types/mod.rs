//! What CloudFormation knows of each resource type: its identifier, what cannot be compared, what may be
//! asked, and how it is tagged.
//!
//! Both tables are made by `generate.py` from the public resource provider schemas:
//! <https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html>.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read;
use std::sync::LazyLock;

use serde::Deserialize;

/// How a property holds tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagShape {
    /// `[{Key, Value}]`, with `PropagateAtLaunch` for Auto Scaling groups.
    List,
    /// `{key: value}`.
    Map,
    /// `[{ResourceType, Tags: [{Key, Value}]}]`.
    Specifications,
}

/// The tag property of a type and its shape; `None` for types that cannot be tagged or are not known.
pub fn tag_property(kind: &str) -> Option<(&'static str, TagShape)> {
    // Sorted by type, so half the rest can be left out at each step.
    let mut rest = TAGS;
    while !rest.is_empty() {
        let middle = rest.get(..rest.len() / 2)?.rfind('\n').map_or(0, |at| at + 1);
        let (before, after) = rest.split_at(middle);
        let (line, after) = after.split_once('\n').unwrap_or((after, ""));
        let (name, shape) = line.split_once(' ')?;
        match kind.cmp(name) {
            std::cmp::Ordering::Less => rest = before,
            std::cmp::Ordering::Greater => rest = after,
            std::cmp::Ordering::Equal => {
                let (property, shape) = shape.split_once(' ')?;
                let shape = match shape {
                    "map" => TagShape::Map,
                    "specifications" => TagShape::Specifications,
                    _ => TagShape::List,
                };
                return Some((property, shape));
            }
        }
    }
    None
}

const TAGS: &str = include_str!("tags.txt");

/// What the schema of a type says. Paths are parts joined by `/`, with `*` for every item of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ResourceType {
    /// The names of its properties, sorted.
    pub properties: Vec<Box<str>>,
    /// The properties that identify it, in order.
    pub identifier: Vec<Box<str>>,
    /// What only AWS writes.
    pub read_only: BTreeSet<Box<str>>,
    /// What AWS never tells.
    pub write_only: BTreeSet<Box<str>>,
    /// Lists whose order means nothing.
    pub unordered: BTreeSet<Box<str>>,
    /// What a property is when it is not given.
    pub defaults: BTreeMap<Box<str>, serde_json::Value>,
    /// What AWS may give back in another spelling, and which: an expression in `JSONata`.
    pub transformed: BTreeMap<Box<str>, Box<str>>,
    /// The permissions for reading one through Cloud Control; `None` when it cannot be read.
    pub read: Option<Vec<Box<str>>>,
    /// The permissions for listing them through Cloud Control; `None` when they cannot be listed.
    pub list: Option<Vec<Box<str>>>,
    /// What must be known to list them: the properties of a parent.
    pub list_needs: Vec<Box<str>>,
    /// Whether AWS Config can record them.
    pub recorded: bool,
    /// Whether CloudFormation marks them with `aws:cloudformation:…` tags.
    pub system_tags: bool,
    /// The property that holds its tags.
    pub tags: Option<Box<str>>,
}

/// What is known of a type; `None` for a type of somebody else's, or one that is newer than the table.
pub fn of(kind: &str) -> Option<&'static ResourceType> {
    TABLE.get(kind)
}

/// Every type that is known, in no order.
pub fn all() -> impl Iterator<Item = (&'static str, &'static ResourceType)> {
    TABLE.iter().map(|(kind, known)| (&**kind, known))
}

static TABLE: LazyLock<HashMap<Box<str>, ResourceType>> = LazyLock::new(|| {
    let mut text = String::new();
    let mut packed = flate2::read::ZlibDecoder::new(&include_bytes!("types.txt.zz")[..]);
    // The table is a part of the program and tested as such: what cannot be read is left out.
    drop(packed.read_to_string(&mut text));
    let row = |line: &str| {
        let (kind, row) = line.split_once(' ')?;
        Some((kind.into(), serde_json::from_str(row).ok()?))
    };
    text.lines().filter_map(row).collect()
});

impl ResourceType {
    /// The property that names a resource in words of the author's, such as `BucketName`.
    pub fn name_property(&self, kind: &str) -> Option<&str> {
        let given = |name: &str| {
            self.properties
                .iter()
                .find(|it| ***it == *name && !self.read_only.contains(&***it))
                .map(|it| &**it)
        };
        if let [only] = self.identifier.as_slice()
            && let Some(name) = given(only)
        {
            return Some(name);
        }
        let last = kind.rsplit("::").next().unwrap_or_default();
        let in_short = || {
            // A security group has a `GroupName`.
            let name = self
                .properties
                .iter()
                .find(|it| it.strip_suffix("Name").is_some_and(|it| !it.is_empty() && last.ends_with(it)));
            name.and_then(|name| given(name))
        };
        given(&format!("{last}Name"))
            .or_else(|| given("Name"))
            .or_else(|| given(&format!("{last}Identifier")))
            .or_else(in_short)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tables_are_read_to_the_end() {
        assert!(all().count() > 1800);
        for line in TAGS.lines() {
            let (kind, _) = line.split_once(' ').unwrap();
            assert!(tag_property(kind).is_some(), "{kind}");
        }
        assert!(TAGS.lines().filter(|line| line.ends_with(" map")).count() > 100);
    }

    #[test]
    fn the_usual_types_are_known() {
        assert_eq!(tag_property("AWS::S3::Bucket"), Some(("Tags", TagShape::List)));
        assert_eq!(tag_property("AWS::SSM::Parameter"), Some(("Tags", TagShape::Map)));
        assert_eq!(tag_property("AWS::Cognito::UserPool"), Some(("UserPoolTags", TagShape::Map)));
        assert_eq!(
            tag_property("AWS::EC2::LaunchTemplate"),
            Some(("TagSpecifications", TagShape::Specifications))
        );
        for kind in ["AWS::S3::BucketPolicy", "AWS::Lambda::Permission", "Custom::Thing", "x", ""] {
            assert_eq!(tag_property(kind), None, "{kind}");
        }
    }

    #[test]
    fn a_row_says_what_the_schema_says() {
        let role = of("AWS::IAM::Role").unwrap();
        assert!(!role.system_tags);
        assert!(role.read_only.contains("Arn"));
        assert!(role.unordered.contains("ManagedPolicyArns"));
        assert_eq!(role.defaults.get("Path"), Some(&serde_json::json!("/")));
        assert!(role.read.as_ref().unwrap().iter().any(|it| &**it == "iam:GetRole"));
        assert!(of("AWS::CodeBuild::Project").unwrap().read.is_none());
        assert!(role.recorded && !of("AWS::Logs::LogGroup").unwrap().recorded);
    }

    #[test]
    fn names_are_what_the_author_gives() {
        for (kind, name) in [
            ("AWS::S3::Bucket", Some("BucketName")),
            ("AWS::SQS::Queue", Some("QueueName")),
            ("AWS::SNS::Topic", Some("TopicName")),
            ("AWS::RDS::DBInstance", Some("DBInstanceIdentifier")),
            ("AWS::EC2::SecurityGroup", Some("GroupName")),
            ("AWS::EC2::VPC", None),
        ] {
            assert_eq!(of(kind).unwrap().name_property(kind), name, "{kind}");
        }
    }
}
