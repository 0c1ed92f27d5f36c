//! Where a resource is: in which account, in which region.

use std::fmt;
use std::sync::Arc;

/// The region of what has none: IAM, `CloudFront`, Route 53.
pub const GLOBAL: &str = "global";

/// An account and a region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// Twelve digits.
    pub account: Arc<str>,
    /// Such as `eu-central-1`, or [`GLOBAL`].
    pub region: Arc<str>,
}

impl Scope {
    /// A region of an account.
    pub fn new(account: &str, region: &str) -> Self {
        Self { account: account.into(), region: region.into() }
    }

    /// The same account without a region.
    #[must_use]
    pub fn global(&self) -> Self {
        Self { account: self.account.clone(), region: GLOBAL.into() }
    }
}

impl fmt::Display for Scope {
    /// `123456789012/eu-central-1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.region)
    }
}
