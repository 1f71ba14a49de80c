//! Whether an address of a carrier lives: by OPTIONS, and by what calls and registrations tell.

use std::time::Duration;

use base::{Now, Rng, Ticket, Time, Wall};
use sip::{Cause, Message, Name};

use crate::TargetState;

/// Asks without an answer in a row until an address counts as down: one datagram may get lost.
const MISSES: u32 = 2;
/// From the first miss to the next ask: soon, so that a dead address is known within seconds.
const SECOND_ASK: Duration = Duration::from_secs(2);
/// From one ask of a dead address to the next, twice as long after each.
const DOWN_FIRST: Duration = Duration::from_secs(5);
const DOWN_LIMIT: Duration = Duration::from_secs(120);
/// How long an address is avoided that a call could not reach: the next call is not to wait for it too.
const AVOIDED: Duration = Duration::from_secs(30);
/// How long a 503 without Retry-After counts, and the longest that one counts with it: nobody closes a trunk for a day by one answer.
const BUSY: Duration = Duration::from_secs(10);
const BUSY_LIMIT: Duration = Duration::from_secs(300);
/// Four repetitions go out within it (RFC 3261 §17.1.2.2): whoever hears none of them is not there.
pub(crate) const PROBE_PATIENCE: Duration = Duration::from_secs(6);

/// What came of a request to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Any final response but 503: somebody is there.
    Answered,
    /// 503, with the wait of its Retry-After (RFC 3261 §21.5.4).
    Busy { retry_after: Option<Duration> },
    /// No final response in time.
    Silent,
    /// The network says that nobody is there.
    Unreachable,
}

impl Outcome {
    /// What the end of a request of ours tells of the address that it went to.
    pub fn of(result: Result<&Message, Cause>) -> Outcome {
        match result {
            Ok(response) if response.status() == Some(503) => Outcome::Busy { retry_after: retry_after(response) },
            Ok(_) => Outcome::Answered,
            Err(Cause::Timeout) => Outcome::Silent,
            Err(Cause::Unreachable) => Outcome::Unreachable,
            Err(Cause::Status(503)) => Outcome::Busy { retry_after: None },
            Err(Cause::Status(_)) => Outcome::Answered,
        }
    }
}

/// The seconds of a Retry-After, without its comment and parameters.
pub(crate) fn retry_after(response: &Message) -> Option<Duration> {
    let value = response.header(Name::RetryAfter)?;
    let digits = value.trim().split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok().map(Duration::from_secs)
}

/// Who told an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Probe,
    /// A call or a registration: somebody waited for it.
    Use,
}

/// When an address is asked whether it lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Probe {
    /// Not at all.
    Off,
    At(Time),
    Asked {
        ticket: Ticket,
        until: Time,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unknown,
    Up,
    Down,
}

/// What is known of one address.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    state: State,
    misses: u32,
    busy_until: Time,
    avoid_until: Time,
    /// From one probe of a living address to the next.
    every: Option<Duration>,
    probe: Probe,
    /// As it was last shown, and since when.
    shown: TargetState,
    since: Wall,
}

impl Health {
    /// Of an address that nothing is known of; `first` is when to ask it first.
    pub(crate) fn new(now: Now, every: Option<Duration>, first: Time) -> Health {
        Health {
            state: State::Unknown,
            misses: 0,
            busy_until: Time::ZERO,
            avoid_until: Time::ZERO,
            every,
            probe: if every.is_some() { Probe::At(first) } else { Probe::Off },
            shown: TargetState::Unknown,
            since: now.wall,
        }
    }

    pub(crate) fn heard(&mut self, now: Now, by: By, outcome: Outcome, rng: &mut Rng) {
        match outcome {
            Outcome::Answered => {
                (self.state, self.misses, self.avoid_until) = (State::Up, 0, Time::ZERO);
                self.probe_after(now, self.every, rng);
            }
            Outcome::Busy { retry_after } => {
                (self.state, self.misses) = (State::Up, 0);
                let wait = retry_after.unwrap_or(BUSY).min(BUSY_LIMIT);
                self.busy_until = self.busy_until.max(now.time + wait);
                self.probe_after(now, self.every.map(|every| every.max(wait)), rng);
            }
            Outcome::Silent | Outcome::Unreachable => self.missed(now, by, rng),
        }
        self.tick(now);
    }

    fn missed(&mut self, now: Now, by: By, rng: &mut Rng) {
        self.misses = self.misses.saturating_add(1);
        if by == By::Use {
            self.avoid_until = now.time + AVOIDED;
        }
        // Without probes nobody would ever say that it is back: it is avoided for a while, and then unknown.
        let Some(every) = self.every else { return self.state = State::Unknown };
        if self.misses < MISSES {
            return self.probe_after(now, Some(SECOND_ASK.min(every)), rng);
        }
        self.state = State::Down;
        let factor = 1 << (self.misses - MISSES).min(16);
        self.probe_after(now, Some(DOWN_FIRST.saturating_mul(factor).min(DOWN_LIMIT)), rng);
    }

    /// The next probe, up to a tenth sooner: those of many addresses are not to come at once.
    fn probe_after(&mut self, now: Now, wait: Option<Duration>, rng: &mut Rng) {
        self.probe = wait.map_or(Probe::Off, |wait| Probe::At(now.time + wait.mul_f64(1.0 - 0.1 * rng.unit())));
    }

    /// Whether a probe is due.
    pub(crate) fn wants_probe(&self, now: Time) -> bool {
        matches!(self.probe, Probe::At(at) if at <= now)
    }

    pub(crate) fn asked(&mut self, now: Time, ticket: Ticket) {
        self.probe = Probe::Asked { ticket, until: now + PROBE_PATIENCE };
    }

    pub(crate) fn asks(&self, ticket: Ticket) -> bool {
        matches!(self.probe, Probe::Asked { ticket: asked, .. } if asked == ticket)
    }

    /// Whether the answer to a probe is overdue.
    pub(crate) fn is_overdue(&self, now: Time) -> bool {
        matches!(self.probe, Probe::Asked { until, .. } if until <= now)
    }

    /// The smaller, the sooner it is tried; none while it asked to be left alone.
    pub(crate) fn rank(&self, now: Time) -> Option<u8> {
        match self.state(now) {
            TargetState::Busy => None,
            TargetState::Up => Some(0),
            TargetState::Unknown => Some(1),
            TargetState::Avoided | TargetState::Down | TargetState::Unresolved | TargetState::TlsOnly => Some(2),
        }
    }

    fn state(&self, now: Time) -> TargetState {
        match self.state {
            _ if self.busy_until > now => TargetState::Busy,
            State::Down => TargetState::Down,
            _ if self.avoid_until > now => TargetState::Avoided,
            State::Up => TargetState::Up,
            State::Unknown => TargetState::Unknown,
        }
    }

    /// Notes since when it is what it is.
    pub(crate) fn tick(&mut self, now: Now) {
        let state = self.state(now.time);
        if std::mem::replace(&mut self.shown, state) != state {
            self.since = now.wall;
        }
    }

    pub(crate) const fn shown(&self) -> (TargetState, Wall) {
        (self.shown, self.since)
    }

    pub(crate) fn next_timeout(&self, now: Time) -> Option<Time> {
        let probe = match self.probe {
            Probe::Off => None,
            Probe::At(at) | Probe::Asked { until: at, .. } => Some(at),
        };
        let waits = [self.busy_until, self.avoid_until].into_iter().filter(|until| *until > now);
        probe.into_iter().chain(waits).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Option<Duration> = Some(Duration::from_secs(30));

    fn at(seconds: u64) -> Now {
        Now { time: Time::from_millis(1_000_000 + seconds * 1000), wall: Wall(seconds as i64 * 1000) }
    }

    fn health(every: Option<Duration>) -> (Health, Rng) {
        (Health::new(at(0), every, at(0).time), Rng::from_number(1))
    }

    fn wait(health: &Health, now: Now) -> u64 {
        health.next_timeout(now.time).expect("a probe").since(now.time).as_secs_f64().round() as u64
    }

    /// From each state by each outcome: what it is then.
    #[test]
    fn transitions() {
        use {Outcome::*, TargetState as T};
        let busy = Busy { retry_after: Some(Duration::from_secs(60)) };
        let table: [(&[(By, Outcome)], T); 11] = [
            (&[], T::Unknown),
            (&[(By::Probe, Answered)], T::Up),
            (&[(By::Probe, Silent)], T::Unknown),
            (&[(By::Probe, Answered), (By::Probe, Silent)], T::Up),
            (&[(By::Probe, Silent), (By::Probe, Unreachable)], T::Down),
            (&[(By::Probe, Silent), (By::Probe, Answered), (By::Probe, Silent)], T::Up),
            (&[(By::Use, Silent)], T::Avoided),
            (&[(By::Use, Silent), (By::Probe, Silent)], T::Down),
            (&[(By::Use, Silent), (By::Probe, Answered)], T::Up),
            (&[(By::Probe, Silent), (By::Probe, Silent), (By::Probe, busy)], T::Busy),
            (&[(By::Use, busy), (By::Probe, Answered)], T::Busy),
        ];
        for (told, expected) in table {
            let (mut health, mut rng) = health(EVERY);
            for (by, outcome) in told {
                health.heard(at(1), *by, *outcome, &mut rng);
            }
            assert_eq!(health.shown().0, expected, "after {told:?}");
        }
    }

    #[test]
    fn a_dead_address_is_asked_ever_more_rarely_and_a_living_one_as_told() {
        let (mut health, mut rng) = health(EVERY);
        let mut waits = Vec::new();
        for _ in 0..9 {
            health.heard(at(0), By::Probe, Outcome::Silent, &mut rng);
            waits.push(wait(&health, at(0)));
        }
        let longest = [2, 5, 10, 20, 40, 80, 120, 120, 120];
        for (wait, longest) in waits.iter().zip(longest) {
            assert!(*wait <= longest && *wait >= longest * 9 / 10, "{waits:?}");
        }
        health.heard(at(0), By::Probe, Outcome::Answered, &mut rng);
        assert!((27..=30).contains(&wait(&health, at(0))));
    }

    #[test]
    fn busy_is_bounded_and_ends_by_itself() {
        for (retry_after, ends) in [(None, 10), (Some(0), 0), (Some(60), 60), (Some(86_400), 300)] {
            let (mut health, mut rng) = health(EVERY);
            let retry_after = retry_after.map(Duration::from_secs);
            health.heard(at(0), By::Use, Outcome::Busy { retry_after }, &mut rng);
            assert_eq!(health.rank(at(ends).time), Some(0), "{retry_after:?}");
            assert!(ends == 0 || health.rank(at(ends - 1).time).is_none());
            health.tick(at(ends));
            assert_eq!(health.shown(), (TargetState::Up, at(ends).wall));
        }
    }

    #[test]
    fn without_probes_a_miss_is_forgotten() {
        let (mut health, mut rng) = health(None);
        for _ in 0..5 {
            health.heard(at(0), By::Use, Outcome::Silent, &mut rng);
        }
        assert_eq!(health.shown().0, TargetState::Avoided);
        assert_eq!(health.next_timeout(at(0).time), Some(at(30).time));
        health.tick(at(30));
        assert_eq!(health.shown(), (TargetState::Unknown, at(30).wall));
        assert_eq!(health.next_timeout(at(30).time), None);
    }
}
