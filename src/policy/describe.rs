//! A policy's page, in Markdown: what `explain` prints, what SARIF shows as help.

use std::fmt::Write as _;

use super::file::{Example, Expect};
use crate::model::file_path::name_of;
use crate::model::{NodeRef, Rule};

/// A parameter as its page shows it: name, default, description.
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value as configured, as YAML on one line.
    pub value: String,
    /// What it does.
    pub description: String,
}

/// The parameters of an example that are not at their defaults.
pub(super) type Given<'g, 'd> = &'g dyn Fn(&Example) -> Option<NodeRef<'d>>;

/// Writes the page of a rule.
pub(super) fn page(
    rule: &Rule,
    parameters: &[Parameter],
    examples: &[Example],
    given: Given<'_, '_>,
) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_page(&mut out, rule, parameters, examples, given);
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn write_page(
    out: &mut String,
    rule: &Rule,
    parameters: &[Parameter],
    examples: &[Example],
    given: Given<'_, '_>,
) -> std::fmt::Result {
    writeln!(out, "# {}\n\n{}\n", rule.id, rule.title)?;
    writeln!(
        out,
        "Severity **{}** · category {} · confidence {}\n",
        rule.severity,
        rule.category.as_str(),
        rule.confidence.as_str()
    )?;
    section(out, "Why", &rule.rationale)?;
    section(out, "What to do", &rule.remediation)?;
    if !parameters.is_empty() {
        writeln!(out, "## Parameters\n")?;
        for parameter in parameters {
            write!(out, "- `{}`: {}", parameter.name, parameter.value)?;
            if !parameter.description.is_empty() {
                write!(out, " ({})", parameter.description)?;
            }
            writeln!(out)?;
        }
        writeln!(out)?;
    }
    for (title, wanted) in [("Found", Expect::Fail), ("Not found", Expect::Pass)] {
        let chosen: Vec<&Example> = examples.iter().filter(|example| example.expect == wanted).collect();
        if chosen.is_empty() {
            continue;
        }
        writeln!(out, "## {title}\n")?;
        for example in chosen {
            write_example(out, example, given(example))?;
        }
    }
    if !rule.equivalents.is_empty() {
        writeln!(out, "## The same elsewhere\n")?;
        for equivalent in &rule.equivalents {
            writeln!(out, "- {equivalent}")?;
        }
        writeln!(out)?;
    }
    if !rule.references.is_empty() {
        writeln!(out, "## References\n")?;
        for reference in &rule.references {
            writeln!(out, "- <{reference}>")?;
        }
        writeln!(out)?;
    }
    section(
        out,
        "To suppress one finding",
        &format!("```yaml\n# trueup: ignore[{}] reason=\"…\" until=YYYY-MM-DD\n```", rule.id),
    )
}

/// An example and what stands around it: a page has to show why the one is found and the other is not.
fn write_example(out: &mut String, example: &Example, given: Option<NodeRef<'_>>) -> std::fmt::Result {
    let mut circumstances = Vec::new();
    if let Some(role) = &example.role {
        circumstances.push(format!("in a repository of the role `{role}`"));
    }
    if let Some(given) = given {
        let line = one_line(given);
        let entries = line.strip_prefix('{').and_then(|line| line.strip_suffix('}')).unwrap_or(&line);
        circumstances.push(format!("with `{entries}`"));
    }
    let is_named = name_of(&example.file).split('.').next() != Some("example");
    if is_named && !example.input.is_empty() {
        circumstances.push(format!("in `{}`", example.file));
    }
    let words = [sentence(&example.name)].into_iter().chain(circumstances).filter(|words| !words.is_empty());
    let words: Vec<String> = words.collect();
    if !words.is_empty() {
        writeln!(out, "{}:\n", words.join(", "))?;
    }
    if !example.input.is_empty() {
        write_text(out, &example.file, &example.input)?;
    }
    let (empty, told): (Vec<_>, Vec<_>) = example.texts.iter().partition(|(_, text)| text.trim().is_empty());
    for (file, text) in &told {
        writeln!(out, "`{file}`:\n")?;
        write_text(out, file, text)?;
    }
    let names = example.files.iter().chain(empty.into_iter().map(|(file, _)| file));
    let names: Vec<String> = names.map(|file| format!("`{file}`")).collect();
    if !names.is_empty() {
        let besides = if example.input.is_empty() && told.is_empty() { "Files" } else { "Besides" };
        writeln!(out, "{besides}: {}\n", names.join(", "))?;
    }
    Ok(())
}

fn write_text(out: &mut String, file: &str, text: &str) -> std::fmt::Result {
    let language = name_of(file).rsplit_once('.').map_or("", |(_, ending)| ending);
    writeln!(out, "```{language}\n{}\n```\n", text.trim_end())
}

/// A value as YAML on one line, for people.
pub(super) fn one_line(node: NodeRef<'_>) -> String {
    if node.is_mapping() {
        let entries: Vec<String> = node
            .entries()
            .map(|(key, value)| format!("{}: {}", key.text().unwrap_or_default(), one_line(value)))
            .collect();
        return format!("{{{}}}", entries.join(", "));
    }
    if node.is_sequence() {
        let items: Vec<String> = node.items().map(one_line).collect();
        return format!("[{}]", items.join(", "));
    }
    node.text().unwrap_or_default().to_owned()
}

fn section(out: &mut String, title: &str, text: &str) -> std::fmt::Result {
    if text.is_empty() {
        return Ok(());
    }
    writeln!(out, "## {title}\n\n{}\n", text.trim())
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
