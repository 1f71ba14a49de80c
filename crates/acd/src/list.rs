//! Who waits in a group, for people who look.

use std::time::Duration;

use base::{CallId, GroupId, Now, packed_struct};

use crate::callers::{Caller, Standing};
use crate::{Acd, Citizen, Range};

/// A caller who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InLine {
    pub call: CallId,
    /// Since the time in `Enqueue`.
    pub waited: Duration,
    pub priority: u8,
    /// Somebody pulled the caller forward.
    pub pulled: bool,
    /// A phone is asked to ring for the caller.
    pub offered: bool,
    /// How long it will wait from now on; none while a phone rings for it, or where nobody is at work who serves it.
    pub expected: Option<Range>,
    /// Is called back when the turn has come, and is not on the line.
    pub called_back: Option<Citizen>,
    /// Did not answer, and stands in no line for so long.
    pub rests: Option<Duration>,
}

packed_struct!(InLine { call, waited, priority, pulled, offered, expected, called_back, rests });

impl Acd {
    /// The first `most` of a group who wait, in line or offered, in order of turn, and behind them who is called back later. Takes time in proportion to all callers, a
    /// few milliseconds for a hundred thousand: for people who look now and then, not for every turn.
    pub fn callers(&self, now: Now, group: GroupId, most: usize) -> Vec<InLine> {
        let waits = |standing| matches!(standing, Standing::Waiting | Standing::Offered(_));
        let mut callers: Vec<&Caller> = self.callers.iter().filter(|c| c.group == group && waits(c.standing)).collect();
        if callers.len() > most {
            callers.select_nth_unstable_by_key(most, |caller| self.callers.turn(caller));
            callers.truncate(most);
        }
        callers.sort_unstable_by_key(|caller| self.callers.turn(caller));
        let promise = |c: &Caller| self.promises.get(c.claim().caller.filter(|_| c.is_called_back())?);
        let shown = |c: &&Caller| InLine {
            call: c.call,
            waited: now.time - c.since,
            priority: c.priority,
            pulled: c.pulled.is_some(),
            offered: c.standing != Standing::Waiting,
            expected: self.expected_of(now.time, c).map(|(range, _)| range),
            called_back: promise(c).map(|promise| promise.citizen.clone()),
            rests: None,
        };
        let resting = self.promises.resting(group).map(|(promise, until)| InLine {
            call: promise.call,
            waited: now.time - promise.since,
            priority: promise.priority,
            pulled: false,
            offered: false,
            expected: None,
            called_back: Some(promise.citizen.clone()),
            rests: Some(until - now.time),
        });
        callers.iter().map(shown).chain(resting).take(most).collect()
    }
}
