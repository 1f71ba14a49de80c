//! What an endpoint is told once: who it is, how patient, how much it may hold.

use std::net::Ipv6Addr;
use std::time::Duration;

use base::{NetworkId, Transport};

use crate::transaction::Timers;
use crate::{Method, Refresher};

/// How an endpoint shows itself and what it accepts.
#[derive(Clone, Debug)]
pub struct Config {
    /// One for each network and transport; a flow without one of its own shows the first of its network.
    pub identities: Vec<Identity>,
    /// The value of `User-Agent` and `Server`.
    pub product: String,
    pub timers: Timers,
    pub limits: Limits,
    pub session: Session,
    /// Option tags that a request may require (RFC 3261 §8.2.2.3), and that ours show. Without `timer` there are no session
    /// timers (RFC 4028).
    pub supported: Vec<String>,
    /// Option tags that a request may require beside, which our owner shows where they are of use.
    pub understood: Vec<String>,
    /// Option tags that a REGISTER may require beside.
    pub registrar: Vec<String>,
    /// Any other method is refused with 405, or 501 where we do not even know it (RFC 3261 §8.2.1, §21.5.2).
    pub allow: Vec<Method>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            identities: Vec::new(),
            product: String::from("hotline"),
            timers: Timers::default(),
            limits: Limits::default(),
            session: Session::default(),
            supported: vec![String::from("100rel"), String::from("timer")],
            understood: Vec::new(),
            registrar: vec![String::from("path"), String::from("outbound")],
            allow: vec![
                Method::Invite,
                Method::Ack,
                Method::Cancel,
                Method::Bye,
                Method::Options,
                Method::Info,
                Method::Update,
                Method::Prack,
                Method::Register,
                Method::Refer,
            ],
        }
    }
}

/// The address that one network sees in Via sent-by and in Contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub network: NetworkId,
    pub transport: Transport,
    /// An address or a name; brackets around an IPv6 address may be left out.
    pub host: String,
    pub port: u16,
}

impl Identity {
    /// Its host as it stands in a URI (RFC 3261 §25.1).
    pub(super) fn bracket(&mut self) {
        if self.host.parse::<Ipv6Addr>().is_ok() {
            self.host = format!("[{}]", self.host);
        }
    }
}

/// How long a dialog lives without a sign of life (RFC 4028).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// The interval that we ask for.
    pub expires: Duration,
    /// The shortest that we accept; below 90 s nobody may go (RFC 4028 §4).
    pub min: Duration,
    /// Who is to refresh, as our first INVITE asks; `None` leaves it to the peer.
    pub refresher: Option<Refresher>,
}

impl Default for Session {
    fn default() -> Session {
        // What RFC 4028 §4 recommends.
        Session { expires: Duration::from_secs(1800), min: Duration::from_secs(90), refresher: None }
    }
}

/// What an endpoint holds at most; what comes beyond is refused with 503, or fails as 503 when it is our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Client and server transactions together. A queue call makes five in its life and each lives 32 s at most beyond its
    /// answer: in three quarters of this, which is what requests outside dialogs may take, 1,800 calls a second find room.
    pub transactions: usize,
    /// Bytes of the messages that transactions and unacknowledged answers keep, a few hundred each; without it, messages of
    /// 64 KiB would take 26 GB.
    pub bytes: usize,
    /// Legs, thrice over the calls that one machine's media can carry.
    pub legs: usize,
    /// Early dialogs of one INVITE of ours: an agent has a handful of phones, more is a forking loop.
    pub early_dialogs: usize,
    /// Requests of ours that wait in one leg for its open transaction, and provisional responses that wait for a PRACK:
    /// nobody asks for more than this within one round trip.
    pub queued: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { transactions: 400_000, bytes: 512 << 20, legs: 30_000, early_dialogs: 12, queued: 8 }
    }
}
