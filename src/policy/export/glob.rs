//! A glob as a regular expression, which is what the API server has.

/// The regular expression that matches what the glob does; `None` for a glob that is only text.
pub(super) fn regex(glob: &str) -> Option<String> {
    if !glob.contains(['*', '?', '[', '{', '\\']) {
        return None;
    }
    let mut out = String::from("^");
    let mut letters = glob.chars().peekable();
    let mut depth = 0usize;
    while let Some(letter) = letters.next() {
        match letter {
            '*' if letters.peek() == Some(&'*') => {
                letters.next();
                // `**/` is any number of folders, none included.
                if letters.peek() == Some(&'/') {
                    letters.next();
                    out.push_str("(.*/)?");
                } else {
                    out.push_str(".*");
                }
            }
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '{' => {
                depth += 1;
                out.push_str("(?:");
            }
            '}' if depth > 0 => {
                depth -= 1;
                out.push(')');
            }
            ',' if depth > 0 => out.push('|'),
            '[' => {
                out.push('[');
                if matches!(letters.peek(), Some('!' | '^')) {
                    letters.next();
                    out.push('^');
                }
                for inner in letters.by_ref() {
                    if inner == ']' {
                        break;
                    }
                    if matches!(inner, '\\' | '[') {
                        out.push('\\');
                    }
                    out.push(inner);
                }
                out.push(']');
            }
            '\\' => literal(&mut out, letters.next().unwrap_or('\\')),
            letter => literal(&mut out, letter),
        }
    }
    out.push('$');
    Some(out)
}

fn literal(out: &mut String, letter: char) {
    if matches!(letter, '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' | '\\') {
        out.push('\\');
    }
    out.push(letter);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_and_its_regular_expression_agree() {
        assert_eq!(regex("default"), None);
        let texts = ["kube-system", "kube/x", "a.crt", "acrt", "b", "b.pub", "x/y/z", "z", "TF_VAR_a", "q?"];
        for glob in ["kube-*", "*.{crt,pub}", "[a-c]*", "[!a]", "**/z", "x/**", "?", "TF_VAR_*", "q\\?"] {
            let regex = regex::Regex::new(&regex(glob).expect("a glob")).expect("it compiles");
            for text in texts {
                assert_eq!(regex.is_match(text), fast_glob::glob_match(glob, text), "{glob} on {text}");
            }
        }
    }
}
