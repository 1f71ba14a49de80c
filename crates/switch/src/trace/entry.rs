//! One entry of a trace.

use base::pack::Blob;
use base::{CallId, Clip, Flow, LegId, Masked, Notice, Now, Ticket, WorkerId, packed_enum};

use super::gist::Gist;
use super::{Marks, blank};
use crate::{Ask, Input, Resolved, Verdict, Wire};

/// An input from outside, as it came but for secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    Message {
        flow: Flow,
        bytes: Blob,
    },
    Shed {
        flow: Flow,
        bytes: Blob,
    },
    FlowClosed(Flow),
    Unreachable(Flow),
    Notice {
        worker: WorkerId,
        notice: Notice,
    },
    Ask {
        ticket: Ticket,
        by: String,
        ask: Ask,
    },
    Drain,
    StopCalls,
    Deadline,
    Resolved {
        ticket: Ticket,
        answer: Resolved,
    },
    Leave,
    /// Plans are not in a trace, see `Head::plans`.
    Plan {
        fingerprint: u64,
    },
    Fetched {
        call: CallId,
        question: u32,
        values: Option<Vec<String>>,
    },
    /// Of what was said its length alone.
    Synthesized {
        call: CallId,
        question: u32,
        clip: Option<Clip>,
    },
    Understood {
        call: CallId,
        question: u32,
        text: Option<String>,
    },
}

packed_enum!(Given {
    0 => Message { flow, bytes },
    1 => Shed { flow, bytes },
    2 => FlowClosed(flow),
    3 => Unreachable(flow),
    4 => Notice { worker, notice },
    5 => Ask { ticket, by, ask },
    6 => Drain,
    7 => StopCalls,
    8 => Deadline,
    9 => Resolved { ticket, answer },
    10 => Leave,
    11 => Plan { fingerprint },
    12 => Fetched { call, question, values },
    13 => Synthesized { call, question, clip },
    14 => Understood { call, question, text },
});

/// What is written of a turn, in the order in which it happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// An input, before it is handled. `settled`: everything on the wires is delivered with it.
    Given { now: Now, settled: bool, given: Given },
    /// The oldest message of a wire was delivered; only where somebody picks the wire.
    Delivered { now: Now, wire: Wire },
    /// What digest authentication decided during the input before.
    Judged(Verdict),
    /// The end of a turn: what all its inputs came to, and what of it left, in words.
    Turn { now: Now, marks: Marks, said: String },
}

packed_enum!(Wire { 0 => ToQueue, 1 => ToRoster, 2 => ToSwitch });
packed_enum!(Entry {
    0 => Given { now, settled, given },
    1 => Delivered { now, wire },
    2 => Judged(verdict),
    3 => Turn { now, marks, said },
});

impl Given {
    /// None for what owners say to each other: it follows from the rest.
    pub fn of(input: &Input<'_>) -> Option<Given> {
        Some(match input {
            Input::Message { flow, bytes } => Given::Message { flow: *flow, bytes: Blob(blank(bytes)) },
            Input::Shed { flow, bytes } => Given::Shed { flow: *flow, bytes: Blob(blank(bytes)) },
            Input::FlowClosed(flow) => Given::FlowClosed(*flow),
            Input::Unreachable(flow) => Given::Unreachable(*flow),
            Input::Notice { worker, notice } => Given::Notice { worker: *worker, notice: unheard(notice) },
            Input::Ask { ticket, by, ask } => Given::Ask { ticket: *ticket, by: by.clone(), ask: ask.clone() },
            Input::Resolved { ticket, answer } => Given::Resolved { ticket: *ticket, answer: answer.clone() },
            Input::Fetched { call, question, values } => {
                Given::Fetched { call: *call, question: *question, values: values.clone() }
            }
            Input::Synthesized { call, question, clip } => {
                Given::Synthesized { call: *call, question: *question, clip: clip.clone() }
            }
            Input::Understood { call, question, text } => {
                Given::Understood { call: *call, question: *question, text: text.clone() }
            }
            Input::Drain => Given::Drain,
            Input::StopCalls => Given::StopCalls,
            Input::Leave => Given::Leave,
            Input::Plan(reload) => Given::Plan { fingerprint: reload.fingerprint },
            Input::Deadline => Given::Deadline,
            Input::Queue(_) | Input::Roster(_) | Input::Answer { .. } => return None,
        })
    }

    /// None for plans: they are not in the trace.
    pub(crate) fn input(&self) -> Option<Input<'_>> {
        Some(match self {
            Given::Message { flow, bytes } => Input::Message { flow: *flow, bytes: &bytes.0 },
            Given::Shed { flow, bytes } => Input::Shed { flow: *flow, bytes: &bytes.0 },
            Given::FlowClosed(flow) => Input::FlowClosed(*flow),
            Given::Unreachable(flow) => Input::Unreachable(*flow),
            Given::Notice { worker, notice } => Input::Notice { worker: *worker, notice: notice.clone() },
            Given::Ask { ticket, by, ask } => Input::Ask { ticket: *ticket, by: by.clone(), ask: ask.clone() },
            Given::Resolved { ticket, answer } => Input::Resolved { ticket: *ticket, answer: answer.clone() },
            Given::Fetched { call, question, values } => {
                Input::Fetched { call: *call, question: *question, values: values.clone() }
            }
            Given::Synthesized { call, question, clip } => {
                Input::Synthesized { call: *call, question: *question, clip: clip.clone() }
            }
            Given::Understood { call, question, text } => {
                Input::Understood { call: *call, question: *question, text: text.clone() }
            }
            Given::Drain => Input::Drain,
            Given::StopCalls => Input::StopCalls,
            Given::Leave => Input::Leave,
            Given::Deadline => Input::Deadline,
            Given::Plan { .. } => return None,
        })
    }

    /// What it is, without a number, key or body.
    pub(crate) fn line(&self) -> String {
        match self {
            Given::Message { bytes, .. } => format!("in   {}", Gist::of(&bytes.0)),
            Given::Shed { bytes, .. } => format!("in   {}, to be refused: too many wait", Gist::of(&bytes.0)),
            Given::FlowClosed(flow) => format!("in   a connection of network {} closed", flow.network.0),
            Given::Unreachable(flow) => format!("in   nobody listens at an address of network {}", flow.network.0),
            Given::Notice { worker, notice } => format!("note worker {}: {}", worker.0, notice_line(notice)),
            Given::Ask { by, ask, .. } => format!("ask  {} by {}", ask_line(ask), Masked(by)),
            Given::Resolved { answer: Resolved::Failed, .. } => "name nobody answered".to_owned(),
            Given::Resolved { answer: Resolved::Records { records, .. }, .. } => {
                format!("name {} records of the DNS", records.len())
            }
            Given::Fetched { call, values, .. } => {
                let answered = if values.is_some() { "another system answered" } else { "no good answer" };
                format!("web  call {call}: {answered}")
            }
            Given::Synthesized { call, clip: Some(clip), .. } => {
                format!("web  call {call}: {:.1} s of speech", clip.duration().as_secs_f64())
            }
            Given::Synthesized { call, clip: None, .. } => format!("web  call {call}: nobody spoke"),
            Given::Understood { call, text, .. } => {
                let understood = if text.is_some() { "something was understood" } else { "no good answer" };
                format!("said call {call}: {understood}")
            }
            Given::Drain => "told to take no new calls".to_owned(),
            Given::StopCalls => "told to end every call".to_owned(),
            Given::Leave => "told to take registrations back".to_owned(),
            Given::Plan { fingerprint } => format!("plan the configuration {fingerprint:016x} holds from now on"),
            Given::Deadline => "time".to_owned(),
        }
    }
}

impl Entry {
    /// The entry for an input that is about to be handled.
    pub fn given(now: Now, input: &Input<'_>) -> Option<Entry> {
        Given::of(input).map(|given| Entry::Given { now, settled: true, given })
    }

    pub fn now(&self) -> Option<Now> {
        match self {
            Entry::Given { now, .. } | Entry::Delivered { now, .. } | Entry::Turn { now, .. } => Some(*now),
            Entry::Judged(_) => None,
        }
    }

    /// How much memory it takes, about.
    pub fn cost(&self) -> usize {
        let held = match self {
            Entry::Given { given: Given::Message { bytes, .. } | Given::Shed { bytes, .. }, .. } => bytes.0.len(),
            Entry::Turn { said, .. } => said.len(),
            Entry::Given { given: Given::Resolved { answer: Resolved::Records { records, .. }, .. }, .. } => {
                size_of_val(records.as_slice())
            }
            Entry::Given { given: Given::Fetched { values: Some(values), .. }, .. } => {
                values.iter().map(String::len).sum()
            }
            Entry::Given { given: Given::Understood { text: Some(text), .. }, .. } => text.len(),
            _ => 0,
        };
        size_of::<Entry>() + held
    }

    /// A line for anybody: no digits that were pressed, no bodies, no whole numbers.
    pub fn line(&self) -> String {
        let at = self.now().map_or_else(|| " ".repeat(24), |now| now.wall.to_string());
        let what = match self {
            Entry::Given { given, .. } => given.line(),
            Entry::Delivered { wire, .. } => format!("{wire:?}"),
            Entry::Judged(Verdict::Proved(user)) => format!("     {} proved the password", Masked(user)),
            Entry::Judged(Verdict::Challenge(_)) => "     is to prove a password".to_owned(),
            Entry::Judged(Verdict::Refused) => "     did not prove a password".to_owned(),
            Entry::Turn { marks, said, .. } => format!("out  {said}{marks}"),
        };
        format!("{at} {what}")
    }
}

/// The same without what was said: a replay needs its length at most.
fn unheard(notice: &Notice) -> Notice {
    match notice {
        Notice::Spoken { leg, listen, voice } => Notice::Spoken { leg: *leg, listen: *listen, voice: voice.blank() },
        other => other.clone(),
    }
}

pub(super) fn notice_line(notice: &Notice) -> String {
    let of = |leg: &LegId| format!("call {} leg {}", leg.call, leg.index);
    match notice {
        Notice::Leased(lease) => format!("an end leased on network {}", lease.network.0),
        Notice::NoLease { network, .. } => format!("no end to lease on network {}", network.0),
        Notice::Digit { leg, .. } => format!("{}: a key", of(leg)),
        Notice::Played { leg, .. } => format!("{}: played", of(leg)),
        Notice::Heard { leg } => format!("{}: heard", of(leg)),
        Notice::Silent { leg, for_ms } => format!("{}: silent for {for_ms} ms", of(leg)),
        Notice::Speaking { leg, .. } => format!("{}: begins to speak", of(leg)),
        Notice::Spoken { leg, voice, .. } => format!("{}: has spoken for {} ms", of(leg), voice.length().as_millis()),
        Notice::Closed { leg, stats } => {
            format!("{}: closed, {} packets in, {} out", of(leg), stats.packets_received, stats.packets_sent)
        }
    }
}

fn ask_line(ask: &Ask) -> String {
    match ask {
        Ask::HangUp { call } => format!("call {call}: hang up"),
        Ask::Confide { call } => format!("call {call}: confidential"),
        Ask::Order { call, .. } => format!("call {call}: an order"),
        Ask::SetAgent { agent, change } => {
            let change = match change {
                roster::StateChange::SignOn => "sign on",
                roster::StateChange::Ready => "ready",
                roster::StateChange::Pause { .. } => "pause",
                roster::StateChange::SignOff => "sign off",
            };
            format!("agent {}: {change}", agent.0)
        }
        Ask::Call { agent, .. } => format!("agent {}: call somebody", agent.0),
        Ask::Raise { call } => format!("call {call}: pull forward"),
        Ask::Move { call, group } => format!("call {call}: move to group {}", group.0),
        Ask::Release { call } => format!("call {call}: let go"),
        Ask::Surge { group, by_hand } => {
            let word = by_hand.map_or("by its rule", |on| if on { "on" } else { "off" });
            format!("surge of group {}: {word}", group.0)
        }
        Ask::Open { group, open } => format!("group {}: {}", group.0, if *open { "open" } else { "close" }),
        Ask::Callers { group, .. } => format!("group {}: who waits", group.0),
        Ask::WrapUp { agent, length } => format!("agent {}: wrap-up for {} s", agent.0, length.as_secs()),
    }
}
