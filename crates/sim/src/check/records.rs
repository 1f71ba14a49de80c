//! One call, one record, one end reason.

use base::{CallId, EndReason, Map, Record, RecordEntry, WaitOutcome};

use crate::Scenario;

#[derive(Debug, Default)]
struct Seen {
    started: bool,
    ended: Option<Record>,
}

#[derive(Debug, Default)]
pub(crate) struct Records {
    seen: Map<CallId, Seen>,
    pub(crate) ended: [u64; EndReason::ALL.len()],
    /// In the order of their ends.
    pub(crate) records: Vec<Record>,
    /// Faults that the scenario brings about; there may be no others.
    drills: u64,
    /// Nobody sets the wall clock.
    steady: bool,
    /// Whether there are lines outside.
    lines: bool,
}

impl Records {
    pub(crate) fn new(scenario: &Scenario) -> Records {
        let drills = u64::from(scenario.drill.is_some());
        let (steady, lines) = (scenario.clock_steps.is_empty(), scenario.lines > 0);
        Records { drills, steady, lines, ..Records::default() }
    }

    /// Nobody sets the clock, nothing leads outside, and no fault is ours.
    pub(crate) fn calm() -> Records {
        Records { steady: true, ..Records::default() }
    }

    pub(crate) fn take(&mut self, entry: &RecordEntry) -> Result<(), String> {
        match entry {
            RecordEntry::Start(start) => {
                let seen = self.seen.entry(start.id).or_default();
                if seen.started || seen.ended.is_some() {
                    return Err(format!("{:?} has a second start record, or one after its end", start.id));
                }
                seen.started = true;
                Ok(())
            }
            RecordEntry::Confidential(_)
            | RecordEntry::Order { .. }
            | RecordEntry::Rated { .. }
            | RecordEntry::WrongKeys { .. }
            | RecordEntry::Agent(_) => Ok(()),
            RecordEntry::End(record) => {
                let seen = self.seen.entry(record.start.id).or_default();
                // After a restart what the records may lack is handed in again, word for word.
                match seen.ended.replace(Record::clone(record)) {
                    Some(before) if before == **record => return Ok(()),
                    Some(before) => return Err(format!("a second end record: {before:?}, {record:?}")),
                    None => {}
                }
                let reason = EndReason::ALL.iter().position(|r| *r == record.end_reason);
                self.ended[reason.unwrap_or_default()] += 1;
                self.records.push(Record::clone(record));
                if record.end_reason == EndReason::Fault {
                    self.drills = self.drills.checked_sub(1).ok_or_else(|| format!("a fault of ours: {record:?}"))?;
                }
                let started = seen.started;
                consistent(record, started, (self.steady, self.lines)).map_err(|why| format!("{why}: {record:?}"))
            }
        }
    }

    /// When no call is left.
    pub(crate) fn finish(&self) -> Result<(), String> {
        match self.seen.iter().find(|(_, seen)| seen.ended.is_none()) {
            Some((call, _)) => Err(format!("{call:?} is over and has no end record")),
            None => Ok(()),
        }
    }
}

/// Of a call that an agent made: no queue has a part in it, unless the colleague hands the agent on to a group.
fn consistent_own(record: &Record, started: bool) -> Result<(), &'static str> {
    // The start record may have died with the process that was about to hand it in.
    let started = started || record.end_reason == EndReason::Restart;
    use EndReason::{
        AgentHangup, CallerHangup, Cancelled, Joined, LineHangup, MaxTalk, MediaLost, NoAck, Refused, Unanswered,
    };
    if !record.waits.is_empty() {
        return Ok(());
    }
    let reasons =
        [AgentHangup, CallerHangup, Cancelled, Joined, LineHangup, MaxTalk, MediaLost, NoAck, Refused, Unanswered];
    let ours = [EndReason::Shutdown, EndReason::Forced, EndReason::Fault, EndReason::Restart];
    let talked = matches!(record.end_reason, AgentHangup | MaxTalk);
    // A code is answered by a sound, and that is all.
    let code = record.start.called.starts_with('*') && record.end_reason == EndReason::MenuEnd;
    let rules = [
        (started || record.answered.is_none(), "answered without a start record"),
        (record.skill_group.as_ref() == record.waits.last().map(|w| &w.group), "skill_group is not the last wait's"),
        (record.talk_ms == 0 || record.agent.is_some(), "a talk without an agent"),
        (record.agent.is_none() || record.answered.is_some(), "a colleague without an answer to the caller"),
        (!talked || record.agent.is_some(), "a talk ended without an agent"),
        (
            code || reasons.contains(&record.end_reason) || ours.contains(&record.end_reason),
            "no end of an agent's call",
        ),
    ];
    rules.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, why)| Err(why))
}

fn consistent(record: &Record, started: bool, (steady, lines): (bool, bool)) -> Result<(), &'static str> {
    if record.start.source.starts_with("agent ") {
        return consistent_own(record, started);
    }
    if record.start.source == "call back" {
        return consistent_return(record, started);
    }
    let waits = &record.waits;
    let answered_by = waits.iter().filter(|w| w.outcome == WaitOutcome::Answered).count();
    let life_ms = record.ended.0 - record.start.started.0;
    use EndReason::{AgentHangup, CallerHangup, LineHangup, MaxTalk};
    let talked = matches!(record.end_reason, CallerHangup | AgentHangup | LineHangup | MaxTalk);
    // A phone may be found gone, or the engine or somebody at a desk end the call, at any moment.
    let gone = matches!(record.end_reason, EndReason::MediaLost | EndReason::NoAck);
    let ours = [EndReason::Shutdown, EndReason::Forced, EndReason::Fault, EndReason::Restart];
    let any = gone || ours.contains(&record.end_reason);
    // An agent was lost, and the citizen waited again.
    let lost = !ends(record, WaitOutcome::Answered);
    // The start record may have died with the process that was about to hand it in.
    let started = started || record.end_reason == EndReason::Restart;
    let rules = [
        (record.answered.is_some() == started, "answered without a start record, or the other way round"),
        (record.queued_ms == waits.iter().map(|w| w.waited_ms).sum::<u64>(), "queued_ms is not the sum of the waits"),
        (record.skill_group.as_ref() == waits.last().map(|w| &w.group), "skill_group is not the last wait's"),
        (
            !steady || (record.queued_ms + record.talk_ms) as i64 <= life_ms + 1 + waits.len() as i64,
            "longer than the call",
        ),
        (answered_by > 0 || record.agent.is_none(), "an agent without an answered wait"),
        // Who is on duty at a line is no agent.
        (record.agent.is_some() || answered_by == 0 || lines, "an answered wait without an agent"),
        (record.talk_ms == 0 || record.agent.is_some() || lines, "a talk without an agent"),
        (record.end_reason != LineHangup || lines, "a line where there is none"),
        (!talked || ends(record, WaitOutcome::Answered), "a talk ended without an agent"),
        (talked || any || lost || record.agent.is_none(), "the end reason does not fit the agent"),
        ((record.end_reason == EndReason::Abandoned) == ends(record, WaitOutcome::Abandoned), "abandoned or not"),
        (!matches!(record.end_reason, EndReason::Joined | EndReason::Unanswered), "no end of a citizen's call"),
        (record.end_reason != EndReason::CallBack || ends(record, WaitOutcome::CallBack), "called back or not"),
        // The engine may stop while the citizen hears which number will be called.
        (any || record.end_reason == EndReason::CallBack || !ends(record, WaitOutcome::CallBack), "not called back"),
        (record.end_reason != EndReason::QueueRefused || ends(record, WaitOutcome::Refused), "refused by no queue"),
    ];
    rules.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, why)| Err(why))
}

/// Of a call back to a citizen.
fn consistent_return(record: &Record, started: bool) -> Result<(), &'static str> {
    // The start record may have died with the process that was about to hand it in.
    let started = started || record.end_reason == EndReason::Restart;
    use EndReason::{
        AgentHangup, CallBackGivenUp, CallerHangup, Cancelled, LineHangup, MaxTalk, QueueRefused, Unanswered,
    };
    let unreached = matches!(record.end_reason, Unanswered | CallBackGivenUp | Cancelled);
    let talked = matches!(record.end_reason, CallerHangup | AgentHangup | LineHangup | MaxTalk);
    let rules = [
        (started || record.answered.is_none(), "answered without a start record"),
        // A fault in its first step may come before the wait is told.
        (!record.waits.is_empty() || record.end_reason == EndReason::Fault, "a call back without a wait"),
        (record.skill_group.as_ref() == record.waits.last().map(|w| &w.group), "skill_group is not the last wait's"),
        (record.talk_ms == 0 || record.answered.is_some(), "a talk without an answer"),
        (!talked || record.agent.is_some(), "a talk without an agent"),
        (!unreached || record.talk_ms == 0, "unreached after a talk"),
        (record.end_reason != QueueRefused || !talked, "refused after a talk"),
    ];
    rules.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, why)| Err(why))
}

fn ends(record: &Record, outcome: WaitOutcome) -> bool {
    record.waits.last().is_some_and(|w| w.outcome == outcome)
}
