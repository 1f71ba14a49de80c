//! A day for the simulator: the shipped one, and what an operator reads about one that is wrong.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base::{Digit, Rng};
use staff::{Burst, Spread};

use crate::kit::config;

fn told(text: &str) -> String {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("profiles");
    std::fs::create_dir_all(&dir).expect("a writable folder");
    let path = dir.join(format!("{:016x}.toml", text.bytes().fold(7u64, |sum, b| sum.wrapping_mul(31) + u64::from(b))));
    std::fs::write(&path, text).expect("a writable folder");
    let report = settings::load_profile(&path).expect_err("a profile that is wrong").to_string();
    report.replace(&path.display().to_string(), "day.toml")
}

#[test]
fn the_shipped_day_loads() {
    let path = config().join("profile/city.toml");
    let profile = settings::load_profile(&path).unwrap_or_else(|report| panic!("{report}"));
    let calls: f64 = profile.calls.iter().sum();
    assert!((19_000.0..21_000.0).contains(&calls), "{calls} calls");
    assert_eq!(profile.talk, Spread::LogNormal { median: Duration::from_secs(150), p90: Duration::from_secs(420) });
    let burst = Burst { at: Duration::from_secs(70_200), length: Duration::from_secs(2400), factor: 1.6 };
    assert_eq!(profile.bursts, [burst]);
    assert_eq!(profile.restarts, [Duration::from_secs(11_400)]);
    // What it presses leads somewhere in the shipped menu: English is two keys.
    let mut rng = Rng::from_number(1);
    let pressed: Vec<Vec<Digit>> =
        (0..1000).map(|_| profile.keys_of(&mut rng).iter().map(|p| p.digit).collect()).collect();
    for keys in [vec![], vec![Digit::Number(0)], vec![Digit::Number(9), Digit::Number(1)], vec![Digit::Number(1)]] {
        assert!(pressed.contains(&keys), "nobody presses {keys:?}");
    }
    // Wrong keys are such as lead nowhere.
    assert!(pressed.iter().any(|keys| keys.len() == 2 && matches!(keys[0], Digit::Number(5..=8))));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    insta::assert_snapshot!(told(
        "[calls]\nper_half_hour = [1, 2, 3]\nredail = 0.5\n\n\
         [[burst]]\nat = \"25:00\"\nminutes = 0\n\n\
         [[choice]]\nkeys = \"1x\"\nshare = -1\n\n\
         [keypad]\nthink = { median_s = 5 }\nwrong = 1.5\n\n\
         [patience]\nmean_s = \"long\"\n\n\
         [staff]\nanswer = { median_s = 6, p90_s = 3 }\ntalk = 150\n\n\
         [trouble]\nloss = nan\nrestarts = [\"3\"]\n"
    ));
}

#[test]
fn nothing_at_all_names_what_is_needed() {
    insta::assert_snapshot!(told(""));
}

#[test]
fn every_day_beside_a_configuration_is_checked() {
    assert_eq!(settings::check_profiles(&config()).expect("the shipped day"), 1);
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("beside");
    assert_eq!(settings::check_profiles(&dir).expect("no folder, no days"), 0);
    std::fs::create_dir_all(dir.join("profile")).expect("a writable folder");
    for name in ["monday", "tuesday"] {
        std::fs::write(dir.join("profile").join(name).with_extension("toml"), "[calls]\n").expect("a writable folder");
    }
    let reports = settings::check_profiles(&dir).expect_err("two that are wrong");
    assert_eq!(reports.len(), 2);
    assert!(reports[0].to_string().contains("monday.toml"), "{}", reports[0]);
    std::fs::remove_dir_all(dir).expect("a writable folder");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let report = settings::load_profile(&PathBuf::from("no/such/day.toml")).expect_err("no file").to_string();
    assert!(report.contains("no/such/day.toml") && report.contains("--profile FILE"), "{report}");
}
