//! A real helm for tests.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The PATH with a helm on it: the user's own, or the one that `tests/helm.sh` has built; `None` where there
/// is neither and none is required.
pub fn path_with_helm() -> Option<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/helm");
    let folders: Vec<PathBuf> = env::split_paths(&path).chain([built]).collect();
    if folders.iter().any(|folder| folder.join("helm").is_file()) {
        return Some(env::join_paths(folders).unwrap());
    }
    assert!(env::var_os("TRUEUP_REQUIRE_LIVE").is_none(), "no helm: run tests/helm.sh");
    println!("skipped: no helm; tests/helm.sh builds one");
    None
}
