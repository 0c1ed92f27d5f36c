//! Deployment files of CloudFormation's Git sync; the name of the stack stands in AWS alone.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/git-sync-concepts-terms.html>

use super::DeclaredStack;
use super::finder::Finder;
use super::parameters::{mapped, pairs};
use crate::model::NodeRef;
use crate::model::file_path::join;

/// Adds a stack for every deployment file.
pub(super) fn add(finder: &mut Finder<'_>) {
    let sources = std::mem::take(&mut finder.deployments);
    for source in &sources {
        let Some(root) = source.root() else { continue };
        let Some((key, file)) = root.entry("template-file-path") else { continue };
        let Some(written) = file.text() else { continue };
        // From the repository's root, says the documentation; from the file itself, write many.
        let beside = join(source.folder(), written).filter(|path| finder.template(path).is_some());
        let path = join("", written.trim_start_matches('/')).filter(|path| finder.template(path).is_some());
        let Some(template) = finder.template_of(path.or(beside).as_deref(), written, &source.path) else {
            continue;
        };
        let parameters = root.get("parameters").filter(|node| node.is_mapping());
        finder.push(DeclaredStack {
            id: source.path.clone(),
            name: None,
            account: None,
            region: None,
            template,
            parameters: parameters.map(|node| mapped(source, node)).unwrap_or_default(),
            tags: pairs(root.get("tags").filter(|tags: &NodeRef<'_>| tags.is_mapping())),
            origin: source.place(key),
        });
    }
}
