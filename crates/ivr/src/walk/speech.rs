//! A text that is spoken in the call.

use std::time::Duration;

use base::Clip;

use super::{Heard, State, Step, Turn, Walk};
use crate::menu::{Kind, Node, Speak};

/// What is to be spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speech {
    /// With its values in it.
    pub text: String,
    /// The language tag of the caller.
    pub locale: String,
    pub timeout: Duration,
    /// Nobody hears more of it.
    pub max: Duration,
}

/// A minute of fast Chinese, three bytes a syllable, and half as much again: whatever follows would be cut.
const TEXT_BYTES_MAX: usize = 2048;

impl Walk {
    /// Whoever knows the way and types ahead is kept from it by no question.
    pub(super) fn synthesize(&mut self, turn: &mut Turn<'_>, node: &Node, speak: &Speak) {
        if !self.typed.is_empty() && node.interrupt {
            return self.on_played(turn);
        }
        let text = self.text(turn, speak);
        if !text.chars().any(char::is_alphanumeric) {
            return self.say_otherwise(turn, speak);
        }
        let locale = turn.around.prompts.locale_name(self.locale).to_owned();
        let speech = Speech { text, locale, timeout: speak.timeout, max: speak.max };
        turn.out.push(Step::Synthesize(Box::new(speech)));
        self.say(turn, &[], &node.prompt);
        if !self.said.is_empty() {
            turn.out.push(Step::Play);
        }
        self.wait(turn, State::Fetching, speak.timeout);
    }

    /// The text is a sound, or nobody speaks it.
    pub(super) fn on_synthesized(&mut self, turn: &mut Turn<'_>, clip: Option<&Clip>) {
        let Some(Node { kind: Kind::Speak(speak), .. }) = turn.menu.node(self.node) else { return };
        self.stop_waiting(turn);
        let Some(clip) = clip.filter(|clip| !clip.is_empty()) else {
            return self.say_otherwise(turn, speak);
        };
        self.said.clear();
        if self.watch.is_some() {
            self.hears(Some(vec![Heard::Text(self.text(turn, speak))]));
        }
        self.state = State::Playing;
        turn.out.push(Step::PlayClip(clip.clone()));
    }

    /// With its values in it.
    fn text(&self, turn: &Turn<'_>, speak: &Speak) -> String {
        let template = speak.text.get(usize::from(self.locale.0)).and_then(Option::as_ref);
        let mut text = template.map(|template| template.fill(&self.values, turn.around)).unwrap_or_default();
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        text
    }

    fn say_otherwise(&mut self, turn: &mut Turn<'_>, speak: &Speak) {
        self.say(turn, &[], &speak.otherwise);
        self.state = State::Playing;
        if self.said.is_empty() {
            return self.on_played(turn);
        }
        turn.out.push(Step::Play);
    }
}
