//! `cargo xtask prompts`: every WAV of `prompts/` from the texts of its manifest.
//!
//! A file is built again only when its text, its voice, the engine or its recording changed: `prompts/manifest.lock` keeps a hash
//! of what went in and of what came out. `prompts/recorded/<locale>/<name>.wav`, where it exists, replaces the speech.

pub(crate) mod level;
pub(crate) mod lock;
pub(crate) mod manifest;
mod music;
mod script;
mod speech;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use self::lock::{Entry, Lock};
use self::manifest::{Manifest, Spoken};
use self::speech::Studio;
use crate::tools;

/// Music plays in every language.
pub(crate) const MUSIC: &str = "music/hold-music.wav";

/// Where prompts lie, from the top folder.
pub(crate) const FOLDER: &str = "prompts";

/// Builds what is out of date, or prints the recording script.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    let folder = root.join(FOLDER);
    let manifest = Manifest::read(&folder)?;
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["--script"] => {
            print!("{}", script::markdown(&manifest));
            Ok(())
        }
        [] => build(root, &folder, &manifest, &manifest.engine),
        ["--engine", engine] => build(root, &folder, &manifest, engine),
        _ => Err("usage: cargo xtask prompts [--engine 'CMD with {voice} {text} {out}' | --script]".to_owned()),
    }
}

fn build(root: &Path, folder: &Path, manifest: &Manifest, engine: &str) -> Result<(), String> {
    let needed = if engine.starts_with("espeak-ng ") { tools::PROMPTS } else { tools::PROMPTS.get(..1).unwrap_or(&[]) };
    tools::install_missing(needed)?;
    let studio = Studio::new(engine, &tools::target_dir(root).join("prompts"))?;
    let old = Lock::read(folder)?;
    let mut files = BTreeMap::new();
    let mut built = 0_usize;
    for spoken in manifest.spoken() {
        let path = spoken.path();
        let input = lock::input(folder, engine, &spoken)?;
        let sound = match old.current(folder, &path, &input) {
            Some(sound) => sound,
            None => {
                built += 1;
                make(folder, &studio, &spoken)?
            }
        };
        files.insert(path, Entry { input, sound });
    }
    let tune = lock::digest(music::SCORE.as_bytes());
    let sound = match old.current(folder, MUSIC, &tune) {
        Some(sound) => sound,
        None => {
            built += 1;
            write(folder, MUSIC, &music::loop_of_music())?
        }
    };
    files.insert(MUSIC.to_owned(), Entry { input: tune, sound });
    let removed = remove_strangers(folder, manifest, &files)?;
    Lock { engine: engine.to_owned(), files }.write(folder)?;
    println!("{built} built, {removed} removed, the others are up to date");
    Ok(())
}

fn make(folder: &Path, studio: &Studio, spoken: &Spoken) -> Result<String, String> {
    let recorded = spoken.recording(folder);
    let samples =
        if recorded.is_file() { studio.trim(&recorded)? } else { studio.speak(spoken.voice, &spoken.text)? };
    let path = spoken.path();
    let samples = level::to_rms(&samples, level::SPEECH_DB).ok_or_else(|| {
        format!(
            "{path}: the engine said nothing for '{}'; try its command by hand with voice '{}'",
            spoken.text, spoken.voice
        )
    })?;
    write(folder, &path, &samples)
}

/// Writes a WAV and gives its hash.
fn write(folder: &Path, path: &str, samples: &[i16]) -> Result<String, String> {
    let file = folder.join(path);
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent).map_err(|error| format!("cannot create {}: {error}", parent.display()))?;
    }
    level::write_wav(&file, samples)?;
    lock::digest_of(&file)
}

/// Deletes WAVs that the manifest no longer names.
fn remove_strangers(folder: &Path, manifest: &Manifest, files: &BTreeMap<String, Entry>) -> Result<usize, String> {
    let mut removed = 0;
    for locale in manifest.locales.keys() {
        for path in wavs(folder, locale)?.into_iter().filter(|path| !files.contains_key(path)) {
            fs::remove_file(folder.join(&path)).map_err(|error| format!("cannot remove {path}: {error}"))?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// The WAVs of a locale, `locale/name.wav`; none where the folder is missing.
pub(crate) fn wavs(folder: &Path, locale: &str) -> Result<Vec<String>, String> {
    let Ok(entries) = fs::read_dir(folder.join(locale)) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| format!("cannot read {FOLDER}/{locale}: {error}"))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".wav") {
            found.push(format!("{locale}/{name}"));
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
engine = "espeak-ng -v {voice} -s 160 -w {out} {text}"
[locales]
zh-CN = "cmn-latn-pinyin"
en = "en"
[[prompt]]
name = "welcome"
text.zh-CN = "您好，欢迎致电。"
text.en = "Hello and welcome."
"#;

    #[test]
    fn prompts_are_built_once_and_again_when_their_text_changes() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join(FOLDER);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("manifest.toml"), MANIFEST).unwrap();
        run(root.path(), &[]).unwrap();
        let samples = level::read_wav(&folder.join("zh-CN/welcome.wav")).unwrap();
        assert!((level::rms_db(&samples) - level::SPEECH_DB).abs() < 0.5);
        assert!(level::peak_db(&samples) < -1.0);
        assert!(samples.len() > 4_000, "a greeting lasts longer than half a second");

        let before = Lock::read(&folder).unwrap();
        run(root.path(), &[]).unwrap();
        assert_eq!(before.files, Lock::read(&folder).unwrap().files);

        fs::write(folder.join("manifest.toml"), MANIFEST.replace("Hello and welcome", "Good day")).unwrap();
        run(root.path(), &[]).unwrap();
        let after = Lock::read(&folder).unwrap();
        assert_eq!(before.files["zh-CN/welcome.wav"], after.files["zh-CN/welcome.wav"]);
        assert_ne!(before.files["en/welcome.wav"], after.files["en/welcome.wav"]);
    }

    #[test]
    fn a_recording_replaces_the_speech() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join(FOLDER);
        fs::create_dir_all(folder.join("recorded/en")).unwrap();
        fs::write(folder.join("manifest.toml"), MANIFEST).unwrap();
        run(root.path(), &[]).unwrap();
        let spoken = lock::digest_of(&folder.join("en/welcome.wav")).unwrap();
        let tone: Vec<i16> = (0..8_000_i32).map(|n| if n % 16 < 8 { 9_000 } else { -9_000 }).collect();
        level::write_wav(&folder.join("recorded/en/welcome.wav"), &tone).unwrap();
        run(root.path(), &[]).unwrap();
        assert_ne!(spoken, lock::digest_of(&folder.join("en/welcome.wav")).unwrap());
    }
}
