//! Client transactions: what we asked, and who hears the answer.

use std::sync::Arc;

use base::{Flow, Key, Print, Ticket, Time, TimerId, Transport};

use super::deadline::{Armed, Deadline};
use super::hop::Way;
use super::prack::{Heard, PRACKS_PRESUMED};
use super::size::Smaller;
use super::{Body, Cause, Endpoint, Outgoing, Output};
use crate::text;
use crate::transaction::{Action, ClientEvent, ClientInvite, ClientNonInvite, Pace, Timer};
use crate::via::MAGIC_COOKIE;
use crate::{Builder, Dialog, Head, Message, Method, Name, SentInvite, ViaRef};

#[derive(Debug)]
pub(super) struct Client {
    pub(super) machine: Machine,
    pub(super) way: Way,
    key: Print,
    pub(super) bytes: Arc<[u8]>,
    pub(super) smaller: Option<Box<Smaller>>,
    pub(super) timers: Armed,
    abandon: Option<TimerId>,
    pub(super) purpose: Purpose,
    /// Only of an INVITE.
    pub(super) placed: Option<Box<Placed>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Machine {
    Invite(ClientInvite),
    Other(ClientNonInvite),
}

impl Client {
    /// An INVITE that nothing has answered yet.
    pub(super) fn is_calling(&self) -> bool {
        matches!(self.machine, Machine::Invite(machine) if machine.is_calling())
    }
}

impl Machine {
    /// Whether the request may have to leave once more.
    pub(super) fn repeats(&self) -> bool {
        match self {
            Machine::Invite(machine) => machine.is_calling(),
            Machine::Other(machine) => machine.is_open(),
        }
    }

    fn handle(&mut self, event: ClientEvent, out: &mut Vec<Action>) {
        match self {
            Machine::Invite(machine) => machine.handle(event, out),
            Machine::Other(machine) => machine.handle(event, out),
        }
    }
}

/// Who hears the answer; the keys are of legs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    Invite(Key),
    Change(Key),
    Info(Key),
    Bye(Key),
    Ticket(Ticket),
    /// Nobody: CANCEL, the BYE to a losing fork.
    Nobody,
}

/// What the ACKs and the CANCEL of an INVITE are made of.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) sent: Arc<SentInvite>,
    /// A provisional response came.
    pub(super) rings: bool,
    /// It carried a body, so its 2xx can be acknowledged at once.
    pub(super) offered: bool,
    /// Of a re-INVITE: the dialog as it was.
    pub(super) dialog: Option<Dialog>,
    /// The last reliable provisional response of each To tag, and how many PRACKs they got together (RFC 3262 §4).
    pub(super) heard: Vec<Heard>,
    pub(super) pracks: u32,
    /// One for each To tag that sent a 2xx; `None` while it waits for our answer to the peer's offer.
    pub(super) acks: Vec<(String, Option<Outgoing>)>,
}

impl Placed {
    pub(super) fn new(sent: Arc<SentInvite>) -> Placed {
        Placed { sent, rings: false, offered: false, dialog: None, heard: Vec::new(), pracks: 0, acks: Vec::new() }
    }
}

/// A request to send.
pub(super) struct Draft<'a> {
    pub(super) purpose: Purpose,
    pub(super) flow: Flow,
    pub(super) head: Head,
    /// The user part of Contact, where one is due.
    pub(super) contact: Option<&'a str>,
    pub(super) headers: &'a [(String, String)],
    pub(super) body: Option<&'a Body>,
    pub(super) dialog: Option<Dialog>,
}

impl Draft<'_> {
    /// Whether the flow says where a connection is to be opened: that of a request outside any dialog which names none.
    fn names_its_place(&self) -> bool {
        let is_first = matches!(self.purpose, Purpose::Invite(_) | Purpose::Ticket(_));
        is_first && self.flow.transport.is_reliable() && self.flow.connection == 0
    }
}

/// How a request ended, or went on.
pub(super) enum Verdict {
    Response(Message),
    Failed(Cause),
}

impl Verdict {
    /// The failure it means; `None` for what is below 300.
    pub(super) fn cause(&self) -> Option<Cause> {
        match self {
            Verdict::Failed(cause) => Some(*cause),
            Verdict::Response(message) => message.status().filter(|status| *status >= 300).map(Cause::Status),
        }
    }

    /// Whether it is a final response, or the end without one.
    pub(super) fn is_final(&self) -> bool {
        !matches!(self, Verdict::Response(message) if message.status().is_some_and(|status| status < 200))
    }

    /// Whether the peer does not know the dialog any more (RFC 3261 §12.2.1.2, §14.1).
    pub(super) fn is_fatal(&self) -> bool {
        matches!(self.cause(), Some(Cause::Status(408 | 481) | Cause::Timeout))
    }

    pub(super) fn into_result(self) -> Result<Message, Cause> {
        match (self.cause(), self) {
            (None, Verdict::Response(message)) => Ok(message),
            (Some(cause), _) | (None, Verdict::Failed(cause)) => Err(cause),
        }
    }
}

impl Endpoint {
    /// Starts a transaction; `None` when there are too many.
    pub(super) fn start(&mut self, now: Time, draft: Draft<'_>, out: &mut Output) -> Option<Key> {
        // A BYE ends more than it costs: it leaves even when there are too many transactions.
        if self.is_full() && draft.head.method != Method::Bye {
            return None;
        }
        let branch = self.draw_branch();
        let via = self.via(draft.flow, &branch);
        Some(self.launch(now, draft, &branch, via, out))
    }

    /// Cancels an INVITE that has had a provisional response (RFC 3261 §9.1).
    pub(super) fn send_cancel(&mut self, now: Time, invite: Key, reason: Option<&str>, out: &mut Output) {
        let Some(client) = self.clients.get(invite) else { return };
        let Some(placed) = &client.placed else { return };
        let (flow, head, via) = (client.way.flow, placed.sent.head.cancel(), placed.sent.via.clone());
        let headers = reason_header(reason);
        let draft =
            Draft { purpose: Purpose::Nobody, flow, head, contact: None, headers: &headers, body: None, dialog: None };
        // Same branch as the INVITE, and due even when there are too many transactions: it ends one.
        let branch = ViaRef::parse(&via).ok().and_then(ViaRef::branch).unwrap_or_default().to_owned();
        self.launch(now, draft, &branch, via, out);
        self.abandon_later(now, invite);
    }

    /// Gives an INVITE 64·T1 more to end by itself.
    pub(super) fn abandon_later(&mut self, now: Time, invite: Key) {
        let Some(client) = self.clients.get_mut(invite) else { return };
        if client.abandon.is_none() {
            let at = now + self.config.timers.patience();
            client.abandon = Some(self.wheel.arm(at, Deadline::Abandon(invite)));
        }
    }

    fn launch(&mut self, now: Time, draft: Draft<'_>, branch: &str, mut via: String, out: &mut Output) -> Key {
        let mut flow = draft.flow;
        let mut bytes = self.write(&draft, flow, &via);
        let mut smaller = None;
        if self.prefers_tcp(&draft, bytes.len()) {
            smaller = Some(Box::new(Smaller { way: Way::of_request(flow, &draft.head), via, bytes }));
            flow = Flow { transport: Transport::Tcp, ..flow };
            via = self.via(flow, branch);
            bytes = self.write(&draft, flow, &via);
        }
        let is_named = draft.names_its_place();
        let Draft { purpose, head, body, dialog, .. } = draft;
        let way = if is_named { Way::to_place(flow) } else { Way::of_request(flow, &head) };
        let pace = self.pace(flow);
        let key = self.branch_print(branch, head.method);
        let (machine, placed) = if head.method == Method::Invite {
            let sent = Arc::new(SentInvite { head, via });
            let placed = Placed { offered: body.is_some(), dialog, ..Placed::new(sent) };
            (Machine::Invite(ClientInvite::new(pace)), Some(Box::new(placed)))
        } else {
            (Machine::Other(ClientNonInvite::new(pace)), None)
        };
        let timers = Armed::default();
        let id =
            self.insert_client(Client { machine, way, key, bytes, smaller, timers, abandon: None, purpose, placed });
        self.run_client(now, id, ClientEvent::Start, None, out);
        id
    }

    fn write(&self, draft: &Draft<'_>, flow: Flow, via: &str) -> Arc<[u8]> {
        let mut builder = draft.head.builder(via);
        if let Some(user) = draft.contact {
            builder.push(Name::Contact, self.contact(flow, user));
        }
        if matches!(draft.head.method, Method::Invite | Method::Update) {
            builder = self.push_abilities(builder, draft.body.is_some());
        }
        builder.push(Name::UserAgent, &self.config.product);
        Arc::from(finish(builder, draft.headers, draft.body))
    }

    /// The transaction of an INVITE that an earlier process sent; nothing of it leaves again.
    pub(super) fn resume(&mut self, flow: Flow, leg: Key, placed: Placed) -> Key {
        let state = match placed {
            Placed { ref acks, .. } if !acks.is_empty() => ClientInvite::accepted_before,
            Placed { rings: true, .. } => ClientInvite::proceeding_before,
            _ => ClientInvite::new,
        };
        let machine = Machine::Invite(state(self.pace(flow)));
        let branch = ViaRef::parse(&placed.sent.via).ok().and_then(ViaRef::branch).unwrap_or_default();
        let key = self.branch_print(branch, Method::Invite);
        let way = Way::of_request(flow, &placed.sent.head);
        let (timers, purpose, placed) =
            (Armed::default(), Purpose::Invite(leg), Some(Box::new(Placed { pracks: PRACKS_PRESUMED, ..placed })));
        let bytes = Arc::default();
        self.insert_client(Client { machine, way, key, bytes, smaller: None, timers, abandon: None, purpose, placed })
    }

    fn insert_client(&mut self, client: Client) -> Key {
        let (key, flow) = (client.key, client.way.flow);
        self.held += client.held();
        let id = self.clients.insert(client);
        self.by_branch.insert(key, id);
        self.on_flow.insert((flow, id));
        id
    }

    /// Sends an ACK of a 2xx, which is no transaction of its own (RFC 3261 §13.2.2.4).
    pub(super) fn acknowledgement(&mut self, flow: Flow, head: &Head, body: Option<&Body>) -> Outgoing {
        let branch = self.draw_branch();
        let builder = head.builder(&self.via(flow, &branch));
        Way::of_request(flow, head).outgoing(Arc::from(finish(builder, &[], body)))
    }

    pub(super) fn receive_response(&mut self, now: Time, response: Message, out: &mut Output) {
        // More than one Via: it went astray (RFC 3261 §8.1.3.3).
        if response.vias().nth(1).is_some() {
            return;
        }
        let (Ok(via), Ok((_, method)), Some(status)) = (response.top_via_ref(), response.cseq(), response.status())
        else {
            return;
        };
        let key = self.branch_print(via.branch().unwrap_or_default(), method);
        let Some(id) = self.by_branch.get(key).copied() else { return };
        let event = match status {
            ..200 => ClientEvent::Provisional,
            200..300 => ClientEvent::Success,
            _ => ClientEvent::Failure,
        };
        self.run_client(now, id, event, Some(response), out);
    }

    pub(super) fn client_timer(&mut self, now: Time, id: Key, timer: Timer, out: &mut Output) {
        if let Some(client) = self.clients.get_mut(id) {
            client.timers.take(timer);
            self.run_client(now, id, ClientEvent::Fired(timer), None, out);
        }
    }

    /// The INVITE had its last chance; who waits for it hears of a time-out.
    pub(super) fn abandon(&mut self, now: Time, id: Key, out: &mut Output) {
        let Some(client) = self.clients.get_mut(id) else { return };
        client.abandon = None;
        let open = matches!(client.machine, Machine::Invite(machine) if machine.is_open());
        let purpose = client.purpose;
        if open {
            self.run_client(now, id, ClientEvent::Abandon, None, out);
            self.deliver(now, id, purpose, Verdict::Failed(Cause::Timeout), out);
        }
    }

    /// Fails what is on its way to a flow; an INVITE that rings has been delivered and fails only with its connection.
    pub(super) fn fail_flow(&mut self, now: Time, flow: Flow, closed: bool, out: &mut Output) {
        let all = (flow, Key { slot: 0, generation: 0 })..=(flow, Key { slot: u32::MAX, generation: u32::MAX });
        let ids: Vec<Key> = self.on_flow.range(all).map(|(_, id)| *id).collect();
        for id in ids {
            let Some(client) = self.clients.get(id) else { continue };
            let rings =
                matches!(client.machine, Machine::Invite(machine) if machine.is_open() && !machine.is_calling());
            if (closed || !rings) && !self.fall_back(now, id, out) {
                self.run_client(now, id, ClientEvent::Unreachable, None, out);
            }
        }
    }

    pub(super) fn run_client(
        &mut self,
        now: Time,
        id: Key,
        event: ClientEvent,
        response: Option<Message>,
        out: &mut Output,
    ) {
        let Some(client) = self.clients.get_mut(id) else { return };
        let purpose = client.purpose;
        let mut actions = std::mem::take(&mut self.actions);
        client.machine.handle(event, &mut actions);
        if !client.machine.repeats() {
            // What lingers for half a minute does so without its request.
            self.held -= std::mem::take(&mut client.bytes).len();
            self.held -= client.smaller.take().map_or(0, |udp| udp.bytes.len());
        }
        let mut failed = None;
        let mut pass = false;
        let mut end = false;
        for action in actions.drain(..) {
            match action {
                Action::Send => self.repeat_request(id, out),
                Action::Arm(timer, after) => self.arm_client(now, id, timer, after),
                Action::Stop(timer) => self.stop_client(id, timer),
                Action::Acknowledge => self.acknowledge_failure(id, response.as_ref(), out),
                Action::Pass => pass = true,
                Action::TimedOut => failed = Some(Cause::Timeout),
                Action::Failed => failed = Some(Cause::Unreachable),
                Action::End => end = true,
            }
        }
        self.actions = actions;
        // Forgotten before its owner hears: only a 2xx to an INVITE needs the transaction still, and it lingers then.
        if end {
            self.forget_client(id);
        }
        match (failed, response) {
            (Some(cause), _) => self.deliver(now, id, purpose, Verdict::Failed(cause), out),
            (None, Some(response)) if pass => self.deliver(now, id, purpose, Verdict::Response(response), out),
            _ => {}
        }
    }

    fn deliver(&mut self, now: Time, id: Key, purpose: Purpose, verdict: Verdict, out: &mut Output) {
        match purpose {
            Purpose::Invite(leg) => self.on_invite(now, id, leg, verdict, out),
            Purpose::Change(leg) => self.on_change(now, id, leg, verdict, out),
            Purpose::Info(leg) => self.on_info(now, leg, &verdict, out),
            Purpose::Bye(leg) => self.on_bye_done(now, leg, &verdict, out),
            Purpose::Ticket(ticket) => Endpoint::on_ticket(ticket, verdict, out),
            Purpose::Nobody => {}
        }
    }

    fn repeat_request(&mut self, id: Key, out: &mut Output) {
        if let Some(client) = self.clients.get(id) {
            out.messages.push(client.way.outgoing(Arc::clone(&client.bytes)));
        }
    }

    pub(super) fn arm_client(&mut self, now: Time, id: Key, timer: Timer, after: std::time::Duration) {
        let Some(client) = self.clients.get_mut(id) else { return };
        let armed = self.wheel.arm(now + after, Deadline::Client(id, timer));
        if let Some(old) = client.timers.put(timer, armed) {
            self.wheel.cancel(old);
        }
    }

    fn stop_client(&mut self, id: Key, timer: Timer) {
        if let Some(armed) = self.clients.get_mut(id).and_then(|client| client.timers.take(timer)) {
            self.wheel.cancel(armed);
        }
    }

    fn acknowledge_failure(&self, id: Key, response: Option<&Message>, out: &mut Output) {
        let Some(client) = self.clients.get(id) else { return };
        if let (Some(placed), Some(response)) = (&client.placed, response) {
            let bytes = placed.sent.head.acknowledge(response).builder(&placed.sent.via).finish();
            out.messages.push(client.way.outgoing(Arc::from(bytes)));
        }
    }

    fn forget_client(&mut self, id: Key) {
        let Some(client) = self.clients.remove(id) else { return };
        self.held -= client.held();
        self.by_branch.remove(client.key);
        self.on_flow.remove(&(client.way.flow, id));
        for timer in client.timers.ids().chain(client.abandon) {
            self.wheel.cancel(timer);
        }
    }

    pub(super) fn pace(&self, flow: Flow) -> Pace {
        Pace { timers: self.config.timers, reliable: flow.transport.is_reliable() }
    }

    /// What matches a response to its transaction (RFC 3261 §17.1.3).
    fn branch_print(&self, branch: &str, method: Method) -> Print {
        self.printer.print(&[branch, method.name()])
    }

    fn draw_branch(&mut self) -> String {
        let mut branch = String::with_capacity(24);
        branch.push_str(MAGIC_COOKIE);
        text::push_hex(&mut branch, self.rng.u64());
        branch
    }

    /// Our own Via, asking the peer to answer to where we sent from (RFC 3581 §3).
    pub(super) fn via(&self, flow: Flow, branch: &str) -> String {
        let (host, port) = self.identity(flow);
        let mut via = String::with_capacity(host.len() + branch.len() + 40);
        ["SIP/2.0/", flow.transport.via_name(), " ", host].into_iter().for_each(|part| via.push_str(part));
        text::push_port(&mut via, port);
        [";branch=", branch, ";rport"].into_iter().for_each(|part| via.push_str(part));
        via
    }
}

pub(super) fn reason_header(reason: Option<&str>) -> Vec<(String, String)> {
    reason.map(|reason| (String::from("Reason"), reason.to_owned())).into_iter().collect()
}

pub(super) fn finish(mut builder: Builder, headers: &[(String, String)], body: Option<&Body>) -> Vec<u8> {
    for (name, value) in headers {
        builder.push(name, value);
    }
    match body {
        Some(body) => builder.finish_with(&body.content_type, &body.bytes),
        None => builder.finish(),
    }
}
