//! The agents as the queue sees them.

use std::time::Duration;

use base::{AgentId, GroupId, Key, Time, TimerId};

use crate::callers::Claim;
use crate::idle::{Idlers, Serves, Standing};
use crate::ledger::{Rest, Tally};
use crate::line::Turn;
use crate::need::Need;
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
    /// Decides the wrap-up.
    pub(crate) group: GroupId,
    pub(crate) claim: Claim,
}

/// One agent.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) state: State,
    /// The roster's word: slot free, signed on, reachable. Taken back by `Away`, and by the queue with each `Reserve`.
    pub(crate) ready: bool,
    /// Since when the agent idles, drawn when it becomes eligible; kept through an offer that nobody is to blame for.
    pub(crate) idle: Option<Turn>,
    /// The newest reservation on which the call gave its last word: whatever else comes on it is stale.
    pub(crate) heard: Reservation,
    pub(crate) newest: Option<Newest>,
    /// Talks of the newest day that had any.
    pub(crate) tally: Tally,
    listed: bool,
    weight: u16,
    /// The queues whose callers the agent may be offered, in their order.
    serves: Vec<Serves>,
    /// The groups of those queues.
    groups: Vec<GroupId>,
}

impl Agent {
    /// Whether this agent may be offered a caller now: the one place where that is decided.
    pub(crate) fn eligible(&self) -> bool {
        self.ready && self.state == State::Free
    }

    pub(crate) fn serves(&self) -> &[Serves] {
        &self.serves
    }

    pub(crate) fn groups(&self) -> &[GroupId] {
        &self.groups
    }
}

/// All agents by `AgentId`.
#[derive(Clone, Debug)]
pub(crate) struct Agents {
    all: Vec<Agent>,
    idlers: Idlers,
    /// Draws the order among agents who became idle at the same time.
    turns: u64,
    /// The day for which tallies count.
    pub(crate) day: u32,
}

impl Agents {
    pub(crate) fn new(plan: &Plan) -> Agents {
        let needs: Vec<_> = needs(plan).collect();
        let strategy = |group: GroupId| plan.groups.get(usize::from(group.0)).map(|g| g.strategy).unwrap_or_default();
        let mut idlers = Idlers::new(needs.iter().map(|(group, _)| strategy(*group)));
        let mut all = Vec::with_capacity(plan.agents.len());
        for (id, agent) in (0..).map(AgentId).zip(&plan.agents) {
            let ranked = |(queue, (group, need)): (usize, &(GroupId, Need))| {
                Some((queue, *group, Need::rank(need, &agent.skills)?))
            };
            let met: Vec<_> = needs.iter().enumerate().filter_map(ranked).collect();
            let mut groups: Vec<_> = met.iter().map(|(_, group, _)| *group).collect();
            groups.dedup();
            let serves = met.iter().filter_map(|&(queue, _, level)| idlers.add(id, queue, level)).collect();
            all.push(Agent::new(agent, serves, groups));
        }
        Agents { all, idlers, turns: 0, day: 0 }
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
        let day = self.day;
        let Some(agent) = self.all.get_mut(id.0 as usize).filter(|a| a.listed != listed) else { return };
        agent.listed = listed;
        if !listed {
            return agent.serves.iter().for_each(|serves| self.idlers.leave(*serves));
        }
        let Tally { calls, talk, .. } = agent.tally.of(day);
        let standing = Standing {
            agent: id,
            idle: agent.idle.unwrap_or_default(),
            calls,
            talk,
            offered: agent.newest.map_or(0, |newest| newest.reservation.0),
            weight: agent.weight,
        };
        agent.serves.iter().for_each(|serves| self.idlers.join(*serves, &standing));
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
    fn new(plan: &plan::Agent, serves: Vec<Serves>, groups: Vec<GroupId>) -> Agent {
        Agent {
            state: State::Free,
            ready: false,
            idle: None,
            heard: Reservation(0),
            newest: None,
            tally: Tally::default(),
            listed: false,
            weight: plan.weight,
            serves,
            groups,
        }
    }
}
