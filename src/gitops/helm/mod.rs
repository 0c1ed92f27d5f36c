//! Helm releases of Flux and Argo CD. Charts are programs: they are rendered by the user's own
//! `helm template` when that is asked for, and only where the chart lies in this repository.
//!
//! What a chart makes anew each time, such as a password, is *unknown*: every chart is rendered twice, and
//! what differs is taken for that.

mod application;
mod release;
mod values;

use super::controller::{At, give_namespace};
use super::tree::{Maker, Origin, Tree, Value};
use super::{Build, FileKind, external, print};
use crate::model::file_path::join;

pub(super) use application::of_application;
pub(super) use release::Release;
pub use release::release_name;

/// What stands for a value that no two renderings share.
const GENERATED: &str = "{{ generated }}";

/// A chart of this repository and what is given to it.
struct Chart<'c> {
    /// Its folder, from the root.
    folder: &'c str,
    /// The name of the release.
    release: &'c str,
    /// Where the release goes; objects without a namespace, too.
    namespace: Option<&'c Tree>,
    /// Files of values, from the root; the last wins.
    value_files: Vec<String>,
    /// Values that win over the files.
    values: Option<Tree>,
    /// Further options of `helm template`.
    options: Vec<String>,
    /// What owns the result.
    place: Origin,
}

impl Chart<'_> {
    /// Renders it.
    ///
    /// # Errors
    /// Why its objects are unknown.
    fn template(&self, at: &At<'_>) -> Result<Build, String> {
        let files = at.sources.files();
        let chart = join(self.folder, "Chart.yaml").filter(|chart| files.kind(chart) == Some(FileKind::File));
        if chart.is_none() {
            return Err(format!("`{}` holds no chart", self.folder));
        }
        if !at.options.programs.helm {
            return Err("charts are rendered only with --helm".to_owned());
        }
        let on_disk =
            |path: &str| files.on_disk(path).ok_or_else(|| format!("`{path}` is no file of the work tree"));
        let value_files: Result<Vec<_>, _> = self.value_files.iter().map(|path| on_disk(path)).collect();
        let (value_files, folder) = (value_files?, on_disk(self.folder)?);
        let mut values = String::new();
        if let Some(given) = &self.values {
            print::document(given, &mut values);
        }
        let request = external::Helm {
            chart: &folder,
            release: self.release,
            namespace: self.namespace.and_then(Tree::text).unwrap_or_default(),
            value_files: &value_files,
            values: &values,
            options: &self.options,
        };
        let origin = Origin { maker: Some(Maker::Chart), ..self.place };
        let mut objects = request.template(origin)?;
        let again = request.template(origin)?;
        if objects.len() != again.len()
            || !objects.iter_mut().zip(&again).all(|(object, again)| settle(object, again))
        {
            return Err("it is another each time it is rendered".to_owned());
        }
        if let Some(namespace) = self.namespace {
            for object in &mut objects {
                give_namespace(object, namespace);
            }
        }
        Ok(Build { objects, refusals: Vec::new() })
    }
}

/// Puts [`GENERATED`] where two renderings differ in a value; `false` when they differ in more.
fn settle(tree: &mut Tree, again: &Tree) -> bool {
    match (&mut tree.value, &again.value) {
        (Value::Scalar(text, ..), Value::Scalar(other, ..)) => {
            if text != other {
                *tree = Tree::string(GENERATED, tree.origin);
            }
            true
        }
        (Value::List(items), Value::List(others)) => {
            items.len() == others.len()
                && items.iter_mut().zip(others).all(|(item, other)| settle(item, other))
        }
        (Value::Map(entries), Value::Map(others)) => {
            entries.len() == others.len()
                && entries
                    .iter_mut()
                    .zip(others)
                    .all(|((key, value), (name, other))| key.text() == name.text() && settle(value, other))
        }
        _ => false,
    }
}
