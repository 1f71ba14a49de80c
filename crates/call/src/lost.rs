//! Whether a silent phone lives. An agent whose does not is lost without having hung up: the citizen waits again, with the place kept.

use std::time::Duration;

use base::Now;

use crate::journey::{Journey, Offers, Waiting, Wants, With};
use crate::leg::{Leg, State};
use crate::{Action, Call, Timer};

/// How long a silent agent's phone may leave an UPDATE unanswered before the citizen is offered to others. Five of its
/// transmissions fit in (0, 0.5, 1.5, 3.5 and 7.5 s, RFC 3261 §17.1.2.2): at one packet in seven lost each way all of them
/// fail once in six hundred times. A citizen's own phone has the whole of Timer F: nobody is hung up on in haste.
const LIFE_WITHIN: Duration = Duration::from_secs(8);

/// Whoever never spoke may be meant to listen only, and is asked less soon: ten minutes, a third of the usual session
/// interval (RFC 4028 §4.2).
const LISTENER_MS: u32 = 600_000;

impl Call {
    /// A phone that lost its power hangs up nothing: whoever sends no voice is asked whether the dialog still stands.
    pub(crate) fn probe(&mut self, now: Now, leg: u16, silent_ms: u32, out: &mut Vec<Action>) {
        let doubtful = |l: &Leg| l.state == State::Confirmed && (l.spoke || silent_ms >= LISTENER_MS);
        if self.legs.iter().any(|l| l.id.index == leg && doubtful(l)) {
            out.push(Action::Probe { leg });
            self.await_life(now, leg, out);
        }
    }

    pub(crate) fn spoke(&mut self, leg: u16) {
        if let Some(leg) = self.legs.iter_mut().find(|l| l.id.index == leg) {
            leg.spoke = true;
            leg.asked = false;
        }
    }

    /// The phone of `leg` was asked whether it lives.
    pub(crate) fn await_life(&mut self, now: Now, leg: u16, out: &mut Vec<Action>) {
        let with_agent = matches!(&self.journey, Journey::With(with) if with.leg == leg);
        if let Some(asked) = self.legs.iter_mut().find(|l| with_agent && l.id.index == leg) {
            asked.asked = true;
            out.push(Action::Arm { timer: Timer::Vanished, at: now.time + LIFE_WITHIN });
        }
    }

    pub(crate) fn alive(&mut self, leg: u16) {
        if let Some(leg) = self.legs.iter_mut().find(|l| l.id.index == leg) {
            leg.asked = false;
        }
    }

    pub(crate) fn vanished(&mut self, now: Now, out: &mut Vec<Action>) {
        let Journey::With(with) = &self.journey else { return };
        if let Some(place) = self.legs.iter().position(|l| l.id.index == with.leg && l.asked) {
            self.agent_lost(now, place, out);
        }
    }

    /// The agent's phone does not answer in its dialog: hung up on for form's sake.
    pub(crate) fn agent_lost(&mut self, now: Now, place: usize, out: &mut Vec<Action>) {
        self.hang_up(place, out);
        self.agent_left(now, place, base::EndReason::MediaLost, out);
    }

    /// Back into the queue at the old place. Enqueuing a call that talks ends the talk for the queue too.
    pub(crate) fn wait_again(&mut self, now: Now, out: &mut Vec<Action>) {
        let Journey::With(With { place: Some(place), .. }) = self.journey else { return };
        self.account.talk_lost(now, out);
        for timer in [Timer::MaxTalk, Timer::Vanished] {
            out.push(Action::Disarm(timer));
        }
        let said = self.sounds(&["requeued"]);
        self.take_place(now, Waiting { place, ringing: Offers::default(), wants: Wants::Service }, said, out);
    }
}
