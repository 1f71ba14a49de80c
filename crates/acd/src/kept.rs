//! What is kept for callers for a while.

use std::collections::{BTreeMap, BTreeSet};

use base::{CallerKey, Time};

/// Something with a deadline.
pub(crate) trait Until: Copy {
    fn until(&self) -> Time;
}

/// One thing a caller, by caller and by deadline. Ordered maps, as the keys come from numbers that strangers choose.
#[derive(Clone, Debug)]
pub(crate) struct Kept<T> {
    by_caller: BTreeMap<CallerKey, T>,
    by_deadline: BTreeSet<(Time, CallerKey)>,
}

impl<T> Default for Kept<T> {
    fn default() -> Kept<T> {
        Kept { by_caller: BTreeMap::new(), by_deadline: BTreeSet::new() }
    }
}

impl<T: Until> Kept<T> {
    pub(crate) fn len(&self) -> usize {
        self.by_caller.len()
    }

    pub(crate) fn all(&self) -> &BTreeMap<CallerKey, T> {
        &self.by_caller
    }

    pub(crate) fn get(&self, caller: CallerKey) -> Option<T> {
        self.by_caller.get(&caller).copied()
    }

    /// The next deadline, and who loses by it.
    pub(crate) fn first(&self) -> Option<(Time, CallerKey)> {
        self.by_deadline.first().copied()
    }

    /// Gives a caller this and no other.
    pub(crate) fn insert(&mut self, caller: CallerKey, kept: T) {
        self.remove(caller);
        self.by_caller.insert(caller, kept);
        self.by_deadline.insert((kept.until(), caller));
    }

    pub(crate) fn remove(&mut self, caller: CallerKey) -> Option<T> {
        let kept = self.by_caller.remove(&caller)?;
        self.by_deadline.remove(&(kept.until(), caller));
        Some(kept)
    }
}
