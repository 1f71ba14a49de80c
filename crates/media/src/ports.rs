//! Which port pairs are free, and since when.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::time::Duration;

use base::{Rng, Time};

/// Late packets of the previous call, and a phone that has not seen its BYE yet, must not be heard by the next one.
const REST: Duration = Duration::from_secs(2);

/// The free RTP ports (even; RTCP one above) of one network and worker.
///
/// The pair that was closed longest ago is taken first, so that in a large range a port rests as long as the range
/// allows: 30 s when it has pairs for 30 s of calls; never less than 2 s.
#[derive(Clone, Debug)]
pub(crate) struct Ports {
    /// In the order of closing; a pair that was never used may be taken at once.
    free: VecDeque<(u16, Option<Time>)>,
}

impl Ports {
    /// The pairs of `range` that fall to worker `index` of `workers`, in drawn order: two processes that share a range
    /// meet a taken port now and then, and never a long row of them.
    pub(crate) fn new(range: RangeInclusive<u16>, index: u8, workers: u8, rng: &mut Rng) -> Ports {
        let share = usize::from(workers.max(1));
        let even = range.start().checked_next_multiple_of(2);
        let mut free: VecDeque<_> = even
            .into_iter()
            .flat_map(|first| (first..=*range.end()).step_by(2))
            .filter(|port| port.checked_add(1).is_some_and(|rtcp| range.contains(&rtcp)) && *port != 0)
            .skip(usize::from(index))
            .step_by(share)
            .map(|port| (port, None))
            .collect();
        for last in (1..free.len()).rev() {
            free.swap(last, rng.below(last as u64 + 1) as usize);
        }
        Ports { free }
    }

    pub(crate) fn len(&self) -> usize {
        self.free.len()
    }

    /// The pair that rested longest; none when even that one has to rest on.
    pub(crate) fn take(&mut self, now: Time) -> Option<u16> {
        let (_, closed) = self.free.front()?;
        if closed.is_some_and(|closed| now.since(closed) < REST) {
            return None;
        }
        self.free.pop_front().map(|(port, _)| port)
    }

    /// The pair was closed, or could not be bound.
    pub(crate) fn put_back(&mut self, port: u16, now: Time) {
        self.free.push_back((port, Some(now)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::from_millis(seconds * 1000)
    }

    #[test]
    fn workers_share_a_range_without_overlap() {
        let mut all = Vec::new();
        for index in 0..3 {
            let mut ports = Ports::new(10_001..=10_021, index, 3, &mut Rng::from_number(1));
            while let Some(port) = ports.take(at(0)) {
                assert_eq!(port % 2, 0);
                all.push(port);
            }
        }
        all.sort_unstable();
        assert_eq!(all, [10_002, 10_004, 10_006, 10_008, 10_010, 10_012, 10_014, 10_016, 10_018, 10_020]);
    }

    #[test]
    fn two_processes_on_one_range_both_find_ports_soon() {
        let range = 20_000..=29_999;
        for seed in 0..20 {
            let mut first = Ports::new(range.clone(), 0, 1, &mut Rng::from_number(seed));
            let taken: Vec<_> = (0..2_500).filter_map(|_| first.take(at(0))).collect();
            let mut second = Ports::new(range.clone(), 0, 1, &mut Rng::from_number(seed + 1_000));
            let (mut met, mut longest) = (0, 0);
            while let Some(port) = second.take(at(0)) {
                met = if taken.contains(&port) { met + 1 } else { 0 };
                longest = longest.max(met);
            }
            assert!(longest < 64, "seed {seed}: {longest} taken ports in a row with half of the range free");
        }
    }

    #[test]
    fn odd_ends_of_a_range_lose_no_neighbour() {
        let cases = [(65_534..=65_535, 1), (65_535..=65_535, 0), (4..=4, 0), (0..=3, 1)];
        for (range, pairs) in cases {
            let ports = Ports::new(range.clone(), 0, 1, &mut Rng::from_number(1));
            assert_eq!(ports.len(), pairs, "{range:?}");
        }
    }

    #[test]
    fn a_closed_port_rests_and_the_longest_closed_comes_first() {
        let mut ports = Ports::new(10..=13, 0, 1, &mut Rng::from_number(1));
        let first = ports.take(at(0)).expect("a port");
        let second = ports.take(at(0)).expect("a port");
        assert_eq!(ports.take(at(0)), None, "all in use");
        ports.put_back(second, at(10));
        ports.put_back(first, at(11));
        assert_eq!(ports.take(at(11)), None, "both rest");
        assert_eq!(ports.take(at(12)), Some(second));
        assert_eq!(ports.take(at(12)), None);
        assert_eq!(ports.take(at(13)), Some(first));
    }
}
