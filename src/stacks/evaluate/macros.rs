//! Macros and transforms of a whole template, which only the deployment runs.

use crate::model::NodeRef;

/// What the transforms of a template do to it.
#[derive(Debug, Default)]
pub(super) struct Macros<'d> {
    /// Those that may add sections and resources.
    pub adding: Vec<&'d str>,
    /// One that may change every part of the template.
    pub changing: Option<&'d str>,
}

/// Transforms of AWS that are evaluated here, or that change nothing but what a deployment waits for.
const UNDERSTOOD: &[&str] =
    &["AWS::Serverless-2016-10-31", "AWS::LanguageExtensions", "AWS::CodeDeployBlueGreen"];

/// The transforms that a template names, under `Transform` and as `Fn::Transform` beside its sections.
pub(super) fn of(root: NodeRef<'_>) -> Macros<'_> {
    let mut macros = Macros::default();
    let listed = root.get("Transform").into_iter().chain(root.get("Fn::Transform"));
    let each = listed.flat_map(|node| std::iter::once(node).chain(node.items()));
    let names = each.filter_map(|node| node.get("Name").unwrap_or(node).text());
    for name in names.filter(|name| !UNDERSTOOD.contains(name)) {
        if name.starts_with("AWS::") {
            macros.adding.push(name);
        } else {
            macros.changing = Some(name);
        }
    }
    macros
}
