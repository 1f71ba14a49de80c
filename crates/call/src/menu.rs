//! The citizen in the menu: what the interpreter obliges the call to do.

use base::{Digit, EndReason, GroupId, Now, SoundId};
use ivr::{Event as Walked, LocaleId, Step, Walk};

use crate::journey::Journey;
use crate::leg::Party;
use crate::plan::PRIORITY_MAX;
use crate::{Action, Call, Fact, Timer};

impl Call {
    /// The phone has opened its ear.
    pub(crate) fn begin(&mut self, now: Now, out: &mut Vec<Action>) {
        if let Some(prompt) = self.errand {
            self.journey = Journey::Leaving(EndReason::MenuEnd);
            self.program.play(self.sounds(&[prompt]), base::After::Silence);
            return;
        }
        if let Some(group) = self.asks.take() {
            return self.wait_for_advice(now, group, None, out);
        }
        self.ask_for_repeats(out);
        let menu = &self.menu.menu;
        let walk = if self.surge.begins { Walk::in_surge(menu) } else { Walk::new(menu) };
        self.journey = Journey::Menu(Box::new(walk));
        out.push(Action::Arm { timer: Timer::MenuLimit, at: now.time + self.plan.limits.menu });
        self.walk(now, ivr::Event::Start, out);
    }

    /// Has a citizen's call counted, and be told of earlier ones; none of a number that is nobody's business, nor one of an agent.
    fn ask_for_repeats(&self, out: &mut Vec<Action>) {
        let counts = self.legs[0].party == Party::Outside && !self.account.is_confidential();
        if let Some(caller) = self.caller.filter(|_| counts) {
            out.push(Action::Queue(acd::Command::Called { call: self.start.id, caller }));
        }
    }

    pub(crate) fn on_digit(&mut self, now: Now, digit: Digit, out: &mut Vec<Action>) {
        match self.journey {
            Journey::Waiting(_) => self.on_waiting_key(digit, out),
            _ => self.walk(now, Walked::Digit(digit), out),
        }
    }

    pub(crate) fn walk(&mut self, now: Now, event: Walked, out: &mut Vec<Action>) {
        let Journey::Menu(walk) = &mut self.journey else { return };
        let mut steps = Vec::new();
        walk.handle(&self.menu.menu, now, event, &mut steps);
        for step in steps {
            self.take_step(now, step, out);
        }
    }

    fn take_step(&mut self, now: Now, step: Step, out: &mut Vec<Action>) {
        match step {
            Step::Enter(node) => self.account.visited(self.menu.menu.node_name(node), out),
            Step::Locale(locale) => self.speak(locale, out),
            Step::Play(sounds) => self.program.play(sounds, base::After::Silence),
            Step::Wait { until } => out.push(Action::Arm { timer: Timer::Menu, at: until }),
            Step::StopWaiting => out.push(Action::Disarm(Timer::Menu)),
            Step::Queue { group, priority, said } => self.leave_menu(now, (group, priority), said, out),
            Step::End => self.end(now, EndReason::MenuEnd, out),
        }
    }

    fn speak(&mut self, locale: LocaleId, out: &mut Vec<Action>) {
        self.locale = locale;
        let locale = self.plan.prompts.locale_name(locale).to_owned();
        out.push(Action::Fact(Fact::Language { locale }));
    }

    pub(crate) fn menu_limit(&mut self, now: Now, out: &mut Vec<Action>) {
        if matches!(self.journey, Journey::Menu(_)) {
            self.leave_menu(now, self.menu.menu.person_in(self.locale), Vec::new(), out);
        }
    }

    fn leave_menu(&mut self, now: Now, (group, priority): (GroupId, u8), said: Vec<SoundId>, out: &mut Vec<Action>) {
        out.push(Action::Disarm(Timer::Menu));
        out.push(Action::Disarm(Timer::MenuLimit));
        let listed = self.plan.known.find(&self.start.caller).filter(|_| self.legs[0].party == Party::Outside);
        // As much as a menu can give.
        let priority = priority.saturating_add(listed.map_or(0, |list| list.priority)).min(PRIORITY_MAX);
        self.enqueue(now, (group, priority), said, out);
    }

    pub(crate) fn on_played(&mut self, now: Now, out: &mut Vec<Action>) {
        match &mut self.journey {
            Journey::Menu(_) => self.walk(now, Walked::Played, out),
            Journey::With(with) if with.greeting => {
                with.greeting = false;
                self.account.talk_began(now, out);
            }
            Journey::Leaving(reason) => {
                let reason = *reason;
                self.end(now, reason, out);
            }
            _ => {}
        }
    }
}
