//! A glob that is held against many paths: the end of most says at once that they do not match.

/// A pattern and what a path must end with to match it.
pub(super) struct Glob<'p> {
    pattern: &'p str,
    /// Any of these; empty when the pattern leaves the end open.
    ends: Vec<String>,
}

/// What is no literal in a pattern.
const SPECIAL: [char; 7] = ['*', '?', '[', ']', '{', '}', '!'];
/// How many groups of braces are multiplied out, and to how many ends: comparing with more costs what it saves.
const MOST_GROUPS: usize = 2;
const MOST_ENDS: usize = 32;

impl<'p> Glob<'p> {
    /// Takes a pattern apart.
    pub fn new(pattern: &'p str) -> Self {
        Self { pattern, ends: ends(pattern).unwrap_or_default() }
    }

    /// Whether a path matches.
    pub fn matches(&self, path: &str) -> bool {
        (self.ends.is_empty() || self.ends.iter().any(|end| path.ends_with(end)))
            && fast_glob::glob_match(self.pattern, path)
    }
}

/// The texts of which one ends every match of `pattern`.
fn ends(pattern: &str) -> Option<Vec<String>> {
    // What is escaped is no operator, and what is negated ends otherwise.
    if pattern.contains('\\') || pattern.starts_with('!') {
        return None;
    }
    let ends = last_parts(pattern, MOST_GROUPS);
    (ends.len() <= MOST_ENDS && !ends.iter().any(String::is_empty)).then_some(ends)
}

/// What each alternative of the last `groups` of braces ends with; an empty text where that is open.
fn last_parts(pattern: &str, groups: usize) -> Vec<String> {
    let literal = pattern.rsplit(SPECIAL).next().unwrap_or_default();
    let before = pattern.strip_suffix(literal).unwrap_or_default();
    // `**/` stands for no folder as well.
    let literal = if before.ends_with("**") { literal.strip_prefix('/').unwrap_or(literal) } else { literal };
    let group = before.strip_suffix('}').and_then(|rest| rest.rsplit_once('{'));
    // Braces within braces are rare enough to be left to the matcher.
    let Some((head, group)) = group.filter(|(_, group)| groups > 0 && !group.contains('}')) else {
        return vec![literal.to_owned()];
    };
    let mut heads = last_parts(head, groups - 1);
    if heads.len() * group.split(',').count() > MOST_ENDS {
        heads = vec![String::new()];
    }
    let mut parts = Vec::new();
    for alternative in group.split(',') {
        if alternative.contains(SPECIAL) {
            parts.extend(last_parts(alternative, 0).into_iter().map(|part| part + literal));
        } else {
            parts.extend(heads.iter().map(|head| format!("{head}{alternative}{literal}")));
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_pattern_is_taken_apart() {
        let ends = |pattern| ends(pattern).map(|ends| ends.join(" "));
        for (pattern, expected) in [
            ("**/*.tfstate", ".tfstate"),
            ("**/Chart.yaml", "Chart.yaml"),
            ("**/{id_rsa,.kube/config}", "id_rsa .kube/config"),
            ("{a,b}/x*.{p12,*.pfx}", ".p12 .pfx"),
            ("**/*.{sops,enc}.{yaml,env}", ".sops.yaml .enc.yaml .sops.env .enc.env"),
            ("*{a,b}{c,d}{e,f}", "ce de cf df"),
            ("{a,b}/c", "a/c b/c"),
            ("{**/x,y}", "x y"),
            ("a,b", "a,b"),
            ("*.{a,}", ".a ."),
        ] {
            assert_eq!(ends(pattern).as_deref(), Some(expected), "{pattern}");
        }
        for open in ["**/tests/**", "*{a,}", "{a,{b,c}}", "\\*", "a?", "!*.yaml", ""] {
            assert_eq!(ends(open), None, "{open}");
        }
        assert_eq!(ends(&format!("{{{}1}}", "1,".repeat(MOST_ENDS))), None);
    }

    #[test]
    fn it_matches_what_the_matcher_does() {
        let patterns = [
            "**/{.env,.env.local}",
            "**/*.{p12,pfx}",
            "**/{kubeconfig,.kube/config}",
            "a/*",
            "{a,b}/c",
            "**/c",
            "!a/*.pfx",
            "{a,x}/{.env,k.{pfx,p12}}",
            "**/*.{a,}",
            "{a,b}{/c,/k.pfx}",
        ];
        let paths =
            ["c", ".env", "x/.env", "x.env", "a/k.pfx", ".kube/config", "x/.kube/config", "a/c", "b/c", ""];
        for (pattern, path) in patterns.iter().flat_map(|pattern| paths.map(|path| (pattern, path))) {
            assert_eq!(
                Glob::new(pattern).matches(path),
                fast_glob::glob_match(pattern, path),
                "{pattern} {path}"
            );
        }
    }
}
