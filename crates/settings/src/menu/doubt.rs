//! What works at a menu, but probably not as meant: at its line and with what to do.

use std::fmt;

use base::Digit;
use ivr::Place;

/// One doubt about a menu.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Doubted {
    pub(super) place: Place,
    pub(super) doubt: Doubt,
}

/// What is doubtful. A text as `en`, or as `zh-CN` and `en`, stands for languages.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Doubt {
    TooLoud {
        name: String,
        locale: String,
        rms_db: f64,
        max_db: f64,
    },
    TooQuiet {
        name: String,
        locale: String,
        rms_db: f64,
        min_db: f64,
    },
    Peaks {
        name: String,
        locale: String,
        peak_db: f64,
        max_db: f64,
    },
    TooLong {
        name: String,
        locale: String,
        seconds: u64,
        max: u64,
    },
    /// A prompt announces a key that leads nowhere.
    DeadKey {
        key: Digit,
        name: String,
        locales: String,
    },
    /// A key leads somewhere, and nobody says so.
    SilentKey {
        key: Digit,
        locales: String,
    },
    NoText {
        name: String,
        locales: String,
    },
    /// Who has chosen a language hears another one.
    OtherLanguage {
        chosen: String,
        heard: String,
    },
    /// A text without a value in it.
    FixedText,
    /// A language that the engine speaks.
    LeftOut {
        locale: String,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doubt::TooLoud { name, locale, rms_db, max_db } => {
                write!(
                    f,
                    "the prompt `{name}` is too loud in {locale}: {rms_db:.1} dB RMS, and {max_db:.0} dB are the most"
                )
            }
            Doubt::TooQuiet { name, locale, rms_db, min_db } => {
                write!(
                    f,
                    "the prompt `{name}` is too quiet in {locale}: {rms_db:.1} dB RMS, and {min_db:.0} dB are the least"
                )
            }
            Doubt::Peaks { name, locale, peak_db, max_db } => {
                write!(
                    f,
                    "the prompt `{name}` has peaks of {peak_db:.1} dB in {locale}, and {max_db:.0} dB are the most"
                )
            }
            Doubt::TooLong { name, locale, seconds, max } => {
                write!(f, "the prompt `{name}` takes {seconds} s in {locale}, and {max} s are meant to be the most")
            }
            Doubt::DeadKey { key, name, locales } => {
                write!(
                    f,
                    "the prompt `{name}` announces the key {} in {locales}, which leads nowhere here",
                    key.as_char()
                )
            }
            Doubt::SilentKey { key, locales } => {
                write!(f, "nothing that a caller hears in {locales} announces the key {}", key.as_char())
            }
            Doubt::NoText { name, locales } => write!(f, "the prompt `{name}` has no text in {locales}"),
            Doubt::OtherLanguage { chosen, heard } => {
                write!(f, "a caller who has chosen {chosen} hears {heard} alone here")
            }
            Doubt::FixedText => f.write_str("this text is the same in every call, and is asked for in each"),
            Doubt::LeftOut { locale } => write!(f, "the engine speaks {locale}, and this menu does not"),
        }
    }
}

impl Doubt {
    /// What stands beside the caret, and what to do.
    pub(super) fn advice(&self) -> (&'static str, String) {
        let (label, help) = match self {
            Doubt::TooLoud { .. } | Doubt::TooQuiet { .. } | Doubt::Peaks { .. } => (
                "not as loud as the others",
                "bring the recording in with `hotline prompts import FILE`, which levels it; `hotline prompts list` shows all levels",
            ),
            Doubt::TooLong { .. } => ("long", "shorten it, or raise `prompt_max_s` of the menu"),
            Doubt::DeadKey { .. } => {
                ("announces it", "add the key to `keys`, or take it out of the text and speak it anew")
            }
            Doubt::SilentKey { .. } => {
                ("never announced", "say it in the prompt and in its text in manifest.toml, or remove the key")
            }
            Doubt::NoText { .. } => ("without a text", "write into manifest.toml what it says: it is checked by that"),
            Doubt::OtherLanguage { .. } => {
                ("in another language", "add a part in the caller's language, or lead callers of it elsewhere")
            }
            Doubt::FixedText => (
                "without a value",
                "write it into prompts/manifest.toml, build it with `hotline prompts build`, and play it",
            ),
            Doubt::LeftOut { .. } => {
                ("left out", "add the language, or take it out of `locales` of [prompts] in hotline.toml")
            }
        };
        (label, help.to_owned())
    }
}
