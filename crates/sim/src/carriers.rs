//! Two carriers outside, and the lines behind them: what an INVITE of ours comes to on its way.
//!
//! A carrier hands what begins a call to the line that it names; the line answers by itself, and whatever belongs to its dialog goes
//! to it directly.

use base::{Flow, NetworkId};
use phone::Input as Heard;
use sip::{Builder, Message, Method, Uri};

use crate::addresses;
use crate::lines::line_number;
use crate::network::Packet;
use crate::world::World;

/// What a carrier does with what comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    #[default]
    Serves,
    /// 503 to each call, as where no circuit is free.
    Full,
    /// Nothing is heard of it.
    Dead,
    SendsOn(To),
}

/// Where a carrier says that a line is (302).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum To {
    /// Where it was looked for.
    Itself,
    /// At another number, where it is served.
    Number,
    /// At another number of the other carrier.
    Elsewhere,
    /// At one number and then at the other, for ever.
    Around,
    /// Where nobody of ours may go: a packet to there, and an INVITE for there, is a broken rule.
    Stranger,
}

impl To {
    pub(crate) const ALL: [To; 5] = [To::Itself, To::Number, To::Elsewhere, To::Around, To::Stranger];
}

impl Mood {
    /// Those that only take or leave calls.
    pub(crate) const PLAIN: [Mood; 3] = [Mood::Serves, Mood::Full, Mood::Dead];
}

/// Whom carriers name and nobody knows.
const STRANGER: &str = "198.51.100.9";

#[derive(Debug, Default)]
pub(crate) struct Carriers {
    moods: [Mood; Carriers::COUNT],
    /// INVITEs that came to where a carrier had sent them on to.
    pub(crate) followed: u64,
}

/// What becomes of a packet that came to a carrier.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Onward {
    /// To the line of this number.
    Line(String),
    /// This goes back.
    Back(Vec<u8>),
    Nowhere,
    /// It is for the stranger whom a carrier named.
    Stranger,
}

impl Carriers {
    pub(crate) const COUNT: usize = 2;

    pub(crate) fn set(&mut self, place: usize, mood: Mood) {
        self.moods[place % Carriers::COUNT] = mood;
    }

    /// A carrier that is full lets go on what has begun.
    pub(crate) fn receive(&mut self, place: usize, packet: &Packet) -> Onward {
        let mood = self.moods[place % Carriers::COUNT];
        let Ok(request) = Message::parse(&packet.bytes) else { return Onward::Nowhere };
        let begins = request.method() == Method::Invite && request.to_tag().is_empty();
        self.followed += u64::from(begins && !is_first(&request));
        let reply = |status| Builder::reply(&request, status, Some("carrier"), None);
        let back = |status| Onward::Back(reply(status).finish());
        match (request.method(), mood) {
            _ if begins && request.request_uri_text().contains(STRANGER) => Onward::Stranger,
            _ if request.status().is_some() || mood == Mood::Dead => Onward::Nowhere,
            (Method::Options, _) => back(200),
            (_, Mood::Full) if begins => back(503),
            (_, Mood::SendsOn(to)) if begins && (is_first(&request) || to == To::Around) => {
                let contact = contact(&request, place, to);
                Onward::Back(reply(302).header("Contact", contact).finish())
            }
            _ => match request.request_uri_ref().and_then(|uri| uri.user_text()) {
                Some(number) => Onward::Line(number.to_string()),
                None => Onward::Nowhere,
            },
        }
    }
}

/// Whether the engine wrote the number, and no Contact of ours.
fn is_first(request: &Message) -> bool {
    request.request_uri_text().ends_with(";user=phone")
}

fn contact(request: &Message, place: usize, to: To) -> String {
    let uri = request.request_uri();
    let number = uri.as_ref().and_then(Uri::number).unwrap_or_default();
    // The other of the two lines, which need not be there.
    let other = number.strip_suffix('1').map_or_else(|| line_number(1), |head| format!("{head}0"));
    let [here, there] = [place, place + 1].map(|place| addresses::carrier(place % Carriers::COUNT));
    match to {
        To::Itself => format!("<{}>", request.request_uri_text()),
        To::Number | To::Around => format!("<sip:{other}@{here}>, <sip:{number}@{here};other=1>;q=0.1"),
        To::Elsewhere => format!("<sip:{other}@{there}>"),
        To::Stranger => format!("<sip:{other}@{STRANGER}>, <sip:{other}@{here};maddr={STRANGER}>"),
    }
}

impl World {
    /// What a carrier hands to its lines comes to them from us, as over a network that shows where calls come from.
    pub(crate) fn at_carrier(&mut self, place: usize, packet: &Packet) -> Result<(), String> {
        match self.carriers.receive(place, packet) {
            Onward::Line(number) => {
                let seat = self.people.seats.iter().position(|seat| seat.name == number && !seat.gone);
                let peer = Flow::udp(NetworkId(0), packet.from);
                seat.map_or(Ok(()), |seat| self.reach(seat, Heard::Sip { flow: peer, bytes: &packet.bytes }))
            }
            Onward::Back(bytes) => {
                let (from, to) = (packet.to, packet.from);
                self.network.send(self.now.time, Packet { from, to, bytes });
                Ok(())
            }
            Onward::Nowhere => Ok(()),
            Onward::Stranger => Err(format!("carrier {place} was asked for a stranger")),
        }
    }
}
