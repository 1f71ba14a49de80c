//! The citizen who says it instead of pressing it: an utterance on its way to the service that understands it.

use base::{Job, ListenId, Now, Voice};
use ivr::Event as Walked;

use crate::{Action, Call};

/// An utterance that is to be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Utterance {
    pub voice: Voice,
    /// The caller's language, by its tag.
    pub locale: String,
}

/// Whether and how somebody is listened to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listening {
    /// The newest one.
    listen: ListenId,
    is_on: bool,
    /// What was said, while the menu decides what becomes of it.
    spoken: Option<Voice>,
}

impl Call {
    pub(crate) fn listen(&mut self, out: &mut Vec<Action>) {
        self.listening.listen = ListenId(self.listening.listen.0.wrapping_add(1));
        self.listening.is_on = true;
        self.tell_worker(Some(self.listening.listen), out);
    }

    /// Neither what is said nor what was said counts any more.
    pub(crate) fn stop_listening(&mut self, out: &mut Vec<Action>) {
        if std::mem::take(&mut self.listening.is_on) {
            self.question = self.question.wrapping_add(1);
            self.tell_worker(None, out);
        }
    }

    fn tell_worker(&self, listen: Option<ListenId>, out: &mut Vec<Action>) {
        let citizen = &self.legs[0];
        if citizen.heard.is_some() {
            out.push(Action::Job(Job::Listen { end: citizen.lease.end, listen }));
        }
    }

    fn is_listened_to(&self, listen: ListenId) -> bool {
        self.listening.is_on && self.listening.listen == listen
    }

    pub(crate) fn on_speaking(&mut self, now: Now, listen: ListenId, out: &mut Vec<Action>) {
        if self.is_listened_to(listen) {
            self.walk(now, Walked::Speaking, out);
        }
    }

    pub(crate) fn on_spoken(&mut self, now: Now, listen: ListenId, voice: Voice, out: &mut Vec<Action>) {
        if self.is_listened_to(listen) {
            self.listening.spoken = Some(voice);
            self.walk(now, Walked::Spoken, out);
            self.listening.spoken = None;
        }
    }

    pub(crate) fn recognize(&mut self, out: &mut Vec<Action>) {
        let Some(voice) = self.listening.spoken.take() else { return };
        self.question = self.question.wrapping_add(1);
        let locale = self.plan.prompts.locale_name(self.locale).to_owned();
        out.push(Action::Recognize { question: self.question, speech: Box::new(Utterance { voice, locale }) });
    }

    /// The service has answered, or cannot.
    pub(crate) fn on_understood(&mut self, now: Now, question: u32, text: Option<&str>, out: &mut Vec<Action>) {
        if question == self.question {
            self.walk(now, Walked::Understood(text), out);
        }
    }
}
