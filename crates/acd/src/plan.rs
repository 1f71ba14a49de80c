//! What an operator decides about queues: groups, and who serves them.

use std::time::Duration;

use base::GroupId;

/// Groups by `GroupId` and agents by `AgentId`: an id is the place in its list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub groups: Vec<Group>,
    pub agents: Vec<Agent>,
    pub back_off: BackOff,
    /// How long a caller whose call was cut short may come back to the place; zero when no places are kept.
    pub redial: Duration,
    /// The longest wrap-up that can be asked for, from the moment of asking or, in a talk, from its end.
    pub wrap_up_max: Duration,
}

impl Default for Plan {
    /// Nobody and nothing to wait for. Ten minutes are long enough for a citizen who first waits and then dials again; an hour
    /// is the longest note that an agent writes between two calls.
    fn default() -> Plan {
        Plan {
            groups: Vec::new(),
            agents: Vec::new(),
            back_off: BackOff::default(),
            redial: Duration::from_secs(600),
            wrap_up_max: Duration::from_secs(3600),
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
    /// Where a caller goes who cannot be kept.
    pub overflow: Overflow,
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

/// What one agent may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agent {
    pub skills: Vec<Skill>,
    pub wrap_up: Option<Duration>,
}

/// An agent's skill in one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skill {
    pub group: GroupId,
    /// 1 is best; agents of a better level are offered first, then the longest idle.
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
