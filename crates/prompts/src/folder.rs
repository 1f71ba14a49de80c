//! A folder of prompts: `LOCALE/NAME.wav` is heard, `recorded/LOCALE/NAME.wav` is what a voice talent recorded.

use std::fs;
use std::path::Path;

use crate::lock::{self, Lock};

/// Music plays in every language.
pub const MUSIC: &str = "music/hold-music.wav";

/// Where prompts lie, from the top folder.
pub const FOLDER: &str = "prompts";

/// Where recordings lie, from the folder of prompts.
pub(crate) const RECORDED: &str = "recorded";

/// Where a sound is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// A recording lies beside it.
    Recorded,
    /// The engine spoke it.
    Synthetic,
    /// Somebody put the file there.
    ByHand,
}

impl Made {
    pub const fn name(self) -> &'static str {
        match self {
            Made::Recorded => "recorded",
            Made::Synthetic => "synthetic",
            Made::ByHand => "by hand",
        }
    }
}

/// Where the sound `path` of a folder is from, `path` as `en/welcome.wav`.
pub fn made(folder: &Path, lock: &Lock, path: &str) -> Made {
    if folder.join(RECORDED).join(path).is_file() {
        return Made::Recorded;
    }
    let built = lock.files.get(path).map(|entry| entry.sound.as_str());
    let now = lock::digest_of(&folder.join(path)).ok();
    if built.is_some() && built == now.as_deref() { Made::Synthetic } else { Made::ByHand }
}

/// The WAVs of a locale, `locale/name.wav`; none where the folder is missing.
///
/// # Errors
/// The folder is there and cannot be read.
pub fn wavs(folder: &Path, locale: &str) -> Result<Vec<String>, String> {
    let Ok(entries) = fs::read_dir(folder.join(locale)) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| format!("cannot read {}: {error}", folder.join(locale).display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".wav") {
            found.push(format!("{locale}/{name}"));
        }
    }
    found.sort();
    Ok(found)
}

/// What was recorded in a locale, as `wavs`.
///
/// # Errors
/// The folder is there and cannot be read.
pub fn recordings(folder: &Path, locale: &str) -> Result<Vec<String>, String> {
    wavs(&folder.join(RECORDED), locale)
}

/// Puts `bytes` at `file` in one step: whoever reads it meanwhile has the old file or the new one.
pub(crate) fn put(file: &Path, bytes: &[u8]) -> Result<(), String> {
    let cannot = |error: std::io::Error| format!("cannot write {}: {error}", file.display());
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent).map_err(cannot)?;
    }
    // Another process may write the same file.
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let whole = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, file));
    whole.map_err(|error| {
        // What stays behind is no WAV by its name, and nobody reads it.
        let _ = fs::remove_file(&beside);
        cannot(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_put_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/b.wav");
        put(&file, b"old").unwrap();
        put(&file, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        // A folder in the way: the rename fails.
        fs::create_dir(folder.path().join("a/c.wav")).unwrap();
        assert!(put(&folder.path().join("a/c.wav"), b"x").unwrap_err().contains("c.wav"));
        assert_eq!(fs::read_dir(folder.path().join("a")).unwrap().count(), 2, "nothing is left beside");
    }
}
