//! The ends of a worker: which sockets they have, and how epoll names them.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;

use base::{EndId, Key, Lease, NetworkId, Rng, Slab, Time, WorkerId};
use legs::Channel;
use rustix::event::epoll;

use crate::NetworkMedia;
use crate::ports::Ports;
use crate::socket::Pair;

/// Ports of other programs that one lease may meet before it gives up: the order is drawn, so as many in a row mean that
/// nearly all are taken; some hundred binds take under a millisecond.
const ATTEMPTS: usize = 256;

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
        Ok(Ends { worker: WorkerId(worker), networks, ends: Slab::new(), epoll })
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
        if let Err(error) = self.watch(key) {
            self.close(self.end_id(key), now);
            return Err(error);
        }
        Ok(Lease { end: self.end_id(key), network, address: SocketAddr::new(advertised, port) })
    }

    fn watch(&self, key: Key) -> io::Result<()> {
        let Some(end) = self.ends.get(key) else { return Ok(()) };
        for channel in [Channel::Rtp, Channel::Rtcp] {
            let name = epoll::EventData::new_u64(name(key, channel));
            epoll::add(&self.epoll, end.pair.socket(channel), name, epoll::EventFlags::IN)?;
        }
        Ok(())
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

    pub(crate) fn pair(&self, end: EndId) -> Option<&Pair> {
        self.ends.get(key(end)).map(|end| &end.pair)
    }

    /// The end and channel that epoll named; none when it was closed meanwhile.
    pub(crate) fn named(&self, name: u64) -> Option<(EndId, Channel, &Pair)> {
        let (found, end) = self.ends.at((name >> 32) as u32)?;
        let channel = if name & 1 == 0 { Channel::Rtp } else { Channel::Rtcp };
        (self::name(found, channel) == name).then_some((self.end_id(found), channel, &end.pair))
    }

    fn end_id(&self, key: Key) -> EndId {
        EndId { worker: self.worker, slot: key.slot, generation: key.generation }
    }
}

fn key(end: EndId) -> Key {
    Key { slot: end.slot, generation: end.generation }
}

/// Slot, 31 bits of generation, channel.
fn name(key: Key, channel: Channel) -> u64 {
    let generation = u64::from(key.generation & 0x7fff_ffff);
    u64::from(key.slot) << 32 | generation << 1 | u64::from(channel == Channel::Rtcp)
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
