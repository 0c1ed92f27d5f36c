//! What Kyverno derives from a policy about Pods: the same policy about whatever makes Pods
//! (<https://kyverno.io/docs/policy-types/validating-policy/#autogen>).
//!
//! As Kyverno does, the expressions are rewritten, not the object: `object.spec` becomes
//! `object.spec.template.spec`. A finding then points into the object as it is written.

/// A way to hold a Pod's template.
pub(super) struct Holder {
    /// What the names of derived rules begin with.
    pub(super) prefix: &'static str,
    /// The kinds that hold one so: API group, kind, plural.
    pub(super) kinds: &'static [(&'static str, &'static str, &'static str)],
    /// Rewrites an expression about a Pod.
    pub(super) rewrite: fn(&str) -> String,
}

/// Every way to hold one.
pub(super) static HOLDERS: &[Holder] = &[
    Holder {
        prefix: "autogen",
        kinds: &[
            ("apps", "DaemonSet", "daemonsets"),
            ("apps", "Deployment", "deployments"),
            ("batch", "Job", "jobs"),
            ("apps", "ReplicaSet", "replicasets"),
            ("", "ReplicationController", "replicationcontrollers"),
            ("apps", "StatefulSet", "statefulsets"),
        ],
        rewrite: |source| rewrite(source, "spec.template"),
    },
    Holder {
        prefix: "autogen-cronjob",
        kinds: &[("batch", "CronJob", "cronjobs")],
        rewrite: |source| rewrite(source, "spec.jobTemplate.spec.template"),
    },
];

/// The longest name of a rule.
const MAX_NAME: usize = 63;

/// The name of the rule derived from `rule`.
pub(super) fn name(prefix: &str, rule: &str) -> String {
    format!("{prefix}-{rule}").chars().take(MAX_NAME).collect()
}

/// Moves `object.spec` and `object.metadata`, and those of `oldObject`, below `path`.
///
/// `metadata.name` and `metadata.namespace` stay: templates have neither, and the controller's are meant.
fn rewrite(source: &str, path: &str) -> String {
    let mut out = String::with_capacity(source.len() + 64);
    let mut done = 0;
    // What `object.` and `oldObject.` have in common.
    for (at, word) in source.match_indices("bject.") {
        let before = &source[..at];
        let Some(before) = before.strip_suffix("oldO").or_else(|| before.strip_suffix('o')) else { continue };
        let fields = at + word.len();
        let named = |part: &&&str| begins(&source[fields..], part);
        let Some(part) = ["spec", "metadata"].iter().find(named) else { continue };
        let after = &source[fields + part.len()..];
        let kept = *part == "metadata" && [".name", ".namespace"].iter().any(|name| begins(after, name));
        if before.ends_with(is_part_of_name) || kept {
            continue;
        }
        out.push_str(&source[done..fields]);
        out.push_str(path);
        out.push('.');
        done = fields;
    }
    out.push_str(&source[done..]);
    out
}

/// Whether `text` begins with `name` and the name ends there.
fn begins(text: &str, name: &str) -> bool {
    text.strip_prefix(name).is_some_and(|rest| !rest.starts_with(is_part_of_name))
}

fn is_part_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_move_into_the_template() {
        let moved = |source| rewrite(source, "spec.template");
        assert_eq!(
            moved("has(object.spec.x) && request.object.spec.y"),
            "has(object.spec.template.spec.x) && request.object.spec.template.spec.y"
        );
        assert_eq!(
            moved("object.metadata.labels + oldObject.metadata"),
            "object.spec.template.metadata.labels + oldObject.spec.template.metadata"
        );
        for kept in [
            "object.metadata.name + object.metadata.namespace",
            "myobject.spec",
            "object.specification",
            "object.?spec",
            "é",
        ] {
            assert_eq!(moved(kept), kept);
        }
        assert_eq!(moved("object.metadata.names"), "object.spec.template.metadata.names");
    }

    #[test]
    fn names_are_cut() {
        assert_eq!(name("autogen", "x"), "autogen-x");
        assert_eq!(name("autogen", &"y".repeat(70)).len(), 63);
    }
}
