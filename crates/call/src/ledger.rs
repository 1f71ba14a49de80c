//! What is known of a call from its facts alone: enough to end it truthfully after its process is gone.

use acd::Reservation;
use base::pack::{Packed, Unpacker, Unreadable};
use base::record::{pack_marks, unpack_marks};
use base::{AgentId, CallId, EndReason, OrderNumber, Record, StartRecord, Wait, WaitOutcome, Wall, packed_struct};

use crate::Fact;
use crate::account::PATH_MAX;

/// One open call as its facts tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    start: StartRecord,
    menu_version: String,
    answered: Option<Wall>,
    path: Vec<String>,
    locale: String,
    waits: Vec<Wait>,
    /// The group that the caller waits in, since when.
    waiting: Option<(String, Wall)>,
    agent: Option<String>,
    talk_since: Option<Wall>,
    /// Of talks with agents who were lost.
    talked_ms: u64,
    confidential: bool,
    order: Option<OrderNumber>,
    earlier: u8,
    legs: Vec<RungLeg>,
    held: Vec<Held>,
    /// The record was made: the call only winds down.
    ended: bool,
}

/// An agent's leg, and the reservation that it serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RungLeg {
    leg: u16,
    reservation: Reservation,
}

/// An agent's slot that the call holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub agent: AgentId,
    pub reservation: Reservation,
}

packed_struct!(RungLeg { leg, reservation });
packed_struct!(Held { agent, reservation });

impl Packed for Ledger {
    fn pack(&self, out: &mut Vec<u8>) {
        let Ledger { start, menu_version, answered, path, locale, waits, waiting, agent, talk_since, .. } = self;
        let Ledger { talked_ms, confidential, order, earlier, legs, held, ended, .. } = self;
        start.pack(out);
        menu_version.pack(out);
        answered.pack(out);
        path.pack(out);
        locale.pack(out);
        waits.pack(out);
        waiting.pack(out);
        agent.pack(out);
        talk_since.pack(out);
        talked_ms.pack(out);
        pack_marks(*confidential, order.as_ref(), *earlier, out);
        legs.pack(out);
        held.pack(out);
        ended.pack(out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Ledger, Unreadable> {
        let mut ledger = Ledger::of(Packed::unpack(from)?);
        ledger.menu_version = Packed::unpack(from)?;
        ledger.answered = Packed::unpack(from)?;
        ledger.path = Packed::unpack(from)?;
        ledger.locale = Packed::unpack(from)?;
        ledger.waits = Packed::unpack(from)?;
        ledger.waiting = Packed::unpack(from)?;
        ledger.agent = Packed::unpack(from)?;
        ledger.talk_since = Packed::unpack(from)?;
        ledger.talked_ms = Packed::unpack(from)?;
        (ledger.confidential, ledger.order, ledger.earlier) = unpack_marks(from)?;
        ledger.legs = Packed::unpack(from)?;
        ledger.held = Packed::unpack(from)?;
        ledger.ended = Packed::unpack(from)?;
        Ok(ledger)
    }
}

/// Waits and slots that one call can gather; a caller is offered to some agents a minute, and the longest wait is hours.
const GATHERED_MAX: usize = 1000;

impl Ledger {
    /// A call of which only the id is known.
    pub fn new(id: CallId) -> Ledger {
        let (caller, called, source) = Default::default();
        Ledger::of(StartRecord { id, caller, called, source, started: Wall::default() })
    }

    /// A call of which only the beginning is known.
    pub fn of(start: StartRecord) -> Ledger {
        Ledger {
            start,
            menu_version: String::new(),
            answered: None,
            path: Vec::new(),
            locale: String::new(),
            waits: Vec::new(),
            waiting: None,
            agent: None,
            talk_since: None,
            talked_ms: 0,
            confidential: false,
            order: None,
            earlier: 0,
            legs: Vec::new(),
            held: Vec::new(),
            ended: false,
        }
    }

    pub fn apply(&mut self, fact: Fact) {
        match fact {
            Fact::Started { start, menu_version, locale } => {
                (self.start, self.menu_version, self.locale) = (start, menu_version, locale);
            }
            Fact::Answered { at } => self.answered = Some(at),
            Fact::Visited { node } if self.path.len() < PATH_MAX => self.path.push(node),
            Fact::Language { locale } => self.locale = locale,
            Fact::Waiting { group, at } => self.waiting = Some((group, at)),
            Fact::WaitEnded { outcome, waited_ms } => self.wait_ended(outcome, waited_ms),
            Fact::Offered { agent, reservation, .. } => self.hold(Held { agent, reservation }),
            Fact::Dialled { leg, reservation, .. } if self.legs.len() < GATHERED_MAX => {
                self.legs.push(RungLeg { leg, reservation });
            }
            Fact::Released { reservation, .. } => {
                self.held.retain(|held| held.reservation != reservation);
                self.legs.retain(|leg| leg.reservation != reservation);
            }
            Fact::Connected { agent, number, reservation } => {
                self.agent = Some(number);
                self.hold(Held { agent, reservation });
            }
            Fact::Reached { number } => self.agent = Some(number),
            Fact::TalkBegan { at } => self.talk_since = Some(at),
            Fact::TalkEnded { talk_ms } | Fact::HandedOn { talk_ms } | Fact::Surveyed { talk_ms } => {
                self.talk_since = None;
                self.talked_ms = self.talked_ms.saturating_add(talk_ms);
            }
            Fact::Confidential => self.confidential = true,
            Fact::Ordered { order } => self.order = Some(order),
            Fact::Repeats { earlier } => self.earlier = earlier,
            Fact::Ended { .. } => self.ended = true,
            Fact::Visited { .. } | Fact::Dialled { .. } | Fact::Declined { .. } | Fact::Over => {}
            Fact::Handing { .. } | Fact::HandedBack | Fact::Calling { .. } | Fact::Own { .. } | Fact::Rated { .. } => {}
        }
    }

    fn hold(&mut self, held: Held) {
        if self.held.len() < GATHERED_MAX && !self.held.contains(&held) {
            self.held.push(held);
        }
    }

    fn wait_ended(&mut self, outcome: WaitOutcome, waited_ms: u64) {
        if let Some((group, entered)) = self.waiting.take()
            && self.waits.len() < GATHERED_MAX
        {
            self.waits.push(Wait { group, entered, waited_ms, outcome });
        }
    }

    pub fn start(&self) -> &StartRecord {
        &self.start
    }

    /// Whether its record was made already.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// Slots that the call holds.
    pub fn held(&self) -> &[Held] {
        &self.held
    }

    /// Whose slot a leg keeps; none for the citizen's.
    pub fn served_by(&self, leg: u16) -> Option<Held> {
        let reservation = self.legs.iter().find(|l| l.leg == leg)?.reservation;
        self.held.iter().find(|held| held.reservation == reservation).copied()
    }

    /// Forgets agents whom the configuration has no more and gives the others their new ids.
    pub fn renumber(&mut self, agent: impl Fn(AgentId) -> Option<AgentId>) {
        self.held.retain_mut(|held| match agent(held.agent) {
            Some(new) => {
                held.agent = new;
                true
            }
            None => false,
        });
    }

    /// The record of a call that was cut short at `ended`, the last moment that is known of it.
    pub fn record(&self, ended: Wall, end_reason: EndReason) -> Record {
        let since = |at: Wall| u64::try_from(ended.0.saturating_sub(at.0)).unwrap_or(0);
        let mut waits = self.waits.clone();
        if let Some((group, entered)) = self.waiting.clone() {
            waits.push(Wait { group, entered, waited_ms: since(entered), outcome: WaitOutcome::Ended });
        }
        Record {
            start: self.start.clone(),
            answered: self.answered,
            ended,
            menu_path: self.path.clone(),
            menu_version: self.menu_version.clone(),
            locale: self.locale.clone(),
            skill_group: waits.last().map(|w| w.group.clone()),
            queued_ms: waits.iter().map(|w| w.waited_ms).sum(),
            waits,
            agent: self.agent.clone(),
            talk_ms: self.talked_ms.saturating_add(self.talk_since.map_or(0, since)),
            end_reason,
            confidential: self.confidential,
            order: self.order.clone(),
            earlier: self.earlier,
        }
    }
}
