//! Prompts to be heard: each is a WAV file that a command plays.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// What stands for the file in a command.
const FILE: &str = "{file}";
/// 8 kHz, mono, 16 bits.
const RATE: u32 = 8000;

pub(super) struct Player {
    words: Vec<String>,
    file: PathBuf,
    playing: Option<Child>,
    /// Whether a key stops what plays; where lines come from a file they do not.
    can_stop: bool,
    /// It could not be started, and was told of.
    is_broken: bool,
}

impl Player {
    /// The command's words stand apart by spaces; the file goes to its end where it has no `{file}`.
    pub(super) fn new(command: &str, can_stop: bool) -> Player {
        let mut words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        if !words.iter().any(|word| word.contains(FILE)) {
            words.push(FILE.to_owned());
        }
        let file = std::env::temp_dir().join(format!("hotline-rehearse-{}.wav", std::process::id()));
        Player { words, file, playing: None, can_stop, is_broken: false }
    }

    /// Begins to play, when what played before is over.
    pub(super) fn play(&mut self, samples: &[i16]) {
        self.finish();
        if self.is_broken || samples.is_empty() {
            return;
        }
        let path = self.file.display().to_string();
        let mut words = self.words.iter().map(|word| word.replace(FILE, &path));
        let program = words.next().unwrap_or_default();
        let mut command = Command::new(&program);
        command.args(words).stdin(Stdio::null()).stdout(Stdio::null());
        match std::fs::write(&self.file, wav(samples)).and_then(|()| command.spawn()) {
            Ok(child) => self.playing = Some(child),
            Err(error) => {
                self.is_broken = true;
                eprintln!(
                    "hotline rehearse: cannot play by `{program}`: {error}; name a command with --player 'aplay {FILE}'"
                );
            }
        }
    }

    /// The caller does something: what plays is cut short on a terminal.
    pub(super) fn stop(&mut self) {
        if let (true, Some(child)) = (self.can_stop, &mut self.playing) {
            // It may be over already.
            let _ = child.kill();
        }
        self.finish();
    }

    fn finish(&mut self) {
        if let Some(mut child) = self.playing.take() {
            let _ = child.wait();
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.finish();
        // There is none where nothing was played.
        let _ = std::fs::remove_file(&self.file);
    }
}

/// A whole WAV file (RIFF, PCM).
fn wav(samples: &[i16]) -> Vec<u8> {
    let size = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX - 36);
    let mut bytes = Vec::with_capacity(44 + samples.len() * 2);
    bytes.extend(b"RIFF");
    bytes.extend((36 + size).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend(RATE.to_le_bytes());
    bytes.extend((RATE * 2).to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend(size.to_le_bytes());
    samples.iter().for_each(|sample| bytes.extend(sample.to_le_bytes()));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_a_wav_that_reads_back() {
        let samples: Vec<i16> = (0..800).map(|n| n * 40).collect();
        assert_eq!(settings::wav::read(wav(&samples).as_slice()), Ok(samples));
    }
}
