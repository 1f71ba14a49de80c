//! Provisional responses of the peer that have to arrive (RFC 3262 §4): each gets its PRACK, in order and once.

use base::{Flow, Key, Time};

use super::client::{Draft, Purpose};
use super::leg::Phase;
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
    /// The last one that answered our offer: a 2xx need not say it again.
    pub(super) answer: Option<Message>,
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
        let answer = (placed.offered && !response.body().is_empty()).then(|| response.clone());
        self.held += answer.as_ref().map_or(0, Message::size);
        match placed.heard.iter_mut().find(|heard| heard.tag == tag) {
            Some(heard) => {
                heard.rseq = rseq;
                if let Some(answer) = answer {
                    self.held -= heard.answer.replace(answer).map_or(0, |old| old.size());
                }
            }
            None => placed.heard.push(Heard { tag: tag.to_owned(), rseq, answer }),
        }
    }

    /// A 2xx with the answer that a reliable provisional response gave, where it has none of its own (RFC 3261 §13.2.1).
    pub(super) fn with_answer(&self, client: Key, response: Message) -> Message {
        let placed = self.clients.get(client).and_then(|client| client.placed.as_deref());
        let heard = placed.and_then(|placed| placed.heard.iter().find(|heard| heard.tag == response.to_tag()));
        let answer = heard.and_then(|heard| heard.answer.as_ref()).filter(|_| response.body().is_empty());
        answer.and_then(|answer| merged(&response, answer)).unwrap_or(response)
    }
}

fn merged(response: &Message, answer: &Message) -> Option<Message> {
    let mut builder = Builder::response(response.status()?, response.reason());
    for (name, text, value) in response.lines() {
        if !matches!(name, Name::ContentLength | Name::ContentType) {
            builder.push(text, value);
        }
    }
    let content_type = answer.header(Name::ContentType)?;
    Message::parse(&builder.finish_with(content_type, answer.body())).ok()
}
