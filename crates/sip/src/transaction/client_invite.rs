//! INVITE client transaction (RFC 3261 §17.1.1, RFC 6026 §7.2).

use std::time::Duration;

use super::{Action, ClientEvent, Pace, Timer};

/// A non-2xx response may be repeated this long on unreliable transports (RFC 3261 §17.1.1.2).
const TIMER_D_MIN: Duration = Duration::from_secs(32);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Calling { repeat: Duration },
    Proceeding,
    Completed,
    Accepted,
    Terminated,
}

/// The life of one INVITE that we sent.
#[derive(Clone, Copy, Debug)]
pub struct ClientInvite {
    pace: Pace,
    state: State,
}

impl ClientInvite {
    /// Tell it `Start` next.
    pub fn new(pace: Pace) -> ClientInvite {
        ClientInvite { pace, state: State::Calling { repeat: pace.timers.t1 } }
    }

    /// One that had a provisional response before a restart.
    pub fn proceeding_before(pace: Pace) -> ClientInvite {
        ClientInvite { pace, state: State::Proceeding }
    }

    /// One that had a 2xx before a restart; arm Timer M for it.
    pub fn accepted_before(pace: Pace) -> ClientInvite {
        ClientInvite { pace, state: State::Accepted }
    }

    /// Whether nothing at all has answered yet: CANCEL has to wait (RFC 3261 §9.1).
    pub fn is_calling(&self) -> bool {
        matches!(self.state, State::Calling { .. })
    }

    /// Whether a final response is still to come.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Calling { .. } | State::Proceeding)
    }

    pub fn handle(&mut self, event: ClientEvent, out: &mut Vec<Action>) {
        match self.state {
            State::Calling { repeat } => self.calling(repeat, event, out),
            State::Proceeding => self.proceeding(event, out),
            State::Completed => self.completed(event, out),
            State::Accepted => self.accepted(event, out),
            State::Terminated => {}
        }
    }

    fn calling(&mut self, repeat: Duration, event: ClientEvent, out: &mut Vec<Action>) {
        match event {
            ClientEvent::Start => {
                out.push(Action::Send);
                self.pace.repeat(Timer::A, repeat, out);
                out.push(Action::Arm(Timer::B, self.pace.timers.patience()));
            }
            ClientEvent::Fired(Timer::A) => {
                let repeat = repeat.saturating_mul(2);
                self.state = State::Calling { repeat };
                out.extend([Action::Send, Action::Arm(Timer::A, repeat)]);
            }
            ClientEvent::Fired(Timer::B) => self.end([Action::Stop(Timer::A), Action::TimedOut], out),
            ClientEvent::Provisional | ClientEvent::Success | ClientEvent::Failure => {
                out.extend([Action::Stop(Timer::A), Action::Stop(Timer::B)]);
                self.respond(event, out);
            }
            ClientEvent::Unreachable => {
                out.extend([Action::Stop(Timer::A), Action::Stop(Timer::B)]);
                self.end([Action::Failed], out);
            }
            ClientEvent::Abandon => self.end([Action::Stop(Timer::A), Action::Stop(Timer::B)], out),
            ClientEvent::Fired(_) => {}
        }
    }

    fn proceeding(&mut self, event: ClientEvent, out: &mut Vec<Action>) {
        match event {
            ClientEvent::Provisional | ClientEvent::Success | ClientEvent::Failure => self.respond(event, out),
            ClientEvent::Unreachable => self.end([Action::Failed], out),
            ClientEvent::Abandon => self.end([], out),
            ClientEvent::Start | ClientEvent::Fired(_) => {}
        }
    }

    fn respond(&mut self, event: ClientEvent, out: &mut Vec<Action>) {
        match event {
            ClientEvent::Provisional => {
                self.state = State::Proceeding;
                out.push(Action::Pass);
            }
            ClientEvent::Success => {
                self.state = State::Accepted;
                out.extend([Action::Pass, Action::Arm(Timer::M, self.pace.timers.patience())]);
            }
            _ => {
                self.state = if self.pace.reliable { State::Terminated } else { State::Completed };
                out.extend([Action::Acknowledge, Action::Pass]);
                self.pace.linger(Timer::D, self.pace.timers.patience().max(TIMER_D_MIN), out);
            }
        }
    }

    fn completed(&mut self, event: ClientEvent, out: &mut Vec<Action>) {
        match event {
            ClientEvent::Failure => out.push(Action::Acknowledge),
            ClientEvent::Fired(Timer::D) => self.end([], out),
            // The core has its final response already: nothing is left to tell it.
            ClientEvent::Unreachable | ClientEvent::Abandon => self.end([Action::Stop(Timer::D)], out),
            _ => {}
        }
    }

    fn accepted(&mut self, event: ClientEvent, out: &mut Vec<Action>) {
        match event {
            // A repeat, or the 2xx of another fork: the core tells them apart by the To tag.
            ClientEvent::Success => out.push(Action::Pass),
            ClientEvent::Fired(Timer::M) => self.end([], out),
            _ => {}
        }
    }

    fn end<const N: usize>(&mut self, last: [Action; N], out: &mut Vec<Action>) {
        self.state = State::Terminated;
        out.extend(last);
        out.push(Action::End);
    }
}
