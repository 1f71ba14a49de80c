//! The four transaction machines of RFC 3261 §17 with the Accepted states of RFC 6026.
//!
//! Each takes one event and appends what it obliges its owner to do. None holds a message: `Send` means the request
//! of a client transaction, the latest response of a server transaction. Retransmissions of an INVITE's 2xx belong
//! to the core (RFC 3261 §13.3.1.4), so a server transaction sends one only when it is told.

mod client_invite;
mod client_non_invite;
mod server_invite;
mod server_non_invite;

use std::time::Duration;

pub use client_invite::ClientInvite;
pub use client_non_invite::ClientNonInvite;
pub use server_invite::ServerInvite;
pub use server_non_invite::ServerNonInvite;

/// The base values that all timers are made of (RFC 3261 §17.1.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// The estimated round trip: 500 ms.
    pub t1: Duration,
    /// The longest wait between two repeats of a non-INVITE request or an INVITE response: 4 s.
    pub t2: Duration,
    /// How long a message may stay in the network: 5 s.
    pub t4: Duration,
}

impl Default for Timers {
    fn default() -> Timers {
        Timers { t1: Duration::from_millis(500), t2: Duration::from_secs(4), t4: Duration::from_secs(5) }
    }
}

impl Timers {
    /// 64·T1: how long anything goes unanswered before it is given up.
    pub fn patience(&self) -> Duration {
        self.t1.saturating_mul(64)
    }
}

/// Every timer of a transaction (RFC 3261 table 4, RFC 6026 §7). Timer C belongs to proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// Repeats an INVITE that nothing answered.
    A,
    /// Gives an INVITE up that nothing answered.
    B,
    /// Ends the wait for repeated non-2xx responses to an INVITE.
    D,
    /// Repeats a non-INVITE request.
    E,
    /// Gives a non-INVITE request up.
    F,
    /// Repeats a non-2xx response to an INVITE.
    G,
    /// Gives the ACK of a non-2xx response up.
    H,
    /// Ends the wait for repeated ACKs.
    I,
    /// Ends the wait for a repeated non-INVITE request.
    J,
    /// Ends the wait for repeated responses to a non-INVITE request.
    K,
    /// Ends the wait for a repeated INVITE that was accepted.
    L,
    /// Ends the wait for further 2xx responses to an INVITE.
    M,
}

/// What a client transaction may hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientEvent {
    Start,
    Provisional,
    Success,
    Failure,
    Fired(Timer),
    /// The transport could not deliver (RFC 3261 §17.1.4).
    Unreachable,
    /// The core gives up, 64·T1 after its CANCEL (RFC 3261 §9.1).
    Abandon,
}

/// What a server transaction may hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerEvent {
    /// The request once more.
    Repeat,
    Ack,
    /// The core responds.
    Provisional,
    Success,
    Failure,
    Fired(Timer),
}

/// What a transaction obliges its owner to do, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Send,
    Arm(Timer, Duration),
    Stop(Timer),
    /// Hand the message at hand to the core.
    Pass,
    /// Acknowledge the non-2xx response at hand (RFC 3261 §17.1.1.3).
    Acknowledge,
    /// Tell the core that no final response, or no ACK, came in time.
    TimedOut,
    /// Tell the core that the transport failed.
    Failed,
    /// Forget the transaction.
    End,
}

/// What the machines need to know about time and transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    pub timers: Timers,
    /// The transport repeats by itself: no repeats here, and no waiting for them.
    pub reliable: bool,
}

impl Pace {
    /// Arms a repeat on unreliable transports.
    fn repeat(&self, timer: Timer, after: Duration, out: &mut Vec<Action>) {
        if !self.reliable {
            out.push(Action::Arm(timer, after));
        }
    }

    /// Ends at once on reliable transports, otherwise after the wait for stragglers.
    fn linger(&self, timer: Timer, after: Duration, out: &mut Vec<Action>) {
        out.push(if self.reliable { Action::End } else { Action::Arm(timer, after) });
    }
}

#[cfg(test)]
mod table;
