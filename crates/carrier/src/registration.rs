//! Our place at a carrier's registrar (RFC 3261 §10), and when to ask for it again.

use std::fmt;
use std::time::Duration;

use base::{Flow, Now, Rng, Ticket, Time, Wall};
use sip::{Cause, Message, Name, digest};

use crate::{Login, RegistrationState, RegistrationView};

/// A registrar that does not answer within it has its turn later, and the next target now.
const PATIENCE: Duration = Duration::from_secs(10);
/// After all targets failed: RFC 5626 §4.5, its base-time and max-time.
const RETRY_FIRST: Duration = Duration::from_secs(30);
const RETRY_LIMIT: Duration = Duration::from_secs(1800);
/// A registrar that said no is not asked again sooner: it knows us, and nothing has changed.
const REFUSED_FIRST: Duration = Duration::from_secs(300);
/// After a wrong password: somebody has to change something first, and registrars lock out those who try on.
const WRONG_PASSWORD: Duration = Duration::from_secs(1800);
/// The bounds of a granted lifetime: who grants less is not asked without end, who grants more may forget us.
const GRANTED_MIN: u32 = 10;
const GRANTED_MAX: u32 = 86_400;
/// Lifetimes from here on are refreshed near their end; shorter ones at half, so that a lost answer can be made good.
const LONG: Duration = Duration::from_secs(120);
/// Challenges answered in one try: one, and one more for a nonce gone stale in between.
const CHALLENGES_MAX: u8 = 2;
/// Service-Route and P-Associated-URI values kept.
const VALUES_MAX: usize = 8;

/// Why a registration came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The name of no target has an address that we can use.
    NoTarget,
    Silent,
    Unreachable,
    Busy,
    /// Our answer to the challenge was challenged again.
    WrongPassword,
    /// There is a challenge and nothing to answer it with: no password, or no hash that we speak.
    Unanswerable,
    /// Any other final response.
    Refused(u16),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::NoTarget => f.write_str("no target has an address"),
            Trouble::Silent => f.write_str("no answer"),
            Trouble::Unreachable => f.write_str("nobody is there"),
            Trouble::Busy => f.write_str("asked to come later"),
            Trouble::WrongPassword => f.write_str("wrong user or password"),
            Trouble::Unanswerable => f.write_str("a challenge that we cannot answer"),
            Trouble::Refused(status) => write!(f, "refused with {status}"),
        }
    }
}

/// A registration that stands.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) flow: Flow,
    until: Time,
    until_wall: Wall,
    /// Service-Route (RFC 3608).
    pub(crate) routes: Vec<String>,
    /// P-Associated-URI (RFC 7315 §4.1): who we are to the carrier.
    pub(crate) associated: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
struct Asking {
    ticket: Ticket,
    flow: Flow,
    until: Time,
    challenges: u8,
    /// A longer lifetime was asked for already (423).
    longer: bool,
}

/// What follows from an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The same again, with this header.
    Again(Flow, Option<(String, String)>),
    /// The next target has its turn.
    Elsewhere,
    Rest,
}

/// The registration of one trunk.
#[derive(Clone, Debug)]
pub(crate) struct Registration {
    /// One for all (RFC 3261 §10.2.4).
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    /// Asked for; more than configured when the registrar wanted that.
    pub(crate) seconds: u32,
    bound: Option<Bound>,
    asking: Option<Asking>,
    /// When it is asked for next.
    next: Time,
    /// Where it was asked for in this round.
    tried: Vec<Flow>,
    /// Rounds that failed in a row.
    failures: u32,
    trouble: Option<Trouble>,
    /// We are going: nothing is asked for any more but to be forgotten.
    leaves: bool,
    at: Option<Flow>,
    shown: RegistrationState,
    since: Wall,
}

impl Registration {
    pub(crate) fn new(now: Now, expires: Duration, rng: &mut Rng) -> Registration {
        Registration {
            call_id: format!("{:016x}{:016x}", rng.u64(), rng.u64()),
            cseq: 0,
            seconds: u32::try_from(expires.as_secs()).unwrap_or(u32::MAX),
            bound: None,
            asking: None,
            next: now.time,
            tried: Vec::new(),
            failures: 0,
            trouble: None,
            leaves: false,
            at: None,
            shown: RegistrationState::Trying,
            since: now.wall,
        }
    }

    /// What we are registered with.
    pub(crate) fn bound(&self, now: Time) -> Option<&Bound> {
        self.bound.as_ref().filter(|bound| bound.until > now)
    }

    /// Whether it is time to ask.
    pub(crate) fn is_due(&self, now: Time) -> bool {
        self.asking.is_none() && self.next <= now && !self.leaves
    }

    /// We go: where the registrar that knows us, or was just asked to, is to be told so (RFC 3261 §10.2.2).
    pub(crate) fn leave(&mut self, now: Time) -> Option<Flow> {
        let known = self.bound(now).map(|bound| bound.flow).or(self.asked_at());
        (self.leaves, self.seconds, self.asking) = (true, 0, None);
        known
    }

    /// Whether the registrar has not said yet that it forgot us.
    pub(crate) const fn is_leaving(&self) -> bool {
        self.leaves && self.asking.is_some()
    }

    pub(crate) fn was_tried(&self, flow: Flow) -> bool {
        self.tried.contains(&flow)
    }

    pub(crate) fn asks(&self, ticket: Ticket) -> bool {
        self.asking.is_some_and(|asking| asking.ticket == ticket)
    }

    pub(crate) fn is_overdue(&self, now: Time) -> bool {
        self.asking.is_some_and(|asking| asking.until <= now)
    }

    /// The flow of the REGISTER that is under way.
    pub(crate) fn asked_at(&self) -> Option<Flow> {
        self.asking.map(|asking| asking.flow)
    }

    /// A REGISTER leaves; an earlier try goes on when it is the same one.
    pub(crate) fn asked(&mut self, now: Time, ticket: Ticket, flow: Flow) {
        self.cseq = self.cseq.saturating_add(1);
        self.at = Some(flow);
        let until = now + PATIENCE;
        match &mut self.asking {
            Some(asking) => (asking.ticket, asking.until) = (ticket, until),
            None => self.asking = Some(Asking { ticket, flow, until, challenges: 0, longer: false }),
        }
    }

    /// The target that we are registered at is down and another one lives: not to wait for the refresh.
    pub(crate) fn hurry(&mut self, now: Time) {
        if self.failures == 0 && self.asking.is_none() {
            self.next = self.next.min(now);
        }
    }

    /// No target has an address: nothing to wait for but the DNS.
    pub(crate) const fn nowhere(&mut self) {
        self.trouble = Some(Trouble::NoTarget);
    }

    /// Takes the end of a REGISTER in; `contact` is what ours is known by, `uri` the Request-URI.
    pub(crate) fn heard(
        &mut self,
        now: Now,
        result: Result<&Message, Cause>,
        (login, contact, uri): (Option<&Login>, &str, &str),
        rng: &mut Rng,
    ) -> Then {
        let Some(asking) = self.asking else { return Then::Rest };
        if self.leaves && !challenges(result) {
            // One word is enough: whoever does not hear it forgets us when the registration lapses.
            self.bound = None;
            return self.rest();
        }
        let response = match result {
            Ok(response) => response,
            Err(Cause::Unreachable) => return self.elsewhere(Trouble::Unreachable),
            Err(Cause::Timeout) => return self.elsewhere(Trouble::Silent),
            Err(Cause::Status(_)) => return self.elsewhere(Trouble::Busy),
        };
        match response.status().unwrap_or_default() {
            200..=299 => self.granted(now, asking.flow, response, contact, rng),
            401 | 407 => self.challenged(now, asking, response, (login, uri), rng),
            423 if !asking.longer => self.ask_longer(asking, response),
            503 => self.elsewhere(Trouble::Busy),
            408 => self.elsewhere(Trouble::Silent),
            status @ (300..=399 | 500..) => self.elsewhere(Trouble::Refused(status)),
            status => self.refused(now, Trouble::Refused(status), rng),
        }
    }

    fn granted(&mut self, now: Now, flow: Flow, response: &Message, contact: &str, rng: &mut Rng) -> Then {
        let seconds = granted(response, contact).unwrap_or(self.seconds).clamp(GRANTED_MIN, GRANTED_MAX);
        let lifetime = Duration::from_secs(seconds.into());
        // Spread, so that the registrar does not hear everybody at once after its restart.
        let share = if lifetime < LONG { 0.4 + 0.1 * rng.unit() } else { 0.8 + 0.1 * rng.unit() };
        let kept = |values: Vec<&str>| values.into_iter().take(VALUES_MAX).map(str::to_owned).collect();
        self.bound = Some(Bound {
            flow,
            until: now.time + lifetime,
            until_wall: now.wall.plus(lifetime),
            routes: kept(response.values(Name::ServiceRoute).collect()),
            associated: kept(response.values_named("P-Associated-URI").collect()),
        });
        self.next = now.time + lifetime.mul_f64(share);
        (self.failures, self.trouble) = (0, None);
        self.rest()
    }

    fn challenged(
        &mut self,
        now: Now,
        asking: Asking,
        response: &Message,
        (login, uri): (Option<&Login>, &str),
        rng: &mut Rng,
    ) -> Then {
        let stale = digest::strongest(response).is_some_and(|(_, challenge)| challenge.stale);
        if asking.challenges > 0 && !(stale && asking.challenges < CHALLENGES_MAX) {
            return self.refused(now, Trouble::WrongPassword, rng);
        }
        match authorization(response, login, "REGISTER", uri, rng) {
            Some(header) => {
                self.asking = Some(Asking { challenges: asking.challenges + 1, ..asking });
                Then::Again(asking.flow, Some(header))
            }
            None => self.refused(now, Trouble::Unanswerable, rng),
        }
    }

    /// RFC 3261 §10.2.8: as long as the registrar wants at least.
    fn ask_longer(&mut self, asking: Asking, response: &Message) -> Then {
        let least = response.header(Name::MinExpires).and_then(|value| value.trim().parse().ok());
        self.seconds = least.unwrap_or(3600).max(self.seconds).min(GRANTED_MAX);
        self.asking = Some(Asking { challenges: 0, longer: true, ..asking });
        Then::Again(asking.flow, None)
    }

    fn elsewhere(&mut self, trouble: Trouble) -> Then {
        self.trouble = Some(trouble);
        self.tried.extend(self.asking.take().map(|asking| asking.flow));
        Then::Elsewhere
    }

    /// Every target had its turn in vain.
    pub(crate) fn round_over(&mut self, now: Now, rng: &mut Rng) {
        self.back_off(now, RETRY_FIRST, rng);
    }

    fn refused(&mut self, now: Now, trouble: Trouble, rng: &mut Rng) -> Then {
        let first = if trouble == Trouble::WrongPassword { WRONG_PASSWORD } else { REFUSED_FIRST };
        self.trouble = Some(trouble);
        self.back_off(now, first, rng);
        Then::Rest
    }

    /// RFC 5626 §4.5: twice as long each time, and between half of that and all of it.
    fn back_off(&mut self, now: Now, first: Duration, rng: &mut Rng) {
        let wait = first.saturating_mul(1 << self.failures.min(16)).min(RETRY_LIMIT);
        self.failures = self.failures.saturating_add(1);
        self.next = now.time + wait.mul_f64(0.5 + 0.5 * rng.unit());
        self.rest();
    }

    fn rest(&mut self) -> Then {
        self.asking = None;
        self.tried.clear();
        Then::Rest
    }

    /// Notes since when it is what it is.
    pub(crate) fn tick(&mut self, now: Now) {
        let state = match (self.bound(now.time), self.trouble) {
            (Some(_), _) => RegistrationState::Registered,
            (None, None) => RegistrationState::Trying,
            (None, Some(_)) => RegistrationState::Failed,
        };
        if std::mem::replace(&mut self.shown, state) != state {
            self.since = now.wall;
        }
    }

    /// `can_ask`: there is a target to ask.
    pub(crate) fn next_timeout(&self, now: Time, can_ask: bool) -> Option<Time> {
        let lapses = self.bound(now).map(|bound| bound.until);
        let can_ask = can_ask && !self.leaves;
        let next = self.asking.map(|asking| asking.until).or(can_ask.then_some(self.next));
        lapses.into_iter().chain(next).min()
    }

    pub(crate) fn view(&self, now: Time) -> RegistrationView {
        RegistrationView {
            state: self.shown,
            since: self.since,
            at: self.at.map(|flow| flow.peer),
            until: self.bound(now).map(|bound| bound.until_wall),
            trouble: self.trouble,
        }
    }
}

fn challenges(result: Result<&Message, Cause>) -> bool {
    result.is_ok_and(|response| matches!(response.status(), Some(401 | 407)))
}

/// The header that answers a challenge; none without a password or a challenge that we can answer.
pub(crate) fn authorization(
    response: &Message,
    login: Option<&Login>,
    method: &str,
    uri: &str,
    rng: &mut Rng,
) -> Option<(String, String)> {
    let login = login?;
    let cnonce = format!("{:016x}", rng.u64());
    digest::authorization(response, (&login.user, &login.password.0), method, uri, &cnonce)
}

/// The lifetime of our own contact in the answer, else of all of them (RFC 3261 §10.2.4).
fn granted(response: &Message, contact: &str) -> Option<u32> {
    let contacts = response.contacts().unwrap_or_default();
    let ours = contacts
        .iter()
        .filter_map(|listed| listed.address())
        .find(|listed| sip::Uri::parse(contact).is_ok_and(|ours| ours.equivalent(&listed.uri)));
    ours.and_then(|listed| listed.expires()).or(response.expires())
}
