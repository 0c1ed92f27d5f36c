//! A rule: what a finding is an instance of, and the closed words that grade it.

use std::fmt;

/// How bad a finding is. Ordered: `Low` is the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Should be mended.
    Medium,
    /// Must be mended before it runs.
    High,
    /// Harm is likely now.
    Critical,
}

impl Severity {
    /// Every severity with its spelling, the worst first.
    pub const ALL: [(&'static str, Self); 4] =
        [("critical", Self::Critical), ("high", Self::High), ("medium", Self::Medium), ("low", Self::Low)];

    /// The word reports and policies use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How sure a rule is when it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Often wrong; for review.
    Low,
    /// Sometimes wrong.
    Medium,
    /// Hardly ever wrong.
    High,
}

impl Confidence {
    /// Every confidence with its spelling.
    pub const ALL: [(&'static str, Self); 3] =
        [("high", Self::High), ("medium", Self::Medium), ("low", Self::Low)];

    /// The word reports and policies use; SARIF's `precision` uses the same.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Naming conventions.
    Naming,
    /// Tags and labels.
    Tagging,
    /// Secret handling.
    Secrets,
    /// Which repository holds what.
    RepoSeparation,
    /// GitOps hygiene.
    GitOps,
    /// Pipelines and images.
    Pipelines,
    /// Good practice beyond the packs: what other checkers look for as well. Off by default.
    Hygiene,
    /// Policies of the API server, Kyverno and Gatekeeper, run as they are.
    Admission,
    /// Live state against declared state.
    Drift,
    /// trueup's own inputs: unreadable files, stale suppressions.
    Meta,
}

impl Category {
    /// Every category with its spelling.
    pub const ALL: [(&'static str, Self); 10] = [
        ("naming", Self::Naming),
        ("tagging", Self::Tagging),
        ("secrets", Self::Secrets),
        ("repo-separation", Self::RepoSeparation),
        ("gitops", Self::GitOps),
        ("pipelines", Self::Pipelines),
        ("hygiene", Self::Hygiene),
        ("admission", Self::Admission),
        ("drift", Self::Drift),
        ("meta", Self::Meta),
    ];

    /// The word reports and policies use.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, category)| *category == self).map_or("meta", |(word, _)| word)
    }
}

/// What a rule says of one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not hold.
    Fail,
    /// It does not apply.
    Skip,
    /// A value it needs is not known here; counted, never a pass and never a failure.
    Unknown,
    /// Its expression could not be evaluated.
    Error,
}

impl Verdict {
    /// The word reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Skip => "skip",
            Self::Unknown => "unknown",
            Self::Error => "error",
        }
    }
}

/// A rule as reports show it.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Stable for ever: `tagging/required-tags`.
    pub id: String,
    /// One line, as a statement of what is right.
    pub title: String,
    /// What it is about.
    pub category: Category,
    /// How bad a finding is, after configuration.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// Why it matters; Markdown.
    pub rationale: String,
    /// What to do; Markdown.
    pub remediation: String,
    /// Its whole page; Markdown. The same text `explain` prints.
    pub help: String,
    /// Further reading.
    pub references: Vec<String>,
    /// The same rule in other tools, as `TOOL:ID`.
    pub equivalents: Vec<String>,
    /// Whether a finding may point at a secret value, whose text must never be shown.
    pub redact: bool,
}
