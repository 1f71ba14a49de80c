//! The messages of all calls, within bounds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use base::{CallId, LegId, Now};

use crate::clean;
use crate::wire::{Item, Wire};

/// What a kept message weighs beside its bytes: its place here, and the header of what is shared.
const MESSAGE_BYTES: usize = 256;
/// What a call weighs beside its messages: its place, its parties and their Call-IDs.
const CALL_BYTES: usize = 512;
/// Messages kept, whatever they weigh: beyond it the memory around them is more than they are.
const MESSAGES_MAX: usize = 1 << 20;
/// Messages kept of one call: a queue call has 14, a talk of two hours whose phone asks every half a minute 500.
const CALL_MESSAGES_MAX: usize = 512;
/// Their weight: a call of usual messages never comes near, one of huge ones leaves the others their place.
const CALL_BYTES_MAX: usize = 1 << 20;
/// Calls of which something is known: those that the engine can have at once, and as many again that are over.
const CALLS_MAX: usize = 200_000;
/// Legs of one call that are known: as many phones as twenty offers can ring, and no call outgrows its share of memory.
const LEGS_MAX: usize = 200;
/// Messages of dialogs that belong to no call yet: first INVITEs of one turn, and what was challenged for a password.
const LOBBY_MAX: usize = 1024;
const LOBBY_BYTES_MAX: usize = 2 << 20;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all messages and of what they need around them.
    pub bytes: usize,
}

/// Every call of which messages are kept.
#[derive(Debug)]
pub struct Book {
    limits: Limits,
    /// By age.
    lines: BTreeMap<u64, Line>,
    next: u64,
    bytes: usize,
    calls: BTreeMap<CallId, Call>,
    /// Which leg a Call-ID is of.
    dialogs: BTreeMap<Arc<str>, LegId>,
    lobby: VecDeque<(Box<str>, Wire)>,
    lobby_bytes: usize,
}

#[derive(Debug)]
struct Line {
    leg: LegId,
    wire: Wire,
}

#[derive(Debug)]
struct Call {
    began: Now,
    lines: VecDeque<u64>,
    bytes: usize,
    /// What the call weighs beside its messages.
    own_bytes: usize,
    /// Messages that are not kept any more.
    gone: u64,
    agents: BTreeMap<u16, Box<str>>,
    dialogs: BTreeSet<(u16, Arc<str>)>,
    over: bool,
}

/// What is kept of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// When its first message was handled.
    pub began: Now,
    /// Messages before these that are not kept any more.
    pub gone: u64,
    /// Numbers of agents by leg.
    pub agents: BTreeMap<u16, Box<str>>,
    /// Legs and their Call-IDs.
    pub dialogs: BTreeSet<(u16, Arc<str>)>,
    /// In the order in which they were handled and sent, each with its leg.
    pub wires: Vec<(u16, Wire)>,
}

impl Book {
    pub fn new(limits: Limits) -> Book {
        Book {
            limits,
            lines: BTreeMap::new(),
            next: 0,
            bytes: 0,
            calls: BTreeMap::new(),
            dialogs: BTreeMap::new(),
            lobby: VecDeque::new(),
            lobby_bytes: 0,
        }
    }

    pub fn take(&mut self, item: Item) {
        match item {
            Item::Wire(wire) => self.wire(wire),
            Item::Leg { leg, call_id } => self.leg(leg, call_id),
            Item::Agent { leg, number } => self.agent(leg, number),
            Item::Over { call } => self.over(call),
        }
    }

    /// None of a call that nothing is known of.
    pub fn call(&self, id: CallId) -> Option<Kept> {
        let call = self.calls.get(&id)?;
        let lines = call.lines.iter().filter_map(|line| self.lines.get(line));
        Some(Kept {
            began: call.began,
            gone: call.gone,
            agents: call.agents.clone(),
            dialogs: call.dialogs.clone(),
            wires: lines.map(|line| (line.leg.index, line.wire.clone())).collect(),
        })
    }

    /// Messages kept now.
    pub fn messages(&self) -> usize {
        self.lines.len()
    }

    /// What is kept weighs so much.
    pub fn bytes(&self) -> usize {
        self.bytes + self.lobby_bytes
    }

    fn wire(&mut self, mut wire: Wire) {
        let Some(found) = clean::find(&wire.bytes) else { return };
        match self.dialogs.get(found.call_id) {
            // An agent's phone may use one Call-ID for everything.
            Some(_) if found.method == "REGISTER" => {}
            Some(leg) => {
                let leg = *leg;
                wire.bytes = found.clean(&wire.bytes);
                self.push(leg, wire);
                self.shrink();
            }
            None if matches!(found.method, "INVITE" | "ACK" | "CANCEL") => {
                let call_id = found.call_id.into();
                wire.bytes = found.clean(&wire.bytes);
                self.wait(call_id, wire);
            }
            None => {}
        }
    }

    fn push(&mut self, leg: LegId, wire: Wire) {
        let Some(call) = self.calls.get_mut(&leg.call) else { return };
        if call.lines.is_empty() && call.gone == 0 {
            call.began = wire.now;
        }
        let weight = weight(&wire);
        call.lines.push_back(self.next);
        call.bytes += weight;
        self.bytes += weight;
        self.lines.insert(self.next, Line { leg, wire });
        self.next += 1;
        while call_is_full(self.calls.get(&leg.call)) {
            let Some(oldest) = self.calls.get(&leg.call).and_then(|call| call.lines.front().copied()) else { break };
            self.drop_line(oldest);
        }
    }

    /// Until somebody says whose it is.
    fn wait(&mut self, call_id: Box<str>, wire: Wire) {
        self.lobby_bytes += weight(&wire);
        self.lobby.push_back((call_id, wire));
        while self.lobby.len() > LOBBY_MAX || self.lobby_bytes > LOBBY_BYTES_MAX {
            let Some((_, wire)) = self.lobby.pop_front() else { break };
            self.lobby_bytes -= weight(&wire);
        }
    }

    fn leg(&mut self, leg: LegId, call_id: Box<str>) {
        let call = self.open(leg.call);
        if call.dialogs.len() >= LEGS_MAX {
            return;
        }
        let call_id: Arc<str> = call_id.into();
        if call.dialogs.insert((leg.index, Arc::clone(&call_id))) {
            call.own_bytes += call_id.len();
            self.bytes += call_id.len();
        }
        self.dialogs.insert(Arc::clone(&call_id), leg);
        self.call_in(leg, &call_id);
        self.shrink();
    }

    /// Brings in what has waited for this leg.
    fn call_in(&mut self, leg: LegId, call_id: &str) {
        let waiting = std::mem::take(&mut self.lobby);
        let (came, others): (VecDeque<_>, VecDeque<_>) =
            waiting.into_iter().partition(|(known, _)| **known == *call_id);
        self.lobby = others;
        for (_, wire) in came {
            self.lobby_bytes -= weight(&wire);
            self.push(leg, wire);
        }
    }

    fn agent(&mut self, leg: LegId, number: Box<str>) {
        let call = self.open(leg.call);
        if call.agents.len() < LEGS_MAX {
            call.agents.insert(leg.index, number);
        }
    }

    fn over(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.over = true;
        if call.lines.is_empty() {
            self.forget(id);
        }
    }

    fn open(&mut self, id: CallId) -> &mut Call {
        if !self.calls.contains_key(&id) {
            while self.calls.len() >= CALLS_MAX {
                let Some((oldest, _)) = self.calls.first_key_value() else { break };
                self.forget(*oldest);
            }
            self.bytes += CALL_BYTES;
        }
        self.calls.entry(id).or_insert_with(|| Call {
            began: Now::default(),
            lines: VecDeque::new(),
            bytes: 0,
            own_bytes: CALL_BYTES,
            gone: 0,
            agents: BTreeMap::new(),
            dialogs: BTreeSet::new(),
            over: false,
        })
    }

    /// The oldest messages go first, whosever they are.
    fn shrink(&mut self) {
        while self.bytes > self.limits.bytes || self.lines.len() > MESSAGES_MAX {
            let Some((oldest, _)) = self.lines.first_key_value() else { return };
            self.drop_line(*oldest);
        }
    }

    fn drop_line(&mut self, at: u64) {
        let Some(Line { leg, wire }) = self.lines.remove(&at) else { return };
        let weight = weight(&wire);
        self.bytes -= weight;
        let Some(call) = self.calls.get_mut(&leg.call) else { return };
        // The oldest of all is the oldest of its call.
        call.lines.pop_front();
        call.bytes -= weight;
        call.gone += 1;
        if call.over && call.lines.is_empty() {
            self.forget(leg.call);
        }
    }

    fn forget(&mut self, id: CallId) {
        let Some(call) = self.calls.remove(&id) else { return };
        self.bytes -= call.own_bytes + call.bytes;
        for line in &call.lines {
            self.lines.remove(line);
        }
        for (_, call_id) in &call.dialogs {
            // Another call may have come with the same one since.
            if self.dialogs.get(call_id).is_some_and(|leg| leg.call == id) {
                self.dialogs.remove(call_id);
            }
        }
    }
}

fn weight(wire: &Wire) -> usize {
    wire.bytes.len() + MESSAGE_BYTES
}

fn call_is_full(call: Option<&Call>) -> bool {
    call.is_some_and(|call| call.lines.len() > CALL_MESSAGES_MAX || call.bytes > CALL_BYTES_MAX)
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
