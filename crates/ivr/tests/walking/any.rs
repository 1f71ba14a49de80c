//! Any menu that compiles, and callers who press anything.

use std::time::Duration;

use base::{Clip, Digit, GroupId, Now};
use ivr::tree::{Case, Digits, Say, Test};
use ivr::{Around, Event, Kind, Menu, Node, Step, Tree, Walk, compile};
use proptest::prelude::*;

use crate::kit::{ANSWER, compiled, http, menu_kind, names, node, prompts, queue, small, speak, transfer};

fn target() -> impl Strategy<Value = String> {
    prop_oneof![8 => (0..8_u8).prop_map(|n| format!("n{n}")), 1 => Just("back".to_owned()), 1 => Just("repeat".to_owned())]
}

fn any_menu() -> impl Strategy<Value = Kind> {
    let key = (1..10_u8, prop::option::of(prop_oneof![Just("zh-CN"), Just("en")]), target());
    let menu = (prop::collection::vec(key, 1..5), prop::option::of((0..8_u8).prop_map(|n| format!("n{n}"))));
    (menu, any::<bool>()).prop_map(|((mut keys, silent), words)| {
        keys.sort_by_key(|key| key.0);
        keys.dedup_by_key(|key| key.0);
        let keys: Vec<_> = keys.iter().map(|(k, l, n)| (*k, *l, n.as_str())).collect();
        match menu_kind(&keys) {
            Kind::Menu { keys, silence, silence_tries, invalid_tries, on_invalid, .. } => {
                let words =
                    if words { keys.iter().map(|(key, _)| (*key, vec![spoken(*key)])).collect() } else { Vec::new() };
                Kind::Menu { keys, words, silence, silence_tries, invalid_tries, on_invalid, on_silence: silent }
            }
            other => other,
        }
    })
}

/// The word of a key.
fn spoken(key: Digit) -> String {
    format!("word {}", key.as_char())
}

fn any_digits() -> impl Strategy<Value = Kind> {
    let shape = (2..6_u8, 0..4_u8, any::<bool>(), any::<bool>());
    (shape, prop::option::of(1..3_u8), target(), prop::option::of((0..8_u8).prop_map(|n| format!("n{n}")))).prop_map(
        |((min, more, star, confirm), tries, next, failed)| {
            let confirm = confirm.then(|| vec![Say::always("deep"), Say::always("{digits:id}")]);
            let star = star.then_some('X');
            let (silence, gap) = (None, None);
            let into = "id".to_owned();
            let max = min + more;
            let valid = Vec::new();
            Kind::Digits(Digits { into, min, max, valid, star, confirm, silence, gap, tries, next, failed })
        },
    )
}

fn any_kind() -> impl Strategy<Value = Kind> {
    let case = |next| Case { when: vec![Test::Value { name: "id".to_owned(), is: vec!["11".to_owned()] }], next };
    let two = || (target(), target());
    prop_oneof![
        3 => target().prop_map(|next| Kind::Play { next }),
        1 => target().prop_map(|next| Kind::OnAir { slot: "news".to_owned(), next }),
        4 => any_menu(),
        3 => any_digits(),
        1 => two().prop_map(|(open, closed)| Kind::Hours { hours: "never".to_owned(), open, closed }),
        1 => two().prop_map(move |(next, otherwise)| Kind::When { cases: vec![case(next)], otherwise }),
        1 => target().prop_map(|next| {
            let values = vec![("id".to_owned(), "{id}1".to_owned())];
            Kind::Set { values, locale: Some("en".to_owned()), priority: 3, next }
        }),
        1 => two().prop_map(|(next, failed)| http(&next, &failed)),
        1 => target().prop_map(|next| speak(&next)),
        1 => target().prop_map(|failed| transfer("110", &failed)),
        1 => target().prop_map(|next| Kind::Rate { next }),
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
        let values = vec![("id".to_owned(), String::new())];
        nodes.push(node("sets", &[], Kind::Set { values, locale: None, priority: 0, next: "staff".to_owned() }));
        nodes.push(node("staff", &["deep"], queue("consult")));
        Tree { start: "n0".to_owned(), silence_tries, invalid_tries, nodes, ..small() }
    })
}

/// What the walk waits for beside keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaits {
    Prompt,
    Silence,
    /// The same, and the caller may speak.
    Voice,
    /// The end of what is said.
    Utterance,
    Recognition,
    Answer,
    Line,
}

struct Caller<'a> {
    menu: &'a Menu,
    walk: Walk,
    now: Now,
    awaits: Awaits,
    at: String,
    end: Option<Step>,
}

impl<'a> Caller<'a> {
    fn new(menu: &'a Menu) -> Caller<'a> {
        let (walk, now) = (Walk::new(menu), Now::default());
        let mut caller = Caller { menu, walk, now, awaits: Awaits::Prompt, at: String::new(), end: None };
        caller.is_told(Event::Start);
        caller
    }

    fn is_told(&mut self, event: Event<'_>) {
        let mut out = Vec::new();
        let around = Around { understands: Some(ANSWER), ..Around::default() };
        self.walk.handle(self.menu, &around, self.now, event, &mut out);
        // What is waited for beside the deadline is known by then.
        let listens = out.iter().any(|step| matches!(step, Step::Listen | Step::Recognize)) || event == Event::Speaking;
        if event == Event::Speaking {
            self.awaits = Awaits::Utterance;
        }
        let fetches = out.iter().any(|step| matches!(step, Step::Fetch(_) | Step::Synthesize(_)));
        for step in out {
            match step {
                Step::Recognize => self.awaits = Awaits::Recognition,
                Step::Listen => self.awaits = Awaits::Voice,
                Step::Wait { .. } if listens => {}
                Step::Wait { .. } if fetches => self.awaits = Awaits::Answer,
                Step::Wait { .. } => self.awaits = Awaits::Silence,
                Step::StopWaiting | Step::Play | Step::PlayClip(_) => self.awaits = Awaits::Prompt,
                Step::Transfer { .. } => self.awaits = Awaits::Line,
                Step::Queue { .. } | Step::End => self.end = Some(step),
                Step::Enter(node) => self.menu.node_name(node).clone_into(&mut self.at),
                Step::Locale(_) | Step::Hush | Step::Rated(_) | Step::WrongKey => {}
                Step::StopListening | Step::NotUnderstood => {}
                Step::Fetch(_) | Step::Synthesize(_) | Step::StopFetching => {}
            }
        }
        self.now = self.now.plus(Duration::from_secs(1));
    }

    fn is_speaking(&self) -> bool {
        let node = self.menu.node_named(&self.at);
        let outline = ivr::outline(self.menu, &[], &ivr::Prompts::default());
        node.is_some_and(|node| outline[usize::from(node.0)].kind == "speak")
    }

    /// 0 to 15 are keys, whatever follows lets time go by.
    fn does(&mut self, what: u8) {
        match (what, self.awaits) {
            (0..=15, _) if self.awaits != Awaits::Line => {
                self.is_told(Event::Digit(Digit::from_event(what).expect("a key")));
            }
            (_, Awaits::Prompt) => self.is_told(Event::Played),
            (16 | 19..=23, Awaits::Voice) => self.is_told(Event::Speaking),
            (17, Awaits::Voice | Awaits::Utterance) => self.is_told(Event::Spoken),
            (19.., Awaits::Utterance) if what != u8::MAX => self.is_told(Event::Spoken),
            (16, Awaits::Recognition) => self.is_told(Event::Understood(None)),
            (17, Awaits::Recognition) => self.is_told(Event::Understood(Some("nothing of this"))),
            (18..=23, Awaits::Recognition) => {
                let text = spoken(Digit::Number(what - 17));
                self.is_told(Event::Understood(Some(&text)));
            }
            (_, Awaits::Silence | Awaits::Voice | Awaits::Utterance | Awaits::Recognition) => {
                self.is_told(Event::Deadline)
            }
            (17, Awaits::Answer) => self.is_told(Event::Fetched(Some(&["11".to_owned()]))),
            (18, Awaits::Answer) => self.is_told(Event::Deadline),
            (19, Awaits::Answer) => self.is_told(Event::Synthesized(Some(&Clip::silent(1, Duration::from_secs(1))))),
            (_, Awaits::Answer) if self.is_speaking() => self.is_told(Event::Synthesized(None)),
            (_, Awaits::Answer) => self.is_told(Event::Fetched(None)),
            (_, Awaits::Line) => self.is_told(Event::Refused),
        }
    }
}

/// Drives a walk to its end; `press` chooses. None when it does not end.
fn drive(menu: &Menu, mut press: impl FnMut() -> u8) -> Option<Step> {
    let mut caller = Caller::new(menu);
    // 100 prompts, each with as many digits as anybody types, an end and a silence, and keys that are only remembered.
    for _ in 0..8000 {
        if caller.end.is_some() {
            return caller.end;
        }
        caller.does(press());
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_menu_that_compiles_lets_everybody_out(tree in any_tree(), keys in prop::collection::vec(0..24_u8, 0..400)) {
        let prompts = prompts();
        let Ok(compiled) = compile(&tree, names(&prompts)) else { return Ok(()) };
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

    /// 0 at any moment; where digits are asked for and 0 is one, `*` takes back what was typed, and a lone 0 with `#` is no number.
    #[test]
    fn a_person_is_two_keys_away_from_anywhere(tree in any_tree(), keys in prop::collection::vec(0..24_u8, 0..200)) {
        let prompts = prompts();
        let Ok(compiled) = compile(&tree, names(&prompts)) else { return Ok(()) };
        let mut caller = Caller::new(&compiled.menu);
        for key in keys {
            caller.does(if key == 0 { 1 } else { key });
            if caller.end.is_some() {
                return Ok(());
            }
            let mut asks = Caller { walk: caller.walk.clone(), at: caller.at.clone(), end: None, ..caller };
            if asks.awaits == Awaits::Line {
                continue;
            }
            asks.does(0);
            let kind = tree.nodes.iter().find(|node| node.name == caller.at).map(|node| &node.kind);
            prop_assert!(asks.end.is_some() || matches!(kind, Some(Kind::Digits(_))), "0 at {}", caller.at);
        }
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
