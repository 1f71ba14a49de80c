//! The agents as the queue sees them.

use std::num::NonZeroU32;
use std::ops::Range;
use std::time::Duration;

use base::{AgentId, CallerKey, GroupId, Key, Time, TimerId, prefetch};

use crate::callers::Claim;
use crate::idle::{Idlers, Standing};
use crate::ledger::{Rest, Tally};
use crate::line::Turn;
use crate::need::BySkill;
use crate::steps::needs;
use crate::{Plan, Reservation, plan};

/// What holds an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Free,
    /// A phone is asked to ring; exactly one reservation is open.
    Offered {
        caller: Key,
        reservation: Reservation,
        ring_out: TimerId,
        /// Whose phone rings for the same caller too.
        next: Option<AgentId>,
    },
    Talking {
        caller: Key,
        group: Option<GroupId>,
        /// The wrap-up that somebody asked for meanwhile.
        least: Duration,
        began: Time,
    },
    /// Wraps up, or backs off.
    Resting {
        over: TimerId,
        rest: Rest,
    },
}

/// An offer as the agent remembers it, for an `Accepted` that crossed a `Withdraw`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Newest {
    pub(crate) reservation: Reservation,
    since: Time,
    /// Means nothing unless `known`.
    number: CallerKey,
    pulled: Option<NonZeroU32>,
    /// Decides the wrap-up.
    pub(crate) group: GroupId,
    priority: u8,
    known: bool,
}

impl Newest {
    pub(crate) fn new(reservation: Reservation, group: GroupId, claim: Claim) -> Newest {
        let Claim { caller, priority, since, pulled } = claim;
        let number = caller.unwrap_or(CallerKey([0; 2]));
        Newest { reservation, since, number, pulled, group, priority, known: caller.is_some() }
    }

    pub(crate) fn claim(&self) -> Claim {
        let caller = self.known.then_some(self.number);
        Claim { caller, priority: self.priority, since: self.since, pulled: self.pulled }
    }
}

/// One agent, with all that a match touches: nobody else's talk ended just now, so each line of it comes from cold memory.
/// What a match reads is in the first line, what it only writes is in the second.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct Agent {
    pub(crate) state: State,
    /// The roster's word: slot free, signed on, reachable. Taken back by `Away`, and by the queue with each `Reserve`.
    pub(crate) ready: bool,
    listed: bool,
    /// By the roster's word, also while the phone is in use.
    pub(crate) works: bool,
    weight: u16,
    /// Has a wrap-up of its own in the plan, which otherwise need not be looked at.
    pub(crate) own_wrap_up: bool,
    /// Since when the agent idles, drawn when it becomes eligible; kept through an offer that nobody is to blame for.
    pub(crate) idle: Option<Turn>,
    /// The newest reservation on which the call gave its last word: whatever else comes on it is stale.
    pub(crate) heard: Reservation,
    pub(crate) newest: Option<Newest>,
    /// When the newest offer was made.
    pub(crate) rung_at: Time,
}

const _: () = assert!(size_of::<Agent>() <= 128, "two cache lines");

impl Agent {
    /// Whether this agent may be offered a caller now: the one place where that is decided.
    pub(crate) fn eligible(&self) -> bool {
        self.ready && self.state == State::Free
    }
}

/// All agents by `AgentId`.
#[derive(Clone, Debug)]
pub(crate) struct Agents {
    all: Vec<Agent>,
    /// The queues whose callers each agent may be offered, in their order, agent by agent.
    served: Vec<u32>,
    /// As `served`, the list of each in which the agent idles.
    lists: Vec<u32>,
    /// By agent, where in `served` its queues begin, and one more for the end of the last: apart, so that a match waits for the agent's
    /// memory and for that of its queues at once.
    begins: Vec<u32>,
    /// By agent, the groups of those queues.
    groups: Vec<Vec<GroupId>>,
    /// By agent, talks of the newest day that had any.
    tallies: Vec<Tally>,
    idlers: Idlers,
    /// Draws the order among agents who became idle at the same time.
    turns: u64,
    /// The day for which tallies count.
    pub(crate) day: u32,
}

impl Agents {
    pub(crate) fn new(plan: &Plan) -> Agents {
        let needs: Vec<_> = needs(plan).collect();
        let (by_skill, mut near) = (BySkill::of(needs.iter().map(|(_, need)| need)), Vec::new());
        let strategy = |group: GroupId| plan.groups.get(usize::from(group.0)).map(|g| g.strategy).unwrap_or_default();
        let mut idlers = Idlers::new(needs.iter().map(|(group, _)| strategy(*group)), plan.agents.len());
        let (mut all, mut groups) = (Vec::with_capacity(plan.agents.len()), Vec::new());
        let (mut served, mut lists, mut begins) = (Vec::new(), Vec::new(), vec![0]);
        for agent in &plan.agents {
            by_skill.of_agent(&agent.skills, &mut near);
            let ranked = |queue: &u32| {
                let (group, need) = &needs[*queue as usize];
                Some((*queue as usize, *group, need.rank(&agent.skills)?))
            };
            let met: Vec<_> = near.iter().filter_map(ranked).collect();
            let mut of: Vec<_> = met.iter().map(|(_, group, _)| *group).collect();
            of.dedup();
            groups.push(of);
            served.extend(met.iter().map(|(queue, ..)| *queue as u32));
            lists.extend(met.iter().filter_map(|&(queue, _, level)| idlers.list(queue, level)));
            begins.push(served.len() as u32);
            all.push(Agent::new(agent));
        }
        let tallies = vec![Tally::default(); all.len()];
        Agents { all, served, lists, begins, groups, tallies, idlers, turns: 0, day: 0 }
    }

    /// What another plan lets agents serve. Nobody is among the idle after it; everything else of an agent stands, and new ones come
    /// behind the last.
    pub(crate) fn adopt(&mut self, plan: &Plan) {
        let before = std::mem::replace(self, Agents::new(plan));
        self.idlers.go_on_drawing(before.idlers);
        (self.turns, self.day) = (before.turns, before.day);
        let all = before.all.into_iter().zip(before.tallies);
        for (place, (agent, tally)) in all.enumerate().take(self.all.len()) {
            let Agent { weight, own_wrap_up, .. } = self.all[place];
            self.all[place] = Agent { listed: false, weight, own_wrap_up, ..agent };
            self.tallies[place] = tally;
        }
    }

    pub(crate) fn get(&self, id: AgentId) -> Option<&Agent> {
        self.all.get(id.0 as usize)
    }

    pub(crate) fn get_mut(&mut self, id: AgentId) -> Option<&mut Agent> {
        self.all.get_mut(id.0 as usize)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Agent> {
        self.all.iter()
    }

    /// The queues whose callers an agent may be offered.
    pub(crate) fn serves(&self, id: AgentId) -> &[u32] {
        self.served.get(self.range(id)).unwrap_or_default()
    }

    /// Where in `served` an agent's queues are.
    fn range(&self, id: AgentId) -> Range<usize> {
        match self.begins.get(id.0 as usize..=id.0 as usize + 1) {
            Some(&[from, to]) => from as usize..to as usize,
            _ => 0..0,
        }
    }

    /// The groups of those queues.
    pub(crate) fn groups(&self, id: AgentId) -> &[GroupId] {
        self.groups.get(id.0 as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// Of each agent, what it did on the newest day that there was something.
    pub(crate) fn tallies(&self) -> impl Iterator<Item = &Tally> {
        self.tallies.iter()
    }

    pub(crate) fn tally_mut(&mut self, id: AgentId) -> Option<&mut Tally> {
        self.tallies.get_mut(id.0 as usize)
    }

    /// Whatever comes on a reservation up to this one is stale for every agent.
    pub(crate) fn hear_up_to(&mut self, reservation: Reservation) {
        self.all.iter_mut().for_each(|agent| agent.heard = reservation);
    }

    /// Whose phone rings, beside this agent's, for the same caller.
    pub(crate) fn rings_after(&self, agent: AgentId) -> Option<AgentId> {
        match self.get(agent)?.state {
            State::Offered { next, .. } => next,
            _ => None,
        }
    }

    /// The agent whom a caller of this queue is offered: best level, then by the group's strategy.
    pub(crate) fn first(&self, queue: usize) -> Option<AgentId> {
        self.idlers.first(queue)
    }

    /// The first agent of a queue is about to be offered one of its callers.
    pub(crate) fn draw(&mut self, queue: usize) {
        self.idlers.drawn(queue);
    }

    /// Gives an agent who became eligible its turn among the idle; one that kept a turn keeps it.
    pub(crate) fn begin_idle(&mut self, id: AgentId, now: Time) {
        if let Some(agent) = self.all.get_mut(id.0 as usize).filter(|a| a.idle.is_none()) {
            self.turns += 1;
            agent.idle = Some((now, self.turns));
        }
    }

    /// Puts an agent into the idle lists of all queues that it serves, or takes it out of them.
    pub(crate) fn list(&mut self, id: AgentId, listed: bool) {
        let (day, range) = (self.day, self.range(id));
        let Some(agent) = self.all.get_mut(id.0 as usize).filter(|a| a.listed != listed) else { return };
        agent.listed = listed;
        let lists = self.lists.get(range).unwrap_or_default();
        if !listed {
            self.idlers.leave(lists, id);
            return self.fetch_firsts(id);
        }
        let tally = self.tallies.get(id.0 as usize).copied().unwrap_or_default();
        let Tally { calls, talk, .. } = tally.of(day);
        let standing = Standing {
            agent: id,
            idle: agent.idle.unwrap_or_default(),
            calls,
            talk,
            offered: agent.newest.map_or(0, |newest| newest.reservation.0),
            weight: agent.weight,
        };
        self.idlers.join(lists, &standing);
    }

    /// Those who are first now where this agent was one of those who idle: the next caller goes to one of them, and then need not wait
    /// until its data comes from afar.
    fn fetch_firsts(&self, id: AgentId) {
        for first in self.serves(id).iter().filter_map(|queue| self.idlers.first(*queue as usize)) {
            self.get(first).into_iter().for_each(prefetch);
            self.lists.get(self.range(first).start).into_iter().for_each(prefetch);
        }
    }

    /// Tallies count for this day from now on: who idles is sorted anew.
    pub(crate) fn begin_day(&mut self, day: u32) {
        self.day = day;
        for id in (0..self.all.len() as u32).map(AgentId) {
            if self.get(id).is_some_and(|agent| agent.listed) {
                self.list(id, false);
                self.list(id, true);
            }
        }
    }
}

impl Agent {
    fn new(plan: &plan::Agent) -> Agent {
        Agent {
            state: State::Free,
            ready: false,
            idle: None,
            heard: Reservation(0),
            newest: None,
            listed: false,
            weight: plan.weight,
            own_wrap_up: plan.wrap_up.is_some(),
            works: false,
            rung_at: Time::ZERO,
        }
    }
}
