//! Any text as configuration: plans, or a report that names a file, never a panic.
//!
//! The input is the four files one after another, each behind a line `### <name>`; a file that is left out is the shipped one.

#![no_main]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

const FILES: [&str; 4] = ["hotline.toml", "queues.toml", "calendar/hours.toml", "menu/12345.toml"];

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let dir = folder();
    let mut texts: [&str; 4] = SHIPPED;
    for part in text.split("### ").skip(1) {
        let (name, body) = part.split_once('\n').unwrap_or((part, ""));
        if let Some(place) = FILES.iter().position(|file| *file == name) {
            texts[place] = body;
        }
    }
    for (file, text) in FILES.iter().zip(texts) {
        std::fs::write(dir.join(file), text).expect("the folder takes files");
    }
    match settings::load(dir, []) {
        Ok(plans) => assert!(plans.warnings.iter().all(|warning| !warning.to_string().is_empty())),
        Err(report) => {
            let text = report.to_string();
            assert!(text.contains(".toml") || text.contains("prompts"), "a report names a file: {text}");
        }
    }
});

const SHIPPED: [&str; 4] = [
    include_str!("../../config/hotline.toml"),
    include_str!("../../config/queues.toml"),
    include_str!("../../config/calendar/hours.toml"),
    include_str!("../../config/menu/12345.toml"),
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
