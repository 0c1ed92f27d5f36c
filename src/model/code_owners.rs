//! CODEOWNERS: who reviews which paths, as GitHub and GitLab read it.
//!
//! <https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners>,
//! <https://docs.gitlab.com/user/project/codeowners/reference/>. Deliberately absent: whether the host asks for
//! their review, which only its settings tell.

/// Where the file is looked for, in the order in which the hosts do.
pub const LOCATIONS: [&str; 4] =
    [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"];

/// A CODEOWNERS file. Without sections it is one section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeOwners {
    sections: Vec<Section>,
}

/// A part of the file in which the last entry that matches counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Section {
    name: String,
    /// The owners of its entries that name none.
    default: Vec<String>,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    /// The globs of the paths; a folder's stand for all in it.
    globs: Vec<String>,
    /// `!pattern`: the paths have no owners in this section.
    excludes: bool,
    owners: Vec<String>,
}

impl CodeOwners {
    /// Reads a file; a line that is none is passed over, as the hosts do.
    pub fn parse(text: &str) -> Self {
        let mut sections = vec![Section::default()];
        for line in text.lines().map(str::trim) {
            if let Some((name, owners)) = header(line) {
                let known = sections.iter().position(|section| section.name.eq_ignore_ascii_case(name));
                let mut section = match known {
                    // What is said of a section in two places is one section.
                    Some(known) => sections.remove(known),
                    None => Section { name: name.to_owned(), ..Section::default() },
                };
                section.default.extend(owners);
                sections.push(section);
            } else if let (Some(entry), Some(section)) = (entry(line), sections.last_mut()) {
                section.entries.push(entry);
            }
        }
        Self { sections }
    }

    /// The owners of a path from the root, of every section.
    pub fn owners(&self, path: &str) -> Vec<&str> {
        let mut owners: Vec<&str> = Vec::new();
        for section in &self.sections {
            let of_path = |entry: &&Entry| entry.globs.iter().any(|glob| fast_glob::glob_match(glob, path));
            let Some(entry) = section.entries.iter().rev().find(of_path).filter(|entry| !entry.excludes)
            else {
                continue;
            };
            let named = if entry.owners.is_empty() { &section.default } else { &entry.owners };
            for owner in named {
                if !owners.contains(&owner.as_str()) {
                    owners.push(owner);
                }
            }
        }
        owners
    }
}

/// The name and the default owners of a section: `^[Docs][2] @team`.
fn header(line: &str) -> Option<(&str, Vec<String>)> {
    let (name, rest) = line.strip_prefix('^').unwrap_or(line).strip_prefix('[')?.split_once(']')?;
    let rest = match rest.strip_prefix('[').and_then(|count| count.split_once(']')) {
        Some((_, rest)) => rest,
        None => rest,
    };
    // `[a-z]*.rb` is a pattern.
    (!name.is_empty() && (rest.is_empty() || rest.starts_with(char::is_whitespace)))
        .then(|| (name, words(rest)))
}

fn entry(line: &str) -> Option<Entry> {
    let mut words = words(line).into_iter();
    let pattern = words.next()?;
    let (excludes, pattern) = match pattern.strip_prefix('!') {
        Some(pattern) => (true, pattern),
        None => (false, pattern.as_str()),
    };
    Some(Entry { globs: globs(pattern), excludes, owners: words.collect() })
}

/// The words of a line up to a comment; `\` takes a space or `#` for what it is.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(next @ (' ' | '#' | '[' | ']')) => word.push(next),
                Some(next) => word.extend(['\\', next]),
                None => {}
            },
            '#' if word.is_empty() => break,
            c if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// The globs of a pattern: `*.js` and `apps/` match at any depth, `/apps` from the root, `docs/*` in one folder. One
/// with a slash within starts at the root, as GitHub has it; GitLab takes it at any depth.
fn globs(pattern: &str) -> Vec<String> {
    let inner = pattern.trim_end_matches('/');
    let anchored = inner.strip_prefix('/');
    let path = anchored.unwrap_or(inner);
    if path.is_empty() {
        return vec!["**".to_owned()];
    }
    let start = if anchored.is_some() || path.starts_with("**/") || path.contains('/') { "" } else { "**/" };
    let own = format!("{start}{path}");
    let within = format!("{own}/**");
    if pattern.ends_with('/') {
        vec![within]
    } else if path.ends_with('*') {
        vec![own]
    } else {
        vec![own, within]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_entry_that_matches_counts() {
        let owners = CodeOwners::parse(
            "# all\n*  @acme/all\n*.js @js # scripts\n/clusters/prod/ @acme/platform a@example.com\ndocs/* @docs\n\
             apps/ @apps\n/apps/github\n/with\\ space/ @space\n",
        );
        for (path, expected) in [
            ("README.md", vec!["@acme/all"]),
            ("deep/x.js", vec!["@js"]),
            ("clusters/prod/a/b.yaml", vec!["@acme/platform", "a@example.com"]),
            ("x/clusters/prod/b.yaml", vec!["@acme/all"]),
            ("docs/a.md", vec!["@docs"]),
            ("docs/deep/a.md", vec!["@acme/all"]),
            ("x/apps/a", vec!["@apps"]),
            ("apps/github/a", vec![]),
            ("with space/a", vec!["@space"]),
        ] {
            assert_eq!(owners.owners(path), expected, "{path}");
        }
    }

    #[test]
    fn sections_are_of_gitlab() {
        let owners = CodeOwners::parse(
            "* @all\n[Platform][2] @platform\nclusters/\n/clusters/dev/ @dev\n^[Docs] @docs\n*.md\n!CHANGELOG.md\n\
             [platform]\n/infra/\n",
        );
        for (path, expected) in [
            ("clusters/prod/a.yaml", vec!["@all", "@platform"]),
            ("clusters/dev/a.yaml", vec!["@all", "@dev"]),
            ("a/README.md", vec!["@all", "@docs"]),
            ("CHANGELOG.md", vec!["@all"]),
            ("infra/vpc.yaml", vec!["@all", "@platform"]),
        ] {
            let mut found = owners.owners(path);
            found.sort_unstable();
            assert_eq!(found, expected, "{path}");
        }
        assert!(CodeOwners::parse("").owners("a").is_empty());
    }
}
