//! Tone pairs that tests and phones tell each other apart by, and the meter that finds them (Goertzel).

/// The samples of a frame: 100 ms at 8 kHz, so that multiples of 10 Hz do not leak into each other.
const FRAME: usize = 800;
/// A frame quieter than this has no tone in it worth naming.
const RMS_MIN: f32 = 100.0;
/// Each tone of a pair holds half of a clean frame's energy; a quarter survives coding, a gap of 20 ms and a little noise.
const SHARE_MIN: f32 = 0.25;

/// Two frequencies that sound together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TonePair {
    pub low_hz: u16,
    pub high_hz: u16,
}

impl TonePair {
    /// How many pairs `numbered` tells apart.
    pub const COUNT: u32 = 1_176;

    /// Pairs between 400 and 2800 Hz, 50 Hz apart; the same again after `COUNT`.
    pub fn numbered(number: u32) -> TonePair {
        let mut rest = number % TonePair::COUNT;
        let mut low = 0;
        // 49 tones: 48 pairs begin with the lowest, one fewer with each that follows.
        while rest >= 48 - low {
            rest -= 48 - low;
            low += 1;
        }
        let hz = |place: u32| (400 + 50 * place) as u16;
        TonePair { low_hz: hz(low), high_hz: hz(low + 1 + rest) }
    }
}

/// A tone pair, sample after sample.
#[derive(Clone, Debug)]
pub struct Tone {
    /// In 2^-32 turns.
    phases: [u32; 2],
    steps: [u32; 2],
    amplitude: f32,
}

impl Tone {
    /// `peak`: the largest sample, when both tones peak together.
    pub fn new(pair: TonePair, peak: i16) -> Tone {
        let step = |hz: u16| ((u64::from(hz) << 32) / 8_000) as u32;
        Tone { phases: [0; 2], steps: [step(pair.low_hz), step(pair.high_hz)], amplitude: f32::from(peak) / 2.0 }
    }

    /// The next samples.
    pub fn fill(&mut self, pcm: &mut [i16]) {
        for sample in pcm {
            *sample = self.next();
        }
    }

    fn next(&mut self) -> i16 {
        let mut sum = 0.0;
        for (phase, step) in self.phases.iter_mut().zip(self.steps) {
            sum += (*phase as f32 * (std::f32::consts::TAU / 4_294_967_296.0)).sin();
            *phase = phase.wrapping_add(step);
        }
        (sum * self.amplitude) as i16
    }
}

/// How often a watched pair was heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heard {
    pub pair: TonePair,
    /// Frames of 100 ms in which both tones were there.
    pub frames: u32,
    /// The most that both together held of a frame's energy, 0 to 1.
    pub best_share: f32,
}

/// Finds tone pairs in 16-bit samples at 8 kHz, in frames of 100 ms.
#[derive(Clone, Debug)]
pub struct ToneMeter {
    watched: Vec<Heard>,
    frame: Vec<i16>,
    frames: u32,
    loud: u32,
}

impl ToneMeter {
    pub fn new(pairs: impl IntoIterator<Item = TonePair>) -> ToneMeter {
        let watched = pairs.into_iter().map(|pair| Heard { pair, frames: 0, best_share: 0.0 }).collect();
        ToneMeter { watched, frame: Vec::with_capacity(FRAME), frames: 0, loud: 0 }
    }

    /// Samples in the order they were heard.
    pub fn push(&mut self, mut pcm: &[i16]) {
        while !pcm.is_empty() {
            let (now, later) = pcm.split_at(pcm.len().min(FRAME - self.frame.len()));
            self.frame.extend_from_slice(now);
            pcm = later;
            if self.frame.len() == FRAME {
                self.measure();
                self.frame.clear();
            }
        }
    }

    /// Frames measured.
    pub const fn frames(&self) -> u32 {
        self.frames
    }

    /// Frames that were loud enough to be looked into.
    pub const fn loud_frames(&self) -> u32 {
        self.loud
    }

    pub fn heard(&self) -> &[Heard] {
        &self.watched
    }

    /// Frames in which this pair was heard; zero for one that is not watched.
    pub fn frames_of(&self, pair: TonePair) -> u32 {
        self.watched.iter().find(|h| h.pair == pair).map_or(0, |h| h.frames)
    }

    fn measure(&mut self) {
        self.frames += 1;
        let energy: f32 = self.frame.iter().map(|s| f32::from(*s) * f32::from(*s)).sum();
        if energy < RMS_MIN * RMS_MIN * FRAME as f32 {
            return;
        }
        self.loud += 1;
        for heard in &mut self.watched {
            let low = share(&self.frame, energy, heard.pair.low_hz);
            let high = share(&self.frame, energy, heard.pair.high_hz);
            if low >= SHARE_MIN && high >= SHARE_MIN {
                heard.frames += 1;
            }
            heard.best_share = heard.best_share.max(low + high);
        }
    }
}

/// The part of a frame's energy that is at a frequency, 0 to 1.
fn share(frame: &[i16], energy: f32, hz: u16) -> f32 {
    let turn = 2.0 * (std::f32::consts::TAU * f32::from(hz) / 8_000.0).cos();
    let (mut one, mut two) = (0.0f32, 0.0f32);
    for sample in frame {
        (one, two) = (f32::from(*sample) + turn * one - two, one);
    }
    let power = one * one + two * two - turn * one * two;
    2.0 * power / (frame.len() as f32 * energy)
}

#[cfg(test)]
mod tests {
    use base::Codec;

    use super::*;
    use crate::g711;

    fn sound(pair: TonePair, peak: i16) -> Vec<i16> {
        let mut pcm = vec![0; FRAME * 3];
        Tone::new(pair, peak).fill(&mut pcm);
        pcm
    }

    #[test]
    fn numbers_give_different_pairs() {
        let pairs: std::collections::BTreeSet<TonePair> = (0..TonePair::COUNT).map(TonePair::numbered).collect();
        assert_eq!(pairs.len() as u32, TonePair::COUNT);
        assert!(pairs.iter().all(|p| 400 <= p.low_hz && p.low_hz < p.high_hz && p.high_hz <= 2_800));
    }

    #[test]
    fn only_the_pair_that_sounds_is_heard_also_through_both_codecs() {
        for number in (0..TonePair::COUNT).step_by(97) {
            let pair = TonePair::numbered(number);
            let mut pcm = sound(pair, 12_000);
            for sample in &mut pcm {
                let mut code = [g711::encode(Codec::Pcma, *sample)];
                g711::convert(Codec::Pcma, Codec::Pcmu, &mut code);
                *sample = g711::decode(Codec::Pcmu, code[0]);
            }
            let mut meter = ToneMeter::new((0..TonePair::COUNT).map(TonePair::numbered));
            meter.push(&pcm);
            for heard in meter.heard() {
                assert_eq!(heard.frames, if heard.pair == pair { 3 } else { 0 }, "{pair:?} {heard:?}");
            }
            assert!(meter.heard()[number as usize].best_share > 0.95);
        }
    }

    #[test]
    fn silence_two_voices_and_half_a_pair_are_not_taken_for_a_pair() {
        let (ours, theirs) = (TonePair::numbered(10), TonePair::numbered(900));
        let mut meter = ToneMeter::new([ours, theirs]);
        meter.push(&sound(ours, 100));
        assert_eq!((meter.frames(), meter.loud_frames(), meter.frames_of(ours)), (3, 0, 0));
        meter.push(&sound(TonePair { low_hz: ours.low_hz, high_hz: ours.low_hz }, 8_000));
        assert_eq!((meter.loud_frames(), meter.frames_of(ours)), (3, 0));
        let mixed: Vec<i16> = sound(ours, 8_000).iter().zip(sound(theirs, 2_000)).map(|(a, b)| a + b).collect();
        meter.push(&mixed);
        assert_eq!((meter.frames_of(ours), meter.frames_of(theirs)), (3, 0));
    }
}
