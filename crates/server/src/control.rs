//! The control thread: receives SIP, turns the exchange, carries out what it wants.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use base::{EndReason, Flow, Job, Masked, Notice, Now, RecordEntry, Time, Transport, WorkerId};
use media::{Clock, Media, WorkerLink};
use rustix::event::epoll;
use sip::Outgoing;
use store::Store;
use switch::{Effects, Input};

use crate::alarms::Alarms;
use crate::arrivals::{Arrivals, NEW_CALLS_A_TURN, Place};
use crate::books::Books;
use crate::datagrams::{DATAGRAMS, Incoming};
use crate::desk::Counter;
use crate::dns::Dns;
use crate::news::Herald;
use crate::publish::{Picture, Publisher};
use crate::reload::Orders;
use crate::sockets::Listener;
use crate::stop::{Order, Stop};
use crate::streams::Streams;
use crate::tape::Taped;
use crate::view::Readiness;
use crate::web::Web;

mod intake;

/// Datagrams of one listener and notices of one worker in one turn: some milliseconds of work, so that neither starves the other.
const BATCH: usize = 256;
/// The view is published and the store is told the time at least this often.
const TICK: Duration = Duration::from_millis(100);
/// Errors of a listener's queue in one turn.
const UNREACHABLE_MAX: usize = 64;
/// The dialogs' last answers after every call was told to end.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// The answers of registrars that we take our leave of: whoever is slower forgets us when the registration lapses.
const FAREWELL: Duration = Duration::from_secs(2);
/// Events of one wait, networks and connections; what is left over is named by the next wait.
const EVENTS: usize = 256;
/// Which event woke us, where it was no socket.
const WAKE: u64 = u64::MAX;

/// How the serving ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every call had its end.
    Drained,
    /// Calls were cut short.
    Cut { calls: usize },
    /// A media worker died; its calls cannot be heard any more.
    WorkerDied { reason: String },
}

#[derive(Debug)]
enum Phase {
    Serving,
    Draining {
        until: Time,
    },
    Ending {
        until: Time,
        cut: usize,
    },
    /// No call is left, and carriers are told that we go.
    Leaving {
        until: Time,
        outcome: Outcome,
    },
}

/// What the control thread is given.
pub(crate) struct Parts {
    pub(crate) clock: Clock,
    pub(crate) exchange: Taped,
    pub(crate) listeners: Vec<Listener>,
    pub(crate) streams: Streams,
    /// Knows of the connections and their doors already.
    pub(crate) poll: OwnedFd,
    pub(crate) media: Media,
    pub(crate) links: Vec<WorkerLink>,
    pub(crate) store: Store,
    pub(crate) books: Books,
    /// What owners had to say at their start.
    pub(crate) first: Effects,
    pub(crate) stop: Arc<Stop>,
    pub(crate) publisher: Publisher,
    pub(crate) drain: Duration,
    pub(crate) counter: Counter,
    /// None where no target of a trunk is a name.
    pub(crate) dns: Option<Dns>,
    pub(crate) web: Web,
    pub(crate) herald: Herald,
    pub(crate) orders: Orders,
}

/// Everything the control thread owns.
pub(crate) struct Control {
    parts: Parts,
    effects: Effects,
    incoming: Incoming,
    arrivals: Arrivals,
    /// Jobs that found their ring full; bounded by what the calls of one switch can ask for.
    late_jobs: VecDeque<(WorkerId, Job)>,
    phase: Phase,
    alarms: Alarms,
    next_tick: Time,
    /// A turn left work over: the next one follows at once.
    more: bool,
}

impl Control {
    pub(crate) fn new(mut parts: Parts) -> Control {
        Control {
            effects: std::mem::take(&mut parts.first),
            parts,
            incoming: Incoming::new(),
            arrivals: Arrivals::default(),
            late_jobs: VecDeque::new(),
            phase: Phase::Serving,
            alarms: Alarms::default(),
            next_tick: Time::ZERO,
            more: false,
        }
    }

    /// Serves until told to stop; returns store and journal, so that their last entries can be waited for.
    ///
    /// # Errors
    /// When the kernel refuses to wait for events.
    pub(crate) fn run(mut self) -> io::Result<(Outcome, Store, Books)> {
        self.watch()?;
        self.begin();
        let mut events = Vec::with_capacity(EVENTS);
        loop {
            let timeout = self.timeout();
            events.clear();
            match epoll::wait(&self.parts.poll, rustix::buffer::spare_capacity(&mut events), Some(&timeout)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
            if let Some(outcome) = self.turn(&events) {
                return Ok((outcome, self.parts.store, self.parts.books));
            }
        }
    }

    /// Calls found open from before are ended first; what not even the journal knew of follows them.
    fn begin(&mut self) {
        let now = self.parts.clock.now();
        self.carry_out(now);
        self.parts.store.end_leftovers(now.wall);
    }

    fn watch(&self) -> io::Result<()> {
        let poll = &self.parts.poll;
        for (i, listener) in self.parts.listeners.iter().enumerate() {
            epoll::add(poll, listener.fd(), epoll::EventData::new_u64(i as u64), epoll::EventFlags::IN)?;
        }
        epoll::add(poll, self.parts.stop.wake.as_fd(), epoll::EventData::new_u64(WAKE), epoll::EventFlags::IN)?;
        Ok(())
    }

    fn timeout(&mut self) -> rustix::event::Timespec {
        let next = self.parts.exchange.next_timeout().map_or(self.next_tick, |t| t.min(self.next_tick));
        let wait = (next - self.parts.clock.time()).min(TICK);
        let wait = if std::mem::take(&mut self.more) { Duration::ZERO } else { wait };
        rustix::event::Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos()) }
    }

    /// One turn, bounded by count: orders, SIP, notices, deadlines, then all effects.
    fn turn(&mut self, events: &[epoll::Event]) -> Option<Outcome> {
        // Before we look at what it rang for: what comes later rings again.
        if events.iter().any(|event| event.data.u64() == WAKE) {
            self.parts.stop.clear_wake();
        }
        let now = self.parts.clock.now();
        // Leases first: an INVITE needs one.
        self.take_notices(now);
        for event in events {
            self.receive(now, event);
        }
        self.tell_gone(now);
        self.admit(now);
        if self.parts.exchange.next_timeout().is_some_and(|t| t <= now.time) {
            self.parts.exchange.handle(now, Input::Deadline, &mut self.effects);
        }
        self.take_plans(now);
        self.take_questions(now);
        self.take_names(now);
        self.take_web(now);
        let outcome = self.follow_orders(now);
        self.carry_out(now);
        self.parts.publisher.note_turn(self.parts.clock.time() - now.time);
        if now.time >= self.next_tick {
            self.next_tick = now.time + TICK;
            self.parts.store.note(now);
            self.parts.streams.sweep(now.time);
            self.parts.books.settle(&self.parts.store);
            self.publish(now);
            let switch = &self.parts.exchange.switch;
            self.alarms.note(switch.plan().trunks.iter().map(|trunk| trunk.name.as_str()), switch.outward(now));
        }
        self.parts.orders.end_turn();
        outcome
    }

    /// What the kernel named is asked for, and named again where something is left: nobody else's turn pays for it.
    fn receive(&mut self, now: Now, event: &epoll::Event) {
        // Copied, because the event is packed.
        let (data, flags) = (event.data.u64(), event.flags);
        let (arrivals, effects) = (&mut self.arrivals, &mut self.effects);
        let Parts { streams, exchange, .. } = &mut self.parts;
        let give = |flow, bytes: &[u8]| take_in(exchange, arrivals, now, (flow, bytes), effects);
        if streams.handle(now.time, data, flags, give) {
            return;
        }
        let place = usize::try_from(data).unwrap_or(usize::MAX);
        let Some(listener) = self.parts.listeners.get(place) else { return };
        for _ in 0..BATCH / DATAGRAMS {
            let count = listener.receive(&mut self.incoming);
            for place in 0..count {
                let Some((peer, bytes)) = self.incoming.get(place) else { continue };
                if listener.keeps_open(peer, bytes) {
                    continue;
                }
                let arrived = (listener.flow(peer), bytes);
                take_in(&mut self.parts.exchange, &mut self.arrivals, now, arrived, &mut self.effects);
            }
            if count < DATAGRAMS {
                break;
            }
        }
        if !flags.contains(epoll::EventFlags::ERR) {
            return;
        }
        for _ in 0..UNREACHABLE_MAX {
            let Some(flow) = listener.next_unreachable() else { break };
            self.parts.exchange.handle(now, Input::Unreachable(flow), &mut self.effects);
        }
    }

    /// Whoever relied on a connection that is gone hears of it.
    fn tell_gone(&mut self, now: Now) {
        for flow in self.parts.streams.take_gone() {
            self.parts.exchange.handle(now, Input::FlowClosed(flow), &mut self.effects);
        }
    }

    /// New calls come last, and only so many: the others wait for the next turn, which follows at once.
    fn admit(&mut self, now: Now) {
        for _ in 0..NEW_CALLS_A_TURN {
            let Some((flow, bytes)) = self.arrivals.next() else { return };
            self.parts.exchange.handle(now, Input::Message { flow, bytes: &bytes }, &mut self.effects);
        }
        self.more |= !self.arrivals.is_empty();
    }

    fn take_notices(&mut self, now: Now) {
        'links: for place in 0..self.parts.links.len() {
            for _ in 0..BATCH {
                let Some(notice) = self.parts.links[place].notice() else { continue 'links };
                self.notice(now, WorkerId(place as u8), notice);
            }
            // There may be more, and nobody else will wake us for them; the worker may have waited for the room.
            self.more = true;
            self.parts.links[place].made_room();
        }
    }

    fn notice(&mut self, now: Now, worker: WorkerId, notice: Notice) {
        self.parts.exchange.handle(now, Input::Notice { worker, notice }, &mut self.effects);
    }

    /// Facts first, then records, jobs and messages: nobody is told of what was not written down.
    fn carry_out(&mut self, now: Now) {
        self.parts.exchange.end_turn(now, &self.effects);
        self.parts.books.write(now, &self.effects.facts);
        let since = self.parts.clock.time() - now.time;
        for fact in self.effects.facts.drain(..) {
            self.parts.herald.fact(now.wall, fact);
        }
        for entry in self.effects.records.drain(..) {
            self.parts.herald.record(&entry);
            self.parts.publisher.note_record(&entry, since);
            log(&entry);
            self.parts.books.record(&mut self.parts.store, entry);
        }
        self.parts.store.send();
        self.send_jobs();
        self.effects.legs.clear();
        self.send_messages(now);
        for (ticket, answer) in self.effects.answers.drain(..) {
            self.parts.counter.answer(ticket, answer);
        }
        if let Some(dns) = &self.parts.dns {
            self.effects.lookups.drain(..).for_each(|(ticket, query)| dns.ask(ticket, query));
        }
        self.ask_web(now);
        self.ask_recognizer(now);
        self.parts.herald.end_turn(now, &self.parts.exchange);
    }

    /// Jobs of one worker keep their order: what does not fit into its ring goes first in the next turn.
    fn send_jobs(&mut self) {
        self.late_jobs.extend(self.effects.jobs.drain(..));
        let mut full = [false; 256];
        for _ in 0..self.late_jobs.len() {
            let Some((worker, job)) = self.late_jobs.pop_front() else { break };
            let place = usize::from(worker.0);
            let Some(link) = self.parts.links.get_mut(place) else { continue };
            let kept = if full[place] { Err(job) } else { link.send(job) };
            if let Err(job) = kept {
                full[place] = true;
                self.late_jobs.push_back((worker, job));
            }
        }
        for link in &mut self.parts.links {
            link.ring();
        }
    }

    /// In order: one call of the kernel for datagrams that follow each other on one network.
    fn send_messages(&mut self, now: Now) {
        let way = |message: &Outgoing| (message.flow.network, message.flow.transport);
        for some in self.effects.messages.chunk_by(|a, b| way(a) == way(b)) {
            if some[0].flow.transport == Transport::Tcp {
                some.iter().for_each(|message| self.parts.streams.send(now.time, message));
                continue;
            }
            let listener = self.parts.listeners.iter().find(|l| l.network == some[0].flow.network);
            let failed = listener.map_or(some.len(), |listener| listener.send(some));
            self.parts.publisher.send_failed += failed as u64;
        }
        self.effects.messages.clear();
        self.parts.streams.flush();
        self.more |= self.parts.streams.has_gone();
    }

    fn follow_orders(&mut self, now: Now) -> Option<Outcome> {
        if let Some(reason) = self.parts.media.failure() {
            return Some(Outcome::WorkerDied { reason: reason.to_owned() });
        }
        match (&self.phase, self.parts.stop.order()) {
            (Phase::Serving, Order::Drain) => {
                tracing::info!(calls = self.parts.exchange.switch.calls(), "draining: no new calls");
                self.parts.exchange.handle(now, Input::Drain, &mut self.effects);
                self.phase = Phase::Draining { until: now.time + self.parts.drain };
                None
            }
            (Phase::Serving | Phase::Draining { .. }, Order::End) => self.end_calls(now),
            (Phase::Draining { .. }, _) if self.parts.exchange.is_idle() => self.leave(now, Outcome::Drained),
            (Phase::Draining { until }, _) if now.time >= *until => self.end_calls(now),
            (Phase::Ending { until, cut }, _) if self.parts.exchange.is_idle() || now.time >= *until => {
                let outcome = if *cut == 0 { Outcome::Drained } else { Outcome::Cut { calls: *cut } };
                self.leave(now, outcome)
            }
            (Phase::Leaving { until, outcome }, _)
                if now.time >= *until || !self.parts.exchange.switch.is_leaving() =>
            {
                Some(outcome.clone())
            }
            _ => None,
        }
    }

    /// Trunks that are registered are so no more; without one it is over at once.
    fn leave(&mut self, now: Now, outcome: Outcome) -> Option<Outcome> {
        self.parts.exchange.handle(now, Input::Leave, &mut self.effects);
        if !self.parts.exchange.switch.is_leaving() {
            return Some(outcome);
        }
        self.phase = Phase::Leaving { until: now.time + FAREWELL, outcome };
        None
    }

    fn end_calls(&mut self, now: Now) -> Option<Outcome> {
        let cut = self.parts.exchange.switch.calls();
        self.parts.exchange.handle(now, Input::StopCalls, &mut self.effects);
        self.phase = Phase::Ending { until: now.time + LAST_WORDS, cut };
        None
    }

    pub(crate) fn publish(&self, now: Now) {
        let readiness = match self.phase {
            Phase::Serving => Readiness::Ready,
            Phase::Draining { .. } | Phase::Ending { .. } | Phase::Leaving { .. } => Readiness::Draining,
        };
        let (store, journal) = (self.parts.store.health(), self.parts.books.health());
        let Parts { exchange, links, streams, web, .. } = &self.parts;
        let (shed, connections, speech) = (self.arrivals.shed, streams.counts(), web.speech());
        let (store, journal) = (&store, &journal);
        let picture = Picture { exchange, links, store, journal, readiness, shed, connections, speech };
        self.parts.publisher.publish(now, &picture);
    }
}

/// Brings a message to where its turn is.
fn take_in(exchange: &mut Taped, arrivals: &mut Arrivals, now: Now, (flow, bytes): (Flow, &[u8]), out: &mut Effects) {
    let input = match arrivals.place(flow, bytes) {
        Place::Now => Input::Message { flow, bytes },
        Place::Waits => return,
        Place::Refused => Input::Shed { flow, bytes },
    };
    exchange.handle(now, input, out);
}

/// A line a call for the operator; the caller's number is masked.
fn log(entry: &RecordEntry) {
    let RecordEntry::End(record) = entry else { return };
    if record.end_reason == EndReason::Fault {
        tracing::error!(call = %record.start.id, "a fault of ours ended a call; the panic above says where, report it");
    }
    tracing::info!(
        call = %record.start.id,
        caller = %Masked(&record.start.caller),
        reason = record.end_reason.name(),
        group = record.skill_group.as_deref().unwrap_or("-"),
        agent = record.agent.as_deref().unwrap_or("-"),
        queued_ms = record.queued_ms,
        talk_ms = record.talk_ms,
        "call ended"
    );
}
