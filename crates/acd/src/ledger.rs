//! What a restart knows of the queue: plain data, made of facts alone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base::pack::{Packed, Unpacker, Unreadable, pack_number};
use base::{AgentId, CallId, CallerKey, GroupId, Time, packed_struct};

use crate::kept::Until;
use crate::{Citizen, Fact, Reservation};

/// A queue as its facts tell it. From no facts at all it is the ledger of a new queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The highest number that a reservation was given; 0 before the first.
    pub reservation: Reservation,
    /// Who waits, is offered, or talks.
    pub callers: BTreeMap<CallId, Caller>,
    /// Who wraps up or backs off.
    pub rests: BTreeMap<AgentId, Rest>,
    /// The places that are kept for a redial.
    pub places: BTreeMap<CallerKey, Place>,
    /// Who served whom the last time.
    pub lasts: BTreeMap<CallerKey, Last>,
    /// What each agent did for the queue on the newest day that there was something.
    pub tallies: BTreeMap<AgentId, Tally>,
    /// The groups that take nobody new.
    pub closed: BTreeSet<GroupId>,
    /// Who is to be called back.
    pub promises: BTreeMap<CallerKey, Promise>,
    /// By what waits are reckoned in each group.
    pub learned: BTreeMap<GroupId, Learned>,
    /// The groups that are in surge, or of which somebody said that they are not.
    pub surges: BTreeMap<GroupId, Surging>,
    /// When callers called lately.
    pub calls: BTreeMap<CallerKey, Calls>,
}

/// A caller in the queue's hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// None when the number is withheld, and so for nobody to know again.
    pub caller: Option<CallerKey>,
    pub group: GroupId,
    pub priority: u8,
    pub since: Time,
    /// With whom the caller talks.
    pub agent: Option<AgentId>,
}

/// By what waits are reckoned in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Learned {
    /// From a phone's first ring to the answer.
    pub answer: Duration,
    /// Talk and wrap-up.
    pub handling: Duration,
    /// Of those who leave unserved, by all who wait.
    pub patience: Duration,
}

/// Calls of one caller that are counted; more are as many. Who calls so often in a day has been noticed.
const EARLIER_MAX: usize = 9;

/// When a caller called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// The newest first; zero for none.
    times: [Time; EARLIER_MAX],
    /// All of them count until then at most.
    pub until: Time,
}

impl Calls {
    pub(crate) fn add(&mut self, at: Time, until: Time) {
        self.times.rotate_right(1);
        (self.times[0], self.until) = (at, until);
    }

    /// How many began so long before.
    pub(crate) fn since(&self, now: Time, repeat: Duration) -> u8 {
        self.times.iter().filter(|at| **at != Time::ZERO && **at + repeat > now).count() as u8
    }
}

impl Until for Calls {
    fn until(&self) -> Time {
        self.until
    }
}

impl Packed for Calls {
    fn pack(&self, out: &mut Vec<u8>) {
        self.times.iter().copied().filter(|at| *at != Time::ZERO).collect::<Vec<_>>().pack(out);
        self.until.pack(out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Calls, Unreadable> {
        let mut calls = Calls::default();
        let times = Vec::<Time>::unpack(from)?;
        if times.len() > EARLIER_MAX {
            return Err(Unreadable { expected: "a caller's calls" });
        }
        // Nobody called at zero.
        let known = times.into_iter().filter(|at| *at != Time::ZERO);
        calls.times.iter_mut().zip(known).for_each(|(place, at)| *place = at);
        calls.until = Packed::unpack(from)?;
        Ok(calls)
    }
}

/// Whether a group is in surge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surging {
    pub on: bool,
    /// What somebody said; none where the rule decides.
    pub by_hand: Option<bool>,
}

/// An agent's wrap-up, or the rest after an offer that came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    pub wrap_up: bool,
    pub until: Time,
}

/// The agent of a caller's last talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    pub agent: AgentId,
    /// Remembered until then.
    pub until: Time,
}

impl Until for Last {
    fn until(&self) -> Time {
        self.until
    }
}

impl Until for Place {
    fn until(&self) -> Time {
        self.until
    }
}

/// An agent's talks of one day, as the queue counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Tally {
    /// Counted since 1970, from `Plan::day_begins` on.
    pub day: u32,
    pub calls: u32,
    pub talk: Duration,
}

impl Tally {
    /// What counts on a day: nothing on any but its own.
    pub(crate) fn of(self, day: u32) -> Tally {
        if self.day == day { self } else { Tally { day, ..Tally::default() } }
    }
}

/// A place in line that its caller may come back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The group that the caller was in; which group it will be the redial decides.
    pub group: GroupId,
    pub priority: u8,
    pub since: Time,
    pub until: Time,
}

/// A caller who is called back when the turn has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The next call to the citizen.
    pub call: CallId,
    pub group: GroupId,
    pub priority: u8,
    pub since: Time,
    /// Calls that the citizen did not answer.
    pub tried: u8,
    /// In no line until then.
    pub not_before: Time,
    pub citizen: Citizen,
}

packed_struct!(Promise { call, group, priority, since, tried, not_before, citizen });
packed_struct!(Caller { caller, group, priority, since, agent });
packed_struct!(Rest { wrap_up, until });
packed_struct!(Place { group, priority, since, until });
packed_struct!(Last { agent, until });
packed_struct!(Tally { day, calls, talk });
packed_struct!(Learned { answer, handling, patience });
packed_struct!(Surging { on, by_hand });

impl Place {
    /// One place for two calls of one number: nobody loses by having tried twice. The group is that of the longer wait.
    pub(crate) fn merge(self, other: Place) -> Place {
        let longer = if other.since < self.since { other } else { self };
        Place { priority: self.priority.max(other.priority), until: self.until.max(other.until), ..longer }
    }
}

impl Ledger {
    /// Takes one fact more. Facts that contradict one another, as no queue tells them, change what they can.
    pub fn apply(&mut self, fact: Fact) {
        match fact {
            Fact::Waits { call, caller, group, priority, since } => {
                self.callers.insert(call, Caller { caller, group, priority, since, agent: None });
            }
            Fact::Offered { reservation, .. } => self.reservation = self.reservation.max(reservation),
            Fact::Talks { call, agent } => {
                if let Some(caller) = self.callers.get_mut(&call) {
                    caller.agent = Some(agent);
                }
            }
            Fact::Left { call } => drop(self.callers.remove(&call)),
            Fact::Rests { agent, wrap_up, until } => drop(self.rests.insert(agent, Rest { wrap_up, until })),
            Fact::Rested { agent } => drop(self.rests.remove(&agent)),
            Fact::PlaceKept { caller, group, priority, since, until } => {
                self.places.insert(caller, Place { group, priority, since, until });
            }
            Fact::PlaceGone { caller } => drop(self.places.remove(&caller)),
            Fact::Served { caller, agent, until } => drop(self.lasts.insert(caller, Last { agent, until })),
            Fact::Forgotten { caller } => drop(self.lasts.remove(&caller)),
            Fact::Tallied { agent, day, calls, talk } => drop(self.tallies.insert(agent, Tally { day, calls, talk })),
            Fact::Closed { group } => drop(self.closed.insert(group)),
            Fact::Opened { group } => drop(self.closed.remove(&group)),
            Fact::Promised { caller, promise } => drop(self.promises.insert(caller, *promise)),
            Fact::PromiseOver { caller } => drop(self.promises.remove(&caller)),
            Fact::Learned { group, learned } => drop(self.learned.insert(group, learned)),
            Fact::Called { caller, at, until } => self.calls.entry(caller).or_default().add(at, until),
            Fact::Uncounted { caller } => drop(self.calls.remove(&caller)),
            Fact::Surges { group, surging } if surging == Surging::default() => drop(self.surges.remove(&group)),
            Fact::Surges { group, surging } => drop(self.surges.insert(group, surging)),
        }
    }

    /// The same ledger under the ids of another plan. Callers and places of a group that has no new id are counted by the first one: a place
    /// holds in whatever group is asked for. What else such a group has, and the rest of an agent who has no new id, are dropped; who talked
    /// with such an agent stays.
    #[must_use]
    pub fn renumbered(
        self,
        group: impl Fn(GroupId) -> Option<GroupId>,
        agent: impl Fn(AgentId) -> Option<AgentId>,
    ) -> Ledger {
        let some_group = |id| group(id).unwrap_or(GroupId(0));
        let caller = |(call, c): (CallId, Caller)| {
            (call, Caller { group: some_group(c.group), agent: c.agent.and_then(&agent), ..c })
        };
        let place = |(key, p): (CallerKey, Place)| (key, Place { group: some_group(p.group), ..p });
        let promise = |(key, p): (CallerKey, Promise)| Some((key, Promise { group: group(p.group)?, ..p }));
        let last = |(key, l): (CallerKey, Last)| Some((key, Last { agent: agent(l.agent)?, ..l }));
        Ledger {
            reservation: self.reservation,
            callers: self.callers.into_iter().map(caller).collect(),
            rests: self.rests.into_iter().filter_map(|(id, rest)| Some((agent(id)?, rest))).collect(),
            places: self.places.into_iter().map(place).collect(),
            lasts: self.lasts.into_iter().filter_map(last).collect(),
            tallies: self.tallies.into_iter().filter_map(|(id, tally)| Some((agent(id)?, tally))).collect(),
            closed: self.closed.into_iter().filter_map(&group).collect(),
            promises: self.promises.into_iter().filter_map(promise).collect(),
            learned: self.learned.into_iter().filter_map(|(id, learned)| Some((group(id)?, learned))).collect(),
            surges: self.surges.into_iter().filter_map(|(id, surging)| Some((group(id)?, surging))).collect(),
            calls: self.calls,
        }
    }
}

/// The newest form. Form 0 has no tallies, form 1 no last agents, form 2 no closed groups, form 3 nothing learned of waits, form 4 nobody who is called back, form 5 no surges, form 6 nobody whose calls are counted: what a ledger has none of is left out with its number, so that an
/// engine of before reads whatever it can know.
const FORM: u8 = 7;

impl Ledger {
    /// The oldest form that says all of it.
    fn form(&self) -> u8 {
        if !self.calls.is_empty() {
            return FORM;
        }
        if !self.surges.is_empty() {
            return 6;
        }
        if !self.promises.is_empty() {
            return 5;
        }
        match (self.learned.is_empty(), self.closed.is_empty(), self.lasts.is_empty(), self.tallies.is_empty()) {
            (false, ..) => 4,
            (true, false, ..) => 3,
            (true, true, false, _) => 2,
            (true, true, true, false) => 1,
            (true, true, true, true) => 0,
        }
    }
}

impl Packed for Ledger {
    fn pack(&self, out: &mut Vec<u8>) {
        let form = self.form();
        out.push(form);
        self.reservation.pack(out);
        pack_map(&self.callers, out);
        pack_map(&self.rests, out);
        pack_map(&self.places, out);
        if form > 0 {
            pack_map(&self.tallies, out);
        }
        if form > 1 {
            pack_map(&self.lasts, out);
        }
        if form > 2 {
            self.closed.iter().copied().collect::<Vec<_>>().pack(out);
        }
        if form > 3 {
            pack_map(&self.learned, out);
        }
        if form > 4 {
            pack_map(&self.promises, out);
        }
        if form > 5 {
            pack_map(&self.surges, out);
        }
        if form > 6 {
            pack_map(&self.calls, out);
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Ledger, Unreadable> {
        let form = from.byte("queue ledger")?;
        if form > FORM {
            return Err(Unreadable { expected: "queue ledger of a known form" });
        }
        Ok(Ledger {
            reservation: Packed::unpack(from)?,
            callers: unpack_map(from)?,
            rests: unpack_map(from)?,
            places: unpack_map(from)?,
            tallies: if form > 0 { unpack_map(from)? } else { BTreeMap::new() },
            lasts: if form > 1 { unpack_map(from)? } else { BTreeMap::new() },
            closed: if form > 2 { Vec::unpack(from)?.into_iter().collect() } else { BTreeSet::new() },
            learned: if form > 3 { unpack_map(from)? } else { BTreeMap::new() },
            promises: if form > 4 { unpack_map(from)? } else { BTreeMap::new() },
            surges: if form > 5 { unpack_map(from)? } else { BTreeMap::new() },
            calls: if form > 6 { unpack_map(from)? } else { BTreeMap::new() },
        })
    }
}

/// A map in the form of a list of pairs.
fn pack_map<K: Packed, V: Packed>(map: &BTreeMap<K, V>, out: &mut Vec<u8>) {
    pack_number(map.len() as u64, out);
    for (key, value) in map {
        key.pack(out);
        value.pack(out);
    }
}

fn unpack_map<K: Packed + Ord, V: Packed>(from: &mut Unpacker<'_>) -> Result<BTreeMap<K, V>, Unreadable> {
    Ok(Vec::<(K, V)>::unpack(from)?.into_iter().collect())
}
