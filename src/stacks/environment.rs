//! What a template is evaluated with: parameters, the account and the region, and what is deployed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// The id or an attribute of a deployed resource: by its logical id, and the attribute or none for `Ref`.
pub type Physical<'e> = &'e dyn Fn(&str, Option<&str>) -> Option<String>;

/// What the deployment of a template knows besides the template.
#[derive(Clone)]
pub struct Environment<'e> {
    /// The parameters that are given; of the others the template's `Default` counts.
    pub parameters: BTreeMap<String, Given>,
    /// `AWS::AccountId`.
    pub account: Option<String>,
    /// `AWS::Region`; `AWS::Partition` and `AWS::URLSuffix` follow from it.
    pub region: Option<String>,
    /// `AWS::StackName`.
    pub stack_name: Option<String>,
    /// `AWS::StackId`.
    pub stack_id: Option<String>,
    /// What `Ref` and `Fn::GetAtt` say of the resources.
    pub physical: Physical<'e>,
}

/// The value a deployment gives to a parameter.
#[derive(Clone, PartialEq, Eq)]
pub enum Given {
    /// A text; of a list its items with commas between them.
    Text(String),
    /// A value that is not known, and why.
    Unknown(String),
}

impl fmt::Debug for Given {
    /// Never the text: it may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Unknown(why) => write!(f, "Unknown({why})"),
        }
    }
}

impl Default for Environment<'_> {
    /// Nothing is known but the template.
    fn default() -> Self {
        Self {
            parameters: BTreeMap::new(),
            account: None,
            region: None,
            stack_name: None,
            stack_id: None,
            physical: &|_, _| None,
        }
    }
}

impl fmt::Debug for Environment<'_> {
    /// Never the values: they may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({:?}, {} parameters)", self.stack_name, self.parameters.len())
    }
}

impl Environment<'_> {
    /// The value of `AWS::name`; `None` when it is no pseudo parameter with a value, else why it is unknown.
    ///
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html>
    pub(super) fn pseudo(&self, name: &str) -> Option<Result<Cow<'_, str>, &'static str>> {
        let known = |value: &'_ Option<String>| value.clone().map(Cow::Owned);
        let (value, why) = match name {
            "AccountId" => (known(&self.account), "the account"),
            "Region" => (known(&self.region), "the region"),
            "Partition" => (self.region.as_deref().map(|region| partition(region).0.into()), "the partition"),
            "URLSuffix" => {
                (self.region.as_deref().map(|region| partition(region).1.into()), "the URL suffix")
            }
            "StackName" => (known(&self.stack_name), "the stack's name"),
            "StackId" => (known(&self.stack_id), "the stack's id"),
            "NotificationARNs" => (None, "the stack's notification topics"),
            _ => return None,
        };
        Some(value.ok_or(why))
    }
}

/// The partition of a region and the domain of its services.
///
/// From <https://docs.aws.amazon.com/general/latest/gr/rande.html> and `partitions.json` of botocore.
fn partition(region: &str) -> (&'static str, &'static str) {
    match region.split_once('-').map_or(region, |(area, _)| area) {
        "cn" => ("aws-cn", "amazonaws.com.cn"),
        "eusc" => ("aws-eusc", "amazonaws.eu"),
        _ if region.starts_with("us-gov-") => ("aws-us-gov", "amazonaws.com"),
        _ if region.starts_with("us-iso-") => ("aws-iso", "c2s.ic.gov"),
        _ if region.starts_with("us-isob-") => ("aws-iso-b", "sc2s.sgov.gov"),
        _ if region.starts_with("eu-isoe-") => ("aws-iso-e", "cloud.adc-e.uk"),
        _ if region.starts_with("us-isof-") => ("aws-iso-f", "csp.hci.ic.gov"),
        _ => ("aws", "amazonaws.com"),
    }
}
