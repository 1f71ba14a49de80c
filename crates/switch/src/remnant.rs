//! What is left of a call that no `Call` looks after any more: dialogs to end, and the agents' slots that they hold.
//!
//! Two roads lead here: a fault of ours in the call's own logic, and a restart that finds it open.

use std::collections::BTreeSet;

use base::{AgentId, CallId, Map, Now};
use call::Held;

use crate::{Effects, Fact, Switch};

/// A dialog that is not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenLeg {
    pub(crate) index: u16,
    /// The agent's slot that it keeps; none for the citizen's.
    pub(crate) serves: Option<Held>,
}

/// The rest of one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Remnant {
    pub(crate) legs: Vec<OpenLeg>,
    pub(crate) held: Vec<Held>,
    /// Agents' phones by leg that the roster counts as in use.
    pub(crate) own: Vec<(u16, AgentId)>,
}

/// At most the calls that there were.
pub(crate) type Remnants = Map<CallId, Remnant>;

/// What the phones are told as the cause (RFC 3326).
pub(crate) const CUT_SHORT: &str = "SIP;cause=500;text=\"Call cut short\"";

impl Switch {
    /// Hangs up every dialog of a call; its slots are given back as their phones answer.
    pub(crate) fn wind_down(&mut self, now: Now, id: CallId, remnant: Remnant, out: &mut Effects) {
        for held in remnant.held.iter().filter(|held| remnant.legs.iter().any(|l| l.serves == Some(**held))) {
            let epoch = held.reservation.0;
            out.roster.push(roster::Command::Releasing { agent: held.agent, call: id, epoch });
        }
        let legs: Vec<u16> = remnant.legs.iter().map(|l| l.index).collect();
        self.remnants.insert(id, remnant);
        for index in legs {
            self.endpoint.hang_up(now, base::LegId { call: id, index }, 480, Some(CUT_SHORT), &mut self.sip);
        }
        self.settle_remnant(id, out);
    }

    /// A dialog of a remnant is over.
    pub(crate) fn remnant_closed(&mut self, id: CallId, index: u16, out: &mut Effects) {
        if let Some(remnant) = self.remnants.get_mut(&id) {
            remnant.legs.retain(|l| l.index != index);
            self.settle_remnant(id, out);
        }
    }

    /// Gives back what no dialog keeps, and forgets the call with the last of both.
    fn settle_remnant(&mut self, id: CallId, out: &mut Effects) {
        let Some(Remnant { legs, held, own }) = self.remnants.get_mut(&id) else { return };
        let over = |agent: &AgentId| !own.iter().any(|(leg, of)| of == agent && legs.iter().any(|l| l.index == *leg));
        let freed: BTreeSet<AgentId> = own.iter().map(|(_, agent)| *agent).filter(over).collect();
        own.retain(|(_, agent)| !freed.contains(agent));
        out.roster.extend(freed.into_iter().map(|agent| roster::Command::OwnCall { agent, begins: false }));
        held.retain(|one| {
            let kept = legs.iter().any(|l| l.serves == Some(*one));
            if !kept {
                let Held { agent, reservation } = *one;
                out.facts.push(Fact::Call { call: id, fact: call::Fact::Released { agent, reservation } });
                out.roster.push(roster::Command::Released { agent, call: id, epoch: reservation.0 });
            }
            kept
        });
        if legs.is_empty() && held.is_empty() {
            self.remnants.remove(&id);
            out.facts.push(Fact::Call { call: id, fact: call::Fact::Over });
        }
    }
}
