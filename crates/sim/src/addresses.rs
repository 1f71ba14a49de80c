//! Who lives where on the virtual network.

use std::net::SocketAddr;

use base::WorkerId;

const SERVER: [u8; 4] = [10, 0, 0, 1];
const MEDIA_FIRST: u16 = 20_000;
/// Ports of one worker.
const MEDIA_SHARE: u16 = 1_000;
const PHONE_MEDIA: u16 = 40_000;

pub(crate) fn server() -> SocketAddr {
    SocketAddr::from((SERVER, 5060))
}

/// The first media port of a worker.
pub(crate) fn media_port(worker: WorkerId) -> u16 {
    MEDIA_FIRST + MEDIA_SHARE * u16::from(worker.0)
}

pub(crate) fn media(port: u16) -> SocketAddr {
    SocketAddr::from((SERVER, port))
}

/// Where a carrier, by its place, takes SIP.
pub(crate) fn carrier(place: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 2, place as u8], 5060))
}

/// Where a phone, by its place, takes SIP.
pub(crate) fn phone_sip(place: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 1, place as u8], 5060))
}

/// Where a phone takes RTP in its call of this number; RTCP is one port above. What comes late for an earlier call finds nobody.
pub(crate) fn phone_media(place: usize, call: u32) -> SocketAddr {
    // More calls than any phone takes in a scenario.
    SocketAddr::from(([10, 0, 1, place as u8], PHONE_MEDIA + 2 * (call % 10_000) as u16))
}

/// What an address means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Server,
    /// A media port of the worker at this place.
    Media(usize),
    Carrier(usize),
    PhoneSip(usize),
    /// A port of the phone at this place.
    PhoneMedia(usize),
}

pub(crate) fn place(of: SocketAddr) -> Option<Place> {
    let SocketAddr::V4(v4) = of else { return None };
    let [_, _, net, host] = v4.ip().octets();
    match (net, v4.port()) {
        (0, 5060) => Some(Place::Server),
        (0, port) => Some(Place::Media(usize::from(port.checked_sub(MEDIA_FIRST)? / MEDIA_SHARE))),
        (2, 5060) => Some(Place::Carrier(usize::from(host))),
        (1, 5060) => Some(Place::PhoneSip(usize::from(host))),
        (1, _) => Some(Place::PhoneMedia(usize::from(host))),
        _ => None,
    }
}
