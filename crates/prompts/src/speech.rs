//! From a text to samples of the telephone band without silence around them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{child, level};

/// Full resolution into the chain, and nothing random: the same input gives the same bytes.
const SOX: &[&str] = &["-R", "-D"];
const FORMAT: &[&str] = &["-r", "8000", "-c", "1", "-b", "16", "-e", "signed-integer"];
/// The telephone band first; then silence is cut at both ends, and a breath is left so that pieces do not run together.
const EFFECTS: &[&str] = &[
    "remix", "-", "gain", "-n", "-6", "sinc", "200-3400", "rate", "8000", "silence", "1", "0.01", "0.5%", "reverse",
    "silence", "1", "0.01", "0.5%", "reverse", "pad", "0.02", "0.06",
];

pub(crate) struct Studio {
    /// The engine's command line, by words.
    engine: Vec<String>,
    /// For what lies between two steps.
    scratch: PathBuf,
}

impl Studio {
    pub(crate) fn new(engine: &str, scratch: &Path) -> Result<Studio, String> {
        for hole in ["{text}", "{out}"] {
            if !engine.contains(hole) {
                return Err(format!("the engine '{engine}' has no {hole}: write where it goes"));
            }
        }
        // Two builds at once, in one process too, keep apart.
        static STUDIOS: AtomicU32 = AtomicU32::new(0);
        let number = STUDIOS.fetch_add(1, Ordering::Relaxed);
        let scratch = scratch.join(format!("{}-{number}", std::process::id()));
        fs::create_dir_all(&scratch).map_err(|error| format!("cannot create {}: {error}", scratch.display()))?;
        Ok(Studio { engine: engine.split_whitespace().map(str::to_owned).collect(), scratch })
    }

    /// Speaks `text`; the engine runs without a shell, so no text can break out of it.
    pub(crate) fn speak(&self, voice: &str, text: &str) -> Result<Vec<i16>, String> {
        let said = self.scratch.join("said.wav");
        let out = said.to_string_lossy();
        let mut words = self.engine.iter().map(|word| match word.as_str() {
            "{text}" => text.to_owned(),
            word => word.replace("{voice}", voice).replace("{out}", &out).replace("{text}", text),
        });
        let program = words.next().unwrap_or_default();
        child::run(Command::new(program).args(words), &self.scratch)?;
        self.trim(&said)
    }

    /// Brings a recording into the telephone band and the format of prompts.
    pub(crate) fn trim(&self, file: &Path) -> Result<Vec<i16>, String> {
        let trimmed = self.scratch.join("trimmed.wav");
        let mut sox = Command::new("sox");
        child::run(sox.args(SOX).arg(file).args(FORMAT).arg(&trimmed).args(EFFECTS), &self.scratch)?;
        level::read_wav(&trimmed)
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        // What is left behind lies in a folder for that and harms nobody.
        let _ = fs::remove_dir_all(&self.scratch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_without_a_place_for_the_text_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = Studio::new("say -o {out}", folder.path()).err().unwrap();
        assert!(error.contains("no {text}"), "{error}");
    }

    #[test]
    fn an_engine_that_fails_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let studio = Studio::new("false {text} {out}", folder.path()).unwrap();
        assert!(studio.speak("en", "hello").unwrap_err().contains("false"));
    }
}
