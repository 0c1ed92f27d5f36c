//! Files judged as what they are before they are anything else: texts in which a secret may stand.

use std::collections::BTreeSet;

use bumpalo::Bump;

use super::place::{Source, hash_lines};
use super::policies::Chosen;
use super::verdict::Judge;
use super::{Checked, Options};
use crate::collect::{InputFile, Project};
use crate::model::{Category, Document, Finding, Summary};
use crate::platform::Text;
use crate::policy::Policy;
use crate::syntax;

/// Which files are judged as texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Texts {
    /// Those that hold resources, and those that hold addresses whatever else is in them.
    #[default]
    Manifests,
    /// All, whatever their form.
    All,
}

/// Checks a file as a text and nothing else. One that is none holds no secret that could be read.
pub(super) fn check(input: &InputFile, project: &Project, chosen: &Chosen, options: &Options) -> Checked {
    if options.texts == Texts::Manifests {
        return Checked::default();
    }
    let text = project.read(input).ok().filter(|bytes| !bytes.contains(&0)).map(syntax::decode);
    match text {
        Some(Ok(text)) => check_text(input, &text, project, chosen, options),
        _ => Checked::default(),
    }
}

/// Checks a text under the name `input` gives it.
pub(super) fn check_text(
    input: &InputFile,
    text: &str,
    project: &Project,
    chosen: &Chosen,
    options: &Options,
) -> Checked {
    let source = Source::new(input.display.clone(), &input.in_repo, text);
    let checked = Checked { summary: Summary { files: 1, ..Summary::default() }, ..Checked::default() };
    let mut checked = add(checked, &source, false, project, chosen, options);
    hash_lines(&mut checked.findings, text, options);
    checked
}

/// Adds to `checked` what a file is found to hold as a text, besides what was found on the same lines.
pub(super) fn add(
    checked: Checked,
    source: &Source<'_>,
    is_manifest: bool,
    project: &Project,
    chosen: &Chosen,
    options: &Options,
) -> Checked {
    if !is_manifest && options.texts == Texts::Manifests {
        return checked;
    }
    let overridden = chosen.overrides.policies(source.in_repo, &chosen.policies);
    let policies = overridden.as_deref().unwrap_or(&chosen.policies);
    let document = Text::document(source.text);
    let already = checked.findings.len();
    let mut checked = judge(checked, &document, source, is_manifest, project, policies, options);
    tell_once(&mut checked.findings, already);
    checked
}

/// Drops the secrets after the first `already` findings that stand on a line of which those tell one.
pub(super) fn tell_once(findings: &mut Vec<Finding>, already: usize) {
    let new = findings.split_off(already);
    let is_secret = |finding: &Finding| finding.rule.category == Category::Secrets;
    let line = |finding: &Finding| finding.location.region.start.line;
    let told: BTreeSet<u32> = findings.iter().filter(|finding| is_secret(finding)).map(line).collect();
    findings.extend(new.into_iter().filter(|finding| !is_secret(finding) || !told.contains(&line(finding))));
}

fn judge(
    checked: Checked,
    document: &Document<'_>,
    source: &Source<'_>,
    is_manifest: bool,
    project: &Project,
    policies: &[Policy],
    options: &Options,
) -> Checked {
    let Some(resource) = Text::resource(document, is_manifest) else { return checked };
    if !policies.iter().any(|policy| policy.matches(&resource)) {
        return checked;
    }
    let arena = Bump::new();
    let mut judge = Judge::new(source, project, options, checked);
    judge.resource(&resource, false, policies, &arena);
    judge.checked
}
