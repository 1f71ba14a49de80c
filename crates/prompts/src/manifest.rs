//! `prompts/manifest.toml`: the name of every prompt and its text in every language.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::folder::RECORDED;

/// In the folder of prompts.
const NAME: &str = "manifest.toml";
const FILE: &str = "prompts/manifest.toml";

/// Every prompt and its text.
#[derive(Debug)]
pub struct Manifest {
    /// The speech engine's command line, with `{voice}`, `{text}` and `{out}`.
    pub engine: String,
    /// The engine's voice by locale.
    pub locales: BTreeMap<String, String>,
    /// By locale: what the engine would say wrong, and what it is given instead.
    pronounce: BTreeMap<String, BTreeMap<String, String>>,
    /// In the order of the file, which is the order of the recording script.
    pub prompts: Vec<Prompt>,
}

/// A prompt in every language that has it.
#[derive(Debug)]
pub struct Prompt {
    pub name: String,
    /// By locale: one for each, or the one language that needs it.
    pub text: BTreeMap<String, String>,
}

/// A prompt in one language.
#[derive(Debug)]
pub struct Spoken<'a> {
    pub locale: &'a str,
    pub voice: &'a str,
    pub name: &'a str,
    /// For the engine: the text, with what it would say wrong replaced.
    pub text: String,
}

impl Spoken<'_> {
    /// The WAV, seen from `prompts/`.
    pub fn path(&self) -> String {
        format!("{}/{}.wav", self.locale, self.name)
    }

    /// Where a voice talent's recording replaces the speech.
    pub fn recording(&self, folder: &Path) -> PathBuf {
        folder.join(RECORDED).join(self.path())
    }
}

impl Manifest {
    /// # Errors
    /// The file is missing, or what is wrong in it.
    pub fn read(folder: &Path) -> Result<Manifest, String> {
        let text = fs::read_to_string(folder.join(NAME));
        Manifest::parse(&text.map_err(|error| format!("cannot read {FILE}: {error}"))?)
    }

    /// As `read`, where a folder has one.
    ///
    /// # Errors
    /// What is wrong in it.
    pub fn read_where_there(folder: &Path) -> Result<Option<Manifest>, String> {
        if folder.join(NAME).is_file() { Manifest::read(folder).map(Some) } else { Ok(None) }
    }

    /// # Errors
    /// What is wrong in the text.
    pub fn parse(text: &str) -> Result<Manifest, String> {
        let table: Table = text.parse().map_err(|error| format!("{FILE}: {error}"))?;
        let engine = string(&table, "engine")?;
        let locales = strings(&table, "locales")?;
        let list = table.get("prompt").and_then(Value::as_array).ok_or_else(|| format!("{FILE}: no [[prompt]]"))?;
        let mut prompts = Vec::with_capacity(list.len());
        for entry in list {
            let entry = entry.as_table().ok_or_else(|| format!("{FILE}: a [[prompt]] is no table"))?;
            prompts.push(prompt(entry, &locales)?);
        }
        let mut pronounce = BTreeMap::new();
        if let Some(table) = table.get("pronounce").and_then(Value::as_table) {
            for locale in table.keys() {
                pronounce.insert(locale.clone(), strings(table, locale)?);
            }
        }
        let manifest = Manifest { engine, locales, pronounce, prompts };
        manifest.names_are_unique()?;
        Ok(manifest)
    }

    fn names_are_unique(&self) -> Result<(), String> {
        let mut names: Vec<&str> = self.prompts.iter().map(|prompt| prompt.name.as_str()).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("{FILE}: the prompt '{}' stands there twice", pair[0])),
            None => Ok(()),
        }
    }

    fn for_engine(&self, locale: &str, text: &str) -> String {
        let words = self.pronounce.get(locale).into_iter().flatten();
        words.fold(text.to_owned(), |text, (word, instead)| text.replace(word, instead))
    }

    /// What a prompt says in a language.
    pub fn text(&self, name: &str, locale: &str) -> Option<&str> {
        let prompt = self.prompts.iter().find(|prompt| prompt.name == name)?;
        prompt.text.get(locale).map(String::as_str)
    }

    /// Every prompt in every language that has it.
    pub fn spoken(&self) -> impl Iterator<Item = Spoken<'_>> {
        self.prompts.iter().flat_map(|prompt| {
            self.locales.iter().filter_map(|(locale, voice)| {
                let text = self.for_engine(locale, prompt.text.get(locale)?);
                Some(Spoken { locale, voice, name: &prompt.name, text })
            })
        })
    }
}

/// Whether a prompt may have this name: it is a file's, on every system.
pub fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    !name.is_empty() && name.chars().all(fits)
}

fn prompt(entry: &Table, locales: &BTreeMap<String, String>) -> Result<Prompt, String> {
    let name = string(entry, "name")?;
    if !is_name(&name) {
        return Err(format!("{FILE}: '{name}' is no file name: use a-z, 0-9, - and _"));
    }
    let text = strings(entry, "text").map_err(|error| format!("{error} (prompt '{name}')"))?;
    let only = entry.get("only").and_then(Value::as_str);
    for locale in locales.keys().filter(|locale| only.is_none_or(|only| only == *locale)) {
        speakable(&name, locale, text.get(locale).map_or("", String::as_str))?;
    }
    if let Some(other) = text.keys().find(|locale| only.is_some_and(|only| only != *locale)) {
        return Err(format!("{FILE}: prompt '{name}' has only = '{}' and a text for {other}", only.unwrap_or("")));
    }
    match text.keys().find(|locale| !locales.contains_key(*locale)) {
        Some(stranger) => Err(format!("{FILE}: prompt '{name}' speaks {stranger}, which [locales] does not name")),
        None => Ok(Prompt { name, text }),
    }
}

fn speakable(name: &str, locale: &str, text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        let mend = format!("write text.{locale}, or only = \"…\" where one language alone needs it");
        return Err(format!("{FILE}: prompt '{name}' has no text for {locale}: {mend}"));
    }
    if text.contains(|c: char| c.is_ascii_digit()) {
        let reason = "an engine reads digits as one large number";
        return Err(format!("{FILE}: prompt '{name}' has digits in {locale}: {reason}, write them as words"));
    }
    Ok(())
}

fn string(table: &Table, key: &str) -> Result<String, String> {
    table.get(key).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| format!("{FILE}: no text under '{key}'"))
}

fn strings(table: &Table, key: &str) -> Result<BTreeMap<String, String>, String> {
    let inner = table.get(key).and_then(Value::as_table).ok_or_else(|| format!("{FILE}: no table '{key}'"))?;
    inner.keys().map(|name| Ok((name.clone(), string(inner, name)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "engine = \"say\"\n[locales]\nen = \"en\"\nzh-CN = \"cmn\"\n";

    fn error(prompt: &str) -> String {
        Manifest::parse(&format!("{HEAD}[[prompt]]\n{prompt}")).err().unwrap_or_default()
    }

    #[test]
    fn every_language_is_spoken() {
        let manifest =
            Manifest::parse(&format!("{HEAD}[[prompt]]\nname = \"yes\"\ntext.en = \"yes\"\ntext.zh-CN = \"是\"\n"))
                .unwrap();
        let seen: Vec<_> = manifest.spoken().map(|s| (s.path(), s.voice.to_owned(), s.text)).collect();
        let expected = [("en/yes.wav", "en", "yes"), ("zh-CN/yes.wav", "cmn", "是")];
        assert_eq!(seen, expected.map(|(path, voice, text)| (path.to_owned(), voice.to_owned(), text.to_owned())));
    }

    #[test]
    fn the_engine_is_told_how_to_say_a_word() {
        let pronounce = "[pronounce.zh-CN]\n\"重听\" = \"chong2听\"\n";
        let prompt = "[[prompt]]\nname = \"a\"\nonly = \"zh-CN\"\ntext.zh-CN = \"重听请按井号键\"\n";
        let manifest = Manifest::parse(&format!("{HEAD}{pronounce}{prompt}")).unwrap();
        assert_eq!(manifest.spoken().next().unwrap().text, "chong2听请按井号键");
        assert_eq!(manifest.prompts[0].text["zh-CN"], "重听请按井号键");
    }

    #[test]
    fn mistakes_are_named() {
        for (prompt, expected) in [
            ("name = \"a b\"\n", "'a b' is no file name"),
            ("name = \"a\"\n", "no table 'text' (prompt 'a')"),
            ("name = \"a\"\ntext.en = \"a\"\n", "prompt 'a' has no text for zh-CN"),
            ("name = \"a\"\ntext.en = \"a\"\ntext.zh-CN = \"12345\"\n", "prompt 'a' has digits in zh-CN"),
            ("name = \"a\"\ntext.en = \"a\"\ntext.zh-CN = \"一\"\ntext.fr = \"un\"\n", "speaks fr"),
        ] {
            assert!(error(prompt).contains(expected), "{prompt}: {}", error(prompt));
        }
        let only = "name = \"a\"\nonly = \"en\"\ntext.en = \"a\"\n";
        assert_eq!(error(only), "");
        assert!(error(&format!("{only}text.zh-CN = \"一\"\n")).contains("only = 'en' and a text for zh-CN"));
        let twice = "name = \"a\"\ntext.en = \"a\"\ntext.zh-CN = \"一\"\n";
        assert!(error(&format!("{twice}[[prompt]]\n{twice}")).contains("twice"));
    }
}
