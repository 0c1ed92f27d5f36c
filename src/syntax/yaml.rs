//! YAML 1.2 (<https://yaml.org/spec/1.2.2/>) as people write it.
//!
//! Chooses how a text is read: as the JSON it may be, as YAML, as YAML after a known repair, or not at
//! all because it is a template. What a plain scalar means is deliberately absent (`model::scalar`).

use super::{Parsed, Syntax, events, json, template, widen};

/// YAML files, and CloudFormation's `.template`, which may hold either syntax.
pub(super) struct Yaml;

impl Syntax for Yaml {
    fn name(&self) -> &'static str {
        "yaml"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["yaml", "yml", "template", "cfn"]
    }

    fn parse<'s>(&self, text: &'s str) -> Parsed<'s> {
        // JSON is YAML: read it seven times faster where it is one.
        if text.trim_start().starts_with('{')
            && let Ok(parsed) = json::read(text)
        {
            return parsed;
        }
        let (mut parsed, failure) = events::read(text);
        if let Some(failure) = failure.filter(|failure| failure.underindented_quote)
            && let Some(repaired) = widen::read_widened(text, failure.at)
        {
            parsed = repaired;
        }
        if parsed.templated || (parsed.has_parse_error() && template::has_actions(text)) {
            return Parsed { templated: true, ..Parsed::default() };
        }
        parsed
    }
}
