//! What prompts say, in words: `manifest.toml` in their folder.

use std::collections::BTreeMap;
use std::path::Path;

use base::SoundId;
use prompts::Manifest;

use crate::Plans;

/// Texts of sounds. A sound without one has the name of its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts(BTreeMap<SoundId, String>);

impl Texts {
    /// Of the prompts of these plans. The engine needs no text: a manifest that cannot be read leaves names alone.
    pub fn of(plans: &Plans) -> Texts {
        let mut manifests: BTreeMap<&Path, Option<Manifest>> = BTreeMap::new();
        let mut texts = BTreeMap::new();
        for (path, sound) in &plans.prompt_files {
            let Some(text) = folders(path).and_then(|(top, locale)| {
                let read = || Manifest::read_where_there(top).ok().flatten();
                text(manifests.entry(top).or_insert_with(read).as_ref()?, path, locale)
            }) else {
                continue;
            };
            texts.insert(*sound, text);
        }
        Texts(texts)
    }

    pub fn get(&self, sound: SoundId) -> Option<&str> {
        self.0.get(&sound).map(String::as_str)
    }
}

/// The folder of all prompts, and the language that a file is in.
fn folders(path: &Path) -> Option<(&Path, &str)> {
    let locale = path.parent()?;
    Some((locale.parent()?, locale.file_name()?.to_str()?))
}

fn text(manifest: &Manifest, path: &Path, locale: &str) -> Option<String> {
    let name = path.file_stem()?.to_str()?;
    manifest.prompts.iter().find(|prompt| prompt.name == name)?.text.get(locale).cloned()
}
