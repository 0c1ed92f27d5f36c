//! The configured policies over live objects: what is wrong with what runs, whether Git says so or not. Each
//! finding points at the declaration of its object where there is one.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::classify::{Class, Judged};
use super::desired::Declared;
use super::{Target, kind_of, locate};
use crate::collect::Project;
use crate::lint::place::whole_file;
use crate::lint::policies::Chosen;
use crate::lint::{fingerprint, live};
use crate::model::{Finding, Location, NodeRef, Path, Segment, Summary, Suppression};
use crate::policy::suppress::Suppress;
use crate::state::Header;

/// What judging needs.
pub(super) struct Policies<'p> {
    /// The repository that the policies belong to.
    pub project: &'p Project,
    /// Those that run.
    pub chosen: &'p Chosen,
    pub target: &'p Target,
    /// What each live object was taken for.
    pub classes: &'p [Judged],
    /// Where to point for what is not declared: display and path from the root.
    pub entry: (&'p Arc<str>, &'p str),
    /// The day suppressions are judged by.
    pub today: &'p str,
}

/// Whether an object may be judged, as far as its header tells: nobody else's child.
pub(super) fn is_judged(header: &Header) -> bool {
    header.owners.is_empty() && super::system::reason(header, false).is_none()
}

impl Policies<'_> {
    /// Judges every object that somebody made, not those that the cluster made of others.
    pub fn judge(&self) -> (Vec<Finding>, Summary) {
        let each: Vec<(Vec<Finding>, Summary)> =
            (0..self.target.live.objects.len()).into_par_iter().map(|place| self.object(place)).collect();
        let (mut findings, mut summary) = (Vec::new(), Summary::default());
        for (found, counts) in each {
            findings.extend(found);
            summary.add(&counts);
        }
        self.suppress(&mut findings);
        (findings, summary)
    }

    fn object(&self, place: usize) -> (Vec<Finding>, Summary) {
        let live = &self.target.live;
        let class = self.classes.get(place).map(|judged| &judged.class);
        if !matches!(class, Some(Class::Declared | Class::Orphan | Class::Release(..) | Class::Shadow)) {
            return Default::default();
        }
        let (Some(header), Some(kept)) = (live.objects.get(place), live.kept.get(&place)) else {
            return Default::default();
        };
        let Some(document) = kept.document() else { return Default::default() };
        let Some(object) = document.root() else { return Default::default() };
        let (violations, summary) =
            live::judge(object, &header.api_version, &header.identity.kind, self.project, self.chosen);
        let desired = &self.target.desired;
        let declared = desired.declarations(&header.identity).first().and_then(|at| desired.objects.get(*at));
        let found = violations.into_iter().map(|violation| {
            let (location, in_repo) = self.place(declared, object, &violation);
            self.finding(header, violation, location, in_repo)
        });
        (found.collect(), summary)
    }

    fn finding(
        &self,
        header: &Header,
        violation: live::Violation,
        location: Location,
        file: &str,
    ) -> Finding {
        let live::Violation { rule, message, path } = violation;
        let label = self.target.label();
        let resource = header.identity.to_string();
        // The same problem found in the file is another finding.
        let what = format!("live {}", label.map_or("", |label| &**label));
        Finding {
            fingerprint: fingerprint::of(&rule.id, file, &resource, &path.without_indices(), &what),
            rule,
            message: format!("{resource} in {}: {message}", self.target.name),
            location,
            related: Vec::new(),
            resource: Some(resource),
            resource_kind: Some(kind_of(&header.identity)),
            target: label.cloned(),
            path,
            line_hash: None,
            suppressed: None,
            known: false,
        }
    }

    /// The declaring line, or the one that stands for all.
    fn place(
        &self,
        declared: Option<&Declared>,
        live: NodeRef<'_>,
        violation: &live::Violation,
    ) -> (Location, &str) {
        let desired = &self.target.desired;
        let Some((object, body)) = declared.and_then(|object| Some((object, desired.body(object)?))) else {
            return (whole_file(self.entry.0.clone()), self.entry.1);
        };
        let hide = violation.rule.redact || &*object.identity.kind == "Secret";
        let (location, _) = locate::node(desired, object, counterpart(body, live, &violation.path), hide);
        (location, locate::file_of(desired, object))
    }

    /// Accepts what the file accepts that declares it.
    fn suppress(&self, findings: &mut [Finding]) {
        let files: HashMap<&str, &super::desired::DesiredFile> =
            self.target.desired.files.iter().map(|file| (&*file.display, file)).collect();
        let mut known: HashMap<Arc<str>, Vec<Suppress>> = HashMap::new();
        for finding in findings {
            let Some(file) = files.get(&*finding.location.file) else { continue };
            let accepted = known
                .entry(finding.location.file.clone())
                .or_insert_with(|| live::accepted(&file.in_repo, &file.text));
            let line = finding.location.region.start.line;
            let covers = |it: &&Suppress| it.covers(&finding.rule.id, line) && !it.is_expired(self.today);
            finding.suppressed = accepted.iter().find(covers).map(|accepted| Suppression {
                reason: accepted.reason.clone(),
                until: accepted.until.clone(),
                kind: "in-source",
            });
        }
    }
}

/// The declared node nearest to what is at `path` in the live object; items of lists by their names.
fn counterpart<'d>(declared: NodeRef<'d>, live: NodeRef<'_>, path: &Path) -> NodeRef<'d> {
    let (mut declared, mut live) = (declared, Some(live));
    for segment in &path.0 {
        let next = match segment {
            Segment::Key(key) => declared.get(key),
            Segment::Index(index) => {
                let name = |item: NodeRef<'_>| item.get("name").and_then(NodeRef::text).map(str::to_owned);
                let wanted = live.and_then(|live| live.item(*index)).and_then(name);
                match wanted {
                    Some(wanted) => declared.items().find(|item| name(*item).as_ref() == Some(&wanted)),
                    None => declared.item(*index),
                }
            }
        };
        live = live.and_then(|live| match segment {
            Segment::Key(key) => live.get(key),
            Segment::Index(index) => live.item(*index),
        });
        match next {
            Some(next) => declared = next,
            None => break,
        }
    }
    declared
}
