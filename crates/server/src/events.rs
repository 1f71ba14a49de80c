//! The numbered, bounded ring of what happened.

use std::collections::VecDeque;
use std::sync::Arc;

use base::{AgentHappening, Epoch, Record, Wall};

use crate::rows::{AgentRow, CallRow};

/// Two minutes of 50 calls a second with ten events each: what a desk needs that reconnects after its network broke.
/// About 16 MB when full.
pub const EVENTS: usize = 65_536;

/// One event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Counts from 1 in each epoch, without holes.
    pub seq: u64,
    pub at: Wall,
    pub what: What,
}

/// What happened, with the row as it was right after.
#[derive(Clone, Debug)]
pub enum What {
    Call {
        row: Arc<CallRow>,
        what: CallEvent,
    },
    Agent {
        row: Arc<AgentRow>,
        what: AgentHappening,
        by: Arc<str>,
    },
    /// A group takes callers again, or nobody new.
    Queue {
        group: Arc<str>,
        open: bool,
    },
    /// A group is in surge, or not, or somebody has said so.
    Surge {
        group: Arc<str>,
        surging: acd::ledger::Surging,
    },
    /// So much news was lost on the way: the tables are to be read anew.
    Gap {
        lost: u64,
    },
}

/// What happened to a call.
#[derive(Clone, Debug)]
pub enum CallEvent {
    Started,
    Answered,
    /// A node of the menu was entered.
    Menu {
        node: Arc<str>,
    },
    Language,
    Waiting,
    WaitEnded {
        outcome: &'static str,
    },
    Offered,
    /// The offer to this agent came to nothing.
    Declined {
        agent: Arc<str>,
        cause: &'static str,
    },
    Connected,
    Talking,
    /// The agent's phone is gone; the citizen waits again.
    AgentLost {
        agent: Arc<str>,
    },
    /// The agent hands the citizen on to that agent or group.
    Handing {
        to: Arc<str>,
    },
    /// This agent is out of it: another one has answered, or the citizen waits.
    HandedOn {
        agent: Arc<str>,
    },
    /// Nobody took the citizen, and the talk goes on.
    HandedBack,
    /// Somebody is called outside the queue: the agent of this number, or that line.
    Calling {
        to: Arc<str>,
    },
    Confidential,
    /// A desk has opened an order for it.
    Ordered,
    /// This agent has hung up, and the citizen is asked how the talk was.
    Surveyed {
        agent: Arc<str>,
    },
    /// The citizen's verdict, 1 to 5.
    Rated {
        grade: u8,
    },
    /// The citizen has called before.
    Repeats,
    Ended {
        record: Box<Ended>,
    },
}

/// What the record adds to the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    pub reason: &'static str,
    pub talk_ms: u64,
}

impl Ended {
    pub(crate) fn of(record: &Record) -> Ended {
        Ended { reason: record.end_reason.name(), talk_ms: record.talk_ms }
    }
}

impl CallEvent {
    pub const NAMES: [&'static str; 21] = [
        "call.started",
        "call.answered",
        "call.menu",
        "call.language",
        "call.waiting",
        "call.wait_ended",
        "call.offered",
        "call.declined",
        "call.connected",
        "call.talking",
        "call.confidential",
        "call.ended",
        "call.agent_lost",
        "call.handing",
        "call.handed_on",
        "call.handed_back",
        "call.calling",
        "call.order",
        "call.survey",
        "call.rated",
        "call.repeats",
    ];

    pub const fn name(&self) -> &'static str {
        let place = match self {
            CallEvent::Started => 0,
            CallEvent::Answered => 1,
            CallEvent::Menu { .. } => 2,
            CallEvent::Language => 3,
            CallEvent::Waiting => 4,
            CallEvent::WaitEnded { .. } => 5,
            CallEvent::Offered => 6,
            CallEvent::Declined { .. } => 7,
            CallEvent::Connected => 8,
            CallEvent::Talking => 9,
            CallEvent::Confidential => 10,
            CallEvent::Ended { .. } => 11,
            CallEvent::AgentLost { .. } => 12,
            CallEvent::Handing { .. } => 13,
            CallEvent::HandedOn { .. } => 14,
            CallEvent::HandedBack => 15,
            CallEvent::Calling { .. } => 16,
            CallEvent::Ordered => 17,
            CallEvent::Surveyed { .. } => 18,
            CallEvent::Rated { .. } => 19,
            CallEvent::Repeats => 20,
        };
        CallEvent::NAMES[place]
    }
}

/// Where a reader stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Position {
    pub epoch: Epoch,
    /// The last event seen.
    pub seq: u64,
}

/// Why a reader cannot go on from where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// The engine has restarted since.
    Restarted,
    /// The ring has moved on.
    TooOld,
    /// No such event was told yet.
    Ahead,
}

impl Missed {
    pub const fn name(self) -> &'static str {
        match self {
            Missed::Restarted => "restarted",
            Missed::TooOld => "too_old",
            Missed::Ahead => "ahead",
        }
    }
}

/// The ring.
#[derive(Debug)]
pub struct Log {
    epoch: Epoch,
    capacity: usize,
    next: u64,
    events: VecDeque<Event>,
}

impl Log {
    pub(crate) fn new(epoch: Epoch, capacity: usize) -> Log {
        Log { epoch, capacity, next: 1, events: VecDeque::new() }
    }

    pub(crate) fn push(&mut self, at: Wall, what: What) {
        if self.events.len() >= self.capacity {
            self.events.pop_front();
        }
        self.events.push_back(Event { seq: self.next, at, what });
        self.next += 1;
    }

    /// The last event told.
    pub fn position(&self) -> Position {
        Position { epoch: self.epoch, seq: self.next - 1 }
    }

    /// At most `max` events after `from`.
    ///
    /// # Errors
    /// When events between are not in the ring any more, or `from` is of another epoch.
    pub fn after(&self, from: Position, max: usize) -> Result<Vec<Event>, Missed> {
        if from.epoch != self.epoch {
            return Err(if from.epoch < self.epoch { Missed::Restarted } else { Missed::Ahead });
        }
        let oldest = self.next - self.events.len() as u64;
        match from.seq {
            seq if seq >= self.next => Err(Missed::Ahead),
            seq if seq + 1 < oldest => Err(Missed::TooOld),
            seq => Ok(self.events.iter().skip((seq + 1 - oldest) as usize).take(max).cloned().collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seqs(log: &Log, epoch: u32, seq: u64) -> Result<Vec<u64>, Missed> {
        let events = log.after(Position { epoch: Epoch(epoch), seq }, 3)?;
        Ok(events.iter().map(|e| e.seq).collect())
    }

    #[test]
    fn a_reader_goes_on_where_it_stood_or_is_told_why_not() {
        let mut log = Log::new(Epoch(7), 5);
        assert_eq!(seqs(&log, 7, 0), Ok(vec![]));
        for _ in 0..8 {
            log.push(Wall(0), What::Gap { lost: 1 });
        }
        let cases = [
            (7, 2, Err(Missed::TooOld)),
            (7, 3, Ok(vec![4, 5, 6])),
            (7, 6, Ok(vec![7, 8])),
            (7, 8, Ok(vec![])),
            (7, 9, Err(Missed::Ahead)),
            (7, u64::MAX, Err(Missed::Ahead)),
            (6, 8, Err(Missed::Restarted)),
            (8, 0, Err(Missed::Ahead)),
        ];
        for (epoch, seq, expected) in cases {
            assert_eq!(seqs(&log, epoch, seq), expected, "{epoch}:{seq}");
        }
        assert_eq!(log.position(), Position { epoch: Epoch(7), seq: 8 });
    }
}
