//! Citizen and agent together: the greeting, the talk, its end.

use base::{After, EndReason, Now, WaitOutcome};

use crate::journey::{Journey, With};
use crate::leg::Party;
use crate::{Action, Call, Timer};

impl Call {
    /// Announcements stop at this instant; where asked both parties first hear the agent's number.
    pub(crate) fn begin_talk(&mut self, now: Now, out: &mut Vec<Action>) {
        let Journey::With(with) = &self.journey else { return };
        let number = with.peer.agent().map_or("", |agent| self.agent_number(agent)).to_owned();
        let number = number.as_str();
        self.account.wait_ended(now, WaitOutcome::Answered, out);
        self.account.connected(number);
        let greeting = if self.plan.connect.say_agent_number { self.say_agent_number(number) } else { Vec::new() };
        if let Journey::With(with) = &mut self.journey {
            with.greeting = !greeting.is_empty();
        }
        if greeting.is_empty() {
            self.account.talk_began(now, out);
        }
        self.program.play(greeting, After::Silence);
        for timer in [Timer::Announce, Timer::Redial] {
            out.push(Action::Disarm(timer));
        }
        out.push(Action::Arm { timer: Timer::MaxTalk, at: now.time + self.plan.limits.talk });
    }

    fn say_agent_number(&self, number: &str) -> Vec<base::SoundId> {
        let mut sounds = self.sounds(&["job-number"]);
        sounds.extend(self.plan.prompts.say_digits(self.locale, number));
        sounds.extend(self.sounds(&["at-your-service"]));
        sounds
    }

    /// An agent's phone hung up, or its dialog died.
    pub(crate) fn agent_left(&mut self, now: Now, place: usize, reason: EndReason, out: &mut Vec<Action>) {
        let leg = self.legs[place].id.index;
        if self.asked_left(now, leg, out) {
            return;
        }
        match (&self.journey, &self.legs[place].party) {
            (Journey::With(with), _) if with.leg == leg && with.hands_on(now.time) => self.left_handing(now, out),
            // Nobody hung up, or the agent did before either could hear the other: the citizen is not to pay for it.
            (Journey::With(With { greeting, place: Some(_), leg: with, .. }), _)
                if *with == leg && (*greeting || reason == EndReason::MediaLost) =>
            {
                self.wait_again(now, out);
            }
            (Journey::With(with), _) if with.leg == leg => self.talk_over(now, reason, out),
            (Journey::Waiting(_) | Journey::With(_), Party::Offered(side)) => {
                self.contact_failed(side.reservation, acd::Decline::Unreachable, out);
            }
            (Journey::CallingBack(back), _) if back.leg == leg => self.not_returned(now, out),
            (Journey::Calling(_) | Journey::CallingBack(_) | Journey::With(_), _) => {
                self.callee_lost(now, place, None, out)
            }
            _ => {}
        }
    }
}
