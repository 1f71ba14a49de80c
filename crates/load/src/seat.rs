//! One phone with its sockets.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use base::{Flow, NetworkId, Now, TimerId};
use phone::{Config, Event, Input, Output, Phone};

/// Port pairs tried before giving up: the neighbour of a free port is rarely taken.
const PAIR_TRIES_MAX: u32 = 100;
/// Datagrams taken from one socket in a turn, so that no phone starves the others: 0.6 s of voice.
const BATCH_MAX: usize = 32;
/// Nothing larger arrives over UDP.
const DATAGRAM_MAX: usize = 65_536;

/// Which of a phone's sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sip,
    Rtp,
    Rtcp,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Sip, Kind::Rtp, Kind::Rtcp];
}

pub(crate) struct Sockets {
    sip: UdpSocket,
    rtp: UdpSocket,
    rtcp: UdpSocket,
}

impl Sockets {
    /// Free ports at `local`: one for SIP, an even one with its neighbour for media.
    pub(crate) fn bind(local: IpAddr) -> io::Result<Sockets> {
        let sip = UdpSocket::bind((local, 0))?;
        let (rtp, rtcp) = bind_pair(local)?;
        for socket in [&sip, &rtp, &rtcp] {
            socket.set_nonblocking(true)?;
        }
        Ok(Sockets { sip, rtp, rtcp })
    }

    pub(crate) fn get(&self, kind: Kind) -> &UdpSocket {
        match kind {
            Kind::Sip => &self.sip,
            Kind::Rtp => &self.rtp,
            Kind::Rtcp => &self.rtcp,
        }
    }
}

fn bind_pair(local: IpAddr) -> io::Result<(UdpSocket, UdpSocket)> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..PAIR_TRIES_MAX {
        let rtp = UdpSocket::bind((local, 0))?;
        let port = rtp.local_addr()?.port();
        if port % 2 == 0 {
            match UdpSocket::bind((local, port + 1)) {
                Ok(rtcp) => return Ok((rtp, rtcp)),
                Err(error) => last = error,
            }
        }
    }
    Err(last)
}

/// What a tapped phone sent; a hammer takes it each turn.
const TAPPED_MAX: usize = 256;

pub(crate) struct Seat {
    pub(crate) phone: Phone,
    pub(crate) sockets: Sockets,
    server: SocketAddr,
    pub(crate) timer: Option<TimerId>,
    pub(crate) events: Vec<Event>,
    pub(crate) heard: Vec<i16>,
    /// Copies of what the phone sent since the last look; none unless it is tapped.
    pub(crate) tap: Option<Vec<Sent>>,
}

/// A datagram that a tapped phone sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub path: Path,
    pub to: SocketAddr,
    pub bytes: Vec<u8>,
}

/// Which of a phone's sockets a datagram leaves by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    Sip,
    Rtp,
    Rtcp,
}

impl Seat {
    /// The SIP socket is connected to the server: what others send is not heard, and the network tells us when nothing
    /// listens there.
    pub(crate) fn new(sockets: Sockets, config: Config, now: Now, rng: base::Rng) -> io::Result<Seat> {
        let server = config.server;
        sockets.sip.connect(server)?;
        let phone = Phone::new(config, now, rng);
        Ok(Seat { phone, sockets, server, timer: None, events: Vec::new(), heard: Vec::new(), tap: None })
    }

    pub(crate) fn lead_to(&mut self, server: SocketAddr) -> io::Result<()> {
        self.sockets.sip.connect(server)?;
        self.server = server;
        self.phone.config_mut().server = server;
        Ok(())
    }

    /// Hands what arrived to the phone.
    pub(crate) fn receive(&mut self, now: Now, kind: Kind, buffer: &mut Vec<u8>, out: &mut Output) {
        buffer.resize(DATAGRAM_MAX, 0);
        let flow = Flow::udp(NetworkId(0), self.server);
        for _ in 0..BATCH_MAX {
            let input = match (kind, self.sockets.get(kind).recv_from(buffer)) {
                (_, Err(error)) if error.kind() == io::ErrorKind::WouldBlock => return,
                (Kind::Sip, Err(_)) => Input::Unreachable { flow },
                // The far end of a media path is gone; its signalling will say so.
                (_, Err(_)) => continue,
                (Kind::Sip, Ok((len, _))) => Input::Sip { flow, bytes: buffer.get(..len).unwrap_or_default() },
                (Kind::Rtp, Ok((len, from))) => Input::Rtp { from, bytes: buffer.get(..len).unwrap_or_default() },
                (Kind::Rtcp, Ok((len, from))) => Input::Rtcp { from, bytes: buffer.get(..len).unwrap_or_default() },
            };
            self.phone.handle(now, input, out);
            self.carry_out(now, out);
        }
    }

    fn note(&mut self, out: &Output) {
        let Some(tap) = &mut self.tap else { return };
        let sip = out.sip.iter().map(|m| (Path::Sip, self.server, &m.bytes[..]));
        let rtp = out.rtp.iter().map(|(to, bytes)| (Path::Rtp, *to, &bytes[..]));
        let rtcp = out.rtcp.iter().map(|(to, bytes)| (Path::Rtcp, *to, &bytes[..]));
        let room = TAPPED_MAX.saturating_sub(tap.len());
        let sent = sip.chain(rtp).chain(rtcp).take(room);
        tap.extend(sent.map(|(path, to, bytes)| Sent { path, to, bytes: bytes.to_vec() }));
    }

    /// Sends bytes from one of the phone's sockets, as if the phone had gone mad.
    pub(crate) fn send(&self, datagram: &Sent) {
        let _lost = match datagram.path {
            Path::Sip => self.sockets.sip.send(&datagram.bytes),
            Path::Rtp => self.sockets.rtp.send_to(&datagram.bytes, datagram.to),
            Path::Rtcp => self.sockets.rtcp.send_to(&datagram.bytes, datagram.to),
        };
    }

    /// Sends what the phone wants sent and keeps what it tells. A full buffer loses the datagram, as a network does.
    pub(crate) fn carry_out(&mut self, now: Now, out: &mut Output) {
        let mut refused = false;
        self.note(out);
        for message in out.sip.drain(..) {
            refused |=
                self.sockets.sip.send(&message.bytes).is_err_and(|e| e.kind() == io::ErrorKind::ConnectionRefused);
        }
        for (to, packet) in out.rtp.drain(..) {
            let _lost = self.sockets.rtp.send_to(&packet, to);
        }
        for (to, packet) in out.rtcp.drain(..) {
            let _lost = self.sockets.rtcp.send_to(&packet, to);
        }
        self.events.append(&mut out.events);
        self.heard.append(&mut out.heard);
        if refused {
            self.phone.handle(now, Input::Unreachable { flow: Flow::udp(NetworkId(0), self.server) }, out);
            self.events.append(&mut out.events);
        }
    }
}
