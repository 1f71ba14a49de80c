//! One endpoint and a peer whose every message the test writes.

use base::{Flow, NetworkId, Now, Rng, Time, Transport, Wall};
use sip::{Body, Config, Endpoint, Event, Fact, Message, Name, Output, ServerTx};

use crate::pair::{config, invite, leg, reply, tell};

pub(crate) struct Script {
    pub(crate) end: Endpoint,
    pub(crate) now: Now,
    pub(crate) flow: Flow,
    /// What was sent since the last look, with its flow.
    pub(crate) sent: Vec<(Flow, Message)>,
    pub(crate) events: Vec<Event>,
    pub(crate) facts: Vec<Fact>,
}

impl Script {
    pub(crate) fn new() -> Script {
        Script::with(config(0, Transport::Udp))
    }

    pub(crate) fn with(config: Config) -> Script {
        let now = Now { time: Time::from_millis(1000), wall: Wall(0) };
        Script {
            end: Endpoint::new(config, now.time, Rng::from_number(1)),
            now,
            flow: Flow::udp(NetworkId(0), "10.0.0.2:5060".parse().unwrap()),
            sent: Vec::new(),
            events: Vec::new(),
            facts: Vec::new(),
        }
    }

    pub(crate) fn act(&mut self, act: impl FnOnce(&mut Endpoint, Now, &mut Output)) {
        let mut out = Output::default();
        act(&mut self.end, self.now, &mut out);
        for message in &out.messages {
            match Message::parse(&message.bytes) {
                Ok(read) => self.sent.push((message.flow, read)),
                // A refusal repeats what could not be read in its request.
                Err(error) => assert!(matches!(message.bytes.get(8), Some(b'4' | b'5')), "{error}"),
            }
        }
        self.events.append(&mut out.events);
        self.facts.append(&mut out.facts);
    }

    pub(crate) fn hear(&mut self, text: &str) {
        let (flow, bytes) = (self.flow, text.replace('\n', "\r\n"));
        self.act(|end, now, out| end.receive(now, flow, bytes.as_bytes(), out));
        self.end_turn();
    }

    /// What is due at once leaves with the turn.
    fn end_turn(&mut self) {
        if self.end.next_timeout() == Some(Time::ZERO) {
            self.act(|end, now, out| end.handle_timeout(now, out));
        }
    }

    pub(crate) fn run_ms(&mut self, ms: u64) {
        for _ in 0..ms.div_ceil(10) {
            self.now = self.now.plus(std::time::Duration::from_millis(10));
            self.act(|end, now, out| end.handle_timeout(now, out));
        }
    }

    /// Lets everything run out, however long it takes.
    pub(crate) fn settle(&mut self) {
        while let Some(at) = self.end.next_timeout() {
            self.now = self.now.plus(at.since(self.now.time));
            self.act(|end, now, out| end.handle_timeout(now, out));
        }
    }

    /// Ends leg 1, with a peer that says nothing any more; nothing may be left then.
    pub(crate) fn settle_leg(&mut self) {
        self.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
        self.settle();
        assert!(self.end.is_idle());
    }

    /// The status codes and methods sent since the last look.
    pub(crate) fn lines(&mut self) -> Vec<String> {
        let sent = std::mem::take(&mut self.sent);
        sent.iter()
            .map(|(_, m)| m.status().map_or_else(|| m.method_name().to_owned(), |status| status.to_string()))
            .collect()
    }

    pub(crate) fn told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.events).iter().map(tell).collect()
    }

    pub(crate) fn take_tx(&mut self) -> ServerTx {
        std::mem::take(&mut self.events).iter().rev().find_map(crate::pair::tx).expect("a request was heard")
    }

    /// Calls the peer as leg 1 and gives the INVITE that left.
    pub(crate) fn call(&mut self, offer: Option<Body>) -> Message {
        let flow = self.flow;
        self.act(|end, now, out| end.invite(now, leg(1), invite(flow, offer), out));
        self.sent.pop().unwrap().1
    }

    /// Calls the peer, which answers with these headers; gives the INVITE that left and our tag.
    pub(crate) fn called(&mut self, headers: &str) -> (Message, String) {
        let invite = self.call(crate::pair::body("offer"));
        let headers = format!("Contact: <sip:peer@10.0.0.2>\n{headers}");
        self.answer(&invite, 200, "theirs", &headers);
        assert_eq!((self.lines(), self.told()), (vec!["ACK".to_owned()], vec!["Answered 1 200 ".to_owned()]));
        let tag = invite.from_tag().to_owned();
        (invite, tag)
    }

    /// Calls the peer as leg 2 and gives the INVITE that left.
    pub(crate) fn call_other(&mut self) -> Message {
        let flow = self.flow;
        self.act(|end, now, out| end.invite(now, leg(2), invite(flow, None), out));
        self.sent.pop().unwrap().1
    }

    /// Hears a response to a request of ours.
    pub(crate) fn answer(&mut self, request: &Message, status: u16, tag: &str, more: &str) {
        self.hear(&response(request, status, tag, more));
    }

    /// A call of the peer that we have answered as leg 1 and that is acknowledged.
    pub(crate) fn answered() -> Script {
        let mut script = Script::new();
        script.hear(&request("INVITE", "1", 1, "", "offer"));
        let tx = script.take_tx();
        script.act(|end, now, out| {
            end.adopt(tx, leg(1));
            end.answer(now, leg(1), &reply("answer"), out);
        });
        let tag = script.our_tag();
        script.hear(&request("ACK", "ack", 1, &tag, ""));
        script.sent.clear();
        script.events.clear();
        script
    }

    /// The To tag of the response sent last.
    pub(crate) fn our_tag(&self) -> String {
        self.sent.last().unwrap().1.to().unwrap().tag().unwrap().to_owned()
    }
}

/// A request of the peer; inside a dialog when `to_tag` is not empty.
pub(crate) fn request(method: &str, branch: &str, cseq: u32, to_tag: &str, body: &str) -> String {
    with(method, branch, cseq, to_tag, "Contact: <sip:peer@10.0.0.2>\nMax-Forwards: 70\n", body)
}

pub(crate) fn with(method: &str, branch: &str, cseq: u32, to_tag: &str, headers: &str, body: &str) -> String {
    let tag = if to_tag.is_empty() { String::new() } else { format!(";tag={to_tag}") };
    format!(
        "{method} sip:12345@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK{branch}\n\
         From: <sip:peer@10.0.0.2>;tag=theirs\nTo: <sip:12345@10.0.0.1>{tag}\nCall-ID: call\nCSeq: {cseq} {method}\n\
         {headers}Content-Length: {}\n\n{body}",
        body.len()
    )
}

/// The peer's response to a request of ours.
pub(crate) fn response(request: &Message, status: u16, tag: &str, more: &str) -> String {
    let tag = if tag.is_empty() { String::new() } else { format!(";tag={tag}") };
    let to = request.to().unwrap();
    let to = if to.tag().is_some() { to.to_string() } else { format!("{to}{tag}") };
    format!(
        "SIP/2.0 {status} Fine\nVia: {}\nFrom: {}\nTo: {to}\nCall-ID: {}\nCSeq: {}\n{more}Content-Length: 0\n\n",
        request.vias().next().unwrap(),
        request.header(Name::From).unwrap(),
        request.call_id().unwrap(),
        request.header(Name::Cseq).unwrap(),
    )
}
