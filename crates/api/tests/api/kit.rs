//! An engine without calls of its own: what a test tells the board is what there is.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use acd::Reservation;
use api::{Http, Setup, tokens};
use base::{
    AgentEvent, AgentHappening, AgentId, CallId, EndReason, Epoch, GroupId, NodeId, Record, RecordEntry, StartRecord,
    Time, Wall,
};
use call::Fact;
use roster::{Slot, State, StateChange, StateRefusal};
use serde_json::Value;
use server::view::{
    Attempts, Group, RegistrationState, RegistrationView, TargetState, TargetView, Trunk, TrunkView, View,
};
use server::{AgentPicture, Board, Desk, Ladders, News, Picture, Stop, desk};
use settings::{Areas, Role, Token};
use store::Store;
use switch::{Answer, Ask};

use crate::configuration::Played;

pub(crate) const CALLER: &str = "13800138000";
pub(crate) const MASKED: &str = "138******00";

pub(crate) struct Rig {
    pub(crate) http: Http,
    pub(crate) board: Arc<Board>,
    pub(crate) ladders: Arc<Ladders>,
    pub(crate) data: tempfile::TempDir,
    tokens: Vec<(&'static str, String)>,
    _desk: FakeDesk,
}

/// An open call of agent 1001 is 1, one that waits is 2.
pub(crate) fn id(serial: u32) -> CallId {
    CallId { epoch: Epoch(3), serial, ..CallId::default() }
}

impl Rig {
    pub(crate) fn start() -> Rig {
        Rig::with_events(1000)
    }

    /// With a ring of so many events.
    pub(crate) fn with_events(events: usize) -> Rig {
        let data = tempfile::tempdir().expect("a temporary folder");
        fill(data.path());
        let board = Arc::new(Board::with_capacity(Epoch(3), events));
        let agents = ["1001", "1002"].map(|number| AgentPicture {
            number: number.into(),
            state: State::Ready,
            slot: Slot::Free,
            wraps_up: false,
            removed: false,
        });
        let picture = Box::new(Picture {
            calls: Vec::new(),
            agents: agents.into(),
            groups: vec!["consult".into(), "投诉".into()],
        });
        board.tell([News::Anew { at: Wall(0), lost: 0, picture }]);
        let roles = [
            ("viewer", Role::Viewer),
            ("agent", Role::Agent { number: "1001".into() }),
            ("supervisor", Role::Supervisor),
            ("operator", Role::Operator),
            ("admin", Role::Admin),
        ];
        let (mut tokens, mut known) = (Vec::new(), Vec::new());
        for (name, role) in roles {
            let made = tokens::make().expect("randomness");
            known.push(Token { name: format!("the {name}"), role, digest: made.digest });
            tokens.push((name, made.token.0));
        }
        let (fake, desk) = FakeDesk::start();
        let ladders = Arc::new(Ladders::new(1 << 20));
        let http = start(desk, (&board, &ladders), known, data.path());
        Rig { http, board, ladders, data, tokens, _desk: fake }
    }

    pub(crate) fn token(&self, role: &str) -> &str {
        self.tokens.iter().find(|(name, _)| *name == role).map_or("", |(_, token)| token)
    }

    pub(crate) fn roles(&self) -> impl Iterator<Item = &'static str> {
        self.tokens.iter().map(|(name, _)| *name)
    }

    /// Call 1 talks with 1001, call 2 waits; of call 1 a message is kept.
    pub(crate) fn open_calls(&self) {
        self.ladders.tell(crate::ladders::invite(1));
        self.board.tell(call_facts(1, CALLER, true));
        self.board.tell(call_facts(2, "13911112222", false));
        let (agent, call, by) = (AgentId(0), id(1), "queue".to_owned());
        let what = AgentHappening::Talking { call };
        self.board.tell([News::Agent(AgentEvent { agent, number: "1001".into(), at: Wall(3000), what, by })]);
    }

    pub(crate) fn get(&self, role: &str, path: &str) -> (u16, Value) {
        self.ask("GET", role, path, "")
    }

    pub(crate) fn post(&self, role: &str, path: &str, body: &str) -> (u16, Value) {
        self.ask("POST", role, path, body)
    }

    /// Status and JSON of a request below `/api/v1`; without a token when `role` is none of them.
    pub(crate) fn ask(&self, method: &str, role: &str, path: &str, body: &str) -> (u16, Value) {
        let authorization = match self.token(role) {
            "" => String::new(),
            token => format!("Authorization: Bearer {token}\r\n"),
        };
        let text = exchange(
            self.http.address(),
            &format!(
                "{method} /api/v1{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{authorization}\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ),
        );
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head: {text}"));
        let status = head[9..12].parse().expect("a status");
        (status, serde_json::from_str(body).unwrap_or_else(|e| panic!("{method} {path}: {e}: {text}")))
    }
}

fn start(
    desk: Desk,
    (board, ladders): (&Arc<Board>, &Arc<Ladders>),
    tokens: Vec<Token>,
    data: &std::path::Path,
) -> Http {
    let group = Group { name: "consult".into(), waiting: 1, longest_wait: Duration::from_secs(2), ..Group::default() };
    let closed = Group {
        name: "投诉".into(),
        closed: true,
        surging: acd::ledger::Surging { on: true, by_hand: Some(true) },
        ..Group::default()
    };
    let outward = Some(outward());
    let came = Attempts { count: 4, answers: vec![(200, 3), (503, 1)] };
    let went = Attempts { count: 2, answers: vec![(200, 1), (486, 1)] };
    let delays = Some([80, 900, 1500].map(Duration::from_millis));
    let trunk = Trunk { name: "carrier".into(), came, went, delays, outward, ..Trunk::default() };
    let idle = Trunk { name: "idle".into(), ..Trunk::default() };
    let view = Arc::new(View { groups: vec![group, closed], trunks: vec![trunk, idle], ..View::default() });
    let setup = Setup {
        view: Arc::new(move || Arc::clone(&view)),
        desk,
        configuration: Arc::new(Played::default()),
        inbox: None,
        board: Arc::clone(board),
        ladders: Arc::clone(ladders),
        tokens,
        areas: areas(),
        data: data.to_owned(),
    };
    Http::start(([127, 0, 0, 1], 0).into(), setup).expect("listens")
}

/// The mobiles of call 1's caller are at home in Beijing, of all others nothing is known; and one county.
fn areas() -> Arc<Areas> {
    let mut areas = Areas::default();
    let beijing = call::number::AreaCode::parse("010").expect("an area code");
    areas.add_mobiles(&CALLER[..7], &beijing).expect("a mobile");
    areas.add_county("057163", "富阳区").expect("a prefix");
    Arc::new(areas)
}

/// Registered, one target up and another without an address.
pub(crate) fn outward() -> TrunkView {
    let since = Wall(1_790_000_000_000);
    let at = SocketAddr::from(([192, 0, 2, 1], 5060));
    let address = Some((base::Transport::Udp, at));
    TrunkView {
        open: true,
        registration: Some(RegistrationView {
            state: RegistrationState::Registered,
            since,
            at: Some(at),
            until: Some(since),
            trouble: None,
        }),
        targets: vec![
            TargetView { uri: "sip:ims.example.org".into(), address, state: TargetState::Up, since },
            TargetView { uri: "sip:p2.example.org".into(), address: None, state: TargetState::Unresolved, since },
        ],
    }
}

/// Health and metrics of a view; nobody has a token.
pub(crate) fn probe(listen: SocketAddr, view: api::Source) -> Result<Http, api::Error> {
    let (desk, _) = desk::open(Arc::new(Stop::new().expect("a descriptor")));
    let (board, data) = (Arc::new(Board::new(Epoch(1))), std::path::PathBuf::from("/nowhere"));
    let ladders = Arc::new(Ladders::new(0));
    Http::start(
        listen,
        Setup {
            view,
            desk,
            configuration: Arc::new(Played::default()),
            inbox: None,
            board,
            ladders,
            tokens: Vec::new(),
            areas: Arc::default(),
            data,
        },
    )
}

fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
    stream.write_all(request.as_bytes()).expect("sends");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the server closes after one answer");
    answer
}

fn start_record(serial: u32, caller: &str, started: i64) -> StartRecord {
    let (called, source) = ("12345".into(), "local".into());
    StartRecord { id: id(serial), caller: caller.into(), called, source, started: Wall(started) }
}

/// A call that waits for consult, or that talks with 1001.
pub(crate) fn call_facts(serial: u32, caller: &str, talks: bool) -> Vec<News> {
    let (agent, number, reservation) = (AgentId(0), "1001".to_owned(), Reservation(1));
    let start = start_record(serial, caller, 1000);
    let mut facts = vec![
        Fact::Started { start, menu_version: "v".into(), locale: "zh-CN".into() },
        Fact::Answered { at: Wall(1000) },
        Fact::Visited { node: "main".into() },
        Fact::Waiting { group: "consult".into(), at: Wall(2000) },
    ];
    if talks {
        facts.push(Fact::Offered { agent, number: number.clone(), reservation, waited_ms: 500 });
        facts.push(Fact::WaitEnded { outcome: base::WaitOutcome::Answered, waited_ms: 1000 });
        facts.push(Fact::Connected { agent, number, reservation });
        facts.push(Fact::TalkBegan { at: Wall(3000) });
    }
    facts.into_iter().map(|fact| news(serial, fact)).collect()
}

pub(crate) fn news(serial: u32, fact: Fact) -> News {
    News::Fact { at: Wall(5000), fact: switch::Fact::Call { call: id(serial), fact } }
}

/// Records: 11 served by 1001, 12 and 13 abandoned by one caller, 14 abandoned and served as 15, 16 open.
fn fill(data: &std::path::Path) {
    let mut store = Store::open(data, NodeId::default(), Wall(0), Epoch(0)).expect("opens").store;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let start = i64::try_from(now.as_millis()).expect("before the year 292 million") - 3_600_000;
    let calls = [
        (11, CALLER, Some("1001"), EndReason::CallerHangup),
        (12, "13911112222", None, EndReason::Abandoned),
        (13, "13911112222", None, EndReason::Abandoned),
        (14, "13933334444", None, EndReason::Abandoned),
        (15, "13933334444", Some("1002"), EndReason::AgentHangup),
    ];
    for (serial, caller, agent, end_reason) in calls {
        let start = start_record(serial, caller, start + i64::from(serial));
        store.write(RecordEntry::Start(start.clone()));
        store.write(RecordEntry::End(Box::new(Record {
            answered: Some(start.started),
            ended: Wall(start.started.0 + 9000),
            start,
            menu_path: vec!["main".into()],
            menu_version: "v".into(),
            locale: "zh-CN".into(),
            skill_group: Some("consult".into()),
            queued_ms: 1500,
            waits: Vec::new(),
            agent: agent.map(str::to_owned),
            talk_ms: if agent.is_some() { 4000 } else { 0 },
            end_reason,
            confidential: false,
            order: (serial == 15).then(|| base::OrderNumber::parse("GD-15")).flatten(),
            earlier: 0,
        })));
    }
    store.write(RecordEntry::Start(start_record(16, CALLER, start + 16)));
    assert!(store.sync(Duration::from_secs(20)), "the records are written");
    store.close(Duration::from_secs(20)).expect("closes");
}

/// Answers as an engine would that has calls 1 and 2, and agents of which 1002 has no phone.
struct FakeDesk {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl FakeDesk {
    fn start() -> (FakeDesk, Desk) {
        let (desk, mut counter) = desk::open(Arc::new(Stop::new().expect("a descriptor")));
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Acquire) {
                let mut asked = Vec::new();
                counter.take(|ticket, by, ask| asked.push((ticket, by, ask)));
                for (ticket, by, ask) in asked {
                    assert!(by.starts_with("the "), "asked in the name of a token: {by}");
                    counter.answer(ticket, answer(ask));
                }
                std::thread::park_timeout(Duration::from_millis(1));
            }
        });
        (FakeDesk { stop, thread: Some(thread) }, desk)
    }
}

impl Drop for FakeDesk {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || ended.is_some_and(|e| e.is_ok()), "the desk's thread");
    }
}

fn answer(ask: Ask) -> Answer {
    match ask {
        Ask::HangUp { call } | Ask::Confide { call } | Ask::Order { call, .. } if [1, 2].contains(&call.serial) => {
            Answer::Done
        }
        Ask::HangUp { .. } | Ask::Confide { .. } | Ask::Order { .. } => Answer::NoSuchCall,
        Ask::SetAgent { agent: AgentId(1), .. } => Answer::Refused(StateRefusal::NoPhone),
        Ask::SetAgent { change, .. } => Answer::State(match change {
            StateChange::Ready | StateChange::SignOn => State::Ready,
            StateChange::Pause { reason } => State::Paused { reason },
            StateChange::SignOff => State::SignedOff,
        }),
        Ask::Raise { call } | Ask::Move { call, .. } | Ask::Release { call } if call.serial == 1 => Answer::NotWaiting,
        Ask::Raise { call } | Ask::Move { call, .. } | Ask::Release { call } if call.serial != 2 => Answer::NoSuchCall,
        Ask::Move { group: GroupId(1), .. } => Answer::GroupClosed,
        Ask::Raise { .. } | Ask::Move { .. } | Ask::Release { .. } | Ask::Open { .. } | Ask::Surge { .. } => {
            Answer::Done
        }
        Ask::Callers { group: GroupId(0), most } => {
            let waited = Duration::from_millis(1500);
            let expected = Some(acd::Range::of(60.0, 120.0));
            let waits = |serial| acd::InLine {
                call: id(serial),
                waited,
                priority: 2,
                pulled: true,
                offered: false,
                expected,
                called_back: None,
                rests: None,
            };
            Answer::Callers([2, 9].map(waits).into_iter().take(usize::from(most)).collect())
        }
        Ask::Callers { .. } => Answer::Callers(Vec::new()),
        Ask::Call { agent: AgentId(1), .. } => Answer::NoPhoneFree,
        Ask::Call { to, .. } if to.starts_with('0') => Answer::MayNotCall,
        Ask::Call { .. } => Answer::Rings { call: CallId { serial: 7, ..CallId::default() } },
        Ask::WrapUp { agent: AgentId(0), .. } => Answer::WrapUp { until: Time::ZERO },
        Ask::WrapUp { .. } => Answer::NotInWrapUp,
    }
}
