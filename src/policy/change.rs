//! Whether a policy may say another thing of a resource because the repository around it is another.

use bumpalo::Bump;

use super::evaluate::{Outcome, holds};
use super::host::Host;
use super::{Compiled, Policy};
use crate::cel::Program;
use crate::model::Repository;

impl Policy {
    /// Whether its verdict on a resource may differ between two states of the repository. False only when
    /// it certainly does not: no expression asks for the repository, or conditions do that either state
    /// answers alike.
    pub fn may_differ(&self, before: &Repository, now: &Repository) -> bool {
        if self.is_about_repositories() || !self.uses("repo") {
            return false;
        }
        let answers = |repository| {
            let arena = Bump::new();
            let host = Host::new(None, repository, "");
            let scope = self.scope(&host, &arena);
            let asks = |condition: &&Program| condition.uses("repo");
            let conditions = self.compiled.conditions.iter().filter(asks);
            let outcomes = conditions.map(|condition| holds(&scope, condition.evaluate(&scope)));
            let answer = |outcome| match outcome {
                Outcome::True => Some(true),
                Outcome::False => Some(false),
                Outcome::Unknown(_) | Outcome::Error(_) => None,
            };
            outcomes.map(answer).collect::<Vec<_>>()
        };
        let (was, is) = (answers(before), answers(now));
        if was.contains(&Some(false)) && is.contains(&Some(false)) {
            return false;
        }
        was != is || is.contains(&None) || self.compiled.asks_beyond_conditions()
    }
}

impl Compiled {
    /// Whether an expression other than a condition asks for the repository.
    fn asks_beyond_conditions(&self) -> bool {
        let checks = self.validations.iter().flat_map(|check| {
            let optional = [&check.each, &check.message_expression, &check.at];
            std::iter::once(&check.expression).chain(optional.into_iter().flatten())
        });
        self.variables.iter().chain(checks).any(|program| program.uses("repo"))
    }
}
