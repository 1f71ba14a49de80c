//! What a replay saw happen, a line an event.

use std::collections::BTreeMap;

use base::{CallId, Job, Map, Now};

use super::entry::notice_line;
use super::gist::{Gist, dialog};
use super::{Given, words};
use crate::{Effects, Fact, Said};

/// Whose line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Call(CallId),
    /// Of the Call-ID.
    Dialog(u32),
}

/// One line of the story of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub now: Now,
    pub text: String,
}

/// Gathers the story of every call; most are known by their dialogs before they have an id.
#[derive(Clone, Debug, Default)]
pub(super) struct Story {
    lines: Vec<(About, Told)>,
    dialogs: BTreeMap<u32, CallId>,
    /// Media ends at work.
    ends: Map<base::EndId, CallId>,
    /// The dialog of the message that is being handled.
    current: Option<u32>,
    /// Effects of this turn that were told already.
    told: [usize; 4],
}

impl Story {
    pub(super) fn given(&mut self, now: Now, given: &Given) {
        self.current = None;
        match given {
            Given::Message { bytes, .. } | Given::Shed { bytes, .. } => {
                let gist = Gist::of(&bytes.0);
                self.current = gist.dialog;
                if let Some(dialog) = gist.dialog {
                    self.push(now, About::Dialog(dialog), format!("in   {gist}"));
                }
            }
            Given::Notice { notice, .. } => {
                if let Some(leg) = notice.leg() {
                    self.push(now, About::Call(leg.call), format!("note {}", notice_line(notice)));
                }
            }
            _ => {}
        }
    }

    pub(super) fn said(&mut self, now: Now, said: &Said<'_>) {
        if let Some((call, words)) = words::said(said) {
            self.push(now, About::Call(call), words);
        }
    }

    /// What came since the last time, in the turn that `effects` gathers.
    pub(super) fn came(&mut self, now: Now, effects: &Effects) {
        let [facts, records, jobs, messages] = self.told;
        for fact in &effects.facts[facts..] {
            self.fact(now, fact);
        }
        for (call, words) in effects.records[records..].iter().filter_map(words::record) {
            self.push(now, About::Call(call), format!("record: {words}"));
        }
        for (_, job) in &effects.jobs[jobs..] {
            self.job(now, job);
        }
        for gist in effects.messages[messages..].iter().map(|message| Gist::of(&message.bytes)) {
            if let Some(dialog) = gist.dialog {
                self.push(now, About::Dialog(dialog), format!("out  {gist}"));
            }
        }
        self.told = [effects.facts.len(), effects.records.len(), effects.jobs.len(), effects.messages.len()];
    }

    pub(super) fn turn_over(&mut self) {
        self.told = [0; 4];
    }

    fn fact(&mut self, now: Now, fact: &Fact) {
        match fact {
            Fact::Leg(sip::Fact::Image { leg, image }) => {
                self.dialogs.insert(dialog(image.call_id()), leg.call);
            }
            Fact::Call { call, fact } => {
                if let (call::Fact::Started { .. }, Some(dialog)) = (fact, self.current) {
                    self.dialogs.insert(dialog, *call);
                }
                if let call::Fact::Visited { node } = fact {
                    self.push(now, About::Call(*call), format!("menu: {node}"));
                }
            }
            _ => {}
        }
    }

    fn job(&mut self, now: Now, job: &Job) {
        let call = match job {
            Job::Open { end, leg, .. } => {
                self.ends.insert(*end, leg.call);
                Some(leg.call)
            }
            Job::Belong { end, leg } => {
                self.ends.insert(*end, leg.call);
                Some(leg.call)
            }
            Job::Change { end, .. } | Job::Hear { end, .. } | Job::Listen { end, .. } => self.ends.get(end).copied(),
            Job::Close { end } => self.ends.remove(end),
            Job::Lease { .. } => None,
        };
        if let Some(call) = call {
            self.push(now, About::Call(call), format!("media: {}", words::job(job)));
        }
    }

    fn push(&mut self, now: Now, about: About, text: String) {
        self.lines.push((about, Told { now, text }));
    }

    pub(super) fn of(&self, call: CallId) -> impl Iterator<Item = &Told> {
        let is_of = move |about: &About| match about {
            About::Call(id) => *id == call,
            About::Dialog(dialog) => self.dialogs.get(dialog) == Some(&call),
        };
        self.lines.iter().filter(move |(about, _)| is_of(about)).map(|(_, told)| told)
    }
}
