//! REFER: an agent's phone hands its caller on, and is told how that goes (RFC 3515).

use base::{CallId, LegId, Now};
use call::{Event, Given, Plan, Signal, Target};
use sip::{Body, Message, Method, Name, NameAddr, Replaces, Reply, ServerTx, Uri, reason_phrase};

use crate::{Effects, Switch};

impl Switch {
    pub(crate) fn on_refer(&mut self, now: Now, leg: LegId, tx: ServerTx, request: &Message, out: &mut Effects) {
        let found = referred(request).and_then(|uri| match uri.header("Replaces") {
            Some(replaces) => self.consulted(leg, &replaces),
            None => Ok((leg, target_of(&self.plan, &uri))),
        });
        let (leg, to) = match found {
            Ok(found) => found,
            Err(status) => return self.endpoint.reply(now, tx, status, &Reply::default(), &mut self.sip),
        };
        let ticket = self.ticket();
        self.requests.insert(ticket, tx);
        self.signal(now, leg, Signal::Refer { request: ticket, to: &to }, out);
        if let Some(tx) = self.requests.remove(&ticket) {
            // The call is gone while its dialog winds down.
            self.endpoint.reply(now, tx, 481, &Reply::default(), &mut self.sip);
        }
    }

    /// The two calls of one agent that are to be joined: in which of them the agent's leg asks for the other one. The call that the queue
    /// gave the agent goes on, whichever dialog the REFER came in.
    fn consulted(&mut self, leg: LegId, replaces: &str) -> Result<(LegId, Target), u16> {
        let Replaces { call_id, to_tag, from_tag, .. } = Replaces::parse(replaces).ok_or(400_u16)?;
        let other = self.endpoint.find(call_id, [to_tag, from_tag]).ok_or(404_u16)?;
        let mut known = |leg: LegId| {
            let call = &self.calls.get_mut(leg.call)?.call;
            Some((call.agent_on(leg.index)?, call.is_queued()))
        };
        let (Some((agent, _)), Some((same, queued))) = (known(leg), known(other)) else { return Err(403) };
        if agent != same || leg.call == other.call {
            return Err(403);
        }
        let (keeps, gives) = if queued { (other, leg) } else { (leg, other) };
        Ok((keeps, Target::Call(gives.call)))
    }

    /// One call asks for the other party of another one, which is on the same worker where calls of one agent belong.
    pub(crate) fn fetch(&mut self, now: Now, to: CallId, from: CallId, out: &mut Effects) {
        let worker = self.calls.get_mut(to).map(|entry| (entry.worker, entry.call.talks_with()));
        let giver = self.calls.get_mut(from).map(|entry| (entry.worker, &entry.call));
        let leg = worker
            .zip(giver)
            .and_then(|((worker, agent), (same, call))| call.leg_of(agent?).filter(|_| worker == same));
        match leg {
            Some(leg) => self.tell(now, from, Event::Give { leg, to }, out),
            None => self.tell(now, to, Event::NotGiven, out),
        }
    }

    /// A leg changes its call; one that the other call cannot have any more is hung up.
    pub(crate) fn give(&mut self, now: Now, from: CallId, to: CallId, leg: Given, out: &mut Effects) {
        let old = LegId { call: from, index: leg.index() };
        let index = self.calls.get_mut(to).filter(|entry| !entry.call.is_over()).map(|entry| entry.call.draw_leg());
        let renamed = index.filter(|index| self.endpoint.rename(old, LegId { call: to, index: *index }, &mut self.sip));
        if let Some(index) = renamed {
            out.legs.extend(self.sip.facts.iter().filter_map(|fact| named(fact, LegId { call: to, index })));
            self.line_renamed(old, LegId { call: to, index });
            return self.tell(now, to, Event::Given { index, leg }, out);
        }
        self.endpoint.hang_up(now, old, 480, None, &mut self.sip);
        out.jobs.push((leg.end().worker, base::Job::Close { end: leg.end() }));
        if let Some(agent) = leg.agent() {
            out.roster.push(roster::Command::OwnCall { agent, begins: false });
        }
        self.tell(now, to, Event::NotGiven, out);
    }

    /// NOTIFY with the status line of a call to there (RFC 3515 §2.4.5).
    pub(crate) fn tell_progress(&mut self, now: Now, leg: LegId, status: u16, over: bool) {
        let state = if over { "terminated;reason=noresource" } else { "active;expires=180" };
        let headers = [("Event", "refer"), ("Subscription-State", state)].map(|(n, v)| (n.to_owned(), v.to_owned()));
        let line = format!("SIP/2.0 {status} {}\r\n", reason_phrase(status));
        let body = Body { content_type: "message/sipfrag;version=2.0".to_owned(), bytes: line.into_bytes() };
        let notify = Reply { headers: headers.to_vec(), body: Some(body) };
        self.endpoint.send(now, leg, Method::Notify, &notify, &mut self.sip);
    }
}

/// What a REFER names, or the status that refuses it: exactly one Refer-To is allowed (RFC 3515 §2.4.2), and only an INVITE can be
/// asked for.
fn referred(request: &Message) -> Result<Uri, u16> {
    let mut named = request.headers(Name::ReferTo);
    let (Some(value), None) = (named.next(), named.next()) else { return Err(400) };
    let uri = NameAddr::parse(value).map_err(|_| 400_u16)?.uri;
    if uri.params.get("method").is_some_and(|method| !method.eq_ignore_ascii_case("INVITE")) {
        return Err(501);
    }
    Ok(uri)
}

/// Whom a URI without a dialog to replace stands for: separators of a number go, a name stays.
fn target_of(plan: &Plan, uri: &Uri) -> Target {
    match plan.target(&uri.user_text().unwrap_or_default()) {
        Target::Nobody => uri.number().map_or(Target::Nobody, |number| plan.target(&number)),
        target => target,
    }
}

/// The Call-ID of a leg whose image was just told.
fn named(fact: &sip::Fact, leg: LegId) -> Option<(LegId, Box<str>)> {
    match fact {
        sip::Fact::Image { leg: of, image } if *of == leg => Some((leg, image.call_id().into())),
        _ => None,
    }
}
