//! The AWS half of an audit: which accounts and regions, or which snapshots of AWS Config.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use super::error::CliError;
use super::ui::Ui;
pub use crate::audit::aws::Policies;
use crate::audit::aws::{Declaring, Judged, Plan};
use crate::collect::Project;
#[cfg(feature = "aws")]
use crate::model::Gap;
use crate::state::aws::permissions::{self, Needs};
use crate::state::aws::{Answers, read_snapshots};

/// Which accounts and regions.
#[derive(Debug, clap::Args)]
#[group(id = "accounts")]
pub struct Args {
    /// Read live state from AWS, with the credentials of this profile or those of the environment
    #[arg(
        long,
        value_name = "PROFILE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        conflicts_with = "live"
    )]
    aws: Option<String>,
    /// A region to read; that of the profile when none is given. May be repeated
    #[arg(long, value_name = "REGION", conflicts_with = "live")]
    region: Vec<String>,
    /// An account to read: twelve digits, or the ARN of a role to assume there. May be repeated
    #[arg(long, value_name = "ACCOUNT", conflicts_with = "live")]
    account: Vec<String>,
    /// The role to assume in every account
    #[arg(long, value_name = "NAME", conflicts_with = "live")]
    role: Option<String>,
    /// Read the inventory of many accounts from this aggregator of AWS Config
    #[arg(long, value_name = "NAME", conflicts_with = "live")]
    aggregator: Option<String>,
    /// Ask CloudTrail who made the changes in AWS
    #[arg(long, conflicts_with = "live")]
    attribute: bool,
    /// Take nothing in AWS for a shadow that was made this short before the inventory
    #[arg(long, value_name = "MINUTES", default_value_t = 15)]
    grace: u32,
    /// Give up on AWS after so long; what was not read by then is reported
    #[arg(long, value_name = "MINUTES", default_value_t = 15)]
    deadline: u64,
    /// Print the least IAM policy that an audit of AWS needs, and do nothing else
    #[arg(long)]
    pub print_iam: bool,
}

impl Args {
    /// Whether the command line names anything of AWS.
    pub fn is_named(&self) -> bool {
        self.aws.is_some()
            || !self.region.is_empty()
            || !self.account.is_empty()
            || self.role.is_some()
            || self.aggregator.is_some()
    }
}

/// The accounts and regions to read, of the command line or else of trueup.yaml.
#[derive(Debug, Default)]
#[cfg_attr(
    not(feature = "aws"),
    expect(dead_code, reason = "AWS is not asked, but the policy for it is printed")
)]
struct Wanted {
    profile: Option<String>,
    regions: Vec<String>,
    accounts: Vec<String>,
    role: Option<String>,
    aggregator: Option<String>,
}

/// Audits what templates declare against the snapshots of AWS Config, or against AWS itself; nothing when
/// neither is asked for.
pub fn audit(
    args: &Args,
    snapshots: &[PathBuf],
    elsewhere: bool,
    projects: &[Project],
    policies: Option<Policies<'_>>,
    ui: &Ui,
) -> Result<Option<Judged>, CliError> {
    if !snapshots.is_empty() {
        let sources: Vec<Declaring<'_>> = projects.iter().map(Declaring::of).collect();
        let live = read_snapshots(snapshots);
        let plan = Plan::new(&sources, &live, args.grace);
        return Ok(Some(plan.judge(&Answers::new(), &HashMap::new(), policies)));
    }
    match wanted(args, elsewhere, projects) {
        Some(wanted) => read(args, &wanted, projects, policies, ui).map(Some),
        None => Ok(None),
    }
}

/// What to read of AWS; `elsewhere` tells whether the command line asks for something else.
fn wanted(args: &Args, elsewhere: bool, projects: &[Project]) -> Option<Wanted> {
    let configured = projects.iter().map(|project| &project.config.audit.aws).find(|aws| aws.is_target());
    if !args.is_named() && (elsewhere || configured.is_none()) {
        return None;
    }
    let or = |own: &[String], theirs: fn(&crate::config::AwsConfig) -> &Vec<String>| {
        if own.is_empty() { configured.map(theirs).cloned().unwrap_or_default() } else { own.to_vec() }
    };
    let profile = args.aws.clone().filter(|profile| !profile.is_empty());
    Some(Wanted {
        profile: profile.or_else(|| configured?.profile.clone()),
        regions: or(&args.region, |aws| &aws.regions),
        accounts: or(&args.account, |aws| &aws.accounts),
        role: args.role.clone().or_else(|| configured?.role.clone()),
        aggregator: args.aggregator.clone().or_else(|| configured?.aggregator.clone()),
    })
}

/// The least IAM policy for what is asked, as JSON.
pub fn policy(args: &Args, projects: &[Project]) -> Result<String, CliError> {
    let wanted = wanted(args, false, projects).unwrap_or_default();
    let role = |account: &String| match (account.starts_with("arn:"), &wanted.role) {
        (true, _) => Some(account.clone()),
        (false, Some(role)) => Some(format!("arn:aws:iam::{account}:role/{role}")),
        (false, None) => None,
    };
    let needs = Needs {
        kinds: kinds(&projects.iter().map(Declaring::of).collect::<Vec<_>>()),
        aggregator: wanted.aggregator.is_some(),
        attribution: args.attribute,
        roles: wanted.accounts.iter().filter_map(role).collect(),
    };
    serde_json::to_string_pretty(&permissions::policy(&needs))
        .map_err(|problem| CliError::failed(problem.to_string()))
}

fn kinds(sources: &[Declaring<'_>]) -> BTreeSet<Arc<str>> {
    sources.iter().flat_map(Declaring::kinds).map(Into::into).collect()
}

#[cfg(feature = "aws")]
fn read(
    args: &Args,
    wanted: &Wanted,
    projects: &[Project],
    policies: Option<Policies<'_>>,
    ui: &Ui,
) -> Result<Judged, CliError> {
    use crate::state::aws::client::{Access, AwsError, Client};

    let account = |text: &String| {
        text.parse().map_err(|problem| CliError::usage(format!("`{text}` is no account: {problem}")))
    };
    let access = Access {
        profile: wanted.profile.clone(),
        regions: wanted.regions.clone(),
        accounts: wanted.accounts.iter().map(account).collect::<Result<_, _>>()?,
        role: wanted.role.clone(),
        aggregator: wanted.aggregator.clone(),
        deadline: std::time::Duration::from_secs(args.deadline.saturating_mul(60)),
        ..Access::default()
    };
    let client = Client::connect(&access).map_err(|problem| match problem {
        AwsError::NoRegion => CliError::usage(problem.to_string()).hint("give --region"),
        AwsError::OtherAccount { .. } => {
            CliError::usage(problem.to_string()).hint("give --role, or other credentials")
        }
        _ => CliError::failed(problem.to_string()),
    })?;
    let sources: Vec<Declaring<'_>> = projects.iter().map(Declaring::of).collect();
    let progress = |what: &'static str| move |done, total| ui.progress(&format!("{what}: {done} of {total}"));
    let live = client.inventory(&kinds(&sources), &progress("inventory of AWS"));
    let plan = Plan::new(&sources, &live, args.grace);
    let answers = client.get(&plan.asks(), &progress("properties of declared resources"));
    let mut gaps = Vec::new();
    let mut templates = HashMap::new();
    let ids = plan.deployed();
    let mut texts = client.templates(&ids);
    for id in ids {
        match texts.remove(id) {
            Some(Ok(text)) => drop(templates.insert(id.into(), text)),
            Some(Err(reason)) => gaps.push(Gap { subject: format!("the deployed template of {id}"), reason }),
            None => {}
        }
    }
    let mut judged = plan.judge(&answers, &templates, policies);
    if args.attribute {
        judged.attribute(&writers(&client, &judged, &mut gaps));
    }
    judged.note(gaps);
    ui.progress("");
    Ok(judged)
}

/// Who last changed what findings are about, as far as CloudTrail knows.
#[cfg(feature = "aws")]
fn writers(
    client: &crate::state::aws::client::Client,
    judged: &Judged,
    gaps: &mut Vec<Gap>,
) -> HashMap<crate::audit::aws::Subject, crate::model::Writer> {
    use crate::state::aws::client::Subject;

    let subjects = judged.subjects();
    let asked = |subject: &crate::audit::aws::Subject| Subject {
        scope: subject.scope.clone(),
        names: subject.names.iter().map(ToString::to_string).collect(),
    };
    let questions: Vec<Subject> = subjects.iter().map(asked).collect();
    let events = client.events(&questions);
    let mut writers = HashMap::new();
    for subject in subjects {
        match events.get(&asked(&subject)) {
            Some(Ok(events)) => writers.extend(events.last().map(|event| (subject, writer(event)))),
            Some(Err(reason)) => {
                let name = subject.names.first().map(|name| &**name).unwrap_or_default();
                gaps.push(Gap { subject: format!("who changed {name}"), reason: reason.clone() });
            }
            None => {}
        }
    }
    writers
}

#[cfg(feature = "aws")]
fn writer(event: &crate::state::aws::client::Event) -> crate::model::Writer {
    let tool = event.tool.as_str();
    let through = if tool.is_empty() { String::new() } else { format!(" through {tool}") };
    crate::model::Writer {
        manager: format!("{}{through}", event.principal),
        operation: event.name.clone(),
        subresource: String::new(),
        time: event.time.to_string(),
    }
}

#[cfg(not(feature = "aws"))]
fn read(_: &Args, _: &Wanted, _: &[Project], _: Option<Policies<'_>>, _: &Ui) -> Result<Judged, CliError> {
    Err(CliError::usage("this trueup was built without AWS")
        .hint("give a snapshot of AWS Config with --live"))
}
