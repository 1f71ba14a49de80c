//! The wires between switch, queue and roster on one thread.

use std::collections::VecDeque;
use std::sync::Arc;

use acd::{Acd, Reservation};
use base::{Now, Ticket, Time};
use roster::Roster;

use crate::{Answer, Ask, Effects, Fact, Input, Place, Switch};

/// One of the queues between owners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wire {
    ToQueue,
    ToRoster,
    ToSwitch,
}

/// What the queue or the roster says to the switch; the last is the answer to a star code.
#[derive(Debug)]
enum Told {
    Queue(acd::Action),
    Roster(roster::Action),
    Answer(Ticket, Answer),
}

/// One message on a wire, for those who watch.
#[derive(Clone, Copy, Debug)]
pub enum Said<'a> {
    ToQueue(&'a acd::Command),
    ToRoster(&'a roster::Command),
    ByQueue(&'a acd::Action),
    ByRoster(&'a roster::Action),
    Answer(Ticket, &'a Answer),
}

/// A switch, the queue and the roster, and what is on its way between them.
pub struct Exchange {
    pub switch: Switch,
    pub acd: Acd,
    pub roster: Roster,
    pub(crate) to_queue: VecDeque<acd::Command>,
    pub(crate) to_roster: VecDeque<roster::Command>,
    to_switch: VecDeque<Told>,
    said_by_queue: Vec<acd::Action>,
    said_by_roster: Vec<roster::Action>,
}

impl Exchange {
    /// Deliveries in one turn. One call's offer takes five; the bound holds a fault of ours to a turn, the rest follows in the next.
    pub(crate) const DELIVERIES_MAX: usize = 100_000;

    pub fn new(switch: Switch, acd: Acd, roster: Roster) -> Exchange {
        Exchange {
            switch,
            acd,
            roster,
            to_queue: VecDeque::new(),
            to_roster: VecDeque::new(),
            to_switch: VecDeque::new(),
            said_by_queue: Vec::new(),
            said_by_roster: Vec::new(),
        }
    }

    /// Says what owners had to say at their start.
    pub(crate) fn begin(
        &mut self,
        now: Now,
        by_queue: Vec<acd::Action>,
        by_roster: Vec<roster::Action>,
        out: &mut Effects,
    ) {
        self.said_by_queue = by_queue;
        self.said_by_roster = by_roster;
        self.hear_queue(out);
        self.hear_roster(out);
        self.take_from_switch(out);
        self.settle(now, out);
    }

    /// Feeds one input and delivers everything that follows from it.
    pub fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Effects) {
        self.feed(now, input, out);
        self.settle(now, out);
    }

    /// Feeds one input; what owners say in consequence stays on the wires.
    pub fn feed(&mut self, now: Now, input: Input<'_>, out: &mut Effects) {
        match input {
            Input::Deadline => self.feed_deadline(now, out),
            Input::FlowClosed(flow) => {
                self.to_roster.push_back(roster::Command::FlowClosed { flow });
                self.switch.handle(now, input, out);
            }
            Input::Plan(reload) => self.adopt(now, *reload, out),
            Input::Ask { ticket, by, ask: Ask::SetAgent { agent, change } } => {
                if change == roster::StateChange::Ready {
                    self.to_queue.push_back(acd::Command::Rested { agent });
                }
                self.to_roster.push_back(roster::Command::Set { ticket, agent, change, by });
            }
            Input::Ask { ticket, ask: Ask::WrapUp { agent, length }, .. } => {
                self.to_queue.push_back(acd::Command::WrapUp { ticket, agent, length });
            }
            Input::Ask { ticket, ask: Ask::Surge { group, by_hand }, .. } => {
                self.to_queue.push_back(acd::Command::Surge { ticket, group, by_hand });
            }
            Input::Ask { ticket, ask: Ask::Open { group, open }, .. } => {
                self.to_queue.push_back(acd::Command::Open { ticket, group, open });
            }
            Input::Ask { ticket, ask: Ask::Callers { group, most }, .. } => {
                // A look, and no change: what is on the wires may move a caller yet.
                let callers = self.acd.callers(now, group, usize::from(most));
                out.answers.push((ticket, Answer::Callers(callers)));
            }
            _ => self.switch.handle(now, input, out),
        }
        self.take_from_switch(out);
    }

    fn feed_deadline(&mut self, now: Now, out: &mut Effects) {
        self.switch.handle(now, Input::Deadline, out);
        self.acd.handle_timeout(now, &mut self.said_by_queue);
        self.roster.handle_timeout(now, &mut self.said_by_roster);
        self.hear_queue(out);
        self.hear_roster(out);
    }

    /// Delivers until nothing is on the wires.
    pub fn settle(&mut self, now: Now, out: &mut Effects) {
        for _ in 0..Exchange::DELIVERIES_MAX {
            let Some(wire) = self.next_wire() else { return };
            self.deliver(now, wire, out);
        }
    }

    /// The wire that delivers next.
    pub(crate) fn next_wire(&self) -> Option<Wire> {
        [Wire::ToQueue, Wire::ToRoster, Wire::ToSwitch].into_iter().find(|wire| self.waiting(*wire) > 0)
    }

    /// How much is on a wire.
    pub fn waiting(&self, wire: Wire) -> usize {
        match wire {
            Wire::ToQueue => self.to_queue.len(),
            Wire::ToRoster => self.to_roster.len(),
            Wire::ToSwitch => self.to_switch.len(),
        }
    }

    /// What stands on a wire; place 0 is delivered next.
    pub fn said(&self, wire: Wire, place: usize) -> Option<Said<'_>> {
        match wire {
            Wire::ToQueue => self.to_queue.get(place).map(Said::ToQueue),
            Wire::ToRoster => self.to_roster.get(place).map(Said::ToRoster),
            Wire::ToSwitch => self.to_switch.get(place).map(|told| match told {
                Told::Queue(action) => Said::ByQueue(action),
                Told::Roster(action) => Said::ByRoster(action),
                Told::Answer(ticket, answer) => Said::Answer(*ticket, answer),
            }),
        }
    }

    /// Delivers the oldest message of one wire; the simulator picks the wire.
    pub fn deliver(&mut self, now: Now, wire: Wire, out: &mut Effects) {
        match wire {
            Wire::ToQueue => {
                if let Some(command) = self.to_queue.pop_front() {
                    self.switch.drills.pass(Place::Queue);
                    self.acd.handle(now, command, &mut self.said_by_queue);
                    self.hear_queue(out);
                }
            }
            Wire::ToRoster => {
                if let Some(command) = self.to_roster.pop_front() {
                    self.switch.drills.pass(Place::Roster);
                    self.roster.handle(now, command, &mut self.said_by_roster);
                    self.hear_roster(out);
                }
            }
            Wire::ToSwitch => {
                match self.to_switch.pop_front() {
                    Some(Told::Queue(action)) => self.switch.handle(now, Input::Queue(action), out),
                    Some(Told::Roster(action)) => self.switch.handle(now, Input::Roster(action), out),
                    Some(Told::Answer(ticket, answer)) => {
                        self.switch.handle(now, Input::Answer { ticket, answer }, out);
                    }
                    None => {}
                }
                self.take_from_switch(out);
            }
        }
    }

    pub fn next_timeout(&self) -> Option<Time> {
        let all = [self.switch.next_timeout(), self.acd.next_timeout(), self.roster.next_timeout()];
        all.into_iter().flatten().min()
    }

    /// Whether calls may still be in any owner's hands.
    pub fn is_idle(&self) -> bool {
        self.switch.calls() == 0 && self.to_queue.is_empty() && self.to_roster.is_empty() && self.to_switch.is_empty()
    }

    pub fn plan(&self) -> &Arc<call::Plan> {
        self.switch.plan()
    }

    fn take_from_switch(&mut self, out: &mut Effects) {
        // Most inputs are nothing to queue and roster, and an empty drain has its price.
        if !out.queue.is_empty() {
            self.to_queue.extend(out.queue.drain(..));
        }
        if !out.roster.is_empty() {
            self.to_roster.extend(out.roster.drain(..));
        }
    }

    /// An answer goes to the phone that dialled a star code, or to whoever asked from outside.
    fn answered(&mut self, ticket: Ticket, answer: Answer, out: &mut Effects) {
        match self.switch.asked_by_phone(ticket) {
            true => self.to_switch.push_back(Told::Answer(ticket, answer)),
            false => out.answers.push((ticket, answer)),
        }
    }

    /// Brings what the queue said where it belongs.
    fn hear_queue(&mut self, out: &mut Effects) {
        let mut said = std::mem::take(&mut self.said_by_queue);
        for action in said.drain(..) {
            match action {
                acd::Action::Reserve { agent, call, group, reservation: Reservation(epoch), until } => {
                    self.to_roster.push_back(roster::Command::Reserve { agent, call, group, epoch, until });
                }
                acd::Action::OfferOver { agent, call, cause } => {
                    let outcome = outcome(cause);
                    self.to_roster.push_back(roster::Command::OfferOver { agent, call, outcome });
                }
                acd::Action::WrapsUp { agent, until } => {
                    self.to_roster.push_back(roster::Command::WrapsUp { agent, until });
                }
                acd::Action::WrapUp { ticket, granted } => {
                    self.answered(ticket, Answer::wrap_up(granted), out);
                }
                acd::Action::Steered { ticket, outcome } => {
                    self.answered(ticket, Answer::steered(outcome), out);
                }
                acd::Action::Fact(fact) => out.facts.push(Fact::Queue(fact)),
                action => self.to_switch.push_back(Told::Queue(action)),
            }
        }
        self.said_by_queue = said;
    }

    /// Brings what the roster said where it belongs.
    fn hear_roster(&mut self, out: &mut Effects) {
        let mut said = std::mem::take(&mut self.said_by_roster);
        for action in said.drain(..) {
            match action {
                roster::Action::Ready { agent } => self.to_queue.push_back(acd::Command::Ready { agent }),
                roster::Action::SignedOn { agent, on } => self.to_queue.push_back(acd::Command::SignedOn { agent, on }),
                roster::Action::Away { agent } => self.to_queue.push_back(acd::Command::Away { agent }),
                roster::Action::SlotRefused { call, agent, epoch } => {
                    let reservation = Reservation(epoch);
                    self.to_queue.push_back(acd::Command::SlotRefused { call, agent, reservation });
                }
                roster::Action::State { ticket, outcome, .. } => self.answered(ticket, Answer::state(outcome), out),
                roster::Action::Event(event) => {
                    out.facts.push(Fact::Agent(event.clone()));
                    out.records.push(base::RecordEntry::Agent(event));
                }
                roster::Action::Fact(fact) => out.facts.push(Fact::Roster(fact)),
                action => self.to_switch.push_back(Told::Roster(action)),
            }
        }
        self.said_by_roster = said;
    }
}

const fn outcome(cause: Option<acd::Decline>) -> roster::Outcome {
    match cause {
        Some(acd::Decline::Rejected) => roster::Outcome::Rejected,
        Some(acd::Decline::Busy) => roster::Outcome::Busy,
        Some(acd::Decline::NoAnswer) => roster::Outcome::NoAnswer,
        Some(acd::Decline::Unreachable) => roster::Outcome::Unreachable,
        Some(acd::Decline::Taken) | None => roster::Outcome::Withdrawn,
    }
}
