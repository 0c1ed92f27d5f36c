//! What paths are called: the arguments as they were given, and how any path is shown to the user.

use std::fmt::Write;
use std::path::{Component, Path, PathBuf};

use super::CollectError;

/// A path the user named.
#[derive(Debug)]
pub(super) struct Argument {
    /// As it was given, `./` and trailing `/` removed.
    given: PathBuf,
    /// Absolute, links resolved.
    pub path: PathBuf,
    /// What it is, links followed.
    pub kind: std::fs::FileType,
}

/// The arguments and the current directory.
#[derive(Debug)]
pub(super) struct Names {
    /// The current directory, links resolved.
    pub current: PathBuf,
    /// At least one.
    pub arguments: Vec<Argument>,
}

impl Names {
    /// Looks at every path; none means the current directory.
    pub fn new(paths: &[PathBuf]) -> Result<Self, CollectError> {
        let here = [PathBuf::from(".")];
        let paths = if paths.is_empty() { &here[..] } else { paths };
        let current = resolve(Path::new("."))?;
        let arguments = paths
            .iter()
            .map(|given| {
                let path = resolve(given)?;
                let kind = path.metadata().map_err(|reason| cannot_look(given, reason))?.file_type();
                // Without a trailing `/` and without `./`, which the components of a path may still start with.
                let given = given.components().filter(|part| *part != Component::CurDir).collect();
                Ok(Argument { given, path, kind })
            })
            .collect::<Result<_, CollectError>>()?;
        Ok(Self { current, arguments })
    }

    /// The directories among the arguments.
    pub fn directories(&self) -> impl Iterator<Item = &Path> {
        self.arguments.iter().filter(|it| it.kind.is_dir()).map(|it| it.path.as_path())
    }

    /// The files among the arguments.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.arguments.iter().filter(|it| it.kind.is_file()).map(|it| it.path.as_path())
    }

    /// The directory among the arguments that `path` is in, or is.
    pub fn directory_of(&self, path: &Path) -> Option<&Path> {
        self.directories().find(|directory| path.starts_with(directory))
    }

    /// An absolute path as the user would name it: from the current directory where it is below it,
    /// else by way of the argument it was reached through.
    pub fn show(&self, path: &Path) -> String {
        if let Ok(relative) = path.strip_prefix(&self.current) {
            return if relative.as_os_str().is_empty() { ".".to_owned() } else { text(relative) };
        }
        for argument in &self.arguments {
            match path.strip_prefix(&argument.path) {
                Ok(rest) if rest.as_os_str().is_empty() => return text(&argument.given),
                Ok(rest) => return text(&argument.given.join(rest)),
                Err(_) => {}
            }
        }
        text(path)
    }
}

/// A path that exists, absolute and with links resolved.
///
/// # Errors
/// When it does not exist or may not be looked at.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, CollectError> {
    path.canonicalize().map_err(|reason| cannot_look(path, reason))
}

fn cannot_look(path: &Path, reason: std::io::Error) -> CollectError {
    CollectError::Path { path: text(path), reason }
}

/// A path as text with `/`; bytes that are not UTF-8 become `\xNN`, so that they can be told apart.
pub(super) fn text(path: &Path) -> String {
    let mut out = String::with_capacity(path.as_os_str().len());
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\x{byte:02X}");
        }
    }
    if std::path::MAIN_SEPARATOR == '/' { out } else { out.replace(std::path::MAIN_SEPARATOR, "/") }
}
