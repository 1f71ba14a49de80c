//! Any WAV of a recorder to one channel, as it was recorded.

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;

use hound::{SampleFormat, WavReader, WavSpec};

/// Ten minutes, as the engine takes them: a longer sound is no prompt.
const SECONDS_MAX: u32 = 600;
/// Ten minutes of two channels at 48 kHz in 32 bits have 230 MB.
const FILE_BYTES_MAX: u64 = 256 << 20;
const RATES: std::ops::RangeInclusive<u32> = 8_000..=192_000;
/// `RIFF`, a length, `WAVE`.
const RIFF_HEAD: usize = 12;
/// No file that anybody sends is as long: such lengths, and 0, stand for one that was not known.
const OPEN_LENGTH: u32 = 0x7fff_0000;
/// Where the mean of two channels has so much less energy than one of them, they cancel each other.
const CANCELLED: f64 = 1.0 / 16.0;

/// Sound of one channel, full scale 1.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) rate: u32,
    pub(crate) samples: Vec<f64>,
}

impl Recording {
    /// # Errors
    /// A sentence that says what is wrong with the file and what to do.
    pub(crate) fn read(path: &Path) -> Result<Recording, String> {
        let file = File::open(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let of_file = |what: String| format!("{}: {what}", path.display());
        let bytes = file.metadata().map_err(|error| of_file(error.to_string()))?.len();
        if bytes > FILE_BYTES_MAX {
            return Err(of_file(format!("{} MiB are too much for a prompt; cut it", bytes >> 20)));
        }
        let reader = WavReader::new(BufReader::new(file)).map_err(|error| of_file(no_wav(&error)))?;
        Recording::of(reader, SECONDS_MAX).map_err(of_file)
    }

    /// What a service has spoken; of more than so many seconds the beginning.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub(crate) fn spoken(mut bytes: Vec<u8>, seconds: u32) -> Result<Recording, String> {
        close_header(&mut bytes);
        let reader = WavReader::new(Cursor::new(bytes)).map_err(|error| format!("no WAV: {}", one_line(&error)))?;
        Recording::of(reader, seconds)
    }

    /// Samples beyond so many seconds are not read.
    fn of(reader: WavReader<impl Read>, most: u32) -> Result<Recording, String> {
        let WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format } = reader.spec();
        if !(1..=2).contains(&channels) {
            return Err(format!("{channels} channels; record one, or two of the same voice"));
        }
        if !RATES.contains(&rate) {
            return Err(format!("{rate} Hz; record at {} to {} Hz, 48000 are usual", RATES.start(), RATES.end()));
        }
        let seconds = reader.duration() / rate;
        if seconds > SECONDS_MAX {
            return Err(format!("{seconds} s long, and {SECONDS_MAX} s are the most that a prompt may have; cut it"));
        }
        let most = (u64::from(rate) * u64::from(most) * u64::from(channels)).try_into().unwrap_or(usize::MAX);
        let cut = |error: hound::Error| format!("cut off or damaged: {}", one_line(&error));
        let interleaved: Result<Vec<f32>, _> = match sample_format {
            SampleFormat::Float => reader.into_samples::<f32>().take(most).collect(),
            SampleFormat::Int => {
                // Hound knows 8 to 32 bits.
                let full = (1_u64 << (u32::from(bits).clamp(1, 32) - 1)) as f32;
                let samples = reader.into_samples::<i32>().take(most);
                samples.map(|sample| sample.map(|sample| sample as f32 / full)).collect()
            }
        };
        let interleaved = interleaved.map_err(cut)?;
        if let Some(sample) = interleaved.iter().find(|sample| !sample.is_finite()) {
            return Err(format!("a sample is {sample}; export the file anew"));
        }
        Ok(Recording { rate, samples: mono(&interleaved, usize::from(channels)) })
    }
}

/// Whoever speaks while it sends knows no length beforehand: the data are then all that came.
fn close_header(bytes: &mut [u8]) {
    let word = |bytes: &[u8], at: usize| {
        let four = bytes.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
    };
    let (mut at, mut block) = (RIFF_HEAD, 1);
    // Each chunk is eight bytes long at least.
    while let (Some(id), Some(length)) = (bytes.get(at..at + 4).map(<[u8]>::to_vec), word(bytes, at + 4)) {
        let data = at + 8;
        if id == b"fmt " {
            block = bytes.get(data + 12).map_or(1, |low| u32::from(*low).max(1));
        }
        if id == b"data" {
            let came = u32::try_from(bytes.len() - data).unwrap_or(u32::MAX);
            if (length == 0 || length >= OPEN_LENGTH) && length != came {
                bytes[at + 4..data].copy_from_slice(&(came - came % block).to_le_bytes());
            }
            return;
        }
        // Chunks have even lengths.
        at = data.saturating_add(length as usize).saturating_add(length as usize % 2);
    }
}

/// The mean of the channels, or the louder one where they cancel each other.
fn mono(interleaved: &[f32], channels: usize) -> Vec<f64> {
    let channel = |at: usize| interleaved.iter().skip(at).step_by(channels).map(|sample| f64::from(*sample));
    if channels == 1 {
        return channel(0).collect();
    }
    let energy = |samples: &[f64]| samples.iter().map(|x| x * x).sum::<f64>();
    let mean: Vec<f64> = channel(0).zip(channel(1)).map(|(left, right)| f64::midpoint(left, right)).collect();
    let (left, right): (Vec<f64>, Vec<f64>) = (channel(0).collect(), channel(1).collect());
    let louder = if energy(&left) >= energy(&right) { left } else { right };
    if energy(&mean) < CANCELLED * energy(&louder) { louder } else { mean }
}

fn no_wav(error: &hound::Error) -> String {
    match error {
        hound::Error::Unsupported => "a WAV of a kind that is not read; export it as PCM of 16 or 24 bits".to_owned(),
        other => format!("no WAV file: {}; export the recording as WAV, PCM of 16 or 24 bits", one_line(other)),
    }
}

fn one_line(error: &hound::Error) -> String {
    error.to_string().replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with these samples of full scale 1 in every channel.
    fn file(spec: WavSpec, samples: &[f32]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut writer = hound::WavWriter::create(file.path(), spec).unwrap();
        for sample in samples {
            for _ in 0..spec.channels {
                match spec.sample_format {
                    SampleFormat::Float => writer.write_sample(*sample).unwrap(),
                    SampleFormat::Int => {
                        let full = (1_i64 << (spec.bits_per_sample - 1)) as f32;
                        writer.write_sample((sample * full) as i32).unwrap();
                    }
                }
            }
        }
        writer.finalize().unwrap();
        file
    }

    #[test]
    fn every_format_gives_the_same_sound() {
        let wanted = [0.0, 0.5, -0.5, 0.25, -0.25];
        let formats = [(8, SampleFormat::Int), (16, SampleFormat::Int), (24, SampleFormat::Int)];
        for (bits_per_sample, sample_format) in
            formats.into_iter().chain([(32, SampleFormat::Int), (32, SampleFormat::Float)])
        {
            for channels in [1, 2] {
                let spec = WavSpec { channels, sample_rate: 44_100, bits_per_sample, sample_format };
                let read = Recording::read(file(spec, &wanted).path()).unwrap();
                assert_eq!(read.rate, 44_100);
                let off = read.samples.iter().zip(wanted).map(|(a, b)| (a - f64::from(b)).abs()).fold(0.0, f64::max);
                assert!(off < 0.01 && read.samples.len() == 5, "{bits_per_sample} bits: {:?}", read.samples);
            }
        }
    }

    #[test]
    fn channels_that_cancel_each_other_are_not_added() {
        let opposite = [0.5, -0.5, -0.5, 0.5, 0.25, -0.25];
        assert_eq!(mono(&opposite, 2), [0.5, -0.5, 0.25]);
        assert_eq!(mono(&[0.5, 0.0, -0.5, 0.0], 2), [0.25, -0.25], "a voice in one channel alone");
    }

    #[test]
    fn what_is_no_recording_is_named() {
        let spec = |channels, sample_rate| WavSpec {
            channels,
            sample_rate,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        for (file, told) in [
            (file(spec(3, 48_000), &[0.0]), "3 channels"),
            (file(spec(1, 4_000), &[0.0]), "4000 Hz"),
            (file(spec(1, 8_000), &vec![0.0; 8_000 * 601]), "601 s long"),
            (
                file(
                    WavSpec { sample_format: SampleFormat::Float, bits_per_sample: 32, ..spec(1, 8_000) },
                    &[f32::NAN],
                ),
                "NaN",
            ),
        ] {
            let error = Recording::read(file.path()).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
        let text = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(text.path(), "ID3 no wave").unwrap();
        assert!(Recording::read(text.path()).unwrap_err().contains("no WAV file"));
        let whole = file(spec(1, 8_000), &[0.1; 100]);
        let bytes = std::fs::read(whole.path()).unwrap();
        std::fs::write(whole.path(), &bytes[..bytes.len() - 51]).unwrap();
        assert!(Recording::read(whole.path()).unwrap_err().contains("cut off"));
    }
}
