//! What the server shows of itself: an immutable picture, published at most every 100 ms. No number of a caller is in it.

use std::time::{Duration, Instant};

use base::EndReason;
pub use carrier::{RegistrationState, RegistrationView, TargetState, TargetView, TrunkView};

pub use crate::alarms::shown;

/// Everything that health, readiness and metrics are made from.
#[derive(Clone, Debug)]
pub struct View {
    /// When the control loop took this picture: its heartbeat.
    pub published: Instant,
    pub readiness: Readiness,
    pub calls: Calls,
    pub sip: Sip,
    /// By `GroupId`.
    pub groups: Vec<Group>,
    pub agents: Agents,
    /// In the order of the configuration.
    pub trunks: Vec<Trunk>,
    pub offers: Offers,
    pub handings: Handings,
    /// Citizens who were called back and answered.
    pub called_back: u64,
    pub speech: Speech,
    pub store: store::Health,
    pub journal: journal::Health,
    /// By `WorkerId`.
    pub media: Vec<MediaWorker>,
    /// From the INVITE to our 200.
    pub answer: Histogram,
    /// In the queue, of calls that an agent answered.
    pub wait: Histogram,
    /// One turn of the control loop, the sleep not counted.
    pub turn: Histogram,
}

impl Default for View {
    fn default() -> View {
        View {
            published: Instant::now(),
            readiness: Readiness::default(),
            calls: Calls::default(),
            sip: Sip::default(),
            groups: Vec::new(),
            agents: Agents::default(),
            trunks: Vec::new(),
            offers: Offers::default(),
            handings: Handings::default(),
            called_back: 0,
            speech: Speech::default(),
            store: store::Health { ok: true, ..store::Health::default() },
            journal: journal::Health { ok: true, ..journal::Health::default() },
            media: Vec::new(),
            answer: Histogram::default(),
            wait: Histogram::default(),
            turn: Histogram::default(),
        }
    }
}

/// Texts of menus and utterances of callers since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Speech {
    /// By the service.
    pub spoken: u64,
    /// Asked for again within the hour, and not asked of the service.
    pub again: u64,
    /// Not in time, or not at all.
    pub failed: u64,
    /// Utterances that the service answered with a text, which may be empty.
    pub understood: u64,
    /// Utterances without an answer in time.
    pub missed: u64,
}

/// Whether new calls are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Readiness {
    #[default]
    Starting,
    Ready,
    /// Calls end, no new one begins.
    Draining,
}

/// Where a citizen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Menu,
    Waiting,
    /// An agent calls somebody who has not answered.
    Calling,
    Talking,
    Ending,
}

impl Phase {
    pub const ALL: [Phase; 5] = [Phase::Menu, Phase::Waiting, Phase::Calling, Phase::Talking, Phase::Ending];

    pub const fn name(self) -> &'static str {
        match self {
            Phase::Menu => "menu",
            Phase::Waiting => "waiting",
            Phase::Calling => "calling",
            Phase::Talking => "talking",
            Phase::Ending => "ending",
        }
    }
}

/// Calls since the start and now.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Calls {
    /// First INVITEs that became a call.
    pub started: u64,
    /// By place in `EndReason::ALL`.
    pub ended: [u64; EndReason::ALL.len()],
    /// First INVITEs that became none, by the status of our answer.
    pub refused: Vec<(u16, u64)>,
    /// Calls to lines that no trunk was asked to take, by the status that says why.
    pub unplaced: Vec<(u16, u64)>,
    /// Now, by place in `Phase::ALL`.
    pub now: [u64; Phase::ALL.len()],
    /// How many there may be at once.
    pub limit: u64,
}

impl Calls {
    pub fn count_end(&mut self, reason: EndReason) {
        if let Some(place) = EndReason::ALL.iter().position(|one| *one == reason) {
            self.ended[place] += 1;
        }
    }

    pub fn count_refused(&mut self, status: u16) {
        // At most one entry a status code that we answer with: a few dozen.
        match self.refused.iter_mut().find(|(one, _)| *one == status) {
            Some((_, count)) => *count += 1,
            None => self.refused.push((status, 1)),
        }
    }
}

/// SIP messages since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Sip {
    pub received: u64,
    pub sent: u64,
    /// Received and not a message that we could read.
    pub malformed: u64,
    /// Messages that a fault of our reader cost.
    pub unread: u64,
    /// New calls that were refused at the least cost, because too many waited for their turn.
    pub shed: u64,
    /// Messages that the system did not take.
    pub send_failed: u64,
    /// Connections now.
    pub connections: u64,
    /// Connections that peers opened.
    pub connections_accepted: u64,
    /// Connections that we opened.
    pub connections_opened: u64,
    /// Connections that there was no room for.
    pub connections_refused: u64,
}

/// One skill group.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Group {
    pub name: String,
    /// Takes nobody new.
    pub closed: bool,
    /// Whether it is in surge, and who says so.
    pub surging: acd::ledger::Surging,
    /// Callers waiting now.
    pub waiting: u64,
    /// The longest wait among them.
    pub longest_wait: Duration,
    /// How long a caller will wait who comes now; none while nobody is at work who serves it, or it is closed.
    pub expected_wait: Option<acd::Range>,
    /// Places kept for callers whose call was cut short.
    pub places_kept: u64,
    /// Citizens who are called back when their turn has come.
    pub call_backs: u64,
    pub agents: GroupAgents,
}

/// Agents of one skill group now, as its queue sees them; who is away is in none of these but the first. An agent counts in each group it serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct GroupAgents {
    /// Whatever they do, also paused or away from their phones.
    pub signed_on: u64,
    pub ready: u64,
    pub offered: u64,
    pub talking: u64,
    pub wrap_up: u64,
    /// Rests after an offer that came to nothing.
    pub back_off: u64,
}

/// Agents now; each in one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Agents {
    pub free: u64,
    /// Held for a call, ringing included.
    pub reserved: u64,
    pub talking: u64,
    /// The call is over, its dialog or the wrap-up is not.
    pub releasing: u64,
    /// Signed on, paused.
    pub paused: u64,
    pub signed_off: u64,
}

/// A carrier's trunk.
#[derive(Clone, Debug, Default)]
pub struct Trunk {
    pub name: String,
    /// Calls now, both ways.
    pub calls: u64,
    /// How many there may be at once, where the trunk has a limit of its own.
    pub limit: Option<u64>,
    /// First INVITEs of the trunk.
    pub came: Attempts,
    /// Ours through it.
    pub went: Attempts,
    /// From an INVITE of ours to the first word that says more than 100 (RFC 6076 §4.3): half, 95 and 99 in a hundred took no longer.
    pub delays: Option<[Duration; 3]>,
    /// How calls go out through it; none where none do.
    pub outward: Option<TrunkView>,
}

/// Calls of a trunk in one direction since the start.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Attempts {
    pub count: u64,
    /// Them by the final answer.
    pub answers: Vec<(u16, u64)>,
}

impl Attempts {
    /// Those with one of these final answers.
    fn with(&self, statuses: &[u16]) -> u64 {
        self.answers.iter().filter(|(status, _)| statuses.contains(status)).map(|(_, count)| count).sum()
    }

    /// Answer-seizure ratio (ITU-T E.411); none before the first seizure, as all the others.
    pub fn asr(&self) -> Option<f64> {
        share(self.with(&[200]), self.count)
    }

    /// Network effectiveness ratio (ITU-T E.411): who is busy, does not answer or rejects was reached.
    pub fn ner(&self) -> Option<f64> {
        share(self.with(&[200, 480, 486, 487, 600, 603]), self.count)
    }

    /// Session establishment ratio (RFC 6076 §4.6).
    pub fn ser(&self) -> Option<f64> {
        share(self.with(&[200]), self.counted())
    }

    /// Session establishment effectiveness ratio (RFC 6076 §4.7).
    pub fn seer(&self) -> Option<f64> {
        share(self.with(&[200, 480, 486, 600, 603]), self.counted())
    }

    /// Ineffective session attempts (RFC 6076 §4.8).
    pub fn isa(&self) -> Option<f64> {
        share(self.with(&[408, 500, 503, 504]), self.count)
    }

    /// Attempts without those that were sent elsewhere or asked for a password.
    fn counted(&self) -> u64 {
        let elsewhere = |status: u16| (300..400).contains(&status) || [401, 402, 407].contains(&status);
        let others = self.answers.iter().filter(|(status, _)| elsewhere(*status)).map(|(_, count)| count).sum();
        self.count.saturating_sub(others)
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Citizens whom agents handed on since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Handings {
    pub done: u64,
    /// Nobody took the citizen, and the talk went on.
    pub failed: u64,
}

/// Offers of a call to an agent since the start, by what became of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Offers {
    pub accepted: u64,
    pub declined: u64,
    pub timed_out: u64,
    /// The citizen hung up, or the roster refused the slot.
    pub withdrawn: u64,
}

/// One media worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct MediaWorker {
    pub counts: media::Counts,
    /// Ends leased to the switch and in no call.
    pub leases_free: u64,
}

/// How many durations fell below each bound.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Histogram {
    /// By place in `BOUNDS`, each one's own; the last beyond them.
    counts: [u64; Histogram::BOUNDS.len() + 1],
    sum: Duration,
}

impl Histogram {
    /// From the turn of a loop to the longest wait that a queue keeps.
    pub const BOUNDS: [Duration; 16] = [
        Duration::from_micros(100),
        Duration::from_micros(500),
        Duration::from_millis(1),
        Duration::from_millis(5),
        Duration::from_millis(20),
        Duration::from_millis(100),
        Duration::from_millis(500),
        Duration::from_secs(1),
        Duration::from_secs(5),
        Duration::from_secs(10),
        Duration::from_secs(15),
        Duration::from_secs(20),
        Duration::from_secs(30),
        Duration::from_secs(60),
        Duration::from_secs(180),
        Duration::from_secs(600),
    ];

    pub fn observe(&mut self, value: Duration) {
        let place = Histogram::BOUNDS.partition_point(|bound| *bound < value);
        self.counts[place] += 1;
        self.sum += value;
    }

    /// Each bound and how many values were at or below it.
    pub fn cumulative(&self) -> impl Iterator<Item = (Duration, u64)> + '_ {
        Histogram::BOUNDS.iter().zip(&self.counts).scan(0, |sum, (bound, count)| {
            *sum += count;
            Some((*bound, *sum))
        })
    }

    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    pub fn sum(&self) -> Duration {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_at_and_below_its_bounds() {
        let mut histogram = Histogram::default();
        for millis in [0, 1, 2, 700, 3_600_000] {
            histogram.observe(Duration::from_millis(millis));
        }
        let at = |bound| histogram.cumulative().find(|(one, _)| *one == bound).map(|(_, count)| count);
        assert_eq!(at(Duration::from_micros(100)), Some(1));
        assert_eq!(at(Duration::from_millis(1)), Some(2));
        assert_eq!(at(Duration::from_secs(600)), Some(4));
        assert_eq!((histogram.count(), histogram.sum()), (5, Duration::from_millis(3_600_703)));
    }

    #[test]
    fn every_end_reason_and_status_has_its_count() {
        let mut calls = Calls::default();
        for reason in EndReason::ALL {
            calls.count_end(reason);
        }
        assert_eq!(calls.ended, [1; EndReason::ALL.len()]);
        calls.count_refused(503);
        calls.count_refused(488);
        calls.count_refused(503);
        assert_eq!(calls.refused, [(503, 2), (488, 1)]);
    }

    #[test]
    fn trunks_are_measured_as_carriers_measure_them() {
        let answers = vec![(200, 80), (486, 6), (480, 4), (503, 3), (404, 2), (401, 5)];
        let trunk = Attempts { count: 100, answers };
        let of_100 = |share: Option<f64>| share.map(|share| (share * 100.0).round());
        assert_eq!(
            (of_100(trunk.asr()), of_100(trunk.ner()), of_100(trunk.isa())),
            (Some(80.0), Some(90.0), Some(3.0))
        );
        // 95 attempts count: five were asked for a password.
        assert_eq!((of_100(trunk.ser()), of_100(trunk.seer())), (Some(84.0), Some(95.0)));
        assert_eq!(Attempts::default().asr(), None, "unknown is not zero");
    }
}
