//! What the targets of an audit give together: findings, gaps, counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::desired::Desired;
use super::ignores::Ignores;
use super::judge::{Found, Judged, Status};
use super::{Target, kind_of};
use crate::model::{Coverage, Gap, Identity, Summary};

/// The sums of a run.
#[derive(Default)]
pub(super) struct Total {
    pub found: Vec<Found>,
    pub gaps: Vec<Gap>,
    /// What no run looks for: where, and what.
    pub not_looked_for: Vec<Gap>,
    /// By target, where they have names, and kind.
    pub coverage: BTreeMap<(Option<Arc<str>>, String), Coverage>,
    /// Live objects by what they were taken for.
    pub classes: BTreeMap<&'static str, u64>,
    pub unknown_values: u64,
    /// Where live state came from.
    pub targets: Vec<Arc<str>>,
    /// The files that declare something, by what findings call them.
    pub files: BTreeSet<Arc<str>>,
    pub documents: u64,
    pub resources: u64,
    /// What the policies said of live objects, in numbers.
    pub verdicts: Summary,
}

impl Total {
    /// Counts what is declared, and notes what of it is not known.
    pub fn declared(&mut self, desired: &Desired, ignores: &Ignores) {
        for (subject, reason) in &ignores.unsupported {
            self.gaps.push(Gap { subject: subject.clone(), reason: reason.clone() });
        }
        self.gaps.extend(desired.gaps.iter().chain(desired.unrendered.values().flatten()).cloned());
        if desired.unnamed > 0 {
            let reason = format!("{} declared objects have a name that is filled in later", desired.unnamed);
            self.gaps.push(Gap { subject: "declared objects".to_owned(), reason });
        }
        self.files.extend(desired.files.iter().map(|file| file.display.clone()));
        self.documents += desired.documents.len() as u64;
        self.resources += desired.objects.len() as u64;
    }

    /// Counts what became of a declared object.
    pub fn judged(&mut self, target: &Target, judged: &Judged) {
        let Some(object) = target.desired.objects.get(judged.object) else { return };
        let coverage = self.coverage_of(target, &object.identity);
        coverage.declared += 1;
        match &judged.status {
            Status::Compared | Status::Missing => coverage.compared += 1,
            Status::Excused => {}
            Status::Unknown(reason) => {
                coverage.unknown += 1;
                let subject = format!("{}: {}", target.name, object.identity);
                self.gaps.push(Gap { subject, reason: reason.clone() });
            }
        }
    }

    /// Counts what is live, and notes what could not be read.
    pub fn live(&mut self, target: &Target) {
        for header in &target.live.objects {
            self.coverage_of(target, &header.identity).live += 1;
        }
        let named = |gap: &Gap| match target.label() {
            Some(name) if gap.subject != **name => {
                Gap { subject: format!("{name}: {}", gap.subject), reason: gap.reason.clone() }
            }
            _ => gap.clone(),
        };
        self.gaps.extend(target.live.gaps.iter().map(named));
    }

    /// The row of the object's kind.
    fn coverage_of(&mut self, target: &Target, identity: &Identity) -> &mut Coverage {
        let (target, kind) = (target.label().cloned(), kind_of(identity));
        let row = || Coverage { target: target.clone(), kind: kind.clone(), ..Coverage::default() };
        self.coverage.entry((target.clone(), kind.clone())).or_insert_with(row)
    }
}
