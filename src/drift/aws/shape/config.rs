//! A configuration item of AWS Config, and the small changes of words that most of its shapes need.

use serde_json::{Map, Value as Json, json};

/// The two halves of a configuration item.
#[derive(Clone, Copy)]
pub(super) struct Item<'c> {
    pub configuration: &'c Json,
    pub supplementary: &'c Json,
}

impl Item<'_> {
    /// A part of the configuration, `placement.tenancy`; nothing for what is not set.
    pub fn get(&self, path: &str) -> Option<Json> {
        at(self.configuration, path)
    }

    /// A part of the supplementary configuration.
    pub fn more(&self, path: &str) -> Option<Json> {
        at(self.supplementary, path)
    }

    /// A list of the configuration as a list of one part of each item: `securityGroups`, `groupId`.
    pub fn each(&self, path: &str, part: &str) -> Option<Json> {
        let Json::Array(items) = self.get(path)? else { return None };
        let parts: Vec<Json> = items.iter().filter_map(|item| at(item, part)).collect();
        (!parts.is_empty()).then_some(Json::Array(parts))
    }
}

fn at(json: &Json, path: &str) -> Option<Json> {
    let found = path.split('.').try_fold(json, |json, part| json.get(part))?;
    (!found.is_null()).then(|| found.clone())
}

/// The same with every key in the spelling of CloudFormation: the first letter large. The keys of `variables`
/// and the like are the author's, and stay.
pub(super) fn pascal(json: Json) -> Json {
    match json {
        Json::Array(items) => Json::Array(items.into_iter().map(pascal).collect()),
        Json::Object(entries) => Json::Object(
            entries
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| {
                    let value = if key == "variables" { value } else { pascal(value) };
                    (capital(&key), value)
                })
                .collect(),
        ),
        other => other,
    }
}

fn capital(key: &str) -> String {
    let mut letters = key.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// An object of the parts that are set; nothing when none is.
pub(super) fn object<const N: usize>(parts: [(&str, Option<Json>); N]) -> Option<Json> {
    let set: Map<String, Json> =
        parts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
    (!set.is_empty()).then_some(Json::Object(set))
}

/// Whether a state is a certain one, as a boolean.
pub(super) fn is_state(state: Option<Json>, on: &str) -> Option<Json> {
    let state = state?;
    Some(json!(state.as_str()?.eq_ignore_ascii_case(on)))
}
