//! What a value is, judged from its text alone: the basis of `value.kind()`.
//!
//! What a format knows besides the text (a `!Ref`, a parameter's default) is its platform's to say.

use memchr::memmem;

use crate::model::ValueKind;

use super::name::sensitive_name;

/// What `text` is: a literal unless its form says that the content is elsewhere, hidden or missing.
///
/// The answer is one of literal, empty, placeholder, reference, dynamic-reference, templated,
/// substituted and encrypted. Linear in the length of `text`.
pub fn kind(text: &str) -> ValueKind {
    let text = text.trim();
    if text.is_empty() {
        return ValueKind::Empty;
    }
    if is_encrypted(text) {
        return ValueKind::Encrypted;
    }
    if is_reference(text) {
        return ValueKind::Reference;
    }
    if memchr::memchr2(b'$', b'{', text.as_bytes()).is_some()
        && let Some(kind) = interpolation(text)
    {
        return kind;
    }
    if is_placeholder(text) { ValueKind::Placeholder } else { ValueKind::Literal }
}

/// Whether `text` is ciphertext of a tool that keeps secrets in Git.
fn is_encrypted(text: &str) -> bool {
    const STARTS: [&str; 6] = [
        "ENC[", // SOPS, and hiera-eyaml
        "$ANSIBLE_VAULT;",
        "-----BEGIN PGP MESSAGE-----",
        "-----BEGIN AGE ENCRYPTED FILE-----",
        "age-encryption.org/v1",
        "\0GITCRYPT",
    ];
    STARTS.iter().any(|start| text.starts_with(start))
}

/// Whether `text` names a value that a store holds, in the notation of a well-known tool.
fn is_reference(text: &str) -> bool {
    const STARTS: [&str; 14] = [
        "ref+", // vals, helm-secrets, helmfile
        "secretref+",
        "vault:", // bank-vaults
        "vault://",
        "<path:", // argocd-vault-plugin
        "op://",
        "ssm:",
        "awsssm:",
        "awssm:",
        "secrets://",
        "gcpsm:",
        "gcp:secretmanager:",
        "azurekeyvault:",
        "!vault",
    ];
    if STARTS.iter().any(|start| text.starts_with(start)) {
        return true;
    }
    if let Some(arn) = text.strip_prefix("arn:aws") {
        return [":secretsmanager:", ":ssm:", ":kms:"].iter().any(|service| arn.contains(service));
    }
    if let Some(rest) = text.strip_prefix("projects/") {
        return rest.contains("/secrets/");
    }
    is_terraform_reference(text) || is_shell_variable(text) || is_digest(text)
}

/// `sha256:…`, `image@sha256:…`: the name of what has these bytes, known to whoever has them.
fn is_digest(text: &str) -> bool {
    let digest = text.rsplit('@').next().unwrap_or(text).strip_prefix("sha256:");
    digest.is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// `var.x`, `local.x`, `module.x.y`: a Terraform expression that is nothing but a path.
fn is_terraform_reference(text: &str) -> bool {
    const ROOTS: [&str; 6] = ["var.", "local.", "data.", "module.", "each.", "ephemeral."];
    ROOTS.iter().any(|root| text.starts_with(root))
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'[' | b']'))
}

/// `$CI_JOB_TOKEN`: a shell variable that is the whole text, in the case environments use.
fn is_shell_variable(text: &str) -> bool {
    text.strip_prefix('$').is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
            && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    })
}

/// The kind a text has because a part of it is filled in later.
fn interpolation(text: &str) -> Option<ValueKind> {
    if let Some(at) = memmem::find(text.as_bytes(), b"{{resolve:") {
        let rest = text.get(at + "{{resolve:".len()..)?;
        // Plain `ssm` parameters are not secret at rest, so they are an ordinary reference.
        let hidden = rest.starts_with("secretsmanager:") || rest.starts_with("ssm-secure:");
        return Some(if hidden { ValueKind::DynamicReference } else { ValueKind::Reference });
    }
    // Of a script or a configuration file only lines are filled in; the rest stands here.
    if text.contains('\n') {
        return None;
    }
    if has_enclosed(text, "${{", "}}") || has_enclosed(text, "$(", ")") {
        return Some(ValueKind::Reference);
    }
    if has_enclosed(text, "{{", "}}") {
        return Some(ValueKind::Templated);
    }
    substitution(text)
}

/// Whether `open`, some text without the brackets of `close`, and `close` stand in `text`.
fn has_enclosed(text: &str, open: &str, close: &str) -> bool {
    let brackets = if close == ")" { ['(', ')'] } else { ['{', '}'] };
    memmem::find_iter(text.as_bytes(), open).any(|at| {
        let inner = text.get(at + open.len()..).unwrap_or_default();
        inner.find(brackets).is_some_and(|end| end > 0 && inner[end..].starts_with(close))
    })
}

/// `${NAME}`, `${NAME:=default}`, `${NAME:-default}`, `${NAME-default}`; `$${NAME}` is an escape.
///
/// A default that stands in the text is the value unless someone sets another one, so a sensitive
/// name with a default is what its default is.
fn substitution(text: &str) -> Option<ValueKind> {
    /// Longest expression between the braces, so that many open braces cannot cost many long searches.
    const LONGEST: usize = 256;
    let mut found = None;
    for at in memmem::find_iter(text.as_bytes(), b"${") {
        if text[..at].ends_with('$') {
            continue;
        }
        let inner = &text[at + 2..];
        let inner = &inner[..inner.floor_char_boundary(LONGEST)];
        let Some((inner, _)) = inner.split_once('}') else { continue };
        let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
        let (name, operator) = inner.split_at(end);
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        // Terraform: `${aws_db_instance.main.password}`.
        if operator.starts_with(['.', '[']) {
            return Some(ValueKind::Reference);
        }
        let default = [":=", ":-", "=", "-"].iter().find_map(|sign| operator.strip_prefix(sign));
        match default {
            Some(default) if !default.is_empty() && !default.contains("${") && sensitive_name(name) => {
                let stand_in = is_placeholder(default);
                return Some(if stand_in { ValueKind::Placeholder } else { ValueKind::Literal });
            }
            Some(_) => found = Some(ValueKind::Substituted),
            None if operator.is_empty() || operator.starts_with([':', '#', '%', '/', '+', '?', '^', ',']) => {
                found = Some(ValueKind::Substituted);
            }
            None => {}
        }
    }
    found
}

/// Whether `text` stands in for a value that someone is to fill in.
pub(super) fn is_placeholder(text: &str) -> bool {
    const WORDS: [&str; 21] = [
        "changeme",
        "changeit",
        "changethis",
        "replaceme",
        "replacethis",
        "placeholder",
        "todo",
        "tbd",
        "fixme",
        "example",
        "dummy",
        "sample",
        "redacted",
        "undefined",
        "none",
        "null",
        "nil",
        "n/a",
        "unset",
        "fillme",
        "fillin",
    ];
    const STARTS: [&str; 4] = ["your", "replacewith", "insert", "fake"];
    const PARTS: [&str; 4] = ["changeme", "placeholder", "example", "dummy"];
    // Nobody writes a longer one, and long values are common.
    if text.len() > 48 {
        return false;
    }
    let enclosed = [('<', '>'), ('[', ']')].iter().any(|&(open, close)| {
        text.len() > 2
            && text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).is_some_and(is_field_name)
    });
    if enclosed || is_one_character(text) {
        return true;
    }
    if is_variable_name(text) || is_mine(text) {
        return true;
    }
    if text.ends_with("EXAMPLE") || text.ends_with("EXAMPLEKEY") || text.ends_with("...") {
        return true;
    }
    // Spelling varies (`CHANGE_ME`, `change-me`): compare letters alone.
    let word: String = text
        .chars()
        .filter(|c| !matches!(c, '-' | '_' | ' ' | '.' | '!' | '"' | '\''))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let is_one_word = word.bytes().all(|b| b.is_ascii_alphabetic());
    WORDS.contains(&word.as_str())
        || (is_one_word && STARTS.iter().any(|start| word.starts_with(start)))
        || (is_one_word && PARTS.iter().any(|part| word.contains(part)))
}

/// `UPDATE_AWS_SECRET_ACCESS_KEY`, `API_KEY_VALUE`, `SECRET`: what a variable is called, where its value belongs.
fn is_variable_name(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') && sensitive_name(text)
}

/// `my-password`, `my_secret_key`: what documentation writes.
fn is_mine(text: &str) -> bool {
    let rest = text.strip_prefix("my").and_then(|rest| rest.strip_prefix(['-', '_', ' ']));
    rest.is_some_and(|rest| {
        sensitive_name(rest)
            && rest.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'-' | b'_' | b' '))
    })
}

/// Whether `text` is a word for a secret, or the user everyone tries, in place of one.
pub(super) fn names_itself(text: &str) -> bool {
    const WORDS: [&str; 10] =
        ["pass", "password", "passwd", "passphrase", "secret", "token", "test", "pw", "pwd", "guest"];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Words, as between `<` and `>`: letters, digits and the separators people use.
fn is_field_name(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | ':' | '/' | '\''))
}

/// `xxxx`, `****`, `....`: one character over and over, of those that mean nothing.
fn is_one_character(text: &str) -> bool {
    let mut chars = text.chars().map(|c| c.to_ascii_lowercase());
    chars.next().is_some_and(|first| {
        matches!(first, 'x' | '*' | '.' | '-' | '_' | '?' | '#' | '0' | '\u{2022}')
            && text.len() > 2
            && chars.all(|c| c == first)
    })
}

#[cfg(test)]
mod tests {
    use super::{ValueKind::*, *};

    #[test]
    fn the_form_of_a_text_says_what_it_is() {
        for (text, expected) in [
            ("", Empty),
            (" \n", Empty),
            ("hunter2", Literal),
            ("pa$$w0rd{x}", Literal),
            ("postgres", Literal),
            ("changeme", Placeholder),
            ("CHANGE_ME", Placeholder),
            ("<your password>", Placeholder),
            ("[PASSWORD]", Placeholder),
            ("xxxx", Placeholder),
            ("***", Placeholder),
            ("UPDATE_AWS_SECRET_ACCESS_KEY", Placeholder),
            ("SECRET", Placeholder),
            ("MYPASSWORDX", Literal),
            ("my-password", Placeholder),
            ("my_secret_key", Placeholder),
            ("my-kestrel", Literal),
            ("fake_password", Placeholder),
            ("your-api-key-here", Placeholder),
            ("AKIAIOSFODNN7EXAMPLE", Placeholder),
            ("ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]", Encrypted),
            ("$ANSIBLE_VAULT;1.1;AES256\n6231", Encrypted),
            ("{{resolve:secretsmanager:db:SecretString:password}}", DynamicReference),
            ("x{{resolve:ssm-secure:/db/pw}}", DynamicReference),
            ("{{resolve:ssm:/db/user}}", Reference),
            ("{{ .Values.password }}", Templated),
            ("{{- include \"x\" (dict \"a\" 1) }}-a", Templated),
            ("${{ secrets.TOKEN }}", Reference),
            ("$(DB_PASSWORD)", Reference),
            ("--password=$(PW)", Reference),
            ("$CI_JOB_TOKEN", Reference),
            ("vault:secret/data/db#password", Reference),
            ("<path:secret/data/db#password>", Reference),
            ("arn:aws:secretsmanager:eu-west-1:111122223333:secret:db", Reference),
            ("arn:aws:iam::111122223333:role/x", Literal),
            ("var.db_password", Reference),
            ("sha256:eaaa7b11777babe28e6133a8b19ff71cea687e0d7f05158dee95a71f76ce3d00", Reference),
            ("${aws_db_instance.main.password}", Reference),
            ("example.com/app", Literal),
            ("${VAR}", Substituted),
            ("prefix-${cluster_name}", Substituted),
            ("${REPLICAS:=3}", Substituted),
            ("${DB_PASSWORD:=hunter2}", Literal),
            ("${DB_PASSWORD:=changeme}", Placeholder),
            ("${DB_PASSWORD:=}", Substituted),
            ("$${VAR}", Literal),
            ("${!Literal}", Literal),
            ("user=${USER}\npassword=hunter2", Literal),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }
}
