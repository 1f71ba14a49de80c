//! A second socket on an end's RTP port, connected to the place that the end sends to.
//!
//! The system looks up a route for each datagram of a socket that is not connected, about an eighth of what relaying a
//! packet costs, and keeps the route of one that is. It gives what comes from that place to the connected socket, the
//! closer match, and everything else to the bound one: strangers are still counted, and a phone that moves is still found.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::net::{RecvFlags, SendFlags, sockopt};

use crate::socket::{bind, unbound};

/// Packets in a row to one place before a socket is connected there: two seconds of voice. Opening and closing it costs
/// what it saves in about half a second, and a call's first addresses may be those that NAT hides.
pub(crate) const SETTLED: u32 = 100;

/// Packets whose source is read from a new socket: far more than can have come in before it was connected. From then on
/// it hears its one place alone, and not asking saves a hundredth of what relaying a packet costs.
const NAMED: u32 = 100;

/// Where the packets of an end go, and the socket for it.
#[derive(Debug, Default)]
pub(crate) struct Direct {
    /// Where the newest packets went for which there was no connected socket.
    to: Option<SocketAddr>,
    /// How many of them in a row.
    row: u32,
    socket: Option<Connected>,
}

#[derive(Debug)]
struct Connected {
    socket: OwnedFd,
    /// What it is connected to: the last place of the end, for a while also the one before it.
    to: SocketAddr,
    /// Packets received, up to `NAMED`.
    named: u32,
}

impl Direct {
    /// Sends over the connected socket; false where there is none for `to`, or where it did not take the packet: it may
    /// have told of an earlier one instead that came back (ICMP).
    pub(crate) fn send(&mut self, to: SocketAddr, bytes: &[u8]) -> bool {
        match &self.socket {
            Some(at) if at.to == to => {
                self.row = 0;
                rustix::net::send(&at.socket, bytes, SendFlags::empty()).is_ok()
            }
            _ => {
                self.row = if self.to == Some(to) { self.row.saturating_add(1) } else { 1 };
                self.to = Some(to);
                false
            }
        }
    }

    /// Whether a socket is worth opening now.
    pub(crate) fn is_due(&self) -> bool {
        self.row >= SETTLED
    }

    pub(crate) fn socket(&self) -> Option<BorrowedFd<'_>> {
        self.socket.as_ref().map(|at| at.socket.as_fd())
    }

    /// One datagram into `buffer`: its whole length and its source. None when nothing waits; an error is what a packet
    /// met that was sent (ICMP), of which a bound socket is not told either.
    pub(crate) fn receive(&mut self, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
        let at = self.socket.as_mut()?;
        if at.named >= NAMED {
            let (_, length) = rustix::net::recv(&at.socket, buffer, RecvFlags::TRUNC).ok()?;
            return Some((length, at.to));
        }
        let (_, length, from) = rustix::net::recvfrom(&at.socket, buffer, RecvFlags::TRUNC).ok()?;
        at.named += 1;
        Some((length, SocketAddr::try_from(from?).ok()?))
    }

    /// Connects a socket beside `bound`. Its number must stay below `files`. Where that fails it is due again after as
    /// many packets.
    ///
    /// # Errors
    /// What the system said; the end sends through its bound socket as before.
    pub(crate) fn open(&mut self, bound: BorrowedFd<'_>, dscp: u8, files: u64) -> io::Result<()> {
        self.row = 0;
        // It would keep the port from the new one.
        self.socket = None;
        let Some(to) = self.to else { return Ok(()) };
        self.socket = Some(Connected { socket: connect_beside(bound, to, dscp, files)?, to, named: 0 });
        Ok(())
    }

    pub(crate) fn close(&mut self) {
        self.socket = None;
    }
}

/// Two sockets share a port only if both allow it while the second is bound. Afterwards both forbid it, so that no other
/// program gets in. What arrives before the new one is connected waits in it whatever its source, and is read with it.
fn connect_beside(bound: BorrowedFd<'_>, to: SocketAddr, dscp: u8, files: u64) -> io::Result<OwnedFd> {
    let here = SocketAddr::try_from(rustix::net::getsockname(bound)?)?;
    let socket = unbound(here.ip(), dscp)?;
    if u64::try_from(socket.as_raw_fd()).is_ok_and(|number| number >= files) {
        return Err(io::Error::other("the files are needed for calls"));
    }
    sockopt::set_socket_reuseaddr(&socket, true)?;
    sockopt::set_socket_reuseaddr(bound, true)?;
    let done = bind(&socket, here);
    sockopt::set_socket_reuseaddr(bound, false)?;
    done?;
    sockopt::set_socket_reuseaddr(&socket, false)?;
    rustix::net::connect(&socket, &to)?;
    Ok(socket)
}
