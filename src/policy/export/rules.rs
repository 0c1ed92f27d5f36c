//! The kinds a policy names as the rules of `matchConstraints`, which name resources.

use crate::policy::native::plurals;

/// A rule: API groups, versions and resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) groups: Vec<String>,
    pub(super) versions: Vec<String>,
    pub(super) resources: Vec<String>,
}

/// The rules for entries of `match`, each a list of kinds; an empty list means every kind.
pub(super) fn of(entries: &[&[String]]) -> Result<Vec<Rule>, String> {
    let any = || vec!["*".to_owned()];
    if entries.iter().any(|kinds| kinds.is_empty()) {
        return Ok(vec![Rule { groups: any(), versions: any(), resources: any() }]);
    }
    let mut rules: Vec<Rule> = Vec::new();
    for kind in entries.iter().copied().flatten() {
        for (group, version, resource) in resources(kind)? {
            let (group, version) = (vec![group], vec![version]);
            match rules.iter_mut().find(|rule| rule.groups == group && rule.versions == version) {
                Some(rule) if rule.resources.contains(&resource) => {}
                Some(rule) => rule.resources.push(resource),
                None => rules.push(Rule { groups: group, versions: version, resources: vec![resource] }),
            }
        }
    }
    Ok(rules)
}

/// The resources a kind as people write it stands for: group, version, plural.
fn resources(pattern: &str) -> Result<Vec<(String, String, String)>, String> {
    let (version, kind) = match pattern.rsplit_once('/') {
        Some((version, kind)) => (Some(version), kind),
        None => (None, pattern),
    };
    let is_glob = |text: &str| text.contains(['*', '?', '[', '{']);
    let (group, version) = match version {
        None | Some("*") => (None, "*"),
        Some(version) => match version.split_once('/') {
            Some((group, version)) => (Some(group), version),
            None => (Some(""), version),
        },
    };
    if is_glob(kind) || group.is_some_and(|group| group != "*" && is_glob(group)) {
        return Err(format!(
            "`{pattern}` is a pattern for kinds, and a rule of the API server names resources"
        ));
    }
    if version != "*" && is_glob(version) {
        return Err(format!("`{pattern}` is a pattern for versions, which the API server has not"));
    }
    let row = |group: &str, plural: String| (group.to_owned(), version.to_owned(), plural);
    let plural = |group: &str| plurals::of(group, kind).plural.into_owned();
    if let Some(group) = group.filter(|group| *group != "*") {
        return Ok(vec![row(group, plural(group))]);
    }
    let groups: Vec<&str> = plurals::groups_of(kind).collect();
    if groups.is_empty() {
        return Ok(vec![row("*", plural("*"))]);
    }
    Ok(groups.into_iter().map(|group| row(group, plural(group))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_become_resources() {
        let kinds = ["Deployment", "apps/v1/StatefulSet", "v1/Secret", "acme.dev/*/Widget", "Gadget"];
        let kinds: Vec<String> = kinds.map(str::to_owned).into();
        let rules = of(&[&kinds]).expect("rules");
        let shown: Vec<String> = rules
            .iter()
            .map(|rule| format!("{:?} {:?} {:?}", rule.groups, rule.versions, rule.resources))
            .collect();
        assert_eq!(
            shown,
            [
                r#"["apps"] ["*"] ["deployments"]"#,
                r#"["apps"] ["v1"] ["statefulsets"]"#,
                r#"[""] ["v1"] ["secrets"]"#,
                r#"["acme.dev"] ["*"] ["widgets"]"#,
                r#"["*"] ["*"] ["gadgets"]"#,
            ]
        );
        assert!(of(&[&["*Set".to_owned()]]).is_err());
        assert_eq!(of(&[&kinds, &[]]).expect("a rule").len(), 1);
    }
}
