//! Tones in recordings: how many seconds of a frequency a party heard.

use std::path::Path;

/// 100 ms at 8 kHz.
const FRAME: usize = 800;
/// Frames quieter than this are silence, on the 16-bit scale.
const RMS_MIN: f64 = 100.0;
/// A frame counts for a pair when this share of its energy is in the two frequencies.
const SHARE_MIN: f64 = 0.7;

/// A second: speech may pass for a pair for a frame or two, and what tests look for lasts for seconds.
const TURN_FRAMES: usize = 10;

/// Two frequencies that no other party of the test sends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pair(pub(crate) f64, pub(crate) f64);

/// Seconds of the pair in a WAV of 8 kHz mono.
pub(crate) fn seconds_of(pair: Pair, wav: &Path) -> f64 {
    seconds_in(pair, &samples(wav))
}

/// The same in samples of 16 bit.
pub(crate) fn seconds_in(pair: Pair, samples: &[f64]) -> f64 {
    let frames = samples.chunks_exact(FRAME).filter(|f| has_pair(pair, f)).count();
    frames as f64 / 10.0
}

/// Which of these pairs are in a WAV one after the other, each for a second at least; pauses and other sounds apart.
pub(crate) fn turns(pairs: &[Pair], wav: &Path) -> Vec<Pair> {
    let samples = samples(wav);
    let heard = samples.chunks_exact(FRAME).filter_map(|f| pairs.iter().find(|pair| has_pair(**pair, f)));
    let heard: Vec<Pair> = heard.copied().collect();
    let long = heard.chunk_by(PartialEq::eq).filter(|run| run.len() >= TURN_FRAMES);
    let mut turns: Vec<Pair> = long.map(|run| run[0]).collect();
    turns.dedup();
    turns
}

fn samples(wav: &Path) -> Vec<f64> {
    let mut reader = hound::WavReader::open(wav).unwrap_or_else(|e| panic!("{}: {e}", wav.display()));
    assert_eq!(reader.spec().sample_rate, 8000, "{}", wav.display());
    // linphonec counts more in its header than it wrote.
    reader.samples::<i16>().map_while(Result::ok).map(f64::from).collect()
}

fn has_pair(pair: Pair, frame: &[f64]) -> bool {
    let energy: f64 = frame.iter().map(|s| s * s).sum();
    if (energy / frame.len() as f64).sqrt() < RMS_MIN {
        return false;
    }
    let n = frame.len() as f64;
    let share = |f: f64| 2.0 * power(f, frame) / (n * energy);
    let (low, high) = (share(pair.0), share(pair.1));
    low + high > SHARE_MIN && low > 0.1 && high > 0.1
}

/// Goertzel: the squared magnitude at one frequency.
fn power(frequency: f64, frame: &[f64]) -> f64 {
    let w = 2.0 * (std::f64::consts::TAU * frequency / 8000.0).cos();
    let (mut s1, mut s2) = (0.0, 0.0);
    for sample in frame {
        (s1, s2) = (sample + w * s1 - s2, s1);
    }
    s1 * s1 + s2 * s2 - w * s1 * s2
}

/// Has the engine of a configuration say so many seconds of these in place of prompts in Chinese, so that they are told apart.
pub(crate) fn say(config: &Path, seconds: u32, instead: &[(&str, Pair)]) {
    let (shipped, own) = (super::engine::root().join("prompts"), config.with_file_name("prompts"));
    std::fs::create_dir_all(own.join("zh-CN")).expect("a folder for prompts");
    let link = |from: &Path, to: &Path| std::os::unix::fs::symlink(from, to).expect("a link to the shipped prompts");
    ["en", "music"].iter().for_each(|folder| link(&shipped.join(folder), &own.join(folder)));
    for prompt in std::fs::read_dir(shipped.join("zh-CN")).expect("the shipped prompts").flatten() {
        let to = own.join("zh-CN").join(prompt.file_name());
        let stem = prompt.path().file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        match instead.iter().find(|(name, _)| *name == stem) {
            Some((_, pair)) => write(*pair, seconds, &to),
            None => link(&prompt.path(), &to),
        }
    }
}

/// Writes `seconds` of the pair, 16 bit, 8 kHz, mono.
pub(crate) fn write(pair: Pair, seconds: u32, wav: &Path) {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: 8000, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(wav, spec).expect("the test's folder takes files");
    for i in 0..seconds * 8000 {
        let t = f64::from(i) / 8000.0 * std::f64::consts::TAU;
        let sample = 6000.0 * ((t * pair.0).sin() + (t * pair.1).sin());
        writer.write_sample(sample as i16).expect("a written sample");
    }
    writer.finalize().expect("a finished file");
}

/// The same as bare A-law, for SIPp.
pub(crate) fn write_alaw(pair: Pair, seconds: u32, file: &Path) {
    std::fs::write(file, alaw(pair, seconds)).expect("the test's folder takes files");
}

pub(crate) fn alaw(pair: Pair, seconds: u32) -> Vec<u8> {
    let decoded: Vec<i32> = (0..=255).map(|code| i32::from(rtp::g711::decode(base::Codec::Pcma, code))).collect();
    let nearest = |sample: i32| (0..=255).min_by_key(|code| (decoded[usize::from(*code)] - sample).abs());
    let codes = (0..seconds * 8000).map(|i| {
        let t = f64::from(i) / 8000.0 * std::f64::consts::TAU;
        nearest((6000.0 * ((t * pair.0).sin() + (t * pair.1).sin())) as i32).expect("256 codes")
    });
    codes.collect()
}

/// How much of a spoken prompt is in what was heard, from 0 to 1: 1 for the same sound, however late.
pub(crate) fn likeness(heard: &Path, said: &Path) -> f64 {
    let (heard, said) = (samples(heard), samples(said));
    // The middle: beginnings may be cut and ends may be missing.
    let said = &said[said.len() / 5..said.len() * 4 / 5];
    let norm = |s: &[f64]| s.iter().map(|x| x * x).sum::<f64>().sqrt();
    let product = |at: &[f64]| at.iter().zip(said).map(|(a, b)| a * b).sum::<f64>();
    let likeness = heard.windows(said.len()).map(|at| product(at) / (norm(at) * norm(said)).max(1.0));
    likeness.fold(0.0, f64::max)
}
