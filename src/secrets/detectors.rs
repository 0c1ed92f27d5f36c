//! The detectors: one row each. A row is an id, how sure it is, the texts that betray a candidate, the
//! pattern that confirms it and, where a format allows, a further check.
//!
//! A new detector is one row. Ids never change, since configurations and baselines name them.

use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;

use crate::model::Confidence::{self, High, Low, Medium};

use super::decode::{decode_base64, decode_base64_url};
use super::entropy::{entropy, is_sequential, looks_generated};
use super::kind::{is_placeholder, names_itself};

/// A kind of secret that its own structure gives away.
pub(super) struct Detector {
    /// Stable name.
    pub id: &'static str,
    /// How sure a hit is, unless the check says otherwise.
    confidence: Confidence,
    /// Texts one of which every match starts with, in any place of a text.
    pub prefixes: &'static [&'static str],
    /// What may stand before the prefix.
    pub before: Before,
    /// Matches from the prefix on; the secret is group `s`, or the whole match.
    pattern: &'static str,
    /// Raises or lowers the confidence of a secret, or rejects it.
    check: fn(&str, Confidence) -> Option<Confidence>,
    compiled: OnceLock<Option<Regex>>,
}

/// What may stand before a prefix.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// No letter, digit or underscore: the prefix starts a word.
    Boundary,
    /// Anything.
    Anything,
}

impl Detector {
    const fn new(
        id: &'static str,
        confidence: Confidence,
        prefixes: &'static [&'static str],
        pattern: &'static str,
        check: fn(&str, Confidence) -> Option<Confidence>,
    ) -> Self {
        let before = Before::Boundary;
        Self { id, confidence, prefixes, before, pattern, check, compiled: OnceLock::new() }
    }

    /// The same detector for a prefix that may stand anywhere.
    const fn inside(mut self) -> Self {
        self.before = Before::Anything;
        self
    }

    /// The bytes of the secret in `text`, which starts with one of the prefixes, and how sure it is.
    pub fn confirm(&self, text: &str) -> Option<(Range<usize>, Confidence)> {
        let pattern = self.compiled.get_or_init(|| Regex::new(&format!(r"\A(?:{})", self.pattern)).ok());
        let found = pattern.as_ref()?.captures(text)?;
        let secret = found.name("s").or_else(|| found.name("token")).or_else(|| found.get(0))?;
        let confidence = (self.check)(secret.as_str(), self.confidence)?;
        Some((secret.range(), confidence))
    }
}

/// Every detector; where two share a prefix the first that confirms wins.
pub(super) static DETECTORS: [Detector; 46] = [
    Detector::new(
        "aws-access-key-id",
        High,
        &["AKIA", "ASIA", "ABIA", "ACCA"],
        r"(?-u:A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}\b)",
        random,
    ),
    Detector::new("aws-bedrock-key", High, &["ABSK"], r"(?-u:ABSK[A-Za-z0-9+/]{109,269}={0,2})", random),
    Detector::new(
        "github-token",
        Medium,
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        r"(?-u:gh[pousr]_[0-9A-Za-z]{36}\b)",
        checksum,
    ),
    Detector::new(
        "github-fine-grained-token",
        High,
        &["github_pat_"],
        r"(?-u:github_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}\b)",
        random,
    ),
    Detector::new(
        "gitlab-token",
        High,
        &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-", "glagent-"],
        r"(?-u:gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent)-[0-9A-Za-z_-]{20,200})",
        random,
    ),
    Detector::new(
        "slack-token",
        High,
        &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-"],
        r"(?-u:xox[bpars]-(?:[0-9]-)?[0-9]{9,14}-[0-9A-Za-z-]{10,200})",
        random,
    ),
    Detector::new(
        "slack-config-token",
        High,
        &["xoxe-", "xoxe."],
        r"(?-u:xoxe(?:\.xox[bp])?-[0-9]-[0-9A-Za-z]{140,170})",
        random,
    ),
    Detector::new(
        "slack-app-token",
        High,
        &["xapp-"],
        r"(?-u:xapp-[0-9]-[A-Z0-9]{8,14}-[0-9]{10,14}-[0-9a-f]{40,80})",
        random,
    ),
    Detector::new(
        "slack-webhook",
        High,
        &["hooks.slack.com/"],
        r"(?-u:hooks\.slack\.com/(?:services|workflows|triggers)/(?P<s>[A-Za-z0-9/]{40,60}))",
        random,
    )
    .inside(),
    Detector::new(
        "stripe-key",
        High,
        &["sk_live_", "rk_live_"],
        r"(?-u:[sr]k_live_[0-9A-Za-z]{16,120}\b)",
        random,
    ),
    Detector::new(
        "stripe-test-key",
        Low,
        &["sk_test_", "rk_test_"],
        r"(?-u:[sr]k_test_[0-9A-Za-z]{16,120}\b)",
        random,
    ),
    Detector::new("stripe-webhook-secret", High, &["whsec_"], r"(?-u:whsec_[0-9A-Za-z+/]{32,64})", random),
    Detector::new("google-api-key", High, &["AIza"], r"(?-u:AIza[0-9A-Za-z_-]{35})", random),
    Detector::new("google-oauth-secret", High, &["GOCSPX-"], r"(?-u:GOCSPX-[0-9A-Za-z_-]{28})", random),
    Detector::new("google-oauth-token", High, &["ya29."], r"(?-u:ya29\.[0-9A-Za-z_-]{30,300})", random),
    Detector::new("npm-token", Medium, &["npm_"], r"(?-u:npm_[0-9A-Za-z]{36}\b)", checksum),
    Detector::new("pypi-token", High, &["pypi-AgEI"], r"(?-u:pypi-AgEI[0-9A-Za-z_-]{50,300})", random),
    Detector::new("rubygems-key", High, &["rubygems_"], r"(?-u:rubygems_[0-9a-f]{48}\b)", random),
    Detector::new("cargo-token", High, &["cio"], r"(?-u:cio[0-9A-Za-z]{32}\b)", random),
    Detector::new(
        "docker-token",
        High,
        &["dckr_pat_", "dckr_oat_"],
        r"(?-u:dckr_[po]at_[0-9A-Za-z_-]{27,32})",
        random,
    ),
    Detector::new("sendgrid-key", High, &["SG."], r"(?-u:SG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43})", random),
    Detector::new("twilio-key", Medium, &["SK"], r"(?-u:SK[0-9a-f]{32}\b)", random),
    Detector::new("mailgun-key", Medium, &["key-"], r"(?-u:key-[0-9a-f]{32}\b)", random),
    Detector::new(
        "openai-key",
        High,
        &["sk-"],
        r"(?-u:sk-(?:(?:proj|svcacct|admin)-[0-9A-Za-z_-]{20,200}|[0-9A-Za-z]{20}T3BlbkFJ[0-9A-Za-z]{20}))",
        random,
    ),
    Detector::new(
        "anthropic-key",
        High,
        &["sk-ant-"],
        r"(?-u:sk-ant-(?:api|admin)[0-9]{2}-[0-9A-Za-z_-]{80,120})",
        random,
    ),
    Detector::new("huggingface-token", High, &["hf_"], r"(?-u:hf_[0-9A-Za-z]{34}\b)", random),
    Detector::new("databricks-token", High, &["dapi"], r"(?-u:dapi[0-9a-f]{32}(?:-[0-9])?\b)", random),
    Detector::new(
        "digitalocean-token",
        High,
        &["dop_v1_", "doo_v1_", "dor_v1_"],
        r"(?-u:do[por]_v1_[0-9a-f]{64}\b)",
        random,
    ),
    Detector::new(
        "vault-token",
        High,
        &["hvs.", "hvb.", "hvr."],
        r"(?-u:hv[sbr]\.[0-9A-Za-z_-]{24,300})",
        random,
    ),
    Detector::new("terraform-token", High, &[".atlasv1."], r"(?-u:\.atlasv1\.[0-9A-Za-z_=-]{60,70})", random)
        .inside(),
    Detector::new(
        "grafana-token",
        High,
        &["glsa_", "glc_"],
        r"(?-u:gl(?:sa_[0-9A-Za-z]{32}_[0-9a-f]{8}|c_[0-9A-Za-z+/]{32,400}={0,2}))",
        random,
    ),
    Detector::new(
        "atlassian-token",
        High,
        &["ATATT3", "ATCTT3"],
        r"(?-u:AT[AC]TT3[0-9A-Za-z_=-]{60,250})",
        random,
    ),
    Detector::new(
        "shopify-token",
        High,
        &["shpat_", "shpca_", "shppa_", "shpss_"],
        r"(?-u:shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b)",
        random,
    ),
    Detector::new("postman-key", High, &["PMAK-"], r"(?-u:PMAK-[0-9a-f]{24}-[0-9a-f]{34}\b)", random),
    Detector::new("newrelic-key", High, &["NRAK-"], r"(?-u:NRAK-[0-9A-Z]{27}\b)", random),
    Detector::new("linear-key", High, &["lin_api_"], r"(?-u:lin_api_[0-9A-Za-z]{40}\b)", random),
    Detector::new(
        "doppler-token",
        High,
        &["dp.pt.", "dp.st."],
        r"(?-u:dp\.[ps]t\.(?:[a-z0-9_-]{2,35}\.)?[0-9A-Za-z]{40,44}\b)",
        random,
    ),
    Detector::new(
        "onepassword-token",
        High,
        &["ops_eyJ"],
        r"(?-u:ops_eyJ[0-9A-Za-z+/]{250,400}={0,2})",
        random,
    ),
    Detector::new("telegram-bot-token", High, &[":AA"], r"(?-u::AA[0-9A-Za-z_-]{33}\b)", random).inside(),
    Detector::new(
        "age-secret-key",
        High,
        &["AGE-SECRET-KEY-1"],
        r"(?-u:AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58})",
        random,
    ),
    Detector::new(
        "private-key",
        High,
        &["-----BEGIN "],
        r"-----BEGIN (?:[A-Z0-9]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-[^-])*",
        key_material,
    )
    .inside(),
    Detector::new(
        "jwt",
        Medium,
        &["eyJ"],
        r"(?-u:eyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{10,})",
        signed_jwt,
    ),
    Detector::new(
        "url-credentials",
        Medium,
        &["://"],
        r#"://[^\s/?#@:'"<>{}$]{0,64}:(?P<s>[^\s/?#@'"<>{}$]{1,128})@"#,
        password,
    )
    .inside(),
    Detector::new(
        "authorization-header",
        Medium,
        &["Authorization:", "authorization:", "Bearer ", "Basic ", "bearer ", "basic "],
        r#"(?:[Aa]uthorization: {0,4}(?:[A-Za-z-]{3,16} )?|[Bb]earer |[Bb]asic )(?P<s>[^\s"'$<{\\]{12,512})"#,
        credentials,
    ),
    Detector::new(
        "curl-user",
        Medium,
        &[" -u ", " --user "],
        r#" (?:-u|--user) +["']?(?:[^\s:"'$<\[]{0,64}["']?:["']?(?P<s>[^\s"'$<\[]{4,128})|(?P<token>[^\s:"'$<\[{]{8,64}):["'\s])"#,
        account,
    )
    .inside(),
    Detector::new(
        "http-header-key",
        Medium,
        &[" -H ", " --header "],
        r#" (?:-H|--header) +["']?(?:[Xx]-)?(?-u:[A-Za-z0-9]{1,32}-){0,4}(?i-u:api-?key|token|secret|access-?key): {0,2}(?P<s>(?-u:[A-Za-z0-9_.~+/=-]){12,512})"#,
        random,
    )
    .inside(),
];

/// Accepts what is neither a stand-in nor a counting run.
fn random(secret: &str, confidence: Confidence) -> Option<Confidence> {
    let repeats = entropy(secret) < 2.5;
    (!is_placeholder(secret) && !repeats && !is_sequential(secret)).then_some(confidence)
}

/// A password: anything but a stand-in; sure only when it looks generated.
fn password(secret: &str, confidence: Confidence) -> Option<Confidence> {
    if is_placeholder(secret) || names_itself(secret) || is_sequential(secret) {
        return None;
    }
    Some(if entropy(secret) >= 2.5 { confidence } else { Low })
}

/// A password on a command line, or a token that takes the place of a user; braces enclose what is to be
/// filled in, unless it could not be a name.
fn account(secret: &str, confidence: Confidence) -> Option<Confidence> {
    let inner = secret.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    match inner {
        Some(inner) if !looks_generated(inner) => None,
        _ => password(secret, confidence),
    }
}

/// The credentials of an Authorization header: a long random token, or base64 of `user:password`.
fn credentials(secret: &str, confidence: Confidence) -> Option<Confidence> {
    if let Some((user, pass)) = decode_base64(secret).as_deref().and_then(|text| text.split_once(':')) {
        // A token may take the place of the user.
        return password(if pass.is_empty() { user } else { pass }, confidence);
    }
    (secret.bytes().any(|b| b.is_ascii_digit()) && entropy(secret) >= 3.0)
        .then(|| random(secret, confidence))
        .flatten()
}

/// A JSON Web Token (RFC 7519) whose header decodes and names an algorithm other than `none`.
fn signed_jwt(secret: &str, confidence: Confidence) -> Option<Confidence> {
    let header = decode_base64_url(secret.split('.').next()?)?;
    (header.contains("\"alg\"") && !header.contains("\"none\"")).then_some(confidence)
}

/// A private key block with a body; a header that only documents the form has none.
fn key_material(secret: &str, confidence: Confidence) -> Option<Confidence> {
    let body = secret.split("-----").nth(2)?;
    let longest = body
        .split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '/' | '='))
        .map(str::len)
        .max()
        .unwrap_or(0);
    (longest >= 32 && entropy(body) >= 3.0).then_some(confidence)
}

/// GitHub's and npm's tokens end in the CRC-32 of the rest, in six base-62 digits: a token that
/// agrees is certain, one that does not may be made up.
fn checksum(secret: &str, confidence: Confidence) -> Option<Confidence> {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let (_, body) = secret.split_once('_')?;
    let (random_part, digits) = body.split_at_checked(body.len().checked_sub(6)?)?;
    let mut rest = crc32(random_part.as_bytes());
    let mut agrees = true;
    for digit in digits.bytes().rev() {
        agrees &= digit == DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    random(secret, if agrees { High } else { confidence })
}

/// CRC-32 (IEEE 802.3), bit by bit: inputs are 30 bytes long.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_sound() {
        let mut ids: Vec<_> = DETECTORS.iter().map(|detector| detector.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), DETECTORS.len(), "an id occurs twice");
        for detector in &DETECTORS {
            let pattern = Regex::new(&format!(r"\A(?:{})", detector.pattern));
            assert!(pattern.is_ok(), "{} does not compile", detector.id);
            assert!(!detector.prefixes.is_empty(), "{} cannot be found", detector.id);
        }
    }

    #[test]
    fn checksums_follow_the_published_scheme() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        let body = "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ";
        let mut rest = crc32(body.as_bytes());
        let mut digits = Vec::new();
        for _ in 0..6 {
            let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
            digits.push(alphabet[(rest % 62) as usize]);
            rest /= 62;
        }
        digits.reverse();
        let token = format!("ghp_{body}{}", String::from_utf8(digits).unwrap());
        assert_eq!(checksum(&token, Medium), Some(High));
        assert_eq!(checksum(&format!("ghp_{body}0A0B0C"), Medium), Some(Medium));
    }
}
