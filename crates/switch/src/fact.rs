//! Everything that is written down before effects leave.

use base::{CallId, packed_enum};

/// One fact of one owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    Queue(acd::Fact),
    Roster(roster::Fact),
    Call { call: CallId, fact: call::Fact },
}

packed_enum!(Fact { 0 => Queue(fact), 1 => Roster(fact), 2 => Call { call, fact } });
