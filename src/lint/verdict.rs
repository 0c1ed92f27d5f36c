//! One resource against the policies: verdicts, and findings on the right line of the right file.

use std::sync::Arc;

use bumpalo::Bump;

use super::admitted::Admitted;
use super::fingerprint;
use super::place::{Show, Source, point_at, point_at_resource};
use super::policies::Chosen;
use super::{Checked, Options};
use crate::collect::Project;
use crate::model::{Finding, NodeRef, Resource, Rule, Span, VerdictRow};
use crate::policy::native::{Case, Subject};
use crate::policy::{Applier, Host, Judgement, Place, Policy};

/// Which text each node stands in: one for a file, several for a rendered object.
pub(super) trait Origins {
    /// The text that the node's span belongs to.
    fn source_of(&self, node: NodeRef<'_>) -> &Source<'_>;
}

impl Origins for Source<'_> {
    fn source_of(&self, _node: NodeRef<'_>) -> &Source<'_> {
        self
    }
}

/// Judges resources, and keeps what comes of it.
pub(super) struct Judge<'c> {
    pub origins: &'c dyn Origins,
    pub project: &'c Project,
    pub options: &'c Options,
    pub checked: Checked,
    /// What applies the resources, of a render.
    pub applier: Option<&'c Applier<'c>>,
}

impl<'c> Judge<'c> {
    pub(super) const fn new(
        origins: &'c dyn Origins,
        project: &'c Project,
        options: &'c Options,
        checked: Checked,
    ) -> Self {
        Self { origins, project, options, checked, applier: None }
    }

    pub(super) fn resource<'d>(
        &mut self,
        resource: &'d Resource<'d>,
        is_patch: bool,
        policies: &'d [Policy],
        arena: &'d Bump,
    ) where
        'c: 'd,
    {
        let in_repo = self.origins.source_of(resource.header).in_repo;
        let host = Host::new(Some(resource), &self.project.repository, in_repo)
            .patch(is_patch)
            .among(&self.options.around)
            .applied_by(self.applier);
        // The host and everything evaluated from it end with this call; the arena is emptied after it.
        let host = &*arena.alloc(host);
        for policy in policies {
            if !policy.matches(resource) {
                continue;
            }
            let judgement = policy.judge(host, arena);
            self.judgement(&policy.rule, None, resource, &judgement);
        }
    }

    /// Judges by native policies what the API server would have made of a resource.
    pub(super) fn native<'d>(
        &mut self,
        resource: &'d Resource<'d>,
        admitted: &'d Admitted<'d>,
        chosen: &'d Chosen,
        arena: &'d Bump,
    ) {
        let native = &chosen.native;
        let in_repo = self.origins.source_of(resource.header).in_repo.to_owned();
        let object = arena.alloc(admitted.resource(resource));
        let case = Case::new(Subject::created(object), &native.world, arena);
        for policy in native.about(resource) {
            let Some(rule) = chosen.overrides.rule(&policy.rule, &in_repo) else { continue };
            if let Some(mut judgement) = policy.judge(&case) {
                let is_of_object = |node: &NodeRef<'_>| std::ptr::eq(node.document, object.body.document);
                judgement.unknown = judgement
                    .unknown
                    .filter(is_of_object)
                    .map(|node| admitted.node(resource, node).unwrap_or(node));
                for violation in &mut judgement.violations {
                    violation.place = admitted.place(resource, &violation.place);
                }
                self.judgement(&rule, policy.rule_name.as_deref(), resource, &judgement);
            }
        }
    }

    fn judgement(
        &mut self,
        rule: &Arc<Rule>,
        rule_name: Option<&str>,
        resource: &Resource<'_>,
        judgement: &Judgement<'_>,
    ) {
        self.checked.summary.count(judgement.verdict);
        self.checked.undecided.note(&rule.id, judgement, || {
            let is_of_resource = |node: &NodeRef<'_>| std::ptr::eq(node.document, resource.body.document);
            let node = judgement.unknown.filter(is_of_resource).unwrap_or(resource.header);
            let source = self.origins.source_of(node);
            (source.file.clone(), source.lines().line(node.span().start))
        });
        let first = self.checked.findings.len();
        for violation in &judgement.violations {
            self.violation(rule, resource, &violation.message, &violation.place);
        }
        if self.options.verdicts {
            let line = self.checked.findings.get(first).map(|finding| finding.location.region.start.line);
            self.row(rule, rule_name, resource, judgement, line);
        }
    }

    fn violation(&mut self, rule: &Arc<Rule>, resource: &Resource<'_>, message: &str, place: &Place<'_>) {
        let pointer = match place {
            Place::Node(blame) => point_at(blame, resource, self.origins.source_of(blame.node).text),
            Place::Resource | Place::File(_) => point_at_resource(resource),
        };
        let sensitive = rule.redact || (resource.kind == "Secret" && resource.api_version == "v1");
        let show = match (sensitive, pointer.is_value) {
            (false, _) => Show::Line,
            (true, true) => Show::HideMark,
            (true, false) => Show::UpToMark,
        };
        let source = self.origins.source_of(pointer.node);
        // On the line of one value others may stand.
        let secret: Vec<Span> = secret_values(resource)
            .filter(|value| std::ptr::eq(self.origins.source_of(*value), source))
            .map(NodeRef::span)
            .collect();
        let location = source.locate_hiding(pointer.span, show, &secret);
        let path = pointer.path;
        let id = resource.id();
        let message = crate::secrets::redact_text(message).into_owned();
        self.checked.findings.push(Finding {
            fingerprint: fingerprint::of(&rule.id, source.in_repo, &id, &path.without_indices(), &message),
            rule: rule.clone(),
            message,
            location,
            related: Vec::new(),
            resource: Some(id),
            resource_kind: Some(resource.kind.to_owned()),
            path,
            line_hash: None,
            target: None,
            suppressed: None,
            known: false,
        });
    }

    fn row(
        &mut self,
        rule: &Rule,
        rule_name: Option<&str>,
        resource: &Resource<'_>,
        judgement: &Judgement<'_>,
        line: Option<u32>,
    ) {
        let message = match judgement.violations.first() {
            Some(violation) => crate::secrets::redact_text(&violation.message).into_owned(),
            None => judgement.reason.clone(),
        };
        let source = self.origins.source_of(resource.header);
        self.checked.verdicts.push(VerdictRow {
            policy: rule.id.clone(),
            rule: rule_name.map(str::to_owned),
            file: source.file.clone(),
            document: resource.body.document.index,
            line: line.unwrap_or_else(|| source.lines().line(resource.header.span().start)),
            kind: resource.kind.to_owned(),
            namespace: resource.namespace().to_owned(),
            name: resource.name().to_owned(),
            verdict: judgement.verdict,
            message,
        });
    }
}

/// The values of a Secret, which are secret whatever they look like.
fn secret_values<'d>(resource: &Resource<'d>) -> impl Iterator<Item = NodeRef<'d>> + use<'d> {
    let body = resource.body;
    let is_secret = resource.kind == "Secret" && resource.api_version == "v1";
    let maps = ["data", "stringData"].into_iter().filter(move |_| is_secret);
    maps.filter_map(move |key| body.get(key)).flat_map(NodeRef::entries).map(|(_, value)| value)
}
