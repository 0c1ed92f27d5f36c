//! A glob that is held against many paths: the end of most says at once that they do not match.

/// A pattern and what a path must end with to match it.
pub(super) struct Glob<'p> {
    pattern: &'p str,
    /// Any of these; empty when the pattern leaves the end open.
    ends: Vec<&'p str>,
}

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
fn ends(pattern: &str) -> Option<Vec<&str>> {
    if pattern.contains('\\') {
        return None;
    }
    let alternatives = match pattern.strip_suffix('}') {
        // Braces within braces are rare enough to be left to the matcher.
        Some(head) => head.rsplit_once('{').map(|(_, inner)| inner).filter(|inner| !inner.contains('}'))?,
        None => pattern,
    };
    let is_list = pattern.ends_with('}');
    let ends: Vec<&str> = alternatives
        .split(|c| is_list && c == ',')
        .map(|text| text.rsplit(['*', '?', '[', ']', '{', '}', '!']).next().unwrap_or_default())
        .collect();
    (!ends.contains(&"")).then_some(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_pattern_is_taken_apart() {
        assert_eq!(ends("**/*.tfstate"), Some(vec![".tfstate"]));
        assert_eq!(ends("**/{id_rsa,.kube/config}"), Some(vec!["id_rsa", ".kube/config"]));
        assert_eq!(ends("{a,b}/x*.{p12,*.pfx}"), Some(vec!["p12", ".pfx"]));
        assert_eq!(ends("{a,b}/c"), Some(vec!["/c"]));
        assert_eq!(ends("a,b"), Some(vec!["a,b"]));
        for open in ["**/tests/**", "*.{a,}", "{a,{b,c}}", "\\*", "a?", ""] {
            assert_eq!(ends(open), None, "{open}");
        }
    }

    #[test]
    fn it_matches_what_the_matcher_does() {
        let patterns =
            ["**/{.env,.env.local}", "**/*.{p12,pfx}", "**/{kubeconfig,.kube/config}", "a/*", "{a,b}/c"];
        let paths =
            [".env", "x/.env", "x.env", "a/k.pfx", ".kube/config", "x/.kube/config", "a/c", "b/c", ""];
        for (pattern, path) in patterns.iter().flat_map(|pattern| paths.map(|path| (pattern, path))) {
            assert_eq!(
                Glob::new(pattern).matches(path),
                fast_glob::glob_match(pattern, path),
                "{pattern} {path}"
            );
        }
    }
}
