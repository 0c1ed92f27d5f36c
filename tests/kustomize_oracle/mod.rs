//! The reference implementation of Kustomize, and what it means to render as it does.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use trueup::gitops::tree::{FileId, Value};
use trueup::gitops::{Build, Tree};
use trueup::model::{Document, Scalar};
use trueup::syntax;

/// The version that is rendered natively.
const VERSION: &str = "v5.8.1";

/// The reference, built into `target/tools` where it is not there yet; `None` where it cannot be had.
pub fn reference() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools");
    let program = folder.join("kustomize");
    if !program.exists() {
        let module = format!("sigs.k8s.io/kustomize/kustomize/v5@{VERSION}");
        let done = Command::new("go")
            .args(["install", &module])
            .env("GOBIN", &folder)
            .stderr(Stdio::null())
            .status();
        done.ok().filter(std::process::ExitStatus::success)?;
    }
    Some(program)
}

/// What the reference prints for a folder, without network and git; `None` when it refuses.
pub fn render(program: &Path, folder: &Path) -> Option<String> {
    let proxy = "http://127.0.0.1:9";
    let made = Command::new(program)
        .arg("build")
        .arg(folder)
        .env_clear()
        .envs([
            ("PATH", "/nonexistent"),
            ("HOME", "/nonexistent"),
            ("HTTP_PROXY", proxy),
            ("HTTPS_PROXY", proxy),
        ])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    made.status.success().then(|| String::from_utf8_lossy(&made.stdout).into_owned())
}

/// The folders below `root` that hold a kustomization, from `root`, sorted.
pub fn folders(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut queue = vec![root.to_owned()];
    while let Some(folder) = queue.pop() {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
        for entry in entries {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() && !path.is_symlink() {
                queue.push(path);
            } else if ["kustomization.yaml", "kustomization.yml", "Kustomization"]
                .iter()
                .any(|file| name == *file)
            {
                let below = folder.strip_prefix(root).unwrap_or(&folder);
                found.push(below.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The first difference between what was built and what the reference printed.
pub fn difference(build: &Build, printed: &str) -> Option<String> {
    let parsed = syntax::for_file("out.yaml")?.parse(printed);
    let wanted: Vec<Tree> =
        parsed.documents.iter().filter_map(Document::root).map(|root| Tree::read(root, FileId(0))).collect();
    for (at, (built, wanted)) in build.objects.iter().zip(&wanted).enumerate() {
        let mut path = format!("object {at} ({} {})", word(wanted, "kind"), name(wanted));
        if let Some(what) = differs(built, wanted, &mut path) {
            return Some(format!("{path}: {what}"));
        }
    }
    (build.objects.len() != wanted.len())
        .then(|| format!("{} objects instead of {}", build.objects.len(), wanted.len()))
}

fn word<'t>(tree: &'t Tree, key: &str) -> &'t str {
    tree.get(key).and_then(Tree::text).unwrap_or_default()
}

fn name(tree: &Tree) -> &str {
    tree.get("metadata").map_or("", |metadata| word(metadata, "name"))
}

/// Null and empty mappings say nothing.
fn is_nothing(tree: &Tree) -> bool {
    tree.is_null() || tree.is_map() && tree.entries().iter().all(|(_, value)| is_nothing(value))
}

fn differs(built: &Tree, wanted: &Tree, path: &mut String) -> Option<String> {
    match (&built.value, &wanted.value) {
        _ if is_nothing(built) && is_nothing(wanted) => None,
        (Value::Map(entries), Value::Map(others)) => {
            for (key, value) in entries.iter().filter(|(_, value)| !is_nothing(value)) {
                let key = key.text().unwrap_or_default();
                let Some(other) = wanted.get(key).filter(|other| !is_nothing(other)) else {
                    return Some(format!("`{key}` is too much"));
                };
                let len = path.len();
                path.push('.');
                path.push_str(key);
                let found = differs(value, other, path);
                if found.is_some() {
                    return found;
                }
                path.truncate(len);
            }
            let missing = others
                .iter()
                .filter(|(_, value)| !is_nothing(value))
                .find(|(key, _)| built.get(key.text().unwrap_or_default()).is_none_or(is_nothing));
            missing.map(|(key, _)| format!("`{}` is missing", key.text().unwrap_or_default()))
        }
        (Value::List(items), Value::List(others)) => {
            for (at, (item, other)) in items.iter().zip(others).enumerate() {
                let len = path.len();
                path.push('.');
                path.push_str(&at.to_string());
                let found = differs(item, other, path);
                if found.is_some() {
                    return found;
                }
                path.truncate(len);
            }
            (items.len() != others.len())
                .then(|| format!("{} items instead of {}", items.len(), others.len()))
        }
        (Value::Scalar(a, ..), Value::Scalar(b, ..)) => {
            (!same(built, wanted)).then(|| format!("`{}` instead of `{}`", cut(a), cut(b)))
        }
        _ => Some("another type".to_owned()),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

fn same(a: &Tree, b: &Tree) -> bool {
    let number = |scalar: Option<Scalar<'_>>| match scalar {
        #[expect(clippy::cast_precision_loss, reason = "so does the reference, in JSON")]
        Some(Scalar::Int(number)) => Some(number as f64),
        Some(Scalar::Float(number)) => Some(number),
        _ => None,
    };
    match (number(a.scalar()), number(b.scalar())) {
        (Some(a), Some(b)) => (a - b).abs() <= f64::EPSILON * a.abs(),
        (None, None) => a.scalar() == b.scalar(),
        _ => false,
    }
}
