//! One connection: what came of a message so far, and what could not leave yet.

use std::collections::VecDeque;
use std::io::{self, IoSlice, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use base::{Flow, Time};
use rustix::event::epoll::EventFlags;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with, sockopt};
use sip::{Frame, Framer};

use crate::sockets::mark;

/// A peer takes a connection at once or not at all: one lost SYN is repeated after a second, two after three.
const CONNECT_WAIT: Duration = Duration::from_secs(5);
/// From the first byte of a message to its last, and from the opening of a connection to its first: as long as a request may
/// wait for its answer (Timer F, RFC 3261 §17.1.2.2).
const MESSAGE_WAIT: Duration = Duration::from_secs(32);
/// What may wait for a peer that does not read: a hundred messages of the usual size, far more than one dialog has under way.
const WRITE_BYTES_MAX: usize = 256 * 1024;
/// Other flows whose messages one connection carries: one for the address that it was opened to, one for each time it replaced
/// another. Beyond it a request finds out by its own time-out.
const ALIASES_MAX: usize = 8;
/// Messages given to the kernel in one call.
const SLICES: usize = 16;

/// A dead peer is noticed within a minute and a half: asked after 60 s of silence, then every 10 s.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(60);
const KEEPALIVE_EVERY: Duration = Duration::from_secs(10);
const KEEPALIVE_TIMES: u32 = 3;

/// What goes on with a connection after something was done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    Fine,
    /// To be closed.
    Over,
}

#[derive(Debug)]
pub(super) struct Stream {
    socket: TcpStream,
    pub(super) flow: Flow,
    framer: Framer,
    out: VecDeque<Arc<[u8]>>,
    /// Bytes of the first of `out` that have left.
    left: usize,
    waiting: usize,
    connecting: bool,
    /// The peer opened it.
    pub(super) was_accepted: bool,
    /// When it is closed, unless what is owed comes before.
    pub(super) due: Option<Time>,
    /// Flows other than its own whose messages it carries.
    pub(super) aliases: Vec<Flow>,
    /// What the poll was last told to watch for.
    pub(super) watched: EventFlags,
}

impl Stream {
    /// A connection that a peer opened.
    pub(super) fn accepted(socket: TcpStream, flow: Flow, dscp: u8, now: Time) -> io::Result<Stream> {
        socket.set_nonblocking(true)?;
        tune(&socket, flow.peer, dscp);
        Ok(Stream::new(socket, flow, false, now + MESSAGE_WAIT))
    }

    /// A connection that we open, from the address that we listen at.
    pub(super) fn open(flow: Flow, from: SocketAddr, dscp: u8, now: Time) -> io::Result<Stream> {
        let family = if flow.peer.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(family, SocketType::STREAM, flags, None)?;
        if !from.ip().is_unspecified() {
            bind(&socket, &SocketAddr::new(from.ip(), 0))?;
        }
        match connect(&socket, &flow.peer) {
            Ok(()) | Err(rustix::io::Errno::INPROGRESS) => {}
            Err(e) => return Err(e.into()),
        }
        let socket = TcpStream::from(socket);
        tune(&socket, flow.peer, dscp);
        Ok(Stream::new(socket, flow, true, now + CONNECT_WAIT))
    }

    fn new(socket: TcpStream, flow: Flow, connecting: bool, due: Time) -> Stream {
        Stream {
            socket,
            flow,
            framer: Framer::default(),
            out: VecDeque::new(),
            left: 0,
            waiting: 0,
            connecting,
            was_accepted: !connecting,
            due: Some(due),
            aliases: Vec::new(),
            watched: EventFlags::empty(),
        }
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// What the poll has to watch for now.
    pub(super) fn wants(&self) -> EventFlags {
        match self.connecting || !self.out.is_empty() {
            true => EventFlags::IN | EventFlags::OUT,
            false => EventFlags::IN,
        }
    }

    /// Bytes that it holds, both ways.
    pub(super) fn held(&self) -> usize {
        self.waiting + self.framer.held()
    }

    /// Notes that it carries the messages of this flow too.
    pub(super) fn carry(&mut self, flow: Flow) {
        if flow != self.flow && !self.aliases.contains(&flow) && self.aliases.len() < ALIASES_MAX {
            self.aliases.push(flow);
        }
    }

    /// Puts a message behind those that wait; to be flushed.
    pub(super) fn put(&mut self, bytes: Arc<[u8]>) -> Health {
        self.waiting += bytes.len();
        self.out.push_back(bytes);
        if self.waiting > WRITE_BYTES_MAX { Health::Over } else { Health::Fine }
    }

    /// The kernel says that it can be written to: also how an opening ends, well or not.
    pub(super) fn writable(&mut self) -> Health {
        if std::mem::take(&mut self.connecting) {
            if !matches!(sockopt::socket_error(&self.socket), Ok(Ok(()))) {
                return Health::Over;
            }
            self.due = None;
        }
        self.flush()
    }

    /// Gives the kernel what it takes.
    pub(super) fn flush(&mut self) -> Health {
        while !self.connecting && !self.out.is_empty() {
            let parts = self.out.iter().take(SLICES).enumerate();
            let slices: Vec<_> =
                parts.map(|(i, part)| IoSlice::new(part.get(self.left_of(i)..).unwrap_or_default())).collect();
            match (&self.socket).write_vectored(&slices) {
                Ok(0) => return Health::Over,
                Ok(count) => self.note_written(count),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => return Health::Over,
            }
        }
        Health::Fine
    }

    fn left_of(&self, place: usize) -> usize {
        if place == 0 { self.left } else { 0 }
    }

    fn note_written(&mut self, count: usize) {
        self.waiting -= count;
        self.left += count;
        while let Some(first) = self.out.front().filter(|first| first.len() <= self.left) {
            self.left -= first.len();
            self.out.pop_front();
        }
    }

    /// Reads once, and gives out what has become whole; also `broken`: whether what came was no SIP.
    pub(super) fn readable(
        &mut self,
        now: Time,
        room: &mut [u8],
        broken: &mut u64,
        mut give: impl FnMut(Flow, &[u8]),
    ) -> Health {
        let count = match self.socket.read(room) {
            Ok(0) => return Health::Over,
            Ok(count) => count,
            Err(e) if matches!(e.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {
                return Health::Fine;
            }
            Err(_) => return Health::Over,
        };
        self.framer.push(room.get(..count).unwrap_or_default());
        let mut came = false;
        let mut pings = 0;
        loop {
            match self.framer.take() {
                Frame::Message(bytes) => give(self.flow, bytes),
                Frame::Ping => pings += 1,
                Frame::More => break,
                Frame::Last(bytes) => {
                    give(self.flow, bytes);
                    return Health::Over;
                }
                Frame::Broken => {
                    *broken += 1;
                    return Health::Over;
                }
            }
            came = true;
        }
        self.note_owed(now, came);
        (0..pings).try_for_each(|_| (self.put(Arc::from(&b"\r\n"[..])) == Health::Fine).then_some(()));
        self.flush()
    }

    /// A message that has begun is due; whoever has sent a whole one may be silent.
    fn note_owed(&mut self, now: Time, came: bool) {
        if self.framer.is_partial() {
            // Not put off by each byte more.
            if came || self.due.is_none() {
                self.due = Some(now + MESSAGE_WAIT);
            }
        } else if came {
            self.due = None;
        }
    }
}

/// What of this fails is no reason not to serve.
fn tune(socket: &TcpStream, peer: SocketAddr, dscp: u8) {
    let _ = sockopt::set_tcp_nodelay(socket, true);
    let _ = sockopt::set_socket_keepalive(socket, true);
    let _ = sockopt::set_tcp_keepidle(socket, KEEPALIVE_AFTER);
    let _ = sockopt::set_tcp_keepintvl(socket, KEEPALIVE_EVERY);
    let _ = sockopt::set_tcp_keepcnt(socket, KEEPALIVE_TIMES);
    mark(socket.as_fd(), peer.is_ipv4(), dscp);
}
