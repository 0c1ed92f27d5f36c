//! The house rules that rustc does not know: which room may use which, and what every file must have.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The floors, lowest first. A room may use rooms of lower floors only, never its neighbours.
const FLOORS: &[&[&str]] = &[
    &["model"],
    &["aws", "cel", "secrets"],
    &["syntax", "platform", "policy", "drift", "report", "config"],
    &["collect", "gitops", "stacks", "state"],
    &["lint"],
    &["audit"],
    &["cli"],
];

#[test]
fn rooms_use_only_the_floors_below() {
    let floor_of: BTreeMap<&str, usize> = FLOORS
        .iter()
        .enumerate()
        .flat_map(|(floor, rooms)| rooms.iter().map(move |room| (*room, floor)))
        .collect();
    let mut broken = Vec::new();
    for file in sources() {
        let Some(room) = room(&file) else { continue };
        let Some(&own) = floor_of.get(room.as_str()) else {
            broken.push(format!("{}: room `{room}` is on no floor", file.display()));
            continue;
        };
        for used in used_rooms(&code(&file)) {
            if used == room {
                continue;
            }
            match floor_of.get(used.as_str()) {
                Some(&floor) if floor < own => {}
                Some(_) => broken.push(format!("{}: {room} must not use {used}", file.display())),
                None => broken.push(format!("{}: `crate::{used}` is no room", file.display())),
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Within a room, files may use each other but not in a circle; `mod.rs` introduces them and is left out.
#[test]
fn files_of_a_room_form_no_circle() {
    let mut uses: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
    for file in sources() {
        if file.file_name().is_some_and(|name| name == "mod.rs" || name == "lib.rs" || name == "main.rs") {
            continue;
        }
        let folder = file.parent().unwrap().to_owned();
        let siblings = siblings_used(&code(&file)).into_iter().filter_map(|name| {
            let plain = folder.join(format!("{name}.rs"));
            plain.exists().then_some(plain)
        });
        uses.insert(file, siblings.collect());
    }
    for start in uses.keys() {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&PathBuf> = uses[start].iter().collect();
        while let Some(file) = next.pop() {
            assert_ne!(file, start, "{} uses itself through its siblings", start.display());
            if seen.insert(file) {
                next.extend(uses.get(file).into_iter().flatten());
            }
        }
    }
}

#[test]
fn every_file_says_what_it_is_for_and_can_be_read_in_one_sitting() {
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//!"), "{} does not open with what it is for", file.display());
        let lines = text.lines().count();
        assert!(lines <= 500, "{} has {lines} lines", file.display());
        assert!(!text.contains("super::super"), "{} reaches over its room's wall", file.display());
        assert!(!text.contains("#[ignore"), "{} has a test that does not run", file.display());
    }
}

fn sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() > 20, "the sources were not found");
    files.sort();
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The room a file belongs to; none for `lib.rs` and `main.rs`.
fn room(file: &Path) -> Option<String> {
    let inside = file.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = inside.components().next()?.as_os_str().to_str()?;
    let room = first.strip_suffix(".rs").unwrap_or(first);
    (!matches!(room, "lib" | "main")).then(|| room.to_owned())
}

/// The code without comments and without the tests at its foot.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let text = text.split("#[cfg(test)]").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The first names after `crate::`, groups such as `crate::{a, b::c}` included.
fn used_rooms(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => {
                rooms.insert(name(rest));
            }
            Some(group) => rooms.extend(names_of_group(group)),
        }
    }
    rooms.remove("");
    rooms
}

fn names_of_group(group: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0;
    let mut start = 0;
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(name(group[start..at].trim_start()));
                return names;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(name(group[start..at].trim_start()));
                start = at + 1;
            }
            _ => {}
        }
    }
    names
}

fn name(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The names after `super::` (a sibling, or the room itself through `super::{…}`).
fn siblings_used(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices("super::") {
        let rest = &code[at + "super::".len()..];
        match rest.strip_prefix('{') {
            None => {
                names.insert(name(rest));
            }
            Some(group) => names.extend(names_of_group(group)),
        }
    }
    names
}
