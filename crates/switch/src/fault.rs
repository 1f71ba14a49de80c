//! A call whose logic panicked: what it owned is wound up from the switch's own list, and its record says `fault`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use base::{AgentId, CallId, EndId, EndReason, Job, Now, OrderNumber, Record, RecordEntry, StartRecord};
use call::{Action, Call, Event, Fact, Held, Moved, Signal};

use crate::admit::Sender;
use crate::remnant::{OpenLeg, Remnant};
use crate::{Effects, Switch};

/// What a call owns outside itself, noted by the switch as it comes and goes.
#[derive(Clone, Debug)]
pub(crate) struct Estate {
    start: Arc<StartRecord>,
    confidential: bool,
    order: Option<OrderNumber>,
    earlier: u8,
    pub(crate) sender: Sender,
    legs: Vec<OpenLeg>,
    held: Vec<Held>,
    /// Agents whose phones are in use for this call, as the roster counts them, and on which legs.
    own: Vec<AgentId>,
    own_legs: Vec<(u16, AgentId)>,
    ends: Vec<EndId>,
    /// The call whose other party was asked for, and the call that ours was promised to.
    fetches: Option<CallId>,
    promised: Option<CallId>,
    /// The end record is out.
    recorded: bool,
}

impl Estate {
    /// Of a call that arrives: one dialog and one media end.
    pub(crate) fn new((start, confidential): (Arc<StartRecord>, bool), sender: Sender, end: EndId) -> Estate {
        // Room for the one agent's phone that most calls come to have.
        let (mut legs, mut ends) = (Vec::with_capacity(2), Vec::with_capacity(2));
        let own = match sender {
            Sender::Agent(agent) => vec![agent],
            Sender::Trunk(_) | Sender::House => Vec::new(),
        };
        legs.push(OpenLeg { index: 0, serves: None });
        ends.push(end);
        Estate {
            start,
            confidential,
            order: None,
            earlier: 0,
            sender,
            legs,
            held: Vec::new(),
            own,
            own_legs: Vec::new(),
            ends,
            fetches: None,
            promised: None,
            recorded: false,
        }
    }

    /// Of a call that begins with an INVITE of ours: a phone in use and a media end, and no dialog before the INVITE leaves.
    pub(crate) fn summoning(start: Arc<StartRecord>, agent: AgentId, end: EndId) -> Estate {
        Estate { legs: Vec::new(), ..Estate::new((start, false), Sender::Agent(agent), end) }
    }

    /// Of a call that the house makes for the queue: nothing yet.
    pub(crate) fn of_house(start: Arc<StartRecord>, sender: Sender) -> Estate {
        let estate = Estate::new((start, false), sender, EndId::default());
        Estate { legs: Vec::new(), ends: Vec::new(), ..estate }
    }

    /// Of a call that waits for whom an agent asks, who is in that other call: nothing yet, but what was promised.
    pub(crate) fn asking(start: Arc<StartRecord>, agent: AgentId, into: CallId) -> Estate {
        let estate = Estate::summoning(start, agent, EndId::default());
        Estate { own: Vec::new(), ends: Vec::new(), promised: Some(into), ..estate }
    }

    /// Whether the slot of this offer is held still: its phone was not answered for an agent who asks.
    pub(crate) fn holds(&self, reservation: acd::Reservation) -> bool {
        self.held.iter().any(|held| held.reservation == reservation)
    }

    /// Before the call hears of it.
    pub(crate) fn note_event(&mut self, event: &Event<'_>) {
        match event {
            Event::Offer(offer) => {
                self.held.push(Held { agent: offer.agent, reservation: offer.reservation });
                self.ends.extend(offer.contacts.iter().map(|(_, lease)| lease.end));
            }
            Event::Reached(reached) => {
                self.own.push(reached.agent);
                self.ends.extend(reached.contacts.iter().map(|(_, lease)| lease.end));
            }
            Event::Lines(lines) | Event::Moved(Moved { lines, .. }) => {
                self.ends.extend(lines.iter().map(|(_, lease)| lease.end))
            }
            Event::Given { index, leg } => {
                self.legs.push(OpenLeg { index: *index, serves: None });
                self.own.extend(leg.agent());
                self.own_legs.extend(leg.agent().map(|agent| (*index, agent)));
                self.ends.push(leg.end());
                self.fetches = None;
            }
            Event::NotGiven => self.fetches = None,
            Event::Asking { call } => self.fetches = Some(*call),
            Event::Give { to, .. } => self.promised = Some(*to),
            Event::Keep => self.promised = None,
            Event::Signal { leg, signal: Signal::Closed } => {
                self.legs.retain(|l| l.index != *leg);
                self.own_legs.retain(|(own, _)| own != leg);
            }
            _ => {}
        }
    }

    /// Before any action of the same event is carried out.
    pub(crate) fn note_action(&mut self, action: &Action) {
        match action {
            Action::Fact(Fact::Own { leg, agent }) if !self.own_legs.contains(&(*leg, *agent)) => {
                self.own_legs.push((*leg, *agent));
            }
            Action::Fact(Fact::Dialled { leg, agent, reservation }) => {
                self.own_legs.retain(|(own, _)| own != leg);
                let held = Held { agent: *agent, reservation: *reservation };
                self.note_leg(*leg);
                self.legs.iter_mut().filter(|l| l.index == *leg).for_each(|l| l.serves = Some(held));
            }
            Action::Dial(dial) => self.note_leg(dial.leg),
            Action::Give { leg, .. } => {
                self.legs.retain(|l| l.index != leg.index());
                self.own_legs.retain(|(own, _)| *own != leg.index());
                self.ends.retain(|e| *e != leg.end());
                leg.agent().into_iter().for_each(|agent| self.disown(agent));
                self.promised = None;
            }
            Action::NotGiven { .. } => self.promised = None,
            Action::Fetch { from } => self.fetches = Some(*from),
            Action::Unfetch { .. } => self.fetches = None,
            Action::Roster(roster::Command::TakesOver { agent, epoch, .. }) => {
                self.disown(*agent);
                self.held.push(Held { agent: *agent, reservation: acd::Reservation(*epoch) });
            }
            Action::Roster(roster::Command::OwnCall { agent, begins: true }) => self.own.push(*agent),
            Action::Roster(roster::Command::OwnCall { agent, begins: false }) => self.disown(*agent),
            Action::Fact(Fact::Repeats { earlier }) => self.earlier = *earlier,
            Action::Fact(Fact::Released { reservation, .. }) => self.held.retain(|h| h.reservation != *reservation),
            Action::Job(Job::Close { end }) => self.ends.retain(|e| e != end),
            Action::Record(RecordEntry::End(_)) => self.recorded = true,
            Action::Record(RecordEntry::Confidential(_)) => self.confidential = true,
            Action::Record(RecordEntry::Order { order, .. }) => self.order = Some(order.clone()),
            _ => {}
        }
    }

    fn note_leg(&mut self, index: u16) {
        if !self.legs.iter().any(|leg| leg.index == index) {
            self.legs.push(OpenLeg { index, serves: None });
        }
    }

    fn disown(&mut self, agent: AgentId) {
        if let Some(place) = self.own.iter().position(|known| *known == agent) {
            self.own.swap_remove(place);
        }
    }

    /// The record that the call itself would give, or what the switch knows where the call cannot even say that.
    fn record(&self, now: Now, call: &mut Call) -> Record {
        let told = catch_unwind(AssertUnwindSafe(|| call.cut_short(now, EndReason::Fault)));
        told.unwrap_or_else(|_| self.bare_record(now))
    }

    /// Of a call of which only the beginning is known.
    fn bare_record(&self, now: Now) -> Record {
        let mut ledger = call::Ledger::of(StartRecord::clone(&self.start));
        if self.confidential {
            ledger.apply(Fact::Confidential);
        }
        if let Some(order) = self.order.clone() {
            ledger.apply(Fact::Ordered { order });
        }
        if self.earlier > 0 {
            ledger.apply(Fact::Repeats { earlier: self.earlier });
        }
        ledger.record(now.wall, EndReason::Fault)
    }
}

impl Switch {
    /// Ends a call that could not even arrive.
    pub(crate) fn stillborn(&mut self, now: Now, id: CallId, estate: Estate, out: &mut Effects) {
        self.counters.faults += 1;
        let record = estate.bare_record(now);
        self.wind_up(now, id, estate, record, out);
    }

    /// Ends a call without asking it: media closed, the place in the queue kept for a redial, one record, BYE to all.
    pub(crate) fn fault(&mut self, now: Now, id: CallId, out: &mut Effects) {
        let Some(mut entry) = self.forget(id) else { return };
        self.counters.faults += 1;
        let record = entry.estate.record(now, &mut entry.call);
        self.wind_up(now, id, entry.estate, record, out);
    }

    fn wind_up(&mut self, now: Now, id: CallId, estate: Estate, record: Record, out: &mut Effects) {
        let Estate { sender, legs, held, mut own, own_legs, ends, fetches, promised, recorded, .. } = estate;
        if !recorded {
            let record = Box::new(record);
            out.facts.push(crate::Fact::Call { call: id, fact: Fact::Ended { record: record.clone() } });
            self.record(RecordEntry::End(record), out);
        }
        out.jobs.extend(ends.into_iter().map(|end| (end.worker, Job::Close { end })));
        out.queue.push(acd::Command::Keep { call: id });
        self.call_over(sender);
        // Whose phone is in no dialog yet is given back at once, the others with their last.
        own.retain(|agent| !own_legs.iter().any(|(_, with)| with == agent));
        out.roster.extend(own.into_iter().map(|agent| roster::Command::OwnCall { agent, begins: false }));
        self.wind_down(now, id, Remnant { legs, held, own: own_legs }, out);
        // Another call may wait for a word of this one.
        if let Some(to) = promised {
            self.tell(now, to, Event::NotGiven, out);
        }
        if let Some(from) = fetches {
            self.tell(now, from, Event::Keep, out);
        }
    }
}
