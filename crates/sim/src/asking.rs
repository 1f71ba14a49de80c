//! Agents ask groups, and anybody by the keys of a talk.

use std::time::Duration;

use base::{Digit, Now, Time};

use crate::check::Checks;
use crate::lines::line_number;
use crate::people::{Deed, People, Seat, Whom};
use crate::plan::{agent_number, group_number};

/// What an agent presses in a talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    Ask(Whom),
    /// The citizen is for whoever was asked.
    Join,
    Back,
}

impl Code {
    fn digits(self) -> Vec<Digit> {
        let text = match self {
            Code::Ask(Whom::Colleague(agent)) => format!("*2{}#", agent_number(agent)),
            Code::Ask(Whom::Line(line)) => format!("*2{}#", line_number(line)),
            Code::Ask(Whom::Group(group)) => format!("*2{}#", group_number(group)),
            Code::Join => "*1#".to_owned(),
            Code::Back => "*0".to_owned(),
        };
        text.chars().filter_map(Digit::from_char).collect()
    }
}

impl People {
    /// Mostly somebody is asked and then the two are brought together, or not; now and then only codes that lead nowhere.
    pub(crate) fn may_press(&mut self, now: Time, seat: usize) {
        let share = self.scenario.asking;
        if share == 0.0 || !self.rng.chance(share) {
            return;
        }
        let serial = self.seats[seat].serial;
        let mut at = now + self.up_to(Duration::from_millis(1500));
        if self.rng.chance(0.9) {
            let whom = self.whom();
            self.agenda.push((at, seat, Deed::Press { serial, code: Code::Ask(whom) }));
        }
        while self.rng.chance(0.6) {
            at = at + Duration::from_millis(1500) + self.up_to(Duration::from_millis(3500));
            let code = if self.rng.chance(0.6) { Code::Join } else { Code::Back };
            self.agenda.push((at, seat, Deed::Press { serial, code }));
        }
    }

    pub(crate) fn press(&mut self, now: Now, seat: usize, (serial, code): (u32, Code), checks: &mut Checks) {
        let own = &mut self.seats[seat];
        if own.serial == serial {
            own.pressed = true;
            checks.audio.disturb(seat);
            own.phone.press(now, &code.digits(), &mut self.out);
        }
    }

    /// Whether the seat waits for somebody of a group whom nothing of its own keeps it from hearing.
    pub(crate) fn asks_now(&self, seat: usize) -> bool {
        let own = &self.seats[seat];
        own.asks && !own.phone.is_held() && !own.joins && !own.hands
    }

    /// Whom the phone of an agent may come to hear as it answers this caller, where somebody asks by keys: the one who asks, and
    /// whoever talks with that one.
    pub(crate) fn asked_by(&self, agent: usize, caller: usize, checks: &Checks) -> Vec<usize> {
        let mut heard = Vec::new();
        let asks = |seat: &Seat| seat.pressed || !seat.left_behind.is_empty();
        for asker in (0..self.seats.len()).filter(|seat| *seat != agent && asks(&self.seats[*seat])) {
            let own = &self.seats[asker];
            let with = checks.audio.others(asker).into_iter().chain(own.citizen).chain(own.left_behind.iter().copied());
            let all: Vec<usize> = with.chain([asker]).filter(|seat| *seat != agent).collect();
            if all.contains(&caller) {
                heard.extend(all);
            }
        }
        heard
    }
}
