//! What a service has spoken in a call becomes a sound of the telephone, by the way of recordings.

use std::time::Duration;

use crate::recording::Recording;
use crate::{level, resample, trim};

/// Services begin with a breath of silence, which is no part of what is said: so much of it is looked through for the first word.
const LEAD: Duration = Duration::from_secs(2);

/// Samples of 8 kHz at the level of every prompt, of a WAV of any rate; cut after `max`.
///
/// # Errors
/// Why it is nothing that could be played, in one line.
pub fn spoken(bytes: Vec<u8>, max: Duration) -> Result<Vec<i16>, String> {
    let seconds = u32::try_from((max + LEAD).as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
    let recording = Recording::spoken(bytes, seconds)?;
    // A voice at the very edge of what can be held is understood all the same.
    let mut speech = trim::trim(&resample::to_telephone(&recording.samples, recording.rate))?;
    let most = usize::try_from(max.as_millis()).unwrap_or(usize::MAX).saturating_mul(resample::RATE as usize / 1000);
    if speech.len() > most {
        speech.truncate(most);
        trim::soften(&mut speech);
    }
    level::shaped_to_rms(speech, level::SPEECH_DB).ok_or_else(|| "silent".to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use hound::{SampleFormat, WavSpec, WavWriter};

    use super::*;

    const MAX: Duration = Duration::from_secs(20);

    fn wav(spec: WavSpec, seconds: f32, size: f32) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
        let full = (1_i64 << (spec.bits_per_sample - 1)) as f32 - 1.0;
        for n in 0..(seconds * spec.sample_rate as f32) as u32 {
            let x = (n as f32 * 440.0 * std::f32::consts::TAU / spec.sample_rate as f32).sin() * size;
            for _ in 0..spec.channels {
                match spec.sample_format {
                    SampleFormat::Float => writer.write_sample(x).unwrap(),
                    SampleFormat::Int => writer.write_sample((x * full) as i32).unwrap(),
                }
            }
        }
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    fn spec(sample_rate: u32, bits_per_sample: u16, channels: u16) -> WavSpec {
        let sample_format = SampleFormat::Int;
        WavSpec { channels, sample_rate, bits_per_sample, sample_format }
    }

    #[test]
    fn every_rate_and_width_comes_out_at_one_level() {
        let float = WavSpec { sample_format: SampleFormat::Float, ..spec(24_000, 32, 1) };
        let specs = [
            spec(8_000, 8, 1),
            spec(16_000, 16, 1),
            spec(22_050, 16, 2),
            spec(24_000, 24, 1),
            spec(48_000, 32, 2),
            float,
        ];
        for (spec, size) in specs.into_iter().zip([0.9, 0.02, 0.3, 1.0, 0.1, 0.5]) {
            let samples = spoken(wav(spec, 1.0, size), MAX).unwrap_or_else(|error| panic!("{spec:?}: {error}"));
            assert!(samples.len().abs_diff(8_000) < 200, "{spec:?}: {}", samples.len());
            assert!((level::rms_db(&samples) - level::SPEECH_DB).abs() < level::TOLERANCE_DB, "{spec:?}");
        }
    }

    #[test]
    fn a_length_that_was_left_open_is_all_that_came() {
        let whole = wav(spec(16_000, 16, 1), 1.0, 0.3);
        let expected = spoken(whole.clone(), MAX).unwrap();
        let at = whole.windows(4).position(|four| four == b"data").unwrap() + 4;
        for open in [0, 0x7fff_ffff, 0xffff_ffff_u32] {
            let mut bytes = whole.clone();
            bytes[at..at + 4].copy_from_slice(&open.to_le_bytes());
            assert_eq!(spoken(bytes.clone(), MAX).unwrap(), expected, "{open}");
            // Half a sample more.
            bytes.push(0);
            assert_eq!(spoken(bytes, MAX).unwrap(), expected, "{open}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut_softly() {
        let samples = spoken(wav(spec(8_000, 16, 1), 180.0, 0.3), Duration::from_secs(2)).unwrap();
        assert_eq!(samples.len(), 16_000);
        assert!(samples[15_999].unsigned_abs() < 200, "no click at its end");
    }

    #[test]
    fn what_cannot_be_played_is_named() {
        let whole = wav(spec(16_000, 16, 1), 1.0, 0.3);
        for (bytes, told) in [
            (b"{\"error\":\"busy\"}".to_vec(), "no WAV"),
            (Vec::new(), "no WAV"),
            (b"RIFF\xff\xff\xff\xffWAVEdata".to_vec(), "no WAV"),
            (whole[..whole.len() / 2].to_vec(), "cut off"),
            (wav(spec(16_000, 16, 1), 0.0, 0.3), "silent"),
            (wav(spec(16_000, 16, 1), 1.0, 0.0), "silent"),
            (wav(spec(16_000, 16, 3), 1.0, 0.3), "3 channels"),
            (wav(spec(4_000, 16, 1), 1.0, 0.3), "4000 Hz"),
        ] {
            let error = spoken(bytes, MAX).unwrap_err();
            assert!(error.contains(told) && !error.contains('\n'), "{told}: {error}");
        }
        for cut in 0..60 {
            assert!(spoken(whole[..cut].to_vec(), MAX).is_err(), "cut at {cut}");
        }
    }
}
