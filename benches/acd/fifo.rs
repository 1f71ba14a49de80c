//! The bare structure: a linked list of callers a skill and priority, and the first of each skill side by side. It knows no ids,
//! deadlines, facts or positions, and refuses nobody.

use std::time::Duration;

use crate::crowd::{Call, Has, SKILLS, STEP, Side};

const NONE: u32 = u32::MAX;
const PRIORITIES: usize = 4;
/// So that no turn lies before the beginning.
const ORIGIN: u64 = 1 << 62;

#[derive(Clone, Copy)]
struct Node {
    /// When it came, less what its priority is worth.
    turn: u64,
    before: u32,
    after: u32,
    list: u32,
}

#[derive(Clone, Copy)]
struct List {
    first: u32,
    last: u32,
}

/// All callers who wait.
pub(crate) struct Fifo {
    /// By slot.
    nodes: Vec<Node>,
    lists: Vec<List>,
    /// By skill: the first turn and whose it is.
    heads: Vec<(u64, u32)>,
    agents: Vec<Vec<Has>>,
    /// Whom an agent has.
    serves: Vec<u32>,
    now: u64,
    worth: u64,
}

impl Fifo {
    pub(crate) fn new(agents: Vec<Vec<Has>>, worth: Duration) -> Fifo {
        Fifo {
            nodes: Vec::new(),
            lists: vec![List { first: NONE, last: NONE }; usize::from(SKILLS) * PRIORITIES],
            heads: vec![(u64::MAX, NONE); usize::from(SKILLS)],
            serves: vec![NONE; agents.len()],
            agents,
            now: ORIGIN,
            worth: worth.as_nanos() as u64,
        }
    }

    fn renew_head(&mut self, skill: usize) {
        let lists = &self.lists[skill * PRIORITIES..][..PRIORITIES];
        let first = |list: &List| self.nodes.get(list.first as usize).map(|node| (node.turn, list.first));
        self.heads[skill] = lists.iter().filter_map(first).min().unwrap_or((u64::MAX, NONE));
    }

    fn unlink(&mut self, slot: u32) {
        let Node { before, after, list, .. } = self.nodes[slot as usize];
        match self.nodes.get_mut(before as usize) {
            Some(node) => node.after = after,
            None => self.lists[list as usize].first = after,
        }
        match self.nodes.get_mut(after as usize) {
            Some(node) => node.before = before,
            None => self.lists[list as usize].last = before,
        }
        self.renew_head(list as usize / PRIORITIES);
    }
}

impl Side for Fifo {
    fn join(&mut self, call: Call) {
        self.now += STEP.as_nanos() as u64;
        let turn = self.now - self.worth * u64::from(call.priority);
        let list = usize::from(call.skill) * PRIORITIES + usize::from(call.priority);
        let before = std::mem::replace(&mut self.lists[list].last, call.slot);
        let node = Node { turn, before, after: NONE, list: list as u32 };
        match self.nodes.get_mut(call.slot as usize) {
            Some(place) => *place = node,
            // Slots are given out from the first on.
            None => self.nodes.push(node),
        }
        match self.nodes.get_mut(before as usize) {
            Some(last) => last.after = call.slot,
            None => self.lists[list].first = call.slot,
        }
        self.renew_head(usize::from(call.skill));
    }

    fn free(&mut self, agent: u32) -> Option<u32> {
        let firsts = self.agents[agent as usize].iter().map(|(skill, _)| self.heads[usize::from(*skill)]);
        let (_, slot) = firsts.min().filter(|(_, slot)| *slot != NONE)?;
        self.unlink(slot);
        self.serves[agent as usize] = slot;
        Some(slot)
    }

    fn leave(&mut self, call: Call) {
        self.unlink(call.slot);
    }
}
