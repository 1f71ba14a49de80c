//! The callers, and the lines in which they wait: one a group and priority.

use std::cmp::Reverse;

use base::{AgentId, CallId, CallerKey, GroupId, Key, Map, Slab, Time, TimerId};

use crate::line::{Line, Lines, Turn};

/// Where a caller stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// In the line of its group and priority.
    Waiting,
    /// Out of the line while one agent's phone rings; the turn is kept.
    Offered(AgentId),
    Talking(AgentId),
}

/// What a caller is known by, and has a right to wherever it waits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Claim {
    pub(crate) caller: Option<CallerKey>,
    pub(crate) priority: u8,
    /// The time in `Enqueue`, or that of the place which the caller came back to.
    pub(crate) since: Time,
}

impl Claim {
    /// The better right of two that one caller has.
    pub(crate) fn or_better(self, other: Claim) -> Claim {
        Claim { priority: self.priority.max(other.priority), since: self.since.min(other.since), ..self }
    }
}

/// One caller.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) call: CallId,
    pub(crate) caller: Option<CallerKey>,
    pub(crate) group: GroupId,
    pub(crate) priority: u8,
    /// The time since when the caller waits, then the number of arrival.
    pub(crate) turn: Turn,
    pub(crate) standing: Standing,
    /// The best position told since the caller entered this group at this priority.
    pub(crate) told: u32,
    pub(crate) wait: Option<TimerId>,
    /// The wait was exceeded while a phone rang: should the offer fail, the caller overflows.
    pub(crate) overdue: bool,
    /// Groups left for too long a wait; bounds a circle of overflows.
    pub(crate) hops: usize,
    /// Reservations up to this number were made for an earlier stay of the call.
    pub(crate) floor: u64,
    /// Whose phone rings to take the talk over.
    pub(crate) claims: Option<AgentId>,
}

impl Caller {
    /// A caller in no line, without deadline. Of two with one claim the lower `arrival` was first.
    pub(crate) fn new(call: CallId, group: GroupId, claim: Claim, arrival: u64) -> Caller {
        Caller {
            call,
            caller: claim.caller,
            group,
            priority: claim.priority,
            turn: (claim.since, arrival),
            standing: Standing::Waiting,
            told: u32::MAX,
            wait: None,
            overdue: false,
            hops: 0,
            floor: 0,
            claims: None,
        }
    }

    pub(crate) fn claim(&self) -> Claim {
        Claim { caller: self.caller, priority: self.priority, since: self.turn.0 }
    }
}

/// The order among callers: highest priority, then the earliest turn.
pub(crate) type Precedence = (Reverse<u8>, Turn);

/// The callers of one group who wait for an offer.
#[derive(Clone, Debug, Default)]
struct Queue {
    /// By priority, highest first; a line stays once it was used, so there are at most 256.
    lines: Vec<(Reverse<u8>, Line)>,
    waiting: usize,
}

/// All callers.
#[derive(Clone, Debug)]
pub(crate) struct Callers {
    all: Slab<Caller>,
    by_call: Map<CallId, Key>,
    queues: Vec<Queue>,
    /// The first of each group, side by side, so that an agent of many skills looks through few cache lines.
    heads: Vec<Option<(Precedence, u32)>>,
    lines: Lines,
}

impl Callers {
    pub(crate) fn new(groups: usize) -> Callers {
        Callers {
            all: Slab::new(),
            by_call: Map::default(),
            queues: vec![Queue::default(); groups],
            heads: vec![None; groups],
            lines: Lines::default(),
        }
    }

    pub(crate) fn find(&self, call: CallId) -> Option<Key> {
        self.by_call.get(&call).copied()
    }

    pub(crate) fn get(&self, key: Key) -> Option<&Caller> {
        self.all.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut Caller> {
        self.all.get_mut(key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Caller> {
        self.all.iter().map(|(_, caller)| caller)
    }

    /// Adds a caller who is in no line yet.
    pub(crate) fn insert(&mut self, caller: Caller) -> Key {
        let call = caller.call;
        let key = self.all.insert(caller);
        self.by_call.insert(call, key);
        key
    }

    /// Forgets a caller, in line or not.
    pub(crate) fn remove(&mut self, key: Key) -> Option<Caller> {
        self.leave(key);
        let caller = self.all.remove(key)?;
        self.by_call.remove(&caller.call);
        Some(caller)
    }

    /// Puts a caller into the line of its group and priority, at its turn.
    pub(crate) fn join(&mut self, key: Key) {
        let Some(caller) = self.all.get_mut(key) else { return };
        caller.standing = Standing::Waiting;
        let (group, priority, turn) = (usize::from(caller.group.0), Reverse(caller.priority), caller.turn);
        let Some(queue) = self.queues.get_mut(group) else { return };
        let place = match queue.lines.binary_search_by_key(&priority, |(p, _)| *p) {
            Ok(place) => place,
            Err(place) => {
                queue.lines.insert(place, (priority, Line::default()));
                place
            }
        };
        self.lines.join(&mut queue.lines[place].1, key.slot, turn);
        queue.waiting += 1;
        self.renew_head(group);
    }

    /// Takes a caller out of its line; the caller then stands with `standing`, or is about to be removed.
    pub(crate) fn leave(&mut self, key: Key) {
        let Some(caller) = self.all.get(key).filter(|c| c.standing == Standing::Waiting) else { return };
        let (group, priority) = (usize::from(caller.group.0), Reverse(caller.priority));
        let Some(queue) = self.queues.get_mut(group) else { return };
        let Ok(place) = queue.lines.binary_search_by_key(&priority, |(p, _)| *p) else { return };
        let line = &mut queue.lines[place].1;
        let before = line.len();
        self.lines.leave(line, key.slot);
        queue.waiting -= before - line.len();
        self.renew_head(group);
    }

    fn renew_head(&mut self, group: usize) {
        let Some(queue) = self.queues.get(group) else { return };
        let first = |(priority, line): &(Reverse<u8>, Line)| {
            self.lines.first(line).map(|(turn, member)| ((*priority, turn), member))
        };
        self.heads[group] = queue.lines.iter().find_map(first);
    }

    /// The first caller of a group.
    pub(crate) fn first(&self, group: GroupId) -> Option<(Precedence, Key)> {
        let (precedence, slot) = (*self.heads.get(usize::from(group.0))?)?;
        self.all.at(slot).map(|(key, _)| (precedence, key))
    }

    /// How many of the group wait for an offer.
    pub(crate) fn waiting(&self, group: GroupId) -> usize {
        self.queues.get(usize::from(group.0)).map_or(0, |q| q.waiting)
    }

    /// The time since when whoever of the group waits longest for an offer does.
    pub(crate) fn longest(&self, group: GroupId) -> Option<Time> {
        let queue = self.queues.get(usize::from(group.0))?;
        queue.lines.iter().filter_map(|(_, line)| self.lines.first(line)).map(|((since, _), _)| since).min()
    }

    /// The caller's position, never worse than told before; 1 is next.
    pub(crate) fn position(&mut self, key: Key) -> u32 {
        let Some(caller) = self.all.get(key) else { return 1 };
        let (priority, turn) = (Reverse(caller.priority), caller.turn);
        let queue = self.queues.get(usize::from(caller.group.0));
        let lines = queue.map(|q| q.lines.as_slice()).unwrap_or_default();
        let ahead: usize = lines
            .iter()
            .take_while(|(p, _)| *p <= priority)
            .map(|(p, line)| if *p < priority { line.len() } else { self.lines.ahead(line, turn) })
            .sum();
        let position = u32::try_from(ahead + 1).unwrap_or(u32::MAX).min(caller.told);
        if let Some(caller) = self.all.get_mut(key) {
            caller.told = position;
        }
        position
    }
}
