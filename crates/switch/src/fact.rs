//! Everything that is written down before effects leave.

use base::{AgentEvent, CallId, Now, packed_enum};

/// One fact of one owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    Queue(acd::Fact),
    Roster(roster::Fact),
    Call {
        call: CallId,
        fact: call::Fact,
    },
    /// A dialog as a later process needs it.
    Leg(sip::Fact),
    /// For the records; owed until `Written`.
    Agent(AgentEvent),
    /// The store has so many more of the entries that it is owed.
    Written {
        count: u64,
    },
    /// The groups and agents of the configuration, in the order of their ids from here on.
    Names {
        groups: Vec<String>,
        agents: Vec<String>,
    },
    /// The first of each turn that has any.
    Turn {
        now: Now,
    },
}

packed_enum!(Fact {
    0 => Queue(fact),
    1 => Roster(fact),
    2 => Call { call, fact },
    3 => Leg(fact),
    4 => Agent(event),
    5 => Written { count },
    6 => Names { groups, agents },
    7 => Turn { now },
});
