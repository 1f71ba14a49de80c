//! Running session timers: who refreshes does so in time, who waits for it hangs up in time (RFC 4028 §7.4, §10).

use std::sync::Arc;
use std::time::Duration;

use base::{Key, Time, TimerId};

use super::deadline::Deadline;
use super::leg::{Change, Leg};
use super::{Body, Cause, Endpoint, Event, Output};

/// Refreshes in one interval: the second is for a peer that refused the first for a reason of its own.
const TRIES_MAX: u8 = 2;
/// How long before the end a party that waits for a refresh gives up, where a third of the interval is longer.
const MARGIN: Duration = Duration::from_secs(32);
const REASON: &str = "SIP;cause=408;text=\"Session expired\"";

/// What both sides agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) interval: Duration,
    /// We refresh.
    pub(super) ours: bool,
}

/// The session timer of a leg.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) terms: Terms,
    since: Time,
    /// Refreshes sent since then.
    tries: u8,
    timer: TimerId,
}

impl Terms {
    /// When something is due after so many tries.
    fn due(self, since: Time, tries: u8) -> Time {
        let Terms { interval, ours } = self;
        since
            + match (ours, tries) {
                (false, _) => interval.saturating_sub(MARGIN.min(interval / 3)),
                (true, 0) => interval / 2,
                (true, 1) => interval / 4 * 3,
                // Not before: a refresh at half of a short interval has not timed out by then.
                (true, _) => interval,
            }
    }
}

impl Endpoint {
    /// The session is fresh from now on.
    pub(super) fn arm_session(&mut self, now: Time, key: Key, terms: Terms) {
        self.stop_session(key);
        let Some(leg) = self.legs.get_mut(key).filter(|leg| !leg.muted) else { return };
        let timer = self.wheel.arm(terms.due(now, 0), Deadline::Session(key));
        leg.session = Some(Session { terms, since: now, tries: 0, timer });
        leg.queued.retain(|change| !change.refresh);
    }

    pub(super) fn stop_session(&mut self, key: Key) {
        if let Some(session) = self.legs.get_mut(key).and_then(|leg| leg.session.take()) {
            self.wheel.cancel(session.timer);
        }
    }

    pub(super) fn session_due(&mut self, now: Time, key: Key, out: &mut Output) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        let Some(mut session) = leg.session.take().filter(|_| !leg.muted) else { return };
        if !session.terms.ours || session.tries >= TRIES_MAX {
            self.tell(key, |leg| Event::Gone { leg, cause: Cause::Timeout }, out);
            return self.end(now, key, 480, Some(REASON), out);
        }
        session.tries += 1;
        session.timer = self.wheel.arm(session.terms.due(session.since, session.tries), Deadline::Session(key));
        leg.session = Some(session);
        if !leg.is_refreshing() {
            // Beside the bound of what its owner may queue: there is one at most.
            leg.queued.push_back(Change { update: true, body: None, collisions: 0, refresh: true });
            self.pump(now, key, out);
        }
    }

    /// A larger interval was demanded of a change of ours; false when it is not larger.
    pub(super) fn raise_interval(&mut self, key: Key, min_se: u32) -> bool {
        let Some(leg) = self.legs.get_mut(key) else { return false };
        let wanted = Duration::from_secs(min_se.into());
        let Some(session) = leg.session.as_mut().filter(|session| session.terms.interval < wanted) else {
            return false;
        };
        // The running timer stays as it is until a 2xx grants the new interval.
        session.terms.interval = wanted;
        leg.min_se = leg.min_se.max(min_se);
        true
    }
}

impl Leg {
    fn is_refreshing(&self) -> bool {
        let open = self.open.as_ref().map(|(_, change)| change);
        let retry = self.retry.as_ref().map(|(change, _)| change);
        open.into_iter().chain(retry).chain(&self.queued).any(|change| change.refresh)
    }

    /// A refresh as it leaves: as small as the peer allows, or else what was described last, unchanged.
    pub(super) fn refresh(&self, change: Change) -> Change {
        match self.updates {
            true => Change { update: true, body: None, ..change },
            false => Change { update: false, body: self.description.clone(), ..change },
        }
    }

    /// Keeps what we described last.
    pub(super) fn describe(&mut self, body: Option<&Body>) {
        if let Some(body) = body.filter(|body| body.content_type.eq_ignore_ascii_case("application/sdp")) {
            self.description = Some(Arc::new(body.clone()));
        }
    }
}
