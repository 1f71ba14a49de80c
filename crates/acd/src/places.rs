//! Places in line that are kept for callers whose call a fault of ours cut short, or who hung up.

use std::time::Duration;

use base::{CallId, CallerKey, Time};

use crate::callers::{Caller, Claim, Standing};
use crate::kept::Kept;
use crate::ledger::Place;
use crate::{Acd, Action, Fact};

/// Places at once; one more, and the oldest deadline goes. In the ten minutes that a place is kept by default, a city that is
/// called a hundred times a second is called 60,000 times. Each takes about 100 bytes: 10 MB.
pub(crate) const PLACES_MAX: usize = 100_000;

/// All places.
pub(crate) type Places = Kept<Place>;

impl Acd {
    /// A caller who talks has had the turn; the call of anybody else is kept a place for.
    pub(crate) fn hung_up(&mut self, now: Time, call: CallId, out: &mut Vec<Action>) {
        let talks = |caller: &Caller| matches!(caller.standing, Standing::Talking(_));
        match self.callers.find(call).and_then(|key| self.callers.get(key)).is_some_and(talks) {
            true => self.abandon(now, call, out),
            false => self.keep(now, call, self.plan.hung_up, out),
        }
    }

    /// Ends a call whose caller may come back to the place for so long.
    pub(crate) fn keep(&mut self, now: Time, call: CallId, length: Duration, out: &mut Vec<Action>) {
        let Some(key) = self.callers.find(call) else { return };
        if self.callers.get(key).is_some_and(|caller| caller.is_called_back()) {
            return self.try_again_later(now, key, out);
        }
        if let Some(caller) = self.callers.get(key) {
            let (group, claim) = (caller.group, caller.claim());
            if let Some(number) = claim.caller {
                let until = now + length;
                let place = Place { group, priority: claim.priority, since: claim.since, until };
                self.keep_place(now, number, place, out);
            }
        }
        self.let_go(now, key, out);
    }

    /// Keeps a place for a caller, who may have one already.
    pub(crate) fn keep_place(&mut self, now: Time, caller: CallerKey, place: Place, out: &mut Vec<Action>) {
        if place.until <= now {
            return;
        }
        let before = self.places.all().get(&caller).copied();
        let place = before.map_or(place, |before| before.merge(place));
        if before == Some(place) {
            return;
        }
        self.places.insert(caller, place);
        let Place { group, priority, since, until } = place;
        out.push(Action::Fact(Fact::PlaceKept { caller, group, priority, since, until }));
        self.make_room(out);
    }

    /// Gives up the places whose deadlines are the oldest, until no more are left than may be.
    pub(crate) fn make_room(&mut self, out: &mut Vec<Action>) {
        while self.places.len() > PLACES_MAX {
            let Some((_, caller)) = self.places.first() else { return };
            self.drop_place(caller, out);
        }
    }

    /// Gives up the caller's place, if there is one.
    pub(crate) fn drop_place(&mut self, caller: CallerKey, out: &mut Vec<Action>) {
        if self.places.remove(caller).is_some() {
            out.push(Action::Fact(Fact::PlaceGone { caller }));
        }
    }

    /// What a caller may claim who comes with this, and perhaps has a place.
    pub(crate) fn reclaim(&self, now: Time, claim: Claim) -> Claim {
        let place = claim.caller.and_then(|caller| self.places.all().get(&caller));
        match place.filter(|place| place.until > now) {
            Some(Place { priority, since, .. }) => {
                Claim { priority: claim.priority.max(*priority), since: claim.since.min(*since), ..claim }
            }
            None => claim,
        }
    }

    /// Gives up the places whose time is over.
    pub(crate) fn expire_places(&mut self, now: Time, out: &mut Vec<Action>) {
        while let Some((_, caller)) = self.places.first().filter(|(until, _)| *until <= now) {
            self.drop_place(caller, out);
        }
    }
}
