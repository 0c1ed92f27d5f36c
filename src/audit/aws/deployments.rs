//! Which live stack a declared one is: by its name, by the folder of conventions, or, for a template that
//! nothing says the deployment of, by what the stack owns.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Declaring, index::Index};
use crate::aws::Scope;
use crate::model::Span;
use crate::stacks::{DeclaredStack, Environment, Given, evaluate};
use crate::state::aws::{Inventory, Stack};

/// A template and where it is deployed.
#[derive(Clone, Debug)]
pub(super) struct Deployment {
    /// Which repository.
    pub source: usize,
    /// Which of its templates.
    pub template: usize,
    /// What findings call it: the name of the stack, or the template.
    pub id: String,
    /// The name of the stack, where Git or AWS tells it.
    pub name: Option<String>,
    /// The live stack.
    pub live: Option<usize>,
    /// Where it is.
    pub scope: Option<Scope>,
    /// What it is deployed with, as far as Git says.
    pub parameters: BTreeMap<String, Given>,
    /// The tags of the stack, as far as Git says; `None` when it says nothing.
    pub tags: Option<BTreeMap<String, String>>,
    /// What configures it: file and bytes.
    pub origin: (String, Span),
    /// Whether Git says that it is deployed, rather than that it could be.
    pub is_named: bool,
    /// How many stacks it is nested in.
    pub depth: usize,
}

impl Deployment {
    /// What the template is evaluated with. What Git does not say is as it was deployed.
    pub fn environment<'e>(
        &self,
        live: &Inventory,
        physical: &'e dyn Fn(&str, Option<&str>) -> Option<String>,
    ) -> Environment<'e> {
        let mut parameters = self.parameters.clone();
        let stack = self.stack(live);
        for (name, value) in stack.into_iter().flat_map(|stack| &stack.parameters) {
            parameters.entry(name.clone()).or_insert_with(|| Given::Text(value.clone()));
        }
        Environment {
            parameters,
            account: self.scope.as_ref().map(|scope| scope.account.to_string()),
            region: self.scope.as_ref().map(|scope| scope.region.to_string()),
            stack_name: self.name.clone(),
            stack_id: stack.map(|stack| stack.id.to_string()),
            physical,
        }
    }

    /// The account it is in, where that is known.
    pub fn account(&self) -> Option<&str> {
        self.scope.as_ref().map(|scope| &*scope.account)
    }

    /// The live stack.
    pub fn stack<'l>(&self, live: &'l Inventory) -> Option<&'l Stack> {
        self.live.and_then(|live_stack| live.stacks.get(live_stack))
    }
}

/// The least share of what a stack owns that a template must declare to be taken for the stack's.
const ENOUGH: (usize, usize) = (3, 5);

/// Pairs what is declared with what is deployed. Nested stacks follow when their parents are evaluated.
pub(super) fn pair(sources: &[Declaring<'_>], live: &Inventory, index: &Index<'_>) -> Vec<Deployment> {
    let mut out = Vec::new();
    let mut taken: HashSet<usize> = HashSet::new();
    let only = only_scope(live);
    for (source, of) in sources.iter().enumerate() {
        for stack in of.found.stacks.iter().filter(|stack| stack.name.is_some()) {
            let found = candidates(stack, live);
            taken.extend(found.iter().copied());
            if found.is_empty() {
                let scope = declared_scope(stack).or_else(|| only.clone());
                out.push(deployment(source, stack, None, scope));
            }
            for place in found {
                let scope = live.stacks.get(place).map(|stack| stack.scope.clone());
                out.push(deployment(source, stack, Some(place), scope));
            }
        }
    }
    let mut used: HashSet<(usize, usize)> = out.iter().map(|it| (it.source, it.template)).collect();
    for (place, stack) in live.stacks.iter().enumerate() {
        if taken.contains(&place) || stack.parent.is_some() {
            continue;
        }
        if let Some((source, unnamed)) = by_contents(sources, stack) {
            used.insert((source, unnamed.template));
            let mut found = deployment(source, unnamed, Some(place), Some(stack.scope.clone()));
            found.name = Some(stack.name.to_string());
            found.id = stack.name.to_string();
            out.push(found);
        }
    }
    // Without stacks, a template may still be told by the names it gives.
    if let Some(scope) = only.filter(|scope| !index.knows_stacks(scope)) {
        for (source, of) in sources.iter().enumerate() {
            for stack in of.found.stacks.iter().filter(|stack| stack.name.is_none()) {
                if used.insert((source, stack.template)) {
                    out.push(deployment(source, stack, None, Some(scope.clone())));
                }
            }
        }
    }
    out
}

fn deployment(source: usize, stack: &DeclaredStack, live: Option<usize>, scope: Option<Scope>) -> Deployment {
    let tags = (stack.name.is_some()).then(|| stack.tags.iter().cloned().collect());
    Deployment {
        source,
        template: stack.template,
        id: stack.name.clone().unwrap_or_else(|| stack.id.clone()),
        name: stack.name.clone(),
        live,
        scope,
        parameters: stack.parameters.iter().map(|(name, it)| (name.clone(), it.value.clone())).collect(),
        tags,
        origin: (stack.origin.file.clone(), stack.origin.span),
        is_named: stack.name.is_some(),
        depth: 0,
    }
}

/// The live stacks of a declared one's name, where it is said to be.
fn candidates(declared: &DeclaredStack, live: &Inventory) -> Vec<usize> {
    let fits = |stack: &&Stack| {
        declared.name.as_deref() == Some(&*stack.name)
            && stack.parent.is_none()
            && declared.account.as_deref().is_none_or(|account| account == &*stack.scope.account)
            && declared.region.as_deref().is_none_or(|region| region == &*stack.scope.region)
    };
    let found = live.stacks.iter().enumerate().filter(|(_, stack)| fits(stack));
    found.map(|(place, _)| place).collect()
}

fn declared_scope(stack: &DeclaredStack) -> Option<Scope> {
    Some(Scope::new(stack.account.as_deref()?, stack.region.as_deref()?))
}

/// The region that everything live is in, if it is one.
fn only_scope(live: &Inventory) -> Option<Scope> {
    let items = live.items.iter().map(|item| &item.scope);
    let scopes: BTreeSet<&Scope> = items
        .chain(live.stacks.iter().map(|stack| &stack.scope))
        .chain(live.coverage.iter().map(|covered| &covered.scope))
        .filter(|scope| &*scope.region != crate::aws::GLOBAL)
        .collect();
    let mut scopes = scopes.into_iter();
    let first = scopes.next()?;
    scopes.next().is_none().then(|| first.clone())
}

/// The template that declares most of what a live stack owns, if one does so more than others.
fn by_contents<'s>(sources: &'s [Declaring<'_>], stack: &Stack) -> Option<(usize, &'s DeclaredStack)> {
    let owned: HashSet<(&str, &str)> =
        stack.resources.iter().flatten().map(|it| (&*it.logical, &*it.kind)).collect();
    if owned.is_empty() {
        return None;
    }
    let mut best: Option<(usize, (usize, &DeclaredStack))> = None;
    let mut is_tie = false;
    for (source, of) in sources.iter().enumerate() {
        for unnamed in of.found.stacks.iter().filter(|it| it.name.is_none()) {
            let Some(ids) = of.contents.get(unnamed.template) else { continue };
            let shared =
                ids.iter().filter(|(id, kind)| owned.contains(&(id.as_str(), kind.as_str()))).count();
            let enough =
                shared * ENOUGH.1 >= owned.len() * ENOUGH.0 && shared * ENOUGH.1 >= ids.len() * ENOUGH.0;
            if !enough {
                continue;
            }
            match best {
                Some((most, _)) if shared < most => {}
                Some((most, _)) if shared == most => is_tie = true,
                _ => {
                    best = Some((shared, (source, unnamed)));
                    is_tie = false;
                }
            }
        }
    }
    best.filter(|_| !is_tie).map(|(_, found)| found)
}

/// What a template declares when nothing is known of its deployment: logical id and type.
pub(super) fn contents(document: &crate::model::Document<'_>) -> BTreeSet<(String, String)> {
    let evaluated = evaluate(document, &Environment::default());
    evaluated.resources.iter().map(|it| (it.logical.to_string(), it.kind.to_string())).collect()
}
