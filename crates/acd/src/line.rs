//! Lines in which callers wait and agents idle: in order of time, in blocks that lie side by side in memory.
//!
//! Joining at the end, leaving, and looking at the first take the same time whatever the length, but for a search by halves among the
//! blocks where neither end is meant. Joining out of order is such a search too. Counting those ahead adds up one counter per `BLOCK`
//! members, from the nearer end.

use std::collections::VecDeque;

use base::Time;

/// Members side by side. With 64 a position beside a million who wait costs a fifth more: a search within a block touches cold memory,
/// the one among blocks does not.
const BLOCK: usize = 32;
const NONE: u32 = u32::MAX;

/// The order in a line: the time since when, then the number that was drawn first.
pub(crate) type Turn = (Time, u64);

/// Neighbours in a row: those of `from..to`, in order.
#[derive(Clone, Debug)]
#[repr(C)]
struct Block {
    from: usize,
    to: usize,
    members: [u32; BLOCK],
    turns: [Turn; BLOCK],
}

/// A block in its line: all of its turns are at or after `since`, all of those before it are earlier.
#[derive(Clone, Copy, Debug)]
struct Entry {
    since: Turn,
    block: u32,
    count: u32,
}

/// One line. Its members live in a `Lines`, to which every operation on the line must go.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    /// In order, none of them empty.
    entries: VecDeque<Entry>,
    first: Option<(Turn, u32)>,
    last: Option<Turn>,
    len: usize,
}

impl Line {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Its first member: turn and number.
    pub(crate) fn first(&self) -> Option<(Turn, u32)> {
        self.first
    }

    /// The last entry that begins at or before a turn; the first one where none does.
    fn entry_of(&self, turn: Turn) -> usize {
        self.entries.partition_point(|entry| entry.since <= turn).saturating_sub(1)
    }

    /// Where a block stands that has a member of this turn.
    fn entry_with(&self, block: u32, turn: Turn) -> Option<usize> {
        let at = self.entry_of(turn);
        let there = |entry: &&Entry| entry.block == block;
        // Members of one turn may stand in two blocks.
        self.entries.get(at).filter(there).map(|_| at).or_else(|| self.entries.iter().position(|e| there(&e)))
    }

    /// How many stand in the entries before this one.
    fn before(&self, entry: usize) -> usize {
        let sum = |count, entry: &Entry| count + entry.count as usize;
        if entry <= self.entries.len() / 2 {
            self.entries.range(..entry).fold(0, sum)
        } else {
            self.len - self.entries.range(entry..).fold(0, sum)
        }
    }
}

/// The members of all lines, by a small number that the user of the line gives them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    /// By member, the block that it stands in; `NONE` for a member of no line.
    places: Vec<u32>,
    /// Blocks stay where they are and serve again: as many as were in use at once.
    #[expect(clippy::vec_box, reason = "a list that doubles moves all that it holds: a word a block, not a kilobyte")]
    blocks: Vec<Box<Block>>,
    unused: Vec<u32>,
}

impl Lines {
    /// Puts `member` where its turn is. A member is in one line at a time; joining twice changes nothing.
    pub(crate) fn join(&mut self, line: &mut Line, member: u32, turn: Turn) {
        let index = member as usize;
        if self.places.len() <= index {
            self.places.resize(index + 1, NONE);
        }
        if self.places[index] != NONE {
            return;
        }
        match line.last {
            Some(last) if turn < last => self.join_before_last(line, member, turn),
            _ => self.append(line, member, turn),
        }
        line.len += 1;
        if line.first.is_none_or(|(first, _)| turn < first) {
            line.first = Some((turn, member));
        }
    }

    fn append(&mut self, line: &mut Line, member: u32, turn: Turn) {
        let room = line.entries.back().is_some_and(|entry| self.blocks[entry.block as usize].to < BLOCK);
        if !room {
            let block = self.empty_block();
            line.entries.push_back(Entry { since: turn, block, count: 0 });
        }
        line.last = Some(turn);
        let Some(entry) = line.entries.back_mut() else { return };
        entry.count += 1;
        let block = &mut self.blocks[entry.block as usize];
        (block.turns[block.to], block.members[block.to]) = (turn, member);
        block.to += 1;
        self.places[member as usize] = entry.block;
    }

    fn join_before_last(&mut self, line: &mut Line, member: u32, turn: Turn) {
        let mut at = line.entry_of(turn);
        if line.entries.get(at).is_some_and(|entry| entry.count as usize == BLOCK) {
            self.split(line, at);
            at = line.entry_of(turn);
        }
        let Some(entry) = line.entries.get_mut(at) else { return };
        entry.since = entry.since.min(turn);
        entry.count += 1;
        self.blocks[entry.block as usize].insert(member, turn);
        self.places[member as usize] = entry.block;
    }

    /// Takes `member` out of its line; nothing when it is in none.
    pub(crate) fn leave(&mut self, line: &mut Line, member: u32) {
        let Some(place) = self.places.get_mut(member as usize) else { return };
        let number = std::mem::replace(place, NONE);
        let Some(block) = self.blocks.get_mut(number as usize) else { return };
        let Some(turn) = block.remove(member) else { return };
        let Some(at) = line.entry_with(number, turn) else { return };
        line.len -= 1;
        line.entries[at].count -= 1;
        if line.entries[at].count == 0 {
            line.entries.remove(at);
            self.unused.push(number);
        } else {
            self.merge_around(line, at);
        }
        if line.first.is_some_and(|(_, first)| first == member) {
            line.first = line.entries.front().and_then(|entry| self.blocks[entry.block as usize].first());
        }
        if line.last == Some(turn) {
            line.last = line.entries.back().and_then(|entry| self.blocks[entry.block as usize].last());
        }
    }

    /// How many of the line have their turn before this one.
    pub(crate) fn ahead(&self, line: &Line, turn: Turn) -> usize {
        // Who just arrived is behind everybody: the usual question, and the one asked of every arrival.
        if line.last.is_none_or(|last| last < turn) {
            return line.len;
        }
        let at = line.entry_of(turn);
        let Some(entry) = line.entries.get(at) else { return 0 };
        line.before(at) + self.blocks[entry.block as usize].ahead(turn)
    }

    /// A block without members, which is in no line yet.
    fn empty_block(&mut self) -> u32 {
        let block = self.unused.pop().unwrap_or_else(|| {
            let (turns, members) = ([Turn::default(); BLOCK], [NONE; BLOCK]);
            self.blocks.push(Box::new(Block { from: 0, to: 0, members, turns }));
            self.blocks.len() as u32 - 1
        });
        let empty = &mut self.blocks[block as usize];
        (empty.from, empty.to) = (0, 0);
        block
    }

    /// Moves the later half of a block into one of its own.
    fn split(&mut self, line: &mut Line, at: usize) {
        let Some(&Entry { block, count, .. }) = line.entries.get(at) else { return };
        let new = self.empty_block();
        let later = count / 2;
        self.take_over(block, new, later as usize);
        let Some((since, _)) = self.blocks[new as usize].first() else { return };
        line.entries[at].count -= later;
        line.entries.insert(at + 1, Entry { since, block: new, count: later });
    }

    /// Moves the last `count` of one block, or all, to the front of the later one, which has room for them.
    fn take_over(&mut self, from: u32, into: u32, count: usize) {
        let mut moved = 0;
        while moved < count {
            let Some((turn, member)) = self.blocks[from as usize].pop() else { return };
            self.blocks[into as usize].insert(member, turn);
            self.places[member as usize] = into;
            moved += 1;
        }
    }

    /// Merges a block with its neighbour if both have few members: at half a block, so that a merge is paid for by the departures
    /// before it.
    fn merge_around(&mut self, line: &mut Line, at: usize) {
        let count = |at: usize| line.entries.get(at).map_or(BLOCK as u32, |entry| entry.count);
        let fits = |at: usize| count(at) + count(at + 1) <= BLOCK as u32 / 2;
        let Some(earlier) = [Some(at), at.checked_sub(1)].into_iter().flatten().find(|at| fits(*at)) else { return };
        let Some(Entry { since, block, count }) = line.entries.remove(earlier) else { return };
        let later = &mut line.entries[earlier];
        (later.since, later.count) = (since, later.count + count);
        let into = later.block;
        self.take_over(block, into, count as usize);
        self.unused.push(block);
    }
}

impl Block {
    fn turns(&self) -> &[Turn] {
        &self.turns[self.from..self.to]
    }

    fn first(&self) -> Option<(Turn, u32)> {
        self.turns().first().map(|turn| (*turn, self.members[self.from]))
    }

    fn last(&self) -> Option<Turn> {
        self.turns().last().copied()
    }

    /// How many have their turn before this one.
    fn ahead(&self, turn: Turn) -> usize {
        self.turns().partition_point(|t| *t < turn)
    }

    /// Puts a member where its turn is; there is room at one end at least.
    fn insert(&mut self, member: u32, turn: Turn) {
        let mut at = self.from + self.ahead(turn);
        let early = at - self.from < self.to - at;
        if self.from > 0 && (early || self.to == BLOCK) {
            self.turns.copy_within(self.from..at, self.from - 1);
            self.members.copy_within(self.from..at, self.from - 1);
            self.from -= 1;
            at -= 1;
        } else if self.to < BLOCK {
            self.turns.copy_within(at..self.to, at + 1);
            self.members.copy_within(at..self.to, at + 1);
            self.to += 1;
        } else {
            return;
        }
        (self.turns[at], self.members[at]) = (turn, member);
    }

    /// Takes a member out; its turn.
    fn remove(&mut self, member: u32) -> Option<Turn> {
        let at = self.from + self.members[self.from..self.to].iter().position(|m| *m == member)?;
        let turn = self.turns[at];
        if at - self.from < self.to - at {
            self.turns.copy_within(self.from..at, self.from + 1);
            self.members.copy_within(self.from..at, self.from + 1);
            self.from += 1;
        } else {
            self.turns.copy_within(at + 1..self.to, at);
            self.members.copy_within(at + 1..self.to, at);
            self.to -= 1;
        }
        Some(turn)
    }

    fn pop(&mut self) -> Option<(Turn, u32)> {
        let last = self.to.checked_sub(1).filter(|last| *last >= self.from)?;
        self.to = last;
        Some((self.turns[last], self.members[last]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Rng;

    /// Walks the line and checks every block and counter on the way.
    fn members(lines: &Lines, line: &Line) -> Vec<(Turn, u32)> {
        let mut all: Vec<(Turn, u32)> = Vec::new();
        for entry in &line.entries {
            let block = &lines.blocks[entry.block as usize];
            assert!(block.from < block.to && block.to - block.from == entry.count as usize, "none is empty");
            assert!(entry.since <= block.turns()[0] && all.last().is_none_or(|(turn, _)| *turn < entry.since));
            let members = &block.members[block.from..block.to];
            assert!(members.iter().all(|member| lines.places[*member as usize] == entry.block));
            all.extend(block.turns().iter().copied().zip(members.iter().copied()));
        }
        assert_eq!((line.len, line.first), (all.len(), all.first().copied()));
        assert_eq!(line.last, all.last().map(|(turn, _)| *turn));
        assert_eq!(lines.blocks.len(), lines.unused.len() + line.entries.len());
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
                assert_eq!(line.first(), model.first().copied());
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
        assert_eq!((line.len(), line.entries.len(), line.first()), (0, 0, None));
        assert_eq!(lines.unused.len(), lines.blocks.len());
    }
}
