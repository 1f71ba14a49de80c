//! A call on a bench: a small plan, hand-made events, and what the call says to each as one line of text.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use acd::Reservation;
use base::{
    AgentId, CallId, Codec, EndId, Flow, GroupId, Lease, LegId, NetworkId, Notice, Now, PlayId, RecordEntry, SoundId,
    StartRecord, Time, Wall,
};
use call::plan::{Advertised, Agent, CalledNumber, Connect, Group, Limits, MenuVersion, Network};
use call::{
    Action, Arrival, Call, CallBack, Callee, Destination, Event, Line, Moved, Offer, Plan, Question, Reached, Right,
    Signal,
};
use ivr::{Kind, Node, Prompts, Tree};
use roster::Contact;

pub(crate) const CITIZEN: u16 = 0;
pub(crate) const OTHER_CALL: CallId =
    CallId { switch: base::SwitchId { node: base::NodeId(0), index: 0 }, epoch: base::Epoch(0), serial: 77, slot: 0 };
const START: Now = Now { time: Time::from_millis(1_000_000), wall: Wall(1_790_000_000_000) };
const NAMES: [&str; 20] = [
    "welcome",
    "invalid",
    "job-number",
    "at-your-service",
    "number-0",
    "number-1",
    "number-yao",
    "number-2",
    "position-before",
    "position-after",
    "position-next",
    "please-wait",
    "queue-refused",
    "requeued",
    "music",
    "wait-about",
    "to",
    "minutes",
    "number-liang",
    "queue-surge",
];

pub(crate) struct Bench {
    pub(crate) now: Now,
    pub(crate) call: Call,
    pub(crate) said: Vec<Action>,
    /// Everything ever told to the journal.
    pub(crate) facts: Vec<call::Fact>,
    next_end: u32,
    epoch: u64,
}

fn prompts() -> Prompts {
    let mut prompts = Prompts::new(vec!["zh-CN".to_owned()]);
    for (i, name) in NAMES.iter().enumerate() {
        prompts.insert(name, ivr::LocaleId(0), SoundId(i as u32));
    }
    prompts
}

fn tree() -> Tree {
    let nodes = vec![
        Node::new("main", &["welcome"], Kind::menu(&[(base::Digit::Number(1), "consult")])),
        Node::new("consult", &["please-wait"], Kind::queue("consult", 0)),
        Node::new("person", &[], Kind::queue("consult", 0)),
    ];
    let surge_start = Some("consult".to_owned());
    Tree { surge_start, ..Tree::new("zh-CN", "main", "person", "invalid", nodes) }
}

pub(crate) fn plan(edit: impl FnOnce(&mut Plan)) -> Arc<Plan> {
    let prompts = prompts();
    let groups = ["consult".to_owned(), "complaint".to_owned()];
    let names = ivr::Names::new(&groups, &prompts);
    let menu = ivr::compile(&tree(), names).expect("the bench's menu is right").menu;
    let music = SoundId(14);
    let group = |name: &str, number: &str| Group {
        name: name.to_owned(),
        number: Some(number.to_owned()),
        music,
        announce_every: Some(Duration::from_secs(30)),
        announce_position: true,
        announce_wait: true,
        duty_line: None,
        call_back: None,
        surge_prompt: "queue-surge".to_owned(),
        removed: false,
    };
    let mut plan = Plan {
        known: call::listed::KnownCallers::default(),
        areas: Arc::default(),
        on_air: Arc::default(),
        realm: "bench".to_owned(),
        digest: vec![call::plan::Digest::Md5],
        networks: vec![Network {
            name: "lo".to_owned(),
            advertised: Advertised { host: "127.0.0.1".to_owned(), udp_port: 5060, tcp_port: Some(5060) },
        }],
        trunks: Vec::new(),
        dial: Vec::new(),
        called: vec![CalledNumber { number: "12345".to_owned(), menu: 0 }],
        menus: vec![Arc::new(MenuVersion { name: "12345".to_owned(), version: "v1".to_owned(), menu })],
        prompts,
        understands: None,
        groups: vec![group("consult", "8001"), group("complaint", "8002")],
        agents: ["1001", "1002"]
            .map(|number| Agent { number: number.to_owned(), password: base::Secret::default(), removed: false })
            .to_vec(),
        star_codes: roster::StarCodes::default(),
        talk_keys: call::plan::TalkKeys::default(),
        connect: Connect { show_citizen: true, say_agent_number: false },
        session_expires: Duration::from_secs(1800),
        limits: Limits {
            calls: 10,
            talk: Duration::from_secs(3600),
            menu: Duration::from_secs(120),
            ..Limits::default()
        },
    };
    edit(&mut plan);
    Arc::new(plan)
}

fn lease(slot: u32) -> Lease {
    let end = EndId { slot, ..EndId::default() };
    Lease { end, network: NetworkId(0), address: SocketAddr::from(([127, 0, 0, 1], 20_000 + 2 * slot as u16)) }
}

pub(crate) fn sdp(port: u16, codecs: &[Codec]) -> Vec<u8> {
    sdp::offer(&sdp::Local::new(SocketAddr::from(([127, 0, 0, 1], port)), 7, codecs))
}

/// What a phone answers to our offer.
pub(crate) fn answer_to(offer: &[u8], port: u16) -> Vec<u8> {
    let local = sdp::Local::new(SocketAddr::from(([127, 0, 0, 1], port)), 9, &Codec::ALL);
    sdp::answer(&local, offer).expect("our offer can be answered").body
}

impl Bench {
    /// A citizen's INVITE with PCMA and PCMU.
    pub(crate) fn new() -> Bench {
        Bench::with(plan(|_| {}), Some(&sdp(4000, &Codec::ALL)))
    }

    /// A citizen's call from a trunk where only these are spoken.
    pub(crate) fn of_trunk(codecs: Vec<Codec>, offer: Option<&[u8]>) -> Bench {
        Bench::arrive_as(plan(|_| {}), |arrival| Arrival { offer, codecs, ..arrival })
    }

    /// A citizen who withholds the number.
    pub(crate) fn confidential() -> Bench {
        Bench::arrive(plan(|_| {}), Some(&sdp(4000, &Codec::ALL)), true)
    }

    pub(crate) fn with(plan: Arc<Plan>, offer: Option<&[u8]>) -> Bench {
        Bench::arrive(plan, offer, false)
    }

    fn arrive(plan: Arc<Plan>, offer: Option<&[u8]>, confidential: bool) -> Bench {
        Bench::arrive_as(plan, |arrival| Arrival { offer, confidential, ..arrival })
    }

    fn arrive_as<'a>(plan: Arc<Plan>, edit: impl FnOnce(Arrival<'a>) -> Arrival<'a>) -> Bench {
        let now = START;
        let start = Arc::new(StartRecord {
            id: CallId::default(),
            caller: "13800138000".to_owned(),
            called: "12345".to_owned(),
            source: "local".to_owned(),
            started: now.wall,
        });
        let mut said = Vec::new();
        let peer = [127, 0, 0, 1].into();
        let arrival = Arrival {
            start,
            caller: None,
            confidential: false,
            order: None,
            menu: 0,
            errand: None,
            agent: None,
            to: None,
            asks: None,
            surging: Arc::default(),
            lease: lease(0),
            codecs: Codec::ALL.to_vec(),
            peer,
            offer: None,
            session_id: 1,
        };
        let call = Call::arrive(plan, now, edit(arrival), &mut said);
        let mut bench = Bench { now, call, said, facts: Vec::new(), next_end: 1, epoch: 0 };
        bench.gather();
        bench
    }

    /// Agent 1001 calls agent 1002, from a phone that offers this.
    pub(crate) fn own_call(offer: Option<&[u8]>) -> Bench {
        let to = Some(Callee::Colleague(AgentId(1)));
        Bench::arrive_as(plan(|_| {}), |arrival| Arrival {
            agent: Some(AgentId(0)),
            to,
            offer,
            lease: lease(50),
            session_id: 9,
            ..arrival
        })
    }

    /// The same while the agent talks with a citizen for whom there is this order.
    pub(crate) fn own_call_about(offer: Option<&[u8]>, order: base::OrderNumber) -> Bench {
        let to = Some(Callee::Colleague(AgentId(1)));
        Bench::arrive_as(plan(|_| {}), |arrival| Arrival {
            agent: Some(AgentId(0)),
            to,
            offer,
            order: Some(order),
            lease: lease(50),
            session_id: 9,
            ..arrival
        })
    }

    /// Agent 1001 calls a line outside.
    pub(crate) fn line_call(offer: Option<&[u8]>) -> Bench {
        let to = Some(Callee::Line("13900139000".to_owned()));
        Bench::arrive_as(plan(|_| {}), |arrival| Arrival {
            agent: Some(AgentId(0)),
            to,
            offer,
            lease: lease(50),
            session_id: 9,
            ..arrival
        })
    }

    /// Agent 1001 asks the first group, from a phone that has opened its ear.
    pub(crate) fn question() -> Bench {
        Bench::question_with(plan(|_| {}))
    }

    pub(crate) fn question_with(plan: Arc<Plan>) -> Bench {
        let offer = sdp(4000, &Codec::ALL);
        let mut bench = Bench::arrive_as(plan, |arrival| Arrival {
            agent: Some(AgentId(0)),
            asks: Some(GroupId(0)),
            offer: Some(&offer),
            lease: lease(50),
            session_id: 9,
            ..arrival
        });
        bench.ack();
        bench
    }

    /// A call of its own waits in the first group for agent 1001, who asks by keys in another call.
    pub(crate) fn question_by_keys(plan: Arc<Plan>) -> Bench {
        let start = Arc::new(StartRecord {
            id: CallId::default(),
            caller: "1001".to_owned(),
            called: "8001".to_owned(),
            source: "agent 1001".to_owned(),
            started: START.wall,
        });
        let question = Question { start, agent: AgentId(0), group: GroupId(0), into: OTHER_CALL, session_id: 9 };
        let mut said = Vec::new();
        let call = Call::ask(plan, START, question, &mut said);
        let mut bench = Bench { now: START, call, said, facts: Vec::new(), next_end: 30, epoch: 0 };
        bench.gather();
        bench
    }

    /// The house calls agent 1001, and then a line.
    pub(crate) fn call_back() -> Bench {
        let now = START;
        let start = Arc::new(StartRecord {
            id: CallId::default(),
            caller: "1001".to_owned(),
            called: "13900139000".to_owned(),
            source: "agent 1001".to_owned(),
            started: now.wall,
        });
        let flow = Flow::udp(NetworkId(0), SocketAddr::from(([127, 0, 0, 1], 7000)));
        let contact = Contact { uri: "sip:1001@127.0.0.1:7000".to_owned(), flow, path: Vec::new(), phone: 0 };
        let line = start.called.clone();
        let back = CallBack { start, agent: AgentId(0), line, contact, lease: lease(50), session_id: 9 };
        let mut said = Vec::new();
        let call = Call::call_back(plan(|_| {}), now, back, &mut said);
        let mut bench = Bench { now, call, said, facts: Vec::new(), next_end: 1, epoch: 0 };
        bench.gather();
        bench
    }

    /// So many ways to a line were found.
    pub(crate) fn lines_found(&mut self, count: usize) -> &mut Bench {
        self.ways_found(&(0..count).collect::<Vec<_>>())
    }

    /// Ways over these trunks.
    pub(crate) fn ways_found(&mut self, trunks: &[usize]) -> &mut Bench {
        let lines = self.lines_to(trunks.iter().map(|trunk| (*trunk, "13900139000")).collect());
        self.tell(Event::Lines(lines))
    }

    /// The line on this leg is at these numbers of the trunk, or nowhere that we may follow it to.
    pub(crate) fn moved(&mut self, leg: u16, trunk: usize, numbers: &[&str]) -> &mut Bench {
        let lines = self.lines_to(numbers.iter().map(|number| (trunk, *number)).collect());
        self.tell(Event::Moved(Moved { leg, trunk, lines }))
    }

    fn lines_to(&mut self, ways: Vec<(usize, &str)>) -> Vec<(Line, Lease)> {
        let line = |trunk: usize, number: &str| Line {
            trunk,
            flow: Flow::udp(NetworkId(0), SocketAddr::from(([10, 0, 0, 1], 5060))),
            uri: format!("sip:{number}@ims.example.org"),
            asked: Vec::new(),
            right: Right { number: number.to_owned(), by: Some(AgentId(0)), rule: 0, counts: false },
            routes: Vec::new(),
            from: ("02012345".to_owned(), "ims.example.org".to_owned()),
            headers: Vec::new(),
            codecs: vec![Codec::Pcmu],
        };
        let with_end = |(trunk, number)| {
            self.next_end += 1;
            (line(trunk, number), lease(self.next_end))
        };
        ways.into_iter().map(with_end).collect()
    }

    /// The colleague's phone rings on leg 1, as often as there are contacts.
    pub(crate) fn reached(&mut self, contacts: u16) -> &mut Bench {
        let phones: Vec<_> = (0..usize::from(contacts)).collect();
        let contacts = self.contacts(&phones);
        self.tell(Event::Reached(Reached { agent: AgentId(1), contacts }))
    }

    /// Hands an event in; `said` holds the consequences alone.
    pub(crate) fn tell(&mut self, event: Event<'_>) -> &mut Bench {
        self.said.clear();
        self.call.handle(self.now, event, &mut self.said);
        self.gather();
        self
    }

    pub(crate) fn signal(&mut self, leg: u16, signal: Signal<'_>) -> &mut Bench {
        self.tell(Event::Signal { leg, signal })
    }

    pub(crate) fn pass(&mut self, seconds: u64) -> &mut Bench {
        self.now = self.now.plus(Duration::from_secs(seconds));
        self
    }

    pub(crate) fn ack(&mut self) -> &mut Bench {
        self.signal(CITIZEN, Signal::Acked { body: None })
    }

    pub(crate) fn press(&mut self, key: char) -> &mut Bench {
        let digit = base::Digit::from_char(key).expect("a key");
        self.tell(Event::Notice(Notice::Digit { leg: LegId::default(), digit }))
    }

    pub(crate) fn played(&mut self, play: u32) -> &mut Bench {
        self.tell(Event::Notice(Notice::Played { leg: LegId::default(), play: PlayId(play) }))
    }

    /// An offer of agent 1001 with so many contacts; returns its reservation.
    pub(crate) fn offer(&mut self, contacts: u16, freed: Option<Time>) -> Reservation {
        self.offer_of(AgentId(0), contacts, freed)
    }

    /// The same of any agent.
    pub(crate) fn offer_of(&mut self, agent: AgentId, contacts: u16, freed: Option<Time>) -> Reservation {
        let phones: Vec<_> = (0..usize::from(contacts)).collect();
        self.offer_ways(agent, &phones, freed)
    }

    /// The same of contacts that lead to these phones.
    pub(crate) fn offer_ways(&mut self, agent: AgentId, phones: &[usize], freed: Option<Time>) -> Reservation {
        self.epoch += 1;
        let reservation = Reservation(self.epoch);
        let contacts = self.contacts(phones);
        let offer = Offer { agent, group: GroupId(0), reservation, contacts, freed };
        self.tell(Event::Offer(offer));
        reservation
    }

    fn contacts(&mut self, phones: &[usize]) -> Vec<(Contact, Lease)> {
        let flow = Flow::udp(NetworkId(0), SocketAddr::from(([127, 0, 0, 1], 7000)));
        let contacts = phones.iter().enumerate().map(|(i, phone)| {
            self.next_end += 1;
            let uri = format!("sip:1001@127.0.0.1:{}", 7000 + i);
            (Contact { uri, flow, path: Vec::new(), phone: *phone }, lease(self.next_end))
        });
        contacts.collect()
    }

    /// A citizen whose number is known, while the group behind 0 is in surge or not.
    pub(crate) fn known(plan: Arc<Plan>, surge: bool) -> Bench {
        let mut bench = Bench::known_arrives(plan, surge);
        bench.ack();
        bench
    }

    /// The same before the ACK.
    pub(crate) fn known_arrives(plan: Arc<Plan>, surge: bool) -> Bench {
        let (offer, caller) = (sdp(4000, &Codec::ALL), base::CallerKey::of("13800138000"));
        let surging: Arc<[GroupId]> = surge.then_some(GroupId(0)).into_iter().collect();
        Bench::arrive_as(plan, |arrival| Arrival { offer: Some(&offer), caller, surging, ..arrival })
    }

    /// In the queue, by key 1.
    pub(crate) fn waiting() -> Bench {
        let mut bench = Bench::new();
        bench.ack().press('1');
        bench
    }

    /// In talk with the agent on leg 1.
    pub(crate) fn talking() -> Bench {
        let mut bench = Bench::waiting();
        bench.pass(3).offer(1, None);
        bench.agent_answers(1);
        bench
    }

    pub(crate) fn agent_answers(&mut self, leg: u16) -> &mut Bench {
        let body = answer_to(&sdp(1, &Codec::ALL), 7100);
        self.signal(leg, Signal::Answered { body: Some(&body) })
    }

    /// Everything asked of others, a line each, without bodies.
    pub(crate) fn lines(&self) -> String {
        let asked = self.said.iter().filter(|action| !matches!(action, Action::Fact(_)));
        asked.fold(String::new(), |mut text, action| {
            let _ = writeln!(text, "{}", line(action));
            text
        })
    }

    fn gather(&mut self) {
        let facts = self.said.iter().filter_map(|action| match action {
            Action::Fact(fact) => Some(fact.clone()),
            _ => None,
        });
        self.facts.extend(facts);
    }

    pub(crate) fn record(&self) -> Option<&base::Record> {
        self.said.iter().find_map(|a| match a {
            Action::Record(RecordEntry::End(record)) => Some(record.as_ref()),
            _ => None,
        })
    }
}

fn line(action: &Action) -> String {
    match action {
        Action::Answer { leg, .. } => format!("answer leg {leg}"),
        Action::Reply { status, body, .. } => {
            format!("reply {status}{}", if body.is_some() { " with sdp" } else { "" })
        }
        Action::Dial(dial) => match &dial.to {
            Destination::Phone(phone) => format!("dial leg {} at {} as {:?}", dial.leg, phone.uri, dial.from_display),
            Destination::Line(line) => format!("dial leg {} at {} over trunk {}", dial.leg, line.uri, line.trunk),
        },
        Action::Job(base::Job::Open { end, params, .. }) => format!("open end {} with {:?}", end.slot, params.codec),
        Action::Job(base::Job::Change { end, params }) => format!("change end {} to {:?}", end.slot, params.direction),
        Action::Job(base::Job::Hear { end, source }) => format!("end {} hears {}", end.slot, source_line(source)),
        Action::Job(base::Job::Close { end }) => format!("close end {}", end.slot),
        Action::Job(base::Job::Belong { end, leg }) => format!("end {} is of leg {}", end.slot, leg.index),
        Action::Give { leg, .. } => format!("give leg {}", leg.index()),
        Action::Ask { group } => format!("ask group {}", group.0),
        Action::Synthesize { question, speech } => format!("speak {question}: {}", speech.text),
        Action::Fetch { .. } => "fetch".to_owned(),
        Action::Unfetch { .. } => "unfetch".to_owned(),
        Action::NotGiven { .. } => "not given".to_owned(),
        Action::Record(RecordEntry::Start(_)) => "record start".to_owned(),
        Action::Record(RecordEntry::Confidential(_)) => "record confidential".to_owned(),
        Action::Record(RecordEntry::Rated { grade, .. }) => format!("record verdict {grade}"),
        Action::Record(RecordEntry::WrongKeys { nodes, .. }) => format!("record wrong keys at {}", nodes.join(", ")),
        Action::Record(RecordEntry::Order { .. }) => "record order".to_owned(),
        Action::Record(RecordEntry::Agent(_)) => "record agent".to_owned(),
        Action::Record(RecordEntry::End(r)) => format!("record end {}", r.end_reason.name()),
        Action::Arm { timer, .. } => format!("arm {timer:?}"),
        Action::Disarm(timer) => format!("disarm {timer:?}"),
        Action::Queue(command) => format!("queue {}", short(&format!("{command:?}"))),
        Action::Roster(command) => format!("roster {}", short(&format!("{command:?}"))),
        other => format!("{other:?}"),
    }
}

fn source_line(source: &base::Source) -> String {
    match source {
        base::Source::Silence => "silence".to_owned(),
        base::Source::End(end) => format!("end {}", end.slot),
        base::Source::Clip { clip, .. } => format!("clip {} of {:?}", clip.number, clip.duration()),
        base::Source::Play { sounds, after, .. } => {
            let names: Vec<_> = sounds.iter().map(|s| NAMES[s.0 as usize]).collect();
            format!("{names:?} then {after:?}")
        }
    }
}

/// The name of a variant.
fn short(debug: &str) -> &str {
    debug.split([' ', '{']).next().unwrap_or(debug)
}
