//! Whether a file is AWS Config's, so that a user need not say so.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::folder;

/// How much of a file is looked at.
const HEAD: u64 = 64 * 1024;

/// Words that only AWS Config writes.
const WORDS: [&str; 4] =
    ["\"configurationItem", "\"baseConfigurationItems\"", "\"configSnapshotId\"", "\"configurationStateId\""];

/// How many files of a folder are looked at before it counts as somebody else's.
const MOST_FILES: usize = 16;

/// Whether a file, or a folder by its first files, was written by AWS Config.
pub fn is_snapshot(path: &Path) -> bool {
    if path.as_os_str() == "-" {
        return false;
    }
    folder::files(path).into_iter().take(MOST_FILES).flatten().any(|file| is_of_config(&file))
}

fn is_of_config(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let mut head = Vec::new();
    let zipped = path.extension().is_some_and(|extension| extension == "gz");
    // A broken file is told of by whoever reads it in full.
    let _read = if zipped {
        MultiGzDecoder::new(file).take(HEAD).read_to_end(&mut head)
    } else {
        file.take(HEAD).read_to_end(&mut head)
    };
    let head = String::from_utf8_lossy(&head);
    WORDS.iter().any(|word| head.contains(word))
}
