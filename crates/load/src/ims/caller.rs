//! One caller behind the carrier, call after call.

use std::time::Duration;

use base::{Codec, Digit, Time};
use phone::{Act, Event, Side, Status, TonePair, What, Why};

use super::Kind;
use crate::{PhoneId, Runner};

/// Keys are pressed this long after the answer: into the greeting.
const PRESSES_AFTER: Duration = Duration::from_millis(700);
/// Windows of 100 ms in which citizen and agent hear each other, before anything else is done and again after it.
const WINDOWS: usize = 5;
/// A caller who reaches nobody gives up.
pub(super) const WAITS_MAX: Duration = Duration::from_secs(60);
/// The longest that an answer may take, and the end of a call that was hung up.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// How a call went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) kind: Kind,
    /// From the INVITE to the 200.
    pub(super) answered_in: Option<Duration>,
    /// Citizen and agent heard each other until the end.
    pub(super) served: bool,
    pub(super) failure: Option<String>,
}

pub(super) struct Caller {
    pub(super) id: PhoneId,
    pub(super) voice: TonePair,
    call: Option<Call>,
}

struct Call {
    kind: Kind,
    dialled: Time,
    answered: Option<Time>,
    pressed: bool,
    /// What the phone had found astray before.
    astray: u64,
    /// Since when both sides have to hear each other.
    listens_from: Time,
    /// Steps of the talk that are done, and since when the next one is due.
    done: usize,
    talks_since: Option<Time>,
    told: Vec<What>,
    /// The caller hangs up at this time whatever comes.
    gives_up: Time,
    leaving: bool,
    served: bool,
    failure: Option<String>,
}

impl Caller {
    pub(super) fn new(id: PhoneId, voice: TonePair) -> Caller {
        Caller { id, voice, call: None }
    }

    pub(super) fn is_free(&self, runner: &Runner) -> bool {
        self.call.is_none() && runner.phone(self.id).status() == Status::Idle
    }

    /// `patience` is how long a caller waits who gives up before the answer.
    pub(super) fn dial(&mut self, runner: &mut Runner, kind: Kind, patience: Duration) {
        let now = runner.now();
        let gives_up = now + if kind == Kind::Cancel { patience } else { WAITS_MAX };
        runner.act(self.id, |phone, now, out| {
            kind.dress(phone.config_mut());
            phone.dial(now, "12345", out);
        });
        self.call = Some(Call {
            kind,
            dialled: now,
            answered: None,
            pressed: false,
            astray: runner.phone(self.id).astray(),
            listens_from: now,
            done: 0,
            talks_since: None,
            told: Vec::new(),
            gives_up,
            leaving: false,
            served: false,
            failure: None,
        });
    }

    /// Takes note of what the phone tells; the call's end, if this is it.
    pub(super) fn hears(&mut self, runner: &Runner, event: &Event) -> Option<End> {
        let call = self.call.as_mut()?;
        match &event.what {
            What::Answered => {
                call.answered = Some(event.at);
                let codec = runner.phone(self.id).codec();
                if codec != Some(Codec::Pcma) {
                    call.fail(format!("answered in {codec:?} and not in PCMA"));
                }
            }
            What::HoldRefused { cause } => call.fail(format!("new terms were refused: {cause:?}")),
            What::HungUp { by, why } => return self.ended(runner, *by, *why),
            other => call.told.push(other.clone()),
        }
        None
    }

    fn ended(&mut self, runner: &Runner, by: Side, why: Why) -> Option<End> {
        let mut call = self.call.take()?;
        let as_wanted = match call.kind {
            Kind::PreconditionsRequired => why == Why::Status(420),
            Kind::Cancel | Kind::HastyCancel => {
                matches!((by, why), (Side::Us, Why::Bye | Why::Cancelled) | (Side::Peer, Why::Status(487)))
            }
            _ => call.served && (by, why) == (Side::Us, Why::Bye),
        };
        if !as_wanted {
            call.fail(format!("ended by {by:?}: {why}"));
        }
        let wanted: &[&str] = match call.kind {
            Kind::Refresh => &["Refreshed", "Refreshed"],
            Kind::Hold => &["Held", "Resumed"],
            Kind::Preconditions => &["Resumed"],
            _ => &[],
        };
        let told: Vec<String> = call.told.iter().map(|what| format!("{what:?}")).collect();
        let confirmed = told.iter().filter(|what| ["Refreshed", "Held", "Resumed"].contains(&what.as_str()));
        if call.served && !confirmed.eq(wanted.iter().copied()) {
            call.fail(format!("asked for {wanted:?} and was told {told:?}"));
        }
        if runner.phone(self.id).astray() > call.astray {
            call.fail("a message came back another way than the carrier's proxies".to_owned());
        }
        let answered_in = call.answered.map(|at| at.since(call.dialled));
        Some(End { kind: call.kind, answered_in, served: call.served, failure: call.failure })
    }

    /// Does what is due; `hear` says whether citizen and an agent have heard each other since a time, for so many windows.
    pub(super) fn live(&mut self, runner: &mut Runner, hear: impl Fn(&Runner, &Caller, Time, usize) -> bool) {
        let now = runner.now();
        let Some(call) = &self.call else { return };
        let due = call.answered.filter(|at| call.kind.is_served() && now >= *at + PRESSES_AFTER);
        let listens = due.is_some() && call.pressed && hear(runner, self, call.listens_from, WINDOWS);
        let Some(call) = &mut self.call else { return };
        let act = if let Some(failure) = call.overdue(now) {
            call.fail(failure);
            Some(Act::HangUp)
        } else if call.kind == Kind::HastyCancel && call.answered.is_some() || now >= call.gives_up {
            Some(Act::HangUp)
        } else if due.is_some() && !call.pressed {
            call.pressed = true;
            Some(Act::Press(Digit::Number(0)))
        } else {
            call.talk(now, listens)
        };
        let Some(act) = act.filter(|_| !call.leaving) else { return };
        call.leaving = act == Act::HangUp;
        runner.act(self.id, |phone, now, out| phone.perform(now, act, out));
    }
}

impl Call {
    fn fail(&mut self, why: String) {
        self.failure.get_or_insert(why);
    }

    /// Why the call has failed already, if it has.
    fn overdue(&self, now: Time) -> Option<String> {
        let unanswered = self.answered.is_none() && now >= self.dialled + ANSWERED_WITHIN;
        if unanswered {
            return Some(format!("no answer within {ANSWERED_WITHIN:?}"));
        }
        let waits = self.kind.is_served() && now >= self.gives_up;
        waits.then(|| format!("citizen and agent did not hear each other within {WAITS_MAX:?}"))
    }

    /// The next step of a talk: each waits until both sides hear each other, the end too.
    fn talk(&mut self, now: Time, listens: bool) -> Option<Act> {
        if listens && self.talks_since.is_none() {
            self.talks_since = Some(now);
        }
        let since = self.talks_since?;
        match self.kind.in_talk().get(self.done) {
            Some((after, act)) if now >= since + *after => {
                self.done += 1;
                // On hold nobody is heard; what counts is heard after the last step.
                self.listens_from = now;
                self.talks_since = Some(now);
                Some(*act)
            }
            Some(_) => None,
            None if listens => {
                self.served = true;
                Some(Act::HangUp)
            }
            None => None,
        }
    }
}
