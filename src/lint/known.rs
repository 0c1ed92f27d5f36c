//! Which findings were there before: in the revision that is compared with, or in the baseline.
//!
//! Compared as multisets: two findings that are alike, of which one is known, leave one.

use super::baseline::{Baseline, Pool};
use super::fingerprint;
use crate::collect::Project;
use crate::model::Finding;

/// Marks the findings of `now` that `past` has too, open ones only. What stood in a file that is gone is
/// the same wherever it stands now.
pub(super) fn mark(now: &mut [Finding], past: &[Finding], project: &Project) {
    let mut pool = Pool::default();
    let mut moved = Pool::default();
    for finding in past.iter().filter(|finding| finding.suppressed.is_none()) {
        let is_here = project.files.binary_search_by(|file| file.display.cmp(&finding.location.file)).is_ok();
        if is_here || finding.resource.is_none() {
            pool.add(&finding.fingerprint, 1);
        } else {
            moved.add(&anywhere(finding), 1);
        }
    }
    for finding in now.iter_mut().filter(|finding| finding.suppressed.is_none()) {
        finding.known = pool.take(&finding.fingerprint) || moved.take(&anywhere(finding));
    }
}

/// Marks the findings that `baseline` holds.
pub(super) fn mark_baseline(findings: &mut [Finding], baseline: &Baseline) {
    let mut pool = baseline.pool();
    for finding in findings.iter_mut().filter(|finding| finding.suppressed.is_none()) {
        // One entry stands for one finding, known for another reason or not.
        finding.known |= pool.take(&finding.fingerprint);
    }
}

/// The fingerprint of a finding whatever its file.
fn anywhere(finding: &Finding) -> String {
    let resource = finding.resource.as_deref().unwrap_or_default();
    fingerprint::of(&finding.rule.id, "", resource, &finding.path.without_indices(), &finding.message)
}
