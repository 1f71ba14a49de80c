//! A bound port pair and what one does with it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use legs::Channel;
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, ipproto, sockopt};

use crate::direct::Direct;

/// Longer than any packet of an Ethernet; what is longer is not ours.
pub(crate) const PACKET: usize = 2048;

/// The kernel doubles it and charges about 800 bytes for a voice packet: three seconds of one stream, so that neither a
/// stalled worker loses voice nor a flood fills the memory.
const RECEIVE_BUFFER: usize = 64 * 1024;

/// Which socket of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Socket {
    Rtp,
    Rtcp,
    /// On the port of `Rtp`, connected to the peer.
    Direct,
}

impl Socket {
    pub(crate) const fn channel(self) -> Channel {
        match self {
            Socket::Rtp | Socket::Direct => Channel::Rtp,
            Socket::Rtcp => Channel::Rtcp,
        }
    }
}

/// The sockets of an end.
#[derive(Debug)]
pub(crate) struct Pair {
    rtp: OwnedFd,
    rtcp: OwnedFd,
    pub(crate) direct: Direct,
    pub(crate) port: u16,
}

impl Pair {
    /// Binds `port` and the one above.
    pub(crate) fn bind(address: IpAddr, port: u16, dscp: u8) -> io::Result<Pair> {
        let above = port.checked_add(1).ok_or(io::ErrorKind::InvalidInput)?;
        let rtp = bind_one(SocketAddr::new(address, port), dscp)?;
        let rtcp = bind_one(SocketAddr::new(address, above), dscp)?;
        Ok(Pair { rtp, rtcp, direct: Direct::default(), port })
    }

    /// None for a direct socket that is not open.
    pub(crate) fn socket(&self, which: Socket) -> Option<BorrowedFd<'_>> {
        match which {
            Socket::Rtp => Some(self.rtp.as_fd()),
            Socket::Rtcp => Some(self.rtcp.as_fd()),
            Socket::Direct => self.direct.socket(),
        }
    }

    /// One datagram, into the first `PACKET` bytes of `buffer`; none when nothing waits.
    ///
    /// # Errors
    /// A datagram that is longer than `PACKET`, or than `buffer`, is an error too.
    pub(crate) fn receive(&mut self, which: Socket, buffer: &mut [u8]) -> io::Result<Option<(usize, SocketAddr)>> {
        let room = buffer.len().min(PACKET);
        let buffer = &mut buffer[..room];
        let received = match which {
            Socket::Rtp => receive_bound(&self.rtp, buffer)?,
            Socket::Rtcp => receive_bound(&self.rtcp, buffer)?,
            Socket::Direct => self.direct.receive(buffer),
        };
        match received {
            Some((length, _)) if length > room => Err(io::ErrorKind::InvalidData.into()),
            received => Ok(received),
        }
    }

    pub(crate) fn send(&mut self, channel: Channel, to: SocketAddr, bytes: &[u8]) -> io::Result<()> {
        let socket = match channel {
            Channel::Rtp if self.direct.send(to, bytes) => return Ok(()),
            Channel::Rtp => &self.rtp,
            Channel::Rtcp => &self.rtcp,
        };
        rustix::net::sendto(socket, bytes, SendFlags::empty(), &to)?;
        Ok(())
    }

    /// Opens the direct socket; `files` as there.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn open_direct(&mut self, dscp: u8, files: u64) -> io::Result<()> {
        self.direct.open(self.rtp.as_fd(), dscp, files)
    }
}

fn receive_bound(socket: &OwnedFd, buffer: &mut [u8]) -> io::Result<Option<(usize, SocketAddr)>> {
    let (_, length, from) = match rustix::net::recvfrom(socket, buffer, RecvFlags::TRUNC) {
        Err(Errno::AGAIN | Errno::INTR) => return Ok(None),
        other => other?,
    };
    let from = from.and_then(|from| SocketAddr::try_from(from).ok());
    from.map(|from| Some((length, from))).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn bind_one(address: SocketAddr, dscp: u8) -> io::Result<OwnedFd> {
    let socket = unbound(address.ip(), dscp)?;
    bind(&socket, address)?;
    Ok(socket)
}

pub(crate) fn bind(socket: &OwnedFd, address: SocketAddr) -> io::Result<()> {
    Ok(rustix::net::bind(socket, &address)?)
}

/// A socket for the packets of an end, of the family of `address`.
pub(crate) fn unbound(address: IpAddr, dscp: u8) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(family, SocketType::DGRAM, flags, Some(ipproto::UDP))?;
    // The code point is the upper six bits of the old type-of-service byte (RFC 2474 §3).
    let class = dscp.min(63) << 2;
    if address.is_ipv4() {
        sockopt::set_ip_tos(&socket, class)?;
    } else {
        sockopt::set_ipv6_v6only(&socket, true)?;
        sockopt::set_ipv6_tclass(&socket, u32::from(class))?;
    }
    sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::direct::SETTLED;

    #[test]
    fn a_pair_carries_datagrams_and_its_class() {
        for address in ["127.0.0.1", "::1"] {
            let address: IpAddr = address.parse().expect("an address");
            let Some(mut pair) = (20_000..21_000).step_by(2).find_map(|port| Pair::bind(address, port, 46).ok()) else {
                assert!(address.is_ipv6(), "no IPv6 loopback in some containers");
                continue;
            };
            let to_rtcp = SocketAddr::new(address, pair.port + 1);
            pair.send(Channel::Rtp, to_rtcp, b"hello").expect("sends");
            let mut buffer = [0; PACKET];
            let received = std::iter::repeat_with(|| pair.receive(Socket::Rtcp, &mut buffer).expect("receives"))
                .find_map(|received| received);
            assert_eq!(received, Some((5, SocketAddr::new(address, pair.port))));
            assert_eq!(&buffer[..5], b"hello");
            assert_eq!(pair.receive(Socket::Rtp, &mut buffer).expect("nothing"), None);
            if address.is_ipv4() {
                assert_eq!(sockopt::ip_tos(&pair.rtp).expect("reads"), 46 << 2);
            }
            assert!(Pair::bind(address, pair.port, 46).is_err(), "taken");
        }
    }

    #[test]
    fn a_direct_socket_hears_its_peer_alone_and_keeps_the_port_from_others() {
        let home = IpAddr::from([127, 0, 0, 1]);
        let mut pair = (21_000..22_000).step_by(2).find_map(|port| Pair::bind(home, port, 46).ok()).expect("a pair");
        let here = SocketAddr::new(home, pair.port);
        let [peer, stranger] = [(); 2].map(|()| std::net::UdpSocket::bind((home, 0)).expect("binds"));
        let place = peer.local_addr().expect("bound");
        while !pair.direct.is_due() {
            pair.send(Channel::Rtp, place, b"voice").expect("sends");
        }
        assert!(pair.open_direct(46, 0).is_err(), "no file is left for it");
        assert!(!pair.direct.is_due(), "not asked for with each packet");
        pair.open_direct(46, u64::MAX).expect("opens");
        let direct = pair.socket(Socket::Direct).expect("open");
        assert_eq!(sockopt::ip_tos(direct).expect("reads"), 46 << 2);
        let other = unbound(home, 0).expect("a socket");
        sockopt::set_socket_reuseaddr(&other, true).expect("sets");
        assert!(bind(&other, here).is_err(), "another program got in");

        let mut buffer = [0; PACKET];
        let mut heard = |pair: &mut Pair, which| {
            std::iter::repeat_with(|| pair.receive(which, &mut buffer).expect("receives")).find_map(|received| received)
        };
        for _ in 0..2 * SETTLED {
            peer.send_to(b"peer", here).expect("sends");
            stranger.send_to(b"stranger", here).expect("sends");
            assert_eq!(heard(&mut pair, Socket::Direct), Some((4, place)));
            assert_eq!(heard(&mut pair, Socket::Rtp), Some((8, stranger.local_addr().expect("bound"))));
        }
        for which in [Socket::Direct, Socket::Rtp] {
            assert_eq!(pair.receive(which, &mut buffer).expect("receives"), None);
        }
    }
}
