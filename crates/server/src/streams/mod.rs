//! SIP over TCP: doors that take connections, the connections, and which of them a message leaves by.

mod stream;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::time::Duration;

use base::{Flow, NetworkId, Time, Transport};
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::net::SocketType;
use sip::Outgoing;

use self::stream::{Health, Stream};
use crate::sockets::socket_at;

/// Connections at once: two of each phone of 2,000 seats, a phone's old one not yet noticed as dead.
const CONNECTIONS_MAX: usize = 4096;
/// Those from one address: a site of 1,000 seats behind one address translator.
const SOURCE_CONNECTIONS_MAX: usize = 1024;
/// What all of them may hold, begun messages and such as wait for a peer that does not read: 16 KiB a connection.
const HELD_BYTES_MAX: usize = 64 << 20;
/// Taken in one turn, so that a storm of them delays nobody.
const ACCEPTS: usize = 64;
/// What one reading takes at most.
const READ_BYTES: usize = 64 * 1024;
/// Connections that the kernel keeps for us between two turns.
const WAITING: i32 = 128;
/// Between two looks for what is overdue.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Which event is whose: above every place of a listener, below the bell.
const DOOR: u64 = 1 << 32;
const STREAM: u64 = 1 << 33;

/// Where a network takes connections.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) network: NetworkId,
    pub(crate) local: SocketAddr,
    dscp: u8,
    socket: TcpListener,
}

impl Door {
    /// # Errors
    /// The address is taken or not ours.
    pub(crate) fn open(network: NetworkId, listen: SocketAddr, dscp: u8) -> io::Result<Door> {
        let socket = socket_at(SocketType::STREAM, listen)?;
        rustix::net::listen(&socket, WAITING)?;
        let socket = TcpListener::from(socket);
        Ok(Door { network, local: socket.local_addr()?, dscp, socket })
    }
}

/// What a view shows of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    pub(crate) open: usize,
    pub(crate) accepted: u64,
    pub(crate) opened: u64,
    /// Turned away because there were too many.
    pub(crate) refused: u64,
    /// Closed because what came was no SIP.
    pub(crate) broken: u64,
}

/// Every connection.
#[derive(Debug)]
pub(crate) struct Streams {
    doors: Vec<Door>,
    poll: OwnedFd,
    all: HashMap<u32, Stream>,
    by_peer: HashMap<(NetworkId, SocketAddr), u32>,
    /// Of those that peers opened.
    by_source: HashMap<IpAddr, usize>,
    /// The number of the newest; 0 is none.
    newest: u32,
    /// To be flushed at the end of the turn.
    dirty: Vec<u32>,
    /// Flows that are gone and that nobody was told of yet.
    gone: Vec<Flow>,
    held: usize,
    counts: Counts,
    room: Box<[u8]>,
    next_sweep: Time,
    /// The system had no more descriptors: nothing is taken until the next sweep.
    paused: bool,
}

impl Streams {
    /// Watches the doors with this poll.
    ///
    /// # Errors
    /// When the kernel refuses to watch them.
    pub(crate) fn new(doors: Vec<Door>, poll: OwnedFd) -> io::Result<Streams> {
        for (place, door) in doors.iter().enumerate() {
            epoll::add(&poll, &door.socket, EventData::new_u64(DOOR | place as u64), EventFlags::IN)?;
        }
        Ok(Streams {
            doors,
            poll,
            all: HashMap::new(),
            by_peer: HashMap::new(),
            by_source: HashMap::new(),
            newest: 0,
            dirty: Vec::new(),
            gone: Vec::new(),
            held: 0,
            counts: Counts::default(),
            room: vec![0; READ_BYTES].into_boxed_slice(),
            next_sweep: Time::ZERO,
            paused: false,
        })
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts { open: self.all.len(), ..self.counts }
    }

    /// Handles an event of a door or a connection; whole messages are given out. False when it is neither's.
    pub(crate) fn handle(&mut self, now: Time, data: u64, flags: EventFlags, give: impl FnMut(Flow, &[u8])) -> bool {
        match (u32::try_from(data & u64::from(u32::MAX)), data & !u64::from(u32::MAX)) {
            (Ok(place), DOOR) => self.accept(now, place as usize),
            (Ok(number), STREAM) => self.ready(now, number, flags, give),
            _ => return false,
        }
        true
    }

    fn accept(&mut self, now: Time, place: usize) {
        for _ in 0..ACCEPTS {
            let Some(door) = self.doors.get(place) else { return };
            let (network, dscp) = (door.network, door.dscp);
            match door.socket.accept() {
                Ok((socket, peer)) => {
                    let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
                    let from_there = self.by_source.get(&peer.ip()).copied().unwrap_or_default();
                    if self.is_full() || from_there >= SOURCE_CONNECTIONS_MAX {
                        self.counts.refused += 1;
                        continue;
                    }
                    let flow = Flow { network, transport: Transport::Tcp, peer, connection: self.next_number() };
                    let stream = Stream::accepted(socket, flow, dscp, now);
                    if stream.is_ok_and(|stream| self.insert(stream)) {
                        self.counts.accepted += 1;
                        *self.by_source.entry(peer.ip()).or_default() += 1;
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return,
                // A connection that ended before it was taken.
                Err(e) if matches!(e.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connections are taken for a second");
                    return self.watch_doors(EventFlags::empty());
                }
            }
        }
    }

    fn watch_doors(&mut self, flags: EventFlags) {
        self.paused = flags.is_empty();
        for (place, door) in self.doors.iter().enumerate() {
            let _ = epoll::modify(&self.poll, &door.socket, EventData::new_u64(DOOR | place as u64), flags);
        }
    }

    fn is_full(&self) -> bool {
        self.all.len() >= CONNECTIONS_MAX || self.held >= HELD_BYTES_MAX
    }

    /// Never 0, and none that is in use.
    fn next_number(&mut self) -> u32 {
        loop {
            self.newest = self.newest.wrapping_add(1).max(1);
            if !self.all.contains_key(&self.newest) {
                return self.newest;
            }
        }
    }

    fn insert(&mut self, mut stream: Stream) -> bool {
        let (number, flow) = (stream.flow.connection, stream.flow);
        stream.watched = stream.wants();
        let watched =
            epoll::add(&self.poll, stream.fd(), EventData::new_u64(STREAM | u64::from(number)), stream.watched);
        if watched.is_err() {
            return false;
        }
        self.by_peer.insert((flow.network, flow.peer), number);
        self.all.insert(number, stream);
        true
    }

    fn ready(&mut self, now: Time, number: u32, flags: EventFlags, give: impl FnMut(Flow, &[u8])) {
        let Some(stream) = self.all.get_mut(&number) else { return };
        let before = stream.held();
        let mut health = Health::Fine;
        if flags.intersects(EventFlags::OUT | EventFlags::ERR | EventFlags::HUP) {
            health = stream.writable();
        }
        if health == Health::Fine && flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
            health = stream.readable(now, &mut self.room, &mut self.counts.broken, give);
        }
        self.settle(number, before, health);
    }

    /// Counts what a connection holds now, watches for what it wants, and closes one that is over.
    fn settle(&mut self, number: u32, before: usize, health: Health) {
        let Some(stream) = self.all.get_mut(&number) else { return };
        self.held = self.held - before + stream.held();
        let wants = stream.wants();
        let watched = stream.watched == wants || {
            let data = EventData::new_u64(STREAM | u64::from(number));
            stream.watched = wants;
            epoll::modify(&self.poll, stream.fd(), data, wants).is_ok()
        };
        if health == Health::Over || !watched || (self.held > HELD_BYTES_MAX && stream.held() > 0) {
            self.close(number);
        }
    }

    fn close(&mut self, number: u32) {
        let Some(stream) = self.all.remove(&number) else { return };
        let Flow { network, peer, .. } = stream.flow;
        self.held -= stream.held();
        if self.by_peer.get(&(network, peer)) == Some(&number) {
            self.by_peer.remove(&(network, peer));
        }
        if let Some(count) = self.by_source.get_mut(&peer.ip()).filter(|_| stream.was_accepted) {
            *count -= 1;
            if *count == 0 {
                self.by_source.remove(&peer.ip());
            }
        }
        self.gone.push(stream.flow);
        self.gone.extend(stream.aliases);
    }

    /// Hands a message to its connection, to another one to the same place, or to one that is opened for it; where there is
    /// no way, its flow is gone. It leaves with `flush`.
    pub(crate) fn send(&mut self, now: Time, message: &Outgoing) {
        let Some(number) = self.find(message).or_else(|| self.open(now, message)) else {
            return self.gone.push(message.flow);
        };
        let Some(stream) = self.all.get_mut(&number) else { return };
        stream.carry(message.flow);
        let before = stream.held();
        let health = stream.put(message.bytes.clone());
        self.dirty.push(number);
        self.settle(number, before, health);
    }

    fn find(&self, message: &Outgoing) -> Option<u32> {
        let flow = message.flow;
        // The number of a process before this one may be that of somebody else now.
        let same = |stream: &&Stream| (stream.flow.network, stream.flow.peer) == (flow.network, flow.peer);
        if self.all.get(&flow.connection).filter(same).is_some() {
            return Some(flow.connection);
        }
        let to = |peer: SocketAddr| self.by_peer.get(&(flow.network, peer)).copied();
        to(flow.peer).or_else(|| to(message.direct?))
    }

    fn open(&mut self, now: Time, message: &Outgoing) -> Option<u32> {
        let flow = message.flow;
        // Where a peer sent from is no place to call it at, unless that is all that was ever known of it.
        let peer = message.direct.or_else(|| (flow.connection == 0).then_some(flow.peer))?;
        let door = self.doors.iter().find(|door| door.network == flow.network)?;
        let (from, dscp) = (door.local, door.dscp);
        if self.is_full() {
            self.counts.refused += 1;
            return None;
        }
        let flow = Flow { peer, transport: Transport::Tcp, connection: self.next_number(), ..flow };
        let stream = Stream::open(flow, from, dscp, now).ok()?;
        self.counts.opened += 1;
        self.insert(stream).then_some(flow.connection)
    }

    /// Gives the kernel what this turn has to say.
    pub(crate) fn flush(&mut self) {
        for number in std::mem::take(&mut self.dirty) {
            let Some(stream) = self.all.get_mut(&number) else { continue };
            let before = stream.held();
            let health = stream.flush();
            self.settle(number, before, health);
        }
    }

    /// Closes what is overdue; to be called now and then.
    pub(crate) fn sweep(&mut self, now: Time) {
        if now < self.next_sweep {
            return;
        }
        self.next_sweep = now + SWEEP_EVERY;
        let overdue = self.all.iter().filter(|(_, stream)| stream.due.is_some_and(|due| due <= now));
        for number in overdue.map(|(number, _)| *number).collect::<Vec<_>>() {
            self.close(number);
        }
        if self.paused {
            self.watch_doors(EventFlags::IN);
        }
    }

    /// Flows that are gone since the last time.
    pub(crate) fn take_gone(&mut self) -> Vec<Flow> {
        std::mem::take(&mut self.gone)
    }

    pub(crate) fn has_gone(&self) -> bool {
        !self.gone.is_empty()
    }
}
