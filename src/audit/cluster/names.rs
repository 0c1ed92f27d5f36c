//! Names that tools make: with the hash of a generated object's contents.

/// The name without the hash that kustomize puts behind the name of a generated object; `None` where there
/// is none.
pub(super) fn without_hash(name: &str) -> Option<&str> {
    let (base, hash) = name.rsplit_once('-')?;
    let is_hash = hash.len() == 10 && hash.bytes().all(|byte| b"bcdfghk2456789mt".contains(&byte));
    is_hash.then_some(base)
}

#[cfg(test)]
mod tests {
    use super::without_hash;

    #[test]
    fn hashes_are_those_of_kustomize() {
        assert_eq!(without_hash("app-config-7f8gk2m9t4"), Some("app-config"));
        assert_eq!(without_hash("app-config-1234567890"), None);
        assert_eq!(without_hash("app"), None);
    }
}
