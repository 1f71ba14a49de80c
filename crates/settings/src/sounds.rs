//! The folder of prompts: every WAV, by language and name.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use base::SoundId;
use ivr::{LocaleId, Prompts};

use crate::problem::{Problem, Problems, Spot};
use crate::reader::Table;
use crate::{SoundFile, wav};

#[derive(Clone, Debug, Default)]
pub(crate) struct SoundPlan {
    pub(crate) dir: PathBuf,
    pub(crate) files: Vec<SoundFile>,
    pub(crate) prompts: Prompts,
    /// What stands in `music/`, by name.
    pub(crate) music: Vec<(String, SoundId)>,
    /// A folder cannot be read, so that nothing is said of what it would have held.
    pub(crate) incomplete: bool,
}

/// What calls say beside the menu's own prompts.
const ANNOUNCEMENTS: [&str; 15] = [
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
const BUILD: &str = "build the prompts with `cargo xtask prompts`, or record the file: 8 kHz, mono, 16-bit PCM";

pub(crate) fn read(config: &Path, root: &Table<'_>, problems: &Problems) -> SoundPlan {
    let table = root.section("prompts");
    let dir = folder(config, &table.text("dir", "prompts"));
    let locales = table.get("locales").map(|v| v.texts()).unwrap_or_default();
    let mut names: Vec<String> = locales.into_iter().map(|(name, _)| name).collect();
    if names.is_empty() {
        names.push("zh-CN".to_owned());
    }
    let mut plan = SoundPlan { prompts: Prompts::new(names.clone()), dir, ..SoundPlan::default() };
    for (id, name) in (0..=u8::MAX).map(LocaleId).zip(&names) {
        for (prompt, sound) in read_folder(&plan.dir.join(name), &mut plan.files, problems) {
            plan.prompts.insert(&prompt, id, sound);
        }
        need_prompts(&plan, id, name, problems);
    }
    let mut folders = names.iter().map(String::as_str).chain(["music"]);
    plan.incomplete = folders.any(|name| !plan.dir.join(name).is_dir());
    plan.music = read_folder(&plan.dir.join("music"), &mut plan.files, problems);
    plan
}

/// Beside the configuration where it is there, else in the working folder.
fn folder(config: &Path, written: &str) -> PathBuf {
    let beside = config.parent().filter(|p| !p.as_os_str().is_empty()).map(|parent| parent.join(written));
    beside.filter(|path| path.is_dir()).unwrap_or_else(|| PathBuf::from(written))
}

fn read_folder(dir: &Path, files: &mut Vec<SoundFile>, problems: &Problems) -> Vec<(String, SoundId)> {
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
    let mut found = Vec::new();
    for path in paths {
        let Some(name) = path.file_stem().and_then(|s| s.to_str()).map(str::to_owned) else { continue };
        match read_wav(&path) {
            Ok(samples) => {
                found.push((name, SoundId(files.len() as u32)));
                files.push(SoundFile { path, samples });
            }
            Err(title) => problems.error(Problem::new(Spot::Path(path), title, "", BUILD)),
        }
    }
    found
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
