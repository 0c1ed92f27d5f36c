//! Releases of Helm that something in Git asks for. Helm's own record of what it installed stands in for what
//! was not rendered here: the manifest in it is compared, and points at the declaration of the release.
//!
//! Deliberately absent: the records of releases that Argo CD took over. It applies charts without Helm, so that
//! such a record is only history.

use super::charts::FLUX;
use super::desired::{Declared, Desired, Origin};
use crate::gitops::kustomize::is_cluster_scoped;
use crate::model::{Document, Gap, Identity, NodeRef};
use crate::state::{Inventory, Release};
use crate::syntax;

impl Desired {
    /// Takes what is recorded of Flux's releases for declared, as far as nothing else declares it.
    pub(super) fn add_releases(&mut self, live: &Inventory) {
        for ((namespace, name), release) in &live.releases {
            let Some(declared) = self.release(namespace, name).cloned() else { continue };
            if (&*declared.identity.group, &*declared.identity.kind) != FLUX {
                continue;
            }
            if release.status == "deployed" {
                let owner = &declared.identity;
                self.unrendered.remove(&format!("{}/{}", owner.namespace, owner.name));
                self.add_release(release, &declared);
            } else {
                let subject = format!("Helm release {namespace}/{name}");
                let reason = format!("its objects were not compared: it is {}", release.status);
                self.gaps.push(Gap { subject, reason });
            }
        }
    }

    fn add_release(&mut self, release: &Release, declared: &Declared) {
        let Some(place) = self.documents.get(declared.document).map(|it| it.place(declared.header)) else {
            return;
        };
        let parsed = syntax::for_file("manifest.yaml").map(|yaml| yaml.parse(&release.manifest));
        for document in parsed.into_iter().flat_map(|parsed| parsed.documents) {
            let Some(identity) = document.root().map(|root| identity(root, &release.namespace)) else {
                continue;
            };
            // What was rendered is nearer to its lines.
            if !self.declarations(&identity).is_empty() {
                continue;
            }
            let (first, nodes) = (self.objects.len(), document.node_count());
            let origin = Origin::Nodes(vec![place; nodes]);
            self.add_document_in(
                &identity.namespace,
                "manifest.yaml",
                Document::into_owned(document),
                origin,
            );
            for object in self.objects.iter_mut().skip(first) {
                object.release =
                    Some(format!("the Helm release {}/{}", release.namespace, release.name).into());
            }
        }
    }
}

/// Who an object of a manifest is: in the namespace of its release where it names none.
fn identity(object: NodeRef<'_>, namespace: &str) -> Identity {
    let text = |path: &[&str]| object.descend(path).and_then(NodeRef::text).unwrap_or_default();
    let (version, kind) = (text(&["apiVersion"]), text(&["kind"]));
    let own = match text(&["metadata", "namespace"]) {
        _ if is_cluster_scoped(version, kind) => "",
        "" => namespace,
        own => own,
    };
    Identity::new(version, kind, own, text(&["metadata", "name"]))
}
