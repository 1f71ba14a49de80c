//! Citizens who would rather be called back, and whose phones ring then.

use std::time::Duration;

use base::{Digit, Now, Rng, Time};
use phone::{Act, Answering, Step};

use crate::people::{Deed, People};
use crate::{Scenario, plan};

/// The key that groups have for it.
pub(crate) const KEY: Digit = Digit::Number(3);
/// What citizens' numbers begin with.
const PREFIX: &str = "138";
/// From the last citizen who dials to the operator who has the engine take nobody new: longer than all tries, talks and rests.
const SERVES_ON: Duration = Duration::from_secs(75);

/// Draws what citizens who are called back do, so that everybody else does what they did without any.
#[derive(Debug)]
pub(crate) struct Wishes(Rng);

impl Wishes {
    pub(crate) fn new(scenario: &Scenario) -> Wishes {
        Wishes(Rng::from_number(scenario.seed ^ 0xca11))
    }

    fn up_to(&mut self, max: Duration) -> Duration {
        Duration::from_nanos(self.0.below(max.as_nanos() as u64 + 1))
    }
}

impl Scenario {
    /// Whether groups call back: where numbers are all that tells who is on a line, and where it leads is the carriers' to say.
    pub(crate) fn calls_back(&self) -> bool {
        self.calling_back > 0.0 && self.lines > 0 && !self.media && self.sending_on == 0.0
    }

    /// When the operator has the engine take nobody new, so that it has an end also where no agent is left to call anybody.
    pub(crate) fn last_drain(&self, start: Time) -> Option<Time> {
        self.calls_back().then(|| start + self.span + SERVES_ON)
    }
}

/// Both groups call back, and the rule that leads out leads to citizens too.
pub(crate) fn offer(plans: &mut plan::Plans) {
    let call_back = acd::CallBack { tries: 2, retry: Duration::from_secs(3), limit: 4 };
    plans.acd.groups.iter_mut().for_each(|group| group.call_back = Some(call_back));
    let call = std::sync::Arc::make_mut(&mut plans.call);
    call.groups.iter_mut().for_each(|group| group.call_back = Some(KEY));
    call.dial.iter_mut().for_each(|rule| rule.prefixes.push(PREFIX.to_owned()));
}

impl People {
    /// Some who wait press the key; and what each of them does when the phone rings.
    pub(crate) fn may_ask_to_be_called(&mut self, seat: usize) {
        if !self.scenario.calls_back() || !self.wishes.0.chance(self.scenario.calling_back) {
            return;
        }
        let after = Duration::from_millis(1500) + self.wishes.up_to(Duration::from_secs(5));
        let answering = match self.wishes.0.below(10) {
            0..6 => Answering::After(self.wishes.up_to(Duration::from_millis(2000))),
            6..8 => Answering::Reject([486, 480, 603][self.wishes.0.below(3) as usize]),
            8 => Answering::Never,
            _ => Answering::After(Duration::ZERO),
        };
        let config = self.seats[seat].phone.config_mut();
        config.script.push(Step { after, act: Act::Press(KEY) });
        config.answering = answering;
    }

    /// The phone of a citizen rings.
    pub(crate) fn is_called(&mut self, now: Now, seat: usize) {
        self.seats[seat].serial += 1;
        let serial = self.seats[seat].serial;
        let at = now.time + Duration::from_secs(2) + self.wishes.up_to(Duration::from_secs(7));
        self.agenda.push((at, seat, Deed::HangUp { serial }));
    }
}
