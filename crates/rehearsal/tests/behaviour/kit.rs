//! What the tests of this crate share.

use std::fs;
use std::path::{Path, PathBuf};

use rehearsal::Rehearsed;
use settings::{Plans, Report, Script};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn config() -> PathBuf {
    root().join("config")
}

/// A folder with the shipped configuration, but without its stories.
pub(crate) fn folder(case: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rehearsal").join(case);
    let _ = fs::remove_dir_all(&dir);
    for inside in ["calendar", "menu/fragments"] {
        fs::create_dir_all(dir.join(inside)).expect("a writable folder");
    }
    for name in ["hotline.toml", "queues.toml", "calendar/hours.toml", "menu/12345.toml"] {
        fs::copy(config().join(name), dir.join(name)).expect("the shipped file");
    }
    dir
}

pub(crate) fn load(dir: &Path) -> Result<Plans, Report> {
    let prompts = ("HOTLINE__PROMPTS__DIR".to_owned(), root().join("prompts").display().to_string());
    settings::load(dir, [prompts])
}

pub(crate) fn plans(dir: &Path) -> Plans {
    load(dir).unwrap_or_else(|report| panic!("{report}"))
}

/// Writes a script of the shipped menu and reads it.
pub(crate) fn scripts(dir: &Path, plans: &Plans, text: &str) -> Result<Vec<Script>, Report> {
    fs::write(dir.join("menu/12345.script"), text).expect("a writable folder");
    settings::scripts(dir, Some(plans))
}

pub(crate) fn rehearse(dir: &Path, text: &str) -> Rehearsed {
    let plans = plans(dir);
    let scripts = scripts(dir, &plans, text).unwrap_or_else(|report| panic!("{report}"));
    rehearsal::run(&plans, &scripts)
}
