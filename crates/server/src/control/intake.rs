//! What other threads have for the control thread, and what it asks of them.

use base::Now;
use switch::Input;

use super::{Control, Parts};

impl Control {
    pub(super) fn take_questions(&mut self, now: Now) {
        let Parts { counter, exchange, .. } = &mut self.parts;
        let effects = &mut self.effects;
        let put = |ticket, by, ask| exchange.handle(now, Input::Ask { ticket, by, ask }, effects);
        self.more |= counter.take(put);
    }

    pub(super) fn take_plans(&mut self, now: Now) {
        let Some(reload) = self.parts.orders.take() else { return };
        self.parts.exchange.handle(now, Input::Plan(Box::new(reload)), &mut self.effects);
        self.parts.herald.renew();
        // Whoever asked looks next at what there is.
        self.next_tick = now.time;
    }

    pub(super) fn take_names(&mut self, now: Now) {
        let Parts { dns: Some(dns), exchange, .. } = &mut self.parts else { return };
        let effects = &mut self.effects;
        let put = |ticket, answer| exchange.handle(now, Input::Resolved { ticket, answer }, effects);
        self.more |= dns.take(put);
    }

    pub(super) fn take_web(&mut self, now: Now) {
        let Parts { web, exchange, .. } = &mut self.parts;
        let effects = &mut self.effects;
        let put = |(call, question, values)| exchange.handle(now, Input::Fetched { call, question, values }, effects);
        self.more |= web.take(put);
        let put = |(call, question, clip)| exchange.handle(now, Input::Synthesized { call, question, clip }, effects);
        self.more |= web.take_spoken(put);
        let put = |(call, question, text)| exchange.handle(now, Input::Understood { call, question, text }, effects);
        self.more |= web.recognizer.take(put);
    }

    /// The same for what was said.
    pub(super) fn ask_recognizer(&mut self, now: Now) {
        for (call, question, speech) in std::mem::take(&mut self.effects.utterances) {
            if !self.parts.web.recognizer.ask((call, question, speech)) {
                tracing::warn!(%call, "too many utterances wait to be understood");
                let input = Input::Understood { call, question, text: None };
                self.parts.exchange.handle(now, input, &mut self.effects);
                self.more = true;
            }
        }
    }

    /// Whose question finds no room goes on at once, as if nobody had answered.
    pub(super) fn ask_web(&mut self, now: Now) {
        for (call, question, request) in std::mem::take(&mut self.effects.fetches) {
            if !self.parts.web.ask((call, question, request)) {
                tracing::warn!(%call, "too many questions of menus to other systems wait for an answer");
                let input = Input::Fetched { call, question, values: None };
                self.parts.exchange.handle(now, input, &mut self.effects);
                self.more = true;
            }
        }
        for (call, question, speech) in std::mem::take(&mut self.effects.speeches) {
            if !self.parts.web.speak(call, question, speech) {
                tracing::warn!(%call, "too many texts of menus wait to be spoken");
                let input = Input::Synthesized { call, question, clip: None };
                self.parts.exchange.handle(now, input, &mut self.effects);
                self.more = true;
            }
        }
    }
}
