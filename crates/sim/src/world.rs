//! The loop: whatever is due next happens, one thing at a time, and every rule is looked at.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use base::{Flow, NetworkId, Now, Rng, Time, Wall, WorkerId};
use legs::Bank;
use phone::{Input as Heard, What};
use switch::{Effects, Exchange, Input, Wire};

use crate::addresses::{self, Place};
use crate::carriers::Carriers;
use crate::check::{Audio, Checks, Owners, Queue, Records};
use crate::kill::Disk;
use crate::network::{Network, Packet};
use crate::people::{Deed, People, Seat, Who};
use crate::plan::{Plans, plans};
use crate::rim::Rim;
use crate::speaking::Service;
use crate::tape::Tapes;
use crate::turn::{Turn, config};
use crate::voice::Voice;
use crate::{Failure, Report, Scenario};

pub(crate) const WIRES: [Wire; 3] = [Wire::ToQueue, Wire::ToRoster, Wire::ToSwitch];
pub(crate) const START: Now = Now { time: Time::from_millis(1_000_000), wall: Wall(1_790_000_000_000) };
/// The longest chain of patience and Timer B after the last citizen dialled, twice over.
const LIFE_MAX: Duration = Duration::from_secs(400);
/// After the last call: bindings expire, transactions end (64 × T1 and T4, RFC 3261 §17), and agents who lost their phones to a
/// restart are given up.
const AFTERMATH: Duration = Duration::from_secs(200);
/// From the first stop to the second.
const DRAIN: Duration = Duration::from_secs(2);
/// Ten times what the busiest scenario takes.
const STEPS_MAX: u64 = 10_000_000;
/// Lines of story that a failure tells.
pub(crate) const STORY_MAX: usize = 300;

/// What may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Packet,
    Deadline,
    Wire(usize),
    Job(usize),
    Notice(usize),
    Worker(usize),
    Deed,
    Phone(usize),
    Stop,
    /// A text is a sound, or nobody speaks it.
    Speech,
    Start,
    Clock,
    Service,
}

pub(crate) struct World {
    pub(crate) scenario: Scenario,
    pub(crate) now: Now,
    pub(crate) rng: Rng,
    pub(crate) exchange: Exchange,
    /// When the oldest message of each wire arrives.
    pub(crate) arrive: [Option<Time>; 3],
    /// `Exchange::next_timeout`, asked after each turn alone.
    pub(crate) deadline: Option<Time>,
    pub(crate) effects: Effects,
    pub(crate) disk: Disk,
    pub(crate) bank: Arc<Bank>,
    pub(crate) rims: Vec<Rim>,
    pub(crate) network: Network,
    pub(crate) carriers: Carriers,
    pub(crate) people: People,
    pub(crate) voice: Voice,
    pub(crate) service: Service,
    /// When the operator next says that the engine stops.
    pub(crate) stop_at: Option<Time>,
    pub(crate) draining: bool,
    pub(crate) checks: Checks,
    pub(crate) clock_steps: Vec<(Time, i64)>,
    /// By how much the wall clock was set since the start.
    pub(crate) wall_set_ms: i64,
    pub(crate) steps: u64,
    pub(crate) story: VecDeque<String>,
}

impl World {
    pub(crate) fn new(scenario: &Scenario, taped: bool) -> World {
        World::make(scenario, taped, |_| {})
    }

    /// `edit` has the last word on the plans.
    pub(crate) fn with(scenario: &Scenario, edit: impl FnOnce(&mut Plans)) -> World {
        World::make(scenario, false, edit)
    }

    fn make(scenario: &Scenario, taped: bool, edit: impl FnOnce(&mut Plans)) -> World {
        let mut rng = Rng::from_number(scenario.seed);
        let mut plans = plans(scenario, &mut rng.fork());
        edit(&mut plans);
        let Plans { call, acd, roster, carrier, bank } = plans;
        let kills = scenario.kills.iter().map(|after| START.time + *after).collect();
        let all = switch::Plans { call, acd: acd.clone(), roster, carrier };
        let tapes = taped.then(Tapes::default);
        let mut disk = Disk::new(all, kills, rng.fork(), tapes);
        let mut effects = Effects::default();
        let exchange = disk.start(config(scenario), START, &mut effects);
        let rim = |w| Rim::new(WorkerId(w), scenario, bank.clone(), START.time, &mut rng);
        let rims = (0..scenario.workers).map(rim).collect();
        let people = People::new(scenario, START, rng.fork());
        let checks = Checks {
            audio: Audio::new(scenario, people.seats.len()),
            owners: Owners { plan: acd.clone(), prompt: scenario.is_prompt() },
            queue: Queue::new(acd),
            records: Records::new(scenario),
            own_over: BTreeMap::new(),
        };
        World {
            scenario: scenario.clone(),
            now: START,
            network: Network::new(scenario.impairment, rng.fork()),
            exchange,
            arrive: [None; 3],
            deadline: None,
            effects,
            disk,
            bank,
            rims,
            carriers: Carriers::default(),
            people,
            voice: Voice::new(scenario.seed),
            service: Service::new(scenario),
            stop_at: scenario.stop_after.map(|after| START.time + after).or(scenario.last_drain(START.time)),
            draining: false,
            checks,
            clock_steps: scenario.clock_steps.iter().map(|(after, ms)| (START.time + *after, *ms)).collect(),
            wall_set_ms: 0,
            steps: 0,
            story: VecDeque::new(),
            rng,
        }
    }

    pub(crate) fn run(mut self) -> Result<(Report, Option<Tapes>), Box<Failure>> {
        match self.live() {
            Ok(()) => Ok((self.report(), self.disk.tapes)),
            Err(what) => {
                Err(Box::new(Failure { seed: self.scenario.seed, at: self.now.time, what, story: self.story.into() }))
            }
        }
    }

    fn report(&self) -> Report {
        Report {
            steps: self.steps,
            ended: self.checks.records.ended,
            reservations: self.checks.queue.reserved,
            talks: self.checks.audio.talks(),
            heard_both_ways: self.checks.audio.proved,
            followed: self.carriers.followed,
            utterances: self.service.asked,
            spoken: self.voice.spoken,
            took_ms: self.now.time.since(START.time).as_millis() as u64,
        }
    }

    pub(crate) fn live(&mut self) -> Result<(), String> {
        let last = START.time + self.scenario.span + LIFE_MAX;
        while !self.is_over() {
            if !self.step(last)? {
                return Err(format!("not over after {LIFE_MAX:?}: {}", self.leftovers()));
            }
        }
        self.at_rest()?;
        self.close_down();
        let end = self.now.time + AFTERMATH;
        while self.step(end)? {}
        self.at_rest()?;
        if let Some(at) = self.last_deadline() {
            return Err(format!("nobody is left and something is due at {at:?}: {}", self.leftovers()));
        }
        self.checks.audio.finish(&self.people.seats)
    }

    /// Carriers are asked for ever whether they live.
    fn last_deadline(&self) -> Option<Time> {
        let probes = self.disk.plans().carrier.trunks.iter().any(|trunk| trunk.options.is_some());
        let exchange = &self.exchange;
        match probes {
            true => exchange.acd.next_timeout().into_iter().chain(exchange.roster.next_timeout()).min(),
            false => exchange.next_timeout(),
        }
    }

    /// Whether nobody calls, nobody will, and nothing is on its way between owners.
    fn is_over(&self) -> bool {
        self.now.time >= self.people.dial_until
            && self.people.agenda.is_empty()
            && self.stop_at.is_none()
            && self.disk.is_safe()
            && self.clock_steps.is_empty()
            && self.exchange.is_idle()
            && self.rims.iter().all(|r| r.jobs.is_empty() && r.notices.is_empty())
            && self.people.seats.iter().all(Seat::is_done)
    }

    fn at_rest(&self) -> Result<(), String> {
        self.checks.owners.idle(&self.exchange)?;
        self.checks.queue.finish()?;
        self.checks.records.finish()?;
        for (place, rim) in self.rims.iter().enumerate() {
            let ready = self.exchange.switch.leases_ready(WorkerId(place as u8));
            if ready != rim.ends() {
                return Err(format!("worker {place} has {} ends bound and the switch knows {ready}", rim.ends()));
            }
        }
        Ok(())
    }

    /// Everybody goes home.
    fn close_down(&mut self) {
        for seat in 0..self.people.seats.len() {
            if matches!(self.people.seats[seat].who, Who::Agent(_)) {
                self.people.agenda.push((self.now.time, seat, Deed::Unregister));
            }
        }
    }

    fn leftovers(&self) -> String {
        let roster = self.exchange.roster.view();
        let queue = self.exchange.acd.view(self.now);
        let seats = self.people.seats.iter().filter(|s| !s.gone && s.phone.status() != phone::Status::Idle);
        let busy: Vec<_> = seats.map(|s| (&s.name, s.phone.status())).collect();
        let calls = self.exchange.switch.phases();
        let exchange = &self.exchange;
        let due = [exchange.switch.next_timeout(), exchange.acd.next_timeout(), exchange.roster.next_timeout()];
        format!("due {due:?}, {calls:?}, {roster:?}, {queue:?}, {busy:?}, agenda {:?}", self.people.agenda)
    }

    /// The next thing happens, unless nothing is due until `last`.
    pub(crate) fn step(&mut self, last: Time) -> Result<bool, String> {
        let (at, source) = self.next();
        if at > last {
            self.now = self.clock(last);
            return Ok(false);
        }
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return Err(format!("{STEPS_MAX} steps, the last one {source:?}"));
        }
        // From the start, not from step to step: the wall counts whole milliseconds.
        self.now = self.clock(at);
        let now = self.now;
        match source {
            Source::Packet => self.packet()?,
            Source::Deadline => self.turn(Turn::Feed(Input::Deadline))?,
            Source::Wire(place) => self.turn(Turn::Deliver(WIRES[place]))?,
            Source::Job(worker) => self.rims[worker].take_job(now, &mut self.network),
            Source::Worker(worker) => self.rims[worker].handle_timeout(now, &mut self.network),
            Source::Notice(worker) => {
                if let Some(notice) = self.rims[worker].notices.pop(now.time) {
                    let worker = WorkerId(worker as u8);
                    self.turn(Turn::Feed(Input::Notice { worker, notice }))?;
                }
            }
            Source::Deed => {
                if let Some((seat, deed)) = self.people.take_deed(now.time) {
                    self.tell(|| format!("{seat} {deed:?}"));
                    self.act(seat, deed)?;
                }
            }
            Source::Speech => self.spoken()?,
            Source::Stop => self.stop()?,
            Source::Start => self.start()?,
            Source::Clock => self.set_clock(),
            Source::Service => self.service_answers()?,
            Source::Phone(seat) => {
                let People { seats, out, .. } = &mut self.people;
                seats[seat].phone.handle_timeout(now, out);
                self.carry_out(seat)?;
            }
        }
        Ok(true)
    }

    fn act(&mut self, seat: usize, deed: Deed) -> Result<(), String> {
        match deed {
            Deed::CallBack { line } => self.call_back(seat, line),
            Deed::Steer => self.steer(),
            Deed::Surge(group, by_hand) => self.surge(group, by_hand),
            Deed::Reload => self.reload(),
            Deed::Carrier { place, mood } => {
                self.carriers.set(place, mood);
                Ok(())
            }
            deed => {
                self.people.act(self.now, seat, deed, &mut self.checks);
                self.carry_out(seat)
            }
        }
    }

    /// Both clocks at a moment; the wall's may have been set since the start.
    fn clock(&self, at: Time) -> Now {
        let now = START.plus(at.since(START.time));
        Now { wall: Wall(now.wall.0 + self.wall_set_ms), ..now }
    }

    /// Somebody sets the wall clock, by hand or by NTP.
    fn set_clock(&mut self) {
        let (_, ms) = self.clock_steps.remove(0);
        self.wall_set_ms += ms;
        self.tell(|| format!("the wall clock is set by {ms} ms"));
    }

    /// The earliest of everything; chance decides between what is due at once.
    fn next(&mut self) -> (Time, Source) {
        let mut best = (Time::MAX, Source::Deadline);
        let mut equals = 0;
        let (now, rng) = (self.now.time, &mut self.rng);
        let mut consider = |at: Option<Time>, source: Source| {
            let Some(at) = at.map(|at| at.max(now)) else { return };
            equals = if at < best.0 { 1 } else { equals + u64::from(at == best.0) };
            if at < best.0 || at == best.0 && rng.below(equals) == 0 {
                best = (at, source);
            }
        };
        consider(self.network.next(), Source::Packet);
        if let Some(back) = self.disk.back_at() {
            consider(Some(back), Source::Start);
        }
        consider(self.clock_steps.first().map(|(at, _)| *at), Source::Clock);
        consider(self.deadline, Source::Deadline);
        for (place, at) in self.arrive.iter().enumerate() {
            consider(*at, Source::Wire(place));
        }
        for (place, rim) in self.rims.iter().enumerate() {
            consider(rim.jobs.next(), Source::Job(place));
            consider(rim.notices.next(), Source::Notice(place));
            consider(rim.next_timeout(), Source::Worker(place));
        }
        consider(self.people.next_deed(), Source::Deed);
        consider(self.stop_at, Source::Stop);
        consider(self.voice.next(), Source::Speech);
        consider(self.service.next(), Source::Service);
        for (place, seat) in self.people.seats.iter().enumerate() {
            consider(seat.due, Source::Phone(place));
        }
        best
    }

    /// The first time no more calls are taken, the second time all end.
    fn stop(&mut self) -> Result<(), String> {
        let input = if self.draining { Input::StopCalls } else { Input::Drain };
        self.stop_at = (!self.draining).then_some(self.now.time + DRAIN);
        self.draining = true;
        self.turn(Turn::Feed(input))
    }

    fn packet(&mut self) -> Result<(), String> {
        let Some(packet) = self.network.arrive(self.now.time) else { return Ok(()) };
        let Packet { from, to, ref bytes } = packet;
        let peer = Flow::udp(NetworkId(0), from);
        match addresses::place(to) {
            // Nobody listens there until the next process does.
            Some(Place::Server | Place::Media(_)) if !self.disk.is_up() => Ok(()),
            Some(Place::Server) => self.turn(Turn::Feed(Input::Message { flow: peer, bytes })),
            Some(Place::Media(worker)) => {
                if let Some(rim) = self.rims.get_mut(worker) {
                    rim.receive(self.now, &packet, &mut self.network);
                }
                Ok(())
            }
            Some(Place::Carrier(place)) => self.at_carrier(place, &packet),
            Some(Place::PhoneSip(seat)) if self.people.seats[seat].overhears(bytes) => {
                self.people.seats[seat].inbox.push_back(String::from_utf8_lossy(bytes).into_owned());
                Ok(())
            }
            Some(Place::PhoneSip(seat)) if self.people.seats[seat].gone => {
                // What was sent before a kill comes to nobody: no process is there to be told.
                if !self.people.seats[seat].says_unreachable || !self.disk.is_up() {
                    return Ok(());
                }
                self.turn(Turn::Feed(Input::Unreachable(Flow::udp(NetworkId(0), to))))
            }
            Some(Place::PhoneSip(seat)) => self.reach(seat, Heard::Sip { flow: peer, bytes }),
            Some(Place::PhoneMedia(seat)) => match to.port().checked_sub(self.people.seats[seat].media().port()) {
                Some(0) => self.reach(seat, Heard::Rtp { from, bytes }),
                Some(1) => self.reach(seat, Heard::Rtcp { from, bytes }),
                _ => Ok(()),
            },
            None => Err(format!("a packet for {to}, where nobody lives")),
        }
    }

    pub(crate) fn reach(&mut self, seat: usize, heard: Heard<'_>) -> Result<(), String> {
        let People { seats, out, .. } = &mut self.people;
        seats[seat].phone.handle(self.now, heard, out);
        self.carry_out(seat)
    }

    /// Sends what a phone said and lets its owner react.
    pub(crate) fn carry_out(&mut self, seat: usize) -> Result<(), String> {
        let now = self.now;
        let sip = self.people.out.sip.drain(..).map(|m| (addresses::phone_sip(seat), m.flow.peer, m.bytes.to_vec()));
        for (from, to, bytes) in sip {
            self.network.send(now.time, Packet { from, to, bytes });
        }
        let media = self.people.seats[seat].media();
        for (to, bytes) in self.people.out.rtp.drain(..) {
            self.network.send(now.time, Packet { from: media, to, bytes });
        }
        let from = std::net::SocketAddr::new(media.ip(), media.port() + 1);
        for (to, bytes) in self.people.out.rtcp.drain(..) {
            self.network.send(now.time, Packet { from, to, bytes });
        }
        for event in std::mem::take(&mut self.people.out.events) {
            let name = self.people.seats[seat].name.clone();
            self.tell(|| format!("{seat} {name} {}", line(&event.what)));
            self.people.react(now, seat, &event.what, &mut self.checks)?;
        }
        self.people.seats[seat].due = self.people.seats[seat].phone.next_timeout();
        Ok(())
    }

    pub(crate) fn tell(&mut self, line: impl FnOnce() -> String) {
        if self.story.len() == STORY_MAX {
            self.story.pop_front();
        }
        self.story.push_back(format!("{:?} {}", self.now.time, line()));
    }
}

fn line(what: &What) -> String {
    match what {
        What::Incoming { from, .. } => format!("Incoming from {from}"),
        other => format!("{other:?}"),
    }
}
