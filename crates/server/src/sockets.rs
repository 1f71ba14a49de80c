//! UDP listeners for SIP: bind, receive, send, and learn of peers where nobody listens.

use std::io;
use std::mem::{MaybeUninit, size_of, zeroed};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use base::{Flow, NetworkId};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with, sockopt};
use sip::Outgoing;

use crate::datagrams::{self, Incoming, address};

/// Room for a burst of 5,000 INVITEs of 800 bytes until the control thread has its turn.
const RECEIVE_BUFFER_BYTES: usize = 4 << 20;
const SEND_BUFFER_BYTES: usize = 1 << 20;

/// One bound listener of a network.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) network: NetworkId,
    pub(crate) local: SocketAddr,
    socket: UdpSocket,
}

impl Listener {
    /// # Errors
    /// The address is taken or not ours.
    pub(crate) fn bind(network: NetworkId, listen: SocketAddr, dscp: u8) -> io::Result<Listener> {
        let socket = UdpSocket::from(socket_at(SocketType::DGRAM, listen)?);
        // A smaller buffer is no reason not to serve.
        let _ = sockopt::set_socket_recv_buffer_size_force(&socket, RECEIVE_BUFFER_BYTES)
            .or_else(|_| sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER_BYTES));
        let _ = sockopt::set_socket_send_buffer_size(&socket, SEND_BUFFER_BYTES);
        mark(socket.as_fd(), listen.is_ipv4(), dscp);
        let _ = want_errors(&socket, listen.is_ipv6());
        Ok(Listener { network, local: socket.local_addr()?, socket })
    }

    /// Takes in what waits, as much as one call gives; how many datagrams.
    pub(crate) fn receive(&self, into: &mut Incoming) -> usize {
        loop {
            match into.receive(&self.socket) {
                Ok(count) => return count,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // An error of an earlier send is told here once; the queue of errors says whose it was.
                Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(_) => return 0,
            }
        }
    }

    /// The flow of a datagram that arrived here.
    pub(crate) fn flow(&self, peer: SocketAddr) -> Flow {
        Flow::udp(self.network, peer)
    }

    /// Answers a datagram that only keeps an address translator's mapping open; false for any other.
    pub(crate) fn keeps_open(&self, peer: SocketAddr, bytes: &[u8]) -> bool {
        let Some(answer) = sip::stun::answer(bytes, peer) else { return false };
        // One that is lost is asked for again.
        let _ = datagrams::send(&self.socket, std::iter::once((peer, answer.as_slice())));
        true
    }

    /// Sends all of `messages` in order; how many could not be sent, which keeps none of the others.
    ///
    /// UDP may lose them anyway: SIP repeats what matters, so a full buffer is no error.
    pub(crate) fn send(&self, messages: &[Outgoing]) -> usize {
        let (mut rest, mut failed, mut refused) = (messages, 0, false);
        while !rest.is_empty() {
            match datagrams::send(&self.socket, rest.iter().map(|m| (m.flow.peer, &m.bytes[..]))) {
                Ok(took) => (rest, refused) = (rest.get(took..).unwrap_or_default(), false),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // The pending error belongs to an earlier datagram; this one was not sent yet.
                Err(e) if e.kind() == io::ErrorKind::ConnectionRefused && !refused => refused = true,
                Err(_) => {
                    failed += 1;
                    (rest, refused) = (&rest[1..], false);
                }
            }
        }
        failed
    }

    /// The next peer of whom the network said that nobody listens there.
    #[expect(unsafe_code, reason = "the error queue of a socket has no safe interface")]
    pub(crate) fn next_unreachable(&self) -> Option<Flow> {
        let mut name = MaybeUninit::<libc::sockaddr_storage>::zeroed();
        let mut control = [0u64; 32];
        let mut data = [0u8; 64];
        let mut vector = libc::iovec { iov_base: data.as_mut_ptr().cast(), iov_len: data.len() };
        // SAFETY: an all-zero msghdr is valid; every pointer set below outlives the call.
        let mut header: libc::msghdr = unsafe { zeroed() };
        header.msg_name = name.as_mut_ptr().cast();
        header.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
        header.msg_iov = &raw mut vector;
        header.msg_iovlen = 1;
        header.msg_control = control.as_mut_ptr().cast();
        header.msg_controllen = size_of_val(&control);
        // SAFETY: the descriptor is open, and the header describes buffers of the lengths it states.
        let got =
            unsafe { libc::recvmsg(self.socket.as_raw_fd(), &raw mut header, libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT) };
        if got < 0 {
            return None;
        }
        // SAFETY: zeroed storage is a valid sockaddr_storage, and the kernel filled in at most its size.
        let peer = address(&unsafe { name.assume_init() })?;
        Some(Flow::udp(self.network, peer))
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// A socket of that address, and of its family alone: `[::]` leaves IPv4 to a network of its own, which shows addresses that
/// such phones can reach.
pub(crate) fn socket_at(kind: SocketType, at: SocketAddr) -> io::Result<OwnedFd> {
    let family = if at.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = socket_with(family, kind, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC, None)?;
    if at.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, true)?;
    }
    if kind == SocketType::STREAM {
        // A restart need not wait for the connections of the process before.
        sockopt::set_socket_reuseaddr(&socket, true)?;
    }
    rustix::net::bind(&socket, &at)?;
    Ok(socket)
}

/// Marks what a socket sends for routers; a lost mark is no reason not to serve.
pub(crate) fn mark(socket: BorrowedFd<'_>, v4: bool, dscp: u8) {
    let _ = match v4 {
        true => sockopt::set_ip_tos(socket, dscp << 2),
        false => sockopt::set_ipv6_tclass(socket, u32::from(dscp) << 2),
    };
}

/// Asks the kernel to keep ICMP errors of this socket with the address that they concern.
#[expect(unsafe_code, reason = "IP_RECVERR has no safe interface")]
fn want_errors(socket: &UdpSocket, v6: bool) -> io::Result<()> {
    let (level, option) =
        if v6 { (libc::IPPROTO_IPV6, libc::IPV6_RECVERR) } else { (libc::IPPROTO_IP, libc::IP_RECVERR) };
    let on: libc::c_int = 1;
    // SAFETY: the descriptor is open, and the value is a c_int of the stated length.
    let result = unsafe {
        let length = size_of::<libc::c_int>() as libc::socklen_t;
        libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const on).cast(), length)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound() -> Listener {
        Listener::bind(NetworkId(0), "127.0.0.1:0".parse().expect("an address"), 24).expect("a free port")
    }

    fn phone() -> (UdpSocket, SocketAddr) {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let address = socket.local_addr().expect("bound");
        (socket, address)
    }

    fn message(to: SocketAddr, text: impl Into<String>) -> Outgoing {
        Outgoing { flow: Flow::udp(NetworkId(0), to), direct: None, bytes: text.into().into_bytes().into() }
    }

    #[test]
    fn a_dead_peer_is_named_and_the_living_still_get_theirs() {
        let listener = bound();
        let dead = phone().1;
        let (living, address) = phone();
        assert_eq!(listener.send(&[message(dead, "anybody?"), message(address, "hello")]), 0);
        let mut buffer = [0; 64];
        assert_eq!(living.recv_from(&mut buffer).expect("the datagram arrives").0, 5);
        assert_eq!(listener.next_unreachable(), Some(Flow::udp(NetworkId(0), dead)));
        assert_eq!(listener.next_unreachable(), None);
    }

    #[test]
    fn many_leave_in_order_and_one_that_cannot_is_counted_alone() {
        let listener = bound();
        let (living, address) = phone();
        let dead = phone().1;
        let mut all: Vec<_> = (0..100).map(|n| message(address, n.to_string())).collect();
        // Too long for UDP, port 0, and a phone that is gone: in the middle, at the end of a batch, and first of all.
        all.insert(50, message(address, "x".repeat(70_000)));
        all.insert(31, message("127.0.0.1:0".parse().expect("an address"), "nowhere"));
        all.insert(0, message(dead, "anybody?"));
        assert_eq!(listener.send(&all), 2);
        let mut buffer = [0; 64];
        for n in 0..100 {
            let (length, _) = living.recv_from(&mut buffer).expect("the datagram arrives");
            assert_eq!(buffer[..length], *n.to_string().as_bytes());
        }
    }

    #[test]
    fn what_arrived_is_taken_in_order_with_its_sender() {
        let (listener, mut incoming) = (bound(), Incoming::new());
        let phones = [phone(), phone()];
        assert_eq!(listener.receive(&mut incoming), 0);
        for n in 0..40usize {
            phones[n % 2].0.send_to(n.to_string().repeat(n).as_bytes(), listener.local).expect("room");
        }
        let mut taken = 0;
        loop {
            let count = listener.receive(&mut incoming);
            for place in 0..count {
                let (peer, bytes) = incoming.get(place).expect("an address of IPv4");
                let expected = (phones[taken % 2].1, taken.to_string().repeat(taken).into_bytes());
                assert_eq!((peer, bytes.to_vec()), expected);
                taken += 1;
            }
            if count == 0 {
                break;
            }
        }
        assert_eq!(taken, 40);
    }

    #[test]
    fn a_phone_that_keeps_its_mapping_open_learns_it_and_what_is_sip_goes_on() {
        for host in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(phone) = UdpSocket::bind(host) else { continue };
            let peer = phone.local_addr().expect("bound");
            let listener = Listener::bind(NetworkId(0), host.parse().expect("an address"), 24).expect("a free port");
            let request = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat();
            assert!(!listener.keeps_open(peer, b"OPTIONS sip:a SIP/2.0\r\n\r\n"));
            assert!(listener.keeps_open(peer, &request));
            let mut buffer = [0; 64];
            let (length, from) = phone.recv_from(&mut buffer).expect("an answer");
            assert_eq!(from, listener.local);
            assert_eq!(Some(&buffer[..length]), sip::stun::answer(&request, peer).as_deref());
        }
    }

    #[test]
    fn each_family_has_a_listener_of_its_own_on_one_port() {
        let listener = |at: &str| Listener::bind(NetworkId(0), at.parse().expect("an address"), 24);
        // Some containers have no IPv6.
        let Ok(_) = listener("[::]:0") else { return };
        // Somebody else may hold the port that the system drew, in the other family or for connections: each try draws another.
        let both = || {
            let six = listener("[::]:0").ok()?;
            let four = listener(&format!("0.0.0.0:{}", six.local.port())).ok()?;
            let _door = socket_at(SocketType::STREAM, six.local).ok()?;
            let _other = socket_at(SocketType::STREAM, four.local).ok()?;
            Some(four.local.port() == six.local.port())
        };
        assert_eq!((0..50).find_map(|_| both()), Some(true));
    }

    #[test]
    fn the_longest_datagram_comes_whole_over_either_family() {
        for host in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(socket) = UdpSocket::bind(host) else { continue };
            let listener = Listener::bind(NetworkId(0), host.parse().expect("an address"), 24).expect("a free port");
            let mut incoming = Incoming::new();
            let peer = socket.local_addr().expect("bound");
            assert_eq!(listener.send(&[message(peer, "x".repeat(65_000))]), 0);
            let mut buffer = vec![0; 65_535];
            let (length, from) = socket.recv_from(&mut buffer).expect("the datagram arrives");
            assert_eq!((length, from), (65_000, listener.local));
            socket.send_to(&buffer[..length], from).expect("room");
            assert_eq!(listener.receive(&mut incoming), 1);
            assert_eq!(incoming.get(0).map(|(from, bytes)| (from, bytes.len())), Some((peer, 65_000)));
        }
    }
}
