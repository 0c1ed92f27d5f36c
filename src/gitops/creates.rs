//! What operators make of an object: the Secret of a sealed one, the `-primary` of a Canary. Such
//! objects exist in the cluster although no file holds them.
//!
//! Deliberately absent: what only the operator's own configuration tells (the resources of a Crossplane
//! composition, the instances of a database), and pods, which every workload makes.

use super::tree::Tree;
use Name::{At, Each, Only, With};

/// An object that an operator makes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Created {
    /// Its kind.
    pub kind: &'static str,
    /// Its namespace; empty for that of the object it is made of where that has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// How a name is formed.
enum Name {
    /// The text at a path, else the name of the object.
    At(&'static [&'static str]),
    /// The text at a path; nothing is made where there is none.
    Only(&'static [&'static str]),
    /// The text at a path with an ending.
    With(&'static [&'static str], &'static str),
    /// The `name` of every item of a list.
    Each(&'static [&'static str]),
}

/// API group, kind, and what is made: kind and name.
type Row = (&'static str, &'static str, &'static [(&'static str, Name)]);

const ROWS: &[Row] = &[
    ("bitnami.com", "SealedSecret", &[("Secret", At(&["spec", "template", "metadata", "name"]))]),
    ("external-secrets.io", "ExternalSecret", &[("Secret", At(&["spec", "target", "name"]))]),
    ("cert-manager.io", "Certificate", &[("Secret", Only(&["spec", "secretName"]))]),
    ("isindir.github.com", "SopsSecret", &[("Secret", Each(&["spec", "secretTemplates"]))]),
    ("secrets.hashicorp.com", "VaultStaticSecret", &[("Secret", Only(&["spec", "destination", "name"]))]),
    ("secrets.hashicorp.com", "VaultDynamicSecret", &[("Secret", Only(&["spec", "destination", "name"]))]),
    ("onepassword.com", "OnePasswordItem", &[("Secret", At(&[]))]),
    (
        "flagger.app",
        "Canary",
        &[
            ("Deployment", With(&["spec", "targetRef", "name"], "-primary")),
            ("Service", Only(&["spec", "targetRef", "name"])),
            ("Service", With(&["spec", "targetRef", "name"], "-primary")),
            ("Service", With(&["spec", "targetRef", "name"], "-canary")),
            ("HorizontalPodAutoscaler", With(&["spec", "autoscalerRef", "name"], "-primary")),
        ],
    ),
];

/// Crossplane's claims and managed resources, whatever their group, write their credentials to a Secret.
const CONNECTION: &[&str] = &["spec", "writeConnectionSecretToRef"];

/// What the operators that are known here make of `object`, sorted.
pub fn created(object: &Tree) -> Vec<Created> {
    let text = |keys: &[&str]| object.descend(keys).and_then(Tree::text).filter(|text| !text.is_empty());
    let group =
        text(&["apiVersion"]).and_then(|version| version.split_once('/')).map_or("", |(group, _)| group);
    let kind = text(&["kind"]).unwrap_or_default();
    let namespace = text(&["metadata", "namespace"]).unwrap_or_default();
    let own = text(&["metadata", "name"]);
    let mut made = Vec::new();
    let rows = ROWS.iter().filter(|(of, from, _)| *of == group && *from == kind);
    for (kind, name) in rows.flat_map(|(_, _, made)| made.iter()) {
        let names: Vec<String> = match name {
            At(path) => {
                text(path).filter(|_| !path.is_empty()).or(own).map(str::to_owned).into_iter().collect()
            }
            Only(path) => text(path).map(str::to_owned).into_iter().collect(),
            With(path, ending) => text(path).map(|name| format!("{name}{ending}")).into_iter().collect(),
            Each(path) => {
                let items = object.descend(path).map(Tree::items).unwrap_or_default();
                let names = items.iter().filter_map(|item| item.get("name").and_then(Tree::text));
                names.map(str::to_owned).collect()
            }
        };
        made.extend(names.into_iter().map(|name| Created { kind, namespace: namespace.to_owned(), name }));
    }
    if let Some(connection) = object.descend(CONNECTION)
        && let Some(name) = connection.get("name").and_then(Tree::text)
    {
        let namespace = connection.get("namespace").and_then(Tree::text).unwrap_or(namespace);
        made.push(Created { kind: "Secret", namespace: namespace.to_owned(), name: name.to_owned() });
    }
    made.sort();
    made.dedup();
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitops::tree::FileId;
    use crate::model::Document;
    use crate::syntax;

    fn made(yaml: &str) -> Vec<String> {
        let parsed = syntax::for_file("a.yaml").unwrap().parse(yaml);
        let root = parsed.documents.first().and_then(Document::root).unwrap();
        let created = created(&Tree::read(root, FileId(0)));
        created.into_iter().map(|made| format!("{}/{}/{}", made.namespace, made.kind, made.name)).collect()
    }

    #[test]
    fn secrets_take_their_own_or_the_objects_name() {
        let head = "metadata: {name: db, namespace: shop}\nkind: ";
        assert_eq!(
            made(&format!("{head}SealedSecret\napiVersion: bitnami.com/v1alpha1\n")),
            ["shop/Secret/db"]
        );
        assert_eq!(
            made(&format!(
                "{head}ExternalSecret\napiVersion: external-secrets.io/v1\nspec: {{target: {{name: x}}}}\n"
            )),
            ["shop/Secret/x"]
        );
        assert_eq!(
            made(&format!(
                "{head}Instance\napiVersion: rds.aws.upbound.io/v1\nspec: {{writeConnectionSecretToRef: {{name: c, namespace: x}}}}\n"
            )),
            ["x/Secret/c"]
        );
        assert!(made(&format!("{head}Certificate\napiVersion: cert-manager.io/v1\n")).is_empty());
        assert!(made(&format!("{head}SealedSecret\napiVersion: example.com/v1\n")).is_empty());
    }

    #[test]
    fn a_canary_makes_its_primary() {
        let canary = "apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {name: web, namespace: shop}\nspec: {targetRef: {name: web}}\n";
        assert_eq!(
            made(canary),
            [
                "shop/Deployment/web-primary",
                "shop/Service/web",
                "shop/Service/web-canary",
                "shop/Service/web-primary"
            ]
        );
    }
}
