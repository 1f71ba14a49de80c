//! Any text as configuration: plans, or a report that names a file, never a panic.
//!
//! The input is the six files one after another, each behind a line `### <name>`; a file that is left out is the shipped one.

#![no_main]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

const FILES: [&str; 6] =
    ["hotline.toml", "queues.toml", "calendar/hours.toml", "menu/12345.toml", "menu/12345.script", "on-air.toml"];

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let dir = folder();
    let mut texts: [&str; 6] = SHIPPED;
    for part in text.split("### ").skip(1) {
        let (name, body) = part.split_once('\n').unwrap_or((part, ""));
        if let Some(place) = FILES.iter().position(|file| *file == name) {
            texts[place] = body;
        }
    }
    for (file, text) in FILES.iter().zip(texts) {
        std::fs::write(dir.join(file), text).expect("the folder takes files");
    }
    let plans = settings::load(dir, []);
    let scripts = settings::scripts(dir, plans.as_ref().ok());
    let report = match (&plans, scripts) {
        (Err(report), _) => report.to_string(),
        (Ok(_), Err(report)) => report.to_string(),
        (Ok(plans), Ok(scripts)) => {
            assert!(plans.warnings.iter().all(|warning| !warning.to_string().is_empty()));
            let rehearsed = settings::rehearse(plans, &scripts);
            return assert!(rehearsed.failed.len() <= rehearsed.stories);
        }
    };
    let named = [".toml", ".script", "prompts"].iter().any(|name| report.contains(name));
    assert!(named, "a report names a file: {report}");
});

const SHIPPED: [&str; 6] = [
    include_str!("../../config/hotline.toml"),
    include_str!("../../config/queues.toml"),
    include_str!("../../config/calendar/hours.toml"),
    include_str!("../../config/menu/12345.toml"),
    include_str!("../../config/menu/12345.script"),
    "",
];

/// A folder of this process, in memory where the machine has such; it holds no prompts, which is one error more.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let memory = PathBuf::from("/dev/shm");
        let above = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let dir = above.join(format!("hotline-fuzz-{}", std::process::id()));
        for inside in ["calendar", "menu"] {
            std::fs::create_dir_all(dir.join(inside)).expect("a folder for the configuration");
        }
        dir
    })
}
