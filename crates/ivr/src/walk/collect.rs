//! Several digits: typed, judged, read back.
//!
//! 0 is a digit here. A lone 0 that `#` or a pause follows asks for a person, since nothing that is asked for is so short.

use base::Digit;

use super::{State, Step, Turn, Walk};
use crate::entry::typed;
use crate::menu::{Digits, Kind, Target};
use crate::ways::Way;

/// What somebody types who wants a person.
const PERSON: &str = "0";
const RIGHT: Digit = Digit::Number(1);
const AGAIN: Digit = Digit::Number(2);

impl Walk {
    /// The prompt was heard: what was typed ahead counts, then the caller is waited for.
    pub(super) fn await_digits(&mut self, turn: &mut Turn<'_>, asked: &Digits) {
        self.state = State::Waiting;
        let (node, entries) = (self.node, self.entries);
        while let Some(digit) = self.typed.pop_front() {
            self.type_digit(turn, asked, digit);
            // It was enough, or led elsewhere.
            if (self.node, self.entries) != (node, entries) || !matches!(self.state, State::Waiting | State::Typing) {
                return;
            }
        }
        if self.entry.is_empty() {
            self.wait(turn, State::Waiting, asked.silence);
        }
    }

    pub(super) fn type_digit(&mut self, turn: &mut Turn<'_>, asked: &Digits, digit: Digit) {
        match (self.state, digit, typed(digit, asked.star)) {
            (State::Reading | State::Confirming, ..) => self.confirm(turn, asked, digit),
            (_, _, Some(c)) => self.take_digit(turn, asked, c),
            (_, Digit::Star, _) if self.entry.is_empty() => self.go(turn, Target::Back),
            // Typed wrong, and noticed.
            (_, Digit::Star, _) => self.again(turn, &[]),
            (_, Digit::Pound, _) if self.entry.is_empty() => self.go(turn, Target::Repeat),
            (_, Digit::Pound, _) => self.judge_entry(turn, asked),
            _ => self.type_wrong(turn, asked),
        }
    }

    fn take_digit(&mut self, turn: &mut Turn<'_>, asked: &Digits, c: char) {
        if self.state == State::Playing {
            turn.out.push(Step::Hush);
        }
        self.entry.push(c);
        if self.entry.len() >= asked.max {
            return self.judge_entry(turn, asked);
        }
        self.wait(turn, State::Typing, asked.gap);
    }

    pub(super) fn type_nothing(&mut self, turn: &mut Turn<'_>, asked: &Digits) {
        if self.state == State::Typing {
            return self.judge_entry(turn, asked);
        }
        let confirming = self.state == State::Confirming;
        match self.is_tried(asked) {
            true => self.pass(turn, Way::Failed, asked.failed),
            false if confirming => self.read_back(turn, asked, false),
            false => self.again(turn, &[]),
        }
    }

    fn judge_entry(&mut self, turn: &mut Turn<'_>, asked: &Digits) {
        let text = self.entry.text();
        if text == PERSON {
            return self.ask_for_person(turn);
        }
        let long_enough = text.len() >= asked.min;
        if !long_enough || !(asked.valid.is_empty() || asked.valid.iter().any(|form| form.fits(text))) {
            return self.type_wrong(turn, asked);
        }
        self.values.set(asked.into, self.entry.text());
        match &asked.confirm {
            Some(_) => self.read_back(turn, asked, false),
            None => self.typed_right(turn, asked),
        }
    }

    fn typed_right(&mut self, turn: &mut Turn<'_>, asked: &Digits) {
        self.took(Way::On);
        self.go(turn, asked.next);
    }

    fn type_wrong(&mut self, turn: &mut Turn<'_>, asked: &Digits) {
        self.typed.clear();
        if self.is_tried(asked) {
            return self.pass(turn, Way::Failed, asked.failed);
        }
        self.again(turn, &turn.menu.invalid);
    }

    /// Counts a try; whether it was the last one.
    fn is_tried(&mut self, asked: &Digits) -> bool {
        self.invalids = self.invalids.saturating_add(1);
        self.invalids > asked.tries
    }

    fn read_back(&mut self, turn: &mut Turn<'_>, asked: &Digits, wrong: bool) {
        if self.is_exhausted() {
            return self.give_up(turn);
        }
        let Some(confirm) = &asked.confirm else { return };
        let first = if wrong { &turn.menu.invalid[..] } else { &[] };
        self.stop_waiting(turn);
        self.say(turn, first, confirm);
        self.state = State::Reading;
        if self.said.is_empty() || !self.typed.is_empty() {
            return self.ask_to_confirm(turn);
        }
        turn.out.push(Step::Play);
    }

    /// What was typed was read back.
    pub(super) fn ask_to_confirm(&mut self, turn: &mut Turn<'_>) {
        let Some(Kind::Digits(asked)) = turn.menu.node(self.node).map(|node| &node.kind) else { return };
        self.state = State::Confirming;
        match self.typed.pop_front() {
            Some(digit) => self.confirm(turn, asked, digit),
            None => self.wait(turn, State::Confirming, asked.silence),
        }
    }

    fn confirm(&mut self, turn: &mut Turn<'_>, asked: &Digits, digit: Digit) {
        match digit {
            RIGHT => return self.typed_right(turn, asked),
            Digit::Number(0) => return self.ask_for_person(turn),
            Digit::Pound => return self.read_back(turn, asked, false),
            _ if self.is_tried(asked) => return self.pass(turn, Way::Failed, asked.failed),
            AGAIN | Digit::Star => return self.again(turn, &[]),
            _ => self.typed.clear(),
        }
        self.read_back(turn, asked, true);
    }
}
