//! The calls of a switch, and how what they ask for is carried out.

use std::panic::{AssertUnwindSafe, catch_unwind};

use base::{AgentId, CallId, Epoch, Job, Key, LegId, Map, Now, OrderNumber, RecordEntry, Slab, SwitchId, WorkerId};
use call::{Action, Call, Destination, Dial, Event, Line, Timer};
use roster::Contact;
use sip::{Body, Reply};

use crate::admit::Sender;
use crate::fault::Estate;
use crate::replace::REPLACES;
use crate::signals::SDP;
use crate::switch::Armed;
use crate::{Effects, Fact, Place, Switch};

/// The header of what goes along with a call, for programs on a desk.
const CONTEXT: &str = "X-Hotline";

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: CallId,
    pub(crate) call: Call,
    pub(crate) worker: WorkerId,
    /// What has to be ended and given back, should the call's own logic fail.
    pub(crate) estate: Estate,
    timers: Armed,
}

#[derive(Debug)]
pub(crate) struct Calls {
    switch: SwitchId,
    epoch: Epoch,
    serial: u32,
    entries: Slab<Entry>,
    /// Where those are whose ids name no place: calls to citizens who are called back, at most as many as promises.
    placeless: Map<CallId, Key>,
}

impl Calls {
    pub(crate) fn new(switch: SwitchId, epoch: Epoch) -> Calls {
        Calls { switch, epoch, serial: 0, entries: Slab::new(), placeless: Map::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Call> {
        self.entries.iter().map(|(_, e)| &e.call)
    }

    pub(crate) fn ids(&self) -> Vec<CallId> {
        self.entries.iter().map(|(_, e)| e.id).collect()
    }

    /// The id of the next call; taken by `insert`.
    pub(crate) fn next_id(&mut self) -> CallId {
        self.serial = self.serial.wrapping_add(1);
        CallId { switch: self.switch, epoch: self.epoch, serial: self.serial, slot: self.entries.next_key().slot }
    }

    /// An id that no call will have, for what is asked before there is one.
    pub(crate) fn draw_id(&mut self) -> CallId {
        self.serial = self.serial.wrapping_add(1);
        CallId { switch: self.switch, epoch: self.epoch, serial: self.serial, slot: u32::MAX }
    }

    pub(crate) fn insert(&mut self, id: CallId, call: Call, worker: WorkerId, estate: Estate) {
        let key = self.entries.insert(Entry { id, call, worker, estate, timers: Armed::default() });
        match id.is_placeless() {
            true => drop(self.placeless.insert(id, key)),
            false => debug_assert_eq!(key.slot, id.slot),
        }
    }

    pub(crate) fn get_mut(&mut self, id: CallId) -> Option<&mut Entry> {
        let key = self.key(id)?;
        self.entries.get_mut(key)
    }

    pub(crate) fn remove(&mut self, id: CallId) -> Option<Entry> {
        let key = self.key(id)?;
        self.placeless.remove(&id);
        self.entries.remove(key)
    }

    fn key(&self, id: CallId) -> Option<Key> {
        if id.is_placeless() {
            return self.placeless.get(&id).copied();
        }
        self.entries.at(id.slot).filter(|(_, e)| e.id == id).map(|(key, _)| key)
    }

    pub(crate) fn fired(&mut self, id: CallId, timer: Timer) {
        if let Some(entry) = self.get_mut(id) {
            entry.timers[place(timer)] = None;
        }
    }
}

impl Switch {
    /// Hands an event to a call and carries out what it asks for; a call that is gone hears nothing. A panic in the call
    /// costs that call alone: what it had asked for is dropped and its estate wound up.
    pub(crate) fn tell(&mut self, now: Now, id: CallId, event: Event<'_>, out: &mut Effects) {
        let Some(entry) = self.calls.get_mut(id) else { return };
        entry.estate.note_event(&event);
        let mut actions = std::mem::take(&mut self.actions);
        let drills = &mut self.drills;
        let handled = catch_unwind(AssertUnwindSafe(|| {
            drills.pass(Place::Call);
            entry.call.handle(now, event, &mut actions);
        }));
        match handled {
            Ok(()) => self.carry_out(now, id, &mut actions, out),
            Err(_) => self.fault(now, id, out),
        }
        actions.clear();
        self.actions = actions;
    }

    /// The worker of a call that the agent is in. Walks over all calls, as an agent who dials does seldom, and only where workers differ.
    pub(crate) fn worker_of(&self, agent: AgentId) -> Option<WorkerId> {
        let is_in = |entry: &&Entry| entry.call.leg_of(agent).is_some();
        if self.leases.workers() < 2 {
            return None;
        }
        self.calls.entries.iter().map(|(_, entry)| entry).find(is_in).map(|entry| entry.worker)
    }

    /// The order of the citizen whom the agent talks with. Walks over all calls, as an agent who dials does seldom.
    pub(crate) fn order_beside(&self, agent: AgentId) -> Option<OrderNumber> {
        let mut talks = self.calls.iter().filter(|call| call.talks_with() == Some(agent));
        talks.find_map(|call| call.order().cloned())
    }

    pub(crate) fn carry_out(&mut self, now: Now, id: CallId, actions: &mut Vec<Action>, out: &mut Effects) {
        if let Some(entry) = self.calls.get_mut(id) {
            actions.iter().for_each(|action| entry.estate.note_action(action));
        }
        // What is said to this call in consequence, by another one or by the ways to a line, comes after all that it has asked for.
        let mut answered = Vec::new();
        for action in actions.drain(..) {
            match action {
                Action::Fetch { .. }
                | Action::Unfetch { .. }
                | Action::Give { .. }
                | Action::NotGiven { .. }
                | Action::Ask { .. }
                | Action::Seek { .. } => answered.push(action),
                // The call is over when it has given away what it had.
                Action::Over if !answered.is_empty() => answered.push(action),
                action => self.carry_out_one(now, id, action, out),
            }
        }
        for action in answered {
            self.carry_out_one(now, id, action, out);
        }
    }

    fn carry_out_one(&mut self, now: Now, id: CallId, action: Action, out: &mut Effects) {
        let leg = |index| LegId { call: id, index };
        match action {
            Action::Answer { leg: index, body } => {
                let is_agents =
                    self.calls.get_mut(id).is_some_and(|entry| matches!(entry.estate.sender, Sender::Agent(_)));
                let mut reply = with_sdp(Some(body));
                reply.headers.extend(is_agents.then(|| ("Supported".to_owned(), REPLACES.to_owned())));
                self.endpoint.answer(now, leg(index), &reply, &mut self.sip);
            }
            Action::Progress { leg: index, status, body } => {
                self.endpoint.provisional(now, leg(index), status, &with_sdp(body), &mut self.sip);
            }
            Action::Seek { number, by } => self.seek(now, id, &number, by, out),
            Action::Web { question, request } => out.fetches.push((id, question, request)),
            Action::Synthesize { question, speech } => out.speeches.push((id, question, speech)),
            Action::Recognize { question, speech } => out.utterances.push((id, question, speech)),
            Action::Reply { request, status, body } => {
                if let Some(tx) = self.requests.remove(&request) {
                    self.endpoint.reply(now, tx, status, &with_sdp(body), &mut self.sip);
                }
            }
            Action::Dial(dial) => self.dial(now, leg(dial.leg), *dial),
            Action::HandingOn { leg: index, status, over } => self.tell_progress(now, leg(index), status, over),
            Action::Ask { group } => self.ask_group(now, id, group, out),
            Action::Fetch { from } => self.fetch(now, id, from, out),
            Action::Unfetch { from } => self.tell(now, from, Event::Keep, out),
            Action::Give { to, leg } => self.give(now, id, to, leg, out),
            Action::NotGiven { to } => self.tell(now, to, Event::NotGiven, out),
            Action::HangUp { leg: index, status_if_early } => {
                self.endpoint.hang_up(now, leg(index), status_if_early, None, &mut self.sip);
            }
            // An UPDATE without terms changes nothing; 405 is a sign of life too (RFC 3311 §5.2).
            Action::Probe { leg: index } => self.endpoint.update(now, leg(index), None, &mut self.sip),
            Action::Job(job) => out.jobs.push((worker_of(&job), job)),
            Action::Queue(command) => self.tell_queue(command, out),
            Action::Roster(command) => out.roster.push(command),
            Action::Arm { timer, at } => self.arm(id, timer, Some(at)),
            Action::Disarm(timer) => self.arm(id, timer, None),
            Action::Record(entry) => self.record(entry, out),
            Action::Fact(fact) => {
                if matches!(fact, call::Fact::Over) {
                    // What is told of a leg that goes to another call comes before the end of the call that it came from.
                    self.note_legs(out);
                }
                self.counters.note_fact(&fact);
                out.facts.push(Fact::Call { call: id, fact });
            }
            Action::Over => {
                if let Some(entry) = self.forget(id) {
                    self.call_over(entry.estate.sender);
                }
            }
        }
    }

    fn tell_queue(&mut self, command: acd::Command, out: &mut Effects) {
        self.counters.note_command(&command);
        out.queue.push(command);
    }

    pub(crate) fn record(&mut self, entry: RecordEntry, out: &mut Effects) {
        self.counters.note_record(&entry);
        out.records.push(entry);
    }

    fn arm(&mut self, id: CallId, timer: Timer, at: Option<base::Time>) {
        let Some(entry) = self.calls.get_mut(id) else { return };
        let armed = &mut entry.timers[place(timer)];
        if let Some(old) = armed.take() {
            self.timers.cancel(old);
        }
        *armed = at.map(|at| self.timers.arm(at, (id, timer)));
    }

    pub(crate) fn forget(&mut self, id: CallId) -> Option<Entry> {
        for timer in Timer::ALL {
            self.arm(id, timer, None);
        }
        self.calls.remove(id)
    }

    fn dial(&mut self, now: Now, leg: LegId, dial: Dial) {
        let Dial { to, from_number, from_display, context, body, .. } = dial;
        let body = Some(sdp_body(body));
        let invite = match to {
            Destination::Phone(Contact { uri, flow, path, .. }) => {
                // Our host is what the flow's network knows us by.
                let from = sip::Party { display: from_display, user: from_number, host: String::new() };
                let headers = [(CONTEXT.to_owned(), context), ("Supported".to_owned(), REPLACES.to_owned())];
                let (to, headers) = (uri.clone(), headers.to_vec());
                sip::Invite { flow, uri, to, from, routes: path, headers, body, outward: false }
            }
            Destination::Line(line) => {
                self.line_dialled(now, leg, &line);
                let Line { flow, uri, asked, routes, from: (user, host), mut headers, .. } = *line;
                headers.extend((!context.is_empty()).then(|| (CONTEXT.to_owned(), context)));
                // RFC 3261 §8.1.3.4: whom it was meant for stays, wherever it is sent on to.
                let (to, from) = (
                    asked.into_iter().next().unwrap_or_else(|| uri.clone()),
                    sip::Party { display: String::new(), user, host },
                );
                sip::Invite { flow, uri, to, from, routes, headers, body, outward: true }
            }
        };
        self.endpoint.invite(now, leg, invite, &mut self.sip);
    }
}

fn place(timer: Timer) -> usize {
    timer as usize
}

fn worker_of(job: &Job) -> WorkerId {
    match job {
        Job::Open { end, .. }
        | Job::Change { end, .. }
        | Job::Belong { end, .. }
        | Job::Hear { end, .. }
        | Job::Listen { end, .. }
        | Job::Close { end } => end.worker,
        // Calls ask for no leases; the switch does, and names the worker.
        Job::Lease { .. } => WorkerId(0),
    }
}

fn with_sdp(body: Option<Vec<u8>>) -> Reply {
    Reply { headers: Vec::new(), body: body.map(sdp_body) }
}

fn sdp_body(bytes: Vec<u8>) -> Body {
    Body { content_type: SDP.to_owned(), bytes }
}
