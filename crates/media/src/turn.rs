//! The loop of a worker.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base::{EndId, Job, NetworkId, Notice, Now};
use legs::{Channel, Input, Output};
use rtrb::{Consumer, Producer};
use rustix::event::{Timespec, epoll};
use rustix::io::Errno;

use crate::counts::SharedCounts;
use crate::ends::{BELL, Ends};
use crate::link::Bell;
use crate::socket::PACKET;
use crate::{Clock, Counts, Sounds};

/// Readable sockets of one turn, one datagram each: about half a millisecond of work, so that deadlines of 1 ms are kept.
const EVENTS: usize = 256;

/// Datagrams that are received before any of them is decided on, and decided on before anything is sent: the system's
/// code and ours push each other out of the processor's caches, so they take turns less often than once a packet. A
/// packet waits for the others' reception, some tens of microseconds.
const BATCH: usize = 64;

/// Jobs of one turn, for the same reason as the readable sockets.
const JOBS_A_TURN: usize = 256;

/// Ends bound in one turn: each takes some ten microseconds.
const LEASES_A_TURN: u32 = 32;

/// Ends that a network may still be asked for: more than any machine has ports.
const LEASES_WANTED: u32 = 65_536;

/// Notices kept while the ring is full. Beyond it no job is taken, and notices that answer no job are dropped.
const SPILL: usize = 65_536;

/// The longest sleep: how late the counts may be, and a stop that nobody rang for.
const SLEEP: Duration = Duration::from_millis(100);

/// What a worker's thread owns or shares.
pub(crate) struct Parts {
    pub(crate) ends: Ends,
    pub(crate) worker: legs::Worker,
    pub(crate) clock: Clock,
    pub(crate) jobs: Consumer<Job>,
    pub(crate) sounds: Arc<Sounds>,
    pub(crate) sounds_known: u64,
    pub(crate) notices: Producer<Notice>,
    pub(crate) counts: Arc<SharedCounts>,
    pub(crate) bell: Arc<Bell>,
    pub(crate) wake: Arc<dyn Fn() + Send + Sync>,
    pub(crate) stop: Arc<AtomicBool>,
    /// Jobs until a panic that was asked for.
    pub(crate) drill: Option<u64>,
}

/// A worker and what it carries from turn to turn.
pub(crate) struct Turns {
    parts: Parts,
    out: Output,
    spill: VecDeque<Notice>,
    /// Leases asked for and not yet bound, by network.
    wanted: Vec<(NetworkId, u32)>,
    counts: Counts,
    batch: Vec<Received>,
    /// The bytes of the batch, one datagram behind the other; room for the longest.
    bytes: Box<[u8]>,
}

/// A datagram of the batch.
struct Received {
    end: EndId,
    channel: Channel,
    from: SocketAddr,
    bytes: Range<usize>,
}

impl Turns {
    pub(crate) fn new(parts: Parts, ready: Vec<Notice>) -> io::Result<Turns> {
        let name = epoll::EventData::new_u64(BELL);
        epoll::add(&parts.ends.epoll, parts.bell.fd(), name, epoll::EventFlags::IN)?;
        let mut turns = Turns {
            parts,
            out: Output::default(),
            spill: ready.into(),
            wanted: Vec::new(),
            counts: Counts::default(),
            batch: Vec::with_capacity(BATCH),
            bytes: vec![0; PACKET * BATCH].into_boxed_slice(),
        };
        // A call that comes before the thread has its first turn finds its end leased.
        turns.deliver();
        Ok(turns)
    }

    /// Turns until stopped.
    ///
    /// # Errors
    /// When epoll itself fails; nothing can be received then.
    pub(crate) fn run(&mut self) -> io::Result<()> {
        let mut events = Vec::with_capacity(EVENTS);
        while !self.parts.stop.load(Ordering::Acquire) {
            self.deliver();
            let timeout = self.timeout();
            events.clear();
            match epoll::wait(&self.parts.ends.epoll, rustix::buffer::spare_capacity(&mut events), Some(&timeout)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            let now = self.parts.clock.now();
            self.parts.ends.turn();
            self.take_jobs(now);
            for some in events.chunks(BATCH) {
                self.receive(some);
                self.decide(now);
            }
            self.bind_wanted(now);
            if self.parts.worker.next_timeout().is_some_and(|due| due <= now.time) {
                self.parts.worker.handle_timeout(now, &mut self.out);
                self.carry_out(now);
            }
        }
        Ok(())
    }

    /// Until the worker's next deadline; nothing while work is left over.
    fn timeout(&self) -> Timespec {
        let busy = !self.wanted.is_empty() || (!self.parts.jobs.is_empty() && self.spill.len() < SPILL);
        let due = self.parts.worker.next_timeout();
        let until_due = due.map_or(SLEEP, |due| due.since(self.parts.clock.time()).min(SLEEP));
        let sleep = if busy { Duration::ZERO } else { until_due };
        Timespec { tv_sec: 0, tv_nsec: sleep.subsec_nanos().into() }
    }

    fn take_jobs(&mut self, now: Now) {
        for _ in 0..JOBS_A_TURN {
            if self.spill.len() >= SPILL {
                return;
            }
            let Ok(job) = self.parts.jobs.pop() else { return };
            // Behind the job in hand: whoever sent it may have had new sounds set before.
            if let Some(bank) = self.parts.sounds.newer(&mut self.parts.sounds_known) {
                self.parts.worker.set_bank(bank);
            }
            if let Some(left) = &mut self.parts.drill {
                *left -= 1;
                assert!(*left > 0, "a drill: this panic was asked for");
            }
            if let Job::Lease { network, count } = job {
                self.want(network, count);
            } else {
                self.parts.worker.handle(now, Input::Job(&job), &mut self.out);
                self.carry_out(now);
            }
        }
    }

    fn want(&mut self, network: NetworkId, count: u16) {
        let count = u32::from(count);
        match self.wanted.iter_mut().find(|(of, _)| *of == network) {
            Some((_, wanted)) => *wanted = wanted.saturating_add(count).min(LEASES_WANTED),
            None if count > 0 => self.wanted.push((network, count)),
            None => {}
        }
    }

    /// Binds some of the ends that were asked for; a failure ends what the network was asked for.
    fn bind_wanted(&mut self, now: Now) {
        for _ in 0..LEASES_A_TURN {
            let Some((network, count)) = self.wanted.last_mut() else { return };
            let network = *network;
            *count -= 1;
            let last = *count == 0;
            match self.parts.ends.lease(network, now.time) {
                Ok(lease) => {
                    if last {
                        self.wanted.pop();
                    }
                    self.spill.push_back(Notice::Leased(lease));
                }
                Err(_) => {
                    self.wanted.pop();
                    self.counts.lease_failed += 1;
                    self.spill.push_back(Notice::NoLease { worker: self.parts.ends.worker(), network });
                }
            }
        }
    }

    /// One datagram of each: epoll names a socket again while more wait, and no sender keeps the others from their turn.
    fn receive(&mut self, events: &[epoll::Event]) {
        let mut free = 0;
        for event in events {
            let name = event.data.u64();
            if name == BELL {
                self.parts.bell.hush();
            }
            let Some((end, which, pair)) = self.parts.ends.named(name) else { continue };
            let room = self.bytes.get_mut(free..).unwrap_or_default();
            match pair.receive(which, room) {
                Ok(Some((length, from))) => {
                    let bytes = free..free + length;
                    free = bytes.end;
                    self.batch.push(Received { end, channel: which.channel(), from, bytes });
                }
                Ok(None) => {}
                Err(_) => self.counts.receive_failed += 1,
            }
        }
    }

    fn decide(&mut self, now: Now) {
        self.counts.received += self.batch.len() as u64;
        self.parts.worker.look_ahead(self.batch.iter().map(|received| received.end));
        for Received { end, channel, from, bytes } in self.batch.drain(..) {
            let bytes = self.bytes.get(bytes).unwrap_or_default();
            self.parts.worker.handle(now, Input::Packet { end, channel, from, bytes }, &mut self.out);
        }
        self.carry_out(now);
    }

    /// Sends first: an end that closes may have a last word.
    fn carry_out(&mut self, now: Now) {
        for packet in &self.out.packets {
            match self.parts.ends.send(packet.end, packet.channel, packet.to, self.out.bytes(packet)) {
                Ok(()) => self.counts.sent += 1,
                Err(_) => self.counts.send_failed += 1,
            }
        }
        for end in &self.out.closed {
            self.parts.ends.close(*end, now.time);
        }
        for notice in self.out.notices.drain(..) {
            if self.spill.len() < SPILL || answers_a_job(&notice) {
                self.spill.push_back(notice);
            } else {
                self.counts.notices_dropped += 1;
            }
        }
        self.out.clear();
    }

    /// Hands over the notices that the ring has room for, and the counts.
    fn deliver(&mut self) {
        let mut delivered = false;
        while let Some(notice) = self.spill.pop_front() {
            if let Err(rtrb::PushError::Full(notice)) = self.parts.notices.push(notice) {
                self.spill.push_front(notice);
                break;
            }
            delivered = true;
        }
        self.counts.ends = self.parts.ends.len() as u64;
        self.parts.counts.publish(self.counts);
        if delivered {
            (self.parts.wake)();
        }
    }
}

/// Bounded by the jobs taken, and somebody waits for each.
const fn answers_a_job(notice: &Notice) -> bool {
    matches!(notice, Notice::Leased(_) | Notice::NoLease { .. } | Notice::Closed { .. } | Notice::Played { .. })
}
