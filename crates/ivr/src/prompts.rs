//! Which sound says what, in which language.

use std::collections::BTreeMap;
use std::time::Duration;

use base::SoundId;

/// A language that prompts exist in, by place; 0 is the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LocaleId(pub u8);

/// Prompt names and languages to sounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompts {
    locales: Vec<String>,
    sounds: BTreeMap<String, Vec<Option<SoundId>>>,
}

impl Prompts {
    /// `locales` are language tags as `zh-CN`; the first is the default, at most 255 count.
    pub fn new(mut locales: Vec<String>) -> Prompts {
        locales.truncate(usize::from(u8::MAX));
        Prompts { locales, sounds: BTreeMap::new() }
    }

    /// Without any language.
    pub(crate) const fn none() -> Prompts {
        Prompts { locales: Vec::new(), sounds: BTreeMap::new() }
    }

    /// Names a sound; the last one of a name and language stands, one of an unknown language is dropped.
    pub fn insert(&mut self, name: &str, locale: LocaleId, sound: SoundId) {
        let count = self.locales.len();
        let places = self.sounds.entry(name.to_owned()).or_insert_with(|| vec![None; count]);
        if let Some(place) = places.get_mut(usize::from(locale.0)) {
            *place = Some(sound);
        }
    }

    pub fn locales(&self) -> impl Iterator<Item = (LocaleId, &str)> {
        (0..=u8::MAX).map(LocaleId).zip(self.locales.iter().map(String::as_str))
    }

    pub fn locale(&self, name: &str) -> Option<LocaleId> {
        self.locales().find(|(_, known)| *known == name).map(|(id, _)| id)
    }

    /// The language tag; empty for an unknown id.
    pub fn locale_name(&self, locale: LocaleId) -> &str {
        self.locales.get(usize::from(locale.0)).map_or("", String::as_str)
    }

    /// The sound in this language, else in the default one.
    pub fn sound(&self, locale: LocaleId, name: &str) -> Option<SoundId> {
        self.sound_in(locale, name).or_else(|| self.sound_in(LocaleId(0), name))
    }

    /// The sound in this language alone.
    pub fn sound_in(&self, locale: LocaleId, name: &str) -> Option<SoundId> {
        *self.sounds.get(name)?.get(usize::from(locale.0))?
    }

    /// Whether any language has a prompt of this name.
    pub fn has(&self, name: &str) -> bool {
        self.sounds.contains_key(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sounds.keys().map(String::as_str)
    }

    /// Digit by digit, in Chinese with yāo for 1; what is no digit is left out.
    pub fn say_digits(&self, locale: LocaleId, text: &str) -> Vec<SoundId> {
        self.resolve(locale, crate::spoken::digits(self.locale_name(locale), text))
    }

    /// As a cardinal number; one that the language's pieces do not reach, digit by digit.
    pub fn say_number(&self, locale: LocaleId, n: u32) -> Vec<SoundId> {
        self.resolve(locale, crate::spoken::number(self.locale_name(locale), n))
    }

    /// How long somebody will wait, in minutes; nothing where the ends say nothing.
    pub fn say_wait(&self, locale: LocaleId, low: Duration, high: Option<Duration>) -> Vec<SoundId> {
        self.resolve(locale, crate::expected::wait(self.locale_name(locale), low, high))
    }

    /// A day, written as 2026-10-01; none where the text is no day.
    pub fn say_date(&self, locale: LocaleId, text: &str) -> Option<Vec<SoundId>> {
        crate::dates::date(self.locale_name(locale), text).map(|names| self.resolve(locale, names))
    }

    /// A time of the day, written as 14:30; none where the text is no time.
    pub fn say_time(&self, locale: LocaleId, text: &str) -> Option<Vec<SoundId>> {
        crate::dates::time(self.locale_name(locale), text).map(|names| self.resolve(locale, names))
    }

    fn resolve(&self, locale: LocaleId, names: Vec<&str>) -> Vec<SoundId> {
        names.into_iter().filter_map(|name| self.sound(locale, name)).collect()
    }
}
