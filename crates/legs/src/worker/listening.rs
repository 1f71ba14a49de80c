//! Ends whose peers are listened to, an utterance at a time.

use base::{EndId, ListenId, Notice, Time};

use super::{Timer, Worker};
use crate::Output;
use crate::ear::{Ear, Heard, LOOK};
use crate::inbound::{Arrival, Kind};

impl Worker {
    /// Begins anew, or ends; what was heard of an utterance is forgotten.
    pub(super) fn listen(&mut self, id: EndId, listen: Option<ListenId>) {
        let Some(end) = self.end(id) else { return };
        let ear = listen.map(|listen| Box::new(Ear::new(listen, end.params.codec)));
        let before = end.inbound.set_ear(ear);
        self.look_no_more(before.as_deref());
    }

    pub(super) fn overhear(&mut self, now: Time, id: EndId, arrival: &Arrival<'_>, out: &mut Output) {
        let Some(ear) = self.end(id).and_then(|end| end.inbound.ear()) else { return };
        let heard = match arrival.kind {
            Kind::Voice(codec) => {
                ear.voice(now, arrival.place.stream, arrival.header.timestamp, codec, arrival.payload)
            }
            Kind::Event(_) => {
                ear.key();
                Heard::Nothing
            }
            Kind::Comfort => Heard::Nothing,
        };
        self.tell_heard(now, id, heard, out);
    }

    pub(super) fn check_utterance(&mut self, now: Time, id: EndId, out: &mut Output) {
        let Some(ear) = self.end(id).and_then(|end| end.inbound.ear()) else { return };
        ear.look_at = None;
        let heard = ear.look(now);
        self.tell_heard(now, id, heard, out);
        self.look_later(now, id);
    }

    fn tell_heard(&mut self, now: Time, id: EndId, heard: Heard, out: &mut Output) {
        let Some(end) = self.end(id) else { return };
        let leg = end.leg;
        match heard {
            Heard::Nothing => {}
            Heard::Begins => {
                out.notices.extend(end.inbound.ear().map(|ear| Notice::Speaking { leg, listen: ear.listen }));
                self.look_later(now, id);
            }
            Heard::Ends => {
                let Some(mut ear) = end.inbound.set_ear(None) else { return };
                out.notices.push(Notice::Spoken { leg, listen: ear.listen, voice: ear.take() });
                self.look_no_more(Some(&ear));
            }
        }
    }

    /// Where an utterance is under way.
    fn look_later(&mut self, now: Time, id: EndId) {
        let speaks = self.end(id).and_then(|end| end.inbound.ear()).is_some_and(|ear| ear.is_speaking());
        if !speaks {
            return;
        }
        let timer = self.wheel.arm_after(now, LOOK, Timer::Utterance(id));
        let old = self.end(id).and_then(|end| end.inbound.ear()).and_then(|ear| ear.look_at.replace(timer));
        if let Some(old) = old {
            self.wheel.cancel(old);
        }
    }

    fn look_no_more(&mut self, ear: Option<&Ear>) {
        if let Some(timer) = ear.and_then(|ear| ear.look_at) {
            self.wheel.cancel(timer);
        }
    }
}
