//! Sound files: 8 kHz, mono, 16 bit.

use std::fmt;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

const SPEC: WavSpec = WavSpec { channels: 1, sample_rate: 8000, bits_per_sample: 16, sample_format: SampleFormat::Int };
/// Ten minutes to say; more is a mistaken file.
const SAMPLES_MAX: usize = 8000 * 600;

/// What is wrong with a sound file.
#[derive(Debug)]
pub struct WavError {
    path: PathBuf,
    reason: String,
}

impl fmt::Display for WavError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.reason)
    }
}

impl std::error::Error for WavError {}

/// A recording that grows.
pub struct Recorder {
    writer: WavWriter<BufWriter<File>>,
    path: PathBuf,
}

impl Recorder {
    /// # Errors
    /// When the file cannot be made.
    pub fn create(path: &Path) -> Result<Recorder, WavError> {
        let writer = WavWriter::create(path, SPEC).map_err(|e| error(path, &e))?;
        Ok(Recorder { writer, path: path.to_owned() })
    }

    /// # Errors
    /// When the disk takes no more.
    pub fn write(&mut self, samples: &[i16]) -> Result<(), WavError> {
        samples.iter().try_for_each(|s| self.writer.write_sample(*s)).map_err(|e| error(&self.path, &e))
    }

    /// Completes the header so far, so that the file can be played also when the process is killed.
    ///
    /// # Errors
    /// When the disk takes no more.
    pub fn flush(&mut self) -> Result<(), WavError> {
        self.writer.flush().map_err(|e| error(&self.path, &e))
    }

    /// Completes the header; gives the seconds recorded.
    ///
    /// # Errors
    /// When the disk takes no more.
    pub fn finish(self) -> Result<f64, WavError> {
        let seconds = f64::from(self.writer.duration()) / f64::from(SPEC.sample_rate);
        self.writer.finalize().map_err(|e| error(&self.path, &e))?;
        Ok(seconds)
    }
}

/// The samples of a file, to be said by a phone.
///
/// # Errors
/// When it cannot be read, is of another form than ours, empty or longer than ten minutes.
pub fn read(path: &Path) -> Result<Vec<i16>, WavError> {
    let no = |reason: String| WavError { path: path.to_owned(), reason };
    let mut reader = WavReader::open(path).map_err(|e| error(path, &e))?;
    if reader.spec() != SPEC {
        let WavSpec { channels, sample_rate, bits_per_sample, .. } = reader.spec();
        return Err(no(format!(
            "it is {sample_rate} Hz, {bits_per_sample} bit, {channels} channel(s); convert it to 8000 Hz, 16 bit, mono: \
             sox IN.wav -r 8000 -b 16 -c 1 OUT.wav"
        )));
    }
    let samples: Vec<i16> =
        reader.samples().take(SAMPLES_MAX + 1).collect::<Result<_, _>>().map_err(|e| error(path, &e))?;
    match samples.len() {
        0 => Err(no("it holds no sound".into())),
        len if len > SAMPLES_MAX => Err(no("it is longer than ten minutes; give a shorter one".into())),
        _ => Ok(samples),
    }
}

fn error(path: &Path, cause: &hound::Error) -> WavError {
    WavError { path: path.to_owned(), reason: cause.to_string() }
}
