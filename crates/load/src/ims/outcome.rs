//! What became of the calls, by kind.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::Kind;
use super::caller::End;

/// What became of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub calls: u64,
    /// Citizen and agent heard each other until the end.
    pub served: u64,
    /// By reason.
    pub failures: BTreeMap<String, u64>,
    /// From the INVITE to its 200, of each call that was answered.
    pub answered_in: Vec<Duration>,
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub kinds: BTreeMap<Kind, Tally>,
}

impl Outcome {
    pub(super) fn add(&mut self, end: End) {
        let tally = self.kinds.entry(end.kind).or_default();
        tally.calls += 1;
        tally.served += u64::from(end.served);
        tally.answered_in.extend(end.answered_in);
        end.failure.into_iter().for_each(|why| *tally.failures.entry(why).or_default() += 1);
    }

    pub fn calls(&self) -> u64 {
        self.kinds.values().map(|tally| tally.calls).sum()
    }

    /// What is wrong, a sentence each; empty for a clean run.
    pub fn faults(&self) -> Vec<String> {
        let of = |(kind, tally): (&Kind, &Tally)| -> Vec<String> {
            let one = |(why, count): (&String, &u64)| format!("{count} calls ({}) failed: {why}", kind.name());
            tally.failures.iter().map(one).collect()
        };
        self.kinds.iter().flat_map(of).collect()
    }
}

impl Tally {
    /// The time within which that share of the answers came.
    fn quantile(&self, share: f64) -> Duration {
        let mut sorted = self.answered_in.clone();
        sorted.sort_unstable();
        let place = (sorted.len() as f64 * share) as usize;
        sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<24}{:>7}{:>9}{:>8}{:>9}{:>9}", "kind", "calls", "served", "failed", "p50 ms", "p99 ms")?;
        for (kind, tally) in &self.kinds {
            let failed: u64 = tally.failures.values().sum();
            let ms = |share| tally.quantile(share).as_secs_f64() * 1000.0;
            let Tally { calls, served, .. } = tally;
            writeln!(f, "{:<24}{calls:>7}{served:>9}{failed:>8}{:>9.1}{:>9.1}", kind.name(), ms(0.5), ms(0.99))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_counted_apart() {
        let end = |kind, ms, failure: Option<&str>| End {
            kind,
            answered_in: Some(Duration::from_millis(ms)),
            served: failure.is_none(),
            failure: failure.map(str::to_owned),
        };
        let mut outcome = Outcome::default();
        (1..=100).for_each(|ms| outcome.add(end(Kind::Plain, ms, None)));
        outcome.add(end(Kind::Hold, 1, Some("silence")));
        outcome.add(end(Kind::Hold, 1, Some("silence")));
        let plain = &outcome.kinds[&Kind::Plain];
        assert_eq!((plain.quantile(0.5).as_millis(), plain.quantile(0.99).as_millis()), (51, 100));
        assert_eq!((outcome.calls(), plain.served), (102, 100));
        assert_eq!(outcome.faults(), ["2 calls (hold and resume) failed: silence"]);
    }
}
