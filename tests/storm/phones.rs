//! What must hold of the phones alone: nobody has two calls, nobody is left in one, nobody hears a stranger.

use std::collections::BTreeSet;
use std::time::Duration;

use base::Time;
use load::PhoneId;
use load::phone::{Side, Why};

use super::hall::Hall;
use super::people::Offer;
use super::voices;

/// What the phones of a call may wait for their BYE or CANCEL after the engine is back.
pub(super) const HUNG_UP_WITHIN: Duration = Duration::from_secs(2);

/// No agent has two calls, and no call two agents.
pub(super) fn one_to_one(hall: &Hall, slack: Duration) {
    assert!(hall.doubled.is_empty(), "phones that rang in a call: {:?}", hall.doubled);
    for (place, offer) in hall.offers.iter().enumerate() {
        let others =
            hall.offers[place + 1..].iter().filter(|other| other.dial == offer.dial && other.agent != offer.agent);
        for other in others {
            let apart = |one: &Offer, two: &Offer| one.over.zip(two.answered).is_none_or(|(over, at)| over.0 <= at);
            let one_at_most = apart(offer, other) || apart(other, offer);
            // Whoever answers as the engine gives the ringing up is hung up on (RFC 3261 §9.1).
            let in_vain = [offer, other].into_iter().any(|one| answered_in_vain(one, slack));
            assert!(one_at_most || in_vain, "two agents: {offer:?}, {other:?}");
            // A phone that has refused knows it before the engine does; two that were heard of in one turn of ours stand in any order.
            let after = |one: &Offer, two: &Offer| one.over.is_some_and(|over| over.0 <= two.at + slack);
            let in_turn = after(offer, other) || after(other, offer);
            assert!(in_turn, "two phones ring at once: {offer:?}, {other:?}");
        }
    }
}

fn answered_in_vain(offer: &Offer, slack: Duration) -> bool {
    let at_once = |answered: Time| matches!(offer.over, Some((at, Side::Peer, Why::Bye)) if at <= answered + slack);
    offer.heard.is_none() && offer.answered.is_some_and(at_once)
}

/// An agent's phone has a call only while the citizen's has it too; beside an outage, which neither hears of before it is over.
pub(super) fn no_ghosts(hall: &Hall, slack: Duration) {
    for cut in &hall.cuts {
        let ready = cut.ready.expect("it came back");
        let is_open = |at: Time, over: Time| at < cut.at && over > cut.at;
        let ended = |over: Time| over <= ready + HUNG_UP_WITHIN + slack;
        // Who was not answered yet asks again by itself, and has a call of the next engine.
        for (dial, answered) in hall.dials.iter().filter_map(|dial| Some((dial, dial.answered?))) {
            let over = dial.over.expect("all is over").0;
            assert!(!is_open(answered, over) || ended(over), "left in a call by {cut:?}: {dial:?}");
        }
        for offer in &hall.offers {
            let over = offer.over.expect("all is over").0;
            assert!(!is_open(offer.at, over) || ended(over), "left in a call by {cut:?}: {offer:?}");
        }
    }
    for offer in &hall.offers {
        let (over, gone) = (offer.over.expect("all is over").0, hall.dials[offer.dial].over.expect("all is over").0);
        let outage =
            hall.cuts.iter().find(|cut| cut.at <= gone + slack && gone <= cut.ready.expect("it came back") + slack);
        let told = outage.map_or(gone, |cut| gone.max(cut.ready.expect("it came back") + HUNG_UP_WITHIN));
        assert!(over <= told + slack, "the citizen is gone: {offer:?}, {:?}", hall.dials[offer.dial]);
    }
}

/// Each party hears those whom it talked with, unless the talk was cut short before, and nobody else.
pub(super) fn no_strangers(hall: &Hall) {
    for (place, id) in hall.agents.iter().enumerate() {
        let with = hall.offers.iter().filter(|offer| offer.agent == place);
        heard(hall, *id, with.map(|offer| (offer, voices::mask(voices::of_citizen(offer.citizen)))), "agent", place);
    }
    for (place, id) in hall.citizens.iter().enumerate() {
        let with = hall.offers.iter().filter(|offer| offer.citizen == place);
        heard(hall, *id, with.map(|offer| (offer, voices::mask(voices::of_agent(offer.agent)))), "citizen", place);
    }
}

fn heard<'a>(hall: &Hall, id: PhoneId, with: impl Iterator<Item = (&'a Offer, u64)>, who: &str, place: usize) {
    let talks: Vec<(&Offer, u64)> = with.filter(|(offer, _)| offer.answered.is_some()).collect();
    let must: BTreeSet<u64> =
        talks.iter().filter(|(offer, _)| offer.heard.is_some()).map(|(_, voice)| *voice).collect();
    let may: BTreeSet<u64> = talks.iter().map(|(_, voice)| *voice).collect();
    let heard = voices::heard(hall.runner().phone(id).ear());
    assert!(heard.is_subset(&may), "{who} {place} heard a stranger: {heard:x?}, and talked with {may:x?}: {talks:?}");
    assert!(must.is_subset(&heard), "{who} {place} did not hear all: {heard:x?}, and talked with {must:x?}: {talks:?}");
}
