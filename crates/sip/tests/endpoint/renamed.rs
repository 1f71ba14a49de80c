//! Dialogs by the names that a Replaces gives them (RFC 3891), and legs that change their id.

use base::LegId;
use sip::{Method, Reply};

use crate::pair::{Pair, Weather, body, leg, reply};

/// The names of a leg at an end: Call-ID, the peer's tag, ours.
fn names(pair: &Pair, end: usize, n: u32) -> Option<[String; 3]> {
    let names = pair.ends[end].names(leg(n))?;
    Some([names.call_id, names.to_tag, names.from_tag].map(str::to_owned))
}

fn rename(pair: &mut Pair, end: usize, from: u32, to: u32) -> bool {
    let mut done = false;
    pair.act(end, |end, _, out| done = end.rename(leg(from), leg(to), out));
    done
}

fn bye(pair: &mut Pair, end: usize, n: u32) {
    pair.act(end, |end, now, out| end.hang_up(now, leg(n), 480, None, out));
}

/// Told by either end, to both ends: the dialog is found with the tags in either order, and with no other name.
#[test]
fn a_dialog_is_found_by_its_three_names_in_either_order() {
    let pair = Pair::up(1, Weather::default());
    for (end, own) in [(0, 1), (1, 2)] {
        let [call_id, theirs, ours] = names(&pair, end, own).expect("a dialog");
        let find = |call_id: &str, tags: [&str; 2]| pair.ends[end].find(call_id, tags);
        assert_eq!(find(&call_id, [&ours, &theirs]), Some(leg(own)), "as its peer names it");
        assert_eq!(find(&call_id, [&theirs, &ours]), Some(leg(own)), "as we name it");
        for (call_id, tags) in [
            ("another", [&*ours, &*theirs]),
            (&*call_id, [&*ours, &*ours]),
            (&*call_id, [&*theirs, &*theirs]),
            (&*call_id, [&*ours, ""]),
            (&*call_id, ["", &*theirs]),
            (&*call_id, ["", ""]),
        ] {
            assert_eq!(find(call_id, tags), None, "{call_id} {tags:?}");
        }
    }
}

#[test]
fn both_ends_mean_the_same_dialog_by_the_same_names() {
    let pair = Pair::up(1, Weather::default());
    let [call_id, to, from] = names(&pair, 0, 1).expect("a dialog");
    assert_eq!(names(&pair, 1, 2), Some([call_id, from, to]));
    assert_eq!(names(&pair, 0, 7), None, "no such leg");
}

#[test]
fn an_early_dialog_is_found_where_the_tag_of_who_rings_is_known() {
    let mut pair = Pair::new(1, Weather::default());
    pair.call(1, body("offer"));
    assert_eq!(names(&pair, 0, 1), None, "nobody has answered yet");
    pair.run_ms(20);
    pair.adopt(2);
    pair.act(1, |end, now, out| end.provisional(now, leg(2), 180, &Reply::default(), out));
    pair.run_ms(20);
    let [call_id, to, from] = names(&pair, 0, 1).expect("an early dialog");
    assert_eq!(pair.ends[0].find(&call_id, [&to, &from]), Some(leg(1)), "who calls");
    assert_eq!(pair.ends[1].find(&call_id, [&to, &from]), Some(leg(2)), "who rings");
    assert!(!rename(&mut pair, 0, 1, 5) && !rename(&mut pair, 1, 2, 5), "a leg that rings keeps its id");
    bye(&mut pair, 0, 1);
    pair.settle();
    assert_eq!(pair.ends[0].find(&call_id, [&to, &from]), None, "over");
}

#[test]
fn a_leg_that_is_not_up_keeps_its_id() {
    let mut pair = Pair::up(1, Weather::default());
    assert!(!rename(&mut pair, 0, 9, 5), "there is none");
    pair.call(3, body("offer"));
    assert!(!rename(&mut pair, 0, 1, 3), "in use");
    assert!(!rename(&mut pair, 0, 1, 1), "its own");
    bye(&mut pair, 0, 1);
    assert!(!rename(&mut pair, 0, 1, 5), "hung up");
    bye(&mut pair, 0, 3);
    pair.run_ms(100);
    assert!(!rename(&mut pair, 0, 1, 5), "closed");
    pair.events.iter_mut().for_each(Vec::clear);
}

#[test]
fn a_leg_of_an_earlier_process_keeps_its_id() {
    let mut pair = Pair::up(1, Weather::default());
    let image = pair.ledgers[1][&leg(2)].clone();
    pair.act(1, |end, now, out| end.restore(now, leg(8), image, out));
    assert!(!rename(&mut pair, 1, 8, 5), "muted");
}

#[test]
fn what_comes_for_a_renamed_leg_comes_under_its_new_id() {
    for (end, own) in [(0, 1), (1, 2)] {
        let mut pair = Pair::up(1, Weather::default());
        let (far, its) = (1 - end, 3 - own);
        assert!(rename(&mut pair, end, own, 5));
        pair.act(far, |end, now, out| end.reinvite(now, leg(its), body("hold"), out));
        pair.run_ms(20);
        assert_eq!(pair.events[end].iter().map(crate::pair::tell).collect::<Vec<_>>(), ["Reinvite 5 hold"]);
        let tx = pair.take_tx(end);
        pair.act(end, |end, now, out| end.reply(now, tx, 200, &reply("held"), out));
        pair.act(far, |end, now, out| end.send(now, leg(its), Method::Refer, &Reply::default(), out));
        pair.run_ms(50);
        assert!(pair.heard(end).contains(&"InDialog 5 REFER".to_owned()));
        bye(&mut pair, far, its);
        pair.run_ms(50);
        assert_eq!(pair.heard(end), ["Bye 5", "Closed 5"]);
    }
}

#[test]
fn what_leaves_a_renamed_leg_leaves_in_its_dialog() {
    for (end, own) in [(0, 1), (1, 2)] {
        let mut pair = Pair::up(1, Weather::default());
        let before = names(&pair, end, own);
        assert!(rename(&mut pair, end, own, 5));
        assert_eq!((names(&pair, end, 5), names(&pair, end, own)), (before, None));
        pair.act(end, |end, now, out| end.update(now, leg(5), None, out));
        pair.act(end, |end, now, out| end.hang_up(now, leg(own), 480, None, out));
        pair.run_ms(50);
        assert_eq!(pair.heard(1 - end), [format!("Update {} ", 3 - own)], "the old id means nothing");
        bye(&mut pair, end, 5);
        pair.run_ms(50);
        assert!(pair.heard(1 - end).contains(&format!("Bye {}", 3 - own)));
    }
}

#[test]
fn a_journal_cut_between_the_two_facts_has_the_dialog_twice_and_not_never() {
    let mut pair = Pair::up(1, Weather::default());
    let mut facts = Vec::new();
    let image = pair.ledgers[0][&leg(1)].clone();
    pair.act(0, |end, _, out| {
        assert!(end.rename(leg(1), leg(5), out));
        facts.clone_from(&out.facts);
    });
    let (new, old): (LegId, LegId) = (leg(5), leg(1));
    assert_eq!(facts, [sip::Fact::Image { leg: new, image: Box::new(image) }, sip::Fact::Closed { leg: old }]);
    assert_eq!(pair.ledgers[0].keys().collect::<Vec<_>>(), [&new]);
}

#[test]
fn a_renamed_leg_is_ended_after_a_restart() {
    let mut pair = Pair::up(1, Weather::default());
    assert!(rename(&mut pair, 0, 1, 5));
    pair.restart(0);
    pair.run_ms(100);
    assert!(pair.heard(1).contains(&"Bye 2".to_owned()));
    assert!(pair.heard(0).contains(&"Closed 5".to_owned()));
    pair.settle();
}
