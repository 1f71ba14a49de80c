//! A voice talent's recording becomes a prompt.

use std::path::Path;

use crate::folder::{self, RECORDED};
use crate::level;
use crate::lock::{self, Entry, Lock};
use crate::manifest::is_name;
use crate::recording::Recording;
use crate::{resample, trim};

/// What came of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// As `en/welcome.wav`, below the folder of prompts.
    pub path: String,
    pub seconds: f64,
    pub rms_db: f64,
    pub peak_db: f64,
    /// Hertz, as it was recorded.
    pub rate: u32,
}

/// Puts the recording at `file` into a folder of prompts, as the prompt `name` in `locale`; `build` leaves it there from then on.
///
/// # Errors
/// A sentence that names the file and says what to do; nothing is written then.
pub fn import(folder: &Path, file: &Path, locale: &str, name: &str) -> Result<Imported, String> {
    if !is_name(name) {
        return Err(format!("'{name}' is no name of a prompt: use a-z, 0-9, - and _, and give it with --name"));
    }
    let (rate, samples) = speech(file)?;
    let path = format!("{locale}/{name}.wav");
    let bytes = level::wav(&samples)?;
    // The recording first: what is heard is never without it.
    folder::put(&folder.join(RECORDED).join(&path), &bytes)?;
    folder::put(&folder.join(&path), &bytes)?;
    note(folder, &path, &bytes)?;
    let seconds = samples.len() as f64 / f64::from(resample::RATE);
    Ok(Imported { path, seconds, rms_db: level::rms_db(&samples), peak_db: level::peak_db(&samples), rate })
}

/// A recording as a prompt is heard, and the rate it was recorded at.
pub(crate) fn speech(file: &Path) -> Result<(u32, Vec<i16>), String> {
    let of_file = |what: String| format!("{}: {what}", file.display());
    let recording = Recording::read(file)?;
    trim::refuse_clipped(&recording.samples).map_err(of_file)?;
    let narrow = resample::to_telephone(&recording.samples, recording.rate);
    let speech = trim::trim(&narrow).map_err(of_file)?;
    let samples = level::shaped_to_rms(speech, level::SPEECH_DB).ok_or_else(|| of_file("silent".to_owned()))?;
    Ok((recording.rate, samples))
}

/// Where a lock is kept it says that the sound is what the recording gave.
fn note(folder: &Path, path: &str, bytes: &[u8]) -> Result<(), String> {
    if !folder.join(lock::NAME).is_file() {
        return Ok(());
    }
    let mut lock = Lock::read(folder)?;
    let hash = lock::digest(bytes);
    lock.files.insert(path.to_owned(), Entry { input: lock::of_recording(&hash), sound: hash });
    lock.write(folder)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use hound::{SampleFormat, WavSpec, WavWriter};

    use super::*;

    /// Half a second of a voice-like tone at 48 kHz with silence around.
    fn recording(file: &Path, size: f64) {
        let spec = WavSpec { channels: 1, sample_rate: 48_000, bits_per_sample: 24, sample_format: SampleFormat::Int };
        let mut writer = WavWriter::create(file, spec).unwrap();
        for n in 0..72_000_i32 {
            let speaks = (24_000..48_000).contains(&n);
            let x = if speaks { size * (f64::from(n) * 0.1).sin() } else { 0.0 };
            writer.write_sample((x.clamp(-1.0, 1.0) * 8_388_607.0) as i32).unwrap();
        }
        writer.finalize().unwrap();
    }

    #[test]
    fn a_recording_becomes_a_prompt() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("take 3.wav");
        recording(&file, 0.05);
        let imported = import(folder.path(), &file, "en", "welcome").unwrap();
        assert_eq!((imported.path.as_str(), imported.rate), ("en/welcome.wav", 48_000));
        assert!((imported.seconds - 0.58).abs() < 0.03, "{imported:?}");
        assert!((imported.rms_db - level::SPEECH_DB).abs() < level::TOLERANCE_DB, "{imported:?}");
        assert!(imported.peak_db < level::PEAK_DB_MAX, "{imported:?}");
        let heard = level::read_wav(&folder.path().join("en/welcome.wav")).unwrap();
        assert_eq!(heard, level::read_wav(&folder.path().join("recorded/en/welcome.wav")).unwrap());
        assert!(!folder.path().join(lock::NAME).exists());
    }

    #[test]
    fn a_recording_that_is_refused_leaves_the_prompt_that_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("take.wav");
        recording(&file, 0.3);
        import(folder.path(), &file, "en", "welcome").unwrap();
        let before = fs::read(folder.path().join("en/welcome.wav")).unwrap();
        for (size, name, told) in [(9.0, "welcome", "clipped"), (0.0, "welcome", "silent"), (0.3, "Wel come", "--name")]
        {
            recording(&file, size);
            let error = import(folder.path(), &file, "en", name).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
        assert_eq!(before, fs::read(folder.path().join("en/welcome.wav")).unwrap());
        assert_eq!(fs::read_dir(folder.path().join("en")).unwrap().count(), 1);
    }
}
