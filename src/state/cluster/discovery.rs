//! Which kinds a cluster serves: by aggregated discovery, two requests for everything, and group by group
//! where the server is too old for it. A group whose server is dead is a gap, not the end.

use std::collections::{BTreeMap, BTreeSet};

use kube::Client;
use serde_json::Value;

use super::{get, reason};
use crate::model::Gap;

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// Kinds that say nothing about what is declared, or cannot be listed as objects.
const PASSED_OVER: &[&str] = &["Event", "ComponentStatus", "PodMetrics", "NodeMetrics"];

/// A kind that can be listed.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    pub group: String,
    pub version: String,
    pub name: String,
    pub plural: String,
}

impl Kind {
    /// `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// The address its group is served at.
    pub fn base(&self) -> String {
        if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        }
    }
}

/// What a cluster serves.
#[derive(Debug, Default)]
pub(super) struct Discovered {
    pub kinds: Vec<Kind>,
    pub broken_groups: BTreeSet<String>,
    pub gaps: Vec<Gap>,
    /// The version each kind was taken in, and whether it is the one Git writes.
    taken: BTreeMap<(String, String), usize>,
}

/// Asks what the cluster serves. `versions` are those Git writes, by group and kind.
pub(super) async fn discover(
    client: &Client,
    versions: &BTreeMap<(String, String), String>,
) -> kube::Result<Discovered> {
    let mut discovered = Discovered::default();
    let core = get(client, "/api", AGGREGATED).await?;
    let others = get(client, "/apis", AGGREGATED).await?;
    for text in [core, others] {
        let answer: Value = serde_json::from_str(&text).map_err(kube::Error::SerdeError)?;
        if answer["kind"] == "APIGroupDiscoveryList" {
            discovered.aggregated(&answer, versions);
        } else {
            discovered.one_by_one(client, &answer, versions).await;
        }
    }
    Ok(discovered)
}

impl Discovered {
    fn aggregated(&mut self, answer: &Value, versions: &BTreeMap<(String, String), String>) {
        for group in list(&answer["items"]) {
            let name = text(&group["metadata"]["name"]);
            for version in list(&group["versions"]) {
                // The server repeats what it last heard of a group that does not answer.
                if text(&version["freshness"]) == "Stale" {
                    self.dead(name, "its server does not answer");
                    continue;
                }
                for resource in list(&version["resources"]) {
                    let kind = Kind {
                        group: name.to_owned(),
                        version: text(&version["version"]).to_owned(),
                        name: text(&resource["responseKind"]["kind"]).to_owned(),
                        plural: text(&resource["resource"]).to_owned(),
                    };
                    self.add(kind, &resource["verbs"], versions);
                }
            }
        }
    }

    /// The way of servers before 1.26: a request for each version of each group.
    async fn one_by_one(
        &mut self,
        client: &Client,
        answer: &Value,
        versions: &BTreeMap<(String, String), String>,
    ) {
        let mut places: Vec<(String, String)> =
            list(&answer["versions"]).map(|version| (String::new(), text(version).to_owned())).collect();
        for group in list(&answer["groups"]) {
            let name = text(&group["name"]);
            let each = list(&group["versions"])
                .map(|version| (name.to_owned(), text(&version["version"]).to_owned()));
            places.extend(each);
        }
        for (group, version) in places {
            let path =
                if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
            match get(client, &path, "application/json").await {
                Ok(answer) => {
                    let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
                    for resource in list(&answer["resources"]) {
                        let kind = Kind {
                            group: group.clone(),
                            version: version.clone(),
                            name: text(&resource["kind"]).to_owned(),
                            plural: text(&resource["name"]).to_owned(),
                        };
                        self.add(kind, &resource["verbs"], versions);
                    }
                }
                Err(problem) => self.dead(&group, &reason(&problem)),
            }
        }
    }

    fn add(&mut self, kind: Kind, verbs: &Value, versions: &BTreeMap<(String, String), String>) {
        let can_be_listed = list(verbs).any(|verb| verb == "list");
        // Events are served under two groups; neither is ever declared.
        if !can_be_listed || kind.plural.contains('/') || PASSED_OVER.contains(&kind.name.as_str()) {
            return;
        }
        let key = (kind.group.clone(), kind.name.clone());
        let is_written = versions.get(&key) == Some(&kind.api_version());
        match self.taken.get(&key).and_then(|at| self.kinds.get_mut(*at)) {
            // The server names the version it prefers first.
            Some(known) if is_written => *known = kind,
            Some(_) => {}
            None => {
                self.taken.insert(key, self.kinds.len());
                self.kinds.push(kind);
            }
        }
    }

    fn dead(&mut self, group: &str, why: &str) {
        if self.broken_groups.insert(group.to_owned()) {
            self.gaps.push(Gap { subject: group.to_owned(), reason: format!("not audited: {why}") });
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
