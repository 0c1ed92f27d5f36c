//! AWS itself as live state: who asks, what each account and region holds, and how far that was read.
//!
//! Only ever describes, gets and lists. Inside it is asynchronous, several regions and services at once;
//! towards callers it is not. What cannot be read is a gap, and nothing is complete after a failure.

mod aggregator;
mod control;
mod failure;
mod pace;
mod pages;
mod part;
mod recorded;
mod recorder;
mod session;
mod sign_in;
mod stacks;
mod tagging;
mod trail;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use self::failure::Failure;
use self::part::Part;
use self::recorded::Aggregated;
use self::session::Session;
pub use self::trail::{Event, Tool};
use super::{Answers, Ask, Inventory, Properties};
use crate::aws::arn::Arn;
use crate::aws::{GLOBAL, Scope};

/// How long a run may take where nobody says otherwise.
pub const DEADLINE: Duration = Duration::from_mins(15);

/// The regions that global services answer from, one in each partition.
const HOMES: &[&str] = &["us-east-1", "cn-north-1", "us-gov-west-1"];

/// Which accounts and regions, and how to reach them.
#[derive(Clone, Debug)]
pub struct Access {
    /// A profile of the AWS configuration; the default one, and the environment, when `None`.
    pub profile: Option<String>,
    /// The file of profiles, instead of `$AWS_CONFIG_FILE` and those in the home folder.
    pub config_file: Option<PathBuf>,
    /// The accounts; that of the credentials when empty.
    pub accounts: Vec<Account>,
    /// The role to assume in accounts that name none, unless the credentials are theirs: a name.
    pub role: Option<String>,
    /// The regions; that of the profile when empty.
    pub regions: Vec<String>,
    /// An aggregator of AWS Config to ask for all accounts and regions that it gathers.
    pub aggregator: Option<String>,
    /// How long the run may take, from the first request to the last.
    pub deadline: Duration,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            profile: None,
            config_file: None,
            accounts: Vec::new(),
            role: None,
            regions: Vec::new(),
            aggregator: None,
            deadline: DEADLINE,
        }
    }
}

/// An account, and how to get into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// The role to assume, a name or an ARN.
    pub role: Option<String>,
}

impl std::str::FromStr for Account {
    type Err = &'static str;

    /// An account id, or the ARN of a role in the account.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (id, role) = match Arn::parse(text) {
            Some(arn) if arn.service == "iam" && arn.resource.starts_with("role/") => {
                (arn.account, Some(text))
            }
            Some(_) => return Err("not the ARN of a role"),
            None => (text, None),
        };
        if id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("an account is twelve digits, or the ARN of a role in it");
        }
        Ok(Self { id: id.to_owned(), role: role.map(str::to_owned) })
    }
}

/// Why AWS could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// There is no runtime for requests.
    #[error("cannot send requests: {0}")]
    Runtime(std::io::Error),
    /// Nobody knows who asks.
    #[error("cannot tell who asks AWS: {0}")]
    Identity(String),
    /// No region is given and none is configured.
    #[error("no region is given, and the profile names none")]
    NoRegion,
    /// The credentials are for another account and no role leads from it to the one asked for.
    #[error("the credentials are for the account {found}, not for {expected}; name a role to assume")]
    OtherAccount {
        /// The account that was asked for.
        expected: String,
        /// The account of the credentials.
        found: String,
    },
    /// A role cannot be assumed.
    #[error("cannot assume {role}: {reason}")]
    Role {
        /// Its ARN.
        role: String,
        /// Why.
        reason: String,
    },
}

/// What to ask CloudTrail about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// Where the resource is.
    pub scope: Scope,
    /// What it goes by, in the order to try: its id, its name, its ARN.
    pub names: Vec<String>,
}

/// A connection to one or more accounts.
pub struct Client {
    runtime: Runtime,
    /// One for each account and region.
    sessions: Vec<Arc<Session>>,
    aggregator: Option<String>,
}

impl Client {
    /// Finds out who asks, and gets into every account.
    ///
    /// # Errors
    /// When the credentials are not accepted, or are not for an account that is asked for.
    pub fn connect(access: &Access) -> Result<Self, AwsError> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(AwsError::Runtime)?;
        let sessions = runtime.block_on(sign_in::sessions(access))?;
        Ok(Self { runtime, sessions, aggregator: access.aggregator.clone() })
    }

    /// Reads what is there. The types in `kinds`, as CloudFormation names them, are read even where a query of
    /// AWS Config leaves them out. `progress` hears how much is done, and of how much.
    pub fn inventory(&self, kinds: &BTreeSet<Arc<str>>, progress: &dyn Fn(usize, usize)) -> Inventory {
        let kinds = Arc::new(kinds.clone());
        let parts = self.runtime.block_on(async {
            let (mut parts, mut regions) = (Vec::new(), BTreeMap::new());
            if let Some(name) = &self.aggregator {
                (parts, regions) = self.aggregated(name).await;
            }
            let mut accounts = HashSet::new();
            let mut tasks = JoinSet::new();
            for session in &self.sessions {
                let aggregated = regions.remove(&session.scope);
                let is_first = accounts.insert(session.scope.account.clone());
                tasks.spawn(recorded::read(session.clone(), kinds.clone(), aggregated, is_first));
                tasks.spawn(tagging::read(session.clone()));
                tasks.spawn(stacks::read(session.clone()));
            }
            let total = tasks.len();
            while let Some(part) = tasks.join_next().await {
                // A task ends early only when the runtime does.
                parts.extend(part);
                progress(total - tasks.len(), total);
            }
            parts
        });
        part::join(parts)
    }

    /// Asks the aggregator, in whichever region it is.
    async fn aggregated(&self, name: &str) -> (Vec<Part>, BTreeMap<Scope, Aggregated>) {
        let mut last = None;
        for session in &self.sessions {
            match aggregator::read(session, name).await {
                Ok((part, regions)) => return (vec![part], regions),
                Err(failure) => last = Some((session, failure)),
            }
        }
        let mut part = Part::default();
        if let Some((session, failure)) = last {
            part.failed(&session.scope, super::permissions::SELECT_AGGREGATE, &failure);
        }
        (vec![part], BTreeMap::new())
    }

    /// The properties of some resources, from Cloud Control.
    pub fn get(&self, asks: &[Ask], progress: &dyn Fn(usize, usize)) -> Answers {
        let asks: BTreeSet<&Ask> = asks.iter().collect();
        let mut answers = Answers::new();
        self.runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for ask in asks {
                let ask = ask.clone();
                let Some(session) = self.session(&ask.scope) else {
                    let reason = format!("{} is not among the accounts and regions asked", ask.scope);
                    answers.insert(ask, Properties::Failed(reason.into()));
                    continue;
                };
                tasks.spawn(async move {
                    let properties = control::get(&session, &ask.kind, &ask.identifier).await;
                    (ask, properties)
                });
            }
            let total = tasks.len();
            while let Some(answer) = tasks.join_next().await {
                answers.extend(answer);
                progress(total - tasks.len(), total);
            }
        });
        answers
    }

    /// The templates some stacks were deployed from, by the ids of the stacks; or why one could not be read.
    pub fn templates(&self, stacks: &[&str]) -> HashMap<Box<str>, Result<String, String>> {
        let ids: BTreeSet<&str> = stacks.iter().copied().collect();
        let mut templates = HashMap::new();
        self.runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for id in ids {
                let scope = Arn::parse(id).map(|arn| Scope::new(arn.account, arn.region));
                let id: Box<str> = id.into();
                let Some(session) = scope.and_then(|scope| self.session(&scope)) else {
                    templates.insert(id, Err("it is in none of the accounts and regions asked".to_owned()));
                    continue;
                };
                tasks.spawn(async move {
                    let template = stacks::template(&session, &id).await;
                    (id, template.map_err(|failure| failure.to_string()))
                });
            }
            while let Some(template) = tasks.join_next().await {
                templates.extend(template);
            }
        });
        templates
    }

    /// Who changed some resources in the last ninety days, earliest change first; or why that is not known.
    /// CloudTrail answers two requests a second, so ask about what was found alone.
    pub fn events(&self, subjects: &[Subject]) -> HashMap<Subject, Result<Vec<Event>, String>> {
        let subjects: BTreeSet<&Subject> = subjects.iter().collect();
        let mut events = HashMap::new();
        self.runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for subject in subjects {
                let subject = subject.clone();
                let Some(session) = self.session(&subject.scope) else {
                    let reason = format!("{} is not among the accounts and regions asked", subject.scope);
                    events.insert(subject, Err(reason));
                    continue;
                };
                tasks.spawn(async move {
                    let found = trail::events(&session, &subject.names).await;
                    (subject, found.map_err(|failure: Failure| failure.to_string()))
                });
            }
            while let Some(found) = tasks.join_next().await {
                events.extend(found);
            }
        });
        events
    }

    /// Who can ask a region. For what has none: the region that global services answer from, if it is there.
    fn session(&self, scope: &Scope) -> Option<Arc<Session>> {
        let mut of_account = self.sessions.iter().filter(|session| session.scope.account == scope.account);
        let is_home = |it: &&Arc<Session>| HOMES.contains(&&*it.scope.region);
        let session = if &*scope.region == GLOBAL {
            of_account.clone().find(is_home).or_else(|| of_account.next())
        } else {
            of_account.find(|session| session.scope.region == scope.region)
        };
        session.cloned()
    }
}
