//! Somebody is called outside the queue: a colleague's phones, or a line, over one way after the other.

use std::time::Duration;

use base::{AgentId, EndReason, Job, Lease, Now};

use crate::journey::{Calling, Journey, Outgoing, With};
use crate::leg::{Party, State};
use crate::ways::{SILENT_WAY, one_of_each_phone};
use crate::{Action, Call, Callee, Destination, Fact, Line, Reached, Timer};

/// How long a colleague's phone rings.
pub(crate) const PHONE_RINGS: Duration = Duration::from_secs(30);
/// How long a line rings: the other end gives up sooner, or has a mailbox.
const LINE_RINGS: Duration = Duration::from_secs(60);

impl Call {
    /// Asks for ways to somebody.
    pub(crate) fn call_party(&self, now: Now, to: Callee, out: &mut Vec<Action>) -> Outgoing {
        let rings_for = if let Callee::Line(_) = to { LINE_RINGS } else { PHONE_RINGS };
        self.call_party_for(now, to, rings_for, out)
    }

    /// The same for somebody who may ring for so long.
    pub(crate) fn call_party_for(&self, now: Now, to: Callee, rings_for: Duration, out: &mut Vec<Action>) -> Outgoing {
        match &to {
            Callee::Colleague(agent) => {
                out.push(Action::Roster(roster::Command::Ring { call: self.start.id, agent: *agent }));
            }
            Callee::Line(number) => out.push(Action::Seek { number: number.clone(), by: self.who_calls() }),
        }
        let until = now.time + rings_for;
        out.push(Action::Arm { timer: Timer::NoAnswer, at: until });
        let (left, moved) = (Vec::new(), Vec::new());
        let (heard, rings, redirections, follows) = (false, false, 0, false);
        Outgoing { to, refusal: None, left, moved, redirections, follows, rings_for, until, heard, rings }
    }

    /// The caller goes on waiting, with music, until the line of who is on duty answers.
    pub(crate) fn call_duty(&mut self, now: Now, line: String, out: &mut Vec<Action>) {
        out.push(Action::Fact(Fact::Calling { to: line.clone() }));
        let outgoing = self.call_party(now, Callee::Line(line), out);
        let promised = self.journey.promise().and_then(|promised| *promised);
        self.journey = Journey::Calling(Calling { outgoing, told: 0, promised, last_resort: true, menu: None });
    }

    /// The agent whose right to call counts.
    fn who_calls(&self) -> Option<AgentId> {
        match &self.journey {
            Journey::With(with) => with.peer.agent(),
            _ => self.legs[0].agent(),
        }
    }

    pub(crate) fn callee_number<'a>(&'a self, to: &'a Callee) -> &'a str {
        match to {
            Callee::Colleague(agent) => self.agent_number(*agent),
            Callee::Line(number) => number,
        }
    }

    /// The line that is called now.
    pub(crate) fn line_asked(&self) -> &str {
        let outgoing = match &self.journey {
            Journey::Calling(calling) => Some(&calling.outgoing),
            Journey::CallingBack(back) => Some(&back.outgoing),
            Journey::With(With { handing: Some(handing), .. }) => handing.outgoing.as_ref(),
            _ => None,
        };
        outgoing.map_or("", |outgoing| self.callee_number(&outgoing.to))
    }

    fn calls(&mut self, agent: AgentId) -> bool {
        self.journey.outgoing().is_some_and(|outgoing| outgoing.to == Callee::Colleague(agent))
    }

    pub(crate) fn on_reached(&mut self, now: Now, reached: Reached, out: &mut Vec<Action>) {
        let Reached { agent, contacts } = reached;
        let wanted = self.calls(agent);
        if !wanted || contacts.is_empty() {
            close(contacts.into_iter().map(|(_, lease)| lease), out);
            out.push(Action::Roster(roster::Command::OwnCall { agent, begins: false }));
            return if wanted {
                self.callee_failed(now, None, out)
            };
        }
        let (first, spare) = one_of_each_phone(contacts);
        if let Some(outgoing) = self.journey.outgoing() {
            outgoing.left = spare.into_iter().map(|(contact, lease)| (Destination::Phone(contact), lease)).collect();
        }
        for (contact, lease) in first {
            self.dial(Party::Own(agent), (Destination::Phone(contact), lease), Duration::ZERO, out);
        }
    }

    pub(crate) fn on_unreached(&mut self, now: Now, agent: AgentId, busy: bool, out: &mut Vec<Action>) {
        if self.calls(agent) {
            self.callee_failed(now, busy.then_some(486), out);
        }
    }

    pub(crate) fn on_lines(&mut self, now: Now, lines: Vec<(Line, Lease)>, out: &mut Vec<Action>) {
        let outgoing = self.journey.outgoing().filter(|outgoing| matches!(outgoing.to, Callee::Line(_)));
        let Some(outgoing) = outgoing else { return close(lines.into_iter().map(|(_, lease)| lease), out) };
        outgoing.left = lines.into_iter().map(|(line, lease)| (Destination::Line(Box::new(line)), lease)).collect();
        self.try_next_line(now, out);
    }

    /// False when no way is left.
    pub(crate) fn try_next_line(&mut self, now: Now, out: &mut Vec<Action>) -> bool {
        let untried = |outgoing: &&mut Outgoing| outgoing.may_go_around() && !outgoing.left.is_empty();
        let Some(outgoing) = self.journey.outgoing().filter(untried) else { return false };
        let way = outgoing.left.remove(0);
        let patience = if outgoing.left.is_empty() { outgoing.rings_for } else { SILENT_WAY };
        (outgoing.heard, outgoing.follows, outgoing.until) = (false, false, now.time + outgoing.rings_for);
        out.push(Action::Arm { timer: Timer::NoAnswer, at: now.time + patience });
        self.dial(Party::Outside, way, Duration::ZERO, out);
        true
    }

    /// Somebody works on it, it rings, or it plays something: so does the caller's phone, once.
    pub(crate) fn on_progress(
        &mut self,
        now: Now,
        place: usize,
        status: u16,
        body: Option<&[u8]>,
        out: &mut Vec<Action>,
    ) {
        let Some(outgoing) = self.journey.outgoing() else { return };
        if !std::mem::replace(&mut outgoing.heard, true) && matches!(outgoing.to, Callee::Line(_)) {
            if !outgoing.follows {
                outgoing.until = now.time + outgoing.rings_for;
            }
            out.push(Action::Arm { timer: Timer::NoAnswer, at: outgoing.until });
        }
        if status == 100 || place == 0 {
            return;
        }
        outgoing.rings = true;
        let plays = body.is_some_and(|body| self.legs[0].params.is_some() && self.legs[place].accept(body).is_ok());
        let caller = self.legs[0].state == State::Early;
        let Journey::Calling(Calling { told, .. }) = &mut self.journey else { return };
        let status = if plays { 183 } else { 180 };
        if !caller {
            return;
        }
        let is_news = *told < status;
        *told = status.max(*told);
        // Also where another line has played something before, and sent the call on to this one.
        for place in [place, 0] {
            if plays && self.legs[place].heard.is_none() {
                self.open(place, out);
            }
        }
        if is_news {
            let body = plays.then(|| self.legs[0].said());
            out.push(Action::Progress { leg: self.citizen(), status, body });
        }
    }

    /// One phone of the callee will not answer, or one way leads nowhere: another one may.
    pub(crate) fn callee_refused(&mut self, now: Now, place: usize, status: Option<u16>, out: &mut Vec<Action>) {
        self.legs[place].state = State::Ending;
        self.callee_lost(now, place, status, out);
    }

    pub(crate) fn callee_lost(&mut self, now: Now, place: usize, status: Option<u16>, out: &mut Vec<Action>) {
        self.close_media(place, out);
        if matches!(self.journey, Journey::Summoning { .. }) {
            return self.end(now, EndReason::Unanswered, out);
        }
        let party = self.legs[place].party.clone();
        let Some(outgoing) = self.journey.outgoing() else { return };
        let led_nowhere = matches!(status, None | Some(408 | 430 | 500 | 502..=504));
        let again = match party {
            Party::Own(agent) => led_nowhere && !outgoing.rings && self.ring_again(agent, out),
            _ => self.line_lost(now, (status, led_nowhere), out),
        };
        if !again {
            // Whoever has said no outweighs who was not reached.
            let has_spoken = self.journey.outgoing().is_some_and(|outgoing| outgoing.refusal.is_some());
            self.callee_failed(now, status.filter(|_| !(led_nowhere && has_spoken)), out);
        }
    }

    /// Whether the line is tried at another place, or over another way.
    fn line_lost(&mut self, now: Now, (status, led_nowhere): (Option<u16>, bool), out: &mut Vec<Action>) -> bool {
        let Some(outgoing) = self.journey.outgoing() else { return false };
        if !led_nowhere && !outgoing.moved.is_empty() {
            outgoing.refusal = outgoing.refusal.max(status);
        }
        // RFC 3261 §8.1.3.4 has each failure lead to the next Contact; a 6xx speaks for all of them (§21.6).
        let for_all = status.is_some_and(|status| status >= 600);
        (!for_all && self.try_next_contact(now, out)) || (led_nowhere && self.try_next_line(now, out))
    }

    /// Another way to the phone, where no other phone of the agent rings that it may be the way to.
    fn ring_again(&mut self, agent: AgentId, out: &mut Vec<Action>) -> bool {
        if self.legs.iter().any(|leg| leg.is_live() && leg.party == Party::Own(agent)) {
            return false;
        }
        let Some(outgoing) = self.journey.outgoing().filter(|outgoing| !outgoing.left.is_empty()) else { return false };
        let way = outgoing.left.remove(0);
        self.dial(Party::Own(agent), way, Duration::ZERO, out);
        true
    }

    /// It has rung for long enough, or nothing was heard on this way.
    pub(crate) fn no_answer(&mut self, now: Now, out: &mut Vec<Action>) {
        if matches!(self.journey, Journey::Summoning { .. }) {
            return self.end(now, EndReason::Unanswered, out);
        }
        let silent = |outgoing: &mut Outgoing| !outgoing.heard && outgoing.has_another() && now.time < outgoing.until;
        let silent = self.journey.outgoing().is_some_and(silent);
        self.hang_up_called(out);
        if !silent || !(self.try_next_contact(now, out) || self.try_next_line(now, out)) {
            self.callee_failed(now, Some(480), out);
        }
    }

    fn hang_up_called(&mut self, out: &mut Vec<Action>) {
        let talks = self.talking_leg();
        for place in 1..self.legs.len() {
            if Some(self.legs[place].id.index) != talks {
                self.hang_up(place, out);
            }
        }
    }

    /// The leg at another place than 0 that somebody talks on.
    pub(crate) fn talking_leg(&self) -> Option<u16> {
        match &self.journey {
            Journey::With(with) => Some(with.leg),
            Journey::CallingBack(back) => Some(back.leg),
            _ => None,
        }
    }
}

/// The ways that were not tried are not needed any more.
pub(crate) fn close_left(mut outgoing: Outgoing, out: &mut Vec<Action>) {
    close(outgoing.take_untried(), out);
}

pub(crate) fn close(leases: impl Iterator<Item = Lease>, out: &mut Vec<Action>) {
    out.extend(leases.map(|lease| Action::Job(Job::Close { end: lease.end })));
}
