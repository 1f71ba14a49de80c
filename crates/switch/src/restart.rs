//! From a ledger to an exchange that serves: every call found open is ended, everything else goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use acd::Acd;
use base::{AgentId, CallId, EndReason, LegId, Now, RecordEntry, Rng};
use roster::Roster;

use crate::ledger::{Ledger, OpenCall};
use crate::remnant::{OpenLeg, Remnant};
use crate::{Config, Effects, Exchange, Fact, Switch};

/// The plans of all owners.
#[derive(Clone, Debug)]
pub struct Plans {
    pub call: Arc<call::Plan>,
    pub acd: acd::Plan,
    pub roster: roster::Plan,
    pub carrier: carrier::Plan,
}

impl Exchange {
    /// The exchange as it goes on after `ledger`: both phones of every open call are hung up, each call gets its record with the
    /// reason `restart`, agents' states and deadlines stand, callers of the queue keep their place for a redial. An empty ledger
    /// makes a first start.
    pub fn restore(config: Config, plans: Plans, ledger: &Ledger, now: Now, rng: Rng, out: &mut Effects) -> Exchange {
        let mut ledger = ledger.clone();
        tell(&mut ledger, plans.names(), out);
        reconcile(&mut ledger, out);
        let (mut by_queue, mut by_roster) = (Vec::new(), Vec::new());
        let acd = Acd::restore(plans.acd, now, &ledger.queue, &mut by_queue);
        let roster = Roster::restore(plans.roster, now, &ledger.roster, &mut by_roster);
        let mut switch = Switch::new(config, plans.call, now.time, rng);
        switch.lead_out(now, plans.carrier);
        for (agent, bound) in roster.bound() {
            match bound.proxied {
                false => switch.doorman.registered(bound.flow, agent, bound.until),
                true => switch.doorman.proxies.note(bound.flow, bound.until),
            }
        }
        let mut exchange = Exchange::new(switch, acd, roster);
        // What the store did not confirm comes again, before what follows now: it knows what it has.
        out.records.extend(ledger.unwritten);
        exchange.switch.resume(now, ledger.calls, ledger.now, out);
        exchange.switch.refuse_again(now, ledger.refused, out);
        exchange.begin(now, by_queue, by_roster, out);
        exchange
    }
}

impl Exchange {
    /// Whether a ledger, made of the facts told so far, knows what a restart needs; otherwise what it does not.
    pub fn is_known_to(&self, ledger: &Ledger) -> Result<(), String> {
        let (queue, roster) = (self.acd.ledger(), self.roster.ledger());
        if ledger.queue != queue {
            return Err(format!("the facts make another queue: {:?} for {queue:?}", ledger.queue));
        }
        if ledger.roster != roster {
            return Err(format!("the facts make another roster: {:?} for {roster:?}", ledger.roster));
        }
        if ledger.calls.len() != self.switch.calls() {
            let known: Vec<String> = ledger.calls.keys().map(CallId::to_string).collect();
            return Err(format!("the facts know {known:?}, there are {} calls", self.switch.calls()));
        }
        let refused: BTreeSet<LegId> = self.switch.endpoint.unheard().collect();
        if !ledger.refused.keys().eq(&refused) {
            let known: Vec<&LegId> = ledger.refused.keys().collect();
            return Err(format!("the facts know the refusals {known:?} without an ACK, there are {refused:?}"));
        }
        Ok(())
    }
}

impl Switch {
    /// Ends calls of the process before this one, of whose last moment `last` is known.
    fn resume(&mut self, now: Now, calls: BTreeMap<CallId, OpenCall>, last: Now, out: &mut Effects) {
        for (id, OpenCall { call, images, own }) in calls {
            if !call.is_ended() {
                let record = Box::new(call.record(last.wall, EndReason::Restart));
                out.facts.push(Fact::Call { call: id, fact: call::Fact::Ended { record: record.clone() } });
                self.record(RecordEntry::End(record), out);
            }
            let leg = |index: &u16| OpenLeg { index: *index, serves: call.served_by(*index) };
            let own: Vec<(u16, AgentId)> = own.into_iter().filter(|(leg, _)| images.contains_key(leg)).collect();
            let agents: BTreeSet<AgentId> = own.iter().map(|(_, agent)| *agent).collect();
            out.roster.extend(agents.into_iter().map(|agent| roster::Command::OwnCall { agent, begins: true }));
            let remnant = Remnant { legs: images.keys().map(leg).collect(), held: call.held().to_vec(), own };
            for (index, image) in images {
                let leg = LegId { call: id, index };
                out.legs.push((leg, image.call_id().into()));
                self.endpoint.restore(now, leg, image, &mut self.sip);
            }
            self.wind_down(now, id, remnant, out);
        }
        self.pump(now, out);
    }

    /// Whoever may never have heard that the process before this one refused the call hears it again.
    fn refuse_again(&mut self, now: Now, refused: BTreeMap<LegId, sip::Image>, out: &mut Effects) {
        for (leg, image) in refused {
            self.endpoint.restore(now, leg, image, &mut self.sip);
        }
        self.pump(now, out);
    }
}

fn tell(ledger: &mut Ledger, fact: Fact, out: &mut Effects) {
    out.facts.push(fact.clone());
    ledger.apply(fact);
}

/// What one owner had said and another had not heard when the process died: a call that is over holds neither a place in
/// the queue nor an agent's slot.
fn reconcile(ledger: &mut Ledger, out: &mut Effects) {
    let is_open = |call: &CallId| ledger.calls.get(call).is_some_and(|open| !open.call.is_ended());
    let left = ledger.queue.callers.keys().filter(|call| !is_open(call)).copied();
    let left: Vec<Fact> = left.map(|call| Fact::Queue(acd::Fact::Left { call })).collect();
    let holds = |agent: AgentId, call: CallId, reservation: u64| {
        let held = ledger.calls.get(&call).map(|open| open.call.held()).unwrap_or_default();
        held.iter().any(|h| h.agent == agent && h.reservation.0 == reservation)
    };
    let served = ledger.roster.slots().filter(|(agent, call, reservation)| !holds(*agent, *call, *reservation));
    let freed = served.map(|(agent, ..)| Fact::Roster(roster::Fact::Slot { agent, serves: None }));
    for fact in left.into_iter().chain(freed).collect::<Vec<_>>() {
        tell(ledger, fact, out);
    }
}
