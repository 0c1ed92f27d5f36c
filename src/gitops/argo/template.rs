//! The `{{ … }}` of an ApplicationSet: names and paths of names, which is nearly all that sets use.
//!
//! Deliberately absent: Go's template functions. What uses one is refused.

use std::collections::BTreeMap;

use crate::gitops::tree::{Maker, Origin, Tree, Value};

/// The parameters one generator gives: `path.basename`, `values.region`, `path[0]`.
pub type Parameters = BTreeMap<String, Tree>;

/// Fills the parameters into every text of `tree`.
///
/// # Errors
/// The expression that is not understood or names no parameter.
pub fn fill(tree: &mut Tree, parameters: &Parameters) -> Result<(), String> {
    match &mut tree.value {
        Value::Scalar(text, ..) if !text.contains("{{") => {}
        Value::Scalar(text, ..) => {
            let (filled, whole) = expand(text, parameters)?;
            let origin = whole.unwrap_or(Origin { maker: Some(Maker::Substitution), ..tree.origin });
            *tree = Tree::string(filled, origin);
        }
        Value::List(items) => items.iter_mut().try_for_each(|item| fill(item, parameters))?,
        Value::Map(entries) => {
            for (key, value) in entries {
                fill(key, parameters)?;
                fill(value, parameters)?;
            }
        }
    }
    Ok(())
}

/// The text, and the origin of the parameter when the text is nothing but that.
fn expand(text: &str, parameters: &Parameters) -> Result<(String, Option<Origin>), String> {
    let (mut out, mut rest, mut whole) = (String::new(), text, None);
    while let Some((before, from)) = rest.split_once("{{") {
        let (expression, after) =
            from.split_once("}}").ok_or_else(|| "an expression is not closed".to_owned())?;
        let name = name(expression.trim_matches('-').trim());
        let value = name.and_then(|name| parameters.get(&name));
        let value = value.ok_or_else(|| format!("`{{{{{expression}}}}}` is not known here"))?;
        out.push_str(before);
        out.push_str(value.text().unwrap_or_default());
        whole = (before.is_empty() && after.is_empty() && out.len() == value.text().map_or(0, str::len))
            .then_some(value.origin);
        rest = after;
    }
    out.push_str(rest);
    Ok((out, whole))
}

/// The parameter that an expression names: `path`, `.path.path`, `index .path.segments 1`.
fn name(expression: &str) -> Option<String> {
    let plain = |text: &str| text.chars().all(|c| c.is_alphanumeric() || "._-[]".contains(c));
    if let Some(arguments) = expression.strip_prefix("index ") {
        let (list, index) = arguments.trim().rsplit_once(' ')?;
        let list = list.trim().strip_prefix('.')?;
        let index = index.trim_matches('"');
        let separator = if index.bytes().all(|b| b.is_ascii_digit()) {
            format!("[{index}]")
        } else {
            format!(".{index}")
        };
        return plain(list).then(|| format!(".{list}{separator}"));
    }
    plain(expression).then(|| expression.to_owned())
}

/// Adds `tree` under `name` for both kinds of templates: `a.b` for the plain one, `.a.b` for Go's.
pub fn add(parameters: &mut Parameters, name: &str, tree: &Tree) {
    match &tree.value {
        Value::Scalar(..) => {
            parameters.insert(format!(".{name}"), tree.clone());
            parameters.insert(name.to_owned(), tree.clone());
        }
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                add(parameters, &format!("{name}[{index}]"), item);
            }
        }
        Value::Map(entries) => {
            for (key, value) in entries {
                let key = key.text().unwrap_or_default();
                let inner = if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
                add(parameters, &inner, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitops::tree::FileId;
    use crate::model::Span;

    #[test]
    fn names_paths_and_indexes() {
        let origin = Origin { file: FileId(0), span: Span::new(3, 7), maker: None };
        let mut parameters = Parameters::new();
        add(&mut parameters, "path.basename", &Tree::string("cart", origin));
        add(&mut parameters, "path.segments[1]", &Tree::string("apps", origin));
        let filled = |text: &str| expand(text, &parameters).map(|(text, _)| text);
        assert_eq!(filled("x-{{path.basename}}-{{ .path.basename }}").unwrap(), "x-cart-cart");
        assert_eq!(filled("{{index .path.segments 1}}").unwrap(), "apps");
        assert!(filled("{{ .path.basename | upper }}").is_err());
        assert!(filled("{{missing}}").is_err());
        assert_eq!(expand("{{path.basename}}", &parameters).unwrap().1, Some(origin));
    }
}
