//! What a phone hears: loudness and tones, window by window.

use std::collections::VecDeque;
use std::f32::consts::TAU;
use std::time::Duration;

use base::Time;

/// 100 ms: tones at whole tens of hertz fall between each other's side lobes.
const WINDOW_SAMPLES: usize = 800;
/// Ten minutes; the oldest go first.
const WINDOWS_MAX: usize = 6000;
/// One bit a frequency.
const LISTEN_MAX: usize = 64;
/// Quieter than a whisper on the line, louder than the idle noise of G.711.
const AUDIBLE_DBFS: f32 = -45.0;
/// The share of a window's energy from which a tone counts as there: a pair has half each, a bleed of -17 dB has this.
const PRESENT_SHARE: f32 = 0.02;
/// Longer than the pauses between two sentences of a prompt.
const LOST_AFTER: Duration = Duration::from_secs(1);

/// 100 ms of what was heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// When its last sample arrived.
    pub at: Time,
    /// Loudness in dB below full scale; -100 for digital silence.
    pub dbfs: f32,
    /// Bit `i` is set when `Config::listen_hz[i]` was there.
    pub tones: u64,
}

impl Window {
    pub fn is_audible(&self) -> bool {
        self.dbfs > AUDIBLE_DBFS
    }
}

/// A change worth telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Heard,
    Lost { since: Time },
}

/// Measures what arrives.
#[derive(Clone, Debug)]
pub struct Ear {
    /// `2 cos w` of each frequency (Goertzel).
    coefficients: Vec<f32>,
    pending: Vec<i16>,
    windows: VecDeque<Window>,
    /// When the last audible window ended, while sound is on.
    audible: Option<Time>,
    samples: u64,
}

impl Ear {
    pub(crate) fn new(listen_hz: &[u16]) -> Ear {
        let coefficient = |hz: &u16| 2.0 * (TAU * f32::from(*hz) / 8000.0).cos();
        Ear {
            coefficients: listen_hz.iter().take(LISTEN_MAX).map(coefficient).collect(),
            pending: Vec::with_capacity(WINDOW_SAMPLES),
            windows: VecDeque::new(),
            audible: None,
            samples: 0,
        }
    }

    /// The windows so far, oldest first; ten minutes are kept.
    pub fn windows(&self) -> impl DoubleEndedIterator<Item = &Window> {
        self.windows.iter()
    }

    /// Samples heard since the phone began.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Every tone of the audible windows that began at or after `since`.
    pub fn tones_since(&self, since: Time) -> u64 {
        let first = since + Duration::from_millis(100);
        self.windows.iter().filter(|w| w.at >= first).fold(0, |all, w| all | w.tones)
    }

    pub(crate) fn hear(&mut self, now: Time, samples: &[i16]) -> Option<Change> {
        self.samples += samples.len() as u64;
        let mut heard = false;
        for sample in samples {
            self.pending.push(*sample);
            if self.pending.len() == WINDOW_SAMPLES {
                heard |= self.close_window(now);
            }
        }
        if heard && self.audible.replace(now).is_none() { Some(Change::Heard) } else { None }
    }

    /// When `handle_timeout` may have something to say.
    pub(crate) fn next_timeout(&self) -> Option<Time> {
        self.audible.map(|at| at + LOST_AFTER)
    }

    pub(crate) fn handle_timeout(&mut self, now: Time) -> Option<Change> {
        let since = self.audible.filter(|at| *at + LOST_AFTER <= now)?;
        self.audible = None;
        Some(Change::Lost { since })
    }

    /// A new call: what was half heard is dropped, the windows stay.
    pub(crate) fn restart(&mut self) {
        self.pending.clear();
        self.audible = None;
    }

    /// Whether the window was audible.
    fn close_window(&mut self, now: Time) -> bool {
        let samples: Vec<f32> = self.pending.drain(..).map(|s| f32::from(s) / 32768.0).collect();
        let mean_square = samples.iter().map(|s| s * s).sum::<f32>() / WINDOW_SAMPLES as f32;
        let dbfs = 10.0 * mean_square.max(1e-10).log10();
        let mut window = Window { at: now, dbfs, tones: 0 };
        if window.is_audible() {
            for (bit, coefficient) in self.coefficients.iter().enumerate() {
                let present = tone_power(&samples, *coefficient) >= PRESENT_SHARE * mean_square;
                window.tones |= u64::from(present) << bit;
            }
        }
        if self.windows.len() == WINDOWS_MAX {
            self.windows.pop_front();
        }
        self.windows.push_back(window);
        window.is_audible()
    }
}

/// The mean square of the sinusoid at one frequency (Goertzel's recurrence).
fn tone_power(samples: &[f32], coefficient: f32) -> f32 {
    let (mut before, mut last) = (0.0f32, 0.0f32);
    for sample in samples {
        (before, last) = (last, sample + coefficient * last - before);
    }
    let power = before * before + last * last - coefficient * before * last;
    2.0 * power / (samples.len() * samples.len()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tones(pairs: &[(f32, f32)], count: usize) -> Vec<i16> {
        let sample = |i: usize| -> f32 { pairs.iter().map(|(hz, a)| a * (TAU * hz * i as f32 / 8000.0).sin()).sum() };
        (0..count).map(|i| (sample(i) * 32767.0) as i16).collect()
    }

    #[test]
    fn a_pair_is_found_and_no_other() {
        let listen: Vec<u16> = (0..40).map(|i| 400 + 50 * i).collect();
        for (a, b) in [(0, 1), (3, 30), (38, 39), (12, 13)] {
            let mut ear = Ear::new(&listen);
            let sound = tones(&[(f32::from(listen[a]), 0.2), (f32::from(listen[b]), 0.2)], 1600);
            assert_eq!(ear.hear(Time::from_millis(200), &sound), Some(Change::Heard));
            assert_eq!(ear.tones_since(Time::ZERO), 1 << a | 1 << b);
        }
    }

    #[test]
    fn a_bleed_is_found_and_a_whisper_is_silence() {
        let mut ear = Ear::new(&[500, 900]);
        ear.hear(Time::from_millis(100), &tones(&[(500.0, 0.3), (900.0, 0.06)], 800));
        assert_eq!(ear.tones_since(Time::ZERO), 0b11);
        let mut ear = Ear::new(&[500]);
        assert_eq!(ear.hear(Time::from_millis(100), &tones(&[(500.0, 0.004)], 800)), None);
        assert_eq!(ear.tones_since(Time::ZERO), 0);
    }

    #[test]
    fn silence_is_told_once_and_sound_again() {
        let mut ear = Ear::new(&[]);
        let (loud, quiet) = (tones(&[(440.0, 0.3)], 800), vec![0; 800]);
        let at = Time::from_millis;
        assert_eq!(ear.hear(at(100), &loud), Some(Change::Heard));
        assert_eq!(ear.hear(at(200), &loud), None);
        assert_eq!(ear.hear(at(300), &quiet), None);
        assert_eq!(ear.handle_timeout(at(1199)), None);
        assert_eq!(ear.next_timeout(), Some(at(1200)));
        assert_eq!(ear.handle_timeout(at(1200)), Some(Change::Lost { since: at(200) }));
        assert_eq!((ear.handle_timeout(at(9000)), ear.next_timeout()), (None, None));
        assert_eq!(ear.hear(at(9100), &loud), Some(Change::Heard));
    }
}
