//! `${…}` in a text, as Flux's `postBuild` fills it in (github.com/fluxcd/pkg/envsubst, a fork of
//! drone/envsubst): `${name}`, defaults, cuts, replacements, case; `$${name}` stays `${name}`.
//!
//! A name without a value keeps its `${…}`: Flux would write nothing there, or take the value from
//! where Git does not reach. Deliberately absent: `$name`, which Flux leaves alone as well.

/// The values of the names; `None` for a name that has none.
pub type Lookup<'l> = &'l dyn Fn(&str) -> Option<String>;

/// How deep defaults may nest.
const MAX_DEPTH: u32 = 16;
/// The longest text that comes of a substitution.
const MAX_LENGTH: usize = 4 << 20;

/// A text after substitution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The text.
    pub text: String,
    /// Whether anything was filled in.
    pub changed: bool,
    /// The names that had no value.
    pub missing: Vec<String>,
}

/// Fills in the `${…}` of `text`.
///
/// # Errors
/// The expression that Flux refuses, too: it would not apply the object at all.
pub fn expand(text: &str, lookup: Lookup<'_>) -> Result<Expanded, String> {
    let mut expanded = Expanded::default();
    expand_into(text, lookup, 0, &mut expanded)?;
    Ok(expanded)
}

fn expand_into(text: &str, lookup: Lookup<'_>, depth: u32, out: &mut Expanded) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err("the defaults nest too deep".to_owned());
    }
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            // `$${` is an escape for `${`; what is inside is not looked at.
            out.text.push_str(before);
            out.text.push_str("${");
            out.changed = true;
            rest = &from[2..];
            continue;
        }
        out.text.push_str(before);
        let Some(length) = length(from) else {
            return Err(format!("`{}` is not closed", excerpt(from)));
        };
        let (expression, after) = from.split_at(length);
        substitute(expression, lookup, depth, out)?;
        if out.text.len() > MAX_LENGTH {
            return Err("the text grows too long".to_owned());
        }
        rest = after;
    }
    out.text.push_str(rest);
    Ok(())
}

/// The length of the expression that `text` starts with, braces included.
fn length(text: &str) -> Option<usize> {
    let mut open = 0_u32;
    let mut previous = ' ';
    for (at, char) in text.char_indices() {
        match char {
            '{' if previous == '$' => open += 1,
            '}' if open == 1 => return Some(at + 1),
            '}' => open = open.saturating_sub(1),
            _ => {}
        }
        previous = char;
    }
    None
}

fn substitute(expression: &str, lookup: Lookup<'_>, depth: u32, out: &mut Expanded) -> Result<(), String> {
    let refuse = || format!("`{}` is no substitution that Flux knows", excerpt(expression));
    let inner = &expression[2..expression.len() - 1];
    let (wants_length, inner) = match inner.strip_prefix('#') {
        Some(inner) => (true, inner),
        None => (false, inner),
    };
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
    let (name, operation) = inner.split_at(end);
    if name.is_empty() {
        return Err(refuse());
    }
    let argument = |text: &str, out: &mut Expanded| -> Result<String, String> {
        let mut part = Expanded::default();
        expand_into(text, lookup, depth + 1, &mut part)?;
        out.missing.append(&mut part.missing);
        Ok(part.text)
    };
    let value = lookup(name);
    if let Some(default) = [":-", ":=", "-", "="].iter().find_map(|sign| operation.strip_prefix(sign)) {
        let value = match value.filter(|value| !value.is_empty()) {
            Some(value) => value,
            None => argument(default, out)?,
        };
        out.text.push_str(&value);
        out.changed = true;
        return Ok(());
    }
    let Some(value) = value else {
        out.missing.push(name.to_owned());
        out.text.push_str(expression);
        return Ok(());
    };
    let value = if wants_length {
        value.chars().count().to_string()
    } else {
        let (sign, rest) = sign(operation).ok_or_else(refuse)?;
        let mut arguments = Vec::new();
        if !rest.is_empty() {
            for part in split(rest, sign) {
                arguments.push(argument(part, out)?);
            }
        }
        apply(sign, &arguments, &value).ok_or_else(refuse)?
    };
    out.text.push_str(&value);
    out.changed = true;
    Ok(())
}

/// The operations, the longer first.
const SIGNS: [&str; 13] = ["^^", "^", ",,", ",", "##", "#", "%%", "%", "//", "/#", "/%", "/", ":"];

fn sign(operation: &str) -> Option<(&'static str, &str)> {
    if operation.is_empty() {
        return Some(("", ""));
    }
    SIGNS.iter().find_map(|sign| operation.strip_prefix(sign).map(|rest| (*sign, rest)))
}

fn split<'t>(rest: &'t str, sign: &str) -> Vec<&'t str> {
    match sign {
        ":" => rest.splitn(2, ':').collect(),
        "/" | "//" | "/#" | "/%" => rest.splitn(2, '/').collect(),
        _ => vec![rest],
    }
}

fn apply(sign: &str, arguments: &[String], value: &str) -> Option<String> {
    let argument = |index: usize| arguments.get(index).map_or("", String::as_str);
    let first = |change: fn(char) -> char| {
        let mut chars = value.chars();
        chars.next().map(change).into_iter().chain(chars).collect::<String>()
    };
    Some(match sign {
        "" => value.to_owned(),
        "^^" => value.to_uppercase(),
        ",," => value.to_lowercase(),
        "^" => first(|c| c.to_ascii_uppercase()),
        "," => first(|c| c.to_ascii_lowercase()),
        "#" | "##" => trim(value, argument(0), sign == "##", true),
        "%" | "%%" => trim(value, argument(0), sign == "%%", false),
        "//" => value.replace(argument(0), argument(1)),
        "/" => value.replacen(argument(0), argument(1), 1),
        "/#" => {
            value.strip_prefix(argument(0)).map_or(value.to_owned(), |rest| format!("{}{rest}", argument(1)))
        }
        "/%" => {
            value.strip_suffix(argument(0)).map_or(value.to_owned(), |rest| format!("{rest}{}", argument(1)))
        }
        ":" => {
            let from: usize = argument(0).trim().parse().ok()?;
            let rest: String = value.chars().skip(from).collect();
            match arguments.get(1) {
                Some(length) => rest.chars().take(length.trim().parse().ok()?).collect(),
                None => rest,
            }
        }
        _ => return None,
    })
}

/// Cuts the shortest or longest part that matches the pattern from one end.
fn trim(value: &str, pattern: &str, longest: bool, from_start: bool) -> String {
    let mut cuts: Vec<usize> = value.char_indices().map(|(at, _)| at).chain([value.len()]).collect();
    // From the start, a short cut is a small index; from the end, a large one.
    if longest == from_start {
        cuts.reverse();
    }
    let matching = cuts.into_iter().find(|cut| {
        let (head, tail) = value.split_at(*cut);
        fast_glob::glob_match(pattern, if from_start { head } else { tail })
    });
    match matching {
        Some(cut) if from_start => value[cut..].to_owned(),
        Some(cut) => value[..cut].to_owned(),
        None => value.to_owned(),
    }
}

/// Enough of an expression to recognise it; a default in it may be a secret.
fn excerpt(expression: &str) -> String {
    let name: String =
        expression[2..].chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')).collect();
    format!("${{{name}…}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Result<String, String> {
        let lookup = |name: &str| match name {
            "a" => Some("cart-api".to_owned()),
            "n" => Some("10".to_owned()),
            "empty" => Some(String::new()),
            _ => None,
        };
        expand(text, &lookup).map(|expanded| expanded.text)
    }

    #[test]
    fn names_and_defaults() {
        assert_eq!(expanded("x ${a} $a ${a}-${n}").unwrap(), "x cart-api $a cart-api-10");
        assert_eq!(
            expanded("${b:=d} ${b:-d} ${b=d} ${b-d} ${empty:=d} ${a:=d}").unwrap(),
            "d d d d d cart-api"
        );
        assert_eq!(expanded("${b:=${n}}").unwrap(), "10");
        assert_eq!(expanded("${b:=}").unwrap(), "");
    }

    #[test]
    fn an_escape_is_kept_and_a_missing_name_too() {
        assert_eq!(expanded("$${a} ${b}").unwrap(), "${a} ${b}");
        let missing = expand("${b} ${c:=${d}}", &|_| None).unwrap();
        assert_eq!(missing.missing, ["b", "d"]);
    }

    #[test]
    fn operations() {
        for (text, expected) in [
            ("${#a}", "8"),
            ("${a^}", "Cart-api"),
            ("${a^^}", "CART-API"),
            ("${a:5}", "api"),
            ("${a:0:4}", "cart"),
            ("${a#*-}", "api"),
            ("${a%-*}", "cart"),
            ("${a/a/o}", "cort-api"),
            ("${a//a/o}", "cort-opi"),
            ("${a/#cart/shop}", "shop-api"),
            ("${a/%api/ui}", "cart-ui"),
        ] {
            assert_eq!(expanded(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_flux_refuses_is_refused() {
        assert!(expanded("${a").is_err());
        assert!(expanded("${.Values.x}").is_err());
        assert!(expanded("${a!b}").is_err());
        assert!(expanded("${}").is_err());
    }
}
