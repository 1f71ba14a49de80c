//! One key at a time: menus, and the citizen's verdict.

use std::time::Duration;

use base::Digit;

use super::{State, Step, Turn, Walk};
use crate::menu::{Choice, Keys, Target};
use crate::ways::Way;

/// The best and the worst verdict are keys of a telephone (政务服务"好差评": five grades).
const GRADES: std::ops::RangeInclusive<u8> = 1..=5;

impl Walk {
    /// A remembered key at the first choice after it, else silence runs.
    pub(super) fn await_key(&mut self, turn: &mut Turn<'_>, silence: Duration) {
        match self.typed.pop_front() {
            Some(digit) => {
                self.state = State::Idle;
                self.on_digit(turn, digit);
            }
            None => self.wait(turn, State::Waiting, silence),
        }
    }

    pub(super) fn choose(&mut self, turn: &mut Turn<'_>, keys: &Keys, digit: Digit) {
        match keys.keys.iter().find(|(key, _)| *key == digit) {
            Some((_, Choice { locale, next })) => {
                self.speak(turn, *locale);
                self.took(Way::Key(digit));
                self.go(turn, *next);
            }
            None => {
                turn.out.push(Step::WrongKey);
                self.on_invalid(turn, keys.invalid_tries, Way::Invalid, keys.on_invalid);
            }
        }
    }

    pub(super) fn choose_nothing(&mut self, turn: &mut Turn<'_>, keys: &Keys) {
        self.silences = self.silences.saturating_add(1);
        if self.silences < keys.silence_tries {
            self.again(turn, &[]);
        } else {
            self.took(Way::Silence);
            self.go(turn, keys.on_silence);
        }
    }

    /// What nobody can follow was pressed or said.
    pub(super) fn on_invalid(&mut self, turn: &mut Turn<'_>, tries: u8, way: Way, failed: Target) {
        self.typed.clear();
        self.invalids = self.invalids.saturating_add(1);
        if self.invalids > tries {
            self.took(way);
            return self.go(turn, failed);
        }
        self.again(turn, &turn.menu.invalid);
    }

    pub(super) fn rate(&mut self, turn: &mut Turn<'_>, digit: Digit, tries: u8, next: Target) {
        match digit {
            Digit::Number(grade) if GRADES.contains(&grade) => {
                turn.out.push(Step::Rated(grade));
                self.took(Way::On);
                self.go(turn, next);
            }
            _ => {
                turn.out.push(Step::WrongKey);
                self.on_invalid(turn, tries, Way::On, next);
            }
        }
    }

    pub(super) fn rate_nothing(&mut self, turn: &mut Turn<'_>, tries: u8, next: Target) {
        self.silences = self.silences.saturating_add(1);
        if self.silences < tries {
            return self.again(turn, &[]);
        }
        self.took(Way::On);
        self.go(turn, next);
    }
}
