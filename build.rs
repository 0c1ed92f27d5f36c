//! Lists the built-in policies, so that a new file under `policies/` needs no line of Rust. What is told of them here is
//! told again when they are read; a test holds that both agree.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=policies");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut files = Vec::new();
    collect(&root.join("policies"), &mut files)?;
    files.sort();
    let mut table = String::from("&[\n");
    for file in &files {
        let name = file.strip_prefix(&root).unwrap_or(file).to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(file)?;
        let id = text.lines().find_map(|line| line.strip_prefix("  id: ")).unwrap_or_default();
        let enabled = !text.lines().any(|line| line == "  enabled: false");
        // Named from the folder of this crate, so that a target folder taken along to another clone still builds.
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "    Builtin {{ file: \"{name}\", id: \"{id}\", enabled: {enabled}, \
             text: include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{name}\")) }},"
        );
    }
    table.push_str("]\n");
    fs::write(Path::new(&env::var_os("OUT_DIR").unwrap_or_default()).join("policies.rs"), table)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    Ok(())
}
