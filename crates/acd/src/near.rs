//! Groups whose callers the same agents serve.

use base::{AgentId, GroupId};

use crate::agents::Agents;

/// A group whose callers are served by agents of another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Near {
    pub(crate) group: GroupId,
    /// Of its agents, those who serve the other group too.
    pub(crate) share: f64,
}

/// Groups that are looked at beside a caller's own: a centre has a dozen, and each costs a look at its line.
const NEAR_MAX: usize = 16;
/// Agents of a group whose skills are looked at, spread over all of them.
const SAMPLE: usize = 32;

/// By group, the group itself and others whose callers its agents serve, those with most of its agents first.
pub(crate) fn near(groups: usize, agents: &Agents) -> Vec<Vec<Near>> {
    let serving = |id: AgentId| agents.groups(id).iter().map(|group| usize::from(group.0));
    let ids = || (0..agents.iter().count() as u32).map(AgentId);
    let mut counts = vec![0_usize; groups];
    ids().flat_map(serving).for_each(|group| counts[group] += 1);
    let mut samples: Vec<Vec<AgentId>> = vec![Vec::new(); groups];
    let mut seen = vec![0_usize; groups];
    for id in ids() {
        for group in serving(id) {
            let place = |seen: usize| seen * SAMPLE.min(counts[group]) / counts[group];
            if place(seen[group] + 1) > place(seen[group]) {
                samples[group].push(id);
            }
            seen[group] += 1;
        }
    }
    let mut both = vec![0_usize; groups];
    samples.iter().enumerate().map(|(group, sample)| near_one(group, sample, &counts, &mut both, serving)).collect()
}

fn near_one<I: Iterator<Item = usize>>(
    group: usize,
    sample: &[AgentId],
    counts: &[usize],
    both: &mut [usize],
    serving: impl Fn(AgentId) -> I,
) -> Vec<Near> {
    let mut touched: Vec<usize> = Vec::new();
    for other in sample.iter().flat_map(|id| serving(*id)).filter(|other| *other != group) {
        if both[other] == 0 {
            touched.push(other);
        }
        both[other] += 1;
    }
    touched.sort_unstable_by_key(|other| (std::cmp::Reverse(both[*other]), *other));
    let mut near = vec![Near { group: GroupId(group as u16), share: 1.0 }];
    for other in touched.iter().take(NEAR_MAX) {
        // Agents of both, as the sample has them among this group's, by all of the other group's.
        let shared = both[*other] as f64 / sample.len() as f64 * counts[group] as f64;
        near.push(Near { group: GroupId(*other as u16), share: (shared / counts[*other] as f64).min(1.0) });
    }
    touched.into_iter().for_each(|other| both[other] = 0);
    near
}
