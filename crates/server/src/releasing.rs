//! Menus are published and rolled back while the engine runs: what was checked is what is kept, and what is kept is what holds.

use base::Wall;
use call::plan::MenuVersion;
use releases::{Action, Difference, Entry, Error, File, Release, ReleaseId, Staged, Version, differences};
use settings::{Folders, Plans};

use crate::airing::Slot;
use crate::reload::{Refused, Reloaded, Reloader, wrong};

/// Who wants a release to hold, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub at: Wall,
    pub by: String,
    pub why: String,
    /// Everything is looked at, and nothing changes.
    pub dry_run: bool,
}

/// What became of a wish to publish or to roll back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    pub release: ReleaseId,
    /// What held before.
    pub before: Option<ReleaseId>,
    /// It holds now. Not after a dry run.
    pub holds: bool,
    /// Stories of callers that were played before; none for what was published earlier.
    pub stories: usize,
    pub reloaded: Reloaded,
}

/// What was published, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    pub entries: Vec<Entry>,
    /// The releases whose files are there.
    pub kept: Vec<ReleaseId>,
}

/// What the owner of a token may do to the configuration of a running engine.
pub trait Configurable: Send + Sync {
    /// # Errors
    /// Nothing has changed, but after `Late`.
    fn reload(&self) -> Result<Reloaded, Refused>;

    /// Has the files of the configuration's folder hold, if they are right: checked, rehearsed, kept under their name, and taken up by calls that come
    /// from then on. Only where they are those of `release`, if it is named.
    ///
    /// # Errors
    /// Nothing has changed, but after `Late`.
    fn publish(&self, release: Option<&str>, order: Order) -> Result<Published, Refused>;

    /// Has an earlier release hold again; the one before what holds, unless it is named.
    ///
    /// # Errors
    /// Nothing has changed, but after `Late`.
    fn roll_back(&self, release: Option<&str>, order: Order) -> Result<Published, Refused>;

    /// # Errors
    /// When it cannot be read.
    fn history(&self) -> Result<History, Refused>;

    /// What differs between two releases; from what holds to the files of the configuration's folder, unless they are named.
    ///
    /// # Errors
    /// When a release is not there, or cannot be read.
    fn differences(&self, from: Option<&str>, to: Option<&str>) -> Result<Vec<Difference>, Refused>;

    /// Every place in menus that something may be on air in, by name.
    ///
    /// # Errors
    /// When what was put there by hand cannot be read.
    fn on_air(&self) -> Result<Vec<Slot>, Refused>;

    /// Puts prompts on air at once, over what the configuration says; none of them for silence. `None` leaves it to the configuration
    /// again. Nothing else of the configuration is read.
    ///
    /// # Errors
    /// Nothing has changed, but after `Late`.
    fn put_on_air(&self, slot: &str, prompts: Option<&[String]>) -> Result<Reloaded, Refused>;
}

impl Configurable for Reloader {
    fn reload(&self) -> Result<Reloaded, Refused> {
        Reloader::reload(self)
    }

    fn publish(&self, release: Option<&str>, order: Order) -> Result<Published, Refused> {
        let mut running = self.alone()?;
        let staged = self.releases.stage(&self.files()?)?;
        if release.is_some_and(|release| release != staged.id().as_str()) {
            return Err(Refused::Changed(staged.id().clone()));
        }
        let folders = Folders { released: Some(staged.folder()), ..self.folders(None) };
        // Where it is wrong, the same errors at the places where operators mend them.
        let here = |refused| rehearsed(self.folders(None), &running).err().unwrap_or(refused);
        let (read, stories) = rehearsed(folders, &running).map_err(here)?;
        let (id, action) = (staged.id().clone(), Action::Publish);
        let published = self.have_hold(&mut running, read, Some(staged), (id, action), order)?;
        Ok(Published { stories, ..published })
    }

    fn roll_back(&self, release: Option<&str>, order: Order) -> Result<Published, Refused> {
        let mut running = self.alone()?;
        let id = match release {
            Some(name) => name.parse()?,
            None => self.before()?,
        };
        let target = self.releases.release(&id)?;
        let read = settings::reload(self.folders(Some(&target)), std::env::vars(), &running).map_err(wrong)?;
        self.have_hold(&mut running, read, None, (id, Action::RollBack), order)
    }

    fn history(&self) -> Result<History, Refused> {
        let entries = self.releases.history()?;
        let mut kept: Vec<ReleaseId> = entries.iter().map(|entry| entry.release.clone()).collect();
        kept.sort();
        kept.dedup();
        kept.retain(|id| self.releases.release(id).is_ok());
        Ok(History { entries, kept })
    }

    fn differences(&self, from: Option<&str>, to: Option<&str>) -> Result<Vec<Difference>, Refused> {
        let from = match from {
            Some(name) => self.named(name)?,
            None => {
                let held = self.releases.holding()?.ok_or_else(nothing_holds)?;
                self.releases.files(&held.id)?
            }
        };
        let to = to.map_or_else(|| self.files(), |name| self.named(name))?;
        Ok(differences(&from, &to)?)
    }

    fn on_air(&self) -> Result<Vec<Slot>, Refused> {
        Reloader::on_air(self)
    }

    fn put_on_air(&self, slot: &str, prompts: Option<&[String]>) -> Result<Reloaded, Refused> {
        Reloader::put_on_air(self, slot, prompts)
    }
}

/// Checks these files and plays the stories that are written beside the menus; how many there were.
fn rehearsed(folders: Folders<'_>, running: &Plans) -> Result<(settings::Reloaded, usize), Refused> {
    let read = settings::reload(folders, std::env::vars(), running).map_err(wrong)?;
    let scripts = settings::scripts(folders, Some(&read.plans)).map_err(wrong)?;
    let rehearsal = settings::rehearse(&read.plans, &scripts);
    if rehearsal.failed.is_empty() {
        return Ok((read, rehearsal.stories));
    }
    let report = rehearsal.failed.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n");
    Err(Refused::Rehearsal { failed: rehearsal.failed.len(), report })
}

/// The name of what lies in the configuration's folder.
const FILES: &str = "files";

impl Reloader {
    /// What would be published now.
    fn files(&self) -> Result<Vec<File>, Refused> {
        let files = settings::release_files(&self.config, std::env::vars()).map_err(wrong)?;
        Ok(files.into_iter().map(|file| File { name: file.name, path: file.path }).collect())
    }

    fn named(&self, name: &str) -> Result<Vec<File>, Refused> {
        if name == FILES { self.files() } else { Ok(self.releases.files(&name.parse()?)?) }
    }

    /// The files that are not as they were published, by name.
    pub(crate) fn unpublished(&self, held: &Release) -> Result<Vec<String>, Refused> {
        let found = differences(&self.releases.files(&held.id)?, &self.files()?)?;
        Ok(found.into_iter().map(|difference| difference.name).collect())
    }

    /// What a rollback brings back where nobody names it.
    fn before(&self) -> Result<ReleaseId, Refused> {
        let entries = self.releases.history()?;
        let holds = entries.last().ok_or_else(nothing_holds)?;
        let before = releases::before(&entries).cloned();
        before.ok_or_else(|| Refused::NoRelease(format!("no release held before {}", holds.release)))
    }

    fn have_hold(
        &self,
        running: &mut Plans,
        read: settings::Reloaded,
        staged: Option<Staged>,
        (release, action): (ReleaseId, Action),
        Order { at, by, why, dry_run }: Order,
    ) -> Result<Published, Refused> {
        let before = self.releases.history()?.pop().map(|entry| entry.release);
        if dry_run {
            let warnings = read.plans.warnings.iter().map(ToString::to_string).collect();
            let reloaded = Reloaded { changes: read.changes, warnings, ..Reloaded::default() };
            return Ok(Published { release, before, holds: false, stories: 0, reloaded });
        }
        let menus = read.plans.call.menus.iter().map(|menu| version(menu)).collect();
        // What holds already needs no line, and may hold anew beside another queues.toml.
        let entry = Some(Entry { release: release.clone(), action, at, by, why, menus });
        let entry = entry.filter(|_| before.as_ref() != Some(&release));
        staged.map(|staged| self.releases.keep(staged)).transpose()?;
        if let Some(entry) = &entry {
            self.releases.hold(entry)?;
        }
        match self.take_up(running, read) {
            Ok(reloaded) => Ok(Published { release, before, holds: true, stories: 0, reloaded }),
            // It will hold, and so does the line.
            Err(Refused::Late) => Err(Refused::Late),
            Err(refused) => {
                if entry.is_some() {
                    self.releases.take_back()?;
                }
                Err(refused)
            }
        }
    }
}

fn version(menu: &MenuVersion) -> Version {
    Version { menu: menu.name.clone(), version: menu.version.clone() }
}

fn nothing_holds() -> Refused {
    Refused::NoRelease("nothing was ever published: the files of the configuration's folder hold".to_owned())
}

impl Refused {
    /// There is no such release, or its files are gone.
    pub const fn is_missing(&self) -> bool {
        matches!(self, Refused::NoRelease(_) | Refused::Releases(Error::Gone { .. } | Error::Unknown(_)))
    }
}
