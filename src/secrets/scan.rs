//! Finds secrets in a text: tokens by their structure, and values that stand next to a sensitive key.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::{Confidence, ValueKind};

use super::assignment::{Assignment, assignments};
use super::detectors::{Before, DETECTORS};
use super::entropy::{entropy, is_sequential, looks_generated};
use super::kind::{kind, names_itself};

/// A secret in a text: where it is and what says so, never what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The detector's id.
    pub detector: &'static str,
    /// How sure it is.
    pub confidence: Confidence,
    /// First byte of the secret.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
}

/// How far a pattern may look past its prefix, in bytes: a private key or a long JWT fits.
const WINDOW: usize = 16 << 10;

/// How far from an access key id its secret key is looked for, in bytes.
const NEARBY: usize = 256;

/// Every secret in `text`, in order, not overlapping. Linear in the length of `text`.
pub fn scan(text: &str) -> Vec<Hit> {
    let mut hits = tokens(text);
    pair_with_secret_keys(text, &mut hits);
    for assignment in assignments(text) {
        hits.extend(judge(text, &assignment));
    }
    without_overlaps(hits)
}

/// Tokens that their own structure gives away.
fn tokens(text: &str) -> Vec<Hit> {
    static PREFIXES: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let all: Vec<String> = DETECTORS
            .iter()
            .flat_map(|detector| detector.prefixes)
            .map(|prefix| regex::escape(prefix))
            .collect();
        Regex::new(&all.join("|")).ok()
    });
    let mut hits: Vec<Hit> = Vec::new();
    let Some(prefixes) = PREFIXES.as_ref() else { return hits };
    let mut done = 0;
    for candidate in prefixes.find_iter(text).map(|found| found.start()) {
        if candidate < done {
            continue;
        }
        let rest = &text[candidate..];
        let rest = &rest[..rest.floor_char_boundary(WINDOW)];
        let starts_word = !text[..candidate].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let found = DETECTORS
            .iter()
            .filter(|detector| starts_word || detector.before == Before::Anything)
            .filter(|detector| detector.prefixes.iter().any(|prefix| rest.starts_with(prefix)))
            .find_map(|detector| detector.confirm(rest).map(|found| (detector.id, found)));
        if let Some((detector, (range, confidence))) = found {
            done = candidate + range.end;
            hits.push(Hit { detector, confidence, start: candidate + range.start, end: done });
        }
    }
    hits
}

/// An AWS secret access key has no mark of its own: forty characters near an access key id.
fn pair_with_secret_keys(text: &str, hits: &mut Vec<Hit>) {
    let ids: Vec<usize> =
        hits.iter().filter(|hit| hit.detector == "aws-access-key-id").map(|hit| hit.end).collect();
    for end in ids {
        let rest = &text[end..];
        let rest = &rest[..rest.floor_char_boundary(NEARBY)];
        let mut at = end;
        for word in rest.split_inclusive(|c: char| !is_aws_secret_char(c)) {
            let candidate = word.trim_end_matches(|c: char| !is_aws_secret_char(c));
            if is_aws_secret(candidate) {
                let (start, end) = (at, at + candidate.len());
                hits.push(Hit { detector: AWS_SECRET, confidence: Confidence::High, start, end });
            }
            at += word.len();
        }
    }
}

const AWS_SECRET: &str = "aws-secret-access-key";

fn is_aws_secret_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/')
}

fn is_aws_secret(text: &str) -> bool {
    text.len() == 40
        && text.chars().all(is_aws_secret_char)
        && text.bytes().any(|b| b.is_ascii_uppercase())
        && entropy(text) >= 4.0
        && kind(text) == ValueKind::Literal
}

/// Whether the value after a sensitive key is a secret, and how surely.
fn judge(text: &str, assignment: &Assignment) -> Option<Hit> {
    let value = &text[assignment.value.clone()];
    let key = &text[assignment.key.clone()];
    let (start, end) = (assignment.value.start, assignment.value.end);
    if kind(value) != ValueKind::Literal || is_plain_data(value) {
        return None;
    }
    if is_aws_secret(value) && !key.eq_ignore_ascii_case("token") {
        return Some(Hit { detector: AWS_SECRET, confidence: Confidence::High, start, end });
    }
    // Program text: a call, a member, a type.
    if !assignment.quoted && value.contains(['(', '[', '<', '{', '$', '|']) {
        return None;
    }
    if value.len() < 4 || value.eq_ignore_ascii_case(key) || names_itself(value) || is_sequential(value) {
        return None;
    }
    let confidence = if value.len() >= 8 && !value.contains(' ') && looks_generated(value) {
        Confidence::Medium
    } else {
        Confidence::Low
    };
    Some(Hit { detector: "sensitive-assignment", confidence, start, end })
}

/// Values that are no secret whatever their key: booleans, numbers, paths, addresses, identifiers.
fn is_plain_data(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    matches!(
        lower.as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "string" | "required" | "optional"
    ) || value.bytes().all(|b| !b.is_ascii_alphanumeric())
        || value.parse::<f64>().is_ok()
        || value.starts_with(['/', '~'])
        || value.starts_with("./")
        || value.starts_with("../")
        || value.starts_with("arn:")
        || lower.starts_with("sha256:")
        || value.contains("@sha256:")
        || (value.contains("://") && !value.contains('@'))
        || is_uuid(value)
        || is_git_sha(value)
}

/// Whether `value` is a UUID (RFC 9562): usually an id, seldom a secret.
fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// Whether `value` has the form of a full Git object id.
fn is_git_sha(value: &str) -> bool {
    value.len() == 40 && value.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Sorted by place; of two that overlap the surer one, then the one found by structure.
fn without_overlaps(mut hits: Vec<Hit>) -> Vec<Hit> {
    if hits.len() < 2 {
        return hits;
    }
    hits.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.confidence)));
    let mut kept: Vec<Hit> = Vec::with_capacity(hits.len());
    for hit in hits {
        match kept.last_mut() {
            Some(last) if hit.start < last.end => {
                if hit.confidence > last.confidence {
                    *last = hit;
                }
            }
            _ => kept.push(hit),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detectors(text: &str) -> Vec<(&'static str, &str)> {
        scan(text).into_iter().map(|hit| (hit.detector, &text[hit.start..hit.end])).collect()
    }

    #[test]
    fn tokens_are_found_by_structure() {
        // Built from parts, so that no scanner takes this file for a leak.
        let hex = "5d41402abc4b2a76b9719d911017c592";
        let alphanumeric = "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17";
        for (id, token) in [
            ("aws-access-key-id", format!("AKIA{}", "7Q3XWZ5R2M4KJ6TB")),
            ("github-token", format!("ghp_{alphanumeric}")),
            ("gitlab-token", format!("glpat-{}", &alphanumeric[..20])),
            ("slack-token", format!("xoxb-293847561029-{}", &alphanumeric[..24])),
            ("stripe-key", format!("sk_live_{}", &alphanumeric[..24])),
            ("google-api-key", format!("AIza{}", &alphanumeric[..35])),
            ("npm-token", format!("npm_{alphanumeric}")),
            ("sendgrid-key", format!("SG.{}.{}{}", &alphanumeric[..22], alphanumeric, &hex[..7])),
            ("databricks-token", format!("dapi{hex}")),
        ] {
            let text = format!("before {token} after");
            assert_eq!(detectors(&text), [(id, token.as_str())]);
        }
    }

    #[test]
    fn context_gives_a_secret_key_away() {
        let secret = "kT9v/Zq2Xw8LrB4nMs6YhD1fGc3JpE5aUo7ViKtQ";
        let text = format!("id: AKIA{}\nkey: {secret}\n", "7Q3XWZ5R2M4KJ6TB");
        assert_eq!(detectors(&text)[1], ("aws-secret-access-key", secret));
        assert_eq!(detectors(&format!("secret_access_key = {secret}")), [("aws-secret-access-key", secret)]);
        assert!(detectors(secret).is_empty());
    }

    #[test]
    fn urls_and_assignments() {
        assert_eq!(detectors("postgres://app:fecJUyGT1@db/x"), [("url-credentials", "fecJUyGT1")]);
        assert_eq!(detectors("password: 9f8K2mQx71Lp"), [("sensitive-assignment", "9f8K2mQx71Lp")]);
    }

    #[test]
    fn known_false_positives_are_passed_over() {
        for text in [
            "AKIAIOSFODNN7EXAMPLE",
            "image: nginx@sha256:eaaa7b11777babe28e6133a8b19ff71cea687e0d7f05158dee95a71f76ce3d00",
            "token: 123e4567-e89b-12d3-a456-426614174000",
            "password: ${DB_PASSWORD}",
            "password: {{ .Values.password }}",
            "password: changeme",
            "https://$USER:$PASSWORD@host/x",
            "https://oauth2:${TOKEN}@host/x",
            "https://user:password@host/x",
            "git@github.com:org/repo.git",
            "ssh://git@github.com/org/repo",
            "secret: ''",
            "token: /var/run/secrets/token",
            "password: {{resolve:secretsmanager:db:SecretString:password}}",
            "xoxb-xxxxxxxxxxxx-xxxxxxxxxxxxxxxxxxxx",
            "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n-----END PUBLIC KEY-----",
        ] {
            assert!(detectors(text).is_empty(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn hits_are_places_in_order(text in r"(\PC|password|: |=|AKIA|://|eyJ|-----BEGIN |[A-Za-z0-9]{16}){0,24}") {
            let mut done = 0;
            for hit in scan(&text) {
                proptest::prop_assert!(hit.start >= done && hit.start < hit.end);
                proptest::prop_assert!(text.get(hit.start..hit.end).is_some());
                done = hit.end;
            }
            kind(&text);
        }
    }

    #[test]
    fn long_texts_take_linear_time() {
        for unit in [
            "password=",
            "eyJ.",
            "://a:",
            "-----BEGIN RSA PRIVATE KEY-----",
            "${",
            "a=\"",
            "Basic ",
            "AKIA",
            "é",
        ] {
            let text = unit.repeat(300_000 / unit.len());
            let start = std::time::Instant::now();
            scan(&text);
            kind(&text);
            assert!(start.elapsed().as_secs() < 5, "{unit}");
        }
    }
}
