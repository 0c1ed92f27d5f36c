//! A policy's page, in Markdown: what `explain` prints, what SARIF shows as help.

use std::fmt::Write as _;

use super::file::{Example, Expect};
use crate::model::Rule;

/// A parameter as its page shows it: name, default, description.
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value as configured, as YAML on one line.
    pub value: String,
    /// What it does.
    pub description: String,
}

/// Writes the page of a rule.
pub fn page(rule: &Rule, parameters: &[Parameter], examples: &[Example]) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_page(&mut out, rule, parameters, examples);
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn write_page(
    out: &mut String,
    rule: &Rule,
    parameters: &[Parameter],
    examples: &[Example],
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
        let chosen: Vec<&Example> =
            examples.iter().filter(|example| example.expect == wanted && !example.input.is_empty()).collect();
        if chosen.is_empty() {
            continue;
        }
        writeln!(out, "## {title}\n")?;
        for example in chosen {
            if !example.name.is_empty() {
                writeln!(out, "{}:\n", sentence(&example.name))?;
            }
            let language = example.file.rsplit('.').next().unwrap_or("yaml");
            writeln!(out, "```{language}\n{}\n```\n", example.input.trim_end())?;
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
