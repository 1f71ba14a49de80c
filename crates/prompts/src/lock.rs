//! `prompts/manifest.lock`: what each WAV was built from, and what came out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};
use toml::{Table, Value};

use crate::folder;
use crate::manifest::Spoken;

/// In the folder of prompts.
pub(crate) const NAME: &str = "manifest.lock";
const FILE: &str = "prompts/manifest.lock";
const HEAD: &str =
    "# Written by `hotline prompts build`: for each WAV the SHA-256 of what went in and of the file itself.\n";
/// Raised when the chain from speech to WAV changes, so that every prompt is built again.
const CHAIN: u32 = 1;
/// The same of the chain from a recording to a WAV.
const RECORDING_CHAIN: u32 = 2;

/// What a folder of prompts was built from.
#[derive(Debug, Default)]
pub struct Lock {
    /// The engine's command line at the last build.
    pub engine: String,
    /// By path, seen from `prompts/`.
    pub files: BTreeMap<String, Entry>,
}

/// Of one WAV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Hash of engine, voice and text, or of the recording.
    pub input: String,
    /// Hash of the WAV.
    pub sound: String,
}

impl Lock {
    /// An absent lock is an empty one.
    ///
    /// # Errors
    /// The file is no lock.
    pub fn read(folder: &Path) -> Result<Lock, String> {
        let Ok(text) = fs::read_to_string(folder.join(NAME)) else { return Ok(Lock::default()) };
        let bad = |what: &str| format!("{FILE}: {what}; delete it and run `hotline prompts build`");
        let table: Table = text.parse().map_err(|_| bad("it cannot be read"))?;
        let engine = table.get("engine").and_then(Value::as_str).ok_or_else(|| bad("no engine"))?;
        let mut lock = Lock { engine: engine.to_owned(), files: BTreeMap::new() };
        for (path, hashes) in table.get("files").and_then(Value::as_table).ok_or_else(|| bad("no files"))? {
            let pair = hashes.as_str().and_then(|both| both.split_once(' '));
            let (input, sound) = pair.ok_or_else(|| bad("a line without two hashes"))?;
            lock.files.insert(path.clone(), Entry { input: input.to_owned(), sound: sound.to_owned() });
        }
        Ok(lock)
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<(), String> {
        let mut text = format!("{HEAD}engine = {}\n\n[files]\n", Value::String(self.engine.clone()));
        for (path, Entry { input, sound }) in &self.files {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "\"{path}\" = \"{input} {sound}\"");
        }
        folder::put(&folder.join(NAME), text.as_bytes())
    }

    /// The hash of the WAV when it was built from `input` and nobody changed it since.
    pub fn current(&self, folder: &Path, path: &str, input: &str) -> Option<String> {
        let entry = self.files.get(path).filter(|entry| entry.input == input)?;
        let now = digest_of(&folder.join(path)).ok()?;
        (entry.sound == now).then_some(now)
    }
}

/// The hash of what a prompt is built from.
///
/// # Errors
/// The recording that cannot be read.
pub fn input(folder: &Path, engine: &str, spoken: &Spoken<'_>) -> Result<String, String> {
    let recording = spoken.recording(folder);
    if recording.is_file() {
        return digest_of(&recording).map(|hash| of_recording(&hash));
    }
    Ok(digest(format!("{CHAIN}\n{engine}\n{}\n{}", spoken.voice, spoken.text).as_bytes()))
}

/// What a prompt is built from whose recording has this hash.
pub(crate) fn of_recording(hash: &str) -> String {
    digest(format!("recording {RECORDING_CHAIN}\n{hash}").as_bytes())
}

/// The hash of a file.
///
/// # Errors
/// The file that cannot be read.
pub fn digest_of(file: &Path) -> Result<String, String> {
    fs::read(file).map(|bytes| digest(&bytes)).map_err(|error| format!("cannot read {}: {error}", file.display()))
}

/// The first 128 bits tell two files apart as well as all 256.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(16).fold(String::with_capacity(32), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_survives_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let entry = Entry { input: digest(b"in"), sound: digest(b"out") };
        let files = BTreeMap::from([("en/a.wav".to_owned(), entry)]);
        let lock = Lock { engine: "say \"{text}\"".to_owned(), files };
        lock.write(folder.path()).unwrap();
        let read = Lock::read(folder.path()).unwrap();
        assert_eq!((read.engine, read.files), (lock.engine, lock.files));
    }

    #[test]
    fn a_changed_wav_is_not_current() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("en")).unwrap();
        fs::write(folder.path().join("en/a.wav"), "sound").unwrap();
        let entry = Entry { input: "i".to_owned(), sound: digest(b"sound") };
        let lock = Lock { engine: String::new(), files: BTreeMap::from([("en/a.wav".to_owned(), entry)]) };
        assert!(lock.current(folder.path(), "en/a.wav", "i").is_some());
        assert!(lock.current(folder.path(), "en/a.wav", "other").is_none());
        fs::write(folder.path().join("en/a.wav"), "louder").unwrap();
        assert!(lock.current(folder.path(), "en/a.wav", "i").is_none());
    }
}
