//! The configuration and the day that come with the product.

use std::path::Path;
use std::time::Duration;

use sim::day::{Day, Hotline};

pub(crate) fn shipped() -> Day {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let plans = settings::load(&root.join("config"), std::iter::empty()).unwrap_or_else(|report| panic!("{report}"));
    let length = |sound: &settings::SoundFile| Duration::from_micros(sound.samples.len() as u64 * 125);
    let sounds = plans.sounds.iter().map(length).collect();
    let profile = settings::load_profile(&root.join("config/profile/city.toml")).unwrap_or_else(|r| panic!("{r}"));
    let hotline = Hotline { call: plans.call.into(), acd: plans.acd, roster: plans.roster, sounds };
    Day { hotline, profile, seed: 1, first_half: 0, halves: 2, within: Duration::from_secs(15), reloads: 0 }
}
