//! What `overrides` in trueup.yaml change for some files: whether a policy runs, how bad its findings
//! are, its parameters.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use ignore::gitignore::Gitignore;

use crate::config::{Config, PolicyConfig, globs};
use crate::model::Rule;
use crate::model::decode::DecodeError;
use crate::policy::Policy;

/// The policies of a file, where they are not those of the whole project.
#[derive(Clone, Default)]
pub struct Overrides(Option<Arc<Layers>>);

struct Layers {
    /// The files of each override, in the order of the configuration.
    files: Vec<Gitignore>,
    config: Config,
    /// Our policies that an override names, as they are without configuration.
    named: BTreeMap<String, Named>,
    /// By the overrides that apply, the policies that run.
    built: RwLock<HashMap<Vec<usize>, Arc<[Policy]>>>,
}

/// A policy that an override names.
pub(super) struct Named {
    pub policy: Policy,
    /// Whether the run as a whole wants it, whatever `enabled` says; `None` leaves it to that.
    pub wanted: Option<bool>,
}

impl Overrides {
    /// The overrides of `config`; `named` holds the policies of ours that they name.
    ///
    /// # Errors
    /// When parameters do not fit a policy, or the policy is about the repository as a whole.
    pub(super) fn new(config: &Config, named: BTreeMap<String, Named>) -> Result<Self, DecodeError> {
        if config.overrides.is_empty() {
            return Ok(Self::default());
        }
        for layer in &config.overrides {
            for (id, settings) in &layer.policies {
                let (Some(named), Some(params)) = (named.get(id), settings.params) else { continue };
                if named.policy.is_about_repositories() {
                    return Err(DecodeError {
                        message: format!(
                            "`{id}` is about the repository as a whole, so its parameters are too"
                        ),
                        span: settings.span,
                    });
                }
                named.policy.configured(None, Some(config.node(params)))?;
            }
        }
        // Patterns were checked when the configuration was read; one that fails now matches nothing.
        let files = config.overrides.iter().map(|layer| {
            globs(Path::new(""), layer.paths.iter().map(String::as_str))
                .unwrap_or_else(|_| Gitignore::empty())
        });
        let files = files.collect();
        Ok(Self(Some(Arc::new(Layers { files, config: config.clone(), named, built: RwLock::default() }))))
    }

    /// The policies that run on `file`, a path from the repository's root; `None` when they are `all`,
    /// those of the project.
    pub fn policies(&self, file: &str, all: &[Policy]) -> Option<Arc<[Policy]>> {
        let layers = self.0.as_ref()?;
        let applying = layers.applying(file);
        if applying.is_empty() {
            return None;
        }
        if let Some(built) = layers.built.read().unwrap_or_else(PoisonError::into_inner).get(&applying) {
            return Some(built.clone());
        }
        let built: Arc<[Policy]> = layers.build(&applying, all).into();
        layers.built.write().unwrap_or_else(PoisonError::into_inner).insert(applying, built.clone());
        Some(built)
    }

    /// The rule as findings in `file` have it, for what is judged without [`Overrides::policies`]; `None`
    /// when there are to be none.
    pub fn rule(&self, rule: &Arc<Rule>, file: &str) -> Option<Arc<Rule>> {
        let Some(layers) = &self.0 else { return Some(rule.clone()) };
        let settings = layers.settings(&rule.id, &layers.applying(file));
        match settings {
            Settings { switched: Some(false), .. } => None,
            Settings { severity: Some(severity), .. } if severity != rule.severity => {
                Some(Arc::new(Rule { severity, ..(**rule).clone() }))
            }
            _ => Some(rule.clone()),
        }
    }

    /// Whether an override says how bad findings of a policy are in `file`.
    pub fn set_severity(&self, id: &str, file: &str) -> bool {
        let Some(layers) = &self.0 else { return false };
        let applying = layers.applying(file);
        let mut layers = applying.iter().filter_map(|index| layers.config.overrides.get(*index));
        layers.any(|layer| layer.policies.get(id).is_some_and(|settings| settings.severity.is_some()))
    }

    /// The rules of the policies that an override may turn on or change.
    pub fn rules(&self) -> impl Iterator<Item = Arc<Rule>> {
        let named = self.0.iter().flat_map(|layers| layers.named.values());
        named.filter(|named| named.wanted != Some(false)).map(|named| named.policy.rule.clone())
    }
}

/// What several overrides say of one policy together.
#[derive(Clone, Copy, Default)]
struct Settings<'c> {
    enabled: Option<bool>,
    /// What an override says of that, which is nearer than what the run as a whole wants.
    switched: Option<bool>,
    severity: Option<crate::model::Severity>,
    params: Option<&'c PolicyConfig>,
}

impl Layers {
    fn applying(&self, file: &str) -> Vec<usize> {
        let applies = |files: &Gitignore| files.matched_path_or_any_parents(file, false).is_ignore();
        self.files.iter().enumerate().filter(|(_, files)| applies(files)).map(|(index, _)| index).collect()
    }

    fn settings(&self, id: &str, applying: &[usize]) -> Settings<'_> {
        let layers = applying.iter().filter_map(|index| self.config.overrides.get(*index)?.policies.get(id));
        let switched = layers.clone().filter_map(|layer| layer.enabled).last();
        let mut settings = Settings { switched, ..Settings::default() };
        for layer in self.config.policies.get(id).into_iter().chain(layers) {
            settings.enabled = layer.enabled.or(settings.enabled);
            settings.severity = layer.severity.or(settings.severity);
            settings.params = layer.params.map(|_| layer).or(settings.params);
        }
        settings
    }

    fn build(&self, applying: &[usize], all: &[Policy]) -> Vec<Policy> {
        let mut built: Vec<Policy> =
            all.iter().filter(|policy| !self.named.contains_key(&policy.rule.id)).cloned().collect();
        for (id, Named { policy, wanted }) in &self.named {
            let settings = self.settings(id, applying);
            let enabled = settings.enabled.unwrap_or(policy.enabled);
            if wanted.unwrap_or(enabled) && settings.switched != Some(false) {
                let params = settings.params.and_then(|it| it.params).map(|params| self.config.node(params));
                // Each was tried when the overrides were read.
                built.push(policy.configured(settings.severity, params).unwrap_or_else(|_| policy.clone()));
            }
        }
        built.sort_by(|a, b| a.rule.id.cmp(&b.rule.id));
        built
    }
}
