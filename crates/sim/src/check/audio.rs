//! Who hears whom.

use std::time::Duration;

use base::Time;
use phone::{Phone, Window};

use crate::Scenario;
use crate::people::{Seat, tones_of};
use crate::plan::GREETING_MAX;

/// From the end of a talk at one phone until nothing of it is on its way to the other.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// A window of hearing, and what the slowest network adds to it.
const SEAM: Duration = Duration::from_millis(350);
/// From the word that two calls are joined until nothing older is on its way to the ears of either: two windows, and the slowest network
/// and rim.
const HANDED_OVER: Duration = Duration::from_millis(500);
/// A talk of this length has a second in which both certainly speak and are heard.
const TALK_MIN: Duration = Duration::from_millis(1500);

/// A 200 and the CANCEL or BYE that it meets, over the slowest wires and network without loss.
pub(crate) const CROSSING: Duration = Duration::from_millis(1200);
/// From the music to the first word that arrives, and from the last word to the end of the leg: the clock runs on meanwhile. Whoever
/// holds, falls silent or misbehaves makes as many more.
const PAUSES_MAX: u32 = 2;

/// The same of who waits for a group: holds and calls somebody else meanwhile, a few times at most.
const PAUSES_OF_MUSIC: u32 = 8;

/// One talk, as the agent's phone sees it.
#[derive(Clone, Debug)]
struct Talk {
    agent: usize,
    citizen: usize,
    from: Time,
    until: Option<Time>,
    /// How often somebody held, vanished or misbehaved.
    disturbances: u32,
    /// Somebody asked that the two be joined, and has not heard whether they are.
    perhaps: bool,
}

impl Talk {
    /// Whether what is heard in it is uncertain.
    fn is_disturbed(&self) -> bool {
        self.disturbances > 0
    }
}

#[derive(Debug)]
pub(crate) struct Audio {
    media: bool,
    prompt: bool,
    greeting: Duration,
    talks: Vec<Talk>,
    /// Between a kill and the next start.
    pub(crate) down: bool,
    /// What was heard by phones that are gone, by seat.
    heard: Vec<Vec<Window>>,
    pub(crate) proved: u64,
}

impl Audio {
    pub(crate) fn new(scenario: &Scenario, seats: usize) -> Audio {
        Audio {
            media: scenario.media,
            prompt: scenario.is_prompt(),
            greeting: if scenario.greeting { GREETING_MAX } else { Duration::ZERO },
            talks: Vec::new(),
            down: false,
            heard: vec![Vec::new(); seats],
            proved: 0,
        }
    }

    pub(crate) fn talks(&self) -> u64 {
        self.talks.len() as u64
    }

    /// An agent's phone answered; an error when another agent talks with the citizen for a while already.
    pub(crate) fn began(&mut self, now: Time, agent: usize, citizen: usize, disturbed: bool) -> Result<(), String> {
        let other = self.served_before(now, citizen).filter(|t| t.agent != agent && !t.is_disturbed() && !disturbed);
        if let Some(other) = other.filter(|_| self.prompt) {
            return Err(format!("the phone {agent} answered a citizen whom another agent serves: {other:?}"));
        }
        // Who answers while nobody is there to hear it talks with nobody.
        let disturbances = u32::from(disturbed || self.down);
        self.talks.push(Talk { agent, citizen, from: now, until: None, disturbances, perhaps: false });
        Ok(())
    }

    /// Whom this seat talks with.
    pub(crate) fn others(&self, seat: usize) -> Vec<usize> {
        let other = |t: &Talk| match (t.agent == seat, t.citizen == seat) {
            (true, _) => Some(t.citizen),
            (_, true) => Some(t.agent),
            _ => None,
        };
        let mut others: Vec<_> = self.talks.iter().filter(|t| t.until.is_none()).filter_map(other).collect();
        others.sort_unstable();
        others.dedup();
        others
    }

    /// The seat asked that its two calls be joined: whoever talks with it may hear the other from now on.
    pub(crate) fn may_join(&mut self, now: Time, seat: usize) {
        self.disturb(seat);
        let mut others = self.others(seat);
        while let Some(agent) = others.pop() {
            self.may_hear(now, agent, others.clone());
        }
    }

    /// The seat and these may hear each other from now on.
    pub(crate) fn may_hear(&mut self, now: Time, agent: usize, others: Vec<usize>) {
        let talk = |citizen| Talk { agent, citizen, from: now, until: None, disturbances: 1, perhaps: true };
        self.talks.extend(others.into_iter().map(talk));
    }

    /// The two whom this seat has had joined, if there are two; nobody talks with it any more.
    pub(crate) fn parted(&mut self, now: Time, seat: usize) -> Option<[usize; 2]> {
        let others = self.others(seat);
        for talk in self.talks.iter_mut().filter(|t| t.until.is_none() && (t.agent == seat || t.citizen == seat)) {
            talk.until = Some(now);
        }
        others.try_into().ok()
    }

    /// They talk, as soon as nothing of what they heard before is on its way to them.
    pub(crate) fn joined(&mut self, now: Time, [citizen, agent]: [usize; 2], disturbed: bool) {
        let disturbances = u32::from(disturbed || self.down);
        let from = now + HANDED_OVER;
        self.talks.push(Talk { agent, citizen, from, until: None, disturbances, perhaps: false });
    }

    /// Those whom this seat asked to have joined are not.
    pub(crate) fn not_joined(&mut self, now: Time, seat: usize) {
        let others = self.others(seat);
        let among = |t: &&mut Talk| t.perhaps && others.contains(&t.agent) && others.contains(&t.citizen);
        for talk in self.talks.iter_mut().filter(|t| t.until.is_none()).filter(among) {
            talk.until = Some(now);
        }
    }

    /// A talk of this citizen that has lasted longer than answers and their refusals cross.
    fn served_before(&self, now: Time, citizen: usize) -> Option<&Talk> {
        self.talks.iter().find(|t| t.citizen == citizen && t.until.is_none() && now.since(t.from) > CROSSING)
    }

    /// Whether this agent's phone is in a talk.
    pub(crate) fn talks_at(&self, agent: usize) -> bool {
        self.talks.iter().any(|t| t.agent == agent && t.until.is_none())
    }

    /// A phone that rang for this citizen rings no longer.
    pub(crate) fn rang(&self, now: Time, citizen: usize) -> Result<(), String> {
        match self.served_before(now, citizen).filter(|t| self.prompt && !t.is_disturbed()) {
            Some(talk) => Err(format!("a phone rang on while the citizen talked with another: {talk:?}")),
            None => Ok(()),
        }
    }

    /// The seat's phone has no call any more.
    pub(crate) fn left(&mut self, now: Time, seat: usize) {
        for talk in self.talks.iter_mut().filter(|t| t.agent == seat && t.until.is_none()) {
            talk.until = Some(now);
        }
    }

    /// The engine is gone, or there again, and every talk is over; phones learn of it later.
    pub(crate) fn cut(&mut self, now: Time, down: bool) {
        self.down = down;
        for talk in self.talks.iter_mut().filter(|t| t.until.is_none()) {
            talk.until = Some(now);
            talk.disturbances += 1;
        }
    }

    /// Nothing is certain about the talks of this seat now.
    pub(crate) fn disturb(&mut self, seat: usize) {
        let own = |t: &&mut Talk| t.agent == seat || t.citizen == seat;
        for talk in self.talks.iter_mut().filter(own).filter(|t| t.until.is_none()) {
            talk.disturbances += 1;
        }
    }

    /// Keeps what a phone heard before it is replaced.
    pub(crate) fn keep(&mut self, seat: usize, phone: &Phone) {
        self.heard[seat].extend(phone.ear().windows().copied());
    }

    /// The stream that a phone got in its call has no seam.
    pub(crate) fn reception(&self, place: usize, seat: &Seat) -> Result<(), String> {
        let got = seat.phone.reception();
        if !self.media || got.packets == 0 {
            return Ok(());
        }
        let of_call = |t: &&Talk| (t.agent == place || t.citizen == place) && t.from >= seat.answered_at;
        let talks: Vec<&Talk> = self.talks.iter().filter(of_call).collect();
        let whole = self.prompt && got.late == 0;
        let waited = if seat.asked { PAUSES_OF_MUSIC } else { 0 };
        let seams_max: u32 = talks.iter().map(|t| PAUSES_MAX * (1 + t.disturbances)).sum::<u32>() + waited;
        let torn = whole && got.timestamp_jumps > seams_max;
        if got.source_changes > 0 || torn {
            Err(format!("{} heard a stream with a seam: {got:?}", seat.name))
        } else {
            Ok(())
        }
    }

    /// When all is over: each heard whom they talked with, and nobody else.
    pub(crate) fn finish(&mut self, seats: &[Seat]) -> Result<(), String> {
        for (place, seat) in seats.iter().enumerate().filter(|(_, s)| !s.gone) {
            self.keep(place, &seat.phone);
        }
        for (place, seat) in seats.iter().enumerate() {
            self.no_stranger(place, seat)?;
        }
        if self.media && self.prompt {
            self.both_ways(seats)?;
        }
        Ok(())
    }

    fn no_stranger(&self, place: usize, seat: &Seat) -> Result<(), String> {
        let mut before = Time::ZERO;
        for window in &self.heard[place] {
            // Begun before a pause in which nothing came, as of a hold, and filled after it.
            let begun = std::mem::replace(&mut before, window.at);
            let torn = window.at.since(begun) > SEAM;
            if window.tones == 0 {
                continue;
            }
            // What it holds of before the pause is of a talk of then, however long the pause was: a phone vanished in it.
            let spoken = if torn { begun } else { window.at };
            // A window that a crash cut short is filled by what comes much later.
            let late = |t: &Talk, until: Time| t.is_disturbed() && !t.perhaps || spoken <= until + LAST_WORDS;
            let during = |t: &&Talk| t.from <= window.at && t.until.is_none_or(|until| late(t, until));
            let may = |t: &Talk| match (t.agent == place, t.citizen == place) {
                (true, _) => tones_of(t.citizen),
                (_, true) => tones_of(t.agent),
                _ => 0,
            };
            // Handed on, a citizen may hear the end of one voice and the beginning of the next in one window.
            let turns =
                |t: &Talk| torn || window.at <= t.from + SEAM || t.until.is_some_and(|until| window.at <= until + SEAM);
            let both = self.talks.iter().filter(during).filter(|t| turns(t)).fold(0, |all, t| all | may(t));
            let one = self.talks.iter().filter(during).any(|t| window.tones & !may(t) == 0);
            if !one && window.tones & !both != 0 {
                return Err(format!("{} heard a stranger: {window:?}, {:?}", seat.name, self.talks));
            }
        }
        Ok(())
    }

    fn both_ways(&mut self, seats: &[Seat]) -> Result<(), String> {
        for talk in self.talks.iter().filter(|t| !t.is_disturbed()) {
            let Some(until) = talk.until.filter(|u| u.since(talk.from) >= TALK_MIN + self.greeting) else { continue };
            for (ear, mouth) in [(talk.agent, talk.citizen), (talk.citizen, talk.agent)] {
                // Whoever was handed on may hear the end of the voice before.
                let within = |w: &&Window| talk.from + SEAM <= w.at && w.at <= until;
                // A window begun before a pause, as of a hold, may hold the voice of before.
                let mut before = Time::ZERO;
                let whole = |w: &&Window| w.at.since(std::mem::replace(&mut before, w.at)) <= SEAM;
                let tones = self.heard[ear].iter().filter(whole).filter(within).fold(0, |all, w| all | w.tones);
                if tones != tones_of(mouth) {
                    let (ear, mouth) = (&seats[ear].name, &seats[mouth].name);
                    return Err(format!("{ear} did not hear {mouth} in {talk:?}"));
                }
            }
            self.proved += 1;
        }
        Ok(())
    }
}
