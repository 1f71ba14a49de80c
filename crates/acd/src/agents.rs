//! The agents as the queue sees them, and the lists in which they idle.

use std::time::Duration;

use base::{AgentId, GroupId, Key, Time, TimerId};

use crate::callers::Claim;
use crate::ledger::Rest;
use crate::line::{Line, Lines, Turn};
use crate::{Plan, Reservation, Skill};

/// What holds an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Free,
    /// A phone is asked to ring; exactly one reservation is open.
    Offered {
        caller: Key,
        reservation: Reservation,
        ring_out: TimerId,
    },
    Talking {
        caller: Key,
        group: Option<GroupId>,
        /// The wrap-up that somebody asked for meanwhile.
        least: Duration,
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
    listed: bool,
    /// One a group, known groups only.
    skills: Vec<Skill>,
    /// The agent's number in the idle list of the first skill; the others follow.
    first_member: u32,
}

impl Agent {
    /// Whether this agent may be offered a caller now: the one place where that is decided.
    pub(crate) fn eligible(&self) -> bool {
        self.ready && self.state == State::Free
    }

    pub(crate) fn skills(&self) -> &[Skill] {
        &self.skills
    }
}

/// The idle agents of one group, a list a level, best level first.
#[derive(Clone, Debug, Default)]
struct Idle {
    levels: Vec<(u8, Line)>,
}

/// All agents by `AgentId`.
#[derive(Clone, Debug)]
pub(crate) struct Agents {
    all: Vec<Agent>,
    idle: Vec<Idle>,
    lines: Lines,
    /// Whose number in an idle list this is.
    members: Vec<AgentId>,
    /// Draws the order among agents who became idle at the same time.
    turns: u64,
}

impl Agents {
    pub(crate) fn new(plan: &Plan) -> Agents {
        let idle = vec![Idle::default(); plan.groups.len()];
        let mut agents = Agents { all: Vec::new(), idle, lines: Lines::default(), members: Vec::new(), turns: 0 };
        for (place, agent) in plan.agents.iter().enumerate() {
            agents.add(AgentId(place as u32), &agent.skills);
        }
        agents
    }

    fn add(&mut self, id: AgentId, skills: &[Skill]) {
        let mut skills: Vec<Skill> =
            skills.iter().filter(|s| usize::from(s.group.0) < self.idle.len()).copied().collect();
        skills.sort_by_key(|s| (s.group, s.level));
        skills.dedup_by_key(|s| s.group);
        for skill in &skills {
            let levels = &mut self.idle[usize::from(skill.group.0)].levels;
            if let Err(place) = levels.binary_search_by_key(&skill.level, |(level, _)| *level) {
                levels.insert(place, (skill.level, Line::default()));
            }
        }
        let first_member = self.members.len() as u32;
        self.members.extend(skills.iter().map(|_| id));
        self.all.push(Agent {
            state: State::Free,
            ready: false,
            idle: None,
            heard: Reservation(0),
            newest: None,
            listed: false,
            skills,
            first_member,
        });
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

    /// The agent whom a caller of this group is offered: best level, then longest idle.
    pub(crate) fn first(&self, group: GroupId) -> Option<AgentId> {
        let levels = &self.idle.get(usize::from(group.0))?.levels;
        let (_, member) = levels.iter().find_map(|(_, line)| self.lines.first(line))?;
        self.members.get(member as usize).copied()
    }

    /// Gives an agent who became eligible its turn among the idle; one that kept a turn keeps it.
    pub(crate) fn begin_idle(&mut self, id: AgentId, now: Time) {
        if let Some(agent) = self.all.get_mut(id.0 as usize).filter(|a| a.idle.is_none()) {
            self.turns += 1;
            agent.idle = Some((now, self.turns));
        }
    }

    /// Puts an agent into the idle lists of all its skills, or takes it out of them.
    pub(crate) fn list(&mut self, id: AgentId, listed: bool) {
        let Some(agent) = self.all.get_mut(id.0 as usize).filter(|a| a.listed != listed) else { return };
        agent.listed = listed;
        let turn = agent.idle.unwrap_or_default();
        for (member, skill) in (agent.first_member..).zip(&agent.skills) {
            let levels = &mut self.idle[usize::from(skill.group.0)].levels;
            let Ok(place) = levels.binary_search_by_key(&skill.level, |(level, _)| *level) else { continue };
            let line = &mut levels[place].1;
            match listed {
                true => self.lines.join(line, member, turn),
                false => self.lines.leave(line, member),
            }
        }
    }
}
