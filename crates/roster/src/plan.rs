//! What an operator decides about agents.

use std::time::Duration;

/// Agents by `AgentId`: an id is the place in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub agents: Vec<Agent>,
    /// The shortest registration granted; a shorter one gets 423.
    pub expires_min: Duration,
    /// Granted when the phone names none.
    pub expires_default: Duration,
    /// A longer one is shortened to this.
    pub expires_max: Duration,
    /// Contacts one agent may have at once: desk phone, softphone, a spare, and what a crash left behind.
    pub contacts_max: usize,
}

/// One agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// The number (工号), also the user part of the address of record.
    pub number: String,
    /// Signed on and ready as soon as a phone registers.
    pub ready_on_register: bool,
}
