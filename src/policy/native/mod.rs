//! Policies written for something else and run as they are: by the API server, Kyverno, Gatekeeper.
//!
//! ```text
//! documents ─▶ World ─ KINDS ─▶ NativePolicy ─ judge(subject, world) ─▶ Judgement
//! ```
//!
//! Every native format is loaded to one form, [`NativePolicy`]; a new one is a file here and a line in
//! [`KINDS`]. Deliberately absent: policies that are not CEL (Rego, patterns, `JMESPath`), which are
//! listed as not evaluated, and whatever changes objects instead of judging them.

mod admission;
mod case;
mod conditions;
mod describe;
mod gatekeeper;
mod host;
mod judge;
pub mod kyverno;
pub mod labels;
pub mod matching;
pub mod plurals;
pub mod provider;
mod reading;
mod request;
pub mod truth;
pub mod world;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cel::Program;
use crate::model::{Document, NodeRef, Rule, Severity, Span};

pub use case::Case;
pub use host::{Function, NativeHost};
pub use matching::Subject;
pub use world::{Input, World};

use matching::Test;
use world::Object;

/// The native formats.
static KINDS: &[Kind] = &[
    Kind {
        marker: "ValidatingAdmissionPolicy",
        claims: admission::claims,
        needs: admission::needs,
        load: admission::load,
    },
    Kind { marker: "kyverno.io", claims: kyverno::claims, needs: kyverno::needs, load: kyverno::load },
    Kind {
        marker: "ConstraintTemplate",
        claims: gatekeeper::claims,
        needs: gatekeeper::needs,
        load: gatekeeper::load,
    },
];

/// A native format: which objects are its policies, and how to read one.
struct Kind {
    /// A word that every file with such a policy contains.
    marker: &'static str,
    /// Whether an object is a policy of this format; asked for every object.
    claims: fn(&Object<'_>) -> bool,
    /// The kinds of objects the policy in an object has to know of, besides namespaces and definitions;
    /// `*` for all.
    needs: fn(&Object<'_>, &mut Vec<String>),
    /// Reads the policies an object holds, together with what else of the world is about them.
    load: fn(Object<'_>, &World, &mut Loaded),
}

/// A policy in the form all formats share.
#[derive(Clone)]
pub struct NativePolicy {
    /// What its findings are instances of: `vap/<name>`, `kyverno/<policy>/<rule>`,
    /// `gatekeeper/<template>/<constraint>`.
    pub rule: Arc<Rule>,
    /// The name of the rule within its object, for formats that hold several.
    pub rule_name: Option<String>,
    /// The file it is in, as reports call it.
    pub file: Arc<str>,
    /// Whether it is about documents of every format, not only about Kubernetes objects.
    pub(super) every_format: bool,
    /// Which objects it is about.
    pub(super) matching: Test,
    /// Where it applies and with which parameters; never empty.
    pub(super) bindings: Vec<Binding>,
    /// What it does not apply to although it matches.
    pub(super) exceptions: Vec<Exception>,
    /// All must hold for it to apply.
    pub(super) conditions: Vec<Program>,
    /// `variables.<name>` in the order of their declaration.
    pub(super) variables: Vec<Program>,
    /// What must hold.
    pub(super) validations: Vec<Validation>,
    /// Expressions evaluated for their errors alone.
    pub(super) audits: Vec<Program>,
    /// What an error of an expression means.
    pub(super) on_error: OnError,
    /// Whether the first false validation is the only one reported.
    pub(super) stop_at_first_false: bool,
}

/// Where a policy applies and with which parameters.
#[derive(Clone)]
pub(super) struct Binding {
    /// Which of the objects it matches.
    pub(super) matching: Test,
    /// `params`.
    pub(super) params: Params,
}

/// Where `params` come from.
#[derive(Clone)]
pub(super) enum Params {
    /// There are none: `params` is null.
    None,
    /// These.
    Given(Document<'static>),
    /// Objects of the world; several must all be satisfied.
    Found(ParamRef),
    /// Nobody says which: unknown, and why.
    Unknown(String),
}

/// How parameter objects are found.
#[derive(Clone)]
pub(super) struct ParamRef {
    /// `apiVersion` of `paramKind`.
    pub(super) api_version: String,
    /// `kind` of `paramKind`.
    pub(super) kind: String,
    /// The namespace; the object's own when there is none.
    pub(super) namespace: Option<String>,
    /// Which of them.
    pub(super) choice: Choice,
    /// Whether finding none is a failure (`parameterNotFoundAction: Deny`) or no reason to object.
    pub(super) required: bool,
}

/// Which objects of a kind are the parameters.
#[derive(Clone)]
pub(super) enum Choice {
    /// The one with this name.
    Named(String),
    /// Those with these labels.
    Selected(labels::LabelSelector),
}

/// What a policy does not apply to.
#[derive(Clone)]
pub(super) struct Exception {
    /// Which objects.
    pub(super) matching: Test,
    /// All must hold for it to count.
    pub(super) conditions: Vec<Program>,
    /// The images it lets pass; without images and values it is about the whole object.
    pub(super) images: Vec<String>,
    /// The other values it lets pass.
    pub(super) values: Vec<String>,
}

/// A compiled validation.
#[derive(Clone)]
pub(super) struct Validation {
    /// True of a good object.
    pub(super) expression: Program,
    /// What to say, in one line.
    pub(super) message: String,
    /// What to say, computed; preferred when it gives one line of text.
    pub(super) message_expression: Option<Program>,
}

/// What an error of an expression means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnError {
    /// The object is refused (`failurePolicy: Fail`).
    Fail,
    /// The policy has no say (`failurePolicy: Ignore`).
    Skip,
    /// Nobody can tell: the policy was written for documents of another shape, perhaps.
    Unknown,
}

impl NativePolicy {
    /// The same policy with another severity.
    #[must_use]
    pub fn with_severity(&self, severity: Severity) -> Self {
        let rule = Arc::new(describe::with_severity(&self.rule, severity));
        Self { rule, ..self.clone() }
    }
}

impl OnError {
    /// Reads `failurePolicy`, which is `Fail` when nobody says.
    pub(super) fn of(policy: Option<NodeRef<'_>>) -> Self {
        match policy.and_then(NodeRef::text) {
            Some("Ignore") => Self::Skip,
            _ => Self::Fail,
        }
    }
}

/// A policy that is not evaluated, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotEvaluated {
    /// The file.
    pub file: Arc<str>,
    /// What it is: kind and name.
    pub policy: String,
    /// Why.
    pub reason: String,
}

/// A policy that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: Arc<str>,
    /// Where in it.
    pub span: Span,
    /// What is wrong and what would be right.
    pub message: String,
}

/// What a set of documents gives.
#[derive(Default)]
pub struct Loaded {
    /// The policies, sorted by id.
    pub policies: Vec<NativePolicy>,
    /// Every object at hand.
    pub world: World,
    /// What is a policy and is not evaluated, sorted.
    pub not_evaluated: Vec<NotEvaluated>,
    /// What is wrong, in the order of the documents.
    pub problems: Vec<Problem>,
}

impl Input {
    /// How many native policies the document holds.
    pub fn policies(&self) -> usize {
        let objects = world::objects_in(&self.document).into_iter();
        objects.filter(|node| kind_of(&Object::new(&self.file, *node)).is_some()).count()
    }
}

/// Whether a file may hold a native policy, judged by its text.
pub fn may_hold_policies(text: &[u8]) -> bool {
    KINDS.iter().any(|kind| memchr::memmem::find(text, kind.marker.as_bytes()).is_some())
}

/// Which objects of a repository native policies have to know of, so that only those are kept.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    kinds: BTreeSet<String>,
    policies: bool,
}

impl Needs {
    /// What the policies in these documents need.
    pub fn of(inputs: &[Input]) -> Self {
        let mut needs = Self::default();
        let mut kinds = Vec::new();
        for input in inputs {
            for node in world::objects_in(&input.document) {
                let object = Object::new(&input.file, node);
                if let Some(kind) = kind_of(&object) {
                    needs.policies = true;
                    (kind.needs)(&object, &mut kinds);
                }
            }
        }
        if needs.policies {
            needs.kinds.extend(kinds);
            needs.kinds.extend(["Namespace", "CustomResourceDefinition"].map(str::to_owned));
        }
        needs
    }

    /// Whether there is a policy at all.
    pub fn any(&self) -> bool {
        self.policies
    }

    /// Whether a file may hold what is needed, judged by its text.
    pub fn may_be_in(&self, text: &[u8]) -> bool {
        let named = |kind: &String| memchr::memmem::find(text, kind.as_bytes()).is_some();
        self.kinds.contains("*") || self.kinds.iter().any(named)
    }

    /// Whether a document holds what is needed, or a policy.
    pub fn met_by(&self, file: &Arc<str>, document: &Document<'_>) -> bool {
        let all = self.kinds.contains("*");
        world::objects_in(document).into_iter().any(|node| {
            let object = Object::new(file, node);
            all || self.kinds.contains(object.kind) || kind_of(&object).is_some()
        })
    }
}

fn kind_of(object: &Object<'_>) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| (kind.claims)(object))
}

/// Reads every native policy in the documents, with the other documents around them.
pub fn load(inputs: Vec<Input>) -> Loaded {
    let world = World::new(inputs);
    let mut loaded = Loaded::default();
    for object in world.objects() {
        if let Some(kind) = kind_of(&object) {
            (kind.load)(object, &world, &mut loaded);
        }
    }
    // Several policies of one rule are told apart by their names only.
    loaded.policies.sort_by(|a, b| (&a.rule.id, &a.rule_name).cmp(&(&b.rule.id, &b.rule_name)));
    loaded.not_evaluated.sort();
    loaded.not_evaluated.dedup();
    loaded.world = world;
    loaded
}
