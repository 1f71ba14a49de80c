//! Who published what, when and why: a line a release, of which the last one holds.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base::Wall;
use serde_json::{Value, json};

use crate::replace::replace;
use crate::{Error, ReleaseId};

/// Lines; beyond it the older half goes. Twenty years of publishing twice a working day.
const HISTORY_MAX: usize = 10_000;

/// How a release came to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It was made of the files of the configuration.
    Publish,
    /// It was there already.
    RollBack,
}

impl Action {
    pub const fn name(self) -> &'static str {
        match self {
            Action::Publish => "publish",
            Action::RollBack => "rollback",
        }
    }

    fn from_name(name: &str) -> Option<Action> {
        [Action::Publish, Action::RollBack].into_iter().find(|action| action.name() == name)
    }
}

/// A menu in a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub menu: String,
    /// As in the records of calls that ran it.
    pub version: String,
}

/// A line of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub release: ReleaseId,
    pub action: Action,
    pub at: Wall,
    pub by: String,
    pub why: String,
    pub menus: Vec<Version>,
}

impl Entry {
    fn line(&self) -> String {
        let menus: Vec<Value> = self.menus.iter().map(|m| json!({"menu": m.menu, "version": m.version})).collect();
        let line = json!({
            "release": self.release.as_str(),
            "action": self.action.name(),
            "at_ms": self.at.0,
            "by": self.by,
            "why": self.why,
            "menus": menus,
        });
        format!("{line}\n")
    }

    fn parse(line: &str) -> Option<Entry> {
        let line: Value = serde_json::from_str(line).ok()?;
        let text = |value: &Value, name: &str| Some(value[name].as_str()?.to_owned());
        let menu = |menu: &Value| Some(Version { menu: text(menu, "menu")?, version: text(menu, "version")? });
        Some(Entry {
            release: line["release"].as_str()?.parse().ok()?,
            action: Action::from_name(line["action"].as_str()?)?,
            at: Wall(line["at_ms"].as_i64()?),
            by: text(&line, "by")?,
            why: text(&line, "why")?,
            menus: line["menus"].as_array()?.iter().map(menu).collect::<Option<_>>()?,
        })
    }
}

/// The release that held before the one that holds was published. So a rollback after a rollback goes further back, and never to what was
/// rolled back from.
pub fn before(entries: &[Entry]) -> Option<&ReleaseId> {
    let holds = &entries.last()?.release;
    let is_its_own = |entry: &Entry| entry.release == *holds && entry.action == Action::Publish;
    let published = entries.iter().rposition(is_its_own)?;
    entries.get(..published)?.iter().rev().map(|entry| &entry.release).find(|release| *release != holds)
}

fn file(dir: &Path) -> PathBuf {
    dir.join("history.jsonl")
}

fn text(dir: &Path) -> Result<String, Error> {
    let path = file(dir);
    match fs::read(&path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        // Where no folder can be, nothing was published; whoever needs the folder says what is wrong with it.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(String::new())
        }
        Err(error) => Err(Error::at(path)(error)),
    }
}

/// A line without its end was torn; one that cannot be read is left out.
pub(crate) fn read(dir: &Path) -> Result<Vec<Entry>, Error> {
    Ok(whole(&text(dir)?).lines().filter_map(Entry::parse).collect())
}

/// Up to the end of the last line that has one.
fn whole(text: &str) -> &str {
    text.rfind('\n').and_then(|end| text.get(..=end)).unwrap_or_default()
}

pub(crate) fn append(dir: &Path, entry: &Entry) -> Result<(), Error> {
    let text = text(dir)?;
    let lines: Vec<&str> = whole(&text).lines().collect();
    if lines.len() >= HISTORY_MAX || !text.ends_with('\n') && !text.is_empty() {
        let kept = lines.iter().skip(if lines.len() >= HISTORY_MAX { lines.len() / 2 } else { 0 });
        let kept: String = kept.map(|line| format!("{line}\n")).collect();
        return replace(&file(dir), &format!("{kept}{}", entry.line()));
    }
    let path = file(dir);
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
    let written = file.and_then(|mut file| {
        file.write_all(entry.line().as_bytes())?;
        file.sync_all()
    });
    written.map_err(Error::at(path))
}

pub(crate) fn take_back(dir: &Path) -> Result<(), Error> {
    let text = text(dir)?;
    let mut lines: Vec<&str> = whole(&text).lines().collect();
    lines.pop();
    replace(&file(dir), &lines.iter().map(|line| format!("{line}\n")).collect::<String>())
}
