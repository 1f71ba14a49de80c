//! Lines in which callers wait and agents idle: in order of time, in blocks that lie side by side in memory.
//!
//! Joining at the end, leaving from the front, and looking at the first take the same time whatever the length. Joining and leaving elsewhere
//! is a search by halves, among the blocks and then in one. Counting those ahead adds up one counter per `BLOCK` members, from the nearer end.

use std::collections::VecDeque;

use base::Time;

/// Members side by side. With 64 a position beside a million who wait costs a fifth more: a search within a block touches cold memory,
/// the one among blocks does not.
const BLOCK: usize = 32;

/// The order in a line: the time since when, then the number that was drawn first.
pub(crate) type Turn = (Time, u64);

/// Neighbours in a row, in order; which places are taken says the entry of the block.
#[derive(Clone, Debug)]
#[repr(C)]
struct Block<M> {
    members: [M; BLOCK],
    turns: [Turn; BLOCK],
}

/// A block in its line: all of its turns are at or after `since`, all of those before it are earlier or the same.
#[derive(Clone, Copy, Debug)]
struct Entry {
    since: Turn,
    block: u32,
    /// The places that are taken: so many from this one on.
    from: u16,
    count: u16,
}

impl Entry {
    fn taken(&self) -> std::ops::Range<usize> {
        usize::from(self.from)..usize::from(self.from) + usize::from(self.count)
    }
}

/// One line. Its members live in a `Lines`, to which every operation on the line must go.
#[derive(Clone, Debug)]
pub(crate) struct Line<M> {
    /// In order, none of them empty.
    entries: VecDeque<Entry>,
    /// The first and the last turn mean nothing in an empty line.
    first: (Turn, M),
    last: Turn,
    len: usize,
}

impl<M: Default> Default for Line<M> {
    fn default() -> Line<M> {
        Line { entries: VecDeque::new(), first: Default::default(), last: Turn::default(), len: 0 }
    }
}

impl<M: Copy> Line<M> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Its first member, with the turn.
    pub(crate) fn first(&self) -> Option<(Turn, M)> {
        (self.len > 0).then_some(self.first)
    }

    /// The last entry that begins at or before a turn; the first one where none does.
    fn entry_of(&self, turn: Turn) -> usize {
        self.entries.partition_point(|entry| entry.since <= turn).saturating_sub(1)
    }

    /// The last entry that begins before a turn, if any does, and how many stand in those before it; looked for from the nearer end.
    fn entry_before(&self, turn: Turn) -> Option<(&Entry, usize)> {
        let middle = self.entries.get(self.entries.len() / 2)?;
        if middle.since < turn {
            let mut count = self.len;
            return self.entries.iter().rev().find_map(|entry| {
                count -= usize::from(entry.count);
                (entry.since < turn).then_some((entry, count))
            });
        }
        let mut count = 0;
        let mut found = None;
        for entry in self.entries.iter().take_while(|entry| entry.since < turn) {
            let before = count;
            count += usize::from(entry.count);
            found = Some((entry, before));
        }
        found
    }
}

/// The members of all lines.
#[derive(Clone, Debug)]
pub(crate) struct Lines<M> {
    /// Blocks stay where they are and serve again: as many as were in use at once. Boxed, since a list that doubles moves all that it holds: a
    /// word a block, not a kilobyte.
    blocks: Vec<Box<Block<M>>>,
    unused: Vec<u32>,
}

impl<M> Default for Lines<M> {
    fn default() -> Lines<M> {
        Lines { blocks: Vec::new(), unused: Vec::new() }
    }
}

impl<M: Copy + Default + PartialEq> Lines<M> {
    /// Puts a member where its turn is.
    pub(crate) fn join(&mut self, line: &mut Line<M>, member: M, turn: Turn) {
        if line.len == 0 || turn >= line.last {
            self.append(line, member, turn);
        } else {
            self.join_before_last(line, member, turn);
        }
        if line.len == 0 || turn < line.first.0 {
            line.first = (turn, member);
        }
        line.len += 1;
    }

    fn append(&mut self, line: &mut Line<M>, member: M, turn: Turn) {
        line.last = turn;
        let entry = match line.entries.back_mut() {
            Some(entry) if entry.taken().end < BLOCK => entry,
            _ => {
                let block = self.empty_block();
                line.entries.push_back(Entry { since: turn, block, from: 0, count: 0 });
                let last = line.entries.len() - 1;
                &mut line.entries[last]
            }
        };
        let (block, place) = (&mut self.blocks[entry.block as usize], entry.taken().end);
        (block.turns[place], block.members[place]) = (turn, member);
        entry.count += 1;
    }

    fn join_before_last(&mut self, line: &mut Line<M>, member: M, turn: Turn) {
        let mut at = line.entry_of(turn);
        if line.entries.get(at).is_some_and(|entry| usize::from(entry.count) == BLOCK) {
            self.split(line, at);
            at = line.entry_of(turn);
        }
        let Some(entry) = line.entries.get_mut(at) else { return };
        self.blocks[entry.block as usize].insert(entry, member, turn);
        entry.since = entry.since.min(turn);
    }

    /// Takes a member of this turn out of its line; whether it was there.
    pub(crate) fn leave(&mut self, line: &mut Line<M>, member: M, turn: Turn) -> bool {
        if line.first() == Some((turn, member)) {
            self.pop_first(line);
            return true;
        }
        let Some((at, place)) = self.find(line, member, turn) else { return false };
        let entry = &mut line.entries[at];
        self.blocks[entry.block as usize].remove(entry, place);
        line.len -= 1;
        if entry.count > 0 {
            self.merge_around(line, at);
        } else if let Some(entry) = line.entries.remove(at) {
            self.unused.push(entry.block);
        }
        self.look_at_last(line);
        true
    }

    /// Takes the first member out of its line.
    pub(crate) fn pop_first(&mut self, line: &mut Line<M>) {
        let Some(entry) = line.entries.front_mut() else { return };
        line.len -= 1;
        (entry.from, entry.count) = (entry.from + 1, entry.count - 1);
        if entry.count == 0 {
            self.unused.push(entry.block);
            line.entries.pop_front();
        }
        self.look_at_first(line);
    }

    fn look_at_first(&self, line: &mut Line<M>) {
        if let Some(entry) = line.entries.front() {
            let (block, place) = (&self.blocks[entry.block as usize], usize::from(entry.from));
            line.first = (block.turns[place], block.members[place]);
        }
    }

    fn look_at_last(&self, line: &mut Line<M>) {
        if let Some(entry) = line.entries.back() {
            line.last = self.blocks[entry.block as usize].turns[entry.taken().end - 1];
        }
    }

    /// Keeps the members for whom that holds. Takes time in proportion to all.
    pub(crate) fn retain(&mut self, line: &mut Line<M>, keeps: impl Fn(M) -> bool) {
        let mut kept = 0_usize;
        line.len = 0;
        for at in 0..line.entries.len() {
            let mut entry = line.entries[at];
            self.blocks[entry.block as usize].retain(&mut entry, &keeps);
            line.len += usize::from(entry.count);
            let before = kept.checked_sub(1).and_then(|before| line.entries.get_mut(before));
            match before.filter(|before| before.taken().end + usize::from(entry.count) <= BLOCK) {
                Some(before) => self.add_to(before, entry),
                None if entry.count == 0 => self.unused.push(entry.block),
                None => {
                    line.entries[kept] = entry;
                    kept += 1;
                }
            }
        }
        line.entries.truncate(kept);
        self.look_at_first(line);
        self.look_at_last(line);
    }

    /// Moves the members of a block behind those of the one before, which has room for them.
    fn add_to(&mut self, kept: &mut Entry, gone: Entry) {
        let (from, to) = (kept.taken().end, kept.taken().end + usize::from(gone.count));
        let both = self.blocks.get_disjoint_mut([gone.block as usize, kept.block as usize]);
        if let Ok([gone_block, block]) = both {
            block.turns[from..to].copy_from_slice(&gone_block.turns[gone.taken()]);
            block.members[from..to].copy_from_slice(&gone_block.members[gone.taken()]);
            kept.count += gone.count;
            self.unused.push(gone.block);
        }
    }

    /// The entry of a member of this turn, and the place in its block.
    fn find(&self, line: &Line<M>, member: M, turn: Turn) -> Option<(usize, usize)> {
        // Members of one turn may stand in several blocks.
        let first = line.entries.partition_point(|entry| entry.since < turn).saturating_sub(1);
        let entries = line.entries.range(first..).take_while(|entry| entry.since <= turn);
        entries.zip(first..).find_map(|(entry, at)| {
            let block = &self.blocks[entry.block as usize];
            let from = usize::from(entry.from) + block.ahead(entry, turn);
            let mut same = (from..entry.taken().end).take_while(|place| block.turns[*place] == turn);
            same.find(|place| block.members[*place] == member).map(|place| (at, place))
        })
    }

    /// How many of the line have their turn before this one.
    pub(crate) fn ahead(&self, line: &Line<M>, turn: Turn) -> usize {
        // Who just arrived is behind everybody: the usual question, and the one asked of every arrival.
        if line.len == 0 || line.last < turn {
            return line.len;
        }
        let Some((entry, before)) = line.entry_before(turn) else { return 0 };
        before + self.blocks[entry.block as usize].ahead(entry, turn)
    }

    /// A block without members, which is in no line yet.
    fn empty_block(&mut self) -> u32 {
        self.unused.pop().unwrap_or_else(|| {
            let (turns, members) = ([Turn::default(); BLOCK], [M::default(); BLOCK]);
            self.blocks.push(Box::new(Block { members, turns }));
            self.blocks.len() as u32 - 1
        })
    }

    /// Moves the later half of a block into one of its own.
    fn split(&mut self, line: &mut Line<M>, at: usize) {
        let new = self.empty_block();
        let Some(entry) = line.entries.get_mut(at) else { return };
        let (later, taken) = (entry.count / 2, entry.taken());
        let moved = taken.end - usize::from(later)..taken.end;
        let Ok([from, into]) = self.blocks.get_disjoint_mut([entry.block as usize, new as usize]) else { return };
        into.turns[..moved.len()].copy_from_slice(&from.turns[moved.clone()]);
        into.members[..moved.len()].copy_from_slice(&from.members[moved]);
        entry.count -= later;
        line.entries.insert(at + 1, Entry { since: into.turns[0], block: new, from: 0, count: later });
    }

    /// Merges a block with its neighbour if both have few members: at half a block, so that a merge is paid for by the departures
    /// before it.
    fn merge_around(&mut self, line: &mut Line<M>, at: usize) {
        let count = |at: usize| line.entries.get(at).map_or(BLOCK, |entry| usize::from(entry.count));
        let fits = |at: usize| count(at) + count(at + 1) <= BLOCK / 2;
        let Some(earlier) = [Some(at), at.checked_sub(1)].into_iter().flatten().find(|at| fits(*at)) else { return };
        let Some(gone) = line.entries.remove(earlier) else { return };
        let kept = &mut line.entries[earlier];
        let Ok([from, into]) = self.blocks.get_disjoint_mut([gone.block as usize, kept.block as usize]) else { return };
        let first = usize::from(gone.count);
        into.turns.copy_within(kept.taken(), first);
        into.members.copy_within(kept.taken(), first);
        into.turns[..first].copy_from_slice(&from.turns[gone.taken()]);
        into.members[..first].copy_from_slice(&from.members[gone.taken()]);
        (kept.since, kept.from, kept.count) = (gone.since, 0, kept.count + gone.count);
        self.unused.push(gone.block);
    }
}

impl<M: Copy> Block<M> {
    /// How many have their turn before this one.
    fn ahead(&self, entry: &Entry, turn: Turn) -> usize {
        self.turns[entry.taken()].partition_point(|t| *t < turn)
    }

    /// Puts a member where its turn is; there is room at one end at least.
    fn insert(&mut self, entry: &mut Entry, member: M, turn: Turn) {
        let (from, to) = (usize::from(entry.from), entry.taken().end);
        let mut at = from + self.ahead(entry, turn);
        let early = at - from < to - at;
        if from > 0 && (early || to == BLOCK) {
            self.turns.copy_within(from..at, from - 1);
            self.members.copy_within(from..at, from - 1);
            entry.from -= 1;
            at -= 1;
        } else {
            self.turns.copy_within(at..to, at + 1);
            self.members.copy_within(at..to, at + 1);
        }
        entry.count += 1;
        (self.turns[at], self.members[at]) = (turn, member);
    }

    /// Keeps the members for whom that holds.
    fn retain(&mut self, entry: &mut Entry, keeps: impl Fn(M) -> bool) {
        let mut to = usize::from(entry.from);
        for place in entry.taken() {
            if keeps(self.members[place]) {
                (self.turns[to], self.members[to]) = (self.turns[place], self.members[place]);
                to += 1;
            }
        }
        entry.count = (to - usize::from(entry.from)) as u16;
    }

    /// Takes out the member at a place.
    fn remove(&mut self, entry: &mut Entry, at: usize) {
        let (from, to) = (usize::from(entry.from), entry.taken().end);
        if at - from < to - at {
            self.turns.copy_within(from..at, from + 1);
            self.members.copy_within(from..at, from + 1);
            entry.from += 1;
        } else {
            self.turns.copy_within(at + 1..to, at);
            self.members.copy_within(at + 1..to, at);
        }
        entry.count -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Rng;

    /// Walks the line and checks every block and counter on the way.
    fn members(lines: &Lines<u32>, line: &Line<u32>) -> Vec<(Turn, u32)> {
        let mut all: Vec<(Turn, u32)> = Vec::new();
        for entry in &line.entries {
            let block = &lines.blocks[entry.block as usize];
            let turns = &block.turns[entry.taken()];
            assert!(entry.count > 0, "none is empty");
            assert!(entry.since <= turns[0] && all.last().is_none_or(|(turn, _)| *turn < entry.since));
            all.extend(turns.iter().copied().zip(block.members[entry.taken()].iter().copied()));
        }
        assert_eq!((line.len, line.first()), (all.len(), all.first().copied()));
        assert_eq!(line.last, all.last().map_or(line.last, |(turn, _)| *turn));
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
                    let (turn, member) = model.remove(at);
                    assert!(lines.leave(&mut line, member, turn) && !lines.leave(&mut line, member, turn));
                }
                let probe = (Time::from_millis(rng.below(step + 1)), rng.below(step + 1));
                assert_eq!(lines.ahead(&line, probe), model.iter().filter(|m| m.0 < probe).count(), "seed {seed}");
                assert_eq!(line.first(), model.first().copied());
                if step % 50 == 0 {
                    assert_eq!(members(&lines, &line), model, "seed {seed} step {step}");
                }
                if step % 300 == 0 {
                    let keeps = |member: u32| !member.is_multiple_of(7);
                    lines.retain(&mut line, keeps);
                    model.retain(|(_, member)| keeps(*member));
                    assert_eq!(members(&lines, &line), model, "seed {seed} step {step}");
                }
            }
        }
    }

    #[test]
    fn tells_members_of_one_turn_apart() {
        let (mut lines, mut line) = (Lines::default(), Line::default());
        for n in 0..200u32 {
            lines.join(&mut line, n, (Time::ZERO, 7));
        }
        assert!((0..200).rev().filter(|n| n % 3 > 0).all(|n| lines.leave(&mut line, n, (Time::ZERO, 7))));
        assert!(!lines.leave(&mut line, 1, (Time::ZERO, 7)));
        assert_eq!((line.len(), line.first()), (67, Some(((Time::ZERO, 7), 0))));
    }

    #[test]
    fn empties_and_leaves_no_counter_behind() {
        let (mut lines, mut line) = (Lines::default(), Line::default());
        for n in 0..1_000u32 {
            lines.join(&mut line, n, (Time::ZERO, u64::from(n)));
        }
        for n in (0..1_000).filter(|n| n % 100 != 7).chain((0..1_000).filter(|n| n % 100 == 7)) {
            assert!(lines.leave(&mut line, n, (Time::ZERO, u64::from(n))));
        }
        assert_eq!((line.len(), line.entries.len(), line.first()), (0, 0, None));
        assert_eq!(lines.unused.len(), lines.blocks.len());
    }
}
