//! Callers in the shipped menu.

use std::time::Duration;

use base::{Digit, GroupId, Now, Rng, SoundId, Time, Wall};
use ivr::{Around, Event, Menu, Step, Walk};
use settings::Plans;

use crate::kit::{config, load};

/// 2026-11-23 10:00 in China, a Monday.
const WORKING: Wall = Wall(1_795_399_200_000);

struct Caller<'a> {
    plans: &'a Plans,
    menu: &'a Menu,
    walk: Walk,
    now: Now,
    /// When the newest prompt will have been heard.
    heard_at: Option<Time>,
    wait_until: Option<Time>,
    path: Vec<String>,
    queue: Option<String>,
}

impl<'a> Caller<'a> {
    fn new(plans: &'a Plans, wall: Wall) -> Caller<'a> {
        let menu = &plans.call.menus[0].menu;
        let now = Now { time: Time::ZERO, wall };
        let walk = Walk::new(menu);
        let mut caller =
            Caller { plans, menu, walk, now, heard_at: None, wait_until: None, path: Vec::new(), queue: None };
        caller.event(Event::Start);
        caller
    }

    fn event(&mut self, event: Event<'_>) {
        let mut steps = Vec::new();
        let around = Around { prompts: &self.plans.call.prompts, ..Around::default() };
        self.walk.handle(self.menu, &around, self.now, event, &mut steps);
        for step in steps {
            match step {
                Step::Enter(node) => self.path.push(self.menu.node_name(node).to_owned()),
                Step::Play => self.heard_at = Some(self.now.time + self.length(self.walk.said())),
                Step::Wait { until } => self.wait_until = Some(until),
                Step::StopWaiting => self.wait_until = None,
                Step::Queue { group: GroupId(place), .. } => {
                    self.queue = Some(self.plans.acd.groups[usize::from(place)].name.clone());
                }
                Step::Locale(_) | Step::WrongKey => {}
                Step::End => panic!("the shipped menu never hangs up"),
                other => panic!("the shipped menu does nothing like {other:?}"),
            }
        }
    }

    fn length(&self, sounds: &[SoundId]) -> Duration {
        let samples: usize = sounds.iter().map(|s| self.plans.sounds[s.0 as usize].samples.len()).sum();
        Duration::from_millis(samples as u64 / 8)
    }

    /// Until the next thing happens by itself.
    fn wait(&mut self) {
        match self.heard_at.take() {
            Some(at) => {
                self.now = self.now.plus(at - self.now.time);
                self.event(Event::Played);
            }
            None => {
                let until = self.wait_until.take().expect("a caller in a menu waits for something");
                self.now = self.now.plus(until - self.now.time);
                self.event(Event::Deadline);
            }
        }
    }

    fn press(&mut self, keys: &str) {
        for key in keys.chars() {
            self.event(Event::Digit(Digit::from_char(key).expect("a key")));
        }
    }

    fn ends(&mut self) -> String {
        for _ in 0..1000 {
            match &self.queue {
                Some(group) => return format!("{} > {group}", self.path.join(" ")),
                None => self.wait(),
            }
        }
        panic!("the walk does not end: {}", self.path.join(" "))
    }
}

fn plans() -> Plans {
    load(&config()).unwrap_or_else(|report| panic!("{report}"))
}

#[test]
fn a_caller_who_presses_nothing_reaches_a_person_in_bounded_time() {
    let plans = plans();
    let mut caller = Caller::new(&plans, WORKING);
    assert_eq!(caller.ends(), "notice welcome main staff > consult");
    assert!(caller.now.time < Time::from_millis(90_000), "{:?}", caller.now.time);
}

#[test]
fn keys_pressed_ahead_lead_where_they_say() {
    let plans = plans();
    let sunday = WORKING.plus(Duration::from_secs(6 * 86_400));
    let cases = [
        (WORKING, "0", "notice staff > consult"),
        (WORKING, "1", "notice welcome main consult > consult"),
        (WORKING, "2", "notice welcome main complaint > complaint"),
        (WORKING, "3", "notice welcome main suggestion > suggestion"),
        (WORKING, "4", "notice welcome main order-hours order > order"),
        (sunday, "4", "notice welcome main order-hours order-closed consult > consult"),
        (WORKING, "92", "notice welcome main main-english complaint > english"),
        (WORKING, "991", "notice welcome main main-english main consult > consult"),
        (WORKING, "9*3", "notice welcome main main-english main suggestion > english"),
    ];
    for (wall, keys, expected) in cases {
        let mut caller = Caller::new(&plans, wall);
        caller.press(keys);
        assert_eq!(caller.ends(), expected, "{keys}");
    }
}

#[test]
fn whatever_is_pressed_a_person_answers() {
    let plans = plans();
    for seed in 0..2000 {
        let mut rng = Rng::from_number(seed);
        let mut caller = Caller::new(&plans, WORKING.plus(Duration::from_secs(rng.below(30 * 86_400))));
        let pressing = rng.unit();
        for _ in 0..3000 {
            if caller.queue.is_some() {
                break;
            }
            if rng.chance(pressing) {
                caller.event(Event::Digit(Digit::from_event(rng.below(16) as u8).expect("a key")));
            } else {
                caller.wait();
            }
        }
        assert!(caller.queue.is_some(), "seed {seed}: {}", caller.path.join(" "));
    }
}

#[test]
fn zero_reaches_a_person_from_every_place() {
    let plans = plans();
    for seed in 0..500 {
        let mut rng = Rng::from_number(seed);
        let mut caller = Caller::new(&plans, WORKING);
        for _ in 0..rng.below(20) {
            if caller.queue.is_none() && rng.chance(0.5) {
                caller.event(Event::Digit(Digit::from_event(rng.below(16) as u8).expect("a key")));
            } else if caller.queue.is_none() {
                caller.wait();
            }
        }
        let keys_before = caller.path.len();
        caller.press("0");
        if caller.queue.is_none() {
            caller.wait();
        }
        assert!(caller.queue.is_some(), "seed {seed}: {:?}", &caller.path[keys_before..]);
    }
}
