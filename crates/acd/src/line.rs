//! Lines in which callers wait and agents idle: linked lists in order of time, counted in blocks.
//!
//! Joining at the end, leaving, and looking at the first take constant time whatever the length. Joining out of
//! order and counting those ahead walk n / `BLOCK` counters and one block.

use base::{Key, Slab, Time};

/// Members a counter stands for: both halves of a walk (counters, then one block) stay short up to 100,000 waiting.
const BLOCK: u32 = 128;
const NONE: u32 = u32::MAX;

/// The order in a line: the time since when, then the number that was drawn first.
pub(crate) type Turn = (Time, u64);

#[derive(Clone, Debug)]
struct Node {
    turn: Turn,
    before: u32,
    after: u32,
    block: Key,
}

/// Neighbours in a row that are counted together.
#[derive(Clone, Debug)]
struct Block {
    first: u32,
    count: u32,
    before: Key,
    after: Key,
}

/// One line. Its members live in a `Lines`, to which every operation on the line must go.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    first: u32,
    last: u32,
    first_block: Key,
    last_block: Key,
    len: usize,
}

const NO_BLOCK: Key = Key { slot: NONE, generation: 0 };

impl Default for Line {
    fn default() -> Line {
        Line { first: NONE, last: NONE, first_block: NO_BLOCK, last_block: NO_BLOCK, len: 0 }
    }
}

impl Line {
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

/// The members of all lines, by a small number that the user of the line gives them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    nodes: Vec<Option<Node>>,
    blocks: Slab<Block>,
}

impl Lines {
    /// The first of a line: its turn and its number.
    pub(crate) fn first(&self, line: &Line) -> Option<(Turn, u32)> {
        self.node(line.first).map(|node| (node.turn, line.first))
    }

    /// Puts `member` where its turn is. A member is in one line at a time; joining twice changes nothing.
    pub(crate) fn join(&mut self, line: &mut Line, member: u32, turn: Turn) {
        let index = member as usize;
        if self.nodes.len() <= index {
            self.nodes.resize(index + 1, None);
        }
        if self.nodes[index].is_some() {
            return;
        }
        line.len += 1;
        match self.node(line.last) {
            Some(last) if turn < last.turn => self.join_before_last(line, member, turn),
            _ => self.append(line, member, turn),
        }
    }

    fn append(&mut self, line: &mut Line, member: u32, turn: Turn) {
        let room = self.blocks.get(line.last_block).is_some_and(|b| b.count < BLOCK);
        if !room {
            let before = line.last_block;
            let block = self.blocks.insert(Block { first: member, count: 0, before, after: NO_BLOCK });
            match self.blocks.get_mut(before) {
                Some(b) => b.after = block,
                None => line.first_block = block,
            }
            line.last_block = block;
        }
        self.nodes[member as usize] = Some(Node { turn, before: line.last, after: NONE, block: line.last_block });
        match self.node_mut(line.last) {
            Some(last) => last.after = member,
            None => line.first = member,
        }
        line.last = member;
        self.count_one(line.last_block);
    }

    fn join_before_last(&mut self, line: &mut Line, member: u32, turn: Turn) {
        let (block, _) = self.block_of(line, turn);
        let (after, _) = self.within(block, turn);
        let before = self.node(after).map_or(NONE, |n| n.before);
        // The first after the turn may already belong to the next block; the newcomer then ends this one.
        self.nodes[member as usize] = Some(Node { turn, before, after, block });
        if let Some(node) = self.node_mut(after) {
            node.before = member;
        }
        match self.node_mut(before) {
            Some(node) => node.after = member,
            None => line.first = member,
        }
        if let Some(b) = self.blocks.get_mut(block).filter(|b| b.first == after) {
            b.first = member;
        }
        self.count_one(block);
        self.split_if_full(line, block);
    }

    /// Takes `member` out of its line; nothing when it is in none.
    pub(crate) fn leave(&mut self, line: &mut Line, member: u32) {
        let Some(node) = self.nodes.get_mut(member as usize).and_then(Option::take) else { return };
        line.len -= 1;
        match self.node_mut(node.before) {
            Some(before) => before.after = node.after,
            None => line.first = node.after,
        }
        match self.node_mut(node.after) {
            Some(after) => after.before = node.before,
            None => line.last = node.before,
        }
        let Some(block) = self.blocks.get_mut(node.block) else { return };
        block.count -= 1;
        if block.first == member {
            block.first = node.after;
        }
        let (count, before, after) = (block.count, block.before, block.after);
        if count == 0 {
            return self.drop_block(line, node.block);
        }
        // Merged at half a block, so that a merge is paid for by the departures before it.
        let fits = |other: Key| self.blocks.get(other).is_some_and(|b| b.count + count <= BLOCK / 2);
        if fits(after) {
            self.merge(line, node.block, after);
        } else if fits(before) {
            self.merge(line, before, node.block);
        }
    }

    /// How many of the line have their turn before this one.
    pub(crate) fn ahead(&self, line: &Line, turn: Turn) -> usize {
        // Who just arrived is behind everybody: the usual question, and the one asked of every arrival.
        if self.node(line.last).is_none_or(|last| last.turn < turn) {
            return line.len;
        }
        let (block, before) = self.block_of(line, turn);
        before + self.within(block, turn).1
    }

    /// The block in which a turn would stand, and how many members the blocks before it have.
    fn block_of(&self, line: &Line, turn: Turn) -> (Key, usize) {
        let (mut key, mut before) = (line.first_block, 0);
        while let Some(block) = self.blocks.get(key) {
            let next = self.blocks.get(block.after).and_then(|b| self.node(b.first));
            if next.is_none_or(|first| first.turn > turn) {
                break;
            }
            before += block.count as usize;
            key = block.after;
        }
        (key, before)
    }

    /// The first member at or after the turn, counted from the start of the block, and how many of the block precede.
    fn within(&self, block: Key, turn: Turn) -> (u32, usize) {
        let Some(block) = self.blocks.get(block) else { return (NONE, 0) };
        let mut at = block.first;
        for passed in 0..block.count as usize {
            match self.node(at) {
                Some(node) if node.turn < turn => at = node.after,
                _ => return (at, passed),
            }
        }
        (at, block.count as usize)
    }

    fn split_if_full(&mut self, line: &mut Line, key: Key) {
        let Some(block) = self.blocks.get(key).filter(|b| b.count > BLOCK) else { return };
        let (keep, after) = (block.count / 2, block.after);
        let mut middle = block.first;
        for _ in 0..keep {
            middle = self.node(middle).map_or(NONE, |n| n.after);
        }
        let count = block.count - keep;
        let new = self.blocks.insert(Block { first: middle, count, before: key, after });
        if let Some(block) = self.blocks.get_mut(key) {
            (block.count, block.after) = (keep, new);
        }
        match self.blocks.get_mut(after) {
            Some(next) => next.before = new,
            None => line.last_block = new,
        }
        self.assign(middle, count, new);
    }

    fn merge(&mut self, line: &mut Line, into: Key, from: Key) {
        let Some(&Block { first, count, .. }) = self.blocks.get(from) else { return };
        self.assign(first, count, into);
        if let Some(block) = self.blocks.get_mut(into) {
            block.count += count;
        }
        self.drop_block(line, from);
    }

    fn assign(&mut self, first: u32, count: u32, block: Key) {
        let mut at = first;
        for _ in 0..count {
            let Some(node) = self.node_mut(at) else { return };
            node.block = block;
            at = node.after;
        }
    }

    fn drop_block(&mut self, line: &mut Line, key: Key) {
        let Some(Block { before, after, .. }) = self.blocks.remove(key) else { return };
        match self.blocks.get_mut(before) {
            Some(block) => block.after = after,
            None => line.first_block = after,
        }
        match self.blocks.get_mut(after) {
            Some(block) => block.before = before,
            None => line.last_block = before,
        }
    }

    fn count_one(&mut self, block: Key) {
        if let Some(block) = self.blocks.get_mut(block) {
            block.count += 1;
        }
    }

    fn node(&self, member: u32) -> Option<&Node> {
        self.nodes.get(member as usize).and_then(Option::as_ref)
    }

    fn node_mut(&mut self, member: u32) -> Option<&mut Node> {
        self.nodes.get_mut(member as usize).and_then(Option::as_mut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Rng;

    /// Walks the line and checks every link and counter on the way.
    fn members(lines: &Lines, line: &Line) -> Vec<(Turn, u32)> {
        let (mut all, mut at, mut before) = (Vec::new(), line.first, NONE);
        let (mut block, mut left) = (line.first_block, 0);
        while let Some(node) = lines.node(at) {
            if left == 0 {
                block = node.block;
                let b = lines.blocks.get(block).expect("a member's block exists");
                assert_eq!(b.first, at);
                left = b.count;
            }
            left -= 1;
            assert_eq!((node.before, node.block), (before, block));
            all.push((node.turn, at));
            (before, at) = (at, node.after);
        }
        assert_eq!((line.last, left, line.len), (before, 0, all.len()));
        assert_eq!(line.last_block, if all.is_empty() { NO_BLOCK } else { block });
        all
    }

    #[test]
    fn stays_in_order_and_counts_as_a_sorted_list_does() {
        for seed in 0..30 {
            let mut rng = Rng::from_number(seed);
            let (mut lines, mut line, mut model) = (Lines::default(), Line::default(), Vec::new());
            let late = rng.unit() * 0.5;
            for step in 0..2_000u64 {
                let filling = rng.chance(if step / 500 % 2 == 0 { 0.9 } else { 0.2 });
                if filling || model.is_empty() {
                    let back = if rng.chance(late) { rng.below(step + 1) } else { 0 };
                    let turn = (Time::from_millis(step - back), step);
                    lines.join(&mut line, step as u32, turn);
                    model.push((turn, step as u32));
                    model.sort();
                } else {
                    let first = rng.chance(0.5);
                    let at = if first { 0 } else { rng.below(model.len() as u64) as usize };
                    let (_, member) = model.remove(at);
                    lines.leave(&mut line, member);
                    lines.leave(&mut line, member);
                }
                let probe = (Time::from_millis(rng.below(step + 1)), rng.below(step + 1));
                assert_eq!(lines.ahead(&line, probe), model.iter().filter(|m| m.0 < probe).count(), "seed {seed}");
                assert_eq!(lines.first(&line), model.first().copied());
                if step % 50 == 0 {
                    assert_eq!(members(&lines, &line), model, "seed {seed} step {step}");
                }
            }
        }
    }

    #[test]
    fn empties_and_leaves_no_counter_behind() {
        let (mut lines, mut line) = (Lines::default(), Line::default());
        for n in 0..1_000u32 {
            lines.join(&mut line, n, (Time::ZERO, u64::from(n)));
        }
        for n in (0..1_000).filter(|n| n % 100 != 7).chain((0..1_000).filter(|n| n % 100 == 7)) {
            lines.leave(&mut line, n);
        }
        assert_eq!((line.len(), lines.blocks.len()), (0, 0));
    }
}
