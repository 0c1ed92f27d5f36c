//! Git addresses, made comparable: `git@host:org/repo.git` and `https://host/org/repo` are one place.

/// The comparable form of an address: `host/path`, lower case, without scheme, user, port or `.git`.
pub fn normalize(address: &str) -> String {
    let address = address.trim();
    let (had_scheme, rest) = match address.split_once("://") {
        Some((_, rest)) => (true, rest),
        None => (false, address),
    };
    let (authority, path) = match rest.split_once('/') {
        // scp-like: `git@host:org/repo`, where the colon comes before the first slash.
        Some((before, _)) if !had_scheme && before.contains(':') => {
            rest.split_once(':').unwrap_or((rest, ""))
        }
        Some(parts) => parts,
        None if !had_scheme => rest.split_once(':').unwrap_or((rest, "")),
        None => (rest, ""),
    };
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    format!("{host}/{path}").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_repository_are_equal() {
        for address in [
            "https://github.com/acme/shop",
            "https://github.com/Acme/shop.git",
            "https://user:token@github.com/acme/shop/",
            "ssh://git@github.com:22/acme/shop.git",
            "git@github.com:acme/shop.git",
        ] {
            assert_eq!(normalize(address), "github.com/acme/shop", "{address}");
        }
        assert_ne!(normalize("https://github.com/acme/shop2"), "github.com/acme/shop");
    }
}
