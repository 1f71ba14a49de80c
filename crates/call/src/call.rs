//! The call itself: its parts, its birth, its end, and the one place where events branch.

use std::net::IpAddr;
use std::sync::Arc;

use base::{AgentId, CallerKey, Codec, EndReason, GroupId, Job, Lease, LegId, Notice, Now, OrderNumber, StartRecord};
use ivr::LocaleId;

use crate::account::Account;
use crate::journey::{Calling, Journey, Peer, Waiting, Wants, With};
use crate::leg::{Leg, Party, State};
use crate::listening::Listening;
use crate::plan::MenuVersion;
use crate::slots::Slots;
use crate::stage::Program;
use crate::waiting::Withdrawn;
use crate::{Action, Callee, Change, Event, Plan, Signal, Timer};

/// The number of the leg that a call begins with: a citizen's, or that of an agent who calls.
pub(crate) const FIRST: u16 = 0;

/// A call from its INVITE to its last BYE.
#[derive(Clone, Debug)]
pub struct Call {
    pub(crate) start: Arc<StartRecord>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) menu: Arc<MenuVersion>,
    pub(crate) account: Account,
    pub(crate) journey: Journey,
    /// The citizen first, or who stands in the citizen's place: an agent who calls a colleague. The others come and go.
    pub(crate) legs: Vec<Leg>,
    /// Leg numbers are never used twice in a call.
    pub(crate) next_leg: u16,
    pub(crate) slots: Slots,
    /// The newest reservation that the queue took back; reservations only grow.
    pub(crate) withdrawn: Withdrawn,
    pub(crate) program: Program,
    pub(crate) locale: LocaleId,
    pub(crate) caller: Option<CallerKey>,
    /// The number at place 0, where that is a line that an agent called.
    pub(crate) line: Option<String>,
    pub(crate) errand: Option<&'static str>,
    /// The group that the agent asks, until the phone has opened its ear.
    pub(crate) asks: Option<GroupId>,
    /// The newest question to another system.
    pub(crate) question: u32,
    pub(crate) listening: Listening,
    /// Why the call ends once the citizen has said how satisfied they are.
    pub(crate) after_survey: Option<EndReason>,
    /// Groups that were in surge when the call arrived.
    pub(crate) surging: Arc<[GroupId]>,
    /// The caller has heard of a surge: that is said once.
    pub(crate) told_of_surge: bool,
    /// Drawn once; makes the `o=` lines of this call.
    pub(crate) session_id: u64,
    /// The next leg that is given takes another's place; within one turn of the switch.
    pub(crate) expects: bool,
    pub(crate) over: bool,
}

/// A first INVITE from a sender that may call.
#[derive(Clone, Debug)]
pub struct Arrival<'a> {
    pub start: Arc<StartRecord>,
    /// Tells callers apart; none when the number is withheld.
    pub caller: Option<CallerKey>,
    /// The citizen withholds the number: it is recorded, and shown to nobody.
    pub confidential: bool,
    /// That of the citizen whom the agent who calls talks with.
    pub order: Option<OrderNumber>,
    /// Place in `Plan::menus`.
    pub menu: usize,
    /// The prompt that is all that this call is about.
    pub errand: Option<&'static str>,
    /// The agent whose phone it is, in use for this call.
    pub agent: Option<AgentId>,
    /// Whom the agent calls; none for a number of ours.
    pub to: Option<Callee>,
    /// The group that the agent asks.
    pub asks: Option<GroupId>,
    /// Groups in surge.
    pub surging: Arc<[GroupId]>,
    pub lease: Lease,
    /// What is spoken with whoever sent it, the preferred one first.
    pub codecs: Vec<Codec>,
    pub peer: IpAddr,
    /// The body of the INVITE; none for a late offer.
    pub offer: Option<&'a [u8]>,
    pub session_id: u64,
}

impl Call {
    /// Answers the INVITE, or refuses it with 488 when there is no codec in common and 400 when its body makes no sense.
    ///
    /// # Panics
    /// When `arrival.menu` is no place in the plan; the switch takes it from the plan's called numbers.
    pub fn arrive(plan: Arc<Plan>, now: Now, mut arrival: Arrival<'_>, out: &mut Vec<Action>) -> Call {
        let (offer, to) = (arrival.offer, arrival.to.take());
        let mut call = Call::arriving(plan, arrival);
        match to {
            Some(to) => call.call_out(now, offer, to, out),
            None => call.answer_citizen(now, offer, out),
        }
        call.settle(out);
        call
    }

    /// A call of which nothing was said yet.
    pub(crate) fn arriving(plan: Arc<Plan>, arrival: Arrival<'_>) -> Call {
        let id = LegId { call: arrival.start.id, index: FIRST };
        let mut citizen = Leg::new(id, arrival.lease, arrival.peer, arrival.session_id, arrival.codecs);
        citizen.party = arrival.agent.map_or(Party::Outside, Party::Own);
        let mut call = Call::of(plan, arrival.start, arrival.menu, citizen, arrival.session_id);
        call.account = Account::new(Arc::clone(&call.start), arrival.confidential, arrival.order);
        // An agent who asks has no place of the citizens' that could be kept for a redial.
        call.caller = arrival.caller.filter(|_| arrival.asks.is_none());
        (call.errand, call.asks, call.surging) = (arrival.errand, arrival.asks, arrival.surging);
        call
    }

    /// A call with its first leg, of which nothing was said yet.
    pub(crate) fn of(plan: Arc<Plan>, start: Arc<StartRecord>, menu: usize, first: Leg, session_id: u64) -> Call {
        let menu = Arc::clone(&plan.menus[menu]);
        // Most calls have one agent's phone at a time beside the citizen's.
        let mut legs = Vec::with_capacity(2);
        legs.push(first);
        Call {
            account: Account::new(Arc::clone(&start), false, None),
            start,
            plan,
            menu,
            journey: Journey::Arriving,
            legs,
            next_leg: 1,
            slots: Slots::default(),
            withdrawn: Withdrawn::default(),
            program: Program::default(),
            locale: LocaleId(0),
            caller: None,
            line: None,
            errand: None,
            asks: None,
            question: 0,
            listening: Listening::default(),
            after_survey: None,
            surging: Arc::default(),
            told_of_surge: false,
            session_id,
            expects: false,
            over: false,
        }
    }

    pub fn handle(&mut self, now: Now, event: Event<'_>, out: &mut Vec<Action>) {
        match event {
            Event::Signal { leg, signal } => self.on_signal(now, leg, signal, out),
            Event::Notice(notice) => self.on_notice(now, notice, out),
            Event::Queue(action) => self.on_queue(now, action, out),
            Event::Offer(offer) => self.on_offer(now, offer, out),
            Event::Reached(reached) => self.on_reached(now, reached, out),
            Event::Unreached { agent, busy } => self.on_unreached(now, agent, busy, out),
            Event::Lines(lines) => self.on_lines(now, lines, out),
            Event::Moved(moved) => self.on_moved(now, moved, out),
            Event::NoLine { status } => self.callee_failed(now, Some(status), out),
            Event::Asking { call } => self.asking(call, out),
            Event::Give { leg, to } => self.give(now, leg, to, out),
            Event::Keep => self.keep(now, out),
            Event::Expect { leg } => self.expect(leg),
            Event::Given { index, leg } => self.given(now, index, leg, out),
            Event::NotGiven => self.not_given(now, out),
            Event::Web { question, values } => self.on_web(now, question, values.as_deref(), out),
            Event::Synthesized { question, clip } => self.on_synthesized(now, question, clip, out),
            Event::Understood { question, text } => self.on_understood(now, question, text.as_deref(), out),
            Event::Timer(timer) => self.on_timer(now, timer, out),
            Event::Stop(reason) => self.end(now, reason, out),
            Event::Confide => self.account.confide(out),
            Event::Order(order) if !self.is_ended() => self.account.ordered(order, out),
            Event::Order(_) => {}
            Event::Plan(plan) => self.adopt(now, plan, out),
        }
        self.settle(out);
    }

    fn answer_citizen(&mut self, now: Now, offer: Option<&[u8]>, out: &mut Vec<Action>) {
        let citizen = &mut self.legs[0];
        let body = match offer {
            Some(offer) => match citizen.answer(offer) {
                Ok(body) => body,
                Err(refusal) => return self.refuse(now, refusal.status(), EndReason::Refused, out),
            },
            None => citizen.offer(),
        };
        citizen.state = State::Offered;
        let locale = self.plan.prompts.locale_name(self.locale);
        self.account.started(&self.menu.version, locale, out);
        self.tell_own(0, out);
        self.account.answered(now, out);
        self.ask_for_repeats(out);
        self.open(0, out);
        out.push(Action::Answer { leg: FIRST, body });
    }

    /// Nobody answers whoever called; the media that was put by is freed.
    pub(crate) fn refuse(&mut self, now: Now, status: u16, reason: EndReason, out: &mut Vec<Action>) {
        out.push(Action::HangUp { leg: self.citizen(), status_if_early: status });
        self.legs[0].state = State::Ending;
        self.close_media(0, out);
        self.end(now, reason, out);
    }

    /// The leg of the citizen, or of who stands in the citizen's place.
    pub(crate) fn citizen(&self) -> u16 {
        self.legs[0].id.index
    }

    fn on_signal(&mut self, now: Now, leg: u16, signal: Signal<'_>, out: &mut Vec<Action>) {
        let Some(place) = self.legs.iter().position(|l| l.id.index == leg) else { return };
        match signal {
            Signal::Changed { request, body, method } => self.on_change(place, request, body, method, out),
            Signal::Closed => self.on_closed(now, place, out),
            Signal::Refer { request, .. } if !self.legs[place].is_live() => {
                out.push(Action::Reply { request, status: 481, body: None });
            }
            _ if !self.legs[place].is_live() => {}
            Signal::Cancelled => self.far_end_left(place, now, EndReason::Cancelled, out),
            Signal::Acked { body } => self.on_acked(now, place, body, out),
            Signal::AckMissing if place > 0 => self.agent_lost(now, place, out),
            Signal::AckMissing => self.end(now, EndReason::NoAck, out),
            Signal::Progress { status, body } => {
                self.legs[place].reached = true;
                self.on_progress(now, place, status, body, out);
            }
            Signal::Answered { body } => self.on_answered(now, place, body, out),
            Signal::Rejected { status } => self.on_rejected(now, place, status, out),
            Signal::Refer { request, to } => self.on_refer(now, place, request, to, out),
            Signal::Digit(digit) if place == 0 => self.on_digit(now, digit, out),
            Signal::Digit(digit) => self.on_agent_key(now, leg, digit, out),
            Signal::Bye => self.on_bye(now, place, out),
            Signal::Alive => self.alive(leg),
            Signal::Gone => self.far_end_left(place, now, EndReason::MediaLost, out),
        }
    }

    fn on_notice(&mut self, now: Now, notice: Notice, out: &mut Vec<Action>) {
        match notice {
            Notice::Digit { leg, digit } if leg.index == self.citizen() => self.on_digit(now, digit, out),
            Notice::Digit { leg, digit } => self.on_agent_key(now, leg.index, digit, out),
            Notice::Played { leg, play } if leg.index != self.citizen() => self.on_agent_played(play),
            Notice::Played { leg, play } if leg.index == self.citizen() && self.program.is(play) => {
                self.on_played(now, out)
            }
            Notice::Speaking { leg, listen } if leg.index == self.citizen() => self.on_speaking(now, listen, out),
            Notice::Spoken { leg, listen, voice } if leg.index == self.citizen() => {
                self.on_spoken(now, listen, voice, out);
            }
            Notice::Heard { leg } => self.spoke(leg.index),
            Notice::Silent { leg, for_ms } => self.probe(now, leg.index, for_ms, out),
            _ => {}
        }
    }

    fn on_timer(&mut self, now: Now, timer: Timer, out: &mut Vec<Action>) {
        match timer {
            Timer::Menu => self.walk(now, ivr::Event::Deadline, out),
            Timer::MenuLimit => self.menu_limit(now, out),
            Timer::Announce => self.ask_position(out),
            Timer::Redial => self.redial(out),
            Timer::SilentWay => self.leave_silent_ways(now, out),
            Timer::NoAnswer => self.no_answer(now, out),
            Timer::MaxTalk => self.end(now, EndReason::MaxTalk, out),
            Timer::Vanished => self.vanished(now, out),
        }
    }

    fn on_acked(&mut self, now: Now, place: usize, body: Option<&[u8]>, out: &mut Vec<Action>) {
        let leg = &mut self.legs[place];
        if leg.is_offering() {
            match body.map(|b| leg.accept(b)) {
                Some(Ok(())) if leg.heard.is_some() => out.push(change(leg)),
                Some(Ok(())) => self.open(place, out),
                // RFC 3261 §13.2.2.4 leaves nothing but a BYE when the answer cannot be used. A re-INVITE keeps what was.
                Some(Err(_)) | None if place == 0 && leg.params.is_none() => {
                    return self.end(now, EndReason::Refused, out);
                }
                _ => leg.forget_offer(),
            }
        }
        self.legs[place].state = State::Confirmed;
        if place == 0 && matches!(self.journey, Journey::Arriving) {
            self.begin(now, out);
        }
    }

    /// A re-INVITE or UPDATE of either party changes that party's leg alone: we stand in the middle of the media.
    fn on_change(
        &mut self,
        place: usize,
        request: base::Ticket,
        body: Option<&[u8]>,
        method: Change,
        out: &mut Vec<Action>,
    ) {
        let leg = &mut self.legs[place];
        let (status, body) = match (body, method) {
            _ if !leg.is_live() => (481, None),
            (Some(offer), _) => match leg.answer(offer) {
                Ok(answer) => (200, Some(answer)),
                Err(refusal) => (refusal.status(), None),
            },
            (None, Change::Reinvite) => (200, Some(leg.offer())),
            (None, Change::Update) => (200, None),
        };
        if status == 200 && !leg.is_offering() && leg.heard.is_some() {
            out.push(change(leg));
        }
        out.push(Action::Reply { request, status, body });
    }

    fn on_bye(&mut self, now: Now, place: usize, out: &mut Vec<Action>) {
        let reason = match &self.journey {
            Journey::With(With { peer: Peer::Line, .. }) if place > 0 => EndReason::LineHangup,
            _ if place > 0 => EndReason::AgentHangup,
            Journey::Waiting(Waiting { wants: Wants::Advice { .. }, .. }) => EndReason::Cancelled,
            Journey::Arriving if self.asks.is_some() => EndReason::Cancelled,
            Journey::Waiting(_) | Journey::Calling(Calling { last_resort: true, .. }) => EndReason::Abandoned,
            Journey::With(_) | Journey::Calling(_) => EndReason::CallerHangup,
            Journey::Leaving(reason) => *reason,
            _ => self.after_survey.unwrap_or(EndReason::LeftInMenu),
        };
        self.far_end_left(place, now, reason, out);
    }

    /// The far end of a leg is gone without our doing.
    pub(crate) fn far_end_left(&mut self, place: usize, now: Now, reason: EndReason, out: &mut Vec<Action>) {
        self.close_media(place, out);
        self.legs[place].state = State::Ending;
        if place == 0 && self.is_promised() {
            // Whoever answers is for the other call.
        } else if place == 0 {
            self.end(now, reason, out);
        } else {
            self.agent_left(now, place, reason, out);
        }
    }
}

pub(crate) fn change(leg: &Leg) -> Action {
    let params = leg.params.expect("only called after an agreement");
    Action::Job(Job::Change { end: leg.lease.end, params })
}
