//! Callers who say it instead of pressing it.

use std::time::Duration;

use base::{Digit, Now};
use ivr::{Around, Event, Kind, Menu, Step, Tree, Walk};

use crate::kit::{ANSWER, compiled, drive, faults, prompts, small};

/// The small menu, which begins at `main` and listens there.
fn listening() -> Tree {
    let mut tree = small();
    tree.start = "main".to_owned();
    say(&mut tree, &[(1, &["person", "help me"]), (2, &["deep", "我要"]), (0, &["operator"])]);
    tree
}

fn say(tree: &mut Tree, said: &[(u8, &[&str])]) {
    let Kind::Menu { words, .. } = &mut tree.nodes[2].kind else { panic!("a choice") };
    let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    *words = said.iter().map(|(key, words)| (Digit::Number(*key), own(words))).collect();
}

fn told(script: &str, text: &str) -> String {
    let prompts = prompts();
    let around = Around { prompts: &prompts, understands: Some(ANSWER), ..Around::default() };
    let all = drive(&compiled(&listening()), &around, script, &[text]);
    all.strip_prefix("@main, 40+31 | listen, wait 5").unwrap_or_else(|| panic!("{script}: {all}")).to_owned()
}

#[test]
fn a_word_acts_as_its_key() {
    let said = " | wait 11 | recognize, wait 3 | stop, listen no more";
    let cases = [
        ("I want a PERSON, please", ", @staff, queue 0 at 5 saying 60"),
        ("我要，我要！", ", @deep, 60"),
        ("Operator", ", @staff, queue 0 at 5 saying 60"),
        // The longer one of two.
        ("deep, help me", ", @staff, queue 0 at 5 saying 60"),
    ];
    for (text, expected) in cases {
        assert_eq!(told(".<>+", text), format!("{said}{expected}"), "{text}");
    }
}

#[test]
fn what_is_not_understood_is_a_wrong_key() {
    let said = " | wait 11 | recognize, wait 3";
    let again = " | not understood, stop, listen no more, 10+40+31";
    assert_eq!(told(".<>+", "nothing"), format!("{said}{again}"));
    let second = format!(
        "{said}{again} | listen, wait 5{said} | not understood, stop, listen no more, @staff, queue 0 at 5 saying 60"
    );
    assert_eq!(told(".<>+.<>+", "nothing"), second, "one is forgiven");
    let mixed = format!("{said}{again} | listen, wait 5 | wrong, stop, listen no more, @staff, queue 0 at 5 saying 60");
    assert_eq!(told(".<>+.7", "nothing"), mixed, "with wrong keys together");
}

#[test]
fn no_answer_is_nothing_said() {
    let said = " | wait 11 | recognize, wait 3";
    let on = " | listen, wait 5";
    for (script, text, expected) in [
        (".<>-", "", format!("{said}{on}")),
        (".<>~", "", format!("{said}{on}")),
        // What the service heard was no speech.
        (".<>+", "……", format!("{said}{on}")),
        // Nobody told of the end.
        (".<~", "", format!(" | wait 11{on}")),
        (".<>-~", "", format!("{said}{on} | stop, listen no more, 40+31")),
        (
            ".<>-.<>+",
            "person",
            format!(
                "{said}{on} |  | wait 11 | recognize, wait 3 | stop, listen no more, @staff, queue 0 at 5 saying 60"
            ),
        ),
    ] {
        assert_eq!(told(script, text), expected, "{script}");
    }
}

#[test]
fn a_key_goes_before_what_was_said() {
    let key = " | stop, listen no more, @deep, 60";
    assert_eq!(told(".2", "person"), key);
    assert_eq!(told(".<2", "person"), format!(" | wait 11{key}"));
    assert_eq!(
        told(".<>2+", "person"),
        format!(" | wait 11 | recognize, wait 3{key} | "),
        "what comes late does not count"
    );
    assert_eq!(told(".<2>+", "person"), format!(" | wait 11{key} |  | "));
    // Who knows the menu presses ahead, and nobody listens.
    let prompts = prompts();
    let around = Around { prompts: &prompts, understands: Some(ANSWER), ..Around::default() };
    assert_eq!(drive(&compiled(&listening()), &around, "2<>+", &["person"]), "@main, 40+31 | @deep, 60 |  |  | ");
}

#[test]
fn nobody_listens_where_nobody_understands_or_nothing_can_be_said() {
    let prompts = prompts();
    let around = Around { prompts: &prompts, ..Around::default() };
    assert_eq!(drive(&compiled(&listening()), &around, ".<>+", &["person"]), "@main, 40+31 | wait 5 |  |  | ");
    let around = Around { understands: Some(ANSWER), ..around };
    assert_eq!(drive(&compiled(&small()), &around, "..", &[]), "@notice, 20 | @hello, 30 | @main, 40+31");
    assert_eq!(drive(&compiled(&small()), &around, "...<", &[]), "@notice, 20 | @hello, 30 | @main, 40+31 | wait 5 | ");
}

/// Steps of a walk that is told events at milliseconds; the deadlines in milliseconds.
fn timed(menu: &Menu, events: &[(u64, Event<'_>)]) -> Vec<String> {
    let prompts = prompts();
    let around = Around { prompts: &prompts, understands: Some(ANSWER), ..Around::default() };
    let mut walk = Walk::new(menu);
    let one = |(ms, event): &(u64, Event<'_>)| {
        let mut out = Vec::new();
        walk.handle(menu, &around, Now::default().plus(Duration::from_millis(*ms)), *event, &mut out);
        let waits = out.iter().filter_map(|step| if let Step::Wait { until } = step { Some(until) } else { None });
        waits.map(|until| until.as_millis().to_string()).collect::<Vec<_>>().join(" ")
    };
    events.iter().map(one).collect()
}

#[test]
fn the_silence_stands_still_while_somebody_speaks() {
    let menu = compiled(&listening());
    let begun = [(0, Event::Start), (1_000, Event::Played), (3_000, Event::Speaking), (4_500, Event::Spoken)];
    let heard = [&begun[..], &[(5_000, Event::Understood(None))]].concat();
    // Two of five seconds are over.
    assert_eq!(timed(&menu, &heard), ["", "6000", "14000", "7500", "8000"]);
    // The end alone is told: the silence stands still from there on.
    let late = [begun[0], begun[1], begun[3], (5_000, Event::Understood(None))];
    assert_eq!(timed(&menu, &late), ["", "6000", "7500", "6500"]);
}

#[test]
fn whoever_speaks_on_and_on_has_one_utterance_and_one_answer_more() {
    let menu = compiled(&listening());
    let mut events = vec![(0, Event::Start), (1_000, Event::Played)];
    for turn in 0..20 {
        let at = 1_100 + turn * 1_000;
        events.extend([(at, Event::Speaking), (at + 400, Event::Spoken), (at + 900, Event::Understood(None))]);
    }
    let waits = timed(&menu, &events);
    // 5 s of silence, 10 s of speech and 3 s of answer behind the prompt.
    let latest: u64 = waits.iter().filter_map(|wait| wait.parse().ok()).max().expect("deadlines");
    assert_eq!(latest, 19_000);
    // The silence is over when that is: the prompt is heard again, and nobody is listened to meanwhile.
    let over = events.iter().position(|(at, _)| *at > 19_000).expect("later ones");
    assert!(waits[over..].iter().all(String::is_empty), "{waits:?}");
}

#[test]
fn words_that_cannot_be() {
    let with = |said: &[(u8, &[&str])]| {
        let mut tree = listening();
        say(&mut tree, said);
        faults(&tree)
    };
    assert_eq!(with(&[(4, &["four"])]), ["main.words: words for the key 4, which leads nowhere"]);
    assert_eq!(with(&[(1, &["one"]), (2, &[" One! "])]), ["main.words: ` One! ` is said for the key 1 already"]);
    assert_eq!(with(&[(1, &["……"])]), ["main.words: nobody can say `……`"]);
    let many: Vec<String> = (0..201).map(|n| format!("word{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(with(&[(1, &many)]), ["main.words: a choice has at most 200 words"]);
    assert_eq!(with(&[(1, &many[1..]), (0, &[])]), [""; 0]);
}
