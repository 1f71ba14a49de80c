//! A text that is spoken in the call: whom it is asked of, what of it is heard, and what comes too late.

use std::sync::Arc;
use std::time::Duration;

use base::{Clip, Codec};
use call::plan::MenuVersion;
use call::{Event, Plan};
use insta::assert_snapshot;
use ivr::tree::{Say, Speak, Text};
use ivr::{Kind, Node, Tree};

use crate::kit::{Bench, plan, sdp};

/// The menu speaks, twice, before anybody is in a queue.
fn speaks() -> Arc<Plan> {
    plan(|plan| {
        let speak = |next: &str| {
            Kind::Speak(Speak {
                text: Text::One("来电{caller}".to_owned()),
                otherwise: vec![Say::always("please-wait")],
                timeout: Duration::from_secs(3),
                max: Duration::from_secs(10),
                next: next.to_owned(),
            })
        };
        let nodes = vec![
            Node::new("tell", &["welcome"], speak("more")),
            Node::new("more", &[], speak("person")),
            Node::new("person", &[], Kind::queue("consult", 0)),
        ];
        let tree = Tree::new("zh-CN", "tell", "person", "invalid", nodes);
        let groups = ["consult".to_owned(), "complaint".to_owned()];
        let menu = ivr::compile(&tree, ivr::Names::new(&groups, &plan.prompts)).expect("a menu that is right").menu;
        plan.menus = vec![Arc::new(MenuVersion { name: "12345".to_owned(), version: "v1".to_owned(), menu })];
    })
}

fn asked() -> Bench {
    let mut bench = Bench::with(speaks(), Some(&sdp(4000, &Codec::ALL)));
    bench.ack();
    bench
}

fn spoken(question: u32, clip: &Clip) -> Event<'static> {
    Event::Synthesized { question, clip: Some(clip.clone()) }
}

#[test]
fn a_text_is_asked_for_heard_and_followed_by_the_next() {
    let (mut bench, clip) = (asked(), Clip::silent(0, Duration::from_secs(2)));
    assert_snapshot!(bench.lines(), @r#"
    arm MenuLimit
    speak 1: 来电
    arm Menu
    end 0 hears ["welcome"] then Silence
    "#);
    bench.tell(spoken(1, &clip));
    assert_snapshot!(bench.lines(), @"
    disarm Menu
    end 0 hears clip 1 of 2s
    ");
    assert!(clip.holders() > 1, "the call plays it");
    bench.played(1);
    assert_snapshot!(bench.lines(), @"");
    // The end of the prompt that it replaced.
    bench.played(2);
    assert_snapshot!(bench.lines(), @"
    speak 3: 来电
    arm Menu
    ");
    bench.tell(Event::Synthesized { question: 3, clip: None });
    assert_snapshot!(bench.lines(), @r#"
    disarm Menu
    end 0 hears ["please-wait"] then Silence
    "#);
}

#[test]
fn what_nobody_waits_for_any_more_is_not_heard() {
    let clip = Clip::silent(0, Duration::from_secs(2));
    let mut bench = asked();
    bench.press('0').tell(spoken(1, &clip));
    assert_snapshot!(bench.lines(), @"");
    assert_eq!(clip.holders(), 1, "it is let go");
    let mut bench = asked();
    bench.tell(spoken(1, &clip)).press('0');
    assert!(clip.holders() == 1, "nothing holds what plays no more: {}", bench.lines());
}
