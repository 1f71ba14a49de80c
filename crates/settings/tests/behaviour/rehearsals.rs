//! Stories, read and played on copies of the shipped configuration.

use std::fs;
use std::path::{Path, PathBuf};

use settings::{Plans, Rehearsed, Report, Script};

use crate::kit::{config, load};

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
    settings::rehearse(&plans, &scripts)
}
