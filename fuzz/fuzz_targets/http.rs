//! Any bytes on a connection to the API: an answer that the document declares, none from 500 on, and an end of the connection by itself.
//!
//! An input is what a client sends: a request with one of the tokens `viewer`, `agent`, `supervisor`, `operator` and `admin`, further
//! ones behind it, or after a WebSocket's handshake its frames. The router, the parser below it and the guard of connections are those
//! of the server; the transport is in memory, the clock stands until everybody waits, and owners are played.

#![no_main]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::Setup;
use base::{AgentId, CallId, EndReason, Epoch, NodeId, Record, RecordEntry, StartRecord, Time, Wall};
use libfuzzer_sys::fuzz_target;
use releases::{Difference, ReleaseId};
use roster::{State, StateChange, StateRefusal};
use serde_json::Value;
use server::desk::Counter;
use server::view::{Readiness, View};
use server::{
    AgentPicture, Board, Configurable, History, Ladders, News, Order, Picture, Published, Refused, Reloaded, Slot, Stop,
};
use settings::{Role, Token};
use sha2::{Digest as _, Sha256};
use store::Store;
use switch::{Answer, Ask};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};

#[global_allocator]
static METER: fuzz::Meter = fuzz::Meter;

/// What a connection may hold: buffers of the transport, the parser's (400 KiB at most), and one page of records.
const MEMORY_MAX: usize = 4 << 20;
/// Bytes on their way in each direction.
const TRANSPORT_BYTES: usize = 64 * 1024;
/// The longest that a connection lives without a sign of life: a reader's silence, its last answer and its farewell.
const LIFE_MAX: Duration = Duration::from_secs(120);
/// Below the desk's deadline: owners answer in time whenever they are asked.
const STEP_MAX: Duration = Duration::from_secs(1);

fuzz_target!(|input: &[u8]| {
    RIG.with_borrow_mut(|rig| {
        let answer = fuzz::bounded(MEMORY_MAX, || rig.converse(input));
        rig.judge(input, &answer);
    });
});

thread_local! {
    static RIG: RefCell<Rig> = RefCell::new(Rig::start());
}

/// Everything is allowed that has a name, and nothing happens.
struct Configuration;

impl Configurable for Configuration {
    fn reload(&self) -> Result<Reloaded, Refused> {
        Ok(Reloaded::default())
    }

    fn publish(&self, release: Option<&str>, order: Order) -> Result<Published, Refused> {
        let release: ReleaseId = release.unwrap_or("0123456789ab").parse()?;
        Ok(Published { release, before: None, holds: !order.dry_run, stories: 2, reloaded: Reloaded::default() })
    }

    fn roll_back(&self, release: Option<&str>, order: Order) -> Result<Published, Refused> {
        self.publish(release, order)
    }

    fn history(&self) -> Result<History, Refused> {
        Ok(History::default())
    }

    fn differences(&self, from: Option<&str>, to: Option<&str>) -> Result<Vec<Difference>, Refused> {
        for name in [from, to].into_iter().flatten() {
            name.parse::<ReleaseId>()?;
        }
        Ok(Vec::new())
    }

    fn on_air(&self) -> Result<Vec<Slot>, Refused> {
        Ok(Vec::new())
    }

    fn put_on_air(&self, slot: &str, _: Option<&[String]>) -> Result<Reloaded, Refused> {
        if slot == "news" { Ok(Reloaded::default()) } else { Err(Refused::NoSlot(slot.to_owned())) }
    }
}

struct Rig {
    runtime: Runtime,
    arrivals: mpsc::UnboundedSender<(DuplexStream, SocketAddr)>,
    owners: Counter,
    connections: u32,
    /// By path and method the statuses of the document.
    declared: BTreeMap<String, BTreeMap<String, BTreeSet<u16>>>,
    _stop: oneshot::Sender<()>,
}

impl Rig {
    fn start() -> Rig {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let runtime = runtime.expect("a runtime");
        let (arrivals, lobby) = mpsc::unbounded_channel();
        let (desk, owners) = server::desk::open(Arc::new(Stop::new().expect("a descriptor")));
        let data = folder();
        fill(&data);
        let (stop, stopped) = oneshot::channel();
        let (board, ladders, tokens) = (board(), Arc::new(Ladders::new(0)), tokens());
        let setup = Setup {
            view: Arc::new(view),
            desk,
            configuration: Arc::new(Configuration),
            inbox: None,
            board,
            ladders,
            tokens,
            areas: Arc::default(),
            data,
        };
        runtime.spawn(api::serve(setup, Lobby(lobby), stopped));
        let mut rig = Rig { runtime, arrivals, owners, connections: 0, declared: BTreeMap::new(), _stop: stop };
        let said = rig.converse(b"GET /api/v1/openapi.json HTTP/1.1\r\nConnection: close\r\n\r\n");
        rig.declared = declared(&answers(&said)[0].json().expect("a document"));
        assert!(rig.declared.len() > 10, "{:?}", rig.declared);
        rig
    }

    /// Sends the input; returns what comes back until the server ends the connection.
    fn converse(&mut self, input: &[u8]) -> Vec<u8> {
        // An address of its own each: failed tries to show a token are slowed by address.
        self.connections = self.connections.wrapping_add(1);
        let peer = SocketAddr::from((Ipv4Addr::from(self.connections), 4000));
        let (client, server) = tokio::io::duplex(TRANSPORT_BYTES);
        self.arrivals.send((server, peer)).expect("the server accepts");
        let (mut reader, mut writer) = tokio::io::split(client);
        let Rig { runtime, owners, .. } = self;
        runtime.block_on(async {
            let began = tokio::time::Instant::now();
            // A connection that ended takes no more.
            let send = async { drop(writer.write_all(input).await) };
            let receive = async {
                let (mut answer, mut step) = (Vec::new(), Duration::from_millis(1));
                loop {
                    tokio::select! {
                        biased;
                        read = reader.read_buf(&mut answer) => if !read.is_ok_and(|count| count > 0) { return answer },
                        () = tokio::time::sleep(step) => step = (step * 2).min(STEP_MAX),
                    }
                    reply(owners);
                    assert!(began.elapsed() < LIFE_MAX, "the connection does not end: {}", answer.escape_ascii());
                }
            };
            tokio::join!(send, receive).1
        })
    }

    /// No answer says that we failed, and the first is one of those that the document declares for the first request.
    fn judge(&self, input: &[u8], said: &[u8]) {
        let answers = answers(said);
        if let Some(failed) = answers.iter().find(|answer| answer.status >= 500) {
            panic!("{} for bad input: {}", failed.status, said.escape_ascii());
        }
        let Some(first) = answers.iter().find(|answer| answer.status != 100) else { return };
        let Some((method, path)) = request_line(input) else { return };
        let allowed = self.allowed(method, path);
        assert!(allowed.contains(&first.status), "{method} {path}: {} is none of {allowed:?}", first.status);
        let is_json = first.head.contains("application/json") && method != "HEAD";
        assert!(!is_json || first.json().is_some(), "no JSON: {}", said.escape_ascii());
    }

    fn allowed(&self, method: &str, path: &str) -> BTreeSet<u16> {
        let method = if method == "HEAD" { "get".to_owned() } else { method.to_ascii_lowercase() };
        // Of the parser, before a route is known: malformed, too long a path, too many headers.
        let mut allowed = BTreeSet::from([400, 414, 431]);
        match self.declared.iter().find(|(template, _)| fits(template, path)).map(|(_, methods)| methods) {
            Some(methods) => match methods.get(&method) {
                Some(statuses) => allowed.extend(statuses),
                None => allowed.extend([405]),
            },
            None if ["/healthz", "/readyz", "/metrics"].contains(&path) => allowed.extend([200, 405]),
            None if path == "/api" => allowed.extend([404, 405]),
            None => allowed.extend([404]),
        }
        allowed
    }
}

/// Where clients arrive.
struct Lobby(mpsc::UnboundedReceiver<(DuplexStream, SocketAddr)>);

impl axum::serve::Listener for Lobby {
    type Io = DuplexStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (DuplexStream, SocketAddr) {
        match self.0.recv().await {
            Some(arrived) => arrived,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok((Ipv4Addr::LOCALHOST, 80).into())
    }
}

struct Response<'a> {
    status: u16,
    head: String,
    body: &'a [u8],
}

impl Response<'_> {
    fn json(&self) -> Option<Value> {
        serde_json::from_slice(self.body).ok()
    }
}

/// The answers one after another, up to the one behind which a WebSocket's frames begin.
fn answers(mut said: &[u8]) -> Vec<Response<'_>> {
    let mut all = Vec::new();
    while let Some(end) = said.windows(4).position(|part| part == b"\r\n\r\n") {
        let (head, rest) = said.split_at(end + 4);
        let head = String::from_utf8_lossy(head).to_ascii_lowercase();
        let status = head.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        // An answer to HEAD tells the length of what it leaves out.
        let length = length.filter(|_| !rest.starts_with(b"HTTP/1.")).unwrap_or(0);
        let (body, rest) = rest.split_at(rest.len().min(length));
        all.push(Response { status, head, body });
        if status == 101 {
            break;
        }
        said = rest;
    }
    all
}

/// Method and path of a request line without liberties; none of another form.
fn request_line(input: &[u8]) -> Option<(&str, &str)> {
    let line = std::str::from_utf8(input.split(|byte| *byte == b'\r').next()?).ok()?;
    let mut words = line.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    let spoilt = words.next().is_some() || line.chars().any(char::is_control);
    let plain = !spoilt && version.starts_with("HTTP/1.") && target.starts_with('/');
    plain.then_some((method, target.split(['?', '#']).next()?))
}

fn declared(document: &Value) -> BTreeMap<String, BTreeMap<String, BTreeSet<u16>>> {
    let statuses = |operation: &Value| -> BTreeSet<u16> {
        let responses = operation["responses"].as_object().expect("responses");
        responses.keys().map(|status| status.parse().expect("a number")).collect()
    };
    let operations = |methods: &Value| -> BTreeMap<String, BTreeSet<u16>> {
        let methods = methods.as_object().expect("methods");
        methods.iter().map(|(method, operation)| (method.clone(), statuses(operation))).collect()
    };
    let base = document["servers"][0]["url"].as_str().expect("a base");
    let paths = document["paths"].as_object().expect("paths");
    paths.iter().map(|(path, methods)| (format!("{base}{path}"), operations(methods))).collect()
}

fn fits(template: &str, path: &str) -> bool {
    let (wanted, given) = (template.split('/'), path.split('/'));
    let same = |(wanted, given): (&str, &str)| wanted == given || wanted.starts_with('{') && !given.is_empty();
    wanted.clone().count() == given.clone().count() && wanted.zip(given).all(same)
}

/// Answers as owners would that have call 1, and agents of which 1002 has no phone.
fn reply(owners: &mut Counter) {
    let mut asked = Vec::new();
    owners.take(|ticket, _, ask| asked.push((ticket, ask)));
    for (ticket, ask) in asked {
        let answer = match ask {
            Ask::HangUp { call } | Ask::Confide { call } | Ask::Order { call, .. } if call == id(1) => Answer::Done,
            Ask::HangUp { .. } | Ask::Confide { .. } | Ask::Order { .. } => Answer::NoSuchCall,
            Ask::SetAgent { agent: AgentId(1), .. } => Answer::Refused(StateRefusal::NoPhone),
            Ask::SetAgent { change, .. } => Answer::State(match change {
                StateChange::Ready | StateChange::SignOn => State::Ready,
                StateChange::Pause { reason } => State::Paused { reason },
                StateChange::SignOff => State::SignedOff,
            }),
            Ask::Call { agent: AgentId(1), .. } => Answer::NoPhoneFree,
            Ask::Call { to, .. } if to.starts_with('0') => Answer::MayNotCall,
            Ask::Call { .. } => Answer::Rings { call: id(1) },
            Ask::WrapUp { agent: AgentId(0), .. } => Answer::WrapUp { until: Time::ZERO },
            Ask::WrapUp { .. } => Answer::NotInWrapUp,
            Ask::Raise { .. } | Ask::Move { .. } | Ask::Release { .. } => Answer::NotWaiting,
            Ask::Open { .. } | Ask::Surge { .. } => Answer::Done,
            Ask::Callers { .. } => Answer::Callers(Vec::new()),
        };
        owners.answer(ticket, answer);
    }
}

fn id(serial: u32) -> CallId {
    CallId { epoch: Epoch(3), serial, ..CallId::default() }
}

/// An engine that is well, now.
fn view() -> Arc<View> {
    Arc::new(View { readiness: Readiness::Ready, published: Instant::now(), ..View::default() })
}

fn tokens() -> Vec<Token> {
    let roles = [
        ("viewer", Role::Viewer),
        ("agent", Role::Agent { number: "1001".into() }),
        ("supervisor", Role::Supervisor),
        ("operator", Role::Operator),
        ("admin", Role::Admin),
    ];
    let token = |(name, role): (&str, Role)| Token { name: name.into(), role, digest: Sha256::digest(name).into() };
    roles.map(token).into()
}

/// Two agents and a waiting call, told as events.
fn board() -> Arc<Board> {
    let board = Arc::new(Board::with_capacity(Epoch(3), 100));
    let agent = |number: &str| AgentPicture {
        number: number.into(),
        state: State::Ready,
        slot: roster::Slot::Free,
        wraps_up: false,
        removed: false,
    };
    let groups = vec!["consult".into()];
    let picture = Box::new(Picture { calls: Vec::new(), agents: vec![agent("1001"), agent("1002")], groups });
    board.tell([News::Anew { at: Wall(0), lost: 0, picture }]);
    let facts = [
        call::Fact::Started { start: start(1), menu_version: "v".into(), locale: "zh-CN".into() },
        call::Fact::Answered { at: Wall(1000) },
        call::Fact::Waiting { group: "consult".into(), at: Wall(2000) },
    ];
    board.tell(facts.map(|fact| News::Fact { at: Wall(5000), fact: switch::Fact::Call { call: id(1), fact } }));
    board
}

fn start(serial: u32) -> StartRecord {
    let started = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let started = Wall(i64::try_from(started.as_millis()).expect("before the year 292 million"));
    StartRecord {
        id: id(serial),
        caller: "13800138000".into(),
        called: "12345".into(),
        source: "local".into(),
        started,
    }
}

/// A record of a caller who gave up.
fn fill(data: &Path) {
    let mut store = Store::open(data, NodeId::default(), Wall(0), Epoch(0)).expect("opens").store;
    let start = start(11);
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
        agent: None,
        talk_ms: 0,
        end_reason: EndReason::Abandoned,
        confidential: false,
        order: None,
        earlier: 0,
    })));
    store.close(Duration::from_secs(20)).expect("closes");
}

/// A folder of this process, in memory where the machine has such.
fn folder() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let above = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let dir = above.join(format!("hotline-fuzz-http-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a folder for records");
    dir
}
