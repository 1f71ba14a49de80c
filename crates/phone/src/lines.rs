//! A second line: the first call waits while somebody else is asked, and the agent brings the two together.

use std::net::SocketAddr;

use base::{Direction, LegId, Now};
use sip::{Method, Reply};

use crate::call::{Call, Phase};
use crate::event::{Line, Output};
use crate::phone::Phone;

impl Phone {
    /// Holds the running call and calls a URI, or a number at the server. Nothing happens without a call that is up, or beside two.
    pub fn consult(&mut self, now: Now, to: &str, out: &mut Output) {
        let talks = self.call.as_ref().is_some_and(|c| matches!(c.phase, Phase::Talking));
        if talks && self.waiting.is_none() {
            self.offer_direction(now, Direction::SendOnly);
            self.waiting = self.call.take();
            let uri = self.uri_of(to);
            self.invite(now, uri, None);
            self.call.iter_mut().chain(&mut self.waiting).for_each(|call| call.shares = true);
        }
        self.flush(now, out);
    }

    /// Asks the other side to bring together whom it has on the two lines (RFC 5589 §7): by a REFER on this line that names the dialog of
    /// the other one (RFC 3891). Nothing happens before that dialog is there.
    pub fn join(&mut self, now: Now, on: Line, out: &mut Output) {
        let lines = match (&self.waiting, &self.call, on) {
            (Some(waiting), Some(running), Line::Waiting) => Some((waiting.leg, running.leg)),
            (Some(waiting), Some(running), Line::Running) => Some((running.leg, waiting.leg)),
            _ => None,
        };
        if let Some((leg, other)) = lines
            && let Some(names) = self.endpoint.names(other)
        {
            let user = self.server_uri("");
            let value = format!("{};to-tag={};from-tag={}", names.call_id, names.to_tag, names.from_tag);
            let escaped = value.replace('%', "%25").replace(';', "%3B").replace('=', "%3D").replace('@', "%40");
            let to = ("Refer-To".to_owned(), format!("<{user}?Replaces={escaped}>"));
            let refer = Reply { headers: vec![to], body: None };
            self.endpoint.send(now, leg, Method::Refer, &refer, &mut self.wire);
        }
        self.flush(now, out);
    }

    /// Whether what the other side of the running call hears may be something else than our voice: held, or asked to be.
    pub fn is_held(&self) -> bool {
        self.call.as_ref().is_some_and(|c| c.held || c.local.direction != Direction::SendRecv)
    }

    /// Whether a call waits beside the running one.
    pub fn has_two(&self) -> bool {
        self.waiting.is_some()
    }

    /// The line that a packet from there belongs to.
    pub(crate) fn line_from(&mut self, from: SocketAddr) -> (Option<&mut Call>, Line) {
        let is_its = |call: &&mut Call| !call.shares || call.stream.as_ref().is_some_and(|stream| stream.hears(from));
        match self.waiting.as_mut().filter(is_its) {
            Some(waiting) => (Some(waiting), Line::Waiting),
            None => (self.call.as_mut().filter(is_its), Line::Running),
        }
    }

    /// The running call or the waiting one.
    pub(crate) fn current(&mut self, leg: LegId) -> Option<&mut Call> {
        self.call.iter_mut().chain(&mut self.waiting).find(|c| c.leg == leg)
    }

    /// Takes a call off its line; the waiting one takes the place of the running one.
    pub(crate) fn take_off(&mut self, leg: LegId) -> Option<(Call, Line)> {
        if let Some(call) = self.waiting.take_if(|c| c.leg == leg) {
            return Some((call, Line::Waiting));
        }
        let call = self.call.take_if(|c| c.leg == leg)?;
        self.call = self.waiting.take();
        Some((call, Line::Running))
    }

    pub(crate) fn uri_of(&self, to: &str) -> String {
        if to.contains(':') { to.to_owned() } else { self.server_uri(to) }
    }

    fn server_uri(&self, user: &str) -> String {
        match user {
            "" => format!("sip:{}", self.config.server),
            user => format!("sip:{user}@{}", self.config.server),
        }
    }
}
