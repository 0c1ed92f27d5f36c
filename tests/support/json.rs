//! What the program prints, as JSON.

use std::process::Output;

use serde_json::Value;

/// The JSON on standard output.
pub fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|problem| {
        let [stdout, stderr] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        panic!("{problem}: {stdout}\n{stderr}")
    })
}
