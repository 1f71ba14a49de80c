//! INVITE server transaction (RFC 3261 §17.2.1, RFC 6026 §7.1).

use std::time::Duration;

use super::{Action, Pace, ServerEvent, Timer};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Proceeding,
    Completed { repeat: Duration },
    Confirmed,
    Accepted,
    Terminated,
}

/// The life of one INVITE that we received.
#[derive(Clone, Copy, Debug)]
pub struct ServerInvite {
    pace: Pace,
    state: State,
}

impl ServerInvite {
    /// The core responds with 100 next.
    pub fn new(pace: Pace) -> ServerInvite {
        ServerInvite { pace, state: State::Proceeding }
    }

    /// Whether it still awaits a final response of ours.
    pub fn is_open(&self) -> bool {
        self.state == State::Proceeding
    }

    /// Whether a refusal of ours is not known to have arrived.
    pub fn awaits_ack(&self) -> bool {
        matches!(self.state, State::Completed { .. })
    }

    pub fn handle(&mut self, event: ServerEvent, out: &mut Vec<Action>) {
        match self.state {
            State::Proceeding => self.proceeding(event, out),
            State::Completed { repeat } => self.completed(repeat, event, out),
            State::Confirmed => {
                if event == ServerEvent::Fired(Timer::I) {
                    self.end(out);
                }
            }
            State::Accepted => self.accepted(event, out),
            State::Terminated => {}
        }
    }

    fn proceeding(&mut self, event: ServerEvent, out: &mut Vec<Action>) {
        let Pace { timers, .. } = self.pace;
        match event {
            ServerEvent::Repeat | ServerEvent::Provisional => out.push(Action::Send),
            ServerEvent::Success => {
                self.state = State::Accepted;
                out.extend([Action::Send, Action::Arm(Timer::L, timers.patience())]);
            }
            ServerEvent::Failure => {
                self.state = State::Completed { repeat: timers.t1 };
                out.push(Action::Send);
                self.pace.repeat(Timer::G, timers.t1, out);
                out.push(Action::Arm(Timer::H, timers.patience()));
            }
            ServerEvent::Ack | ServerEvent::Fired(_) => {}
        }
    }

    fn completed(&mut self, repeat: Duration, event: ServerEvent, out: &mut Vec<Action>) {
        match event {
            ServerEvent::Repeat => out.push(Action::Send),
            ServerEvent::Fired(Timer::G) => {
                let repeat = repeat.saturating_mul(2).min(self.pace.timers.t2);
                self.state = State::Completed { repeat };
                out.extend([Action::Send, Action::Arm(Timer::G, repeat)]);
            }
            ServerEvent::Ack => {
                self.state = if self.pace.reliable { State::Terminated } else { State::Confirmed };
                out.extend([Action::Stop(Timer::G), Action::Stop(Timer::H)]);
                self.pace.linger(Timer::I, self.pace.timers.t4, out);
            }
            ServerEvent::Fired(Timer::H) => {
                out.extend([Action::Stop(Timer::G), Action::TimedOut]);
                self.end(out);
            }
            _ => {}
        }
    }

    fn accepted(&mut self, event: ServerEvent, out: &mut Vec<Action>) {
        match event {
            ServerEvent::Success => out.push(Action::Send),
            ServerEvent::Ack => out.push(Action::Pass),
            ServerEvent::Fired(Timer::L) => self.end(out),
            // A repeated INVITE is absorbed: the core repeats its 2xx by itself.
            _ => {}
        }
    }

    fn end(&mut self, out: &mut Vec<Action>) {
        self.state = State::Terminated;
        out.push(Action::End);
    }
}
