//! Provisional responses of ours that have to arrive (RFC 3262 §3): one at a time, repeated until its PRACK.

use std::collections::VecDeque;
use std::time::Duration;

use base::{Key, Time, TimerId};

use super::deadline::Deadline;
use super::leg::Exchange;
use super::server::{Arrival, Role, Server};
use super::terms::describes;
use super::{Cause, Endpoint, Event, Output, Reply, ServerTx};
use crate::{Message, Method, Name, text};

/// The option tag of reliable provisional responses.
pub(super) const RELIABLE: &str = "100rel";

/// What an INVITE that requires reliable provisional responses has had of them.
#[derive(Debug)]
pub(super) struct Reliable {
    /// The number of the one sent last.
    rseq: u32,
    unacked: Option<Unacked>,
    /// Those that wait for its PRACK.
    queued: VecDeque<(u16, Reply)>,
    /// A 2xx that waits for it.
    success: Option<(u16, Reply)>,
}

/// The provisional response whose PRACK has not come.
#[derive(Debug)]
struct Unacked {
    described: bool,
    wait: Duration,
    repeat: TimerId,
    give_up: TimerId,
}

impl Reliable {
    /// `before` precedes the first number.
    const fn new(before: u32) -> Reliable {
        Reliable { rseq: before, unacked: None, queued: VecDeque::new(), success: None }
    }

    /// Whether the caller is still to hear a description, which a 2xx may not overtake.
    fn describes(&self) -> bool {
        self.unacked.as_ref().is_some_and(|unacked| unacked.described)
            || self.queued.iter().any(|(_, reply)| reply.body.is_some())
    }
}

impl Endpoint {
    /// What an INVITE that requires it begins with. The first number is 1 to 2^31 - 1 (RFC 3262 §3).
    pub(super) fn reliability(&mut self, request: &Message) -> Option<Box<Reliable>> {
        let required = request.method() == Method::Invite && is_reliable(request);
        required.then(|| Box::new(Reliable::new(self.rng.below((1 << 31) - 1) as u32)))
    }

    /// Takes what is not to leave as it is now: a provisional response that has to be reliable, one behind it, a 2xx that may
    /// not overtake it. False when the response may leave.
    pub(super) fn respond_reliably(
        &mut self,
        now: Time,
        id: Key,
        status: u16,
        reply: &Reply,
        out: &mut Output,
    ) -> bool {
        let limit = self.config.limits.queued;
        let Some(server) = self.servers.get_mut(id).filter(|server| server.is_open()) else { return false };
        let Some(reliable) = &mut server.reliable else { return false };
        match status {
            101..200 if reliable.success.is_some() => {}
            101..200 if reliable.unacked.is_none() => self.send_reliably(now, id, status, reply, out),
            101..200 if reliable.queued.len() >= limit => {}
            101..200 => reliable.queued.push_back((status, reply.clone())),
            200..300 if reliable.describes() => _ = reliable.success.get_or_insert_with(|| (status, reply.clone())),
            _ => return false,
        }
        true
    }

    fn send_reliably(&mut self, now: Time, id: Key, status: u16, reply: &Reply, out: &mut Output) {
        let Some(reliable) = self.servers.get_mut(id).and_then(|server| server.reliable.as_mut()) else { return };
        reliable.rseq += 1;
        let mut reply = reply.clone();
        reply.headers.push((Name::Require.as_str().to_owned(), RELIABLE.to_owned()));
        reply.headers.push((Name::Rseq.as_str().to_owned(), reliable.rseq.to_string()));
        if !self.respond(now, id, status, &reply, out) {
            return;
        }
        let timers = self.config.timers;
        let repeat = self.wheel.arm(now + timers.t1, Deadline::RepeatProvisional(id));
        let give_up = self.wheel.arm(now + timers.patience(), Deadline::PrackMissing(id));
        let Some(server) = self.servers.get_mut(id) else { return };
        if let Some(reliable) = &mut server.reliable {
            let described = reply.body.is_some();
            reliable.unacked = Some(Unacked { described, wait: timers.t1, repeat, give_up });
        }
        if let Role::First(leg) | Role::Change(leg) = server.role
            && let Some(leg) = self.legs.get_mut(leg)
        {
            leg.reliable = Some(id);
        }
    }

    /// Doubling without an upper bound, over any transport.
    pub(super) fn repeat_provisional(&mut self, now: Time, id: Key, out: &mut Output) {
        let reliable = self.servers.get_mut(id).and_then(|server| server.reliable.as_mut());
        let Some(unacked) = reliable.and_then(|reliable| reliable.unacked.as_mut()) else { return };
        unacked.wait = unacked.wait.saturating_mul(2);
        unacked.repeat = self.wheel.arm(now + unacked.wait, Deadline::RepeatProvisional(id));
        self.repeat_response(id, out);
    }

    /// 64·T1 without a PRACK: the caller is gone.
    pub(super) fn prack_missing(&mut self, now: Time, id: Key, out: &mut Output) {
        if let Some(Role::First(leg)) = self.servers.get(id).map(|server| server.role) {
            self.tell(leg, |leg| Event::Gone { leg, cause: Cause::Timeout }, out);
        }
        self.respond_any(now, id, 500, &Reply::default(), out);
    }

    /// Nothing leaves again and nothing more follows: the INVITE has its final response. A PRACK on its way is still awaited.
    pub(super) fn stop_reliable(&mut self, id: Key) {
        let Some(reliable) = self.servers.get_mut(id).and_then(|server| server.reliable.as_mut()) else { return };
        reliable.queued.clear();
        reliable.success = None;
        if let Some(Unacked { repeat, give_up, .. }) = reliable.unacked {
            self.wheel.cancel(repeat);
            self.wheel.cancel(give_up);
        }
    }

    pub(super) fn on_prack(&mut self, now: Time, leg_key: Key, arrival: Arrival, out: &mut Output) {
        let Some(leg) = self.legs.get(leg_key) else { return };
        let invite = leg.reliable.filter(|id| self.servers.get(*id).is_some_and(|s| s.awaits(&arrival.request)));
        let Some(invite) = invite else { return self.refuse(now, arrival, 481, Vec::new(), out) };
        // RFC 3262 §5: what it describes is for the owner, unless he is busy with another description.
        let describes = describes(&arrival.request) && leg.incoming.is_none() && !leg.muted;
        let role = if describes { Role::Change(leg_key) } else { Role::Inside(leg_key) };
        let request = arrival.request.clone();
        let Some(id) = self.begin(now, arrival, role, out) else { return };
        self.acknowledged(invite, leg_key);
        match self.legs.get_mut(leg_key).filter(|_| describes) {
            Some(leg) => {
                leg.incoming = Some(id);
                out.events.push(Event::Update { leg: leg.id, tx: ServerTx(id), request });
            }
            None => _ = self.respond(now, id, 200, &Reply::default(), out),
        }
        self.send_waiting(now, invite, out);
    }

    fn acknowledged(&mut self, id: Key, leg: Key) {
        let Some(server) = self.servers.get_mut(id) else { return };
        let (first, offered) = (server.role == Role::First(leg), !server.without_offer);
        let unacked = server.reliable.as_mut().and_then(|reliable| reliable.unacked.take());
        let Some(Unacked { described, repeat, give_up, .. }) = unacked else { return };
        self.wheel.cancel(repeat);
        self.wheel.cancel(give_up);
        if let Some(leg) = self.legs.get_mut(leg).filter(|_| first && offered && described) {
            leg.exchange = Exchange::Done;
        }
    }

    /// What waited for the PRACK may leave.
    fn send_waiting(&mut self, now: Time, id: Key, out: &mut Output) {
        let Some(reliable) = self.servers.get_mut(id).and_then(|server| server.reliable.as_mut()) else { return };
        if let Some((status, reply)) = reliable.queued.pop_front() {
            self.send_reliably(now, id, status, &reply, out);
            // A 2xx waits only for what describes.
            let last = self.servers.get_mut(id).and_then(|server| server.reliable.as_mut());
            if last.is_none_or(|reliable| reliable.describes()) {
                return;
            }
        }
        let reliable = self.servers.get_mut(id).and_then(|server| server.reliable.as_mut());
        if let Some((status, reply)) = reliable.and_then(|reliable| reliable.success.take()) {
            self.respond_any(now, id, status, &reply, out);
        }
    }
}

impl Server {
    /// Whether a PRACK acknowledges what was sent last (RFC 3262 §7.2).
    fn awaits(&self, prack: &Message) -> bool {
        let waits = self.reliable.as_ref().filter(|reliable| reliable.unacked.is_some());
        waits.is_some_and(|reliable| rack_of(prack) == Some((reliable.rseq, self.cseq, Method::Invite)))
    }
}

/// RAck: the number of the response, then the CSeq of its request.
fn rack_of(prack: &Message) -> Option<(u32, u32, Method)> {
    let mut words = prack.header(Name::Rack)?.split_ascii_whitespace();
    let (rseq, cseq) = (text::number(words.next()?)?, text::number(words.next()?)?);
    Some((rseq, cseq, Method::from_token(words.next()?)))
}

/// Whether a message requires reliability.
pub(super) fn is_reliable(message: &Message) -> bool {
    message.require().any(|tag| tag.eq_ignore_ascii_case(RELIABLE))
}
