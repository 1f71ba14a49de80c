//! What is on air in menus is changed by hand while the engine runs, at once and whatever else is half edited.

use std::collections::{BTreeMap, BTreeSet};

use settings::Plans;

use crate::reload::{Refused, Reloaded, Reloader, wrong};

/// A place in menus that something may be on air in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    pub name: String,
    /// What callers hear there now; empty for nothing.
    pub prompts: Vec<String>,
    /// It was put there by hand, over what the configuration says.
    pub by_hand: bool,
    /// The menus that have it.
    pub menus: Vec<String>,
}

impl Reloader {
    pub(crate) fn on_air(&self) -> Result<Vec<Slot>, Refused> {
        let running = self.running();
        let by_hand = settings::on_air_by_hand(&self.on_air).map_err(wrong)?;
        let menus = menus(&running);
        let on_air = &running.call.on_air;
        let names: BTreeSet<&String> = menus.keys().chain(on_air.keys()).chain(by_hand.keys()).collect();
        let slot = |name: &String| Slot {
            name: name.clone(),
            prompts: on_air.get(name).cloned().unwrap_or_default(),
            by_hand: by_hand.contains_key(name),
            menus: menus.get(name).cloned().unwrap_or_default(),
        };
        Ok(names.into_iter().map(slot).collect())
    }

    pub(crate) fn put_on_air(&self, slot: &str, prompts: Option<&[String]>) -> Result<Reloaded, Refused> {
        let mut running = self.alone()?;
        let before = settings::on_air_by_hand(&self.on_air).map_err(wrong)?;
        let mut after = before.clone();
        match prompts {
            Some(prompts) => {
                let known = menus(&running);
                if !known.contains_key(slot) {
                    return Err(no_slot(slot, known.into_keys()));
                }
                after.insert(slot.to_owned(), prompts.to_vec())
            }
            None => after.remove(slot),
        };
        self.releases.put_on_air(&settings::on_air_text(&after))?;
        let taken_up = self.take_up_on_air(&mut running, slot);
        if taken_up.as_ref().is_err_and(|refused| !matches!(refused, Refused::Late)) {
            self.releases.put_on_air(&settings::on_air_text(&before))?;
        }
        taken_up
    }

    fn take_up_on_air(&self, running: &mut Plans, slot: &str) -> Result<Reloaded, Refused> {
        let held = self.releases.holding()?;
        let read = settings::reload_on_air(self.folders(held.as_ref()), std::env::vars(), running, slot);
        let reloaded = self.take_up(running, read.map_err(wrong)?)?;
        Ok(Reloaded { release: held.map(|held| held.id), ..reloaded })
    }
}

/// The menus by the slots that they have.
fn menus(running: &Plans) -> BTreeMap<String, Vec<String>> {
    let mut menus: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for menu in &running.call.menus {
        let slots: BTreeSet<&str> = menu.menu.slots().collect();
        slots.into_iter().for_each(|slot| menus.entry(slot.to_owned()).or_default().push(menu.name.clone()));
    }
    menus
}

fn no_slot(slot: &str, known: impl Iterator<Item = String>) -> Refused {
    let known: Vec<String> = known.map(|name| format!("`{name}`")).collect();
    Refused::NoSlot(match known.as_slice() {
        [] => "no menu has a node of kind `on_air`, so that nothing can be heard; add one, and publish".to_owned(),
        known => format!("no menu has a slot `{slot}`; there are {}", known.join(", ")),
    })
}
