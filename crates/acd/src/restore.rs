//! From a queue to its ledger, and from a ledger to the queue of the next process.

use std::sync::Arc;

use base::{AgentId, CallerKey, GroupId, Now, Time};

use crate::agents::State;
use crate::callers::Standing;
use crate::ledger::{Caller, Ledger, Place};
use crate::{Acd, Action, Fact, Plan, Reservation};

impl Acd {
    /// What the facts that were told up to now make of an empty ledger.
    pub fn ledger(&self) -> Ledger {
        let callers = self.callers.iter().filter(|caller| caller.is_told()).map(|caller| {
            let claim = caller.claim();
            let agent = match caller.standing {
                Standing::Talking(agent) => Some(agent),
                Standing::Waiting | Standing::Offered(_) | Standing::Nowhere => None,
            };
            let (priority, since) = (claim.priority, claim.since);
            (caller.call, Caller { caller: claim.caller, group: caller.group, priority, since, agent })
        });
        let rests = (0..).map(AgentId).zip(self.agents.iter()).filter_map(|(id, agent)| match agent.state {
            State::Resting { rest, .. } => Some((id, rest)),
            _ => None,
        });
        Ledger {
            reservation: Reservation(self.issued),
            callers: callers.collect(),
            rests: rests.collect(),
            places: self.places.all().clone(),
            lasts: self.lasts.all().clone(),
            tallies: (0..).map(AgentId).zip(self.agents.tallies().copied()).filter(|(_, t)| t.calls > 0).collect(),
            closed: self.closed.clone(),
            promises: self.promises.all(),
            learned: self.expect.learned.clone(),
            surges: self.surges.ledger(),
            calls: self.repeats.all().clone(),
        }
    }

    /// The queue of a new process, in which nobody is ready yet. Every call of the ledger ended with the old process: whoever
    /// can be known again by number gets a place. Wrap-up and back-off stand until their time, and so do places, closed groups stay closed, surges go on, and waits are reckoned by what was learned; `out`
    /// has the facts that make this queue's ledger of the one that was given, and every agent's wrap-up again.
    pub fn restore(plan: impl Into<Arc<Plan>>, now: Now, ledger: &Ledger, out: &mut Vec<Action>) -> Acd {
        let mut acd = Acd::new(plan, now.time);
        acd.issued = ledger.reservation.0;
        acd.agents.hear_up_to(ledger.reservation);
        acd.restore_tallies(ledger);
        acd.expect.restore(ledger);
        acd.restore_closed(ledger.closed.iter().copied(), out);
        acd.restore_surges(now.time, ledger, out);
        acd.mark_day(now);
        acd.restore_rests(now.time, ledger, out);
        acd.restore_places(now.time, ledger, out);
        acd.restore_lasts(now, ledger, out);
        acd.restore_repeats(now.time, ledger, out);
        acd.restore_promises(now.time, ledger, out);
        acd.end_calls(now.time, ledger, out);
        acd
    }

    fn restore_rests(&mut self, now: Time, ledger: &Ledger, out: &mut Vec<Action>) {
        for (&agent, &rest) in &ledger.rests {
            let stands = rest.until > now && self.agents.get(agent).is_some();
            if stands {
                self.hold_at_rest(agent, rest);
            } else {
                out.push(Action::Fact(Fact::Rested { agent }));
            }
            if rest.wrap_up && self.agents.get(agent).is_some() {
                out.push(Action::WrapsUp { agent, until: stands.then_some(rest.until) });
            }
        }
    }

    fn restore_places(&mut self, now: Time, ledger: &Ledger, out: &mut Vec<Action>) {
        for (&caller, &place) in &ledger.places {
            if place.until > now && self.has(place.group) {
                self.places.insert(caller, place);
            } else {
                out.push(Action::Fact(Fact::PlaceGone { caller }));
            }
        }
        self.make_room(out);
    }

    fn end_calls(&mut self, now: Time, ledger: &Ledger, out: &mut Vec<Action>) {
        let until = now + self.plan.redial;
        for (&call, &Caller { caller, group, priority, since, .. }) in &ledger.callers {
            // In this order, so that whoever is killed between the two has the place all the same.
            let is_promised = |caller: CallerKey| ledger.promises.get(&caller).is_some_and(|p| p.call == call);
            if let Some(caller) = caller.filter(|caller| self.has(group) && !is_promised(*caller)) {
                self.keep_place(now, caller, Place { group, priority, since, until }, out);
            }
            out.push(Action::Fact(Fact::Left { call }));
        }
    }

    fn has(&self, group: GroupId) -> bool {
        usize::from(group.0) < self.plan.groups.len()
    }
}
