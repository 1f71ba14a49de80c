//! A bound port pair and what one does with it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};

use legs::Channel;
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, ipproto, sockopt};

/// Longer than any packet of an Ethernet; what is longer is not ours.
pub(crate) const PACKET: usize = 2048;

/// The kernel doubles it and charges about 800 bytes for a voice packet: three seconds of one stream, so that neither a
/// stalled worker loses voice nor a flood fills the memory.
const RECEIVE_BUFFER: usize = 64 * 1024;

/// The two sockets of an end.
#[derive(Debug)]
pub(crate) struct Pair {
    rtp: OwnedFd,
    rtcp: OwnedFd,
    pub(crate) port: u16,
}

impl Pair {
    /// Binds `port` and the one above.
    pub(crate) fn bind(address: IpAddr, port: u16, dscp: u8) -> io::Result<Pair> {
        let above = port.checked_add(1).ok_or(io::ErrorKind::InvalidInput)?;
        let rtp = bind_one(SocketAddr::new(address, port), dscp)?;
        let rtcp = bind_one(SocketAddr::new(address, above), dscp)?;
        Ok(Pair { rtp, rtcp, port })
    }

    pub(crate) fn socket(&self, channel: Channel) -> impl AsFd + '_ {
        match channel {
            Channel::Rtp => self.rtp.as_fd(),
            Channel::Rtcp => self.rtcp.as_fd(),
        }
    }

    /// One datagram, into the first `PACKET` bytes of `buffer`; none when nothing waits.
    ///
    /// # Errors
    /// A datagram that is longer than `PACKET`, or than `buffer`, is an error too.
    pub(crate) fn receive(&self, channel: Channel, buffer: &mut [u8]) -> io::Result<Option<(usize, SocketAddr)>> {
        let room = buffer.len().min(PACKET);
        let received = rustix::net::recvfrom(self.socket(channel), &mut buffer[..room], RecvFlags::TRUNC);
        let (_, length, from) = match received {
            Err(Errno::AGAIN | Errno::INTR) => return Ok(None),
            other => other?,
        };
        let from = from.and_then(|from| SocketAddr::try_from(from).ok());
        match from {
            Some(from) if length <= room => Ok(Some((length, from))),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    pub(crate) fn send(&self, channel: Channel, to: SocketAddr, bytes: &[u8]) -> io::Result<()> {
        rustix::net::sendto(self.socket(channel), bytes, SendFlags::empty(), &to)?;
        Ok(())
    }
}

fn bind_one(address: SocketAddr, dscp: u8) -> io::Result<OwnedFd> {
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
    rustix::net::bind(&socket, &address)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_carries_datagrams_and_its_class() {
        for address in ["127.0.0.1", "::1"] {
            let address: IpAddr = address.parse().expect("an address");
            let Some(pair) = (20_000..21_000).step_by(2).find_map(|port| Pair::bind(address, port, 46).ok()) else {
                assert!(address.is_ipv6(), "no IPv6 loopback in some containers");
                continue;
            };
            let to_rtcp = SocketAddr::new(address, pair.port + 1);
            pair.send(Channel::Rtp, to_rtcp, b"hello").expect("sends");
            let mut buffer = [0; PACKET];
            let received = std::iter::repeat_with(|| pair.receive(Channel::Rtcp, &mut buffer).expect("receives"))
                .find_map(|received| received);
            assert_eq!(received, Some((5, SocketAddr::new(address, pair.port))));
            assert_eq!(&buffer[..5], b"hello");
            assert_eq!(pair.receive(Channel::Rtp, &mut buffer).expect("nothing"), None);
            if address.is_ipv4() {
                assert_eq!(sockopt::ip_tos(pair.socket(Channel::Rtp)).expect("reads"), 46 << 2);
            }
            assert!(Pair::bind(address, pair.port, 46).is_err(), "taken");
        }
    }
}
