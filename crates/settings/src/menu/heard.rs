//! What callers hear at a menu, compared with what is written: loudness, length, keys that are announced, texts, languages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use ivr::tree::{Say, Speak, Text};
use ivr::{Kind, Node, Place, Tree};
use prompts::{Manifest, Prompt, level};

use super::announced::{self, Keys};
use super::doubt::{Doubt, Doubted};
use super::ways::{At, Ways, languages};
use crate::problem::{Problem, Problems, Spot};
use crate::sounds::SoundPlan;

/// Twice the pressure, or half of it: a caller who has set the phone to one prompt starts at the next, or misses it.
const LOUDER_DB: f64 = 6.0;

/// The texts of prompts, where they are kept.
pub(super) struct Texts {
    manifest: Option<Manifest>,
}

impl Texts {
    /// What lies beside the prompts; a file that cannot be read is a warning, since the engine does without.
    pub(super) fn read(sounds: &SoundPlan, problems: &Problems) -> Texts {
        match Manifest::read_where_there(&sounds.dir) {
            Ok(manifest) => Texts { manifest },
            Err(reason) => {
                let file: PathBuf = sounds.dir.join("manifest.toml");
                let title = format!("the texts of the prompts cannot be read: {reason}");
                problems.warn(Problem::new(
                    Spot::Path(file),
                    title,
                    "",
                    "mend the file: prompts are checked by their texts",
                ));
                Texts { manifest: None }
            }
        }
    }

    /// Whether a prompt has a text in a language, or in any.
    pub(super) fn has(&self, name: &str, locale: Option<&str>) -> bool {
        let prompt = self.manifest.iter().flat_map(|manifest| &manifest.prompts).find(|prompt| prompt.name == name);
        prompt.is_some_and(|prompt| locale.is_none_or(|locale| prompt.text.contains_key(locale)))
    }
}

/// Listens to every menu; what is wrong with a sound or its text is told where it is named first.
pub(super) struct Ears<'a> {
    texts: Option<BTreeMap<&'a str, &'a Prompt>>,
    sounds: &'a SoundPlan,
    told: BTreeSet<(String, String)>,
}

impl<'a> Ears<'a> {
    pub(super) fn new(texts: &'a Texts, sounds: &'a SoundPlan) -> Ears<'a> {
        let all =
            |manifest: &'a Manifest| manifest.prompts.iter().map(|prompt| (prompt.name.as_str(), prompt)).collect();
        Ears { texts: texts.manifest.as_ref().map(all), sounds, told: BTreeSet::new() }
    }

    /// Everything doubtful of a menu that is right.
    pub(super) fn doubts(&mut self, tree: &Tree, prompt_max: Duration) -> Vec<Doubted> {
        let mut doubts = self.left_out(tree);
        let invalid = Say::always(&tree.invalid_prompt);
        let place = Place { field: "invalid_prompt", ..Place::default() };
        for (place, say) in parts(tree).into_iter().chain([(place, &invalid)]) {
            doubts.extend(self.sound(tree, &place, say, prompt_max));
            doubts.extend(self.text(tree, &place, say));
        }
        let ways = Ways::of(tree, |node, locale| self.announced(tree, node, locale).0);
        let mut callers: Vec<Callers> = vec![Callers::default(); tree.nodes.len()];
        ways.all().for_each(|(at, heard)| callers[at.node].come(at, heard));
        for (place, (node, callers)) in tree.nodes.iter().zip(&callers).enumerate() {
            doubts.extend(self.dead_keys(tree, node, callers));
            doubts.extend(self.silent_keys(tree, place, callers));
            doubts.extend(other_languages(tree, node, callers));
            doubts.extend(fixed_text(node));
        }
        doubts
    }

    fn left_out(&self, tree: &Tree) -> Vec<Doubted> {
        let left = self.sounds.prompts.locales().filter(|(_, name)| !tree.locales.iter().any(|known| known == name));
        let doubt = |(_, name): (_, &str)| Doubt::LeftOut { locale: quoted(name) };
        let place = Place { field: "locales", ..Place::default() };
        left.map(|locale| Doubted { place: place.clone(), doubt: doubt(locale) }).collect()
    }

    /// How loud and how long a prompt is, in each language that it is said in.
    fn sound(&mut self, tree: &Tree, place: &Place, say: &Say, prompt_max: Duration) -> Vec<Doubted> {
        let mut doubts = Vec::new();
        for (name, locale) in said_in(tree, say) {
            let prompts = &self.sounds.prompts;
            let sound = prompts.locale(locale).and_then(|id| prompts.sound_in(id, name));
            let file = sound.and_then(|id| self.sounds.files.get(usize::try_from(id.0).ok()?));
            let Some(file) = file.filter(|_| self.told.insert((name.to_owned(), locale.to_owned()))) else { continue };
            let found = heard(name, locale, &file.samples, prompt_max);
            doubts.extend(found.into_iter().map(|doubt| Doubted { place: place.clone(), doubt }));
        }
        doubts
    }

    fn text(&mut self, tree: &Tree, place: &Place, say: &Say) -> Option<Doubted> {
        let texts = self.texts.as_ref()?;
        let lacks =
            |(name, locale): &(&str, &str)| texts.get(name).is_none_or(|prompt| !prompt.text.contains_key(*locale));
        let lacking: Vec<(&str, &str)> = said_in(tree, say).into_iter().filter(lacks).collect();
        let name = lacking.first()?.0;
        // No language is named so.
        if !self.told.insert((name.to_owned(), String::new())) {
            return None;
        }
        let locales = listed(lacking.iter().map(|(_, locale)| *locale));
        Some(Doubted { place: place.clone(), doubt: Doubt::NoText { name: name.to_owned(), locales } })
    }

    /// Which keys the prompt of a node announces in a language, and whether all of its texts are known.
    fn announced(&self, tree: &Tree, node: usize, locale: usize) -> (Keys, bool) {
        let (Some(node), Some(locale)) = (tree.nodes.get(node), tree.locales.get(locale)) else {
            return (Keys::NONE, false);
        };
        let parts = node.prompt.iter().filter(|say| is_for(say, locale)).map(|say| self.part(say, locale));
        parts.fold((Keys::NONE, true), |(keys, known), part| match part {
            Some(more) => (keys.and(more), known),
            None => (keys, false),
        })
    }

    /// None where the text or its words are not known.
    fn part(&self, say: &Say, locale: &str) -> Option<Keys> {
        let Some((name, locale)) = named(say, locale) else { return Some(Keys::NONE) };
        announced::keys(locale, self.texts.as_ref()?.get(name)?.text.get(locale)?)
    }

    fn dead_keys(&self, tree: &Tree, node: &Node, callers: &Callers) -> Vec<Doubted> {
        let Some(live) = live(node) else { return Vec::new() };
        let mut doubts = Vec::new();
        for (index, say) in node.prompt.iter().enumerate() {
            // By key: the languages of the texts that announce it.
            let mut dead: BTreeMap<_, Vec<&str>> = BTreeMap::new();
            for locale in callers.locales(tree).filter(|locale| is_for(say, locale)) {
                let keys = self.part(say, locale).unwrap_or(Keys::NONE).without(live);
                let spoken = named(say, locale).map_or(locale, |(_, locale)| locale);
                for key in keys.iter() {
                    let locales = dead.entry(key).or_default();
                    locales.extend(Some(spoken).filter(|spoken| !locales.contains(spoken)));
                }
            }
            let name = named(say, "").map_or_else(String::new, |(name, _)| name.to_owned());
            let place =
                Place { node: Some(node.name.clone()), field: "prompt", index: Some(index), ..Place::default() };
            doubts.extend(dead.into_iter().map(|(key, locales)| Doubted {
                place: place.clone(),
                doubt: Doubt::DeadKey { key, name: name.clone(), locales: listed(locales.into_iter()) },
            }));
        }
        doubts
    }

    fn silent_keys(&self, tree: &Tree, place: usize, callers: &Callers) -> Vec<Doubted> {
        let Some(node) = tree.nodes.get(place) else { return Vec::new() };
        let Kind::Menu { keys, .. } = &node.kind else { return Vec::new() };
        let mut silent: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for (locale, heard) in &callers.heard {
            let (own, known) = self.announced(tree, place, *locale);
            if !known {
                continue;
            }
            let said = own.and(*heard);
            let written = keys.iter().fold(Keys::NONE, |all, (key, _)| all.with(*key));
            for key in written.without(said).iter() {
                silent.entry(key).or_default().extend(tree.locales.get(*locale).map(String::as_str));
            }
        }
        let one = |(key, locales): (_, Vec<&str>)| Doubted {
            place: Place { node: Some(node.name.clone()), field: "keys", key: Some(key), ..Place::default() },
            doubt: Doubt::SilentKey { key, locales: listed(locales.into_iter()) },
        };
        silent.into_iter().map(one).collect()
    }
}

/// Who comes to a node.
#[derive(Clone, Debug, Default)]
struct Callers {
    /// By language: the keys that all of them have heard of just before.
    heard: BTreeMap<usize, Keys>,
    /// Languages that some have chosen.
    chosen: BTreeSet<usize>,
}

impl Callers {
    fn come(&mut self, at: At, heard: Keys) {
        let known = self.heard.entry(at.locale).or_insert(heard);
        *known = known.both(heard);
        self.chosen.extend(at.chosen.then_some(at.locale));
    }

    fn locales<'a>(&'a self, tree: &'a Tree) -> impl Iterator<Item = &'a str> {
        self.heard.keys().filter_map(|locale| tree.locales.get(*locale).map(String::as_str))
    }
}

/// The keys that lead somewhere at a node with a choice.
fn live(node: &Node) -> Option<Keys> {
    let Kind::Menu { keys, .. } = &node.kind else { return None };
    let everywhere = [base::Digit::Number(0), base::Digit::Star, base::Digit::Pound];
    Some(keys.iter().map(|(key, _)| *key).chain(everywhere).fold(Keys::NONE, Keys::with))
}

/// Whoever has chosen a language is not spoken to in another one alone. Nobody has at the start, where languages follow each other.
fn other_languages(tree: &Tree, node: &Node, callers: &Callers) -> Vec<Doubted> {
    let mut doubts = Vec::new();
    for chosen in callers.chosen.iter().filter_map(|locale| tree.locales.get(*locale)) {
        let heard: Vec<&str> = node
            .prompt
            .iter()
            .filter(|say| is_for(say, chosen))
            .map(|say| named(say, chosen).map_or(chosen.as_str(), |(_, locale)| locale))
            .collect();
        if heard.is_empty() || heard.contains(&chosen.as_str()) {
            continue;
        }
        let place = Place { node: Some(node.name.clone()), field: "prompt", ..Place::default() };
        let heard: BTreeSet<&str> = heard.into_iter().collect();
        let doubt = Doubt::OtherLanguage { chosen: quoted(chosen), heard: listed(heard.into_iter()) };
        doubts.push(Doubted { place, doubt });
    }
    doubts
}

fn heard(name: &str, locale: &str, samples: &[i16], prompt_max: Duration) -> Vec<Doubt> {
    let mut doubts = levels(name, locale, samples);
    let length = crate::sounds::length(samples);
    if length > prompt_max {
        let (name, locale) = (name.to_owned(), quoted(locale));
        let seconds = u64::try_from(length.as_millis().div_ceil(1000)).unwrap_or(u64::MAX);
        doubts.push(Doubt::TooLong { name, locale, seconds, max: prompt_max.as_secs() });
    }
    doubts
}

/// What is wrong with how loud a prompt is that no menu names, in each language: told at this place.
pub(crate) fn doubt_levels(name: &str, sounds: &SoundPlan, spot: &Spot, problems: &Problems) {
    for (id, locale) in sounds.prompts.locales() {
        let sound = sounds.prompts.sound_in(id, name);
        let Some(file) = sound.and_then(|id| sounds.files.get(usize::try_from(id.0).ok()?)) else { continue };
        for doubt in levels(name, locale, &file.samples) {
            let (label, help) = doubt.advice();
            problems.warn(Problem::new(spot.clone(), doubt.to_string(), label, help));
        }
    }
}

fn levels(name: &str, locale: &str, samples: &[i16]) -> Vec<Doubt> {
    let (rms_db, peak_db) = (level::rms_db(samples), level::peak_db(samples));
    let (min_db, max_db) = (level::SPEECH_DB - LOUDER_DB, level::SPEECH_DB + LOUDER_DB);
    let (name, locale) = (name.to_owned(), quoted(locale));
    let mut doubts = Vec::new();
    if rms_db > max_db {
        doubts.push(Doubt::TooLoud { name: name.clone(), locale: locale.clone(), rms_db, max_db });
    } else if rms_db < min_db {
        doubts.push(Doubt::TooQuiet { name: name.clone(), locale: locale.clone(), rms_db, min_db });
    }
    if peak_db > level::PEAK_DB_MAX {
        doubts.push(Doubt::Peaks { name, locale, peak_db, max_db: level::PEAK_DB_MAX });
    }
    doubts
}

/// What a node says beside its prompt, and the key that says so.
pub(crate) fn own_says(node: &Node) -> (&'static str, &[Say]) {
    match &node.kind {
        Kind::Digits(digits) => ("confirm", digits.confirm.as_deref().unwrap_or_default()),
        Kind::Speak(speak) => ("otherwise", &speak.otherwise),
        _ => ("", &[]),
    }
}

/// A text that is the same in every call is better spoken beforehand.
fn fixed_text(node: &Node) -> Option<Doubted> {
    let Kind::Speak(Speak { text, .. }) = &node.kind else { return None };
    let has_value = match text {
        Text::One(text) => text.contains('{'),
        Text::ByLocale(texts) => texts.iter().any(|(_, text)| text.contains('{')),
    };
    let place = Place { node: Some(node.name.clone()), field: "text", ..Place::default() };
    (!has_value).then_some(Doubted { place, doubt: Doubt::FixedText })
}

/// Every part of every prompt, in the order of the file.
fn parts(tree: &Tree) -> Vec<(Place, &Say)> {
    let mut all = Vec::new();
    for node in &tree.nodes {
        for (field, says) in [("prompt", node.prompt.as_slice()), own_says(node)] {
            let place = |index| Place { node: Some(node.name.clone()), field, index: Some(index), ..Place::default() };
            all.extend(says.iter().enumerate().map(|(index, say)| (place(index), say)));
        }
    }
    all
}

/// Name and language of every sound of a part, each once; none of a value.
fn said_in<'a>(tree: &'a Tree, say: &'a Say) -> Vec<(&'a str, &'a str)> {
    let mut said: Vec<(&str, &str)> = Vec::new();
    for locale in tree.locales.iter().filter(|locale| is_for(say, locale)) {
        said.extend(named(say, locale).filter(|one| !said.contains(one)));
    }
    said
}

/// The prompt that a part says to a caller of this language, and in which one.
fn named<'a>(say: &'a Say, locale: &'a str) -> Option<(&'a str, &'a str)> {
    (!say.text.starts_with('{')).then(|| say.text.split_once('@').unwrap_or((&say.text, locale)))
}

fn is_for(say: &Say, locale: &str) -> bool {
    languages(&say.when).is_none_or(|only| only.iter().any(|known| known == locale))
}

fn quoted(locale: &str) -> String {
    format!("`{locale}`")
}

fn listed<'a>(locales: impl Iterator<Item = &'a str>) -> String {
    locales.map(quoted).collect::<Vec<_>>().join(" and ")
}
