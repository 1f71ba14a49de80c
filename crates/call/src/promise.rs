//! A citizen who would rather be called back (回拨): the promise, and the call that keeps it.
//!
//! The citizen presses a key while waiting, hears the number that will be called, and the call ends. The call that keeps the promise begins
//! when an agent is reserved for it, with nobody at place 0: the agent's phone rings as for any caller, and when it has answered the
//! citizen is called, who is as one who had waited on the line from there on.

use std::sync::Arc;

use acd::{Citizen, Refusal};
use base::{After, CallerKey, Digit, EndReason, GroupId, LegId, Now, SoundId, StartRecord, WaitOutcome};

use crate::call::FIRST;
use crate::journey::{CallingBack, Journey, Offers, Peer, Place, Waiting, Wants, With};
use crate::leg::{AgentSide, Leg, State};
use crate::outgoing::close_left;
use crate::ways::close_unused;
use crate::{Action, Call, Callee, Fact, Plan, Timer};

/// Digits of the number that the citizen hears again: enough to know it by, and nobody who listens learns it.
const DIGITS_SAID: usize = 4;

/// A call that keeps a promise begins.
#[derive(Clone, Debug)]
pub struct Returned {
    pub start: Arc<StartRecord>,
    pub citizen: Citizen,
    pub group: GroupId,
    pub priority: u8,
    pub since: base::Time,
    /// The citizen is not called again should this come to nothing.
    pub last: bool,
    pub session_id: u64,
}

impl Call {
    /// What a caller hears who may be called back: the key, and what it does. Nothing where nobody is.
    pub(crate) fn say_call_back(&self, group: GroupId) -> Vec<SoundId> {
        let Some(key) = self.call_back_key(group) else { return Vec::new() };
        let mut sounds = self.sounds(&["call-back-press"]);
        sounds.extend(self.plan.prompts.say_digits(self.locale, &key.as_char().to_string()));
        sounds.extend(self.sounds(&["call-back-keeps"]));
        sounds
    }

    /// The key by which this caller may ask to be called back: one who shows a number that may be called, and is no agent.
    fn call_back_key(&self, group: GroupId) -> Option<Digit> {
        let key = self.plan.groups.get(usize::from(group.0))?.call_back?;
        let waits = matches!(self.journey, Journey::Waiting(Waiting { wants: Wants::Service, .. }));
        let known = self.caller.is_some() && !self.account.is_confidential() && self.legs[0].agent().is_none();
        (waits && known && self.number_to_call().is_some()).then_some(key)
    }

    fn number_to_call(&self) -> Option<String> {
        self.plan.line(self.line.as_deref().unwrap_or(&self.start.caller))
    }

    /// A key of somebody who waits.
    pub(crate) fn on_waiting_key(&mut self, digit: Digit, out: &mut Vec<Action>) {
        let Some(Place { group, .. }) = self.place() else { return };
        if self.call_back_key(group) == Some(digit) {
            self.ask_for_call_back(out);
        }
    }

    /// Asks the queue to keep the place without this call; who may not be called back waits on.
    pub(crate) fn ask_for_call_back(&mut self, out: &mut Vec<Action>) {
        let Some(Place { group, .. }) = self.place() else { return };
        let Some(number) = self.number_to_call().filter(|_| self.call_back_key(group).is_some()) else { return };
        let locale = self.plan.prompts.locale_name(self.locale).to_owned();
        let citizen = Box::new(Citizen { number, called: self.start.called.clone(), locale });
        out.push(Action::Queue(acd::Command::CallBack { call: self.start.id, citizen }));
    }

    /// The queue's answer: the place is kept without this call, or the caller waits on.
    pub(crate) fn promised(&mut self, now: Now, kept: bool, out: &mut Vec<Action>) {
        let Journey::Waiting(waiting) = &mut self.journey else { return };
        if !kept {
            let music = waiting.place.group;
            let after = self.plan.groups.get(usize::from(music.0)).map_or(After::Silence, |g| After::Loop(g.music));
            return self.program.play(self.sounds(&["call-back-not-now"]), after);
        }
        let ringing = std::mem::take(&mut waiting.ringing);
        self.drop_ringing(ringing, out);
        out.push(Action::Disarm(Timer::Announce));
        self.account.wait_ended(now, WaitOutcome::CallBack, out);
        let number = self.number_to_call().unwrap_or_default();
        let tail = number.len().saturating_sub(DIGITS_SAID);
        let mut sounds = self.sounds(&["call-back-promised"]);
        sounds.extend(self.plan.prompts.say_digits(self.locale, number.get(tail..).unwrap_or_default()));
        sounds.extend(self.sounds(&["goodbye"]));
        self.journey = Journey::Leaving(EndReason::CallBack);
        self.program.play(sounds, After::Silence);
    }
}

impl Call {
    /// Waits for the agent who is reserved for the citizen; nobody is on the line yet.
    pub fn return_call(plan: Arc<Plan>, now: Now, returned: Returned, out: &mut Vec<Action>) -> Call {
        let Returned { start, citizen, group, priority, since, last, session_id } = returned;
        let id = LegId { call: start.id, index: FIRST };
        let mut call = Call::of(plan, start, 0, Leg::absent(id), session_id);
        call.locale = call.plan.prompts.locale(&citizen.locale).unwrap_or(call.locale);
        (call.caller, call.line) = (CallerKey::of(&citizen.number), Some(citizen.number));
        let locale = call.plan.prompts.locale_name(call.locale);
        call.account.started(&call.menu.version, locale, out);
        let name = call.group_name(group).to_owned();
        call.account.wait_began(now, &name, out);
        let place = Place { group, priority, since };
        call.journey = Journey::Waiting(Waiting { place, ringing: Offers::default(), wants: Wants::CallBack { last } });
        call.settle(out);
        call
    }

    /// Whether nobody is on the line yet whom this call is to call back.
    pub(crate) fn returns(&self) -> bool {
        match &self.journey {
            Journey::Waiting(waiting) => matches!(waiting.wants, Wants::CallBack { .. }),
            Journey::CallingBack(_) => true,
            _ => false,
        }
    }

    /// The agent has answered: the citizen is called, on behalf of the house, which has promised it.
    pub(crate) fn agent_is_there(&mut self, now: Now, place: usize, side: &AgentSide, out: &mut Vec<Action>) {
        let Journey::Waiting(Waiting { place: kept, wants: Wants::CallBack { last }, .. }) = self.journey else {
            return;
        };
        let Some(number) = self.line.clone() else { return };
        let mut ringing = self.journey.take_ringing();
        let won = ringing.remove(side.reservation);
        let (agent, reservation, leg) = (side.agent, side.reservation, self.legs[place].id.index);
        self.legs[place].state = State::Confirmed;
        let call = self.start.id;
        out.push(Action::Fact(Fact::Connected { agent, number: self.agent_number(agent).to_owned(), reservation }));
        out.push(Action::Queue(acd::Command::Accepted { call, agent, reservation }));
        out.push(Action::Roster(roster::Command::Talking { agent, call, epoch: reservation.0 }));
        self.open(place, out);
        won.into_iter().for_each(|ringing| close_unused(ringing, out));
        self.drop_ringing(ringing, out);
        self.stop_others(leg, out);
        for timer in [Timer::Redial, Timer::SilentWay] {
            out.push(Action::Disarm(timer));
        }
        out.push(Action::Fact(Fact::Calling { to: number.clone() }));
        let outgoing = self.call_party(now, Callee::Line(number), out);
        let back = CallingBack { outgoing, agent, reservation, leg, place: kept, last };
        self.journey = Journey::CallingBack(Box::new(back));
    }

    /// The citizen has answered, on the leg at this place: both talk as if the citizen had waited on the line.
    pub(crate) fn citizen_is_there(&mut self, now: Now, place: usize, opened: bool, out: &mut Vec<Action>) {
        let Journey::CallingBack(back) = &self.journey else { return };
        let CallingBack { agent, reservation, leg, place: kept, .. } = **back;
        self.account.answered(now, out);
        self.account.wait_ended(now, WaitOutcome::CallBack, out);
        match opened {
            true => out.push(crate::call::change(&self.legs[place])),
            false => self.open(place, out),
        }
        let citizen = self.legs[place].id.index;
        self.legs.swap(0, place);
        // Nobody was ever on the leg that had this place.
        self.legs.remove(place);
        self.journey = Journey::With(With::new(Peer::Offered { agent, reservation }, leg, Some(kept)));
        out.push(Action::Queue(acd::Command::Reached { call: self.start.id }));
        for place in (1..self.legs.len()).filter(|place| self.legs[*place].id.index != leg).collect::<Vec<_>>() {
            self.hang_up(place, out);
        }
        debug_assert_eq!(self.citizen(), citizen);
        self.begin_talk(now, out);
    }

    /// The citizen does not answer, or the agent is not there any more.
    pub(crate) fn not_returned(&mut self, now: Now, out: &mut Vec<Action>) {
        let Journey::CallingBack(back) = &self.journey else { return };
        let reason = if back.last { EndReason::CallBackGivenUp } else { EndReason::Unanswered };
        self.end(now, reason, out);
    }

    /// The call is over before the citizen has answered.
    pub(crate) fn leave_call_back(&mut self, now: Now, back: CallingBack, out: &mut Vec<Action>) {
        self.account.wait_ended(now, WaitOutcome::CallBack, out);
        out.push(Action::Queue(acd::Command::Unreached { call: self.start.id, agent: back.agent }));
        close_left(back.outgoing, out);
    }

    /// The citizen is not called by this call any more.
    pub(crate) fn taken_back(&mut self, now: Now, reason: Refusal, out: &mut Vec<Action>) {
        let reason = match reason {
            Refusal::CalledAgain | Refusal::Held => EndReason::Cancelled,
            _ => EndReason::QueueRefused,
        };
        self.end(now, reason, out);
    }
}
