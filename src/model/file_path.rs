//! Paths of files in a repository: from its root, with `/`, without `.` and `..`; `""` is the root.

/// `folder/path` without `.` and `..`; `None` when it leaves the repository or is absolute.
pub fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The folder a path stands in.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether a path is the folder, or in it however deep.
pub fn is_within(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The name of a file without its folder.
pub fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_repository() {
        assert_eq!(join("apps/cart/dev", "../base/a.yaml").as_deref(), Some("apps/cart/base/a.yaml"));
        assert_eq!(join("", "./a.yaml").as_deref(), Some("a.yaml"));
        assert_eq!(join("apps", "../../a.yaml"), None);
        assert_eq!(join("apps", "/etc/passwd"), None);
    }

    #[test]
    fn a_folder_holds_what_is_below_it() {
        assert!(
            is_within("clusters/dev/a.yaml", "clusters/dev") && is_within("clusters/dev", "clusters/dev")
        );
        assert!(!is_within("clusters/dev2/a.yaml", "clusters/dev") && is_within("a.yaml", ""));
    }

    #[test]
    fn a_path_is_a_folder_and_a_name() {
        assert_eq!((folder_of("a/b/c.yaml"), name_of("a/b/c.yaml")), ("a/b", "c.yaml"));
        assert_eq!((folder_of("c.yaml"), name_of("c.yaml")), ("", "c.yaml"));
    }
}
