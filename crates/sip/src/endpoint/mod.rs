//! The user agent core (RFC 3261 §8, §9, §12–§15): bytes in, events by leg out.
//!
//! Invariants: every transaction, dialog and deadline is found by key, never by a walk over all of them; what is
//! open has a deadline or an owner that was told of it; each leg ends with exactly one `Event::Closed`.

mod callee;
mod caller;
mod change;
mod client;
mod config;
mod deadline;
mod ending;
mod event;
mod held;
mod hop;
mod inside;
mod leg;
mod prack;
mod receive;
mod refresh;
mod reliable;
mod restore;
mod server;
mod session;
mod size;
mod terms;

use std::collections::BTreeSet;
use std::time::Duration;

use base::{Flow, Key, LegId, Map, Now, Printer, Rng, Slab, Ticket, Time, Wheel, WireMap};

use self::client::{Client, Draft, Purpose, Verdict};
use self::deadline::Deadline;
use self::leg::{Leg, Phase};
use self::server::Server;
use crate::text;
use crate::transaction::Action;
pub use crate::transaction::Timers;
use crate::{Head, Image, Message, Method, ParseError, Replaces, Uri};
pub use config::{Config, Identity, Limits, Session};
pub use event::{Body, Cause, Event, Invite, Outgoing, Output, Party, Reply, Request, ServerTx};

/// Every transaction and dialog of one owner.
pub struct Endpoint {
    config: Config,
    rng: Rng,
    wheel: Wheel<Deadline>,
    clients: Slab<Client>,
    servers: Slab<Server>,
    legs: Slab<Leg>,
    printer: Printer,
    /// Client transactions by branch and method.
    by_branch: WireMap<Key>,
    /// Server transactions by `Arrival::key`.
    by_request: WireMap<Key>,
    /// Server transactions outside dialogs by Call-ID, From tag and CSeq.
    by_origin: WireMap<Key>,
    /// Legs by our tag.
    by_tag: WireMap<Key>,
    by_leg: Map<LegId, Key>,
    /// Client transactions by where they went.
    on_flow: BTreeSet<(Flow, Key)>,
    /// The To tag of stateless answers: the same each time (RFC 3261 §8.2.7).
    stateless_tag: String,
    /// Events of `adopt`, which has no output: they leave with the next call that has one.
    deferred: Vec<Event>,
    /// INVITEs that nothing was said to yet. Most are answered before `handle_timeout` comes, which is due at once; the
    /// others get their 100 then, well within the 200 ms of RFC 3261 §17.2.1.
    silent: Vec<Key>,
    /// Scratch of the transaction machines.
    actions: Vec<Action>,
    malformed: u64,
    /// Bytes of the messages that are kept.
    held: usize,
}

impl Endpoint {
    /// An endpoint without any transaction; `rng` has to be its own.
    pub fn new(mut config: Config, now: Time, mut rng: Rng) -> Endpoint {
        // A T1 of nothing would make timers that are due at once for ever.
        config.timers.t1 = config.timers.t1.max(Duration::from_millis(1));
        config.timers.t2 = config.timers.t2.max(config.timers.t1);
        config.identities.iter_mut().for_each(Identity::bracket);
        Endpoint {
            config,
            wheel: Wheel::new(now),
            clients: Slab::new(),
            servers: Slab::new(),
            legs: Slab::new(),
            printer: Printer::new(&mut rng),
            by_branch: WireMap::default(),
            by_request: WireMap::default(),
            by_origin: WireMap::default(),
            by_tag: WireMap::default(),
            by_leg: Map::default(),
            on_flow: BTreeSet::new(),
            stateless_tag: format!("{:016x}", rng.u64()),
            deferred: Vec::new(),
            silent: Vec::new(),
            actions: Vec::new(),
            malformed: 0,
            held: 0,
            rng,
        }
    }

    /// Takes one datagram or frame in.
    pub fn receive(&mut self, now: Now, flow: Flow, bytes: &[u8], out: &mut Output) {
        self.receive_read(now, flow, Message::parse(bytes), out);
    }

    /// The same for what the owner has read already, to bound what a fault of the reader costs.
    pub fn receive_read(&mut self, now: Now, flow: Flow, read: Result<Message, ParseError>, out: &mut Output) {
        self.flush(out);
        self.take_read(now.time, flow, read, out);
    }

    /// Refuses a first INVITE without keeping anything of it; a repetition of one that was let in is handled as ever.
    pub fn shed(&mut self, now: Now, flow: Flow, bytes: &[u8], refusal: (u16, &Reply), out: &mut Output) {
        self.flush(out);
        self.shed_bytes(now.time, flow, bytes, refusal, out);
    }

    /// The network says that what went to this flow could not be delivered: requests that nothing answered yet fail
    /// (RFC 3261 §17.1.4).
    pub fn unreachable(&mut self, now: Now, flow: Flow, out: &mut Output) {
        self.flush(out);
        self.fail_flow(now.time, flow, false, out);
    }

    /// A connection is gone, and with it every request of ours that it carried. Dialogs stay: their peer may come
    /// back on another connection, and a request of ours finds out when it does not.
    pub fn flow_closed(&mut self, now: Now, flow: Flow, out: &mut Output) {
        self.flush(out);
        self.fail_flow(now.time, flow, true, out);
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Now, out: &mut Output) {
        self.flush(out);
        for id in std::mem::take(&mut self.silent) {
            if self.servers.get(id).is_some_and(|server| server.last.is_empty()) {
                self.respond(now.time, id, 100, &Reply::default(), out);
            }
        }
        // Ends: whatever is armed meanwhile is due at least a millisecond later.
        while let Some(deadline) = self.wheel.pop(now.time) {
            self.fire(now.time, deadline, out);
        }
    }

    /// When `handle_timeout` is to be called, `None` while nothing waits.
    pub fn next_timeout(&self) -> Option<Time> {
        if self.deferred.is_empty() && self.silent.is_empty() { self.wheel.next() } else { Some(Time::ZERO) }
    }

    /// The INVITE's dialog belongs to `leg` from now on. A leg whose INVITE is over already is closed at once.
    pub fn adopt(&mut self, tx: ServerTx, leg: LegId) {
        if !self.by_leg.contains_key(&leg) && !self.take(tx.0, leg) {
            self.deferred.extend([Event::Cancelled { leg }, Event::Closed { leg }]);
        }
    }

    /// Sends a 1xx to the leg's INVITE; nothing when it was answered. Where the INVITE requires it, it is repeated until its
    /// PRACK, and the next one waits for that (RFC 3262 §3).
    pub fn provisional(&mut self, now: Now, leg: LegId, status: u16, reply: &Reply, out: &mut Output) {
        self.flush(out);
        if let Some(key) = self.leg(leg).filter(|_| (101..200).contains(&status)) {
            self.respond_first(now.time, key, status, reply, out);
        }
    }

    /// Sends 200 to the leg's INVITE and repeats it until its ACK; nothing when it was answered. It waits for the PRACK of a
    /// provisional response that carried a description.
    pub fn answer(&mut self, now: Now, leg: LegId, reply: &Reply, out: &mut Output) {
        self.flush(out);
        if let Some(key) = self.leg(leg) {
            self.respond_first(now.time, key, 200, reply, out);
        }
    }

    /// Responds to an open server transaction; nothing when it has its final response.
    pub fn reply(&mut self, now: Now, tx: ServerTx, status: u16, reply: &Reply, out: &mut Output) {
        self.flush(out);
        if (100..700).contains(&status) {
            self.respond_any(now.time, tx.0, status, reply, out);
        }
    }

    /// Calls. A leg id in use is ignored.
    pub fn invite(&mut self, now: Now, leg: LegId, invite: Invite, out: &mut Output) {
        self.flush(out);
        self.place(now.time, leg, invite, out);
    }

    /// Answers the challenge that `Event::Challenged` told of; without a header the call comes to nothing.
    pub fn authorize(
        &mut self,
        now: Now,
        leg: LegId,
        challenge: &Message,
        header: Option<(String, String)>,
        out: &mut Output,
    ) {
        self.flush(out);
        if let Some(key) = self.leg(leg) {
            self.prove(now.time, key, challenge, header, out);
        }
    }

    /// Sends a request outside any dialog; ends with `Event::Response`.
    pub fn request(&mut self, now: Now, ticket: Ticket, request: Request, out: &mut Output) {
        self.flush(out);
        let tag = self.draw_tag();
        let call_id = request.call_id.unwrap_or_else(|| self.draw_call_id());
        let to = if request.to.is_empty() { &request.uri } else { &request.to };
        let head = Head {
            method: request.method,
            routes: Vec::new(),
            from: self.party(request.flow, &request.from, &tag),
            to: format!("<{to}>"),
            uri: request.uri,
            call_id,
            cseq: request.cseq,
        };
        let draft = Draft {
            purpose: Purpose::Ticket(ticket),
            flow: request.flow,
            head,
            contact: None,
            headers: &request.headers,
            body: request.body.as_ref(),
            dialog: None,
        };
        if self.start(now.time, draft, out).is_none() {
            out.events.push(Event::Response { ticket, result: Err(Cause::Status(503)) });
        }
    }

    /// Offers new terms, or asks for the peer's offer when `body` is `None`; waits its turn, retries after 491, ends
    /// with `Event::ReinviteDone`.
    pub fn reinvite(&mut self, now: Now, leg: LegId, body: Option<Body>, out: &mut Output) {
        self.flush(out);
        if let Some(key) = self.leg(leg) {
            self.ask_change(now.time, key, false, body, out);
        }
    }

    /// Like `reinvite`, by UPDATE (RFC 3311).
    pub fn update(&mut self, now: Now, leg: LegId, body: Option<Body>, out: &mut Output) {
        self.flush(out);
        if let Some(key) = self.leg(leg) {
            self.ask_change(now.time, key, true, body, out);
        }
    }

    /// Sends the ACK that carries our answer when our INVITE had no offer; nothing when no ACK is owed.
    pub fn acknowledge(&mut self, now: Now, leg: LegId, body: Option<Body>, out: &mut Output) {
        self.flush(out);
        if let Some(key) = self.leg(leg) {
            self.legs.get_mut(key).into_iter().for_each(|leg| leg.describe(body.as_ref()));
            self.pay_ack(key, body.as_ref(), out);
            self.pump(now.time, key, out);
        }
    }

    /// Sends INFO in an answered leg; its response is of no interest unless it shows that the dialog is dead.
    pub fn info(&mut self, now: Now, leg: LegId, body: Body, out: &mut Output) {
        self.flush(out);
        if let Some(key) = self.leg(leg) {
            self.send_info(now.time, key, &body, out);
        }
    }

    /// Sends a request that changes no terms in an answered leg: NOTIFY, REFER, MESSAGE. Nobody waits for its response.
    pub fn send(&mut self, now: Now, leg: LegId, method: Method, reply: &Reply, out: &mut Output) {
        self.flush(out);
        if let Some(key) = self.leg(leg) {
            self.send_inside(now.time, key, method, reply, out);
        }
    }

    /// Ends the leg by whatever is right now: final response, CANCEL (held back until a provisional), BYE (held back
    /// until our 2xx has its ACK) or nothing. `status_if_early` answers an INVITE that rings, 480 stands in for what
    /// is no failure; `reason` is the value of a Reason header (RFC 3326).
    pub fn hang_up(&mut self, now: Now, leg: LegId, status_if_early: u16, reason: Option<&str>, out: &mut Output) {
        self.flush(out);
        if let Some(key) = self.leg(leg) {
            self.end(now.time, key, status_if_early, reason, out);
        }
    }

    /// The leg of the dialog that a Replaces names (RFC 3891 §3), with the tags as its sender saw them or, as some phones write
    /// them, the other way round.
    pub fn find(&self, call_id: &str, tags: [&str; 2]) -> Option<LegId> {
        let [to, from] = tags;
        [(to, from), (from, to)].into_iter().find_map(|(ours, theirs)| {
            let leg = self.legs.get(*self.by_tag.get(self.printer.print(&[ours]))?)?;
            let dialogs = leg.dialog.iter().chain(&leg.early);
            let named = |dialog: &crate::Dialog| dialog.call_id() == call_id && dialog.remote_tag() == theirs;
            dialogs.into_iter().any(named).then_some(leg.id)
        })
    }

    /// The dialog of a leg as a Replaces names it to its peer (RFC 3891 §6.1); none before the peer's tag is known.
    pub fn names(&self, leg: LegId) -> Option<Replaces<'_>> {
        let leg = self.legs.get(*self.by_leg.get(&leg)?)?;
        let dialog = leg.dialog.iter().chain(&leg.early).next()?;
        let (call_id, to_tag, from_tag) = (dialog.call_id(), dialog.remote_tag(), leg.local_tag.as_str());
        Some(Replaces { call_id, to_tag, from_tag, early_only: false })
    }

    /// An answered leg goes by another id from now on. False, and nothing changed, for one that is not up, and for an id in use.
    pub fn rename(&mut self, leg: LegId, to: LegId, out: &mut Output) -> bool {
        self.flush(out);
        let Some(key) = self.leg(leg).filter(|_| !self.by_leg.contains_key(&to)) else { return false };
        let Some(kept) = self.legs.get_mut(key).filter(|kept| !kept.muted && kept.phase == Phase::Up) else {
            return false;
        };
        kept.id = to;
        self.by_leg.remove(&leg);
        self.by_leg.insert(to, key);
        // The new name first: a journal that is cut between the two has the dialog twice, and not never.
        self.note_image(key, out);
        out.facts.push(crate::Fact::Closed { leg });
        true
    }

    /// Makes a leg again of what an earlier process wrote of it, muted: `hang_up` it. Its `Event::Closed` comes with the
    /// final response, or when 64·T1 have passed without one. One that was refused is refused again and is no leg. A leg id in use
    /// is ignored.
    pub fn restore(&mut self, now: Now, leg: LegId, image: Image, out: &mut Output) {
        self.flush(out);
        self.revive(now.time, leg, image, out);
    }

    /// Messages since the start that could not be read, answered ones included.
    pub const fn malformed(&self) -> u64 {
        self.malformed
    }

    /// Whether no transaction, leg or deadline is left.
    pub fn is_idle(&self) -> bool {
        self.clients.is_empty()
            && self.servers.is_empty()
            && self.legs.is_empty()
            && self.wheel.is_empty()
            && self.deferred.is_empty()
            && self.silent.is_empty()
            && self.by_branch.is_empty()
            && self.by_request.is_empty()
            && self.by_origin.is_empty()
            && self.by_tag.is_empty()
            && self.by_leg.is_empty()
            && self.on_flow.is_empty()
            && self.held == 0
    }

    fn fire(&mut self, now: Time, deadline: Deadline, out: &mut Output) {
        match deadline {
            Deadline::Client(id, timer) => self.client_timer(now, id, timer, out),
            Deadline::Server(id, timer) => self.server_timer(now, id, timer, out),
            Deadline::Forget(id) => self.on_forgotten(now, id, out),
            Deadline::Abandon(id) => self.abandon(now, id, out),
            Deadline::Presumed(leg) => self.cancel_presumed(now, leg, out),
            Deadline::Repeat(leg) => self.repeat_success(now, leg, out),
            Deadline::AckMissing(leg) => self.ack_missing(now, leg, out),
            Deadline::RepeatProvisional(id) => self.repeat_provisional(now, id, out),
            Deadline::PrackMissing(id) => self.prack_missing(now, id, out),
            Deadline::Retry(leg) => self.retry(now, leg, out),
            Deadline::Session(leg) => self.session_due(now, leg, out),
        }
    }

    fn on_ticket(ticket: Ticket, verdict: Verdict, out: &mut Output) {
        if !verdict.is_final() {
            return;
        }
        let result = match verdict {
            Verdict::Response(response) => Ok(response),
            Verdict::Failed(cause) => Err(cause),
        };
        out.events.push(Event::Response { ticket, result });
    }

    fn flush(&mut self, out: &mut Output) {
        out.events.append(&mut self.deferred);
    }

    fn leg(&self, id: LegId) -> Option<Key> {
        self.by_leg.get(&id).copied()
    }

    fn insert_leg(&mut self, leg: Leg) -> Key {
        let (id, tag) = (leg.id, self.printer.print(&[&leg.local_tag]));
        self.held += leg.held();
        let key = self.legs.insert(leg);
        self.by_leg.insert(id, key);
        self.by_tag.insert(tag, key);
        key
    }

    fn draw_tag(&mut self) -> String {
        let mut tag = String::with_capacity(16);
        text::push_hex(&mut tag, self.rng.u64());
        tag
    }

    fn draw_call_id(&mut self) -> String {
        let mut id = String::with_capacity(32);
        text::push_hex(&mut id, self.rng.u64());
        text::push_hex(&mut id, self.rng.u64());
        id
    }

    /// Our host and port as a flow's network sees them.
    fn identity(&self, flow: Flow) -> (&str, Option<u16>) {
        let of_network = || self.config.identities.iter().filter(|identity| identity.network == flow.network);
        let exact = of_network().find(|identity| identity.transport == flow.transport);
        // A host that nobody has (RFC 2606): the answers to such a request come by `rport`.
        exact
            .or_else(|| of_network().next())
            .map_or(("anonymous.invalid", None), |identity| (identity.host.as_str(), Some(identity.port)))
    }

    fn contact(&self, flow: Flow, user: &str) -> String {
        let (host, port) = self.identity(flow);
        let at = if user.is_empty() { "" } else { "@" };
        let mut contact = String::with_capacity(user.len() + host.len() + 32);
        ["<sip:", user, at, host].into_iter().for_each(|part| contact.push_str(part));
        text::push_port(&mut contact, port);
        if flow.transport.is_reliable() {
            contact.push_str(";transport=");
            contact.extend(flow.transport.via_name().chars().map(|letter| letter.to_ascii_lowercase()));
        }
        contact.push('>');
        contact
    }

    fn party(&self, flow: Flow, party: &Party, tag: &str) -> String {
        let host = if party.host.is_empty() { self.identity(flow).0 } else { &party.host };
        let display = (!party.display.is_empty()).then(|| text::quote(&party.display));
        let (display, space) = display.as_ref().map_or(("", ""), |display| (display.as_str(), " "));
        let user = Uri::escaped_user(&party.user);
        let at = if user.is_empty() { "" } else { "@" };
        [display, space, "<sip:", &user, at, host, ">;tag=", tag].concat()
    }
}
