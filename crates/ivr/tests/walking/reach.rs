//! How far a person is.

use std::time::Duration;

use ivr::tree::{Reach, Say};
use ivr::{Kind, NodeId, Tree, compile};

use crate::kit::{ANSWER, http, names, node, prompts, small, transfer};

/// Each prompt of the small menu takes as many seconds as it has tens in its number: `notice` 2, `hello` 3, `main` 4, `bye` 5, `deep` 6.
fn lengths() -> Vec<Duration> {
    (0..100).map(|sound| Duration::from_secs(sound / 10)).collect()
}

fn told(tree: &Tree) -> Vec<String> {
    let prompts = prompts();
    let lengths = lengths();
    let mut names = names(&prompts);
    names.lengths = &lengths;
    match compile(tree, names) {
        Err(faults) => {
            faults.iter().map(|f| format!("{}: {}", f.place.node.as_deref().unwrap_or(""), f.problem)).collect()
        }
        Ok(compiled) => {
            let seconds = |time: Option<Duration>| time.map_or("never".to_owned(), |time| time.as_secs().to_string());
            let reaches = ivr::reach(&compiled.menu, &lengths, Some(ANSWER));
            let ids = (0..).map(NodeId);
            ids.zip(reaches)
                .map(|(id, r)| {
                    let (heard, silent) = (seconds(r.announcements), seconds(r.silent));
                    format!("{} {} {heard} {silent} {}", compiled.menu.node_name(id), r.keys, r.deaf.as_secs())
                })
                .collect()
        }
    }
}

#[test]
fn from_every_node() {
    // Keys, announcements, the whole time, announcements over which no key is heard. `main` says 4 s and 3 s in English, twice.
    let expected = [
        "notice 1 19 29 0",
        "hello 1 17 27 0",
        "main 1 14 24 0",
        "deep 1 12 22 0",
        "farewell 1 never never 0",
        "staff 0 0 0 0",
    ];
    assert_eq!(told(&small()), expected);
}

#[test]
fn what_takes_time_beside_announcements() {
    let mut tree = small();
    tree.reach.announcements = Duration::from_secs(60);
    tree.nodes.push(node("ask", &["main"], http("notice", "main")));
    tree.nodes.push(node("line", &["main"], transfer("110", "ask")));
    tree.nodes.push(node("news", &[], Kind::OnAir { slot: "x".to_owned(), next: "line".to_owned() }));
    let told = told(&tree);
    assert_eq!(told[6..], ["ask 1 23 33 0", "line 1 27 67 34", "news 1 42 82 0"]);
}

#[test]
fn who_is_never_understood() {
    let speaking = |tree: &Tree, understands| {
        let prompts = prompts();
        let menu = compile(tree, names(&prompts)).expect("a menu").menu;
        let reaches = ivr::reach(&menu, &lengths(), understands);
        reaches.iter().map(|r| r.speaking.map(|time| time.as_secs())).collect::<Vec<_>>()
    };
    let mut tree = small();
    assert_eq!(speaking(&tree, Some(ANSWER)), [None; 6], "nobody is listened to");
    let Kind::Menu { words, .. } = &mut tree.nodes[2].kind else { panic!("a choice") };
    words.push((base::Digit::Number(1), vec!["complaint".to_owned()]));
    // Three turns at `main`: "invalid" 1 s, 7 s of prompt, 5 s of silence, 10 s of speech, 3 s of answer.
    let expected = [Some(2 + 3 + 78), Some(3 + 78), Some(78), Some(22), None, Some(0)];
    assert_eq!(speaking(&tree, Some(ANSWER)), expected);
    assert_eq!(speaking(&tree, None), [None; 6], "nobody understands");
    // Where it leads when nothing is understood counts too, and round in a circle is for the menu's longest time to end.
    let Kind::Menu { on_invalid, .. } = &mut tree.nodes[2].kind else { panic!("a choice") };
    *on_invalid = Some("deep".to_owned());
    assert_eq!(speaking(&tree, Some(ANSWER))[2], Some(78 + 22));
    let Kind::Menu { on_invalid, .. } = &mut tree.nodes[2].kind else { panic!("a choice") };
    *on_invalid = Some("hello".to_owned());
    assert_eq!(speaking(&tree, Some(ANSWER))[..4], [None, None, None, Some(22)]);
}

#[test]
fn a_person_too_far_away() {
    let mut tree = small();
    tree.reach = Reach { keys: 2, announcements: Duration::from_secs(18) };
    let way = "notice 2 s → hello 3 s → main 14 s → staff";
    let hears = "a caller who presses nothing hears 19 s of announcements before a person, and 18 s are allowed";
    assert_eq!(told(&tree), [format!("notice: {hears}: {way}")]);
    tree.reach = Reach { keys: 0, ..Reach::default() };
    assert_eq!(told(&tree)[0], "notice: a person is 1 keys away, and 0 are allowed");
    // What is said on a condition counts, and so does a value.
    tree.reach = Reach { keys: 2, announcements: Duration::from_secs(24) };
    tree.nodes[1].prompt.push(Say { text: "deep".to_owned(), when: vec![ivr::tree::Test::CalledBefore(1)] });
    assert!(told(&tree)[0].starts_with("notice: a caller who presses nothing hears 25 s"), "{:?}", told(&tree));
    tree.reach = Reach::default();
    tree.nodes[1].prompt.push(Say::always("{number:caller}"));
    assert!(told(&tree)[0].starts_with("notice: a caller who presses nothing hears 36 s"), "{:?}", told(&tree));
}

#[test]
fn a_province_in_one_menu_is_judged() {
    let mut tree = small();
    let count = 9_000;
    for place in 0..count {
        let next = if place + 1 < count { format!("n{}", place + 1) } else { "staff".to_owned() };
        tree.nodes.push(node(&format!("n{place}"), &["notice"], Kind::Play { next }));
    }
    "n0".clone_into(&mut tree.start);
    tree.reach.announcements = Duration::from_secs(18_000);
    assert_eq!(told(&tree).len(), 9_006);
}
