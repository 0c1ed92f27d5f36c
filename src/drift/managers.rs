//! What kind of writer a field manager is, judged by its name.

/// Who stands behind a field manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// A tool that applies what Git says.
    GitOps,
    /// A person at a keyboard.
    Human,
    /// Another tool that applies what some file says: Terraform, Pulumi.
    OtherTool,
    /// A controller of the cluster.
    Controller,
    /// Cannot be told.
    Unknown,
}

const GITOPS: &[&str] = &[
    "argocd-controller",
    "argocd",
    "argocd-application-controller",
    "kustomize-controller",
    "gotk-kustomize-controller",
    "helm-controller",
    "helm",
    "flux",
    "flux-client-side-apply",
    "fleet-agent",
    "fleetagent",
    "configsync",
    "applier",
    "kapp",
    "kapp-controller",
    "kluctl",
    "kluctl-controller",
    "before-first-apply",
];

const OTHER_TOOLS: &[&str] = &["hashicorp", "terraform", "opentofu", "pulumi", "pulumi-kubernetes"];

const HUMANS: &[&str] = &[
    "k9s",
    "node-fetch",
    "dashboard",
    "kubernetes-dashboard",
    "mozilla",
    "rancher",
    "okteto",
    "curl",
    "openapi-generator",
    "python-requests",
    "lens",
    "freelens",
    "headlamp",
    "octant",
];

const CONTROLLERS: &[&str] = &[
    "kube-controller-manager",
    "kube-scheduler",
    "kube-apiserver",
    "kubelet",
    "cloud-controller-manager",
    "pilot-discovery",
    "cainjector",
    "cert-manager-cainjector",
    "external-secrets",
    "keda",
    "go-http-client",
    "traefik",
    "cluster-autoscaler",
    "karpenter",
    "kyverno",
    "velero-server",
    "revision-history-manager",
];

/// The hand behind `manager`.
pub fn hand(manager: &str) -> Hand {
    let name = manager.to_ascii_lowercase();
    let is = |names: &[&str]| names.contains(&name.as_str());
    if is(GITOPS) {
        Hand::GitOps
    } else if is(OTHER_TOOLS) {
        Hand::OtherTool
    } else if name == "kubectl" || name.starts_with("kubectl-") || is(HUMANS) {
        Hand::Human
    } else if is(CONTROLLERS)
        || [
            "-operator",
            "-controller",
            "-manager",
            "-controller-manager",
            "-admission-controller",
            "-webhook",
        ]
        .iter()
        .any(|end| name.ends_with(end))
        || name.starts_with("vpa-")
        || name.starts_with("keda-")
    {
        Hand::Controller
    } else {
        Hand::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_are_told_apart() {
        assert_eq!(hand("kubectl-edit"), Hand::Human);
        assert_eq!(hand("Mozilla"), Hand::Human);
        assert_eq!(hand("kustomize-controller"), Hand::GitOps);
        assert_eq!(hand("Terraform"), Hand::OtherTool);
        assert_eq!(hand("strimzi-cluster-operator"), Hand::Controller);
        assert_eq!(hand("vpa-admission-controller"), Hand::Controller);
        assert_eq!(hand("unknown"), Hand::Unknown);
    }
}
