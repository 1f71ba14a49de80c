//! Prompts: what the menu, the configuration and the code refer to stands in the manifest and exists as WAV in every language,
//! in the right format, as loud as the others, and built from the text that the manifest has today.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::Finding;
use super::source::Tree;
use crate::prompts::lock::{self, Lock};
use crate::prompts::manifest::{Manifest, Spoken};
use crate::prompts::{FOLDER, MUSIC, level, wavs};

mod references;

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

/// Every name that something refers to stands in the manifest, and what nothing refers to does not.
fn referred(tree: &Tree, manifest: &Manifest) -> Vec<Finding> {
    let references = references::all(tree);
    let known: BTreeSet<&str> = manifest.prompts.iter().map(|prompt| prompt.name.as_str()).collect();
    let music = MUSIC.rsplit('/').next().unwrap_or(MUSIC).trim_end_matches(".wav");
    let mut findings = Vec::new();
    for reference in references.iter().filter(|r| r.name != music && !known.contains(r.name.as_str())) {
        let what = format!("there is no prompt '{}'", reference.name);
        let mend = format!("add it to {MANIFEST} and {BUILD}, or mend the name");
        findings.push(Finding::new(&reference.file, reference.line, what, "a caller would hear nothing", mend));
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
