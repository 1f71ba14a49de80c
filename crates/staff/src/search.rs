//! Looks for the fewest agents of each half hour by trying: whole days are played, and each half hour learns from what it came to.

use crate::{AGENTS_MAX, HALVES};

/// What is known of one half hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    tried: u32,
    /// The fewest that kept the target.
    kept: Option<u32>,
    /// The most that missed it.
    missed: Option<u32>,
}

/// A search by rounds. Half hours lean on each other, as a line that one leaves is the next one's; so what was learnt may turn out
/// wrong, and the last word has a day with all of the numbers together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    halves: [Known; HALVES],
}

impl Search {
    /// Begins with these agents, for example those of a formula.
    pub fn new(agents: [u32; HALVES]) -> Search {
        Search { halves: agents.map(|tried| Known { tried, kept: None, missed: None }) }
    }

    /// What to try in the next round.
    pub fn agents(&self) -> [u32; HALVES] {
        self.halves.map(|half| half.tried)
    }

    /// What a half hour came to with the agents of this round: the share answered in time, none where nobody called, and the share
    /// asked for. True where another number is to be tried.
    pub fn learn(&mut self, half: usize, level: Option<f64>, target: f64) -> bool {
        let Some(known) = self.halves.get_mut(half) else { return false };
        let tried = known.tried;
        let level = level.unwrap_or(1.0);
        if level >= target {
            known.kept = Some(known.kept.map_or(tried, |kept| kept.min(tried)));
        } else {
            known.missed = Some(known.missed.map_or(tried, |missed| missed.max(tried)));
        }
        known.tried = match (known.missed, known.kept) {
            // What kept the target once is believed, though as many missed it in a round with other neighbours.
            (Some(missed), Some(kept)) if missed + 1 >= kept => kept,
            (Some(missed), Some(kept)) => missed + (kept - missed) / 2,
            (None, Some(kept)) => kept.saturating_sub(1),
            (_, None) => (tried + missing(tried, target - level)).min(AGENTS_MAX),
        };
        known.tried != tried
    }

    /// The fewest that kept the target in each half hour; where none did, the next that would be tried.
    pub fn found(&self) -> [u32; HALVES] {
        self.halves.map(|half| half.kept.unwrap_or(half.tried))
    }
}

/// How many more to try: one near the target, a tenth far from it.
fn missing(agents: u32, short: f64) -> u32 {
    let share = (short * 0.4).min(0.1);
    ((f64::from(agents) * share).ceil() as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounds until nothing is left to try, where so many keep the target.
    fn rounds(first: u32, enough: u32) -> (usize, u32) {
        let mut search = Search::new([first; HALVES]);
        for round in 1..100 {
            let agents = search.agents()[7];
            let level = (1.0 - 0.05 * f64::from(enough.saturating_sub(agents))).max(0.0) * 0.96;
            if !search.learn(7, Some(level), 0.95) {
                return (round, search.found()[7]);
            }
        }
        panic!("no end: {search:?}");
    }

    #[test]
    fn the_fewest_are_found_from_either_side() {
        assert_eq!(rounds(20, 20), (3, 20), "one fewer is tried, and then the last word is heard");
        assert_eq!(rounds(23, 20).1, 20);
        assert_eq!(rounds(17, 20).1, 20);
        assert!(rounds(100, 140).0 < 15, "far away it goes in longer steps");
        assert_eq!(rounds(0, 0).1, 0);
        assert_eq!(rounds(1, 1).1, 1);
    }

    #[test]
    fn nobody_calls_and_nobody_is_needed() {
        let mut search = Search::new([1; HALVES]);
        assert!(search.learn(0, None, 0.95));
        assert!(!search.learn(0, None, 0.95));
        assert_eq!((search.found()[0], search.found()[1]), (0, 1));
        assert!(!search.learn(HALVES, Some(0.0), 0.95), "a day has no such half hour");
    }
}
