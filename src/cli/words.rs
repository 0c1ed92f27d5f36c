//! Options whose values are closed sets of words.

use crate::lint::Texts;
use crate::model::{Confidence, Role, Severity};

pub(super) fn severity(text: &str) -> Result<Severity, String> {
    one_of(text, &Severity::ALL)
}

pub(super) fn role(text: &str) -> Result<Role, String> {
    one_of(text, &Role::DECLARABLE)
}

pub(super) fn confidence(text: &str) -> Result<Confidence, String> {
    one_of(text, &Confidence::ALL)
}

pub(super) fn texts(text: &str) -> Result<Texts, String> {
    one_of(text, &[("manifests", Texts::Manifests), ("all", Texts::All)])
}

fn one_of<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, String> {
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    match words.iter().find(|(word, _)| *word == text) {
        Some((_, meaning)) => Ok(*meaning),
        None => Err(format!("it is one of {}", known.join(", "))),
    }
}
