//! What operators put on air.

use std::path::Path;

use settings::{Folders, Plans, Reloaded};

use crate::broken::folder_with;
use crate::kit::{config, env, load, root};

#[test]
fn what_is_on_air_is_read_and_its_faults_are_told() {
    let dir = |case: &str, text: &str| folder_with(case, "on-air.toml", text.as_bytes());
    let plans =
        load(&dir("on-air", "[on_air]\nnews = [\"welcome\", \"please-wait\"]\nsea = \"welcome\"\n")).expect("right");
    let news = plans.call.on_air.get("news").expect("something on air");
    assert_eq!((news.as_slice(), plans.call.on_air.len()), (&["welcome".to_owned(), "please-wait".to_owned()][..], 2));
    assert!(load(&config()).expect("shipped").call.on_air.is_empty());
    for (case, text, told) in [
        ("on-air-unknown", "[on_air]\nnews = \"welcom\"\n", "on-air.toml:2:8"),
        ("on-air-long", "[on_air]\nnews = [\"main-menu\", \"welcome\"]\n", " s on air, and 15 s are allowed"),
        ("on-air-key", "[onair]\nnews = \"welcome\"\n", "unknown key `onair`"),
    ] {
        let report = load(&dir(case, text)).map(drop).expect_err(case).to_string();
        assert!(report.contains(told) && report.contains("help"), "{report}");
    }
}

fn put(dir: &Path, file: &Path, running: &Plans, slot: &str) -> Result<Reloaded, String> {
    let folders = Folders { on_air: Some(file), ..dir.into() };
    settings::reload_on_air(folders, env(dir), running, slot).map_err(|report| report.to_string())
}

fn by_hand(dir: &Path, slots: &[(&str, &[&str])]) -> std::path::PathBuf {
    let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let on_air = slots.iter().map(|(slot, names)| ((*slot).to_owned(), list(names))).collect();
    let file = dir.join("by-hand.toml");
    std::fs::write(&file, settings::on_air_text(&on_air)).expect("written");
    assert_eq!(settings::on_air_by_hand(&file).expect("ours"), on_air);
    file
}

#[test]
fn by_hand_goes_over_the_file_whatever_else_is_half_edited() {
    let dir = folder_with("on-air-hand", "on-air.toml", b"[on_air]\nnews = \"welcome\"\nsea = \"welcome\"\n");
    let running = load(&dir).expect("right");
    std::fs::write(dir.join("queues.toml"), "[[group").expect("written");
    let file = by_hand(&dir, &[("news", &["please-wait", "welcome"]), ("quote \" and \u{1b}", &[])]);
    let Reloaded { plans, changes } = put(&dir, &file, &running, "news").expect("right");
    let heard = |plans: &Plans, slot: &str| plans.call.on_air.get(slot).cloned().unwrap_or_default();
    assert_eq!(heard(&plans, "news"), ["please-wait", "welcome"]);
    assert_eq!((heard(&plans, "sea"), changes.others), (vec!["welcome".to_owned()], vec!["on-air.toml".to_owned()]));
    assert_eq!(plans.call.menus.len(), running.call.menus.len());
    let file = by_hand(&dir, &[("news", &[])]);
    let plans = put(&dir, &file, &plans, "news").expect("right").plans;
    assert!(plans.call.on_air["news"].is_empty(), "silence by hand goes over the file too");
    let file = by_hand(&dir, &[]);
    let Reloaded { plans, changes } = put(&dir, &file, &running, "news").expect("right");
    assert_eq!((heard(&plans, "news"), changes.is_empty()), (vec!["welcome".to_owned()], true));
}

#[test]
fn what_is_asked_for_has_to_be_right_and_what_was_asked_once_stops_no_start() {
    let dir = folder_with("on-air-asked", "on-air.toml", b"[on_air]\n");
    let running = load(&dir).expect("right");
    let file = by_hand(&dir, &[("news", &["gone"]), ("sea", &["welcome"])]);
    let told = put(&dir, &file, &running, "news").expect_err("no such prompt");
    assert!(told.contains("no prompt is named `gone`") && told.contains("by-hand.toml:3"), "{told}");
    for plans in [
        put(&dir, &file, &running, "sea").expect("the other one").plans,
        settings::load(Folders { on_air: Some(&file), ..(&dir).into() }, env(&dir)).expect("it starts"),
    ] {
        assert!(!plans.call.on_air.contains_key("news") && plans.call.on_air.contains_key("sea"));
        assert!(
            plans.warnings.iter().any(|w| w.to_string().contains("no prompt is named `gone`")),
            "{:?}",
            plans.warnings
        );
    }
    let file = by_hand(&dir, &[("news", &["main-menu", "welcome"])]);
    assert!(put(&dir, &file, &running, "news").expect_err("long").contains("15 s are allowed"));
}

/// A copy of the shipped prompts below `dir`.
fn prompts(dir: &Path) {
    // Of a run before.
    ["prompts", "released"].into_iter().for_each(|folder| drop(std::fs::remove_dir_all(dir.join(folder))));
    for folder in ["zh-CN", "en", "music"] {
        let (from, to) = (root().join("prompts").join(folder), dir.join("prompts").join(folder));
        std::fs::create_dir_all(&to).expect("a writable folder");
        for file in std::fs::read_dir(from).expect("shipped").flatten() {
            std::fs::copy(file.path(), to.join(file.file_name())).expect("a file");
        }
    }
}

#[test]
fn a_recording_that_was_not_released_goes_on_air_all_the_same() {
    let dir = folder_with("on-air-lent", "on-air.toml", b"[on_air]\n");
    prompts(&dir);
    let released = dir.join("released");
    for file in settings::release_files(&dir, env(&dir)).expect("right") {
        let to = released.join(&file.name);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("a writable folder");
        std::fs::copy(&file.path, to).expect("a file");
    }
    let file = by_hand(&dir, &[("news", &["storm"])]);
    let folders = Folders { released: Some(&released), on_air: Some(&file), ..(&dir).into() };
    let running = settings::load(folders, env(&dir)).expect("it starts");
    assert!(!running.call.on_air.contains_key("news"), "there is no such recording yet");
    let record = |from: &str| {
        let from = root().join("prompts/zh-CN").join(from);
        std::fs::copy(from, dir.join("prompts/zh-CN/storm.wav")).expect("a file");
    };
    let put = |running: &Plans| settings::reload_on_air(folders, env(&dir), running, "news").expect("on air");
    let length = |plans: &Plans| {
        let sound = plans.call.prompts.sound(ivr::LocaleId(1), "storm").expect("in the first language at least");
        plans.sounds[sound.0 as usize].length()
    };
    record("welcome.wav");
    let first = put(&running);
    assert_eq!(
        (first.plans.call.on_air["news"].as_slice(), first.changes.prompts.added.as_slice()),
        (&["storm".to_owned()][..], &["zh-CN/storm.wav".to_owned()][..])
    );
    record("please-wait.wav");
    let again = put(&first.plans);
    assert_ne!(length(&first.plans), length(&again.plans), "it was recorded anew");
    assert_eq!(again.changes.prompts.changed, ["zh-CN/storm.wav"]);
    // A start, a reload and a publication know it too; nothing else of the folder holds that was not released.
    record("welcome.wav");
    std::fs::copy(root().join("prompts/zh-CN/welcome.wav"), dir.join("prompts/zh-CN/please-wait.wav")).expect("a file");
    let started = settings::load(folders, env(&dir)).expect("it starts");
    assert_eq!(length(&started), length(&first.plans));
    let Reloaded { changes, .. } = settings::reload(folders, env(&dir), &again.plans).expect("right");
    assert_eq!((changes.prompts.changed.as_slice(), changes.others.len()), (&["zh-CN/storm.wav".to_owned()][..], 0));
}

#[test]
fn what_is_much_louder_than_the_rest_is_told() {
    let dir = folder_with("on-air-loud", "on-air.toml", b"[on_air]\nnews = [\"welcome\", \"storm\"]\n");
    prompts(&dir);
    let file = dir.join("prompts/zh-CN/storm.wav");
    let spec =
        hound::WavSpec { channels: 1, sample_rate: 8000, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut wav = hound::WavWriter::create(&file, spec).expect("a writable folder");
    for at in 0..8000_i16 {
        wav.write_sample(if at / 8 % 2 == 0 { 20_000 } else { -20_000 }).expect("a writable folder");
    }
    wav.finalize().expect("a writable folder");
    let plans = settings::load(&dir, env(&dir)).expect("it starts");
    let told: Vec<String> =
        plans.warnings.iter().map(ToString::to_string).filter(|w| w.contains("on-air.toml")).collect();
    assert!(
        matches!(&told[..], [one] if one.contains("on-air.toml:2:20") && one.contains("`storm` is too loud in `zh-CN`")),
        "{told:?}"
    );
}
