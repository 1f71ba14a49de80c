//! A line is somewhere else (3xx): the call goes on there, as far as the switch lets it (RFC 3261 §8.1.3.4).

use base::{Lease, Now};

use crate::journey::Outgoing;
use crate::leg::{Party, State};
use crate::outgoing::close;
use crate::ways::SILENT_WAY;
use crate::{Action, Call, Destination, Line, Timer};

/// Redirections of one dialling that are followed: to where a line was moved, and on to whom is there today. Who is sent on a third
/// time is sent around.
const REDIRECTIONS_MAX: u8 = 2;

/// What came of a 3xx to a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub leg: u16,
    /// Place in `Plan::trunks` of the trunk that said it.
    pub trunk: usize,
    /// Ways to where the call may go on, best first, each with a media end; none where there is no such place.
    pub lines: Vec<(Line, Lease)>,
}

impl Call {
    pub(crate) fn on_moved(&mut self, now: Now, moved: Moved, out: &mut Vec<Action>) {
        let Moved { leg, trunk, mut lines } = moved;
        let leases = |lines: Vec<(Line, Lease)>| lines.into_iter().map(|(_, lease)| lease);
        let Some(place) = self.legs.iter().position(|l| l.id.index == leg && l.is_live()) else {
            return close(leases(lines), out);
        };
        self.legs[place].state = State::Ending;
        self.close_media(place, out);
        let Some(outgoing) = self.journey.outgoing() else { return close(leases(lines), out) };
        if outgoing.redirections == REDIRECTIONS_MAX {
            close(leases(std::mem::take(&mut lines)), out);
        }
        if lines.is_empty() {
            return self.nowhere_to_follow(now, trunk, out);
        }
        outgoing.redirections += 1;
        let ahead = lines.into_iter().map(|(line, lease)| (Destination::Line(Box::new(line)), lease));
        outgoing.moved.splice(..0, ahead);
        self.try_next_contact(now, out);
    }

    /// The trunk knows the callee elsewhere, where we may not go. Nobody has spoken, so another trunk may bring the call to there by
    /// itself; another address of this one would say the same again.
    fn nowhere_to_follow(&mut self, now: Now, trunk: usize, out: &mut Vec<Action>) {
        if self.try_next_contact(now, out) {
            return;
        }
        if let Some(outgoing) = self.journey.outgoing() {
            let same = |(to, _): &(Destination, Lease)| matches!(to, Destination::Line(line) if line.trunk == trunk);
            let (same, others) = std::mem::take(&mut outgoing.left).into_iter().partition::<Vec<_>, _>(same);
            outgoing.left = others;
            close(same.into_iter().map(|(_, lease)| lease), out);
        }
        if !self.try_next_line(now, out) {
            self.callee_failed(now, None, out);
        }
    }

    /// The next place that a redirection named; false when none is left. The time to ring goes on as it was.
    pub(crate) fn try_next_contact(&mut self, now: Now, out: &mut Vec<Action>) -> bool {
        let Some(outgoing) = self.journey.outgoing().filter(|outgoing| !outgoing.moved.is_empty()) else {
            return false;
        };
        let way = outgoing.moved.remove(0);
        (outgoing.heard, outgoing.follows) = (false, true);
        let until = if outgoing.has_another() { outgoing.until.min(now.time + SILENT_WAY) } else { outgoing.until };
        out.push(Action::Arm { timer: Timer::NoAnswer, at: until });
        self.dial(Party::Outside, way, std::time::Duration::ZERO, out);
        true
    }
}

impl Outgoing {
    /// Whether there is a way that may still be tried when this one leads nowhere.
    pub(crate) fn has_another(&self) -> bool {
        !self.moved.is_empty() || self.may_go_around() && !self.left.is_empty()
    }

    /// Another trunk is asked only while it has rung nowhere and nobody has said no.
    pub(crate) fn may_go_around(&self) -> bool {
        !self.rings && self.refusal.is_none()
    }

    /// The media ends of the ways that were not tried.
    pub(crate) fn take_untried(&mut self) -> impl Iterator<Item = Lease> + use<> {
        let (moved, left) = (std::mem::take(&mut self.moved), std::mem::take(&mut self.left));
        moved.into_iter().chain(left).map(|(_, lease)| lease)
    }
}
