//! The files AWS Config leaves in a bucket: which of a folder to read, and what their names say.
//!
//! `AWSLogs/<account>/Config/<region>/<y>/<m>/<d>/ConfigSnapshot/`
//! `<account>_Config_<region>_ConfigSnapshot_<time>_<id>.json.gz`

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use crate::aws::Scope;

/// How deep folders are followed.
const MAX_DEPTH: usize = 32;

/// What stands in the name of a snapshot before its time.
const SNAPSHOT: &str = "_ConfigSnapshot_";

/// The files to read of `path`, sorted: itself, or all of a folder that may hold configuration items. Of the
/// snapshots of one region only the latest is read, since what is not in it is gone.
pub fn files(path: &Path) -> Vec<io::Result<PathBuf>> {
    let mut found = Vec::new();
    walk(path, 0, &mut found);
    let mut latest: BTreeMap<String, String> = BTreeMap::new();
    for (region, time) in found.iter().flatten().filter_map(|path| snapshot(path)) {
        let known = latest.entry(region.to_owned()).or_default();
        if time > known.as_str() {
            time.clone_into(known);
        }
    }
    found.retain(|path| {
        let snapshot = path.as_ref().ok().and_then(|path| snapshot(path));
        snapshot.is_none_or(|(region, time)| latest.get(region).is_some_and(|latest| latest == time))
    });
    found
}

fn walk(path: &Path, depth: usize, found: &mut Vec<io::Result<PathBuf>>) {
    if !path.is_dir() || depth >= MAX_DEPTH {
        found.push(Ok(path.to_owned()));
        return;
    }
    let children = std::fs::read_dir(path).and_then(|entries| {
        let mut children = entries.map(|entry| entry.map(|it| it.path())).collect::<io::Result<Vec<_>>>()?;
        children.sort();
        Ok(children)
    });
    match children {
        Ok(children) => {
            for child in children {
                let name = child.to_string_lossy();
                if child.is_dir() || name.ends_with(".json") || name.ends_with(".json.gz") {
                    walk(&child, depth + 1, found);
                }
            }
        }
        Err(problem) => found.push(Err(io::Error::new(
            problem.kind(),
            format!("{} cannot be read: {problem}", path.display()),
        ))),
    }
}

/// Of a snapshot by its name: whose it is, and its time with its id.
fn snapshot(path: &Path) -> Option<(&str, &str)> {
    path.file_name()?.to_str()?.split_once(SNAPSHOT)
}

/// The account and the region in the name of a file.
pub fn home(name: &str) -> Option<Scope> {
    let mut parts = name.rsplit(['/', '\\']).next()?.split('_');
    let account = parts.next().filter(|it| it.len() == 12 && it.bytes().all(|byte| byte.is_ascii_digit()))?;
    (parts.next()? == "Config").then_some(Scope::new(account, parts.next()?))
}

/// Whether the name is that of a history file, which holds what changed in six hours.
pub fn is_history(name: &str) -> bool {
    name.contains("_ConfigHistory_")
}

/// The text of a file that may be compressed and may begin with a byte order mark.
pub fn unpacked<'r>(input: &'r mut dyn Read) -> io::Result<Box<dyn Read + 'r>> {
    let first = first_bytes(input)?;
    if !first.starts_with(&[0x1f, 0x8b]) {
        return Ok(without_mark(first, input));
    }
    let mut unpacked = flate2::read::MultiGzDecoder::new(Cursor::new(first).chain(input));
    let first = first_bytes(&mut unpacked)?;
    Ok(without_mark(first, unpacked))
}

fn first_bytes(input: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut first = Vec::with_capacity(3);
    input.take(3).read_to_end(&mut first)?;
    Ok(first)
}

fn without_mark<'r>(mut first: Vec<u8>, rest: impl Read + 'r) -> Box<dyn Read + 'r> {
    if first == [0xEF, 0xBB, 0xBF] {
        first.clear();
    }
    Box::new(Cursor::new(first).chain(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_account_and_region() {
        let name = "AWSLogs/x/123456789012_Config_eu-west-1_ConfigSnapshot_20260101T000000Z_ab-c.json.gz";
        assert_eq!(home(name), Some(Scope::new("123456789012", "eu-west-1")));
        assert_eq!(snapshot(Path::new(name)).unwrap().1, "20260101T000000Z_ab-c.json.gz");
        assert_eq!(home("prod.json"), None);
        assert!(is_history(
            "123456789012_Config_eu-west-1_ConfigHistory_AWS::S3::Bucket_20260101T000000Z_1.json.gz"
        ));
    }

    #[test]
    fn of_each_region_the_latest_snapshot_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| std::fs::write(folder.path().join(name), "{}").unwrap();
        write("123456789012_Config_eu-west-1_ConfigSnapshot_20260101T000000Z_f.json");
        write("123456789012_Config_eu-west-1_ConfigSnapshot_20260102T000000Z_a.json");
        write("123456789012_Config_us-east-1_ConfigSnapshot_20251231T000000Z_c.json");
        write("other.json");
        write("notes.txt");
        let names: Vec<String> = files(folder.path())
            .into_iter()
            .map(|path| path.unwrap().file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(
            names,
            [
                "123456789012_Config_eu-west-1_ConfigSnapshot_20260102T000000Z_a.json",
                "123456789012_Config_us-east-1_ConfigSnapshot_20251231T000000Z_c.json",
                "other.json",
            ]
        );
    }
}
