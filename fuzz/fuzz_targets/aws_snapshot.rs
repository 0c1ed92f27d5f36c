//! Any bytes as a file of AWS Config: what was read is well-formed, and what is cut off is no whole snapshot.

#![no_main]

use trueup::state::aws::{Properties, read_snapshot};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let inventory = read_snapshot("a.json", &mut &bytes[..]);
    for item in &inventory.items {
        assert!(!item.kind.is_empty() && !item.id.is_empty());
        if let Properties::Config { supplementary, .. } = &item.properties {
            assert!(supplementary.starts_with('{'));
        }
    }
});
