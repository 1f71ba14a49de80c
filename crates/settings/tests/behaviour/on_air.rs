//! What operators put on air.

use crate::broken::folder_with;
use crate::kit::{config, load};

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
