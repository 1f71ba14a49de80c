//! Keys that an agent presses in a talk: plain phones hand on, ask a colleague first, and come back by them.

use std::time::Duration;

use base::{After, Digit, Now, PlayId, Time};

use crate::journey::{HandTo, Journey, Way, With};
use crate::plan::TalkKeys;
use crate::stage::Program;
use crate::{Action, Call, Callee, Fact, Target};

/// Between two keys of one code: twice what a slow hand needs.
const BETWEEN: Duration = Duration::from_secs(8);
/// A code, the longest number, and the end of it.
const KEYS_MAX: usize = 44;

/// What was pressed of a code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    text: String,
    last: Time,
}

/// A code and the number behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pressed {
    HandOn(String),
    Ask(String),
    Back,
}

impl Keys {
    /// A star begins anew: no number has one.
    fn press(&mut self, now: Time, digit: Digit, codes: &TalkKeys) -> Option<Pressed> {
        if digit == Digit::Star || now - self.last > BETWEEN || self.text.len() >= KEYS_MAX {
            self.text.clear();
        }
        self.last = now;
        if digit != Digit::Star && self.text.is_empty() {
            return None;
        }
        self.text.push(digit.as_char());
        let pressed = read(&self.text, codes)?;
        self.text.clear();
        Some(pressed)
    }
}

fn read(text: &str, codes: &TalkKeys) -> Option<Pressed> {
    if text == codes.back {
        return Some(Pressed::Back);
    }
    let whole = text.strip_suffix('#')?;
    let behind = |code: &str| whole.strip_prefix(code).map(str::to_owned);
    behind(&codes.hand_on).map(Pressed::HandOn).or_else(|| behind(&codes.ask).map(Pressed::Ask))
}

impl Call {
    /// The agent who talks pressed a key.
    pub(crate) fn on_agent_key(&mut self, now: Now, leg: u16, digit: Digit, out: &mut Vec<Action>) {
        let plan = std::sync::Arc::clone(&self.plan);
        let Journey::With(with) = &mut self.journey else { return };
        if with.leg != leg || with.greeting || with.peer.agent().is_none() {
            return;
        }
        let Some(pressed) = with.keys.press(now.time, digit, &plan.talk_keys) else { return };
        let way = with.handing.as_ref().map(|handing| handing.way);
        match (pressed, way) {
            (Pressed::HandOn(number), None) => self.key_hand_on(now, leg, &plan.target(&number), out),
            (Pressed::Ask(number), None) => self.key_ask(now, &plan.target(&number), out),
            (Pressed::HandOn(number), Some(Way::Asks(Some(_)))) if number.is_empty() => self.end_asking(now, out),
            (Pressed::Back, Some(Way::Asks(_) | Way::Keys)) => self.key_back(out),
            _ => self.say_to_agent(&["agent-refused"], After::Silence),
        }
    }

    fn key_hand_on(&mut self, now: Now, leg: u16, to: &Target, out: &mut Vec<Action>) {
        let place = self.legs.iter().position(|l| l.id.index == leg);
        match to {
            Target::Agent(agent) if !self.is_me(*agent) => self.hand_to_agent(now, *agent, Way::Keys, out),
            Target::Line(number) => self.hand_to_line(now, number, Way::Keys, out),
            Target::Group(group) if place.is_some_and(|place| place > 0) => {
                self.hand_to_group(now, place.unwrap_or_default(), *group, Way::Keys, out);
            }
            _ => self.say_to_agent(&["agent-refused"], After::Silence),
        }
    }

    /// The citizen hears music while the agent talks with somebody else.
    fn key_ask(&mut self, now: Now, to: &Target, out: &mut Vec<Action>) {
        let (hand_to, callee) = match to {
            Target::Group(group) => return self.ask_group(*group, out),
            Target::Agent(agent) if !self.is_me(*agent) => (HandTo::Agent(*agent), Callee::Colleague(*agent)),
            Target::Line(number) => (HandTo::Line, Callee::Line(number.clone())),
            _ => return self.say_to_agent(&["agent-refused"], After::Silence),
        };
        out.push(Action::Fact(Fact::Handing { to: self.callee_number(&callee).to_owned() }));
        let outgoing = self.call_party(now, callee, out);
        self.handing(hand_to, Some(outgoing), Way::Asks(None));
        self.say_to_agent(&["please-wait"], self.hold_music());
    }

    fn is_me(&self, agent: base::AgentId) -> bool {
        matches!(&self.journey, Journey::With(with) if with.peer.agent() == Some(agent))
    }

    /// Whether the agent wants to talk first with who answers.
    pub(crate) fn asks(&self) -> bool {
        matches!(&self.journey, Journey::With(With { handing: Some(handing), .. }) if handing.way == Way::Asks(None))
    }

    /// Somebody answers whom the agent asks first.
    pub(crate) fn asked(&mut self, place: usize) {
        let leg = self.legs[place].id.index;
        if let Journey::With(With { handing: Some(handing), told, .. }) = &mut self.journey {
            (handing.way, handing.outgoing, *told) = (Way::Asks(Some(leg)), None, None);
        }
    }

    /// Who was asked has the citizen from now on.
    pub(crate) fn end_asking(&mut self, now: Now, out: &mut Vec<Action>) {
        if let Some(place) = self.asked_leg().and_then(|leg| self.legs.iter().position(|l| l.id.index == leg)) {
            self.take_over(now, place, out);
        }
    }

    /// The leg of who was asked and has answered.
    pub(crate) fn asked_leg(&self) -> Option<u16> {
        match &self.journey {
            Journey::With(With { handing: Some(handing), .. }) => match handing.way {
                Way::Asks(leg) => leg,
                _ => None,
            },
            _ => None,
        }
    }

    /// The agent goes back to the citizen, and whoever was called or asked is hung up.
    fn key_back(&mut self, out: &mut Vec<Action>) {
        let Journey::With(with) = &mut self.journey else { return };
        // A phone that rings for the queue is the queue's to stop.
        if with.handing.as_ref().is_none_or(|handing| handing.outgoing.is_none() && handing.way == Way::Keys) {
            return self.say_to_agent(&["agent-refused"], After::Silence);
        }
        let (handing, talks) = (with.handing.take(), with.leg);
        with.told = None;
        self.drop_handing(handing, out);
        out.push(Action::Disarm(crate::Timer::NoAnswer));
        self.stop_others(talks, out);
        out.push(Action::Fact(Fact::HandedBack));
    }

    /// Who was asked is gone: the agent is with the citizen again.
    pub(crate) fn asked_left(&mut self, now: Now, leg: u16, out: &mut Vec<Action>) -> bool {
        if self.asked_leg() != Some(leg) {
            return false;
        }
        if let Journey::With(with) = &mut self.journey {
            (with.handing, with.handed_back) = (None, Some(now.time));
        }
        out.push(Action::Fact(Fact::HandedBack));
        true
    }

    /// The agent alone hears this.
    pub(crate) fn say_to_agent(&mut self, names: &[&str], after: After) {
        let sounds = self.sounds(names);
        if let Journey::With(with) = &mut self.journey {
            with.told = Some(Program::of_agent(with.told.as_ref(), sounds, after));
        }
    }

    /// What the agent alone heard is over.
    pub(crate) fn on_agent_played(&mut self, play: PlayId) {
        if let Journey::With(with) = &mut self.journey {
            with.told.take_if(|told| told.is(play) && told.ends());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(text: &str) -> Vec<Pressed> {
        let mut keys = Keys::default();
        let digits = text.chars().filter_map(Digit::from_char);
        digits.filter_map(|digit| keys.press(Time::from_millis(100_000), digit, &TalkKeys::default())).collect()
    }

    #[test]
    fn codes_are_read_among_other_keys() {
        let hand_on = |number: &str| Pressed::HandOn(number.to_owned());
        let ask = |number: &str| Pressed::Ask(number.to_owned());
        assert_eq!(pressed("*11002#"), [hand_on("1002")]);
        assert_eq!(pressed("*21002#*1#"), [ask("1002"), hand_on("")]);
        assert_eq!(pressed("*213900139000#*0"), [ask("13900139000"), Pressed::Back]);
        assert_eq!(pressed("12#34*2100*21002#"), [ask("1002")], "a star begins anew");
        assert_eq!(pressed("*9100#5#"), [], "no code of ours");
        let long = format!("*1{}#", "1".repeat(60));
        assert_eq!(pressed(&long), [], "no number is so long");
    }

    #[test]
    fn a_code_is_pressed_in_one_go() {
        let (mut keys, codes) = (Keys::default(), TalkKeys::default());
        let mut press = |ms: u64, key| {
            let digit = Digit::from_char(key).expect("a key");
            keys.press(Time::from_millis(100_000 + ms), digit, &codes)
        };
        assert_eq!(press(0, '*'), None);
        assert_eq!(press(9_000, '0'), None, "too late to belong to the star");
        assert_eq!(press(10_000, '*'), None);
        assert_eq!(press(17_000, '0'), Some(Pressed::Back));
    }
}
