//! The rows of the corpus's indexes: a JSON object a line.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// The rows of an index.
pub fn read(corpus: &Path, index: &str) -> Vec<Value> {
    let text = fs::read_to_string(corpus.join(index)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What a row says under a key.
pub fn text<'r>(row: &'r Value, key: &str) -> &'r str {
    row[key].as_str().unwrap_or_default()
}
