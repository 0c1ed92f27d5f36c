//! What our engine says of an exported policy.

use bumpalo::Bump;
use trueup::model::{Document, Resource, Verdict};
use trueup::platform::{self, CustomSchemas, Defaulted};
use trueup::policy::native::{self, Case, Input, Loaded, Subject};
use trueup::syntax;

/// Reads an exported policy as anybody's.
pub fn load(yaml: &str) -> Loaded {
    let parsed = syntax::for_file("x.yaml").unwrap().parse(yaml);
    assert!(parsed.problems.is_empty(), "{yaml}");
    let documents = parsed.documents.into_iter().map(Document::into_owned);
    let loaded = native::load(documents.map(|document| Input { file: "x.yaml".into(), document }).collect());
    assert_eq!((loaded.problems.as_slice(), loaded.not_evaluated.as_slice()), (&[][..], &[][..]), "{yaml}");
    assert_eq!(loaded.policies.len(), 1);
    loaded
}

/// What it says of the objects of a text: the worst verdict, and the first message.
pub fn verdict(loaded: &Loaded, file: &str, text: &str) -> (Option<Verdict>, String) {
    let mut documents = syntax::for_file(file).unwrap().parse(text).documents;
    let mut said = Vec::new();
    for document in &mut documents {
        let Some(platform) = platform::recognise(file, document) else { continue };
        platform.prepare(document);
        let mut resources = Vec::new();
        platform.resources(document, &mut resources);
        let copy = Defaulted::new(document, &resources, &CustomSchemas::default());
        for resource in &resources {
            let seen: Resource<'_> = copy.as_ref().map_or(*resource, |copy| copy.resource(resource));
            let arena = Bump::new();
            if let Some(found) =
                loaded.policies[0].judge(&Case::new(Subject::created(&seen), &loaded.world, &arena))
            {
                let message = found.violations.first().map(|violation| violation.message.clone());
                said.push((found.verdict, message.unwrap_or(found.reason)));
            }
        }
    }
    for wanted in [Verdict::Fail, Verdict::Error, Verdict::Unknown, Verdict::Pass, Verdict::Skip] {
        if let Some((verdict, message)) = said.iter().find(|(verdict, _)| *verdict == wanted) {
            return (Some(*verdict), message.clone());
        }
    }
    (None, String::new())
}
