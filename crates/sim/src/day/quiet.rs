//! Media workers of a day: what the engine asks of them is done on time, and no packet is sent.
//!
//! A day of twenty thousand calls is a hundred million packets of voice. What the engine decides by depends on few moments of them:
//! a prompt is over, a key sounds, a voice is heard for the first time, a phone has fallen silent. These come here as the real worker
//! tells them (`legs`), and who hears whom is checked by what the engine asked for.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use base::{
    CallId, Digit, EndId, Job, Key, Lease, LegId, Map, MediaStats, NetworkId, Notice, Slab, Source, Time, WorkerId,
};

use crate::addresses::media;

const FIRST_PORT: u16 = 10_000;
/// Port pairs: three ends for each of some 9,000 calls at once.
const PAIRS: u16 = 27_000;
/// A closed port is not bound again sooner.
const REST: Duration = Duration::from_secs(2);
/// The first packet of a phone, and of a key, is on its way for so long.
const ON_THE_WAY: Duration = Duration::from_millis(40);
/// As `legs::Limits::silence` and what it says about silence that lasts.
const SILENT_AFTER: Duration = Duration::from_secs(10);
const SILENT_AGAIN: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// The playlist of this number is over.
    Played(u32, base::PlayId),
    Heard,
    Digit(Digit),
    Silent(Time),
}

#[derive(Debug)]
struct End {
    port: u16,
    leg: Option<LegId>,
    remote: Option<SocketAddr>,
    /// Whose voice it hears.
    hears: Option<EndId>,
    /// Counts what it was told to hear: an older playlist's end is nobody's news.
    turn: u32,
}

/// Two ends hear each other from now on, in a call: where their phones are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bridged {
    pub(super) listener: SocketAddr,
    pub(super) speaker: SocketAddr,
}

#[derive(Debug, Default)]
pub(super) struct Quiet {
    ends: Slab<End>,
    by_remote: Map<SocketAddr, Key>,
    /// Free ports and since when, the one closed longest ago first.
    free: VecDeque<(u16, Time)>,
    moments: BTreeMap<(Time, u64), (Key, Moment)>,
    order: u64,
    /// How long each sound lasts, by `SoundId`.
    lengths: Vec<Duration>,
    /// What the engine is to be told; in order.
    pub(super) notices: VecDeque<Notice>,
    /// What began with the last job.
    pub(super) bridged: Option<Bridged>,
}

impl Quiet {
    /// A worker that leases its first ends at once.
    pub(super) fn new(lengths: Vec<Duration>, leases: u16) -> Quiet {
        let free = (0..PAIRS).map(|pair| (FIRST_PORT + 2 * pair, Time::ZERO)).collect();
        let mut quiet = Quiet { free, lengths, ..Quiet::default() };
        quiet.lease(Time::ZERO, leases);
        quiet
    }

    pub(super) fn next(&self) -> Option<Time> {
        self.moments.keys().next().map(|(at, _)| *at)
    }

    /// Ends that are bound, leased or at work.
    pub(super) fn ends(&self) -> usize {
        self.ends.len()
    }

    /// Does what the engine asks; an error is a rule broken.
    pub(super) fn job(&mut self, now: Time, job: &Job) -> Result<(), String> {
        match job {
            Job::Lease { count, .. } => self.lease(now, *count),
            Job::Open { end, leg, params, .. } => {
                let key = key(*end);
                let Some(own) = self.ends.get_mut(key) else {
                    return Err(format!("{leg:?} opens an end that is not bound"));
                };
                (own.leg, own.remote) = (Some(*leg), Some(params.remote));
                self.by_remote.insert(params.remote, key);
                self.arm(now + ON_THE_WAY, key, Moment::Heard);
            }
            Job::Change { end, params } => self.moves(key(*end), params.remote),
            Job::Belong { end, leg } => self.ends.get_mut(key(*end)).into_iter().for_each(|end| end.leg = Some(*leg)),
            // Nobody speaks to a menu here.
            Job::Listen { .. } => {}
            Job::Hear { end, source } => return self.hear(now, *end, source),
            Job::Close { end } => self.close(now, key(*end)),
        }
        Ok(())
    }

    /// Tells what is due.
    pub(super) fn handle_timeout(&mut self, now: Time) {
        while let Some(((at, order), (key, moment))) = self.moments.first_key_value().map(|(k, v)| (*k, *v)) {
            if at > now {
                return;
            }
            self.moments.remove(&(at, order));
            let Some((leg, turn)) = self.ends.get(key).and_then(|end| Some((end.leg?, end.turn))) else { continue };
            match moment {
                Moment::Played(of, play) if of == turn => self.notices.push_back(Notice::Played { leg, play }),
                Moment::Played(..) => {}
                Moment::Heard => self.notices.push_back(Notice::Heard { leg }),
                Moment::Digit(digit) => self.notices.push_back(Notice::Digit { leg, digit }),
                Moment::Silent(since) => {
                    let for_ms = u32::try_from(now.since(since).as_millis()).unwrap_or(u32::MAX);
                    self.notices.push_back(Notice::Silent { leg, for_ms });
                    self.arm(now + SILENT_AGAIN, key, Moment::Silent(since));
                }
            }
        }
    }

    /// The phone there presses a key.
    pub(super) fn press(&mut self, now: Time, remote: SocketAddr, digit: Digit) {
        if let Some(key) = self.by_remote.get(&remote).copied() {
            self.arm(now + ON_THE_WAY, key, Moment::Digit(digit));
        }
    }

    /// Nothing comes from there any more.
    pub(super) fn falls_silent(&mut self, now: Time, remote: SocketAddr) {
        if let Some(key) = self.by_remote.get(&remote).copied() {
            self.arm(now + SILENT_AFTER, key, Moment::Silent(now));
        }
    }

    /// Which call the phone there is in.
    pub(super) fn call_at(&self, remote: SocketAddr) -> Option<CallId> {
        Some(self.ends.get(*self.by_remote.get(&remote)?)?.leg?.call)
    }

    fn arm(&mut self, at: Time, key: Key, moment: Moment) {
        self.order += 1;
        self.moments.insert((at, self.order), (key, moment));
    }

    fn lease(&mut self, now: Time, count: u16) {
        let network = NetworkId(0);
        for _ in 0..count {
            let rested = |since: Time| since == Time::ZERO || now.since(since) >= REST;
            let Some((port, _)) = self.free.pop_front_if(|(_, since)| rested(*since)) else {
                return self.notices.push_back(Notice::NoLease { worker: WorkerId(0), network });
            };
            let key = self.ends.insert(End { port, leg: None, remote: None, hears: None, turn: 0 });
            let lease = Lease { end: end_id(key), network, address: media(port) };
            self.notices.push_back(Notice::Leased(lease));
        }
    }

    fn moves(&mut self, key: Key, remote: SocketAddr) {
        let Some(end) = self.ends.get_mut(key) else { return };
        if let Some(old) = end.remote.replace(remote) {
            self.by_remote.remove(&old);
        }
        self.by_remote.insert(remote, key);
    }

    fn hear(&mut self, now: Time, id: EndId, source: &Source) -> Result<(), String> {
        let speaker = match source {
            Source::End(other) => Some(*other),
            Source::Silence | Source::Play { .. } | Source::Clip { .. } => None,
        };
        let Some(end) = self.ends.get_mut(key(id)) else { return Ok(()) };
        end.turn += 1;
        end.hears = speaker;
        let (turn, listener, leg) = (end.turn, end.remote, end.leg);
        if let Source::Play { play, .. } | Source::Clip { play, .. } = source {
            self.arm(now + self.length(source), key(id), Moment::Played(turn, *play));
        }
        let Some(speaker) = speaker else { return Ok(()) };
        let Some(other) = self.ends.get(key(speaker)) else {
            return Err(format!("{leg:?} hears an end that is not there"));
        };
        if other.leg.map(|leg| leg.call) != leg.map(|leg| leg.call) {
            return Err(format!("{leg:?} hears {:?}, a stranger", other.leg));
        }
        let heard_by = |(place, end): (Key, &End)| end.hears == Some(speaker) && place != key(id);
        if self.ends.iter().any(heard_by) {
            return Err(format!("{:?} is heard by two", other.leg));
        }
        self.bridged = listener.zip(other.remote).map(|(listener, speaker)| Bridged { listener, speaker });
        Ok(())
    }

    fn length(&self, source: &Source) -> Duration {
        match source {
            Source::Play { sounds, .. } => sounds.iter().filter_map(|sound| self.lengths.get(sound.0 as usize)).sum(),
            Source::Clip { clip, .. } => clip.duration(),
            Source::Silence | Source::End(_) => Duration::ZERO,
        }
    }

    fn close(&mut self, now: Time, key: Key) {
        let Some(end) = self.ends.remove(key) else { return };
        self.free.push_back((end.port, now));
        if let Some(remote) = end.remote.filter(|remote| self.by_remote.get(remote) == Some(&key)) {
            self.by_remote.remove(&remote);
        }
        if let Some(leg) = end.leg {
            self.notices.push_back(Notice::Closed { leg, stats: MediaStats::default() });
        }
    }
}

fn key(end: EndId) -> Key {
    Key { slot: end.slot, generation: end.generation }
}

fn end_id(key: Key) -> EndId {
    EndId { worker: WorkerId(0), slot: key.slot, generation: key.generation }
}
