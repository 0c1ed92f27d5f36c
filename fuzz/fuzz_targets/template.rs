//! Any text is read as a template and evaluated, what it nests is asked for: without a crash or a hang.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trueup::stacks::{Environment, evaluate, nested};
use trueup::{platform, syntax};

fuzz_target!(|text: &str| {
    let Some(syntax) = syntax::for_file("template.yaml") else { return };
    let mut parsed = syntax.parse(text);
    let Some(platform) = platform::by_name("cloudformation") else { return };
    for document in &mut parsed.documents {
        platform.prepare(document);
        let evaluated = evaluate(document, &Environment::default());
        for resource in &evaluated.resources {
            let _ = nested(resource, "a/template.yaml");
            assert!((resource.properties.at.0 as usize) < document.node_count());
        }
    }
});
