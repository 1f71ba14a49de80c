//! A scan as today's engines walk one: callers linked one behind the other, each an entry of its own somewhere in memory.

use std::time::Duration;

use base::Rng;

use crate::crowd::{Call, Has, STEP, Side};

/// Bytes of an entry. Asterisk's `queue_ent` has more than 4 KB, with the caller's context, announcement and digits in it.
const ENTRY: usize = 512;
/// What an entry holds beside what a scan looks at.
const REST: usize = ENTRY - 32;
const NONE: u32 = u32::MAX;

#[derive(Clone)]
struct Entry {
    next: u32,
    previous: u32,
    call: Call,
    /// When it came, less what its priority is worth.
    turn: i64,
    _rest: [u8; REST],
}

pub(crate) struct Linked {
    entries: Vec<Entry>,
    /// By the caller's slot, where its entry lies: anywhere, as in a process that has run for days.
    places: Vec<u32>,
    first: u32,
    last: u32,
    agents: Vec<Vec<Has>>,
    now: i64,
    worth: i64,
}

impl Linked {
    /// With room for so many callers.
    pub(crate) fn new(agents: Vec<Vec<Has>>, worth: Duration, room: usize) -> Linked {
        let nobody = Call { slot: NONE, serial: 0, skill: 0, priority: 0 };
        let empty = Entry { next: NONE, previous: NONE, call: nobody, turn: 0, _rest: [1; REST] };
        let (mut places, mut rng): (Vec<u32>, _) = ((0..room as u32).collect(), Rng::from_number(2));
        for place in (1..room).rev() {
            places.swap(place, rng.below(place as u64 + 1) as usize);
        }
        let worth = worth.as_nanos() as i64;
        Linked { entries: vec![empty; room], places, first: NONE, last: NONE, agents, now: 0, worth }
    }

    fn unlink(&mut self, place: u32) {
        let Entry { next, previous, .. } = self.entries[place as usize];
        match previous {
            NONE => self.first = next,
            _ => self.entries[previous as usize].next = next,
        }
        match next {
            NONE => self.last = previous,
            _ => self.entries[next as usize].previous = previous,
        }
    }
}

impl Side for Linked {
    fn join(&mut self, call: Call) {
        self.now += STEP.as_nanos() as i64;
        let place = self.places[call.slot as usize];
        let entry = &mut self.entries[place as usize];
        (entry.next, entry.previous, entry.call) = (NONE, self.last, call);
        entry.turn = self.now - self.worth * i64::from(call.priority);
        match self.last {
            NONE => self.first = place,
            last => self.entries[last as usize].next = place,
        }
        self.last = place;
    }

    fn free(&mut self, agent: u32) -> Option<u32> {
        let skills = &self.agents[agent as usize];
        let (mut at, mut best) = (self.first, None);
        while at != NONE {
            let entry = &self.entries[at as usize];
            if skills.iter().any(|(skill, _)| *skill == entry.call.skill)
                && best.is_none_or(|(turn, _)| entry.turn < turn)
            {
                best = Some((entry.turn, at));
            }
            at = entry.next;
        }
        let (_, place) = best?;
        self.unlink(place);
        Some(self.entries[place as usize].call.slot)
    }

    fn leave(&mut self, call: Call) {
        self.unlink(self.places[call.slot as usize]);
    }
}
