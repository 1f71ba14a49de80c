//! Skills that a queue node asks for beside those of its group: its callers are a group of their own, which is as that one in all else.

use std::time::Duration;

use crate::needs;
use crate::reader::{Document, Table};
use crate::value::Value;

/// Callers of one group who need more than it asks for.
#[derive(Clone, Debug)]
pub(crate) struct Asked<'a> {
    /// The group that they would wait in.
    pub(crate) group: String,
    /// Behind its name, their own.
    pub(crate) suffix: String,
    pub(crate) skills: Value<'a>,
    /// When whoever serves the group may serve them.
    pub(crate) after: Option<Duration>,
}

/// A day: nobody waits longer.
const AFTER_S_MAX: u64 = 24 * 3600;

impl<'a> Asked<'a> {
    /// What the nodes of menus and fragments ask for, each once.
    pub(crate) fn of(documents: impl Iterator<Item = &'a Document<'a>>) -> Vec<Asked<'a>> {
        let mut all: Vec<Asked<'a>> = Vec::new();
        for document in documents {
            let nodes = document.root().get("node").and_then(|nodes| nodes.as_names()).unwrap_or_default();
            for asked in nodes.iter().flat_map(|(_, _, node)| of_node(node)) {
                if !all.iter().any(|known| (&known.group, &known.suffix) == (&asked.group, &asked.suffix)) {
                    all.push(asked);
                }
            }
        }
        all
    }
}

/// For each group that callers of the node come to.
fn of_node<'a>(node: &Value<'a>) -> Vec<Asked<'a>> {
    let entries = node.as_names().unwrap_or_default();
    let of = |key: &str| entries.iter().find(|(known, ..)| *known == key).map(|(.., value)| value.clone());
    let (Some(skills), Some(group)) = (of("skills").filter(|skills| skills.as_text().is_some()), of("group")) else {
        return Vec::new();
    };
    let own = of("group_by_locale").and_then(|own| own.as_names()).unwrap_or_default();
    let groups = std::iter::once(group).chain(own.into_iter().map(|(.., group)| group));
    let after = of("skills_s").and_then(|value| value.seconds(1, AFTER_S_MAX));
    let suffix = named(&skills, after);
    let one = |group: &str| Asked { group: group.to_owned(), suffix: suffix.clone(), skills: skills.clone(), after };
    groups.filter_map(|group| group.as_text()).map(one).collect()
}

/// Behind the name of the group that a node leads to; empty where it asks for nothing more.
pub(super) fn suffix(table: &Table<'_>) -> String {
    let after = table.get("skills_s").and_then(|value| value.seconds(1, AFTER_S_MAX));
    let skills = table.get("skills");
    if let Some(value) = table.get("skills_s").filter(|_| skills.is_none()) {
        value.error("`skills_s` needs `skills`", "of no skills", "add `skills`, or remove the key");
    }
    skills.filter(|skills| skills.text().is_some()).map(|skills| named(&skills, after)).unwrap_or_default()
}

fn named(skills: &Value<'_>, after: Option<Duration>) -> String {
    let skills = needs::spelled(skills.as_text().unwrap_or_default());
    after.map_or_else(|| format!("+{skills}"), |after| format!("+{skills}:{}s", after.as_secs()))
}
