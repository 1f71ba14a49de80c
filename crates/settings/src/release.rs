//! What menus are released with: the files that decide a caller's way and what is heard on it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::load::with_main;
use crate::source::files;
use crate::{Report, service, sounds};

/// Where a configuration lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folders<'a> {
    /// Of `hotline.toml` and `queues.toml`.
    pub config: &'a Path,
    /// Where `menu/`, `calendar/` and `prompts/` lie that were released; none where the configuration's own hold.
    pub released: Option<&'a Path>,
    /// The file of what is on air by hand, over what the configuration has on air; it need not be there.
    pub on_air: Option<&'a Path>,
}

impl<'a, T: AsRef<Path> + ?Sized> From<&'a T> for Folders<'a> {
    fn from(config: &'a T) -> Folders<'a> {
        Folders { config: config.as_ref(), released: None, on_air: None }
    }
}

impl<'a> Folders<'a> {
    /// Where menus and calendars lie.
    pub(crate) fn menus(self) -> &'a Path {
        self.released.unwrap_or(self.config)
    }
}

/// A file of a release.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReleaseFile {
    /// Below the folder of the release, as `menu/12345.toml`.
    pub name: String,
    pub path: PathBuf,
}

/// The files beside the configuration in `config` that a release is made of, by name: menus with their fragments and scripts, calendars,
/// and prompts. Names that are no UTF-8 are left out, as everywhere.
///
/// # Errors
/// Every fault of what says where prompts are, or of the grammar of `hotline.toml`.
pub fn release_files(
    config: &Path,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<Vec<ReleaseFile>, Report> {
    let (dir, locales) = with_main(config, env, &["PROMPTS"], |root, _| sounds::place(config.into(), root))?;
    let mut found = Vec::new();
    let mut add = |from: &Path, to: &str, endings: &[&str]| {
        let named = |path: PathBuf| Some((path.file_name()?.to_str()?.to_owned(), path));
        let all = endings.iter().flat_map(|ending| files(from, ending)).filter_map(named);
        found.extend(all.map(|(name, path)| ReleaseFile { name: format!("{to}/{name}"), path }));
    };
    add(&config.join("menu"), "menu", &["toml", "script"]);
    add(&config.join("menu/fragments"), "menu/fragments", &["toml"]);
    add(&config.join("calendar"), "calendar", &["toml"]);
    for folder in locales.iter().map(String::as_str).chain(["music"]) {
        add(&dir.join(folder), &format!("prompts/{folder}"), &["wav"]);
    }
    found.extend(
        Some(dir.join("manifest.toml"))
            .filter(|path| path.is_file())
            .map(|path| ReleaseFile { name: "prompts/manifest.toml".to_owned(), path }),
    );
    found.sort();
    Ok(found)
}

/// What a command has to know of a server to ask it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Where HTTP is served.
    pub http: SocketAddr,
    /// Where records, releases and the admin's token lie.
    pub data: PathBuf,
}

/// Where the server of the configuration in `config` is reached; menus, groups and all the rest may be wrong.
///
/// # Errors
/// Every fault of the two sections that say it, or of the grammar of `hotline.toml`.
pub fn load_reached(config: &Path, env: impl IntoIterator<Item = (String, String)>) -> Result<Reached, Report> {
    with_main(config, env, &["SERVER", "HTTP"], |root, problems| Reached {
        http: service::http(root, problems),
        data: service::data(root),
    })
}
