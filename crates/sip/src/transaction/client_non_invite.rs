//! Non-INVITE client transaction (RFC 3261 §17.1.2).

use std::time::Duration;

use super::{Action, ClientEvent, Pace, Timer};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Trying { repeat: Duration },
    Proceeding,
    Completed,
    Terminated,
}

/// The life of one request other than INVITE and ACK that we sent.
#[derive(Clone, Copy, Debug)]
pub struct ClientNonInvite {
    pace: Pace,
    state: State,
}

impl ClientNonInvite {
    /// Tell it `Start` next.
    pub fn new(pace: Pace) -> ClientNonInvite {
        ClientNonInvite { pace, state: State::Trying { repeat: pace.timers.t1 } }
    }

    /// Whether a final response is still to come.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Trying { .. } | State::Proceeding)
    }

    pub fn handle(&mut self, event: ClientEvent, out: &mut Vec<Action>) {
        match self.state {
            State::Trying { .. } | State::Proceeding => self.open(event, out),
            State::Completed => {
                if event == ClientEvent::Fired(Timer::K) {
                    self.state = State::Terminated;
                    out.push(Action::End);
                }
            }
            State::Terminated => {}
        }
    }

    fn open(&mut self, event: ClientEvent, out: &mut Vec<Action>) {
        let Pace { timers, reliable } = self.pace;
        match event {
            ClientEvent::Start => {
                out.push(Action::Send);
                self.pace.repeat(Timer::E, timers.t1, out);
                out.push(Action::Arm(Timer::F, timers.patience()));
            }
            ClientEvent::Fired(Timer::E) => {
                let repeat = self.next_repeat();
                out.extend([Action::Send, Action::Arm(Timer::E, repeat)]);
            }
            ClientEvent::Provisional => {
                self.state = State::Proceeding;
                out.push(Action::Pass);
            }
            ClientEvent::Success | ClientEvent::Failure => {
                self.state = if reliable { State::Terminated } else { State::Completed };
                out.extend([Action::Stop(Timer::E), Action::Stop(Timer::F), Action::Pass]);
                self.pace.linger(Timer::K, timers.t4, out);
            }
            ClientEvent::Fired(Timer::F) => self.end(&[Action::Stop(Timer::E), Action::TimedOut], out),
            ClientEvent::Unreachable => {
                self.end(&[Action::Stop(Timer::E), Action::Stop(Timer::F), Action::Failed], out);
            }
            ClientEvent::Abandon => self.end(&[Action::Stop(Timer::E), Action::Stop(Timer::F)], out),
            ClientEvent::Fired(_) => {}
        }
    }

    /// Doubles up to T2 while nothing answers; T2 once a provisional came.
    fn next_repeat(&mut self) -> Duration {
        let t2 = self.pace.timers.t2;
        match &mut self.state {
            State::Trying { repeat } => {
                *repeat = repeat.saturating_mul(2).min(t2);
                *repeat
            }
            _ => t2,
        }
    }

    fn end(&mut self, last: &[Action], out: &mut Vec<Action>) {
        self.state = State::Terminated;
        out.extend_from_slice(last);
        out.push(Action::End);
    }
}
