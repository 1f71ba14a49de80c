//! Non-INVITE server transaction (RFC 3261 §17.2.2).

use super::{Action, Pace, ServerEvent, Timer};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Trying,
    Proceeding,
    Completed,
    Terminated,
}

/// The life of one request other than INVITE and ACK that we received.
#[derive(Clone, Copy, Debug)]
pub struct ServerNonInvite {
    pace: Pace,
    state: State,
}

impl ServerNonInvite {
    pub fn new(pace: Pace) -> ServerNonInvite {
        ServerNonInvite { pace, state: State::Trying }
    }

    /// Whether it still awaits a final response of ours.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Trying | State::Proceeding)
    }

    pub fn handle(&mut self, event: ServerEvent, out: &mut Vec<Action>) {
        match (self.state, event) {
            (State::Trying | State::Proceeding, ServerEvent::Provisional) => {
                self.state = State::Proceeding;
                out.push(Action::Send);
            }
            (State::Trying | State::Proceeding, ServerEvent::Success | ServerEvent::Failure) => {
                self.state = if self.pace.reliable { State::Terminated } else { State::Completed };
                out.push(Action::Send);
                self.pace.linger(Timer::J, self.pace.timers.patience(), out);
            }
            (State::Proceeding | State::Completed, ServerEvent::Repeat) => out.push(Action::Send),
            (State::Completed, ServerEvent::Fired(Timer::J)) => {
                self.state = State::Terminated;
                out.push(Action::End);
            }
            _ => {}
        }
    }
}
