//! Runs the examples a policy carries: its tests and its documentation are the same text.

use super::policies::Chosen;
use super::rendered::{self, Rendered};
use super::{Checked, Options, Texts, file, repository, stack_tags, surroundings, tag_policies};
use crate::collect::{InputFile, Project, classify};
use crate::gitops::Programs;
use crate::model::{Repository, Role, RoleSource, Verdict};
use crate::policy::{Example, Expect, Inventory, Policy, TagPolicy};

/// How an example came out.
#[derive(Debug)]
pub struct Outcome {
    /// The policy.
    pub policy: String,
    /// The example's name, or its number.
    pub example: String,
    /// What was wrong; `None` when it came out as expected.
    pub problem: Option<String>,
}

/// Runs every example of a policy.
pub fn run(policy: &Policy) -> Vec<Outcome> {
    let examples = policy.definition().examples.iter().enumerate();
    examples
        .map(|(index, example)| Outcome {
            policy: policy.rule.id.clone(),
            example: if example.name.is_empty() {
                format!("example {}", index + 1)
            } else {
                example.name.clone()
            },
            problem: run_one(policy, example).err(),
        })
        .collect()
}

/// Runs an example with a policy, which may be another's; the error says how it came out otherwise.
pub fn run_one(policy: &Policy, example: &Example) -> Result<(), String> {
    let policy = match example.params {
        None => policy.clone(),
        Some(params) => {
            let params = policy.document().node(params);
            policy.configured(None, Some(params)).map_err(|problem| problem.message)?
        }
    };
    let mut texts = example.texts.clone();
    texts.insert(example.file.clone(), example.input.clone());
    // An example is a whole world: what is not in it does not exist.
    let mut around = Inventory::default();
    for (path, text) in &texts {
        surroundings::note(path, text, &mut around);
    }
    around.saw_all_files();
    around.complete();
    let project = Project::of_example(repository(example)?, texts);
    around.stack_tags = Some(stack_tags::of(&project));
    if !example.tag_policies.is_empty() {
        let mut policy = TagPolicy::default();
        for text in &example.tag_policies {
            tag_policies::add("example.yaml", text, &mut policy).map_err(|problem| problem.message)?;
        }
        around.tag_policy = Some(policy.into());
    }
    let options = Options { verdicts: true, texts: Texts::All, around: around.into(), ..Options::default() };
    let input = InputFile::named(&example.file);
    let chosen = Chosen { policies: vec![policy], ..Chosen::default() };
    let mut rendered = Rendered::default();
    if chosen.policies.iter().any(Policy::asks_for_applier) {
        rendered = rendered::check(&project, None, &chosen, Programs::default(), &options);
    }
    let as_applied = rendered.by_file.remove(&example.file);
    let mut checked = file::check_text(&input, &example.input, as_applied, &project, &chosen, &options);
    checked.findings.extend(rendered.by_file.into_values().flatten());
    checked.verdicts.extend(rendered.rest.verdicts);
    let of_repository = repository::check(&project, &chosen, &options);
    checked.findings.extend(of_repository.findings);
    checked.verdicts.extend(of_repository.verdicts);
    compare(&chosen.policies[0], example, &checked)
}

fn repository(example: &Example) -> Result<Repository, String> {
    let role = match &example.role {
        None => Role::Unknown,
        Some(word) => match Role::DECLARABLE.iter().find(|(known, _)| known == word) {
            Some((_, role)) => *role,
            None => return Err(format!("`{word}` is no role")),
        },
    };
    let mut paths: Vec<String> =
        example.files.iter().chain(example.texts.keys()).chain([&example.file]).cloned().collect();
    paths.sort();
    paths.dedup();
    let files = classify(paths);
    Ok(Repository {
        name: "example".to_owned(),
        role,
        role_source: RoleSource::Declared,
        role_confidence: 1.0,
        files: files.into(),
        remotes: Vec::new(),
        code_owners: None,
    })
}

fn compare(policy: &Policy, example: &Example, checked: &Checked) -> Result<(), String> {
    let found: Vec<_> = checked.findings.iter().filter(|finding| finding.rule.id == policy.rule.id).collect();
    let broken = checked.findings.iter().find(|finding| finding.rule.id == "meta/parse-error");
    if let Some(broken) = broken {
        return Err(format!("the input cannot be read: {}", broken.message));
    }
    let verdicts: Vec<Verdict> = checked.verdicts.iter().map(|row| row.verdict).collect();
    let reason = || {
        let rows = checked.verdicts.iter().filter(|row| row.verdict != Verdict::Skip);
        rows.map(|row| format!("{} {}", row.verdict.as_str(), row.message)).collect::<Vec<_>>().join("; ")
    };
    if verdicts.contains(&Verdict::Error) {
        return Err(format!("the policy cannot be evaluated: {}", reason()));
    }
    let came_out = if !found.is_empty() {
        Expect::Fail
    } else if verdicts.contains(&Verdict::Unknown) {
        Expect::Unknown
    } else if verdicts.contains(&Verdict::Pass) {
        Expect::Pass
    } else {
        Expect::Skip
    };
    // A policy that does not apply finds nothing, which is all that `pass` promises.
    let as_expected =
        came_out == example.expect || (example.expect == Expect::Pass && came_out == Expect::Skip);
    if !as_expected {
        return Err(format!("expected {:?}, came out {came_out:?} ({})", example.expect, reason()));
    }
    if let Some(line) = example.line
        && !found.iter().any(|finding| finding.location.region.start.line == line)
    {
        let lines: Vec<u32> = found.iter().map(|finding| finding.location.region.start.line).collect();
        return Err(format!("expected a finding on line {line}, found on {lines:?}"));
    }
    if let Some(message) = &example.message
        && !found.iter().any(|finding| finding.message.contains(message))
    {
        let messages: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
        return Err(format!("expected a message with `{message}`, got {messages:?}"));
    }
    Ok(())
}
