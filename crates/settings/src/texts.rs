//! What prompts say, in words: `manifest.toml` in their folder.

use std::collections::BTreeMap;
use std::path::Path;

use base::SoundId;

use crate::Plans;
use crate::source::FILE_BYTES_MAX;

/// Texts of sounds. A sound without one has the name of its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts(BTreeMap<SoundId, String>);

impl Texts {
    /// Of the prompts of these plans. The engine needs no text: a manifest that cannot be read leaves names alone.
    pub fn of(plans: &Plans) -> Texts {
        let mut manifests: BTreeMap<&Path, toml::Table> = BTreeMap::new();
        let mut texts = BTreeMap::new();
        for (path, sound) in &plans.prompt_files {
            let Some(text) = folders(path).and_then(|(top, locale)| {
                let manifest = manifests.entry(top).or_insert_with(|| read(top));
                text(manifest, path, locale)
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

fn read(folder: &Path) -> toml::Table {
    let path = folder.join("manifest.toml");
    let fits = std::fs::metadata(&path).is_ok_and(|file| file.len() <= FILE_BYTES_MAX);
    let text = if fits { std::fs::read_to_string(&path).unwrap_or_default() } else { String::new() };
    text.parse().unwrap_or_default()
}

/// `[[prompt]]` with a `name`, and `text.LOCALE`.
fn text(manifest: &toml::Table, path: &Path, locale: &str) -> Option<String> {
    let name = path.file_stem()?.to_str()?;
    let prompts = manifest.get("prompt")?.as_array()?;
    let prompt = prompts.iter().find(|prompt| prompt.get("name").and_then(toml::Value::as_str) == Some(name))?;
    prompt.get("text")?.get(locale)?.as_str().map(str::to_owned)
}
