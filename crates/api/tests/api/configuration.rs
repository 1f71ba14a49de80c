//! A configuration that is played: what each call of it comes to is known beforehand.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use releases::{Action, Change, Difference, Entry, Version};
use server::{Configurable, History, Order, Published, Refused, Reloaded, Slot};
use settings::{Changes, Listed};

/// The first reload finds a group more and a network, the second one a wrong file, the third another one under way. What is published is in
/// the history from then on.
#[derive(Default)]
pub(crate) struct Played {
    reloads: AtomicUsize,
    entries: Mutex<Vec<Entry>>,
}

/// What lies in the configuration's folder.
pub(crate) const RELEASE: &str = "0123456789ab";
const EARLIER: &str = "ba9876543210";

impl Played {
    fn hold(&self, name: &str, action: Action, order: Order) -> Result<Published, Refused> {
        let mut entries = self.entries.lock().expect("nobody panicked");
        let (release, before) = (name.parse()?, entries.last().map(|entry: &Entry| entry.release.clone()));
        let Order { at, by, why, dry_run } = order;
        let menus = vec![Version { menu: "12345".into(), version: "a1".into() }];
        if !dry_run {
            entries.push(Entry { release, action, at, by, why, menus });
        }
        Ok(Published { release: name.parse()?, before, holds: !dry_run, stories: 2, reloaded: Reloaded::default() })
    }
}

impl Configurable for Played {
    fn reload(&self) -> Result<Reloaded, Refused> {
        let added = Listed { added: vec!["night".into()], ..Listed::default() };
        let changes = Changes { groups: added, restart: vec!["[http]".into()], ..Changes::default() };
        match self.reloads.fetch_add(1, Ordering::Relaxed) {
            0 => Ok(Reloaded { changes, warnings: vec!["warning: x".into()], ..Reloaded::default() }),
            1 => Err(Refused::Wrong { errors: 1, report: "error: x\n --> queues.toml:7:3".into() }),
            _ => Err(Refused::Busy),
        }
    }

    fn publish(&self, release: Option<&str>, order: Order) -> Result<Published, Refused> {
        if release.is_some_and(|release| release != RELEASE) {
            return Err(Refused::Changed(RELEASE.parse()?));
        }
        self.hold(RELEASE, Action::Publish, order)
    }

    fn roll_back(&self, release: Option<&str>, order: Order) -> Result<Published, Refused> {
        if self.entries.lock().expect("nobody panicked").is_empty() {
            return Err(Refused::NoRelease("nothing was ever published".into()));
        }
        self.hold(release.unwrap_or(EARLIER), Action::RollBack, order)
    }

    fn history(&self) -> Result<History, Refused> {
        let entries = self.entries.lock().expect("nobody panicked").clone();
        Ok(History { entries, kept: vec![RELEASE.parse()?] })
    }

    fn differences(&self, from: Option<&str>, _: Option<&str>) -> Result<Vec<Difference>, Refused> {
        let from: Option<releases::ReleaseId> = from.filter(|from| *from != "files").map(str::parse).transpose()?;
        let name = from.map_or_else(|| "menu/12345.toml".to_owned(), |from| format!("menu/{from}.toml"));
        let lines = Some("@@ -1 +1 @@\n-a = 1\n+a = 2\n".to_owned());
        Ok(vec![Difference { name, change: Change::Changed, paths: [None, None], lines }])
    }

    fn on_air(&self) -> Result<Vec<Slot>, Refused> {
        Ok(vec![Slot {
            name: "news".into(),
            prompts: vec!["storm".into()],
            by_hand: true,
            menus: vec!["12345".into()],
        }])
    }

    fn put_on_air(&self, slot: &str, prompts: Option<&[String]>) -> Result<Reloaded, Refused> {
        match (slot, prompts) {
            ("news", Some([name])) if name == "storn" => {
                Err(Refused::Wrong { errors: 1, report: "error: no prompt is named `storn`".into() })
            }
            ("news", _) => {
                let changes = Changes { others: vec!["on-air.toml".into()], ..Changes::default() };
                Ok(Reloaded { changes, ..Reloaded::default() })
            }
            _ => Err(Refused::NoSlot("no menu has a slot".into())),
        }
    }
}
