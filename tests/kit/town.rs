//! Phones of citizens and agents around one engine, all on the test's own thread.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use base::{Digit, Secret, Time};
use load::phone::{Act, Answering, Config, Side, Status, Step, TonePair, Voice, What, Why};
use load::{PhoneId, Runner};

use super::engine::Engine;

/// What a step of a call may take on a busy machine.
pub(crate) const STEP: Duration = Duration::from_secs(30);
/// What citizens and agents say where they speak, and what every phone listens for, in that order.
pub(crate) const CITIZEN: TonePair = TonePair { low_hz: 1300, high_hz: 1700 };
pub(crate) const AGENT: TonePair = TonePair { low_hz: 1500, high_hz: 2100 };
pub(crate) const LISTEN: [u16; 4] = [1300, 1700, 1500, 2100];
/// A window that an ear that listens so has when one of the two speaks alone.
const CITIZEN_SPEAKS: u64 = 0b0011;
const AGENT_SPEAKS: u64 = 0b1100;
/// A window of an ear.
const WINDOW: Duration = Duration::from_millis(100);
const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

pub(crate) struct Town {
    pub(crate) runner: Runner,
    pub(crate) agents: Vec<PhoneId>,
    pub(crate) citizens: Vec<PhoneId>,
    pub(crate) hung_up: BTreeMap<PhoneId, (Side, Why)>,
    /// When each phone dialled last, and when it was answered since.
    dialled: BTreeMap<PhoneId, Time>,
    answered: BTreeMap<PhoneId, Time>,
    /// When the machine let us wait for a processor, and for how long: what came late then was not the engine's fault.
    stalls: Vec<(Time, Duration)>,
}

impl Town {
    /// Phones that send silence.
    pub(crate) fn new(server: SocketAddr, agents: u32, citizens: u32) -> Town {
        Town::with(server, agents, citizens, |_| {})
    }

    /// Phones that speak and listen.
    pub(crate) fn speaking(server: SocketAddr, agents: u32, citizens: u32) -> Town {
        Town::with(server, agents, citizens, |config| {
            config.voice = Voice::Tones(if config.password.is_some() { AGENT } else { CITIZEN });
            config.listen_hz = LISTEN.to_vec();
        })
    }

    /// Phones that `edit` may change before they are there; agents have a password, citizens none.
    pub(crate) fn with(server: SocketAddr, agents: u32, citizens: u32, edit: impl Fn(&mut Config)) -> Town {
        let mut runner = Runner::new().expect("descriptors");
        let agents = (0..agents).map(|place| agent(&mut runner, server, place, &edit)).collect();
        let citizens = (0..citizens).map(|place| citizen(&mut runner, server, place, &edit)).collect();
        let (hung_up, dialled, answered) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut town = Town { runner, agents, citizens, hung_up, dialled, answered, stalls: Vec::new() };
        for id in town.agents.clone() {
            town.runner.act(id, |phone, now, out| phone.register(now, out));
        }
        town.until("every agent registers", STEP, |town| {
            town.agents.iter().all(|id| town.runner.phone(*id).is_registered())
        });
        town
    }

    pub(crate) fn dial(&mut self, place: usize) {
        self.dial_to(self.citizens[place], "12345");
    }

    pub(crate) fn dial_to(&mut self, id: PhoneId, number: &str) {
        self.hung_up.remove(&id);
        self.answered.remove(&id);
        self.dialled.insert(id, self.runner.now());
        self.runner.act(id, |phone, now, out| phone.dial(now, number, out));
    }

    /// The citizen calls, hears an agent and is heard; returns who serves.
    pub(crate) fn talks(&mut self, place: usize) -> PhoneId {
        let (citizen, from) = (self.citizens[place], self.runner.now());
        let before = self.talking();
        self.dial(place);
        self.until("citizen and agent hear each other", STEP, |town| {
            town.talking().iter().any(|agent| !before.contains(agent) && town.hear_each_other(citizen, *agent, from))
        });
        self.talking().into_iter().find(|agent| !before.contains(agent)).expect("somebody serves")
    }

    /// From the last dialling to the answer, once there is one.
    pub(crate) fn answer_took(&self, id: PhoneId) -> Option<Duration> {
        Some(self.answered.get(&id)?.since(*self.dialled.get(&id)?))
    }

    pub(crate) fn hang_up(&mut self, id: PhoneId) {
        self.runner.act(id, |phone, now, out| phone.hang_up(now, out));
    }

    /// Lets the phones live for a while: how long somebody talks or waits is part of what is tested.
    pub(crate) fn live(&mut self, time: Duration) {
        let end = self.runner.now() + time;
        while self.runner.now() < end {
            self.turn(end.since(self.runner.now()).min(Duration::from_millis(20)));
        }
    }

    /// Runs the phones until something holds.
    pub(crate) fn until(&mut self, what: &str, within: Duration, holds: impl Fn(&Town) -> bool) {
        let end = self.runner.now() + within;
        while !holds(self) {
            assert!(self.runner.now() < end, "not within {within:?}: {what}; hung up: {:?}", self.hung_up);
            self.turn(Duration::from_millis(20));
        }
    }

    fn turn(&mut self, time: Duration) {
        let before = self.runner.now();
        self.runner.run_until(time, |_| false).expect("sockets work");
        let over = self.runner.now().since(before).saturating_sub(time);
        self.stalls.push((self.runner.now(), over));
        for (id, event) in self.runner.take_events() {
            match event.what {
                What::HungUp { by, why } => drop(self.hung_up.insert(id, (by, why))),
                What::Answered => drop(self.answered.insert(id, event.at)),
                _ => {}
            }
        }
    }

    /// One talks and so many wait, of so many calls since the start.
    pub(crate) fn settled(&mut self, engine: &Engine, calls: usize, waiting: usize) {
        let is = |name: &str, value: usize| (engine.gauge(name) - value as f64).abs() < 0.5;
        self.until("the new call waits or talks", STEP, |town| {
            town.talking().len() == 1
                && is("hotline_calls_started_total", calls)
                && is(r#"hotline_calls{phase="talking"}"#, 1)
                && is(r#"hotline_calls{phase="waiting"}"#, waiting)
        });
    }

    pub(crate) fn in_call(&self, id: PhoneId) -> bool {
        self.runner.phone(id).status() != Status::Idle
    }

    /// Agents in a talk.
    pub(crate) fn talking(&self) -> Vec<PhoneId> {
        let busy = |id: &&PhoneId| self.runner.phone(**id).status() == Status::Talking;
        self.agents.iter().filter(busy).copied().collect()
    }

    /// Since `from` the citizen has heard an agent, and the agent a citizen, for half a second without a break.
    pub(crate) fn hear_each_other(&self, citizen: PhoneId, agent: PhoneId, from: Time) -> bool {
        self.hears(citizen, AGENT_SPEAKS, from) && self.hears(agent, CITIZEN_SPEAKS, from)
    }

    fn hears(&self, id: PhoneId, tones: u64, from: Time) -> bool {
        let windows = self.runner.phone(id).ear().windows().rev().take(5);
        windows.filter(|w| w.tones == tones && w.at >= from + WINDOW).count() == 5
    }

    /// What a phone in a talk heard since `from`.
    pub(crate) fn listened(&self, id: PhoneId, from: Time) -> Listened {
        let mine = if self.agents.contains(&id) { CITIZEN_SPEAKS } else { AGENT_SPEAKS };
        let windows: Vec<_> = self.runner.phone(id).ear().windows().filter(|w| w.at >= from).copied().collect();
        let ends = windows.iter().map(|w| w.at).chain([self.runner.now()]);
        let starts = [from].into_iter().chain(windows.iter().map(|w| w.at));
        let own = |start: Time, end: Time| {
            let meanwhile = self.stalls.iter().filter(|(at, _)| start < *at && *at <= end + WINDOW);
            meanwhile.map(|(_, over)| *over).max().unwrap_or_default()
        };
        let late = |(start, end): (Time, Time)| end.since(start).saturating_sub(WINDOW + own(start, end));
        let late = starts.zip(ends).map(late).collect();
        // Where a window holds a lost packet, two tones are blurred.
        let other = windows.iter().filter(|w| w.tones & mine != mine).count();
        Listened { windows: windows.len(), other, late }
    }
}

/// An ear's account of a stretch of talk.
#[derive(Clone, Debug)]
pub(crate) struct Listened {
    pub(crate) windows: usize,
    /// Windows without the other side's voice.
    pub(crate) other: usize,
    /// By how much each window of 100 ms came late, beyond what we ourselves came late to hear it.
    pub(crate) late: Vec<Duration>,
}

/// An interruption that people notice.
const GAP: Duration = Duration::from_millis(60);
/// No stall of the engine that these tests bring about is shorter; what is shorter is this machine's.
const STALL: Duration = Duration::from_millis(500);

impl Listened {
    /// # Panics
    /// When the voice was not there all the time.
    pub(crate) fn was_whole(&self) {
        self.had_gaps_at_most(50);
    }

    /// One window in so many may be late or blurred. Where somebody else's work kept the engine's media thread from a processor for a
    /// twentieth of the time, the gaps are theirs: the voice came late, but it came.
    ///
    /// # Panics
    /// When more were, or the voice stood still.
    pub(crate) fn had_gaps_at_most_but_for(&self, one_in: usize, (starved, lasted): (Duration, Duration)) {
        match starved * 20 < lasted {
            true => self.had_gaps_at_most(one_in),
            false => assert!(self.other * 10 <= self.windows, "the voice came late, but it came: {self:?}"),
        }
    }

    /// One window in so many may be late or blurred.
    ///
    /// # Panics
    /// When more were, or the voice stood still.
    pub(crate) fn had_gaps_at_most(&self, one_in: usize) {
        let worst = self.late.iter().max().expect("windows");
        let gaps = self.late.iter().filter(|late| **late > GAP).count();
        assert!(self.windows >= 5, "too short to tell: {self:?}");
        assert!(
            self.other * one_in <= self.windows,
            "the voice was away in {} of {} windows",
            self.other,
            self.windows
        );
        assert!(*worst < STALL, "the voice stood still for {worst:?}");
        assert!(gaps * one_in <= self.windows, "{gaps} gaps over {GAP:?} in {} windows, worst {worst:?}", self.windows);
        println!("{} windows, {gaps} gaps over {GAP:?}, worst {worst:?}", self.windows);
    }
}

fn agent(runner: &mut Runner, server: SocketAddr, place: u32, edit: impl Fn(&mut Config)) -> PhoneId {
    let number = 1001 + place;
    let id = runner.add(LOCAL, |sip, rtp| {
        let mut config = Config {
            password: Some(Secret(format!("example-{number}"))),
            answering: Answering::After(Duration::from_millis(100)),
            ..Config::new(&number.to_string(), server, sip, rtp)
        };
        edit(&mut config);
        config
    });
    id.expect("ports for an agent")
}

fn citizen(runner: &mut Runner, server: SocketAddr, place: u32, edit: impl Fn(&mut Config)) -> PhoneId {
    let press = Step { after: Duration::from_secs(1), act: Act::Press(Digit::Number(0)) };
    let id = runner.add(LOCAL, |sip, rtp| {
        let mut config = Config { script: vec![press], ..Config::new(&number(place as usize), server, sip, rtp) };
        edit(&mut config);
        config
    });
    id.expect("ports for a citizen")
}

/// A citizen's.
pub(crate) fn number(place: usize) -> String {
    format!("1380000{place:04}")
}
