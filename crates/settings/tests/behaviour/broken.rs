//! Files that are no files of ours: an error that names the file and the place, never a panic.

use std::fs;
use std::path::{Path, PathBuf};

use settings::wav;

use crate::kit::{config, load};

/// A folder with the shipped configuration, its `file` replaced.
pub(crate) fn folder_with(case: &str, file: &str, bytes: &[u8]) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("broken").join(case);
    for inside in ["calendar", "menu"] {
        fs::create_dir_all(dir.join(inside)).expect("a writable folder");
    }
    for name in ["hotline.toml", "queues.toml", "calendar/hours.toml", "menu/12345.toml"] {
        fs::copy(config().join(name), dir.join(name)).expect("the shipped file");
    }
    fs::write(dir.join(file), bytes).expect("a writable folder");
    dir
}

#[test]
fn toml_that_is_none_is_told_with_file_and_line() {
    let deep = format!("[sip]\nrealm = \"x\"\na = {}", "[".repeat(100_000));
    let tables = format!("[{}]\n", "a.".repeat(50_000));
    let cases: [(&str, &str, &[u8], &str); 9] = [
        ("cut", "hotline.toml", b"[sip]\nrealm = \"123", "hotline.toml:2"),
        ("twice", "queues.toml", b"[back_off]\nbusy_s = 1\nbusy_s = 2\n", "queues.toml:3"),
        ("number", "hotline.toml", b"[limits]\ncalls = 99999999999999999999999\n", "hotline.toml:2"),
        ("negative", "hotline.toml", b"[limits]\ncalls = -1\n", "hotline.toml:2"),
        ("nul", "menu/12345.toml", b"[tree]\nstart = \"\0\"\n", "menu/12345.toml:2"),
        ("latin", "calendar/hours.toml", b"[[hours]]\nname = \"B\xfcro\"\n", "calendar/hours.toml"),
        ("deep", "hotline.toml", deep.as_bytes(), "hotline.toml:3"),
        ("dotted", "queues.toml", tables.as_bytes(), "queues.toml:1"),
        ("large", "queues.toml", &vec![b'#'; (4 << 20) + 1], "queues.toml"),
    ];
    for (case, file, bytes, place) in cases {
        let report = load(&folder_with(case, file, bytes)).expect_err(case).to_string();
        assert!(report.contains(place), "{case}: no {place} in {}", report.chars().take(2_000).collect::<String>());
        assert!(report.contains("help"), "{case}: nothing says what to do");
    }
}

/// A WAV of 40 samples with some fields of its choice.
fn file(format: u16, channels: u16, rate: u32, bits: u16, promised_bytes: u32) -> Vec<u8> {
    let mut bytes = b"RIFF\x74\0\0\0WAVEfmt \x10\0\0\0".to_vec();
    bytes.extend([format.to_le_bytes(), channels.to_le_bytes()].concat());
    let block = channels * bits / 8;
    bytes.extend([rate.to_le_bytes(), (rate * u32::from(block)).to_le_bytes()].concat());
    bytes.extend([block.to_le_bytes(), bits.to_le_bytes()].concat());
    bytes.extend(b"data");
    bytes.extend(promised_bytes.to_le_bytes());
    bytes.extend([1, 0].repeat(40));
    bytes
}

#[test]
fn wav_that_is_none_is_told_with_its_reason() {
    let good = file(1, 1, 8000, 16, 80);
    assert_eq!(wav::read(good.as_slice()).map(|samples| samples.len()), Ok(40));
    let cases: [(Vec<u8>, &str); 9] = [
        (Vec::new(), "no WAV file"),
        (b"RIFF\0\0\0\0AVI ".to_vec(), "no WAV file"),
        (good[..30].to_vec(), "no WAV file"),
        (good[..83].to_vec(), "cut off after 19 of 40 samples"),
        (file(1, 1, 8000, 16, 4_000), "cut off after 40 of 2000 samples"),
        (file(1, 1, 8000, 16, 0), "empty"),
        (file(1, 1, 8000, 16, 0xffff_fffe), "longer than 10 minutes"),
        (file(1, 2, 44_100, 16, 80), "44100 Hz, 2 channels, 16-bit PCM"),
        (file(3, 1, 8000, 32, 80), "32-bit floating point"),
    ];
    for (bytes, reason) in cases {
        let told = wav::read(bytes.as_slice()).expect_err(reason);
        assert!(told.contains(reason) && !told.contains('\n'), "{reason}: {told}");
    }
    for cut in 0..good.len() {
        assert!(wav::read(&good[..cut]).is_err(), "cut at {cut}");
    }
}
