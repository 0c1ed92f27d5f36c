//! A real helm for tests.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::live;

/// The PATH with a helm on it: the user's own, or the one that `tests/helm.sh` has built; `None` where there
/// is neither and none is required.
pub fn path_with_helm() -> Option<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/helm");
    let folders: Vec<PathBuf> = env::split_paths(&path).chain([built]).collect();
    let has_helm = folders.iter().any(|folder| folder.join("helm").is_file());
    live::or_skip(has_helm.then(|| env::join_paths(folders).unwrap()), "no helm; tests/helm.sh builds one")
}
