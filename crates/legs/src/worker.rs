//! The owner of ends.

use std::hint::black_box;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base::{EndId, Job, LegId, MediaParams, Notice, Now, Rng, Source, Time, Wheel};

use crate::end::{End, Hears, Outbound};
use crate::inbound::Arrival;
use crate::playlist::Playlist;
use crate::{Bank, Channel, Config, Input, Output};

mod listening;

/// Slots of ends; a host has 32 768 port pairs for each of its addresses, and a worker serves few addresses.
const SLOTS_MAX: u32 = 1 << 18;
/// Who may hear one end: its peer, supervisors, trainees; far more than a call has legs.
const LISTENERS_MAX: usize = 32;
/// The phases over which the ticks of ends are spread, a millisecond apart: one for each of a usual packet time.
const PHASES: u64 = 20;
/// From one word about a silence that lasts to the next: rare enough to ask each silent phone of a full hall whether it lives.
const SILENT_AGAIN: Duration = Duration::from_secs(60);
/// The mean time between reports (RFC 3550 §6.2).
const REPORT_INTERVAL: Duration = Duration::from_secs(5);

/// The deadlines of a worker.
#[derive(Clone, Copy, Debug)]
enum Timer {
    /// A packet of our own is due.
    Tick(EndId),
    /// A report is due.
    Report(EndId),
    /// Nothing may have been heard for `Limits::silence`.
    Silence(EndId),
    /// An utterance that is under way may be over, without a packet that says so.
    Utterance(EndId),
}

/// Decides for the ends of one media worker.
#[derive(Clone, Debug)]
pub struct Worker {
    config: Config,
    bank: Arc<Bank>,
    rng: Rng,
    wheel: Wheel<Timer>,
    ends: Vec<Option<Box<End>>>,
    /// Counts the ends opened, to spread their phases.
    opened: u64,
}

impl Worker {
    pub fn new(config: Config, bank: Arc<Bank>, now: Time, rng: Rng) -> Worker {
        Worker { config, bank, rng, wheel: Wheel::new(now), ends: Vec::new(), opened: 0 }
    }

    /// Takes in one datagram or one job; jobs and datagrams for ends that are not open are ignored.
    pub fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Output) {
        match input {
            Input::Packet { end, channel, from, bytes } => self.receive(now.time, end, channel, from, bytes, out),
            Input::Job(Job::Lease { .. }) => {}
            Input::Job(Job::Open { end, leg, params, signalled_from }) => {
                self.open(now, *end, *leg, params, *signalled_from, out);
            }
            Input::Job(Job::Change { end, params }) => self.change(now.time, *end, params),
            Input::Job(Job::Belong { end, leg }) => self.end(*end).into_iter().for_each(|end| end.leg = *leg),
            Input::Job(Job::Hear { end, source }) => self.hear(now.time, *end, source, out),
            Input::Job(Job::Listen { end, listen }) => self.listen(*end, *listen),
            Input::Job(Job::Close { end }) => self.close(now, *end, out),
        }
    }

    /// Reads what packets for these ends will need, and changes nothing: the memory is fetched for all of them at once
    /// instead of one after the other, which is most of what deciding costs when a batch is handled right afterwards.
    pub fn look_ahead(&self, ends: impl Iterator<Item = EndId> + Clone) {
        let at = |slot: u32| self.ends.get(slot as usize).and_then(|e| e.as_deref());
        for end in ends.clone().filter_map(|id| at(id.slot)) {
            black_box(end.touch_inbound());
        }
        for end in ends.filter_map(|id| at(id.slot)) {
            for listener in end.listeners.iter().filter_map(|slot| at(*slot)) {
                black_box(listener.touch_outbound());
            }
        }
    }

    /// Does what is due. An end that is far behind sends at most three packets in one turn.
    pub fn handle_timeout(&mut self, now: Now, out: &mut Output) {
        while let Some(timer) = self.wheel.pop(now.time) {
            match timer {
                Timer::Tick(end) => self.tick(now.time, end, out),
                Timer::Report(end) => self.report(now, end, out),
                Timer::Silence(end) => self.check_silence(now.time, end, out),
                Timer::Utterance(end) => self.check_utterance(now.time, end, out),
            }
        }
    }

    /// When `handle_timeout` should be called next.
    pub fn next_timeout(&self) -> Option<Time> {
        self.wheel.next()
    }

    /// Replaces the sounds; those that play go on.
    pub fn set_bank(&mut self, bank: Arc<Bank>) {
        self.bank = bank;
    }

    fn end(&mut self, id: EndId) -> Option<&mut End> {
        self.ends.get_mut(id.slot as usize)?.as_deref_mut().filter(|e| e.id == id)
    }

    fn receive(&mut self, now: Time, id: EndId, channel: Channel, from: SocketAddr, bytes: &[u8], out: &mut Output) {
        let Some(end) = self.ends.get_mut(id.slot as usize).and_then(|e| e.as_deref_mut()).filter(|e| e.id == id)
        else {
            return;
        };
        let arrival = end.receive(now, channel, from, bytes, &self.config.limits, out);
        // A packet was accepted just now, and the silence before it was told.
        let told = end.timers.told_silent || end.timers.silence.is_none();
        if told && end.inbound.heard_at == now && end.params.direction.receives() {
            end.timers.told_silent = false;
            if let Some(timer) = end.timers.silence.take() {
                self.wheel.cancel(timer);
            }
            end.timers.silence = Some(self.wheel.arm_after(now, self.config.limits.silence, Timer::Silence(id)));
        }
        let listens = end.inbound.listens;
        if let Some(arrival) = arrival {
            if listens {
                self.overhear(now, id, &arrival, out);
            }
            self.relay(now, id, &arrival, out);
        }
    }

    fn relay(&mut self, now: Time, from: EndId, arrival: &Arrival<'_>, out: &mut Output) {
        let mut next = 0;
        while let Some(slot) = self.end(from).and_then(|e| e.listeners.get(next).copied()) {
            next += 1;
            if let Some(listener) = self.ends.get_mut(slot as usize).and_then(|e| e.as_deref_mut()) {
                listener.relay(now, arrival, out);
            }
        }
    }

    fn open(
        &mut self,
        now: Now,
        id: EndId,
        leg: LegId,
        params: &MediaParams,
        signalled_from: IpAddr,
        out: &mut Output,
    ) {
        let slot = id.slot as usize;
        if id.worker != self.config.worker || id.slot >= SLOTS_MAX {
            return;
        }
        if let Some(Some(old)) = self.ends.get(slot) {
            let old = old.id;
            if (id.generation.wrapping_sub(old.generation) as i32) <= 0 {
                return;
            }
            // The rim leased the slot anew, so the old end is gone even if nobody said so.
            self.close(now, old, out);
        }
        if self.ends.len() <= slot {
            self.ends.resize_with(slot + 1, || None);
        }
        let mut end = Box::new(End::new(now.time, id, leg, *params, signalled_from, &mut self.rng));
        end.outbound.due = first_due(now.time, self.opened);
        self.opened = self.opened.wrapping_add(1);
        end.timers.report =
            Some(self.wheel.arm_after(now.time, spread(REPORT_INTERVAL / 2, &mut self.rng), Timer::Report(id)));
        if params.direction.receives() {
            end.timers.silence = Some(self.wheel.arm_after(now.time, self.config.limits.silence, Timer::Silence(id)));
        }
        if let Some(place) = self.ends.get_mut(slot) {
            *place = Some(end);
        }
        self.start_ticks(now.time, id);
    }

    fn change(&mut self, now: Time, id: EndId, params: &MediaParams) {
        let limits = self.config.limits.clone();
        let Some(end) = self.end(id) else { return };
        end.rtp.change(now, params.remote, limits.relatch);
        end.rtcp.change(now, params.remote_rtcp, limits.relatch);
        let began = params.direction.receives() && !end.params.direction.receives();
        end.params = *params;
        if began {
            end.inbound.heard_at = now;
        }
        if began && end.timers.silence.is_none() {
            let timer = self.wheel.arm_after(now, limits.silence, Timer::Silence(id));
            if let Some(end) = self.end(id) {
                end.timers.silence = Some(timer);
            }
        }
    }

    fn hear(&mut self, now: Time, id: EndId, source: &Source, out: &mut Output) {
        let Some(end) = self.end(id) else { return };
        let leg = end.leg;
        match (&end.outbound.hears, source) {
            (Hears::Silence, Source::Silence) => return,
            (Hears::End(old), Source::End(new)) if old == new => return,
            _ => {}
        }
        self.unlink(id);
        let hears = match source {
            Source::Silence => Hears::Silence,
            Source::End(other) if self.link(id, *other) => Hears::End(*other),
            Source::End(_) => Hears::Silence,
            Source::Play { play, sounds, after } => {
                Hears::Play(begun(Playlist::new(*play, sounds.clone(), *after), leg, out))
            }
            Source::Clip { play, clip } => Hears::Play(begun(Playlist::of_clip(*play, clip.clone()), leg, out)),
        };
        self.set_hears(now, id, hears);
    }

    /// Puts a source in place; the stream goes on without a gap in its numbers.
    fn set_hears(&mut self, now: Time, id: EndId, hears: Hears) {
        let Some(end) = self.end(id) else { return };
        let relays = matches!(hears, Hears::End(_));
        end.outbound.hears = hears;
        end.outbound.rewriter.forget();
        end.outbound.sender.mark();
        if !relays {
            self.start_ticks(now, id);
        } else if let Some(timer) = end.timers.tick.take() {
            self.wheel.cancel(timer);
        }
    }

    /// Makes `id` a listener of `other`; false when there is no such end or it has too many.
    fn link(&mut self, id: EndId, other: EndId) -> bool {
        match self.end(other) {
            Some(other) if other.listeners.len() < LISTENERS_MAX => {
                other.listeners.push(id.slot);
                true
            }
            _ => false,
        }
    }

    fn unlink(&mut self, id: EndId) {
        let Some(&mut End { outbound: Outbound { hears: Hears::End(other), .. }, .. }) = self.end(id) else { return };
        if let Some(other) = self.end(other) {
            other.listeners.retain(|slot| *slot != id.slot);
        }
    }

    fn close(&mut self, now: Now, id: EndId, out: &mut Output) {
        if id.worker != self.config.worker {
            return;
        }
        self.unlink(id);
        match self.ends.get_mut(id.slot as usize) {
            Some(place) if place.as_ref().is_some_and(|e| e.id == id) => {
                if let Some(end) = place.take() {
                    self.finish(now, *end, out);
                }
            }
            Some(Some(_)) => return,
            // Leased and never opened: there is nothing to tell, only the port to free.
            Some(None) | None => {}
        }
        out.closed.push(id);
    }

    fn finish(&mut self, now: Now, mut end: End, out: &mut Output) {
        let look = end.inbound.ear().and_then(|ear| ear.look_at.take());
        for timer in [end.timers.tick, end.timers.report, end.timers.silence, look].into_iter().flatten() {
            self.wheel.cancel(timer);
        }
        end.say_goodbye(now, out);
        out.notices.push(Notice::Closed { leg: end.leg, stats: end.stats() });
        for slot in &end.listeners {
            if let Some(Some(listener)) = self.ends.get(*slot as usize) {
                let listener = listener.id;
                self.set_hears(now.time, listener, Hears::Silence);
            }
        }
    }

    /// Arms the tick at the first point of the end's grid that is not over.
    fn start_ticks(&mut self, now: Time, id: EndId) {
        let Some(end) = self.end(id) else { return };
        if end.timers.tick.is_some() {
            return;
        }
        let packet_time = end.packet_time();
        let over = now.since(end.outbound.due).as_nanos().div_ceil(packet_time.as_nanos());
        let due = end.outbound.due + packet_time.saturating_mul(u32::try_from(over).unwrap_or(u32::MAX));
        end.outbound.due = due;
        let timer = self.wheel.arm(due, Timer::Tick(id));
        if let Some(end) = self.end(id) {
            end.timers.tick = Some(timer);
        }
    }

    fn tick(&mut self, now: Time, id: EndId, out: &mut Output) {
        let Some(end) = self.ends.get_mut(id.slot as usize).and_then(|e| e.as_deref_mut()).filter(|e| e.id == id)
        else {
            return;
        };
        end.tick(now, &self.bank, out);
        end.timers.tick = Some(self.wheel.arm(end.outbound.due, Timer::Tick(id)));
    }

    fn report(&mut self, now: Now, id: EndId, out: &mut Output) {
        let after = spread(REPORT_INTERVAL, &mut self.rng);
        let Some(end) = self.end(id) else { return };
        end.report(now, out);
        let timer = self.wheel.arm_after(now.time, after, Timer::Report(id));
        if let Some(end) = self.end(id) {
            end.timers.report = Some(timer);
        }
    }

    fn check_silence(&mut self, now: Time, id: EndId, out: &mut Output) {
        let silence = self.config.limits.silence;
        let Some(end) = self.end(id) else { return };
        end.timers.silence = None;
        if !end.params.direction.receives() {
            return;
        }
        let quiet = now.since(end.inbound.heard_at);
        if quiet >= silence {
            let for_ms = u32::try_from(quiet.as_millis()).unwrap_or(u32::MAX);
            out.notices.push(Notice::Silent { leg: end.leg, for_ms });
        }
        end.timers.told_silent = quiet >= silence;
        let at = if end.timers.told_silent { now + SILENT_AGAIN } else { end.inbound.heard_at + silence };
        let timer = self.wheel.arm(at, Timer::Silence(id));
        if let Some(end) = self.end(id) {
            end.timers.silence = Some(timer);
        }
    }
}

/// What holds no sound is over at once.
fn begun(mut list: Playlist, leg: LegId, out: &mut Output) -> Playlist {
    out.notices.extend(list.take_played().map(|play| Notice::Played { leg, play }));
    list
}

/// The first point of the grid of the `count`-th end: a whole millisecond after `now`, in a phase of its own.
fn first_due(now: Time, count: u64) -> Time {
    let next = now.as_millis() + 1;
    let phase = count % PHASES;
    Time::from_millis(next + (phase + PHASES - next % PHASES) % PHASES)
}

/// Half to one and a half of the mean (RFC 3550 §6.2). The divisor of §6.3.1 makes up for a reconsideration that two
/// participants do not need.
fn spread(mean: Duration, rng: &mut Rng) -> Duration {
    mean / 2 + Duration::from_nanos(rng.below(mean.as_nanos() as u64))
}
