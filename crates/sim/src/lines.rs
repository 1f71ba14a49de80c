//! Lines outside: agents call them, the house calls them for agents and at night, and carriers come and go.

use std::time::Duration;

use base::{AgentId, Now, Ticket};
use phone::{Answering, Status};
use switch::{Ask, Input};

use crate::carriers::{Carriers, Mood, To};
use crate::check::Checks;
use crate::people::{Deed, People, Seat, Who};
use crate::turn::Turn;
use crate::world::World;

/// What people and switches outside say instead of answering: busy, no such number, no circuit, not now, declined.
const REFUSALS: [u16; 5] = [486, 404, 503, 480, 603];

/// The number of the line at a place.
pub(crate) fn line_number(place: usize) -> String {
    format!("1390000{place:04}")
}

impl People {
    /// The lines sit down, and the troubles of the carriers' day are drawn; nothing is drawn where there are none.
    pub(crate) fn lines_sit(&mut self, now: Now) {
        for place in 0..usize::from(self.scenario.lines) {
            let seat = self.sit(now, Who::Line, line_number(place));
            self.line_prepares(seat);
            if self.trouble() {
                let at = now.time + self.up_to(self.scenario.span);
                let deed = self.crash();
                self.agenda.push((at, seat, deed));
            }
        }
        for place in 0..if self.scenario.lines > 0 { Carriers::COUNT } else { 0 } {
            let mut at = now.time;
            while self.rng.chance(0.4) {
                at = at + self.up_to(self.scenario.span);
                let mood = Mood::PLAIN[self.rng.below(Mood::PLAIN.len() as u64) as usize];
                self.agenda.push((at, 0, Deed::Carrier { place, mood }));
            }
        }
        self.carriers_send_on(now);
    }

    /// Carriers send calls on for a while, from the first on as often as not.
    fn carriers_send_on(&mut self, now: Now) {
        if self.scenario.sending_on == 0.0 || self.scenario.lines == 0 {
            return;
        }
        for place in 0..Carriers::COUNT {
            let mut at = now.time;
            while self.rng.chance(self.scenario.sending_on) {
                let to = To::ALL[self.rng.below(To::ALL.len() as u64) as usize];
                self.agenda.push((at, 0, Deed::Carrier { place, mood: Mood::SendsOn(to) }));
                at = at + self.up_to(self.scenario.span);
            }
        }
    }

    /// Some time after `from`, now and then, the house calls an agent and then a line.
    pub(crate) fn may_be_called_back(&mut self, from: base::Time, seat: usize) {
        if self.scenario.lines > 0 && self.rng.chance(0.4) {
            let at = from + self.up_to(self.scenario.span);
            let line = self.any_line();
            self.agenda.push((at, seat, Deed::CallBack { line }));
        }
    }

    pub(crate) fn any_line(&mut self) -> usize {
        self.rng.below(u64::from(self.scenario.lines).max(1)) as usize
    }

    /// What a line does with the next call.
    fn line_prepares(&mut self, seat: usize) {
        let answering = match self.rng.below(10) {
            0..6 => Answering::After(self.up_to(Duration::from_millis(2500))),
            6..9 => Answering::Reject(REFUSALS[self.rng.below(REFUSALS.len() as u64) as usize]),
            _ => Answering::Never,
        };
        let early = self.rng.chance(0.3);
        let silent = self.rng.chance(0.1);
        let config = self.seats[seat].phone.config_mut();
        (config.answering, config.early_media, config.faults.no_provisional) = (answering, early, silent);
    }

    pub(crate) fn line_rings(&mut self, now: Now, seat: usize) {
        self.seats[seat].serial += 1;
        if self.trouble() {
            let at = now.time + self.up_to(Duration::from_secs(3));
            let deed = self.crash();
            self.agenda.push((at, seat, deed));
        }
    }

    /// Whom the line talks with is known where one agent alone has called it; else it may be anybody who is in a call.
    pub(crate) fn line_answers(&mut self, now: Now, seat: usize, checks: &mut Checks) -> Result<(), String> {
        self.seats[seat].answered_at = now.time;
        let in_call = |s: &usize| *s != seat && !self.seats[*s].gone && self.seats[*s].phone.status() != Status::Idle;
        let others: Vec<usize> = (0..self.seats.len()).filter(in_call).collect();
        // Where carriers send calls on, whoever was called may be the other line.
        let sent_on = self.scenario.sending_on > 0.0;
        let awaits = |s: &&usize| self.seats[**s].awaits.is_some_and(|line| line == seat || sent_on);
        let called: Vec<usize> = others.iter().filter(awaits).copied().collect();
        match called[..] {
            [agent] if self.has_only_called(agent) => {
                let held = self.seats[agent].phone.is_held();
                let disturbed = held || [agent, seat].iter().any(|s| !self.seats[*s].is_sound(now.time));
                checks.audio.began(now.time, seat, agent, disturbed)?;
                self.may_hand_on(now.time, agent);
            }
            _ => {
                others.iter().for_each(|other| checks.audio.disturb(*other));
                checks.audio.may_hear(now.time, seat, others);
            }
        }
        let serial = self.seats[seat].serial;
        let at = now.time + Duration::from_millis(500) + self.up_to(Duration::from_secs(8));
        self.agenda.push((at, seat, Deed::HangUp { serial }));
        Ok(())
    }

    /// An agent with one call, while nobody else may have had the line called.
    fn has_only_called(&self, agent: usize) -> bool {
        let calls = |s: &Seat| match s.who {
            Who::Citizen => s.phone.status() != Status::Idle,
            _ => s.calls || s.hands || s.asks || s.pressed || s.awaits.is_some(),
        };
        let others = self.seats.iter().enumerate().any(|(seat, s)| seat != agent && calls(s));
        let own = &self.seats[agent];
        !others && !own.phone.has_two() && !own.hands && !own.joins && !own.orphaned
    }

    pub(crate) fn line_is_free(&mut self, seat: usize) {
        self.line_prepares(seat);
        self.seats.iter_mut().filter(|s| s.awaits == Some(seat)).for_each(|s| s.awaits = None);
    }
}

impl World {
    /// A program asks that the agent be called.
    pub(crate) fn call_back(&mut self, seat: usize, line: usize) -> Result<(), String> {
        let Who::Agent(agent) = self.people.seats[seat].who else { return Ok(()) };
        if !self.disk.is_up() {
            return Ok(());
        }
        let number = crate::plan::agent_number(agent);
        let place = self.disk.plans().call.agents.iter().position(|agent| agent.number == number);
        let agent = AgentId(place.unwrap_or_default() as u32);
        let ask = Ask::Call { agent, to: line_number(line) };
        self.turn(Turn::Feed(Input::Ask { ticket: Ticket(1), by: "desk".to_owned(), ask }))
    }
}
