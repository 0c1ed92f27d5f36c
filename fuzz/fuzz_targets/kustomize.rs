//! A small tree of files, the first bytes of each line saying which, built as a kustomization.

#![no_main]

use std::collections::BTreeMap;

use trueup::gitops::{FileKind, Files, Sources, kustomize};

/// The files a case can have; `#N` at the start of a line goes on with the N-th.
const PATHS: [&str; 6] =
    ["app/kustomization.yaml", "app/a.yaml", "app/b.yaml", "base/kustomization.yaml", "base/c.yaml", "app/x.env"];

struct Memory(BTreeMap<&'static str, Vec<u8>>);

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.get(path).cloned().ok_or_else(|| "no such file".to_owned())
    }

    fn kind(&self, path: &str) -> Option<FileKind> {
        match path {
            "" | "app" | "base" => Some(FileKind::Folder),
            path => self.0.contains_key(path).then_some(FileKind::File),
        }
    }

    fn list(&self, _: &str) -> Vec<(String, FileKind)> {
        Vec::new()
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut files = BTreeMap::new();
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if let [b'#', digit @ b'0'..=b'5', ..] = line {
            at = usize::from(digit - b'0');
        } else if let Some(path) = PATHS.get(at) {
            files.entry(*path).or_insert_with(Vec::new).extend_from_slice(line);
        }
    }
    let files = Memory(files);
    let sources = Sources::new(&files);
    for object in kustomize::build(&sources, "app").objects {
        let _ = object.document(0);
    }
});
