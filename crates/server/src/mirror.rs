//! The tables that readers read, folded from what the control thread told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base::{AgentEvent, AgentHappening, CallId, GroupId, Record, Wall};
use roster::{Slot, State};
use switch::Fact;

use crate::events::{CallEvent, Ended, What};
use crate::levels::{Level, Levels};
use crate::picture::{self, AgentPicture, Picture};
use crate::rows::{AgentRow, CallPhase, CallRow, Doing, Face, Presence};

/// Nodes that a row lists, as in a record.
const PATH_MAX: usize = 64;

/// Open calls and agents.
#[derive(Debug, Default)]
pub struct Mirror {
    calls: BTreeMap<CallId, Arc<CallRow>>,
    /// By `AgentId`.
    agents: Vec<Arc<AgentRow>>,
    /// Places of agents that a reload removed.
    removed: BTreeSet<usize>,
    /// By `GroupId`, their names; empty for one that a reload removed.
    groups: Vec<Arc<str>>,
    levels: Levels,
    /// The call that was told to be confidential before it was told: its start comes next.
    confided: Option<CallId>,
}

impl Mirror {
    pub fn calls(&self) -> impl Iterator<Item = &Arc<CallRow>> {
        self.calls.values()
    }

    pub fn call(&self, id: CallId) -> Option<&Arc<CallRow>> {
        self.calls.get(&id)
    }

    pub fn agents(&self) -> impl Iterator<Item = &Arc<AgentRow>> {
        self.agents.iter().enumerate().filter(|(place, _)| !self.removed.contains(place)).map(|(_, row)| row)
    }

    /// The agent of that number and its place in the tables.
    pub fn agent(&self, number: &str) -> Option<(base::AgentId, &Arc<AgentRow>)> {
        let place = self.agents.iter().position(|row| &*row.number == number)?;
        if self.removed.contains(&place) {
            return None;
        }
        Some((base::AgentId(place as u32), &self.agents[place]))
    }

    /// The group of that name.
    pub fn group(&self, name: &str) -> Option<GroupId> {
        let place = self.groups.iter().position(|group| &**group == name && !name.is_empty())?;
        u16::try_from(place).ok().map(GroupId)
    }

    /// How soon callers of a group are answered.
    pub fn level(&self, group: &str, now: Wall) -> Level {
        self.levels.of(group, now)
    }

    /// Starts over from a picture; what was counted stays.
    pub(crate) fn begin(&mut self, at: Wall, picture: Picture) {
        self.calls.clear();
        for (id, facts) in picture.calls {
            for fact in facts {
                self.call_fact(id, fact);
            }
        }
        let removed = picture.agents.iter().enumerate().filter(|(_, agent)| agent.removed);
        self.removed = removed.map(|(place, _)| place).collect();
        let old = std::mem::take(&mut self.agents);
        let known = |new: AgentRow| match old.iter().find(|row| row.number == new.number) {
            Some(old) if old.state() == new.state() && old.call() == new.call() => Arc::clone(old),
            _ => Arc::new(new),
        };
        self.agents = picture.agents.into_iter().map(|agent| known(agent_row(at, agent))).collect();
        self.groups = picture.groups.into_iter().map(Arc::from).collect();
    }

    /// What the fact changes, as an event; none when it is no news to readers.
    pub(crate) fn fact(&mut self, at: Wall, fact: Fact) -> Option<What> {
        match fact {
            Fact::Call { call, fact } => {
                self.count(at, call, &fact);
                let (row, what) = self.call_fact(call, fact)?;
                Some(What::Call { row, what })
            }
            Fact::Roster(roster::Fact::State { agent, standing }) => {
                self.change_agent(picture::place(agent), at, |row| set_state(row, standing.state));
                None
            }
            Fact::Queue(acd::Fact::Closed { group }) => self.queue(group, false),
            Fact::Queue(acd::Fact::Opened { group }) => self.queue(group, true),
            Fact::Queue(acd::Fact::Surges { group, surging }) => {
                let group = Arc::clone(self.groups.get(usize::from(group.0))?);
                Some(What::Surge { group, surging })
            }
            // Agents' events come as records; the others are the journal's alone.
            _ => None,
        }
    }

    fn queue(&self, group: GroupId, open: bool) -> Option<What> {
        let group = Arc::clone(self.groups.get(usize::from(group.0))?);
        Some(What::Queue { group, open })
    }

    /// Counts the end of a citizen's wait.
    fn count(&mut self, at: Wall, call: CallId, fact: &call::Fact) {
        let call::Fact::WaitEnded { outcome, waited_ms } = *fact else { return };
        let Some(row) = self.calls.get(&call).filter(|row| !row.face.source.starts_with("agent ")) else { return };
        if let Some(group) = &row.group {
            self.levels.count(at, group, outcome, waited_ms);
        }
    }

    /// The same for what happened to an agent.
    pub(crate) fn happening(&mut self, event: AgentEvent) -> Option<What> {
        let AgentEvent { agent, at, what, by, .. } = event;
        self.change_agent(picture::place(agent), at, |row| set_happening(row, &what));
        let row = Arc::clone(self.agents.get(picture::place(agent))?);
        Some(What::Agent { row, what, by: by.into() })
    }

    fn change_agent(&mut self, place: usize, at: Wall, change: impl FnOnce(&mut AgentRow)) {
        let Some(row) = self.agents.get_mut(place) else { return };
        let mut new = AgentRow::clone(row);
        change(&mut new);
        if new.state() != row.state() || new.call() != row.call() {
            new.since = at;
        }
        if new != **row {
            *row = Arc::new(new);
        }
    }

    fn call_fact(&mut self, id: CallId, fact: call::Fact) -> Option<(Arc<CallRow>, CallEvent)> {
        match fact {
            call::Fact::Started { start, locale, .. } => {
                let row = Arc::new(new_call(start, locale));
                if self.confided.take() == Some(id) {
                    row.face.confide();
                }
                self.calls.insert(id, Arc::clone(&row));
                Some((row, CallEvent::Started))
            }
            call::Fact::Confidential if !self.calls.contains_key(&id) => {
                self.confided = Some(id);
                None
            }
            call::Fact::Ended { record } => {
                let mut row = CallRow::clone(&*self.calls.remove(&id)?);
                end(&mut row, &record);
                Some((Arc::new(row), CallEvent::Ended { record: Box::new(Ended::of(&record)) }))
            }
            call::Fact::Over => {
                self.calls.remove(&id);
                None
            }
            fact => {
                let row = self.calls.get_mut(&id)?;
                let mut new = CallRow::clone(row);
                let what = fold(&mut new, fact)?;
                *row = Arc::new(new);
                Some((Arc::clone(row), what))
            }
        }
    }
}

fn new_call(start: base::StartRecord, locale: String) -> CallRow {
    CallRow {
        id: start.id,
        face: Arc::new(Face::new(start)),
        phase: CallPhase::Arriving,
        menu_path: Arc::new([]),
        language: locale.into(),
        group: None,
        waiting_since: None,
        waited_ms: 0,
        offered: Vec::new(),
        agent: None,
        talk_since: None,
        order: None,
        earlier: 0,
    }
}

/// The row after the fact, and the event that it is.
fn fold(row: &mut CallRow, fact: call::Fact) -> Option<CallEvent> {
    Some(match fact {
        call::Fact::Answered { .. } => CallEvent::Answered,
        call::Fact::Visited { node } => {
            let node: Arc<str> = node.into();
            row.phase = CallPhase::Menu;
            row.menu_path = row.menu_path.iter().chain([&node]).take(PATH_MAX).cloned().collect();
            CallEvent::Menu { node }
        }
        call::Fact::Language { locale } => {
            row.language = locale.into();
            CallEvent::Language
        }
        call::Fact::Waiting { group, at } => {
            (row.phase, row.group, row.waiting_since) = (CallPhase::Waiting, Some(group.into()), Some(at));
            CallEvent::Waiting
        }
        call::Fact::WaitEnded { outcome, waited_ms } => {
            row.waiting_since = None;
            row.waited_ms = row.waited_ms.saturating_add(waited_ms);
            CallEvent::WaitEnded { outcome: outcome.name() }
        }
        call::Fact::Offered { agent, number, .. } => {
            // Somebody else's phone rings while the agent hands the citizen on: the talk is not over yet.
            if row.agent.is_none() || row.phase == CallPhase::Waiting {
                row.phase = CallPhase::Offered;
            }
            row.offered.retain(|(known, _)| *known != agent);
            row.offered.push((agent, number.into()));
            CallEvent::Offered
        }
        call::Fact::Declined { agent, cause, .. } => {
            let place = row.offered.iter().position(|(known, _)| *known == agent)?;
            let (_, agent) = row.offered.remove(place);
            if row.phase == CallPhase::Offered && row.offered.is_empty() {
                row.phase = CallPhase::Waiting;
            }
            CallEvent::Declined { agent, cause: cause_name(cause) }
        }
        call::Fact::Confidential => {
            row.face.confide();
            CallEvent::Confidential
        }
        call::Fact::Ordered { order } => {
            row.order = Some(order.as_str().into());
            CallEvent::Ordered
        }
        call::Fact::Repeats { earlier } => {
            row.earlier = earlier;
            CallEvent::Repeats
        }
        fact => return fold_talk(row, fact),
    })
}

/// The same of whom the citizen, or an agent who calls, talks with.
fn fold_talk(row: &mut CallRow, fact: call::Fact) -> Option<CallEvent> {
    Some(match fact {
        call::Fact::TalkEnded { .. } => {
            row.talk_since = None;
            CallEvent::AgentLost { agent: row.agent.take()? }
        }
        call::Fact::Surveyed { .. } => {
            (row.talk_since, row.phase) = (None, CallPhase::Menu);
            CallEvent::Surveyed { agent: row.agent.take()? }
        }
        call::Fact::Rated { grade } => CallEvent::Rated { grade },
        call::Fact::Handing { to } => CallEvent::Handing { to: to.into() },
        call::Fact::HandedOn { .. } => {
            row.talk_since = None;
            CallEvent::HandedOn { agent: row.agent.clone()? }
        }
        call::Fact::HandedBack => CallEvent::HandedBack,
        call::Fact::Calling { to } => {
            row.phase = CallPhase::Calling;
            CallEvent::Calling { to: to.into() }
        }
        call::Fact::Reached { number } => {
            row.offered.clear();
            row.agent = Some(number.into());
            CallEvent::Connected
        }
        call::Fact::Connected { agent, number, .. } => {
            // A talk that began outside the queue goes on.
            row.phase = if row.talk_since.is_some() { CallPhase::Talking } else { CallPhase::Connected };
            // The others are told that it was taken.
            row.offered.retain(|(known, _)| *known != agent);
            row.agent = Some(number.into());
            CallEvent::Connected
        }
        call::Fact::TalkBegan { at } => {
            (row.phase, row.talk_since) = (CallPhase::Talking, Some(at));
            CallEvent::Talking
        }
        // Of legs and slots: for those who end calls after a restart. The others are handled where rows come and go.
        _ => return None,
    })
}

fn end(row: &mut CallRow, record: &Record) {
    row.phase = CallPhase::Ended;
    row.waiting_since = None;
    row.offered.clear();
    row.waited_ms = record.queued_ms;
    row.earlier = record.earlier;
    row.order = record.order.as_ref().map(|order| order.as_str().into());
    if record.confidential {
        row.face.confide();
    }
}

/// The word in events.
const fn cause_name(cause: acd::Decline) -> &'static str {
    match cause {
        acd::Decline::Rejected => "rejected",
        acd::Decline::Busy => "busy",
        acd::Decline::NoAnswer => "no_answer",
        acd::Decline::Unreachable => "unreachable",
        acd::Decline::Taken => "withdrawn",
    }
}

fn agent_row(at: Wall, picture: AgentPicture) -> AgentRow {
    let AgentPicture { number, state, slot, wraps_up, removed: _ } = picture;
    let doing = match slot {
        Slot::Reserved { call, .. } => Doing::Offered(call),
        Slot::Talking { call, .. } => Doing::Talking(call),
        Slot::Releasing { .. } | Slot::Free if wraps_up => Doing::WrapUp(None),
        Slot::Releasing { .. } | Slot::Free => Doing::Nothing,
    };
    let number = number.into();
    let mut row = AgentRow { number, presence: Presence::SignedOff, reason: None, doing, since: at };
    set_state(&mut row, state);
    row
}

fn set_state(row: &mut AgentRow, state: State) {
    (row.presence, row.reason) = match state {
        State::SignedOff => (Presence::SignedOff, None),
        State::Ready => (Presence::Ready, None),
        State::Paused { reason } => (Presence::Paused, Some(reason.into())),
    };
}

fn set_happening(row: &mut AgentRow, what: &AgentHappening) {
    match what {
        AgentHappening::SignedOn => (row.presence, row.reason) = (Presence::SignedOn, None),
        AgentHappening::Ready => (row.presence, row.reason) = (Presence::Ready, None),
        AgentHappening::SignedOff => (row.presence, row.reason) = (Presence::SignedOff, None),
        AgentHappening::Paused { reason } => {
            (row.presence, row.reason) = (Presence::Paused, Some(reason.as_str().into()));
        }
        AgentHappening::Offered { call } => row.doing = Doing::Offered(*call),
        AgentHappening::Talking { call } => row.doing = Doing::Talking(*call),
        AgentHappening::OfferOver { call, .. } if row.doing == Doing::Offered(*call) => row.doing = Doing::Nothing,
        AgentHappening::TalkOver { call } if row.doing == Doing::Talking(*call) => row.doing = Doing::Nothing,
        AgentHappening::WrapUp { until } => row.doing = Doing::WrapUp(Some(*until)),
        AgentHappening::WrapUpOver if matches!(row.doing, Doing::WrapUp(_)) => row.doing = Doing::Nothing,
        AgentHappening::OfferOver { .. } | AgentHappening::TalkOver { .. } | AgentHappening::WrapUpOver => {}
    }
}

#[cfg(test)]
#[path = "mirror_tests.rs"]
mod tests;
