//! A text that somebody would speak, for as long as it would take.

use std::time::Duration;

use base::Clip;
use ivr::Speech;

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
