//! Who a phone is and how it behaves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base::{Codec, Digit, Secret};
use rtp::TonePair;

use crate::carrier::Carrier;

/// One phone. The addresses are what peers reach; the rim binds them, the simulator invents them.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where we take SIP: Via and Contact.
    pub sip_address: SocketAddr,
    /// Where we take RTP; RTCP is one port above.
    pub media_address: SocketAddr,
    /// Where every request goes: the registrar and the way out.
    pub server: SocketAddr,
    /// The host part of our own address.
    pub domain: String,
    /// The user part of our own address, and the name for digest.
    pub user: String,
    pub display: String,
    /// Answers a 401 or 407; without one they are failures.
    pub password: Option<Secret>,
    /// The lifetime asked of a registration; refreshed when three quarters of what was granted have passed.
    pub register_for: Duration,
    /// In order of preference.
    pub codecs: Vec<Codec>,
    pub keys: Keys,
    pub answering: Answering,
    /// Describes its media with a 183 before it answers, instead of a plain 180, as carriers do.
    pub early_media: bool,
    /// Dials without a description, and answers the one in the 200 with the ACK (RFC 3261 §13.2.1).
    pub late_offer: bool,
    /// Calls come through a carrier's network; `None` for a phone.
    pub carrier: Option<Carrier>,
    pub voice: Voice,
    /// Sends no media and wakes for keys alone, which its owner takes from `What::Pressed`: fifty packets a second are too much for
    /// a day of thousands of calls.
    pub quiet: bool,
    /// What to do in a call, each step counted from the one before it, the first from the answer.
    pub script: Vec<Step>,
    /// The frequencies looked for in what is heard, at most 64, in whole tens of hertz.
    pub listen_hz: Vec<u16>,
    /// Whether `Output::heard` is filled.
    pub hand_out_audio: bool,
    pub faults: Faults,
}

impl Config {
    /// A phone with both codecs that answers after one second, sends silence and does nothing by itself.
    pub fn new(user: &str, server: SocketAddr, sip_address: SocketAddr, media_address: SocketAddr) -> Config {
        Config {
            sip_address,
            media_address,
            server,
            domain: host(server),
            user: user.to_owned(),
            display: String::new(),
            password: None,
            register_for: Duration::from_secs(300),
            codecs: Codec::ALL.to_vec(),
            keys: Keys::Rtp,
            answering: Answering::After(Duration::from_secs(1)),
            early_media: false,
            late_offer: false,
            carrier: None,
            voice: Voice::Silence,
            quiet: false,
            script: Vec::new(),
            listen_hz: Vec::new(),
            hand_out_audio: false,
            faults: Faults::default(),
        }
    }
}

/// An address as the host part of a URI: IPv6 in brackets.
pub(crate) fn host(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(a) => a.ip().to_string(),
        SocketAddr::V6(a) => format!("[{}]", a.ip()),
    }
}

/// How keys are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Keys {
    /// RFC 4733; by INFO where the peer takes no events.
    #[default]
    Rtp,
    /// SIP INFO with `application/dtmf-relay`.
    Info,
}

/// What becomes of a call that comes in while no other is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answering {
    /// Rings for this long, then answers.
    After(Duration),
    /// Rings until `Phone::pick_up` or until the caller gives up.
    Never,
    /// Refuses with this status, 300 to 699.
    Reject(u16),
}

/// What the phone says in a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Voice {
    Silence,
    /// Two frequencies at once.
    Tones(TonePair),
    /// 8 kHz mono, over and over.
    Samples(Arc<[i16]>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub after: Duration,
    pub act: Act,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Press(Digit),
    Hold,
    Resume,
    /// An UPDATE that changes nothing (RFC 4028 §7.4).
    Refresh,
    /// An UPDATE with our terms again, resources reserved where they are spoken of (RFC 3312 §6).
    Reserve,
    HangUp,
}

/// How a phone misbehaves, for tests of the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Faults {
    /// Hangs up without saying so.
    pub no_bye: bool,
    /// Never acknowledges an answer.
    pub no_ack: bool,
    /// Sends no media.
    pub no_rtp: bool,
    /// Leaves every CANCEL unheard.
    pub deaf_to_cancel: bool,
    /// Rings without saying so.
    pub no_provisional: bool,
    /// Sends a CANCEL right behind its INVITE, before any response (RFC 3261 §9.1 forbids it).
    pub cancels_at_once: bool,
    /// Answers each call a second time as another phone, as from behind a proxy that forks.
    pub answers_twice: bool,
}
