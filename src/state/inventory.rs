//! Everything that is live, as far as it was read: a header of each object, the text of those that are
//! declared, and what could not be read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::StreamError;
use super::header::{Header, Shared};
use super::json_stream::ListHead;
use super::release::{self, Release};
use super::secret;
use crate::model::{Document, Gap, Identity, NodeRef, Schema};
use crate::syntax;

/// How many bytes of declared objects are kept for comparing.
const MOST_KEPT: usize = 1 << 30;

/// The text of a live object that is to be compared.
#[derive(Clone, Debug)]
pub struct Kept {
    text: Box<str>,
    json: bool,
}

impl Kept {
    /// The object; `None` when the text cannot be read again, which does not happen.
    pub fn document(&self) -> Option<Document<'_>> {
        parse(&self.text, self.json)
    }
}

/// Live state.
#[derive(Debug, Default)]
pub struct Inventory {
    /// Every object once, in the order of reading.
    pub objects: Vec<Header>,
    /// Where each stands in `objects`.
    pub by_identity: HashMap<Identity, usize>,
    /// The texts that were asked for, by place in `objects`.
    pub kept: HashMap<usize, Kept>,
    /// What an autoscaler scales.
    pub scaled: BTreeSet<Identity>,
    /// Helm's releases, each at its latest revision.
    pub releases: BTreeMap<(String, String), Release>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// What is known to be complete.
    pub extent: Extent,
    shared: Shared,
    bytes_kept: usize,
}

/// Which kinds were read, and how far: only of those can an object be missing.
#[derive(Clone, Debug, Default)]
pub struct Extent {
    /// Kinds that were listed to the end, whatever came: group and kind. A dump tells this of the kinds it
    /// holds objects of.
    pub kinds: BTreeSet<(String, String)>,
    /// Kinds that could not be read, or not to the end.
    pub broken: BTreeSet<(String, String)>,
    /// Groups whose server does not answer, so that their kinds are not known.
    pub broken_groups: BTreeSet<String>,
    /// The namespaces that objects were found in.
    pub namespaces: BTreeSet<String>,
    /// Whether everything was asked for, so that a kind without an object is empty rather than not asked for.
    pub whole: bool,
    /// Whether the cluster has no such kind when it is not among `kinds`.
    pub discovered: bool,
}

impl Inventory {
    /// Takes in the text of one object. `wanted` tells whether its text is kept.
    pub fn take(
        &mut self,
        text: &str,
        json: bool,
        list: &ListHead,
        wanted: &dyn Fn(&Header) -> bool,
    ) -> Result<(), StreamError> {
        let Some(document) = parse(text, json) else {
            return Err(StreamError::Shape("an object cannot be read"));
        };
        let Some(object) = document.root() else { return Ok(()) };
        let head = (list.api_version.as_str(), list.kind.strip_suffix("List").unwrap_or_default());
        if let Some(kind) = object.get("kind").and_then(NodeRef::text).filter(|kind| kind.ends_with("List"))
            && object.get("items").is_some_and(NodeRef::is_sequence)
        {
            // An empty list of a kind says that there is none.
            if let (Some(version), Some(kind)) =
                (object.get("apiVersion").and_then(NodeRef::text), kind.strip_suffix("List"))
                && !kind.is_empty()
            {
                self.note_kind(&Identity::new(version, kind, "", ""));
            }
            return Ok(());
        }
        let Some(header) = self.shared.header(object, head) else { return Ok(()) };
        self.note_kind(&header.identity);
        self.note_scaled(object, &header);
        if self.by_identity.contains_key(&header.identity) {
            return Ok(());
        }
        let is_secret = &*header.identity.kind == "Secret" && header.identity.group.is_empty();
        if is_secret && &*header.detail == release::TYPE {
            self.note_release(object);
        }
        let place = self.objects.len();
        if wanted(&header) {
            let text = if is_secret { secret::without_values(object) } else { text.to_owned() };
            self.keep(place, Kept { text: text.into(), json: json || is_secret }, &header);
        }
        self.by_identity.insert(header.identity.clone(), place);
        self.objects.push(header);
        Ok(())
    }

    fn keep(&mut self, place: usize, kept: Kept, header: &Header) {
        self.bytes_kept += kept.text.len();
        if self.bytes_kept > MOST_KEPT {
            let reason =
                "too many declared objects to hold in memory; audit fewer paths at a time".to_owned();
            self.gaps.push(Gap { subject: header.identity.kind.to_string(), reason });
            return;
        }
        self.kept.insert(place, kept);
    }

    fn note_kind(&mut self, identity: &Identity) {
        let kind = (identity.group.to_string(), identity.kind.to_string());
        if !self.extent.kinds.contains(&kind) {
            self.extent.kinds.insert(kind);
        }
        if !identity.namespace.is_empty() && !self.extent.namespaces.contains(&*identity.namespace) {
            self.extent.namespaces.insert(identity.namespace.to_string());
        }
    }

    fn note_scaled(&mut self, object: NodeRef<'_>, header: &Header) {
        if let Some(target) = scale_target(object, &header.identity) {
            self.scaled.insert(target);
        }
    }

    fn note_release(&mut self, secret: NodeRef<'_>) {
        let Some(release) = release::read(secret) else { return };
        let key = (release.namespace.clone(), release.name.clone());
        let newer = self.releases.get(&key).is_none_or(|known| known.revision < release.revision);
        if newer {
            self.releases.insert(key, release);
        }
    }
}

/// What an autoscaler, live or declared, scales.
pub fn scale_target(object: NodeRef<'_>, identity: &Identity) -> Option<Identity> {
    let (path, version): (&[&str], &str) = match (&*identity.group, &*identity.kind) {
        ("autoscaling", "HorizontalPodAutoscaler") => (&["spec", "scaleTargetRef"], ""),
        // KEDA scales Deployments unless told otherwise.
        ("keda.sh", "ScaledObject") => (&["spec", "scaleTargetRef"], "apps/v1"),
        _ => return None,
    };
    let target = object.descend(path)?;
    let text = |key| target.get(key).and_then(NodeRef::text).filter(|text| !text.is_empty());
    let version = text("apiVersion").unwrap_or(version);
    let kind = text("kind").unwrap_or("Deployment");
    Some(Identity::new(version, kind, &identity.namespace, text("name")?))
}

fn parse(text: &str, json: bool) -> Option<Document<'_>> {
    let name = if json { "live.json" } else { "live.yaml" };
    let parsed = syntax::for_file(name)?.parse(text);
    if parsed.has_parse_error() || parsed.templated {
        return None;
    }
    let mut document = parsed.documents.into_iter().next()?;
    if document.schema != Schema::Json {
        document.schema = Schema::Kubernetes;
    }
    Some(document)
}
