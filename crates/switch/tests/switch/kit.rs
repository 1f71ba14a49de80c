//! An exchange on a bench: a small plan, hand-written messages, virtual time.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use acd::Acd;
use base::{
    EndId, Epoch, Flow, Job, Lease, NetworkId, Notice, Now, RecordEntry, Rng, Secret, SoundId, SwitchId, Time, Wall,
    WorkerId,
};
use call::Plan;
use call::plan::{
    Advertised, Agent, CalledNumber, Connect, Credentials, Digest, Group, Identity, Limits, MenuVersion, Network,
    Subnet, Trunk,
};
use ivr::{Kind, Node, Prompts, Tree};
use roster::Roster;
use sip::Message;
use sip::digest::{answer, strongest};
use switch::{Config, Effects, Exchange, Input, Ledger, Switch};

/// Inside the trunk's network.
pub(crate) const CARRIER: ([u8; 4], u16) = ([10, 1, 0, 1], 5060);
/// In no trunk's network.
pub(crate) const STRANGER: ([u8; 4], u16) = ([192, 0, 2, 9], 5060);
const LEASES: u16 = 4;
/// In no trunk's network: where the phone of an agent is, by the agent's place.
pub(crate) const fn desk(agent: usize) -> ([u8; 4], u16) {
    ([10, 2, 0, 1 + agent as u8], 5060)
}

pub(crate) struct Bench {
    pub(crate) exchange: Exchange,
    pub(crate) now: Now,
    pub(crate) records: Vec<RecordEntry>,
    pub(crate) jobs: Vec<(WorkerId, Job)>,
    pub(crate) sent: Vec<(Flow, Message)>,
    /// The same as bytes, for phones that read by themselves.
    pub(crate) raw: Vec<(Flow, Vec<u8>)>,
    /// What was written down.
    pub(crate) ledger: Ledger,
    /// Answers to what was asked of the engine, the oldest first.
    pub(crate) answers: Vec<switch::Answer>,
    /// Turns that wrote something.
    pub(crate) turns: usize,
    /// Those after which the process is killed: what was written stands, nothing else of the turn is.
    pub(crate) kills: Vec<usize>,
    plans: switch::Plans,
    config: Config,
}

fn menu(prompts: &Prompts) -> MenuVersion {
    let nodes = ["person", "soon"].map(|name| Node::new(name, &[], Kind::queue("consult", 0))).to_vec();
    let surge_start = Some("soon".to_owned());
    let tree = Tree { surge_start, ..Tree::new("zh-CN", "person", "person", "music", nodes) };
    let groups = ["consult".to_owned()];
    let names = ivr::Names::new(&groups, prompts);
    let menu = ivr::compile(&tree, names).expect("the bench's menu is right").menu;
    MenuVersion { name: "12345".to_owned(), version: "v1".to_owned(), menu }
}

fn plan() -> Plan {
    let mut prompts = Prompts::new(vec!["zh-CN".to_owned()]);
    prompts.insert("music", ivr::LocaleId(0), SoundId(0));
    let network = Network {
        name: "carrier".to_owned(),
        advertised: Advertised { host: "10.0.0.1".to_owned(), udp_port: 5060, tcp_port: Some(5060) },
    };
    let trunk = Trunk {
        name: "trunk".to_owned(),
        sources: vec![Subnet { address: IpAddr::V4(Ipv4Addr::new(10, 1, 0, 0)), prefix: 16 }],
        credentials: Some(Credentials { user: "carrier".to_owned(), password: Secret("secret".to_owned()) }),
        identity: Identity::Asserted,
        area_code: None,
        network: None,
        limits: call::plan::TrunkLimits::default(),
        codecs: base::Codec::ALL.to_vec(),
        by_targets: false,
        outward: None,
    };
    Plan {
        realm: "12345".to_owned(),
        digest: vec![Digest::Sha256, Digest::Md5],
        networks: vec![network],
        trunks: vec![trunk],
        dial: Vec::new(),
        known: call::listed::KnownCallers::default(),
        areas: Arc::default(),
        on_air: Arc::default(),
        called: vec![CalledNumber { number: "12345".to_owned(), menu: 0 }],
        menus: vec![Arc::new(menu(&prompts))],
        prompts,
        understands: None,
        groups: vec![Group {
            name: "consult".to_owned(),
            number: Some("8001".to_owned()),
            music: SoundId(0),
            announce_every: None,
            announce_position: false,
            announce_wait: false,
            duty_line: None,
            call_back: None,
            surge_prompt: "queue-surge".to_owned(),
            removed: false,
        }],
        agents: Vec::new(),
        star_codes: roster::StarCodes::default(),
        talk_keys: call::plan::TalkKeys::default(),
        connect: Connect { show_citizen: true, say_agent_number: false },
        session_expires: Duration::from_secs(1800),
        limits: Limits { calls: 3, talk: Duration::from_secs(600), menu: Duration::from_secs(60), ..Limits::default() },
    }
}

fn config() -> Config {
    Config {
        id: SwitchId::default(),
        epoch: Epoch(1),
        product: "hotline".to_owned(),
        nonce_key: [7; 32],
        workers: 1,
        leases_ready: LEASES,
        drill: None,
    }
}

/// The plans of all owners on the bench.
pub(crate) fn plans() -> switch::Plans {
    plans_of(1)
}

fn number(agent: usize) -> String {
    (1001 + agent).to_string()
}

fn secret(agent: usize) -> Secret {
    Secret(format!("pass-{}", number(agent)))
}

/// The same with so many agents.
pub(crate) fn plans_of(agents: usize) -> switch::Plans {
    let group = acd::Group {
        name: "consult".to_owned(),
        ring: Duration::from_secs(20),
        wrap_up: Duration::ZERO,
        limit: 10,
        ..acd::Group::default()
    };
    let skills = vec![acd::Skill { skill: acd::SkillId(0), level: 1 }];
    let agent = acd::Agent { skills, ..acd::Agent::default() };
    let acd = acd::Plan { groups: vec![group], agents: vec![agent; agents], ..acd::Plan::default() };
    let agent = |place| roster::Agent { number: number(place), ready_on_register: true, removed: false };
    let roster = roster::Plan {
        agents: (0..agents).map(agent).collect(),
        expires_min: Duration::from_secs(30),
        expires_default: Duration::from_secs(300),
        expires_max: Duration::from_secs(3600),
        contacts_max: 3,
        ..roster::Plan::default()
    };
    let agent = |place| Agent { number: number(place), password: secret(place), removed: false };
    let call = Plan { agents: (0..agents).map(agent).collect(), ..plan() };
    switch::Plans { call: Arc::new(call), acd, roster, carrier: carrier::Plan::default() }
}

impl Bench {
    pub(crate) fn new() -> Bench {
        Bench::with(|_, _| {})
    }

    /// With another plan, or a drill.
    pub(crate) fn with(edit: impl FnOnce(&mut Plan, &mut Config)) -> Bench {
        Bench::of(plans(), edit)
    }

    pub(crate) fn of(plans: switch::Plans, edit: impl FnOnce(&mut Plan, &mut Config)) -> Bench {
        let now = Now { time: Time::from_millis(1_000_000), wall: Wall(1_790_000_000_000) };
        let (mut config, mut plan) = (config(), Plan::clone(&plans.call));
        edit(&mut plan, &mut config);
        let workers = config.workers;
        let plans = switch::Plans { call: Arc::new(plan), ..plans };
        let switch::Plans { acd, roster, call, carrier } = plans.clone();
        let mut switch = Switch::new(config.clone(), call, now.time, Rng::from_number(1));
        switch.lead_out(now, carrier);
        let exchange = Exchange::new(switch, Acd::new(acd, now.time), Roster::new(roster, now.time));
        let (records, jobs, sent, raw, answers) = Default::default();
        let (ledger, turns, kills) = Default::default();
        let mut bench = Bench { exchange, now, records, jobs, sent, raw, ledger, answers, turns, kills, plans, config };
        bench.lease_all(workers);
        bench
    }

    /// Other plans come to hold.
    pub(crate) fn reload(&mut self, edit: impl FnOnce(&mut switch::Plans)) {
        edit(&mut self.plans);
        self.feed(Input::Plan(Box::new(switch::Reload::new(self.plans.clone()))));
    }

    /// The process was killed, and the next one begins with what was written.
    pub(crate) fn start_again(&mut self) {
        let mut effects = Effects::default();
        self.config.epoch.0 += 1;
        let (config, plans) = (self.config.clone(), self.plans.clone());
        self.exchange = Exchange::restore(config, plans, &self.ledger, self.now, Rng::from_number(2), &mut effects);
        self.jobs.clear();
        self.take(effects);
        self.lease_all(self.config.workers);
    }

    /// The same after its process was killed and another one began; with the usual plan.
    pub(crate) fn restart(&mut self) {
        let mut effects = Effects::default();
        let config = Config { epoch: Epoch(2), ..config() };
        self.exchange = Exchange::restore(config, plans(), &self.ledger, self.now, Rng::from_number(2), &mut effects);
        self.take(effects);
        self.lease_all(1);
    }

    fn lease_all(&mut self, workers: u8) {
        for slot in 0..u32::from(LEASES) {
            (0..workers).for_each(|worker| self.lease_of(WorkerId(worker), slot));
        }
    }

    pub(crate) fn lease(&mut self, slot: u32) {
        self.lease_of(WorkerId(0), slot);
    }

    pub(crate) fn lease_of(&mut self, worker: WorkerId, slot: u32) {
        let end = EndId { worker, slot, ..EndId::default() };
        let address = SocketAddr::from(([10, 0, 0, 1], 20_000 + 1000 * u16::from(worker.0) + 2 * slot as u16));
        let notice = Notice::Leased(Lease { end, network: NetworkId(0), address });
        self.feed(Input::Notice { worker, notice });
    }

    pub(crate) fn feed(&mut self, input: Input<'_>) {
        let mut effects = Effects::default();
        self.exchange.handle(self.now, input, &mut effects);
        self.take(effects);
    }

    pub(crate) fn take(&mut self, mut effects: Effects) {
        self.turns += usize::from(!effects.facts.is_empty());
        let killed = !effects.facts.is_empty() && self.kills.first() == Some(&self.turns);
        effects.facts.drain(..).for_each(|fact| self.ledger.apply(fact));
        if killed {
            self.kills.remove(0);
            return self.start_again();
        }
        self.records.append(&mut effects.records);
        self.jobs.append(&mut effects.jobs);
        self.answers.extend(effects.answers.drain(..).map(|(_, answer)| answer));
        for message in effects.messages {
            let parsed = Message::parse(&message.bytes).expect("what we send can be read");
            self.raw.push((message.flow, message.bytes.to_vec()));
            self.sent.push((message.flow, parsed));
        }
    }

    /// Receives a message from a peer; `sent` holds the answers alone.
    pub(crate) fn receive(&mut self, from: ([u8; 4], u16), text: &str) -> &mut Bench {
        self.sent.clear();
        let flow = Flow::udp(NetworkId(0), SocketAddr::from(from));
        self.feed(Input::Message { flow, bytes: text.as_bytes() });
        self
    }

    /// The final status of what was just answered.
    pub(crate) fn status(&self) -> Option<u16> {
        self.sent.iter().filter_map(|(_, m)| m.status()).rfind(|s| *s >= 200)
    }

    /// Lets `after` pass, turning at each deadline.
    pub(crate) fn pass(&mut self, after: Duration) {
        self.sent.clear();
        let end = self.now.plus(after);
        while let Some(at) = self.exchange.next_timeout().filter(|at| *at <= end.time) {
            self.now = self.now.plus(at - self.now.time);
            self.feed(Input::Deadline);
        }
        self.now = end;
    }
}

/// A request of a phone at `host`, with its own Call-ID and branch.
pub(crate) fn request(method: &str, uri: &str, from: &str, tag: &str, extra: &str, body: &str) -> String {
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!(
        "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.0.1:5060;branch=z9hG4bK-{tag}-{method};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:{from}@10.1.0.1>;tag={tag}\r\nTo: <{uri}>\r\nCall-ID: {tag}@10.1.0.1\r\n\
         CSeq: 1 {method}\r\nContact: <sip:{from}@10.1.0.1:5060>\r\n{extra}{kind}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub(crate) const SDP: &str = "v=0\r\no=- 1 1 IN IP4 10.1.0.1\r\ns=-\r\nc=IN IP4 10.1.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";

pub(crate) fn invite(tag: &str) -> String {
    request("INVITE", "sip:12345@10.0.0.1", "13800138000", tag, "", SDP)
}

/// The `Authorization` line that answers the 401 just sent.
pub(crate) fn proof(bench: &Bench, user: &str, password: &str, method: &str, uri: &str) -> String {
    let (_, refusal) = bench.sent.iter().find(|(_, m)| m.status() == Some(401)).expect("a challenge");
    let (_, challenge) = strongest(refusal).expect("an algorithm that we speak");
    format!("Authorization: {}\r\n", answer(&challenge, user, password, method, uri, "c"))
}

pub(crate) fn register(bench: &mut Bench, user: &str, password: &str, tag: &str) -> Option<u16> {
    register_at(bench, CARRIER, (user, password), tag)
}

pub(crate) fn register_at(
    bench: &mut Bench,
    at: ([u8; 4], u16),
    (user, password): (&str, &str),
    tag: &str,
) -> Option<u16> {
    let uri = "sip:10.0.0.1";
    let text = |extra: &str, tag: &str| {
        let text = request("REGISTER", uri, user, tag, extra, "");
        let host = format!("@{}", Ipv4Addr::from(at.0));
        text.replace(&format!("To: <{uri}>"), &format!("To: <sip:{user}@10.0.0.1>")).replace("@10.1.0.1", &host)
    };
    bench.receive(at, &text("", tag));
    if bench.status() != Some(401) {
        return bench.status();
    }
    let proof = proof(bench, user, password, "REGISTER", uri);
    bench.receive(at, &text(&proof, &format!("{tag}x")));
    bench.status()
}
