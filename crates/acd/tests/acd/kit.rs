//! A queue at a time of its own, and short forms of its commands and actions.

use std::time::Duration;

use acd::ledger::Promise;
use acd::{
    Acd, Action, Agent, Citizen, Command, Decline, Fact, Granted, Group, Ledger, Overflow, Plan, Refusal, Reservation,
    Skill, SkillId,
};
use base::{AgentId, CallId, CallerKey, GroupId, Now, Ticket, Time};

#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) acd: Acd,
    pub(crate) now: Now,
    plan: Plan,
    /// What the facts told up to now.
    pub(crate) ledger: Ledger,
    /// All that was said since somebody last took it away, facts and news for the roster among it.
    pub(crate) said: Vec<String>,
}

/// Rings 20 s, keeps 100, waits for ever, no wrap-up.
pub(crate) fn group() -> Group {
    Group { overflow: Overflow::Stay.into(), ..Group::default() }
}

/// An agent by the groups it serves and its level in each.
pub(crate) fn agent(skills: &[(u16, u8)]) -> Agent {
    let skills = skills.iter().map(|&(skill, level)| Skill { skill: SkillId(skill), level }).collect();
    Agent { skills, ..Agent::default() }
}

pub(crate) fn plan(groups: Vec<Group>, agents: Vec<Agent>) -> Plan {
    Plan { groups, agents, ..Plan::default() }
}

pub(crate) fn id(serial: u32) -> CallId {
    CallId { serial, ..CallId::default() }
}

impl Desk {
    pub(crate) fn new(plan: Plan) -> Desk {
        let now = Now { time: Time::from_millis(100_000), ..Now::default() };
        let acd = Acd::new(plan.clone(), now.time);
        Desk { acd, now, plan, ledger: Ledger::default(), said: Vec::new() }
    }

    pub(crate) fn tell(&mut self, command: Command) -> Vec<String> {
        let mut out = Vec::new();
        self.acd.handle(self.now, command, &mut out);
        self.hear(out)
    }

    /// Writes the facts down; gives back what is said to calls and slots, and answers.
    fn hear(&mut self, out: Vec<Action>) -> Vec<String> {
        let mut told = Vec::new();
        for action in out {
            self.said.push(word(&action));
            match action {
                Action::Fact(fact) => self.ledger.apply(fact),
                Action::OfferOver { .. } | Action::WrapsUp { .. } => {}
                action => told.push(word(&action)),
            }
        }
        assert_eq!(self.ledger, self.acd.ledger());
        told
    }

    /// What was said since the last time to the roster and the journal.
    pub(crate) fn news(&mut self) -> Vec<String> {
        let news = ["OfferOver", "WrapsUp", "{Place"];
        std::mem::take(&mut self.said).into_iter().filter(|w| news.iter().any(|n| w.starts_with(n))).collect()
    }

    /// The process is killed and comes back at once, with another plan if there is one.
    pub(crate) fn restart(&mut self, plan: Option<Plan>) -> Vec<String> {
        let mut out = Vec::new();
        self.plan = plan.unwrap_or_else(|| self.plan.clone());
        self.acd = Acd::restore(self.plan.clone(), self.now, &self.ledger, &mut out);
        self.hear(out)
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
        self.hear(out)
    }

    pub(crate) fn enqueue(&mut self, call: u32, group: u16, priority: u8) -> Vec<String> {
        let since = self.now.time;
        self.enqueue_since(call, group, priority, since)
    }

    /// A call from this number.
    pub(crate) fn enqueue_from(&mut self, number: u64, call: u32, group: u16, priority: u8) -> Vec<String> {
        let (caller, since) = (Some(CallerKey([number, 0])), self.now.time);
        self.tell(Command::Enqueue { call: id(call), caller, group: GroupId(group), priority, since })
    }

    pub(crate) fn keep(&mut self, call: u32) -> Vec<String> {
        self.tell(Command::Keep { call: id(call) })
    }

    pub(crate) fn wrap_up(&mut self, agent: u32, seconds: u64) -> Vec<String> {
        let length = Duration::from_secs(seconds);
        self.tell(Command::WrapUp { ticket: Ticket(7), agent: AgentId(agent), length })
    }

    pub(crate) fn rested(&mut self, agent: u32) -> Vec<String> {
        self.tell(Command::Rested { agent: AgentId(agent) })
    }

    pub(crate) fn enqueue_since(&mut self, call: u32, group: u16, priority: u8, since: Time) -> Vec<String> {
        let caller = Some(CallerKey([u64::from(call), 0]));
        self.tell(Command::Enqueue { call: id(call), caller, group: GroupId(group), priority, since })
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

    pub(crate) fn claim(&mut self, call: u32, agent: u32) -> Vec<String> {
        self.tell(Command::Claim { call: id(call), agent: AgentId(agent) })
    }

    pub(crate) fn takes_over(&mut self, call: u32, agent: u32) -> Vec<String> {
        self.tell(Command::TakesOver { call: id(call), agent: AgentId(agent) })
    }

    pub(crate) fn come_back(&mut self, call: u32, group: u16, priority: u8, since: Time) -> Vec<String> {
        let caller = Some(CallerKey([u64::from(call), 0]));
        self.tell(Command::Return { call: id(call), caller, group: GroupId(group), priority, since })
    }

    pub(crate) fn raise(&mut self, call: u32) -> Vec<String> {
        self.tell(Command::Raise { ticket: Ticket(7), call: id(call) })
    }

    pub(crate) fn move_to(&mut self, call: u32, group: u16) -> Vec<String> {
        self.tell(Command::Move { ticket: Ticket(7), call: id(call), group: GroupId(group) })
    }

    pub(crate) fn release(&mut self, call: u32) -> Vec<String> {
        self.tell(Command::Release { ticket: Ticket(7), call: id(call) })
    }

    pub(crate) fn open(&mut self, group: u16, open: bool) -> Vec<String> {
        self.tell(Command::Open { ticket: Ticket(7), group: GroupId(group), open })
    }

    /// The caller of this call would rather be called back.
    pub(crate) fn call_back(&mut self, call: u32) -> Vec<String> {
        let (number, called, locale) = ("13800138000".to_owned(), "12345".to_owned(), "zh-CN".to_owned());
        self.tell(Command::CallBack { call: id(call), citizen: Box::new(Citizen { number, called, locale }) })
    }

    /// Somebody says whether the group is in surge, or leaves it to the rule.
    pub(crate) fn surge(&mut self, group: u16, by_hand: Option<bool>) -> Vec<String> {
        self.tell(Command::Surge { ticket: Ticket(7), group: GroupId(group), by_hand })
    }

    /// A call of this number begins.
    pub(crate) fn called(&mut self, number: u64, call: u32) -> Vec<String> {
        self.tell(Command::Called { call: id(call), caller: CallerKey([number, 0]) })
    }

    pub(crate) fn ended(&mut self, call: u32, agent: u32) -> Vec<String> {
        self.tell(Command::Ended { call: id(call), agent: AgentId(agent) })
    }
}

/// An action in words: `c` a call, `a` an agent, `g` a group, `r` a reservation, `n` a number, `#` a position, `@` a time in
/// seconds; facts in braces.
fn word(action: &Action) -> String {
    match action {
        Action::Reserve { agent, call, reservation, .. } => {
            format!("Reserve a{} for c{} r{}", agent.0, call.serial, reservation.0)
        }
        Action::Withdraw { agent, call, reservation } => {
            format!("Withdraw a{} from c{} r{}", agent.0, call.serial, reservation.0)
        }
        Action::Queued { call, group, position, surge, .. } => {
            let surge = if *surge { " in surge" } else { "" };
            format!("Queued c{} g{} #{position}{surge}", call.serial, group.0)
        }
        Action::Repeats { call, earlier } => format!("Repeats c{} {earlier}", call.serial),
        Action::Surge { group, on } => format!("Surge g{} {}", group.0, if *on { "on" } else { "off" }),
        Action::Located { call, group, position, .. } => format!("Located c{} g{} #{position}", call.serial, group.0),
        Action::Moved { call, from, to, by_hand } => {
            let by = if *by_hand { " by hand" } else { "" };
            format!("Moved c{} g{} to g{}{by}", call.serial, from.0, to.0)
        }
        Action::Steered { ticket, outcome } => format!("Steered t{} {outcome:?}", ticket.0),
        Action::Refused { call, group, reason } => {
            let reason = match reason {
                Refusal::Full => "full",
                Refusal::WaitedTooLong => "waited too long",
                Refusal::UnknownGroup => "unknown",
                Refusal::Closed => "closed",
                Refusal::Unstaffed => "unstaffed",
                Refusal::ExpectedTooLong => "too long a wait to expect",
                Refusal::Released => "released",
                Refusal::CalledAgain => "called again",
                Refusal::Held => "held",
            };
            format!("Refused c{} g{} {reason}", call.serial, group.0)
        }
        Action::Promised { call, kept } => format!("Promised c{} {kept}", call.serial),
        Action::CallsBack { call, group, last, .. } => {
            format!("CallsBack {} g{}{}", back(*call), group.0, if *last { " last" } else { "" })
        }
        Action::Unclaimed { call, agent } => format!("Unclaimed c{} a{}", call.serial, agent.0),
        Action::TakenOver { call, agent, reservation } => {
            format!("TakenOver c{} a{} r{}", call.serial, agent.0, reservation.0)
        }
        Action::OfferOver { agent, call, cause } => {
            let cause = cause.map_or("nobody's fault".to_owned(), |cause| format!("{cause:?}"));
            format!("OfferOver a{} c{} {cause}", agent.0, call.serial)
        }
        Action::WrapsUp { agent, until } => {
            format!("WrapsUp a{} {}", agent.0, until.map_or("over".to_owned(), at))
        }
        Action::WrapUp { ticket, granted } => match granted {
            Granted::Until(until) => format!("WrapUp t{} {}", ticket.0, at(*until)),
            Granted::AfterTalk(length) => format!("WrapUp t{} {} s after the talk", ticket.0, length.as_secs()),
            Granted::Nothing => format!("WrapUp t{} nothing", ticket.0),
        },
        Action::Fact(fact) => format!("{{{}}}", fact_word(fact)),
    }
}

fn fact_word(fact: &Fact) -> String {
    match fact {
        Fact::Waits { call, group, priority, since, .. } => {
            format!("Waits c{} g{} p{priority} since {}", call.serial, group.0, at(*since))
        }
        Fact::Offered { call, agent, reservation } => {
            format!("Offered c{} a{} r{}", call.serial, agent.0, reservation.0)
        }
        Fact::Talks { call, agent } => format!("Talks c{} a{}", call.serial, agent.0),
        Fact::Left { call } => format!("Left c{}", call.serial),
        Fact::Rests { agent, wrap_up, until } => {
            format!("Rests a{} {} {}", agent.0, if *wrap_up { "wrap-up" } else { "back-off" }, at(*until))
        }
        Fact::Rested { agent } => format!("Rested a{}", agent.0),
        Fact::PlaceKept { caller, group, priority, since, until } => {
            format!("PlaceKept n{} g{} p{priority} since {} until {}", caller.0[0], group.0, at(*since), at(*until))
        }
        Fact::PlaceGone { caller } => format!("PlaceGone n{}", caller.0[0]),
        Fact::Served { caller, agent, until } => format!("Served n{} a{} until {}", caller.0[0], agent.0, at(*until)),
        Fact::Forgotten { caller } => format!("Forgotten n{}", caller.0[0]),
        Fact::Closed { group } => format!("Closed g{}", group.0),
        Fact::Opened { group } => format!("Opened g{}", group.0),
        Fact::Promised { caller, promise } => {
            let Promise { call, group, priority, since, tried, not_before, .. } = &**promise;
            let rests = if *not_before == Time::ZERO { String::new() } else { format!(" from {}", at(*not_before)) };
            let of = format!("{} g{} p{priority} since {}", back(*call), group.0, at(*since));
            format!("Promised n{} {of} tried {tried}{rests}", caller.0[0])
        }
        Fact::PromiseOver { caller } => format!("PromiseOver n{}", caller.0[0]),
        Fact::Called { caller, at: when, until } => {
            format!("Called n{} {} until {}", caller.0[0], at(*when), at(*until))
        }
        Fact::Uncounted { caller } => format!("Uncounted n{}", caller.0[0]),
        Fact::Surges { group, surging } => format!("Surges g{} {} {:?}", group.0, surging.on, surging.by_hand),
        Fact::Learned { group, .. } => format!("Learned g{}", group.0),
        Fact::Tallied { agent, calls, talk, .. } => format!("Tallied a{} {calls} {} s", agent.0, talk.as_secs()),
    }
}

/// A call, and which one it is to call back who made it.
fn back(call: CallId) -> String {
    format!("c{}+{}", call.serial, u32::MAX - call.slot + 1)
}

/// Counted from the time at which a `Desk` begins.
fn at(time: Time) -> String {
    format!("@{}", time.as_millis() as i64 / 1_000 - 100)
}
