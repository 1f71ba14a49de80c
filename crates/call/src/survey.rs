//! The agent has hung up, and the citizen is asked how the talk was (满意度).

use base::{EndReason, Now};
use ivr::Walk;

use crate::journey::{Journey, Peer, With};
use crate::leg::Party;
use crate::{Action, Call, Timer};

impl Call {
    /// The agent of the talk hung up: the call ends, for whom nothing is asked.
    pub(crate) fn talk_over(&mut self, now: Now, reason: EndReason, out: &mut Vec<Action>) {
        match self.survey_of(now, reason) {
            Some((agent, walk)) => self.ask_for_verdict(now, reason, agent, walk, out),
            None => self.end(now, reason, out),
        }
    }

    /// The questions for a citizen who talked for long enough with an agent of the queue, and is drawn.
    fn survey_of(&self, now: Now, reason: EndReason) -> Option<(base::AgentId, Walk)> {
        let Journey::With(With { peer: Peer::Offered { agent, .. }, .. }) = self.journey else { return None };
        let survey = self.menu.menu.survey()?;
        let citizen = self.legs.first().filter(|leg| leg.is_live() && leg.party == Party::Outside)?;
        let long_enough = self.account.talk_lasts(now).is_some_and(|talk| talk >= survey.talk_min);
        // Drawn once a call, like the number itself.
        let drawn = self.session_id % 100 < u64::from(survey.percent);
        let asked = citizen.params.is_some() && long_enough && drawn && reason == EndReason::AgentHangup;
        asked.then(|| Walk::survey(&self.menu.menu, self.locale)).flatten().map(|walk| (agent, walk))
    }

    fn ask_for_verdict(
        &mut self,
        now: Now,
        reason: EndReason,
        agent: base::AgentId,
        walk: Walk,
        out: &mut Vec<Action>,
    ) {
        for timer in [Timer::MaxTalk, Timer::Vanished] {
            out.push(Action::Disarm(timer));
        }
        self.account.asked_for_verdict(now, out);
        out.push(Action::Queue(acd::Command::Ended { call: self.start.id, agent }));
        self.after_survey = Some(reason);
        self.stop_others(self.citizen(), out);
        self.enter_menu(now, walk, ivr::Event::Start, out);
    }
}
