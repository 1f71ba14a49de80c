//! A scripted scenario: few people who do what a test says, around the production wiring, with every rule looked at.

use std::sync::Arc;
use std::time::Duration;

use base::{GroupId, Now, Record, Rng, Time};
use phone::{Act, Answering, Keys, Line, Output, Phone, Step, What};
use switch::Exchange;

use crate::check::Audio;
use crate::network::Packet;
use crate::people::{Deed, People, Seat, Whom, tones_of};
use crate::plan::Plans;
use crate::turn::Turn;
use crate::world::World;
use crate::{Impairment, Scenario, addresses};

/// Windows of 100 ms in a row that hold the other's tones and no more: a voice, not the edge of one.
const VOICE_WINDOWS: usize = 5;
/// Longer than anything that a script waits for: 64 × T1 after a ring time, and a silence before a probe.
const WAIT_MAX: Duration = Duration::from_secs(120);

/// The hotline and its people.
#[derive(Clone, Debug)]
pub struct Setting {
    pub citizens: u16,
    pub agents: u16,
    /// Phones of each agent.
    pub phones: u16,
    /// Whether both parties hear the agent's number at connect.
    pub greeting: bool,
    pub wrap_up: Duration,
    /// Callers who may wait in a group.
    pub limit: usize,
    /// The longest wait in a group.
    pub wait: Option<Duration>,
    /// Whether the first group overflows to the second.
    pub overflow: bool,
    /// Whether the first agent serves the first group alone and the second agent the second.
    pub split: bool,
    pub talk_max: Duration,
}

impl Default for Setting {
    /// One citizen, one agent with one phone, and no limit that is ever reached.
    fn default() -> Setting {
        Setting {
            citizens: 1,
            agents: 1,
            phones: 1,
            greeting: false,
            wrap_up: Duration::ZERO,
            limit: 20,
            wait: None,
            overflow: false,
            split: false,
            talk_max: Duration::from_secs(600),
        }
    }
}

/// Somebody with a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person(usize);

/// A scripted scenario under way; every method panics with the story of the run when a rule was broken.
pub struct Stage {
    world: World,
    setting: Setting,
}

impl Stage {
    pub fn new(setting: &Setting) -> Stage {
        let scenario = scenario(setting);
        let mut world = World::with(&scenario, |plans| edit(plans, setting));
        world.people = People::scripted(&scenario, world.now, Rng::from_number(scenario.seed), setting.phones);
        world.checks.audio = Audio::new(&scenario, world.people.seats.len());
        world.people.seats.iter_mut().for_each(set_up);
        Stage { world, setting: setting.clone() }
    }

    pub fn citizen(&self, place: u16) -> Person {
        Person(usize::from(place))
    }

    /// The first phone of an agent.
    pub fn agent(&self, place: u16) -> Person {
        self.phone_of(place, 0)
    }

    pub fn phone_of(&self, agent: u16, phone: u16) -> Person {
        Person(usize::from(self.setting.citizens + agent * self.setting.phones + phone))
    }

    pub fn now(&self) -> Now {
        self.world.now
    }

    pub fn phone(&self, who: Person) -> &Phone {
        &self.world.people.seats[who.0].phone
    }

    pub fn config(&mut self, who: Person) -> &mut phone::Config {
        self.world.people.seats[who.0].phone.config_mut()
    }

    /// Does something with a phone.
    pub fn act(&mut self, who: Person, act: impl FnOnce(&mut Phone, Now, &mut Output)) {
        let People { seats, out, .. } = &mut self.world.people;
        act(&mut seats[who.0].phone, self.world.now, out);
        let done = self.world.carry_out(who.0);
        self.hold_to(done);
    }

    /// Signs a phone on.
    pub fn sign_on(&mut self, who: Person) {
        self.act(who, |phone, now, out| phone.register(now, out));
        self.until("a registration", |stage| stage.phone(who).is_registered());
    }

    /// Dials, and presses these keys one after the other.
    pub fn dial(&mut self, who: Person, keys: &[u8]) {
        let press = |key: &u8| Step { after: Duration::from_millis(300), act: Act::Press(base::Digit::Number(*key)) };
        self.config(who).script = keys.iter().map(press).collect();
        self.world.people.seats[who.0].serial += 1;
        self.act(who, |phone, now, out| phone.dial(now, "12345", out));
    }

    pub fn hang_up(&mut self, who: Person) {
        self.act(who, |phone, now, out| phone.hang_up(now, out));
    }

    /// Asks that the other side be handed on; what is heard of this talk from here on proves nothing.
    pub fn refer(&mut self, who: Person, to: &str) {
        self.world.checks.audio.disturb(who.0);
        self.act(who, |phone, now, out| phone.refer(now, to, out));
    }

    /// The same of who waits on the phone's other line.
    pub fn refer_waiting(&mut self, who: Person, to: &str) {
        self.world.checks.audio.disturb(who.0);
        self.act(who, |phone, now, out| phone.refer_waiting(now, to, out));
    }

    /// Calls an agent, beside the running call if there is one.
    pub fn call(&mut self, who: Person, colleague: usize) {
        let World { people, checks, now, .. } = &mut self.world;
        people.call(*now, who.0, Whom::Colleague(colleague), checks);
        let done = self.world.carry_out(who.0);
        self.hold_to(done);
    }

    /// Asks a group, beside the running call if there is one.
    pub fn ask(&mut self, who: Person, group: usize) {
        let World { people, checks, now, .. } = &mut self.world;
        people.call(*now, who.0, Whom::Group(group), checks);
        let done = self.world.carry_out(who.0);
        self.hold_to(done);
    }

    /// Asks that those on the phone's two lines be joined, by a REFER on this line.
    pub fn join(&mut self, who: Person, on: Line) {
        let World { people, checks, now, .. } = &mut self.world;
        people.join(*now, who.0, (on, false), checks);
        let done = self.world.carry_out(who.0);
        self.hold_to(done);
    }

    /// The process is killed at its next write; another one starts soon after.
    pub fn kill(&mut self) {
        self.world.disk.kill_at(self.world.now.time);
    }

    /// Puts the other side on hold; what is heard from here on proves nothing.
    pub fn hold(&mut self, who: Person) {
        self.world.checks.audio.disturb(who.0);
        self.act(who, |phone, now, out| phone.hold(now, out));
    }

    /// The phone falls silent for good.
    pub fn vanish(&mut self, who: Person) {
        let World { people, checks, now, .. } = &mut self.world;
        people.act(*now, who.0, Deed::Vanish { back_after: None }, checks);
        let done = self.world.carry_out(who.0);
        self.hold_to(done);
    }

    /// The host of a vanished phone tells senders that nobody listens.
    pub fn says_unreachable(&mut self, who: Person) {
        self.world.people.seats[who.0].says_unreachable = true;
    }

    /// A phone that vanished is there again, without memory of any call, and registers.
    pub fn returns(&mut self, who: Person) {
        let World { people, checks, now, .. } = &mut self.world;
        people.act(*now, who.0, Deed::Return, checks);
        set_up(&mut people.seats[who.0]);
        let done = self.world.carry_out(who.0);
        self.hold_to(done);
    }

    /// Tells the engine something that no phone says.
    pub fn feed(&mut self, input: switch::Input<'_>) {
        let done = self.world.turn(Turn::Feed(input));
        self.hold_to(done);
    }

    /// Other plans come to hold.
    pub fn reload(&mut self, edit: impl FnOnce(&mut switch::Plans)) {
        let plans = self.world.disk.edit(edit);
        self.feed(switch::Input::Plan(Box::new(switch::Reload::new(plans))));
    }

    /// From now on `heard` and `say` are the phone's SIP, but for its registration.
    pub fn by_hand(&mut self, who: Person) {
        self.world.people.seats[who.0].by_hand = true;
    }

    /// The phone speaks for itself again; what comes late for the hand is lost.
    pub fn hand_back(&mut self, who: Person) {
        self.world.people.seats[who.0].by_hand = false;
        self.world.people.seats[who.0].inbox.clear();
    }

    /// The oldest message that came by hand.
    pub fn heard(&mut self, who: Person) -> Option<String> {
        self.world.people.seats[who.0].inbox.pop_front()
    }

    /// Sends a message as it is, and lets nothing else happen.
    pub fn say(&mut self, who: Person, message: String) {
        let (from, to) = (self.sip_address(who), addresses::server());
        self.world.network.send(self.world.now.time, Packet { from, to, bytes: message.into_bytes() });
    }

    pub fn sip_address(&self, who: Person) -> std::net::SocketAddr {
        addresses::phone_sip(who.0)
    }

    /// What a phone has told, the oldest first.
    pub fn told(&self, who: Person) -> impl Iterator<Item = &What> {
        let told = self.world.people.told.iter().flatten();
        told.filter(move |(seat, _)| *seat == who.0).map(|(_, what)| what)
    }

    /// Whether `who` hears the voice of `whom` and nothing else.
    pub fn hears(&self, who: Person, whom: Person) -> bool {
        let last = self.phone(who).ear().windows().rev().take(VOICE_WINDOWS);
        last.filter(|window| window.tones == tones_of(whom.0)).count() == VOICE_WINDOWS
    }

    pub fn exchange(&self) -> &Exchange {
        &self.world.exchange
    }

    /// Records of calls that are over, in the order of their ends.
    pub fn records(&self) -> &[Record] {
        &self.world.checks.records.records
    }

    pub fn pass(&mut self, time: Duration) {
        let end = self.world.now.time + time;
        while self.step(end) {}
    }

    /// Lets things happen until `done`.
    ///
    /// # Panics
    /// When that takes more than two minutes of virtual time.
    pub fn until(&mut self, what: &str, mut done: impl FnMut(&mut Stage) -> bool) {
        let end = self.world.now.time + WAIT_MAX;
        while !done(self) {
            if !self.step(end) {
                self.fail(&format!("{WAIT_MAX:?} went by without {what}"));
            }
        }
    }

    /// Lets what is under way come to its end: no call, slot, dialog, lease or deadline may be left.
    pub fn finish(mut self) -> Vec<Record> {
        let done = self.world.live();
        self.hold_to(done);
        std::mem::take(&mut self.world.checks.records.records)
    }

    fn step(&mut self, end: Time) -> bool {
        match self.world.step(end) {
            Ok(more) => more,
            Err(broken) => self.fail(&broken),
        }
    }

    fn hold_to(&self, done: Result<(), String>) {
        if let Err(broken) = done {
            self.fail(&broken);
        }
    }

    /// Ends the test with the story so far.
    pub fn fail(&self, why: &str) -> ! {
        let story: Vec<_> = self.world.story.iter().map(String::as_str).collect();
        panic!("{}\nat {:?}: {why}", story.join("\n"), self.world.now.time)
    }
}

fn set_up(seat: &mut Seat) {
    seat.says_unreachable = false;
    let config = seat.phone.config_mut();
    config.answering = Answering::After(Duration::from_millis(300));
    // Shorter than what a run waits for at its end: bindings of phones that vanished are over by then.
    config.register_for = Duration::from_secs(60);
    config.keys = Keys::Info;
}

/// A perfect network and prompt owners: what happens is what the script does.
fn scenario(setting: &Setting) -> Scenario {
    Scenario {
        seed: 1,
        citizens: setting.citizens,
        agents: setting.agents,
        workers: 1,
        leases_ready: 12,
        lease_failures: 0.0,
        span: Duration::ZERO,
        impairment: Impairment::NONE,
        wire_delay_max: Duration::ZERO,
        rim_delay_max: Duration::ZERO,
        media: true,
        trouble: 0.0,
        stop_after: None,
        greeting: setting.greeting,
        drill: None,
        clock_steps: Vec::new(),
        kills: Vec::new(),
        handing: 0.0,
        consulting: 0.0,
        lines: 0,
        asking: 0.0,
        sending_on: 0.0,
        steering: 0.0,
        surging: 0.0,
        calling_back: 0.0,
        reloading: 0.0,
        texts: false,
        speaking: 0.0,
    }
}

fn edit(plans: &mut Plans, setting: &Setting) {
    plans.acd.priority_worth = acd::Plan::default().priority_worth;
    for (place, group) in plans.acd.groups.iter_mut().enumerate() {
        // As simple as can be, whatever was drawn.
        let (name, ring) = (std::mem::take(&mut group.name), group.ring);
        *group = acd::Group { name, ring, ..acd::Group::default() };
        group.wrap_up = setting.wrap_up;
        group.limit = setting.limit;
        group.wait = setting.wait;
        let overflows = setting.overflow && place == 0;
        let to = if overflows { acd::Overflow::Group(GroupId(1)) } else { acd::Overflow::Message };
        group.overflow = to.into();
    }
    for (place, agent) in plans.acd.agents.iter_mut().enumerate() {
        let groups = if setting.split { place as u16..place as u16 + 1 } else { 0..2 };
        agent.skills = groups.map(|group| acd::Skill { skill: acd::SkillId(group), level: 1 }).collect();
    }
    let call = Arc::make_mut(&mut plans.call);
    for group in &mut call.groups {
        group.announce_every = None;
    }
    call.limits.talk = setting.talk_max;
    call.limits.calls = 20;
}
