//! Live state from files: what `kubectl get -o json` and `-o yaml` print, folders of it, and the archives
//! that velero makes.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use super::header::Header;
use super::inventory::Inventory;
use super::{StreamError, json_stream, yaml_stream};
use crate::model::Gap;

/// How deep folders are followed.
const MAX_DEPTH: usize = 32;

/// Where a tar archive says that it is one.
const TAR_MAGIC: std::ops::Range<usize> = 257..262;

/// Reads dumps into one inventory; `-` is standard input. What cannot be read is a gap of the inventory.
pub fn read_dumps(paths: &[PathBuf], wanted: &dyn Fn(&Header) -> bool) -> Inventory {
    let mut reader = Reader { inventory: Inventory::default(), wanted };
    for path in paths {
        if path.as_os_str() == "-" {
            reader.stream("standard input", &mut io::stdin().lock());
        } else {
            reader.path(path, 0);
        }
    }
    reader.inventory
}

/// Reads one stream into an inventory; `name` stands for it in gaps.
pub fn read_stream(name: &str, input: &mut dyn Read, wanted: &dyn Fn(&Header) -> bool) -> Inventory {
    let mut reader = Reader { inventory: Inventory::default(), wanted };
    reader.stream(name, input);
    reader.inventory
}

struct Reader<'w> {
    inventory: Inventory,
    wanted: &'w dyn Fn(&Header) -> bool,
}

impl Reader<'_> {
    fn gap(&mut self, subject: &str, problem: &dyn std::fmt::Display) {
        let reason = format!("the live state in it could not be read to the end: {problem}");
        self.inventory.gaps.push(Gap { subject: subject.to_owned(), reason });
    }

    fn path(&mut self, path: &Path, depth: usize) {
        let name = path.display().to_string();
        if path.is_dir() && depth < MAX_DEPTH {
            match children(path) {
                Ok(children) => children.iter().for_each(|child| self.path(child, depth + 1)),
                Err(problem) => self.gap(&name, &problem),
            }
            return;
        }
        match File::open(path) {
            Ok(mut file) => self.stream(&name, &mut file),
            Err(problem) => self.gap(&name, &problem),
        }
    }

    fn stream(&mut self, name: &str, input: &mut dyn Read) {
        if let Err(problem) = self.any(input, true) {
            self.gap(name, &problem);
            // Which kinds are cut short cannot be told.
            self.inventory.extent.broken.extend(self.inventory.extent.kinds.iter().cloned());
        }
    }

    /// Reads whatever it is: an archive, JSON or YAML, compressed or not.
    fn any(&mut self, input: &mut dyn Read, may_be_packed: bool) -> Result<(), StreamError> {
        let mut first = Vec::with_capacity(512);
        Read::take(&mut *input, 512).read_to_end(&mut first)?;
        if may_be_packed && first.starts_with(&[0x1f, 0x8b]) {
            let mut unpacked = flate2::read::MultiGzDecoder::new(Cursor::new(first).chain(input));
            return self.any(&mut unpacked, false);
        }
        let is_tar = first.get(TAR_MAGIC).is_some_and(|magic| magic == b"ustar");
        let is_json = first
            .iter()
            .find(|byte| !byte.is_ascii_whitespace() && !matches!(byte, 0xEF | 0xBB | 0xBF))
            .is_some_and(|byte| matches!(byte, b'{' | b'['));
        let input = Cursor::new(first).chain(input);
        if is_tar {
            return self.archive(input);
        }
        let (inventory, wanted) = (&mut self.inventory, self.wanted);
        if is_json {
            json_stream::read(input, &mut |text, list| inventory.take(text, true, list, wanted))?;
        } else {
            let input = BufReader::with_capacity(256 << 10, input);
            yaml_stream::read(input, &mut |text, list| inventory.take(text, false, list, wanted))?;
        }
        Ok(())
    }

    fn archive(&mut self, input: impl Read) -> Result<(), StreamError> {
        let mut archive = tar::Archive::new(input);
        for entry in archive.entries()? {
            let mut entry = entry?;
            let path = entry.path()?.into_owned();
            let is_object = path.extension().is_some_and(|it| it == "json" || it == "yaml" || it == "yml");
            if entry.header().entry_type().is_file() && is_object {
                let name = path.display().to_string();
                if let Err(problem) = self.any(&mut entry, false) {
                    self.gap(&name, &problem);
                }
            }
        }
        Ok(())
    }
}

/// What of a folder may hold live state, sorted.
fn children(folder: &Path) -> io::Result<Vec<PathBuf>> {
    const ENDINGS: &[&str] = &[".json", ".yaml", ".yml", ".gz", ".tgz", ".tar"];
    let mut children = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.to_string_lossy();
        if path.is_dir() || ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            children.push(path);
        }
    }
    children.sort();
    Ok(children)
}
