//! How people act on what their phones tell them.

use std::time::Duration;

use base::{Now, Time};
use phone::{Phone, Status, What};

use crate::addresses;
use crate::check::Checks;
use crate::lines::line_number;
use crate::people::{Deed, Next, People, Who};
use crate::plan::{GROUPS, RING, TALK_MAX, agent_number};

impl People {
    /// Does to a phone what somebody had in mind.
    pub(crate) fn act(&mut self, now: Now, seat: usize, deed: Deed, checks: &mut Checks) {
        if self.seats[seat].gone && deed != Deed::Return {
            return;
        }
        match deed {
            Deed::Dial => self.dial(now, seat),
            Deed::Register => self.seats[seat].phone.register(now, &mut self.out),
            Deed::Unregister => self.seats[seat].phone.unregister(now, &mut self.out),
            Deed::Vanish { back_after } => self.vanish(now, seat, back_after, checks),
            Deed::Return => {
                self.replace(now, seat);
                if self.seats[seat].who != Who::Line {
                    self.seats[seat].phone.register(now, &mut self.out);
                }
            }
            Deed::HangUp { serial } => self.in_call(seat, serial, |phone, out| phone.hang_up(now, out)),
            Deed::Hold { serial } => {
                checks.audio.disturb(seat);
                self.in_call(seat, serial, |phone, out| phone.hold(now, out));
            }
            Deed::Refer { serial, to, leaves } => {
                checks.audio.disturb(seat);
                self.seats[seat].hands = true;
                let to = match to {
                    Next::Agent(agent) => agent_number(agent),
                    Next::Group(group) => GROUPS[group % GROUPS.len()].to_owned(),
                    Next::Line(line) => line_number(line),
                    Next::Nobody => "999".to_owned(),
                };
                self.in_call(seat, serial, |phone, out| {
                    phone.refer(now, &to, out);
                    if leaves {
                        phone.hang_up(now, out);
                    }
                });
            }
            Deed::Resume { serial } => self.in_call(seat, serial, |phone, out| phone.resume(now, out)),
            Deed::Call { whom } => self.call(now, seat, whom, checks),
            Deed::Press { serial, code } => self.press(now, seat, (serial, code), checks),
            Deed::Join { serial, on, leaves } if self.seats[seat].serial == serial => {
                self.join(now, seat, (on, leaves), checks);
            }
            // These are for the engine and the carriers.
            Deed::Join { .. }
            | Deed::CallBack { .. }
            | Deed::Carrier { .. }
            | Deed::Steer
            | Deed::Surge(..)
            | Deed::Reload => {}
        }
    }

    pub(crate) fn in_call(&mut self, seat: usize, serial: u32, act: impl FnOnce(&mut Phone, &mut phone::Output)) {
        let own = &mut self.seats[seat];
        if own.serial == serial {
            act(&mut own.phone, &mut self.out);
        }
    }

    fn dial(&mut self, now: Now, seat: usize) {
        if self.seats[seat].phone.status() == Status::Idle {
            self.intentions(now, seat);
            self.seats[seat].phone.dial(now, "12345", &mut self.out);
        }
    }

    fn vanish(&mut self, now: Now, seat: usize, back_after: Option<Duration>, checks: &mut Checks) {
        // Whoever heard half a window of this voice hears the other half when something comes again.
        checks.audio.disturb(seat);
        if self.seats[seat].pressed {
            self.seats[seat].left_behind = checks.audio.others(seat);
        }
        checks.audio.left(now.time, seat);
        checks.audio.keep(seat, &self.seats[seat].phone);
        self.seats[seat].phone.vanish();
        self.seats[seat].gone = true;
        if let Some(after) = back_after {
            self.agenda.push((now.time + after, seat, Deed::Return));
        }
    }

    /// What a person does about an event; an error is a rule broken.
    pub(crate) fn react(&mut self, now: Now, seat: usize, what: &What, checks: &mut Checks) -> Result<(), String> {
        if let Some(told) = &mut self.told {
            told.push((seat, what.clone()));
        }
        let name = &self.seats[seat].name;
        match what {
            // A line is busy as lines are, and rings whoever calls.
            What::TurnedAway if self.seats[seat].who == Who::Line => {}
            What::Incoming { .. } if self.seats[seat].who == Who::Line => self.line_rings(now, seat),
            What::Answered if self.seats[seat].who == Who::Line => self.line_answers(now, seat, checks)?,
            // Who has dialled again is busy where the house calls back.
            What::TurnedAway if self.seats[seat].is_citizen() => {}
            What::Incoming { .. } if self.seats[seat].is_citizen() => self.is_called(now, seat),
            // A phone that never heard our CANCEL still rings.
            What::TurnedAway if !self.seats[seat].is_faulty() && !self.crosses(now.time, seat, checks) => {
                return Err(format!("the phone of {name} was rung by a second call"));
            }
            What::Incoming { from, .. } => self.rung(now, seat, &from.clone()),
            What::Answered if self.seats[seat].is_citizen() => self.seats[seat].answered_at = now.time,
            What::Answered if self.seats[seat].calls => self.seats[seat].calls = false,
            What::Answered => self.connected(now, seat, checks)?,
            What::LineOver { line, .. } => self.line_over(now, seat, *line, checks),
            What::Referred => self.referred(now, seat, checks),
            What::NotReferred { .. } => self.not_referred(now, seat, checks),
            What::HungUp { .. } => {
                let rang = self.seats[seat].citizen.filter(|_| self.seats[seat].is_sound(now.time));
                if let Some(citizen) = rang.filter(|_| !checks.audio.talks_at(seat)) {
                    checks.audio.rang(now.time, citizen)?;
                }
                checks.audio.reception(seat, &self.seats[seat])?;
                checks.audio.left(now.time, seat);
                self.alone(now, seat);
            }
            _ => {}
        }
        Ok(())
    }

    fn rung(&mut self, now: Now, seat: usize, from: &str) {
        self.seats[seat].serial += 1;
        let caller = self.caller(from);
        self.seats[seat].left_behind.clear();
        (self.seats[seat].citizen, self.seats[seat].rung_by) =
            (caller, caller.map_or(0, |caller| self.seats[caller].called));
        if self.told.is_some() {
            return;
        }
        let next = self.answering();
        // The agent's phones are picked up at the same instant, or each as it likes.
        let who = self.seats[seat].who;
        let together = self.rng.chance(0.5);
        for other in 0..self.seats.len() {
            if other == seat || together && self.seats[other].who == who {
                self.seats[other].phone.config_mut().answering = next;
            }
        }
        if self.trouble() && self.rng.chance(0.5) {
            let at = now.time + self.up_to(RING);
            let deed = self.crash();
            self.agenda.push((at, seat, deed));
        }
        if self.rng.chance(0.1)
            && let Some(citizen) = self.seats[seat].citizen
        {
            let serial = self.seats[citizen].serial;
            let at = now.time + self.up_to(Duration::from_millis(1500));
            self.agenda.push((at, citizen, Deed::HangUp { serial }));
        }
    }

    /// An agent answered a citizen: how long they talk, who ends it, and what happens meanwhile.
    fn connected(&mut self, now: Now, agent: usize, checks: &mut Checks) -> Result<(), String> {
        let Some(citizen) = self.seats[agent].citizen else { return Ok(()) };
        self.seats[agent].answered_at = now.time;
        if self.seats[citizen].who == Who::Line && self.seats[citizen].phone.status() != Status::Talking {
            self.seats[agent].awaits = Some(citizen);
            // Music until the line answers.
            checks.audio.may_hear(now.time, agent, vec![citizen]);
            let serial = self.seats[agent].serial;
            let at = now.time + self.up_to(Duration::from_secs(12));
            self.agenda.push((at, agent, Deed::HangUp { serial }));
            return Ok(());
        }
        let promised = self.promised(citizen, agent);
        let asked_by = self.asked_by(agent, citizen, checks);
        let disturbed = promised.is_some()
            || !(self.seats[citizen].is_citizen() || self.seats[citizen].calls || self.asks_now(citizen))
            || !asked_by.is_empty()
            || self.seats[citizen].who == Who::Line
            || [agent, citizen].iter().any(|s| !self.seats[*s].is_sound(now.time));
        checks.audio.began(now.time, agent, citizen, disturbed)?;
        checks.audio.may_hear(now.time, agent, promised.unwrap_or_default());
        checks.audio.may_hear(now.time, agent, asked_by);
        if self.told.is_some() {
            return Ok(());
        }
        let ms = Duration::from_millis;
        let talk = ms(200) + self.up_to(ms(6000));
        let ends = match self.rng.below(10) {
            0..5 => [Some(talk), None],
            5..9 => [None, Some(talk)],
            _ => [Some(talk), Some(talk)],
        };
        let fallback = [TALK_MAX - ms(5000), TALK_MAX - ms(3000)];
        for (place, seat) in [agent, citizen].into_iter().enumerate() {
            let serial = self.seats[seat].serial;
            let at = now.time + ends[place].unwrap_or(fallback[place]);
            self.agenda.push((at, seat, Deed::HangUp { serial }));
        }
        if self.rng.chance(0.15) {
            let seat = if self.rng.chance(0.5) { agent } else { citizen };
            self.hold_for_a_while(now.time, seat);
        }
        if self.rng.chance(0.1) {
            self.move_for_a_while(now.time, agent);
        }
        self.may_hand_on(now.time, agent);
        self.may_consult(now.time, agent);
        self.may_press(now.time, agent);
        if self.trouble() && self.rng.chance(0.5) {
            let deed = self.crash();
            let at = now.time + self.up_to(talk);
            self.agenda.push((at, agent, deed));
        }
        Ok(())
    }

    /// The phone's registration goes away in a call and comes back.
    fn move_for_a_while(&mut self, now: Time, seat: usize) {
        let off = now + self.up_to(Duration::from_millis(1500));
        let on = off + self.up_to(Duration::from_millis(1500));
        self.agenda.push((off, seat, Deed::Unregister));
        self.agenda.push((on, seat, Deed::Register));
    }

    /// Mostly once a talk, now and then twice; some phones wait for what comes of it, some hang up at once.
    pub(crate) fn may_hand_on(&mut self, now: Time, seat: usize) {
        let serial = self.seats[seat].serial;
        let share = self.scenario.handing;
        let mut after = now;
        while share > 0.0 && self.rng.chance(share) {
            after = after + self.up_to(Duration::from_millis(2500));
            let to = match self.rng.below(8) {
                0..5 => Next::Agent(self.rng.below(u64::from(self.scenario.agents)) as usize),
                5..7 => Next::Group(self.rng.below(2) as usize),
                _ if self.scenario.lines > 0 => Next::Line(self.any_line()),
                _ => Next::Nobody,
            };
            let leaves = self.rng.chance(0.3);
            self.agenda.push((after, seat, Deed::Refer { serial, to, leaves }));
        }
    }

    fn hold_for_a_while(&mut self, now: Time, seat: usize) {
        let serial = self.seats[seat].serial;
        let hold = now + self.up_to(Duration::from_millis(1500));
        let resume = hold + self.up_to(Duration::from_millis(1500));
        self.agenda.push((hold, seat, Deed::Hold { serial }));
        self.agenda.push((resume, seat, Deed::Resume { serial }));
    }

    fn alone(&mut self, now: Now, seat: usize) {
        let own = &mut self.seats[seat];
        own.ports += 1;
        (own.calls, own.orphaned, own.dialled_at, own.awaits) = (false, false, None, None);
        (own.hands, own.joins, own.pressed) = (false, false, false);
        (own.asks, own.asked) = (false, false);
        own.phone.config_mut().media_address = addresses::phone_media(seat, own.ports);
        if self.told.is_some() {
            return;
        }
        if self.seats[seat].who == Who::Line {
            return self.line_is_free(seat);
        }
        let again = self.rng.chance(0.2);
        let at = now.time + self.up_to(Duration::from_secs(3));
        if self.seats[seat].is_citizen() {
            if again && at < self.dial_until {
                self.agenda.push((at, seat, Deed::Dial));
            }
            return;
        }
        self.seats[seat].citizen = None;
    }
}
