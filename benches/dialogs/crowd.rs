//! A carrier's callers at one endpoint, on virtual time: so many dialogs that stay, and calls that come and go beside them.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use base::{CallId, Flow, LegId, NetworkId, Now, Rng, Transport};
use benches::cpu;
use sip::{Body, Config, Endpoint, Event, Identity, Limits, Message, Name, Output, Reply, ServerTx};

/// Virtual time between two looks at the clock; a call comes in each.
pub(crate) const TICK: Duration = Duration::from_millis(1);
/// From our 200 to the caller's ACK.
const ACK_AFTER: usize = 20;
/// Between two refreshes of any dialog: 100,000 dialogs refresh every 15 minutes.
const REFRESH_EVERY: u64 = 9;
/// Twice the dialogs: none is refused.
const LEGS_MAX: usize = 200_000;
/// INVITE, BYE and refresh each live for 32 s; at 1,000 calls a second these are 68,000.
const TRANSACTIONS_MAX: usize = 200_000;
/// Until the last transaction of a call is forgotten, and a second more.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(34);

const SDP: &str = "v=0\r\no=- 3724394400 3724394401 IN IP4 192.0.2.20\r\ns=-\r\nc=IN IP4 192.0.2.20\r\nt=0 0\r\n\
    m=audio 49170 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n\
    a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";

/// A call that is up.
struct Held {
    number: u64,
    our_tag: String,
    cseq: u32,
}

pub(crate) struct Crowd {
    endpoint: Endpoint,
    now: Now,
    out: Output,
    flow: Flow,
    next: u64,
    /// Answered, their ACKs still to come.
    ringing: VecDeque<Held>,
    held: VecDeque<Held>,
    ticks: u64,
    /// CPU time of each call of the endpoint since the last look.
    pub(crate) calls: Vec<Duration>,
}

impl Crowd {
    pub(crate) fn new() -> Crowd {
        let network = NetworkId(0);
        let identity = Identity { network, transport: Transport::Udp, host: "192.0.2.1".to_owned(), port: 5060 };
        let limits = Limits { legs: LEGS_MAX, transactions: TRANSACTIONS_MAX, bytes: 1 << 30, ..Limits::default() };
        let config = Config { identities: vec![identity], limits, ..Config::default() };
        let now = Now::default();
        Crowd {
            endpoint: Endpoint::new(config, now.time, Rng::from_number(1)),
            now,
            out: Output::default(),
            flow: Flow::udp(network, ([192, 0, 2, 10], 5060).into()),
            next: 0,
            ringing: VecDeque::new(),
            held: VecDeque::new(),
            ticks: 0,
            calls: Vec::new(),
        }
    }

    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }

    /// A millisecond in which a call comes, and one goes where `leaves`.
    pub(crate) fn tick(&mut self, leaves: bool) -> Result<()> {
        self.now = self.now.plus(TICK);
        self.ticks += 1;
        self.arrive()?;
        if self.ringing.len() > ACK_AFTER {
            self.acknowledge()?;
        }
        if leaves {
            self.leave()?;
        }
        if self.ticks.is_multiple_of(REFRESH_EVERY) && !self.held.is_empty() {
            self.refresh()?;
        }
        self.timed(|endpoint, now, out| endpoint.handle_timeout(now, out));
        self.out.messages.clear();
        self.out.facts.clear();
        Ok(())
    }

    /// Lets transactions be forgotten while no call comes.
    pub(crate) fn settle(&mut self) -> Result<()> {
        while let Some(call) = self.ringing.pop_front() {
            self.ringing.push_front(call);
            self.acknowledge()?;
        }
        let until = self.now.plus(FORGOTTEN_AFTER);
        while self.now.time < until.time {
            self.now = self.now.plus(TICK);
            self.timed(|endpoint, now, out| endpoint.handle_timeout(now, out));
            ensure!(self.out.messages.is_empty(), "nothing is owed: {:?}", self.out.messages);
        }
        self.calls = Vec::new();
        Ok(())
    }

    /// Calls the endpoint and notes how long it took.
    fn timed(&mut self, act: impl FnOnce(&mut Endpoint, Now, &mut Output)) {
        let began = cpu::this_thread();
        act(&mut self.endpoint, self.now, &mut self.out);
        self.calls.push(cpu::this_thread() - began);
    }

    fn receive(&mut self, text: &str) {
        let flow = self.flow;
        self.timed(|endpoint, now, out| endpoint.receive(now, flow, text.as_bytes(), out));
    }

    fn arrive(&mut self) -> Result<()> {
        let number = self.next;
        self.next += 1;
        let route = "Record-Route: <sip:192.0.2.10;lr>\r\nRecord-Route: <sip:scscf.example.net;lr>\r\n";
        let more = format!(
            "{route}P-Asserted-Identity: <sip:+86138{number:08}@example.net;user=phone>\r\nSupported: timer, 100rel\r\n\
             Session-Expires: 1800;refresher=uac\r\nMin-SE: 90\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE\r\n"
        );
        self.receive(&request("INVITE", number, 1, "", &more, SDP));
        let tx = self.out.events.drain(..).find_map(invited).context("an INVITE is told")?;
        let leg = LegId { call: CallId { serial: number as u32, ..CallId::default() }, index: 0 };
        let answer = Reply { headers: Vec::new(), body: Some(Body::sdp(SDP)) };
        self.timed(|endpoint, now, out| {
            endpoint.adopt(tx, leg);
            endpoint.answer(now, leg, &answer, out);
        });
        let answer = self.out.messages.last().context("a 200 leaves")?;
        let our_tag = Message::parse(&answer.bytes)?.to()?.tag().context("with our tag")?.to_owned();
        self.ringing.push_back(Held { number, our_tag, cseq: 1 });
        Ok(())
    }

    fn acknowledge(&mut self) -> Result<()> {
        let call = self.ringing.pop_front().context("a call rings")?;
        self.receive(&request("ACK", call.number, 1, &call.our_tag, "", ""));
        ensure!(self.out.events.drain(..).any(|event| matches!(event, Event::Acked { .. })), "an ACK is told");
        self.held.push_back(call);
        Ok(())
    }

    fn leave(&mut self) -> Result<()> {
        let call = self.held.pop_front().context("a call is held")?;
        self.receive(&request("BYE", call.number, call.cseq + 1, &call.our_tag, "", ""));
        ensure!(self.out.events.drain(..).any(|event| matches!(event, Event::Closed { .. })), "a BYE ends it");
        Ok(())
    }

    /// The dialog in the middle, which is another one each time, by UPDATE.
    fn refresh(&mut self) -> Result<()> {
        let place = self.held.len() / 2;
        let call = self.held.get_mut(place).context("a call is held")?;
        call.cseq += 1;
        let more = "Supported: timer\r\nSession-Expires: 1800;refresher=uac\r\n";
        let text = request("UPDATE", call.number, call.cseq, &call.our_tag, more, "");
        self.receive(&text);
        let update = self.out.events.drain(..).find_map(updated).context("an UPDATE is told")?;
        self.timed(|endpoint, now, out| endpoint.reply(now, update, 200, &Reply::default(), out));
        Ok(())
    }
}

fn invited(event: Event) -> Option<ServerTx> {
    if let Event::Invite { tx, .. } = event { Some(tx) } else { None }
}

fn updated(event: Event) -> Option<ServerTx> {
    if let Event::Update { tx, .. } = event { Some(tx) } else { None }
}

/// A request of a caller behind two proxies.
fn request(method: &str, number: u64, cseq: u32, our_tag: &str, more: &str, body: &str) -> String {
    let to_tag = if our_tag.is_empty() { String::new() } else { format!(";tag={our_tag}") };
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    let (via, length) = (Name::Via, body.len());
    format!(
        "{method} sip:12345@192.0.2.1:5060 SIP/2.0\r\n\
         {via}: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKp{number:x}.{cseq}{method}\r\n\
         {via}: SIP/2.0/UDP scscf.example.net:5060;branch=z9hG4bKs{number:x}.{cseq}{method};received=192.0.2.20\r\n\
         Max-Forwards: 68\r\nFrom: \"138{number:08}\" <sip:138{number:08}@example.net>;tag=f{number:x}\r\n\
         To: <sip:12345@192.0.2.1>{to_tag}\r\nCall-ID: {number:016x}a84b4c76e66710@192.0.2.20\r\nCSeq: {cseq} {method}\r\n\
         Contact: <sip:138{number:08}@192.0.2.20:5060>\r\n{more}{kind}Content-Length: {length}\r\n\r\n{body}"
    )
}
