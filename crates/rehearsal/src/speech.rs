//! A text that somebody would speak, for as long as it would take; and what becomes of what a caller says.

use std::time::Duration;

use base::Clip;
use ivr::Speech;

/// What becomes of what a caller says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Listening {
    #[default]
    Unheard,
    Heard,
    /// It was said, and is being understood.
    Said,
}

/// A Chinese syllable, as read to a caller.
const SYLLABLE: Duration = Duration::from_millis(250);
/// A letter of another language.
const LETTER: Duration = Duration::from_millis(70);

/// Nobody hears it: its length counts.
pub(crate) fn clip(speech: &Speech) -> Clip {
    let letters = speech.text.chars().filter(|c| c.is_alphanumeric());
    let length: Duration = letters.map(|c| if c.is_ascii() { LETTER } else { SYLLABLE }).sum();
    Clip::silent(0, length.min(speech.max))
}
