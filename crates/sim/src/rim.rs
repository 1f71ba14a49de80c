//! A media worker's rim on virtual ports.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base::{EndId, Job, Key, Lease, Map, NetworkId, Notice, Now, Rng, Slab, Time, WorkerId};
use legs::{Bank, Channel, Input, Output, Worker};

use crate::network::{Network, Packet};
use crate::speaking::Voices;
use crate::wire::Wire;
use crate::{Scenario, addresses};

/// Port pairs of a worker: all calls of a scenario at once, each with three ends, and the ends kept ready.
const PAIRS: u16 = 120;
/// A closed port is not bound again sooner.
const REST: Duration = Duration::from_secs(2);

pub(crate) struct Rim {
    id: WorkerId,
    worker: Worker,
    /// The RTP port of each bound end.
    ends: Slab<u16>,
    bound: Map<u16, Key>,
    /// Free ports and since when, the one closed longest ago first.
    free: VecDeque<(u16, Time)>,
    pub(crate) jobs: Wire<Job>,
    pub(crate) notices: Wire<Notice>,
    out: Output,
    media: bool,
    failures: f64,
    rng: Rng,
    /// Where people speak whose phones send nothing.
    voices: Option<Voices>,
}

impl Rim {
    /// A worker that leases its first ends at once.
    pub(crate) fn new(id: WorkerId, scenario: &Scenario, bank: Arc<Bank>, now: Time, rng: &mut Rng) -> Rim {
        let config = legs::Config { worker: id, ..legs::Config::default() };
        let first = addresses::media_port(id);
        let mut rim = Rim {
            id,
            worker: Worker::new(config, bank, now, rng.fork()),
            ends: Slab::new(),
            bound: Map::default(),
            free: (0..PAIRS).map(|pair| (first + 2 * pair, Time::ZERO)).collect(),
            jobs: Wire::new(scenario.rim_delay_max, rng.fork()),
            notices: Wire::new(scenario.rim_delay_max, rng.fork()),
            out: Output::default(),
            media: scenario.media,
            failures: 0.0,
            rng: rng.fork(),
            voices: Voices::new(scenario, id.0),
        };
        rim.lease(now, scenario.leases_ready);
        rim.failures = scenario.lease_failures;
        rim
    }

    pub(crate) fn next_timeout(&self) -> Option<Time> {
        self.worker.next_timeout().into_iter().chain(self.voices.as_ref().and_then(Voices::next)).min()
    }

    /// Ends that are bound, leased or at work.
    pub(crate) fn ends(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn take_job(&mut self, now: Now, network: &mut Network) {
        let Some(job) = self.jobs.pop(now.time) else { return };
        if let Job::Lease { count, .. } = job {
            return self.lease(now.time, count);
        }
        if let Some(voices) = &mut self.voices {
            voices.hear(now, &job);
        }
        self.worker.handle(now, Input::Job(&job), &mut self.out);
        self.carry_out(now.time, network);
    }

    pub(crate) fn handle_timeout(&mut self, now: Now, network: &mut Network) {
        while let Some(notice) = self.voices.as_mut().and_then(|voices| voices.take(now.time)) {
            self.out.notices.push(notice);
        }
        self.worker.handle_timeout(now, &mut self.out);
        self.carry_out(now.time, network);
    }

    pub(crate) fn receive(&mut self, now: Now, packet: &Packet, network: &mut Network) {
        let port = packet.to.port();
        let channel = if port.is_multiple_of(2) { Channel::Rtp } else { Channel::Rtcp };
        let Some(key) = self.bound.get(&(port & !1)) else { return };
        let end = self.end_id(*key);
        let input = Input::Packet { end, channel, from: packet.from, bytes: &packet.bytes };
        self.worker.handle(now, input, &mut self.out);
        self.carry_out(now.time, network);
    }

    fn lease(&mut self, now: Time, count: u16) {
        let network = NetworkId(0);
        for _ in 0..count {
            match self.bind(now) {
                Some(lease) => self.notices.push(now, Notice::Leased(lease)),
                None => return self.notices.push(now, Notice::NoLease { worker: self.id, network }),
            }
        }
    }

    fn bind(&mut self, now: Time) -> Option<Lease> {
        let rested = |since: Time| since == Time::ZERO || now.since(since) >= REST;
        if self.rng.chance(self.failures) {
            return None;
        }
        let (port, _) = self.free.pop_front_if(|(_, since)| rested(*since))?;
        let key = self.ends.insert(port);
        self.bound.insert(port, key);
        Some(Lease { end: self.end_id(key), network: NetworkId(0), address: addresses::media(port) })
    }

    fn end_id(&self, key: Key) -> EndId {
        EndId { worker: self.id, slot: key.slot, generation: key.generation }
    }

    /// Sends first: an end that closes may have a last word.
    fn carry_out(&mut self, now: Time, network: &mut Network) {
        for packet in self.out.packets.iter().filter(|_| self.media) {
            let Some(from) = self.address(packet.end, packet.channel) else { continue };
            network.send(now, Packet { from, to: packet.to, bytes: self.out.bytes(packet).to_vec() });
        }
        for end in std::mem::take(&mut self.out.closed) {
            let key = Key { slot: end.slot, generation: end.generation };
            if let Some(port) = self.ends.remove(key) {
                self.bound.remove(&port);
                self.free.push_back((port, now));
            }
        }
        for notice in std::mem::take(&mut self.out.notices) {
            self.notices.push(now, notice);
        }
        self.out.clear();
    }

    fn address(&self, end: EndId, channel: Channel) -> Option<SocketAddr> {
        let port = *self.ends.get(Key { slot: end.slot, generation: end.generation })?;
        Some(addresses::media(if channel == Channel::Rtp { port } else { port + 1 }))
    }
}
