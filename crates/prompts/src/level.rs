//! WAV files of 8 kHz, one channel, 16 bits, and how loud they are.

use std::io::Cursor;
use std::path::Path;

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

use crate::folder;

/// The format of every prompt.
pub const FORMAT: WavSpec =
    WavSpec { channels: 1, sample_rate: 8000, bits_per_sample: 16, sample_format: SampleFormat::Int };
/// RMS of speech below full scale: loud enough on a phone, with room for the peaks of any voice.
pub const SPEECH_DB: f64 = -23.0;
/// Music stays behind the announcements.
pub const MUSIC_DB: f64 = -26.0;
/// How far a level may be off.
pub const TOLERANCE_DB: f64 = 0.5;
/// No sample beyond: G.711 and analogue gateways clip soon after.
pub const PEAK_DB_MAX: f64 = -1.0;

/// Above this part of full scale peaks are bent, so that they end below `PEAK_DB_MAX`.
const KNEE: f64 = 0.6;
const CEILING: f64 = 0.87;
/// Bending peaks takes a little energy away; so many rounds win it back.
const ROUNDS: usize = 6;

/// The samples at the wanted RMS, their peaks bounded; none where there is only silence.
pub fn to_rms(samples: &[i16], wanted_db: f64) -> Option<Vec<i16>> {
    shaped_to_rms(samples.iter().map(|sample| f64::from(*sample) / 32768.0).collect(), wanted_db)
}

/// As `to_rms`, from samples of full scale 1.
pub(crate) fn shaped_to_rms(mut shaped: Vec<f64>, wanted_db: f64) -> Option<Vec<i16>> {
    for _ in 0..ROUNDS {
        let rms = (shaped.iter().map(|x| x * x).sum::<f64>() / shaped.len().max(1) as f64).sqrt();
        if rms < 1e-6 {
            return None;
        }
        let gain = 10_f64.powf(wanted_db / 20.0) / rms;
        for x in &mut shaped {
            *x = bend(*x * gain);
        }
    }
    // The bend keeps |x| below 1: the product fits.
    Some(shaped.iter().map(|x| (x * 32768.0).round() as i16).collect())
}

/// Straight up to the knee, then towards the ceiling.
fn bend(x: f64) -> f64 {
    let size = x.abs();
    if size <= KNEE {
        return x;
    }
    let room = CEILING - KNEE;
    (KNEE + room * ((size - KNEE) / room).tanh()).copysign(x)
}

/// Decibels of full scale; minus infinity for silence.
pub fn rms_db(samples: &[i16]) -> f64 {
    let energy: f64 = samples.iter().map(|sample| (f64::from(*sample) / 32768.0).powi(2)).sum();
    10.0 * (energy / samples.len().max(1) as f64).log10()
}

/// The loudest sample, as `rms_db`.
pub fn peak_db(samples: &[i16]) -> f64 {
    let peak = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
    20.0 * (f64::from(peak) / 32768.0).log10()
}

/// Reads a file of the format.
///
/// # Errors
/// The file is not there, or of another format, and of which.
pub fn read_wav(file: &Path) -> Result<Vec<i16>, String> {
    let mut reader = WavReader::open(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let spec = reader.spec();
    if spec != FORMAT {
        let WavSpec { channels, sample_rate, bits_per_sample, .. } = spec;
        let is = format!("{sample_rate} Hz, {channels} channel(s), {bits_per_sample} bits");
        return Err(format!("{} is {is}; prompts are 8000 Hz, 1 channel, 16 bits", file.display()));
    }
    let samples: Result<Vec<i16>, _> = reader.samples().collect();
    samples.map_err(|error| format!("cannot read {}: {error}", file.display()))
}

/// Writes a file of the format in one step.
///
/// # Errors
/// The file that cannot be written, and why.
pub fn write_wav(file: &Path, samples: &[i16]) -> Result<(), String> {
    folder::put(file, &wav(samples)?)
}

/// The bytes of a file of the format.
pub(crate) fn wav(samples: &[i16]) -> Result<Vec<u8>, String> {
    let cannot = |error: hound::Error| format!("cannot make a WAV: {error}");
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, FORMAT).map_err(cannot)?;
    for sample in samples {
        writer.write_sample(*sample).map_err(cannot)?;
    }
    writer.finalize().map_err(cannot)?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wanted_level_is_reached_and_peaks_stay_below() {
        let tone: Vec<i16> = (0..8000).map(|n| (f64::from(n) * 0.3).sin() * 1000.0).map(|x| x as i16).collect();
        let mut spiky = vec![20_i16; 8000];
        spiky.iter_mut().step_by(100).for_each(|x| *x = 30_000);
        for samples in [tone, spiky] {
            let out = to_rms(&samples, SPEECH_DB).unwrap();
            assert!((rms_db(&out) - SPEECH_DB).abs() < TOLERANCE_DB, "{}", rms_db(&out));
            assert!(peak_db(&out) < PEAK_DB_MAX, "{}", peak_db(&out));
        }
    }

    #[test]
    fn silence_has_no_level() {
        assert!(to_rms(&[0; 100], SPEECH_DB).is_none());
        assert!(to_rms(&[], SPEECH_DB).is_none());
    }

    #[test]
    fn another_format_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.wav");
        let mut writer = WavWriter::create(&file, WavSpec { sample_rate: 44100, ..FORMAT }).unwrap();
        writer.write_sample(1_i16).unwrap();
        writer.finalize().unwrap();
        assert!(read_wav(&file).unwrap_err().contains("44100 Hz"));
    }
}
