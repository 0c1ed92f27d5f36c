//! What an audit of AWS found, in words, on the line of the template that declares it. What nobody declares is told
//! in `undeclared`.

use std::sync::Arc;

use super::Plan;
use super::classify::{Class, Judged};
use super::deployments::Deployment;
use super::outcome::{Found, Subject};
use super::show;
use crate::audit::rules::DriftRule;
use crate::aws::Scope;
use crate::drift::aws::Change;
use crate::lint::fingerprint;
use crate::lint::live::Violation;
use crate::lint::place::{Show, Source, whole_file};
use crate::lint::stack_tags::Tree;
use crate::model::{ChangeKind, ChangeRow, Finding, Gap, Location, NodeId, Path, Rule};
use crate::stacks::{self, Template};
use crate::state::aws::Item;

/// How many paths of a resource one message names.
const NAMED: usize = 5;

pub(super) struct Teller<'t, 'p> {
    pub plan: &'t Plan<'p>,
}

/// What one finding is about.
pub(super) struct About<'a> {
    pub rule: Arc<Rule>,
    pub message: String,
    pub place: (Location, Path),
    /// The file, from the repository's root.
    pub file: &'a str,
    pub resource: String,
    pub kind: String,
    /// What tells it from others of the same resource.
    pub what: &'a str,
}

impl About<'_> {
    pub fn finding(self) -> Finding {
        Finding {
            fingerprint: fingerprint::of(&self.rule.id, self.file, &self.resource, self.what, ""),
            rule: self.rule,
            message: self.message,
            location: self.place.0,
            related: Vec::new(),
            resource: Some(self.resource),
            resource_kind: Some(self.kind),
            path: self.place.1,
            line_hash: None,
            known: false,
            suppressed: None,
            target: None,
        }
    }
}

fn plain(finding: Finding) -> Found {
    Found { finding, change: None, subject: None }
}

impl Teller<'_, '_> {
    pub fn template(&self, deployment: &Deployment) -> Option<(&Template, Arc<str>)> {
        let source = self.plan.sources.get(deployment.source)?;
        let template = source.found.templates.get(deployment.template)?;
        Some((template, source.project.display(&template.path)))
    }

    /// The line of a node of a template, and its path. A collection is shown by its key.
    fn locate(&self, deployment: &Deployment, at: NodeId, hide: bool) -> (Location, Path) {
        let Some((template, display)) = self.template(deployment) else {
            return (whole_file("".into()), Path::default());
        };
        let node = template.document.node(at);
        let place = node.place();
        let is_word = node.style().is_some_and(|style| !style.is_block());
        let key = place.as_ref().and_then(|place| place.key);
        let shown = if is_word { node } else { key.unwrap_or(node) };
        let source = Source::new(display, &template.path, &template.text);
        let location = source.locate(shown.span(), if hide { Show::HideMark } else { Show::Line });
        (location, place.map(|place| place.path).unwrap_or_default())
    }

    fn file(&self, deployment: &Deployment) -> &str {
        self.template(deployment).map_or("", |(template, _)| template.path.as_str())
    }

    /// `shop/Topic`: the resource of a stack.
    fn name(deployment: &Deployment, resource: &stacks::Resource<'_>) -> String {
        format!("{}/{}", deployment.id, resource.logical)
    }

    fn at_header(
        &self,
        rule: DriftRule,
        deployment: &Deployment,
        resource: &stacks::Resource<'_>,
        message: String,
        what: &str,
    ) -> Found {
        let about = About {
            rule: rule.rule(),
            message,
            place: self.locate(deployment, resource.header, false),
            file: self.file(deployment),
            resource: Self::name(deployment, resource),
            kind: resource.kind.to_string(),
            what,
        };
        plain(about.finding())
    }

    /// Where a deployment is, in a few words.
    fn wherein(deployment: &Deployment) -> String {
        deployment.scope.as_ref().map(|scope| format!(" in {scope}")).unwrap_or_default()
    }

    pub fn missing(
        &self,
        deployment: &Deployment,
        resource: &stacks::Resource<'_>,
        id: Option<&str>,
    ) -> Found {
        let name = Self::name(deployment, resource);
        let id = id.map(|id| format!(": {id} is gone, and its stack does not know")).unwrap_or_default();
        let message =
            format!("{name} ({}) is declared and not live{}{id}", resource.kind, Self::wherein(deployment));
        self.at_header(DriftRule::Missing, deployment, resource, message, "")
    }

    pub fn undeployed(&self, deployment: &Deployment, resource: &stacks::Resource<'_>) -> Found {
        let name = Self::name(deployment, resource);
        let message = format!(
            "{name} ({}) is declared, and its stack{} was not updated since",
            resource.kind,
            Self::wherein(deployment)
        );
        self.at_header(DriftRule::Undeployed, deployment, resource, message, "")
    }

    /// Changes of Git that were not deployed: one finding for a resource.
    pub fn waiting(
        &self,
        deployment: &Deployment,
        resource: &stacks::Resource<'_>,
        changes: &[&Change<'_>],
    ) -> Option<Found> {
        let first = changes.first()?;
        let named: Vec<String> =
            changes.iter().take(NAMED).map(|change| format!("`{}`", change.path)).collect();
        let more = if changes.len() > NAMED { ", …" } else { "" };
        let message = format!(
            "{}: {}{more} changed in Git and is not deployed yet{}",
            Self::name(deployment, resource),
            named.join(", "),
            Self::wherein(deployment)
        );
        let mut found = self.at_header(DriftRule::Undeployed, deployment, resource, message, &first.path);
        let place = self.locate(deployment, place_of(first, resource), show::is_sensitive(&first.path));
        (found.finding.location, found.finding.path) = place;
        Some(found)
    }

    pub fn missing_stack(&self, deployment: &Deployment, scope: &Scope, resources: usize) -> Found {
        let (file, span) = &deployment.origin;
        let source = self.plan.sources.get(deployment.source);
        let bytes = source.and_then(|source| stacks::Files::read(&Tree(source.project), file));
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let display = source.map_or_else(|| "".into(), |source| source.project.display(file));
        let location = if text.is_empty() {
            whole_file(display)
        } else {
            Source::new(display, file, &text).locate(*span, Show::Line)
        };
        let things = if resources == 1 { "resource" } else { "resources" };
        let about = About {
            rule: DriftRule::Missing.rule(),
            message: format!(
                "the stack {} is declared and not deployed in {scope}: {resources} {things}",
                deployment.id
            ),
            place: (location, Path::default()),
            file,
            resource: deployment.id.clone(),
            kind: "AWS::CloudFormation::Stack".to_owned(),
            what: &scope.to_string(),
        };
        plain(about.finding())
    }

    pub fn change(
        &self,
        deployment: &Deployment,
        resource: &stacks::Resource<'_>,
        change: &Change<'_>,
        subject: Option<Subject>,
        probable: bool,
    ) -> Found {
        let path = &change.path;
        let hide = show::is_sensitive(path);
        let declared = change.desired.map(|node| show::declared(node, path));
        let live = change.live.as_ref().map(|json| show::live(json, path));
        let name = Self::name(deployment, resource);
        let of = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
        let mut message = match change.kind {
            ChangeKind::Changed if declared == live => {
                format!("{name}: the live value of `{path}` is not the declared one")
            }
            ChangeKind::Changed if declared.is_none() => {
                format!("{name}: `{path}` is {}, its stack says otherwise", of(&live))
            }
            ChangeKind::Changed => format!("{name}: `{path}` is {}, Git says {}", of(&live), of(&declared)),
            ChangeKind::Absent => format!("{name}: `{path}` is declared and not live"),
            ChangeKind::StaleOwned => {
                format!("{name}: `{path}` is still live, and Git no longer declares it")
            }
            ChangeKind::ForeignAdded => format!("{name}: `{path}` was added, and Git does not declare it"),
        };
        if probable {
            message.push_str(" (paired by its generated name)");
        }
        let about = About {
            rule: rule_of(change).rule(),
            message,
            place: self.locate(deployment, place_of(change, resource), hide),
            file: self.file(deployment),
            resource: name.clone(),
            kind: resource.kind.to_string(),
            what: path,
        };
        let finding = about.finding();
        let row = ChangeRow {
            fingerprint: finding.fingerprint.clone(),
            resource: name,
            path: path.clone(),
            kind: change.kind,
            desired: declared,
            live,
            writer: None,
        };
        Found { finding, change: Some(row), subject }
    }

    /// Live stacks that no template was found for are shadows; templates without a stack are gaps.
    pub fn unmatched(&self) -> Vec<Gap> {
        let used: std::collections::HashSet<(usize, usize)> =
            self.plan.deployments.iter().map(|it| (it.source, it.template)).collect();
        let mut count = 0;
        let mut first = None;
        for (source, of) in self.plan.sources.iter().enumerate() {
            for stack in of.found.stacks.iter().filter(|it| it.name.is_none()) {
                if !used.contains(&(source, stack.template)) {
                    count += 1;
                    first = first.or_else(|| of.found.templates.get(stack.template)).or(first);
                }
            }
        }
        let Some(first) = first else { return Vec::new() };
        let subject = if count == 1 {
            first.path.clone()
        } else {
            format!("{} and {} more templates", first.path, count - 1)
        };
        let reason = "no live stack was found for it; where it is deployed, `audit.aws.stacks` of trueup.yaml can say so";
        vec![Gap { subject, reason: reason.to_owned() }]
    }

    pub fn unknown(count: u64, classes: &[Judged]) -> Gap {
        let why = classes.iter().find(|judged| judged.class == Class::Unknown).map(|it| it.evidence.as_str());
        let resources = if count == 1 { "resource" } else { "resources" };
        Gap {
            subject: format!("{count} live {resources}"),
            reason: format!("whether Git declares them is not known: {}", why.unwrap_or_default()),
        }
    }

    /// What a policy says against a live resource.
    pub fn violation(&self, item: &Item, violation: Violation) -> Found {
        let Violation { rule, message, path } = violation;
        let (display, file) = self.entry();
        let resource = name_of(item);
        // The same problem found in the file, or elsewhere, is another finding.
        let what = format!("{} live {}", path.without_indices(), item.scope);
        let about = About {
            message: format!("{resource} ({}) in {}: {message}", item.kind, item.scope),
            rule,
            place: (whole_file(display), path),
            file: &file,
            resource,
            kind: item.kind.to_string(),
            what: &what,
        };
        plain(about.finding())
    }

    /// The file that stands for all that is declared.
    pub fn entry(&self) -> (Arc<str>, String) {
        let configured = self.plan.sources.iter().find(|source| source.project.config_file.is_some());
        let source = configured.or(self.plan.sources.first());
        source.map_or_else(
            || ("".into(), String::new()),
            |source| {
                let file = source.project.main_file();
                (source.project.display(&file), file)
            },
        )
    }
}

/// A live resource by the name people know it by.
pub(super) fn name_of(item: &Item) -> String {
    item.name.as_deref().or(item.arn.as_deref()).unwrap_or(&item.id).to_owned()
}

/// Where a change is told of when the declaration has no place for it.
fn place_of(change: &Change<'_>, resource: &stacks::Resource<'_>) -> NodeId {
    change.at.unwrap_or(resource.header)
}

/// The rule a difference falls under.
fn rule_of(change: &Change<'_>) -> DriftRule {
    match change.kind {
        ChangeKind::ForeignAdded => DriftRule::Added,
        _ => DriftRule::Changed,
    }
}
