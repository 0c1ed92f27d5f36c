//! Kustomizations of real repositories, rendered as the reference renders them.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/live.rs"]
mod live;
#[path = "kustomize_oracle/mod.rs"]
mod oracle;
#[path = "support/tree.rs"]
mod tree;

use std::collections::HashMap;
use std::path::PathBuf;

use tree::tree;
use trueup::gitops::tree::{FileId, Value};
use trueup::gitops::{Build, Sources, Tree, WorkTree, kustomize};

/// How many of a hundred kustomizations that the reference renders have to be equal.
const WANTED: usize = 98;

fn repositories() -> Option<PathBuf> {
    corpus::with("gitops").map(|corpus| corpus.join("gitops").canonicalize().unwrap())
}

fn reference() -> Option<PathBuf> {
    live::or_skip(oracle::reference(), "kustomize cannot be built with `go install` here")
}

#[test]
fn real_kustomizations_are_equal_or_refused() {
    let (Some(root), Some(program)) = (repositories(), reference()) else { return };
    let files = WorkTree::new(&root);
    let sources = Sources::new(&files);
    let (mut rendered, mut equal) = (0, 0);
    let mut wrong = Vec::new();
    for folder in oracle::folders(&root) {
        let Some(printed) = oracle::render(&program, &root.join(&folder)) else { continue };
        rendered += 1;
        let build = kustomize::build(&sources, &folder);
        if build.refusals.is_empty() {
            match oracle::difference(&build, &printed) {
                None => equal += 1,
                Some(how) => wrong.push(format!("{folder}: {how}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rendered > 0 && equal * 100 >= rendered * WANTED, "{equal} of {rendered} are equal");
}

#[test]
fn every_value_says_where_it_is_from() {
    let Some(root) = repositories() else { return };
    let files = WorkTree::new(&root);
    let sources = Sources::new(&files);
    for folder in oracle::folders(&root) {
        check_origins(&sources, &kustomize::build(&sources, &folder), &folder);
    }
}

fn check_origins(sources: &Sources<'_>, build: &Build, folder: &str) {
    let mut texts = HashMap::new();
    for object in &build.objects {
        let bad = without_origin(object, &mut |id| {
            texts.entry(id).or_insert_with(|| sources.file(id).unwrap().text.clone()).clone()
        });
        assert_eq!(bad, None, "{folder}");
    }
}

/// A small tree that uses what the corpus does not: each case is a folder with its files.
#[test]
fn what_the_corpus_does_not_have_is_equal_or_refused() {
    let Some(program) = reference() else { return };
    for (name, files, refused) in cases::ALL {
        let root = tree(files);
        let root = root.path().canonicalize().unwrap();
        let work = WorkTree::new(&root);
        let sources = Sources::new(&work);
        let build = kustomize::build(&sources, "app");
        check_origins(&sources, &build, name);
        let printed = oracle::render(&program, &root.join("app"));
        if *refused {
            assert!(!build.refusals.is_empty(), "{name} is not refused");
            assert!(printed.is_none(), "{name} is rendered by the reference");
            continue;
        }
        let printed = printed.unwrap_or_else(|| panic!("the reference refuses {name}"));
        assert!(build.refusals.is_empty(), "{name}: {:?}", build.refusals);
        assert_eq!(oracle::difference(&build, &printed), None, "{name}");
    }
}

#[path = "kustomize_cases/mod.rs"]
mod cases;

/// A value whose origin neither holds its text nor says what made it.
fn without_origin(tree: &Tree, text_of: &mut dyn FnMut(FileId) -> String) -> Option<String> {
    match &tree.value {
        Value::Map(entries) => entries.iter().find_map(|(_, value)| without_origin(value, text_of)),
        Value::List(items) => items.iter().find_map(|item| without_origin(item, text_of)),
        Value::Scalar(..) if tree.origin.maker.is_some() => None,
        Value::Scalar(text, ..) => {
            let file = text_of(tree.origin.file);
            let written = tree.origin.span.of(&file);
            let lines = text.lines().all(|line| written.contains(line.trim()));
            // Escapes and folded lines are not the text as it is.
            let found = lines || written.contains(['\\', '\n']) || written.contains("''");
            (!found).then(|| format!("`{text}` is not in `{written}`"))
        }
    }
}
