//! What one target adds to the sums of a run.

use super::desired::Desired;
use super::ignores::Ignores;
use super::judge::{Judged, Status};
use super::{Target, kind_of};
use crate::audit::total::Total;
use crate::model::{Coverage, Gap, Identity};

impl Total {
    /// Counts what is declared, and notes what of it is not known.
    pub(super) fn declared(&mut self, desired: &Desired, ignores: &Ignores) {
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
    pub(super) fn judged(&mut self, target: &Target, judged: &Judged) {
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
    pub(super) fn live(&mut self, target: &Target) {
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
