//! The end of a call, and of its legs.

use base::{EndReason, Job, Now, Record, RecordEntry, WaitOutcome};

use crate::journey::{Calling, Journey, Wants};
use crate::leg::{Party, State};
use crate::outgoing::close_left;
use crate::{Action, Call, Fact};

impl Call {
    pub(crate) fn on_closed(&mut self, now: Now, place: usize, out: &mut Vec<Action>) {
        if self.legs[place].is_live() {
            // The dialog ended without a word of ours or theirs: a fault of the path.
            self.far_end_left(place, now, EndReason::MediaLost, out);
        }
        self.close_media(place, out);
        let agent = match self.legs[place].party {
            Party::Own(agent) => Some(agent),
            _ => None,
        };
        if place > 0 {
            self.legs.remove(place);
        } else {
            self.legs[0].state = State::Ending;
            self.legs[0].closed = true;
        }
        self.release_own(agent, out);
    }

    /// Ends the call for this reason, once: later reasons change nothing.
    pub(crate) fn end(&mut self, now: Now, reason: EndReason, out: &mut Vec<Action>) {
        if matches!(self.journey, Journey::Ending) {
            return;
        }
        let journey = std::mem::replace(&mut self.journey, Journey::Ending);
        self.leave(now, journey, reason, out);
        for place in 0..self.legs.len() {
            self.hang_up(place, out);
        }
        let record = Box::new(self.record(now, reason));
        out.push(Action::Fact(Fact::Ended { record: record.clone() }));
        out.push(Action::Record(RecordEntry::End(record)));
    }

    /// Tells the queue that the caller leaves the part of the journey that it knows of.
    fn leave(&mut self, now: Now, journey: Journey, reason: EndReason, out: &mut Vec<Action>) {
        let outcome = if reason == EndReason::Abandoned { WaitOutcome::Abandoned } else { WaitOutcome::Ended };
        match journey {
            Journey::Waiting(waiting) => {
                if let Wants::Advice { promised: Some(to) } = waiting.wants {
                    out.push(Action::NotGiven { to });
                }
                self.account.wait_ended(now, outcome, out);
                out.push(Action::Queue(self.leaves_queue(reason)));
                self.drop_ringing(waiting.ringing, out);
            }
            Journey::With(with) => {
                self.drop_handing(with.handing, out);
                // Also of a colleague whom the queue was told of and has given no number.
                if let Some(agent) = with.place.and(with.peer.agent()) {
                    out.push(Action::Queue(acd::Command::Ended { call: self.start.id, agent }));
                }
            }
            Journey::CallingBack(back) => self.leave_call_back(now, *back, out),
            Journey::Calling(Calling { promised, outgoing, .. }) => {
                self.account.wait_ended(now, outcome, out);
                out.extend(promised.map(|to| Action::NotGiven { to }));
                close_left(outgoing, out);
            }
            _ => {}
        }
    }

    /// The record of a call whose logic failed.
    pub fn cut_short(&mut self, now: Now, reason: EndReason) -> Record {
        self.account.wait_ended(now, WaitOutcome::Ended, &mut Vec::new());
        self.record(now, reason)
    }

    fn record(&mut self, now: Now, reason: EndReason) -> Record {
        self.account.finish(now, reason, self.plan.prompts.locale_name(self.locale), &self.menu.version)
    }

    /// Ends a leg that is not ending yet and frees its media.
    pub(crate) fn hang_up(&mut self, place: usize, out: &mut Vec<Action>) {
        self.close_media(place, out);
        let leg = &mut self.legs[place];
        if leg.is_live() {
            leg.state = State::Ending;
            out.push(Action::HangUp { leg: leg.id.index, status_if_early: 480 });
        }
    }

    pub(crate) fn close_media(&mut self, place: usize, out: &mut Vec<Action>) {
        let leg = &mut self.legs[place];
        if std::mem::take(&mut leg.leased) {
            leg.heard = None;
            out.push(Action::Job(Job::Close { end: leg.lease.end }));
        }
    }

    /// Puts the leg's end to work once there is an agreement.
    pub(crate) fn open(&mut self, place: usize, out: &mut Vec<Action>) {
        let leg = &mut self.legs[place];
        if let Some(params) = leg.params {
            leg.heard = Some(base::Source::Silence);
            out.push(Action::Job(Job::Open { end: leg.lease.end, leg: leg.id, params, signalled_from: leg.peer }));
        }
    }

    /// After every event: tell workers and roster what has become true, and end when nothing is left.
    pub(crate) fn settle(&mut self, out: &mut Vec<Action>) {
        self.sync_stage(out);
        self.sync_slots(out);
        // The only leg of a call may have gone to another one.
        let closed = self.legs.len() <= 1 && self.legs.iter().all(|leg| leg.closed);
        let done = matches!(self.journey, Journey::Ending) && closed;
        if done && !self.over && self.slots.is_empty() {
            self.over = true;
            out.push(Action::Fact(Fact::Over));
            out.push(Action::Over);
        }
    }
}
