//! A prompt's bytes: WAV, 8 kHz, mono, 16-bit PCM.

use std::io::Read;
use std::time::Duration;

use hound::{SampleFormat, WavReader, WavSpec};

/// Ten minutes: a longer sound is no prompt, and all of them lie in memory.
const SAMPLES_MAX: u32 = 10 * 60 * 8000;

/// The samples.
///
/// # Errors
/// A sentence that says what is wrong and where: no WAV, another form, empty, too long, or cut off.
pub fn read(bytes: impl Read) -> Result<Vec<i16>, String> {
    let reader = WavReader::new(bytes).map_err(|error| format!("no WAV file: {}", one_line(&error)))?;
    let WavSpec { channels, sample_rate, bits_per_sample, sample_format } = reader.spec();
    let is_pcm = sample_format == SampleFormat::Int;
    if (channels, sample_rate, bits_per_sample, is_pcm) != (1, 8000, 16, true) {
        let kind = if is_pcm { "PCM" } else { "floating point" };
        return Err(format!("{sample_rate} Hz, {channels} channels, {bits_per_sample}-bit {kind} is not playable"));
    }
    let promised = match reader.duration() {
        0 => return Err("the sound is empty".to_owned()),
        n if n > SAMPLES_MAX => return Err(format!("the sound is longer than {} minutes", SAMPLES_MAX / 8000 / 60)),
        n => n,
    };
    // Grows with what is there: the header may promise anything.
    let mut samples = Vec::new();
    for sample in reader.into_samples() {
        let cut = |error| format!("cut off after {} of {promised} samples: {}", samples.len(), one_line(&error));
        let sample = sample.map_err(cut)?;
        samples.push(sample);
    }
    Ok(samples)
}

/// How long a playable sound is, by its head; none for what is no such sound.
pub fn length(bytes: impl Read) -> Option<Duration> {
    let reader = WavReader::new(bytes).ok()?;
    let rate = reader.spec().sample_rate;
    (rate > 0).then(|| Duration::from_millis(u64::from(reader.duration()) * 1000 / u64::from(rate)))
}

fn one_line(error: &hound::Error) -> String {
    error.to_string().replace('\n', " ")
}
