//! Releases of Helm: Flux's against the record that Helm keeps of them, and those that Argo CD took over.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod audit_support;

use std::io::Write as _;

use audit_support::{audit, told};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const RELEASE: &str = "\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: flux-system}
spec:
  targetNamespace: shop
  storageNamespace: flux-system
  chart: {spec: {chart: web, sourceRef: {kind: HelmRepository, name: charts}}}
";

const MANIFEST: &str = "\
---
# Source: web/templates/all.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app.kubernetes.io/managed-by: Helm}}
spec: {replicas: 2, template: {spec: {containers: [{name: web, image: 'web:1'}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: other}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Secret
metadata: {name: web, labels: {tier: front}}
stringData: {password: Vq7-kestrel-51}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: web}
rules: []
";

const MARK: &str = "labels: {app.kubernetes.io/managed-by: Helm, tier: front}, annotations: {meta.helm.sh/release-name: shop-web, meta.helm.sh/release-namespace: shop}";

/// Helm's record of the release `shop-web`.
fn record(revision: u8, status: &str, manifest: &str) -> String {
    let release = serde_json::json!({
        "name": "shop-web", "namespace": "shop", "version": revision, "info": {"status": status},
        "chart": {"metadata": {"name": "web", "version": "1.2.3"}}, "manifest": manifest,
    });
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(release.to_string().as_bytes()).unwrap();
    let data = STANDARD.encode(STANDARD.encode(packed.finish().unwrap()));
    format!(
        "---\napiVersion: v1\nkind: Secret\ntype: helm.sh/release.v1\nmetadata: {{name: sh.helm.release.v1.shop-web.v{revision}, namespace: shop, labels: {{owner: helm}}}}\ndata: {{release: {data}}}\n"
    )
}

/// What the release has installed.
fn installed(replicas: u8) -> String {
    format!(
        "---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop, {MARK}}}
spec: {{replicas: {replicas}, template: {{spec: {{containers: [{{name: web, image: 'web:1'}}]}}}}}}
---
apiVersion: v1
kind: Secret
metadata: {{name: web, namespace: shop, {MARK}}}
data: {{password: b3RoZXI=}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: web, {MARK}}}
rules: []
"
    )
}

fn service() -> String {
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: other, {MARK}}}\nspec: {{ports: [{{port: 80, targetPort: 80}}]}}\n"
    )
}

#[test]
fn what_a_release_installed_is_held_against_its_record() {
    let flux = format!("---\n{RELEASE}");
    let live = flux.clone() + &record(1, "superseded", "") + &record(2, "deployed", MANIFEST);
    // As installed: nothing. The values of its Secrets are not kept, so they are not compared.
    let report = audit(RELEASE, &(live.clone() + &installed(2) + &service()));
    assert_eq!(told(&report), Vec::<String>::new());
    assert!(report.gaps.is_empty(), "{:?}", report.gaps);
    assert!(!format!("{report:?}").contains("kestrel"));
    let declared: u64 = report.audit.unwrap().coverage.iter().map(|row| row.compared).sum();
    assert_eq!(declared, 5);
    // Scaled by hand, and an object deleted.
    let report = audit(RELEASE, &(live + &installed(5)));
    assert_eq!(told(&report), ["changed spec.replicas", "drift/missing other/Service/web"]);
    let messages: Vec<&str> = report.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert!(
        messages.iter().any(|it| it
            .starts_with("shop/Deployment/web: `spec.replicas` is 5, the Helm release shop/shop-web says 2")),
        "{messages:#?}"
    );
    let places: Vec<u32> = report.findings.iter().map(|finding| finding.location.region.start.line).collect();
    assert_eq!(places, [2, 2], "findings point at the HelmRelease");
}

#[test]
fn a_release_that_is_not_deployed_is_not_compared() {
    let live = format!("---\n{RELEASE}") + &record(3, "pending-upgrade", MANIFEST) + &installed(5);
    let report = audit(RELEASE, &live);
    assert_eq!(told(&report), Vec::<String>::new());
    assert!(report.gaps.iter().any(|gap| gap.reason.contains("it is pending-upgrade")), "{:?}", report.gaps);
}

#[test]
fn a_release_that_an_application_took_over_is_no_release_by_hand() {
    let application = "\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  destination: {server: 'https://kubernetes.default.svc', namespace: shop}
  source: {chart: web, repoURL: 'https://charts.example.com', helm: {releaseName: shop-web}}
";
    // What Helm recorded before says nothing of today.
    let live = format!("---\n{application}") + &record(1, "deployed", MANIFEST) + &installed(5);
    assert_eq!(told(&audit(application, &live)), Vec::<String>::new());
    let other = application.replace("shop-web", "api");
    let live = format!("---\n{other}") + &record(1, "deployed", MANIFEST) + &installed(5);
    assert_eq!(told(&audit(&other, &live)), ["drift/release shop/HelmRelease/shop-web"]);
}
