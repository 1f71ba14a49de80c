//! Citizens who call, talk, hold and give up; agents who answer, decline and hang up.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use base::{Digit, Rng};
use phone::{Act, Answering, Config, Event, Status, Step, TonePair, Voice, What};

use super::diary::{Diary, End, Story};
use super::{Plan, Tally};
use crate::{PhoneId, Runner, address_towards, agents};

const CITIZEN: TonePair = TonePair { low_hz: 1250, high_hz: 1850 };
const AGENT: TonePair = TonePair { low_hz: 1450, high_hz: 2350 };
/// Phones of citizens for each call a second: the longest call, and a few that wait for an agent.
const PHONES_A_RATE: f64 = 24.0;
/// A call that is shorter need not have heard anything.
const LISTENS_MIN: Duration = Duration::from_secs(3);

pub(super) struct People {
    agents: Vec<PhoneId>,
    citizens: Vec<Citizen>,
    idle: VecDeque<usize>,
    /// Phone by phone: who is a citizen, and which.
    places: Vec<Option<usize>>,
    diary: Diary,
    pub(super) tally: Tally,
}

struct Citizen {
    id: PhoneId,
    calling: bool,
    heard: bool,
    story: Story,
}

impl People {
    pub(super) fn new(runner: &mut Runner, plan: &Plan) -> io::Result<People> {
        let local = address_towards(plan.server)?;
        let agents = agents::add(runner, plan.server, plan.agents, AGENT, |_| {})?;
        let mut citizens = Vec::new();
        for number in 0..(plan.rate * PHONES_A_RATE).ceil() as u32 {
            let id = runner.add(local, |sip, media| Config {
                voice: Voice::Tones(CITIZEN),
                listen_hz: vec![AGENT.low_hz, AGENT.high_hz],
                ..Config::new(&format!("139{number:08}"), plan.server, sip, media)
            })?;
            citizens.push(Citizen { id, calling: false, heard: false, story: Story::default() });
        }
        let places = (0..agents.len()).map(|_| None).chain((0..citizens.len()).map(Some)).collect();
        let diary = Diary::create(plan.diary.as_deref())?;
        Ok(People { agents, idle: (0..citizens.len()).collect(), citizens, places, diary, tally: Tally::default() })
    }

    pub(super) fn sign_on(&self, runner: &mut Runner) -> Result<(), String> {
        agents::sign_on(runner, &self.agents)
    }

    /// Places calls until `due` were placed, and lets everybody react.
    pub(super) fn live(&mut self, runner: &mut Runner, rng: &mut Rng, due: u64) {
        while self.tally.calls < due {
            // A phone may still repeat what belongs to its last call beside the next one.
            let is_free = |place: &usize| runner.phone(self.citizens[*place].id).status() == Status::Idle;
            let Some(place) = self.idle.pop_front_if(|place| is_free(place)) else { break };
            self.call(runner, rng, place);
            // A phone that refuses tells nobody: moods change with the calls, not at their ends.
            let agent = self.agents.get(rng.below(self.agents.len() as u64) as usize);
            if let Some(agent) = agent.filter(|id| runner.phone(**id).status() == Status::Idle) {
                humour(runner, rng, *agent);
            }
        }
        self.listen(runner);
    }

    fn call(&mut self, runner: &mut Runner, rng: &mut Rng, place: usize) {
        let citizen = &mut self.citizens[place];
        self.tally.calls += 1;
        (citizen.calling, citizen.heard) = (true, false);
        let script = script(rng);
        citizen.story = runner.act(citizen.id, |phone, now, out| {
            phone.config_mut().script = script;
            phone.dial(now, "12345", out);
            Story::begin(now, out.sip.last().map_or(&[], |invite| &invite.bytes))
        });
    }

    fn listen(&mut self, runner: &mut Runner) {
        for (id, event) in runner.take_events() {
            match (self.places[id.0], &event.what) {
                (Some(place), _) => self.citizen_tells(runner, place, &event),
                (None, What::RegisterFailed { cause }) => {
                    self.tally.fail(format!("an agent's registration: {cause:?}"))
                }
                _ => {}
            }
        }
    }

    fn citizen_tells(&mut self, runner: &Runner, place: usize, event: &Event) {
        let citizen = &mut self.citizens[place];
        citizen.story.hears(event);
        citizen.heard |= matches!(event.what, What::AudioHeard);
        let What::HungUp { by, why } = event.what else { return };
        let since = citizen.story.since();
        let hears = |w: &&phone::Window| w.at > since && w.tones == 0b11;
        let phone = runner.phone(citizen.id);
        let served = phone.ear().windows().rev().take(200).any(|w| hears(&w));
        citizen.calling = false;
        let short = event.at.since(since) < LISTENS_MIN;
        let end = End { at: event.at, by, why, served };
        let failure = self.tally.end(&citizen.story, end, citizen.heard || short);
        if let Err(error) = self.diary.note(&phone.config().user, &citizen.story, end, failure.as_deref()) {
            self.tally.fail(format!("the diary cannot be written: {error}"));
        }
        self.idle.push_back(place);
    }

    /// Hangs up what still talks after half of the limit, and waits until every phone is silent.
    pub(super) fn end(&mut self, runner: &mut Runner, limit: Duration) -> Result<(), String> {
        for half in 0..2 {
            let mut done = false;
            let until = runner.now() + limit / 2;
            while !done && runner.now() < until {
                runner.turn(Duration::from_millis(20)).map_err(|error| format!("the phones cannot wait: {error}"))?;
                self.listen(runner);
                done = self.citizens.iter().all(|c| !c.calling && runner.phone(c.id).is_quiet());
            }
            for citizen in self.citizens.iter().filter(|c| c.calling && half == 0) {
                runner.act(citizen.id, |phone, now, out| phone.hang_up(now, out));
            }
        }
        let stuck = self.agents.iter().filter(|id| runner.phone(**id).status() != Status::Idle).count();
        if stuck > 0 {
            self.tally.fail(format!("{stuck} agents' phones still in a call after the last citizen left"));
        }
        self.diary.close().map_err(|error| format!("the diary cannot be written: {error}"))
    }
}

/// How a citizen behaves: leaves in the menu, gives up waiting, talks, talks with a hold between.
fn script(rng: &mut Rng) -> Vec<Step> {
    let mut after = |from: u64, to: u64, act| Step { after: Duration::from_millis(from + rng.below(to - from)), act };
    let (press, hang_up) = (after(300, 900, Act::Press(Digit::Number(0))), after(4_000, 8_000, Act::HangUp));
    let (hold, resume) = (after(3_500, 4_500, Act::Hold), after(300, 900, Act::Resume));
    let after_hold = after(800, 2_000, Act::HangUp);
    let (in_menu, early) = (after(100, 1_500, Act::HangUp), after(50, 900, Act::HangUp));
    match rng.below(100) {
        0..8 => vec![in_menu],
        8..20 => vec![press, early],
        20..35 => vec![press, hold, resume, after_hold],
        // Talks until the agent hangs up, at the latest after a while.
        35..50 => vec![press, Step { after: Duration::from_secs(12), act: Act::HangUp }],
        _ => vec![press, hang_up],
    }
}

/// How an agent takes calls from now on: declines now and then, and hangs up by itself, after the announcement of its number at the
/// earliest.
fn humour(runner: &mut Runner, rng: &mut Rng, id: PhoneId) {
    let answering = match rng.below(100) {
        0..2 => Answering::Reject(603),
        2..4 => Answering::Reject(486),
        _ => Answering::After(Duration::from_millis(150 + rng.below(500))),
    };
    let ends =
        rng.chance(0.4).then(|| Step { after: Duration::from_millis(4_500 + rng.below(2_500)), act: Act::HangUp });
    runner.act(id, |phone, _, _| {
        phone.config_mut().answering = answering;
        phone.config_mut().script = ends.into_iter().collect();
    });
}
