//! `audit` in trueup.yaml: what is audited when the command line names nothing.

use super::aws::{self, AwsConfig};
use crate::model::decode::{Fields, Result, error, filled};
use crate::model::{NodeRef, Scalar};

const AUDIT_KEYS: &[&str] = &["clusters", "aws"];
const CLUSTER_KEYS: &[&str] = &["name", "context", "kubeconfig", "path", "noSecrets"];

/// What is audited.
#[derive(Clone, Debug, Default)]
pub struct AuditConfig {
    /// `clusters`, each under a name of its own.
    pub clusters: Vec<ClusterConfig>,
    /// `aws`.
    pub aws: AwsConfig,
}

/// A cluster, and what of the repository it holds.
#[derive(Clone, Debug)]
pub struct ClusterConfig {
    /// What findings call it.
    pub name: String,
    /// The context of the kubeconfig; its current one when not given.
    pub context: Option<String>,
    /// The kubeconfig, relative to the file; the user's own when not given.
    pub kubeconfig: Option<String>,
    /// The folder that the cluster is configured from, from the repository's root; all of it when not given.
    pub path: Option<String>,
    /// Whether its Secrets are left alone.
    pub no_secrets: bool,
}

/// Reads the value under `audit`.
pub(super) fn read(node: NodeRef<'_>) -> Result<AuditConfig> {
    if node.scalar() == Some(Scalar::Null) {
        return Ok(AuditConfig::default());
    }
    let fields = Fields::of(node, "`audit`", AUDIT_KEYS)?;
    let mut clusters: Vec<ClusterConfig> = Vec::new();
    for node in fields.items("clusters")? {
        let cluster = cluster(node)?;
        if clusters.iter().any(|known| known.name == cluster.name) {
            return error(node, format!("there are two clusters called `{}`", cluster.name));
        }
        clusters.push(cluster);
    }
    let aws = fields.get("aws").map(aws::read).transpose()?.unwrap_or_default();
    Ok(AuditConfig { clusters, aws })
}

fn cluster(node: NodeRef<'_>) -> Result<ClusterConfig> {
    let fields = Fields::of(node, "a cluster", CLUSTER_KEYS)?;
    let text = |key| fields.get(key).map(|value| filled(value, key)).transpose();
    Ok(ClusterConfig {
        name: filled(fields.required("name")?, "name")?,
        context: text("context")?,
        kubeconfig: text("kubeconfig")?,
        path: text("path")?,
        no_secrets: fields.flag("noSecrets")?.unwrap_or_default(),
    })
}
