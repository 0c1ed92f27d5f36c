//! The rules of a run, as `reportingDescriptor`s.
//!
//! All enabled rules are listed, not only those that found something: GitHub expects the same list whatever
//! the code base.

use std::collections::BTreeMap;

use serde_json::json;
use serde_sarif::sarif::{
    MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor, ResultLevel,
};

use crate::model::{Category, Report, Rule, Severity};
use crate::report::prose::{first_sentence, shortened};
use crate::report::sarif::uri;

/// Characters GitHub takes of a description and of a name.
const MAX_DESCRIPTION: usize = 1024;
const MAX_NAME: usize = 255;

/// Every rule of a report by its id: the enabled ones, and any other that a finding names.
pub struct Rules<'a>(Vec<&'a Rule>);

impl<'a> Rules<'a> {
    /// The rules of `report`, sorted by id.
    pub fn of(report: &'a Report) -> Self {
        let named = report.findings.iter().chain(&report.suppressed).map(|finding| &*finding.rule);
        let by_id: BTreeMap<&str, &Rule> =
            named.chain(report.rules.iter().map(|rule| &**rule)).map(|rule| (&*rule.id, rule)).collect();
        Self(by_id.into_values().collect())
    }

    /// The `ruleIndex` of the rule called `id`.
    pub fn index(&self, id: &str) -> Option<i64> {
        let index = self.0.binary_search_by(|rule| rule.id.as_str().cmp(id)).ok()?;
        i64::try_from(index).ok()
    }

    /// `tool.driver.rules`.
    pub fn descriptors(&self) -> Vec<ReportingDescriptor> {
        self.0.iter().map(|rule| descriptor(rule)).collect()
    }
}

/// SARIF's level of a severity; GitHub has these three.
pub const fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Critical | Severity::High => ResultLevel::Error,
        Severity::Medium => ResultLevel::Warning,
        Severity::Low => ResultLevel::Note,
    }
}

fn descriptor(rule: &Rule) -> ReportingDescriptor {
    // GitHub refuses empty texts, and a user's policy may lack any of these.
    let title =
        [&rule.title, &rule.id].into_iter().find(|text| !text.is_empty()).map_or("rule", String::as_str);
    let or_title = |text: &str| if text.trim().is_empty() { title.to_owned() } else { text.to_owned() };
    let help = MultiformatMessageString::builder()
        .text(first_sentence(&rule.remediation).unwrap_or_else(|| title.to_owned()))
        .markdown(or_title(&rule.help))
        .build();
    let mut descriptor = ReportingDescriptor::builder()
        .id(&rule.id)
        .name(name(&rule.id))
        .short_description(described(title))
        .full_description(described(&or_title(&rule.rationale)))
        .help(help)
        .default_configuration(
            ReportingConfiguration::builder().level(level(rule.severity).to_string()).build(),
        )
        .properties(properties(rule))
        .build();
    descriptor.help_uri = rule.references.iter().find(|link| uri::is_absolute(link)).cloned();
    descriptor
}

fn described(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(shortened(text, MAX_DESCRIPTION)).build()
}

/// `tagging/required-tags` as `TaggingRequiredTags`: SARIF wants a name that reads well and is not the id.
fn name(id: &str) -> String {
    let words = id.split(|c: char| !c.is_alphanumeric()).flat_map(|word| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters)
    });
    words.take(MAX_NAME).collect()
}

fn properties(rule: &Rule) -> PropertyBag {
    let mut tags = vec![rule.category.as_str()];
    let pack = rule.id.split('/').next().unwrap_or_default();
    if pack != rule.category.as_str() && pack != rule.id {
        tags.push(pack);
    }
    let mut values = BTreeMap::from([("precision".to_owned(), json!(rule.confidence.as_str()))]);
    // `security-severity` makes a rule's findings security alerts, which may block merging: a naming nit
    // must not.
    if matches!(rule.category, Category::Secrets | Category::Pipelines) {
        tags.push("security");
        values.insert("security-severity".to_owned(), json!(security_severity(rule.severity)));
    } else {
        values.insert("problem.severity".to_owned(), json!(problem_severity(rule.severity)));
    }
    if rule.category == Category::Secrets {
        // CWE-798: Use of Hard-coded Credentials.
        tags.push("external/cwe/cwe-798");
    }
    let tags: Vec<String> = tags.into_iter().map(str::to_owned).collect();
    PropertyBag::builder().tags(tags).additional_properties(values).build()
}

/// GitHub's bands: critical is over 9.0, high from 7.0, medium from 4.0, low from 0.1.
const fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.5",
    }
}

const fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "recommendation",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_pascal_case() {
        assert_eq!(name("tagging/required-tags"), "TaggingRequiredTags");
        assert_eq!(name("vap/été"), "VapÉté");
    }
}
