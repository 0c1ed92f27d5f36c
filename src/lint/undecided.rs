//! What policies could not decide: each reason once, however many resources it concerns.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Undecided, Verdict};
use crate::policy::Judgement;
use crate::secrets;

/// Reasons by rule, verdict and text, with how often each came up and where first.
#[derive(Default)]
pub struct Tally(BTreeMap<(String, Verdict, String), Seen>);

struct Seen {
    count: u64,
    file: Arc<str>,
    line: u32,
}

impl Tally {
    /// Notes a judgement that decides nothing; `place` says where it came up, a file and a line from 1.
    pub(super) fn note(
        &mut self,
        rule: &str,
        judgement: &Judgement<'_>,
        place: impl FnOnce() -> (Arc<str>, u32),
    ) {
        if !matches!(judgement.verdict, Verdict::Unknown | Verdict::Error) {
            return;
        }
        let reason = secrets::redact_text(&judgement.reason).into_owned();
        let seen = self.0.entry((rule.to_owned(), judgement.verdict, reason)).or_insert_with(|| {
            let (file, line) = place();
            Seen { count: 0, file, line }
        });
        seen.count += 1;
    }

    /// Adds what came up later.
    pub(super) fn add(&mut self, later: Self) {
        for (reason, seen) in later.0 {
            let count = seen.count;
            self.0.entry(reason).and_modify(|first| first.count += count).or_insert(seen);
        }
    }

    /// Its rows as a report has them, sorted.
    pub(super) fn into_rows(self) -> Vec<Undecided> {
        let row = |((rule, verdict, reason), Seen { count, file, line })| Undecided {
            rule,
            verdict,
            reason,
            count,
            file,
            line,
        };
        self.0.into_iter().map(row).collect()
    }
}
