//! What operators put on air in menus at once, an outage or a storm: `on-air.toml`, and over it what was put there by hand.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ivr::{ON_AIR_MAX, OnAir};

use crate::env::Env;
use crate::load::of_sections;
use crate::nearest::did_you_mean;
use crate::problem::{Problem, Problems};
use crate::reader::{Document, Table};
use crate::release::Folders;
use crate::reload::{Changes, Reloaded, prompt_changes};
use crate::sounds::{self, SoundPlan};
use crate::source::{self, Part};
use crate::value::Value;
use crate::{Plans, Report, menu};

/// Places in menus: more nobody keeps in mind when there is an emergency.
const SLOTS_MAX: usize = 100;

/// Both files, as far as they are there.
pub(crate) struct Roots<'a> {
    written: Option<Table<'a>>,
    by_hand: Option<Table<'a>>,
}

impl<'a> Roots<'a> {
    pub(crate) fn of(documents: &'a [Document<'a>]) -> Roots<'a> {
        let root = |part: Part| documents.iter().find(|document| document.part == part).map(Document::root);
        Roots { written: root(Part::OnAir), by_hand: root(Part::OnAirByHand) }
    }

    /// The names of all prompts that are on air.
    pub(crate) fn prompts(&self) -> Vec<String> {
        let roots = self.written.iter().chain(&self.by_hand);
        roots.flat_map(slots).flat_map(|(_, value)| value.texts()).map(|(name, _)| name).collect()
    }

    /// What is on air. A fault of what was put there by hand keeps no engine from starting: the slot is left out with a warning, but for the one
    /// that is `asked` for.
    pub(crate) fn read(&self, sounds: &SoundPlan, asked: Option<&str>) -> OnAir {
        let mut on_air = OnAir::new();
        if let Some(root) = &self.written {
            refuse_many(root);
            for (slot, value) in slots(root).into_iter().take(SLOTS_MAX) {
                faults(&value, sounds).into_iter().for_each(|fault| root.problems.error(fault));
                doubt_levels(&value, sounds);
                on_air.insert(slot.to_owned(), names(&value));
            }
        }
        for (slot, value) in self.by_hand.iter().flat_map(slots).take(SLOTS_MAX) {
            let faults = faults(&value, sounds);
            doubt_levels(&value, sounds);
            if faults.is_empty() {
                on_air.insert(slot.to_owned(), names(&value));
            } else if asked == Some(slot) {
                faults.into_iter().for_each(|fault| value.problems.error(fault));
            } else {
                faults.into_iter().for_each(|fault| value.problems.warn(fault));
            }
        }
        on_air
    }
}

/// On a slot that is right.
fn doubt_levels(value: &Value<'_>, sounds: &SoundPlan) {
    for (name, value) in value.texts() {
        menu::doubt_levels(&name, sounds, &value.spot, value.problems);
    }
}

fn slots<'a>(root: &Table<'a>) -> Vec<(&'a str, Value<'a>)> {
    let table = root.get("on_air").map(|value| value.names()).unwrap_or_default();
    table.into_iter().map(|(slot, _, value)| (slot, value)).collect()
}

fn names(value: &Value<'_>) -> Vec<String> {
    value.texts().into_iter().map(|(name, _)| name).collect()
}

fn refuse_many(root: &Table<'_>) {
    let count = slots(root).len();
    if count > SLOTS_MAX {
        let title = format!("{count} slots, but at most {SLOTS_MAX} are possible");
        root.problems.error(Problem::new(root.spot.clone(), title, "", "put what is heard together into one"));
    }
}

fn faults(value: &Value<'_>, sounds: &SoundPlan) -> Vec<Problem> {
    let missing = |(name, value): (String, Value<'_>)| {
        let is_missing = !sounds.incomplete && !sounds.prompts.has(&name);
        let help = || did_you_mean(&name, sounds.prompts.names());
        is_missing.then(|| Problem::new(value.spot, format!("no prompt is named `{name}`"), "no such file", help()))
    };
    value.texts().into_iter().filter_map(missing).chain(too_long(value, sounds)).collect()
}

/// In the language that takes longest; a prompt that a language lacks is said in the first one.
fn too_long(value: &Value<'_>, sounds: &SoundPlan) -> Option<Problem> {
    let length = |locale, name: &String| {
        let place = sounds.prompts.sound(locale, name).and_then(|sound| usize::try_from(sound.0).ok());
        place.and_then(|place| sounds.files.get(place)).map(crate::SoundFile::length).unwrap_or_default()
    };
    let names = names(value);
    let all = sounds.prompts.locales().map(|(locale, _)| names.iter().map(|name| length(locale, name)).sum());
    let longest: Duration = all.max().unwrap_or_default();
    let max = ON_AIR_MAX.as_secs();
    let title = || format!("{} s on air, and {max} s are allowed", longest.as_millis().div_ceil(1000));
    let help = "say what callers must know; who wants more presses a key";
    (longest > ON_AIR_MAX).then(|| Problem::new(value.spot.clone(), title(), "too long", help))
}

/// What was put on air by hand; nothing where the file is not there.
///
/// # Errors
/// Every fault of its grammar.
pub fn on_air_by_hand(file: &Path) -> Result<OnAir, Report> {
    let problems = Problems::default();
    let sources = source::read_by_hand(file, &problems);
    let env = Env::new(std::iter::empty(), &problems);
    let documents: Vec<_> = sources.ids().filter_map(|id| Document::parse(&sources, id, &env, &problems)).collect();
    let roots = Roots::of(&documents);
    let on_air = roots.by_hand.iter().flat_map(slots).map(|(slot, value)| (slot.to_owned(), names(&value))).collect();
    let errors = problems.into_sorted().0;
    if errors.is_empty() { Ok(on_air) } else { Err(Report::new(errors, sources)) }
}

/// The file that says so.
pub fn on_air_text(by_hand: &OnAir) -> String {
    let list = |names: &Vec<String>| toml::Value::Array(names.iter().cloned().map(toml::Value::String).collect());
    let slots = by_hand.iter().map(|(slot, names)| (slot.clone(), list(names))).collect();
    let root = toml::Table::from_iter([("on_air".to_owned(), toml::Value::Table(slots))]);
    format!("# Put on air by `hotline menu on-air`, over what on-air.toml of the configuration says.\n{root}")
}

/// Reads what is on air anew for an engine that runs by `running`, and nothing else: other files may be half edited. Prompts that the engine does
/// not know are taken from the configuration's folder. `slot` has to be right; others by hand that are not are left out.
///
/// # Errors
/// Every fault of what says what is on air, and of the grammar of `hotline.toml`, which says where prompts are: nothing may change then.
pub fn reload_on_air(
    from: Folders<'_>,
    env: impl IntoIterator<Item = (String, String)>,
    running: &Plans,
    slot: &str,
) -> Result<Reloaded, Report> {
    let problems = Problems::default();
    let sources = source::read_on_air(from, &problems);
    let env = Env::new(env.into_iter().filter(of_sections(&["PROMPTS"])), &problems);
    let documents: Vec<_> = sources.ids().filter_map(|id| Document::parse(&sources, id, &env, &problems)).collect();
    let main = documents.iter().find(|document| document.part == Part::Main).map(Document::root);
    let plans = main.map(|main| {
        let mut sounds = SoundPlan::of(running, sounds::place(from, &main).0);
        let roots = Roots::of(&documents);
        sounds.lend(sounds::place(from.config.into(), &main), &roots.prompts(), &problems);
        sounds::refuse_too_much(&sounds, Some(running), &problems);
        with(running, roots.read(&sounds, Some(slot)), sounds)
    });
    let (errors, warnings) = problems.into_sorted();
    match plans {
        Some(plans) if errors.is_empty() => {
            let changed = running.call.on_air != plans.call.on_air;
            let others = changed.then(|| "on-air.toml".to_owned()).into_iter().collect();
            let changes = Changes { prompts: prompt_changes(running, &plans), others, ..Changes::default() };
            let warnings = Report::new(warnings, sources).warnings();
            Ok(Reloaded { plans: Plans { warnings, ..plans }, changes })
        }
        _ => Err(Report::new(errors, sources)),
    }
}

fn with(running: &Plans, on_air: OnAir, sounds: SoundPlan) -> Plans {
    let mut plans = running.clone();
    plans.call.on_air = Arc::new(on_air);
    plans.call.prompts = sounds.prompts;
    (plans.sounds, plans.prompt_files) = (sounds.files, sounds.current);
    plans
}
