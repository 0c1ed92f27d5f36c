//! Values of charts, put together as Helm does: mappings are merged, everything else is replaced.

use crate::gitops::tree::{Origin, Tree, Value};
use crate::model::Document;
use crate::syntax;

/// `over` on top of `base`.
pub(super) fn merged(base: Option<Tree>, over: Tree) -> Tree {
    let Some(mut base) = base.filter(|base| base.is_map() && over.is_map()) else { return over };
    let Value::Map(entries) = over.value else { return base };
    for (key, value) in entries {
        let name = key.text().unwrap_or_default().to_owned();
        let known = base.remove(&name);
        base.set(&name, merged(known, value));
    }
    base
}

/// Values from the text of a YAML file.
///
/// # Errors
/// When it is no mapping.
pub(super) fn read(text: &str, origin: Origin) -> Result<Tree, String> {
    let parsed = syntax::for_file("values.yaml").map(|yaml| yaml.parse(text)).unwrap_or_default();
    let root = parsed.documents.first().and_then(Document::root);
    match root {
        None if !parsed.has_parse_error() => Ok(Tree::map(origin)),
        Some(root) if root.is_mapping() && !parsed.has_parse_error() && parsed.documents.len() == 1 => {
            let mut values = Tree::read(root, origin.file);
            values.give_origin(origin);
            Ok(values)
        }
        _ => Err("its values are no mapping in YAML".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitops::print;
    use crate::gitops::tree::FileId;
    use crate::model::Span;

    #[test]
    fn mappings_are_merged_and_everything_else_is_replaced() {
        let origin = Origin { file: FileId(0), span: Span::default(), maker: None };
        let base = read("a: {b: 1, c: [1, 2]}\nd: x\n", origin).unwrap();
        let over = read("a: {c: [3], e: null}\nd: {f: '1'}\n", origin).unwrap();
        let mut text = String::new();
        print::document(&merged(Some(base), over), &mut text);
        assert_eq!(text, "a:\n  b: 1\n  c:\n  - 3\n  e: null\nd:\n  f: \"1\"\n");
        assert!(read("- a\n", origin).is_err() && read("a: [\n", origin).is_err());
        assert!(read("# nothing\n", origin).is_ok());
    }
}
