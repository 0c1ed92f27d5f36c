//! Every declared object against its live counterpart: found or missing, and how it differs.

use std::collections::{BTreeMap, HashMap};

use super::Target;
use super::desired::{Declared, Desired, annotation, is_unknown};
use super::ignores::Ignores;
use super::show::{Told, shown};
use super::{extent, locate};
use crate::audit::rules::DriftRule;
use crate::audit::total::Found;
use crate::drift::{self, Change, Pair};
use crate::lint::fingerprint;
use crate::model::{ChangeKind, ChangeRow, Document, Finding, Identity, NodeRef, Resource};
use crate::platform::{CustomSchemas, Defaulted, by_name};
use crate::state::{Inventory, Kept};
use crate::syntax;

/// What judging needs.
pub(super) struct Judge<'j> {
    pub target: &'j Target,
    pub schemas: &'j CustomSchemas<'j>,
    pub ignores: &'j Ignores,
    pub rules: &'j BTreeMap<&'static str, std::sync::Arc<crate::model::Rule>>,
    /// Live objects by identity without a namespace, for declarations without one.
    pub anywhere: HashMap<Identity, Vec<usize>>,
}

/// What became of a declared object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// It is live and was compared.
    Compared,
    /// It is not live.
    Missing,
    /// It is not live, for a good reason.
    Excused,
    /// It could not be compared; why.
    Unknown(String),
}

/// What was found about one declared object.
pub(super) struct Judged {
    pub object: usize,
    pub live: Option<usize>,
    pub status: Status,
    pub found: Vec<Found>,
    /// Declared values that are not known or hidden.
    pub unknown_values: usize,
    /// Differences that a controller decides.
    pub controlled: usize,
}

impl Judge<'_> {
    fn desired(&self) -> &Desired {
        &self.target.desired
    }

    fn live(&self) -> &Inventory {
        &self.target.live
    }

    /// An object, and where it is when that is a question.
    fn named(&self, identity: &Identity) -> String {
        match self.target.label() {
            Some(target) => format!("{identity} in {target}"),
            None => identity.to_string(),
        }
    }

    /// Judges the objects of one document.
    pub fn document(&self, place: usize, objects: &[usize]) -> Vec<Judged> {
        let Some(document) = self.desired().documents.get(place) else { return Vec::new() };
        let document = &document.document;
        let resources: Vec<Resource<'_>> = objects
            .iter()
            .filter_map(|object| self.desired().objects.get(*object))
            .filter_map(|object| resource(document, object))
            .collect();
        let defaulted = Defaulted::new(document, &resources, self.schemas);
        objects.iter().map(|object| self.object(*object, defaulted.as_ref())).collect()
    }

    fn object(&self, place: usize, defaulted: Option<&Defaulted<'static>>) -> Judged {
        let mut judged = Judged {
            object: place,
            live: None,
            status: Status::Excused,
            found: Vec::new(),
            unknown_values: 0,
            controlled: 0,
        };
        let Some(object) = self.desired().objects.get(place) else { return judged };
        match self.counterpart(object) {
            Counterpart::Live(live) => {
                judged.live = Some(live);
                if !object.uncertain {
                    self.compare(object, live, defaulted, &mut judged);
                }
            }
            _ if object.uncertain => {}
            Counterpart::Several(count) => {
                judged.status =
                    Status::Unknown(format!("it names no namespace, and {count} namespaces have one"));
            }
            Counterpart::None => self.absent(object, &mut judged),
        }
        if object.uncertain {
            judged.status = Status::Unknown("a part of what renders it was refused".to_owned());
        }
        judged
    }

    fn counterpart(&self, object: &Declared) -> Counterpart {
        let identity = &object.identity;
        let exact = self
            .live()
            .by_identity
            .get(identity)
            .or_else(|| self.live().by_identity.get(&identity.anywhere()));
        if let Some(live) = exact {
            return Counterpart::Live(*live);
        }
        if !identity.namespace.is_empty() {
            return Counterpart::None;
        }
        // Those that another declaration names in full are not meant.
        let free: Vec<usize> = self
            .anywhere
            .get(identity)
            .into_iter()
            .flatten()
            .copied()
            .filter(|live| {
                self.live().objects.get(*live).is_some_and(|live| {
                    let declared = self.desired().declarations(&live.identity);
                    declared.iter().any(|at| std::ptr::eq(&raw const self.desired().objects[*at], object))
                })
            })
            .collect();
        match free.as_slice() {
            [] => Counterpart::None,
            [live] => Counterpart::Live(*live),
            several => Counterpart::Several(several.len()),
        }
    }

    fn absent(&self, object: &Declared, judged: &mut Judged) {
        if object.may_be_absent.is_some() {
            return;
        }
        if let Some(reason) = extent::unknown(&self.live().extent, &object.identity) {
            judged.status = Status::Unknown(reason);
            return;
        }
        judged.status = Status::Missing;
        let identity = &object.identity;
        let mut message = format!("{} is declared and not live", self.named(identity));
        if let Some(other) = self.other_generation(identity) {
            message.extend(["; ", &other, " is, an older or newer generation of it"]);
        }
        let (location, path) = locate::header(self.desired(), object);
        let finding = self.finding(DriftRule::Missing, object, message, (location, path), "");
        judged.found.push((finding, None));
    }

    /// A live object whose name differs only in the hash of its contents.
    fn other_generation(&self, identity: &Identity) -> Option<String> {
        let base = super::names::without_hash(&identity.name)?;
        let is_other = |other: &Identity| {
            other.kind == identity.kind
                && other.namespace == identity.namespace
                && super::names::without_hash(&other.name) == Some(base)
        };
        self.live()
            .objects
            .iter()
            .find(|live| is_other(&live.identity))
            .map(|live| live.identity.name.to_string())
    }

    fn compare(
        &self,
        object: &Declared,
        place: usize,
        defaulted: Option<&Defaulted<'static>>,
        judged: &mut Judged,
    ) {
        let unknown = |reason: &str| Status::Unknown(reason.to_owned());
        let (Some(header), Some(document)) =
            (self.live().objects.get(place), self.desired().documents.get(object.document))
        else {
            return;
        };
        let Some(kept) = self.live().kept.get(&place).and_then(Kept::document) else {
            judged.status = unknown("its live state was not kept");
            return;
        };
        let (Some(live), Some(written)) = (kept.root(), resource(&document.document, object)) else {
            judged.status = unknown("its live state cannot be read");
            return;
        };
        if let Some(reason) = left_alone(written.body, live) {
            judged.status = Status::Excused;
            judged.found.clear();
            debug_assert!(!reason.is_empty());
            return;
        }
        let noted = annotation(live, "kubectl.kubernetes.io/last-applied-configuration").unwrap_or_default();
        let noted = syntax::for_file("noted.json").map(|json| json.parse(noted)).unwrap_or_default();
        let ignored = self.ignores.of(&header.identity);
        let by_pointer = |pointer: &str| ignored.covers(pointer);
        let identity = &object.identity;
        let written_body = defaulted.map(|defaulted| defaulted.resource(&written).body);
        let pair = Pair {
            group: &identity.group,
            kind: &identity.kind,
            desired: written.body,
            defaulted: written_body,
            live,
            last_applied: noted.documents.first().and_then(Document::root),
            schema: self.schemas.schema(&object.api_version, &identity.kind),
            same_version: *object.api_version == *header.api_version,
            scaled: self.live().scaled.contains(&header.identity)
                || self.ignores.scaled.contains(&header.identity),
            unknown: &is_unknown,
            ignored: &by_pointer,
        };
        let comparison = drift::compare(&pair);
        judged.status = Status::Compared;
        if !pair.same_version {
            judged.status = Status::Unknown(format!(
                "Git has it as {} and the live state as {}: only its labels and annotations were compared",
                object.api_version, header.api_version
            ));
        }
        judged.unknown_values = comparison.unknown;
        judged.controlled = comparison.controlled;
        for change in &comparison.changes {
            let manager = change.writer.as_ref().map(|writer| writer.manager.as_str());
            if ignored.covers_manager(manager) {
                judged.controlled += 1;
                continue;
            }
            let found = self.change(object, &header.identity, change, comparison.attributed);
            judged.found.push(found);
        }
    }

    fn change(&self, object: &Declared, live: &Identity, change: &Change<'_>, attributed: bool) -> Found {
        let secret = &*live.kind == "Secret";
        let (desired, actual) = (
            change.desired.map(|node| shown(node, &change.path, secret)),
            change.live.map(|node| shown(node, &change.path, secret)),
        );
        let path = &change.path;
        let rule = match change.kind {
            _ if change.contested => DriftRule::Contested,
            ChangeKind::Changed | ChangeKind::Absent => DriftRule::Changed,
            ChangeKind::StaleOwned => DriftRule::Stale,
            ChangeKind::ForeignAdded => DriftRule::Added,
        };
        let told = Told {
            object: &self.named(live),
            by: object.release.as_ref().map_or("Git", |release| release),
            desired: desired.as_deref(),
            live: actual.as_deref(),
            secret,
            attributed,
        };
        let message = told.difference(change);
        let hide = secret || super::show::is_sensitive(path);
        let place = locate::node(self.desired(), object, change.at, hide);
        let finding = self.finding(rule, object, message, place, path);
        let row = ChangeRow {
            fingerprint: finding.fingerprint.clone(),
            resource: live.to_string(),
            path: path.clone(),
            kind: change.kind,
            desired,
            live: actual,
            writer: change.writer.clone(),
        };
        (finding, Some(row))
    }

    fn finding(
        &self,
        rule: DriftRule,
        object: &Declared,
        message: String,
        place: (crate::model::Location, crate::model::Path),
        what: &str,
    ) -> Finding {
        let rule = super::rule(self.rules, rule);
        let resource = object.identity.to_string();
        let file = locate::file_of(self.desired(), object);
        let target = self.target.label();
        Finding {
            fingerprint: fingerprint::of(&rule.id, file, &resource, what, target.map_or("", |it| &**it)),
            rule,
            message,
            location: place.0,
            related: Vec::new(),
            resource: Some(resource),
            resource_kind: Some(object.identity.kind.to_string()),
            path: place.1,
            line_hash: None,
            target: target.cloned(),
            known: false,
            suppressed: None,
        }
    }
}

enum Counterpart {
    Live(usize),
    Several(usize),
    None,
}

fn resource<'d>(document: &'d Document<'static>, object: &'d Declared) -> Option<Resource<'d>> {
    Some(Resource {
        platform: by_name("kubernetes")?,
        body: document.node(object.body),
        header: document.node(object.header),
        api_version: &object.api_version,
        kind: &object.identity.kind,
        name: None,
        namespace: None,
    })
}

/// Why the contents of an object are nobody's business, whatever they are.
fn left_alone(desired: NodeRef<'_>, live: NodeRef<'_>) -> Option<&'static str> {
    let is = |name, value: &str| [desired, live].into_iter().any(|it| annotation(it, name) == Some(value));
    if is("client.lifecycle.config.k8s.io/mutation", "ignore") {
        return Some("Config Sync is told to ignore mutations");
    }
    if is("kustomize.toolkit.fluxcd.io/ssa", "IfNotPresent")
        || is("kustomize.toolkit.fluxcd.io/ssa", "Ignore")
    {
        return Some("Flux is told to leave it as it is");
    }
    is("kustomize.toolkit.fluxcd.io/reconcile", "disabled").then_some("Flux is told not to reconcile it")
}
