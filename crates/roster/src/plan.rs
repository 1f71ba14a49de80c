//! What an operator decides about agents.

use std::time::Duration;

use crate::StarCodes;

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
    /// Offers in a row that may ring out before the agent is paused; 0 for any number.
    pub pause_after_unanswered: u8,
    /// What an agent may pause for, beside [`ALWAYS_KNOWN`].
    pub pause_reasons: Vec<String>,
    pub star_codes: StarCodes,
}

/// One agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// The number (工号), also the user part of the address of record.
    pub number: String,
    /// Signed on and ready as soon as a phone registers.
    pub ready_on_register: bool,
    /// Stood in a plan of before and keeps the id alone: cannot sign on, and no phone can register.
    pub removed: bool,
}

/// The reason of a pause that names none.
pub const OTHER: &str = "other";
/// The reason of the automatic pause.
pub const NO_ANSWER: &str = "no_answer";
/// Reasons that need not be listed.
pub const ALWAYS_KNOWN: [&str; 2] = [OTHER, NO_ANSWER];

impl Default for Plan {
    /// What an operator gets who says nothing: nobody answers yet.
    fn default() -> Plan {
        let pause_reasons: Vec<String> = ["break", "meal", "training", "meeting"].map(str::to_owned).into();
        Plan {
            agents: Vec::new(),
            expires_min: Duration::from_secs(30),
            expires_default: Duration::from_secs(300),
            expires_max: Duration::from_secs(3600),
            contacts_max: 10,
            pause_after_unanswered: 3,
            star_codes: StarCodes { reasons: pause_reasons.clone(), ..StarCodes::default() },
            pause_reasons,
        }
    }
}

impl Plan {
    /// Every reason a pause may have.
    pub fn known_reasons(&self) -> Vec<String> {
        let listed = self.pause_reasons.iter().map(String::as_str);
        let further = ALWAYS_KNOWN.into_iter().filter(|word| !self.pause_reasons.iter().any(|r| r == word));
        listed.chain(further).map(str::to_owned).collect()
    }

    pub(crate) fn knows_reason(&self, reason: &str) -> bool {
        ALWAYS_KNOWN.contains(&reason) || self.pause_reasons.iter().any(|known| known == reason)
    }
}
