//! Places that stay what they are: under another configuration, what the running engine knows by a number keeps that number.

use crate::Plans;
use crate::problem::{Problem, Problems, Spot};

/// What runs; nothing at a start.
pub(crate) type Running<'a> = Option<&'a Plans>;

/// Agents that are kept in mind after they were removed; each costs a few hundred bytes in every owner.
pub(crate) const REMOVED_MAX: usize = 10_000;

/// What was found, at the places of the names that are known: none for a name that is gone, new ones behind the last.
pub(crate) fn places<'a, T>(
    known: impl Iterator<Item = &'a str>,
    found: Vec<T>,
    name: impl Fn(&T) -> &str,
) -> Vec<Option<T>> {
    let mut found: Vec<Option<T>> = found.into_iter().map(Some).collect();
    let place =
        |found: &[Option<T>], known: &str| found.iter().position(|f| f.as_ref().is_some_and(|f| name(f) == known));
    let mut placed: Vec<Option<T>> = known
        .map(|known| {
            let place = place(&found, known)?;
            found[place].take()
        })
        .collect();
    placed.extend(found.into_iter().flatten().map(Some));
    placed
}

/// Numbers are never given twice while the engine runs, so that there is an end to them.
pub(crate) fn refuse_too_many(count: usize, most: usize, what: &str, spot: &Spot, problems: &Problems) {
    if count > most {
        let title = format!("{count} {what} with those that were removed since the start, but {most} are possible");
        problems.error(Problem::new(spot.clone(), title, "", "restart the engine: it forgets the removed ones"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_places() {
        let placed =
            |known: &[&'static str], found: &[&'static str]| places(known.iter().copied(), found.to_vec(), |name| name);
        assert_eq!(placed(&[], &["b", "a"]), [Some("b"), Some("a")]);
        assert_eq!(placed(&["a", "b"], &["b", "c", "a"]), [Some("a"), Some("b"), Some("c")]);
        assert_eq!(placed(&["a", "b"], &["c", "b"]), [None, Some("b"), Some("c")]);
        assert_eq!(placed(&["a"], &["a", "a"]), [Some("a"), Some("a")], "twins are told of elsewhere");
    }
}
