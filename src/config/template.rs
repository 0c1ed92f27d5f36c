//! The commented trueup.yaml that `trueup init` writes.

use super::JSON_SCHEMA_URL;
use crate::model::Role;

/// A configuration for a repository of that role, every key explained, which loads as it stands.
///
/// A role that cannot be declared is left as a comment for the user to fill in.
pub fn template(role: Role) -> String {
    let known: Vec<&str> = Role::DECLARABLE.iter().map(|(word, _)| *word).collect();
    let declared = Role::DECLARABLE.iter().any(|(_, declarable)| *declarable == role);
    let role = if declared { format!("role: {}", role.as_str()) } else { "# role: app".to_owned() };
    format!(
        "\
# yaml-language-server: $schema={JSON_SCHEMA_URL}
version: 1

# What this repository is for; the rules about what belongs where depend on it.
# One of: {roles}.
repo:
  {role}

# Files to pass over, in .gitignore syntax; what .gitignore names is passed over already.
exclude: []
#  - testdata/

# The least severity that fails a run: critical, high, medium or low.
failOn: medium

# Policies to run and not to run: ids, globs, categories. `trueup policies list` shows them.
# select: [naming, tagging, secrets, repo-separation]
# ignore: [naming/resource-names]

# Policies of your own: files or directories, relative to this file.
# policyPaths: [policies/]

# Settings of single policies; `trueup explain ID` shows the parameters of each.
policies: {{}}
#  tagging/required-tags:
#    severity: high
#    params:
#      required: [Owner, Environment, CostCenter]

# Findings that were there before, as `trueup baseline create` wrote them down.
# baseline: .trueup/baseline.json

# Findings accepted for a reason, best with a last day.
suppressions: []
#  - policy: secrets/k8s-env-literal
#    paths: [dev/]
#    reason: throw-away cluster
#    until: 2030-12-31
",
        roles = known.join(", "),
    )
}
