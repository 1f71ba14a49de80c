//! Everybody's phones on the test's own thread: who does what when, drawn from a seed, and what each phone saw.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use base::{Digit, Rng, Secret, Time};
use load::phone::{Act, Answering, Config, Side, Status, Step, Voice, What, Why};
use load::{PhoneId, Runner};

use super::changes::{COME_AND_GO, Operator, Told};
use super::voices::{self, LISTEN};

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Who talks is heard by then, also on a busy machine: the agent's number may be said before.
const HEARD_WITHIN: Duration = Duration::from_secs(20);
/// How often those who talk are listened to: a window of an ear.
const LISTEN_EVERY: Duration = Duration::from_millis(100);
const TURN: Duration = Duration::from_millis(10);

/// What a citizen means to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    key: Digit,
    /// From the answer to the key.
    thinks: Duration,
    /// Hangs up so long after the key unless somebody talks then, or in the menu when no key is pressed.
    gives_up: Option<Duration>,
    leaves_menu: bool,
    /// From when both have heard each other.
    talks: Duration,
    agent_ends: bool,
    /// After a call that was cut short.
    dials_again: Option<Duration>,
}

impl Plan {
    fn draw(rng: &mut Rng) -> Plan {
        let mut ms = |from: u64, to: u64| Duration::from_millis(from + rng.below(to - from));
        let (thinks, patience, talks, again) = (ms(200, 1200), ms(500, 6000), ms(500, 2500), ms(300, 1500));
        Plan {
            key: Digit::Number([1, 1, 1, 2, 3][rng.below(5) as usize]),
            thinks,
            gives_up: rng.chance(0.15).then_some(patience),
            leaves_menu: rng.chance(0.03),
            talks,
            agent_ends: rng.chance(0.3),
            dials_again: rng.chance(0.8).then_some(again),
        }
    }
}

/// One call of a citizen, as the phone saw it.
#[derive(Clone, Debug)]
pub(super) struct Dial {
    pub(super) citizen: usize,
    pub(super) at: Time,
    pub(super) answered: Option<Time>,
    pub(super) pressed: Option<Time>,
    pub(super) gave_up: bool,
    pub(super) over: Option<(Time, Side, Why)>,
}

/// One call at an agent's phone, as the phone saw it.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub(super) agent: usize,
    /// Whose number the phone showed, and the place of that citizen's call.
    pub(super) citizen: usize,
    pub(super) dial: usize,
    pub(super) at: Time,
    pub(super) answered: Option<Time>,
    /// When both had heard each other for half a second.
    pub(super) heard: Option<Time>,
    pub(super) over: Option<(Time, Side, Why)>,
}

/// Something that somebody does at its time, if it still makes sense then; the number is the place of a dial or an offer.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Dial(usize),
    GiveUp(usize),
    PickUp(usize),
    Refuse(usize, u16),
    End(usize),
}

/// How agents treat offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    /// One in eight offers is declined, one in twenty rings out.
    Mixed,
    Willing,
}

pub(super) struct Hall {
    runner: Runner,
    pub(super) agents: Vec<PhoneId>,
    pub(super) citizens: Vec<PhoneId>,
    pub(super) plans: Vec<Plan>,
    pub(super) dials: Vec<Dial>,
    pub(super) offers: Vec<Offer>,
    /// Agents' phones that rang while they were in a call.
    pub(super) doubled: Vec<usize>,
    pub(super) cuts: Vec<Cut>,
    pub(super) mood: Mood,
    /// The longest time that the machine kept the phones from what they had to do.
    pub(super) stall: Duration,
    began: Instant,
    rng: Rng,
    /// The last call of each citizen and of each agent.
    latest: Vec<Option<usize>>,
    rings: Vec<Option<usize>>,
    due: BTreeMap<(Time, u64), Deed>,
    deeds: u64,
    listened: Time,
}

/// The engine was killed.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub(super) at: Time,
    pub(super) ready: Option<Time>,
}

impl Hall {
    /// With every agent's phone registered.
    pub(super) fn new(server: SocketAddr, agents: usize, citizens: usize, seed: u64) -> Hall {
        let mut rng = Rng::from_number(seed);
        let mut runner = Runner::new().expect("descriptors");
        let plans: Vec<Plan> = (0..citizens).map(|_| Plan::draw(&mut rng)).collect();
        let agents: Vec<_> = (0..agents).map(|place| agent(&mut runner, server, place)).collect();
        let added = plans.iter().enumerate().map(|(place, plan)| citizen(&mut runner, server, place, plan));
        let citizens: Vec<_> = added.collect();
        let (latest, rings) = (vec![None; citizens.len()], vec![None; agents.len()]);
        let began = Instant::now().checked_sub(runner.now().since(Time::ZERO)).expect("it began after the machine");
        let mut hall = Hall {
            runner,
            agents,
            citizens,
            plans,
            dials: Vec::new(),
            offers: Vec::new(),
            doubled: Vec::new(),
            cuts: Vec::new(),
            mood: Mood::Mixed,
            stall: Duration::ZERO,
            began,
            rng,
            latest,
            rings,
            due: BTreeMap::new(),
            deeds: 0,
            listened: Time::ZERO,
        };
        hall.register(0..hall.agents.len());
        hall.until("every agent registers", Duration::from_secs(20), |hall| {
            hall.agents.iter().all(|id| hall.runner.phone(*id).is_registered())
        });
        hall
    }

    fn register(&mut self, agents: impl Iterator<Item = usize>) {
        for place in agents {
            self.runner.act(self.agents[place], |phone, now, out| phone.register(now, out));
        }
    }

    /// Those who come and go, now that they are all back.
    pub(super) fn last_ones_register(&mut self) {
        self.register(self.agents.len() - COME_AND_GO..self.agents.len());
    }

    pub(super) fn now(&self) -> Time {
        self.runner.now()
    }

    pub(super) fn at(&self, instant: Instant) -> Time {
        Time::ZERO + instant.saturating_duration_since(self.began)
    }

    pub(super) fn runner(&self) -> &Runner {
        &self.runner
    }

    /// All citizens call, so many a second.
    pub(super) fn everybody_calls(&mut self, per_s: u32) {
        let first = self.now();
        for citizen in 0..self.citizens.len() {
            self.plan(first + Duration::from_secs(citizen as u64) / per_s, Deed::Dial(citizen));
        }
    }

    /// One more call each of the first citizens, who wait as long as it takes.
    pub(super) fn call_again(&mut self, citizens: usize) {
        for citizen in 0..citizens {
            let plan = &mut self.plans[citizen];
            (plan.key, plan.gives_up, plan.leaves_menu) = (Digit::Number(1), None, false);
            plan.talks = Duration::from_secs(600);
            let script = script(plan);
            self.runner.act(self.citizens[citizen], |phone, _, _| phone.config_mut().script = script);
            self.dial(citizen);
        }
    }

    /// Nobody calls, nobody is about to.
    pub(super) fn is_empty(&self) -> bool {
        let phones = self.citizens.iter().chain(&self.agents);
        self.due.is_empty() && phones.into_iter().all(|id| self.runner.phone(*id).status() == Status::Idle)
    }

    /// Agents in a talk in which both have heard each other.
    pub(super) fn heard(&self) -> usize {
        self.rings.iter().flatten().filter(|offer| is_talk(&self.offers[**offer])).count()
    }

    pub(super) fn hang_up_all(&mut self) {
        for id in self.citizens.clone() {
            self.runner.act(id, |phone, now, out| phone.hang_up(now, out));
        }
        self.due.clear();
    }

    /// # Panics
    /// When it does not hold in time.
    pub(super) fn until(&mut self, what: &str, within: Duration, holds: impl Fn(&Hall) -> bool) {
        let end = self.now() + within;
        while !holds(self) {
            let busy = self.rings.iter().flatten().filter(|offer| self.offers[**offer].over.is_none()).count();
            assert!(self.now() < end, "not within {within:?}: {what}; {busy} agents have calls: {:?}", self.unfinished());
            self.turn();
        }
    }

    /// The same while the operator works.
    pub(super) fn until_with(&mut self, what: &str, within: Duration, operator: &Operator, holds: impl Fn(&Hall) -> bool) {
        let end = self.now() + within;
        while !holds(self) {
            operator.still_works();
            assert!(self.now() < end, "not within {within:?}: {what}: {:?}", self.unfinished());
            self.turn();
            for told in operator.told.try_iter() {
                self.hear(told);
            }
        }
    }

    fn unfinished(&self) -> Vec<&Dial> {
        self.dials.iter().filter(|dial| dial.over.is_none()).take(5).collect()
    }

    fn hear(&mut self, told: Told) {
        match told {
            Told::AgentsAreBack => self.last_ones_register(),
            Told::Killed(at) => self.cuts.push(Cut { at: self.at(at), ready: None }),
            Told::Ready(at) => {
                let at = self.at(at);
                self.cuts.last_mut().expect("it was killed before").ready = Some(at);
            }
        }
    }

    fn turn(&mut self) {
        let before = self.now();
        let next = self.due.keys().next().map_or(TURN, |(at, _)| at.since(before).min(TURN));
        self.runner.turn(next).expect("sockets work");
        for (id, event) in self.runner.take_events() {
            if id.0 < self.agents.len() {
                self.at_agent(id.0, event.at, event.what);
            } else {
                self.at_citizen(id.0 - self.agents.len(), event.at, event.what);
            }
        }
        let now = self.now();
        while let Some(due) = self.due.first_entry().filter(|due| due.key().0 <= now) {
            let deed = due.remove();
            self.carry_out(deed);
        }
        if now.since(self.listened) >= LISTEN_EVERY {
            self.listened = now;
            self.listen(now);
        }
        self.stall = self.stall.max(self.now().since(before).saturating_sub(TURN));
    }

    fn plan(&mut self, at: Time, deed: Deed) {
        self.deeds += 1;
        self.due.insert((at, self.deeds), deed);
    }

    fn carry_out(&mut self, deed: Deed) {
        match deed {
            Deed::Dial(citizen) => self.dial(citizen),
            Deed::GiveUp(dial) => {
                let citizen = self.dials[dial].citizen;
                let talks = self.rings.iter().flatten().map(|offer| &self.offers[*offer]);
                let talks = talks.into_iter().any(|o| o.dial == dial && o.answered.is_some() && o.over.is_none());
                if self.latest[citizen] == Some(dial) && self.dials[dial].over.is_none() && !talks {
                    self.dials[dial].gave_up = true;
                    self.runner.act(self.citizens[citizen], |phone, now, out| phone.hang_up(now, out));
                }
            }
            Deed::PickUp(offer) => self.if_current(offer, |hall, id| {
                hall.runner.act(id, |phone, now, out| phone.pick_up(now, out));
            }),
            Deed::Refuse(offer, status) => self.if_current(offer, |hall, id| {
                hall.runner.act(id, |phone, now, out| phone.refuse(now, status, out));
            }),
            Deed::End(offer) => self.if_current(offer, |hall, agent| {
                let Offer { citizen, .. } = hall.offers[offer];
                let id = if hall.plans[citizen].agent_ends { agent } else { hall.citizens[citizen] };
                hall.runner.act(id, |phone, now, out| phone.hang_up(now, out));
            }),
        }
    }

    /// If the agent's phone still has this call.
    fn if_current(&mut self, offer: usize, act: impl FnOnce(&mut Hall, PhoneId)) {
        let agent = self.offers[offer].agent;
        if self.rings[agent] == Some(offer) && self.offers[offer].over.is_none() {
            act(self, self.agents[agent]);
        }
    }

    fn dial(&mut self, citizen: usize) {
        self.latest[citizen] = Some(self.dials.len());
        let at = self.now();
        self.dials.push(Dial { citizen, at, answered: None, pressed: None, gave_up: false, over: None });
        self.runner.act(self.citizens[citizen], |phone, now, out| phone.dial(now, "12345", out));
    }

    fn at_citizen(&mut self, citizen: usize, at: Time, what: What) {
        let (place, plan) = (self.latest[citizen].expect("it dialled"), self.plans[citizen]);
        let dial = &mut self.dials[place];
        match what {
            What::Answered => {
                dial.answered = Some(at);
                if plan.leaves_menu {
                    self.plan(at + plan.thinks, Deed::GiveUp(place));
                }
            }
            What::Pressed(_) => {
                dial.pressed = Some(at);
                if let Some(patience) = plan.gives_up {
                    self.plan(at + patience, Deed::GiveUp(place));
                }
            }
            What::HungUp { by, why } => {
                dial.over = Some((at, by, why));
                let agents_doing = self.offers.iter().rev().find(|o| o.dial == place).is_some_and(was_ended_by_agent);
                if by == Side::Peer && !agents_doing && let Some(after) = plan.dials_again {
                    self.plan(at + after, Deed::Dial(citizen));
                }
            }
            _ => {}
        }
    }

    fn at_agent(&mut self, agent: usize, at: Time, what: What) {
        match what {
            What::Incoming { from, .. } => {
                let citizen = citizen_of(&from).unwrap_or_else(|| panic!("agent {} sees {from}", 1001 + agent));
                let dial = self.latest[citizen].expect("who is offered has dialled");
                self.rings[agent] = Some(self.offers.len());
                self.offers.push(Offer { agent, citizen, dial, at, answered: None, heard: None, over: None });
                self.decide(self.offers.len() - 1, at);
            }
            What::TurnedAway => self.doubled.push(agent),
            What::Answered => self.offers[self.rings[agent].expect("it rang")].answered = Some(at),
            What::HungUp { by, why } => {
                self.offers[self.rings[agent].expect("it rang")].over = Some((at, by, why));
            }
            _ => {}
        }
    }

    fn decide(&mut self, offer: usize, at: Time) {
        let (after, lot) = (Duration::from_millis(100 + self.rng.below(500)), self.rng.unit());
        let deed = match lot {
            _ if self.mood == Mood::Willing => Deed::PickUp(offer),
            _ if lot < 0.06 => Deed::Refuse(offer, 486),
            _ if lot < 0.12 => Deed::Refuse(offer, 603),
            _ if lot < 0.17 => return,
            _ => Deed::PickUp(offer),
        };
        self.plan(at + after, deed);
    }

    /// Whoever has just heard the other one ends the talk some time later.
    fn listen(&mut self, now: Time) {
        for place in self.rings.clone().into_iter().flatten() {
            let Offer { agent, citizen, answered, heard, over, .. } = self.offers[place];
            let Some(answered) = answered.filter(|_| heard.is_none() && over.is_none()) else { continue };
            let hears = |id, pair| voices::hears(self.runner.phone(id).ear(), pair, answered);
            let here = hears(self.agents[agent], voices::of_citizen(citizen));
            let there = hears(self.citizens[citizen], voices::of_agent(agent));
            if here && there {
                self.offers[place].heard = Some(now);
                self.plan(now + self.plans[citizen].talks, Deed::End(place));
            } else {
                let late = now.since(answered) > HEARD_WITHIN;
                assert!(!late, "agent {}: hears {here}, is heard {there}: {:?}", 1001 + agent, self.offers[place]);
            }
        }
    }
}

fn is_talk(offer: &Offer) -> bool {
    offer.heard.is_some() && offer.over.is_none()
}

pub(super) fn was_ended_by_agent(offer: &Offer) -> bool {
    offer.answered.is_some() && offer.over.is_some_and(|(_, by, why)| (by, why) == (Side::Us, Why::Bye))
}

pub(super) fn number(citizen: usize) -> String {
    format!("138{citizen:08}")
}

pub(super) fn citizen_of(number: &str) -> Option<usize> {
    number.strip_prefix("138")?.parse().ok()
}

fn agent(runner: &mut Runner, server: SocketAddr, place: usize) -> PhoneId {
    let number = 1001 + place;
    let id = runner.add(LOCAL, |sip, rtp| Config {
        password: Some(Secret(format!("example-{number}"))),
        answering: Answering::Never,
        voice: Voice::Tones(voices::of_agent(place)),
        listen_hz: LISTEN.to_vec(),
        ..Config::new(&number.to_string(), server, sip, rtp)
    });
    id.expect("ports for an agent")
}

fn citizen(runner: &mut Runner, server: SocketAddr, place: usize, plan: &Plan) -> PhoneId {
    let id = runner.add(LOCAL, |sip, rtp| Config {
        voice: Voice::Tones(voices::of_citizen(place)),
        listen_hz: LISTEN.to_vec(),
        script: script(plan),
        ..Config::new(&number(place), server, sip, rtp)
    });
    id.expect("ports for a citizen")
}

fn script(plan: &Plan) -> Vec<Step> {
    let press = Step { after: plan.thinks, act: Act::Press(plan.key) };
    if plan.leaves_menu { Vec::new() } else { vec![press] }
}
