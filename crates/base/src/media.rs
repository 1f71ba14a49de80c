//! What a switch and a media worker say to each other.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::{Clip, EndId, LegId, ListenId, NetworkId, Voice, WorkerId, packed_enum, packed_struct};

/// A voice codec of one byte a sample at 8 kHz (ITU-T G.711).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Codec {
    Pcma,
    Pcmu,
}

impl Codec {
    pub const ALL: [Codec; 2] = [Codec::Pcma, Codec::Pcmu];

    /// The static payload type (RFC 3551 §6).
    pub const fn payload_type(self) -> u8 {
        match self {
            Codec::Pcma => 8,
            Codec::Pcmu => 0,
        }
    }

    /// The code of a sample that is 0.
    pub const fn silence(self) -> u8 {
        match self {
            Codec::Pcma => 0xd5,
            Codec::Pcmu => 0xff,
        }
    }

    /// The encoding name of an `rtpmap`.
    pub const fn name(self) -> &'static str {
        match self {
            Codec::Pcma => "PCMA",
            Codec::Pcmu => "PCMU",
        }
    }
}

/// Who may send, as we stand in the session (RFC 3264 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    #[default]
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

impl Direction {
    pub const fn sends(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::SendOnly)
    }

    pub const fn receives(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::RecvOnly)
    }
}

/// What offer and answer agreed for one audio stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaParams {
    /// Where the peer wants RTP.
    pub remote: SocketAddr,
    /// Where the peer wants RTCP: `a=rtcp`, else the next port; equals `remote` under rtcp-mux.
    pub remote_rtcp: SocketAddr,
    pub codec: Codec,
    /// The payload type that we send `codec` with.
    pub send_type: u8,
    /// The payload type that the peer sends `codec` with.
    pub receive_type: u8,
    /// The payload type of `telephone-event/8000` that we send; none when the peer takes no events.
    pub dtmf_send_type: Option<u8>,
    /// The payload type of `telephone-event/8000` that the peer sends.
    pub dtmf_receive_type: Option<u8>,
    /// Our side of the session.
    pub direction: Direction,
    /// Milliseconds of audio in each packet that we send: 10 to 60, 20 unless the peer asked otherwise.
    pub ptime_ms: u8,
}

/// A key of a telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Digit {
    /// 0 to 9.
    Number(u8),
    Star,
    Pound,
    /// A to D, as 0 to 3.
    Letter(u8),
}

impl Digit {
    /// The key of an RFC 4733 §3.2 event code.
    pub const fn from_event(code: u8) -> Option<Digit> {
        match code {
            0..=9 => Some(Digit::Number(code)),
            10 => Some(Digit::Star),
            11 => Some(Digit::Pound),
            12..=15 => Some(Digit::Letter(code - 12)),
            _ => None,
        }
    }

    /// The RFC 4733 §3.2 event code.
    pub const fn event(self) -> u8 {
        match self {
            Digit::Number(n) => n,
            Digit::Star => 10,
            Digit::Pound => 11,
            Digit::Letter(n) => 12 + n,
        }
    }

    pub const fn from_char(c: char) -> Option<Digit> {
        match c {
            '0'..='9' => Some(Digit::Number(c as u8 - b'0')),
            '*' => Some(Digit::Star),
            '#' => Some(Digit::Pound),
            'A'..='D' => Some(Digit::Letter(c as u8 - b'A')),
            'a'..='d' => Some(Digit::Letter(c as u8 - b'a')),
            _ => None,
        }
    }

    pub const fn as_char(self) -> char {
        match self {
            Digit::Number(n) => (b'0' + n) as char,
            Digit::Star => '*',
            Digit::Pound => '#',
            Digit::Letter(n) => (b'A' + n) as char,
        }
    }
}

/// One sound of the bank that the workers play from: a prompt in one language, or music.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SoundId(pub u32);

/// Ties a `Notice::Played` to the `Source::Play` or `Source::Clip` that ended; counts within a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PlayId(pub u32);

/// What follows the last sound of a playlist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Comfort silence; the stream goes on, so that the far jitter buffer stays in step.
    Silence,
    /// This sound over and over.
    Loop(SoundId),
}

/// What one end hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Silence,
    /// The voice of another end of the same worker.
    End(EndId),
    /// `sounds` one after the other, a `Played` notice after the last, then `after`.
    Play {
        play: PlayId,
        sounds: Vec<SoundId>,
        after: After,
    },
    /// A sound of the call's own, a `Played` notice behind it, then silence.
    Clip {
        play: PlayId,
        clip: Clip,
    },
}

/// What a switch asks of a media worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// Bind `count` more ends on `network` and lease them to the switch that asks.
    Lease { network: NetworkId, count: u16 },
    /// Puts a leased end to work. `signalled_from`: where the peer's signalling came from; an address that media may
    /// come from before latching, beside the signalled one.
    Open { end: EndId, leg: LegId, params: MediaParams, signalled_from: IpAddr },
    /// A new agreement on a running end: new address, hold, resume, other payload types.
    Change { end: EndId, params: MediaParams },
    /// The end speaks for another leg from now on: its notices say so.
    Belong { end: EndId, leg: LegId },
    /// What the end hears from now on; replaces what it heard.
    Hear { end: EndId, source: Source },
    /// The peer's next utterance is wanted, with this number, or none any more.
    Listen { end: EndId, listen: Option<ListenId> },
    /// Frees the end, opened or only leased, and tells its statistics.
    Close { end: EndId },
}

/// A bound end, ready to be named in an offer or an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    pub end: EndId,
    pub network: NetworkId,
    /// The address that peers of this network reach the RTP port at; RTCP is one port above.
    pub address: SocketAddr,
}

/// What a media worker tells a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    Leased(Lease),
    /// No port of `network` could be bound; the switch goes on with what it has.
    NoLease {
        worker: WorkerId,
        network: NetworkId,
    },
    /// A key was pressed; told once, at its start.
    Digit {
        leg: LegId,
        digit: Digit,
    },
    /// The last sound of a playlist has been sent.
    Played {
        leg: LegId,
        play: PlayId,
    },
    /// The first packet of voice was accepted.
    Heard {
        leg: LegId,
    },
    /// No RTP was accepted for this long; told at `Limits::silence`, and again each minute while it lasts.
    Silent {
        leg: LegId,
        for_ms: u32,
    },
    Closed {
        leg: LegId,
        stats: MediaStats,
    },
    /// Who is listened to has begun to speak.
    Speaking {
        leg: LegId,
        listen: ListenId,
    },
    /// The utterance is over, and the end is not listened to any more.
    Spoken {
        leg: LegId,
        listen: ListenId,
        voice: Voice,
    },
}

impl Notice {
    /// The leg it speaks of; none for leases.
    pub const fn leg(&self) -> Option<LegId> {
        match self {
            Notice::Leased(_) | Notice::NoLease { .. } => None,
            Notice::Digit { leg, .. }
            | Notice::Played { leg, .. }
            | Notice::Heard { leg }
            | Notice::Silent { leg, .. }
            | Notice::Speaking { leg, .. }
            | Notice::Spoken { leg, .. }
            | Notice::Closed { leg, .. } => Some(*leg),
        }
    }
}

/// What one end saw over its life. What was not measured is `None`, never a default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct MediaStats {
    pub packets_sent: u64,
    pub packets_received: u64,
    /// Missing sequence numbers (RFC 3550 §A.3).
    pub packets_lost: u64,
    /// Dropped: not from the latched source, malformed, or of an unknown payload type.
    pub packets_refused: u64,
    /// Interarrival jitter (RFC 3550 §6.4.1).
    pub jitter: Option<Duration>,
    /// From the peer's receiver reports.
    pub round_trip: Option<Duration>,
}

packed_enum!(Codec { 0 => Pcma, 1 => Pcmu });
packed_enum!(Direction { 0 => SendRecv, 1 => SendOnly, 2 => RecvOnly, 3 => Inactive });
packed_struct!(MediaParams {
    remote,
    remote_rtcp,
    codec,
    send_type,
    receive_type,
    dtmf_send_type,
    dtmf_receive_type,
    direction,
    ptime_ms,
});
packed_enum!(Digit { 0 => Number(n), 1 => Star, 2 => Pound, 3 => Letter(n) });
packed_struct!(SoundId(place));
packed_struct!(PlayId(number));
packed_enum!(After { 0 => Silence, 1 => Loop(sound) });
packed_enum!(Source { 0 => Silence, 1 => End(end), 2 => Play { play, sounds, after }, 3 => Clip { play, clip } });
packed_enum!(Job {
    0 => Lease { network, count },
    1 => Open { end, leg, params, signalled_from },
    2 => Change { end, params },
    3 => Hear { end, source },
    4 => Close { end },
    5 => Belong { end, leg },
    7 => Listen { end, listen },
});
packed_struct!(Lease { end, network, address });
packed_enum!(Notice {
    0 => Leased(lease),
    1 => NoLease { worker, network },
    2 => Digit { leg, digit },
    3 => Played { leg, play },
    4 => Heard { leg },
    5 => Silent { leg, for_ms },
    6 => Closed { leg, stats },
    8 => Speaking { leg, listen },
    9 => Spoken { leg, listen, voice },
});
packed_struct!(MediaStats { packets_sent, packets_received, packets_lost, packets_refused, jitter, round_trip });
