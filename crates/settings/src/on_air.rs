//! `on-air.toml`: what operators put on air in menus at once, an outage or a storm.

use std::time::Duration;

use ivr::{ON_AIR_MAX, OnAir};

use crate::nearest::did_you_mean;
use crate::reader::Table;
use crate::sounds::SoundPlan;
use crate::value::Value;

/// Places in menus: more nobody keeps in mind when there is an emergency.
const SLOTS_MAX: usize = 100;

pub(crate) fn read(root: &Table<'_>, sounds: &SoundPlan) -> OnAir {
    let lengths = crate::sounds::lengths(&sounds.files);
    let slots = root.get("on_air").map(|v| v.names()).unwrap_or_default();
    if slots.len() > SLOTS_MAX {
        let title = format!("{} slots, but at most {SLOTS_MAX} are possible", slots.len());
        let spot = root.spot.clone();
        root.problems.error(crate::problem::Problem::new(spot, title, "", "put what is heard together into one"));
    }
    let mut on_air = OnAir::new();
    for (slot, _, value) in slots.into_iter().take(SLOTS_MAX) {
        let prompts = value.texts();
        prompts.iter().for_each(|(name, value)| refuse_missing(name, value, sounds));
        let names: Vec<String> = prompts.into_iter().map(|(name, _)| name).collect();
        refuse_long(&names, &value, sounds, &lengths);
        on_air.insert(slot.to_owned(), names);
    }
    on_air
}

fn refuse_missing(name: &str, value: &Value<'_>, sounds: &SoundPlan) {
    if !sounds.incomplete && !sounds.prompts.has(name) {
        let help = did_you_mean(name, sounds.prompts.names());
        value.error(format!("no prompt is named `{name}`"), "no such file", help);
    }
}

/// In the language that takes longest; a prompt that a language lacks is said in the first one.
fn refuse_long(names: &[String], value: &Value<'_>, sounds: &SoundPlan, lengths: &[Duration]) {
    let length = |locale, name: &String| {
        let place = sounds.prompts.sound(locale, name).and_then(|sound| usize::try_from(sound.0).ok());
        place.and_then(|place| lengths.get(place)).copied().unwrap_or_default()
    };
    let all = sounds.prompts.locales().map(|(locale, _)| names.iter().map(|name| length(locale, name)).sum());
    let longest: Duration = all.max().unwrap_or_default();
    if longest > ON_AIR_MAX {
        let max = ON_AIR_MAX.as_secs();
        let title = format!("{} s on air, and {max} s are allowed", longest.as_millis().div_ceil(1000));
        value.error(title, "too long", "say what callers must know; who wants more presses a key");
    }
}
