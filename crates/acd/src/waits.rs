//! When the waits of callers end. Those of one length end in the order in which they began, so each length has a list, and a deadline takes
//! half of the room that it would take among those of any length.

use std::collections::VecDeque;
use std::time::Duration;

use base::Time;

/// The end of one wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) at: Time,
    /// The caller's place, and its ticket for this wait.
    pub(crate) slot: u32,
    pub(crate) ticket: u32,
}

/// A wait that is over takes its ticket back and nothing else: its end stays in the list until it comes to the front, or there are as many
/// of those as others, and so many more.
const OVER_MAX: usize = 1024;
const NO_TICKET: u32 = 0;

/// All of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waits {
    /// By length, shortest first; each in order of time.
    lists: Vec<(Duration, VecDeque<End>)>,
    /// By the caller's place, the ticket of the wait that lasts.
    tickets: Vec<u32>,
    /// How many last, and how many ends the lists have.
    lasting: usize,
    held: usize,
}

impl Waits {
    /// Has a wait of this length end then.
    pub(crate) fn set(&mut self, length: Duration, end: End) {
        let list = self.begin(length, end);
        // Time does not go back: this is the last one.
        let place = list.iter().rposition(|other| other.at <= end.at).map_or(0, |place| place + 1);
        list.insert(place, end);
        self.clear();
    }

    /// As `set` for many, in any order of time.
    pub(crate) fn set_all(&mut self, ends: impl Iterator<Item = (Duration, End)>) {
        for (length, end) in ends {
            self.begin(length, end).push_back(end);
        }
        self.lists.iter_mut().for_each(|(_, list)| list.make_contiguous().sort_by_key(|end| end.at));
        self.clear();
    }

    fn begin(&mut self, length: Duration, End { slot, ticket, .. }: End) -> &mut VecDeque<End> {
        if self.tickets.len() <= slot as usize {
            self.tickets.resize(slot as usize + 1, NO_TICKET);
        }
        let before = std::mem::replace(&mut self.tickets[slot as usize], ticket);
        self.lasting += usize::from(before == NO_TICKET);
        self.held += 1;
        let place = self.lists.binary_search_by_key(&length, |(length, _)| *length);
        let place = place.unwrap_or_else(|place| {
            self.lists.insert(place, (length, VecDeque::new()));
            place
        });
        &mut self.lists[place].1
    }

    /// Whether a wait lasts that is to end; it does no more.
    pub(crate) fn end(&mut self, slot: u32, ticket: u32) -> bool {
        let lasts = self.tickets.get(slot as usize) == Some(&ticket);
        if lasts {
            self.cancel(slot);
        }
        lasts
    }

    /// Ends the wait of a caller who leaves it, if there is one.
    pub(crate) fn cancel(&mut self, slot: u32) {
        if let Some(ticket) = self.tickets.get_mut(slot as usize).filter(|ticket| **ticket != NO_TICKET) {
            *ticket = NO_TICKET;
            self.lasting -= 1;
        }
    }

    /// Takes out the ends at or before `now`, in order of time within each length.
    pub(crate) fn due(&mut self, now: Time, mut each: impl FnMut(End)) {
        let tickets = &self.tickets;
        for (_, list) in &mut self.lists {
            while let Some(end) = list.front().copied().filter(|end| end.at <= now || !lasts(tickets, end)) {
                list.pop_front();
                self.held -= 1;
                if lasts(tickets, &end) {
                    each(end);
                }
            }
        }
    }

    /// The first end; may be one of a wait that was over before, while another one lasts.
    pub(crate) fn next(&self) -> Option<Time> {
        if self.lasting == 0 {
            return None;
        }
        self.lists.iter().filter_map(|(_, list)| list.front()).map(|end| end.at).min()
    }

    /// By the caller's place, when each wait ends.
    pub(crate) fn ends(&self) -> Vec<Option<Time>> {
        let mut ends = vec![None; self.tickets.len()];
        let all = self.lists.iter().flat_map(|(_, list)| list);
        all.filter(|end| lasts(&self.tickets, end)).for_each(|end| ends[end.slot as usize] = Some(end.at));
        ends
    }

    /// Forgets ends of waits that were over before, if there are too many, and lengths that nobody waits for.
    fn clear(&mut self) {
        if self.held > 2 * self.lasting + OVER_MAX {
            let tickets = &self.tickets;
            self.lists.iter_mut().for_each(|(_, list)| list.retain(|end| lasts(tickets, end)));
            self.lists.retain(|(_, list)| !list.is_empty());
            self.held = self.lasting;
        }
    }
}

fn lasts(tickets: &[u32], end: &End) -> bool {
    tickets.get(end.slot as usize) == Some(&end.ticket)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use base::Rng;

    use super::*;

    #[test]
    fn ends_come_in_order_and_what_is_over_takes_no_room_for_long() {
        const LENGTHS: [u64; 3] = [30, 60, 600];
        let mut rng = Rng::from_number(5);
        let (mut waits, mut model) = (Waits::default(), BTreeMap::new());
        let (mut most, mut held) = (0, 0);
        for ticket in 1..60_000 {
            let (now, slot) = (Time::from_millis(u64::from(ticket) * 10), rng.below(2_000) as u32);
            model.remove(&slot);
            if rng.chance(0.4) {
                waits.cancel(slot);
            } else {
                let length = Duration::from_secs(LENGTHS[rng.below(3) as usize]);
                let end = End { at: now + length, slot, ticket };
                waits.set(length, end);
                model.insert(slot, (end.at, ticket));
            }
            let mut due = Vec::new();
            waits.due(now, |end| due.push((end.slot, end.ticket)));
            for (slot, ticket) in due {
                assert_eq!(model.remove(&slot), Some((now, ticket)));
                assert!(waits.end(slot, ticket) && !waits.end(slot, ticket));
            }
            let first = model.values().map(|(at, _)| *at).min();
            assert!(waits.next() <= first && waits.next().is_some() == first.is_some(), "never late");
            assert_eq!(waits.lasting, model.len());
            (most, held) = (most.max(model.len()), held.max(waits.held));
        }
        assert!(model.values().all(|(at, _)| *at > Time::from_millis(599_990)), "no end was missed");
        assert!(most > 1_000 && held <= 2 * most + OVER_MAX + 1, "{held} ends of {most} waits");
        let ends = waits.ends().into_iter().zip(0..).filter_map(|(at, slot)| Some((slot, at?))).collect::<Vec<_>>();
        assert_eq!(ends, model.into_iter().map(|(slot, (at, _))| (slot, at)).collect::<Vec<_>>());
    }
}
