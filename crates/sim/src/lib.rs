//! Virtual clock, network and people around the production wiring; the checkers.
//!
//! [`run`] plays one [`Scenario`]: citizens and agents with phones of `phone`, a network that loses and reorders, owners
//! whose messages to each other are late and interleaved, and the switch, queue, roster and media workers that `serve` runs.
//! After every step the rules of the queue are checked; at the end, that nothing is left over.
//!
//! Invariants: a scenario means one run, on every machine; no file, clock, socket or thread.

mod addresses;
mod asking;
mod behaviour;
mod called_back;
mod carriers;
mod check;
mod colleagues;
pub mod day;
mod kill;
mod lines;
mod network;
mod people;
mod plan;
mod reloading;
mod report;
mod rim;
mod scenario;
mod speaking;
mod stage;
mod steering;
mod tape;
mod turn;
mod voice;
mod wire;
mod world;

pub use network::Impairment;
pub use report::{Failure, Report};
pub use scenario::Scenario;
pub use stage::{Person, Setting, Stage};
pub use tape::Tape;

/// Plays a scenario to its end.
///
/// # Errors
/// The first rule that was broken, and what led there.
pub fn run(scenario: &Scenario) -> Result<Report, Box<Failure>> {
    world::World::new(scenario, false).run().map(|(report, _)| report)
}

/// Plays a scenario and traces each process of it as `serve --trace` would: the first, and one after each kill.
///
/// # Errors
/// As `run`.
pub fn run_taped(scenario: &Scenario) -> Result<(Report, Vec<Tape>), Box<Failure>> {
    let (report, tapes) = world::World::new(scenario, true).run()?;
    Ok((report, tapes.unwrap_or_default().0))
}
