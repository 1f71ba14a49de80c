//! What is promised, and how many agents keep it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::{Demand, outlook};

/// A city has hundreds of agents, the country 30,000; more cannot be what is meant.
pub const AGENTS_MAX: u32 = 100_000;

/// So many of those who ask for an agent are answered within so long: A(T)/(A+B).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Above 0 and below 1.
    pub share: f64,
    pub within: Duration,
}

impl Target {
    /// GB/T 33358-2016: connected within 15 s, 95 of 100.
    pub const STANDARD: Target = Target { share: 0.95, within: Duration::from_secs(15) };
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%/{}s", self.share * 100.0, self.within.as_secs_f64())
    }
}

impl FromStr for Target {
    type Err = String;

    /// `95%/15s`.
    fn from_str(text: &str) -> Result<Target, String> {
        let wrong = || {
            format!(
                "`{text}` is no target: write the share and the time as 95%/15s, above 0% and below 100%, up to 3600s"
            )
        };
        let (share, within) = text.split_once('/').ok_or_else(wrong)?;
        let number = |text: &str, unit| text.trim().strip_suffix(unit).and_then(|n: &str| n.trim().parse::<f64>().ok());
        let share = number(share, '%').filter(|share| *share > 0.0 && *share < 100.0).ok_or_else(wrong)?;
        let within = number(within, 's').filter(|s| (0.0..=3600.0).contains(s)).ok_or_else(wrong)?;
        Ok(Target { share: share / 100.0, within: Duration::from_secs_f64(within) })
    }
}

/// The fewest agents who keep the target; none when `AGENTS_MAX` do not.
pub fn agents_for(demand: &Demand, target: Target) -> Option<u32> {
    let keeps = |agents: u32| outlook(demand, agents, target.within).answered_within >= target.share;
    if demand.per_s <= 0.0 {
        return Some(0);
    }
    let (mut few, mut enough) = (0, 1);
    while !keeps(enough) {
        if enough >= AGENTS_MAX {
            return None;
        }
        (few, enough) = (enough, (enough * 2).min(AGENTS_MAX));
    }
    // One agent more never answers fewer.
    while enough - few > 1 {
        let middle = few + (enough - few) / 2;
        if keeps(middle) { enough = middle } else { few = middle }
    }
    Some(enough)
}
