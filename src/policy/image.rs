//! Image references, read as go-containerregistry's `name.ParseReference` reads them.

/// The registry of references that name none.
const DEFAULT_REGISTRY: &str = "index.docker.io";

/// The parts of an image reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The registry's host and port.
    pub registry: String,
    /// The path in the registry.
    pub repository: String,
    /// The tag; empty when there is a digest.
    pub tag: String,
    /// The digest, or nothing.
    pub digest: String,
}

impl Reference {
    /// Reads a reference; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) if is_digest(digest) => (name, digest),
            Some(_) => return None,
            None => (text, ""),
        };
        let (name, tag) = match name.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (name, None),
        };
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return None;
        }
        let (registry, path) = match name.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
            _ => (DEFAULT_REGISTRY, name),
        };
        let registry = if registry == "docker.io" { DEFAULT_REGISTRY } else { registry };
        if !is_repository(path) || !is_registry(registry) {
            return None;
        }
        let implicit = registry == DEFAULT_REGISTRY && !path.contains('/');
        Some(Self {
            registry: registry.to_owned(),
            repository: if implicit { format!("library/{path}") } else { path.to_owned() },
            tag: if digest.is_empty() { tag.unwrap_or("latest").to_owned() } else { String::new() },
            digest: digest.to_owned(),
        })
    }

    /// The tag or the digest.
    pub fn identifier(&self) -> &str {
        if self.digest.is_empty() { &self.tag } else { &self.digest }
    }
}

fn is_digest(digest: &str) -> bool {
    digest.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

fn is_tag(tag: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    (1..=127).contains(&tag.len()) && tag.bytes().all(known)
}

fn is_repository(path: &str) -> bool {
    let known =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.' | b'/');
    (2..=255).contains(&path.len()) && path.bytes().all(known)
}

fn is_registry(host: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':' | b'_' | b'[' | b']');
    !host.is_empty() && host.bytes().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(String, String, String, bool)> {
        let found = Reference::parse(text)?;
        Some((found.registry, found.repository, found.tag, !found.digest.is_empty()))
    }

    #[test]
    fn references_are_read_as_the_registry_library_reads_them() {
        let own = |a: &str, b: &str, c: &str, d| Some((a.to_owned(), b.to_owned(), c.to_owned(), d));
        assert_eq!(parts("redis"), own("index.docker.io", "library/redis", "latest", false));
        assert_eq!(parts("docker.io/a/b:1"), own("index.docker.io", "a/b", "1", false));
        assert_eq!(parts("ghcr.io:443/a/b:v1.2"), own("ghcr.io:443", "a/b", "v1.2", false));
        assert_eq!(parts("localhost/ab"), own("localhost", "ab", "latest", false));
        let digest = format!("ghcr.io/a/b:v1@sha256:{}", "0".repeat(64));
        assert_eq!(parts(&digest), own("ghcr.io", "a/b", "", true));
        for wrong in ["", "Redis", "a b", "x@sha256:1", "redis:", "ghcr.io/"] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }
}
