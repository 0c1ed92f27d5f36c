//! The files that rendering reads, each read and parsed once, however many overlays use it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::files::{FileKind, Files};
use super::tree::{FileId, Tree};
use crate::model::Document;
use crate::syntax::{self, Problem, ProblemKind};

/// A file that was read.
#[derive(Debug)]
pub struct SourceFile {
    /// Which one.
    pub id: FileId,
    /// Its path from the repository's root.
    pub path: Arc<str>,
    /// Its text, decoded.
    pub text: String,
    /// Its documents, empty ones left out.
    pub documents: Vec<Tree>,
    /// What of it could not be parsed.
    pub problems: Vec<Problem>,
    /// Whether it is a text template, of which nothing was parsed.
    pub templated: bool,
}

/// The files of a repository as rendering sees them.
pub struct Sources<'f> {
    files: &'f dyn Files,
    read: RwLock<Read>,
    next: AtomicU32,
}

#[derive(Default)]
struct Read {
    by_path: HashMap<Arc<str>, Result<Arc<SourceFile>, String>>,
    by_id: HashMap<FileId, Arc<SourceFile>>,
    kinds: HashMap<String, Option<FileKind>>,
}

impl SourceFile {
    /// Whether a part of it could not be parsed.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.kind != ProblemKind::DuplicateKey)
    }
}

impl<'f> Sources<'f> {
    /// Nothing is read yet.
    pub fn new(files: &'f dyn Files) -> Self {
        Self { files, read: RwLock::default(), next: AtomicU32::new(0) }
    }

    /// The files themselves, for folders and for bytes that are no documents.
    pub fn files(&self) -> &'f dyn Files {
        self.files
    }

    /// The file at `path`, parsed as its name says, as YAML where the name says nothing.
    ///
    /// # Errors
    /// Why it cannot be read, for a user.
    pub fn open(&self, path: &str) -> Result<Arc<SourceFile>, String> {
        if let Some(known) = self.read.read().unwrap_or_else(PoisonError::into_inner).by_path.get(path) {
            return known.clone();
        }
        let text =
            self.files.read(path).and_then(|bytes| syntax::decode(bytes).map_err(|problem| problem.message));
        let path: Arc<str> = path.into();
        // Parsed before the others have to wait; of two threads that open a file at once one has parsed in vain.
        let id = FileId(self.next.fetch_add(1, Ordering::Relaxed));
        let opened = text.map(|text| Arc::new(parse(id, path.clone(), text)));
        let mut read = self.read.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.by_path.get(&path) {
            return known.clone();
        }
        if let Ok(file) = &opened {
            read.by_id.insert(id, file.clone());
        }
        read.by_path.insert(path, opened.clone());
        opened
    }

    /// What stands at `path`, looked up once.
    pub fn kind(&self, path: &str) -> Option<FileKind> {
        if let Some(known) = self.read.read().unwrap_or_else(PoisonError::into_inner).kinds.get(path) {
            return *known;
        }
        let kind = self.files.kind(path);
        self.read.write().unwrap_or_else(PoisonError::into_inner).kinds.insert(path.to_owned(), kind);
        kind
    }

    /// A file by its number.
    pub fn file(&self, id: FileId) -> Option<Arc<SourceFile>> {
        self.read.read().unwrap_or_else(PoisonError::into_inner).by_id.get(&id).cloned()
    }
}

fn parse(id: FileId, path: Arc<str>, text: String) -> SourceFile {
    let syntax = syntax::for_file(&path).or_else(|| syntax::for_file("plain.yaml"));
    let parsed = syntax.map(|syntax| syntax.parse(&text)).unwrap_or_default();
    let documents = parsed.documents.iter().filter_map(Document::root);
    let documents = documents.map(|root| Tree::read(root, id)).collect();
    let (problems, templated) = (parsed.problems, parsed.templated);
    SourceFile { id, path, text, documents, problems, templated }
}
