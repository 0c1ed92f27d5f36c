//! SARIF 2.1.0 as GitHub code scanning wants it.
//!
//! The limits and required members are those of GitHub's page "SARIF support for code scanning". Times and
//! absolute paths are absent on purpose: the same input gives the same bytes.

mod results;
mod rules;
mod uri;

use std::io::{self, Write};

use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Message, Notification, Run, RunAutomationDetails, Sarif as Log, Tool,
    ToolComponent, VersionControlDetails,
};

use crate::model::{Gap, Report};
use crate::report::format::{Context, Format};
use crate::report::json_writer::write_json;
use crate::report::prose::counted;
use results::{MAX_RESULTS, Results};
use rules::Rules;
use uri::SOURCE_ROOT;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const HOME: &str = "https://trueup.dev";

/// Gaps that are told one by one; GitHub refuses files of more than 10 MB.
const MAX_NOTIFICATIONS: usize = 1000;

/// The `sarif` format.
pub struct Sarif;

impl Format for Sarif {
    fn name(&self) -> &'static str {
        "sarif"
    }

    fn wants_paths_from_root(&self) -> bool {
        true
    }

    fn render(&self, report: &Report, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
        let rules = Rules::of(report);
        let results = Results::of(report, &rules, context.report_suppressed);
        let invocation = Invocation::builder()
            // Findings (1) are what a linter is for; 2 and 3 say that the run failed or is incomplete.
            .execution_successful(context.exit_code <= 1)
            .exit_code(context.exit_code)
            .tool_execution_notifications(notifications(&report.gaps, results.left_out))
            .build();
        let mut run = Run::builder()
            .automation_details(RunAutomationDetails::builder().id(context.category).build())
            .column_kind("unicodeCodePoints")
            .invocations([invocation])
            .original_uri_base_ids([(SOURCE_ROOT.to_owned(), source_root())])
            .results(results.list)
            .tool(Tool::builder().driver(driver(&rules)).build())
            .build();
        run.version_control_provenance = provenance(context);
        let log = Log::builder().schema(SCHEMA).version("2.1.0").runs([run]).build();
        write_json(&log, out)
    }
}

fn driver(rules: &Rules<'_>) -> ToolComponent {
    ToolComponent::builder()
        .name(env!("CARGO_PKG_NAME"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .information_uri(HOME)
        .rules(rules.descriptors())
        .build()
}

fn source_root() -> ArtifactLocation {
    ArtifactLocation::builder().description(plain("The root of the repository.")).build()
}

fn notifications(gaps: &[Gap], left_out: usize) -> Vec<Notification> {
    let left_out = (left_out > 0).then(|| {
        let findings = counted(left_out as u64, "finding", "findings");
        format!("Left out: {findings} beyond the {MAX_RESULTS} worst, which are all that GitHub shows.")
    });
    let told =
        gaps.iter().take(MAX_NOTIFICATIONS).map(|Gap { subject, reason }| format!("{subject}: {reason}"));
    let untold = gaps.len().saturating_sub(MAX_NOTIFICATIONS);
    let untold = (untold > 0)
        .then(|| format!("{} could not be checked.", counted(untold as u64, "more thing", "more things")));
    left_out.into_iter().chain(told).chain(untold).map(warning).collect()
}

fn warning(text: String) -> Notification {
    Notification::builder().level("warning").message(plain(text)).build()
}

/// The repository's `origin`, where its address is a URI; `git@host:path` is not.
fn provenance(context: &Context<'_>) -> Option<Vec<VersionControlDetails>> {
    let origin = context.repository?.remotes.iter().find(|remote| remote.name == "origin")?;
    let root = ArtifactLocation::builder().uri_base_id(SOURCE_ROOT).build();
    uri::is_absolute(&origin.url)
        .then(|| vec![VersionControlDetails::builder().repository_uri(&origin.url).mapped_to(root).build()])
}

fn plain(text: impl Into<String>) -> Message {
    Message::builder().text(text).build()
}
