//! The roster after a restart, from its ledger.

use std::time::Duration;

use base::{AgentHappening, AgentId, Now, Time};

use crate::ledger::Known;
use crate::roster::{RESTART, Timer};
use crate::slot::{Slot, TIMER_B};
use crate::{Action, Bound, Fact, Ledger, Outcome, Phase, Plan, Roster, Serving, State};

/// How long a phone whose registration a restart ended has to come back before it counts as gone: softphones try again
/// within one to two minutes (RFC 5626 §4.5 begins with 30 s and doubles).
const RETURN: Duration = Duration::from_secs(120);

impl Roster {
    /// The roster as it was, as far as it outlives the process. Contacts reached by datagram stand until they expire;
    /// connections died. States stand. A slot that served a call is free when its dialog is reported over, after Timer F at the
    /// latest. `out` gets what changed by the restart, who is signed on, and `Ready` for whoever can be offered a call.
    pub fn restore(plan: impl Into<std::sync::Arc<Plan>>, now: Now, ledger: &Ledger, out: &mut Vec<Action>) -> Roster {
        let mut roster = Roster::new(plan, now.time);
        for (id, known) in ledger.iter() {
            // Who is removed in the plan is none, as who is not in it.
            let removed = roster.has_removed(id);
            match roster.agent(id).filter(|_| !removed) {
                Some(agent) => {
                    agent.standing = known.standing.clone();
                    agent.unanswered = known.unanswered;
                    roster.bind_again(now.time, id, &known.bindings, out);
                    roster.hold_again(now, id, known.serves, out);
                    roster.greet(now.time, id, out);
                }
                None => forget(id, known, out),
            }
        }
        roster
    }

    fn bind_again(&mut self, now: Time, id: AgentId, bindings: &[Bound], out: &mut Vec<Action>) {
        let lives = |b: &&Bound| !b.flow.transport.is_reliable() && b.until > now;
        let live = bindings.iter().filter(lives).count();
        let mut too_many = live.saturating_sub(self.plan.contacts_max);
        for bound in bindings {
            let surplus = lives(&bound) && too_many > 0;
            too_many -= usize::from(surplus);
            if !lives(&bound) || surplus {
                out.push(Action::Fact(unbound(id, bound)));
                continue;
            }
            let binding = self.bind(id, bound.clone());
            if let Some(agent) = self.agent(id) {
                agent.bindings.push(binding);
            }
        }
    }

    fn hold_again(&mut self, now: Now, id: AgentId, serves: Option<Serving>, out: &mut Vec<Action>) {
        let Some(Serving { call, epoch, phase }) = serves else { return };
        if let Some(agent) = self.agent(id) {
            agent.epoch = epoch;
        }
        let slot = Slot::Releasing { call, epoch, until: now.time + TIMER_B };
        let what = match phase {
            Phase::Offered => AgentHappening::OfferOver { call, outcome: Outcome::Withdrawn.name().to_owned() },
            Phase::Talking => AgentHappening::TalkOver { call },
            // Told, and written down, by the process before.
            Phase::Releasing => return self.hold(id, slot),
        };
        self.set(id, slot, out);
        self.event(now, id, what, RESTART, out);
    }

    /// Tells the queue of a free agent; one who lost the phones to the restart is signed off when none comes back.
    fn greet(&mut self, now: Time, id: AgentId, out: &mut Vec<Action>) {
        let Some(agent) = self.agents.get(id.0 as usize) else { return };
        if agent.standing.state != State::SignedOff {
            out.push(Action::SignedOn { agent: id, on: true });
        }
        if agent.is_reachable() && agent.slot == Slot::Free {
            out.push(Action::Ready { agent: id });
        }
        if agent.bindings.is_empty() && agent.standing.state == State::Ready && !agent.standing.by_hand {
            self.deadlines.arm(now + RETURN, Timer::Return { agent: id });
        }
    }
}

fn unbound(agent: AgentId, bound: &Bound) -> Fact {
    Fact::Unbound { agent, uri: bound.uri.clone(), instance: bound.instance.clone() }
}

/// The plan has no such agent any more.
fn forget(id: AgentId, known: &Known, out: &mut Vec<Action>) {
    out.extend(known.bindings.iter().map(|b| Action::Fact(unbound(id, b))));
    let none = Known::default();
    if known.standing != none.standing {
        out.push(Action::Fact(Fact::State { agent: id, standing: none.standing }));
    }
    if known.unanswered != none.unanswered {
        out.push(Action::Fact(Fact::Unanswered { agent: id, count: none.unanswered }));
    }
    if known.serves != none.serves {
        out.push(Action::Fact(Fact::Slot { agent: id, serves: none.serves }));
    }
}
