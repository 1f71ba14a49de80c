//! Who says it instead of pressing it: what the worker and the service are asked, and what of them counts.

use std::sync::Arc;
use std::time::Duration;

use base::{Codec, Digit, Job, LegId, ListenId, Notice, Voice};
use call::plan::MenuVersion;
use call::{Action, Event, Timer};
use ivr::{Kind, Names, Node, Tree};

use crate::kit::{Bench, plan};

/// In the menu that listens, when its prompt was heard.
fn asked() -> Bench {
    let plan = plan(|plan| {
        let mut main = Kind::menu(&[(Digit::Number(1), "consult"), (Digit::Number(2), "main")]);
        if let Kind::Menu { words, .. } = &mut main {
            *words =
                vec![(Digit::Number(1), vec!["question".to_owned()]), (Digit::Number(2), vec!["again".to_owned()])];
        }
        let nodes = vec![
            Node::new("main", &["welcome"], main),
            Node::new("consult", &["please-wait"], Kind::queue("consult", 0)),
        ];
        let tree = Tree::new("zh-CN", "main", "consult", "invalid", nodes);
        let groups = ["consult".to_owned()];
        let understands = Some(Duration::from_secs(3));
        let names = Names { understands, ..Names::new(&groups, &plan.prompts) };
        let menu = ivr::compile(&tree, names).expect("a menu").menu;
        plan.menus[0] = Arc::new(MenuVersion { name: "12345".to_owned(), version: "v2".to_owned(), menu });
        plan.understands = understands;
    });
    let mut bench = Bench::known(plan, false);
    bench.played(1);
    bench
}

fn listen(bench: &Bench) -> Vec<Option<u32>> {
    let one = |action: &Action| match action {
        Action::Job(Job::Listen { listen, .. }) => Some(listen.map(|listen| listen.0)),
        _ => None,
    };
    bench.said.iter().filter_map(one).collect()
}

fn notice(bench: &mut Bench, index: u16, listen: u32, spoken: bool) {
    let (leg, listen) = (LegId { index, ..LegId::default() }, ListenId(listen));
    let voice = Voice { codec: Codec::Pcma, codes: vec![1; 8_000].into() };
    let notice = if spoken { Notice::Spoken { leg, listen, voice } } else { Notice::Speaking { leg, listen } };
    bench.tell(Event::Notice(notice));
}

/// The number of what is to be understood.
fn question(bench: &Bench) -> Option<u32> {
    let one = |action: &Action| match action {
        Action::Recognize { question, speech } => {
            assert_eq!((speech.voice.codes.len(), speech.locale.as_str()), (8_000, "zh-CN"));
            Some(*question)
        }
        _ => None,
    };
    bench.said.iter().find_map(one)
}

fn understood(bench: &mut Bench, question: u32, text: Option<&str>) -> String {
    bench.tell(Event::Understood { question, text: text.map(str::to_owned) }).lines()
}

/// Says something; the number of what is to be understood.
fn says(bench: &mut Bench, listen: u32) -> u32 {
    notice(bench, 0, listen, false);
    notice(bench, 0, listen, true);
    question(bench).expect("a question to the service")
}

#[test]
fn an_utterance_leads_where_its_key_does() {
    let mut bench = asked();
    assert_eq!(listen(&bench), [Some(1)]);
    let number = says(&mut bench, 1);
    let lines = understood(&mut bench, number, Some("I have a question."));
    assert!(lines.contains("queue Enqueue"), "{lines}");
    assert_eq!(listen(&bench), [None]);
    assert!(!format!("{:?}", bench.said).contains("question."), "the text goes nowhere");
}

#[test]
fn what_is_late_or_of_somebody_else_does_not_count() {
    let mut bench = asked();
    for (index, number, spoken) in [(1, 1, false), (1, 1, true), (0, 0, true), (0, 2, true)] {
        notice(&mut bench, index, number, spoken);
        assert!(bench.said.is_empty(), "leg {index}, {number}: {:?}", bench.said);
    }
    let first = says(&mut bench, 1);
    // The prompt plays again, and the caller is listened to anew.
    let lines = understood(&mut bench, first, Some("again"));
    assert!(lines.contains("hears [\"welcome\"]"), "{lines}");
    bench.played(2);
    assert_eq!(listen(&bench), [Some(2)]);
    let second = says(&mut bench, 2);
    assert!(second != first && understood(&mut bench, first, Some("question")).is_empty(), "of the turn before");
    let lines = understood(&mut bench, second, Some("question"));
    assert!(lines.contains("queue Enqueue"), "{lines}");
}

#[test]
fn a_key_takes_the_question_back() {
    let mut bench = asked();
    let number = says(&mut bench, 1);
    let lines = bench.press('1').lines();
    assert!(lines.contains("queue Enqueue") && listen(&bench) == [None], "{lines}");
    assert!(understood(&mut bench, number, Some("again")).is_empty());
}

#[test]
fn no_answer_and_none_in_time_listen_on() {
    let mut bench = asked();
    let number = says(&mut bench, 1);
    let lines = understood(&mut bench, number, None);
    assert!(lines.contains("arm Menu") && listen(&bench) == [Some(2)], "{lines}");
    says(&mut bench, 2);
    bench.tell(Event::Timer(Timer::Menu));
    assert_eq!(listen(&bench), [Some(3)], "the deadline is the call's own");
}

#[test]
fn nobody_is_listened_to_beyond_the_menus_longest_time() {
    let mut bench = asked();
    let lines = bench.tell(Event::Timer(Timer::MenuLimit)).lines();
    assert!(lines.contains("queue Enqueue") && listen(&bench) == [None], "{lines}");
    notice(&mut bench, 0, 1, true);
    assert!(bench.said.is_empty(), "{:?}", bench.said);
}

#[test]
fn what_is_no_word_is_no_wrong_key_in_the_record() {
    let mut bench = asked();
    let number = says(&mut bench, 1);
    let lines = understood(&mut bench, number, Some("nice weather"));
    assert!(lines.contains("hears [\"invalid\", \"welcome\"]") && !lines.contains("wrong keys"), "{lines}");
}
