//! What the endpoint says, brought to the call it concerns.

use base::{AgentId, CallId, Digit, Lease, LegId, Now, WorkerId};
use call::{Change, Event as CallEvent, Offer, Reached, Signal};
use roster::Contact;
use sip::{Cause, Event, Message, Reply, ServerTx};

use crate::{Effects, Switch};

impl Switch {
    pub(crate) fn on_sip(&mut self, now: Now, event: Event, out: &mut Effects) {
        match event {
            Event::Invite { tx, flow, request } => self.on_invite(now, tx, flow, &request, out),
            Event::Request { tx, flow, request } => self.on_request(now, tx, flow, &request, out),
            Event::Cancelled { leg } => self.signal(now, leg, Signal::Cancelled, out),
            Event::Acked { leg, request } => self.signal(now, leg, Signal::Acked { body: sdp_of(&request) }, out),
            Event::AckMissing { leg } => self.signal(now, leg, Signal::AckMissing, out),
            Event::Reinvite { leg, tx, request } => self.on_change(now, leg, tx, &request, Change::Reinvite, out),
            Event::Update { leg, tx, request } => self.on_change(now, leg, tx, &request, Change::Update, out),
            Event::Info { leg, tx, request } => self.on_info(now, leg, tx, &request, out),
            Event::InDialog { leg, tx, request } => self.on_in_dialog(now, leg, tx, &request, out),
            Event::Bye { leg, .. } => self.signal(now, leg, Signal::Bye, out),
            Event::Trying { leg } => self.signal(now, leg, Signal::Progress { status: 100, body: None }, out),
            Event::Progress { leg, response } => self.on_progress(now, leg, &response, out),
            Event::Challenged { leg, response } => self.challenged(now, leg, &response),
            Event::Answered { leg, response } => {
                self.line_answered(now, leg);
                self.signal(now, leg, Signal::Answered { body: sdp_of(&response) }, out);
            }
            Event::Rejected { leg, cause, response } => {
                self.line_refused(now, leg, cause, response.as_ref());
                match self.moved(now, leg, response.as_ref(), out) {
                    Some(moved) => self.tell(now, leg.call, CallEvent::Moved(moved), out),
                    None => self.signal(now, leg, Signal::Rejected { status: status_of(cause) }, out),
                }
            }
            Event::Gone { leg, .. } => self.signal(now, leg, Signal::Gone, out),
            Event::Closed { leg } => {
                self.line_closed(leg);
                self.signal(now, leg, Signal::Closed, out);
                self.remnant_closed(leg.call, leg.index, out);
            }
            // A phone was silent, and nobody listens at its address.
            Event::ReinviteDone { leg, result: Err(Cause::Unreachable) } => {
                self.signal(now, leg, Signal::Gone, out);
                self.endpoint.hang_up(now, leg, 480, None, &mut self.sip);
            }
            // Of what we ask inside dialogs the answer itself matters, not what it says.
            Event::ReinviteDone { leg, .. } => self.signal(now, leg, Signal::Alive, out),
            Event::Response { ticket, result } => {
                self.on_response(now, ticket, result.as_ref().map_err(|cause| *cause), out);
            }
        }
    }

    pub(crate) fn signal(&mut self, now: Now, leg: LegId, signal: Signal<'_>, out: &mut Effects) {
        self.tell(now, leg.call, CallEvent::Signal { leg: leg.index, signal }, out);
    }

    fn on_progress(&mut self, now: Now, leg: LegId, response: &Message, out: &mut Effects) {
        self.line_heard(now, leg);
        let status = response.status().unwrap_or(180);
        self.signal(now, leg, Signal::Progress { status, body: sdp_of(response) }, out);
    }

    fn on_change(&mut self, now: Now, leg: LegId, tx: ServerTx, request: &Message, method: Change, out: &mut Effects) {
        let ticket = self.ticket();
        self.requests.insert(ticket, tx);
        let signal = Signal::Changed { request: ticket, body: sdp_of(request), method };
        self.signal(now, leg, signal, out);
        if let Some(tx) = self.requests.remove(&ticket) {
            // The call is gone while its dialog winds down.
            self.endpoint.reply(now, tx, 481, &Reply::default(), &mut self.sip);
        }
    }

    /// Keys by INFO: `application/dtmf-relay` names the signal in a line, `application/dtmf` is the key itself.
    fn on_info(&mut self, now: Now, leg: LegId, tx: ServerTx, request: &Message, out: &mut Effects) {
        let (status, reply) = match info_digit(request) {
            Info::Digit(digit) => {
                self.signal(now, leg, Signal::Digit(digit), out);
                (200, Reply::default())
            }
            Info::Empty => (200, Reply::default()),
            // RFC 3261 §21.4.13.
            Info::Unknown => (415, accepts(KEYS)),
        };
        self.endpoint.reply(now, tx, status, &reply, &mut self.sip);
    }

    fn on_in_dialog(&mut self, now: Now, leg: LegId, tx: ServerTx, request: &Message, out: &mut Effects) {
        match request.method() {
            sip::Method::Refer => self.on_refer(now, leg, tx, request, out),
            sip::Method::Options => self.endpoint.reply(now, tx, 200, &accepts(SDP), &mut self.sip),
            _ => self.endpoint.reply(now, tx, 405, &Reply::default(), &mut self.sip),
        }
    }

    /// A slot is held for a call.
    pub(crate) fn on_offer(&mut self, now: Now, offer: roster::Action, out: &mut Effects) {
        let roster::Action::Offer { call, agent, group, epoch, freed, contacts, .. } = offer else { return };
        let Some(worker) = self.calls.get_mut(call).map(|e| e.worker) else {
            // The call was over before the offer came: give the slot back.
            let reservation = acd::Reservation(epoch);
            let cause = acd::Decline::Taken;
            out.queue.push(acd::Command::Declined { call, agent, reservation, cause });
            out.roster.push(roster::Command::Released { agent, call, epoch });
            return;
        };
        let contacts = self.with_ends(worker, contacts, out);
        let offer = Offer { agent, group, reservation: acd::Reservation(epoch), contacts, freed };
        self.tell(now, call, CallEvent::Offer(offer), out);
    }
}

impl Switch {
    /// A colleague's phone may ring: in use from now on, for this call.
    pub(crate) fn on_reached(
        &mut self,
        now: Now,
        call: CallId,
        (agent, contacts): (AgentId, Vec<Contact>),
        out: &mut Effects,
    ) {
        if let Some(summons) = self.summons.remove(&call) {
            return self.summoned(now, (agent, summons), contacts, out);
        }
        let Some(worker) = self.calls.get_mut(call).map(|e| e.worker) else {
            out.roster.push(roster::Command::OwnCall { agent, begins: false });
            return;
        };
        let contacts = self.with_ends(worker, contacts, out);
        self.tell(now, call, CallEvent::Reached(Reached { agent, contacts }), out);
    }

    /// Leases an end for each contact on the call's worker, so that the bridge stays on one thread; contacts beyond the ends fall out.
    fn with_ends(&mut self, worker: WorkerId, contacts: Vec<Contact>, out: &mut Effects) -> Vec<(Contact, Lease)> {
        let leased = contacts.into_iter().filter_map(|contact| {
            let lease = self.leases.take(worker, contact.flow.network)?;
            Some((contact, lease))
        });
        let contacts = leased.collect();
        self.leases.refill(&mut out.jobs);
        contacts
    }
}

/// Bodies of INFO that are understood.
const KEYS: &str = "application/dtmf-relay, application/dtmf";
pub(crate) const SDP: &str = "application/sdp";

/// An answer that says which bodies are understood.
pub(crate) fn accepts(types: &str) -> Reply {
    Reply { headers: vec![("Accept".to_owned(), types.to_owned())], body: None }
}

enum Info {
    Digit(Digit),
    Empty,
    Unknown,
}

fn info_digit(request: &Message) -> Info {
    let Ok(text) = std::str::from_utf8(request.body()) else { return Info::Unknown };
    if text.trim().is_empty() {
        return Info::Empty;
    }
    let word = if request.has_content_type("application/dtmf-relay") {
        text.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            name.trim().eq_ignore_ascii_case("signal").then_some(value.trim())
        })
    } else {
        request.has_content_type("application/dtmf").then(|| text.trim())
    };
    word.and_then(digit_of).map_or(Info::Unknown, Info::Digit)
}

/// A key as a character, or as its RFC 4733 event number from 10 on.
fn digit_of(word: &str) -> Option<Digit> {
    let mut chars = word.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Digit::from_char(c),
        _ => word.parse().ok().and_then(Digit::from_event),
    }
}

/// The session description in a message, if there is one; carriers may send it beside an ISUP message.
pub(crate) fn sdp_of(message: &Message) -> Option<&[u8]> {
    message.body_of(sdp::CONTENT_TYPE)
}

fn status_of(cause: Cause) -> Option<u16> {
    match cause {
        Cause::Status(status) => Some(status),
        Cause::Timeout | Cause::Unreachable => None,
    }
}
