//! What is live in AWS, as far as AWS Config, CloudFormation, the tagging API and Cloud Control tell, or as
//! a snapshot of AWS Config in a file tells.
//!
//! Reading takes two steps, so that nothing is asked that nobody needs: an [`Inventory`] of headers first, then
//! the properties of what is declared ([`Ask`] and [`Properties`]). Deliberately absent: judging any of it.

#[cfg(feature = "aws")]
pub mod client;
mod collect;
mod folder;
mod item;
mod meter;
pub mod permissions;
mod snapshot;
mod sniff;
mod tags;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use crate::aws::Scope;
use crate::model::Gap;

pub use self::snapshot::{read_snapshot, read_snapshots};
pub use self::sniff::is_snapshot;

/// Everything that is live, and how far one may trust that it is everything.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// Every resource once.
    pub items: Vec<Item>,
    /// Every stack that was not deleted.
    pub stacks: Vec<Stack>,
    /// What was read of each region, source and type.
    pub coverage: Vec<Covered>,
    /// What could not be read, in words.
    pub gaps: Vec<Gap>,
}

/// A live resource.
#[derive(Clone)]
pub struct Item {
    /// Where it is; the region is `global` for types that have none.
    pub scope: Scope,
    /// Its type in the words of CloudFormation, such as `AWS::S3::Bucket`, whatever the source calls it; for
    /// what only the tagging API knows perhaps `bedrock:model-invocation-job`.
    pub kind: Arc<str>,
    /// What the source calls it: `resourceId` of AWS Config, the physical id of CloudFormation.
    pub id: Box<str>,
    /// Its name, where the source knows one.
    pub name: Option<Box<str>>,
    /// Its ARN, where the source knows it.
    pub arn: Option<Box<str>>,
    /// Its tags; `None` when the source does not tell.
    pub tags: Option<BTreeMap<String, String>>,
    /// Its properties, where the source has them.
    pub properties: Properties,
    /// Who knows of it.
    pub source: Source,
    /// When the source looked, RFC 3339; empty when it does not say.
    pub captured: Box<str>,
    /// When it was made, RFC 3339; empty when it is not known.
    pub created: Box<str>,
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the properties: they may hold secrets.
        write!(f, "Item({} {} in {})", self.kind, self.id, self.scope)
    }
}

/// The properties of a resource, as JSON texts that are parsed when they are needed.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Properties {
    /// Nobody asked.
    #[default]
    Unread,
    /// In the shape of CloudFormation, from Cloud Control.
    CloudFormation(Box<str>),
    /// In the shape of AWS Config.
    Config {
        /// The `configuration` of the configuration item: an object.
        configuration: Box<str>,
        /// Its `supplementaryConfiguration`: an object whose values are no longer texts of JSON.
        supplementary: Box<str>,
    },
    /// The resource is not there.
    Gone,
    /// They could not be read; why.
    Failed(Box<str>),
}

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unread => "Unread",
            Self::CloudFormation(_) => "CloudFormation(..)",
            Self::Config { .. } => "Config(..)",
            Self::Gone => "Gone",
            Self::Failed(_) => "Failed(..)",
        })
    }
}

/// Who told of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// AWS Config, by query, by list or from a snapshot.
    Config,
    /// The tagging API.
    Tagging,
    /// `ListStackResources`.
    CloudFormation,
    /// Cloud Control.
    CloudControl,
}

impl Source {
    /// The name reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Config => "AWS Config",
            Self::Tagging => "tagging API",
            Self::CloudFormation => "CloudFormation",
            Self::CloudControl => "Cloud Control",
        }
    }
}

/// A live stack and what it owns.
#[derive(Clone, Debug)]
pub struct Stack {
    /// Where it is.
    pub scope: Scope,
    /// Its name.
    pub name: Box<str>,
    /// Its id, an ARN.
    pub id: Box<str>,
    /// Such as `UPDATE_COMPLETE`.
    pub status: Box<str>,
    /// The id of the stack it is nested in.
    pub parent: Option<Box<str>>,
    /// What it was deployed with; values of `NoEcho` parameters are left out.
    pub parameters: BTreeMap<String, String>,
    /// The tags of the stack, which its resources inherit.
    pub tags: BTreeMap<String, String>,
    /// What it owns; `None` when that could not be listed to the end.
    pub resources: Option<Vec<StackResource>>,
}

/// A resource of a live stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackResource {
    /// The logical id.
    pub logical: Box<str>,
    /// The physical id; empty when there is none yet.
    pub physical: Box<str>,
    /// Such as `AWS::S3::Bucket`.
    pub kind: Arc<str>,
    /// Such as `CREATE_COMPLETE`, `DELETE_SKIPPED`.
    pub status: Box<str>,
}

/// How far a source was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Where.
    pub scope: Scope,
    /// By whom.
    pub source: Source,
    /// Of which type; `None` for all that have no entry of their own.
    pub kind: Option<Arc<str>>,
    /// How far.
    pub reach: Reach,
}

/// How far a type was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// To the end: what is not among the items is not there.
    Complete,
    /// Some of it, or as it was some time ago; why.
    Partial(String),
    /// Not at all; why.
    Unread(String),
}

impl Reach {
    /// Whether it says more than `other`.
    pub const fn is_further_than(&self, other: &Self) -> bool {
        self.rank() > other.rank()
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Complete => 2,
            Self::Partial(_) => 1,
            Self::Unread(_) => 0,
        }
    }
}

/// A question for the properties of one resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ask {
    /// Where; for a global resource any region of its account will do.
    pub scope: Scope,
    /// Of which type.
    pub kind: Arc<str>,
    /// Its primary identifier, several parts joined by `|`.
    pub identifier: Box<str>,
}

/// The answers to [`Ask`]s.
pub type Answers = HashMap<Ask, Properties>;
