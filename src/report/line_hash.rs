//! GitHub's `primaryLocationLineHash`: what tells two alerts on one line apart when the line moves.
//!
//! `upload-sarif` fills it in where it is absent and warns where it differs, and the REST endpoint does
//! neither, so ours must be byte for byte what `src/fingerprints.ts` of github/codeql-action computes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Code units that count towards the hash of a line, from the line's first one on.
const WINDOW: u32 = 100;
const BASE: u64 = 37;
/// `BASE` to the power of `WINDOW`: what a code unit weighs when it leaves the window.
const LEAVING: u64 = BASE.wrapping_pow(WINDOW);
/// Stands for the end of the file.
const END: u16 = 0xffff;

/// The hashes of the `wanted` lines (from 1) of `text`, in one pass over it.
///
/// A hash covers 100 UTF-16 code units from the start of the line, without spaces and tabs, with every line
/// break as LF. It is written in hexadecimal without padding, then `:` and how often it occurred so far, so
/// lines before a wanted one count too. Lines that `text` does not have are absent from the result.
pub fn line_hashes(text: &str, wanted: &BTreeSet<u32>) -> BTreeMap<u32, String> {
    let mut window = Window::new(wanted);
    let mut line_starts = true;
    let mut after_return = false;
    for unit in text.encode_utf16() {
        let skipped = matches!(unit, 0x20 | 0x09) || (after_return && unit == 0x0a);
        after_return = unit == 0x0d;
        if skipped {
            continue;
        }
        let unit = if after_return { 0x0a } else { unit };
        window.push(unit, line_starts);
        line_starts = unit == 0x0a;
        if window.is_done() {
            return window.hashes;
        }
    }
    window.push(END, line_starts);
    for _ in 0..WINDOW {
        window.push(0, false);
    }
    window.hashes
}

/// The last `WINDOW` code units and their rolling hash.
struct Window<'a> {
    wanted: &'a BTreeSet<u32>,
    /// A ring: each unit, and the line it starts (0 when it starts none).
    units: [(u16, u32); WINDOW as usize],
    next: usize,
    hash: u64,
    lines: u32,
    occurrences: HashMap<u64, u32>,
    hashes: BTreeMap<u32, String>,
}

impl<'a> Window<'a> {
    fn new(wanted: &'a BTreeSet<u32>) -> Self {
        Self {
            wanted,
            units: [(0, 0); WINDOW as usize],
            next: 0,
            hash: 0,
            lines: 0,
            occurrences: HashMap::new(),
            hashes: BTreeMap::new(),
        }
    }

    /// Takes one unit in. The oldest one goes out, and when it starts a line then the window holds exactly
    /// what that line's hash covers.
    fn push(&mut self, unit: u16, starts_line: bool) {
        let (oldest, line) = self.units[self.next];
        if line != 0 {
            self.record(line);
        }
        if starts_line {
            self.lines = self.lines.saturating_add(1);
        }
        self.units[self.next] = (unit, if starts_line { self.lines } else { 0 });
        self.next = (self.next + 1) % self.units.len();
        self.hash = self
            .hash
            .wrapping_mul(BASE)
            .wrapping_add(u64::from(unit))
            .wrapping_sub(LEAVING.wrapping_mul(u64::from(oldest)));
    }

    fn record(&mut self, line: u32) {
        let occurrence = self.occurrences.entry(self.hash).or_default();
        *occurrence += 1;
        if self.wanted.contains(&line) {
            self.hashes.insert(line, format!("{:x}:{occurrence}", self.hash));
        }
    }

    fn is_done(&self) -> bool {
        self.hashes.len() == self.wanted.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        line_hashes(text, &(1..=100).collect()).into_values().collect()
    }

    const GREETINGS: [&str; 7] = [
        "e9496ae3ebfced30:1",
        "fb7c023a8b9ccb3f:1",
        "ce8ba1a563dcdaca:1",
        "e20e36e16fcb0cc8:1",
        "b3edc88f2938467e:1",
        "c8e28b0b4002a3a0:1",
        "c129715d7a2bc9a3:1",
    ];

    /// The vectors of `src/fingerprints.test.ts` of github/codeql-action.
    #[test]
    fn agrees_with_codeql_action() {
        assert_eq!(all(""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(
            all(" a\nb\n  \t\tc\n d"),
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]
        );
        assert_eq!(
            all(" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End"),
            [
                "8b7cf3e952e7aeb2:1",
                "b1ae1287ec4718d9:1",
                "bff680108adb0fcc:1",
                "c6805c5e1288b612:1",
                "b86d3392aea1be30:1",
                "e6ceba753e1a442:1",
            ]
        );
        assert_eq!(all(" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n"), GREETINGS);
        assert_eq!(all(" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r"), GREETINGS);
        assert_eq!(all(" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n"), GREETINGS);
        assert_eq!(all(" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n"), GREETINGS);
        assert_eq!(
            all(&"Lorem ipsum dolor sit amet.\n".repeat(10)),
            [
                "a7f2ff13bc495cf2:1",
                "a7f2ff13bc495cf2:2",
                "a7f2ff13bc495cf2:3",
                "a7f2ff13bc495cf2:4",
                "a7f2ff13bc495cf2:5",
                "a7f2ff13bc495cf2:6",
                "a7f2ff1481e87703:1",
                "a9cf91f7bbf1862b:1",
                "55ec222b86bcae53:1",
                "cc97dc7b1d7d8f7b:1",
                "c129715d7a2bc9a3:1",
            ]
        );
    }

    #[test]
    fn gives_the_wanted_lines_only_and_counts_the_others() {
        let text = "Lorem ipsum dolor sit amet.\n".repeat(10);
        let hashes = line_hashes(&text, &BTreeSet::from([3, 6, 99]));
        assert_eq!(
            hashes.into_iter().collect::<Vec<_>>(),
            [(3, "a7f2ff13bc495cf2:3".to_owned()), (6, "a7f2ff13bc495cf2:6".to_owned())]
        );
        assert!(line_hashes(&text, &BTreeSet::new()).is_empty());
    }
}
