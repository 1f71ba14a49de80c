//! Supervisors who pull callers forward, move them and let them go, and close and open groups.

use std::time::Duration;

use base::{CallId, GroupId, Now, Rng, Ticket};
use switch::{Ask, Input};

use crate::people::{Deed, People};
use crate::plan::GROUPS;
use crate::turn::Turn;
use crate::world::World;

/// A supervisor's list of one group.
const SHOWN: usize = 100;

/// Makes the stream of surges another than the others of a seed.
const SURGES: u64 = 0x5u64 << 32;

impl People {
    /// Supervisors say now and then whether a group is in surge. Of a stream of its own, as all that is drawn since.
    pub(crate) fn surges_come(&mut self, now: Now) {
        let mut rng = Rng::from_number(self.scenario.seed ^ SURGES);
        let span_ns = (self.scenario.span * 2).as_nanos() as u64;
        while self.scenario.surging > 0.0 && rng.chance(self.scenario.surging) {
            let at = now.time + Duration::from_nanos(rng.below(span_ns));
            let group = GroupId(rng.below(GROUPS.len() as u64) as u16);
            let by_hand = [Some(true), Some(true), Some(false), None][rng.below(4) as usize];
            self.agenda.push((at, 0, Deed::Surge(group, by_hand)));
        }
    }

    /// Supervisors look at the queue every now and then while citizens dial, and a little longer.
    pub(crate) fn supervisors_come(&mut self, now: Now) {
        if self.scenario.steering == 0.0 {
            return;
        }
        let span_ns = (self.scenario.span * 2).as_nanos() as u64;
        while self.supervisor.chance(self.scenario.steering) {
            let at = now.time + Duration::from_nanos(self.supervisor.below(span_ns));
            self.agenda.push((at, 0, Deed::Steer));
        }
    }

    fn steers(&mut self, waiting: &[CallId]) -> Option<Ask> {
        let groups = GROUPS.len() as u64;
        let rng = &mut self.supervisor;
        let group = GroupId(rng.below(groups) as u16);
        let place = rng.below(waiting.len().max(1) as u64) as usize;
        Some(match (rng.below(10), waiting.get(place).copied()) {
            (0, _) => Ask::Open { group, open: false },
            // Closed groups turn everybody away: most of what is looked at is with open ones.
            (1..4, _) => Ask::Open { group, open: true },
            (4, Some(call)) => Ask::Release { call },
            (5 | 6, Some(call)) => Ask::Move { call, group },
            (_, Some(call)) => Ask::Raise { call },
            (_, None) => return None,
        })
    }
}

impl World {
    /// A supervisor says whether a group is in surge.
    pub(crate) fn surge(&mut self, group: GroupId, by_hand: Option<bool>) -> Result<(), String> {
        if !self.disk.is_up() {
            return Ok(());
        }
        let ask = Ask::Surge { group, by_hand };
        self.tell(|| format!("a supervisor asks {ask:?}"));
        self.turn(Turn::Feed(Input::Ask { ticket: Ticket(2), by: "supervisor".to_owned(), ask }))
    }

    /// A supervisor does something to whoever waits, or to a group.
    pub(crate) fn steer(&mut self) -> Result<(), String> {
        if !self.disk.is_up() {
            return Ok(());
        }
        let of_group = |group: usize| {
            let callers = self.exchange.acd.callers(self.now, GroupId(group as u16), SHOWN);
            callers.into_iter().map(|caller| caller.call)
        };
        let waiting: Vec<CallId> = (0..GROUPS.len()).flat_map(of_group).collect();
        let Some(ask) = self.people.steers(&waiting) else { return Ok(()) };
        self.tell(|| format!("a supervisor asks {ask:?}"));
        self.turn(Turn::Feed(Input::Ask { ticket: Ticket(2), by: "supervisor".to_owned(), ask }))
    }
}
