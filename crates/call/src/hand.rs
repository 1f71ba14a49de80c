//! An agent hands the citizen on: to another agent, or back into a line. The citizen is never dropped on the way.

use std::time::Duration;

use base::{After, AgentId, GroupId, Now, Ticket, Time};

use crate::journey::{Calling, HandTo, Handing, Journey, Offers, Outgoing, Place, Waiting, Wants, Way, With};
use crate::outgoing::close_left;
use crate::{Action, Call, Callee, Fact, Target, Timer};

/// What a citizen's priority grows by who has waited and talked once: enough to go before those who wait at the same one.
pub(crate) const HANDED_ON: u8 = 1;

/// Some phones (baresip 1.0) hang up by themselves when what they asked for came to nothing: whoever hangs up so soon after that did
/// not mean to end the citizen's call.
const BY_ITSELF: Duration = Duration::from_secs(3);

impl With {
    /// Whether the end of the agent's dialog is the end of a handing on, not of the call.
    pub(crate) fn hands_on(&self, now: Time) -> bool {
        self.handing.is_some() || self.handed_back.is_some_and(|at| now - at < BY_ITSELF)
    }
}

impl Call {
    /// A REFER from a phone of this call (RFC 3515 §2.4.2).
    pub(crate) fn on_refer(&mut self, now: Now, place: usize, request: Ticket, to: &Target, out: &mut Vec<Action>) {
        let leg = self.legs[place].id.index;
        let status = match &self.journey {
            // A line that a citizen was brought to has no say here: its calls would go out by our rules and at our cost.
            _ if self.legs[place].agent().is_none() => 403,
            // A moment later it works.
            Journey::With(with) if with.greeting => 491,
            // One at a time.
            Journey::With(With { handing: Some(_), .. }) => 491,
            Journey::With(with) if with.leg == leg => match to {
                Target::Agent(agent) if Some(*agent) == with.peer.agent() => 403,
                Target::Agent(_) | Target::Group(_) | Target::Call(_) | Target::Line(_) => 202,
                Target::Nobody => 404,
            },
            // Who called a colleague may bring the colleague together with another one; whom a queue has served in a citizen's place
            // has no more to say than a citizen.
            Journey::With(With { place: None, .. }) if matches!(to, Target::Call(_)) => 202,
            _ => 403,
        };
        out.push(Action::Reply { request, status, body: None });
        match to {
            _ if status != 202 => {}
            Target::Agent(agent) => self.hand_to_agent(now, *agent, Way::Refer, out),
            Target::Group(group) => self.hand_to_group(now, place, *group, Way::Refer, out),
            Target::Call(call) => self.hand_to_call(leg, *call, out),
            Target::Line(number) => self.hand_to_line(now, number, Way::Refer, out),
            Target::Nobody => {}
        }
    }

    /// The talk goes on, with music, until the other agent has answered.
    pub(crate) fn hand_to_agent(&mut self, now: Now, agent: AgentId, way: Way, out: &mut Vec<Action>) {
        out.push(Action::Fact(Fact::Handing { to: self.agent_number(agent).to_owned() }));
        self.tell_handing(way, 100, out);
        let outgoing = match self.place() {
            Some(_) => {
                out.push(Action::Queue(acd::Command::Claim { call: self.start.id, agent }));
                None
            }
            None => Some(self.call_party(now, Callee::Colleague(agent), out)),
        };
        self.handing(HandTo::Agent(agent), outgoing, way);
    }

    /// The agent's right to call there is what counts.
    pub(crate) fn hand_to_line(&mut self, now: Now, number: &str, way: Way, out: &mut Vec<Action>) {
        out.push(Action::Fact(Fact::Handing { to: number.to_owned() }));
        self.tell_handing(way, 100, out);
        let outgoing = self.call_party(now, Callee::Line(number.to_owned()), out);
        self.handing(HandTo::Line, Some(outgoing), way);
    }

    pub(crate) fn handing(&mut self, to: HandTo, outgoing: Option<Outgoing>, way: Way) {
        if let Journey::With(with) = &mut self.journey {
            with.handing = Some(Box::new(Handing { to, ringing: Offers::default(), outgoing, way }));
        }
    }

    /// A phone that asked by REFER hears how it goes; whoever pressed keys hears what is said.
    fn tell_handing(&self, way: Way, status: u16, out: &mut Vec<Action>) {
        if let (Way::Refer, Journey::With(with)) = (way, &self.journey) {
            out.push(Action::HandingOn { leg: with.leg, status, over: status >= 200 });
        }
    }

    /// Whatever was under way for a handing on is over.
    pub(crate) fn drop_handing(&mut self, handing: Option<Box<Handing>>, out: &mut Vec<Action>) {
        let Some(Handing { to, ringing, outgoing, .. }) = handing.map(|handing| *handing) else { return };
        if let HandTo::Call(from) | HandTo::Group { call: Some(from), .. } = to {
            out.push(Action::Unfetch { from });
        }
        self.drop_ringing(ringing, out);
        outgoing.into_iter().for_each(|outgoing| close_left(outgoing, out));
    }

    /// A line takes whoever is brought to it: the agent is done.
    pub(crate) fn hand_to_group(&mut self, now: Now, place: usize, group: GroupId, way: Way, out: &mut Vec<Action>) {
        out.push(Action::Fact(Fact::Handing { to: self.group_name(group).to_owned() }));
        self.tell_handing(way, 200, out);
        self.hang_up(place, out);
        self.back_into_line(now, group, out);
    }

    /// The agent hung up before anybody has answered, as many phones do at once: the phone that rings goes on ringing, and after it
    /// comes the line.
    pub(crate) fn left_handing(&mut self, now: Now, out: &mut Vec<Action>) {
        let Journey::With(With { handing, place, .. }) = &mut self.journey else { return };
        match handing.as_mut().map(|handing| &mut handing.way) {
            Some(Way::Asks(Some(_))) => return self.end_asking(now, out),
            // Who leaves before somebody has answered has handed on.
            Some(way @ Way::Asks(None)) => *way = Way::Keys,
            _ => {}
        }
        let outside = handing.as_ref().is_some_and(|handing| handing.outgoing.is_some());
        let to = handing.as_ref().map(|handing| handing.to);
        match (to, *place) {
            // The other call says what becomes of it, or who is called: the queue has the citizen back when that is nothing.
            (Some(HandTo::Call(_)), _) => {}
            // As handed on to the group without asking: who rings for the question rings for the citizen next.
            (Some(HandTo::Group { group, .. }), _) => {
                let handing = handing.take();
                self.drop_handing(handing, out);
                self.back_into_line(now, group, out);
            }
            (Some(_), Some(_)) if outside => {}
            (_, Some(place)) => self.back_into_line(now, place.group, out),
            (_, None) => match handing.take().and_then(|handing| handing.outgoing) {
                Some(outgoing) => {
                    self.account.handed_on(now, out);
                    self.journey =
                        Journey::Calling(Calling { outgoing, told: 0, promised: None, last_resort: false, menu: None });
                }
                None => self.end(now, base::EndReason::AgentHangup, out),
            },
        }
    }

    /// The citizen waits since the same time as before, and goes before those of the same priority.
    fn back_into_line(&mut self, now: Now, group: GroupId, out: &mut Vec<Action>) {
        let kept = self.place().unwrap_or(Place { group, priority: 0, since: now.time });
        let (priority, since) = (kept.priority.saturating_add(HANDED_ON), kept.since);
        let (call, caller) = (self.start.id, self.caller);
        let ringing = self.journey.take_ringing();
        self.account.handed_on(now, out);
        for timer in [Timer::MaxTalk, Timer::Vanished] {
            out.push(Action::Disarm(timer));
        }
        let place = Place { group, priority, since };
        self.journey = Journey::Waiting(Waiting { place, ringing, wants: Wants::Service });
        let said = self.sounds(&["please-wait"]);
        self.begin_wait(now, group, said, out);
        out.push(Action::Queue(acd::Command::Return { call, caller, group, priority, since }));
    }

    /// Nobody takes the citizen: the agent has the talk back.
    pub(crate) fn unclaimed(&mut self, now: Now, to: HandTo, status: u16, out: &mut Vec<Action>) {
        let Journey::With(with) = &mut self.journey else { return };
        let Some(handing) = with.handing.take_if(|handing| handing.to == to) else { return };
        let (leg, way) = (with.leg, handing.way);
        with.handed_back = Some(now.time);
        self.drop_ringing(handing.ringing, out);
        handing.outgoing.into_iter().for_each(|outgoing| close_left(outgoing, out));
        if !self.legs.iter().any(|l| l.id.index == leg && l.is_live()) {
            return self.left_handing(now, out);
        }
        out.push(Action::Fact(Fact::HandedBack));
        match way {
            Way::Refer => out.push(Action::HandingOn { leg, status, over: true }),
            Way::Keys | Way::Asks(_) if matches!(to, HandTo::Group { .. }) => {
                self.say_to_agent(&["queue-refused"], After::Silence);
            }
            Way::Keys | Way::Asks(_) => self.say_to_agent(&["agent-refused"], After::Silence),
        }
    }

    /// The other agent has answered: the first one's phone is told so and hung up.
    pub(crate) fn hand_over(&mut self, now: Now, out: &mut Vec<Action>) {
        let Journey::With(With { handing: Some(handing), .. }) = &self.journey else { return };
        let way = handing.way;
        self.account.handed_on(now, out);
        self.tell_handing(way, 200, out);
    }

    /// The place in the queue, of who waits and of who talks.
    pub(crate) fn place(&self) -> Option<Place> {
        match &self.journey {
            Journey::Waiting(waiting) => Some(waiting.place),
            Journey::With(with) => with.place,
            Journey::CallingBack(back) => Some(back.place),
            _ => None,
        }
    }
}
