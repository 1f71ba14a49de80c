//! The queue as the engine drives it: commands in, actions out, deadlines each millisecond, facts packed as the journal does.

use std::time::Duration;

use acd::{Acd, Action, Agent, BackOff, Command, Decline, Group, Overflow, Plan, Reservation, Skill, SkillId};
use base::pack::Packed;
use base::{AgentId, CallId, CallerKey, Epoch, GroupId, Now};
use benches::count;

use crate::crowd::{Call, Has, SKILLS, STEP, Side};

/// Longer than any bench lasts on its own clock.
pub(crate) const WAIT: Duration = Duration::from_secs(3600);
/// Shorter than it takes until the agent's turn comes again.
const BUSY: Duration = Duration::from_millis(20);
/// Facts of one turn, before the buffer is handed on.
const JOURNAL: usize = 1 << 16;

pub(crate) struct Ours {
    acd: Acd,
    pub(crate) now: Now,
    out: Vec<Action>,
    /// The facts of this turn; none are packed without.
    pub(crate) journal: Option<Vec<u8>>,
    /// The newest offer of each agent.
    offers: Vec<(CallId, Reservation)>,
    calls: u32,
    /// How often the queue took memory.
    pub(crate) taken: usize,
}

impl Ours {
    pub(crate) fn new(plan: Plan) -> Ours {
        let now = Now::default().plus(WAIT);
        let offers = vec![(CallId::default(), Reservation(0)); plan.agents.len()];
        let journal = Some(Vec::with_capacity(2 * JOURNAL));
        Ours { acd: Acd::new(plan, now.time), now, out: Vec::with_capacity(64), journal, offers, calls: 0, taken: 0 }
    }

    /// Tells one command; whom the queue then reserved, the last of them.
    pub(crate) fn tell(&mut self, command: Command) -> Option<(AgentId, CallId)> {
        let before = self.now.time.as_millis();
        self.now = self.now.plus(STEP);
        let asked = count::asked();
        self.acd.handle(self.now, command, &mut self.out);
        self.taken += count::asked() - asked;
        let reserved = self.hear();
        if self.now.time.as_millis() != before {
            self.turn();
        }
        reserved
    }

    /// What happens once in a millisecond.
    fn turn(&mut self) {
        let asked = count::asked();
        self.acd.handle_timeout(self.now, &mut self.out);
        self.taken += count::asked() - asked;
        self.hear();
        std::hint::black_box(self.acd.next_timeout());
        if let Some(journal) = self.journal.as_mut().filter(|journal| journal.len() > JOURNAL) {
            journal.clear();
        }
    }

    fn hear(&mut self) -> Option<(AgentId, CallId)> {
        let mut reserved = None;
        for action in self.out.drain(..) {
            match action {
                Action::Reserve { agent, call, reservation, .. } => {
                    self.offers[agent.0 as usize] = (call, reservation);
                    reserved = Some((agent, call));
                }
                Action::Fact(fact) => self.journal.iter_mut().for_each(|journal| fact.pack(journal)),
                _ => {}
            }
        }
        reserved
    }

    /// A caller comes; the agent who is reserved at once.
    pub(crate) fn enqueue(&mut self, call: Call) -> Option<u32> {
        self.calls += 1;
        // A number of its own for each caller.
        let caller =
            Some(CallerKey([u64::from(self.calls).wrapping_mul(0x9e37_79b9_7f4a_7c15), u64::from(self.calls)]));
        let (group, priority, since) = (GroupId(call.skill), call.priority, (self.now.plus(STEP)).time);
        let enqueue = Command::Enqueue { call: id(call), caller, group, priority, since };
        self.tell(enqueue).map(|(agent, _)| agent.0)
    }

    pub(crate) fn ready(&mut self, agent: u32) -> Option<u32> {
        self.tell(Command::Ready { agent: AgentId(agent) }).map(|(_, call)| call.slot)
    }

    pub(crate) fn view(&self) -> acd::View {
        self.acd.view(self.now)
    }
}

impl Side for Ours {
    fn join(&mut self, call: Call) {
        self.enqueue(call);
    }

    fn free(&mut self, agent: u32) -> Option<u32> {
        self.ready(agent)
    }

    fn leave(&mut self, call: Call) {
        self.tell(Command::Abandon { call: id(call) });
    }

    fn away(&mut self, agent: u32) {
        self.tell(Command::Away { agent: AgentId(agent) });
    }

    fn accept(&mut self, agent: u32) {
        let (call, reservation) = self.offers[agent as usize];
        self.tell(Command::Accepted { call, agent: AgentId(agent), reservation });
    }

    fn end(&mut self, agent: u32) {
        let (call, _) = self.offers[agent as usize];
        self.tell(Command::Ended { call, agent: AgentId(agent) });
    }

    fn decline(&mut self, agent: u32) {
        let (call, reservation) = self.offers[agent as usize];
        self.tell(Command::Declined { call, agent: AgentId(agent), reservation, cause: Decline::Busy });
    }
}

fn id(call: Call) -> CallId {
    CallId { epoch: Epoch(1), serial: call.serial, slot: call.slot, ..CallId::default() }
}

/// A house of so many groups with these agents, in which a caller waits at most so long.
pub(crate) fn plan(groups: u16, agents: Vec<Vec<Has>>, wait: Option<Duration>) -> Plan {
    let group = Group { limit: usize::MAX, wait, overflow: Overflow::Message.into(), ..Group::default() };
    let skill = |(skill, level)| Skill { skill: SkillId(skill), level };
    let agent = |has: Vec<Has>| Agent { skills: has.into_iter().map(skill).collect(), ..Agent::default() };
    Plan {
        groups: vec![group; usize::from(groups)],
        agents: agents.into_iter().map(agent).collect(),
        back_off: BackOff { busy: BUSY, ..BackOff::default() },
        ..Plan::default()
    }
}

/// The house of a crowd: with a bound on the wait, and who idles longest goes first.
pub(crate) fn house(agents: Vec<Vec<Has>>, worth: Duration) -> Plan {
    Plan { priority_worth: worth, ..plan(SKILLS, agents, Some(WAIT)) }
}
