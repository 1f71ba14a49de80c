//! What owners say to each other and to the world, in words without numbers of citizens.

use base::{CallId, Job, Masked, Record, RecordEntry, Time};

use super::gist::Gist;
use crate::Said;

/// Messages and records of a turn that are told one by one; the rest are counted.
pub(super) const TOLD_MAX: usize = 8;

/// What leaves with a turn, in one line.
pub(super) fn left(records: &[RecordEntry], messages: &[Vec<u8>]) -> String {
    let records = records.iter().filter_map(record).map(|(_, words)| words);
    let messages = messages.iter().map(|bytes| Gist::of(bytes).to_string());
    let mut said = String::new();
    for words in records.chain(messages).take(TOLD_MAX) {
        said.push_str(&words);
        said.push_str("; ");
    }
    said
}

/// A record of a call.
pub(super) fn record(entry: &RecordEntry) -> Option<(CallId, String)> {
    match entry {
        RecordEntry::Start(start) => {
            let words = format!("call {} began, {} → {}", start.id, Masked(&start.caller), Masked(&start.called));
            Some((start.id, words))
        }
        RecordEntry::Confidential(start) => Some((start.id, format!("call {} is confidential", start.id))),
        RecordEntry::Order { start, .. } => Some((start.id, format!("call {} has an order", start.id))),
        // Not the verdict: it is the citizen's.
        RecordEntry::Rated { start, .. } => Some((start.id, format!("call {} is asked for a verdict", start.id))),
        RecordEntry::WrongKeys { start, .. } => Some((start.id, format!("call {} heard of a wrong key", start.id))),
        RecordEntry::End(record) => Some((record.start.id, format!("call {} ended, {}", record.start.id, end(record)))),
        RecordEntry::Agent(_) => None,
    }
}

fn end(record: &Record) -> String {
    let Record { start, skill_group, queued_ms, agent, talk_ms, end_reason, .. } = record;
    let (caller, called) = (Masked(&start.caller), Masked(&start.called));
    let (group, agent) = (skill_group.as_deref().unwrap_or("-"), agent.as_deref().unwrap_or("-"));
    format!(
        "{caller} → {called}, {}, group {group}, agent {agent}, waited {queued_ms} ms, talked {talk_ms} ms",
        end_reason.name()
    )
}

/// What is on a wire, and the call that it is about.
pub(super) fn said(said: &Said<'_>) -> Option<(CallId, String)> {
    match said {
        Said::ToQueue(command) => to_queue(command).map(|(call, words)| (call, format!("to the queue: {words}"))),
        Said::ToRoster(command) => to_roster(command).map(|(call, words)| (call, format!("to the roster: {words}"))),
        Said::ByQueue(action) => by_queue(action).map(|(call, words)| (call, format!("by the queue: {words}"))),
        Said::ByRoster(roster::Action::Offer { call, agent, until, contacts, .. }) => {
            let words = format!("by the roster: ring agent {} at {} phones until {until:?}", agent.0, contacts.len());
            Some((*call, words))
        }
        Said::ByRoster(_) | Said::Answer(..) => None,
    }
}

fn to_queue(command: &acd::Command) -> Option<(CallId, String)> {
    use acd::Command;
    Some(match command {
        Command::Enqueue { call, group, priority, since, .. } => {
            (*call, format!("waits in group {} with priority {priority} since {since:?}", group.0))
        }
        Command::Called { call, .. } => (*call, "has begun".to_owned()),
        Command::Claim { call, agent } => (*call, format!("agent {} is to take it over", agent.0)),
        Command::TakesOver { call, agent } => (*call, format!("agent {} has it now", agent.0)),
        Command::Return { call, group, priority, since, .. } => {
            (*call, format!("waits again in group {} with priority {priority} since {since:?}", group.0))
        }
        Command::Abandon { call } => (*call, "is gone".to_owned()),
        Command::HungUp { call } => (*call, "hung up".to_owned()),
        Command::Keep { call } => (*call, "is cut short, keep the place".to_owned()),
        Command::Locate { call } => (*call, "which place".to_owned()),
        Command::Accepted { call, agent, .. } => (*call, format!("agent {} answered", agent.0)),
        Command::Declined { call, agent, cause, .. } => (*call, format!("agent {} did not: {cause:?}", agent.0)),
        Command::Ended { call, agent } => (*call, format!("the talk with agent {} is over", agent.0)),
        Command::SlotRefused { call, agent, .. } => (*call, format!("the slot of agent {} is not free", agent.0)),
        Command::Raise { call, .. } => (*call, "is pulled forward".to_owned()),
        Command::Move { call, group, .. } => (*call, format!("is to wait in group {}", group.0)),
        Command::Release { call, .. } => (*call, "is to be let go".to_owned()),
        Command::CallBack { call, .. } => (*call, "would rather be called back".to_owned()),
        Command::Reached { call } => (*call, "the citizen is there".to_owned()),
        Command::Unreached { call, .. } => (*call, "the citizen is not there".to_owned()),
        Command::HoldCallBacks
        | Command::Ready { .. }
        | Command::Away { .. }
        | Command::WrapUp { .. }
        | Command::Rested { .. }
        | Command::SignedOn { .. }
        | Command::Open { .. }
        | Command::Surge { .. }
        | Command::Plan(_) => return None,
    })
}

fn to_roster(command: &roster::Command) -> Option<(CallId, String)> {
    use roster::Command;
    Some(match command {
        Command::Reserve { call, agent, until, .. } => (*call, reserved(agent.0, *until)),
        Command::Talking { call, agent, .. } => (*call, format!("agent {} talks", agent.0)),
        Command::Releasing { call, agent, .. } => (*call, format!("agent {} is being hung up", agent.0)),
        Command::Released { call, agent, .. } => (*call, format!("agent {} is free of it", agent.0)),
        Command::Ring { call, agent } => (*call, format!("agent {} is called", agent.0)),
        Command::TakesOver { call, agent, .. } => (*call, format!("agent {} has it now", agent.0)),
        Command::OfferOver { call, agent, outcome } => {
            (*call, format!("the offer to agent {} is over: {outcome:?}", agent.0))
        }
        Command::Register { .. }
        | Command::FlowClosed { .. }
        | Command::OwnCall { .. }
        | Command::Set { .. }
        | Command::WrapsUp { .. }
        | Command::Plan(_) => return None,
    })
}

fn reserved(agent: u32, until: Time) -> String {
    format!("hold the slot of agent {agent} until {until:?}")
}

/// How long a caller will wait, where that was told.
fn expected(wait: Option<acd::Range>) -> String {
    match wait.map(|wait| (wait.low().as_secs(), wait.high().map(|high| high.as_secs()))) {
        Some((low, Some(high))) => format!(", for {low} to {high} s"),
        Some((low, None)) => format!(", for {low} s or longer"),
        None => String::new(),
    }
}

fn by_queue(action: &acd::Action) -> Option<(CallId, String)> {
    use acd::Action;
    Some(match action {
        Action::Withdraw { call, agent, .. } => (*call, format!("ring agent {} no more", agent.0)),
        Action::Queued { call, group, position, wait, surge } => {
            let surge = if *surge { ", in surge" } else { "" };
            (*call, format!("waits in group {} as number {position}{}{surge}", group.0, expected(*wait)))
        }
        Action::Located { call, position, wait, .. } => (*call, format!("is number {position}{}", expected(*wait))),
        Action::Moved { call, from, to, by_hand } => {
            let how = if *by_hand { "is moved" } else { "overflowed" };
            (*call, format!("{how} from group {} to {}", from.0, to.0))
        }
        Action::Refused { call, group, reason } => (*call, format!("group {} does not take it: {reason:?}", group.0)),
        Action::Repeats { call, earlier } => (*call, format!("is call {} of its number", u16::from(*earlier) + 1)),
        Action::Promised { call, kept } => {
            (*call, (if *kept { "is called back" } else { "is not called back" }).to_owned())
        }
        Action::CallsBack { call, group, .. } => (*call, format!("calls somebody back for group {}", group.0)),
        Action::Unclaimed { call, agent } => (*call, format!("agent {} does not take it over", agent.0)),
        Action::TakenOver { call, agent, .. } => (*call, format!("counts as a talk of agent {}", agent.0)),
        Action::Reserve { call, agent, until, .. } => (*call, reserved(agent.0, *until)),
        Action::OfferOver { .. }
        | Action::WrapsUp { .. }
        | Action::WrapUp { .. }
        | Action::Steered { .. }
        | Action::Surge { .. }
        | Action::Fact(_) => return None,
    })
}

/// What a worker is asked to do, and for which leg where that is said.
pub(super) fn job(job: &Job) -> String {
    match job {
        Job::Lease { network, count } => format!("bind {count} ends on network {}", network.0),
        Job::Open { end, leg, params, .. } => {
            let (codec, direction) = (params.codec.name(), params.direction);
            format!("open end {} for leg {}, {codec}, {direction:?}", end.slot, leg.index)
        }
        Job::Change { end, params } => format!("change end {}, {:?}", end.slot, params.direction),
        Job::Hear { end, source } => {
            let what = match source {
                base::Source::Silence => "silence".to_owned(),
                base::Source::End(other) => format!("end {}", other.slot),
                base::Source::Clip { clip, .. } => format!("{:.1} s of speech", clip.duration().as_secs_f64()),
                base::Source::Play { sounds, .. } => format!("{} sounds", sounds.len()),
            };
            format!("end {} hears {what}", end.slot)
        }
        Job::Belong { end, leg } => format!("end {} is of leg {} from now on", end.slot, leg.index),
        Job::Listen { end, listen } => {
            format!("end {} is {} listened to", end.slot, if listen.is_some() { "now" } else { "not" })
        }
        Job::Close { end } => format!("close end {}", end.slot),
    }
}
