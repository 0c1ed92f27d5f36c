//! `trueup policies export`: our policies as the objects of an API server.

use std::io::Write as _;
use std::path::PathBuf;

use clap::ValueEnum;

use super::error::CliError;
use super::ui::Ui;
use super::{exit, library};
use crate::collect;

/// Write policies in the words of an API server.
///
/// Parameters are those of the trueup.yaml that governs the current folder. A policy that asks for more
/// than an API server can answer is named with the reason.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to write
    #[arg(long, value_enum)]
    to: Target,
    /// The policies' ids; all that run when none is given
    #[arg(value_name = "POLICY")]
    names: Vec<String>,
    /// Write a file for each policy into this folder, instead of all to stdout
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    library: library::Args,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Target {
    /// `ValidatingAdmissionPolicy` and `ValidatingAdmissionPolicyBinding`
    Vap,
}

pub(super) fn run(args: &Args, ui: &Ui) -> Result<u8, CliError> {
    let Target::Vap = args.to;
    let base = args.library.load()?;
    let folder = collect::Options { paths: vec![PathBuf::from(".")], ..collect::Options::default() };
    let collected = collect::collect(&folder)?;
    let policies = match collected.projects.first() {
        Some(project) => {
            let library = library::Args { select: args.selection(), ..args.library.clone() };
            library.for_project(&base, project, false)?.1.policies
        }
        None => base.iter().cloned().collect(),
    };
    let mut exported = Vec::new();
    for policy in &policies {
        match policy.to_admission() {
            Ok(found) => exported.push(found),
            Err(reason) if args.names.is_empty() => {
                ui.note(&format!("{} is not exported: {reason}", policy.rule.id));
            }
            Err(reason) => {
                return Err(CliError::usage(format!("`{}` cannot be exported: {reason}", policy.rule.id)));
            }
        }
    }
    let Some(folder) = &args.output else {
        let mut out = ui.stdout();
        for (at, policy) in exported.iter().enumerate() {
            out.write_all(if at > 0 { b"---\n" } else { b"" })?;
            out.write_all(policy.yaml.as_bytes())?;
        }
        out.flush()?;
        return Ok(exit::CLEAN);
    };
    let failed = |path: &std::path::Path, problem: std::io::Error| {
        CliError::failed(format!("cannot write {}: {problem}", path.display()))
    };
    std::fs::create_dir_all(folder).map_err(|problem| failed(folder, problem))?;
    for policy in &exported {
        let path = folder.join(format!("{}.yaml", policy.name));
        std::fs::write(&path, &policy.yaml).map_err(|problem| failed(&path, problem))?;
    }
    Ok(exit::CLEAN)
}

impl Args {
    /// The ids given, or what `--select` says.
    fn selection(&self) -> Vec<String> {
        if self.names.is_empty() { self.library.select.clone() } else { self.names.clone() }
    }
}
