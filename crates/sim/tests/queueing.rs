//! Waits of the engine and waits by formula, where the formulas hold: calls at a steady rate, exponential talks, agents who answer at once,
//! and nothing that goes wrong. Tens of thousands of calls of one seed each; the error allowed is stated beside each case, three times
//! what the length of such a run leaves to chance.

#[path = "kit/shipped.rs"]
mod shipped;

use std::sync::Arc;
use std::time::Duration;

use acd::Overflow;
use base::Digit;
use sim::day::{Day, Figures};
use staff::{Choice, Demand, HALF_HOUR, HALVES, Outlook, Patience, Profile, Spread, outlook};

use shipped::shipped;

const TALK: Duration = Duration::from_secs(20);
/// What a call takes of an agent beside the talk: the INVITE and its 200 before, a BYE from the citizen (four of five) and the agent's
/// 200 after it, each message 15 ms on its way on average.
const SIGNALLING: Duration = Duration::from_millis(69);
/// From the offer to the answer of a phone that answers at once.
const RING_S: f64 = 0.030;
/// Beyond it an answer had to wait for an agent.
const AT_ONCE_MS: u32 = 60;
const WITHIN: Duration = Duration::from_secs(10);

struct Case {
    /// In erlangs.
    load: f64,
    agents: u32,
    patience: Patience,
    days: usize,
}

/// Steady calls through the shipped configuration, with nothing in the way between a caller and an agent.
fn day(case: &Case) -> Day {
    let mut day = Day { halves: HALVES * case.days, within: WITHIN, ..shipped() };
    let per_half = case.load / TALK.as_secs_f64() * HALF_HOUR.as_secs_f64();
    day.profile = Profile {
        calls: [per_half; HALVES],
        bursts: Vec::new(),
        redial: 0.0,
        choices: vec![Choice { keys: vec![Digit::Number(1)], share: 1.0 }],
        think: Spread::Fixed(Duration::from_secs(5)),
        wrong_keys: 0.0,
        patience: case.patience,
        agents: [case.agents; HALVES],
        answer: Spread::Fixed(Duration::ZERO),
        talk: Spread::Mean(TALK),
        wrap_up: Some(Duration::ZERO),
        declines: 0.0,
        no_answers: 0.0,
        agents_vanish: 0.0,
        citizens_vanish: 0.0,
        loss: 0.0,
        restarts: Vec::new(),
    };
    for group in &mut day.hotline.acd.groups {
        (group.limit, group.wait, group.overflow) = (100_000, None, Overflow::Stay.into());
    }
    let call = Arc::make_mut(&mut day.hotline.call);
    call.connect.say_agent_number = false;
    day
}

fn play(case: &Case) -> (Figures, Outlook) {
    let day = day(case);
    let report = sim::day::run(&day).unwrap_or_else(|broken| panic!("\n{broken}"));
    let demand = Demand { per_s: case.load / TALK.as_secs_f64(), service: TALK + SIGNALLING, patience: case.patience };
    // Answered within ten seconds, of which the phone takes its share.
    let within = WITHIN - Duration::from_secs_f64(RING_S);
    (report.whole(), outlook(&demand, case.agents, within))
}

fn near(what: &str, got: f64, wanted: f64, error: f64) {
    assert!((got / wanted - 1.0).abs() <= error, "{what}: {got} simulated and {wanted} by formula");
}

fn had_to_wait(figures: &Figures) -> f64 {
    let waited = figures.waits_ms.iter().filter(|ms| **ms > AT_ONCE_MS).count() as u64 + figures.abandoned;
    waited as f64 / figures.offered() as f64
}

/// Erlang C: the figures agree within these shares of themselves.
fn agrees_with_erlang_c(load: f64, agents: u32, days: usize, error: f64) {
    let (figures, formula) = play(&Case { load, agents, patience: Patience::ENDLESS, days });
    assert_eq!(figures.abandoned, 0);
    near("had to wait", had_to_wait(&figures), formula.waits, error / 2.0);
    near("mean wait", figures.wait_s() - RING_S, formula.wait_s, error);
    near("answered within 10 s", figures.level(), formula.answered_within, error / 2.0);
    near("occupancy", figures.occupancy(), formula.occupancy, 0.02);
}

/// Erlang A, and with some who never give up what lies beyond it.
fn agrees_with_impatience(load: f64, agents: u32, patience: Patience, error: f64) {
    let (figures, formula) = play(&Case { load, agents, patience, days: 1 });
    near("had to wait", had_to_wait(&figures), formula.waits, error / 2.0);
    near("mean wait", figures.wait_s() - RING_S, formula.wait_s, error);
    near("abandoned", figures.abandonment(), formula.abandoned, error);
    near("answered within 10 s", figures.level(), formula.answered_within, error / 2.0);
    near("occupancy", figures.occupancy(), formula.occupancy, 0.02);
}

#[test]
fn two_agents_and_endless_patience() {
    agrees_with_erlang_c(1.0, 2, 10, 0.08);
}

#[test]
fn five_agents_and_endless_patience() {
    agrees_with_erlang_c(3.0, 5, 4, 0.12);
}

#[test]
fn ten_agents_who_are_just_enough() {
    agrees_with_impatience(10.0, 10, Patience { mean: TALK, never: 0.0 }, 0.08);
}

#[test]
fn ten_agents_who_are_too_few() {
    agrees_with_impatience(12.0, 10, Patience { mean: TALK * 2, never: 0.0 }, 0.08);
}

#[test]
fn some_never_give_up() {
    agrees_with_impatience(9.5, 10, Patience { mean: TALK, never: 0.3 }, 0.10);
}
