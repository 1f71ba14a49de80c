//! An agent's keys in a talk: asked first, handed on, and back again, on a phone that can do nothing else.

use base::{Digit, EndReason};
use call::{Action, Event, Phase, Signal};
use insta::assert_snapshot;

use crate::kit::{Bench, CITIZEN};

/// The agent's leg in a citizen's call, and that of who is asked.
const AGENT: u16 = 1;
const ASKED: u16 = 2;

fn press(bench: &mut Bench, keys: &str) {
    for key in keys.chars() {
        bench.signal(AGENT, Signal::Digit(Digit::from_char(key).expect("a key")));
    }
}

/// The colleague's phone rings for an agent who asks first.
fn asking() -> Bench {
    let mut bench = Bench::talking();
    bench.pass(20);
    press(&mut bench, "*21002#");
    bench.reached(1);
    bench
}

/// The colleague has answered.
fn asked() -> Bench {
    let mut bench = asking();
    bench.pass(3).agent_answers(ASKED);
    bench
}

#[test]
fn the_citizen_hears_music_while_the_colleague_is_asked() {
    let mut bench = Bench::talking();
    bench.pass(20);
    press(&mut bench, "*21002");
    assert_eq!(bench.lines(), "", "not yet");
    press(&mut bench, "#");
    assert_snapshot!(bench.lines(), @r#"
    roster Ring
    arm NoAnswer
    end 0 hears [] then Loop(SoundId(14))
    end 2 hears ["please-wait"] then Loop(SoundId(14))
    "#);
    bench.reached(1).pass(3).agent_answers(ASKED);
    assert_snapshot!(bench.lines(), @r"
    disarm NoAnswer
    open end 3 with Pcma
    end 2 hears end 3
    end 3 hears end 2
    ");
}

#[test]
fn the_agent_hangs_up_and_the_colleague_has_the_citizen() {
    for by_key in [false, true] {
        let mut bench = asked();
        bench.pass(5);
        match by_key {
            true => press(&mut bench, "*1#"),
            false => drop(bench.signal(AGENT, Signal::Bye)),
        }
        let lines = bench.lines();
        assert!(lines.contains("queue TakesOver") && lines.contains("end 0 hears end 3"), "{lines}");
        assert!(lines.contains("end 3 hears end 0"), "{lines}");
        assert_eq!(lines.contains("HangUp { leg: 1"), by_key, "{lines}");
        assert!(!lines.contains("HandingOn"), "nobody asked to be told: {lines}");
        bench.signal(AGENT, Signal::Closed).signal(CITIZEN, Signal::Bye);
        let record = bench.record().expect("a record");
        assert_eq!((record.agent.as_deref(), record.end_reason), (Some("1002"), EndReason::CallerHangup));
    }
}

#[test]
fn the_agent_goes_back_to_the_citizen() {
    let mut bench = asked();
    press(&mut bench, "*0");
    assert_snapshot!(bench.lines(), @r"
    disarm NoAnswer
    close end 3
    HangUp { leg: 2, status_if_early: 480 }
    end 0 hears end 2
    end 2 hears end 0
    ");
    bench.signal(ASKED, Signal::Closed);
    assert_eq!(bench.lines(), "roster OwnCall\n");
    // While it still rings.
    let mut bench = asking();
    press(&mut bench, "*0");
    assert!(bench.lines().contains("HangUp { leg: 2"), "{}", bench.lines());
}

#[test]
fn a_colleague_who_leaves_or_does_not_come_leaves_agent_and_citizen_together() {
    let mut bench = asked();
    bench.signal(ASKED, Signal::Bye);
    assert!(bench.lines().contains("end 0 hears end 2"), "{}", bench.lines());
    assert_eq!(bench.call.phase(), Phase::Talking);
    let mut bench = asking();
    bench.signal(ASKED, Signal::Rejected { status: Some(486) });
    let lines = bench.lines();
    assert!(
        lines.contains("end 0 hears end 2") && lines.contains("end 2 hears []"),
        "a prompt where there is one: {lines}"
    );
    let mut bench = Bench::talking();
    press(&mut bench, "*21002#");
    bench.tell(Event::Unreached { agent: base::AgentId(1), busy: true });
    assert!(bench.lines().contains("end 0 hears end 2"), "{}", bench.lines());
}

#[test]
fn an_agent_who_leaves_while_it_rings_has_handed_on() {
    let mut bench = asking();
    bench.signal(AGENT, Signal::Bye);
    assert_eq!(bench.call.phase(), Phase::Talking, "the colleague is waited for");
    bench.signal(AGENT, Signal::Closed).agent_answers(ASKED);
    assert!(bench.lines().contains("end 0 hears end 3"), "{}", bench.lines());
    let mut bench = asking();
    bench.signal(AGENT, Signal::Bye).signal(AGENT, Signal::Closed);
    bench.signal(ASKED, Signal::Rejected { status: Some(486) });
    assert_eq!(bench.call.phase(), Phase::Waiting, "else the queue");
}

#[test]
fn a_citizen_who_leaves_ends_it_for_all() {
    let mut bench = asked();
    bench.signal(CITIZEN, Signal::Bye);
    let lines = bench.lines();
    assert!(lines.contains("HangUp { leg: 1") && lines.contains("HangUp { leg: 2"), "{lines}");
}

#[test]
fn without_asking_the_citizen_goes_on_as_by_the_phones_own_key() {
    let mut bench = Bench::talking();
    press(&mut bench, "*11002#");
    assert!(bench.lines().contains("queue Claim"), "{}", bench.lines());
    let mut bench = Bench::talking();
    press(&mut bench, "*11001#");
    assert_eq!(bench.call.phase(), Phase::Talking);
    let mut bench = Bench::talking();
    press(&mut bench, "*19999#");
    let refused = bench.said.iter().any(|action| matches!(action, Action::Queue(_) | Action::Seek { .. }));
    assert!(!refused, "nobody has that number: {}", bench.lines());
}
