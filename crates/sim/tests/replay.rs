//! A trace makes the same decisions again: every drawn scenario, also over restarts and panics.

mod kit;

use base::pack::Packed;
use sim::{Scenario, Tape};
use switch::trace::{Difference, Entry, Given, Head, Replay, Summary, Tail};

use kit::{hush, shares};

/// Seeds of each test; the tests share the cores.
const SHARE: u64 = 50;
/// Apart from those that `seeds` plays.
const FIRST: u64 = 20_000;

fn taped(scenario: &Scenario) -> Vec<Tape> {
    hush();
    match sim::run_taped(scenario) {
        Ok((report, tapes)) => {
            // The tape does not touch what it watches.
            assert_eq!(sim::run(scenario).as_ref(), Ok(&report));
            tapes
        }
        Err(failure) => panic!("\n{failure}\n{scenario:?}"),
    }
}

fn replay(tape: &Tape, watch: bool) -> Result<Replay, Box<Difference>> {
    let head = Head::from_bytes(&tape.head).expect("a head");
    assert_eq!(head.fingerprint_of(&tape.plans), head.plans, "the plans are those of the run");
    let mut replay = Replay::new(&head, &tape.plans, &tape.later, watch).expect("a start");
    for entry in &tape.entries {
        replay.feed(Entry::from_bytes(entry).expect("an entry"))?;
    }
    replay.finish(Tail::Open)?;
    Ok(replay)
}

fn share(number: u64) {
    let (mut sum, mut processes) = (Summary::default(), 0);
    for seed in (FIRST + number * SHARE)..(FIRST + (number + 1) * SHARE) {
        let scenario = Scenario::random(seed);
        for (process, tape) in taped(&scenario).iter().enumerate() {
            let replayed = replay(tape, process == 0);
            let replayed = replayed.unwrap_or_else(|d| panic!("seed {seed}, process {process}: {d:?}\n{scenario:?}"));
            let Summary { inputs, calls, faults, .. } = *replayed.summary();
            (sum.inputs, sum.calls, sum.faults) = (sum.inputs + inputs, sum.calls + calls, sum.faults + faults);
            processes += 1;
        }
    }
    assert!(
        sum.calls > 5 * SHARE && sum.faults > 0 && processes > SHARE,
        "the runs have become empty: {sum:?}, {processes}"
    );
}

shares! {
    first 0
    second 1
    third 2
    fourth 3
}

/// The first tape of a calm run.
fn calm() -> Tape {
    let scenario = Scenario { kills: Vec::new(), drill: None, trouble: 0.0, citizens: 8, ..Scenario::random(3) };
    taped(&scenario).remove(0)
}

#[test]
fn whatever_changes_is_found_at_its_turn() {
    let tape = calm();
    let entries: Vec<Entry> = tape.entries.iter().map(|e| Entry::from_bytes(e).expect("an entry")).collect();
    let turns = |until: usize| entries[..until].iter().filter(|e| matches!(e, Entry::Turn { .. })).count() as u64;
    let is_first_answer = |e: &Entry| matches!(e, Entry::Turn { said, .. } if said.contains("200 INVITE"));
    let place = entries.iter().position(is_first_answer).expect("a call that is answered");
    // The INVITE itself is gone.
    let mut without = tape.clone();
    without.entries.remove(place - 1);
    let difference = replay(&without, false).err().expect("a difference");
    assert_eq!(difference.turn, turns(place));
    assert!(difference.then.contains("200 INVITE") && !difference.here.contains("200 INVITE"), "{difference:?}");
    // A millisecond on the wall clock stands in a record.
    let mut late = tape.clone();
    let Entry::Given { mut now, settled, given } = entries[place - 1].clone() else {
        panic!("{:?}", entries[place - 1])
    };
    now.wall.0 += 1;
    late.entries[place - 1] = Entry::Given { now, settled, given }.to_bytes();
    let difference = replay(&late, false).err().expect("a difference");
    assert!(difference.turn == turns(place) && difference.here.contains("of other content"), "{difference:?}");
    // Another configuration.
    let mut other = tape.plans.clone();
    other.acd.groups.iter_mut().for_each(|group| group.ring += std::time::Duration::from_secs(1));
    let head = Head::from_bytes(&tape.head).expect("a head");
    assert_ne!(head.fingerprint_of(&other), head.plans);
}

#[test]
fn a_missing_verdict_is_found() {
    let mut tape = calm();
    let is_verdict = |e: &Vec<u8>| matches!(Entry::from_bytes(e), Ok(Entry::Judged(_)));
    let place = tape.entries.iter().position(is_verdict).expect("somebody registers");
    tape.entries.remove(place);
    let difference = replay(&tape, false).err().expect("a difference");
    assert!(difference.here.contains("1 senders more"), "{difference:?}");
}

#[test]
fn the_story_of_a_call_is_told_without_numbers() {
    let tape = calm();
    let replayed = replay(&tape, true).unwrap_or_else(|d| panic!("{d:?}"));
    let ended = |e: &Vec<u8>| match Entry::from_bytes(e) {
        Ok(Entry::Turn { said, .. }) if said.contains("ended") && said.contains("agent 1") => Some(said),
        _ => None,
    };
    let said = tape.entries.iter().find_map(ended).expect("a call that an agent took");
    let id = said.split("call ").find(|w| w.contains("ended")).and_then(|w| w.split(' ').next()).expect("an id");
    let call = id.parse().expect("a call's id");
    let story: Vec<String> = replayed.story(call).map(|told| told.text.clone()).collect();
    let story = story.join("\n");
    for part in [
        "in   INVITE",
        "out  200 INVITE",
        "menu: ",
        "to the queue: waits",
        "by the roster: ring",
        "BYE",
        "record: call",
    ] {
        assert!(story.contains(part), "{part} is missing:\n{story}");
    }
    // Ids of calls are longer, places and times shorter.
    let number = story.split(|c: char| !c.is_ascii_digit()).find(|digits| (7..=15).contains(&digits.len()));
    assert_eq!(number, None, "{story}");
}

#[test]
fn clear_lines_hold_no_number_and_no_key() {
    let scenario = Scenario { media: true, kills: Vec::new(), drill: None, ..Scenario::random(3) };
    let tape = taped(&scenario).remove(0);
    let mut keys = 0;
    for entry in tape.entries.iter().map(|e| Entry::from_bytes(e).expect("an entry")) {
        let line = entry.line();
        let Entry::Given { given, .. } = &entry else { continue };
        if let Given::Notice { notice: base::Notice::Digit { digit, .. }, .. } = given {
            keys += 1;
            assert!(line.ends_with("a key") && !line.ends_with(digit.as_char()), "{line}");
        }
        assert!(!line.contains("v=0"), "{line}");
    }
    assert!(keys > 0, "nobody pressed a key");
}
