//! `trueup render`: what a repository applies, as YAML or as JSON with the line of every value.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::{Value as Json, json};

use super::error::CliError;
use super::ui::Ui;
use super::{exit, rendering};
use crate::collect::{self, Project};
use crate::gitops::creates::created;
use crate::gitops::flux::markers::marker;
use crate::gitops::tree::Value;
use crate::gitops::{Refusal, Root, Sources, Tree, print, render, render_folders};
use crate::lint::rendering as lint_rendering;
use crate::model::{LineIndex, Scalar, Span};

/// Print what a repository applies: overlays built, Flux and Argo CD followed.
///
/// A folder with a kustomization is built as `kubectl kustomize` builds it. Of any other folder, everything is
/// rendered that starts there. Exit codes: 0 complete, 2 a mistake in the command line, 3 something was refused.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folders; the current folder when none is given
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only what one cluster applies, by the folder it is configured from
    #[arg(long, value_name = "FOLDER")]
    cluster_path: Option<String>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Format::Yaml, value_name = "FORMAT")]
    format: Format,
    /// Print what was found, what was refused and what is unknown, and why, instead of the objects
    #[arg(long, conflicts_with = "format")]
    explain: bool,
    /// Print the values of Secrets, too
    #[arg(long)]
    show_secrets: bool,
    #[command(flatten)]
    rendering: rendering::Args,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Objects as `kubectl kustomize` prints them
    Yaml,
    /// Objects with the origin of every value
    Json,
}

pub(super) fn run(args: &Args, ui: &Ui) -> Result<u8, CliError> {
    let collected =
        collect::collect(&collect::Options { paths: args.paths.clone(), ..collect::Options::default() })?;
    let mut out = ui.stdout();
    let (mut refused, mut rendered) = (false, Vec::new());
    for project in &collected.projects {
        let files = lint_rendering::files_of(project);
        let sources = Sources::new(&*files);
        let mut roots = roots(args, project, &sources)?;
        refused |= roots.iter().any(|root| !root.build.refusals.is_empty());
        if !args.show_secrets {
            let masked = roots.iter_mut().flat_map(|root| &mut root.build.objects).filter_map(mask).count();
            if masked > 0 && !args.explain {
                ui.note(&format!("the values of {masked} Secrets are masked; --show-secrets prints them"));
            }
        }
        match (args.explain, args.format) {
            (true, _) => explain(project, &sources, &roots, &mut out)?,
            (false, Format::Yaml) => {
                out.write_all(stream(&roots).as_bytes())?;
                for refusal in roots.iter().flat_map(|root| &root.build.refusals) {
                    ui.note(&format!("refused: {}", place(project, &sources, refusal)));
                }
            }
            (false, Format::Json) => {
                rendered.extend(roots.iter().map(|root| to_json(project, &sources, root)));
            }
        }
    }
    if args.format == Format::Json && !args.explain {
        let document = json!({"schemaVersion": "1", "roots": rendered});
        serde_json::to_writer_pretty(&mut out, &document).map_err(std::io::Error::from)?;
        writeln!(out)?;
    }
    out.flush()?;
    let is_incomplete = refused || !collected.gaps.is_empty();
    Ok(if is_incomplete { exit::INCOMPLETE } else { exit::CLEAN })
}

/// The one kustomization that was named, or everything that starts in what was named.
fn roots(args: &Args, project: &Project, sources: &Sources<'_>) -> Result<Vec<Root>, CliError> {
    let Some(programs) = args.rendering.programs() else {
        return Err(CliError::usage("with --render none there is nothing to print"));
    };
    let options = lint_rendering::options_of(project, args.cluster_path.as_deref(), programs);
    let here = [PathBuf::from(".")];
    let folders = project.folders(if args.paths.is_empty() { &here[..] } else { &args.paths });
    if let Some(roots) = render_folders(sources, &folders, &options) {
        return Ok(roots);
    }
    let paths: Vec<&str> = project.files.iter().map(|file| file.in_repo.as_str()).collect();
    let roots = render(sources, &paths, &options);
    if roots.is_empty() && args.cluster_path.is_some() {
        let folder = args.cluster_path.as_deref().unwrap_or_default();
        return Err(CliError::usage(format!("nothing is applied from `{folder}`"))
            .hint("`trueup render --explain` lists what there is"));
    }
    Ok(roots)
}

fn stream(roots: &[Root]) -> String {
    let mut text = String::new();
    print::stream(roots.iter().flat_map(|root| &root.build.objects), &mut text);
    text
}

/// Hides the values of a Secret; `None` when it is none.
fn mask(object: &mut Tree) -> Option<()> {
    (object.get("kind").and_then(Tree::text) == Some("Secret")).then_some(())?;
    for field in ["data", "stringData"] {
        if let Some(Value::Map(entries)) = object.get_mut(field).map(|data| &mut data.value) {
            for (_, value) in entries {
                *value = Tree::string("‹redacted›", value.origin);
            }
        }
    }
    Some(())
}

fn explain(
    project: &Project,
    sources: &Sources<'_>,
    roots: &[Root],
    out: &mut dyn std::io::Write,
) -> std::io::Result<()> {
    let mut clusters: BTreeMap<&str, Vec<&Root>> = BTreeMap::new();
    for root in roots {
        clusters.entry(&root.cluster).or_default().push(root);
    }
    for (cluster, roots) in clusters {
        writeln!(out, "{}", if cluster.is_empty() { "." } else { cluster })?;
        for root in roots {
            let objects = counted(root.build.objects.len(), "object");
            write!(out, "  {} {}: {objects}", root.kind.as_str(), root.name)?;
            if let Some(folder) = root.folder.as_ref().filter(|folder| **folder != root.name) {
                write!(out, " from {folder}")?;
            }
            if let Some(destination) = &root.destination {
                write!(out, ", sent to another cluster ({destination})")?;
            }
            writeln!(out)?;
            for made in root.build.objects.iter().flat_map(created) {
                let separator = if made.namespace.is_empty() { "" } else { "/" };
                writeln!(
                    out,
                    "    made by an operator: {} {}{separator}{}",
                    made.kind, made.namespace, made.name
                )?;
            }
            for refusal in &root.build.refusals {
                writeln!(out, "    refused: {}", place(project, sources, refusal))?;
            }
            for unknown in &root.unknown {
                writeln!(out, "    unknown: {}", place(project, sources, unknown))?;
            }
        }
    }
    let refused: usize = roots.iter().map(|root| root.build.refusals.len()).sum();
    let unknown: usize = roots.iter().map(|root| root.unknown.len()).sum();
    let objects: usize = roots.iter().map(|root| root.build.objects.len()).sum();
    let (roots, objects) = (counted(roots.len(), "root"), counted(objects, "object"));
    writeln!(out, "{roots}, {objects}, {refused} refused, {unknown} unknown")
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// `file:line:column: reason`.
fn place(project: &Project, sources: &Sources<'_>, refusal: &Refusal) -> String {
    let (line, column) = position(sources, &refusal.file, refusal.span);
    format!("{}:{line}:{column}: {}", project.display(&refusal.file), refusal.reason)
}

fn position(sources: &Sources<'_>, file: &str, span: Span) -> (u32, u32) {
    let Ok(file) = sources.open(file) else { return (1, 1) };
    let position = LineIndex::new(&file.text).position(&file.text, span.start);
    (position.line, position.column)
}

fn to_json(project: &Project, sources: &Sources<'_>, root: &Root) -> Json {
    let (line, column) = position(sources, &root.file, root.span);
    let mut lines = Lines { project, sources, known: BTreeMap::new() };
    let reasons = |refusals: &[Refusal]| -> Vec<Json> {
        refusals
            .iter()
            .map(|refusal| {
                let (line, column) = position(sources, &refusal.file, refusal.span);
                let file = project.display(&refusal.file);
                json!({"file": *file, "line": line, "column": column, "reason": refusal.reason})
            })
            .collect()
    };
    let objects: Vec<Json> = root
        .build
        .objects
        .iter()
        .map(|object| {
            let mut provenance = serde_json::Map::new();
            lines.collect(object, &mut String::new(), &mut provenance);
            let creates: Vec<Json> = created(object)
                .into_iter()
                .map(|made| json!({"kind": made.kind, "namespace": made.namespace, "name": made.name}))
                .collect();
            json!({"object": value(object), "provenance": provenance, "creates": creates})
        })
        .collect();
    json!({
        "kind": root.kind.as_str(),
        "name": root.name,
        "file": *project.display(&root.file),
        "line": line,
        "column": column,
        "cluster": root.cluster,
        "destination": root.destination,
        "complete": root.is_complete(),
        "refused": reasons(&root.build.refusals),
        "unknown": reasons(&root.unknown),
        "objects": objects,
    })
}

/// The lines of the files that values come from, each file counted once.
struct Lines<'l> {
    project: &'l Project,
    sources: &'l Sources<'l>,
    known: BTreeMap<u32, Option<(std::sync::Arc<crate::gitops::SourceFile>, LineIndex)>>,
}

impl Lines<'_> {
    /// Adds `pointer: {file, line, column, maker}` for every scalar.
    fn collect(&mut self, tree: &Tree, pointer: &mut String, out: &mut serde_json::Map<String, Json>) {
        let length = pointer.len();
        match &tree.value {
            Value::Scalar(..) => {
                let origin = tree.origin;
                let found = self.known.entry(origin.file.0).or_insert_with(|| {
                    let file = self.sources.file(origin.file)?;
                    let lines = LineIndex::new(&file.text);
                    Some((file, lines))
                });
                let Some((file, lines)) = found else { return };
                let at = lines.position(&file.text, origin.span.start);
                let mut entry = json!({
                    "file": *self.project.display(&file.path),
                    "line": at.line,
                    "column": at.column,
                });
                if let Some(maker) = origin.maker {
                    entry["maker"] = json!(maker.as_str());
                }
                if let Some(marker) = marker(file, origin.span) {
                    entry["imagePolicy"] = json!(marker.to_string());
                }
                out.insert(pointer.clone(), entry);
            }
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    pointer.push('/');
                    pointer.push_str(&index.to_string());
                    self.collect(item, pointer, out);
                    pointer.truncate(length);
                }
            }
            Value::Map(entries) => {
                for (key, value) in entries {
                    let key = key.text().unwrap_or_default().replace('~', "~0").replace('/', "~1");
                    pointer.push('/');
                    pointer.push_str(&key);
                    self.collect(value, pointer, out);
                    pointer.truncate(length);
                }
            }
        }
    }
}

fn value(tree: &Tree) -> Json {
    match (&tree.value, tree.scalar()) {
        (Value::List(items), _) => items.iter().map(value).collect(),
        (Value::Map(entries), _) => {
            let entries =
                entries.iter().map(|(key, inner)| (key.text().unwrap_or_default().to_owned(), value(inner)));
            Json::Object(entries.collect())
        }
        (_, Some(Scalar::Str(text))) => json!(text),
        (_, Some(Scalar::Bool(truth))) => json!(truth),
        (_, Some(Scalar::Int(number))) => json!(number),
        (_, Some(Scalar::Float(number))) => json!(number),
        (_, Some(Scalar::Null) | None) => Json::Null,
    }
}
