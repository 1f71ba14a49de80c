//! A queue at a time of its own, and short forms of its commands and actions.

use std::time::Duration;

use acd::{Acd, Action, Agent, BackOff, Command, Decline, Group, Overflow, Plan, Refusal, Reservation, Skill};
use base::{AgentId, CallId, GroupId, Now, Time};

#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) acd: Acd,
    pub(crate) now: Now,
}

/// Rings 20 s, keeps 100, waits for ever, no wrap-up.
pub(crate) fn group() -> Group {
    Group {
        name: String::new(),
        ring: Duration::from_secs(20),
        wrap_up: Duration::ZERO,
        limit: 100,
        wait: None,
        overflow: Overflow::Stay,
    }
}

/// An agent by the groups it serves and its level in each.
pub(crate) fn agent(skills: &[(u16, u8)]) -> Agent {
    let skills = skills.iter().map(|&(group, level)| Skill { group: GroupId(group), level }).collect();
    Agent { skills, wrap_up: None }
}

pub(crate) fn plan(groups: Vec<Group>, agents: Vec<Agent>) -> Plan {
    Plan { groups, agents, back_off: BackOff::default() }
}

pub(crate) fn id(serial: u32) -> CallId {
    CallId { serial, ..CallId::default() }
}

impl Desk {
    pub(crate) fn new(plan: Plan) -> Desk {
        let now = Now { time: Time::from_millis(100_000), ..Now::default() };
        Desk { acd: Acd::new(plan, now.time), now }
    }

    pub(crate) fn tell(&mut self, command: Command) -> Vec<String> {
        let mut out = Vec::new();
        self.acd.handle(self.now, command, &mut out);
        words(&out)
    }

    /// Lets time pass, stopping at each deadline on the way as the rim does.
    pub(crate) fn pass(&mut self, seconds: u64) -> Vec<String> {
        let mut out = Vec::new();
        let end = self.now.plus(Duration::from_secs(seconds));
        while let Some(next) = self.acd.next_timeout().filter(|t| *t <= end.time) {
            self.now = self.now.plus(next - self.now.time);
            self.acd.handle_timeout(self.now, &mut out);
        }
        self.now = end;
        words(&out)
    }

    pub(crate) fn enqueue(&mut self, call: u32, group: u16, priority: u8) -> Vec<String> {
        let since = self.now.time;
        self.enqueue_since(call, group, priority, since)
    }

    pub(crate) fn enqueue_since(&mut self, call: u32, group: u16, priority: u8, since: Time) -> Vec<String> {
        self.tell(Command::Enqueue { call: id(call), caller: None, group: GroupId(group), priority, since })
    }

    pub(crate) fn ready(&mut self, agent: u32) -> Vec<String> {
        self.tell(Command::Ready { agent: AgentId(agent) })
    }

    pub(crate) fn away(&mut self, agent: u32) -> Vec<String> {
        self.tell(Command::Away { agent: AgentId(agent) })
    }

    pub(crate) fn abandon(&mut self, call: u32) -> Vec<String> {
        self.tell(Command::Abandon { call: id(call) })
    }

    pub(crate) fn locate(&mut self, call: u32) -> Vec<String> {
        self.tell(Command::Locate { call: id(call) })
    }

    pub(crate) fn accepted(&mut self, call: u32, agent: u32, reservation: u64) -> Vec<String> {
        let reservation = Reservation(reservation);
        self.tell(Command::Accepted { call: id(call), agent: AgentId(agent), reservation })
    }

    pub(crate) fn declined(&mut self, call: u32, agent: u32, reservation: u64, cause: Decline) -> Vec<String> {
        let reservation = Reservation(reservation);
        self.tell(Command::Declined { call: id(call), agent: AgentId(agent), reservation, cause })
    }

    pub(crate) fn slot_refused(&mut self, call: u32, agent: u32, reservation: u64) -> Vec<String> {
        let reservation = Reservation(reservation);
        self.tell(Command::SlotRefused { call: id(call), agent: AgentId(agent), reservation })
    }

    pub(crate) fn ended(&mut self, call: u32, agent: u32) -> Vec<String> {
        self.tell(Command::Ended { call: id(call), agent: AgentId(agent) })
    }
}

/// Actions in words: `c` a call, `a` an agent, `g` a group, `r` a reservation, `#` a position.
pub(crate) fn words(actions: &[Action]) -> Vec<String> {
    actions.iter().map(word).collect()
}

fn word(action: &Action) -> String {
    match action {
        Action::Reserve { agent, call, reservation, .. } => {
            format!("Reserve a{} for c{} r{}", agent.0, call.serial, reservation.0)
        }
        Action::Withdraw { agent, call, reservation } => {
            format!("Withdraw a{} from c{} r{}", agent.0, call.serial, reservation.0)
        }
        Action::Queued { call, group, position } => format!("Queued c{} g{} #{position}", call.serial, group.0),
        Action::Located { call, group, position } => format!("Located c{} g{} #{position}", call.serial, group.0),
        Action::Moved { call, from, to } => format!("Moved c{} g{} to g{}", call.serial, from.0, to.0),
        Action::Refused { call, group, reason } => {
            let reason = match reason {
                Refusal::Full => "full",
                Refusal::WaitedTooLong => "waited too long",
                Refusal::UnknownGroup => "unknown",
            };
            format!("Refused c{} g{} {reason}", call.serial, group.0)
        }
        other => format!("{other:?}"),
    }
}
