//! What a phone says: a voice in packets, and keys (RFC 4733).

use std::collections::VecDeque;
use std::time::Duration;

use base::{Codec, Digit};
use rtp::dtmf::{Event, KeyPress};
use rtp::{Tone, TonePair};

use crate::config::Voice;

/// More keys than any menu asks for; what comes beyond is dropped.
const KEYS_MAX: usize = 64;
/// How long a key sounds: twice the shortest that receivers must take.
const KEY_LENGTH: Duration = Duration::from_millis(100);
/// Voice between two keys: 100 ms.
const GAP_SAMPLES: u16 = 800;

/// The voice as codes of one codec, over and over.
#[derive(Clone, Debug)]
pub(crate) struct Mouth {
    codes: Vec<u8>,
    next: usize,
}

impl Mouth {
    pub(crate) fn new(voice: &Voice, codec: Codec) -> Mouth {
        let encode = |samples: &[i16]| samples.iter().map(|s| rtp::g711::encode(codec, *s)).collect();
        let mut codes: Vec<u8> = match voice {
            Voice::Tones(pair) => encode(&second_of(*pair)),
            Voice::Samples(samples) => encode(samples),
            Voice::Silence => Vec::new(),
        };
        if codes.is_empty() {
            codes.push(rtp::g711::silence(codec));
        }
        Mouth { codes, next: 0 }
    }

    /// The next `count` codes, appended.
    pub(crate) fn say(&mut self, count: usize, out: &mut Vec<u8>) {
        out.extend(self.codes.iter().cycle().skip(self.next).take(count));
        self.next = (self.next + count) % self.codes.len();
    }
}

/// One second, which whole hertz fill without a seam; 6 dB below full scale.
fn second_of(pair: TonePair) -> Vec<i16> {
    let mut samples = vec![0; 8000];
    Tone::new(pair, i16::MAX / 2).fill(&mut samples);
    samples
}

/// Keys that wait and the one that sounds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keypad {
    waiting: VecDeque<Digit>,
    pressed: Option<KeyPress>,
    /// Samples of voice still to pass before the next key.
    gap: u16,
}

/// One event packet; `began` with the first of its key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyOut {
    pub(crate) event: Event,
    pub(crate) marker: bool,
    pub(crate) timestamp: u32,
    pub(crate) began: Option<Digit>,
}

impl Keypad {
    pub(crate) fn press(&mut self, digit: Digit) {
        if self.waiting.len() < KEYS_MAX {
            self.waiting.push_back(digit);
        }
    }

    /// Whether no key sounds or waits for its turn.
    pub(crate) fn is_idle(&self) -> bool {
        self.pressed.is_none() && self.waiting.is_empty()
    }

    /// The key that sounds for the next `samples` instead of voice, if one does.
    pub(crate) fn tick(&mut self, timestamp: u32, samples: u16) -> Option<KeyOut> {
        if let Some(out) = self.go_on(samples, None) {
            return Some(out);
        }
        self.gap = self.gap.saturating_sub(samples);
        if self.gap > 0 {
            return None;
        }
        let digit = self.waiting.pop_front()?;
        self.pressed = Some(KeyPress::new(digit, timestamp, KEY_LENGTH));
        self.gap = GAP_SAMPLES;
        self.go_on(samples, Some(digit))
    }

    fn go_on(&mut self, samples: u16, began: Option<Digit>) -> Option<KeyOut> {
        let press = self.pressed.as_mut()?;
        match press.next(samples) {
            Some((event, marker)) => Some(KeyOut { event, marker, timestamp: press.timestamp(), began }),
            None => {
                self.pressed = None;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_has_no_seam() {
        let mut mouth = Mouth::new(&Voice::Tones(TonePair { low_hz: 400, high_hz: 950 }), Codec::Pcma);
        let (mut once, mut again) = (Vec::new(), Vec::new());
        mouth.say(8000, &mut once);
        for _ in 0..50 {
            mouth.say(160, &mut again);
        }
        assert_eq!(once, again);
        let mut silence = Vec::new();
        Mouth::new(&Voice::Silence, Codec::Pcmu).say(3, &mut silence);
        assert_eq!(silence, [0xff; 3]);
    }

    #[test]
    fn a_key_sounds_100_ms_ends_thrice_and_leaves_a_gap() {
        let mut keypad = Keypad::default();
        assert!(keypad.tick(0, 160).is_none());
        keypad.press(Digit::Number(1));
        keypad.press(Digit::Pound);
        let mut line = |timestamp| match keypad.tick(timestamp, 160) {
            None => "-".to_owned(),
            Some(KeyOut { event, marker, timestamp, .. }) => {
                let (first, end) = (if marker { "^" } else { "" }, if event.end { "." } else { "" });
                format!("{first}{}@{timestamp}+{}{end}", event.code, event.duration)
            }
        };
        let lines: Vec<String> = (1..=20).map(|i| line(i * 160)).collect();
        insta::assert_snapshot!(lines.join(" "), @"^1@160+160 1@160+320 1@160+480 1@160+640 1@160+800. 1@160+800. 1@160+800. - - - - ^11@1920+160 11@1920+320 11@1920+480 11@1920+640 11@1920+800. 11@1920+800. 11@1920+800. - -");
    }
}
