//! Prompts: what the menu, the configuration and the code refer to stands in the manifest and exists as WAV in every language,
//! in the right format, as loud as the others, and built from the text that the manifest has today.

mod references;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use prompts::lock::{self, Lock};
use prompts::{FOLDER, MUSIC, Manifest, Spoken, level, wavs};

use self::references::Languages;
use super::Finding;
use super::source::Tree;

const MANIFEST: &str = "prompts/manifest.toml";
const BUILD: &str = "run cargo xtask prompts";
/// All prompts together: a clone stays quick.
const BYTES_MAX: u64 = 8_000_000;

pub(super) fn check(root: &Path, tree: &Tree) -> Result<Vec<Finding>, String> {
    let folder = root.join(FOLDER);
    let manifest = match Manifest::read(&folder) {
        Ok(manifest) => manifest,
        Err(reason) => {
            return Ok(vec![Finding::new(MANIFEST, 1, reason, "every prompt comes from it", "mend the manifest")]);
        }
    };
    let lock = Lock::read(&folder)?;
    let mut findings = referred(tree, &manifest);
    for spoken in manifest.spoken() {
        findings.extend(stale(&folder, &lock, &spoken)?);
        findings.extend(sound(&folder, &spoken.path(), level::SPEECH_DB));
    }
    findings.extend(sound(&folder, MUSIC, level::MUSIC_DB));
    findings.extend(size(&folder, &manifest)?);
    Ok(findings)
}

/// Every name that something refers to stands in the manifest, in the languages that it is needed in.
fn referred(tree: &Tree, manifest: &Manifest) -> Vec<Finding> {
    let music = MUSIC.rsplit('/').next().unwrap_or(MUSIC).trim_end_matches(".wav");
    let mut findings = Vec::new();
    for reference in references::all(tree).into_iter().filter(|reference| reference.name != music) {
        let prompt = manifest.prompts.iter().find(|prompt| prompt.name == reference.name);
        let lacks = match (&reference.needs, prompt) {
            (_, None) => Some(String::new()),
            (Languages::Any, _) => None,
            (Languages::One(locale), Some(prompt)) => {
                (!prompt.text.contains_key(locale)).then(|| format!(" in {locale}"))
            }
            (Languages::All, Some(prompt)) => {
                manifest.locales.keys().find(|locale| !prompt.text.contains_key(*locale)).map(|l| format!(" in {l}"))
            }
        };
        if let Some(language) = lacks {
            let what = format!("there is no prompt '{}'{language}", reference.name);
            let mend = format!("write it into {MANIFEST} and {BUILD}, or mend the name");
            findings.push(Finding::new(&reference.file, reference.line, what, "a caller would hear nothing", mend));
        }
    }
    findings
}

/// A WAV that is missing, or was built from another text.
fn stale(folder: &Path, lock: &Lock, spoken: &Spoken<'_>) -> Result<Option<Finding>, String> {
    let path = format!("{FOLDER}/{}", spoken.path());
    if !folder.join(spoken.path()).is_file() {
        return Ok(Some(Finding::new(&path, 1, "the WAV is missing", "the manifest names it", BUILD)));
    }
    let input = lock::input(folder, &lock.engine, spoken)?;
    if lock.current(folder, &spoken.path(), &input).is_some() {
        return Ok(None);
    }
    let why = "it is not what the manifest's text gave";
    Ok(Some(Finding::new(&path, 1, "the WAV is out of date", why, BUILD)))
}

/// Format and level.
fn sound(folder: &Path, path: &str, wanted_db: f64) -> Option<Finding> {
    let file = format!("{FOLDER}/{path}");
    if !folder.join(path).is_file() && path != MUSIC {
        // `stale` has said so.
        return None;
    }
    let samples = match level::read_wav(&folder.join(path)) {
        Ok(samples) => samples,
        Err(reason) => return Some(Finding::new(&file, 1, reason, "the server plays that format alone", BUILD)),
    };
    let (rms, peak) = (level::rms_db(&samples), level::peak_db(&samples));
    if (rms - wanted_db).abs() <= level::TOLERANCE_DB && peak <= level::PEAK_DB_MAX {
        return None;
    }
    let what = format!("RMS {rms:.1} dB, peak {peak:.1} dB");
    let why = format!("all are at {wanted_db:.0} dB, peaks below {:.0} dB", level::PEAK_DB_MAX);
    Some(Finding::new(&file, 1, what, why, BUILD))
}

/// Strangers among the WAVs, and the size of all.
fn size(folder: &Path, manifest: &Manifest) -> Result<Option<Finding>, String> {
    let ours: BTreeSet<String> = manifest.spoken().map(|spoken| spoken.path()).collect();
    let mut bytes = 0;
    for locale in manifest.locales.keys() {
        for path in wavs(folder, locale)? {
            if !ours.contains(&path) {
                let what = "the manifest does not name this WAV";
                return Ok(Some(Finding::new(
                    &format!("{FOLDER}/{path}"),
                    1,
                    what,
                    "nobody can build it again",
                    BUILD,
                )));
            }
            bytes += fs::metadata(folder.join(&path)).map_or(0, |file| file.len());
        }
    }
    let what = format!("the prompts have {bytes} bytes");
    let why = format!("{BYTES_MAX} are the limit");
    Ok((bytes > BYTES_MAX).then(|| Finding::new(MANIFEST, 1, what, why, "shorten the texts")))
}

#[cfg(test)]
mod tests {
    use super::super::source::File;
    use super::*;

    const MANIFEST: &str = "engine = \"e {text} {out}\"\n[locales]\nen = \"en\"\nzh-CN = \"zh\"\n\
        [[prompt]]\nname = \"yes\"\ntext.en = \"yes\"\ntext.zh-CN = \"是\"\n\
        [[prompt]]\nname = \"and\"\nonly = \"en\"\ntext.en = \"and\"\n";

    #[test]
    fn a_prompt_exists_in_the_languages_that_need_it() {
        for (config, expected) in [
            ("prompt = \"yes\"", vec![]),
            ("prompt = [\"yes\", \"and@en\"]\nmusic = \"hold-music\"", vec![]),
            ("prompt = \"no\"", vec!["there is no prompt 'no'"]),
            ("prompt = \"and\"", vec!["there is no prompt 'and' in zh-CN"]),
            ("prompt = \"and@zh-CN\"", vec!["there is no prompt 'and' in zh-CN"]),
        ] {
            let file = File { path: "config/menu/a.toml".to_owned(), text: config.to_owned() };
            let findings = referred(&Tree { files: vec![file] }, &Manifest::parse(MANIFEST).unwrap());
            assert_eq!(findings.iter().map(|f| f.what.as_str()).collect::<Vec<_>>(), expected, "{config}");
        }
    }

    #[test]
    fn a_wav_of_another_text_is_out_of_date() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = Manifest::parse(MANIFEST).unwrap();
        let spoken = manifest.spoken().next().unwrap();
        let missing = stale(folder.path(), &Lock::default(), &spoken).unwrap().unwrap();
        assert_eq!((missing.file.as_str(), missing.what.as_str()), ("prompts/en/yes.wav", "the WAV is missing"));
        fs::create_dir(folder.path().join("en")).unwrap();
        fs::write(folder.path().join("en/yes.wav"), "sound").unwrap();
        assert_eq!(stale(folder.path(), &Lock::default(), &spoken).unwrap().unwrap().what, "the WAV is out of date");
        assert!(sound(folder.path(), "en/yes.wav", level::SPEECH_DB).is_some());
    }

    #[test]
    fn a_prompt_too_loud_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let loud: Vec<i16> = (0..8000_i32).map(|n| if n % 2 == 0 { 20_000 } else { -20_000 }).collect();
        level::write_wav(&folder.path().join("a.wav"), &loud).unwrap();
        assert!(sound(folder.path(), "a.wav", level::SPEECH_DB).unwrap().what.starts_with("RMS -4.3 dB"));
        level::write_wav(&folder.path().join("a.wav"), &level::to_rms(&loud, level::SPEECH_DB).unwrap()).unwrap();
        assert!(sound(folder.path(), "a.wav", level::SPEECH_DB).is_none());
    }
}
