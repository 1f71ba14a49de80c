//! The people of the hall: what each means to do, drawn from a seed, and what each call was to the phone that had it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use base::{Digit, Rng, Secret, Time};
use load::phone::{Act, Answering, Config, Side, Step, Voice, Why};
use load::{PhoneId, Runner};

use super::voices::{self, LISTEN};

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// What a citizen means to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) key: Digit,
    /// From the answer to the key.
    pub(super) thinks: Duration,
    /// Hangs up so long after the key unless somebody talks then, or in the menu when no key is pressed.
    pub(super) gives_up: Option<Duration>,
    pub(super) leaves_menu: bool,
    /// From when both have heard each other.
    pub(super) talks: Duration,
    pub(super) agent_ends: bool,
    /// After a call that was cut short.
    pub(super) dials_again: Option<Duration>,
}

impl Plan {
    pub(super) fn draw(rng: &mut Rng) -> Plan {
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
    /// When both had heard each other for a while.
    pub(super) heard: Option<Time>,
    pub(super) over: Option<(Time, Side, Why)>,
}

pub(super) fn is_talk(offer: &Offer) -> bool {
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

pub(super) fn agent(runner: &mut Runner, server: SocketAddr, place: usize) -> PhoneId {
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

pub(super) fn citizen(runner: &mut Runner, server: SocketAddr, place: usize, plan: &Plan) -> PhoneId {
    let id = runner.add(LOCAL, |sip, rtp| Config {
        voice: Voice::Tones(voices::of_citizen(place)),
        listen_hz: LISTEN.to_vec(),
        script: script(plan),
        ..Config::new(&number(place), server, sip, rtp)
    });
    id.expect("ports for a citizen")
}

pub(super) fn script(plan: &Plan) -> Vec<Step> {
    let press = Step { after: plan.thinks, act: Act::Press(plan.key) };
    if plan.leaves_menu { Vec::new() } else { vec![press] }
}
