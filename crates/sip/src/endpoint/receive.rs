//! Requests outside dialogs, and the way of every message in (RFC 3261 §8.2, §9.2, §17.2.3).

use base::{Flow, Key, Time};

use super::server::{Arrival, Role};
use super::terms::puzzles;
use super::{Endpoint, Event, Output, Reply, ServerTx};
use crate::transaction::ServerEvent;
use crate::{Message, Method, ParseError, Scheme};

impl Endpoint {
    pub(super) fn take_read(&mut self, now: Time, flow: Flow, read: Result<Message, ParseError>, out: &mut Output) {
        match read {
            Ok(message) if message.is_request() => {
                if let Some(arrival) = self.arrival(flow, message) {
                    self.receive_request(now, arrival, out);
                }
            }
            Ok(message) => self.receive_response(now, message, out),
            Err(ParseError::Answerable { fault, request }) => {
                self.malformed += 1;
                // Whoever it is from reads it as it was: a To without its tag, a CSeq beyond any number.
                if request.top_via_ref().is_ok() {
                    let unread = Arrival { flow, request, cseq: 0, key: self.printer.print(&[]) };
                    self.refuse_stateless(&unread, fault.status(), out);
                }
            }
            Err(ParseError::Garbage(_)) => self.malformed += 1,
            Err(ParseError::KeepAlive) => {}
        }
    }

    pub(super) fn shed_bytes(
        &mut self,
        now: Time,
        flow: Flow,
        bytes: &[u8],
        (status, reply): (u16, &Reply),
        out: &mut Output,
    ) {
        let request = Message::parse(bytes).ok().filter(|m| m.method() == Method::Invite);
        let Some(arrival) = request.and_then(|request| self.arrival(flow, request)) else { return };
        if self.by_request.contains(arrival.key) {
            return self.receive_request(now, arrival, out);
        }
        self.refuse_with(&arrival, status, &reply.headers, out);
    }

    fn receive_request(&mut self, now: Time, arrival: Arrival, out: &mut Output) {
        let method = arrival.request.method();
        let known = self.by_request.get(arrival.key).copied();
        match (method, known) {
            (Method::Ack, known) => {
                if let Some(id) = known {
                    self.server_event(now, id, ServerEvent::Ack, out);
                }
                self.on_ack(now, &arrival, out);
            }
            (_, Some(id)) => self.server_event(now, id, ServerEvent::Repeat, out),
            (Method::Cancel, None) => self.on_cancel(now, arrival, out),
            (_, None) if !arrival.request.to_tag().is_empty() => self.receive_inside(now, arrival, out),
            (_, None) => self.receive_outside(now, arrival, out),
        }
    }

    /// The checks of RFC 3261 §8.2.1 to §8.2.3 in their order.
    fn receive_outside(&mut self, now: Time, arrival: Arrival, out: &mut Output) {
        let method = arrival.request.method();
        if let Some(status) = self.not_ours(method) {
            return self.refuse(now, arrival, status, Vec::new(), out);
        }
        // These have no meaning without a dialog.
        if matches!(method, Method::Bye | Method::Update | Method::Info | Method::Prack | Method::Notify) {
            return self.refuse(now, arrival, 481, Vec::new(), out);
        }
        if arrival.request.request_uri_ref().is_none_or(|uri| uri.scheme == Scheme::Other) {
            return self.refuse(now, arrival, 416, Vec::new(), out);
        }
        if self.is_merged(&arrival) {
            return self.refuse(now, arrival, 482, Vec::new(), out);
        }
        // We pass calls on, so a loop through us has to end here; OPTIONS may ask for the last hop (RFC 3261 §11).
        if arrival.request.max_forwards() == Some(0) && method != Method::Options {
            return self.refuse(now, arrival, 483, Vec::new(), out);
        }
        if let Some(unsupported) = self.unsupported(&arrival.request) {
            return self.refuse(now, arrival, 420, vec![(String::from("Unsupported"), unsupported)], out);
        }
        if let Some(min_se) = self.too_brief(&arrival.request) {
            return self.refuse(now, arrival, 422, min_se, out);
        }
        if let Some(accept) = puzzles(&arrival.request) {
            return self.refuse(now, arrival, 415, accept, out);
        }
        if method == Method::Invite && self.legs.len() >= self.config.limits.legs {
            return self.refuse_stateless(&arrival, 503, out);
        }
        self.admit(now, arrival, out);
    }

    fn admit(&mut self, now: Time, arrival: Arrival, out: &mut Output) {
        let (flow, method, request) = (arrival.flow, arrival.request.method(), arrival.request.clone());
        let Some(id) = self.begin(now, arrival, Role::Free, out) else { return };
        let tx = ServerTx(id);
        if method == Method::Invite {
            self.silent.push(id);
            out.events.push(Event::Invite { tx, flow, request });
        } else {
            out.events.push(Event::Request { tx, flow, request });
        }
    }

    /// What a method deserves that we do not take: 405 when we know it, else 501 (RFC 3261 §21.4.6, §21.5.2).
    pub(super) fn not_ours(&self, method: Method) -> Option<u16> {
        let status = if method == Method::Other { 501 } else { 405 };
        (!self.config.allow.contains(&method)).then_some(status)
    }

    /// The option tags that the request requires and we do not know (RFC 3261 §8.2.2.3).
    pub(super) fn unsupported(&self, request: &Message) -> Option<String> {
        let register = request.method() == Method::Register;
        let of_registrar = self.config.registrar.iter().filter(|_| register);
        let known = |tag: &str| {
            let ours = self.config.supported.iter().chain(&self.config.understood);
            ours.chain(of_registrar.clone()).any(|our| our.eq_ignore_ascii_case(tag))
        };
        let unknown: Vec<&str> = request.require().filter(|tag| !known(tag)).collect();
        (!unknown.is_empty()).then(|| unknown.join(", "))
    }

    /// RFC 3261 §9.2: the CANCEL is answered by itself; it ends only an INVITE that still awaits its final response.
    fn on_cancel(&mut self, now: Time, arrival: Arrival, out: &mut Output) {
        let Some(invite) = self.by_request.get(arrival.print(&self.printer, Method::Invite.name())).copied() else {
            return self.refuse(now, arrival, 481, Vec::new(), out);
        };
        let Some(server) = self.servers.get(invite) else { return };
        let (role, tag, ends) = (server.role, server.tag.clone(), server.is_open());
        // No leg has this key: the CANCEL belongs to its INVITE.
        let nobody = Role::Inside(Key { slot: u32::MAX, generation: u32::MAX });
        let cancel = if ends { Some(self.open(now, arrival, nobody)) } else { self.begin(now, arrival, nobody, out) };
        let Some(cancel) = cancel else { return };
        if let Some(server) = self.servers.get_mut(cancel) {
            server.tag = tag;
        }
        self.respond(now, cancel, 200, &Reply::default(), out);
        if !self.respond(now, invite, 487, &Reply::default(), out) {
            return;
        }
        match role {
            Role::First(leg) => {
                self.tell(leg, |leg| Event::Cancelled { leg }, out);
                self.close(now, leg, out);
            }
            Role::Change(leg) => self.change_answered(now, leg, out),
            Role::Free | Role::Inside(_) => {}
        }
    }

    /// Reads what every request needs; `None` when there is nobody to answer.
    pub(super) fn arrival(&self, flow: Flow, request: Message) -> Option<Arrival> {
        if !request.has_ends() {
            return None;
        }
        let (cseq, _) = request.cseq().ok()?;
        let mut arrival = Arrival { flow, request, cseq, key: self.printer.print(&[]) };
        let method = match arrival.request.method() {
            Method::Ack => Method::Invite.name(),
            _ => arrival.request.method_name(),
        };
        arrival.key = arrival.print(&self.printer, method);
        Some(arrival)
    }
}
