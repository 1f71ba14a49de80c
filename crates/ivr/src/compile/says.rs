//! What is said, in every language of the menu.

use base::SoundId;

use super::{Compiler, Fault, Place, Problem};
use crate::say::{self, Spoken, What};
use crate::tree::{self, Kind, Test};
use crate::{LocaleId, date_pieces, number_pieces, time_pieces};

impl Compiler<'_> {
    pub(super) fn prompt_of(&mut self, node: &tree::Node) -> Option<Vec<say::Say>> {
        let speaks = matches!(node.kind, Kind::Play { .. } | Kind::Menu { .. } | Kind::Digits(_) | Kind::Rate { .. });
        if speaks && node.prompt.is_empty() {
            self.fault(Place::node(&node.name, "prompt"), Problem::NoPrompt);
        }
        self.says(&Place::node(&node.name, "prompt"), &node.prompt)
    }

    pub(super) fn says(&mut self, place: &Place, parts: &[tree::Say]) -> Option<Vec<say::Say>> {
        let parts: Vec<_> =
            parts.iter().zip(0..).map(|(part, index)| self.one(&place.clone().at(index), part)).collect();
        parts.into_iter().collect()
    }

    /// A sound in each language of the menu, or a value.
    pub(super) fn one(&mut self, place: &Place, part: &tree::Say) -> Option<say::Say> {
        let what = match part.text.strip_prefix('{') {
            Some(rest) => self.spoken(place, &part.text, rest),
            None => Some(What::Sound(self.sound(place, part))),
        };
        let when = self.tests(place, &part.when);
        Some(say::Say { what: what?, when: when? })
    }

    /// `digits:order}`.
    fn spoken(&mut self, place: &Place, text: &str, rest: &str) -> Option<What> {
        let (word, name) = rest.strip_suffix('}').and_then(|inner| inner.split_once(':')).unzip();
        let spoken = word.and_then(|word| Spoken::WORDS.iter().find(|(known, _)| *known == word)).map(|(_, s)| *s);
        let (Some(spoken), Some(name)) = (spoken, name) else {
            self.fault(place.clone(), Problem::Braces(text.to_owned()));
            return None;
        };
        self.need_pieces(place, spoken);
        self.source(place.clone(), name).map(|source| What::Value(spoken, source))
    }

    /// The pieces that such a value is made of.
    fn need_pieces(&mut self, place: &Place, spoken: Spoken) {
        for locale in self.locales.clone() {
            let name = self.names.prompts.locale_name(locale);
            let mut pieces = number_pieces(name);
            match spoken {
                Spoken::Digits | Spoken::Number => {}
                Spoken::Date => pieces.extend(date_pieces(name)),
                Spoken::Time => pieces.extend(time_pieces(name)),
            }
            for piece in pieces {
                if self.names.prompts.sound_in(locale, piece).is_none() {
                    self.missing(place.clone(), piece, locale);
                }
            }
        }
    }

    /// By `LocaleId`, one sound in each language that the part is said in: `name`, or `name@locale` for the same in each.
    fn sound(&mut self, place: &Place, part: &tree::Say) -> Vec<Option<SoundId>> {
        let (prompts, text) = (self.names.prompts, part.text.as_str());
        let mut sounds = vec![None; prompts.locales().count()];
        let (name, fixed) = text.split_once('@').map_or((text, None), |(name, locale)| (name, Some(locale)));
        let fixed_id = fixed.and_then(|locale| prompts.locale(locale));
        if let (Some(locale), None) = (fixed, fixed_id) {
            self.fault(place.clone(), Problem::UnknownLocale(locale.to_owned()));
            return sounds;
        }
        if !prompts.has(name) {
            self.fault(place.clone(), Problem::UnknownPrompt(name.to_owned()));
            return sounds;
        }
        let is_said = |locale: &LocaleId| {
            let name = prompts.locale_name(*locale);
            part.when.iter().all(|test| !matches!(test, Test::Locale(only) if only.iter().all(|known| known != name)))
        };
        for locale in self.locales.clone().into_iter().filter(is_said) {
            let wanted = fixed_id.unwrap_or(locale);
            match (prompts.sound_in(wanted, name), sounds.get_mut(usize::from(locale.0))) {
                (Some(sound), Some(kept)) => *kept = Some(sound),
                _ => self.missing(place.clone(), name, wanted),
            }
        }
        sounds
    }

    fn missing(&mut self, place: Place, name: &str, locale: LocaleId) {
        let locale = self.names.prompts.locale_name(locale).to_owned();
        let fault = Fault { place, problem: Problem::MissingPrompt { name: name.to_owned(), locale } };
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }
}
