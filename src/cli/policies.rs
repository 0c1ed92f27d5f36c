//! `trueup policies`: list, show and test policies; exporting them is `export`.

use std::io::Write as _;

use clap::{Subcommand, ValueEnum};

use super::error::CliError;
use super::ui::Ui;
use super::{exit, export, library};
use crate::lint::policies::Library;
use crate::lint::{selftest, suites};
use crate::policy::Policy;
use crate::policy::native::NativePolicy;

/// List, show, test and export policies.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the policies
    List {
        /// How to list them
        #[arg(short, long, value_enum, default_value_t = ListFormat::Text)]
        format: ListFormat,
        #[command(flatten)]
        library: library::Args,
    },
    /// Print a policy as it is written
    Show {
        /// Its id
        #[arg(value_name = "POLICY")]
        policy: String,
        #[command(flatten)]
        library: library::Args,
    },
    /// Write the pages of the policies as Markdown files
    Docs {
        /// The folder to write to
        #[arg(value_name = "FOLDER")]
        folder: std::path::PathBuf,
        #[command(flatten)]
        library: library::Args,
    },
    /// Run the examples of the policies, and test suites of the Kyverno CLI
    Test {
        /// Policy files, suites (kyverno-test.yaml) and folders of both; the built-in policies when none is given
        #[arg(value_name = "PATH")]
        paths: Vec<std::path::PathBuf>,
        #[command(flatten)]
        library: library::Args,
    },
    /// Write policies in the words of an API server
    Export(export::Args),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    Text,
    Json,
}

pub(super) fn run(args: &Args, ui: &Ui) -> Result<u8, CliError> {
    match &args.command {
        Command::List { format, library } => list(*format, &library.load()?, ui),
        Command::Show { policy, library } => show(policy, &library.load()?, ui),
        Command::Docs { folder, library } => {
            super::pages::write(&library.load()?, folder)?;
            Ok(exit::CLEAN)
        }
        Command::Test { paths, library } => test(paths, library, ui),
        Command::Export(args) => export::run(args, ui),
    }
}

fn list(format: ListFormat, library: &Library, ui: &Ui) -> Result<u8, CliError> {
    let mut out = ui.stdout();
    match format {
        ListFormat::Json => {
            let ours = library.iter().map(row);
            let rows: Vec<serde_json::Value> =
                ours.chain(library.native().policies.iter().map(|policy| native_row(policy))).collect();
            serde_json::to_writer_pretty(&mut out, &rows).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        ListFormat::Text => {
            let width = library.rules().map(|rule| rule.id.len()).max().unwrap_or(0);
            for rule in library.rules() {
                let is_off = library.get(&rule.id).is_some_and(|policy| !policy.enabled);
                let off = if is_off { " (off by default)" } else { "" };
                writeln!(out, "{:width$}  {:8}  {}{off}", rule.id, rule.severity.as_str(), rule.title)?;
            }
        }
    }
    out.flush()?;
    Ok(exit::CLEAN)
}

fn row(policy: &Policy) -> serde_json::Value {
    let rule = &policy.rule;
    let matches: Vec<serde_json::Value> = policy
        .definition()
        .matches
        .iter()
        .map(|entry| serde_json::json!({"format": entry.format, "kinds": entry.kinds}))
        .collect();
    serde_json::json!({
        "id": rule.id,
        "title": rule.title,
        "category": rule.category.as_str(),
        "severity": rule.severity.as_str(),
        "confidence": rule.confidence.as_str(),
        "enabled": policy.enabled,
        "equivalents": rule.equivalents,
        "match": matches,
    })
}

/// A native policy; what it matches is more than a list of kinds.
fn native_row(policy: &NativePolicy) -> serde_json::Value {
    let rule = &policy.rule;
    serde_json::json!({
        "id": rule.id,
        "title": rule.title,
        "category": rule.category.as_str(),
        "severity": rule.severity.as_str(),
        "confidence": rule.confidence.as_str(),
        "enabled": true,
        "equivalents": rule.equivalents,
        "rule": policy.rule_name,
        "file": &*policy.file,
    })
}

fn show(id: &str, library: &Library, ui: &Ui) -> Result<u8, CliError> {
    let Some(text) = library.source(id) else {
        // The same words as `explain`, which knows the nearest id.
        library.rule(id)?;
        if let Some(policy) = library.native().policies.iter().find(|policy| policy.rule.id == id) {
            return Err(CliError::usage(format!("`{id}` is not written for trueup"))
                .hint(format!("it is in {}", policy.file)));
        }
        return Err(CliError::usage(format!("`{id}` is not a policy but a rule of trueup itself"))
            .hint(format!("`trueup explain {id}` prints its page")));
    };
    let mut out = ui.stdout();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(exit::CLEAN)
}

fn test(paths: &[std::path::PathBuf], args: &library::Args, ui: &Ui) -> Result<u8, CliError> {
    let mut files = Vec::new();
    let library = if paths.is_empty() {
        args.load()?
    } else {
        let mut library = Library::default();
        for path in paths {
            let found = suites::find(path)?;
            if found.first() != Some(path) {
                library.add_path(path)?;
            }
            files.extend(found);
        }
        library
    };
    let mut out = ui.stdout();
    let mut failed = 0;
    if library.iter().next().is_some() || files.is_empty() {
        failed += test_examples(&library, &mut out)?;
    }
    if !files.is_empty() {
        failed += test_suites(&files, &mut out)?;
    }
    out.flush()?;
    Ok(if failed == 0 { exit::CLEAN } else { exit::FINDINGS })
}

fn test_examples(library: &Library, out: &mut impl std::io::Write) -> Result<usize, CliError> {
    let (mut passed, mut failed) = (0, 0);
    for policy in library.iter() {
        let outcomes = selftest::run(policy);
        let broken: Vec<_> = outcomes.iter().filter(|outcome| outcome.problem.is_some()).collect();
        passed += outcomes.len() - broken.len();
        failed += broken.len();
        let sign = if broken.is_empty() { "ok  " } else { "FAIL" };
        writeln!(
            out,
            "{sign}  {}  {} of {} examples",
            policy.rule.id,
            outcomes.len() - broken.len(),
            outcomes.len()
        )?;
        for outcome in broken {
            writeln!(out, "      {}: {}", outcome.example, outcome.problem.as_deref().unwrap_or_default())?;
        }
    }
    writeln!(out, "\n{passed} examples as expected, {failed} not, in {} policies", library.iter().count())?;
    Ok(failed)
}

fn test_suites(files: &[std::path::PathBuf], out: &mut impl std::io::Write) -> Result<usize, CliError> {
    let (mut passed, mut failed, mut undecided) = (0, 0, 0);
    for file in files {
        let outcome = match suites::run(file) {
            Ok(outcome) => outcome,
            Err(problem) => {
                writeln!(out, "FAIL  {}\n      {problem}", file.display())?;
                failed += 1;
                continue;
            }
        };
        let sign = match (outcome.failures.is_empty(), outcome.undecided.is_empty()) {
            (true, true) => "ok  ",
            (true, false) => "?   ",
            (false, _) => "FAIL",
        };
        let total = outcome.passed + outcome.failures.len() + outcome.undecided.len();
        writeln!(out, "{sign}  {}  {} of {total} results  {}", outcome.name, outcome.passed, outcome.file)?;
        for found in outcome.failures.iter().chain(&outcome.undecided) {
            let (file, line) = (&outcome.file, found.line);
            writeln!(out, "      {file}:{line}: {} on {}", found.rule, found.resource)?;
            let why = if found.why.is_empty() { String::new() } else { format!(": {}", found.why) };
            writeln!(out, "      expected {}, got {}{why}", found.expected, found.got)?;
        }
        passed += outcome.passed;
        failed += outcome.failures.len();
        undecided += outcome.undecided.len();
    }
    let noun = if files.len() == 1 { "suite" } else { "suites" };
    let unknown = if undecided == 0 { String::new() } else { format!(", {undecided} not known here") };
    writeln!(out, "\n{passed} results as expected, {failed} not{unknown}, in {} {noun}", files.len())?;
    Ok(failed)
}
