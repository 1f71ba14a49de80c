//! REFER: an agent's phone hands its caller on, and is told how that goes (RFC 3515).

use base::{AgentId, GroupId, LegId, Now};
use call::{Plan, Signal, Target};
use sip::{Body, Message, Method, Name, NameAddr, Reply, ServerTx, reason_phrase};

use crate::{Effects, Switch};

impl Switch {
    pub(crate) fn on_refer(&mut self, now: Now, leg: LegId, tx: ServerTx, request: &Message, out: &mut Effects) {
        let to = match target_of(&self.plan, request) {
            Ok(to) => to,
            Err(status) => return self.endpoint.reply(now, tx, status, &Reply::default(), &mut self.sip),
        };
        let ticket = self.ticket();
        self.requests.insert(ticket, tx);
        self.signal(now, leg, Signal::Refer { request: ticket, to }, out);
        if let Some(tx) = self.requests.remove(&ticket) {
            // The call is gone while its dialog winds down.
            self.endpoint.reply(now, tx, 481, &Reply::default(), &mut self.sip);
        }
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

/// Whom a REFER names, or the status that refuses it: exactly one Refer-To is allowed (RFC 3515 §2.4.2), and only an INVITE can be
/// asked for.
fn target_of(plan: &Plan, request: &Message) -> Result<Target, u16> {
    let mut named = request.headers(Name::ReferTo);
    let (Some(value), None) = (named.next(), named.next()) else { return Err(400) };
    let uri = NameAddr::parse(value).map_err(|_| 400_u16)?.uri;
    if uri.params.get("method").is_some_and(|method| !method.eq_ignore_ascii_case("INVITE")) {
        return Err(501);
    }
    // To take the place of a dialog that the agent has with somebody else (RFC 3891).
    if uri.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Replaces")) {
        return Err(501);
    }
    let user = uri.user_text().unwrap_or_default();
    let agent = plan.agents.iter().position(|agent| agent.number == user);
    let group =
        || plan.groups.iter().position(|group| group.number.as_deref() == Some(user.as_str()) || group.name == user);
    Ok(match agent {
        Some(place) => Target::Agent(AgentId(place as u32)),
        None => group().map_or(Target::Nobody, |place| Target::Group(GroupId(place as u16))),
    })
}
