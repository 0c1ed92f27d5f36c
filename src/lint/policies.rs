//! Where policies come from: the binary, `--policies`, trueup.yaml; and which of them run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::overrides::{Named, Overrides};
use super::tag_policies;
use super::world::{self, Found, Native};
use crate::collect::Project;
use crate::config::Config;
use crate::model::decode::{DecodeError, nearest};
use crate::model::{Confidence, Gap, LineIndex, NodeRef, Position, Rule, Span};
use crate::policy::native::{Input, NotEvaluated};
use crate::policy::{Policy, TagPolicy, meta};
use crate::syntax;

/// A built-in policy.
struct Builtin {
    /// Its path in this repository.
    file: &'static str,
    id: &'static str,
    /// Whether it runs without being selected.
    enabled: bool,
    text: &'static str,
}

/// The built-in policies.
static BUILTIN: &[Builtin] = include!(concat!(env!("OUT_DIR"), "/policies.rs"));

/// A file of the user's that cannot be used as it is.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It could not be read at all.
    #[error("cannot read policies from {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A part of it is wrong.
    #[error("{file}:{}:{}: {message}", at.line, at.column)]
    Wrong {
        /// The file.
        file: String,
        /// Where in it.
        at: Position,
        /// What is wrong, and what would be right.
        message: String,
    },
    /// A name of a rule that is none.
    #[error("no rule is called `{name}`{hint}")]
    NoSuchRule {
        /// What was given.
        name: String,
        /// `; did you mean …?`, or nothing.
        hint: String,
    },
}

/// Every policy at hand, by id.
#[derive(Clone, Default)]
pub struct Library {
    policies: BTreeMap<String, Policy>,
    /// Whether the built-in policies that are off have not been read.
    asleep: bool,
    sources: BTreeMap<String, String>,
    /// Documents in policy files that are no policies of ours: native ones, and what belongs to them.
    others: Vec<Input>,
    /// The files that were read, links resolved.
    files: BTreeSet<PathBuf>,
    native: Native,
    /// Native policies that are not evaluated, and why.
    pub not_evaluated: Vec<NotEvaluated>,
    /// Native policies in the linted tree that are wrong.
    pub gaps: Vec<Gap>,
    /// How many native policies the linted tree holds that do not run, because it is a library of them.
    pub passed_over: usize,
}

/// Which policies run: ids, globs such as `secrets/*`, or categories.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these; empty means all that are on by default.
    pub select: Vec<String>,
    /// Not these.
    pub ignore: Vec<String>,
    /// Only those at least as sure; the configuration says it when this does not.
    pub min_confidence: Option<Confidence>,
}

impl Selection {
    /// Whether a policy is named here or in a configuration, and be it to be left out.
    pub fn names_any(&self, config: &Config) -> bool {
        let named = [&self.select, &self.ignore, &config.select, &config.ignore];
        let is_configured = || config.overrides.iter().any(|layer| !layer.policies.is_empty());
        named.iter().any(|names| !names.is_empty()) || !config.policies.is_empty() || is_configured()
    }
}

/// The policies that run on a project.
#[derive(Clone, Default)]
pub struct Chosen {
    /// Ours, sorted by id.
    pub policies: Vec<Policy>,
    /// Native ones.
    pub native: Native,
    /// The AWS Organizations tag policy that resources are held to.
    pub tag_policy: Option<Arc<TagPolicy>>,
    /// Where it is otherwise.
    pub overrides: Overrides,
}

impl Chosen {
    /// The rule of each.
    pub fn rules(&self) -> impl Iterator<Item = Arc<Rule>> {
        let ours = self.policies.iter().map(|policy| policy.rule.clone());
        let native = self.native.policies.iter().map(|policy| policy.rule.clone());
        ours.chain(native).chain(self.overrides.rules())
    }
}

impl Library {
    /// The built-in policies.
    ///
    /// # Errors
    /// Never in a released binary: a test loads them all.
    pub fn builtin() -> Result<Self, PolicyError> {
        let mut library = Self::on_by_default()?;
        library.wake()?;
        Ok(library)
    }

    /// Those of the built-in policies that are on by default; the others are only known by id until somebody
    /// [names](Selection::names_any) one. Before a small commit reading them is most of the work.
    ///
    /// # Errors
    /// As for all.
    pub fn on_by_default() -> Result<Self, PolicyError> {
        let mut library = Self { asleep: true, ..Self::default() };
        library.add_builtin(true)?;
        Ok(library)
    }

    /// Reads the built-in policies that were not.
    ///
    /// # Errors
    /// As for all.
    pub fn wake(&mut self) -> Result<(), PolicyError> {
        if std::mem::take(&mut self.asleep) { self.add_builtin(false) } else { Ok(()) }
    }

    fn add_builtin(&mut self, enabled: bool) -> Result<(), PolicyError> {
        let read = |builtin: &Builtin| {
            let mut part = Self::default();
            part.add_text(builtin.file, builtin.text).map(|()| part)
        };
        let parts = BUILTIN.par_iter().filter(|builtin| builtin.enabled == enabled).map(read);
        for part in parts.collect::<Vec<_>>() {
            let Self { policies, sources, .. } = part?;
            self.policies.extend(policies);
            self.sources.extend(sources);
        }
        Ok(())
    }

    /// The built-in policies that were not read.
    fn sleeping(&self) -> impl Iterator<Item = &str> {
        BUILTIN.iter().filter(|builtin| self.asleep && !builtin.enabled).map(|builtin| builtin.id)
    }

    /// The id of every rule there is, read or not.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.rules().map(|rule| rule.id.as_str()).chain(self.sleeping())
    }

    /// Adds the policies of a file, or of every YAML and JSON file below a folder.
    ///
    /// # Errors
    /// When a file cannot be read or a policy in it is wrong.
    pub fn add_path(&mut self, path: &Path) -> Result<(), PolicyError> {
        let failed = |source| PolicyError::Read { path: path.to_owned(), source };
        if !path.is_dir() {
            let bytes = std::fs::read(path).map_err(failed)?;
            let file = path.to_string_lossy().replace('\\', "/");
            let text = syntax::decode(bytes).map_err(|problem| PolicyError::Wrong {
                file: file.clone(),
                at: Position { line: 1, column: 1 },
                message: problem.message,
            })?;
            self.files.extend(path.canonicalize());
            return self.add_text(&file, &text);
        }
        let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
            .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
            .map_err(failed)?;
        entries.sort();
        for entry in entries {
            let is_policy_file = entry.to_str().and_then(syntax::for_file).is_some();
            if is_policy_file || (entry.is_dir() && !entry.is_symlink()) {
                self.add_path(&entry)?;
            }
        }
        Ok(())
    }

    fn add_text(&mut self, file: &str, text: &str) -> Result<(), PolicyError> {
        let wrong = |problem: DecodeError| PolicyError::Wrong {
            file: file.to_owned(),
            at: LineIndex::new(text).position(text, problem.span.start),
            message: problem.message,
        };
        let Some(syntax) = syntax::for_file(file) else { return Ok(()) };
        let parsed = syntax.parse(text);
        if let Some(problem) = parsed.problems.into_iter().next() {
            return Err(wrong(DecodeError { message: problem.message, span: problem.span }));
        }
        for document in parsed.documents {
            let Some(root) = document.root() else { continue };
            let field = |key| root.get(key).and_then(NodeRef::text).unwrap_or_default();
            if field("kind") != "Policy" || !field("apiVersion").starts_with("trueup.dev/") {
                let document = document.into_owned();
                self.others.push(Input { file: file.into(), document });
                continue;
            }
            let source = root.span();
            let policy = Policy::load(document.into_owned()).map_err(wrong)?;
            let (id, span) = (policy.rule.id.clone(), policy.definition().span);
            self.sources.insert(id.clone(), source.of(text).trim_end().to_owned() + "\n");
            let is_taken = self.sleeping().any(|known| known == id);
            if self.policies.insert(id.clone(), policy).is_some() || is_taken {
                return Err(wrong(DecodeError {
                    message: format!("there is another policy with the id `{id}`"),
                    span,
                }));
            }
        }
        Ok(())
    }

    /// Loads the native policies among the files read, and those in the files of a project.
    ///
    /// # Errors
    /// When one among the files read is wrong. One in the project is a gap: the tree may hold what is
    /// not meant for us.
    pub fn load_native(&mut self, project: Option<&Project>) -> Result<(), PolicyError> {
        self.gaps.clear();
        let Found { loaded, passed_over } = world::load(self.others.clone(), &self.files, project);
        self.passed_over = passed_over;
        for problem in loaded.problems {
            let in_tree = project.and_then(|project| {
                project
                    .files
                    .iter()
                    .find(|file| file.display == problem.file && !self.files.contains(&file.path))
            });
            let path = in_tree.map_or(Path::new(&*problem.file), |file| &file.path);
            let at = position(path, problem.span);
            if in_tree.is_none() {
                return Err(PolicyError::Wrong {
                    file: problem.file.to_string(),
                    at,
                    message: problem.message,
                });
            }
            let subject = format!("{}:{}:{}", problem.file, at.line, at.column);
            self.gaps.push(Gap { subject, reason: format!("the policy is wrong: {}", problem.message) });
        }
        self.not_evaluated = loaded.not_evaluated;
        let policies = loaded.policies.into_iter().map(Arc::new).collect();
        self.native = Native::new(policies, Arc::new(loaded.world));
        Ok(())
    }

    /// Every native policy, sorted by id.
    pub fn native(&self) -> &Native {
        &self.native
    }

    /// The rule of every policy, native ones included.
    pub fn rules(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.policies
            .values()
            .map(|policy| &policy.rule)
            .chain(self.native.policies.iter().map(|policy| &policy.rule))
    }

    /// Every policy of ours, sorted by id.
    pub fn iter(&self) -> impl Iterator<Item = &Policy> {
        self.policies.values()
    }

    /// The policy or meta rule with that id.
    ///
    /// # Errors
    /// When there is none; names the nearest.
    pub fn rule(&self, id: &str) -> Result<Arc<Rule>, PolicyError> {
        if let Some(rule) = self.rules().find(|rule| rule.id == id) {
            return Ok(rule.clone());
        }
        let meta_rule = meta::ALL.iter().map(|rule| rule.rule()).find(|rule| rule.id == id);
        meta_rule.ok_or_else(|| self.no_such_rule(id))
    }

    /// A policy as it is written in its file.
    pub fn source(&self, id: &str) -> Option<&str> {
        self.sources.get(id).map(String::as_str)
    }

    /// The policy with that id.
    pub fn get(&self, id: &str) -> Option<&Policy> {
        self.policies.get(id)
    }

    /// The policies that run: configured by `config`, chosen by `selection`; sorted by id.
    ///
    /// # Errors
    /// When the configuration or the selection names no policy, or gives parameters that do not fit.
    pub fn chosen(&self, project: &Project, selection: &Selection) -> Result<Chosen, PolicyError> {
        let config = &project.config;
        let wrong = |span, message| match &project.config_file {
            Some(file) => {
                PolicyError::Wrong { file: file.display.to_string(), at: file.position(span), message }
            }
            // Without a file there are no settings that could be wrong.
            None => PolicyError::NoSuchRule { name: message, hint: String::new() },
        };
        let select = if selection.select.is_empty() { &config.select } else { &selection.select };
        for name in select.iter().chain(&config.ignore).chain(&selection.ignore) {
            self.check_name(name)?;
        }
        let overriding = config.overrides.iter().flat_map(|layer| &layer.policies);
        for (id, settings) in config.policies.iter().chain(overriding) {
            if self.get(id).is_none() && self.rule(id).is_err() && !id.starts_with("drift/") {
                let hint = crate::model::decode::did_you_mean(id, self.rules().map(|rule| rule.id.as_str()));
                return Err(wrong(settings.span, format!("no policy is called `{id}`{hint}")));
            }
        }
        let least = selection.min_confidence.or(config.min_confidence).unwrap_or(Confidence::Low);
        // Whether the run wants a rule at all; `None` leaves it to `enabled`.
        let wanted = |rule: &Rule| {
            let named = |names: &[String]| names.iter().any(|name| is_named(name, rule));
            let unwanted = named(&config.ignore) || named(&selection.ignore) || rule.confidence < least;
            if unwanted { Some(false) } else { (!select.is_empty()).then(|| named(select)) }
        };
        let runs = |rule: &Rule, by_default: bool| {
            let settings = config.policies.get(&rule.id);
            let enabled = settings.and_then(|settings| settings.enabled).unwrap_or(by_default);
            wanted(rule).unwrap_or(enabled)
        };
        let mut chosen = Vec::new();
        for policy in self.iter().filter(|policy| runs(&policy.rule, policy.enabled)) {
            chosen.push(match config.policies.get(&policy.rule.id) {
                None => policy.clone(),
                Some(settings) => policy
                    .configured(settings.severity, settings.params.map(|params| config.node(params)))
                    .map_err(|problem| wrong(problem.span, problem.message))?,
            });
        }
        let mut natives = Vec::new();
        for policy in self.native.policies.iter().filter(|policy| runs(&policy.rule, true)) {
            let id = &policy.rule.id;
            let settings = config.policies.get(id);
            let all = config.overrides.iter().filter_map(|layer| layer.policies.get(id)).chain(settings);
            if let Some(settings) = all.into_iter().find(|settings| settings.params.is_some()) {
                let message = format!("`{id}` takes its parameters from objects, not from here");
                return Err(wrong(settings.span, message));
            }
            natives.push(match settings.and_then(|settings| settings.severity) {
                Some(severity) => Arc::new(policy.with_severity(severity)),
                None => policy.clone(),
            });
        }
        let named = config.overrides.iter().flat_map(|layer| layer.policies.keys()).filter_map(|id| {
            let policy = self.get(id)?.clone();
            Some((id.clone(), Named { wanted: wanted(&policy.rule), policy }))
        });
        let overrides = Overrides::new(config, named.collect())
            .map_err(|problem| wrong(problem.span, problem.message))?;
        let tag_policy = tag_policies::load(project).map_err(|mistake| PolicyError::Wrong {
            file: mistake.file,
            at: mistake.at,
            message: mistake.message,
        })?;
        let native = Native::new(natives, self.native.world.clone());
        Ok(Chosen { policies: chosen, native, tag_policy, overrides })
    }

    fn check_name(&self, name: &str) -> Result<(), PolicyError> {
        let known = self.rules().any(|rule| is_named(name, rule))
            || meta::ALL.iter().any(|rule| is_named(name, &rule.rule()))
            // The rules of an audit, of which nothing here knows more.
            || name == "drift"
            || name.starts_with("drift/");
        if known { Ok(()) } else { Err(self.no_such_rule(name)) }
    }

    fn no_such_rule(&self, name: &str) -> PolicyError {
        let hint = match nearest(name, self.rules().map(|rule| rule.id.as_str())) {
            Some(best) => format!("; did you mean `{best}`?"),
            None => "; `trueup policies list` shows them all".to_owned(),
        };
        PolicyError::NoSuchRule { name: name.to_owned(), hint }
    }
}

/// Where a mistake in a file stands; the file is read again, for mistakes are rare.
fn position(path: &Path, span: Span) -> Position {
    let text = std::fs::read(path).ok().and_then(|bytes| syntax::decode(bytes).ok()).unwrap_or_default();
    LineIndex::new(&text).position(&text, span.start.min(offset(text.len())))
}

/// A length as spans keep it.
fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Whether `name` (an id, a glob, a category) means this rule.
pub fn is_named(name: &str, rule: &Rule) -> bool {
    name == rule.id
        || name == rule.category.as_str()
        || (name.contains('*') && fast_glob::glob_match(name, &rule.id))
}
