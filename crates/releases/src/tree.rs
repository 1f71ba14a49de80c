//! The files of a release, and its name.

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::Error;

/// Three hundred prompts in ten languages, and as many menus.
pub(crate) const FILES_MAX: usize = 10_000;
/// Four times what the engine keeps of sounds.
pub(crate) const BYTES_MAX: u64 = 1 << 30;
/// `prompts/zh-CN/welcome.wav` has two folders above it.
const DEPTH_MAX: usize = 4;
/// 48 bits tell the releases of a house apart, and can be read out on the phone.
const ID_LETTERS: usize = 12;

/// Twelve digits of the hash of names and contents.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReleaseId(String);

impl ReleaseId {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Of files that lie anywhere, by name.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn of(files: &[File]) -> Result<ReleaseId, Error> {
        let mut digest = IdDigest::default();
        for file in files {
            let bytes = std::fs::read(&file.path).map_err(Error::at(&file.path))?;
            digest.add(&file.name, &bytes);
        }
        Ok(digest.finish())
    }
}

impl fmt::Display for ReleaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ReleaseId {
    type Err = Error;

    fn from_str(text: &str) -> Result<ReleaseId, Error> {
        let fits = text.len() == ID_LETTERS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if fits { Ok(ReleaseId(text.to_owned())) } else { Err(Error::Unknown(text.to_owned())) }
    }
}

/// Takes files in the order of their names.
#[derive(Default)]
pub(crate) struct IdDigest(Sha256);

impl IdDigest {
    pub(crate) fn add(&mut self, name: &str, bytes: &[u8]) {
        self.0.update((name.len() as u64).to_le_bytes());
        self.0.update(name);
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> ReleaseId {
        let digest = self.0.finalize();
        ReleaseId(digest.iter().take(ID_LETTERS / 2).map(|byte| format!("{byte:02x}")).collect())
    }
}

/// A file of a release, or one that may become one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct File {
    /// Below the release, as `menu/12345.toml`.
    pub name: String,
    pub path: PathBuf,
}

impl File {
    /// # Errors
    /// When the name leads out of its folder.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let path = Path::new(&self.name);
        let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        if plain && (1..=DEPTH_MAX).contains(&path.components().count()) {
            return Ok(());
        }
        Err(Error::Name { name: self.name.clone() })
    }
}

/// Every file below a folder, by name.
pub(crate) fn files(folder: &Path) -> Result<Vec<File>, Error> {
    let mut found = Vec::new();
    gather(folder, "", 1, &mut found)?;
    found.sort();
    Ok(found)
}

fn gather(folder: &Path, above: &str, depth: usize, found: &mut Vec<File>) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).map_err(Error::at(folder))? {
        let entry = entry.map_err(Error::at(folder))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let (path, name) = (entry.path(), format!("{above}{name}"));
        match path.is_dir() {
            true if depth < DEPTH_MAX => gather(&path, &format!("{name}/"), depth + 1, found)?,
            true => {}
            false => found.push(File { name, path }),
        }
        if found.len() > FILES_MAX {
            return Err(Error::TooMany { count: found.len() });
        }
    }
    Ok(())
}
