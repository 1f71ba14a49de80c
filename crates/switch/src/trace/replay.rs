//! The same inputs again, and whether the same comes of them.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use base::{CallId, EndReason, Now, RecordEntry};

use super::story::{Story, Told};
use super::{Entry, Given, Head, Marks, Turn, words};
use crate::{Effects, Exchange, Fact, Input, Plans, Reload, Verdict, Wire};

/// Where a replay left the trace, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The turn it was in; the start is turn 0.
    pub turn: u64,
    pub now: Now,
    /// What was recorded.
    pub then: String,
    /// What came out here.
    pub here: String,
}

/// What a replay went through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub turns: u64,
    pub inputs: u64,
    pub calls: u64,
    /// Records of calls by place in `EndReason::ALL`.
    pub ended: [u64; EndReason::ALL.len()],
    /// Panics that cost one call or one message.
    pub faults: u64,
    /// Messages that could not be read.
    pub malformed: u64,
}

/// How the trace ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// The process panicked at the last input.
    Panicked,
    /// The process stopped, the trace had its fill, or nobody knows.
    Open,
}

/// What waits until it is known what was judged during it.
enum Step {
    Given { settled: bool, given: Given },
    Delivered(Wire),
}

/// An exchange that is fed from a trace.
pub struct Replay {
    exchange: Exchange,
    /// What the configuration was changed to while the process ran, in this order.
    reloads: VecDeque<Reload>,
    effects: Effects,
    next: Option<(Now, Step)>,
    verdicts: Vec<Verdict>,
    summary: Summary,
    story: Option<Story>,
    /// Records of the last turn, in words.
    ended: Vec<String>,
    /// The words of the panic that ended the process.
    panic: Option<String>,
    now: Now,
}

impl Replay {
    /// Starts where the trace starts. `later`: what the configuration was changed to meanwhile, in order. `watch`: keep the story of every
    /// call.
    ///
    /// # Errors
    /// The owners panic over the ledger that they start from; these are the words of the panic.
    pub fn new(head: &Head, plans: &Plans, later: &[Plans], watch: bool) -> Result<Replay, String> {
        let started = catch_unwind(AssertUnwindSafe(|| head.exchange(plans)));
        let (exchange, effects) = started.map_err(|panic| words_of(&*panic))?;
        Ok(Replay {
            exchange,
            reloads: later.iter().map(|plans| Reload::new(head.adapted(plans))).collect(),
            effects,
            next: None,
            verdicts: Vec::new(),
            summary: Summary::default(),
            story: watch.then(Story::default),
            ended: Vec::new(),
            panic: None,
            now: head.start,
        })
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// Something else came out than then; the replay is of no use any more.
    pub fn feed(&mut self, entry: Entry) -> Result<(), Box<Difference>> {
        if let Entry::Judged(verdict) = entry {
            self.verdicts.push(verdict);
            return Ok(());
        }
        self.act()?;
        if let Some(words) = &self.panic {
            return Err(self.differs("the process went on".to_owned(), format!("the process panics: {words}")));
        }
        match entry {
            Entry::Given { now, settled, given } => self.next = Some((now, Step::Given { settled, given })),
            Entry::Delivered { now, wire } => self.next = Some((now, Step::Delivered(wire))),
            Entry::Turn { now, marks, said } => return self.end_turn(now, &marks, &said),
            Entry::Judged(_) => {}
        }
        Ok(())
    }

    /// The trace has no more.
    ///
    /// # Errors
    /// The last input ended otherwise than then.
    pub fn finish(&mut self, tail: Tail) -> Result<(), Box<Difference>> {
        self.act()?;
        match (&self.panic, tail) {
            (None, Tail::Panicked) => {
                Err(self.differs("the process panicked at this input".to_owned(), "it does not".to_owned()))
            }
            (Some(_), _) | (None, Tail::Open) => Ok(()),
        }
    }

    /// Handles the input that waits.
    fn act(&mut self) -> Result<(), Box<Difference>> {
        let Some((now, step)) = self.next.take() else { return Ok(()) };
        self.now = now;
        if let Step::Given { given: Given::Plan { fingerprint }, .. } = &step {
            self.check_plan(*fingerprint)?;
        }
        self.exchange.switch.give_verdicts(std::mem::take(&mut self.verdicts));
        let acted = catch_unwind(AssertUnwindSafe(|| self.carry_out(now, &step)));
        if let Err(panic) = acted {
            self.panic = Some(words_of(&*panic));
            return Ok(());
        }
        let (left, missed) = self.exchange.switch.give_verdicts(Vec::new());
        if left > 0 || missed > 0 {
            let here = format!("{missed} senders more and {left} less have to prove a password");
            return Err(self.differs("the recorded verdicts".to_owned(), here));
        }
        Ok(())
    }

    /// Whether the next configuration is the one that came to hold then.
    fn check_plan(&self, fingerprint: u64) -> Result<(), Box<Difference>> {
        let here = match self.reloads.front() {
            Some(reload) if reload.fingerprint == fingerprint => return Ok(()),
            Some(reload) => format!("the next one that is named is {:016x}", reload.fingerprint),
            None => "none is named for it: name the configurations in the order in which they held".to_owned(),
        };
        Err(self.differs(format!("the configuration {fingerprint:016x} came to hold"), here))
    }

    fn carry_out(&mut self, now: Now, step: &Step) {
        match step {
            Step::Given { given, settled } => {
                self.summary.inputs += 1;
                if let Some(story) = &mut self.story {
                    story.given(now, given);
                }
                // Checked before: a plan that comes to hold is the next one.
                let input = given.input().or_else(|| self.reloads.pop_front().map(|reload| Input::Plan(reload.into())));
                if let Some(input) = input {
                    self.exchange.feed(now, input, &mut self.effects);
                }
                // As `Exchange::handle` does.
                for _ in 0..Exchange::DELIVERIES_MAX {
                    let Some(wire) = self.exchange.next_wire().filter(|_| *settled) else { break };
                    self.deliver(now, wire);
                }
            }
            Step::Delivered(wire) => self.deliver(now, *wire),
        }
        if let Some(story) = &mut self.story {
            story.came(now, &self.effects);
        }
    }

    fn deliver(&mut self, now: Now, wire: Wire) {
        if let Some((story, said)) = self.story.as_mut().zip(self.exchange.said(wire, 0)) {
            story.came(now, &self.effects);
            story.said(now, &said);
        }
        self.exchange.deliver(now, wire, &mut self.effects);
    }

    fn end_turn(&mut self, now: Now, marks: &Marks, said: &str) -> Result<(), Box<Difference>> {
        self.now = now;
        let here = Turn::of(now, &self.effects);
        if let Some(words) = marks.difference(here.marks()) {
            let then = format!("{said}{marks}");
            let here = format!("{}{}: {words}", here.said(), here.marks());
            return Err(self.differs(then, here));
        }
        if let Some(story) = &mut self.story {
            story.came(now, &self.effects);
            story.turn_over();
        }
        self.count();
        self.effects.clear();
        Ok(())
    }

    fn count(&mut self) {
        self.summary.turns += 1;
        let is_start = |fact: &&Fact| matches!(fact, Fact::Call { fact: call::Fact::Started { .. }, .. });
        self.summary.calls += self.effects.facts.iter().filter(is_start).count() as u64;
        self.ended.clear();
        for entry in &self.effects.records {
            if matches!(entry, RecordEntry::End(_)) {
                self.ended.extend(words::record(entry).map(|(_, words)| words));
            }
            if let RecordEntry::End(record) = entry
                && let Some(place) = EndReason::ALL.iter().position(|reason| *reason == record.end_reason)
            {
                self.summary.ended[place] += 1;
            }
        }
        let counters = self.exchange.switch.counters();
        self.summary.faults = counters.faults + counters.reader_faults;
        self.summary.malformed = self.exchange.switch.malformed();
    }

    fn differs(&self, then: String, here: String) -> Box<Difference> {
        Box::new(Difference { turn: self.summary.turns, now: self.now, then, here })
    }

    pub const fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The records of calls that ended in the last turn, a line each, numbers masked.
    pub fn ended(&self) -> &[String] {
        &self.ended
    }

    /// What the panic said that ended the process, when one did.
    pub fn panic(&self) -> Option<&str> {
        self.panic.as_deref()
    }

    /// The story of one call; nothing where nobody watched.
    pub fn story(&self, call: CallId) -> impl Iterator<Item = &Told> {
        self.story.iter().flat_map(move |story| story.of(call))
    }
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without words".to_owned())
}
