//! Callers in menus: by table in a small one, by chance in any.

use std::time::Duration;

use base::{Digit, GroupId, Now, SoundId};
use ivr::{Choice, Event, Hours, Kind, LocaleId, Menu, Names, Node, Prompts, Step, Tree, Walk, compile};
use proptest::prelude::*;

const PROMPTS: [&str; 6] = ["invalid", "notice", "hello", "main", "bye", "deep"];

/// Sound 10 is `invalid` in Chinese, 11 in English, 20 is `notice`, and so on.
fn prompts() -> Prompts {
    let mut prompts = Prompts::new(vec!["zh-CN".to_owned(), "en".to_owned()]);
    for (name, number) in PROMPTS.iter().zip(1..) {
        prompts.insert(name, LocaleId(0), SoundId(number * 10));
        prompts.insert(name, LocaleId(1), SoundId(number * 10 + 1));
    }
    prompts
}

fn node(name: &str, prompt: &[&str], kind: Kind) -> Node {
    let prompt = prompt.iter().map(|p| (*p).to_owned()).collect();
    Node { name: name.to_owned(), prompt, interrupt: true, kind }
}

fn menu_kind(keys: &[(u8, Option<&str>, &str)]) -> Kind {
    let choice =
        |locale: &Option<&str>, next: &str| Choice { locale: locale.map(str::to_owned), next: next.to_owned() };
    let keys = keys.iter().map(|(key, locale, next)| (Digit::Number(*key), choice(locale, next)));
    Kind::Menu {
        keys: keys.collect(),
        silence: None,
        silence_tries: None,
        invalid_tries: None,
        on_silence: None,
        on_invalid: None,
    }
}

fn queue(group: &str) -> Kind {
    let by_locale = vec![("en".to_owned(), "english".to_owned())];
    Kind::Queue { group: group.to_owned(), by_locale, priority: 5 }
}

fn small() -> Tree {
    let mut notice = node("notice", &["notice"], Kind::Play { next: "hello".to_owned() });
    notice.interrupt = false;
    Tree {
        surge_start: None,
        locales: vec!["zh-CN".to_owned(), "en".to_owned()],
        start: "notice".to_owned(),
        person: "staff".to_owned(),
        silence: Duration::from_secs(5),
        silence_tries: 2,
        invalid_tries: 1,
        on_silence: None,
        on_invalid: None,
        invalid_prompt: "invalid".to_owned(),
        nodes: vec![
            notice,
            node("hello", &["hello"], Kind::Play { next: "main".to_owned() }),
            node(
                "main",
                &["main", "hello@en"],
                menu_kind(&[(1, None, "staff"), (2, None, "deep"), (3, None, "farewell"), (9, Some("en"), "main")]),
            ),
            node("deep", &["deep"], menu_kind(&[(1, None, "staff"), (2, None, "back"), (3, None, "repeat")])),
            node("farewell", &["bye"], Kind::End),
            node("staff", &["deep"], queue("consult")),
        ],
    }
}

fn compiled(tree: &Tree) -> Menu {
    let groups = ["consult".to_owned(), "english".to_owned()];
    let names = Names { groups: &groups, hours: &[("never".to_owned(), Hours::default())], prompts: &prompts() };
    compile(tree, names).unwrap_or_else(|faults| panic!("{faults:?}")).menu
}

fn shown(menu: &Menu, step: &Step) -> String {
    match step {
        Step::Enter(id) => format!("@{}", menu.node_name(*id)),
        Step::Locale(LocaleId(id)) => format!("locale {id}"),
        Step::Play(said) => sounds(said),
        Step::Wait { until } => format!("wait {}", until.as_millis() / 1000),
        Step::StopWaiting => "stop".to_owned(),
        Step::Queue { group: GroupId(id), priority, said } => {
            format!("queue {id} at {priority} saying {}", sounds(said))
        }
        Step::End => "end".to_owned(),
    }
}

fn sounds(said: &[SoundId]) -> String {
    said.iter().map(|s| s.0.to_string()).collect::<Vec<_>>().join("+")
}

/// Drives a walk by a script: `.` the prompt was heard, `~` the silence is over, anything else a key.
fn told(menu: &Menu, script: &str) -> String {
    told_of(Walk::new(menu), menu, script)
}

fn told_of(mut walk: Walk, menu: &Menu, script: &str) -> String {
    let mut lines = Vec::new();
    for c in " ".chars().chain(script.chars()) {
        let event = match c {
            ' ' => Event::Start,
            '.' => Event::Played,
            '~' => Event::Deadline,
            key => Event::Digit(Digit::from_char(key).expect("a key")),
        };
        let mut out = Vec::new();
        walk.handle(menu, Now::default(), event, &mut out);
        lines.push(out.iter().map(|step| shown(menu, step)).collect::<Vec<_>>().join(", "));
    }
    lines.join(" | ")
}

#[test]
fn what_a_caller_hears() {
    let menu = compiled(&small());
    let main = "@notice, 20 | @hello, 30 | @main, 40+31";
    let cases = [
        ("..", main.to_owned()),
        ("...~.~", format!("{main} | wait 5 | stop, 40+31 | wait 5 | stop, @staff, queue 0 at 5 saying 60")),
        ("..1", format!("{main} | @staff, queue 0 at 5 saying 60")),
        ("...1", format!("{main} | wait 5 | stop, @staff, queue 0 at 5 saying 60")),
        ("...0", format!("{main} | wait 5 | stop, @staff, queue 0 at 5 saying 60")),
        ("0", "@notice, 20 | @staff, queue 0 at 5 saying 60".to_owned()),
        ("00", "@notice, 20 | @staff, queue 0 at 5 saying 60 | ".to_owned()),
        // A key skips an announcement and counts at the menu behind it.
        (".1", "@notice, 20 | @hello, 30 | @main, stop, @staff, queue 0 at 5 saying 60".to_owned()),
        // Only 0 interrupts the notice; other keys count after it.
        ("2.", "@notice, 20 |  | @hello, @main, stop, @deep, 60".to_owned()),
        ("21.", "@notice, 20 |  |  | @hello, @main, stop, @deep, stop, @staff, queue 0 at 5 saying 60".to_owned()),
        // Back and again.
        ("..22", format!("{main} | @deep, 60 | @main, 40+31")),
        ("..2*", format!("{main} | @deep, 60 | @main, 40+31")),
        ("..2*.*", format!("{main} | @deep, 60 | @main, 40+31 | wait 5 | stop, 40+31")),
        ("..21*", format!("{main} | @deep, 60 | @staff, queue 0 at 5 saying 60 | ")),
        ("..#", format!("{main} | 40+31")),
        ("..23", format!("{main} | @deep, 60 | 60")),
        (".*", "@notice, 20 | @hello, 30 | 30".to_owned()),
        // Wrong keys.
        ("..7.7", format!("{main} | 10+40+31 | wait 5 | stop, @staff, queue 0 at 5 saying 60")),
        ("..A", format!("{main} | 10+40+31")),
        // A language changes what is said and who answers.
        ("..9.1", format!("{main} | locale 1, @main, 41+31 | wait 5 | stop, @staff, queue 1 at 5 saying 61")),
        // Farewell, and nothing after it.
        ("..3.0.", format!("{main} | @farewell, 50 | end |  | ")),
        // What is late or early is ignored.
        ("~", "@notice, 20 | ".to_owned()),
        ("....", format!("{main} | wait 5 | ")),
    ];
    for (script, expected) in cases {
        assert_eq!(told(&menu, script), expected, "{script}");
    }
}

#[test]
fn in_surge_a_call_begins_where_the_menu_says() {
    let tree = Tree { surge_start: Some("main".to_owned()), ..small() };
    let (menu, plain) = (compiled(&tree), compiled(&small()));
    assert_eq!(told_of(Walk::in_surge(&menu), &menu, "2*"), "@main, 40+31 | @deep, 60 | @main, 40+31");
    assert_eq!(told(&menu, ""), "@notice, 20", "the start of other calls is what it was");
    assert_eq!(told_of(Walk::in_surge(&plain), &plain, ""), "@notice, 20", "a menu that says nothing has one start");
}

#[test]
fn what_is_proved_of_the_start_is_proved_of_that_in_surge() {
    let mut tree = Tree { surge_start: Some("farewell".to_owned()), ..small() };
    assert_eq!(faults(&tree), ["farewell.: a caller who presses nothing never reaches a person: farewell"]);
    tree.surge_start = Some("short".to_owned());
    assert_eq!(faults(&tree), [".surge_start: no node is named `short`"]);
    tree.nodes.push(node("short", &["deep"], Kind::Play { next: "farewell".to_owned() }));
    assert_eq!(faults(&tree), ["farewell.: a caller who presses nothing never reaches a person: short → farewell"]);
    tree.nodes.pop();
    tree.nodes.push(node("short", &["deep"], Kind::Play { next: "staff".to_owned() }));
    let names = Names { groups: &["consult".to_owned(), "english".to_owned()], hours: &[], prompts: &prompts() };
    assert_eq!(compile(&tree, names).map(|compiled| compiled.warnings), Ok(Vec::new()), "calls come to it");
}

#[test]
fn the_person_is_known_by_language() {
    let menu = compiled(&small());
    assert_eq!(menu.person(), (GroupId(0), 5));
    assert_eq!(menu.person_in(LocaleId(1)), (GroupId(1), 5));
}

fn faults(tree: &Tree) -> Vec<String> {
    let names = Names { groups: &["consult".to_owned(), "english".to_owned()], hours: &[], prompts: &prompts() };
    let Err(faults) = compile(tree, names) else { return Vec::new() };
    let place = |p: &ivr::Place| format!("{}.{}", p.node.as_deref().unwrap_or(""), p.field);
    faults.iter().map(|f| format!("{}: {}", place(&f.place), f.problem)).collect()
}

#[test]
fn a_way_without_keys_ends_at_a_person() {
    let mut tree = small();
    tree.on_silence = Some("farewell".to_owned());
    let path = "notice → hello → main → farewell";
    assert_eq!(faults(&tree), [format!("farewell.: a caller who presses nothing never reaches a person: {path}")]);
    tree.on_silence = Some("hello".to_owned());
    assert_eq!(faults(&tree), ["hello.: goes round in a circle without a key: hello → main → hello"]);
    tree.on_silence = Some("back".to_owned());
    assert_eq!(faults(&tree), [".on_silence: `back` is a target for keys alone"]);
}

fn target() -> impl Strategy<Value = String> {
    prop_oneof![8 => (0..8_u8).prop_map(|n| format!("n{n}")), 1 => Just("back".to_owned()), 1 => Just("repeat".to_owned())]
}

fn any_kind() -> impl Strategy<Value = Kind> {
    let key = (1..10_u8, prop::option::of(prop_oneof![Just("zh-CN"), Just("en")]), target());
    let menu = (prop::collection::vec(key, 1..5), prop::option::of((0..8_u8).prop_map(|n| format!("n{n}"))));
    prop_oneof![
        3 => target().prop_map(|next| Kind::Play { next }),
        4 => menu.prop_map(|(keys, silent)| {
            let keys: Vec<_> = keys.iter().map(|(k, l, n)| (*k, *l, n.as_str())).collect();
            match menu_kind(&keys) {
                Kind::Menu { keys, silence, silence_tries, invalid_tries, on_invalid, .. } => {
                    Kind::Menu { keys, silence, silence_tries, invalid_tries, on_invalid, on_silence: silent }
                }
                other => other,
            }
        }),
        1 => (target(), target()).prop_map(|(open, closed)| Kind::Hours { hours: "never".to_owned(), open, closed }),
        2 => Just(queue("consult")),
        1 => Just(Kind::End),
    ]
}

fn any_tree() -> impl Strategy<Value = Tree> {
    let nodes = prop::collection::vec((any_kind(), any::<bool>()), 8);
    (nodes, 1..4_u8, 1..4_u8).prop_map(|(kinds, silence_tries, invalid_tries)| {
        let mut nodes: Vec<Node> = Vec::new();
        for (i, (kind, interrupt)) in kinds.into_iter().enumerate() {
            nodes.push(Node { interrupt, ..node(&format!("n{i}"), &["main"], kind) });
        }
        nodes.push(node("staff", &["deep"], queue("consult")));
        Tree { start: "n0".to_owned(), silence_tries, invalid_tries, nodes, ..small() }
    })
}

/// What a fuzzed caller does next.
fn event(at: u8, waiting: bool) -> Event {
    match at {
        0..=15 => Event::Digit(Digit::from_event(at).expect("0 to 15 are keys")),
        _ if waiting => Event::Deadline,
        _ => Event::Played,
    }
}

/// Drives a walk to its end; `press` chooses. None when it does not end.
fn drive(menu: &Menu, mut press: impl FnMut() -> u8) -> Option<Step> {
    let mut walk = Walk::new(menu);
    let mut waiting = false;
    let mut now = Now::default();
    let mut next = Event::Start;
    // 100 prompts, each with a key, an end and a silence, and keys that are only remembered.
    for _ in 0..2000 {
        let mut out = Vec::new();
        walk.handle(menu, now, next, &mut out);
        for step in out {
            match step {
                Step::Wait { .. } => waiting = true,
                Step::StopWaiting | Step::Play(_) => waiting = false,
                Step::Queue { .. } | Step::End => return Some(step),
                Step::Enter(_) | Step::Locale(_) => {}
            }
        }
        now = now.plus(Duration::from_secs(1));
        next = event(press(), waiting);
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_menu_that_compiles_lets_everybody_out(tree in any_tree(), keys in prop::collection::vec(0..24_u8, 0..400)) {
        let names = Names {
            groups: &["consult".to_owned(), "english".to_owned()],
            hours: &[("never".to_owned(), Hours::default())],
            prompts: &prompts(),
        };
        let Ok(compiled) = compile(&tree, names) else { return Ok(()) };
        let menu = compiled.menu;
        let silent = drive(&menu, || u8::MAX);
        prop_assert!(matches!(silent, Some(Step::Queue { .. })), "a silent caller: {silent:?}");
        let mut turn = keys.iter().copied();
        prop_assert!(drive(&menu, || turn.next().unwrap_or(u8::MAX)).is_some(), "some keys, then silence");
        // Forever the same few keys: 0 is not among them.
        let mut round = keys.iter().copied().filter(|k| *k != 0).collect::<Vec<_>>().into_iter().cycle();
        let mut heard = 0_u8;
        let stubborn = drive(&menu, || {
            heard = heard.wrapping_add(1);
            if heard.is_multiple_of(3) { u8::MAX } else { round.next().unwrap_or(u8::MAX) }
        });
        prop_assert!(stubborn.is_some(), "keys forever");
    }
}

#[test]
fn a_caller_who_goes_round_is_taken_to_a_person() {
    let menu = compiled(&small());
    // Star, pound, into and out of a branch, from one language to the same.
    for key in [10, 11, 2, 9] {
        let mut turn = 0;
        let end = drive(&menu, || {
            turn += 1;
            if turn <= 2 { u8::MAX } else { key }
        });
        let group = GroupId(u16::from(key == 9));
        assert!(matches!(end, Some(Step::Queue { group: g, priority: 5, .. }) if g == group), "{key}: {end:?}");
    }
}
