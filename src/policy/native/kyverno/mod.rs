//! Kyverno's policies in CEL: `ValidatingPolicy` of policies.kyverno.io, and the `validate.cel` rules of
//! `ClusterPolicy` and `Policy` (<https://kyverno.io/docs/policy-types/>).
//!
//! What Kyverno means by a policy about Pods it also means for what makes Pods; see `autogen`.
//! Deliberately absent: rules that change or create objects, verify signatures, or are written as
//! patterns and `JMESPath`. Those are listed as not evaluated.

pub mod answers;
mod autogen;
mod blocks;
mod cluster;
mod exception;
mod functions;
pub mod suite;
mod validating;

use crate::model::NodeRef;
use crate::policy::native::Loaded;
use crate::policy::native::reading::Refusal;
use crate::policy::native::world::{Object, World};

pub(super) use functions::FUNCTIONS;

/// The variables Kyverno has besides those of the API server, in the order of their slots.
pub(super) const VARIABLES: [&str; 2] = ["images", "exceptions"];

/// The API group of `ClusterPolicy`.
const CLASSIC: &str = "kyverno.io";
/// The API group of `ValidatingPolicy`.
const CEL: &str = "policies.kyverno.io";

/// Whether an object is a policy of Kyverno, evaluated here or not.
pub(super) fn claims(object: &Object<'_>) -> bool {
    match object.group() {
        CLASSIC => {
            matches!(object.kind, "ClusterPolicy" | "Policy" | "CleanupPolicy" | "ClusterCleanupPolicy")
        }
        CEL => object.kind.ends_with("Policy"),
        _ => false,
    }
}

/// Exceptions, parameters, and whatever it looks up.
pub(super) fn needs(object: &Object<'_>, kinds: &mut Vec<String>) {
    kinds.push("PolicyException".to_owned());
    let spec = object.node.get("spec");
    let rules = spec.and_then(|spec| spec.get("rules")).into_iter().flat_map(NodeRef::items);
    let params = rules.filter_map(|rule| rule.descend(&["validate", "cel", "paramKind", "kind"])?.text());
    kinds.extend(params.map(str::to_owned));
    if spec.is_some_and(looks_up) {
        kinds.push("*".to_owned());
    }
}

/// Whether an expression asks for objects of the cluster; it names them by their plural.
fn looks_up(node: NodeRef<'_>) -> bool {
    let asks = |node: NodeRef<'_>| node.text().is_some_and(|text| text.contains("resource."));
    asks(node) || node.items().chain(node.entries().map(|(_, value)| value)).any(looks_up)
}

/// Reads the policies an object holds: one for every rule, and one more for every way to make a Pod.
pub(super) fn load(object: Object<'_>, world: &World, loaded: &mut Loaded) {
    match object.kind {
        "ClusterPolicy" | "Policy" => cluster::load(object, world, loaded),
        "ValidatingPolicy" | "NamespacedValidatingPolicy" => validating::load(object, world, loaded),
        kind => {
            let what = if kind.contains("ImageValidating") {
                "verifies the signatures of images"
            } else if kind.contains("Mutating") {
                "changes objects"
            } else if kind.contains("Generating") {
                "creates objects"
            } else {
                "deletes objects"
            };
            loaded.refuse(&object, Refusal::Unsupported(format!("it {what}, it does not judge them")));
        }
    }
}
