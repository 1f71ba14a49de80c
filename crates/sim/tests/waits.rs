//! What callers are told of their wait, and how long they wait: on days on which many have to.

#[path = "kit/shipped.rs"]
mod shipped;

use std::io::Write as _;
use std::time::Duration;

use sim::day::{Day, Promises, Report};
use staff::{Burst, Patience};

use shipped::shipped;

fn play(day: &Day) -> Report {
    sim::day::run(day).unwrap_or_else(|broken| panic!("\n{broken}"))
}

fn percent([below, inside, above]: [f64; 3]) -> String {
    format!("{:.1} % below, {:.1} % inside, {:.1} % above", below * 100.0, inside * 100.0, above * 100.0)
}

fn tell(name: &str, promises: &Promises) {
    for (when, kept) in [("on arrival", &promises.on_arrival), ("later", &promises.later)] {
        // Figures for a human, whatever comes of the test.
        let _ = writeln!(
            std::io::stderr(),
            "{name} {when}: {} told, {}; of the answered {}; {:.0} s wide",
            kept.count(),
            percent(kept.shares()),
            percent(kept.shares_of_answered()),
            kept.width_s()
        );
    }
}

/// From six in the morning until eleven at night, at a tenth of a city: shifts that change by half hours, two rushes, and two hours for which
/// a third of the agents is at a meeting; and a restart at noon.
fn day(seed: u64, scale: f64, agents: f64) -> Day {
    let mut day = Day { seed, first_half: 12, halves: 34, ..shipped() };
    day.profile = day.profile.scaled(scale);
    for (half, count) in day.profile.agents.iter_mut().enumerate() {
        let there = if (28..32).contains(&half) { 0.67 } else { 1.0 };
        *count = ((f64::from(*count) * agents * there).round() as u32).max(1);
    }
    day.profile.restarts = vec![Duration::from_secs(12 * 3600 + 1200)];
    day.profile.bursts = vec![
        Burst { at: Duration::from_secs(10 * 3600), length: Duration::from_secs(1800), factor: 1.5 },
        Burst { at: Duration::from_secs(19 * 3600 + 600), length: Duration::from_secs(2400), factor: 1.6 },
    ];
    day
}

/// Days of these seeds: of what is told on arrival, and with each announcement, eight of ten outcomes lie inside.
fn holds(name: &str, days: impl Iterator<Item = Day>) {
    let mut all = Promises::default();
    for day in days {
        let report = play(&day);
        assert!(report.restarts > 0, "no restart to learn anew after");
        all.join(&report.promised());
    }
    tell(name, &all);
    let [below, inside, above] = all.on_arrival.shares();
    assert!(all.on_arrival.count() > 2000, "nobody waits");
    assert!((0.75..=0.85).contains(&inside), "{name}: {below} below, {inside} inside, {above} above");
    assert!(below > 0.05 && above > 0.05, "{name}: one end is never passed: {below} {above}");
    // What was told before holds down what is told later.
    let [.., later, _] = all.later.shares();
    assert!((0.7..=0.87).contains(&later), "{name}: {later} of what is told later");
}

#[test]
fn a_small_centre_with_too_few_agents() {
    holds("small", (1..=4).map(|seed| day(seed, 0.1, 0.8)));
}

#[test]
fn a_town() {
    holds("town", (5..=6).map(|seed| day(seed, 0.3, 0.9)));
}

/// Callers who wait ten minutes and longer.
#[test]
fn patient_callers_and_long_lines() {
    let patient = |mut day: Day| {
        day.profile.patience = Patience { mean: Duration::from_secs(900), never: 0.3 };
        for group in &mut day.hotline.acd.groups {
            group.wait = None;
        }
        day
    };
    holds("patient", (7..=9).map(|seed| patient(day(seed, 0.12, 0.9))));
}
