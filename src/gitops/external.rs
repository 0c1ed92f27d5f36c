//! The user's own `kustomize`, `kubectl` and `helm`, when they are asked for: what they print becomes
//! objects whose every value is owned by what was given to them.
//!
//! Never over the network: they run with a proxy that leads nowhere and without git. They get a minute.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::tree::{Maker, Origin, Tree};
use super::{Build, Sources};
use crate::model::file_path::folder_of;
use crate::model::{Document, Span};
use crate::syntax;

/// How long a program may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// How much it may print.
const MAX_OUTPUT: u64 = 64 << 20;
/// A proxy that leads nowhere.
const NOWHERE: &str = "http://127.0.0.1:9";

/// A program that builds kustomizations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kustomize {
    /// `kustomize build`
    Kustomize,
    /// `kubectl kustomize`
    Kubectl,
}

impl Kustomize {
    /// The first of the two that is on the PATH.
    pub fn find() -> Option<Self> {
        [Self::Kustomize, Self::Kubectl].into_iter().find(|program| on_path(program.command().0))
    }

    const fn command(self) -> (&'static str, &'static str) {
        match self {
            Self::Kustomize => ("kustomize", "build"),
            Self::Kubectl => ("kubectl", "kustomize"),
        }
    }

    /// Builds the folder of the file `kustomization`.
    ///
    /// # Errors
    /// What the program says, or why it could not be run.
    pub(super) fn build(self, sources: &Sources<'_>, kustomization: &str) -> Result<Build, String> {
        let (program, verb) = self.command();
        let on_disk = sources
            .files()
            .on_disk(folder_of(kustomization))
            .ok_or("only the work tree can be given to a program")?;
        let file = sources.open(kustomization)?;
        let origin = Origin { file: file.id, span: Span::default(), maker: Some(Maker::Program) };
        let text = run(Command::new(program).arg(verb).arg(on_disk), "")?;
        Ok(Build { objects: objects(&text, origin)?, refusals: Vec::new() })
    }
}

/// What `helm template` is given.
pub(super) struct Helm<'h> {
    /// The folder of the chart.
    pub chart: &'h Path,
    /// The name of the release.
    pub release: &'h str,
    /// Its namespace; empty for the default one.
    pub namespace: &'h str,
    /// Files of values; the last wins.
    pub value_files: &'h [PathBuf],
    /// Values that win over the files, as YAML.
    pub values: &'h str,
    /// Further options.
    pub options: &'h [String],
}

impl Helm<'_> {
    /// What the chart makes of it.
    ///
    /// # Errors
    /// What the program says, or why it could not be run.
    pub fn template(&self, origin: Origin) -> Result<Vec<Tree>, String> {
        let mut command = Command::new("helm");
        command.args(["template", "--skip-tests"]).args(self.options);
        if !self.namespace.is_empty() {
            command.arg(format!("--namespace={}", self.namespace));
        }
        for file in self.value_files {
            command.arg("-f").arg(file);
        }
        // `--` keeps a name that looks like an option from being one.
        command.args(["-f", "-", "--", self.release]).arg(self.chart);
        objects(&run(&mut command, self.values)?, origin)
    }
}

/// Whether a program is to be found.
pub fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn objects(text: &str, origin: Origin) -> Result<Vec<Tree>, String> {
    let syntax = syntax::for_file("output.yaml").ok_or("no reader for YAML")?;
    let parsed = syntax.parse(text);
    if let Some(problem) = parsed.problems.first().filter(|_| parsed.has_parse_error()) {
        return Err(format!("its output cannot be read: {}", problem.message));
    }
    let maker = Origin { maker: origin.maker.or(Some(Maker::Chart)), ..origin };
    let roots = parsed.documents.iter().filter_map(Document::root).filter(|root| root.is_mapping());
    let mut objects: Vec<Tree> = roots.map(|root| Tree::read(root, origin.file)).collect();
    for object in &mut objects {
        object.give_origin(maker);
    }
    Ok(objects)
}

fn run(command: &mut Command, input: &str) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    for variable in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"] {
        command.env(variable, NOWHERE);
    }
    // A remote base would be cloned by git; a work tree has no business with it here.
    command.env("GIT_ALLOW_PROTOCOL", "none").env("GIT_TERMINAL_PROMPT", "0").env_remove("NO_PROXY");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|problem| format!("{program} cannot be run: {problem}"))?;
    let (Some(mut stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(format!("{program} cannot be run"));
    };
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).is_ok());
    let read = |stream: Box<dyn std::io::Read + Send>| {
        std::thread::spawn(move || {
            let mut text = String::new();
            stream.take(MAX_OUTPUT).read_to_string(&mut text).map(|_| text)
        })
    };
    let (out, err) = (read(Box::new(stdout)), read(Box::new(stderr)));
    let succeeded = wait(&mut child).map_err(|reason| format!("{program} {reason}"))?;
    writer.join().ok();
    let text =
        |stream: std::thread::JoinHandle<std::io::Result<String>>| stream.join().ok().and_then(Result::ok);
    let (out, err) = (text(out), text(err));
    match (succeeded, out) {
        (true, Some(out)) => Ok(out),
        _ => {
            let said = err.unwrap_or_default();
            let is_error =
                |line: &&str| line.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("error"));
            let last = || said.lines().rev().find(|line| !line.trim().is_empty());
            let reason = said.lines().find(is_error).or_else(last).unwrap_or("it failed");
            Err(format!("{program}: {}", crate::secrets::redact_text(reason)))
        }
    }
}

fn wait(child: &mut Child) -> Result<bool, String> {
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) if started.elapsed() > PATIENCE => {
                child.kill().ok();
                child.wait().ok();
                return Err("took longer than a minute".to_owned());
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(5)),
            Err(problem) => return Err(problem.to_string()),
        }
    }
}
