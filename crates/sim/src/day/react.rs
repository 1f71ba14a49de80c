//! How the people of a day act, and on what their phones tell them.

use std::net::SocketAddr;
use std::time::Duration;

use base::Now;
use phone::{Output, Phone, Side, What};
use roster::State;

use super::addresses::{self, Person};
use super::people::{Citizen, Desk, People};
use super::world::{Deed, World};
use crate::network::Packet;

/// Agents do not all sign on at the same instant.
pub(super) const SIGN_ON_WITHIN: Duration = Duration::from_secs(5);
/// How long an agent's phone is away after a crash, at most.
const AWAY_MAX: Duration = Duration::from_secs(120);
/// Whoever was cut off dials again within this.
const REDIAL_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_secs(60);

impl World {
    pub(super) fn act(&mut self, deed: Deed) -> Result<(), String> {
        self.tell_deed(&deed);
        match deed {
            Deed::Wake(who) => self.wake(who),
            Deed::Arrive => {
                self.tally.arrives(self.now.time);
                self.expect_next();
                self.dial(None)
            }
            Deed::Redial { number } => {
                self.redials -= 1;
                self.dial(Some(number))
            }
            Deed::Shift { half } => self.shift(half),
            Deed::Look => self.look_around(),
            Deed::Reload => self.reload(),
            Deed::Close => self.send_home(),
            Deed::Register(desk) if self.people.desks[desk].wanted => {
                self.with_desk(desk, |phone, now, out| phone.register(now, out))
            }
            Deed::Register(_) => Ok(()),
            Deed::Return(desk) => self.comes_back(desk),
            Deed::CitizenHangsUp { who, serial, turn } => match self.is_there(who, serial, turn) {
                true => self.with(who, |phone, now, out| phone.hang_up(now, out)),
                false => Ok(()),
            },
            Deed::DeskHangsUp { desk, call } => match self.is_in_call(desk, call) {
                true => self.with_desk(desk, |phone, now, out| phone.hang_up(now, out)),
                false => Ok(()),
            },
            Deed::CitizenVanishes { who, serial, turn } => {
                if self.is_there(who, serial, turn) {
                    self.vanish(who);
                    self.people.citizen(who).into_iter().for_each(|citizen| citizen.over = true);
                    self.people.dismiss(self.now.time, who);
                }
                Ok(())
            }
            Deed::DeskVanishes { desk, call } => {
                if self.is_in_call(desk, call) {
                    self.vanish(Person::Desk(desk));
                    let away = AWAY_MAX.mul_f64(0.1 + 0.9 * self.rng.unit());
                    self.plan(self.now.time + away, Deed::Return(desk));
                }
                Ok(())
            }
        }
    }

    fn is_there(&mut self, who: Person, serial: u64, turn: u32) -> bool {
        let citizen = self.people.citizen(who);
        citizen.is_some_and(|c| c.serial == serial && c.turn == turn && !c.over && !c.handset.gone)
    }

    fn is_in_call(&self, desk: usize, call: u32) -> bool {
        let handset = &self.people.desks[desk].handset;
        handset.calls == call && !handset.gone && !handset.is_idle()
    }

    fn vanish(&mut self, who: Person) {
        let Some(handset) = self.people.handset(who) else { return };
        let media = handset.media();
        handset.phone.vanish();
        (handset.gone, handset.due) = (true, None);
        self.quiet.falls_silent(self.now.time, media);
    }

    fn comes_back(&mut self, desk: usize) -> Result<(), String> {
        let now = self.now;
        self.people.desks[desk].replace(desk, now, &self.profile);
        // Whose shift is over takes away what the phone that crashed left at the registrar.
        self.with_desk(desk, |phone, now, out| phone.register(now, out))?;
        match self.people.desks[desk].wanted {
            true => Ok(()),
            false => self.with_desk(desk, |phone, now, out| phone.unregister(now, out)),
        }
    }

    fn wake(&mut self, who: Person) -> Result<(), String> {
        let now = self.now;
        // An entry that another one has replaced.
        let due = self.people.handset(who).is_some_and(|handset| handset.due.is_some_and(|due| due <= now.time));
        match due {
            true => self.with(who, |phone, now, out| phone.handle_timeout(now, out)),
            false => Ok(()),
        }
    }

    fn dial(&mut self, number: Option<String>) -> Result<(), String> {
        let now = self.now;
        let Some(who) = self.people.arrive(now, &self.profile, number) else {
            return Err("no room for one caller more".to_owned());
        };
        let hotline = self.number.clone();
        self.with(who, |phone, now, out| phone.dial(now, &hotline, out))
    }

    /// Who is on duty from now on signs on, and who is not any more goes, after the call that runs.
    fn shift(&mut self, half: usize) -> Result<(), String> {
        let count = self.on_duty(half);
        for desk in 0..self.people.desks.len() {
            let wanted = desk < count;
            if self.people.desks[desk].wanted == wanted {
                continue;
            }
            self.people.desks[desk].wanted = wanted;
            let handset = &self.people.desks[desk].handset;
            match (wanted, handset.is_idle() && !handset.gone) {
                (true, _) => {
                    let at = self.now.time + SIGN_ON_WITHIN.mul_f64(self.rng.unit());
                    self.plan(at, Deed::Register(desk));
                }
                (false, true) => self.with_desk(desk, |phone, now, out| phone.unregister(now, out))?,
                (false, false) => {}
            }
        }
        Ok(())
    }

    fn send_home(&mut self) -> Result<(), String> {
        for place in 0..self.people.citizens.len() {
            let who = Person::Citizen(place);
            if self.people.citizen(who).is_some_and(|citizen| !citizen.over) {
                self.with(who, |phone, now, out| phone.hang_up(now, out))?;
            }
        }
        Ok(())
    }

    /// Who was paused by the rule of unanswered offers comes back to the desk and dials the code.
    fn look_around(&mut self) -> Result<(), String> {
        if self.disk.is_up() {
            let paused: Vec<String> = {
                let agents = self.exchange.roster.view().agents.into_iter().zip(&self.disk.plans().call.agents);
                let paused = agents.filter(|(agent, _)| matches!(agent.state, State::Paused { .. }));
                paused.map(|(_, plan)| plan.number.clone()).collect()
            };
            let ready = self.disk.plans().call.star_codes.ready.clone();
            for number in paused {
                let desk = self.people.desks.iter().position(|desk| desk.number == number);
                let Some(desk) = desk.filter(|desk| self.people.desks[*desk].wanted) else { continue };
                self.with_desk(desk, |phone, now, out| phone.dial(now, &ready, out))?;
            }
        }
        if !self.closed {
            self.plan(self.now.time + LOOK_EVERY, Deed::Look);
        }
        Ok(())
    }

    pub(super) fn with_desk(
        &mut self,
        desk: usize,
        act: impl FnOnce(&mut Phone, Now, &mut Output),
    ) -> Result<(), String> {
        self.with(Person::Desk(desk), act)
    }

    fn with(&mut self, who: Person, act: impl FnOnce(&mut Phone, Now, &mut Output)) -> Result<(), String> {
        let People { desks, citizens, out, .. } = &mut self.people;
        let handset = match who {
            Person::Desk(place) => desks.get_mut(place).map(|desk| &mut desk.handset),
            Person::Citizen(place) => citizens.get_mut(place).and_then(|c| c.as_mut()).map(|c| &mut c.handset),
        };
        let Some(handset) = handset.filter(|handset| !handset.gone) else { return Ok(()) };
        act(&mut handset.phone, self.now, out);
        self.carry_out(who)
    }

    /// Sends what a phone said and lets its owner react.
    pub(super) fn carry_out(&mut self, who: Person) -> Result<(), String> {
        let from = addresses::sip(who);
        for message in std::mem::take(&mut self.people.out.sip) {
            self.send(Packet { from, to: message.flow.peer, bytes: message.bytes.to_vec() });
        }
        for event in std::mem::take(&mut self.people.out.events) {
            self.tell_event(who, &event.what);
            match who {
                Person::Desk(desk) => self.desk_reacts(desk, &event.what)?,
                Person::Citizen(_) => self.citizen_reacts(who, &event.what),
            }
        }
        let now = self.now.time;
        if let Some(handset) = self.people.handset(who) {
            let due = handset.phone.next_timeout();
            if due != handset.due {
                handset.due = due;
                due.into_iter().for_each(|at| self.plan(at, Deed::Wake(who)));
            } else if due.is_some_and(|at| at <= now) {
                // What is still due was not done at once, so that nothing hangs in between.
                self.plan(now, Deed::Wake(who));
            }
        }
        self.people.dismiss(now, who);
        Ok(())
    }

    fn citizen_reacts(&mut self, who: Person, what: &What) {
        let now = self.now.time;
        let Some(citizen) = self.people.citizen(who) else { return };
        match what {
            What::Pressed(digit) => {
                citizen.pressed_at = Some(now);
                let media = citizen.handset.media();
                self.quiet.press(now, media, *digit);
            }
            What::HungUp { by, .. } => {
                citizen.over = true;
                citizen.turn += 1;
                let again = (citizen.cut && *by == Side::Peer && citizen.insists).then(|| citizen.number.clone());
                if let Some(number) = again {
                    self.redials += 1;
                    let at = now + REDIAL_WITHIN.mul_f64(0.1 + 0.9 * self.rng.unit());
                    self.plan(at, Deed::Redial { number });
                }
            }
            _ => {}
        }
    }

    fn desk_reacts(&mut self, place: usize, what: &What) -> Result<(), String> {
        let desk: &mut Desk = &mut self.people.desks[place];
        match what {
            What::TurnedAway if !desk.is_fresh(self.now.time) => {
                return Err(format!("the phone of {} was rung by a second call", desk.number));
            }
            What::Incoming { .. } => {
                let (call, declines) = (desk.handset.calls, desk.declines);
                let at = declines.map(|after| self.now.time + after);
                at.into_iter().for_each(|at| self.plan(at, Deed::DeskHangsUp { desk: place, call }));
            }
            What::HungUp { .. } => {
                desk.handset.next_call();
                desk.prepare(&self.profile);
                if !desk.wanted {
                    // The output is being read: what the phone says now is sent with the rest of it.
                    desk.handset.phone.unregister(self.now, &mut self.people.out);
                    let from = addresses::sip(Person::Desk(place));
                    for message in std::mem::take(&mut self.people.out.sip) {
                        self.send(Packet { from, to: message.flow.peer, bytes: message.bytes.to_vec() });
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The citizen hears the agent: how long they talk, who ends it, and whether somebody's phone fails meanwhile.
    pub(super) fn connected(&mut self, who: Person, place: usize, media: SocketAddr) {
        let now = self.now.time;
        let People { desks, citizens, .. } = &mut self.people;
        let Person::Citizen(caller) = who else { return };
        let citizen = citizens.get_mut(caller).and_then(|c| c.as_deref_mut());
        let Some(citizen) = citizen.filter(|c| c.handset.media() == media && c.with != Some(place)) else { return };
        let desk = &mut desks[place];
        citizen.with = Some(place);
        citizen.turn += 1;
        let Citizen { talk, ends, vanishes, serial, turn, .. } = *citizen;
        let call = desk.handset.calls;
        let desk_vanishes = desk.rng.chance(self.profile.agents_vanish).then(|| desk.rng.unit());
        if let Some(call) = self.quiet.call_at(media) {
            self.tally.hears(now, call);
        }
        match ends {
            true => self.plan(now + talk, Deed::CitizenHangsUp { who, serial, turn }),
            false => self.plan(now + talk, Deed::DeskHangsUp { desk: place, call }),
        }
        if let Some(part) = vanishes {
            self.plan(now + talk.mul_f64(part), Deed::CitizenVanishes { who, serial, turn });
        }
        if let Some(part) = desk_vanishes {
            self.plan(now + talk.mul_f64(part), Deed::DeskVanishes { desk: place, call });
        }
    }

    fn tell_deed(&mut self, deed: &Deed) {
        if !matches!(deed, Deed::Wake(_)) {
            let line = self.tells().then(|| format!("{deed:?}"));
            line.into_iter().for_each(|line| self.tell(|| line));
        }
    }

    fn tell_event(&mut self, who: Person, what: &What) {
        if self.tells() {
            let line = match what {
                What::Incoming { from, .. } => format!("{who:?} Incoming from {from}"),
                other => format!("{who:?} {other:?}"),
            };
            self.tell(|| line);
        }
    }
}
