//! A whole day: the people of a profile call the production wiring, and every rule is looked at after each step.
//!
//! What differs from a scenario ([`crate::run`]): there are thousands of citizens instead of a dozen, the configuration is an
//! operator's, and nobody speaks. SIP goes over the virtual network message by message; in place of `legs::Worker` stands a media side
//! that does what the engine asks on time and sends no packet. Owners hear each other at once, as on one thread of the server.

mod addresses;
mod arrivals;
mod figures;
mod hotline;
mod people;
mod promises;
mod quiet;
mod react;
mod reloading;
mod shaken;
mod tally;
mod turn;
mod world;

use std::fmt;
use std::time::Duration;

use base::Time;
use staff::Profile;

pub use figures::{Figures, Report};
pub use hotline::Hotline;
pub use promises::{Kept, Promises};

/// One day to play. The same day means the same run, on every machine.
#[derive(Clone, Debug)]
pub struct Day {
    pub hotline: Hotline,
    pub profile: Profile,
    pub seed: u64,
    /// The half hour of the profile that it begins with.
    pub first_half: usize,
    /// How many half hours calls arrive; then who is there is served, for two hours at most.
    pub halves: usize,
    /// The time of the service level.
    pub within: Duration,
    /// How often the operator has another configuration hold, at moments of the seed.
    pub reloads: u32,
}

impl Day {
    /// A fortnight; a month of a city would be a billion steps.
    pub const HALVES_MAX: usize = 14 * staff::HALVES;
}

/// A rule was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Since the first call could arrive.
    pub after: Duration,
    pub at: Time,
    pub what: String,
    /// What phones and owners did before, the newest last.
    pub story: Vec<String>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.story {
            writeln!(f, "{line}")?;
        }
        write!(f, "{:.3} s into the day: {}", self.after.as_secs_f64(), self.what)
    }
}

impl std::error::Error for Broken {}

/// Plays a day to its end.
///
/// # Errors
/// The first rule that was broken, and what led there.
pub fn run(day: &Day) -> Result<Report, Box<Broken>> {
    // A story costs as much as the day: it is told when there is somebody to listen.
    world::World::new(day, false).run().or_else(|_| world::World::new(day, true).run())
}
