//! Every WAV of a folder of prompts from the texts of its manifest.
//!
//! A file is built again only when its text, its voice, the engine or its recording changed: `manifest.lock` keeps a hash of what went in
//! and of what came out. `recorded/<locale>/<name>.wav`, where it exists, replaces the speech.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::folder::{MUSIC, RECORDED, wavs};
use crate::import;
use crate::level;
use crate::lock::{self, Entry, Lock};
use crate::manifest::{Manifest, Spoken};
use crate::music;
use crate::speech::Studio;

/// What a build did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// Files that are new or came out anew.
    pub built: usize,
    /// Files that the manifest no longer names, and nobody recorded.
    pub removed: usize,
    /// Recordings of prompts that the manifest does not name, as `en/welcome.wav`.
    pub unnamed: Vec<String>,
}

/// Builds what is out of date, with the command line `engine`; what lies between two steps goes to `scratch`.
///
/// # Errors
/// The first file that could not be built, and why; those before it stand.
pub fn build(folder: &Path, manifest: &Manifest, engine: &str, scratch: &Path) -> Result<Built, String> {
    let studio = Studio::new(engine, scratch)?;
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
    let mut done = Built { built, removed: 0, unnamed: Vec::new() };
    sort_strangers(folder, manifest, &mut files, &old, &mut done)?;
    Lock { engine: engine.to_owned(), files }.write(folder)?;
    Ok(done)
}

fn make(folder: &Path, studio: &Studio, spoken: &Spoken) -> Result<String, String> {
    let recorded = spoken.recording(folder);
    let path = spoken.path();
    if recorded.is_file() {
        return write(folder, &path, &import::speech(&recorded)?.1);
    }
    let samples = studio.speak(spoken.voice, &spoken.text)?;
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
    level::write_wav(&file, samples)?;
    lock::digest_of(&file)
}

/// Deletes WAVs that the manifest does not name, but for those that somebody recorded.
fn sort_strangers(
    folder: &Path,
    manifest: &Manifest,
    files: &mut BTreeMap<String, Entry>,
    old: &Lock,
    done: &mut Built,
) -> Result<(), String> {
    for locale in manifest.locales.keys() {
        for path in wavs(folder, locale)? {
            if files.contains_key(&path) {
                continue;
            }
            if folder.join(RECORDED).join(&path).is_file() {
                files.extend(old.files.get(&path).map(|entry| (path.clone(), entry.clone())));
                done.unnamed.push(path);
                continue;
            }
            fs::remove_file(folder.join(&path)).map_err(|error| format!("cannot remove {path}: {error}"))?;
            done.removed += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::folder::{Made, made};
    use crate::import::import;

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

    fn folder(root: &Path) -> PathBuf {
        let folder = root.join("prompts");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("manifest.toml"), MANIFEST).unwrap();
        folder
    }

    fn build_all(folder: &Path) -> Built {
        let manifest = Manifest::read(folder).unwrap();
        build(folder, &manifest, &manifest.engine, &folder.join("../scratch")).unwrap()
    }

    fn tone(file: &Path) {
        let tone: Vec<i16> = (0..8_000_i32).map(|n| if n % 16 < 8 { 9_000 } else { -9_000 }).collect();
        level::write_wav(file, &tone).unwrap();
    }

    #[test]
    fn prompts_are_built_once_and_again_when_their_text_changes() {
        let root = tempfile::tempdir().unwrap();
        let folder = folder(root.path());
        assert_eq!(build_all(&folder).built, 3);
        let samples = level::read_wav(&folder.join("zh-CN/welcome.wav")).unwrap();
        assert!((level::rms_db(&samples) - level::SPEECH_DB).abs() < 0.5);
        assert!(level::peak_db(&samples) < -1.0);
        assert!(samples.len() > 4_000, "a greeting lasts longer than half a second");

        let before = Lock::read(&folder).unwrap();
        assert_eq!(build_all(&folder), Built { built: 0, removed: 0, unnamed: Vec::new() });
        assert_eq!(before.files, Lock::read(&folder).unwrap().files);

        fs::write(folder.join("manifest.toml"), MANIFEST.replace("Hello and welcome", "Good day")).unwrap();
        assert_eq!(build_all(&folder).built, 1);
        let after = Lock::read(&folder).unwrap();
        assert_eq!(before.files["zh-CN/welcome.wav"], after.files["zh-CN/welcome.wav"]);
        assert_ne!(before.files["en/welcome.wav"], after.files["en/welcome.wav"]);
    }

    #[test]
    fn a_recording_replaces_the_speech() {
        let root = tempfile::tempdir().unwrap();
        let folder = folder(root.path());
        build_all(&folder);
        assert_eq!(made(&folder, &Lock::read(&folder).unwrap(), "en/welcome.wav"), Made::Synthetic);
        let spoken = lock::digest_of(&folder.join("en/welcome.wav")).unwrap();
        tone(&folder.join("recorded/en/welcome.wav"));
        assert_eq!(build_all(&folder).built, 1);
        assert_ne!(spoken, lock::digest_of(&folder.join("en/welcome.wav")).unwrap());
        assert_eq!(made(&folder, &Lock::read(&folder).unwrap(), "en/welcome.wav"), Made::Recorded);
        assert_eq!(build_all(&folder).built, 0);
    }

    #[test]
    fn what_was_imported_is_up_to_date_and_what_nobody_names_is_kept_where_it_was_recorded() {
        let root = tempfile::tempdir().unwrap();
        let folder = folder(root.path());
        build_all(&folder);
        tone(&root.path().join("take.wav"));
        for name in ["welcome", "extra"] {
            import(&folder, &root.path().join("take.wav"), "en", name).unwrap();
        }
        tone(&folder.join("en/stranger.wav"));
        assert_eq!(made(&folder, &Lock::read(&folder).unwrap(), "en/stranger.wav"), Made::ByHand);
        let built = build_all(&folder);
        assert_eq!(built, Built { built: 0, removed: 1, unnamed: vec!["en/extra.wav".to_owned()] });
        assert!(folder.join("en/extra.wav").is_file() && !folder.join("en/stranger.wav").exists());
        assert!(Lock::read(&folder).unwrap().files.contains_key("en/extra.wav"));
    }
}
