//! The files of a configuration folder.

use std::path::{Path, PathBuf};

use crate::problem::{Problem, Problems, Spot};
use crate::release::Folders;

/// A file, by place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileId(usize);

/// What a file describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// `hotline.toml`.
    Main,
    /// `queues.toml`.
    Queues,
    /// `on-air.toml`, where there is one.
    OnAir,
    /// The same of what was put on air by hand, where there is something.
    OnAirByHand,
    /// `calendar/*.toml`.
    Calendar,
    /// `menu/*.toml`.
    Menu,
    /// `menu/fragments/*.toml`.
    Fragment,
    /// `profile/*.toml`: no part of what the engine is started with.
    Profile,
    /// `menu/*.script`: no part of it either.
    Script,
}

#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) part: Part,
    pub(crate) text: String,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Sources(Vec<Source>);

impl Sources {
    pub(crate) fn ids(&self) -> impl Iterator<Item = FileId> {
        (0..self.0.len()).map(FileId)
    }

    pub(crate) fn get(&self, file: FileId) -> Option<&Source> {
        self.0.get(file.0)
    }
}

/// A configuration is written by hand; more is a mistake.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// `hotline.toml` alone.
pub(crate) fn read_main(dir: &Path, problems: &Problems) -> Sources {
    Sources(read_one(dir.join("hotline.toml"), Part::Main, problems).into_iter().collect())
}

/// The texts in these folders; a file that is missing or unreadable is a problem.
pub(crate) fn read(from: Folders<'_>, problems: &Problems) -> Sources {
    let (dir, menus) = (from.config, from.menus());
    let mut files = vec![(dir.join("hotline.toml"), Part::Main), (dir.join("queues.toml"), Part::Queues)];
    files.extend(on_air(from));
    files.extend(folder(&menus.join("calendar")).into_iter().map(|path| (path, Part::Calendar)));
    let trees = folder(&menus.join("menu"));
    if trees.is_empty() && menus.is_dir() {
        let help = "write the menu there, as `menu/12345.toml` of the shipped configuration";
        problems.error(Problem::new(Spot::Path(menus.join("menu")), "there is no menu", "", help));
    }
    files.extend(trees.into_iter().map(|path| (path, Part::Menu)));
    files.extend(folder(&menus.join("menu/fragments")).into_iter().map(|path| (path, Part::Fragment)));
    Sources(files.into_iter().filter_map(|(path, part)| read_one(path, part, problems)).collect())
}

/// `hotline.toml`, and what is on air.
pub(crate) fn read_on_air(from: Folders<'_>, problems: &Problems) -> Sources {
    let files = std::iter::once((from.config.join("hotline.toml"), Part::Main)).chain(on_air(from));
    Sources(files.filter_map(|(path, part)| read_one(path, part, problems)).collect())
}

/// What was put on air by hand alone.
pub(crate) fn read_by_hand(file: &Path, problems: &Problems) -> Sources {
    let file = Some(file).filter(|file| file.exists());
    Sources(file.and_then(|file| read_one(file.to_owned(), Part::OnAirByHand, problems)).into_iter().collect())
}

fn on_air(from: Folders<'_>) -> impl Iterator<Item = (PathBuf, Part)> {
    let written = Some((from.config.join("on-air.toml"), Part::OnAir));
    let by_hand = from.on_air.map(|file| (file.to_owned(), Part::OnAirByHand));
    written.into_iter().chain(by_hand).filter(|(path, _)| path.exists())
}

/// Days for the simulator that lie beside a configuration.
pub(crate) fn profiles(dir: &Path) -> Vec<PathBuf> {
    folder(&dir.join("profile"))
}

/// The scripts of `menu/`.
pub(crate) fn read_scripts(dir: &Path, problems: &Problems) -> Sources {
    let files = files(&dir.join("menu"), "script").into_iter();
    Sources(files.filter_map(|path| read_one(path, Part::Script, problems)).collect())
}

/// The names of the menus: files without their ending.
pub(crate) fn menu_names(dir: &Path) -> Vec<String> {
    let stem = |path: &PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    folder(&dir.join("menu")).iter().filter_map(stem).collect()
}

/// A profile alone.
pub(crate) fn read_profile(path: &Path, problems: &Problems) -> Sources {
    Sources(read_one(path.to_owned(), Part::Profile, problems).into_iter().collect())
}

fn read_one(path: PathBuf, part: Part, problems: &Problems) -> Option<Source> {
    let too_large = || std::io::Error::other(format!("larger than {FILE_BYTES_MAX} bytes"));
    let size = std::fs::metadata(&path).map(|m| m.len());
    let text = size.and_then(|n| if n > FILE_BYTES_MAX { Err(too_large()) } else { std::fs::read_to_string(&path) });
    match text {
        Ok(text) => Some(Source { path, part, text }),
        Err(error) => {
            let title = format!("cannot read the file: {error}");
            let help = match part {
                Part::Profile => "name a profile with `--profile FILE`; the shipped one is `config/profile/city.toml`",
                _ => "name the configuration folder with `--config DIR`; the shipped one is `config/`",
            };
            problems.error(Problem::new(Spot::Path(path), title, "", help));
            None
        }
    }
}

/// The TOML files of a folder by name; none when there is no such folder.
fn folder(dir: &Path) -> Vec<PathBuf> {
    files(dir, "toml")
}

/// The files of a folder with this ending by name.
pub(crate) fn files(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == ending)).collect();
    files.sort();
    files
}
