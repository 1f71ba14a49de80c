//! Texts that are spoken in the call.

use std::time::Duration;

use base::SoundId;
use ivr::tree::{Say, Speak, Text};
use ivr::{Around, Heard, Kind, Names, Tree, Walk, compile};

use crate::kit::{compiled, drive, faults, lines, names, node, prompts, small, speak};

/// The small menu, which sets a value and then speaks.
fn speaks(kind: Kind) -> Tree {
    let mut tree = small();
    tree.start = "sets".to_owned();
    let values = vec![("id".to_owned(), "7".to_owned())];
    tree.nodes.push(node("sets", &[], Kind::Set { values, locale: None, priority: 0, next: "tell".to_owned() }));
    tree.nodes.push(node("tell", &[], kind));
    tree
}

fn heard(tree: &Tree, script: &str) -> String {
    let prompts = prompts();
    drive(&compiled(tree), &Around { prompts: &prompts, caller: "139", ..Around::default() }, script, &[])
}

const ASKED: &str = "@sets, @tell, speak 编号7 in zh-CN within 3 s, 20 s of it, wait 3";

#[test]
fn a_text_is_spoken_or_something_else_is_said() {
    let tree = speaks(speak("deep"));
    for (script, expected) in [
        ("s", "stop, fetch no more, clip 7 of 2s"),
        ("s.", "stop, fetch no more, clip 7 of 2s | @deep, 60"),
        ("n", "stop, fetch no more, 50"),
        ("n.", "stop, fetch no more, 50 | @deep, 60"),
        ("~.", "stop, fetch no more, 50 | @deep, 60"),
        ("e.", "stop, fetch no more, 50 | @deep, 60"),
        // What comes late, or twice, does not count.
        ("~s", "stop, fetch no more, 50 | "),
        ("sn", "stop, fetch no more, clip 7 of 2s | "),
        // An answer to another question is none.
        ("?s", " | stop, fetch no more, clip 7 of 2s"),
    ] {
        assert_eq!(heard(&tree, script), format!("{ASKED} | {expected}"), "{script}");
    }
}

#[test]
fn keys_work_whatever_the_service_does() {
    let tree = speaks(speak("deep"));
    for (script, expected) in [
        ("0", "stop, fetch no more, @staff, queue 0 at 5 saying 60"),
        ("s0", "stop, fetch no more, clip 7 of 2s | @staff, queue 0 at 5 saying 60"),
        // A key cuts it, or the wait for it, and counts at what follows.
        ("s1", "stop, fetch no more, clip 7 of 2s | @deep, @staff, queue 0 at 5 saying 60"),
        ("1", "stop, fetch no more, @deep, @staff, queue 0 at 5 saying 60"),
        ("1s", "stop, fetch no more, @deep, @staff, queue 0 at 5 saying 60 | "),
        // There is nothing to repeat yet; afterwards it is asked for anew.
        ("#s", " | stop, fetch no more, clip 7 of 2s"),
        ("s#", "stop, fetch no more, clip 7 of 2s | speak 编号7 in zh-CN within 3 s, 20 s of it, wait 3"),
    ] {
        assert_eq!(heard(&tree, script), format!("{ASKED} | {expected}"), "{script}");
    }
    let mut deaf = speaks(speak("deep"));
    deaf.nodes.last_mut().expect("the last").interrupt = false;
    let told = " | stop, fetch no more, clip 7 of 2s |  | @deep, @staff, queue 0 at 5 saying 60";
    assert_eq!(heard(&deaf, "1s2."), format!("{ASKED} | {told}"), "the first key that was pressed");
    assert_eq!(heard(&deaf, "0"), format!("{ASKED} | stop, fetch no more, @staff, queue 0 at 5 saying 60"));
}

#[test]
fn nobody_is_asked_what_nobody_hears() {
    // Typed ahead: two keys at a choice, of which the first leads to the text.
    let mut tree = speaks(speak("deep"));
    tree.start = "main".to_owned();
    let Kind::Menu { keys, .. } = &mut tree.nodes[2].kind else { panic!("a menu") };
    keys[1].1.next = "first".to_owned();
    tree.nodes[2].interrupt = false;
    tree.nodes.push(node("first", &["hello"], Kind::Play { next: "sets".to_owned() }));
    assert_eq!(heard(&tree, "21."), "@main, 40+31 |  |  | @first, @sets, @tell, @deep, @staff, queue 0 at 5 saying 60");
    // Values that hold nothing leave nothing to say.
    let mut empty = speaks(speak("deep"));
    let Kind::Speak(Speak { text, .. }) = &mut empty.nodes.last_mut().expect("the last").kind else { panic!("one") };
    *text = Text::One("{id}！".to_owned());
    let set = empty.nodes.len() - 2;
    let Kind::Set { values, .. } = &mut empty.nodes[set].kind else { panic!("a value") };
    values[0].1 = " ".to_owned();
    assert_eq!(heard(&empty, "."), "@sets, @tell, 50 | @deep, 60");
}

#[test]
fn a_prompt_plays_while_it_is_asked() {
    let mut tree = speaks(speak("deep"));
    tree.nodes.last_mut().expect("the last").prompt = vec![Say::always("hello")];
    let asked = ASKED.replace(", wait", ", 30, wait");
    assert_eq!(heard(&tree, ".s"), format!("{asked} |  | stop, fetch no more, clip 7 of 2s"));
}

#[test]
fn each_language_has_its_text() {
    let mut tree = speaks(speak("deep"));
    let set = tree.nodes.len() - 2;
    let Kind::Set { locale, .. } = &mut tree.nodes[set].kind else { panic!("a value") };
    *locale = Some("en".to_owned());
    let asked = "@sets, locale 1, @tell, speak number 7 of 139 in en within 3 s, 20 s of it, wait 3";
    assert_eq!(heard(&tree, ""), asked);
}

#[test]
fn a_long_text_is_cut_between_letters() {
    let mut tree = speaks(speak("deep"));
    let Kind::Speak(Speak { text, .. }) = &mut tree.nodes.last_mut().expect("the last").kind else { panic!("one") };
    *text = Text::One("{id}".repeat(3).replace("{id}", &format!("{{id}}{}", "，".repeat(300))));
    let said = heard(&tree, "");
    assert_eq!(said.matches('，').count(), (2048 - 3) / 3, "{said}");
}

#[test]
fn what_a_text_may_not_be() {
    let wrong = |text: Text| {
        let Kind::Speak(rest) = speak("deep") else { panic!("one") };
        faults(&speaks(Kind::Speak(Speak { text, ..rest })))
    };
    let one = |text: &str| Text::One(text.to_owned());
    assert_eq!(wrong(one("{id}。")), Vec::<String>::new(), "no language has words in it");
    assert_eq!(wrong(one("编号{id}")), ["tell.text: the text is missing in `en`"]);
    assert_eq!(wrong(one("{id")), ["tell.text: `{id` has braces that hold no value"]);
    assert_eq!(wrong(one("{ids}")), ["tell.text: no node sets a value `ids`"]);
    let by = |locale: &str| Text::ByLocale(vec![(locale.to_owned(), "x{id}".to_owned())]);
    assert_eq!(wrong(by("en")), ["tell.text: the text is missing in `zh-CN`"]);
    let unknown = [
        "tell.text: the language `fr` is not one of the menu's",
        "tell.text: the text is missing in `zh-CN`",
        "tell.text: the text is missing in `en`",
    ];
    assert_eq!(wrong(by("fr")), unknown);
    let Kind::Speak(rest) = speak("deep") else { panic!("one") };
    let times = Speak { timeout: Duration::from_secs(31), max: Duration::from_secs(61), otherwise: Vec::new(), ..rest };
    let told = [
        "tell.timeout_s: must be from 1 to 30",
        "tell.max_s: must be from 1 to 60",
        "tell.otherwise: the caller would hear nothing here",
    ];
    assert_eq!(faults(&speaks(Kind::Speak(times))), told);
}

/// The wait for the text, and the longer of what is spoken and what is said instead.
#[test]
fn the_way_to_a_person_counts_the_worst_of_it() {
    let prompts = prompts();
    let lengths: Vec<Duration> = (0..70).map(|n| Duration::from_secs(if n == 51 { 30 } else { 1 })).collect();
    let far = |max: u64, allowed: u64| {
        let Kind::Speak(rest) = speak("staff") else { panic!("one") };
        let mut tree = speaks(Kind::Speak(Speak { max: Duration::from_secs(max), ..rest }));
        tree.reach.announcements = Duration::from_secs(allowed);
        let found = compile(&tree, Names { lengths: &lengths, ..names(&prompts) });
        found.map(|_| ()).map_err(|faults| faults[0].problem.to_string())
    };
    let told = "a caller who presses nothing hears 33 s of announcements before a person, and 32 s are allowed: \
                sets → tell 33 s → staff";
    assert_eq!(far(20, 32), Err(told.to_owned()), "what is said instead takes longer in English");
    assert_eq!(far(20, 33), Ok(()));
    assert_eq!(far(40, 42), Err(told.replace("33", "43").replace("32 s", "42 s")));
}

#[test]
fn a_watched_walk_tells_the_text_and_the_sounds_keep_their_menu_s_version() {
    let (menu, prompts) = (compiled(&speaks(speak("deep"))), prompts());
    let around = Around { prompts: &prompts, ..Around::default() };
    let mut walk = Walk::new(&menu).watched();
    lines(&menu, &around, &mut walk, " s", &[]);
    assert_eq!(walk.heard(), [Heard::Text("编号7".to_owned())]);
    assert!(walk.said().is_empty());
    assert!(menu.sounds().any(|sound| sound == SoundId(50)), "what is said instead is a sound of the menu");
}
