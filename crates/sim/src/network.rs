//! A network that loses, repeats and delays, from a seed.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::net::SocketAddr;
use std::time::Duration;

use base::{Rng, Time};

/// What happens to packets on their way. Different delays reorder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impairment {
    /// The share of packets that never arrive.
    pub loss: f64,
    /// The share of packets that arrive twice.
    pub duplicate: f64,
    pub delay_min: Duration,
    pub delay_max: Duration,
}

impl Impairment {
    pub const NONE: Impairment = Impairment {
        loss: 0.0,
        duplicate: 0.0,
        delay_min: Duration::from_millis(1),
        delay_max: Duration::from_millis(1),
    };
}

/// A datagram under way.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

#[derive(Debug)]
struct UnderWay {
    at: Time,
    /// Decides between packets of the same instant, so that a seed means one run.
    order: u64,
    packet: Packet,
}

impl PartialEq for UnderWay {
    fn eq(&self, other: &UnderWay) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for UnderWay {}

impl PartialOrd for UnderWay {
    fn partial_cmp(&self, other: &UnderWay) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for UnderWay {
    /// The earliest is the greatest, as the heap wants it.
    fn cmp(&self, other: &UnderWay) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

#[derive(Debug)]
pub(crate) struct Network {
    rng: Rng,
    impairment: Impairment,
    under_way: BinaryHeap<UnderWay>,
    sent: u64,
}

impl Network {
    pub(crate) fn new(impairment: Impairment, rng: Rng) -> Network {
        Network { rng, impairment, under_way: BinaryHeap::new(), sent: 0 }
    }

    pub(crate) fn send(&mut self, now: Time, packet: Packet) {
        if self.rng.chance(self.impairment.loss) {
            return;
        }
        if self.rng.chance(self.impairment.duplicate) {
            self.launch(now, packet.clone());
        }
        self.launch(now, packet);
    }

    fn launch(&mut self, now: Time, packet: Packet) {
        let Impairment { delay_min, delay_max, .. } = self.impairment;
        let spread = (delay_max.saturating_sub(delay_min)).as_nanos() as u64;
        let at = now + delay_min + Duration::from_nanos(self.rng.below(spread + 1));
        self.sent += 1;
        self.under_way.push(UnderWay { at, order: self.sent, packet });
    }

    pub(crate) fn next(&self) -> Option<Time> {
        self.under_way.peek().map(|p| p.at)
    }

    pub(crate) fn arrive(&mut self, now: Time) -> Option<Packet> {
        if self.next()? > now {
            return None;
        }
        self.under_way.pop().map(|p| p.packet)
    }
}
