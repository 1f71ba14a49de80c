//! `menu/*.toml`: the tree as an operator writes it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base::SoundId;
use call::number::LineKind;
use call::plan::MenuVersion;
use ivr::tree::{Reach, Survey};
use ivr::{Fault, Hours, Menu, Names, Place, Problem as Wrong, Tree};
use sha2::{Digest, Sha256};

use crate::problem::{Problem, Problems, Spot};
use crate::reader::{Document, Table};
use crate::sounds::SoundPlan;
use crate::source::Sources;

mod announced;
mod asked;
mod doubt;
mod fault;
mod fragments;
mod heard;
mod node;
mod outward;
mod says;
mod ways;

pub(crate) use asked::Asked;
use fault::{spot, tell};
use fragments::Fragments;
use heard::{Ears, Texts};
pub(crate) use heard::{doubt_levels, own_says};
pub(crate) use node::kinds;
use outward::WayOut;
pub(crate) use outward::doubt_ways_out;
pub(crate) use ways::languages;

#[derive(Clone, Debug, Default)]
pub(crate) struct Menus {
    /// File names without their ending.
    pub(crate) names: Vec<String>,
    /// By place in `names`, when every menu compiled.
    pub(crate) versions: Vec<Arc<MenuVersion>>,
    /// Where menus lead to lines outside, or promise a call.
    ways_out: Vec<WayOut>,
}

/// What menus may refer to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refers<'a> {
    pub(crate) hours: &'a [(String, Hours)],
    pub(crate) groups: &'a [String],
    /// The names of the lists of callers.
    pub(crate) lists: &'a [String],
    pub(crate) sounds: &'a SoundPlan,
    /// Whether somebody speaks texts.
    pub(crate) speaks: bool,
    /// How long the service may take that understands what callers say; none where there is none.
    pub(crate) understands: Option<Duration>,
}

pub(crate) fn read(
    documents: &[&Document<'_>],
    fragments: &[&Document<'_>],
    sources: &Sources,
    refers: Refers<'_>,
    problems: &Problems,
) -> Menus {
    let lengths: Vec<Duration> = crate::sounds::lengths(&refers.sounds.files);
    let Refers { hours, groups, lists, sounds, speaks, understands } = refers;
    let lines = LineKind::ALL.map(LineKind::name);
    let names = Names { groups, hours, lists, lines: &lines, prompts: &sounds.prompts, lengths: &lengths, understands };
    let fragments = Fragments::read(fragments, sources);
    let texts = Texts::read(sounds, problems);
    let mut ears = Ears::new(&texts, sounds);
    let (mut menus, mut prints) = (Menus::default(), SoundPrints::default());
    for document in documents {
        let Some(source) = sources.get(document.file) else { continue };
        let name = source.path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        menus.names.push(name.clone());
        let root = document.root();
        let mut broken = Broken::default();
        let mut tree = tree(&root, &mut broken);
        let uses = fragments.add_to(&root, &mut tree, &mut broken);
        if !speaks {
            tree.nodes.iter().filter(|node| matches!(node.kind, ivr::Kind::Speak(_))).for_each(|node| {
                let place = Place { node: Some(node.name.clone()), field: "kind", ..Place::default() };
                problems.error(nobody_speaks(spot(&root, &uses, &place)));
            });
        }
        match ivr::compile(&tree, names) {
            Ok(compiled) if broken.is_empty() => {
                compiled
                    .warnings
                    .iter()
                    .for_each(|fault| problems.warn(tell(&root, &uses, &tree, names, &texts, fault)));
                for doubted in ears.doubts(&tree, prompt_max(&root)) {
                    let (label, help) = doubted.doubt.advice();
                    let spot = spot(&root, &uses, &doubted.place);
                    problems.warn(Problem::new(spot, doubted.doubt.to_string(), label, help));
                }
                menus.ways_out.extend(outward::of(&tree, |place| spot(&root, &uses, place)));
                let version = version(&source.text, &uses, &compiled.menu, refers, &mut prints);
                menus.versions.push(Arc::new(MenuVersion { name, version, menu: compiled.menu }));
            }
            Ok(_) => {}
            Err(faults) => {
                let own = faults.iter().filter(|fault| !broken.causes(fault) && !is_unheard(fault, sounds));
                own.for_each(|fault| problems.error(tell(&root, &uses, &tree, names, &texts, fault)));
            }
        }
    }
    fragments.refuse_unused(problems);
    menus
}

fn nobody_speaks(spot: Spot) -> Problem {
    let title = "nobody speaks the texts of menus";
    let help = "add `[speech.synthesis]` with the `url` of a service to hotline.toml, or play a prompt here";
    Problem::new(spot, title, "needs a service", help)
}

/// How long a prompt of a menu is meant to be at most.
fn prompt_max(root: &Table<'_>) -> Duration {
    root.seconds("prompt_max_s", DEFAULT_PROMPT_S, 1, PROMPT_S_MAX)
}

/// Every menu as it is written, with its fragments in it; what is wrong in them is judged where they are compiled.
pub(crate) fn trees(
    documents: &[&Document<'_>],
    fragments: &[&Document<'_>],
    sources: &Sources,
) -> Vec<(String, Tree)> {
    let fragments = Fragments::read(fragments, sources);
    let one = |document: &&Document<'_>| {
        let name = sources.get(document.file)?.path.file_stem()?.to_string_lossy().into_owned();
        let (root, mut broken) = (document.root(), Broken::default());
        let mut tree = tree(&root, &mut broken);
        fragments.add_to(&root, &mut tree, &mut broken);
        Some((name, tree))
    };
    documents.iter().filter_map(one).collect()
}

/// Whether the fault only follows from a folder of prompts that cannot be read.
fn is_unheard(fault: &Fault, sounds: &SoundPlan) -> bool {
    sounds.incomplete && matches!(fault.problem, Wrong::UnknownPrompt(_) | Wrong::MissingPrompt { .. })
}

/// Twelve digits of the hash of what decides a caller's way and what is heard on it: the texts, which name its groups, the hours, and the
/// sounds of its prompts.
fn version(
    text: &str,
    uses: &fragments::Uses<'_>,
    menu: &Menu,
    refers: Refers<'_>,
    prints: &mut SoundPrints,
) -> String {
    let mut hash = Sha256::new();
    hash.update(text);
    uses.texts().for_each(|text| hash.update(text));
    hash.update(format!("{:?}", refers.hours));
    menu.sounds().for_each(|sound| hash.update(prints.of(sound, refers.sounds)));
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// The hash of each sound that a menu plays, made once however many nodes play it.
#[derive(Debug, Default)]
struct SoundPrints(BTreeMap<SoundId, [u8; 32]>);

impl SoundPrints {
    fn of(&mut self, sound: SoundId, sounds: &SoundPlan) -> [u8; 32] {
        *self.0.entry(sound).or_insert_with(|| {
            let file = usize::try_from(sound.0).ok().and_then(|place| sounds.files.get(place));
            let samples = file.map_or(&[][..], |file| &file.samples);
            let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
            Sha256::digest(bytes).into()
        })
    }
}

const DEFAULT_SILENCE_S: u64 = 5;
/// Somebody who reads a number from a letter looks up between its groups.
const DEFAULT_DIGIT_GAP_S: u64 = 5;
const DEFAULT_TRIES: u8 = 2;
/// Nobody keeps more choices in mind than half a minute announces.
const DEFAULT_PROMPT_S: u64 = 30;
/// No sound is longer.
const PROMPT_S_MAX: u64 = 600;
/// Nobody asks for the verdict on a talk that was longer.
const TALK_S_MAX: u64 = 24 * 3600;

/// What could not be read and was told of: the rest of the menu is judged with something in its place.
#[derive(Debug, Default)]
struct Broken {
    nodes: Vec<String>,
    fields: Vec<&'static str>,
}

impl Broken {
    fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.fields.is_empty()
    }

    /// Whether the fault may be no fault of its own.
    fn causes(&self, fault: &Fault) -> bool {
        let proved = matches!(
            fault.problem,
            Wrong::Circle(_)
                | Wrong::SilentEnd(_)
                | Wrong::Unreachable
                | Wrong::ManyKeys { .. }
                | Wrong::FarFromPerson { .. }
                | Wrong::UnknownValue(_)
        );
        match &fault.place.node {
            _ if proved => !self.is_empty(),
            Some(node) => self.nodes.contains(node),
            None => self.fields.contains(&fault.place.field),
        }
    }
}

fn tree(root: &Table<'_>, broken: &mut Broken) -> Tree {
    let locales = root.need("locales", "[\"zh-CN\", \"en\"]").map(|v| v.texts()).unwrap_or_default();
    let mut needed = |key, example| {
        let text = root.need(key, example).and_then(|v| v.text());
        if text.is_none() {
            broken.fields.push(key);
        }
        text.unwrap_or_default()
    };
    let (start, person) = (needed("start", "\"welcome\""), needed("person", "\"staff\""));
    if root.get("locales").is_none() {
        broken.fields.push("locales");
    }
    let target = |key| root.get(key).and_then(|v| v.text());
    let reach = Reach::default();
    let announcements = reach.announcements.as_secs();
    Tree {
        locales: locales.into_iter().map(|(name, _)| name).collect(),
        start,
        surge_start: target("surge_start"),
        person,
        survey: survey(root, broken),
        silence: node::seconds(root, "silence_s").unwrap_or(Duration::from_secs(DEFAULT_SILENCE_S)),
        digit_gap: node::seconds(root, "digit_gap_s").unwrap_or(Duration::from_secs(DEFAULT_DIGIT_GAP_S)),
        silence_tries: node::tries(root, "silence_tries").unwrap_or(DEFAULT_TRIES),
        invalid_tries: node::tries(root, "invalid_tries").unwrap_or(DEFAULT_TRIES),
        on_silence: target("on_silence"),
        on_invalid: target("on_invalid"),
        invalid_prompt: root.text("invalid_prompt", "invalid-key"),
        reach: Reach {
            keys: root.number("reach_keys", reach.keys.into(), 1, 9) as u8,
            announcements: root.seconds("reach_announcements_s", announcements, 1, 600),
        },
        nodes: node::all(root, broken),
    }
}

fn survey(root: &Table<'_>, broken: &mut Broken) -> Option<Survey> {
    let table = root.get("survey")?.table(&["survey"])?;
    let Some(start) = table.need("start", "\"rate\"").and_then(|v| v.text()) else {
        broken.fields.push("survey");
        return None;
    };
    let percent = table.number("percent", 100, 1, 100) as u8;
    Some(Survey { start, talk_min: table.seconds("talk_s", 10, 0, TALK_S_MAX), percent })
}
