//! Agents call colleagues, ask them first, and bring them together with whom they talk with.

use std::time::Duration;

use base::{AgentId, Now, Time};
use phone::{Line, Status};

use crate::check::{CROSSING, Checks};
use crate::lines::line_number;
use crate::people::{Deed, People, Seat, Who, Whom};
use crate::plan::{agent_number, group_number};

/// The engine takes a phone that has just hung up for one that is busy with its goodbye, and rings it again for this long.
const STILL_BUSY: Duration = Duration::from_secs(2);

impl Seat {
    fn calls_out(&mut self, now: Time, orphaned: bool) {
        self.called += 1;
        (self.calls, self.orphaned, self.dialled_at) = (true, orphaned, Some(now));
    }
}

impl People {
    /// Whose call it is that comes from this number: a citizen's, or that of an agent's phone that calls, or talks, or did.
    pub(crate) fn caller(&self, number: &str) -> Option<usize> {
        let is_its = |seat: &usize| self.seats[*seat].name == number;
        let seats = || (0..self.seats.len()).filter(is_its);
        let busy = |seat: &usize| self.seats[*seat].is_citizen() || self.seats[*seat].phone.status() != Status::Idle;
        seats()
            .find(|s| self.seats[*s].calls && !self.seats[*s].gone)
            .or_else(|| seats().find(busy))
            // Of two idle phones of one agent the one that joined a call and left.
            .or_else(|| self.promises.iter().rev().map(|(by, ..)| *by).find(is_its))
            .or_else(|| seats().next())
    }

    /// Somebody is called by a phone that is idle, or talks on its only line; not while the agent's other phone is in use.
    pub(crate) fn call(&mut self, now: Now, seat: usize, whom: Whom, checks: &mut Checks) {
        let who = self.seats[seat].who;
        let in_use = |s: usize| s != seat && self.seats[s].who == who && self.seats[s].phone.status() != Status::Idle;
        if (0..self.seats.len()).any(in_use) {
            return;
        }
        let (to, line) = match whom {
            Whom::Colleague(colleague) => (agent_number(self.rather_idle(seat).unwrap_or(colleague)), None),
            Whom::Group(group) => (group_number(group), None),
            Whom::Line(line) => (line_number(line), self.seats.iter().position(|s| s.name == line_number(line))),
        };
        let own = &mut self.seats[seat];
        if matches!(whom, Whom::Group(_)) && !own.phone.has_two() {
            (own.asks, own.asked) = (true, true);
        }
        let orphaned = checks.audio.down;
        match own.phone.status() {
            Status::Idle => {
                own.serial += 1;
                own.answered_at = now.time;
                own.calls_out(now.time, orphaned);
                own.awaits = line;
                own.phone.dial(now, &to, &mut self.out);
                let serial = own.serial;
                if self.told.is_some() {
                    return;
                }
                let at = now.time + self.up_to(Duration::from_secs(8));
                self.agenda.push((at, seat, Deed::HangUp { serial }));
            }
            Status::Talking if !own.phone.has_two() => {
                own.calls_out(now.time, orphaned);
                own.phone.consult(now, &to, &mut self.out);
                checks.audio.disturb(seat);
            }
            _ => {}
        }
    }

    pub(crate) fn join(&mut self, now: Now, seat: usize, (on, leaves): (Line, bool), checks: &mut Checks) {
        let own = &mut self.seats[seat];
        if !own.phone.has_two() {
            return;
        }
        own.joins = true;
        self.promises.push((seat, own.called, checks.audio.others(seat)));
        checks.audio.may_join(now.time, seat);
        own.phone.join(now, on, &mut self.out);
        for _ in 0..if leaves { 2 } else { 0 } {
            own.phone.hang_up(now, &mut self.out);
        }
    }

    /// Whom this phone may come to hear as it answers the caller, who asked for that. A number is all that it was shown: another phone of
    /// the caller's may have asked, or the same one before it called somebody else.
    pub(crate) fn promised(&self, caller: usize, seat: usize) -> Option<Vec<usize>> {
        let call = (caller, self.seats[seat].rung_by);
        let by_call = self.promises.iter().rfind(|(by, called, _)| (*by, *called) == call);
        let of_number = |by: usize| self.seats[by].name == self.seats[caller].name;
        let promise = by_call.or_else(|| self.promises.iter().rfind(|(by, ..)| of_number(*by)));
        promise.map(|(.., others)| others.clone())
    }

    /// Two calls of the seat are one without it, or its caller was handed on.
    pub(crate) fn referred(&mut self, now: Now, seat: usize, checks: &mut Checks) {
        let own = &mut self.seats[seat];
        let joined = own.joins && !own.hands;
        if !joined {
            return;
        }
        (own.joins, own.hands) = (false, false);
        let Some(two) = checks.audio.parted(now.time, seat) else { return };
        let unsure = |seat: &usize| {
            let own = &self.seats[*seat];
            !own.is_sound(now.time) || own.phone.is_held() || own.phone.has_two() || own.joins || own.hands
        };
        let mut two = two;
        // The one who stays in the talk as the caller.
        two.sort_by_key(|seat| !self.seats[*seat].is_citizen());
        checks.audio.joined(now.time, two, two.iter().any(unsure));
    }

    pub(crate) fn not_referred(&mut self, now: Now, seat: usize, checks: &mut Checks) {
        checks.audio.not_joined(now.time, seat);
        (self.seats[seat].joins, self.seats[seat].hands) = (false, false);
    }

    /// One of two calls is over; the first is the one that waits.
    pub(crate) fn line_over(&mut self, now: Now, seat: usize, line: Line, checks: &mut Checks) {
        match line {
            Line::Waiting => {
                checks.audio.left(now.time, seat);
                self.seats[seat].citizen = None;
            }
            Line::Running => {
                let own = &mut self.seats[seat];
                (own.calls, own.orphaned, own.asks) = (false, false, false);
                if self.told.is_none() && self.rng.chance(0.9) {
                    let serial = self.seats[seat].serial;
                    self.agenda.push((now.time, seat, Deed::Resume { serial }));
                }
            }
        }
    }

    /// The process is killed.
    pub(crate) fn orphan(&mut self) {
        self.seats.iter_mut().for_each(|seat| seat.orphaned |= seat.calls);
    }

    /// Whether an offer may have crossed the INVITE of the phone's own call or overtaken its refusal, or nobody knows of that call
    /// any more.
    pub(crate) fn crosses(&self, now: Time, seat: usize, checks: &Checks) -> bool {
        let Seat { who, dialled_at, orphaned, .. } = self.seats[seat];
        let refused = match who {
            Who::Agent(place) => checks.own_over.get(&AgentId(place as u32)).copied(),
            Who::Citizen | Who::Line => None,
        };
        let prompt = self.scenario.is_prompt();
        orphaned
            || dialled_at.is_some_and(|at| !prompt || now.since(at) < CROSSING + STILL_BUSY)
            || refused.is_some_and(|at| !prompt || now.since(at) < CROSSING)
    }

    /// Some time after `from`, now and then.
    pub(crate) fn may_call(&mut self, from: Time, seat: usize) {
        let share = self.scenario.consulting;
        if share > 0.0 && self.rng.chance(share) {
            let at = from + self.up_to(self.scenario.span);
            let whom = self.whom();
            self.agenda.push((at, seat, Deed::Call { whom }));
        }
    }

    /// Mostly the colleague is asked and then the two are joined: before the answer, after it, twice, or not at all.
    pub(crate) fn may_consult(&mut self, now: Time, seat: usize) {
        let share = self.scenario.consulting;
        if share == 0.0 || !self.rng.chance(share) {
            return;
        }
        let serial = self.seats[seat].serial;
        let mut at = now + self.up_to(Duration::from_millis(2500));
        let whom = self.whom();
        self.agenda.push((at, seat, Deed::Call { whom }));
        while self.rng.chance(0.7) {
            at = at + self.up_to(Duration::from_millis(3000));
            let on = if self.rng.chance(0.5) { Line::Waiting } else { Line::Running };
            let leaves = self.rng.chance(0.3);
            self.agenda.push((at, seat, Deed::Join { serial, on, leaves }));
        }
    }

    /// Mostly a colleague whose phone is idle, where people do as they like.
    fn rather_idle(&mut self, seat: usize) -> Option<usize> {
        if self.told.is_some() || self.rng.chance(0.2) {
            return None;
        }
        let who = self.seats[seat].who;
        let idle = |own: &&Seat| own.who != who && !own.gone && own.phone.status() == Status::Idle;
        let agent = |own: &Seat| match own.who {
            Who::Agent(agent) => Some(agent),
            Who::Citizen | Who::Line => None,
        };
        self.seats.iter().filter(idle).find_map(agent)
    }

    pub(crate) fn whom(&mut self) -> Whom {
        if self.scenario.asking > 0.0 && self.rng.chance(self.scenario.asking) {
            return Whom::Group(self.rng.below(2) as usize);
        }
        match self.scenario.lines > 0 && self.rng.chance(0.4) {
            true => Whom::Line(self.any_line()),
            false => Whom::Colleague(self.any_agent()),
        }
    }

    fn any_agent(&mut self) -> usize {
        self.rng.below(u64::from(self.scenario.agents)) as usize
    }
}
