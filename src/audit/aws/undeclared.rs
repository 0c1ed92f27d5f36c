//! What is live in AWS and nobody declares, as findings: resources one by one, stacks as a whole.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::classify::{Class, Classifier, Judged};
use super::findings::{About, Teller, name_of};
use super::outcome::{Found, Subject};
use super::owned;
use crate::audit::rules::DriftRule;
use crate::aws::Scope;
use crate::lint::place::whole_file;
use crate::model::Path;
use crate::state::aws::Item;

const STACK: &str = "AWS::CloudFormation::Stack";
/// How many types of a stack one message names.
const NAMED: usize = 5;

/// Stacks that nobody declares, and how many resources of each type they have.
type Stacks<'a> = BTreeMap<(Scope, String), HashMap<&'a str, usize>>;

/// Where findings point that have no line in Git: a file as it is shown, and from its repository's root.
type Entry = (Arc<str>, String);

impl Teller<'_, '_> {
    /// Findings about what nobody declared.
    pub fn undeclared(&self, classes: &[Judged], classifier: &Classifier<'_, '_>) -> Vec<Found> {
        let entry = self.entry();
        let items = self.plan.live.items.iter().zip(classes);
        let mut out: Vec<Found> =
            items.filter_map(|(item, judged)| self.item(item, judged, &entry)).collect();
        out.extend(
            self.stacks(classes, classifier).into_iter().map(|(stack, kinds)| tell(stack, &kinds, &entry)),
        );
        out
    }

    /// `None` for what is declared, and for what is told with its stack.
    fn item(&self, item: &Item, judged: &Judged, entry: &Entry) -> Option<Found> {
        let (named, kind, why) = (name_of(item), &item.kind, &judged.evidence);
        let (mut display, mut file) = (entry.0.clone(), entry.1.as_str());
        let (rule, message) = match &judged.class {
            Class::Shadow => {
                let message =
                    format!("{named} ({kind}) in {} is declared nowhere; {}", item.scope, made(item));
                (DriftRule::Shadow, message)
            }
            Class::Changed(how) => {
                let message = format!("{named} ({kind}) in {}, {why}, was changed: {how}", item.scope);
                (DriftRule::ChangedDefault, message)
            }
            Class::Orphan(deployment) => {
                let deployment = self.plan.deployments.get(*deployment);
                if let Some((template, shown)) = deployment.and_then(|deployment| self.template(deployment)) {
                    (display, file) = (shown, template.path.as_str());
                }
                (DriftRule::Orphan, format!("{named} ({kind}): {why}, and the template no longer has it"))
            }
            _ => return None,
        };
        let about = About {
            rule: rule.rule(),
            message,
            place: (whole_file(display), Path::default()),
            file,
            resource: named,
            kind: kind.to_string(),
            what: "",
        };
        let subject = Subject { scope: item.scope.clone(), kind: kind.clone(), names: names(item) };
        Some(Found { finding: about.finding(), change: None, subject: Some(subject) })
    }

    /// The stacks that were listed and those that resources say they are of.
    fn stacks<'a>(&'a self, classes: &'a [Judged], classifier: &Classifier<'_, '_>) -> Stacks<'a> {
        let live = self.plan.live;
        let mut stacks = Stacks::new();
        for (place, stack) in live.stacks.iter().enumerate() {
            let is_known = classifier.is_declared(place)
                || owned::is_platform_stack(&stack.name)
                || stack.parent.is_some();
            if !is_known {
                let kinds = stacks.entry((stack.scope.clone(), stack.name.to_string())).or_default();
                for resource in stack.resources.iter().flatten() {
                    *kinds.entry(&resource.kind).or_default() += 1;
                }
            }
        }
        for (item, judged) in live.items.iter().zip(classes) {
            let Class::OfStack(stack) = &judged.class else { continue };
            let is_listed =
                live.stacks.iter().any(|it| *it.name == **stack && it.scope.account == item.scope.account);
            if !is_listed {
                let kinds = stacks.entry((item.scope.clone(), stack.clone())).or_default();
                if &*item.kind != STACK {
                    *kinds.entry(&item.kind).or_default() += 1;
                }
            }
        }
        stacks
    }
}

fn tell((scope, name): (Scope, String), kinds: &HashMap<&str, usize>, (display, file): &Entry) -> Found {
    let about = About {
        rule: DriftRule::Shadow.rule(),
        message: format!("the stack {name} in {scope} is declared nowhere{}", listed(kinds)),
        place: (whole_file(display.clone()), Path::default()),
        file,
        resource: name.clone(),
        kind: STACK.to_owned(),
        what: &scope.to_string(),
    };
    let finding = about.finding();
    let subject = Subject { scope, kind: STACK.into(), names: vec![name.into()] };
    Found { finding, change: None, subject: Some(subject) }
}

fn names(item: &Item) -> Vec<Box<str>> {
    let others = [item.name.as_ref(), item.arn.as_ref()].into_iter().flatten();
    [&item.id].into_iter().chain(others.filter(|it| **it != item.id)).cloned().collect()
}

fn made(item: &Item) -> String {
    if item.created.is_empty() {
        "when it was made is not recorded".to_owned()
    } else {
        format!("made at {}", item.created)
    }
}

/// `: 12 resources (3 AWS::SQS::Queue, …)`.
fn listed(kinds: &HashMap<&str, usize>) -> String {
    if kinds.is_empty() {
        return String::new();
    }
    let mut counts: Vec<(&str, usize)> = kinds.iter().map(|(kind, count)| (*kind, *count)).collect();
    counts.sort_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
    let total: usize = counts.iter().map(|(_, count)| count).sum();
    let named: Vec<String> =
        counts.iter().take(NAMED).map(|(kind, count)| format!("{count} {kind}")).collect();
    let more = if counts.len() > NAMED { ", …" } else { "" };
    let things = if total == 1 { "resource" } else { "resources" };
    format!(": {total} {things} ({}{more})", named.join(", "))
}
