//! The folder of prompts: every WAV, by language and name.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::SoundId;
use ivr::{LocaleId, Prompts};

use crate::merge::Running;
use crate::problem::{Problem, Problems, Spot};
use crate::reader::Table;
use crate::release::Folders;
use crate::{SoundFile, wav};

#[derive(Clone, Debug, Default)]
pub(crate) struct SoundPlan {
    pub(crate) dir: PathBuf,
    /// Those of the running engine first: what plays now may be one that no file holds any more.
    pub(crate) files: Vec<SoundFile>,
    /// By what it holds, where a sound stands that is known already, whichever file it was first read from.
    known: BTreeMap<Arc<[i16]>, SoundId>,
    /// What is in the folders now.
    pub(crate) current: Vec<(PathBuf, SoundId)>,
    pub(crate) prompts: Prompts,
    /// What stands in `music/`, by name.
    pub(crate) music: Vec<(String, SoundId)>,
    /// A folder cannot be read, so that nothing is said of what it would have held.
    pub(crate) incomplete: bool,
}

/// What calls say beside the menu's own prompts.
pub(crate) const ANNOUNCEMENTS: [&str; 15] = [
    "agent-paused",
    "agent-ready",
    "agent-refused",
    "agent-signed-off",
    "agent-signed-on",
    "agent-wrap-up",
    "at-your-service",
    "job-number",
    "please-wait",
    "position-after",
    "position-before",
    "position-next",
    "queue-refused",
    "queue-unstaffed",
    "requeued",
];
const BUILD: &str =
    "build the prompts with `hotline prompts build`, or bring a recording in with `hotline prompts import`";

/// Samples that are kept for calls which may play them: a quarter of a gigabyte, and as much in each codec. Nine hours of speech.
const SAMPLES_MAX: usize = 1 << 27;

/// The folder of prompts, and the languages, each with a folder in it.
pub(crate) fn place(from: Folders<'_>, root: &Table<'_>) -> (PathBuf, Vec<String>) {
    let table = root.section("prompts");
    let written = table.text("dir", "prompts");
    let dir = from.released.map_or_else(|| folder(from.config, &written), |released| released.join("prompts"));
    let locales = table.get("locales").map(|v| v.texts()).unwrap_or_default();
    let mut names: Vec<String> = locales.into_iter().map(|(name, _)| name).collect();
    if names.is_empty() {
        names.push("zh-CN".to_owned());
    }
    (dir, names)
}

pub(crate) fn read(from: Folders<'_>, root: &Table<'_>, running: Running<'_>, problems: &Problems) -> SoundPlan {
    let (dir, names) = place(from, root);
    if let Some(running) = running {
        refuse_other_locales(&running.call.prompts, &names, &root.section("prompts"), problems);
    }
    let files = running.map(|plans| plans.sounds.clone()).unwrap_or_default();
    let known = known(&files);
    let mut plan = SoundPlan { prompts: Prompts::new(names.clone()), dir, files, known, ..SoundPlan::default() };
    for (id, name) in (0..=u8::MAX).map(LocaleId).zip(&names) {
        for (prompt, sound) in plan.read_folder(&plan.dir.join(name), problems) {
            plan.prompts.insert(&prompt, id, sound);
        }
        need_prompts(&plan, id, name, problems);
    }
    let mut folders = names.iter().map(String::as_str).chain(["music"]);
    plan.incomplete = folders.any(|name| !plan.dir.join(name).is_dir());
    plan.music = plan.read_folder(&plan.dir.join("music"), problems);
    refuse_too_much(&plan, running, problems);
    plan
}

/// A call knows its language by the place in the list.
fn refuse_other_locales(running: &Prompts, names: &[String], table: &Table<'_>, problems: &Problems) {
    if !running.locales().map(|(_, name)| name).eq(names.iter().take(running.locales().count())) {
        let known: Vec<_> = running.locales().map(|(_, name)| name).collect();
        let title = format!("the locales begin with `{}` while the engine runs", known.join("`, `"));
        let help = "add new ones behind them, or restart the engine";
        let spot = table.get("locales").map_or(table.spot.clone(), |value| value.spot);
        problems.error(Problem::new(spot, title, "restart needed", help));
    }
}

fn known(files: &[SoundFile]) -> BTreeMap<Arc<[i16]>, SoundId> {
    (0..).map(SoundId).zip(files).map(|(id, file)| (Arc::clone(&file.samples), id)).collect()
}

/// Of a file in the folder itself.
fn is_plain(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|file| file == name)
}

/// Sounds of files that were changed are kept until the engine starts again.
pub(crate) fn refuse_too_much(plan: &SoundPlan, running: Running<'_>, problems: &Problems) {
    let samples: usize = plan.files.iter().map(|file| file.samples.len()).sum();
    if running.is_some() && samples > SAMPLES_MAX {
        let title = format!(
            "{samples} samples of sounds with those that were changed since the start, but {SAMPLES_MAX} are kept"
        );
        let help = "restart the engine: it forgets the sounds that no file holds any more";
        problems.error(Problem::new(Spot::Path(plan.dir.clone()), title, "", help));
    }
}

/// Beside the configuration where it is there, else in the working folder.
fn folder(config: &Path, written: &str) -> PathBuf {
    let beside = config.parent().filter(|p| !p.as_os_str().is_empty()).map(|parent| parent.join(written));
    beside.filter(|path| path.is_dir()).unwrap_or_else(|| PathBuf::from(written))
}

/// Samples a millisecond: sounds are of 8 kHz.
const SAMPLES_PER_MS: u64 = 8;

/// By `SoundId`, how long each sound is.
pub(crate) fn lengths(files: &[SoundFile]) -> Vec<Duration> {
    files.iter().map(SoundFile::length).collect()
}

pub(crate) fn length(samples: &[i16]) -> Duration {
    Duration::from_millis(samples.len() as u64 / SAMPLES_PER_MS)
}

impl SoundFile {
    pub fn length(&self) -> Duration {
        length(&self.samples)
    }
}

impl SoundPlan {
    /// What the running engine knows, beside the folder that it was read from.
    pub(crate) fn of(running: &crate::Plans, dir: PathBuf) -> SoundPlan {
        let (files, current) = (running.sounds.clone(), running.prompt_files.clone());
        SoundPlan {
            dir,
            known: known(&files),
            files,
            current,
            prompts: running.call.prompts.clone(),
            ..SoundPlan::default()
        }
    }

    /// Takes in, from the folder of prompts beside the configuration, those of these names that were not released: what has to be on
    /// air now waits for no publication.
    pub(crate) fn lend(&mut self, (own, locales): (PathBuf, Vec<String>), names: &[String], problems: &Problems) {
        for (id, locale) in (0..=u8::MAX).map(LocaleId).zip(&locales) {
            for name in names.iter().filter(|name| is_plain(name)) {
                let file = Path::new(locale).join(format!("{name}.wav"));
                let is_held = self.prompts.sound_in(id, name).is_some() && self.dir.join(&file).is_file();
                let path = own.join(&file);
                if is_held || !path.is_file() {
                    continue;
                }
                self.current.retain(|(known, _)| *known != path);
                if let Some(sound) = self.read_file(path, problems) {
                    self.prompts.insert(name, id, sound);
                }
            }
        }
    }

    fn read_folder(&mut self, dir: &Path, problems: &Problems) -> Vec<(String, SoundId)> {
        let mut found = Vec::new();
        for path in wavs(dir, problems) {
            let Some(name) = path.file_stem().and_then(|s| s.to_str()).map(str::to_owned) else { continue };
            found.extend(self.read_file(path, problems).map(|sound| (name, sound)));
        }
        found
    }

    fn read_file(&mut self, path: PathBuf, problems: &Problems) -> Option<SoundId> {
        match read_wav(&path) {
            Ok(samples) => Some(self.take(path, samples.into())),
            Err(title) => {
                problems.error(Problem::new(Spot::Path(path), title, "", BUILD));
                None
            }
        }
    }

    /// A sound that the running engine knows by a number keeps it; a file that was changed is another sound, one that was moved is not.
    fn take(&mut self, path: PathBuf, samples: Arc<[i16]>) -> SoundId {
        let new = SoundId(self.files.len() as u32);
        let id = *self.known.entry(Arc::clone(&samples)).or_insert(new);
        if id == new {
            self.files.push(SoundFile { path: path.clone(), samples });
        }
        self.current.push((path, id));
        id
    }
}

/// The sounds of a folder, in order of their names.
fn wavs(dir: &Path, problems: &Problems) -> Vec<PathBuf> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) => {
            let title = format!("cannot read the prompts: {error}");
            let help = "set `dir` of [prompts] in hotline.toml to the folder that holds a folder for each of its \
                        locales, and `music`";
            problems.error(Problem::new(Spot::Path(dir.to_owned()), title, "", help));
            return Vec::new();
        }
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "wav"));
    paths.sort();
    paths
}

fn read_wav(path: &Path) -> Result<Vec<i16>, String> {
    let file = File::open(path).map_err(|error| format!("cannot read the sound: {error}"))?;
    wav::read(BufReader::new(file))
}

/// What the engine itself says; a locale without any file was told of already.
fn need_prompts(plan: &SoundPlan, locale: LocaleId, name: &str, problems: &Problems) {
    let dir = plan.dir.join(name);
    if !dir.is_dir() {
        return;
    }
    let is_missing = |prompt: &&str| {
        plan.prompts.sound_in(locale, prompt).is_none() && !dir.join(prompt).with_extension("wav").exists()
    };
    let missing: Vec<_> = ANNOUNCEMENTS.into_iter().chain(ivr::number_pieces(name)).filter(is_missing).collect();
    if !missing.is_empty() {
        let title = format!("prompts that every call may need are missing: {}", missing.join(", "));
        problems.error(Problem::new(Spot::Path(dir), title, "", BUILD));
    }
}
