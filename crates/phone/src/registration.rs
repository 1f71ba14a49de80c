//! The phone's place at the registrar (RFC 3261 §10).

use std::time::Duration;

use base::{Now, Rng, Ticket, Time};
use sip::{Cause, Message, Method, Party, Request, digest};

use crate::config::{Config, host};
use crate::event::{Output, What};
use crate::phone::{Phone, tell};

/// After a failure: often enough for a person to wait for, seldom enough for a registrar in trouble.
const RETRY_AFTER: Duration = Duration::from_secs(30);
/// A registrar that grants less would be asked without end.
const SECONDS_MIN: u32 = 1;
/// Challenges answered for one request: one, and one more for a nonce gone stale in between.
const CHALLENGES_MAX: u8 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Off,
    /// A REGISTER is under way; `was_on`: it refreshes.
    Asking {
        challenges: u8,
        was_on: bool,
    },
    On {
        refresh_at: Time,
    },
    Failed {
        retry_at: Time,
    },
    /// The REGISTER that takes the binding away is under way.
    Leaving {
        challenges: u8,
    },
}

pub(crate) struct Registration {
    state: State,
    /// One for all (RFC 3261 §10.2.4).
    call_id: String,
    cseq: u32,
    /// Asked for; more than configured when the registrar wanted that (423).
    seconds: Option<u32>,
    /// What was asked of the phone while a REGISTER was under way: no second one leaves before its answer (RFC 3261 §10.2), else
    /// a repetition of the first could come behind the second and bring back what that took away.
    wish: Option<Wish>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    On,
    Off,
}

impl Registration {
    pub(crate) fn new(rng: &mut Rng) -> Registration {
        Registration { state: State::Off, call_id: format!("{:016x}", rng.u64()), cseq: 0, seconds: None, wish: None }
    }

    pub(crate) const fn is_on(&self) -> bool {
        matches!(self.state, State::On { .. } | State::Asking { was_on: true, .. })
    }

    pub(crate) const fn next_timeout(&self) -> Option<Time> {
        match self.state {
            State::On { refresh_at } => Some(refresh_at),
            State::Failed { retry_at } => Some(retry_at),
            State::Off | State::Asking { .. } | State::Leaving { .. } => None,
        }
    }
}

impl Phone {
    /// Registers, and stays registered until `unregister`.
    pub fn register(&mut self, now: Now, out: &mut Output) {
        match self.registration.state {
            State::Asking { .. } => self.registration.wish = None,
            State::Leaving { .. } => self.registration.wish = Some(Wish::On),
            State::Off | State::On { .. } | State::Failed { .. } => self.ask(now),
        }
        self.flush(now, out);
    }

    /// Takes the registration back; ends with `What::Unregistered`.
    pub fn unregister(&mut self, now: Now, out: &mut Output) {
        match self.registration.state {
            State::Off => {}
            State::Leaving { .. } => self.registration.wish = None,
            State::Asking { .. } => self.registration.wish = Some(Wish::Off),
            State::On { .. } | State::Failed { .. } => self.leave(now),
        }
        self.flush(now, out);
    }

    fn leave(&mut self, now: Now) {
        self.registration.state = State::Leaving { challenges: 0 };
        self.send_register(now, 0, None);
    }

    /// A REGISTER has its answer: what was asked meanwhile follows.
    fn follow_wish(&mut self, now: Now) {
        match self.registration.wish.take() {
            Some(Wish::On) => self.ask(now),
            Some(Wish::Off) => self.leave(now),
            None => {}
        }
    }

    pub(crate) fn registration_timeout(&mut self, now: Now) {
        if self.registration.next_timeout().is_some_and(|at| at <= now.time) {
            self.ask(now);
        }
    }

    fn ask(&mut self, now: Now) {
        let was_on = self.registration.is_on();
        self.registration.state = State::Asking { challenges: 0, was_on };
        self.send_register(now, self.wanted(), None);
    }

    fn wanted(&self) -> u32 {
        let configured = u32::try_from(self.config.register_for.as_secs()).unwrap_or(u32::MAX);
        self.registration.seconds.unwrap_or(configured)
    }

    fn registrar(&self) -> String {
        format!("sip:{}", self.config.domain)
    }

    fn send_register(&mut self, now: Now, seconds: u32, authorization: Option<(String, String)>) {
        self.registration.cseq += 1;
        let Config { user, display, domain, sip_address, .. } = &self.config;
        let contact = format!("<sip:{user}@{}:{}>", host(*sip_address), sip_address.port());
        let mut headers = vec![("Contact".into(), contact), ("Expires".into(), seconds.to_string())];
        headers.extend(authorization);
        let request = Request {
            flow: self.server_flow(),
            method: Method::Register,
            uri: self.registrar(),
            to: format!("sip:{user}@{domain}"),
            from: Party { display: display.clone(), user: user.clone(), host: domain.clone() },
            call_id: Some(self.registration.call_id.clone()),
            cseq: self.registration.cseq,
            headers,
            body: None,
        };
        let ticket = Ticket(u64::from(self.registration.cseq));
        self.endpoint.request(now, ticket, request, &mut self.wire);
    }

    pub(crate) fn on_registered(&mut self, now: Now, ticket: Ticket, result: Result<Message, Cause>, out: &mut Output) {
        // An answer to a REGISTER that a later one has overtaken.
        if ticket != Ticket(u64::from(self.registration.cseq)) {
            return;
        }
        let (status, response) = match &result {
            Ok(response) => (response.status().unwrap_or_default(), response),
            Err(cause) => return self.on_register_failed(now, *cause, out),
        };
        match (self.registration.state, status) {
            (_, 401 | 407) => self.on_challenge(now, response, status, out),
            (State::Leaving { .. }, _) => {
                self.registration.state = State::Off;
                tell(now, What::Unregistered, out);
                self.follow_wish(now);
            }
            (_, 200..=299) => {
                let seconds = self.granted(response);
                let refresh_at = now.time + Duration::from_millis(u64::from(seconds) * 750);
                self.registration.state = State::On { refresh_at };
                tell(now, What::Registered { seconds }, out);
                self.follow_wish(now);
            }
            (State::Asking { was_on, .. }, 423) if self.registration.seconds.is_none() => {
                let least = response.header_named("Min-Expires").and_then(|v| v.trim().parse().ok());
                self.registration.seconds = Some(least.unwrap_or(3600).max(self.wanted()));
                self.registration.state = State::Asking { challenges: 0, was_on };
                self.send_register(now, self.wanted(), None);
            }
            _ => self.on_register_failed(now, Cause::Status(status), out),
        }
    }

    fn on_challenge(&mut self, now: Now, response: &Message, status: u16, out: &mut Output) {
        let (challenges, seconds) = match &mut self.registration.state {
            State::Leaving { challenges } => (challenges, 0),
            State::Asking { challenges, .. } => (challenges, u32::MAX),
            State::Off | State::On { .. } | State::Failed { .. } => return,
        };
        *challenges += 1;
        let tried = *challenges;
        let stale = digest::strongest(response).is_some_and(|(_, c)| c.stale);
        let registrar = self.registrar();
        let header = authorization(&self.config, &mut self.rng, response, "REGISTER", &registrar);
        match header.filter(|_| tried == 1 || stale && tried <= CHALLENGES_MAX) {
            Some(header) => self.send_register(now, seconds.min(self.wanted()), Some(header)),
            None => self.on_register_failed(now, Cause::Status(status), out),
        }
    }

    fn on_register_failed(&mut self, now: Now, cause: Cause, out: &mut Output) {
        if matches!(self.registration.state, State::Leaving { .. }) {
            self.registration.state = State::Off;
            tell(now, What::Unregistered, out);
        } else {
            self.registration.state = State::Failed { retry_at: now.time + RETRY_AFTER };
            tell(now, What::RegisterFailed { cause }, out);
        }
        self.follow_wish(now);
    }

    /// The lifetime of our own contact in the answer, else of all of them, else what was asked (RFC 3261 §10.2.4).
    fn granted(&self, response: &Message) -> u32 {
        let contacts = response.contacts().unwrap_or_default();
        let ours = contacts.iter().filter_map(|c| c.address()).find(|a| {
            a.uri.port == Some(self.config.sip_address.port()) && a.uri.host_ip() == Some(self.config.sip_address.ip())
        });
        let granted = ours.and_then(|a| a.expires()).or(response.expires()).unwrap_or(self.wanted());
        granted.max(SECONDS_MIN)
    }
}

/// The header that answers a 401 or 407; none without a password or a challenge that we can answer.
pub(crate) fn authorization(
    config: &Config,
    rng: &mut Rng,
    response: &Message,
    method: &str,
    uri: &str,
) -> Option<(String, String)> {
    let password = config.password.as_ref()?;
    let cnonce = format!("{:016x}", rng.u64());
    digest::authorization(response, (&config.user, &password.0), method, uri, &cnonce)
}
