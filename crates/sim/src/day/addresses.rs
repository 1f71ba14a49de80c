//! Who lives where in a simulated city: more people than a scenario's network has room for.

use std::net::{Ipv4Addr, SocketAddr};

use call::plan::Subnet;

use crate::addresses::server;

const DESKS: u32 = u32::from_be_bytes([10, 32, 0, 0]);
const CITIZENS: u32 = u32::from_be_bytes([10, 64, 0, 0]);
/// 10.64.0.0/10: four million.
const CITIZENS_PREFIX: u8 = 10;
pub(super) const CITIZENS_MAX: usize = 1 << 22;
/// 10.32.0.0/11.
pub(super) const DESKS_MAX: usize = 1 << 21;
const SIP: u16 = 5060;
const MEDIA: u16 = 40_000;

/// Somebody with a phone, by place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Person {
    Desk(usize),
    Citizen(usize),
}

/// Where calls of citizens come from.
pub(super) fn citizens() -> Subnet {
    Subnet { address: Ipv4Addr::from(CITIZENS).into(), prefix: CITIZENS_PREFIX }
}

pub(super) fn sip(of: Person) -> SocketAddr {
    at(of, SIP)
}

/// Where a phone takes RTP in its call of this number.
pub(super) fn media(of: Person, call: u32) -> SocketAddr {
    // Far more calls than any phone takes in a day lie between two of one port.
    at(of, MEDIA + 2 * (call % 10_000) as u16)
}

fn at(of: Person, port: u16) -> SocketAddr {
    let ip = match of {
        Person::Desk(place) => DESKS + place as u32,
        Person::Citizen(place) => CITIZENS + place as u32,
    };
    SocketAddr::from((Ipv4Addr::from(ip), port))
}

/// Whose address it is; none for the server's.
pub(super) fn owner(of: SocketAddr) -> Option<Person> {
    let SocketAddr::V4(v4) = of else { return None };
    let ip = u32::from(*v4.ip());
    match ip {
        _ if of == server() => None,
        CITIZENS.. => Some(Person::Citizen((ip - CITIZENS) as usize)),
        DESKS.. => Some(Person::Desk((ip - DESKS) as usize)),
        _ => None,
    }
}
