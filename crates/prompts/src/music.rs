//! The hold music: plucked chords, a quiet pad and a sparse melody, composed for this project and made of sines.
//!
//! Every note rings on over the end into the beginning, so that the loop has no seam; no partial lies outside the telephone band.

use std::f64::consts::TAU;

use crate::level;

/// Eight bars of eight eighths: the arpeggio, then the melody after the bar line; `.` rests. A change builds the music again.
pub(crate) const SCORE: &str = "\
C4 G4 C5 E5 G5 E5 C5 G4 | E5 .  .  .  G5 .  .  .
A3 E4 A4 C5 E5 C5 A4 E4 | A5 .  .  .  .  .  G5 .
D4 A4 D5 F5 A5 F5 D5 A4 | D5 .  .  .  F5 .  .  .
B3 G4 B4 D5 G5 D5 B4 G4 | G5 .  .  .  .  .  .  .
E4 B4 E5 G5 B5 G5 E5 B4 | B5 .  .  .  G5 .  .  .
A3 E4 A4 C5 E5 C5 A4 E4 | C6 .  .  .  A5 .  .  .
F4 C5 F5 A5 C6 A5 F5 C5 | A5 .  .  .  G5 .  E5 .
G4 D5 G5 B5 D6 B5 G5 D5 | D5 .  .  .  .  .  .  .
";

const RATE: f64 = 8000.0;
/// 80 beats a minute.
const EIGHTH_S: f64 = 0.375;
const BAND_HZ: (f64, f64) = (200.0, 3400.0);

/// How a note sounds: the strength of its partials, and how it comes and goes.
struct Timbre {
    partials: &'static [f64],
    attack_s: f64,
    /// After this time a third is left.
    decay_s: f64,
    length_s: f64,
    strength: f64,
}

const PLUCK: Timbre =
    Timbre { partials: &[1.0, 0.4, 0.18, 0.07], attack_s: 0.006, decay_s: 0.55, length_s: 2.4, strength: 0.5 };
const PAD: Timbre = Timbre { partials: &[1.0, 0.12], attack_s: 0.7, decay_s: 3.0, length_s: 4.0, strength: 0.16 };
const BELL: Timbre =
    Timbre { partials: &[1.0, 0.0, 0.22], attack_s: 0.02, decay_s: 0.9, length_s: 3.0, strength: 0.55 };

/// The loop, at the level of music.
pub(crate) fn loop_of_music() -> Vec<i16> {
    let bars: Vec<&str> = SCORE.lines().collect();
    let mut mix = vec![0.0; samples(bars.len() as f64 * 8.0 * EIGHTH_S)];
    for (bar, line) in bars.iter().enumerate() {
        let (arpeggio, melody) = line.split_once('|').unwrap_or((line, ""));
        let start_s = bar as f64 * 8.0 * EIGHTH_S;
        play(&mut mix, arpeggio, start_s, &PLUCK);
        play(&mut mix, melody, start_s, &BELL);
        for note in arpeggio.split_whitespace().take(4) {
            add(&mut mix, start_s, pitch_hz(note), &PAD);
        }
    }
    let loudest = mix.iter().fold(1e-9_f64, |max, x| max.max(x.abs()));
    let raw: Vec<i16> = mix.iter().map(|x| (x / loudest * 30_000.0).round() as i16).collect();
    level::to_rms(&raw, level::MUSIC_DB).unwrap_or(raw)
}

fn play(mix: &mut [f64], notes: &str, start_s: f64, timbre: &Timbre) {
    for (eighth, note) in notes.split_whitespace().enumerate().filter(|(_, note)| *note != ".") {
        // The first eighth of a bar is leaned on, as a player would.
        let strength = if eighth == 0 { 1.15 } else { 1.0 - 0.1 * (eighth % 2) as f64 };
        let timbre = Timbre { strength: timbre.strength * strength, ..*timbre };
        add(mix, start_s + eighth as f64 * EIGHTH_S, pitch_hz(note), &timbre);
    }
}

fn add(mix: &mut [f64], start_s: f64, base_hz: f64, timbre: &Timbre) {
    let (start, length) = (samples(start_s), mix.len());
    for (order, amplitude) in timbre.partials.iter().enumerate() {
        let hz = base_hz * (order + 1) as f64;
        if hz < BAND_HZ.0 || hz > BAND_HZ.1 {
            continue;
        }
        for n in 0..samples(timbre.length_s) {
            let t = n as f64 / RATE;
            // Higher partials die sooner, as on a string.
            let envelope = envelope(timbre, t) * (-t * order as f64 / timbre.decay_s).exp();
            mix[(start + n) % length] += timbre.strength * amplitude * envelope * (TAU * hz * t).sin();
        }
    }
}

/// Rises as half a cosine, decays, and reaches zero at the end.
fn envelope(timbre: &Timbre, t: f64) -> f64 {
    let rise = |x: f64| 0.5 - 0.5 * (TAU / 2.0 * x.clamp(0.0, 1.0)).cos();
    rise(t / timbre.attack_s) * (-t / timbre.decay_s).exp() * rise((timbre.length_s - t) / 0.4)
}

/// Equal temperament, A4 = 440 Hz; `C4` is the middle C.
fn pitch_hz(note: &str) -> f64 {
    let mut chars = note.chars();
    let semitone = chars.next().and_then(|c| "C D EF G A B".find(c)).unwrap_or(0) as f64;
    let octave = chars.next().and_then(|c| c.to_digit(10)).map_or(4.0, f64::from);
    440.0 * 2_f64.powf((semitone - 9.0) / 12.0 + octave - 4.0)
}

fn samples(seconds: f64) -> usize {
    (seconds * RATE).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pitches() {
        for (note, hz) in [("A4", 440.0), ("A3", 220.0), ("C4", 261.626), ("B5", 987.767)] {
            assert!((pitch_hz(note) - hz).abs() < 0.01, "{note}");
        }
    }

    #[test]
    fn every_bar_has_eight_eighths_twice() {
        for line in SCORE.lines() {
            let (arpeggio, melody) = line.split_once('|').unwrap();
            assert_eq!((arpeggio.split_whitespace().count(), melody.split_whitespace().count()), (8, 8), "{line}");
        }
    }

    #[test]
    fn the_loop_has_no_seam_and_no_silence() {
        let music = loop_of_music();
        assert_eq!(music.len(), 24 * 8000);
        assert!((level::rms_db(&music) - level::MUSIC_DB).abs() < level::TOLERANCE_DB);
        assert!(level::peak_db(&music) < level::PEAK_DB_MAX);
        let jump = |a: i16, b: i16| i32::from(a).abs_diff(i32::from(b));
        let inside = music.windows(2).map(|pair| jump(pair[0], pair[1])).max().unwrap();
        assert!(jump(music[music.len() - 1], music[0]) <= inside);
        assert!(music.chunks(4000).all(|half_second| level::rms_db(half_second) > -40.0));
    }
}
