//! The formulas against what was published, and against another way to the same numbers.

use std::time::Duration;

use staff::{Demand, Outlook, Patience, Target, agents_for, all_busy_without_queue, outlook, wait_without_impatience};

fn near(got: f64, wanted: f64, error: f64, what: &str) {
    assert!((got - wanted).abs() <= error, "{what}: {got} and not {wanted}");
}

/// Rows of the tables of Erlang B and C, here from the sums of their definition in whole numbers: load, servers, B, C.
#[test]
fn erlangs_tables() {
    let rows = [
        (1.0, 1, 0.5, 1.0),
        (1.0, 2, 0.2, 1.0 / 3.0),
        (2.0, 3, 0.210_526, 0.444_444),
        (5.0, 5, 0.284_868, 1.0),
        (5.0, 10, 0.018_385, 0.036_105),
        (10.0, 10, 0.214_582, 1.0),
        (10.0, 12, 0.119_739, 0.449_388),
        (10.0, 14, 0.056_819, 0.174_132),
        (100.0, 100, 0.075_700, 1.0),
    ];
    for (load, servers, lost, waits) in rows {
        near(all_busy_without_queue(load, servers), lost, 2e-6, &format!("B({load}, {servers})"));
        near(wait_without_impatience(load, servers), waits, 2e-6, &format!("C({load}, {servers})"));
    }
    near(all_busy_without_queue(0.0, 0), 1.0, 0.0, "nobody and nothing");
    near(all_busy_without_queue(0.0, 3), 0.0, 0.0, "nothing");
    assert!(all_busy_without_queue(0.001, 500) >= 0.0, "too small for a number, and no NaN");
}

fn demand(per_s: f64, service_s: u64, patience: Patience) -> Demand {
    Demand { per_s, service: Duration::from_secs(service_s), patience }
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Garnett, Mandelbaum and Reiman (2002), table 1: 48 calls a minute of a minute each, 50 agents, and a mean patience of two minutes.
#[test]
fn the_example_that_shows_what_patience_does() {
    let endless = outlook(&demand(0.8, 60, Patience::ENDLESS), 50, seconds(15));
    near(endless.wait_s, 20.8, 0.05, "Erlang C");
    near(endless.occupancy, 0.96, 1e-6, "Erlang C");
    near(endless.abandoned, 0.0, 1e-12, "Erlang C");
    let impatient = outlook(&demand(0.8, 60, Patience { mean: seconds(120), never: 0.0 }), 50, seconds(15));
    near(impatient.abandoned, 0.031, 0.0005, "Erlang A");
    near(impatient.wait_s, 3.7, 0.05, "Erlang A");
    near(impatient.occupancy, 0.93, 0.002, "Erlang A");
}

/// Erlang C in closed form: the wait is zero, or exponential with rate n μ − λ.
#[test]
fn endless_patience_is_erlang_c() {
    for (load, agents) in [(4.0, 5), (10.0, 12), (100.0, 104), (0.2, 1), (300.0, 400)] {
        let service = 180.0;
        let told = outlook(&demand(load / service, 180, Patience::ENDLESS), agents, seconds(15));
        let waits = wait_without_impatience(load, agents);
        let rate = (f64::from(agents) - load) / service;
        near(told.waits, waits, 1e-6, "who waits");
        near(told.wait_s, waits / rate, 1e-5 * (1.0 + waits / rate), "mean wait");
        near(told.answer_s, told.wait_s, 1e-5 * (1.0 + told.wait_s), "everybody is answered");
        near(told.answered_within, 1.0 - waits * (-rate * 15.0).exp(), 1e-6, "service level");
    }
}

/// Erlang A by its births and deaths: the states of the queue, one after the other.
fn by_states(per_s: f64, service_s: f64, patience_s: f64, agents: u32) -> (f64, f64) {
    let (mut weights, mut weight) = (vec![1.0f64], 1.0f64);
    for state in 1..20_000u32 {
        let busy = f64::from(state.min(agents)) / service_s;
        let impatient = f64::from(state.saturating_sub(agents)) / patience_s;
        weight *= per_s / (busy + impatient);
        weights.push(weight);
        // Keeps the largest near one; what has become too small does not matter.
        if weight > 1e100 {
            weights.iter_mut().for_each(|w| *w /= 1e100);
            weight /= 1e100;
        }
    }
    let whole: f64 = weights.iter().sum();
    let waits = weights.iter().skip(agents as usize).sum::<f64>() / whole;
    let line = (0..).zip(&weights).map(|(state, w)| f64::from(u32::saturating_sub(state, agents)) * w).sum::<f64>();
    (waits, line / whole / per_s)
}

#[test]
fn exponential_patience_is_erlang_a() {
    let rows = [(0.1, 200, 60, 15), (0.1, 200, 120, 25), (0.8, 60, 120, 50), (0.5, 300, 90, 120), (0.02, 240, 30, 1)];
    for (per_s, service, patience, agents) in rows {
        let (waits, wait) = by_states(per_s, service as f64, patience as f64, agents);
        let told =
            outlook(&demand(per_s, service, Patience { mean: seconds(patience), never: 0.0 }), agents, seconds(20));
        near(told.waits, waits, 1e-6, "who waits");
        near(told.wait_s, wait, 1e-5 * (1.0 + wait), "mean wait");
        // Patience runs out at a steady rate: who gives up is the mean wait by that rate.
        near(told.abandoned, wait / patience as f64, 1e-6, "who gives up");
        near(told.occupancy, per_s * service as f64 * (1.0 - told.abandoned) / f64::from(agents), 1e-6, "occupancy");
    }
}

#[test]
fn some_who_never_give_up_lie_between() {
    let of = |never| outlook(&demand(0.5, 240, Patience { mean: seconds(60), never }), 125, seconds(15));
    let all: Vec<Outlook> = [0.0, 0.3, 0.7, 1.0].into_iter().map(of).collect();
    for pair in all.windows(2) {
        assert!(pair[0].abandoned > pair[1].abandoned && pair[0].wait_s < pair[1].wait_s, "{pair:?}");
    }
    // Half of four calls a service time never give up, and one agent serves one: the line of the patient only grows.
    let drowned = outlook(&demand(4.0 / 240.0, 240, Patience { mean: seconds(60), never: 0.5 }), 1, seconds(15));
    assert!(drowned.wait_s.is_infinite() && drowned.occupancy == 1.0 && drowned.answered_within == 0.0, "{drowned:?}");
    near(drowned.abandoned, 0.75, 1e-9, "whoever can gives up");
}

#[test]
fn whatever_a_profile_may_hold_gives_shares() {
    for per_s in [0.0, 1e-6, 0.01, 1.0, 30.0] {
        for agents in [0, 1, 10, 300, 100_000] {
            for (mean, never) in [(1, 0.0), (60, 0.2), (3600, 0.99), (86_400, 1.0)] {
                let told = outlook(&demand(per_s, 300, Patience { mean: seconds(mean), never }), agents, seconds(15));
                let shares = [told.waits, told.answered_within, told.abandoned, told.occupancy];
                let whole = shares.iter().all(|share| (0.0..=1.0 + 1e-4).contains(share));
                assert!(
                    whole && told.wait_s >= 0.0 && told.answer_s >= 0.0,
                    "{per_s} {agents} {mean} {never}: {told:?}"
                );
            }
        }
    }
}

#[test]
fn the_fewest_agents_who_keep_a_target() {
    let target: Target = "95%/15s".parse().expect("a target");
    assert_eq!(target, Target::STANDARD);
    assert_eq!(target.to_string(), "95%/15s");
    for per_s in [0.001, 0.05, 0.5, 5.0] {
        for never in [0.0, 0.5, 1.0] {
            let demand = demand(per_s, 240, Patience { mean: seconds(150), never });
            let agents = agents_for(&demand, target).expect("enough");
            let level = |agents| outlook(&demand, agents, target.within).answered_within;
            assert!(level(agents) >= 0.95 && level(agents - 1) < 0.95, "{per_s} {never}: {agents}");
        }
    }
    assert_eq!(agents_for(&demand(0.0, 240, Patience::ENDLESS), target), Some(0));
    assert_eq!(agents_for(&demand(1e6, 240, Patience::ENDLESS), target), None);
    for text in ["", "95", "95%", "15s/95%", "0%/15s", "100%/15s", "95%/-1s", "95%/15", "NaN%/15s", "95%/9999999s"] {
        assert!(text.parse::<Target>().is_err_and(|e| e.contains(text) && e.contains("95%/15s")), "{text}");
    }
}
