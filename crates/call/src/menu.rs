//! The citizen in the menu: what the interpreter obliges the call to do.

use std::time::Duration;

use base::{After, Clip, Digit, EndReason, GroupId, Now, SoundId};
use ivr::{Around, Event as Walked, LocaleId, Step, Walk};

use crate::journey::{Calling, FromMenu, Journey};
use crate::leg::Party;
use crate::number::LineKind;
use crate::plan::PRIORITY_MAX;
use crate::{Action, Call, Callee, Fact, Timer};

impl Call {
    /// The phone has opened its ear.
    pub(crate) fn begin(&mut self, now: Now, out: &mut Vec<Action>) {
        if let Some(prompt) = self.errand {
            self.journey = Journey::Leaving(EndReason::MenuEnd);
            self.program.play(self.sounds(&[prompt]), After::Silence);
            return;
        }
        if let Some(group) = self.asks.take() {
            return self.wait_for_advice(now, group, None, out);
        }
        let menu = &self.menu.menu;
        let walk = if self.surging.contains(&menu.person().0) { Walk::in_surge(menu) } else { Walk::new(menu) };
        self.enter_menu(now, walk, Walked::Start, out);
    }

    /// From here on the menu has the citizen, for its longest time at most.
    pub(crate) fn enter_menu(&mut self, now: Now, walk: Walk, event: Walked<'_>, out: &mut Vec<Action>) {
        self.journey = Journey::Menu(Box::new(walk));
        out.push(Action::Arm { timer: Timer::MenuLimit, at: now.time + self.plan.limits.menu });
        self.walk(now, event, out);
    }

    /// Has a citizen's call counted, and be told of earlier ones; none of a number that is nobody's business, nor one of an agent.
    pub(crate) fn ask_for_repeats(&self, out: &mut Vec<Action>) {
        let counts = self.legs[0].party == Party::Outside && self.errand.is_none() && !self.account.is_confidential();
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

    /// Another system has answered.
    pub(crate) fn on_web(&mut self, now: Now, question: u32, values: Option<&[String]>, out: &mut Vec<Action>) {
        if question == self.question {
            self.walk(now, Walked::Fetched(values), out);
        }
    }

    /// A text of the menu is a sound, or nobody spoke it.
    pub(crate) fn on_synthesized(&mut self, now: Now, question: u32, clip: Option<Clip>, out: &mut Vec<Action>) {
        if question == self.question {
            let clip = clip.map(|clip| clip.numbered(question));
            self.walk(now, Walked::Synthesized(clip.as_ref()), out);
        }
    }

    pub(crate) fn walk(&mut self, now: Now, event: Walked<'_>, out: &mut Vec<Action>) {
        let mut walk = match std::mem::replace(&mut self.journey, Journey::Arriving) {
            Journey::Menu(walk) => walk,
            other => return self.journey = other,
        };
        let mut steps = Vec::new();
        walk.handle(&self.menu.menu, &self.around(), now, event, &mut steps);
        self.journey = Journey::Menu(walk);
        for step in steps {
            self.take_step(now, step, out);
        }
    }

    /// What the menu may ask about this call.
    fn around(&self) -> Around<'_> {
        let known = self.caller.is_some() && !self.account.is_confidential();
        let caller = if known { self.start.caller.as_str() } else { "" };
        let home = self.plan.areas.home(&self.start.caller, !known);
        Around {
            caller,
            called: &self.start.called,
            city: home.city.unwrap_or_default(),
            county: home.county.unwrap_or_default(),
            line: LineKind::of(caller).name(),
            list: self.plan.known.find(caller).map_or("", |list| list.name.as_str()),
            called_before: self.account.earlier().into(),
            surging: &self.surging,
            on_air: &self.plan.on_air,
            prompts: &self.plan.prompts,
            understands: self.plan.understands,
        }
    }

    /// What the newest step of the menu lets the citizen hear.
    fn said(&self) -> Vec<SoundId> {
        if let Journey::Menu(walk) = &self.journey { walk.said().to_vec() } else { Vec::new() }
    }

    fn take_step(&mut self, now: Now, step: Step, out: &mut Vec<Action>) {
        match step {
            Step::Enter(node) => self.account.visited(self.menu.menu.node_name(node), out),
            Step::Locale(locale) => self.speak(locale, out),
            Step::Play => self.program.play(self.said(), After::Silence),
            Step::PlayClip(clip) => self.program.play_clip(clip),
            Step::Hush => self.program.play(Vec::new(), After::Silence),
            Step::Wait { until } => out.push(Action::Arm { timer: Timer::Menu, at: until }),
            Step::StopWaiting => out.push(Action::Disarm(Timer::Menu)),
            Step::Fetch(request) => {
                self.question = self.question.wrapping_add(1);
                out.push(Action::Web { question: self.question, request });
            }
            Step::Synthesize(speech) => {
                self.question = self.question.wrapping_add(1);
                out.push(Action::Synthesize { question: self.question, speech });
            }
            // Its answer is of a question that nobody asks any more.
            Step::StopFetching => self.question = self.question.wrapping_add(1),
            Step::Listen => self.listen(out),
            Step::StopListening => self.stop_listening(out),
            Step::Recognize => self.recognize(out),
            Step::Queue { group, priority, call_back } => {
                self.leave_menu(now, (group, priority), self.said(), out);
                if call_back {
                    self.ask_for_call_back(out);
                }
            }
            Step::Transfer { to, ring, talk_max } => self.transfer(now, &to, (ring, talk_max), out),
            Step::Rated(grade) => self.account.rated(grade, out),
            Step::WrongKey => self.account.pressed_wrong(out),
            // A record tells of keys alone.
            Step::NotUnderstood => {}
            Step::End => self.end(now, self.after_survey.unwrap_or(EndReason::MenuEnd), out),
        }
    }

    fn speak(&mut self, locale: LocaleId, out: &mut Vec<Action>) {
        self.locale = locale;
        let locale = self.plan.prompts.locale_name(locale).to_owned();
        out.push(Action::Fact(Fact::Language { locale }));
    }

    pub(crate) fn menu_limit(&mut self, now: Now, out: &mut Vec<Action>) {
        match (&self.journey, self.after_survey) {
            (Journey::Menu(_), Some(reason)) => self.end(now, reason, out),
            (Journey::Menu(_), None) => {
                self.leave_menu(now, self.menu.menu.person_in(self.locale), Vec::new(), out);
            }
            _ => {}
        }
    }

    fn leave_menu(&mut self, now: Now, (group, priority): (GroupId, u8), said: Vec<SoundId>, out: &mut Vec<Action>) {
        out.push(Action::Disarm(Timer::Menu));
        out.push(Action::Disarm(Timer::MenuLimit));
        self.stop_listening(out);
        self.after_survey = None;
        let listed = self.plan.known.find(&self.start.caller).filter(|_| self.legs[0].party == Party::Outside);
        // As much as a menu can give.
        let priority = priority.saturating_add(listed.map_or(0, |list| list.priority)).min(PRIORITY_MAX);
        self.enqueue(now, (group, priority), said, out);
    }

    /// To a line outside, which the house calls; the menu has the caller again when that comes to nothing.
    fn transfer(&mut self, now: Now, to: &str, (ring, talk_max): (Duration, Option<Duration>), out: &mut Vec<Action>) {
        let Some(line) = self.plan.line(to) else { return self.walk(now, Walked::Refused, out) };
        let Journey::Menu(walk) = std::mem::replace(&mut self.journey, Journey::Arriving) else { return };
        out.push(Action::Disarm(Timer::MenuLimit));
        out.push(Action::Fact(Fact::Calling { to: line.clone() }));
        let outgoing = self.call_party_for(now, Callee::Line(line), ring, out);
        let said = walk.said().to_vec();
        let menu = Some(Box::new(FromMenu { walk: *walk, talk_max }));
        self.journey = Journey::Calling(Calling { outgoing, told: 0, promised: None, last_resort: false, menu });
        self.program.play(said, self.hold_music());
    }

    /// Nobody could be reached on that line.
    pub(crate) fn back_in_menu(&mut self, now: Now, out: &mut Vec<Action>) {
        let Journey::Calling(Calling { menu: Some(menu), .. }) = &mut self.journey else { return };
        let walk = menu.walk.clone();
        self.enter_menu(now, walk, Walked::Refused, out);
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
