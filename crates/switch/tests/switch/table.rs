//! Phones around the bench: each a SIP endpoint that does what a test says, with messages that arrive at once.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base::{
    AgentId, CallId, EndId, EndReason, Flow, Job, LegId, NetworkId, Now, Record, RecordEntry, Rng, Source, Ticket,
    Transport,
};
use call::plan::{DialRule, IdentityOut, Outward, Trunk};
use roster::Slot;
use sip::{Body, Endpoint, Event, Identity, Invite, Message, Method, Output, Party, Reply, ServerTx};
use switch::{Answer, Ask, Config, Effects, Exchange, Input};

use crate::kit::{Bench, CARRIER, desk, plans_of, register_at};

/// The citizen's phone, behind the trunk; those of the agents follow.
pub(crate) const CITIZEN: usize = 0;
/// Messages to and fro before a test is stuck.
const TURNS_MAX: usize = 200;

pub(crate) struct Table {
    pub(crate) bench: Bench,
    phones: Vec<Endpoint>,
    /// What each phone heard and the test did not look at.
    heard: Vec<Vec<Event>>,
    /// Who hears nothing and says nothing.
    deaf: Vec<usize>,
    /// Final responses to REFERs.
    answered: Vec<u16>,
    /// What went along with the INVITEs that phones got, the newest last.
    along: Vec<String>,
    serial: u32,
}

pub(crate) fn address(phone: usize) -> SocketAddr {
    let (ip, port) = if phone == CITIZEN { CARRIER } else { desk(phone - 1) };
    SocketAddr::from((ip, port))
}

fn sdp(phone: usize, leg: LegId) -> Body {
    let (ip, port) = (address(phone).ip(), media(leg));
    Body::sdp(format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 0 101\r\n\
         a=rtpmap:101 telephone-event/8000\r\n"
    ))
}

fn media(leg: LegId) -> u16 {
    4000 + 2 * leg.call.serial as u16
}

fn outward() -> Outward {
    Outward {
        number: call::number::NumberForm::default(),
        caller: Some("02012345".to_owned()),
        callers: Vec::new(),
        identity: IdentityOut::default(),
    }
}

pub(crate) fn leads_to(address: SocketAddr) -> carrier::Trunk {
    let target = carrier::Target::parse(&format!("sip:{address}")).expect("a target");
    carrier::Trunk { targets: vec![target], ..carrier::Trunk::default() }
}

/// Lines outside are behind two carriers, and one rule leads to both.
fn led_out(mut plans: switch::Plans, agents: usize, edit: impl FnOnce(&mut DialRule)) -> switch::Plans {
    let places = [CITIZEN, agents + 1];
    let call = Arc::make_mut(&mut plans.call);
    call.trunks.push(Trunk { name: "second".to_owned(), sources: Vec::new(), ..call.trunks[0].clone() });
    call.trunks.iter_mut().for_each(|trunk| trunk.outward = Some(outward()));
    let mut rule = DialRule { prefixes: vec!["139".to_owned()], trunks: vec![0, 1], ..DialRule::default() };
    edit(&mut rule);
    call.dial = vec![rule];
    plans.carrier.trunks = places.map(|place| leads_to(address(place))).to_vec();
    plans
}

impl Table {
    /// So many agents are signed on.
    pub(crate) fn new(agents: usize, edit: impl FnOnce(&mut Config)) -> Table {
        Table::of(plans_of(agents), agents, edit)
    }

    /// The same, and lines outside behind two carriers: the one that brings the citizen, and then the phone after those of the agents.
    pub(crate) fn with_lines(agents: usize, edit: impl FnOnce(&mut DialRule)) -> Table {
        Table::leading_out(plans_of(agents), agents, (edit, |_: &mut Config| {}))
    }

    /// Nobody waits longer than that.
    pub(crate) fn with_wait(agents: usize, wait: Duration) -> Table {
        let mut plans = plans_of(agents);
        plans.acd.groups[0].wait = Some(wait);
        Table::of(plans, agents, |_| {})
    }

    /// The same with lines outside, and somebody is on duty at one.
    pub(crate) fn with_duty(agents: usize, line: &str, wait: Duration) -> Table {
        let mut plans = plans_of(agents);
        Arc::make_mut(&mut plans.call).groups[0].duty_line = Some(line.to_owned());
        plans.acd.groups[0].wait = Some(wait);
        Table::leading_out(plans, agents, (|_: &mut DialRule| {}, |_: &mut Config| {}))
    }

    /// The same, and the logic of a call panics at its nth event.
    pub(crate) fn with_lines_and_drill(agents: usize, nth: u64) -> Table {
        let drill = Some(switch::Drill { place: switch::Place::Call, nth });
        let edits = (|_: &mut DialRule| {}, |config: &mut Config| config.drill = drill);
        Table::leading_out(plans_of(agents), agents, edits)
    }

    /// The same with other rules and trunks.
    pub(crate) fn with_trunks(agents: usize, edit: impl FnOnce(&mut switch::Plans)) -> Table {
        let mut plans = led_out(plans_of(agents), agents, |_| {});
        edit(&mut plans);
        let mut table = Table::of(plans, agents, |_| {});
        table.settle();
        table
    }

    fn leading_out(
        plans: switch::Plans,
        agents: usize,
        (edit, edit_config): (impl FnOnce(&mut DialRule), impl FnOnce(&mut Config)),
    ) -> Table {
        let mut table = Table::of(led_out(plans, agents, edit), agents, edit_config);
        table.settle();
        table
    }

    fn of(plans: switch::Plans, agents: usize, edit: impl FnOnce(&mut Config)) -> Table {
        let carriers = plans.carrier.trunks.len().saturating_sub(1);
        let mut bench = Bench::of(plans, |plan, config| {
            plan.limits.calls = 10;
            config.leases_ready = 16;
            edit(config);
        });
        for slot in 100..112 {
            for worker in 0..2 {
                bench.lease_of(base::WorkerId(worker), slot);
            }
        }
        let phone = |place: usize| {
            let host = address(place).ip().to_string();
            let identity = Identity { network: NetworkId(0), transport: Transport::Udp, host, port: 5060 };
            let config = sip::Config { identities: vec![identity], allow: allowed(), ..sip::Config::default() };
            Endpoint::new(config, bench.now.time, Rng::from_number(place as u64))
        };
        let phones: Vec<_> = (0..=agents + carriers).map(phone).collect();
        for agent in 0..agents {
            let number = (1001 + agent).to_string();
            let password = format!("pass-{number}");
            assert_eq!(register_at(&mut bench, desk(agent), (&number, &password), &number), Some(200));
        }
        bench.raw.clear();
        let heard = phones.iter().map(|_| Vec::new()).collect();
        Table { bench, phones, heard, deaf: Vec::new(), answered: Vec::new(), along: Vec::new(), serial: 0 }
    }

    fn leg(&mut self) -> LegId {
        self.serial += 1;
        LegId { call: CallId { serial: self.serial, ..CallId::default() }, index: 0 }
    }

    pub(crate) fn act(&mut self, phone: usize, act: impl FnOnce(&mut Endpoint, Now, &mut Output)) {
        let mut out = Output::default();
        act(&mut self.phones[phone], self.bench.now, &mut out);
        self.heard[phone].append(&mut out.events);
        let flow = Flow::udp(NetworkId(0), address(phone));
        for message in out.messages {
            self.bench.feed(Input::Message { flow, bytes: &message.bytes });
        }
    }

    /// Messages go to and fro until nobody has anything to say.
    pub(crate) fn settle(&mut self) {
        for _ in 0..TURNS_MAX {
            if self.bench.exchange.next_timeout().is_some_and(|at| at <= self.bench.now.time) {
                self.bench.feed(Input::Deadline);
            }
            if self.bench.raw.is_empty() {
                return;
            }
            for (flow, bytes) in std::mem::take(&mut self.bench.raw) {
                let phone = (0..self.phones.len()).find(|p| address(*p) == flow.peer);
                let Some(phone) = phone.filter(|phone| !self.deaf.contains(phone)) else { continue };
                self.note(&Message::parse(&bytes).expect("what we send can be read"));
                self.note_along(&bytes);
                let from = Flow::udp(NetworkId(0), SocketAddr::from(([10, 0, 0, 1], 5060)));
                self.act(phone, |end, now, out| end.receive(now, from, &bytes, out));
                self.answer_requests(phone);
            }
        }
        panic!("they do not come to an end");
    }

    fn note(&mut self, message: &Message) {
        let cseq = message.header(sip::Name::Cseq).unwrap_or_default().to_owned();
        if let Some(status) = message.status().filter(|s| *s >= 200)
            && cseq.ends_with("REFER")
        {
            self.answered.push(status);
        }
    }

    /// Line by line, as a program on a desk reads it: whatever got into the value must not have become a line of its own.
    fn note_along(&mut self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        if text.starts_with("INVITE ") {
            let lines = text.split("\r\n\r\n").next().unwrap_or_default().lines();
            self.along.push(lines.filter_map(|line| line.strip_prefix("X-Hotline: ")).collect::<Vec<_>>().join("\n"));
        }
    }

    /// NOTIFY and UPDATE are answered at once.
    fn answer_requests(&mut self, phone: usize) {
        let asked = |event: &Event| match event {
            Event::InDialog { tx, .. } | Event::Update { tx, .. } | Event::Request { tx, .. } => Some(*tx),
            _ => None,
        };
        let open: Vec<ServerTx> = self.heard[phone].iter().filter_map(asked).collect();
        self.heard[phone].retain(|event| asked(event).is_none());
        for tx in open {
            self.act(phone, |end, now, out| end.reply(now, tx, 200, &Reply::default(), out));
        }
    }

    /// Calls a number; the leg at the phone.
    pub(crate) fn dials(&mut self, phone: usize, number: &str) -> LegId {
        self.dials_with(phone, number, Vec::new())
    }

    /// Calls to take the place of a dialog; the leg at the phone.
    pub(crate) fn takes(&mut self, phone: usize, replaces: &str) -> LegId {
        let headers = [("Replaces", replaces), ("Require", "replaces")];
        self.dials_with(phone, "12345", headers.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec())
    }

    pub(crate) fn dials_with(&mut self, phone: usize, number: &str, headers: Vec<(String, String)>) -> LegId {
        let leg = self.leg();
        let user = if phone == CITIZEN { "13800138000".to_owned() } else { (1000 + phone).to_string() };
        let invite = Invite {
            flow: Flow::udp(NetworkId(0), SocketAddr::from(([10, 0, 0, 1], 5060))),
            uri: format!("sip:{number}@10.0.0.1"),
            to: String::new(),
            from: Party { display: String::new(), user, host: "10.0.0.1".to_owned() },
            routes: Vec::new(),
            headers,
            body: Some(sdp(phone, leg)),
            outward: false,
        };
        self.act(phone, |end, now, out| end.invite(now, leg, invite, out));
        self.settle();
        leg
    }

    /// Takes the call that rings; the leg at the phone.
    pub(crate) fn picks_up(&mut self, phone: usize) -> Option<LegId> {
        let leg = self.rings(phone)?;
        self.answers(phone, leg);
        Some(leg)
    }

    /// Takes a call that rings.
    pub(crate) fn answers(&mut self, phone: usize, leg: LegId) {
        let reply = Reply { headers: Vec::new(), body: Some(sdp(phone, leg)) };
        self.act(phone, |end, now, out| end.answer(now, leg, &reply, out));
        self.settle();
    }

    /// Refuses a call that has come, before it rings; false where none has.
    pub(crate) fn refuses(&mut self, phone: usize, status: u16) -> bool {
        self.refuses_with(phone, status, &[])
    }

    /// The same with headers.
    pub(crate) fn refuses_with(&mut self, phone: usize, status: u16, headers: &[(&str, &str)]) -> bool {
        let Some(tx) = self.invited(phone) else { return false };
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.act(phone, |end, now, out| end.reply(now, tx, status, &Reply { headers, body: None }, out));
        self.settle();
        true
    }

    /// The INVITE that has come.
    pub(crate) fn invite(&self, phone: usize) -> Option<&Message> {
        self.heard[phone].iter().find_map(|event| match event {
            Event::Invite { request, .. } => Some(request),
            _ => None,
        })
    }

    fn invited(&mut self, phone: usize) -> Option<ServerTx> {
        let invite = |event: &Event| match event {
            Event::Invite { tx, .. } => Some(*tx),
            _ => None,
        };
        let tx = self.heard[phone].iter().find_map(invite)?;
        self.heard[phone].clear();
        Some(tx)
    }

    /// Whatever is sent to the phone is lost.
    pub(crate) fn falls_silent(&mut self, phone: usize) {
        self.deaf.push(phone);
    }

    /// A phone that was silent hears again.
    pub(crate) fn listens(&mut self, phone: usize) {
        self.deaf.retain(|deaf| *deaf != phone);
    }

    /// Lets a call ring that has come.
    pub(crate) fn rings(&mut self, phone: usize) -> Option<LegId> {
        let tx = self.invited(phone)?;
        let leg = self.leg();
        self.act(phone, |end, now, out| {
            end.adopt(tx, leg);
            end.provisional(now, leg, 180, &Reply::default(), out);
        });
        self.settle();
        Some(leg)
    }

    pub(crate) fn hangs_up(&mut self, phone: usize, leg: LegId) {
        self.declines(phone, leg, 486);
    }

    /// Hangs up, and refuses with this status what is not answered yet.
    pub(crate) fn declines(&mut self, phone: usize, leg: LegId, status: u16) {
        self.act(phone, |end, now, out| end.hang_up(now, leg, status, None, out));
        self.settle();
    }

    /// A program asks that the agent at the phone be called, and then the number.
    pub(crate) fn calls_back(&mut self, phone: usize, number: &str) -> Option<Answer> {
        self.bench.answers.clear();
        let ask = Ask::Call { agent: AgentId(phone as u32 - 1), to: number.to_owned() };
        self.bench.feed(Input::Ask { ticket: Ticket(1), by: "desk".to_owned(), ask });
        self.settle();
        self.bench.answers.pop()
    }

    /// Presses keys of a talk, by INFO.
    pub(crate) fn presses(&mut self, phone: usize, leg: LegId, keys: &str) {
        for key in keys.chars() {
            let bytes = format!("Signal={key}\r\nDuration=160\r\n").into_bytes();
            let body = Body { content_type: "application/dtmf-relay".to_owned(), bytes };
            self.act(phone, |end, now, out| end.info(now, leg, body, out));
            self.settle();
        }
    }

    /// What goes along with the newest call, as its INVITE says it.
    pub(crate) fn along(&self) -> &str {
        self.along.last().map_or("", String::as_str)
    }

    /// The status that answers a REFER on a leg to a number.
    pub(crate) fn transfers(&mut self, phone: usize, leg: LegId, number: &str) -> Option<u16> {
        self.sends_refer(phone, leg, format!("<sip:{number}@10.0.0.1>"))
    }

    /// The value of a Replaces that names a leg at a phone.
    pub(crate) fn replaces(&self, phone: usize, leg: LegId) -> String {
        let names = self.phones[phone].names(leg).expect("a dialog");
        format!("{};to-tag={};from-tag={}", names.call_id, names.to_tag, names.from_tag)
    }

    /// The status that answers a REFER on a leg that names this dialog.
    pub(crate) fn refers(&mut self, phone: usize, leg: LegId, replaces: &str) -> Option<u16> {
        let escaped = replaces.replace('%', "%25").replace(';', "%3B").replace('=', "%3D").replace('@', "%40");
        self.sends_refer(phone, leg, format!("<sip:10.0.0.1?Replaces={escaped}>"))
    }

    fn sends_refer(&mut self, phone: usize, leg: LegId, to: String) -> Option<u16> {
        let to = ("Refer-To".to_owned(), to);
        let refer = Reply { headers: vec![to], body: None };
        self.answered.clear();
        self.act(phone, |end, now, out| end.send(now, leg, Method::Refer, &refer, out));
        self.settle();
        self.answered.first().copied()
    }

    /// The final status that a call of the phone's own came to, if it failed.
    pub(crate) fn refused(&self, phone: usize) -> Option<u16> {
        self.heard[phone].iter().find_map(|event| match event {
            Event::Rejected { cause: sip::Cause::Status(status), .. } => Some(*status),
            _ => None,
        })
    }

    /// What the phone heard so far is past.
    pub(crate) fn forget(&mut self, phone: usize) {
        self.heard[phone].clear();
    }

    pub(crate) fn is_over(&self, phone: usize, leg: LegId) -> bool {
        self.heard[phone].iter().any(|event| matches!(event, Event::Closed { leg: l } if *l == leg))
    }

    /// Time passes for the engine and the phones.
    pub(crate) fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds * 2 {
            self.bench.now = self.bench.now.plus(Duration::from_millis(500));
            self.bench.feed(Input::Deadline);
            self.settle();
            for phone in 0..self.phones.len() {
                self.act(phone, |end, now, out| end.handle_timeout(now, out));
                self.settle();
            }
        }
    }

    /// What the phone hears on a leg: the place of another phone, or nobody's voice.
    pub(crate) fn hears(&self, phone: usize, leg: LegId) -> Option<usize> {
        let (mut at, mut heard): (BTreeMap<EndId, SocketAddr>, BTreeMap<EndId, Source>) = Default::default();
        for (_, job) in &self.bench.jobs {
            match job {
                Job::Open { end, params, .. } => drop(at.insert(*end, params.remote)),
                Job::Hear { end, source } => drop(heard.insert(*end, source.clone())),
                Job::Close { end } => drop((at.remove(end), heard.remove(end))),
                _ => {}
            }
        }
        let own = SocketAddr::new(address(phone).ip(), media(leg));
        let end = at.iter().find(|(_, remote)| **remote == own)?.0;
        let Some(Source::End(other)) = heard.get(end) else { return None };
        let ip: IpAddr = at.get(other)?.ip();
        (0..self.phones.len()).find(|p| address(*p).ip() == ip)
    }

    /// What the newest end that hears anything of its own was last told to play.
    pub(crate) fn plays(&self) -> Option<&Source> {
        self.bench.jobs.iter().rev().find_map(|(_, job)| match job {
            Job::Hear { source: source @ Source::Play { .. }, .. } => Some(source),
            _ => None,
        })
    }

    /// Workers of the ends that were opened, in their order.
    pub(crate) fn workers(&self) -> Vec<u8> {
        let opened = self.bench.jobs.iter().filter_map(|(worker, job)| match job {
            Job::Open { end, .. } => Some((worker.0, end.worker.0)),
            _ => None,
        });
        opened.map(|(to, of)| if to == of { to } else { u8::MAX }).collect()
    }

    pub(crate) fn records(&self) -> Vec<&Record> {
        let ends = self.bench.records.iter().filter_map(|r| match r {
            RecordEntry::End(record) => Some(&**record),
            _ => None,
        });
        ends.collect()
    }

    pub(crate) fn ends(&self) -> Vec<EndReason> {
        self.records().iter().map(|r| r.end_reason).collect()
    }

    /// Whether each agent's phone is in use for a call of the agents' own.
    pub(crate) fn own(&self) -> Vec<bool> {
        self.bench.exchange.roster.view().agents.iter().map(|a| a.own_call).collect()
    }

    /// Whoever called and was answered hangs up; whoever waits for an answer does not.
    pub(crate) fn callers_leave(&mut self) {
        for phone in 0..self.phones.len() {
            let answered = self.heard[phone].iter().filter_map(|event| match event {
                Event::Answered { leg, .. } => Some(*leg),
                _ => None,
            });
            for leg in answered.collect::<Vec<_>>() {
                self.hangs_up(phone, leg);
            }
        }
    }

    /// No phone waits for anything.
    pub(crate) fn are_idle(&self) -> bool {
        self.phones.iter().all(Endpoint::is_idle)
    }

    /// Nothing is left: no call, slot, own call, media end, or fact of one.
    pub(crate) fn is_clean(&self, what: &str) {
        let view = self.bench.exchange.roster.view();
        assert!(self.bench.exchange.is_idle(), "{what}: a call is left: {:?}", self.bench.exchange.switch.phases());
        assert!(view.agents.iter().all(|a| a.slot == Slot::Free && !a.own_call), "{what}: {view:?}");
        assert_eq!(self.bench.ledger.open_calls(), 0, "{what}: the ledger");
        let mut open: Vec<EndId> = Vec::new();
        for (_, job) in &self.bench.jobs {
            match job {
                Job::Open { end, .. } => open.push(*end),
                Job::Close { end } => open.retain(|o| o != end),
                _ => {}
            }
        }
        assert!(open.is_empty(), "{what}: media ends are open: {open:?}");
        self.bench.exchange.is_known_to(&self.bench.ledger).unwrap_or_else(|why| panic!("{what}: {why}"));
    }

    /// The process is killed, and the next one begins from what was written, or from what that comes to as bytes.
    pub(crate) fn restart(&mut self, ledger: &switch::Ledger, agents: usize) {
        let config = Config {
            id: base::SwitchId::default(),
            epoch: base::Epoch(2),
            product: "hotline".to_owned(),
            nonce_key: [7; 32],
            workers: 1,
            leases_ready: 16,
            drill: None,
        };
        let mut effects = Effects::default();
        let (now, rng) = (self.bench.now, Rng::from_number(9));
        self.bench.exchange = Exchange::restore(config, plans_of(agents), ledger, now, rng, &mut effects);
        self.bench.jobs.clear();
        self.bench.take(effects);
    }
}

fn allowed() -> Vec<Method> {
    let mut allow = sip::Config::default().allow;
    allow.push(Method::Notify);
    allow
}
