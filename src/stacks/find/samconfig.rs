//! Stacks of SAM's configuration: every environment of `samconfig.toml` and of its YAML form.
//!
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html>

use std::collections::BTreeMap;

use super::finder::{Finder, Source};
use super::parameters::given;
use super::{DeclaredStack, Parameter};
use crate::model::NodeRef;
use crate::model::file_path::join;

/// The templates SAM takes when none is named, in its order.
const TEMPLATES: [&str; 3] = ["template.yaml", "template.yml", "template.json"];

/// Adds a stack for every environment that deploys one.
pub(super) fn add(finder: &mut Finder<'_>) {
    let sources = std::mem::take(&mut finder.samconfigs);
    for source in &sources {
        for (name, commands) in source.root().into_iter().flat_map(NodeRef::entries) {
            if commands.is_mapping() {
                environment(finder, source, name, commands);
            }
        }
    }
}

fn environment(finder: &mut Finder<'_>, source: &Source, name: NodeRef<'_>, commands: NodeRef<'_>) {
    // What is said of the command wins over what is said of all commands.
    let sections = ["deploy", "global"].map(|command| commands.descend(&[command, "parameters"]));
    let option = |key: &str| sections.iter().flatten().find_map(|section| section.get(key));
    let text = |key: &str| option(key).and_then(NodeRef::text);
    let stack_name = text("stack_name");
    if stack_name.is_none() && option("parameter_overrides").or(option("tags")).is_none() {
        return;
    }
    let template = match text("template_file").or_else(|| text("template")) {
        // What SAM has built is made of the template beside the configuration.
        Some(written) if !written.contains(".aws-sam/") => {
            finder.template_of(join(source.folder(), written).as_deref(), written, &source.path)
        }
        _ => {
            let mut paths = TEMPLATES.iter().filter_map(|name| join(source.folder(), name));
            let first = paths.find_map(|path| finder.template(&path));
            first.or_else(|| finder.template_of(None, TEMPLATES[0], &source.path))
        }
    };
    let Some(template) = template else { return };
    let mut parameters = BTreeMap::new();
    if let Some(overrides) = option("parameter_overrides") {
        for (key, value) in assignments(overrides) {
            parameters.insert(key, Parameter { value: given(&value), place: source.place(overrides) });
        }
    }
    finder.push(DeclaredStack {
        id: stack_name
            .map_or_else(|| format!("{} ({})", source.path, name.text().unwrap_or_default()), str::to_owned),
        name: stack_name.map(str::to_owned),
        account: None,
        region: text("region").map(str::to_owned),
        template,
        parameters,
        tags: option("tags").map(assignments).unwrap_or_default(),
        origin: source.place(option("stack_name").unwrap_or(name)),
    });
}

/// `A=b C="d e"`, `ParameterKey=A,ParameterValue=b`, a list of either, or a mapping.
fn assignments(node: NodeRef<'_>) -> Vec<(String, String)> {
    if node.is_mapping() {
        return super::parameters::pairs(Some(node));
    }
    let whole = node.text().map(words).unwrap_or_default();
    // An item of a list is one assignment, in which a space needs no quotes.
    let items = node.items().filter_map(NodeRef::text).map(|item| match words(item).as_slice() {
        [word] => word.clone(),
        _ => item.to_owned(),
    });
    whole.into_iter().chain(items).filter_map(|word| assignment(&word)).collect()
}

fn assignment(word: &str) -> Option<(String, String)> {
    let spelled = word.strip_prefix("ParameterKey=").and_then(|rest| rest.split_once(",ParameterValue="));
    let (key, value) = spelled.or_else(|| word.split_once('='))?;
    Some((key.to_owned(), value.to_owned()))
}

/// The words of a text as a shell splits them: quotes group, a backslash escapes.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), character) if character == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (Some('"') | None, '\\') => word.get_or_insert_default().extend(characters.next()),
            (None, character) if character.is_whitespace() => words.extend(word.take()),
            (_, character) => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_are_split_as_a_shell_splits_them() {
        let split = |text: &str| words(text).iter().filter_map(|word| assignment(word)).collect::<Vec<_>>();
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            split(r#"A=b C="d e" E='f' G="h \"i\"" J= "K=l m""#),
            [
                pair("A", "b"),
                pair("C", "d e"),
                pair("E", "f"),
                pair("G", "h \"i\""),
                pair("J", ""),
                pair("K", "l m")
            ]
        );
        assert_eq!(
            split(r#"ParameterKey=A,ParameterValue="b=c" ParameterKey=D,ParameterValue=e"#),
            [pair("A", "b=c"), pair("D", "e")]
        );
        assert_eq!(split("nothing"), []);
    }
}
