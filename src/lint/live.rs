//! Live objects judged by the policies that a repository is held to.
//!
//! What only files have is left out: which repository may hold what, and the values of Secrets, which are
//! *unknown* here. So is what other objects there are.

use std::sync::Arc;

use bumpalo::Bump;

use super::admitted::Admitted;
use super::place::Source;
use super::policies::Chosen;
use super::verdict::Judge;
use super::{Checked, Options};
use crate::collect::Project;
use crate::gitops::{FileId, Origin, Tree};
use crate::model::{Category, Document, NodeRef, Path, Rule, Span, Summary};
use crate::platform;
use crate::policy::suppress::{self, Suppress};
use crate::syntax;

/// What a policy says against a live object.
pub struct Violation {
    /// The policy's rule.
    pub rule: Arc<Rule>,
    /// What is wrong.
    pub message: String,
    /// Where in the live object.
    pub path: Path,
}

/// What stands for a value that is not shown to policies.
const UNKNOWN: &str = "{{ hidden }}";

/// Judges a live object; `api_version` and `kind` are those of its list, which it need not repeat.
pub fn judge(
    object: NodeRef<'_>,
    api_version: &str,
    kind: &str,
    project: &Project,
    chosen: &Chosen,
) -> (Vec<Violation>, Summary) {
    let declared_part = declared_part(object, api_version, kind);
    let (mut document, _) = declared_part.document(0);
    judge_document(&mut document, project, chosen, |category| category != Category::RepoSeparation)
}

/// Judges the resources of a document by the policies of some categories.
pub fn judge_document(
    document: &mut Document<'_>,
    project: &Project,
    chosen: &Chosen,
    is_asked: impl Fn(Category) -> bool,
) -> (Vec<Violation>, Summary) {
    let Some(platform) = platform::recognise("live.yaml", document) else { return Default::default() };
    platform.prepare(document);
    let document = &*document;
    let mut resources = Vec::new();
    platform.resources(document, &mut resources);
    let nowhere = Source::new("".into(), "", "");
    let options = Options::default();
    let mut judge = Judge::new(&nowhere, project, &options, Checked::default());
    let policies: Vec<_> =
        chosen.policies.iter().filter(|policy| is_asked(policy.rule.category)).cloned().collect();
    let mut arena = Bump::new();
    for resource in &resources {
        judge.resource(resource, false, &policies, &arena);
        arena.reset();
    }
    if !chosen.native.policies.is_empty() {
        let admitted = Admitted::new(std::slice::from_ref(document), &resources, &chosen.native.world);
        for resource in &resources {
            judge.native(resource, &admitted, chosen, &arena);
            arena.reset();
        }
    }
    let Checked { findings, summary, .. } = judge.checked;
    let violation = |found: crate::model::Finding| Violation {
        rule: found.rule,
        message: found.message,
        path: found.path,
    };
    (findings.into_iter().map(violation).collect(), summary)
}

/// The object without what the cluster adds for itself, and without secrets.
fn declared_part(object: NodeRef<'_>, api_version: &str, kind: &str) -> Tree {
    let mut tree = Tree::read(object, FileId(0));
    let nowhere = Origin { file: FileId(0), span: Span::default(), maker: None };
    tree.give_origin(nowhere);
    tree.set("apiVersion", Tree::string(api_version, nowhere));
    tree.set("kind", Tree::string(kind, nowhere));
    tree.remove("status");
    if let Some(metadata) = tree.get_mut("metadata") {
        metadata.remove("managedFields");
        if let Some(annotations) = metadata.get_mut("annotations") {
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
    }
    for field in ["data", "stringData"] {
        let values = tree.get_mut(field).filter(|_| kind == "Secret" && api_version == "v1");
        if let Some(values) = values {
            let names: Vec<String> =
                values.entries().iter().filter_map(|(name, _)| name.text()).map(str::to_owned).collect();
            for name in names {
                values.set(&name, Tree::string(UNKNOWN, nowhere));
            }
        }
    }
    tree
}

/// The suppressions that a file of manifests holds: what is accepted there is accepted live.
pub fn accepted(file: &str, text: &str) -> Vec<Suppress> {
    if memchr::memmem::find(text.as_bytes(), b"trueup").is_none() {
        return Vec::new();
    }
    let Some(syntax) = syntax::for_file(file) else { return Vec::new() };
    let parsed = syntax.parse(text);
    let source = Source::new("".into(), file, text);
    let (mut found, _) = suppress::from_comments(&parsed.comments, &parsed.documents, text, source.lines());
    let mut resources = Vec::new();
    for document in &parsed.documents {
        if let Some(platform) = platform::recognise(file, document) {
            platform.resources(document, &mut resources);
        }
    }
    found.extend(resources.iter().flat_map(|resource| suppress::from_resource(resource, source.lines())));
    found
}
