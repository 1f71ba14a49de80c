//! `hotline prompts`, as whoever looks after the prompts types it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::kit::engine::{hotline, replace, root};

/// A copy of the shipped configuration and prompts.
fn desk() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let mut copy = Command::new("cp");
    copy.arg("-r").args([root().join("config"), root().join("prompts")]).arg(dir.path());
    assert!(copy.status().expect("cp runs").success());
    dir
}

fn prompts(dir: &Path, args: &[&str]) -> Output {
    Command::new(hotline()).arg("prompts").args(args).current_dir(dir).output().expect("the binary runs")
}

fn told(out: &Output) -> String {
    String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr)
}

/// A second of a tone at 48 kHz, two channels of 24 bits, between silences.
fn take(file: &Path, size: f64) {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 48_000,
        bits_per_sample: 24,
        sample_format: hound::SampleFormat::Int,
    };
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    let mut writer = hound::WavWriter::create(file, spec).expect("a file");
    for n in 0..144_000_i32 {
        let x = if (48_000..96_000).contains(&n) { size * (f64::from(n) * 0.13).sin() } else { 0.0 };
        for _ in 0..2 {
            writer.write_sample((x * 8_388_607.0) as i32).expect("written");
        }
    }
    writer.finalize().expect("written");
}

fn listed(dir: &Path) -> Vec<Value> {
    let out = prompts(dir, &["list", "--json"]);
    assert_eq!(out.status.code(), Some(0), "{}", told(&out));
    String::from_utf8_lossy(&out.stdout).lines().map(|l| serde_json::from_str(l).expect("an object a line")).collect()
}

fn one(dir: &Path, name: &str) -> Value {
    listed(dir).into_iter().find(|prompt| prompt["prompt"] == name).unwrap_or_else(|| panic!("{name} is listed"))
}

#[test]
fn a_recording_of_a_studio_becomes_a_prompt_that_the_engine_takes() {
    let desk = desk();
    let dir = desk.path();
    let before = one(dir, "welcome");
    assert_eq!(
        (&before["languages"]["en"]["made"], &before["named_by"][0]),
        (&"synthetic".into(), &"menu 12345: welcome".into())
    );
    assert!(before["languages"]["zh-CN"]["text"].as_str().is_some_and(|text| text.contains("一二三四五")));
    take(&dir.join("takes/en/welcome.wav"), 0.05);
    take(&dir.join("takes/zh-CN/news.wav"), 0.5);
    let out = prompts(dir, &["import", "takes"]);
    let text = told(&out);
    assert_eq!(out.status.code(), Some(0), "{text}");
    assert!(text.contains("2 imported, 0 refused") && text.contains("no text for it"), "{text}");
    let after = &one(dir, "welcome")["languages"]["en"];
    assert_eq!(after["made"], "recorded");
    assert!((after["rms_db"].as_f64().expect("a level") + 23.0).abs() < 0.6, "{after}");
    assert!(after["length_ms"].as_u64().is_some_and(|length| (1_000..1_200).contains(&length)), "{after}");
    let check = Command::new(hotline()).arg("check").current_dir(dir).output().expect("the binary runs");
    assert_eq!(check.status.code(), Some(0), "{}", told(&check));
    // What was recorded stays when the rest is spoken anew.
    let out = prompts(dir, &["build"]);
    assert!(out.status.success() && told(&out).contains("0 built, 0 removed"), "{}", told(&out));
    assert_eq!(one(dir, "news")["languages"]["zh-CN"]["made"], "recorded");
}

#[test]
fn a_bad_recording_changes_nothing_and_is_named() {
    let desk = desk();
    let dir = desk.path();
    let before = fs::read(dir.join("prompts/en/welcome.wav")).expect("a prompt");
    take(&dir.join("en/welcome.wav"), 0.0);
    fs::write(dir.join("en/goodbye.wav"), "RIFF of nothing").expect("written");
    take(&dir.join("en/thanks.wav"), 0.3);
    let out = prompts(dir, &["import", "en", "--locale", "en"]);
    let text = told(&out);
    assert_eq!(out.status.code(), Some(2), "{text}");
    for told in ["welcome.wav: silent", "goodbye.wav: no WAV file", "en/thanks.wav: 1.1 s", "1 imported, 2 refused"] {
        assert!(text.contains(told), "no {told} in {text}");
    }
    assert_eq!(before, fs::read(dir.join("prompts/en/welcome.wav")).expect("a prompt"));
    assert!(!dir.join("prompts/recorded/en/welcome.wav").exists());
    let out = prompts(dir, &["import", "en/thanks.wav", "--locale", "fr"]);
    assert!(out.status.code() == Some(2) && told(&out).contains("no language `fr`"), "{}", told(&out));
}

#[test]
fn what_is_missing_is_told_by_language_and_built() {
    let desk = desk();
    let dir = desk.path();
    let out = prompts(dir, &["missing"]);
    assert_eq!(out.status.code(), Some(0), "{}", told(&out));
    fs::remove_file(dir.join("prompts/zh-CN/main-menu.wav")).expect("there");
    fs::remove_file(dir.join("prompts/en/thanks.wav")).expect("there");
    replace(&dir.join("config/menu/12345.toml"), "prompt = \"welcome\"", "prompt = \"hello@en\"");
    let out = prompts(dir, &["missing"]);
    let text = told(&out);
    assert_eq!(out.status.code(), Some(2), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].starts_with("en/hello.wav is missing: named by menu 12345: welcome; write its text"), "{text}");
    assert!(lines[1].starts_with("en/thanks.wav is missing: named by its text in manifest.toml; build it"), "{text}");
    assert!(lines[2].contains("menu 12345: main, menu 12345: main-english"), "{text}");
    let row = one(dir, "main-menu");
    assert!(row["languages"]["zh-CN"]["file"].is_null() && row["languages"]["en"]["file"].is_string(), "{row}");
    let out = prompts(dir, &["build"]);
    assert!(out.status.success() && told(&out).contains("2 built"), "{}", told(&out));
    assert_eq!(
        fs::read(dir.join("prompts/zh-CN/main-menu.wav")).expect("built"),
        fs::read(root().join("prompts/zh-CN/main-menu.wav")).expect("shipped")
    );
}

#[test]
fn the_table_and_the_script_are_for_people() {
    let desk = desk();
    let dir = desk.path();
    let text = told(&prompts(dir, &["list"]));
    let welcome = text.lines().find(|line| line.starts_with("welcome ")).expect("a row");
    assert!(welcome.contains("synthetic") && welcome.contains("menu 12345: welcome"), "{welcome}");
    assert!(
        text.lines().last().is_some_and(|l| l.contains("named by nobody: ") && l.contains("enter-order")),
        "{text}"
    );
    let out = prompts(dir, &["script", "--out", "script.md"]);
    assert!(out.status.success() && out.stdout.is_empty(), "{}", told(&out));
    let script = fs::read_to_string(dir.join("script.md")).expect("the script");
    assert!(script.contains("| 1 | recording-notice.wav |") && script.contains("hotline prompts import"), "{script}");
    let out =
        Command::new(hotline()).args(["prompts", "build"]).current_dir(dir).env("PATH", "").output().expect("runs");
    assert!(out.status.code() == Some(2) && told(&out).contains("apt-get install sox espeak-ng"), "{}", told(&out));
}
