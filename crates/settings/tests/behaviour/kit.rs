//! What the tests of this crate share.

use std::path::{Path, PathBuf};

use settings::{Plans, Report};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn config() -> PathBuf {
    root().join("config")
}

pub(crate) fn load(dir: &Path) -> Result<Plans, Report> {
    load_with(dir, &[])
}

pub(crate) fn load_with(dir: &Path, env: &[(&str, &str)]) -> Result<Plans, Report> {
    let prompts = ("HOTLINE__PROMPTS__DIR".to_owned(), root().join("prompts").display().to_string());
    let env = env.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    settings::load(dir, [prompts].into_iter().chain(env))
}

/// Prompts as shipped, unless the folder has its own.
pub(crate) fn env(dir: &Path) -> Vec<(String, String)> {
    let prompts = if dir.join("prompts").is_dir() { dir.join("prompts") } else { root().join("prompts") };
    vec![("HOTLINE__PROMPTS__DIR".to_owned(), prompts.display().to_string())]
}
