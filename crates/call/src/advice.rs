//! An agent asks a group (先咨询): the queue finds who answers, and from then on it is a call between two colleagues.
//!
//! An agent with a second line calls the group as a colleague is called. One who asks by keys has no second line: a call of its own
//! waits for the agent, with nobody at place 0, and whoever answers goes over to the call in which the agent is.

use std::sync::Arc;

use base::{AgentId, CallId, EndReason, GroupId, LegId, Now, StartRecord, WaitOutcome};

use crate::call::FIRST;
use crate::hand::HANDED_ON;
use crate::journey::{HandTo, Handing, Journey, Offers, Peer, Place, Waiting, Wants, Way, With};
use crate::leg::{AgentSide, Leg, Party, State};
use crate::ways::close_unused;
use crate::{Action, Call, Fact, Plan, Timer};

/// A question by keys.
#[derive(Clone, Debug)]
pub struct Question {
    pub start: Arc<StartRecord>,
    /// Who asks.
    pub agent: AgentId,
    pub group: GroupId,
    /// The call that whoever answers goes to.
    pub into: CallId,
    pub session_id: u64,
}

impl Call {
    /// Waits in the group's line for an agent who is in another call.
    pub fn ask(plan: Arc<Plan>, now: Now, question: Question, out: &mut Vec<Action>) -> Call {
        let Question { start, agent, group, into, session_id } = question;
        let id = LegId { call: start.id, index: FIRST };
        let mut call = Call::of(plan, start, 0, Leg::of_nobody(id, agent), session_id);
        let locale = call.plan.prompts.locale_name(call.locale);
        call.account.started(&call.menu.version, locale, out);
        call.wait_for_advice(now, group, Some(into), out);
        call.settle(out);
        call
    }

    /// Before those of the same priority, as who is handed on; no longer than a talk may last.
    pub(crate) fn wait_for_advice(
        &mut self,
        now: Now,
        group: GroupId,
        promised: Option<CallId>,
        out: &mut Vec<Action>,
    ) {
        out.push(Action::Fact(Fact::Calling { to: self.group_name(group).to_owned() }));
        out.push(Action::Arm { timer: Timer::MaxTalk, at: now.time + self.plan.limits.talk });
        let place = Place { group, priority: HANDED_ON, since: now.time };
        let waiting = Waiting { place, ringing: Offers::default(), wants: Wants::Advice { promised } };
        let said = self.sounds(&["please-wait"]);
        self.take_place(now, waiting, said, out);
    }

    pub(crate) fn group_name(&self, group: GroupId) -> &str {
        self.plan.groups.get(usize::from(group.0)).map_or("", |group| group.name.as_str())
    }

    /// Somebody of the group answers an agent: the queue is done, as with a caller who is gone, and the phone is in use as a colleague's.
    pub(crate) fn advised(
        &mut self,
        now: Now,
        place: usize,
        agent: AgentId,
        promised: Option<CallId>,
        out: &mut Vec<Action>,
    ) {
        let (call, leg) = (self.start.id, self.legs[place].id.index);
        let mut ringing = self.journey.take_ringing();
        ringing.take_of(agent).into_iter().for_each(|won| close_unused(won, out));
        for timer in [Timer::Announce, Timer::Redial] {
            out.push(Action::Disarm(timer));
        }
        let outcome = roster::Outcome::Answered;
        out.push(Action::Roster(roster::Command::OfferOver { agent, call, outcome }));
        // In use before the slot is free.
        out.push(Action::Roster(roster::Command::OwnCall { agent, begins: true }));
        out.push(Action::Queue(acd::Command::Abandon { call }));
        (self.legs[place].state, self.legs[place].party) = (State::Confirmed, Party::Own(agent));
        self.tell_own(place, out);
        self.account.wait_ended(now, WaitOutcome::Answered, out);
        self.account.answered(now, out);
        self.drop_ringing(ringing, out);
        self.stop_others(leg, out);
        match promised {
            Some(into) => {
                self.tell_reached(agent, out);
                self.give_away(now, place, into, out);
            }
            None => {
                self.open(place, out);
                let peer = Peer::Own(agent);
                self.journey = Journey::With(With::new(peer, leg, None));
                self.talk_with(now, peer, out);
            }
        }
    }

    /// The citizen hears music while another call waits for whom the agent asks.
    pub(crate) fn ask_group(&mut self, group: GroupId, out: &mut Vec<Action>) {
        out.push(Action::Fact(Fact::Handing { to: self.group_name(group).to_owned() }));
        out.push(Action::Ask { group });
        self.handing(HandTo::Group { group, call: None }, None, Way::Asks(None));
        let music = self
            .plan
            .groups
            .get(usize::from(group.0))
            .map_or(base::After::Silence, |group| base::After::Loop(group.music));
        self.say_to_agent(&["please-wait"], music);
    }

    /// The call that waits for whom this one's agent asks.
    pub(crate) fn asking(&mut self, from: CallId, out: &mut Vec<Action>) {
        match &mut self.journey {
            Journey::With(With { handing: Some(handing), .. }) => match handing.as_mut() {
                Handing { to: HandTo::Group { call, .. }, .. } if call.is_none() => *call = Some(from),
                _ => out.push(Action::Unfetch { from }),
            },
            _ => out.push(Action::Unfetch { from }),
        }
    }

    /// Nobody waits for who may answer any more.
    pub(crate) fn unpromised(&mut self, out: &mut Vec<Action>) {
        let to = self.journey.promise().and_then(Option::take);
        out.extend(to.map(|to| Action::NotGiven { to }));
    }

    /// The queue cannot keep an agent who is not on this line: nobody is here to be told.
    pub(crate) fn refused_unheard(&mut self, now: Now, out: &mut Vec<Action>) -> bool {
        let unheard = !self.legs[0].is_live();
        if unheard {
            self.journey = Journey::Leaving(EndReason::QueueRefused);
            self.end(now, EndReason::QueueRefused, out);
        }
        unheard
    }
}

impl AgentSide {
    /// Whose phone answers an agent who asks, and for which call.
    pub(crate) fn advises(&self, journey: &Journey) -> Option<(AgentId, Option<CallId>)> {
        match journey {
            Journey::Waiting(Waiting { wants: Wants::Advice { promised }, .. }) => Some((self.agent, *promised)),
            _ => None,
        }
    }
}
