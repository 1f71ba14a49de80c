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

/// Where a phone, by its place, takes SIP.
pub(crate) fn phone_sip(place: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 1, place as u8], 5060))
}

/// Where a phone takes RTP; RTCP is one port above.
pub(crate) fn phone_media(place: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 1, place as u8], PHONE_MEDIA))
}

/// What an address means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Server,
    /// A media port of the worker at this place.
    Media(usize),
    PhoneSip(usize),
    PhoneRtp(usize),
    PhoneRtcp(usize),
}

pub(crate) fn place(of: SocketAddr) -> Option<Place> {
    let SocketAddr::V4(v4) = of else { return None };
    let [_, _, net, host] = v4.ip().octets();
    match (net, v4.port()) {
        (0, 5060) => Some(Place::Server),
        (0, port) => Some(Place::Media(usize::from(port.checked_sub(MEDIA_FIRST)? / MEDIA_SHARE))),
        (1, 5060) => Some(Place::PhoneSip(usize::from(host))),
        (1, PHONE_MEDIA) => Some(Place::PhoneRtp(usize::from(host))),
        (1, _) => Some(Place::PhoneRtcp(usize::from(host))),
        _ => None,
    }
}
