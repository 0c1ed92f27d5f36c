//! The search: every file that may matter is read once and kept by what it is.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use memchr::memmem;

use super::{DeclaredStack, Found, Place, Template};
use crate::model::file_path::{folder_of, name_of};
use crate::model::{Document, Gap, NodeRef, Schema};
use crate::platform;
use crate::stacks::Files;
use crate::syntax::{self, Syntax, TOML};

/// A file that configures stacks.
pub(super) struct Source {
    /// From the repository's root.
    pub path: String,
    /// Its first document.
    pub document: Document<'static>,
}

impl Source {
    /// The outermost node.
    pub fn root(&self) -> Option<NodeRef<'_>> {
        self.document.root()
    }

    /// The folder it stands in.
    pub fn folder(&self) -> &str {
        folder_of(&self.path)
    }

    /// The place of one of its nodes.
    pub fn place(&self, node: NodeRef<'_>) -> Place {
        Place { file: self.path.clone(), span: node.span() }
    }
}

/// What has been found so far.
pub(super) struct Finder<'f> {
    files: &'f dyn Files,
    /// Templates and stacks.
    pub found: Found,
    /// Where templates stand among them.
    by_path: HashMap<String, usize>,
    /// `samconfig.toml` and its kin.
    pub samconfigs: Vec<Source>,
    /// `manifest.json` of cloud assemblies.
    pub manifests: Vec<Source>,
    /// `cdk.json`.
    pub cdk_apps: Vec<Source>,
    /// Deployment files of Git sync.
    pub deployments: Vec<Source>,
    /// Files of parameters.
    pub parameters: Vec<Source>,
}

/// What a file may say of stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Template,
    Samconfig,
    Manifest,
    CdkApp,
    Deployment,
    Parameters,
}

/// Reading is dear and most files are something else, which their name and a word tell.
pub(super) fn says(path: &str, bytes: &[u8]) -> Option<Says> {
    let name = name_of(path);
    let syntax = syntax_of(name)?;
    let holds = |words: &str| memmem::find(bytes, words.as_bytes()).is_some();
    let holds_parameters = || holds("\"ParameterKey\"") || holds("\"Parameters\"");
    Some(match name {
        name if name.starts_with("samconfig.") => Says::Samconfig,
        _ if holds("Resources") => Says::Template,
        "manifest.json" if holds("aws:cloudformation:stack") => Says::Manifest,
        "cdk.json" => Says::CdkApp,
        _ if holds("template-file-path") => Says::Deployment,
        _ if syntax.name() == "json" && holds_parameters() => Says::Parameters,
        _ => return None,
    })
}

impl<'f> Finder<'f> {
    pub fn new(files: &'f dyn Files) -> Self {
        Self {
            files,
            found: Found::default(),
            by_path: HashMap::new(),
            samconfigs: Vec::new(),
            manifests: Vec::new(),
            cdk_apps: Vec::new(),
            deployments: Vec::new(),
            parameters: Vec::new(),
        }
    }

    /// Reads what the repository lists.
    pub fn scan(&mut self) {
        let mut paths = self.files.paths();
        paths.sort_unstable();
        for path in paths {
            self.look_at(path);
        }
    }

    fn look_at(&mut self, path: String) {
        let Some(syntax) = syntax_of(name_of(&path)) else { return };
        let Some(bytes) = self.files.read(&path) else { return };
        let kept = match says(&path, &bytes) {
            None => return,
            Some(Says::Template) => {
                self.take_template(&path, bytes);
                return;
            }
            Some(Says::Samconfig) => &mut self.samconfigs,
            Some(Says::Manifest) => &mut self.manifests,
            Some(Says::CdkApp) => &mut self.cdk_apps,
            Some(Says::Deployment) => &mut self.deployments,
            Some(Says::Parameters) => &mut self.parameters,
        };
        match read(syntax, bytes) {
            Ok((_, Some(document))) => kept.push(Source { path, document }),
            Ok((_, None)) => {}
            Err(reason) => self.found.gaps.push(Gap { subject: path, reason }),
        }
    }

    /// Takes in a file as a template, if it is one.
    fn take_template(&mut self, path: &str, bytes: Vec<u8>) -> Option<usize> {
        let syntax = syntax_of(name_of(path))?;
        let declares = memmem::find(&bytes, b"AWSTemplateFormatVersion").is_some();
        let (text, document) = match read(syntax, bytes) {
            Ok(read) => read,
            Err(reason) => {
                // Without its version nothing says that a file which cannot be read is a template.
                if declares {
                    self.found.gaps.push(Gap { subject: path.to_owned(), reason });
                }
                return None;
            }
        };
        let mut document = document?;
        let platform = platform::recognise(path, &document)?;
        if platform.format().0 != "cloudformation" {
            return None;
        }
        platform.prepare(&mut document);
        let index = self.found.templates.len();
        self.found.templates.push(Template { path: path.to_owned(), text, document });
        self.by_path.insert(path.to_owned(), index);
        Some(index)
    }

    /// The template at a path, read when the repository does not list it.
    pub fn template(&mut self, path: &str) -> Option<usize> {
        if let Some(index) = self.by_path.get(path) {
            return Some(*index);
        }
        let bytes = self.files.read(path)?;
        self.take_template(path, bytes)
    }

    /// A file that the repository need not list.
    pub fn source(&self, path: &str) -> Option<Source> {
        let (_, document) = read(syntax_of(name_of(path))?, self.files.read(path)?).ok()?;
        Some(Source { path: path.to_owned(), document: document? })
    }

    /// The template that `named_by` says is at `path`; a gap when there is none.
    pub fn template_of(&mut self, path: Option<&str>, written: &str, named_by: &str) -> Option<usize> {
        let found = path.and_then(|path| self.template(path));
        if found.is_none() {
            let reason = format!("`{written}` is no template that can be read");
            self.found.gaps.push(Gap { subject: named_by.to_owned(), reason });
        }
        found
    }

    /// The templates that a stack is deployed from.
    pub fn deployed(&self) -> BTreeSet<usize> {
        self.found.stacks.iter().map(|stack| stack.template).collect()
    }

    /// Takes in a stack, unless one of that name in the same place is there already.
    pub fn push(&mut self, stack: DeclaredStack) {
        let same = |known: &DeclaredStack| {
            known.name.is_some()
                && (&known.name, &known.account, &known.region)
                    == (&stack.name, &stack.account, &stack.region)
        };
        if !self.found.stacks.iter().any(same) {
            self.found.stacks.push(stack);
        }
    }

    /// Everything, each stack under an id of its own.
    pub fn finish(mut self) -> Found {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for stack in &mut self.found.stacks {
            let count = seen.entry(stack.id.clone()).or_default();
            *count += 1;
            if *count > 1 {
                let place: Vec<&str> =
                    [&stack.account, &stack.region].into_iter().flatten().map(AsRef::as_ref).collect();
                stack.id = match (place.as_slice(), *count) {
                    ([], count) => format!("{}#{count}", stack.id),
                    (place, _) => format!("{}@{}", stack.id, place.join("/")),
                };
            }
        }
        self.found
    }
}

fn syntax_of(name: &str) -> Option<&'static dyn Syntax> {
    if name == "samconfig.toml" { Some(TOML) } else { syntax::for_file(name) }
}

/// The text and the first document of a file.
fn read(syntax: &dyn Syntax, bytes: Vec<u8>) -> Result<(String, Option<Document<'static>>), String> {
    let text = syntax::decode(bytes).map_err(|problem| problem.message)?;
    let parsed = syntax.parse(&text);
    if let Some(problem) = parsed.problems.first().filter(|_| parsed.documents.is_empty()) {
        return Err(problem.message.clone());
    }
    let document = parsed.documents.into_iter().next().map(Document::into_owned);
    let document = document.map(|mut document| {
        if document.schema != Schema::Json {
            document.schema = Schema::CloudFormation;
        }
        document
    });
    Ok((text, document))
}
