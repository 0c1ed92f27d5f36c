//! One file: read, understood, judged, and its suppressions applied. Nothing of it outlives the call
//! but findings, so memory does not grow with the tree.

use bumpalo::Bump;

use super::admitted::Admitted;
use super::place::{Show, Source, hash_lines, whole_file};
use super::policies::Chosen;
use super::undecided::Tally;
use super::verdict::Judge;
use super::{Options, fingerprint, texts};
use crate::collect::{InputFile, Project};
use crate::model::{Finding, Format, Location, Path, Summary, VerdictRow};
use crate::policy::meta::Meta;
use crate::policy::suppress::{self, Suppress};
use crate::syntax::{Parsed, Problem, ProblemKind};
use crate::{platform, syntax};

/// The platform whose resources rendering takes the place of.
const KUBERNETES: Format = Format("kubernetes");

/// What rendering left out, in numbers; `trueup render --explain` names each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Kustomizations and the like of which a part was refused; that part is judged as it stands.
    pub refused: usize,
    /// Charts, artifacts and other repositories, of whose objects nothing is known.
    pub unknown: usize,
}

/// What one file gave.
#[derive(Default)]
pub struct Checked {
    /// Open findings and suppressed ones, told apart by `Finding::suppressed`.
    pub findings: Vec<Finding>,
    /// Its counts.
    pub summary: Summary,
    /// Its verdicts, when asked for.
    pub verdicts: Vec<VerdictRow>,
    /// What policies could not decide.
    pub undecided: Tally,
    /// What rendering left out.
    pub left_out: LeftOut,
}

/// What every step of a file's check needs.
struct Checker<'c> {
    source: &'c Source<'c>,
    input: &'c InputFile,
    options: &'c Options,
    checked: Checked,
}

/// Reads and checks one file.
///
/// Of a file that rendering covers, the objects have been judged as they are applied: `rendered` holds what
/// was found in it.
pub fn check(
    input: &InputFile,
    rendered: Option<Vec<Finding>>,
    project: &Project,
    chosen: &Chosen,
    options: &Options,
) -> Checked {
    if project.is_chart_template(&input.in_repo) {
        let as_text = texts::check(input, project, chosen, options);
        return Checked { summary: Summary { templates_skipped: 1, ..Summary::default() }, ..as_text };
    }
    let text = match read(input, project) {
        Ok(text) => text,
        Err(message) => return unreadable(input, message),
    };
    check_text(input, &text, rendered, project, chosen, options)
}

/// Checks a text under the name `input` gives it.
pub fn check_text(
    input: &InputFile,
    text: &str,
    rendered: Option<Vec<Finding>>,
    project: &Project,
    chosen: &Chosen,
    options: &Options,
) -> Checked {
    let Some(syntax) = syntax::for_file(&input.in_repo) else {
        return texts::check_text(input, text, project, chosen, options);
    };
    let source = Source::new(input.display.clone(), &input.in_repo, text);
    let mut checker = Checker { source: &source, input, options, checked: Checked::default() };
    let Parsed { mut documents, comments, problems, templated } = syntax.parse(text);
    if templated {
        checker.checked.summary.templates_skipped = 1;
        return texts::add(checker.checked, &source, false, project, chosen, options);
    }
    checker.checked.summary.files = 1;
    checker.checked.summary.documents = documents.len() as u64;
    for problem in &problems {
        checker.problem(problem);
    }

    let platforms: Vec<_> = documents
        .iter_mut()
        .map(|document| {
            let platform = platform::recognise(&input.in_repo, document)?;
            platform.prepare(document);
            Some(platform)
        })
        .collect();
    let documents = &documents[..];
    let mut resources = Vec::new();
    for (document, platform) in documents.iter().zip(platforms) {
        if let Some(platform) = platform {
            platform.resources(document, &mut resources);
        }
    }
    checker.checked.summary.resources = resources.len() as u64;
    let overridden = chosen.overrides.policies(&input.in_repo, &chosen.policies);
    let policies = overridden.as_deref().unwrap_or(&chosen.policies);
    let is_covered = rendered.is_some();
    checker.checked.findings.extend(rendered.into_iter().flatten());
    let as_applied = checker.checked.findings.len();
    let mut judge = Judge::new(&source, project, options, std::mem::take(&mut checker.checked));
    let is_patch = project.patches.contains(&input.in_repo);
    let mut arena = Bump::new();
    for resource in resources.iter().filter(|resource| !is_covered || resource.format() != KUBERNETES) {
        judge.resource(resource, is_patch, policies, &arena);
        arena.reset();
    }
    // A generator's literal has been told of as the Secret it becomes.
    texts::tell_once(&mut judge.checked.findings, as_applied);
    // A patch is a part of an object: what native policies are for never sees it.
    if !chosen.native.policies.is_empty() && !is_patch && !is_covered {
        let admitted = Admitted::new(documents, &resources, &chosen.native.world);
        for resource in &resources {
            judge.native(resource, &admitted, chosen, &arena);
            arena.reset();
        }
    }
    let is_manifest = !resources.is_empty();
    checker.checked = texts::add(judge.checked, &source, is_manifest, project, chosen, options);

    let mut suppressions = Vec::new();
    if comments.iter().any(|comment| comment.text.contains("trueup")) {
        let (found, malformed) = suppress::from_comments(&comments, documents, text, source.lines());
        suppressions = found;
        for problem in malformed {
            let location = source.locate(problem.span, checker.show());
            checker.meta(Meta::UnknownRule, problem.message, location);
        }
    }
    if memchr::memmem::find(text.as_bytes(), b"trueup").is_some() {
        suppressions
            .extend(resources.iter().flat_map(|resource| suppress::from_resource(resource, source.lines())));
    }
    checker.suppress(&suppressions, chosen);
    hash_lines(&mut checker.checked.findings, text, options);
    checker.checked
}

fn read(input: &InputFile, project: &Project) -> Result<String, String> {
    syntax::decode(project.read(input)?).map_err(|problem| problem.message)
}

/// Reads and parses one file and counts; judges nothing.
pub(super) fn parse_only(input: &InputFile, project: &Project) -> Summary {
    let mut summary = Summary::default();
    if project.is_chart_template(&input.in_repo) {
        summary.templates_skipped = 1;
        return summary;
    }
    summary.files = 1;
    let Some(syntax) = syntax::for_file(&input.in_repo) else { return summary };
    match read(input, project) {
        Ok(text) => {
            let parsed = syntax.parse(&text);
            summary.documents = parsed.documents.len() as u64;
            summary.unreadable = u64::from(parsed.has_parse_error());
            summary.templates_skipped = u64::from(parsed.templated);
        }
        Err(_) => summary.unreadable = 1,
    }
    summary
}

/// The one finding of a file that is not text or could not be opened.
fn unreadable(input: &InputFile, message: String) -> Checked {
    let mut checked = Checked::default();
    checked.summary.files = 1;
    checked.summary.unreadable = 1;
    let location = whole_file(input.display.clone());
    checked.findings.push(about_input(Meta::ParseError, &input.in_repo, message, location));
    checked
}

/// A finding about one of our inputs rather than about a resource.
pub(super) fn about_input(meta: Meta, in_repo: &str, message: String, location: Location) -> Finding {
    let rule = meta.rule();
    Finding {
        fingerprint: fingerprint::of(&rule.id, in_repo, "", "", &message),
        rule,
        message,
        location,
        related: Vec::new(),
        resource: None,
        resource_kind: None,
        path: Path::default(),
        line_hash: None,
        target: None,
        suppressed: None,
        known: false,
    }
}

impl Checker<'_> {
    /// What to show of a line of which only the text is known: no structure tells a secret by.
    fn show(&self) -> Show {
        let may_hold = memchr::memmem::find(self.source.text.as_bytes(), b"Secret").is_some();
        if may_hold { Show::Nothing } else { Show::Line }
    }

    fn problem(&mut self, problem: &Problem) {
        let location = self.source.locate(problem.span, self.show());
        let meta = match problem.kind {
            ProblemKind::DuplicateKey => Meta::DuplicateKey,
            _ => {
                self.checked.summary.unreadable = 1;
                Meta::ParseError
            }
        };
        self.meta(meta, problem.message.clone(), location);
    }

    fn meta(&mut self, meta: Meta, message: String, location: Location) {
        self.checked.findings.push(about_input(meta, &self.input.in_repo, message, location));
    }

    /// Marks what is suppressed, and reports suppressions that are expired, unused, unknown or without reason.
    fn suppress(&mut self, suppressions: &[Suppress], chosen: &Chosen) {
        for suppression in suppressions {
            let expired = suppression.is_expired(&self.options.today);
            let mut used = false;
            for finding in &mut self.checked.findings {
                if suppression.covers(&finding.rule.id, finding.location.region.start.line) {
                    used = true;
                    if !expired {
                        finding.suppressed = Some(crate::model::Suppression {
                            reason: suppression.reason.clone(),
                            until: suppression.until.clone(),
                            kind: "in-source",
                        });
                    }
                }
            }
            let named = suppression.rules.join(", ");
            let location = self.source.locate(suppression.span, self.show());
            let unknown = suppression.rules.iter().find(|rule| !self.options.known_rules.contains(*rule));
            let ran = |rule: &String| chosen.rules().any(|known| known.id == *rule);
            if let Some(rule) = unknown {
                let known = self.options.known_rules.iter().map(String::as_str);
                let hint = crate::model::decode::did_you_mean(rule, known);
                self.meta(Meta::UnknownRule, format!("no rule is called `{rule}`{hint}"), location);
            } else if used && expired {
                let until = suppression.until.clone().unwrap_or_default();
                self.meta(
                    Meta::ExpiredIgnore,
                    format!("the suppression of {named} ended on {until}"),
                    location,
                );
            } else if !used && suppression.rules.iter().any(ran) {
                self.meta(Meta::UnusedIgnore, format!("nothing here is found by {named}"), location);
            } else if used && suppression.reason.is_none() {
                self.meta(
                    Meta::IgnoreWithoutReason,
                    format!("the suppression of {named} gives no reason"),
                    location,
                );
            }
        }
    }
}
