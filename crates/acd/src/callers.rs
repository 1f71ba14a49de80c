//! The callers, and the lines in which they wait.

use std::num::NonZeroU32;
use std::ops::Range;
use std::time::Duration;

use base::{AgentId, CallId, CallerKey, GroupId, Key, Slab, Time};

use crate::Plan;
use crate::expect::Told;
use crate::index::Index;
use crate::line::{Line, Lines, Turn};
use crate::steps::Steps;
use crate::timer::Armed;

/// Where a caller stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// In the line of whom it asks for.
    Waiting,
    /// Out of the line while phones ring, that of this agent and of those whom its `State` leads to; the turn is kept.
    Offered(AgentId),
    Talking(AgentId),
    /// Between two of the others, while a command is carried out.
    Nowhere,
}

/// What a caller is known by, and has a right to wherever it waits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Claim {
    pub(crate) caller: Option<CallerKey>,
    pub(crate) priority: u8,
    /// The time in `Enqueue`, or that of the place which the caller came back to.
    pub(crate) since: Time,
    /// The number of the pull, where somebody pulled the caller forward.
    pub(crate) pulled: Option<NonZeroU32>,
}

impl Claim {
    /// The better right of two that one caller has.
    pub(crate) fn or_better(self, other: Claim) -> Claim {
        let pulled = [self.pulled, other.pulled].into_iter().flatten().min();
        Claim { priority: self.priority.max(other.priority), since: self.since.min(other.since), pulled, ..self }
    }
}

/// An agent or none, in the room of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claimed(AgentId);

impl Claimed {
    /// No plan has so many agents.
    const NOBODY: AgentId = AgentId(u32::MAX);

    pub(crate) fn get(self) -> Option<AgentId> {
        (self.0 != Claimed::NOBODY).then_some(self.0)
    }

    /// The agent, who is claimed no more.
    pub(crate) fn take(&mut self) -> Option<AgentId> {
        std::mem::take(self).get()
    }
}

impl Default for Claimed {
    fn default() -> Claimed {
        Claimed(Claimed::NOBODY)
    }
}

impl From<AgentId> for Claimed {
    fn from(agent: AgentId) -> Claimed {
        Claimed(agent)
    }
}

/// Whom a caller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    /// Whoever meets this step of the group's needs.
    Step(u8),
    /// The agent of the last talk, alone.
    For(AgentId),
}

/// Whether a caller is on the line, or is called back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Back {
    #[default]
    No,
    /// Holds no line: nobody counts it against the room of a group.
    Promised,
    /// An agent has accepted who calls back.
    Accepted,
}

/// One caller. Many wait at once, and a match touches each where memory is cold: two cache lines, no more.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) call: CallId,
    /// Means nothing unless `known`.
    number: CallerKey,
    /// The time since when the caller waits, and the number of arrival.
    pub(crate) since: Time,
    pub(crate) arrival: u64,
    /// Goes before all who were not pulled forward, in the order of these numbers.
    pub(crate) pulled: Option<NonZeroU32>,
    /// Reservations up to this number were made for an earlier stay of the call.
    pub(crate) floor: u64,
    /// Until when the caller waits for nobody but `preferred`; zero where nobody is.
    preferred_until: Time,
    preferred: AgentId,
    pub(crate) standing: Standing,
    /// Whose phone rings to take the talk over.
    pub(crate) claims: Claimed,
    /// When others may serve than those who are asked now.
    pub(crate) relax: Armed,
    /// How long the wait will be, as was told.
    pub(crate) promise: Told,
    /// The best position told since the caller entered this group at this priority.
    pub(crate) told: u32,
    /// In which line the caller waits, if it does.
    line: u32,
    pub(crate) group: GroupId,
    /// Groups left for too long a wait; bounds a circle of overflows.
    pub(crate) hops: u16,
    pub(crate) priority: u8,
    /// The step of the group's needs that is asked for, or `ALONE`.
    step: u8,
    /// The wait was exceeded while a phone rang: should the offer fail, the caller overflows.
    pub(crate) overdue: bool,
    pub(crate) back: Back,
    known: bool,
}

/// Stands for no step: who is asked for is the agent of the last talk alone. A group has fewer steps.
const ALONE: u8 = u8::MAX;

const _: () = assert!(size_of::<Caller>() <= 120, "with its generation in the slab it fills two cache lines");

impl Caller {
    /// A caller in no line, without deadline. Of two with one claim the lower `arrival` was first.
    pub(crate) fn new(call: CallId, group: GroupId, claim: Claim, arrival: u64) -> Caller {
        Caller {
            call,
            number: claim.caller.unwrap_or(CallerKey([0; 2])),
            since: claim.since,
            arrival,
            pulled: claim.pulled,
            floor: 0,
            preferred_until: Time::ZERO,
            preferred: AgentId::default(),
            standing: Standing::Nowhere,
            claims: Claimed::default(),
            relax: Armed::default(),
            promise: Told::default(),
            told: u32::MAX,
            line: 0,
            group,
            hops: 0,
            priority: claim.priority,
            step: 0,
            overdue: false,
            back: Back::No,
            known: claim.caller.is_some(),
        }
    }

    pub(crate) fn claim(&self) -> Claim {
        let caller = self.known.then_some(self.number);
        Claim { caller, priority: self.priority, since: self.since, pulled: self.pulled }
    }

    /// Whom the caller waits for.
    pub(crate) fn asks(&self) -> Asks {
        if self.step == ALONE { Asks::For(self.preferred) } else { Asks::Step(self.step) }
    }

    pub(crate) fn ask(&mut self, asks: Asks) {
        match asks {
            Asks::Step(step) => self.step = step,
            Asks::For(agent) => (self.preferred, self.step) = (agent, ALONE),
        }
    }

    /// The agent of the last talk, and until when the caller waits for nobody else.
    pub(crate) fn prefers(&self) -> Option<(AgentId, Time)> {
        (self.preferred_until != Time::ZERO).then_some((self.preferred, self.preferred_until))
    }

    /// Sets whom a caller prefers who is in no line.
    pub(crate) fn prefer(&mut self, agent: Option<(AgentId, Time)>) {
        match agent {
            Some((agent, until)) => (self.preferred, self.preferred_until) = (agent, until),
            None => self.preferred_until = Time::ZERO,
        }
    }
}

/// So that no turn lies before the beginning of time, which is for those who are pulled forward, whatever priority and group are
/// worth: 146 years.
const ORIGIN: u64 = 1 << 62;

fn nanos(length: Duration) -> u64 {
    u64::try_from(length.as_nanos()).unwrap_or(u64::MAX)
}

/// The callers of one group who wait for an offer by the same agents, or those of all groups who wait for one agent alone: their lines by
/// priority, so that whoever arrives joins at the end. A line stays once it was used, so there are at most 256.
type Queue = Vec<(u8, u32)>;

/// The turn of the first in a queue, and whose it is: after all others where nobody is.
type Head = (Turn, u32);

const NOBODY: Head = ((Time::MAX, u64::MAX), u32::MAX);

/// All callers.
#[derive(Clone, Debug)]
pub(crate) struct Callers {
    all: Slab<Caller>,
    by_call: Index,
    /// One a step of each group, and behind them one an agent.
    queues: Vec<Queue>,
    /// The lines of all queues, each with the queue that it is of.
    ranks: Vec<(usize, Line<u32>)>,
    /// The first of each queue, side by side, so that an agent of many skills looks through few cache lines.
    heads: Vec<Head>,
    /// By group, who waits on the line for an offer.
    waiting: Vec<usize>,
    /// Who waits for one agent alone: mostly nobody, so that an agent who becomes free need not look.
    alone: usize,
    /// By group, the beginning of time less what it is worth to wait in it, in nanoseconds.
    origins: Vec<u64>,
    /// A step of priority, in nanoseconds.
    priority_worth: u64,
    pub(crate) steps: Steps,
    lines: Lines<u32>,
}

impl Callers {
    pub(crate) fn new(plan: &Plan) -> Callers {
        let steps = Steps::of(plan);
        let queues = steps.queues() + plan.agents.len();
        Callers {
            all: Slab::new(),
            by_call: Index::default(),
            queues: vec![Queue::default(); queues],
            ranks: Vec::new(),
            heads: vec![NOBODY; queues],
            waiting: vec![0; plan.groups.len()],
            alone: 0,
            origins: plan.groups.iter().map(|group| ORIGIN.saturating_sub(nanos(group.head_start))).collect(),
            priority_worth: nanos(plan.priority_worth),
            steps,
            lines: Lines::default(),
        }
    }

    /// Lines as another plan has them, and who stood in one: in order of turn, and in none any more.
    pub(crate) fn adopt(&mut self, plan: &Plan) -> Vec<Key> {
        let waits = |caller: &Caller| caller.standing == Standing::Waiting;
        let mut keys: Vec<_> = self.all.iter().filter(|(_, caller)| waits(caller)).map(|(key, _)| key).collect();
        let (all, by_call) = (std::mem::take(&mut self.all), std::mem::take(&mut self.by_call));
        *self = Callers { all, by_call, ..Callers::new(plan) };
        for key in &keys {
            if let Some(caller) = self.all.get_mut(*key) {
                caller.standing = Standing::Nowhere;
            }
        }
        keys.sort_by_cached_key(|key| self.all.get(*key).map(|caller| self.turn(caller)));
        keys
    }

    /// Those for whom phones ring, in order of turn. Takes time in proportion to all callers.
    pub(crate) fn offered(&self) -> Vec<Key> {
        let rings = |caller: &Caller| matches!(caller.standing, Standing::Offered(_));
        let mut keys: Vec<_> = self.all.iter().filter(|(_, c)| rings(c)).map(|(key, c)| (self.turn(c), key)).collect();
        keys.sort_unstable_by_key(|(turn, _)| *turn);
        keys.into_iter().map(|(_, key)| key).collect()
    }

    pub(crate) fn find(&self, call: CallId) -> Option<Key> {
        self.by_call.find(&self.all, call)
    }

    pub(crate) fn get(&self, key: Key) -> Option<&Caller> {
        self.all.get(key)
    }

    /// The key of whoever has this place.
    pub(crate) fn key_at(&self, slot: u32) -> Option<Key> {
        self.all.at(slot).map(|(key, _)| key)
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
        self.by_call.remove(caller.call, key);
        Some(caller)
    }

    /// Puts a caller into the line of whom it asks for and its priority, at its turn.
    pub(crate) fn join(&mut self, key: Key) {
        let Some(caller) = self.all.get(key) else { return };
        let (turn, queue) = (self.turn(caller), self.steps.queue(caller.group, caller.asks()));
        let Some(number) = self.line_of(queue, caller.priority) else { return };
        let Some(caller) = self.all.get_mut(key) else { return };
        (caller.standing, caller.line) = (Standing::Waiting, number);
        self.waiting[usize::from(caller.group.0)] += usize::from(!caller.is_called_back());
        self.alone += usize::from(queue >= self.steps.queues());
        self.lines.join(&mut self.ranks[number as usize].1, key.slot, turn);
        self.heads[queue] = self.heads[queue].min((turn, key.slot));
    }

    /// The line of a priority in a queue.
    fn line_of(&mut self, queue: usize, priority: u8) -> Option<u32> {
        let lines = self.queues.get_mut(queue)?;
        if let Some((_, line)) = lines.iter().find(|(p, _)| *p == priority) {
            return Some(*line);
        }
        let number = self.ranks.len() as u32;
        lines.push((priority, number));
        self.ranks.push((queue, Line::default()));
        Some(number)
    }

    /// Takes a caller out of its line.
    pub(crate) fn leave(&mut self, key: Key) {
        let Some(caller) = self.all.get(key).filter(|c| c.standing == Standing::Waiting) else { return };
        let turn = self.turn(caller);
        let Some(caller) = self.all.get_mut(key) else { return };
        caller.standing = Standing::Nowhere;
        self.waiting[usize::from(caller.group.0)] -= usize::from(!caller.is_called_back());
        let Some((queue, line)) = self.ranks.get_mut(caller.line as usize) else { return };
        let queue = *queue;
        self.lines.leave(line, key.slot, turn);
        self.alone -= usize::from(queue >= self.steps.queues());
        if self.heads[queue].1 == key.slot {
            self.renew_head(queue);
        }
    }

    /// A caller's place among all: who was pulled forward, then since when it waits, less what group and priority are worth, then who
    /// arrived first.
    pub(crate) fn turn(&self, caller: &Caller) -> Turn {
        if let Some(pulled) = caller.pulled {
            return (Time::ZERO, u64::from(pulled.get()));
        }
        let origin = self.origins.get(usize::from(caller.group.0)).copied().unwrap_or(ORIGIN);
        let worth = self.priority_worth.saturating_mul(u64::from(caller.priority));
        let time = caller.since.as_nanos().saturating_add(origin.saturating_sub(worth));
        (Time::from_nanos(time), caller.arrival)
    }

    /// The first of a queue has left, and another one is.
    fn renew_head(&mut self, queue: usize) {
        let firsts = self.lines_of(queue..queue + 1).filter_map(Line::first);
        let head = firsts.min().unwrap_or(NOBODY);
        self.heads[queue] = head;
        // The next agent takes this one, and then need not wait until its data comes from afar.
        self.all.prefetch(head.1);
    }

    fn lines_of(&self, queues: Range<usize>) -> impl Iterator<Item = &Line<u32>> {
        let lines = self.queues.get(queues).unwrap_or_default().iter().flatten();
        lines.map(|(_, number)| &self.ranks[*number as usize].1)
    }

    /// Those of a group who are in line, in order of turn. Takes time in proportion to all callers.
    pub(crate) fn in_line(&self, group: GroupId) -> Vec<Key> {
        let waits = |caller: &Caller| caller.group == group && caller.standing == Standing::Waiting;
        let mut keys: Vec<_> = self.all.iter().filter(|(_, c)| waits(c)).map(|(key, c)| (self.turn(c), key)).collect();
        keys.sort_unstable_by_key(|(turn, _)| *turn);
        keys.into_iter().map(|(_, key)| key).collect()
    }

    /// The first caller of a queue.
    pub(crate) fn first(&self, queue: usize) -> Option<(Turn, Key)> {
        let (turn, slot) = *self.heads.get(queue)?;
        self.all.at(slot).map(|(key, _)| (turn, key))
    }

    /// The first caller of these queues, and of those who wait for this agent alone.
    pub(crate) fn first_of(&self, queues: &[u32], agent: AgentId) -> Option<Key> {
        let alone = (self.alone > 0).then(|| self.steps.personal(agent));
        // Callers lie far apart in memory: only the one that is first of all is looked at.
        let heads = queues.iter().map(|queue| *queue as usize).chain(alone).filter_map(|queue| self.heads.get(queue));
        let (_, slot) = heads.min()?;
        self.all.at(*slot).map(|(key, _)| key)
    }

    /// The first caller who waits for this agent alone.
    pub(crate) fn first_for(&self, agent: AgentId) -> Option<(Turn, Key)> {
        if self.alone == 0 { None } else { self.first(self.steps.personal(agent)) }
    }

    /// How many of the group wait for an offer, but for those who are called back.
    pub(crate) fn waiting(&self, group: GroupId) -> usize {
        self.waiting.get(usize::from(group.0)).copied().unwrap_or(0)
    }

    /// The time since when whoever of the group waits longest for an offer by its steps does.
    pub(crate) fn longest(&self, group: GroupId) -> Option<Time> {
        let firsts = self.lines_of(self.steps.of_group(group)).filter_map(Line::first);
        firsts.filter_map(|(_, slot)| self.all.at(slot)).map(|(_, caller)| caller.since).min()
    }

    /// How many of the group have their turn before this one, but for those who wait for one agent alone.
    pub(crate) fn ahead(&self, group: GroupId, turn: Turn) -> usize {
        self.lines_of(self.steps.of_group(group)).map(|line| self.lines.ahead(line, turn)).sum()
    }

    /// The caller's position, never worse than told before; 1 is next. Who waits for one agent alone stands where it would stand
    /// in the group.
    pub(crate) fn position(&mut self, key: Key) -> u32 {
        let Some(caller) = self.all.get(key) else { return 1 };
        let ahead = self.ahead(caller.group, self.turn(caller));
        let position = u32::try_from(ahead + 1).unwrap_or(u32::MAX).min(caller.told);
        if let Some(caller) = self.all.get_mut(key) {
            caller.told = position;
        }
        position
    }
}
