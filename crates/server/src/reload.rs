//! Another configuration while the engine runs: read and prepared here, on whichever thread asks, and taken up by the control thread in one
//! step.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use legs::Bank;
use media::Sounds;
use releases::{Release, ReleaseId, Releases};
use settings::{Changes, Folders, Plans, Report};

use crate::stop::Stop;
use crate::web::Speaker;
use crate::web::recognition::Service;

/// The control thread turns in milliseconds: whoever waits longer is told so.
const DEADLINE: Duration = Duration::from_secs(10);

/// Why the running configuration stays what it was.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Every error of the files, as `hotline check` prints them.
    #[error("{report}")]
    Wrong { errors: usize, report: String },
    /// Stories that are written beside the menus lead elsewhere.
    #[error("{report}")]
    Rehearsal { failed: usize, report: String },
    #[error("another reload or publication is under way; ask again when it is done")]
    Busy,
    #[error("the engine has not taken up the configuration within ten seconds; it will, unless it has stopped")]
    Late,
    #[error("the engine has stopped")]
    Gone,
    /// The files are other ones than those that somebody looked at.
    #[error("the files are those of release {0} now, and another one was asked for")]
    Changed(ReleaseId),
    #[error("{0}")]
    NoRelease(String),
    /// No node of kind `on_air` has it.
    #[error("{0}")]
    NoSlot(String),
    #[error(transparent)]
    Releases(#[from] releases::Error),
}

/// What a reload came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reloaded {
    pub changes: Changes,
    /// What works, but probably not as meant; ready to print.
    pub warnings: Vec<String>,
    /// The release whose menus, calendars and prompts hold; none where those of the configuration's folder do.
    pub release: Option<ReleaseId>,
    /// Files of the configuration's folder that are other than those of the release.
    pub unpublished: Vec<String>,
}

/// Reads the configuration anew, and publishes menus; one at a time.
#[derive(Debug)]
pub struct Reloader {
    pub(crate) config: PathBuf,
    pub(crate) releases: Releases,
    /// What is on air by hand.
    pub(crate) on_air: PathBuf,
    /// What holds, or is about to.
    running: Mutex<Plans>,
    voices: Voices,
    sender: SyncSender<Order>,
    stop: Arc<Stop>,
}

/// What callers hear, who speaks, and who understands them.
#[derive(Debug)]
pub(crate) struct Voices {
    pub(crate) sounds: Arc<Sounds>,
    pub(crate) speaker: Arc<Speaker>,
    pub(crate) recognition: Arc<Service>,
}

/// Plans on their way to the control thread.
#[derive(Debug)]
struct Order {
    reload: switch::Reload,
    done: SyncSender<()>,
}

/// The control thread's side.
#[derive(Debug)]
pub(crate) struct Orders {
    receiver: Receiver<Order>,
    /// Who waits for the end of the turn.
    waits: Option<SyncSender<()>>,
}

/// Both sides, for an engine that runs by these plans; releases lie below `data`.
pub(crate) fn open(
    config: PathBuf,
    data: &Path,
    running: Plans,
    voices: Voices,
    stop: Arc<Stop>,
) -> (Reloader, Orders) {
    let (sender, receiver) = sync_channel(1);
    let releases = Releases::new(data);
    let on_air = releases.on_air();
    let reloader = Reloader { config, releases, on_air, running: Mutex::new(running), voices, sender, stop };
    (reloader, Orders { receiver, waits: None })
}

impl Reloader {
    /// Reads and checks everything, and has it hold if it is right; blocks until then, a second for thousands of prompts. Menus,
    /// calendars and prompts are those of the release that holds, where there is one.
    ///
    /// # Errors
    /// Nothing has changed, but after `Late`.
    pub fn reload(&self) -> Result<Reloaded, Refused> {
        let mut running = self.alone()?;
        let held = self.releases.holding()?;
        let read = settings::reload(self.folders(held.as_ref()), std::env::vars(), &running).map_err(wrong)?;
        let unpublished = held.as_ref().map(|held| self.unpublished(held)).transpose()?.unwrap_or_default();
        let reloaded = self.take_up(&mut running, read)?;
        Ok(Reloaded { release: held.map(|held| held.id), unpublished, ..reloaded })
    }

    pub(crate) fn folders<'a>(&'a self, held: Option<&'a Release>) -> Folders<'a> {
        let released = held.map(|held| held.folder.as_path());
        Folders { config: &self.config, released, on_air: Some(&self.on_air) }
    }

    /// What holds, once nobody changes it.
    pub(crate) fn running(&self) -> MutexGuard<'_, Plans> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// # Errors
    /// `Busy` where somebody else is at it.
    pub(crate) fn alone(&self) -> Result<MutexGuard<'_, Plans>, Refused> {
        match self.running.try_lock() {
            Ok(running) => Ok(running),
            // Plans are replaced whole.
            Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => Err(Refused::Busy),
        }
    }

    /// Has these plans hold, for everything that comes from then on.
    pub(crate) fn take_up(&self, running: &mut Plans, read: settings::Reloaded) -> Result<Reloaded, Refused> {
        let settings::Reloaded { plans, changes } = read;
        if plans.sounds.len() > running.sounds.len() {
            self.voices.sounds.set(Arc::new(bank(&plans)));
        }
        let calendars = plans.calendars.missing(media::wall());
        let warnings = plans.warnings.iter().chain(&calendars).map(ToString::to_string).collect();
        let reload = switch::Reload::new(of_owners(plans.clone()));
        let (done, taken) = sync_channel(1);
        self.sender.try_send(Order { reload, done }).map_err(|error| match error {
            TrySendError::Full(_) => Refused::Busy,
            TrySendError::Disconnected(_) => Refused::Gone,
        })?;
        self.voices.speaker.set(plans.synthesis.clone());
        self.voices.recognition.set(plans.recognition.clone());
        // From here on it comes to hold, however long that takes.
        *running = plans;
        self.stop.ring();
        match taken.recv_timeout(DEADLINE) {
            Ok(()) => Ok(Reloaded { changes, warnings, ..Reloaded::default() }),
            Err(RecvTimeoutError::Timeout) => Err(Refused::Late),
            Err(RecvTimeoutError::Disconnected) => Err(Refused::Gone),
        }
    }
}

pub(crate) fn wrong(report: Report) -> Refused {
    Refused::Wrong { errors: report.count(), report: report.render(false) }
}

/// All sounds, in both codecs.
pub(crate) fn bank(plans: &Plans) -> Bank {
    let mut bank = Bank::new();
    for sound in &plans.sounds {
        bank.push(&sound.samples);
    }
    bank
}

/// What each owner takes of the plans.
pub(crate) fn of_owners(plans: Plans) -> switch::Plans {
    let Plans { call, acd, roster, carrier, .. } = plans;
    switch::Plans { call: Arc::new(call), acd, roster, carrier }
}

impl Orders {
    /// Plans that are to hold from now on; the next ones follow in a turn of their own.
    pub(crate) fn take(&mut self) -> Option<switch::Reload> {
        match self.receiver.try_recv() {
            Ok(Order { reload, done }) => {
                self.waits = Some(done);
                Some(reload)
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
        }
    }

    /// All that followed from them has left.
    pub(crate) fn end_turn(&mut self) {
        if let Some(done) = self.waits.take() {
            // Who asked may have left.
            let _ = done.try_send(());
        }
    }
}
