//! How trunks stand, for those who look. No secret is in it.

use std::net::SocketAddr;

use base::{Transport, Wall};

use crate::Trouble;

/// One trunk that we call out through.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TrunkView {
    /// Whether a call has a way now.
    pub open: bool,
    /// None where the trunk does not register.
    pub registration: Option<RegistrationView>,
    /// In the order of the configuration, and within one target in the order of the DNS.
    pub targets: Vec<TargetView>,
}

/// Our place at the carrier's registrar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationView {
    pub state: RegistrationState,
    pub since: Wall,
    /// Where we are registered, or were last.
    pub at: Option<SocketAddr>,
    /// When the registration ends unless it is refreshed.
    pub until: Option<Wall>,
    /// Why the last try came to nothing.
    pub trouble: Option<Trouble>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationState {
    /// The first try of all is under way.
    Trying,
    Registered,
    /// Not registered, and tried again after a while.
    Failed,
}

impl RegistrationState {
    pub const fn name(self) -> &'static str {
        match self {
            RegistrationState::Trying => "trying",
            RegistrationState::Registered => "registered",
            RegistrationState::Failed => "failed",
        }
    }
}

/// One address of a target; or a target without any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetView {
    /// As the operator wrote it.
    pub uri: String,
    pub address: Option<(Transport, SocketAddr)>,
    pub state: TargetState,
    pub since: Wall,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetState {
    /// Nobody has asked it yet, or nobody does; or its name is still being looked up.
    Unknown,
    Up,
    /// It asked to be left alone for a while.
    Busy,
    /// A call could not reach it a moment ago.
    Avoided,
    Down,
    /// Its name has no address that we can use.
    Unresolved,
    /// Its name offers TLS alone, which we do not speak towards trunks.
    TlsOnly,
}

impl TargetState {
    pub const ALL: [TargetState; 7] = [
        TargetState::Unknown,
        TargetState::Up,
        TargetState::Busy,
        TargetState::Avoided,
        TargetState::Down,
        TargetState::Unresolved,
        TargetState::TlsOnly,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            TargetState::Unknown => "unknown",
            TargetState::Up => "up",
            TargetState::Busy => "busy",
            TargetState::Avoided => "avoided",
            TargetState::Down => "down",
            TargetState::Unresolved => "unresolved",
            TargetState::TlsOnly => "tls_only",
        }
    }
}
