//! The binary form of what is journalled: short, without a schema, never a panic on what a disk gives back.
//!
//! Numbers are LEB128 varints, text and lists carry their length, enums a tag. A form once written is never changed: what needs
//! another shape gets another tag, or a value that a byte of it never had, so that a journal of an earlier version applies.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::{
    AgentEvent, AgentHappening, AgentId, CallId, EndId, EndReason, Epoch, Flow, GroupId, LegId, NetworkId, NodeId, Now,
    RecordEntry, StartRecord, SwitchId, Ticket, Time, Transport, Wait, WaitOutcome, Wall, WorkerId,
};

/// The longest text or list that is read back: a SIP message at its limit of 64 KiB. Longer is a torn or foreign file.
pub const LENGTH_MAX: usize = 1 << 16;

/// Bytes that are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What was expected there.
    pub expected: &'static str,
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no readable {}", self.expected)
    }
}

impl std::error::Error for Unreadable {}

/// Bytes that are read from their front.
#[derive(Clone, Copy, Debug)]
pub struct Unpacker<'a>(&'a [u8]);

impl<'a> Unpacker<'a> {
    pub const fn new(bytes: &'a [u8]) -> Unpacker<'a> {
        Unpacker(bytes)
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self, expected: &'static str) -> Result<u8, Unreadable> {
        let (first, rest) = self.0.split_first().ok_or(Unreadable { expected })?;
        self.0 = rest;
        Ok(*first)
    }

    pub fn number(&mut self, expected: &'static str) -> Result<u64, Unreadable> {
        let mut value = 0u64;
        // Ten groups of seven bits hold a u64.
        for shift in (0..70).step_by(7) {
            let byte = self.byte(expected)?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Unreadable { expected })
    }

    /// A length of at most `LENGTH_MAX` and at most what is left.
    pub fn length(&mut self, expected: &'static str) -> Result<usize, Unreadable> {
        let length = self.number(expected)?;
        let length = usize::try_from(length).map_err(|_| Unreadable { expected })?;
        if length > LENGTH_MAX || length > self.0.len() { Err(Unreadable { expected }) } else { Ok(length) }
    }

    pub fn bytes(&mut self, expected: &'static str) -> Result<&'a [u8], Unreadable> {
        let length = self.length(expected)?;
        let (head, rest) = self.0.split_at(length);
        self.0 = rest;
        Ok(head)
    }
}

/// What has a binary form.
pub trait Packed: Sized {
    fn pack(&self, out: &mut Vec<u8>);

    /// # Errors
    /// The bytes are none that `pack` makes.
    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, Unreadable>;

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.pack(&mut out);
        out
    }

    /// # Errors
    /// The bytes are not exactly one value.
    fn from_bytes(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut from = Unpacker::new(bytes);
        let value = Self::unpack(&mut from)?;
        if from.is_empty() { Ok(value) } else { Err(Unreadable { expected: "end" }) }
    }
}

pub fn pack_number(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub fn pack_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    pack_number(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

macro_rules! number {
    ($($kind:ty)*) => {$(
        impl Packed for $kind {
            fn pack(&self, out: &mut Vec<u8>) {
                pack_number(u64::from(*self), out);
            }

            fn unpack(from: &mut Unpacker<'_>) -> Result<Self, Unreadable> {
                let expected = stringify!($kind);
                <$kind>::try_from(from.number(expected)?).map_err(|_| Unreadable { expected })
            }
        }
    )*};
}

number!(u8 u16 u32 u64);

impl Packed for i64 {
    fn pack(&self, out: &mut Vec<u8>) {
        // Zigzag: small numbers of either sign stay short.
        pack_number(((*self << 1) ^ (*self >> 63)) as u64, out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<i64, Unreadable> {
        let coded = from.number("i64")?;
        Ok((coded >> 1) as i64 ^ -((coded & 1) as i64))
    }
}

impl Packed for bool {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<bool, Unreadable> {
        match from.byte("truth")? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Unreadable { expected: "truth" }),
        }
    }
}

impl Packed for String {
    fn pack(&self, out: &mut Vec<u8>) {
        pack_bytes(self.as_bytes(), out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<String, Unreadable> {
        let bytes = from.bytes("text")?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| Unreadable { expected: "text" })
    }
}

/// Bytes as they are: a list of numbers would take two for each from 128 on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

impl Packed for Blob {
    fn pack(&self, out: &mut Vec<u8>) {
        pack_bytes(&self.0, out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Blob, Unreadable> {
        Ok(Blob(from.bytes("bytes")?.to_vec()))
    }
}

impl<T: Packed> Packed for Option<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        self.is_some().pack(out);
        if let Some(value) = self {
            value.pack(out);
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Option<T>, Unreadable> {
        Ok(if bool::unpack(from)? { Some(T::unpack(from)?) } else { None })
    }
}

impl<T: Packed> Packed for Vec<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        pack_number(self.len() as u64, out);
        for one in self {
            one.pack(out);
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Vec<T>, Unreadable> {
        // Every element takes a byte at least, so the bytes left bound the list.
        let length = from.number("list")? as usize;
        if length > from.0.len() {
            return Err(Unreadable { expected: "list" });
        }
        (0..length).map(|_| T::unpack(from)).collect()
    }
}

impl<T: Packed> Packed for Box<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        (**self).pack(out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Box<T>, Unreadable> {
        T::unpack(from).map(Box::new)
    }
}

impl<T: Packed> Packed for Arc<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        (**self).pack(out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Arc<T>, Unreadable> {
        T::unpack(from).map(Arc::new)
    }
}

impl<A: Packed, B: Packed> Packed for (A, B) {
    fn pack(&self, out: &mut Vec<u8>) {
        self.0.pack(out);
        self.1.pack(out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<(A, B), Unreadable> {
        Ok((A::unpack(from)?, B::unpack(from)?))
    }
}

impl Packed for Duration {
    fn pack(&self, out: &mut Vec<u8>) {
        pack_number(u64::try_from(self.as_nanos()).unwrap_or(u64::MAX), out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Duration, Unreadable> {
        from.number("duration").map(Duration::from_nanos)
    }
}

impl Packed for Time {
    fn pack(&self, out: &mut Vec<u8>) {
        pack_number(self.as_nanos(), out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Time, Unreadable> {
        from.number("time").map(Time::from_nanos)
    }
}

impl Packed for IpAddr {
    fn pack(&self, out: &mut Vec<u8>) {
        match self {
            IpAddr::V4(v4) => pack_bytes(&v4.octets(), out),
            IpAddr::V6(v6) => pack_bytes(&v6.octets(), out),
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<IpAddr, Unreadable> {
        let bytes = from.bytes("address")?;
        let v4 = <[u8; 4]>::try_from(bytes).map(|octets| IpAddr::V4(Ipv4Addr::from(octets)));
        let v6 = || <[u8; 16]>::try_from(bytes).map(|octets| IpAddr::V6(Ipv6Addr::from(octets)));
        v4.or_else(|_| v6()).map_err(|_| Unreadable { expected: "address" })
    }
}

impl Packed for SocketAddr {
    fn pack(&self, out: &mut Vec<u8>) {
        self.ip().pack(out);
        self.port().pack(out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<SocketAddr, Unreadable> {
        Ok(SocketAddr::new(IpAddr::unpack(from)?, u16::unpack(from)?))
    }
}

/// Gives a struct its binary form: the fields in the order in which they are named.
#[macro_export]
macro_rules! packed_struct {
    ($name:ident { $($field:ident),* $(,)? }) => {
        impl $crate::pack::Packed for $name {
            fn pack(&self, out: &mut Vec<u8>) {
                let $name { $($field),* } = self;
                $($field.pack(out);)*
            }

            fn unpack(from: &mut $crate::pack::Unpacker<'_>) -> Result<Self, $crate::pack::Unreadable> {
                Ok($name { $($field: $crate::pack::Packed::unpack(from)?),* })
            }
        }
    };
    ($name:ident ( $($field:ident),* )) => {
        impl $crate::pack::Packed for $name {
            fn pack(&self, out: &mut Vec<u8>) {
                let $name($($field),*) = self;
                $($field.pack(out);)*
            }

            fn unpack(from: &mut $crate::pack::Unpacker<'_>) -> Result<Self, $crate::pack::Unreadable> {
                $(let $field = $crate::pack::Packed::unpack(from)?;)*
                Ok($name($($field),*))
            }
        }
    };
}

/// Gives an enum its binary form: a tag a variant, then the fields in the order in which they are named.
#[macro_export]
macro_rules! packed_enum {
    ($name:ident { $($tag:literal => $variant:ident $({ $($field:ident),* })? $(( $($part:ident),* ))?),* $(,)? }) => {
        impl $crate::pack::Packed for $name {
            fn pack(&self, out: &mut Vec<u8>) {
                match self {
                    $($name::$variant $({ $($field),* })? $(( $($part),* ))? => {
                        out.push($tag);
                        $($($field.pack(out);)*)?
                        $($($part.pack(out);)*)?
                    })*
                }
            }

            fn unpack(from: &mut $crate::pack::Unpacker<'_>) -> Result<Self, $crate::pack::Unreadable> {
                match from.byte(stringify!($name))? {
                    $($tag => {
                        $($(let $field = $crate::pack::Packed::unpack(from)?;)*)?
                        $($(let $part = $crate::pack::Packed::unpack(from)?;)*)?
                        Ok($name::$variant $({ $($field),* })? $(( $($part),* ))?)
                    })*
                    _ => Err($crate::pack::Unreadable { expected: stringify!($name) }),
                }
            }
        }
    };
}

packed_struct!(NodeId(id));
packed_struct!(Epoch(number));
packed_struct!(Ticket(number));
packed_struct!(WorkerId(place));
packed_struct!(EndId { worker, slot, generation });
packed_struct!(AgentId(place));
packed_struct!(GroupId(place));
packed_struct!(NetworkId(place));
packed_struct!(Wall(millis));
packed_struct!(Now { time, wall });
packed_struct!(SwitchId { node, index });
packed_struct!(CallId { switch, epoch, serial, slot });
packed_struct!(LegId { call, index });
packed_struct!(Flow { network, transport, peer, connection });
packed_enum!(Transport { 0 => Udp, 1 => Tcp, 2 => Tls, 3 => Ws, 4 => Wss });
packed_enum!(WaitOutcome { 0 => Answered, 1 => Abandoned, 2 => Overflowed, 3 => Refused, 4 => Ended, 5 => Moved, 6 => CallBack });
packed_enum!(EndReason {
    0 => CallerHangup, 1 => AgentHangup, 2 => LeftInMenu, 3 => Abandoned, 4 => Cancelled, 5 => MenuEnd,
    6 => QueueRefused, 7 => MaxTalk, 8 => NoAck, 9 => MediaLost, 10 => Refused, 11 => Shutdown, 12 => Restart,
    13 => Fault, 14 => Forced, 15 => Unanswered, 16 => Joined, 17 => LineHangup, 18 => CallBack,
    19 => CallBackGivenUp,
});
packed_struct!(Wait { group, entered, waited_ms, outcome });
packed_struct!(StartRecord { id, caller, called, source, started });

packed_struct!(AgentEvent { agent, number, at, what, by });
packed_enum!(AgentHappening {
    0 => SignedOn,
    1 => Ready,
    2 => Paused { reason },
    3 => SignedOff,
    4 => Offered { call },
    5 => OfferOver { call, outcome },
    6 => Talking { call },
    7 => TalkOver { call },
    8 => WrapUp { until },
    9 => WrapUpOver,
});
packed_enum!(RecordEntry {
    0 => Start(start),
    1 => End(record),
    2 => Agent(event),
    3 => Confidential(start),
    4 => Order { start, order },
    5 => Rated { start, grade },
    6 => WrongKeys { start, nodes },
});

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    enum Sample {
        Nothing,
        Named { at: Time, wall: Wall },
        Paired(Option<String>, Vec<(u8, i64)>),
    }

    packed_enum!(Sample { 0 => Nothing, 7 => Named { at, wall }, 9 => Paired(a, b) });

    #[test]
    fn values_survive_and_cut_values_are_refused() {
        let v6: SocketAddr = "[2001:db8::1]:5061".parse().expect("an address");
        let values = [
            Sample::Nothing,
            Sample::Named { at: Time::MAX, wall: Wall(-5) },
            Sample::Paired(Some("一二三".to_owned()), vec![(0, i64::MIN), (255, i64::MAX), (7, 0)]),
            Sample::Paired(None, Vec::new()),
        ];
        for value in values {
            let bytes = value.to_bytes();
            assert_eq!(Sample::from_bytes(&bytes).as_ref(), Ok(&value));
            for cut in 0..bytes.len() {
                assert!(Sample::from_bytes(&bytes[..cut]).is_err(), "{value:?} cut at {cut}");
            }
        }
        assert_eq!(SocketAddr::from_bytes(&v6.to_bytes()), Ok(v6));
    }

    #[test]
    fn foreign_bytes_are_refused_without_a_large_allocation() {
        assert!(Vec::<u64>::from_bytes(&[0xff; 12]).is_err());
        assert!(String::from_bytes(&[0xff, 0xff, 0x03, b'a']).is_err());
        assert!(u8::from_bytes(&[0x80, 0x02]).is_err(), "256 is no u8");
        assert!(u64::from_bytes(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]).is_err());
        assert!(String::from_bytes(&[2, 0xc3, 0x28]).is_err(), "no UTF-8");
        assert!(bool::from_bytes(&[1, 1]).is_err(), "more than one value");
    }
}
