//! Two carriers outside, and the lines behind them: what an INVITE of ours comes to on its way.
//!
//! A carrier hands what begins a call to the line that it names; the line answers by itself, and whatever belongs to its dialog goes
//! to it directly.

use sip::{Builder, Message, Method};

use crate::network::Packet;

/// What a carrier does with what comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    #[default]
    Serves,
    /// 503 to each call, as where no circuit is free.
    Full,
    /// Nothing is heard of it.
    Dead,
}

impl Mood {
    pub(crate) const ALL: [Mood; 3] = [Mood::Serves, Mood::Full, Mood::Dead];
}

#[derive(Debug, Default)]
pub(crate) struct Carriers([Mood; Carriers::COUNT]);

/// What becomes of a packet that came to a carrier.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Onward {
    /// To the line of this number.
    Line(String),
    /// This goes back.
    Back(Vec<u8>),
    Nowhere,
}

impl Carriers {
    pub(crate) const COUNT: usize = 2;

    pub(crate) fn set(&mut self, place: usize, mood: Mood) {
        self.0[place % Carriers::COUNT] = mood;
    }

    /// A carrier that is full lets go on what has begun.
    pub(crate) fn receive(&self, place: usize, packet: &Packet) -> Onward {
        let mood = self.0[place % Carriers::COUNT];
        let Ok(request) = Message::parse(&packet.bytes) else { return Onward::Nowhere };
        let begins = request.method() == Method::Invite && request.to_tag().is_empty();
        let back = |status| Onward::Back(Builder::reply(&request, status, Some("carrier"), None).finish());
        match (request.method(), mood) {
            _ if request.status().is_some() || mood == Mood::Dead => Onward::Nowhere,
            (Method::Options, _) => back(200),
            (_, Mood::Full) if begins => back(503),
            _ => match request.request_uri_ref().and_then(|uri| uri.user_text()) {
                Some(number) => Onward::Line(number.to_string()),
                None => Onward::Nowhere,
            },
        }
    }
}
