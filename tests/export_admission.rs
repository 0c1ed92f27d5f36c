//! Exported policies in a real API server: it takes each, and says of objects what our engine says.
//!
//! Its warnings about types come from the controller manager, which is not here; a name that is not declared
//! or a function that does not exist is refused at once.

#![cfg(feature = "kubernetes")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

mod apiserver;
mod export_support;
#[path = "support/live.rs"]
mod live;

use std::time::{Duration, Instant};

use apiserver::Server;
use export_support::{load, verdict};
use serde_json::{Value as Json, json};
use trueup::lint::policies::Library;
use trueup::model::{NodeRef, Scalar, Schema, Verdict};
use trueup::policy::Policy;
use trueup::policy::native::plurals;
use trueup::syntax;

const POLICIES: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
const BINDINGS: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings";

/// How many objects must be let in and turned away, over all policies.
const LEAST: usize = 10;

#[test]
fn the_api_server_takes_every_exported_policy() {
    let Some(assets) = apiserver::assets() else { return };
    let server = Server::start(&assets);
    let (mut taken, mut admitted, mut denied) = (0, 0, 0);
    for policy in Library::builtin().unwrap().iter() {
        let Ok(exported) = policy.to_admission() else { continue };
        // Every policy denies here, however bad what it finds is.
        let (written, binding) = exported.yaml.split_once("---\n").unwrap();
        let (binding, _) = binding.split_once("validationActions:").unwrap();
        server.create(POLICIES, written, "trueup");
        server.create(BINDINGS, &format!("{binding}validationActions: [Deny]\n"), "trueup");
        taken += 1;

        let loaded = load(&exported.yaml);
        let mut cases: Vec<(Json, Option<Verdict>, String)> = Vec::new();
        for object in objects(policy) {
            let (expected, message) = verdict(&loaded, "object.json", &object.to_string());
            cases.push((object, expected, message));
        }
        // The first to be turned away shows when the policy is in force.
        cases.sort_by_key(|(_, expected, _)| *expected != Some(Verdict::Fail));
        for (object, expected, message) in &cases {
            match (expected, answer(&server, &exported.name, object, *expected == Some(Verdict::Fail))) {
                (Some(Verdict::Fail), Answer::Denied(said)) => {
                    assert!(said.contains(message.as_str()), "{}: {said}\n not: {message}", exported.name);
                    denied += 1;
                }
                (None | Some(Verdict::Pass | Verdict::Skip), Answer::Admitted) => admitted += 1,
                (_, Answer::Invalid(why)) => println!("{}: not whole: {why}", exported.name),
                (_, answer) => panic!("{}: {expected:?}, but {answer:?}: {object:#}", exported.name),
            }
        }
        server.delete(&format!("{BINDINGS}/{}", exported.name));
        server.delete(&format!("{POLICIES}/{}", exported.name));
    }
    println!("{taken} policies taken, {admitted} objects let in, {denied} turned away");
    assert!(admitted >= LEAST && denied >= LEAST, "{admitted} let in, {denied} turned away");
}

/// What the server says of an object.
#[derive(Debug)]
enum Answer {
    Admitted,
    /// By the policy, with its message.
    Denied(String),
    /// For another reason: the object is not whole.
    Invalid(String),
}

/// Asks the server about an object; policies come into force, and go, a moment after they are written.
fn answer(server: &Server, policy: &str, object: &Json, denied: bool) -> Answer {
    let until = Instant::now() + Duration::from_secs(if denied { 60 } else { 20 });
    loop {
        let problem = match server.request("POST", &address(object), "application/json", &object.to_string())
        {
            Ok(_) if !denied || Instant::now() > until => return Answer::Admitted,
            Ok(_) => None,
            Err(problem) => Some(problem.to_string()),
        };
        match problem {
            Some(problem) if problem.contains(&format!("ValidatingAdmissionPolicy '{policy}'")) => {
                return Answer::Denied(problem);
            }
            Some(problem) if !problem.contains("ValidatingAdmissionPolicy") || Instant::now() > until => {
                return Answer::Invalid(problem);
            }
            // Another policy, not gone yet.
            _ => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}

/// Where an object would be made, on trial.
fn address(object: &Json) -> String {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let (version, kind) = (text(&object["apiVersion"]), text(&object["kind"]));
    let (base, group) = version.split_once('/').map_or(("api", ""), |(group, _)| ("apis", group));
    let names = plurals::of(group, &kind);
    let namespace = if names.namespaced == Some(false) { "" } else { "/namespaces/default" };
    format!("/{base}/{version}{namespace}/{}?dryRun=All", names.plural)
}

/// The objects in the examples of a policy, made whole so that a server takes them.
fn objects(policy: &Policy) -> Vec<Json> {
    let mut found = Vec::new();
    for example in &policy.definition().examples {
        // Its parameters are others than those exported, or it is no object yet.
        if example.params.is_some() || example.input.contains("${") {
            continue;
        }
        for mut document in syntax::for_file(&example.file).unwrap().parse(&example.input).documents {
            document.schema = Schema::Kubernetes;
            let Some(mut object) = document.root().map(json) else { continue };
            if object["apiVersion"].is_string() && object["metadata"]["name"].is_string() {
                complete(&mut object);
                found.push(object);
            }
        }
    }
    found
}

/// Adds what a server asks of every object and an example leaves out.
fn complete(object: &mut Json) {
    // They all are made in one namespace.
    object["metadata"].as_object_mut().unwrap().remove("namespace");
    let template = match object["kind"].as_str().unwrap_or_default() {
        "Pod" => {
            complete_pod(&mut object["spec"], "Always");
            return;
        }
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => {
            let spec = &mut object["spec"];
            if spec["template"].is_null() {
                return;
            }
            let labels = &mut spec["template"]["metadata"]["labels"];
            if labels.is_null() {
                *labels = json!({"app": "x"});
            }
            let labels = labels.clone();
            if spec["selector"].is_null() {
                spec["selector"] = json!({"matchLabels": labels});
            }
            complete_pod(&mut spec["template"]["spec"], "Always");
            return;
        }
        "Job" => &mut object["spec"]["template"],
        "CronJob" => {
            object["spec"]["schedule"] = json!("0 0 * * *");
            &mut object["spec"]["jobTemplate"]["spec"]["template"]
        }
        _ => return,
    };
    complete_pod(&mut template["spec"], "Never");
}

fn complete_pod(spec: &mut Json, restart: &str) {
    if spec["restartPolicy"].is_null() {
        spec["restartPolicy"] = json!(restart);
    }
    if spec["containers"].is_null() {
        spec["containers"] = json!([{"name": "main"}]);
    }
    for list in ["containers", "initContainers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            if container["image"].is_null() {
                container["image"] = json!("registry.example.com/x:1");
            }
        }
    }
    spec.as_object_mut().unwrap().retain(|_, value| !value.is_null());
}

/// A node as JSON.
fn json(node: NodeRef<'_>) -> Json {
    match node.scalar() {
        Some(Scalar::Null) => Json::Null,
        Some(Scalar::Bool(flag)) => json!(flag),
        Some(Scalar::Int(number)) => json!(number),
        Some(Scalar::Float(number)) => json!(number),
        Some(Scalar::Str(text)) => json!(text),
        None if node.is_sequence() => node.items().map(json).collect(),
        None => node.entries().map(|(key, value)| (key.text().unwrap().to_owned(), json(value))).collect(),
    }
}
