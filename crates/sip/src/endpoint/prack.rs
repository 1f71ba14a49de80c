//! Provisional responses of the peer that have to arrive (RFC 3262 §4): each gets its PRACK, in order and once.

use base::{Flow, Key, Time};

use super::client::{Draft, Purpose};
use super::leg::{Leg, Phase};
use super::reliable::is_reliable;
use super::{Endpoint, Output, hop};
use crate::{Builder, Fact, Head, Message, Method, Name, text};

/// CSeq numbers that PRACKs of the process before this one may have taken. A later request may leave numbers out, so this
/// errs on the large side.
pub(super) const PRACKS_PRESUMED: u32 = 64;

/// The reliable provisional response that was heard last in one early dialog.
#[derive(Debug)]
pub(super) struct Heard {
    tag: String,
    rseq: u32,
    pub(super) answer: Answer,
}

/// What became of our offer in one early dialog.
#[derive(Debug)]
pub(super) enum Answer {
    None,
    /// The response that answered it last: a 2xx need not say it again.
    Said(Box<Message>),
    /// It was answered, and what the callee offered since then stands in its place (RFC 3311 §5.1): no response to the INVITE says
    /// anything of the media any more.
    Past,
}

impl Heard {
    /// Bytes that are kept of it.
    pub(super) fn held(&self) -> usize {
        match &self.answer {
            Answer::Said(answer) => answer.size(),
            Answer::None | Answer::Past => 0,
        }
    }
}

impl Endpoint {
    /// Acknowledges a provisional response that asks for it; false for one that is not to be heard: a repetition, one that
    /// came before its turn, one whose PRACK could not leave.
    pub(super) fn acknowledge_provisional(
        &mut self,
        now: Time,
        client: Key,
        leg: Key,
        response: &Message,
        out: &mut Output,
    ) -> bool {
        let number = response.header(Name::Rseq).and_then(text::number::<u32>);
        let Some(rseq) = number.filter(|_| is_reliable(response)) else { return true };
        let placed = self.clients.get(client).and_then(|client| Some((client.way.flow, client.placed.as_deref()?)));
        let Some((flow, placed)) = placed else { return true };
        let last = placed.heard.iter().find(|heard| heard.tag == response.to_tag());
        if last.is_some_and(|last| last.rseq.checked_add(1) != Some(rseq)) {
            return false;
        }
        if last.is_none() && placed.heard.len() >= self.config.limits.early_dialogs {
            return true;
        }
        let rack = format!("{rseq} {} INVITE", placed.sent.head.cseq);
        // A fork that is not followed has no dialog.
        let Some((flow, head)) = self.prack_head(leg, flow, response.to_tag(), out) else { return true };
        let headers = [(Name::Rack.as_str().to_owned(), rack)];
        let purpose = Purpose::Nobody;
        let draft = Draft { purpose, flow, head, contact: None, headers: &headers, body: None, dialog: None };
        if self.start(now, draft, out).is_none() {
            return false;
        }
        self.note_heard(client, rseq, response);
        true
    }

    fn prack_head(&mut self, leg: Key, flow: Flow, tag: &str, out: &mut Output) -> Option<(Flow, Head)> {
        let leg = self.legs.get_mut(leg)?;
        let (id, confirmed) = (leg.id, matches!(leg.phase, Phase::Up));
        let (flow, follow) = if confirmed { (leg.flow, Some(leg.follow)) } else { (flow, None) };
        let dialog = leg.dialog_with(tag)?;
        let head = dialog.request(Method::Prack);
        let follow = follow.unwrap_or_else(|| hop::follows(flow, dialog, false));
        let flow = hop::next(flow, follow, dialog);
        if confirmed {
            out.facts.push(Fact::Sequence { leg: id, cseq: head.cseq });
        }
        Some((flow, head))
    }

    fn note_heard(&mut self, client: Key, rseq: u32, response: &Message) {
        let Some(placed) = self.clients.get_mut(client).and_then(|client| client.placed.as_mut()) else { return };
        placed.pracks += 1;
        let tag = response.to_tag();
        let says = placed.offered && !response.body().is_empty();
        let answer = if says { Answer::Said(Box::new(response.clone())) } else { Answer::None };
        let new = Heard { tag: tag.to_owned(), rseq, answer };
        let Some(heard) = placed.heard.iter_mut().find(|heard| heard.tag == tag) else {
            self.held += new.held();
            return placed.heard.push(new);
        };
        heard.rseq = rseq;
        if says && !matches!(heard.answer, Answer::Past) {
            self.held = self.held + new.held() - heard.held();
            heard.answer = new.answer;
        }
    }

    fn heard(&self, client: Key, tag: &str) -> Option<&Heard> {
        let placed = self.clients.get(client)?.placed.as_deref()?;
        placed.heard.iter().find(|heard| heard.tag == tag)
    }

    /// Whether our offer has its answer in the early dialog of this tag: by a response that had to arrive.
    pub(super) fn is_answered_early(&self, client: Key, tag: &str) -> bool {
        self.heard(client, tag).is_some_and(|heard| !matches!(heard.answer, Answer::None))
    }

    /// What the callee offered in its early dialog is being accepted.
    pub(super) fn renew_early(&mut self, server: Key, leg: Key) {
        let Some(Leg { phase: Phase::Calling { client, .. }, .. }) = self.legs.get(leg) else { return };
        let request = self.servers.get(server).filter(|server| !server.without_offer).and_then(|s| s.request.as_ref());
        let placed = self.clients.get_mut(*client).and_then(|client| client.placed.as_mut());
        let (Some(request), Some(placed)) = (request, placed) else { return };
        if let Some(heard) = placed.heard.iter_mut().find(|heard| heard.tag == request.from_tag()) {
            self.held -= heard.held();
            heard.answer = Answer::Past;
        }
    }

    /// A response to our INVITE without what it says of the media, where that is past (RFC 3261 §13.2.1).
    pub(super) fn without_past(&self, client: Key, response: Message) -> Message {
        let past = self.heard(client, response.to_tag()).is_some_and(|heard| matches!(heard.answer, Answer::Past));
        let stripped = (past && !response.body().is_empty()).then(|| rebuilt(&response).map(Builder::finish));
        stripped.flatten().and_then(|bytes| Message::parse(&bytes).ok()).unwrap_or(response)
    }

    /// A 2xx with the answer that a reliable provisional response gave, where it has none of its own (RFC 3261 §13.2.1).
    pub(super) fn with_answer(&self, client: Key, response: Message) -> Message {
        let response = self.without_past(client, response);
        let heard = self.heard(client, response.to_tag()).filter(|_| response.body().is_empty());
        match heard.map(|heard| &heard.answer) {
            Some(Answer::Said(answer)) => merged(&response, answer).unwrap_or(response),
            _ => response,
        }
    }
}

fn merged(response: &Message, answer: &Message) -> Option<Message> {
    let content_type = answer.header(Name::ContentType)?;
    Message::parse(&rebuilt(response)?.finish_with(content_type, answer.body())).ok()
}

/// A response as far as its body.
fn rebuilt(response: &Message) -> Option<Builder> {
    let mut builder = Builder::response(response.status()?, response.reason());
    for (name, text, value) in response.lines() {
        if !matches!(name, Name::ContentLength | Name::ContentType) {
            builder.push(text, value);
        }
    }
    Some(builder)
}
