//! The folder of prompts with what is known of it: texts, files, and who names which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ::prompts::{Lock, Made, Manifest, level, made, wavs};
use settings::Voice;

pub(super) struct Shelf {
    pub(super) voice: Voice,
    /// None where there are recordings alone.
    pub(super) manifest: Option<Manifest>,
    lock: Lock,
}

/// A sound as it is heard.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sound {
    pub(super) file: PathBuf,
    pub(super) made: Made,
    /// What is wrong with the file, else how it sounds.
    pub(super) heard: Result<Heard, String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Heard {
    pub(super) samples: usize,
    pub(super) rms_db: f64,
    pub(super) peak_db: f64,
}

impl Heard {
    pub(super) fn seconds(self) -> f64 {
        self.samples as f64 / f64::from(level::FORMAT.sample_rate)
    }
}

/// A prompt in every language.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Prompt {
    /// By language, those that have a file or a text.
    pub(super) languages: BTreeMap<String, Language>,
    /// Who names it.
    pub(super) by: BTreeSet<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Language {
    pub(super) sound: Option<Sound>,
    pub(super) text: Option<String>,
}

impl Shelf {
    pub(super) fn open(config: &Path) -> Result<Shelf, String> {
        let voice = settings::load_voice(config, std::env::vars()).map_err(|report| report.to_string())?;
        let manifest = Manifest::read_where_there(&voice.dir)?;
        let lock = Lock::read(&voice.dir)?;
        Ok(Shelf { voice, manifest, lock })
    }

    /// As `Shelf::manifest`; an error where there is none.
    pub(super) fn texts(&self) -> Result<&Manifest, String> {
        self.manifest.as_ref().ok_or_else(|| {
            let file = self.voice.dir.join("manifest.toml");
            format!("there are no texts: {} is missing; the shipped one is prompts/manifest.toml", file.display())
        })
    }

    /// Every prompt by name: what has a file, a text, or a place that names it.
    pub(super) fn prompts(&self) -> Result<BTreeMap<String, Prompt>, String> {
        let mut all: BTreeMap<String, Prompt> = BTreeMap::new();
        for locale in &self.voice.locales {
            for path in wavs(&self.voice.dir, locale)? {
                let name = path.rsplit('/').next().and_then(|file| file.strip_suffix(".wav")).unwrap_or_default();
                let sound = Some(self.sound(&path));
                all.entry(name.to_owned()).or_default().languages.entry(locale.clone()).or_default().sound = sound;
            }
        }
        for prompt in self.manifest.iter().flat_map(|manifest| &manifest.prompts) {
            for (locale, text) in prompt.text.iter().filter(|(locale, _)| self.voice.locales.contains(locale)) {
                let prompt = all.entry(prompt.name.clone()).or_default();
                prompt.languages.entry(locale.clone()).or_default().text = Some(text.clone());
            }
        }
        for named in &self.voice.uses {
            let is_music = named.locales.first().is_some_and(|folder| folder == "music");
            if let Some(prompt) = all.get_mut(&named.name).filter(|_| !is_music) {
                prompt.by.insert(named.by.clone());
            }
        }
        Ok(all)
    }

    fn sound(&self, path: &str) -> Sound {
        let file = self.voice.dir.join(path);
        let heard = level::read_wav(&file).map(|samples| Heard {
            samples: samples.len(),
            rms_db: level::rms_db(&samples),
            peak_db: level::peak_db(&samples),
        });
        Sound { made: made(&self.voice.dir, &self.lock, path), file, heard }
    }
}
