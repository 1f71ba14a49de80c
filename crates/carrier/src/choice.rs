//! In which order addresses are tried.

use base::{Flow, Rng, Time};

use crate::Target;
use crate::trunk::Spot;

/// Ways of one call: whoever has tried six addresses in vain has waited long enough.
pub const WAYS_MAX: usize = 6;

/// One way to a number through a trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Place in `Plan::trunks`.
    pub trunk: usize,
    pub flow: Flow,
    /// The host part of the Request-URI.
    pub domain: String,
    /// Route headers of a new dialog, in order: the registrar's Service-Route (RFC 3608). The request goes to the flow
    /// nonetheless.
    pub routes: Vec<String>,
    /// Who we are to the carrier, as its registrar said, the default identity first (RFC 7315 §4.1).
    pub associated: Vec<String>,
}

/// The spots in the order of their turns, places in the list: living ones first, within them by priority and by weighted lots
/// (RFC 2782). Those that asked to be left alone are left out.
pub(crate) fn order(now: Time, targets: &[Target], spots: &[Spot], rng: &mut Rng) -> Vec<usize> {
    let mut drawn: Vec<usize> = Vec::with_capacity(spots.len());
    for target in targets_in_turn(targets, rng) {
        let of_target = spots.iter().enumerate().filter(|(_, spot)| spot.target == target).map(|(place, _)| place);
        drawn.extend(spots_in_turn(of_target.collect(), spots, rng));
    }
    let mut ranked: Vec<_> =
        drawn.into_iter().filter_map(|place| Some((spots[place].health.rank(now)?, place))).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, place)| place).collect()
}

fn targets_in_turn(targets: &[Target], rng: &mut Rng) -> Vec<usize> {
    let mut places: Vec<usize> = (0..targets.len()).collect();
    places.sort_by_key(|place| targets[*place].priority);
    let alike = places.chunk_by(|a, b| targets[*a].priority == targets[*b].priority);
    let lots = |some: &[usize]| some.iter().map(|place| (targets[*place].weight, *place)).collect();
    alike.flat_map(|some| draw(lots(some), rng)).collect()
}

fn spots_in_turn(mut places: Vec<usize>, spots: &[Spot], rng: &mut Rng) -> Vec<usize> {
    let of = |place: &usize| &spots[*place].place;
    places.sort_by_key(|place| (of(place).order, of(place).group));
    let mut turns = Vec::with_capacity(places.len());
    for alike in places.chunk_by(|a, b| of(a).order == of(b).order) {
        let groups = alike.chunk_by(|a, b| of(a).group == of(b).group);
        let lots = groups.filter_map(|group| Some((of(group.first()?).weight, group))).collect();
        turns.extend(draw(lots, rng).into_iter().flatten().copied());
    }
    turns
}

/// RFC 2782: one after the other, each in proportion to its weight among those that are left.
fn draw<T>(mut lots: Vec<(u16, T)>, rng: &mut Rng) -> Vec<T> {
    // Those of no weight have the small chance that comes first.
    lots.sort_by_key(|(weight, _)| *weight != 0);
    let mut drawn = Vec::with_capacity(lots.len());
    while !lots.is_empty() {
        let sum: u64 = lots.iter().map(|(weight, _)| u64::from(*weight)).sum();
        let mut left = rng.below(sum + 1);
        let place = lots.iter().position(|(weight, _)| match left.checked_sub(u64::from(*weight)) {
            None | Some(0) => true,
            Some(rest) => {
                left = rest;
                false
            }
        });
        drawn.push(lots.remove(place.unwrap_or(0)).1);
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often each of the lots comes first in 10,000 draws.
    fn firsts(weights: &[u16]) -> Vec<u32> {
        let mut rng = Rng::from_number(7);
        let mut counts = vec![0; weights.len()];
        for _ in 0..10_000 {
            let drawn = draw(weights.iter().copied().zip(0usize..).collect(), &mut rng);
            assert_eq!(drawn.len(), weights.len());
            counts[drawn[0]] += 1;
        }
        counts
    }

    #[test]
    fn weights_are_shares() {
        let counts = firsts(&[10, 30, 60]);
        for (count, share) in counts.iter().zip([1000i64, 3000, 6000]) {
            assert!((i64::from(*count) - share).abs() < 250, "{counts:?}");
        }
        let counts = firsts(&[0, 99]);
        assert!((50..=150).contains(&counts[0]), "a weight of nothing has a small chance: {counts:?}");
        assert_eq!(firsts(&[0]), [10_000]);
    }
}
