//! What a start runs with: the configuration's folder, and the release of menus that holds.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use releases::{Release, Releases};
use settings::Folders;

/// The data folder, and what holds by it.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) data: PathBuf,
    pub(crate) release: Option<Release>,
    /// What is on air by hand.
    on_air: PathBuf,
}

impl Held {
    /// `data` where it is given, else as the configuration says.
    ///
    /// # Errors
    /// What is wrong with `hotline.toml`, or with the release; ready to print.
    pub(crate) fn find(config: &Path, data: Option<PathBuf>) -> Result<Held, String> {
        let data = match data {
            Some(data) => data,
            None => reached(config)?.data,
        };
        let releases = Releases::new(&data);
        let release = releases.holding().map_err(|error| format!("error: {error}"))?;
        Ok(Held { data, release, on_air: releases.on_air() })
    }

    pub(crate) fn folders<'a>(&'a self, config: &'a Path) -> Folders<'a> {
        let released = self.release.as_ref().map(|release| release.folder.as_path());
        Folders { config, released, on_air: Some(&self.on_air) }
    }
}

/// Where the server of this configuration is, whatever is wrong with all else in it.
pub(crate) fn reached(config: &Path) -> Result<settings::Reached, String> {
    settings::load_reached(config, std::env::vars()).map_err(|report| report.render(io::stderr().is_terminal()))
}
