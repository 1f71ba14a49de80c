//! Many calls between two endpoints over bad networks, by seed; what must hold at the end of each.

use std::collections::BTreeMap;
use std::time::Duration;

use base::{LegId, Map, Rng, Set, Time};
use sip::{Event, Reply, ServerTx, Session};

use crate::pair::{Pair, Weather, body, invite, leg, reply, tell, tx};

/// What a person at an end does when the time has come.
#[derive(Debug)]
enum Deed {
    Call {
        offer: bool,
    },
    Ring(LegId),
    Answer(LegId),
    HangUp(LegId),
    Change {
        leg: LegId,
        update: bool,
        offer: bool,
    },
    Info(LegId),
    Acknowledge(LegId),
    Reply {
        tx: ServerTx,
        status: u16,
    },
    Unreachable,
    /// The process is killed and another one ends its legs.
    Restart,
}

/// What one end has lived through with a leg.
#[derive(Debug, Default)]
struct Life {
    call_id: String,
    answered: u32,
    we_answered: bool,
    hung_up: bool,
    closed: u32,
    changes: (u32, u32),
}

struct Storm {
    pair: Pair,
    rng: Rng,
    todo: BTreeMap<(Time, u64), (usize, Deed)>,
    lives: [Map<LegId, Life>; 2],
    serial: u64,
    restarts: u32,
    log: Vec<String>,
}

impl Storm {
    fn new(seed: u64, weather: Weather) -> Storm {
        let rng = Rng::from_number(seed ^ 0x5707);
        // Every other storm meets refreshes all the time.
        let short = Duration::from_secs(12);
        let session =
            if seed % 2 == 1 { Session { expires: short, min: short, refresher: None } } else { Session::default() };
        let lives = [Map::default(), Map::default()];
        Storm {
            pair: Pair::with(base::Transport::Udp, seed, weather, session),
            rng,
            todo: BTreeMap::new(),
            lives,
            serial: 0,
            restarts: 0,
            log: Vec::new(),
        }
    }

    fn later(&mut self, end: usize, within_ms: u64, deed: Deed) {
        self.serial += 1;
        let at = self.pair.now.time + Duration::from_millis(self.rng.below(within_ms));
        self.todo.insert((at, self.serial), (end, deed));
    }

    fn run(&mut self, ms: u64) {
        let until = self.pair.now.time + Duration::from_millis(ms);
        loop {
            let first = self.todo.keys().next().map(|(at, _)| *at);
            let next = self.pair.next().into_iter().chain(first).min().filter(|at| *at <= until);
            let Some(at) = next else { break };
            self.pair.step_to(at);
            self.listen();
            while let Some(entry) = self.todo.first_entry().filter(|entry| entry.key().0 <= at) {
                let (end, deed) = entry.remove();
                self.carry_out(end, deed);
                self.listen();
            }
        }
        self.pair.step_to(until);
    }

    fn listen(&mut self) {
        for end in 0..2 {
            for event in std::mem::take(&mut self.pair.events[end]) {
                self.hear(end, event);
            }
        }
    }

    fn carry_out(&mut self, end: usize, deed: Deed) {
        self.log.push(format!("{:?} {end} does {deed:?}", self.pair.now.time));
        let flow = self.pair.flow(end);
        match deed {
            Deed::Call { offer } => {
                let id = self.fresh(end);
                let mut call = invite(flow, offer.then(|| body("o").unwrap()));
                if self.rng.chance(0.4) {
                    call.headers.push(("Require".to_owned(), "100rel".to_owned()));
                }
                self.pair.act(end, |e, now, out| e.invite(now, id, call, out));
                self.plan(end, id);
            }
            Deed::Ring(id) => {
                let ring = if self.rng.chance(0.5) { reply("early") } else { Reply::default() };
                self.pair.act(end, |e, now, out| e.provisional(now, id, 180, &ring, out));
            }
            Deed::Answer(id) => {
                if let Some(life) = self.lives[end].get_mut(&id).filter(|life| !life.hung_up && life.closed == 0) {
                    life.we_answered = true;
                }
                self.pair.act(end, |e, now, out| e.answer(now, id, &reply("a"), out));
            }
            Deed::HangUp(id) => {
                if let Some(life) = self.lives[end].get_mut(&id) {
                    life.hung_up = true;
                }
                self.pair.act(end, |e, now, out| e.hang_up(now, id, 486, None, out));
            }
            Deed::Change { leg: id, update, offer } => {
                let Some(life) = self.lives[end].get_mut(&id).filter(|life| !life.hung_up && life.closed == 0) else {
                    return;
                };
                life.changes.0 += 1;
                let body = offer.then(|| body("o").unwrap());
                self.pair.act(end, |e, now, out| match update {
                    true => e.update(now, id, body, out),
                    false => e.reinvite(now, id, body, out),
                });
            }
            Deed::Info(id) => self.pair.act(end, |e, now, out| e.info(now, id, body("5").unwrap(), out)),
            Deed::Acknowledge(id) => self.pair.act(end, |e, now, out| e.acknowledge(now, id, body("a"), out)),
            Deed::Reply { tx, status } => self.pair.act(end, |e, now, out| e.reply(now, tx, status, &reply("a"), out)),
            Deed::Restart => self.restart(end),
            Deed::Unreachable => self.pair.act(end, |e, now, out| e.unreachable(now, flow, out)),
        }
    }

    fn restart(&mut self, end: usize) {
        // Whoever was about to do something there has gone with the process.
        self.todo.retain(|_, (of, deed)| *of != end || matches!(deed, Deed::Call { .. } | Deed::Restart));
        for (id, life) in &mut self.lives[end] {
            life.hung_up = true;
            // Nobody ends what was never written down.
            life.closed += u32::from(life.closed == 0 && !self.pair.ledgers[end].contains_key(id));
        }
        self.restarts += 1;
        self.pair.restart(end);
    }

    fn fresh(&mut self, end: usize) -> LegId {
        self.serial += 1;
        let id = leg(self.serial as u32);
        self.lives[end].insert(id, Life::default());
        id
    }

    /// What somebody may do to a leg in its life.
    fn plan(&mut self, end: usize, id: LegId) {
        for _ in 0..self.rng.below(6) {
            let (update, offer) = (self.rng.chance(0.3), self.rng.chance(0.8));
            self.later(end, 20_000, Deed::Change { leg: id, update, offer });
        }
        if self.rng.chance(0.5) {
            self.later(end, 30_000, Deed::Info(id));
        }
        if self.rng.chance(0.4) {
            let within_ms = [1, 30, 600, 5_000][self.rng.below(4) as usize];
            self.later(end, within_ms, Deed::HangUp(id));
        }
        self.later(end, 60_000, Deed::HangUp(id));
    }

    fn hear(&mut self, end: usize, event: Event) {
        self.log.push(format!("{:?} {end} hears {}", self.pair.now.time, tell(&event)));
        if let Some(id) = of(&event) {
            let life = self.lives[end].get_mut(&id).expect("an event of a known leg");
            assert_eq!(life.closed, 0, "{id:?}: an event after Closed");
            assert!(!life.hung_up || matches!(event, Event::Closed { .. }), "{id:?}: an event after hang_up");
        }
        match event {
            Event::Invite { tx, request, .. } => {
                let id = self.fresh(end);
                self.life(end, id).call_id = request.call_id().unwrap_or_default().to_owned();
                self.pair.act(end, |e, _, _| e.adopt(tx, id));
                self.later(end, 500, Deed::Ring(id));
                let within_ms = [1, 100, 3_000, 10_000][self.rng.below(4) as usize];
                self.later(end, within_ms, Deed::Answer(id));
                self.plan(end, id);
            }
            Event::Answered { leg: id, response } => {
                let life = self.life(end, id);
                life.answered += 1;
                life.call_id = response.call_id().unwrap_or_default().to_owned();
                self.later(end, 200, Deed::Acknowledge(id));
            }
            Event::ReinviteDone { leg: id, .. } => {
                self.life(end, id).changes.1 += 1;
                self.later(end, 200, Deed::Acknowledge(id));
            }
            Event::AckMissing { leg: id } => self.later(end, 1, Deed::HangUp(id)),
            Event::Closed { leg: id } => self.life(end, id).closed += 1,
            event => {
                if let Some(tx) = tx(&event) {
                    let status = [200, 200, 200, 488, 491][self.rng.below(5) as usize];
                    let within_ms = [1, 50, 4_000][self.rng.below(3) as usize];
                    self.later(end, within_ms, Deed::Reply { tx, status });
                }
            }
        }
    }

    fn life(&mut self, end: usize, id: LegId) -> &mut Life {
        self.lives[end].get_mut(&id).expect("an event of a known leg")
    }

    fn check(&self) {
        for (end, lives) in self.lives.iter().enumerate() {
            for (id, life) in lives {
                assert_eq!(life.closed, 1, "{end} {id:?}: closed exactly once");
                assert!(life.answered <= 1, "{end} {id:?}: answered once");
                assert!(life.changes.1 <= life.changes.0, "{end} {id:?}: a change ends once");
            }
        }
        let answered = |end: usize| -> Set<&str> {
            self.lives[end].values().filter(|life| life.we_answered).map(|life| life.call_id.as_str()).collect()
        };
        for end in 0..2 {
            let there = answered(1 - end);
            for life in self.lives[end].values().filter(|life| life.answered > 0) {
                assert!(there.contains(life.call_id.as_str()), "{end}: answered by nobody");
            }
        }
        assert!(self.pair.ends.iter().all(sip::Endpoint::is_idle), "leftovers");
        assert!(self.pair.ledgers.iter().all(BTreeMap::is_empty), "written down and never crossed out");
    }
}

fn of(event: &Event) -> Option<LegId> {
    match event {
        Event::Invite { .. } | Event::Request { .. } | Event::Response { .. } => None,
        Event::Cancelled { leg }
        | Event::Acked { leg, .. }
        | Event::AckMissing { leg }
        | Event::Reinvite { leg, .. }
        | Event::Update { leg, .. }
        | Event::Info { leg, .. }
        | Event::InDialog { leg, .. }
        | Event::Bye { leg, .. }
        | Event::Progress { leg, .. }
        | Event::Trying { leg }
        | Event::Challenged { leg, .. }
        | Event::Answered { leg, .. }
        | Event::Rejected { leg, .. }
        | Event::ReinviteDone { leg, .. }
        | Event::Gone { leg, .. }
        | Event::Closed { leg } => Some(*leg),
    }
}

/// Prints the log of a seed when its storm panics.
struct Tale<'a>(u64, &'a mut Storm);

impl Drop for Tale<'_> {
    #[expect(clippy::disallowed_macros, reason = "the seed and its story are what a failed test has to show")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}\n{}", self.0, self.1.log.join("\n"));
        }
    }
}

/// Runs the seeds and gives how many calls were answered and how many changes of calls ended.
fn storms(seeds: std::ops::Range<u64>, weather: Weather, unreachable: bool) -> (u32, u32) {
    storms_with(seeds, weather, unreachable, 0)
}

fn storms_with(seeds: std::ops::Range<u64>, weather: Weather, unreachable: bool, restarts: u32) -> (u32, u32) {
    let mut sum = (0, 0);
    for seed in seeds {
        let mut storm = Storm::new(seed, weather);
        let tale = Tale(seed, &mut storm);
        for n in 0..restarts {
            tale.1.later(n as usize % 2, 60_000, Deed::Restart);
        }
        for n in 0..6 {
            let offer = tale.1.rng.chance(0.7);
            tale.1.later(n % 2, 20_000, Deed::Call { offer });
            if unreachable {
                tale.1.later(n % 2, 60_000, Deed::Unreachable);
            }
        }
        tale.1.run(400_000);
        tale.1.check();
        assert_eq!(tale.1.restarts, restarts);
        for life in tale.1.lives.iter().flat_map(|lives| lives.values()) {
            sum = (sum.0 + life.answered, sum.1 + life.changes.1);
        }
    }
    sum
}

#[test]
fn a_good_network() {
    let (answered, changed) = storms(0..80, Weather::default(), false);
    assert!(answered > 100 && changed > 200, "{answered} {changed}");
}

#[test]
fn reordering_and_duplicates() {
    let (answered, changed) = storms(100..200, Weather { loss: 0.0, duplicates: 0.3, jitter_ms: 800 }, false);
    assert!(answered > 100 && changed > 200, "{answered} {changed}");
}

#[test]
fn losses() {
    let (answered, changed) = storms(300..400, Weather { loss: 0.25, duplicates: 0.1, jitter_ms: 100 }, false);
    assert!(answered > 100 && changed > 200, "{answered} {changed}");
}

#[test]
fn hardly_anything_arrives() {
    storms(500..560, Weather { loss: 0.8, duplicates: 0.2, jitter_ms: 3_000 }, false);
}

#[test]
fn errors_of_the_network() {
    let (answered, changed) = storms(700..760, Weather { loss: 0.1, duplicates: 0.1, jitter_ms: 300 }, true);
    assert!(answered > 100 && changed > 200, "{answered} {changed}");
}

#[test]
fn kills_in_the_middle_of_everything() {
    for (seeds, loss) in [(800..900, 0.0), (900..1000, 0.25), (1000..1040, 0.7)] {
        let weather = Weather { loss, duplicates: 0.1, jitter_ms: 300 };
        let (answered, changed) = storms_with(seeds, weather, loss == 0.25, 4);
        assert!(loss > 0.5 || (answered > 100 && changed > 100), "{answered} {changed}");
    }
}

#[test]
fn a_seed_repeats_itself() {
    let run = || {
        let mut storm = Storm::new(42, Weather { loss: 0.2, duplicates: 0.2, jitter_ms: 500 });
        storm.later(0, 100, Deed::Call { offer: true });
        storm.later(1, 100, Deed::Call { offer: false });
        storm.run(400_000);
        (storm.log, storm.pair.sent)
    };
    assert_eq!(run(), run());
}
