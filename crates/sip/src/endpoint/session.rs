//! The terms of a session timer: what we ask, what we grant, what we are granted (RFC 4028 §7, §9).

use std::time::Duration;

use base::{Key, Time};

use super::client::Verdict;
use super::leg::{Leg, Phase};
use super::refresh::Terms;
use super::server::{Role, Server};
use super::{Cause, Endpoint};
use crate::{Builder, Message, Method, Name, Refresher};

/// The option tag of session timers.
pub(super) const TIMER: &str = "timer";

/// What a 2xx of ours says of the session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grant {
    leg: Key,
    interval_s: u32,
    refresher: Refresher,
    /// The peer knows the extension.
    supported: bool,
}

impl Grant {
    pub(super) fn push(&self, builder: &mut Builder) {
        builder.push(Name::SessionExpires, format_args!("{};refresher={}", self.interval_s, self.refresher.name()));
        if self.supported {
            builder.push(Name::Require, TIMER);
        }
    }
}

impl Endpoint {
    pub(super) fn supports(&self, tag: &str) -> bool {
        self.config.supported.iter().any(|ours| ours.eq_ignore_ascii_case(tag))
    }

    fn expires_s(&self) -> u32 {
        seconds(self.config.session.expires).max(self.min_s())
    }

    fn min_s(&self) -> u32 {
        seconds(self.config.session.min)
    }

    /// What our first INVITE asks for (RFC 4028 §7.1); `min_se` is what a 422 said, 0 before.
    pub(super) fn session_wanted(&self, min_se: u32) -> Vec<(String, String)> {
        if !self.supports(TIMER) {
            return Vec::new();
        }
        let min_s = self.min_s().max(min_se);
        let refresher = self.config.session.refresher.map(|who| format!(";refresher={}", who.name()));
        headers(format!("{}{}", self.expires_s().max(min_s), refresher.unwrap_or_default()), min_s)
    }

    /// What a re-INVITE or UPDATE of ours says of the running session (RFC 4028 §7.4).
    pub(super) fn session_kept(&self, leg: &Leg) -> Vec<(String, String)> {
        let Some(session) = &leg.session else { return Vec::new() };
        let refresher = if session.terms.ours { Refresher::Uac } else { Refresher::Uas };
        let interval_s = seconds(session.terms.interval);
        headers(format!("{interval_s};refresher={}", refresher.name()), self.min_s().max(leg.min_se))
    }

    /// The Min-SE of a 422 that a request deserves (RFC 4028 §9): only who knows the extension understands it.
    pub(super) fn too_brief(&self, request: &Message) -> Option<Vec<(String, String)>> {
        if !matches!(request.method(), Method::Invite | Method::Update) || !self.supports(TIMER) {
            return None;
        }
        let (interval_s, _) = request.session_expires().filter(|_| knows(request))?;
        (interval_s < self.min_s()).then(|| vec![(Name::MinSe.as_str().to_owned(), self.min_s().to_string())])
    }

    /// What our 2xx to an INVITE, re-INVITE or UPDATE grants (RFC 4028 §9, table 2).
    pub(super) fn grant(&self, server: &Server, status: u16) -> Option<Grant> {
        let refreshes = matches!(server.method, Method::Invite | Method::Update);
        if !refreshes || !(200..300).contains(&status) || !self.supports(TIMER) {
            return None;
        }
        let request = server.request.as_ref()?;
        let (leg_key, leg) = match server.role {
            Role::First(key) => (key, self.legs.get(key)?),
            // The session begins with the 2xx of its first INVITE.
            Role::Change(key) => (key, self.legs.get(key).filter(|leg| matches!(leg.phase, Phase::Up))?),
            Role::Free | Role::Inside(_) => return None,
        };
        // An interval that breaks the rules and comes from somebody who would not understand a 422 binds nobody.
        let asked = request.session_expires().filter(|(interval_s, _)| *interval_s >= self.min_s());
        let running = leg.session.as_ref().map(|session| session.terms);
        let required = request.require().any(|tag| tag.eq_ignore_ascii_case(TIMER));
        let interval_s = match (asked, running) {
            (Some((interval_s, _)), _) => interval_s,
            // A change that says nothing of the session leaves it as it is.
            (None, Some(terms)) => seconds(terms.interval),
            (None, None) if required => self.expires_s().max(request.min_se().unwrap_or_default()),
            (None, None) => return None,
        };
        let supported = knows(request);
        let refresher = match (asked, running) {
            _ if !supported => Refresher::Uas,
            (Some((_, asked)), _) => asked.unwrap_or(Refresher::Uac),
            (None, Some(Terms { ours: true, .. })) => Refresher::Uas,
            (None, _) => Refresher::Uac,
        };
        Some(Grant { leg: leg_key, interval_s, refresher, supported })
    }

    /// Our 2xx has left.
    pub(super) fn granted(&mut self, now: Time, grant: Grant) {
        let ours = grant.refresher == Refresher::Uas;
        self.arm_session(now, grant.leg, Terms { interval: Duration::from_secs(grant.interval_s.into()), ours });
    }

    /// What a 2xx to our INVITE, re-INVITE or UPDATE says (RFC 4028 §7.2).
    pub(super) fn take_terms(&mut self, now: Time, key: Key, response: &Message) {
        let Some(leg) = self.legs.get_mut(key).filter(|leg| !leg.muted) else { return };
        leg.note_peer(response);
        let running = leg.session.as_ref().map(|session| session.terms);
        let granted = response.session_expires().filter(|_| self.supports(TIMER)).map(|(interval_s, refresher)| {
            // No peer may go below the Min-SE that we sent, and none is to make us send more often.
            let interval = Duration::from_secs(interval_s.max(self.min_s()).into());
            Terms { interval, ours: refresher != Some(Refresher::Uas) }
        });
        // Without the header nothing expires any more. To go on asking then harms nobody, and finds a dead peer.
        match granted.or(running.filter(|terms| terms.ours)) {
            Some(terms) => self.arm_session(now, key, terms),
            None => self.stop_session(key),
        }
    }

    /// A larger interval than we asked for, when a response demands one (RFC 4028 §7.3).
    pub(super) fn interval_demanded(&self, verdict: &Verdict) -> Option<u32> {
        let Verdict::Response(response) = verdict else { return None };
        (verdict.cause() == Some(Cause::Status(422)) && self.supports(TIMER)).then(|| response.min_se()).flatten()
    }
}

impl Leg {
    /// What a request for a session, or its 2xx, says of the peer.
    pub(super) fn note_peer(&mut self, message: &Message) {
        if message.header(Name::Allow).is_some() {
            self.updates = message.allow().any(|method| method == Method::Update.name());
        }
        if message.is_request() {
            self.min_se = self.min_se.max(message.min_se().unwrap_or_default());
        }
    }
}

/// Whether the sender of a request knows the extension.
fn knows(request: &Message) -> bool {
    request.supported().chain(request.require()).any(|tag| tag.eq_ignore_ascii_case(TIMER))
}

fn headers(expires: String, min_s: u32) -> Vec<(String, String)> {
    vec![(Name::SessionExpires.as_str().to_owned(), expires), (Name::MinSe.as_str().to_owned(), min_s.to_string())]
}

fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}
