//! A baseline: the findings a repository starts with, so that only new ones count.
//!
//! Kept by fingerprint and number, never by line, one entry on a line of its own so that merges are
//! easy; a file, a rule and a resource are named for people. Deliberately absent: messages and lines
//! of source, which may say what nobody is to read.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::Path;

use super::policies::PolicyError;
use crate::collect::Project;
use crate::model::decode::{DecodeError, Fields, error, text};
use crate::model::{Finding, LineIndex, NodeRef, Position, Scalar, Span};
use crate::syntax;

/// Where a baseline stands when nobody says otherwise, from the repository's root.
pub const DEFAULT_FILE: &str = ".trueup/baseline.json";

/// What one finding is known by; the order is that of the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    file: String,
    policy: String,
    resource: String,
    fingerprint: String,
}

/// Findings known by their fingerprints, and how many of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: BTreeMap<Entry, u64>,
}

impl Baseline {
    /// Reads the file at `path`, which messages call `name`.
    ///
    /// # Errors
    /// When it cannot be read, or is no baseline.
    pub fn read(path: &Path, name: &str) -> Result<Self, PolicyError> {
        let at = Position { line: 1, column: 1 };
        let wrong = |at, message| PolicyError::Wrong { file: name.to_owned(), at, message };
        let bytes = std::fs::read(path)
            .map_err(|problem| wrong(at, format!("the baseline cannot be read: {problem}")))?;
        let text = syntax::decode(bytes).map_err(|problem| wrong(at, problem.message))?;
        Self::parse(&text).map_err(|mistake| {
            wrong(LineIndex::new(&text).position(&text, mistake.span.start), mistake.message)
        })
    }

    fn parse(source: &str) -> Result<Self, DecodeError> {
        let start = DecodeError { message: "a baseline is a JSON object".to_owned(), span: Span::default() };
        let Some(syntax) = syntax::for_file("baseline.json") else { return Err(start) };
        let parsed = syntax.parse(source);
        if let Some(problem) = parsed.problems.into_iter().next() {
            return Err(DecodeError { message: problem.message, span: problem.span });
        }
        let document = parsed.documents.into_iter().next().ok_or_else(|| start.clone())?;
        let fields = Fields::of(document.root().ok_or(start)?, "a baseline", &["version", "findings"])?;
        let version = fields.required("version")?;
        if version.scalar() != Some(Scalar::Int(1)) {
            return error(version, "`version` must be 1, the only version of this format so far");
        }
        let mut baseline = Self::default();
        for item in fields.items("findings")? {
            let (entry, count) = entry(item)?;
            *baseline.entries.entry(entry).or_default() += count;
        }
        Ok(baseline)
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        let mut out = String::from("{\n\"version\": 1,\n\"findings\": [");
        for (index, (entry, count)) in self.entries.iter().enumerate() {
            let quoted = |text: &str| serde_json::Value::from(text).to_string();
            let separator = if index == 0 { "\n" } else { ",\n" };
            // Writing to a string cannot fail.
            let _ = write!(
                out,
                "{separator}{{\"file\": {}, \"policy\": {}, \"resource\": {}, \"fingerprint\": {}, \"count\": {count}}}",
                quoted(&entry.file),
                quoted(&entry.policy),
                quoted(&entry.resource),
                quoted(&entry.fingerprint),
            );
        }
        out.push_str(if self.entries.is_empty() { "]\n}\n" } else { "\n]\n}\n" });
        out
    }

    /// How many findings it knows.
    pub fn len(&self) -> u64 {
        self.entries.values().sum()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds findings of `project`.
    pub fn add<'f>(&mut self, project: &Project, findings: impl IntoIterator<Item = &'f Finding>) {
        for finding in findings {
            let entry = Entry {
                file: project.in_repo(&finding.location.file).to_owned(),
                policy: finding.rule.id.clone(),
                resource: finding.resource.clone().unwrap_or_default(),
                fingerprint: finding.fingerprint.clone(),
            };
            *self.entries.entry(entry).or_default() += 1;
        }
    }

    /// The same without what `known`, the findings it matched, no longer needs. An entry that this run
    /// could not have found again stays: its policy did not run, or its file was not asked for.
    #[must_use]
    pub fn shrunk<'f>(
        &self,
        known: impl IntoIterator<Item = &'f Finding>,
        looked_for: impl Fn(&str, &str) -> bool,
    ) -> Self {
        let mut found: HashMap<&str, u64> = HashMap::new();
        for finding in known {
            *found.entry(&finding.fingerprint).or_default() += 1;
        }
        let mut entries = BTreeMap::new();
        for (entry, &count) in &self.entries {
            let left = found.entry(&entry.fingerprint).or_default();
            let kept = if looked_for(&entry.policy, &entry.file) { count.min(*left) } else { count };
            *left = left.saturating_sub(kept);
            if kept > 0 {
                entries.insert(entry.clone(), kept);
            }
        }
        Self { entries }
    }

    /// What can be matched with findings, each once.
    pub(super) fn pool(&self) -> Pool {
        let mut pool = Pool::default();
        for (entry, count) in &self.entries {
            pool.add(&entry.fingerprint, *count);
        }
        pool
    }
}

fn entry(node: NodeRef<'_>) -> Result<(Entry, u64), DecodeError> {
    let fields = Fields::of(node, "a finding", &["file", "policy", "resource", "fingerprint", "count"])?;
    let count = match fields.get("count") {
        None => 1,
        Some(count) => match count.scalar() {
            Some(Scalar::Int(number)) if number > 0 => number.unsigned_abs(),
            _ => return error(count, "`count` must be a number above 0"),
        },
    };
    let required = |key| text(fields.required(key)?, key).map(str::to_owned);
    let entry = Entry {
        file: required("file")?,
        policy: required("policy")?,
        resource: fields.text("resource")?.unwrap_or_default().to_owned(),
        fingerprint: required("fingerprint")?,
    };
    Ok((entry, count))
}

/// A multiset of fingerprints that findings are taken from.
#[derive(Default)]
pub(super) struct Pool {
    left: HashMap<String, u64>,
}

impl Pool {
    pub(super) fn add(&mut self, fingerprint: &str, count: u64) {
        *self.left.entry(fingerprint.to_owned()).or_default() += count;
    }

    /// Whether there is one more of these; it is gone afterwards.
    pub(super) fn take(&mut self, fingerprint: &str) -> bool {
        match self.left.get_mut(fingerprint) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\n\"version\": 1,\n\"findings\": [\n\
        {\"file\": \"a.yaml\", \"policy\": \"x/y\", \"resource\": \"Pod/a\", \"fingerprint\": \"00\", \"count\": 2},\n\
        {\"file\": \"b.yaml\", \"policy\": \"x/y\", \"resource\": \"\", \"fingerprint\": \"01\", \"count\": 1}\n]\n}\n";

    #[test]
    fn a_file_is_written_as_it_is_read() {
        let baseline = Baseline::parse(TEXT).unwrap();
        assert_eq!(baseline.len(), 3);
        assert_eq!(baseline.to_json(), TEXT);
        assert_eq!(Baseline::parse(&Baseline::default().to_json()).unwrap(), Baseline::default());
    }

    #[test]
    fn mistakes_are_named() {
        for (text, message) in [
            ("[]", "must be a mapping"),
            ("{\"version\": 2}", "`version` must be 1"),
            ("{\"version\": 1, \"findings\": [{}]}", "needs `file`"),
            ("{\"version\": 1, \"finding\": []}", "did you mean `findings`"),
        ] {
            let mistake = Baseline::parse(text).unwrap_err();
            assert!(mistake.message.contains(message), "{text}: {}", mistake.message);
        }
    }

    #[test]
    fn only_what_was_looked_for_is_dropped() {
        let baseline = Baseline::parse(TEXT).unwrap();
        assert_eq!(baseline.shrunk([], |_, file| file == "b.yaml").len(), 2);
        assert_eq!(baseline.shrunk([], |_, _| true).len(), 0);
        assert_eq!(baseline.shrunk([], |_, _| false), baseline);
    }

    #[test]
    fn each_is_matched_once() {
        let mut pool = Baseline::parse(TEXT).unwrap().pool();
        let taken: Vec<bool> = ["00", "00", "00", "01", "02"].iter().map(|it| pool.take(it)).collect();
        assert_eq!(taken, [true, true, false, true, false]);
    }
}
