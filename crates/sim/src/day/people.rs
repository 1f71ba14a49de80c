//! The people of a day: agents at their desks, and citizens who come and go.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use base::{Now, Rng, Secret, Time};
use phone::{Act, Answering, Config, Keys, Output, Phone, Status, Step};
use staff::{Press, Profile};

use super::addresses::{self, CITIZENS_MAX, Person};
use crate::addresses::server;

/// What comes late for whoever had an address before finds nobody: 64 × T1 and a little (RFC 3261 §17).
const REST: Duration = Duration::from_secs(40);
/// The share of talks that the citizen ends.
const CITIZEN_ENDS: f64 = 0.8;
/// Dialled the same for all of China's mobiles: eleven digits.
const FIRST_NUMBER: u64 = 13_000_000_000;
const NUMBERS: u64 = 7_000_000_000;

/// A phone and its timers.
pub(super) struct Handset {
    pub(super) who: Person,
    pub(super) phone: Phone,
    /// When it wants to be woken.
    pub(super) due: Option<Time>,
    /// It fell silent for good.
    pub(super) gone: bool,
    /// Counts its calls: each has a media port of its own.
    pub(super) calls: u32,
}

impl Handset {
    fn new(who: Person, config: Config, now: Now, rng: Rng) -> Handset {
        Handset { who, phone: Phone::new(config, now, rng), due: None, gone: false, calls: 0 }
    }

    /// Where it takes RTP in its call.
    pub(super) fn media(&self) -> SocketAddr {
        self.phone.config().media_address
    }

    /// The call is over: the next one has another port.
    pub(super) fn next_call(&mut self) {
        self.calls += 1;
        self.phone.config_mut().media_address = addresses::media(self.who, self.calls);
    }

    pub(super) fn is_idle(&self) -> bool {
        self.phone.status() == Status::Idle
    }
}

/// An agent and the agent's phone.
pub(super) struct Desk {
    pub(super) handset: Handset,
    pub(super) number: String,
    password: Secret,
    /// On duty by the plan of shifts.
    pub(super) wanted: bool,
    /// When the phone last came back after a crash.
    pub(super) back_at: Option<Time>,
    /// Declines the next offer after so long.
    pub(super) declines: Option<Duration>,
    register_for: Duration,
    pub(super) rng: Rng,
}

impl Desk {
    fn config(&self, place: usize) -> Config {
        let mut config = plain(Person::Desk(place), &self.number);
        config.password = Some(self.password.clone());
        config.register_for = self.register_for;
        config
    }

    /// A fresh phone where one crashed.
    pub(super) fn replace(&mut self, place: usize, now: Now, profile: &Profile) {
        let calls = self.handset.calls + 1;
        self.back_at = Some(now.time);
        let (config, rng) = (self.config(place), self.rng.fork());
        self.handset = Handset::new(Person::Desk(place), config, now, rng);
        self.handset.calls = calls;
        self.handset.phone.config_mut().media_address = addresses::media(Person::Desk(place), calls);
        self.prepare(profile);
        // Whoever comes back to the desk does not let it ring.
        if self.declines.is_none() {
            self.handset.phone.config_mut().answering = Answering::After(profile.answer.mean());
        }
    }

    /// Whether the phone may be busy with an INVITE from before its crash, whose ringing the engine has given up: that comes again for
    /// 64 × T1 (RFC 3261 §17.1.1.2), rings for a while, and its answer waits as long again for an ACK that nobody sends.
    pub(super) fn is_fresh(&self, now: Time) -> bool {
        self.back_at.is_some_and(|at| now.since(at) < 3 * REST)
    }

    /// What the agent does with the next offer.
    pub(super) fn prepare(&mut self, profile: &Profile) {
        let (declines, misses) = (self.rng.chance(profile.declines), self.rng.chance(profile.no_answers));
        let after = profile.answer.draw(&mut self.rng);
        self.declines = declines.then_some(after);
        let answers = !declines && !misses;
        self.handset.phone.config_mut().answering = if answers { Answering::After(after) } else { Answering::Never };
    }
}

/// A caller.
pub(super) struct Citizen {
    pub(super) handset: Handset,
    /// Counts the citizens of the day.
    pub(super) serial: u64,
    pub(super) number: String,
    /// None for whoever never gives up.
    pub(super) patience: Option<Duration>,
    pub(super) talk: Duration,
    /// Ends the talk; else the agent does.
    pub(super) ends: bool,
    /// After which share of the talk the phone falls silent.
    pub(super) vanishes: Option<f64>,
    /// Dials again when the call is cut short.
    pub(super) insists: bool,
    /// Counts what happens in the call: plans made before are void.
    pub(super) turn: u32,
    /// The desk that is heard.
    pub(super) with: Option<usize>,
    pub(super) pressed_at: Option<Time>,
    /// The process that knew of the call was killed.
    pub(super) cut: bool,
    pub(super) over: bool,
}

pub(super) struct People {
    pub(super) desks: Vec<Desk>,
    pub(super) citizens: Vec<Option<Box<Citizen>>>,
    /// Free places and since when.
    free: VecDeque<(usize, Time)>,
    pub(super) came: u64,
    pub(super) out: Output,
    rng: Rng,
}

impl People {
    /// The agents of these plans with their phones, not yet registered.
    pub(super) fn new(call: &call::Plan, register_for: Duration, profile: &Profile, now: Now, mut rng: Rng) -> People {
        let count = profile.agents.iter().copied().max().unwrap_or(0) as usize;
        let desk = |(place, agent): (usize, &call::plan::Agent)| {
            let (number, password) = (agent.number.clone(), agent.password.clone());
            let config = plain(Person::Desk(place), &number);
            let handset = Handset::new(Person::Desk(place), config, now, rng.fork());
            let rng = rng.fork();
            let mut desk =
                Desk { handset, number, password, wanted: false, back_at: None, declines: None, register_for, rng };
            *desk.handset.phone.config_mut() = desk.config(place);
            desk.prepare(profile);
            desk
        };
        let desks = call.agents.iter().take(count).enumerate().map(desk).collect();
        People { desks, citizens: Vec::new(), free: VecDeque::new(), came: 0, out: Output::default(), rng }
    }

    pub(super) fn handset(&mut self, who: Person) -> Option<&mut Handset> {
        match who {
            Person::Desk(place) => self.desks.get_mut(place).map(|desk| &mut desk.handset),
            Person::Citizen(_) => self.citizen(who).map(|citizen| &mut citizen.handset),
        }
    }

    pub(super) fn citizen(&mut self, who: Person) -> Option<&mut Citizen> {
        let Person::Citizen(place) = who else { return None };
        self.citizens.get_mut(place)?.as_deref_mut()
    }

    /// Somebody new, or somebody who dials again; none when the city has no room for more.
    pub(super) fn arrive(&mut self, now: Now, profile: &Profile, number: Option<String>) -> Option<Person> {
        let place = self.place(now.time)?;
        let who = Person::Citizen(place);
        self.came += 1;
        let mut rng = self.rng.fork();
        let first = number.is_none();
        let number = number.unwrap_or_else(|| format!("{}", FIRST_NUMBER + rng.below(NUMBERS)));
        let mut config = plain(who, &number);
        config.script = profile.keys_of(&mut rng).iter().map(step).collect();
        let (talk, ends, vanishes) =
            (profile.talk.draw(&mut rng), rng.chance(CITIZEN_ENDS), rng.chance(profile.citizens_vanish));
        let (patience, part) = (profile.patience.draw(&mut rng), rng.unit());
        // Twice is enough: a caller who dials for ever would keep a day from ending.
        let insists = rng.chance(profile.redial) && first;
        self.citizens[place] = Some(Box::new(Citizen {
            handset: Handset::new(who, config, now, rng),
            serial: self.came,
            number,
            patience,
            talk,
            ends,
            vanishes: vanishes.then_some(part),
            insists,
            turn: 0,
            with: None,
            pressed_at: None,
            cut: false,
            over: false,
        }));
        Some(who)
    }

    fn place(&mut self, now: Time) -> Option<usize> {
        if let Some((place, _)) = self.free.pop_front_if(|(_, since)| now.since(*since) >= REST) {
            return Some(place);
        }
        if self.citizens.len() == CITIZENS_MAX {
            return None;
        }
        self.citizens.push(None);
        Some(self.citizens.len() - 1)
    }

    /// Whoever has hung up and has nothing more to say or to hear is no part of the day any more.
    pub(super) fn dismiss(&mut self, now: Time, who: Person) {
        let Person::Citizen(place) = who else { return };
        let Some(slot) = self.citizens.get_mut(place) else { return };
        if slot.as_ref().is_some_and(|citizen| citizen.over && citizen.handset.phone.is_quiet()) {
            *slot = None;
            self.free.push_back((place, now));
        }
    }

    /// Whether nobody calls.
    pub(super) fn is_calm(&self) -> bool {
        let calm = |citizen: &Citizen| citizen.over || citizen.handset.gone;
        self.citizens.iter().flatten().all(|citizen| calm(citizen))
            && self.desks.iter().all(|desk| desk.handset.gone || desk.handset.is_idle())
    }
}

/// A phone that speaks SIP and sends no media: its keys reach the media side without packets.
fn plain(who: Person, number: &str) -> Config {
    let mut config = Config::new(number, server(), addresses::sip(who), addresses::media(who, 0));
    config.keys = Keys::Rtp;
    config.quiet = true;
    config
}

fn step(press: &Press) -> Step {
    Step { after: press.after, act: Act::Press(press.digit) }
}
