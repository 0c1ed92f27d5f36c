//! What a plain scalar means, which depends on who reads the file.
//!
//! The same `on` is a boolean to Kubernetes (sigs.k8s.io/yaml reads YAML 1.1 booleans), a string to a
//! YAML 1.2 reader. Resolution is lazy: only the scalars a policy looks at are resolved.

/// Which reader's rules resolve plain scalars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Schema {
    /// YAML 1.2 core schema (<https://yaml.org/spec/1.2.2/#103-core-schema>).
    #[default]
    Core,
    /// As sigs.k8s.io/yaml (go-yaml) reads it: YAML 1.1 booleans and octals besides the core schema.
    Kubernetes,
    /// String-leaning: as the core schema, but digits with a leading zero (account ids) stay text.
    CloudFormation,
    /// JSON (RFC 8259): `null`, `true`, `false` and numbers only.
    Json,
}

/// A resolved scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// No value.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer that fits 64 signed bits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Str(&'a str),
}

/// Resolves the text of a *plain* (unquoted, untagged) scalar.
pub fn resolve_plain(text: &str, schema: Schema) -> Scalar<'_> {
    let Some(&first) = text.as_bytes().first() else { return Scalar::Null };
    match first {
        b'0'..=b'9' | b'-' | b'+' | b'.' => number(text, schema).unwrap_or(Scalar::Str(text)),
        b'~' if text.len() == 1 && schema != Schema::Json => Scalar::Null,
        b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'o' | b'O' if text.len() <= 5 => {
            word(text, schema)
        }
        _ => Scalar::Str(text),
    }
}

fn word(text: &str, schema: Schema) -> Scalar<'_> {
    match text {
        "null" => Scalar::Null,
        "true" => Scalar::Bool(true),
        "false" => Scalar::Bool(false),
        _ if schema == Schema::Json => Scalar::Str(text),
        "Null" | "NULL" => Scalar::Null,
        "True" | "TRUE" => Scalar::Bool(true),
        "False" | "FALSE" => Scalar::Bool(false),
        // go-yaml v2, on which sigs.k8s.io/yaml builds, reads these but not bare `y` and `n`.
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" if schema == Schema::Kubernetes => Scalar::Bool(true),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" if schema == Schema::Kubernetes => Scalar::Bool(false),
        _ => Scalar::Str(text),
    }
}

/// A number of decimal digits that every reader takes for the same integer: most numbers are.
fn small(text: &str) -> Option<i64> {
    // Eighteen digits fit 64 bits; what begins with a zero is read in different ways.
    if text.len() > 18 || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.bytes().try_fold(0, |value, byte| match byte {
        b'0'..=b'9' => Some(value * 10 + i64::from(byte - b'0')),
        _ => None,
    })
}

fn number(text: &str, schema: Schema) -> Option<Scalar<'static>> {
    if let Some(value) = small(text) {
        return Some(Scalar::Int(value));
    }
    let (negative, digits) = match text.as_bytes()[0] {
        b'-' => (true, &text[1..]),
        b'+' if schema != Schema::Json => (false, &text[1..]),
        _ => (false, text),
    };
    let bytes = digits.as_bytes();
    let sign = |value: i64| Scalar::Int(if negative { -value } else { value });
    if !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit) {
        let leading_zero = bytes.len() > 1 && bytes[0] == b'0';
        return match schema {
            Schema::CloudFormation if leading_zero => None,
            Schema::Kubernetes if leading_zero && bytes.iter().all(|b| *b < b'8') => {
                i64::from_str_radix(digits, 8).ok().map(sign)
            }
            _ => text
                .strip_prefix('+')
                .unwrap_or(text)
                .parse()
                .map(Scalar::Int)
                .ok()
                .or_else(|| text.parse().ok().map(Scalar::Float)),
        };
    }
    if schema != Schema::Json {
        let radix = |prefix: &str, radix| {
            digits.strip_prefix(prefix).and_then(|rest| i64::from_str_radix(rest, radix).ok())
        };
        if let Some(value) = radix("0x", 16).or_else(|| radix("0o", 8)) {
            return Some(sign(value));
        }
        match digits {
            ".inf" | ".Inf" | ".INF" => {
                return Some(Scalar::Float(if negative { f64::NEG_INFINITY } else { f64::INFINITY }));
            }
            ".nan" | ".NaN" | ".NAN" if digits.len() == text.len() => return Some(Scalar::Float(f64::NAN)),
            _ => {}
        }
    }
    // Rust also reads "inf", "nan" and "1e5" forms; only digits, one point and an exponent are YAML's.
    let shape = bytes.iter().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    let has_digit = bytes.iter().any(u8::is_ascii_digit);
    (shape && has_digit && !matches!(bytes[0], b'e' | b'E' | b'+' | b'-'))
        .then(|| text.parse().ok().map(Scalar::Float))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::{Scalar::*, *};

    #[test]
    fn readers_differ() {
        assert_eq!(resolve_plain("on", Schema::Core), Str("on"));
        assert_eq!(resolve_plain("on", Schema::Kubernetes), Bool(true));
        assert_eq!(resolve_plain("0644", Schema::Kubernetes), Int(420));
        assert_eq!(resolve_plain("0644", Schema::Core), Int(644));
        assert_eq!(resolve_plain("012345678901", Schema::CloudFormation), Str("012345678901"));
        assert_eq!(resolve_plain("1.27.4", Schema::Core), Str("1.27.4"));
        assert_eq!(resolve_plain("1e3", Schema::Core), Float(1000.0));
        assert_eq!(resolve_plain("-", Schema::Core), Str("-"));
        assert_eq!(resolve_plain("12:30", Schema::Core), Str("12:30"));
        assert_eq!(resolve_plain("9223372036854775808", Schema::Core), Float(9_223_372_036_854_775_808.0));
        assert_eq!(resolve_plain("+1", Schema::Json), Str("+1"));
        assert_eq!(resolve_plain("", Schema::Core), Null);
    }
}
