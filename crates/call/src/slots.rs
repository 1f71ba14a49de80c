//! The agents' slots that this call holds, and when it gives them back.

use acd::Reservation;
use base::AgentId;

use crate::{Action, Call, Fact};

#[derive(Clone, Copy, Debug)]
struct Held {
    agent: AgentId,
    reservation: Reservation,
    /// Whether the roster knows that the phone is being hung up.
    releasing: bool,
}

/// Slots held; more than one while a withdrawn phone still winds down.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots(Vec<Held>);

impl Slots {
    pub(crate) fn hold(&mut self, agent: AgentId, reservation: Reservation) {
        self.0.push(Held { agent, reservation, releasing: false });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Call {
    /// A slot that serves neither the offer in flight nor the talk is given back when its last dialog is closed.
    pub(crate) fn sync_slots(&mut self, out: &mut Vec<Action>) {
        let (call, legs, journey) = (self.start.id, &self.legs, &self.journey);
        self.slots.0.retain_mut(|held| {
            let Held { agent, reservation, releasing } = *held;
            if journey.needs(reservation) {
                return true;
            }
            let epoch = reservation.0;
            let winding_down = legs.iter().any(|l| l.serves(reservation));
            if !winding_down {
                out.push(Action::Fact(Fact::Released { agent, reservation }));
                out.push(Action::Roster(roster::Command::Released { agent, call, epoch }));
            } else if !releasing {
                out.push(Action::Roster(roster::Command::Releasing { agent, call, epoch }));
            }
            held.releasing = true;
            winding_down
        });
    }
}
