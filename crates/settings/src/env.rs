//! `HOTLINE__SECTION__KEY` over the keys of `hotline.toml`.

use std::collections::BTreeMap;

use crate::keys::{ENV_SECTIONS, keys};
use crate::nearest::nearest;
use crate::problem::{Problem, Problems, Spot};

/// Before the name of a section.
pub(crate) const PREFIX: &str = "HOTLINE__";

/// The variables by `section.key`, each with its name and its text.
#[derive(Debug, Default)]
pub(crate) struct Env(BTreeMap<String, (String, String)>);

impl Env {
    pub(crate) fn new(env: impl IntoIterator<Item = (String, String)>, problems: &Problems) -> Env {
        let mut known = BTreeMap::new();
        for (name, text) in env {
            let Some(path) = name.strip_prefix(PREFIX) else { continue };
            let key = path.to_lowercase().replace("__", ".");
            if settable().any(|k| k == key) {
                known.insert(key, (name, text));
            } else {
                problems.error(unknown(name, &key));
            }
        }
        Env(known)
    }

    /// Name and text of the variable that sets this key.
    pub(crate) fn get(&self, section: &str, key: &str) -> Option<(&str, &str)> {
        self.0.get(&format!("{section}.{key}")).map(|(name, text)| (name.as_str(), text.as_str()))
    }
}

fn settable() -> impl Iterator<Item = &'static str> {
    let section = |key: &str| key.rsplit_once('.').is_some_and(|(s, _)| ENV_SECTIONS.contains(&s));
    keys().iter().copied().filter(move |key| section(key))
}

fn unknown(name: String, key: &str) -> Problem {
    let help = match nearest(key, settable()) {
        Some(near) => format!("did you mean `{PREFIX}{}`?", near.to_uppercase().replace('.', "__")),
        None => format!("write {PREFIX}SECTION__KEY with a section and a key of hotline.toml, as in docs/config.md"),
    };
    Problem::new(Spot::Env(name), format!("no key is named `{key}`"), "", help)
}
