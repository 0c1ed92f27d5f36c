//! Whether a name (of a variable, a field, a parameter) promises a secret value.

use std::sync::LazyLock;

use regex::Regex;

/// Words that promise a secret by themselves, or as the end of a longer word (`dbpassword`).
const WORDS: [&str; 9] =
    ["password", "passwd", "passphrase", "passcode", "secret", "token", "apikey", "secretkey", "privatekey"];

/// Words that promise a secret only when they stand alone.
const SHORT_WORDS: [&str; 5] = ["pass", "pwd", "credential", "credentials", "creds"];

/// Words that make a `key` a secret one, as in `private_key`.
const KEY_KINDS: &str =
    "api private access secret encryption signing auth master account storage shared service deploy";

/// Last words that say the value is *about* a secret: where it is, how long, which one.
const ABOUT: &str = "\
    name names arn arns url urls uri endpoint endpoints file files filename path paths dir directory \
    id ids policy policies length len size type types kind version ttl expiry expiration expires \
    lifetime duration timeout interval enabled disabled enable disable required count limit min max \
    ref refs reference provider store manager rotation age algorithm format encoding field header \
    prefix suffix pattern regex mode namespace label labels selector template class stack audience issuer \
    scope scopes mount volume location source backend host port user username role hint prompt \
    description annotation annotations spec region encoder generator placeholder";

/// Words anywhere in a name that say a Secret is named, not held.
const NAMED: [&str; 2] = ["existing", "pull"];

/// Whether a value under `name` is expected to be a secret.
///
/// Judged word by word (`snake_case`, `kebab-case`, `dotted`, `camelCase`), since `password` promises
/// one and `password_policy_arn`, `DB_PASSWORD_FILE` and `secretName` do not.
pub fn sensitive_name(name: &str) -> bool {
    // A name is short; anything longer is not one.
    if name.len() > 256 || !may_hold_sensitive_name(name) {
        return false;
    }
    let mut words = words(name);
    // `password2` and `TOKEN_1` are numbered secrets.
    while words.last().is_some_and(String::is_empty) {
        words.pop();
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if words.iter().any(|word| NAMED.contains(word)) {
        return false;
    }
    match words.as_slice() {
        [.., "access", "key", "id"] => return true,
        [.., last] if listed(ABOUT, last) => return false,
        _ => {}
    }
    // `PasswordPolicyMinLength` is about a policy, like everything in it.
    if words.windows(2).any(|pair| pair == ["password", "policy"]) {
        return false;
    }
    let is_secret = |word: &&str| WORDS.iter().any(|end| word.ends_with(end)) || SHORT_WORDS.contains(word);
    let is_key = |pair: &[&str]| matches!(pair, [kind, "key"] if listed(KEY_KINDS, kind));
    words.iter().any(is_secret) || words.windows(2).any(is_key)
}

/// Whether `word` is one of the words of `list`.
fn listed(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|listed| listed == word)
}

/// Whether `text` holds a part of any sensitive name; quick, for texts that are mostly without.
pub(super) fn may_hold_sensitive_name(text: &str) -> bool {
    static PARTS: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new("(?i-u)pass|pwd|secret|token|key|cred").ok());
    PARTS.as_ref().is_none_or(|parts| parts.is_match(text))
}

/// The words of a name in lower case, digits at their ends dropped.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut previous = '_';
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        let lower_follows = chars.peek().is_some_and(char::is_ascii_lowercase);
        // `dbPassword` breaks before P; `DBPassword` before the capital that starts a lower-case word.
        let starts_word = c.is_ascii_uppercase()
            && (previous.is_ascii_lowercase()
                || previous.is_ascii_digit()
                || (previous.is_ascii_uppercase() && lower_follows));
        if (!c.is_alphanumeric() || starts_word) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        previous = c;
    }
    if !word.is_empty() {
        words.push(word);
    }
    for word in &mut words {
        word.truncate(word.trim_end_matches(|c: char| c.is_ascii_digit()).len());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_promise_a_secret() {
        for name in [
            "password",
            "db_password",
            "DB_PASSWORD",
            "dbPassword",
            "DBPassword",
            "spring.datasource.password",
            "SMTP_PASS",
            "dbpassword",
            "password2",
            "TOKEN_1",
            "client-secret",
            "AUTH_TOKEN",
            "apiKey",
            "API_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ACCESS_KEY_ID",
            "SECRET_KEY",
            "privateKey",
            "MasterUserPassword",
        ] {
            assert!(sensitive_name(name), "{name}");
        }
    }

    #[test]
    fn names_about_a_secret() {
        for name in [
            "password_policy_arn",
            "IamPasswordPolicyParamRequireNumbers",
            "ParentSecretStack",
            "DB_SECRET_NAME",
            "DB_SECRET_ARN",
            "AUTH_TOKEN_URL",
            "POSTGRES_PASSWORD_FILE",
            "KMS_KEY_ID",
            "TOKEN_PATH",
            "secretName",
            "existingSecret",
            "imagePullSecret",
            "public_key",
            "keyboard",
            "max_tokens",
            "compass",
            "secretKeyRef",
            "tokenTtl",
            "passwordEncoder",
            "secretRegion",
            "monkey",
            "passenger",
            "",
        ] {
            assert!(!sensitive_name(name), "{name}");
        }
    }
}
