//! What is said at a node: sounds, and values spoken.

use base::SoundId;

use crate::value::Source;
use crate::when::{Judge, Test};
use crate::{Heard, LocaleId, Prompts};

/// A part of a prompt, said where all its conditions hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Say {
    pub(crate) what: What,
    pub(crate) when: Vec<Test>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// By `LocaleId`.
    Sound(Vec<Option<SoundId>>),
    Value(Spoken, Source),
}

impl Say {
    /// In every language.
    pub(crate) fn sounds(&self) -> impl Iterator<Item = SoundId> {
        let sounds = if let What::Sound(sounds) = &self.what { sounds.as_slice() } else { &[] };
        sounds.iter().copied().flatten()
    }
}

/// How a value is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoken {
    /// One by one.
    Digits,
    /// A cardinal number.
    Number,
    /// A day, written as 2026-10-01.
    Date,
    /// A time of the day, written as 14:30.
    Time,
}

impl Spoken {
    pub(crate) const WORDS: [(&'static str, Spoken); 4] =
        [("digits", Spoken::Digits), ("number", Spoken::Number), ("date", Spoken::Date), ("time", Spoken::Time)];

    /// What is no number, day or time is said digit by digit.
    fn say(self, prompts: &Prompts, locale: LocaleId, text: &str) -> Vec<SoundId> {
        let said = match self {
            Spoken::Digits => None,
            Spoken::Number => text.trim().parse().ok().map(|n| prompts.say_number(locale, n)),
            Spoken::Date => prompts.say_date(locale, text),
            Spoken::Time => prompts.say_time(locale, text),
        };
        said.unwrap_or_else(|| prompts.say_digits(locale, text))
    }
}

/// Appends the sounds of `parts`.
pub(crate) fn fill(parts: &[Say], judge: &Judge<'_>, out: &mut Vec<SoundId>) {
    for part in parts.iter().filter(|part| judge.all(&part.when)) {
        match &part.what {
            What::Sound(sounds) => out.extend(sounds.get(usize::from(judge.locale.0)).copied().flatten()),
            What::Value(spoken, source) => {
                let text = judge.values.of(*source, judge.around);
                out.extend(spoken.say(judge.around.prompts, judge.locale, text));
            }
        }
    }
}

/// The same in words: what stands for a value is the value itself.
pub(crate) fn words(parts: &[Say], judge: &Judge<'_>) -> Vec<Heard> {
    let one = |part: &Say| match &part.what {
        What::Sound(sounds) => sounds.get(usize::from(judge.locale.0)).copied().flatten().map(Heard::Sound),
        What::Value(_, source) => Some(Heard::Value(judge.values.of(*source, judge.around).to_owned())),
    };
    parts.iter().filter(|part| judge.all(&part.when)).filter_map(one).collect()
}
