//! Who is offered whom in which order, by what the phones saw.

use std::time::Duration;

use base::Time;
use load::phone::Side;

use super::account::{Entry, Wait};
use super::hall::Hall;
use super::people::Offer;

/// A caller who waited.
struct Waiter<'a> {
    dial: usize,
    /// Not later, and not earlier, than the time from which the queue has to count.
    turn: [Time; 2],
    /// When the phone hung up, or an agent had answered.
    left: Time,
    waits: &'a [Wait],
    offers: Vec<&'a Offer>,
}

/// Whenever a phone rings for a caller, there is nobody in the same group who joined it earlier, by more than `slack`, and waited with no phone
/// ringing from `slack` before to `slack` after. All callers have one priority, so whoever may serve one of a group may serve them all.
/// Gives how many times somebody waited on rightly, so that a test can see that it saw something, and how many callers had the place of an earlier
/// call.
///
/// # Panics
/// When somebody was passed over.
pub(super) fn is_kept(hall: &Hall, entries: &[Option<Entry>], slack: Duration) -> (usize, usize) {
    let waiters: Vec<Waiter<'_>> =
        (0..hall.dials.len()).filter_map(|dial| waiter(hall, entries, dial, slack)).collect();
    let mut compared = 0;
    for offer in &hall.offers {
        let Some(served) = waiters.iter().find(|w| w.dial == offer.dial) else { continue };
        let Some(group) = group_at(served.waits, offer.at, slack) else { continue };
        for other in waiters.iter().filter(|w| w.dial != served.dial && waits_then(w, group, offer.at, slack)) {
            let passed_over = other.turn[1] + slack < served.turn[0];
            assert!(
                !passed_over,
                "in {group} at {:?} a phone rang for one who came later than another by {:?}:\n{}\nand\n{}",
                offer.at,
                served.turn[0].since(other.turn[1]),
                story(hall, entries, served.dial),
                story(hall, entries, other.dial),
            );
            compared += usize::from(served.turn[1] + slack < other.turn[0]);
        }
    }
    let kept = waiters.iter().filter(|w| hall.dials[w.dial].pressed.is_some_and(|pressed| w.turn[1] < pressed)).count();
    (compared, kept)
}

/// All calls of a citizen, what came of them, and what is written of them.
fn story(hall: &Hall, entries: &[Option<Entry>], dial: usize) -> String {
    let citizen = hall.dials[dial].citizen;
    let calls = hall.dials.iter().zip(entries).enumerate().filter(|(_, (dial, _))| dial.citizen == citizen);
    let told = calls.map(|(place, (dial, entry))| {
        let offers: Vec<&Offer> = hall.offers.iter().filter(|offer| offer.dial == place).collect();
        format!("{dial:?}\n  {offers:?}\n  {entry:?}")
    });
    told.collect::<Vec<_>>().join("\n")
}

fn waiter<'a>(hall: &'a Hall, entries: &'a [Option<Entry>], dial: usize, slack: Duration) -> Option<Waiter<'a>> {
    let waits = &entries[dial].as_ref()?.waits;
    let pressed = hall.dials[dial].pressed.filter(|_| !waits.is_empty())?;
    let first = waits[0].from;
    assert!(
        first <= pressed + slack && pressed <= first + slack,
        "the wait began at {first:?}: {:?}",
        hall.dials[dial]
    );
    let offers: Vec<&Offer> = hall.offers.iter().filter(|o| o.dial == dial).collect();
    let answered = offers.iter().find_map(|offer| offer.answered);
    let left = answered.unwrap_or(hall.dials[dial].over.expect("all is over").0);
    Some(Waiter { dial, turn: turn(hall, entries, dial), left, waits, offers })
}

/// Since when a caller waits: since the first call, where calls were cut short and the caller dialled again. An agent who has answered
/// leaves it open whether the place was kept.
fn turn(hall: &Hall, entries: &[Option<Entry>], dial: usize) -> [Time; 2] {
    let this = &hall.dials[dial];
    let pressed = this.pressed.unwrap_or(this.at);
    let earlier = hall.dials[..dial].iter().rposition(|d| d.citizen == this.citizen);
    let Some(before) = earlier.filter(|b| hall.dials[*b].over.is_some_and(|(_, by, _)| by == Side::Peer)) else {
        return [pressed; 2];
    };
    let waited = entries[before].as_ref().is_some_and(|entry| !entry.waits.is_empty());
    let talked = hall.offers.iter().any(|o| o.dial == before && o.answered.is_some());
    let [from, to] = turn(hall, entries, before);
    [from, if waited && !talked { to } else { pressed }]
}

fn group_at(waits: &[Wait], at: Time, slack: Duration) -> Option<&str> {
    let wait = waits.iter().rev().find(|wait| wait.from <= at + slack)?;
    Some(&wait.group)
}

/// All the time from `slack` before to `slack` after: in this group, on the line, and with no phone ringing.
fn waits_then(waiter: &Waiter<'_>, group: &str, at: Time, slack: Duration) -> bool {
    let there = waiter.waits.iter().any(|w| w.group == group && w.from + slack <= at && at + slack <= w.until);
    let rings = |offer: &&Offer| offer.at <= at + slack && offer.over.is_none_or(|over| at <= over.0 + slack);
    there && at + slack <= waiter.left && !waiter.offers.iter().any(rings)
}
