//! What goes in and out of a phone.

use std::fmt;
use std::net::SocketAddr;

use base::{Digit, Flow, Time};
use sip::{Cause, Message, Outgoing};

/// What reached one of the phone's sockets.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    Sip {
        flow: Flow,
        bytes: &'a [u8],
    },
    Rtp {
        from: SocketAddr,
        bytes: &'a [u8],
    },
    Rtcp {
        from: SocketAddr,
        bytes: &'a [u8],
    },
    /// What went to this flow could not be delivered.
    Unreachable {
        flow: Flow,
    },
}

/// What a phone obliges its owner to do and to know; the owner drains every list after each call.
#[derive(Clone, Debug, Default)]
pub struct Output {
    pub sip: Vec<Outgoing>,
    pub rtp: Vec<(SocketAddr, Vec<u8>)>,
    pub rtcp: Vec<(SocketAddr, Vec<u8>)>,
    /// What was heard, 8 kHz mono, in step with the clock from the first media on: gaps are zeros. Filled when
    /// `Config::hand_out_audio` is set.
    pub heard: Vec<i16>,
    pub events: Vec<Event>,
}

#[derive(Clone, Debug)]
pub struct Event {
    pub at: Time,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    /// Granted for so many seconds; told for every refresh.
    Registered {
        seconds: u32,
    },
    /// Tried again after half a minute.
    RegisterFailed {
        cause: Cause,
    },
    Unregistered,
    /// The other side's phone rings, or progresses otherwise (180, 183, …).
    Ringing {
        status: u16,
    },
    /// A call comes in and rings here.
    Incoming {
        /// The number or name in From.
        from: String,
        display: String,
        request: Box<Message>,
    },
    /// A second call came in and was told that we are busy.
    TurnedAway,
    Answered,
    /// A key of ours began to sound.
    Pressed(Digit),
    /// The other side pressed a key.
    KeyHeard(Digit),
    /// Sound after silence.
    AudioHeard,
    /// A second without sound.
    AudioLost {
        since: Time,
    },
    Held,
    Resumed,
    /// An UPDATE of ours that changed nothing was confirmed.
    Refreshed,
    /// The other side refused what hold or resume asked for; the call goes on as it was.
    HoldRefused {
        cause: Cause,
    },
    /// Whom the other side was asked to go on with has the call.
    Referred,
    /// Whom the other side was asked to go on with does not take the call.
    NotReferred {
        status: u16,
    },
    /// One of two calls is over, and the other one is the running one.
    LineOver {
        line: Line,
        by: Side,
        why: Why,
    },
    /// The last call is over.
    HungUp {
        by: Side,
        why: Why,
    },
}

/// One of two calls at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// The one that is heard and spoken into.
    Running,
    /// The one that was held for the sake of the other.
    Waiting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Us,
    Peer,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// After it was answered.
    Bye,
    /// The caller gave up before the answer.
    Cancelled,
    /// Refused with a final response of 300 or more.
    Status(u16),
    /// No final response in time.
    Timeout,
    /// The network could not deliver the request.
    Unreachable,
    /// Our answer was never acknowledged.
    NoAck,
    /// Offer and answer led to no audio.
    NoMedia(sdp::Refusal),
    /// The dialog was dead when something was asked in it.
    Gone,
}

impl From<Cause> for Why {
    fn from(cause: Cause) -> Why {
        match cause {
            Cause::Status(status) => Why::Status(status),
            Cause::Timeout => Why::Timeout,
            Cause::Unreachable => Why::Unreachable,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Bye => f.write_str("hung up"),
            Why::Cancelled => f.write_str("gave up before the answer"),
            Why::Status(status) => write!(f, "{status} {}", sip::reason_phrase(*status)),
            Why::Timeout => f.write_str("no answer to the request within 32 s"),
            Why::Unreachable => f.write_str("nothing listens at the address"),
            Why::NoAck => f.write_str("the answer was never acknowledged"),
            Why::NoMedia(refusal) => write!(f, "{refusal}"),
            Why::Gone => f.write_str("the other side no longer knew the call"),
        }
    }
}
