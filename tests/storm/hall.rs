//! Everybody's phones on the test's own thread, and what each of them saw.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base::{Digit, Rng, Time};
use load::phone::{Side, Status, What, Why};
use load::{PhoneId, Runner};

use super::changes::{COME_AND_GO, Operator, Told};
use super::people::{self, Dial, Offer, Plan, citizen_of, was_ended_by_agent};
use super::voices;

/// Who talks is heard by then, also on a busy machine: the agent's number may be said before.
const HEARD_WITHIN: Duration = Duration::from_secs(40);
/// How often those who talk are listened to: a window of an ear.
const LISTEN_EVERY: Duration = Duration::from_millis(100);
const TURN: Duration = Duration::from_millis(10);

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
        let agents: Vec<_> = (0..agents).map(|place| people::agent(&mut runner, server, place)).collect();
        let added = plans.iter().enumerate().map(|(place, plan)| people::citizen(&mut runner, server, place, plan));
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
            let script = people::script(plan);
            self.runner.act(self.citizens[citizen], |phone, _, _| phone.config_mut().script = script);
            self.dial(citizen);
        }
    }

    /// Nobody calls, nobody is about to.
    pub(super) fn is_empty(&self) -> bool {
        let phones = self.citizens.iter().chain(&self.agents);
        self.due.is_empty() && phones.into_iter().all(|id| self.runner.phone(*id).status() == Status::Idle)
    }

    /// What people did, and how often.
    pub(super) fn people(&self) -> BTreeMap<&'static str, usize> {
        let offers = |how: fn(&Offer) -> bool| self.offers.iter().filter(|offer| how(offer)).count();
        let dials = |how: fn(&Dial) -> bool| self.dials.iter().filter(|dial| how(dial)).count();
        BTreeMap::from([
            ("calls", self.dials.len()),
            ("offers", self.offers.len()),
            ("declined", offers(|o| matches!(o.over, Some((_, Side::Us, Why::Status(_)))))),
            ("rang out", offers(|o| matches!(o.over, Some((_, Side::Peer, Why::Cancelled))))),
            ("ended by agents", offers(was_ended_by_agent)),
            ("gave up in the queue", dials(|d| d.gave_up && d.pressed.is_some())),
            ("left in the menu", dials(|d| d.gave_up && d.pressed.is_none())),
        ])
    }

    /// The longest time from a citizen's INVITE to the answer, which leaves in the turn that reads it: what the machine keeps the engine from. Beside
    /// outages.
    pub(super) fn slowest_answer(&self) -> Duration {
        let outage = |dial: &Dial, at: Time| self.cuts.iter().any(|cut| dial.at <= cut.at && cut.at <= at);
        let took = self
            .dials
            .iter()
            .filter_map(|dial| dial.answered.filter(|at| !outage(dial, *at)).map(|at| at.since(dial.at)));
        took.max().unwrap_or_default()
    }

    /// Agents in a talk in which both have heard each other.
    pub(super) fn heard(&self) -> usize {
        self.rings.iter().flatten().filter(|offer| people::is_talk(&self.offers[**offer])).count()
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
            assert!(
                self.now() < end,
                "not within {within:?}: {what}; {busy} agents have calls: {:?}",
                self.unfinished()
            );
            self.turn();
        }
    }

    /// The same while the operator works.
    pub(super) fn until_with(
        &mut self,
        what: &str,
        within: Duration,
        operator: &Operator,
        holds: impl Fn(&Hall) -> bool,
    ) {
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
                // Who has talked has no reason to.
                let talks = self.offers.iter().rev().any(|offer| offer.dial == dial && offer.answered.is_some());
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
                let agents_doing = self.offers.iter().any(|o| o.dial == place && was_ended_by_agent(o));
                if by == Side::Peer
                    && !agents_doing
                    && let Some(after) = plan.dials_again
                {
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
