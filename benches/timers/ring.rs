//! The bare wheel.

const NONE: u32 = u32::MAX;

/// Names an armed deadline.
#[derive(Clone, Copy)]
pub(crate) struct RingId {
    place: u32,
    generation: u32,
}

/// `slot` is `NONE` for a free place; then `after` is the next free one.
#[derive(Clone, Copy)]
struct Node {
    generation: u32,
    slot: u32,
    before: u32,
    after: u32,
    value: u32,
}

/// Lists in a ring, one a millisecond.
pub(crate) struct Ring {
    heads: Vec<u32>,
    tails: Vec<u32>,
    /// Which lists hold something.
    used: Vec<u64>,
    nodes: Vec<Node>,
    free: u32,
    now: u64,
    mask: u64,
}

impl Ring {
    /// For delays below `span`.
    pub(crate) fn new(span: u64) -> Ring {
        let slots = span.next_power_of_two().max(64) as usize;
        Ring {
            heads: vec![NONE; slots],
            tails: vec![NONE; slots],
            used: vec![0; slots / 64],
            nodes: Vec::new(),
            free: NONE,
            now: 0,
            mask: slots as u64 - 1,
        }
    }

    pub(crate) fn arm(&mut self, after: u64, value: u32) -> RingId {
        let slot = ((self.now + after) & self.mask) as u32;
        let place = self.free;
        let before = self.tails[slot as usize];
        let (place, generation) = match self.nodes.get_mut(place as usize) {
            Some(node) => {
                self.free = node.after;
                *node = Node { generation: node.generation, slot, before, after: NONE, value };
                (place, node.generation)
            }
            None => {
                self.nodes.push(Node { generation: 0, slot, before, after: NONE, value });
                (self.nodes.len() as u32 - 1, 0)
            }
        };
        self.tails[slot as usize] = place;
        if before == NONE {
            self.heads[slot as usize] = place;
            self.used[slot as usize / 64] |= 1 << (slot % 64);
        } else {
            self.nodes[before as usize].after = place;
        }
        RingId { place, generation }
    }

    pub(crate) fn cancel(&mut self, id: RingId) -> Option<u32> {
        let node = self.nodes.get(id.place as usize)?;
        if node.generation != id.generation || node.slot == NONE {
            return None;
        }
        Some(self.remove(id.place))
    }

    pub(crate) fn pop(&mut self) -> Option<u32> {
        let head = self.heads[(self.now & self.mask) as usize];
        (head != NONE).then(|| self.remove(head))
    }

    /// A millisecond passes; what is due then must be popped before the next one.
    pub(crate) fn step(&mut self) {
        self.now += 1;
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Option<u64> {
        let here = (self.now & self.mask) as usize;
        let (word, bit) = (here / 64, here % 64);
        let first = self.used[word] >> bit;
        if first != 0 {
            return Some(self.now + u64::from(first.trailing_zeros()));
        }
        let words = self.used.len();
        let step = (1..=words).find(|step| self.used[(word + step) % words] != 0)?;
        let bits = self.used[(word + step) % words];
        Some(self.now + 64 * step as u64 - bit as u64 + u64::from(bits.trailing_zeros()))
    }

    fn remove(&mut self, place: u32) -> u32 {
        let Node { slot, before, after, value, .. } = self.nodes[place as usize];
        if before == NONE {
            self.heads[slot as usize] = after;
        } else {
            self.nodes[before as usize].after = after;
        }
        if after == NONE {
            self.tails[slot as usize] = before;
        } else {
            self.nodes[after as usize].before = before;
        }
        if before == NONE && after == NONE {
            self.used[slot as usize / 64] &= !(1 << (slot % 64));
        }
        let node = &mut self.nodes[place as usize];
        node.generation = node.generation.wrapping_add(1);
        (node.slot, node.after) = (NONE, self.free);
        self.free = place;
        value
    }
}
