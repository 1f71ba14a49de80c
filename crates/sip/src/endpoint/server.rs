//! Server transactions: what we were asked, and what we said.

use std::sync::Arc;
use std::time::Duration;

use base::{Flow, Key, LegId, Print, Printer, SIP_PORT, Time, TimerId};

use super::client::finish;
use super::deadline::{Armed, Deadline};
use super::hop::Way;
use super::reliable::Reliable;
use super::session::Grant;
use super::terms::describes;
use super::{Endpoint, Output, Reply};
use crate::text;
use crate::transaction::{Action, ServerEvent, ServerInvite, ServerNonInvite, Timer};
use crate::via::has_magic_cookie;
use crate::{Builder, Fact, HeardInvite, Image, Message, Method, Name, ViaRef};

#[derive(Debug)]
pub(super) struct Server {
    machine: Machine,
    key: Print,
    /// Call-ID, From tag and CSeq of a request outside a dialog, to know it again on another way (RFC 3261 §8.2.2.2).
    origin: Option<Print>,
    pub(super) flow: Flow,
    pub(super) way: Way,
    /// The top Via with its source noted; let go with the final response, as what was asked.
    via: String,
    /// What was asked; let go with the final response.
    pub(super) request: Option<Message>,
    pub(super) method: Method,
    pub(super) cseq: u32,
    /// An INVITE without a body: our 2xx makes the offer.
    pub(super) without_offer: bool,
    pub(super) tag: String,
    pub(super) last: Arc<[u8]>,
    /// Of the response in `last`; 0 before any.
    status: u16,
    /// The leg that it was and that is written as refused, until the ACK.
    pub(super) refused: Option<LegId>,
    timers: Armed,
    forget: Option<TimerId>,
    pub(super) role: Role,
    /// Of an INVITE that requires reliable provisional responses.
    pub(super) reliable: Option<Box<Reliable>>,
}

#[derive(Clone, Copy, Debug)]
enum Machine {
    Invite(ServerInvite),
    Other(ServerNonInvite),
}

impl Machine {
    fn handle(&mut self, event: ServerEvent, out: &mut Vec<Action>) {
        match self {
            Machine::Invite(machine) => machine.handle(event, out),
            Machine::Other(machine) => machine.handle(event, out),
        }
    }

    fn is_open(&self) -> bool {
        match self {
            Machine::Invite(machine) => machine.is_open(),
            Machine::Other(machine) => machine.is_open(),
        }
    }

    fn awaits_ack(&self) -> bool {
        matches!(self, Machine::Invite(machine) if machine.awaits_ack())
    }
}

/// Whose request it is; the keys are of legs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Outside a dialog, or the first INVITE before it is adopted.
    Free,
    /// The INVITE that a leg began with.
    First(Key),
    /// A re-INVITE or UPDATE.
    Change(Key),
    /// Any other request inside a dialog.
    Inside(Key),
}

impl Server {
    pub(super) fn is_open(&self) -> bool {
        self.machine.is_open()
    }
}

/// A request on its way in, its top Via noted.
pub(super) struct Arrival {
    pub(super) flow: Flow,
    /// It has a top Via that was read, and a From and a To unless it is only to be refused.
    pub(super) request: Message,
    pub(super) cseq: u32,
    /// What matches it to its transaction, an ACK to its INVITE's.
    pub(super) key: Print,
}

impl Arrival {
    /// What matches a request to its transaction (RFC 3261 §17.2.3); `method` is the transaction's.
    pub(super) fn print(&self, printer: &Printer, method: &str) -> Print {
        let ViaRef { host, port, params, .. } = self.request.top_via_ref().unwrap_or_default();
        if let Some(branch) = params.get("branch").filter(|branch| has_magic_cookie(branch)) {
            let mut number = String::new();
            port.iter().for_each(|&port| text::push_number(&mut number, port.into()));
            return printer.print(&[branch, host, &number, method]);
        }
        // The older rule, less the To tag: the rest already tells two requests apart, and an ACK has a tag that its
        // INVITE had not.
        let call_id = self.request.call_id().unwrap_or_default();
        let via = self.request.vias().next().unwrap_or_default();
        let cseq = self.cseq.to_string();
        printer.print(&[call_id, self.request.from_tag(), &cseq, via, self.request.request_uri_text(), method])
    }

    /// The top Via with its source noted.
    fn noted_via(&self) -> String {
        self.request.top_via_ref().map(|via| via.noted(self.flow.peer)).unwrap_or_default()
    }

    fn origin(&self, printer: &Printer) -> Print {
        let mut cseq = String::new();
        text::push_number(&mut cseq, self.cseq.into());
        let call_id = self.request.call_id().unwrap_or_default();
        printer.print(&[call_id, self.request.from_tag(), &cseq, self.request.method_name()])
    }

    /// Where responses go (RFC 3261 §18.2.2, RFC 3581 §4). `maddr` is not followed: it would let a stranger aim our
    /// answers at anyone.
    pub(super) fn way(&self) -> Way {
        let mut flow = self.flow;
        let via = self.request.top_via_ref().unwrap_or_default();
        if !flow.transport.is_reliable() && !via.params.has("rport") {
            flow.peer.set_port(via.port.unwrap_or(SIP_PORT));
        }
        Way::of_response(flow, via.port)
    }
}

impl Endpoint {
    /// Opens a transaction; `None` when there are too many, after a stateless 503.
    pub(super) fn begin(&mut self, now: Time, arrival: Arrival, role: Role, out: &mut Output) -> Option<Key> {
        if if role == Role::Free { self.is_closed() } else { self.is_full() } {
            self.refuse_stateless(&arrival, 503, out);
            return None;
        }
        Some(self.open(now, arrival, role))
    }

    /// Opens a transaction however many there are; only for what ends a leg or an INVITE, which bound it.
    pub(super) fn open(&mut self, now: Time, arrival: Arrival, role: Role) -> Key {
        let method = arrival.request.method();
        // A request inside a dialog brings our tag along.
        let inside = !arrival.request.to_tag().is_empty();
        let key = arrival.key;
        let origin = (role == Role::Free && !inside).then(|| arrival.origin(&self.printer));
        let way = arrival.way();
        let pace = self.pace(arrival.flow);
        let without_offer = !describes(&arrival.request);
        let machine = match method {
            Method::Invite => Machine::Invite(ServerInvite::new(pace)),
            _ => Machine::Other(ServerNonInvite::new(pace)),
        };
        let reliable = self.reliability(&arrival.request);
        let id = self.servers.next_key();
        let forget = match method {
            Method::Invite => None,
            _ => Some(self.wheel.arm(now + self.config.timers.patience(), Deadline::Forget(id))),
        };
        self.by_request.insert(key, id);
        if let Some(origin) = origin {
            self.by_origin.insert(origin, id);
        }
        let server = Server {
            machine,
            key,
            origin,
            flow: arrival.flow,
            way,
            via: arrival.noted_via(),
            request: Some(arrival.request),
            method,
            cseq: arrival.cseq,
            without_offer,
            tag: if inside { String::new() } else { self.draw_tag() },
            last: Arc::default(),
            status: 0,
            refused: None,
            timers: Armed::default(),
            forget,
            role,
            reliable,
        };
        self.held += server.held();
        self.servers.insert(server);
        id
    }

    /// Whether the same request is being served on another way already (RFC 3261 §8.2.2.2).
    pub(super) fn is_merged(&self, arrival: &Arrival) -> bool {
        self.by_origin.contains(arrival.origin(&self.printer))
    }

    /// Opens a transaction and refuses it.
    pub(super) fn refuse(
        &mut self,
        now: Time,
        arrival: Arrival,
        status: u16,
        headers: Vec<(String, String)>,
        out: &mut Output,
    ) {
        let role = if arrival.request.to_tag().is_empty() && !self.is_merged(&arrival) {
            Role::Free
        } else {
            // No leg has this key: it only keeps the transaction out of the index of origins.
            Role::Inside(Key { slot: u32::MAX, generation: u32::MAX })
        };
        if let Some(id) = self.begin(now, arrival, role, out) {
            self.respond(now, id, status, &Reply { headers, body: None }, out);
        }
    }

    /// Answers without keeping anything (RFC 3261 §8.2.7).
    pub(super) fn refuse_stateless(&mut self, arrival: &Arrival, status: u16, out: &mut Output) {
        if arrival.request.method() == Method::Ack {
            return;
        }
        let reply = Builder::reply(&arrival.request, status, Some(&self.stateless_tag), Some(&arrival.noted_via()));
        let retry = (status == 503).then_some(RETRY_AFTER_S);
        let bytes = reply.header_if(Name::RetryAfter, retry).header(Name::Server, &self.config.product).finish();
        out.messages.push(arrival.way().outgoing(Arc::from(bytes)));
    }

    /// A stateless refusal with headers of the caller's choice.
    pub(super) fn refuse_with(&self, arrival: &Arrival, status: u16, headers: &[(String, String)], out: &mut Output) {
        let reply = Builder::reply(&arrival.request, status, Some(&self.stateless_tag), Some(&arrival.noted_via()));
        let mut reply = reply.header(Name::Server, &self.config.product);
        for (name, value) in headers {
            reply.push(name, value);
        }
        out.messages.push(arrival.way().outgoing(Arc::from(reply.finish())));
    }

    /// Sends a response; false when the transaction has its final one already.
    pub(super) fn respond(&mut self, now: Time, id: Key, status: u16, reply: &Reply, out: &mut Output) -> bool {
        let Some(server) = self.servers.get(id).filter(|server| server.is_open()) else { return false };
        let grant = self.grant(server, status);
        let Some(bytes) = self.render(server, status, reply, grant) else { return false };
        if status >= 200 {
            self.keep_heard(id);
        }
        let Some(server) = self.servers.get_mut(id) else { return false };
        self.held -= server.held();
        (server.last, server.status) = (Arc::from(bytes), status);
        let event = match status {
            ..200 => ServerEvent::Provisional,
            200..300 => ServerEvent::Success,
            _ => ServerEvent::Failure,
        };
        if status >= 200 {
            (server.request, server.via) = (None, String::new());
            let forget = server.forget.take();
            forget.map(|timer| self.wheel.cancel(timer));
        }
        self.held += server.held();
        let role = server.role;
        if status >= 200 {
            self.stop_reliable(id);
        }
        self.run_server(now, id, event, out);
        if let (..200, Role::First(leg)) = (status, role) {
            self.note_awaited(leg, out);
        }
        self.note_answer(now, role, status, reply, grant);
        true
    }

    /// Whoever had a provisional response asks no more: the INVITE is to be known until the final one has its ACK.
    fn keep_heard(&mut self, id: Key) {
        let Some(server) = self.servers.get(id) else { return };
        let (Role::First(leg), Some(request)) = (server.role, &server.request) else { return };
        if let Some(leg) = self.legs.get_mut(leg).filter(|leg| leg.written || !server.last.is_empty()) {
            self.held -= leg.held();
            leg.heard = Some(Arc::new(HeardInvite::of(request, &server.tag)));
            self.held += leg.held();
        }
    }

    /// Its leg is gone, and the refusal not known to have arrived: what is to be written of that, none where it has its ACK.
    pub(super) fn owe_refusal(&mut self, id: Key, leg: LegId, invite: Arc<HeardInvite>) -> Option<Image> {
        let server = self.servers.get_mut(id).filter(|server| server.machine.awaits_ack())?;
        server.refused = Some(leg);
        Some(Image::Refused { flow: server.flow, status: server.status, invite })
    }

    /// What a leg remembers of a response of ours: its description, and how long the session lives.
    fn note_answer(&mut self, now: Time, role: Role, status: u16, reply: &Reply, grant: Option<Grant>) {
        if let Role::First(leg) | Role::Change(leg) = role
            && (101..300).contains(&status)
            && let Some(leg) = self.legs.get_mut(leg)
        {
            leg.describe(reply.body.as_ref());
        }
        if let Some(grant) = grant {
            self.granted(now, grant);
        }
    }

    fn render(&self, server: &Server, status: u16, reply: &Reply, grant: Option<Grant>) -> Option<Vec<u8>> {
        let request = server.request.as_ref()?;
        let tag = (status > 100).then_some(server.tag.as_str());
        let mut builder = Builder::reply(request, status, tag, Some(&server.via));
        let accepts = (200..300).contains(&status);
        if (101..300).contains(&status) && matches!(server.method, Method::Invite | Method::Update) {
            for route in request.headers(Name::RecordRoute) {
                builder.push(Name::RecordRoute, route);
            }
            builder.push(Name::Contact, self.contact(server.flow, &self.contact_user(server)));
        }
        if matches!(status, 405 | 501) {
            self.push_allow(&mut builder);
        } else if accepts && matches!(server.method, Method::Invite | Method::Update | Method::Options) {
            builder = self.push_abilities(builder, true);
        }
        if let Some(grant) = grant {
            grant.push(&mut builder);
        }
        builder.push(Name::Server, &self.config.product);
        Some(finish(builder, &reply.headers, reply.body.as_ref()))
    }

    fn contact_user(&self, server: &Server) -> String {
        match server.role {
            Role::First(leg) | Role::Change(leg) | Role::Inside(leg) => self.legs.get(leg).map(|leg| leg.user.clone()),
            Role::Free => None,
        }
        .or_else(|| server.request.as_ref()?.request_uri_ref()?.user())
        .unwrap_or_default()
    }

    pub(super) fn server_event(&mut self, now: Time, id: Key, event: ServerEvent, out: &mut Output) {
        self.run_server(now, id, event, out);
    }

    pub(super) fn server_timer(&mut self, now: Time, id: Key, timer: Timer, out: &mut Output) {
        if let Some(server) = self.servers.get_mut(id) {
            server.timers.take(timer);
            self.run_server(now, id, ServerEvent::Fired(timer), out);
        }
    }

    fn run_server(&mut self, now: Time, id: Key, event: ServerEvent, out: &mut Output) {
        let Some(server) = self.servers.get_mut(id) else { return };
        let mut actions = std::mem::take(&mut self.actions);
        server.machine.handle(event, &mut actions);
        if let Some(leg) = server.refused.filter(|_| !server.machine.awaits_ack()) {
            server.refused = None;
            out.facts.push(Fact::Closed { leg });
        }
        for action in actions.drain(..) {
            match action {
                Action::Send => self.repeat_response(id, out),
                Action::Arm(timer, after) => self.arm_server(now, id, timer, after),
                Action::Stop(timer) => self.stop_server(id, timer),
                Action::End => self.forget_server(id),
                // An ACK of a 2xx goes to its leg by tag; a refused caller that never acknowledges owes us nothing.
                Action::Pass | Action::TimedOut | Action::Acknowledge | Action::Failed => {}
            }
        }
        self.actions = actions;
    }

    pub(super) fn repeat_response(&mut self, id: Key, out: &mut Output) {
        if let Some(server) = self.servers.get(id).filter(|server| !server.last.is_empty()) {
            out.messages.push(server.way.outgoing(Arc::clone(&server.last)));
        }
    }

    /// The 2xx of an INVITE, which from now on its leg repeats.
    pub(super) fn take_success(&mut self, id: Key) -> Arc<[u8]> {
        let Some(server) = self.servers.get_mut(id) else { return Arc::default() };
        self.held -= server.last.len();
        std::mem::take(&mut server.last)
    }

    fn arm_server(&mut self, now: Time, id: Key, timer: Timer, after: Duration) {
        let Some(server) = self.servers.get_mut(id) else { return };
        let armed = self.wheel.arm(now + after, Deadline::Server(id, timer));
        if let Some(old) = server.timers.put(timer, armed) {
            self.wheel.cancel(old);
        }
    }

    fn stop_server(&mut self, id: Key, timer: Timer) {
        if let Some(armed) = self.servers.get_mut(id).and_then(|server| server.timers.take(timer)) {
            self.wheel.cancel(armed);
        }
    }

    /// The owner never answered: the transaction goes, and with it what its leg remembers of it.
    pub(super) fn on_forgotten(&mut self, now: Time, id: Key, out: &mut Output) {
        let Some(server) = self.servers.get_mut(id) else { return };
        server.forget = None;
        let role = server.role;
        self.forget_server(id);
        if let Role::Change(leg) = role {
            self.change_answered(now, leg, out);
        }
    }

    fn forget_server(&mut self, id: Key) {
        self.stop_reliable(id);
        let Some(server) = self.servers.remove(id) else { return };
        self.held -= server.held();
        self.by_request.remove(server.key);
        if let Some(origin) = server.origin {
            self.by_origin.remove(origin);
        }
        for timer in server.timers.ids().chain(server.forget) {
            self.wheel.cancel(timer);
        }
    }
}

/// How long a caller that met our limits should stay away: the load of a surge is spread over this.
const RETRY_AFTER_S: u32 = 10;
