//! UDP listeners for SIP: bind, receive, send, and learn of peers where nobody listens.

use std::io;
use std::mem::{MaybeUninit, size_of, zeroed};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use base::{Flow, NetworkId};
use rustix::net::sockopt;

/// Room for a burst of 5,000 INVITEs of 800 bytes until the control thread has its turn.
const RECEIVE_BUFFER_BYTES: usize = 4 << 20;
const SEND_BUFFER_BYTES: usize = 1 << 20;
/// The largest UDP payload.
pub(crate) const DATAGRAM_MAX: usize = 65_535;

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
        let socket = UdpSocket::bind(listen)?;
        socket.set_nonblocking(true)?;
        // A smaller buffer or a lost mark is no reason not to serve: both are best effort.
        let _ = sockopt::set_socket_recv_buffer_size_force(&socket, RECEIVE_BUFFER_BYTES)
            .or_else(|_| sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER_BYTES));
        let _ = sockopt::set_socket_send_buffer_size(&socket, SEND_BUFFER_BYTES);
        if listen.is_ipv4() {
            let _ = sockopt::set_ip_tos(&socket, dscp << 2);
        } else {
            let _ = sockopt::set_ipv6_tclass(&socket, u32::from(dscp) << 2);
        }
        let _ = want_errors(&socket, listen.is_ipv6());
        Ok(Listener { network, local: socket.local_addr()?, socket })
    }

    /// The next datagram; none when there is none now.
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> Option<(usize, Flow)> {
        loop {
            match self.socket.recv_from(buffer) {
                Ok((length, peer)) => return Some((length, Flow::udp(self.network, peer))),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // An error of an earlier send is told here once; the queue of errors says whose it was.
                Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(_) => return None,
            }
        }
    }

    /// Sends one datagram. UDP may lose it anyway: SIP repeats what matters, so a full buffer is no error.
    pub(crate) fn send(&self, to: SocketAddr, bytes: &[u8]) -> bool {
        let first = self.socket.send_to(bytes, to);
        match first {
            // The pending error belongs to an earlier datagram; this one was not sent yet.
            Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => self.socket.send_to(bytes, to).is_ok(),
            other => other.is_ok(),
        }
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

#[expect(unsafe_code, reason = "a sockaddr_storage is read as the family that it names")]
fn address(storage: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match i32::from(storage.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says that this is a sockaddr_in, which is smaller than the storage.
            let v4 = unsafe { &*(&raw const *storage).cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddr::new(IpAddr::V4(ip), u16::from_be(v4.sin_port)))
        }
        libc::AF_INET6 => {
            // SAFETY: the family says that this is a sockaddr_in6, which is smaller than the storage.
            let v6 = unsafe { &*(&raw const *storage).cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            Some(SocketAddr::new(IpAddr::V6(ip), u16::from_be(v6.sin6_port)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_peer_is_named_and_the_living_still_get_theirs() {
        let listener =
            Listener::bind(NetworkId(0), "127.0.0.1:0".parse().expect("an address"), 24).expect("a free port");
        let dead = UdpSocket::bind("127.0.0.1:0").and_then(|s| s.local_addr()).expect("a free port");
        let living = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        assert!(listener.send(dead, b"anybody?"));
        assert!(listener.send(living.local_addr().expect("bound"), b"hello"));
        let mut buffer = [0; 64];
        assert_eq!(living.recv_from(&mut buffer).expect("the datagram arrives").0, 5);
        assert_eq!(listener.next_unreachable(), Some(Flow::udp(NetworkId(0), dead)));
        assert_eq!(listener.next_unreachable(), None);
    }
}
