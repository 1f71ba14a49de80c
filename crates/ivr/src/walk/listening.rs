//! A caller who may speak: heard, understood by a service, or neither, while keys count at any moment.

use std::time::Duration;

use base::{SPEECH_MAX, Time};

use super::{State, Step, Turn, Walk};
use crate::menu::{Keys, Kind};
use crate::ways::Way;
use crate::words::Said;

/// The end of an utterance is told behind its quiet, and over a queue.
const TOLD_LATE: Duration = Duration::from_secs(1);

/// The turn of a caller who is listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listening {
    /// What was left of the silence, and since when it runs.
    left: Duration,
    since: Time,
    /// When the silence is over whatever is said: whoever speaks without being understood has one utterance and one answer more than
    /// whoever is silent.
    latest: Time,
}

impl Walk {
    /// The caller's turn at a choice: keys count, and words where somebody understands them.
    pub(super) fn await_choice(&mut self, turn: &mut Turn<'_>, keys: &Keys) {
        let understands = turn.around.understands.filter(|_| !keys.words.is_empty() && self.typed.is_empty());
        let Some(answer) = understands else { return self.await_key(turn, keys.silence) };
        let since = turn.now.time;
        let latest = since + keys.silence + SPEECH_MAX + answer;
        self.listening = Some(Listening { left: keys.silence, since, latest });
        turn.out.push(Step::Listen);
        self.wait(turn, State::Waiting, keys.silence);
    }

    /// The silence stands still while somebody speaks.
    pub(super) fn on_speaking(&mut self, turn: &mut Turn<'_>) {
        let Some(listening) = self.listening else { return };
        self.pause_silence(turn);
        self.state = State::Speaking;
        let until = turn.now.time + SPEECH_MAX + TOLD_LATE;
        turn.out.push(Step::Wait { until: until.min(listening.latest) });
    }

    pub(super) fn on_spoken(&mut self, turn: &mut Turn<'_>) {
        let Some(listening) = self.listening else { return };
        let Some(answer) = turn.around.understands else { return self.listen_on(turn) };
        if self.state == State::Waiting {
            self.pause_silence(turn);
        }
        self.state = State::Understanding;
        turn.out.push(Step::Recognize);
        turn.out.push(Step::Wait { until: (turn.now.time + answer).min(listening.latest) });
    }

    fn pause_silence(&mut self, turn: &Turn<'_>) {
        if let Some(listening) = &mut self.listening {
            listening.left = listening.left.saturating_sub(turn.now.time - listening.since);
        }
    }

    /// What was recognised; none where the service gave no good answer.
    pub(super) fn on_understood(&mut self, turn: &mut Turn<'_>, text: Option<&str>) {
        let Some(Kind::Menu(keys)) = turn.menu.node(self.node).map(|node| &node.kind) else { return };
        match text.map_or(Said::Nothing, |text| keys.words.said(text)) {
            Said::Nothing => self.listen_on(turn),
            Said::Key(key) => self.on_digit(turn, key),
            Said::Unknown => {
                turn.out.push(Step::NotUnderstood);
                self.on_invalid(turn, keys.invalid_tries, Way::Invalid, keys.on_invalid);
            }
        }
    }

    /// As if the caller had said nothing: what was left of the silence runs.
    pub(super) fn listen_on(&mut self, turn: &mut Turn<'_>) {
        let Some(listening) = &mut self.listening else { return };
        let now = turn.now.time;
        listening.since = now;
        let until = (now + listening.left).min(listening.latest);
        if until <= now {
            return self.on_silence(turn);
        }
        self.state = State::Waiting;
        turn.out.push(Step::Listen);
        turn.out.push(Step::Wait { until });
    }
}
