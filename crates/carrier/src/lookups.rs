//! What is known of the DNS: asked once for all trunks, kept for its time, and beyond it where there is nothing newer.

use std::collections::BTreeMap;
use std::time::Duration;

use base::{Ticket, Time};

use crate::dns::{Answer, Query, Record};

/// The bounds of a record's life: a TTL of nothing is not to keep us asking, one of years not to keep us wrong.
const FRESH_MIN: Duration = Duration::from_secs(5);
const FRESH_LIMIT: Duration = Duration::from_secs(3600);
/// A resolver asks several servers several times within it; whoever takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(15);
/// After a failure, twice as long after each further one.
const RETRY_FIRST: Duration = Duration::from_secs(5);
const RETRY_LIMIT: Duration = Duration::from_secs(300);
/// Records kept of one answer: a carrier has a handful of proxies, more is a fault or an attack.
const RECORDS_MAX: usize = 32;
/// Questions known at once: a dozen targets, each with two services of several hosts.
const QUERIES_MAX: usize = 256;

/// What is known of one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// Nobody has answered yet.
    Pending,
    /// Nobody could say, and there is nothing from before.
    Failed,
    Records(&'a [Record]),
}

#[derive(Clone, Debug)]
struct Entry {
    records: Option<Vec<Record>>,
    asked: Option<(Ticket, Time)>,
    /// When it is asked next.
    next: Time,
    failures: u32,
    /// Somebody still hangs on it.
    used: bool,
}

/// Every question that a target hangs on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lookups(BTreeMap<Query, Entry>);

impl Lookups {
    pub(crate) fn find(&self, query: &Query) -> Found<'_> {
        match self.0.get(query) {
            Some(Entry { records: Some(records), .. }) => Found::Records(records),
            Some(Entry { failures: 1.., .. }) => Found::Failed,
            // What there is no room for is not known either.
            None if self.0.len() >= QUERIES_MAX => Found::Failed,
            Some(_) | None => Found::Pending,
        }
    }

    /// Nobody hangs on anything, until `want` says so.
    pub(crate) fn release(&mut self) {
        self.0.values_mut().for_each(|entry| entry.used = false);
    }

    pub(crate) fn want(&mut self, now: Time, query: Query) {
        if self.0.len() < QUERIES_MAX || self.0.contains_key(&query) {
            let fresh = Entry { records: None, asked: None, next: now, failures: 0, used: true };
            self.0.entry(query).or_insert(fresh).used = true;
        }
    }

    /// Forgets what nobody hangs on any more.
    pub(crate) fn sweep(&mut self) {
        self.0.retain(|_, entry| entry.used);
    }

    /// The next question that is due, marked as asked.
    pub(crate) fn due(&mut self, now: Time, ticket: Ticket) -> Option<Query> {
        let (query, entry) = self.0.iter_mut().find(|(_, entry)| entry.asked.is_none() && entry.next <= now)?;
        entry.asked = Some((ticket, now + PATIENCE));
        Some(query.clone())
    }

    /// Takes an answer in; whether it changes anything.
    pub(crate) fn answer(&mut self, now: Time, ticket: Ticket, answer: Answer) -> bool {
        let asked = |entry: &&mut Entry| entry.asked.is_some_and(|(asked, _)| asked == ticket);
        let Some(entry) = self.0.values_mut().find(asked) else { return false };
        entry.take(now, answer)
    }

    /// Counts what nobody answered as failed; whether anything was.
    pub(crate) fn expire(&mut self, now: Time) -> bool {
        let late = |entry: &&mut Entry| entry.asked.is_some_and(|(_, until)| until <= now);
        self.0.values_mut().filter(late).fold(false, |changed, entry| entry.take(now, Answer::Failed) | changed)
    }

    pub(crate) fn next_timeout(&self) -> Option<Time> {
        self.0.values().map(|entry| entry.asked.map_or(entry.next, |(_, until)| until)).min()
    }
}

impl Entry {
    fn take(&mut self, now: Time, answer: Answer) -> bool {
        self.asked = None;
        match answer {
            Answer::Records { mut records, ttl_s } => {
                records.truncate(RECORDS_MAX);
                self.next = now + Duration::from_secs(ttl_s.into()).clamp(FRESH_MIN, FRESH_LIMIT);
                self.failures = 0;
                let changed = self.records.as_ref() != Some(&records);
                self.records = Some(records);
                changed
            }
            Answer::Failed => {
                let factor = 1 << self.failures.min(16);
                self.next = now + RETRY_FIRST.saturating_mul(factor).min(RETRY_LIMIT);
                self.failures = self.failures.saturating_add(1);
                self.records.is_none() && self.failures == 1
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::from_millis(seconds * 1000)
    }

    fn query() -> Query {
        Query::A("proxy.example.org".to_owned())
    }

    fn records(last: u8, ttl_s: u32) -> Answer {
        Answer::Records { records: vec![Record::Address([192, 0, 2, last].into())], ttl_s }
    }

    fn asked() -> Lookups {
        let mut lookups = Lookups::default();
        lookups.want(at(0), query());
        assert_eq!(lookups.due(at(0), Ticket(1)), Some(query()));
        assert_eq!(lookups.due(at(0), Ticket(2)), None, "asked once");
        lookups
    }

    #[test]
    fn a_life_is_held_within_bounds() {
        for (ttl_s, next) in [(0, 5), (4, 5), (60, 60), (u32::MAX, 3600)] {
            let mut lookups = asked();
            assert!(lookups.answer(at(0), Ticket(1), records(1, ttl_s)));
            assert_eq!(lookups.next_timeout(), Some(at(next)), "TTL {ttl_s}");
        }
    }

    #[test]
    fn the_last_good_answer_outlives_a_dead_server() {
        let mut lookups = asked();
        lookups.answer(at(0), Ticket(1), records(1, 10));
        let mut waits = Vec::new();
        let mut now = at(10);
        for ticket in 2..10 {
            assert!(lookups.due(now, Ticket(ticket)).is_some());
            assert!(!lookups.answer(now, Ticket(ticket), Answer::Failed), "nothing changes");
            assert!(matches!(lookups.find(&query()), Found::Records([_])));
            let next = lookups.next_timeout().expect("asked again");
            waits.push(next.since(now).as_secs());
            now = next;
        }
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300]);
        assert!(lookups.due(now, Ticket(10)).is_some());
        assert!(lookups.answer(now, Ticket(10), records(2, 10)), "and a new one counts at once");
    }

    #[test]
    fn an_answer_counts_once_and_late_ones_never() {
        let mut lookups = asked();
        assert_eq!(lookups.find(&query()), Found::Pending);
        assert!(!lookups.answer(at(1), Ticket(9), records(9, 60)), "nobody asked");
        assert!(!lookups.expire(at(14)));
        assert!(lookups.expire(at(15)));
        assert_eq!(lookups.find(&query()), Found::Failed);
        assert!(!lookups.answer(at(16), Ticket(1), records(1, 60)));
        assert_eq!(lookups.find(&query()), Found::Failed);
    }

    #[test]
    fn a_thousand_records_and_a_thousand_names_are_cut() {
        let mut lookups = asked();
        let flood = (0..1000u32).map(|n| Record::Address(std::net::Ipv4Addr::from(0xc000_0200 + n).into())).collect();
        lookups.answer(at(0), Ticket(1), Answer::Records { records: flood, ttl_s: 60 });
        assert!(matches!(lookups.find(&query()), Found::Records(kept) if kept.len() == RECORDS_MAX));
        for n in 0..1000 {
            lookups.want(at(0), Query::A(format!("{n}.example.org")));
        }
        assert_eq!(lookups.0.len(), QUERIES_MAX);
        assert_eq!(lookups.find(&Query::A("999.example.org".to_owned())), Found::Failed, "not awaited for ever");
        lookups.release();
        lookups.want(at(0), query());
        lookups.sweep();
        assert_eq!(lookups.0.len(), 1);
    }
}
