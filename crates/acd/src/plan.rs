//! What an operator decides about queues: groups, and who serves them.

use std::time::Duration;

use base::GroupId;

use crate::Refusal;
use crate::need::{Need, SkillId};

/// Groups by `GroupId` and agents by `AgentId`: an id is the place in its list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub groups: Vec<Group>,
    pub agents: Vec<Agent>,
    pub back_off: BackOff,
    /// How long a caller whose call was cut short may come back to the place; zero when no places are kept.
    pub redial: Duration,
    /// How long a caller who hung up while waiting, or whose line broke, may come back to the place; zero for not at all.
    pub hung_up: Duration,
    /// How long nobody who serves a group is signed on before it counts as unstaffed.
    pub unstaffed_after: Duration,
    /// The longest wrap-up that can be asked for, from the moment of asking or, in a talk, from its end.
    pub wrap_up_max: Duration,
    /// The waiting that one step of priority stands for.
    pub priority_worth: Duration,
    /// How long the agent of a caller's last talk is remembered, where a group prefers that one.
    pub remember: Duration,
    /// How long before a call earlier ones of the same number count; zero for not at all.
    pub repeat: Duration,
    /// When a day of tallies begins, after midnight UTC.
    pub day_begins: Duration,
}

impl Default for Plan {
    /// Nobody and nothing to wait for. Ten minutes are long enough for a citizen who first waits and then dials again; two, for one whose
    /// line broke in a lift or who pressed the wrong button, and short enough that nobody dials in advance to have a place; a shift changes seats in half a
    /// minute, and who calls a desk that nobody is at waits no longer; an hour
    /// is the longest note that an agent writes between two calls. Two minutes are a step of priority: more than a good hour's wait, so
    /// that it puts one ahead, and little enough that nobody waits for ever behind those who have it. The day of China begins at 16:00 UTC. Who calls
    /// again about the same matter mostly does so within a day.
    fn default() -> Plan {
        Plan {
            groups: Vec::new(),
            agents: Vec::new(),
            back_off: BackOff::default(),
            redial: Duration::from_secs(600),
            hung_up: Duration::from_secs(120),
            unstaffed_after: Duration::from_secs(30),
            wrap_up_max: Duration::from_secs(3600),
            priority_worth: Duration::from_secs(120),
            remember: Duration::from_secs(24 * 3600),
            repeat: Duration::from_secs(24 * 3600),
            day_begins: Duration::from_secs(16 * 3600),
        }
    }
}

/// A skill group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    /// How long an agent's phone rings before the next agent is tried.
    pub ring: Duration,
    /// The agent's time after a talk; an agent's own value goes first.
    pub wrap_up: Duration,
    /// Callers who may wait at once; one more overflows.
    pub limit: usize,
    /// The longest wait before the caller overflows.
    pub wait: Option<Duration>,
    /// The longest wait to be expected: who would wait longer overflows at once. What counts is the middle of the range.
    pub expected: Option<Duration>,
    /// Where a caller goes who cannot be kept.
    pub overflow: Overflows,
    /// The waiting that every caller of this group has in advance where an agent serves several groups.
    pub head_start: Duration,
    /// Which of several agents of one level is offered a caller.
    pub strategy: Strategy,
    /// Who may serve, from how long a wait on, earliest first; empty for whoever has the group's own skill.
    pub steps: Vec<Step>,
    /// How long a caller waits for the agent of the last talk alone; zero for not at all.
    pub prefer: Duration,
    /// Phones that ring for one caller; the first to answer has the caller. Zero is one.
    pub ring_at_once: u8,
    /// Whether callers may be called back instead of waiting, and how.
    pub call_back: Option<CallBack>,
    /// When it is in surge; never but by hand without.
    pub surge: Option<Surge>,
    /// It stood in a plan of before and keeps its id alone: takes nobody, and whoever is in its line overflows at once.
    pub removed: bool,
}

impl Default for Group {
    /// A group of one skill without a bound on the wait: rings 20 s, keeps 100, tells whom it cannot keep.
    fn default() -> Group {
        Group {
            name: String::new(),
            ring: Duration::from_secs(20),
            wrap_up: Duration::ZERO,
            limit: 100,
            wait: None,
            expected: None,
            overflow: Overflow::Message.into(),
            head_start: Duration::ZERO,
            strategy: Strategy::LongestIdle,
            steps: Vec::new(),
            prefer: Duration::ZERO,
            ring_at_once: 1,
            call_back: None,
            surge: None,
            removed: false,
        }
    }
}

impl Group {
    /// The rule by which it is in surge; a group that is no more has none.
    pub(crate) fn rule(&self) -> Option<Surge> {
        self.surge.filter(|_| !self.removed)
    }
}

/// From when on, and for how long, callers are more than a group can serve soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surge {
    /// Begins with as many callers on the line.
    pub waiting: Option<Crowd>,
    /// Begins when a newcomer would have to expect such a wait, and ends below half of it. What counts is the middle of the range.
    pub expected: Option<Duration>,
    /// Lasts at least so long.
    pub hold: Duration,
}

/// Callers in line who are on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowd {
    /// At least so many begin a surge.
    pub from: usize,
    /// Fewer than that end it.
    pub until: usize,
}

/// How a group calls back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallBack {
    /// How often a citizen is called who does not answer.
    pub tries: u8,
    /// From one such call to the next.
    pub retry: Duration,
    /// Citizens who may be promised a call at once.
    pub limit: usize,
}

impl Default for CallBack {
    /// Three calls within a quarter of an hour find whoever is not away; a promise for every place in the line of a middling group.
    fn default() -> CallBack {
        CallBack { tries: 3, retry: Duration::from_secs(300), limit: 50 }
    }
}

/// From this long a wait on, whoever meets this need may serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub after: Duration,
    pub need: Need,
}

/// Which of several eligible agents of one level is offered a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Strategy {
    /// Who idles longest.
    #[default]
    LongestIdle,
    /// Who had the fewest talks of the queue today, then who idles longest.
    FewestCalls,
    /// Who talked the least today, then who idles longest.
    LeastTalk,
    /// Whose phone rang longest ago.
    RoundRobin,
    /// In the order of the plan.
    Fixed,
    /// By lot; an agent of twice the weight is drawn twice as often.
    Random,
}

impl Strategy {
    /// Whether it looks at what agents did today.
    pub(crate) fn counts(self) -> bool {
        matches!(self, Strategy::FewestCalls | Strategy::LeastTalk)
    }
}

/// Where a caller goes whom a group cannot keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// Waits on in this group with the same place in time. `settings` refuses circles.
    Group(GroupId),
    /// Is told so and released.
    Message,
    /// Stays where they are; on a full group as `Message`.
    Stay,
}

/// Where callers go, by why the group cannot keep them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflows {
    /// `Group::limit` callers are in line.
    pub full: Overflow,
    /// The caller waited for `Group::wait`.
    pub waited: Overflow,
    /// The caller would have to wait longer than `Group::expected`.
    pub expected: Overflow,
    /// Somebody closed the group. Who waits already never goes to the message.
    pub closed: Overflow,
    /// Nobody who serves the group is signed on. Callers who stay wait for somebody to come.
    pub unstaffed: Overflow,
}

impl From<Overflow> for Overflows {
    /// One for all, but callers wait for agents to come.
    fn from(to: Overflow) -> Overflows {
        Overflows { full: to, waited: to, expected: to, closed: to, unstaffed: Overflow::Stay }
    }
}

impl Overflows {
    pub(crate) fn after(self, reason: Refusal) -> Overflow {
        match reason {
            Refusal::Full => self.full,
            Refusal::WaitedTooLong => self.waited,
            Refusal::ExpectedTooLong => self.expected,
            // A group that is no more is closed for good.
            Refusal::Closed | Refusal::UnknownGroup => self.closed,
            Refusal::Unstaffed => self.unstaffed,
            Refusal::Released | Refusal::CalledAgain | Refusal::Held => Overflow::Message,
        }
    }
}

/// What one agent may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agent {
    pub skills: Vec<Skill>,
    pub wrap_up: Option<Duration>,
    /// For groups that draw by lot; zero is one.
    pub weight: u16,
}

/// What an agent can do, and how well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skill {
    pub skill: SkillId,
    /// 1 is best; agents of a better level are offered first, then by the group's strategy.
    pub level: u8,
}

/// How long an agent rests after an offer that came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackOff {
    pub rejected: Duration,
    pub busy: Duration,
    pub no_answer: Duration,
    pub unreachable: Duration,
}

impl Default for BackOff {
    /// Long enough that one absent agent does not hold up the first in line, short enough to be back within a talk.
    fn default() -> BackOff {
        BackOff {
            rejected: Duration::from_secs(5),
            busy: Duration::from_secs(5),
            no_answer: Duration::from_secs(10),
            unreachable: Duration::from_secs(10),
        }
    }
}
