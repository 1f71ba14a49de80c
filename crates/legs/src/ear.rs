//! Where an utterance begins and ends in what an end receives.
//!
//! Frames of 20 ms are laid out by RTP timestamps, so that packets of any length, late ones and gaps fall where they belong. A frame is
//! voice when it stands out of the noise, which is the quietest frame of late; what never came, comfort noise and keys are silence.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use base::wheel::TimerId;
use base::{Codec, ListenId, SPEECH_MAX, Time, VOICE_BYTES_MAX, Voice};
use rtp::g711;

/// Samples of a frame of 20 ms: two periods of the lowest voice.
const FRAME: usize = 160;
/// The echo of a prompt comes back within so many frames, 200 ms: what they hold begins no utterance, and is kept for one.
const DEAF: u64 = 10;
/// Voice frames of the latest `ONSET_OF` that begin an utterance: 120 ms, shorter than the shortest word and longer than a click.
const ONSET: u32 = 6;
/// 180 ms: a syllable has gaps.
const ONSET_OF: u32 = 9;
/// Frames kept while nobody speaks: the onset, and 300 ms before it, since words begin quietly.
const KEPT: usize = 24;
/// Quiet frames that end an utterance, 700 ms: longer than a pause between two words.
const QUIET: u32 = 35;
/// Frames that are judged late, 60 ms, for packets that overtake each other.
const BEHIND: usize = 3;
/// Frames whose quietest one is the noise: 2 s, longer than any word without a gap.
const NOISE_OF: usize = 100;
/// Louder noise is taken for this, in dBm0, so that somebody who speaks from the first frame on is heard.
const LOUDEST_NOISE_DBM0: f32 = -33.0;
/// What is quieter is no voice, in dBm0: hum and breath of a quiet line.
const QUIETEST_VOICE_DBM0: f32 = -45.0;
/// Decibels above the noise that begin an utterance; single frames of noise are 3 dB above the quietest.
const ABOVE: f32 = 10.0;
/// Decibels above the noise that go on with one: the ends of words are quiet.
const ABOVE_ON: f32 = 7.0;
/// A longer way ahead, or one back beyond what is kept, is a new time line and no gap: a second.
const GAP_MAX: usize = 8_000;
/// From one look at an utterance without packets to the next.
pub(crate) const LOOK: Duration = Duration::from_millis(100);
/// Without a packet for so long an utterance is over: the quiet that ends one.
const NO_PACKET: Duration = Duration::from_millis(700);

/// What a packet, or the time, came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Nothing,
    Begins,
    Ends,
}

/// Listens for one utterance.
#[derive(Clone, Debug)]
pub(crate) struct Ear {
    pub(crate) listen: ListenId,
    /// The next look, while an utterance is under way.
    pub(crate) look_at: Option<TimerId>,
    codec: Codec,
    /// The codes that are kept, in whole frames.
    codes: VecDeque<u8>,
    /// How many samples of each of these frames came.
    came: VecDeque<u16>,
    /// The timestamp of the first of them, on the time line of this stream.
    start: u32,
    stream: Option<u32>,
    /// Of the frames that are kept, those that were judged.
    judged: usize,
    /// Frames judged in all.
    count: u64,
    /// Whether the latest frames were voice, the newest in the lowest bit.
    voices: u32,
    noise: VecDeque<f32>,
    began: Option<Began>,
}

/// An utterance that is under way.
#[derive(Clone, Copy, Debug)]
struct Began {
    at: Time,
    packet_at: Time,
    quiet: u32,
    noise: f32,
}

impl Ear {
    pub(crate) fn new(listen: ListenId, codec: Codec) -> Ear {
        Ear {
            listen,
            look_at: None,
            codec,
            codes: VecDeque::with_capacity(KEPT * FRAME),
            came: VecDeque::with_capacity(KEPT),
            start: 0,
            stream: None,
            judged: 0,
            count: 0,
            voices: 0,
            noise: VecDeque::with_capacity(NOISE_OF),
            began: None,
        }
    }

    pub(crate) fn is_speaking(&self) -> bool {
        self.began.is_some()
    }

    /// A packet of voice, of the `stream`-th time line of its sender.
    pub(crate) fn voice(&mut self, now: Time, stream: u32, timestamp: u32, codec: Codec, payload: &[u8]) -> Heard {
        if self.stream.replace(stream) != Some(stream) {
            self.start_anew(timestamp);
        }
        let ahead = timestamp.wrapping_sub(self.start) as i32;
        let place = usize::try_from(ahead).ok().filter(|place| *place <= self.codes.len() + GAP_MAX);
        let place = match place {
            Some(place) => place,
            // Late, and what it belongs to was let go.
            None if ahead < 0 && ahead.unsigned_abs() as usize <= GAP_MAX => return Heard::Nothing,
            None => {
                self.start_anew(timestamp);
                self.came.len() * FRAME
            }
        };
        self.lay(place, codec, payload);
        if let Some(began) = &mut self.began {
            began.packet_at = now;
        }
        self.judge(now, self.came.len().saturating_sub(BEHIND))
    }

    /// A key is pressed: whatever comes beside it is its tone.
    pub(crate) fn key(&mut self) {
        self.voices = 0;
    }

    /// Time passes, perhaps without packets.
    pub(crate) fn look(&self, now: Time) -> Heard {
        let over = |began: &Began| now.since(began.packet_at) >= NO_PACKET || now.since(began.at) >= SPEECH_MAX;
        if self.began.as_ref().is_some_and(over) { Heard::Ends } else { Heard::Nothing }
    }

    /// What was said; the ear has nothing of it any more.
    pub(crate) fn take(&mut self) -> Voice {
        self.codes.truncate(VOICE_BYTES_MAX);
        Voice { codec: self.codec, codes: Arc::from(Vec::from(std::mem::take(&mut self.codes))) }
    }

    /// What comes next stands directly behind what is kept.
    fn start_anew(&mut self, timestamp: u32) {
        self.start = timestamp.wrapping_sub((self.came.len() * FRAME) as u32);
    }

    fn lay(&mut self, place: usize, codec: Codec, payload: &[u8]) {
        let end = (place + payload.len()).min(VOICE_BYTES_MAX);
        while self.came.len() * FRAME < end {
            self.codes.extend([self.codec.silence(); FRAME]);
            self.came.push_back(0);
        }
        for (at, code) in (place..end).zip(payload) {
            let mut code = [*code];
            g711::convert(codec, self.codec, &mut code);
            if let (Some(kept), Some(came)) = (self.codes.get_mut(at), self.came.get_mut(at / FRAME)) {
                *kept = code[0];
                *came = came.saturating_add(1);
            }
        }
    }

    fn judge(&mut self, now: Time, until: usize) -> Heard {
        let mut heard = Heard::Nothing;
        while self.judged < until {
            let level = self.level(self.judged);
            self.judged += 1;
            self.count += 1;
            if self.began.is_some() {
                if self.is_quiet(level) {
                    return Heard::Ends;
                }
            } else if self.is_begun(level) {
                self.began = Some(Began { at: now, packet_at: now, quiet: 0, noise: self.noise() });
                heard = Heard::Begins;
            }
        }
        match self.began {
            // There is no room for more.
            Some(_) if self.codes.len() >= VOICE_BYTES_MAX => return Heard::Ends,
            Some(_) => {}
            None => self.let_go(),
        }
        heard
    }

    /// Whether an utterance begins with this frame.
    fn is_begun(&mut self, level: Option<f32>) -> bool {
        self.note_noise(level);
        let voice = self.count > DEAF && is_voice(level, self.noise(), ABOVE);
        self.voices = self.voices << 1 | u32::from(voice);
        (self.voices & ((1 << ONSET_OF) - 1)).count_ones() >= ONSET
    }

    /// Whether the utterance has been quiet for long enough with this frame.
    fn is_quiet(&mut self, level: Option<f32>) -> bool {
        let Some(began) = &mut self.began else { return false };
        // The noise grows no more while somebody speaks.
        began.noise = level.map_or(began.noise, |level| began.noise.min(level));
        began.quiet = if is_voice(level, began.noise, ABOVE_ON) { 0 } else { began.quiet + 1 };
        began.quiet >= QUIET
    }

    /// Keeps the newest frames.
    fn let_go(&mut self) {
        let old = self.judged.saturating_sub(KEPT);
        self.codes.drain(..old * FRAME);
        self.came.drain(..old);
        self.judged -= old;
        self.start = self.start.wrapping_add((old * FRAME) as u32);
    }

    /// The level of a frame in dBm0, around its own middle; none where not all of it came.
    fn level(&self, frame: usize) -> Option<f32> {
        if usize::from(*self.came.get(frame)?) < FRAME {
            return None;
        }
        let codes = self.codes.range(frame * FRAME..(frame + 1) * FRAME);
        let (mut sum, mut squares) = (0_i64, 0_i64);
        for sample in codes.map(|code| i64::from(g711::decode(self.codec, *code))) {
            sum += sample;
            squares += sample * sample;
        }
        let count = FRAME as i64;
        let power = (squares - sum * sum / count).max(1) as f32 / FRAME as f32;
        Some(10.0 * (power / ZERO_DBM0).log10())
    }

    fn note_noise(&mut self, level: Option<f32>) {
        let Some(level) = level else { return };
        if self.noise.len() == NOISE_OF {
            self.noise.pop_front();
        }
        self.noise.push_back(level);
    }

    fn noise(&self) -> f32 {
        self.noise.iter().copied().fold(LOUDEST_NOISE_DBM0, f32::min)
    }
}

fn is_voice(level: Option<f32>, noise: f32, above: f32) -> bool {
    level.is_some_and(|level| level >= QUIETEST_VOICE_DBM0.max(noise + above))
}

/// The power of a sine 3.14 dB below the top of 16 bits (ITU-T G.711 §3).
const ZERO_DBM0: f32 = 2.6054e8;

#[cfg(test)]
#[path = "ear_tests.rs"]
mod tests;
