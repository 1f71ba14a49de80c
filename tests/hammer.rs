//! Spoilt messages from many sources at a running engine: it goes on serving calls, nothing panics, its memory stays flat.

use std::time::Duration;

use load::hammer::{self, Plan};

use crate::kit::engine::Engine;
use crate::kit::wait;

/// Media legs: the phones of the hammer, and calls that strangers' messages bring about and leave.
const LEGS: u16 = 400;
/// Enough to meet every way of spoiling many times; `cargo xtask hammer` sends a million.
const MESSAGES: u64 = 60_000;

#[test]
fn sixty_thousand_spoilt_messages_harm_no_call() {
    let mut engine = Engine::start_for(LEGS, |_| {});
    let plan = Plan {
        server: engine.sip,
        process: engine.process.id(),
        messages: MESSAGES,
        batch: MESSAGES / 3,
        rate: hammer::RATE,
        seed: 12_345,
        growth_kb_max: hammer::GROWTH_KB_MAX,
    };
    let outcome = hammer::run(plan, &mut |_| {}).unwrap_or_else(|what| panic!("{what}"));
    assert_eq!(outcome.batches.len(), 3);
    // It was understood often enough to be answered, not only dropped.
    let [_, _, successes, _, refusals, ..] = outcome.answers;
    assert!(successes > 100 && refusals > 500, "answers by class: {:?}", outcome.answers);
    assert!(outcome.stray_calls > 10, "{} calls came about by chance", outcome.stray_calls);
    assert!(engine.metric("hotline_sip_malformed_total").is_some_and(|count| count > 10_000.0));
    assert!(engine.process.is_running());
    assert!(!engine.process.output().contains("panicked"), "a panic in the log");
    // Calls that strangers left end with Timer H; no agent is held by one.
    let idle = || {
        let busy =
            ["reserved", "talking", "releasing"].map(|s| engine.metric(&format!("hotline_agents{{state=\"{s}\"}}")));
        busy.iter().all(|count| *count == Some(0.0)).then_some(())
    };
    wait::until("every agent to be free", Duration::from_secs(60), idle);
}
