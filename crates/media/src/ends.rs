//! The ends of a worker: which sockets they have, and how epoll names them.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;

use base::{EndId, Key, Lease, NetworkId, Rng, Slab, Time, WorkerId};
use legs::Channel;
use rustix::event::epoll;
use rustix::process::{Resource, getrlimit};

use crate::NetworkMedia;
use crate::ports::Ports;
use crate::socket::{Pair, Socket};

/// Ports of other programs that one lease may meet before it gives up: the order is drawn, so as many in a row mean that
/// nearly all are taken; some hundred binds take under a millisecond.
const ATTEMPTS: usize = 256;

/// Direct sockets opened in one turn: each takes some ten microseconds, and a packet that finds none left asks again.
const DIRECT_A_TURN: u32 = 16;

/// The name of the job bell among the sockets; no end has it, a slab never fills its last slot.
pub(crate) const BELL: u64 = u64::MAX;

#[derive(Debug)]
struct Network {
    bind: IpAddr,
    advertised: IpAddr,
    dscp: u8,
    ports: Ports,
}

#[derive(Debug)]
struct End {
    network: NetworkId,
    pair: Pair,
}

/// Every bound end of a worker.
#[derive(Debug)]
pub(crate) struct Ends {
    worker: WorkerId,
    networks: Vec<Network>,
    ends: Slab<End>,
    /// Direct sockets that this turn may still open.
    direct_left: u32,
    /// File numbers below it are for direct sockets too; the rest is for calls alone.
    direct_files: u64,
    pub(crate) epoll: OwnedFd,
}

impl Ends {
    pub(crate) fn new(worker: u8, workers: u8, networks: &[NetworkMedia], rng: &mut Rng) -> io::Result<Ends> {
        let networks = networks
            .iter()
            .map(|network| Network {
                bind: network.bind,
                advertised: network.advertised,
                dscp: network.dscp,
                ports: Ports::new(network.ports.clone(), worker, workers, rng),
            })
            .collect();
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let direct_files = files - files / 4;
        Ok(Ends { worker: WorkerId(worker), networks, ends: Slab::new(), direct_left: 0, direct_files, epoll })
    }

    pub(crate) fn worker(&self) -> WorkerId {
        self.worker
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Binds one more end on `network`.
    ///
    /// # Errors
    /// When no port is free, or what the last attempt to bind one met.
    pub(crate) fn lease(&mut self, network: NetworkId, now: Time) -> io::Result<Lease> {
        let at = self.networks.get_mut(usize::from(network.0)).ok_or_else(|| io::Error::other("no such network"))?;
        let pair = bind_next(at, now)?;
        let (advertised, port) = (at.advertised, pair.port);
        let key = self.ends.insert(End { network, pair });
        if let Err(error) = self.watch(key, Socket::Rtp).and_then(|()| self.watch(key, Socket::Rtcp)) {
            self.close(self.end_id(key), now);
            return Err(error);
        }
        Ok(Lease { end: self.end_id(key), network, address: SocketAddr::new(advertised, port) })
    }

    fn watch(&self, key: Key, which: Socket) -> io::Result<()> {
        let Some(socket) = self.ends.get(key).and_then(|end| end.pair.socket(which)) else { return Ok(()) };
        Ok(epoll::add(&self.epoll, socket, epoll::EventData::new_u64(name(key, which)), epoll::EventFlags::IN)?)
    }

    /// Frees the end and its ports; closing a socket takes it out of epoll.
    pub(crate) fn close(&mut self, end: EndId, now: Time) {
        let Some(End { network, pair }) = self.ends.remove(key(end)) else { return };
        let port = pair.port;
        drop(pair);
        if let Some(network) = self.networks.get_mut(usize::from(network.0)) {
            network.ports.put_back(port, now);
        }
    }

    /// Begins a turn.
    pub(crate) fn turn(&mut self) {
        self.direct_left = DIRECT_A_TURN;
    }

    /// Sends for an end; nothing for one that was closed.
    ///
    /// # Errors
    /// What the system said when it did not take the datagram.
    pub(crate) fn send(&mut self, end: EndId, channel: Channel, to: SocketAddr, bytes: &[u8]) -> io::Result<()> {
        let Some(at) = self.ends.get_mut(key(end)) else { return Ok(()) };
        let sent = at.pair.send(channel, to, bytes);
        if at.pair.direct.is_due() && self.direct_left > 0 {
            self.direct_left -= 1;
            self.open_direct(key(end));
        }
        sent
    }

    /// Without it the end sends as before, at the price of a route a packet; nothing to tell.
    fn open_direct(&mut self, key: Key) {
        let files = self.direct_files;
        let Some(End { network, pair }) = self.ends.get_mut(key) else { return };
        let Some(network) = self.networks.get(usize::from(network.0)) else { return };
        if pair.open_direct(network.dscp, files).is_ok()
            && self.watch(key, Socket::Direct).is_err()
            && let Some(end) = self.ends.get_mut(key)
        {
            end.pair.direct.close();
        }
    }

    /// The end and socket that epoll named; none when it was closed meanwhile.
    pub(crate) fn named(&mut self, name: u64) -> Option<(EndId, Socket, &mut Pair)> {
        let (found, _) = self.ends.at((name >> 32) as u32)?;
        let which = [Socket::Rtp, Socket::Direct, Socket::Rtcp].into_iter().find(|w| self::name(found, *w) == name)?;
        let id = self.end_id(found);
        self.ends.get_mut(found).map(|end| (id, which, &mut end.pair))
    }

    fn end_id(&self, key: Key) -> EndId {
        EndId { worker: self.worker, slot: key.slot, generation: key.generation }
    }
}

fn key(end: EndId) -> Key {
    Key { slot: end.slot, generation: end.generation }
}

/// Slot, 30 bits of generation, socket.
fn name(key: Key, which: Socket) -> u64 {
    let generation = u64::from(key.generation & 0x3fff_ffff);
    u64::from(key.slot) << 32 | generation << 2 | which as u64
}

fn bind_next(network: &mut Network, now: Time) -> io::Result<Pair> {
    let mut met = io::Error::other("every port is in use or rests after a call");
    for _ in 0..network.ports.len().min(ATTEMPTS) {
        let Some(port) = network.ports.take(now) else { break };
        match Pair::bind(network.bind, port, network.dscp) {
            Ok(pair) => return Ok(pair),
            Err(error) => {
                network.ports.put_back(port, now);
                let taken = error.kind() == io::ErrorKind::AddrInUse;
                met = error;
                // Another program's port: the next may be free. Anything else would meet the next port too.
                if !taken {
                    break;
                }
            }
        }
    }
    Err(met)
}
