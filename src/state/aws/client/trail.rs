//! Who changed a resource, as CloudTrail has recorded it in the last ninety days.

use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use serde_json::Value;

use super::failure::Failure;
use super::pages;
use super::session::Session;
use crate::state::aws::item::time;
use crate::state::aws::permissions::EVENTS;

/// Events a page.
const PAGE: i32 = 50;

/// Pages for one name, at two requests a second.
const MAX_PAGES: usize = 6;

/// A change that somebody made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// When, RFC 3339.
    pub time: Box<str>,
    /// Such as `PutBucketPolicy`.
    pub name: String,
    /// Who, by ARN; a service by its name.
    pub principal: String,
    /// What they used.
    pub tool: Tool,
}

/// What a change was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// CloudFormation on somebody's behalf.
    CloudFormation,
    /// The console, in a browser.
    Console,
    /// Terraform or OpenTofu.
    Terraform,
    /// The command line or a program.
    Other,
}

impl Tool {
    /// The name reports use; empty when there is nothing to say.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CloudFormation => "CloudFormation",
            Self::Console => "the console",
            Self::Terraform => "Terraform",
            Self::Other => "",
        }
    }

    fn of(agent: &str, invoked_by: &str) -> Self {
        if [agent, invoked_by].contains(&"cloudformation.amazonaws.com") {
            Self::CloudFormation
        } else if agent.contains("Terraform/") || agent.contains("OpenTofu/") || agent.contains("HashiCorp") {
            Self::Terraform
        } else if agent.contains("console.amazonaws.com")
            || agent.contains("signin.amazonaws.com")
            || agent.starts_with("Mozilla/")
        {
            Self::Console
        } else {
            Self::Other
        }
    }
}

/// The changes to a resource that goes by one of `names`, earliest first: those under the first name that
/// CloudTrail knows. Which name it knows differs from service to service.
pub async fn events(session: &Session, names: &[String]) -> Result<Vec<Event>, Failure> {
    for name in names {
        let mut found = under(session, name).await?;
        if !found.is_empty() {
            found.sort();
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

async fn under(session: &Session, name: &str) -> Result<Vec<Event>, Failure> {
    let attribute = LookupAttribute::builder()
        .attribute_key(LookupAttributeKey::ResourceName)
        .attribute_value(name)
        .build()
        .map_err(|problem| Failure::Unsupported(problem.to_string()))?;
    let (mut found, mut count) = (Vec::new(), 0);
    let lookup = |token| {
        let request = session.trail.lookup_events().lookup_attributes(attribute.clone()).max_results(PAGE);
        session.ask(EVENTS, request.set_next_token(token).send())
    };
    pages::all(lookup, |page| {
        let events = page.events.unwrap_or_default();
        found.extend(events.iter().filter_map(|event| read(event.cloud_trail_event()?)));
        count += 1;
        page.next_token.filter(|_| count < MAX_PAGES)
    })
    .await?;
    Ok(found)
}

/// An event that changed something and succeeded.
fn read(json: &str) -> Option<Event> {
    let event: Value = serde_json::from_str(json).ok()?;
    let text = |at: &str| event.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let is_read = event.get("readOnly").is_some_and(|it| *it == true || *it == "true");
    if is_read || !text("/errorCode").is_empty() || text("/eventName").is_empty() {
        return None;
    }
    let invoked_by = text("/userIdentity/invokedBy");
    let principal = [
        text("/userIdentity/arn"),
        text("/userIdentity/sessionContext/sessionIssuer/arn"),
        invoked_by,
        text("/userIdentity/principalId"),
    ];
    Some(Event {
        time: time(text("/eventTime")),
        name: text("/eventName").to_owned(),
        principal: (*principal.iter().find(|it| !it.is_empty())?).to_owned(),
        tool: Tool::of(text("/userAgent"), invoked_by),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_changes_that_succeeded_are_told() {
        let event = |extra: &Value| {
            let mut event = json!({
                "eventName": "CreateBucket",
                "eventTime": "2023-11-14T22:13:20Z",
                "userIdentity": {"arn": "arn:aws:sts::123456789012:assumed-role/Admin/alice"},
                "userAgent": "Mozilla/5.0",
                "readOnly": false,
            });
            event.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            read(&event.to_string())
        };
        let made = event(&json!({})).unwrap();
        assert_eq!((made.name.as_str(), made.tool), ("CreateBucket", Tool::Console));
        assert_eq!(made.principal, "arn:aws:sts::123456789012:assumed-role/Admin/alice");
        assert_eq!(&*made.time, "2023-11-14T22:13:20.000Z");
        assert_eq!(event(&json!({"readOnly": true})), None);
        assert_eq!(event(&json!({"errorCode": "AccessDenied"})), None);
        assert_eq!(read("no JSON"), None);
        let with = |agent: &str| event(&json!({"userAgent": agent})).unwrap().tool;
        assert_eq!(with("APN/1.0 HashiCorp/1.0 Terraform/1.9 aws-sdk-go-v2"), Tool::Terraform);
        assert_eq!(with("cloudformation.amazonaws.com"), Tool::CloudFormation);
        assert_eq!(with("aws-cli/2.15"), Tool::Other);
    }
}
