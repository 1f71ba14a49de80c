//! What a trace holds and what not; every kind of input comes again.

use std::time::Duration;

use base::pack::Packed;
use base::{
    AgentId, CallId, Clip, Codec, Digit, EndId, Epoch, Flow, GroupId, Job, Lease, LegId, ListenId, MediaStats,
    NetworkId, Notice, Now, Rng, SwitchId, Ticket, Time, Voice, Wall, WorkerId,
};
use roster::StateChange;
use switch::trace::{Entry, Given, Head, Marks, Replay, Tail, Turn};
use switch::{Answer, Ask, Config, Drill, Effects, Exchange, Input, Ledger, Place, Reload, Verdict};

use crate::kit::{CARRIER, STRANGER, invite, plans, request};

const START: Now = Now { time: Time::from_millis(1_000_000), wall: Wall(1_790_000_000_000) };
const SEED: [u8; 32] = [3; 32];

fn config(drill: Option<Drill>) -> Config {
    let id = SwitchId::default();
    Config {
        id,
        epoch: Epoch(1),
        product: "hotline".to_owned(),
        nonce_key: [7; 32],
        workers: 1,
        leases_ready: 4,
        drill,
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn flow(from: ([u8; 4], u16)) -> Flow {
    Flow::udp(NetworkId(0), from.into())
}

/// What each input came to, and its trace.
struct Recording {
    exchange: Exchange,
    now: Now,
    entries: Vec<Entry>,
}

impl Recording {
    fn start(drill: Option<Drill>) -> (Head, Recording) {
        let (plans, config, ledger) = (plans(), config(drill), Ledger::default());
        let head = Head::new(&config, &plans, &ledger, START, SEED);
        let mut first = Effects::default();
        let mut exchange = Exchange::restore(config, plans, &ledger, START, Rng::from_seed(SEED), &mut first);
        exchange.switch.keep_verdicts(true);
        let entries = vec![Turn::of(START, &first).entry()];
        (head, Recording { exchange, now: START, entries })
    }

    fn feed(&mut self, input: Input<'_>) {
        self.now = self.now.plus(Duration::from_millis(20));
        let mut effects = Effects::default();
        self.entries.extend(Entry::given(self.now, &input));
        self.exchange.handle(self.now, input, &mut effects);
        self.entries.extend(self.exchange.switch.take_verdicts().into_iter().map(Entry::Judged));
        self.entries.push(Turn::of(self.now, &effects).entry());
    }
}

/// A second of it.
fn voice() -> Voice {
    Voice { codec: Codec::Pcma, codes: vec![0x2a; 8_000].into() }
}

/// Every kind of input; a call among them.
fn inputs(recording: &mut Recording) {
    for slot in 0..4 {
        let end = EndId { slot, ..EndId::default() };
        let address = ([10, 0, 0, 1], 20_000 + 2 * slot as u16).into();
        let notice = Notice::Leased(Lease { end, network: NetworkId(0), address });
        recording.feed(Input::Notice { worker: WorkerId(0), notice });
    }
    let register = request("REGISTER", "sip:10.0.0.1", "1001", "r", "", "");
    recording.feed(Input::Message { flow: flow(STRANGER), bytes: register.as_bytes() });
    recording.feed(Input::Message { flow: flow(CARRIER), bytes: invite("a").as_bytes() });
    recording.feed(Input::Shed { flow: flow(CARRIER), bytes: invite("b").as_bytes() });
    recording.feed(Input::Message { flow: flow(CARRIER), bytes: b"nonsense" });
    let call = CallId { epoch: Epoch(1), serial: 1, ..CallId::default() };
    let ask = |ask| Input::Ask { ticket: Ticket(1 << 63), by: "supervisor".to_owned(), ask };
    recording.feed(ask(Ask::Confide { call }));
    let order = base::OrderNumber::parse("GD-1").expect("an order number");
    recording.feed(ask(Ask::Order { call, order }));
    recording.feed(ask(Ask::Raise { call }));
    recording.feed(ask(Ask::Move { call, group: GroupId(0) }));
    recording.feed(ask(Ask::Release { call }));
    recording.feed(ask(Ask::Open { group: GroupId(0), open: false }));
    recording.feed(ask(Ask::Callers { group: GroupId(0), most: 7 }));
    recording.feed(ask(Ask::SetAgent { agent: AgentId(0), change: StateChange::SignOn }));
    recording.feed(ask(Ask::SetAgent { agent: AgentId(0), change: StateChange::Pause { reason: "tea".to_owned() } }));
    recording.feed(ask(Ask::WrapUp { agent: AgentId(0), length: Duration::from_secs(5) }));
    recording.feed(Input::Notice {
        worker: WorkerId(0),
        notice: Notice::Digit { leg: LegId { call, index: 0 }, digit: Digit::Star },
    });
    let (leg, listen) = (LegId { call, index: 0 }, ListenId(1));
    recording.feed(Input::Notice { worker: WorkerId(0), notice: Notice::Speaking { leg, listen } });
    recording.feed(Input::Notice { worker: WorkerId(0), notice: Notice::Spoken { leg, listen, voice: voice() } });
    recording.feed(Input::Understood { call, question: 1, text: Some("我要投诉".to_owned()) });
    recording.feed(Input::FlowClosed(flow(STRANGER)));
    recording.feed(Input::Unreachable(flow(STRANGER)));
    recording.feed(Input::Deadline);
    recording.feed(Input::Drain);
    recording.feed(ask(Ask::HangUp { call }));
    recording.feed(Input::StopCalls);
}

#[test]
fn every_kind_of_input_comes_again() {
    let (head, mut recording) = Recording::start(None);
    inputs(&mut recording);
    let mut replay = Replay::new(&head, &plans(), &[], false).expect("a start");
    for entry in &recording.entries {
        let read = Entry::from_bytes(&entry.to_bytes()).expect("its own form");
        assert_eq!(&read, entry);
        replay.feed(read).unwrap_or_else(|difference| panic!("{difference:?}"));
    }
    replay.finish(Tail::Open).unwrap_or_else(|difference| panic!("{difference:?}"));
    let inputs = recording.entries.iter().filter(|e| matches!(e, Entry::Given { .. })).count() as u64;
    assert_eq!((replay.summary().inputs, replay.summary().calls, replay.summary().malformed), (inputs, 1, 1));
    assert_eq!(replay.summary().ended.iter().sum::<u64>(), 1);
    assert_eq!(
        Replay::new(&head, &plans(), &[], false).expect("a start").finish(Tail::Panicked).map_err(|d| d.here),
        Err("it does not".to_owned())
    );
}

#[test]
fn a_panic_of_the_process_comes_again_and_only_at_its_place() {
    let drill = Some(Drill { place: Place::Transactions, nth: 2 });
    let (head, mut recording) = Recording::start(None);
    inputs(&mut recording);
    let head = Head::new(&config(drill), &plans(), &Ledger::default(), head.start, SEED);
    let is_message = |e: &&Entry| matches!(e, Entry::Given { given: Given::Message { .. }, .. });
    let second = recording.entries.iter().filter(is_message).nth(1).expect("two messages").clone();
    let place = recording.entries.iter().position(|e| *e == second).expect("just found");
    let replay = |until: usize| {
        let mut replay = Replay::new(&head, &plans(), &[], false).expect("a start");
        let fed = recording.entries[..until].iter().try_for_each(|entry| replay.feed(entry.clone()));
        (fed.and_then(|()| replay.finish(Tail::Panicked)), replay.panic().map(str::to_owned))
    };
    let (same, panic) = replay(place + 1);
    assert!(same.is_ok() && panic.is_some_and(|words| words.contains("a drill")));
    let (differs, _) = replay(place + 2);
    assert!(differs.is_err_and(|difference| difference.then == "the process went on"));
}

#[test]
fn the_head_holds_no_secret_and_reads_again() {
    let (head, _) = Recording::start(Some(Drill { place: Place::Call, nth: 7 }));
    let bytes = head.to_bytes();
    assert_eq!(Head::from_bytes(&bytes).as_ref(), Ok(&head));
    assert!(!holds(&bytes, &[7; 32]), "the key of the nonces");
    assert!(!holds(&bytes, b"pass-1001") && !holds(&bytes, b"secret"), "passwords");
    assert!(holds(&bytes, &SEED) && head.line().contains("a drill at Call 7"), "{}", head.line());
    // A password is nothing that a decision hangs on.
    let mut other = plans();
    let mut call = (*other.call).clone();
    call.agents[0].password.0.push('x');
    other.call = call.clone().into();
    assert_eq!(head.fingerprint_of(&other), head.plans);
    call.limits.calls += 1;
    other.call = call.into();
    assert_ne!(head.fingerprint_of(&other), head.plans);
    // The port that the system picked stands in the head.
    let mut call = (*plans().call).clone();
    call.networks[0].advertised.udp_port = 0;
    other.call = call.into();
    assert_eq!(head.fingerprint_of(&other), head.plans);
}

#[test]
fn what_was_said_is_in_no_entry_and_what_was_understood_in_no_line() {
    let leg = LegId { call: CallId::default(), index: 0 };
    let said = Notice::Spoken { leg, listen: ListenId(3), voice: voice() };
    let said = Entry::given(START, &Input::Notice { worker: WorkerId(0), notice: said }).expect("from outside");
    let bytes = said.to_bytes();
    assert!(bytes.len() < 100 && !format!("{said:?}").contains("42"), "{} bytes", bytes.len());
    assert!(said.line().ends_with(": has spoken for 1000 ms"), "{}", said.line());
    let Entry::Given { given: Given::Notice { notice: Notice::Spoken { voice: kept, .. }, .. }, .. } = &said else {
        panic!("{said:?}")
    };
    assert_eq!(*kept, voice().blank());
    let text = Some("我要投诉".to_owned());
    let input = Input::Understood { call: leg.call, question: 1, text };
    let line = Entry::given(START, &input).expect("from outside").line();
    assert!(line.ends_with("something was understood") && !line.contains("投诉"), "{line}");
}

#[test]
fn every_effect_leaves_its_mark() {
    let message = |bytes: &[u8]| sip::Outgoing { flow: flow(CARRIER), direct: None, bytes: bytes.into() };
    let effects = [
        Effects::default(),
        Effects { facts: vec![switch::Fact::Written { count: 1 }], ..Effects::default() },
        Effects { facts: vec![switch::Fact::Written { count: 2 }], ..Effects::default() },
        Effects { jobs: vec![(WorkerId(0), Job::Close { end: EndId::default() })], ..Effects::default() },
        Effects { jobs: vec![(WorkerId(1), Job::Close { end: EndId::default() })], ..Effects::default() },
        Effects { messages: vec![message(b"ab")], ..Effects::default() },
        Effects { messages: vec![message(b"a"), message(b"b")], ..Effects::default() },
        Effects { answers: vec![(Ticket(1), Answer::Done)], ..Effects::default() },
        Effects { answers: vec![(Ticket(1), Answer::NoSuchCall)], ..Effects::default() },
    ];
    let marks: Vec<Marks> = effects.iter().map(Marks::of).collect();
    for (place, one) in marks.iter().enumerate() {
        assert!(marks[place + 1..].iter().all(|other| other != one), "{:?}", effects[place]);
    }
    assert!(marks[0].is_empty() && !marks[1].is_empty());
}

#[test]
fn lines_tell_neither_keys_nor_numbers_nor_reasons() {
    let leg = LegId { call: CallId::default(), index: 1 };
    let notice = |notice| Given::Notice { worker: WorkerId(0), notice };
    let pause = Ask::SetAgent { agent: AgentId(4), change: StateChange::Pause { reason: "doctor".to_owned() } };
    let given = [
        notice(Notice::Digit { leg, digit: Digit::Number(7) }),
        notice(Notice::Closed {
            leg,
            stats: MediaStats { packets_received: 3, packets_sent: 5, ..MediaStats::default() },
        }),
        Given::Ask { ticket: Ticket(1), by: "13800138000".to_owned(), ask: pause },
        Given::Unreachable(flow(STRANGER)),
        Given::Synthesized {
            call: CallId::default(),
            question: 3,
            clip: Some(Clip::silent(3, Duration::from_millis(2_500))),
        },
        Given::of(&Input::Shed { flow: flow(CARRIER), bytes: invite("a").as_bytes() }).expect("from outside"),
    ];
    let lines: Vec<String> = given
        .into_iter()
        .map(|given| Entry::Given { now: START, settled: true, given }.line()[25..].to_owned())
        .collect();
    let id = CallId::default();
    let expected = [
        format!("note worker 0: call {id} leg 1: a key"),
        format!("note worker 0: call {id} leg 1: closed, 3 packets in, 5 out"),
        "ask  agent 4: pause by 138******00".to_owned(),
        "in   nobody listens at an address of network 0".to_owned(),
        format!("web  call {id}: 2.5 s of speech"),
    ];
    assert_eq!(lines[..5], expected);
    assert!(
        lines[5].starts_with("in   INVITE 138******00 → ****5 dialog ") && lines[5].ends_with("too many wait"),
        "{}",
        lines[5]
    );
    assert!(!Entry::Judged(Verdict::Proved("13800138000".to_owned())).line().contains("13800138000"));
}

#[test]
fn a_configuration_that_came_to_hold_has_to_be_named() {
    let (head, mut recording) = Recording::start(None);
    let mut other = plans();
    other.acd.groups[0].limit = 3;
    let reload = Reload::new(other.clone());
    recording.feed(Input::Plan(Box::new(reload)));
    inputs(&mut recording);
    let replayed = |later: &[switch::Plans]| {
        let mut replay = Replay::new(&head, &plans(), later, false).expect("a start");
        let fed = recording.entries.iter().try_for_each(|entry| replay.feed(entry.clone()));
        fed.and_then(|()| replay.finish(Tail::Open)).map_err(|difference| (difference.then, difference.here))
    };
    assert_eq!(replayed(std::slice::from_ref(&other)), Ok(()));
    let (then, here) = replayed(&[]).expect_err("nobody named it");
    assert!(then.starts_with("the configuration ") && then.ends_with(" came to hold"), "{then}");
    assert!(here.contains("none is named for it"), "{here}");
    let (_, here) = replayed(&[plans()]).expect_err("another one");
    assert!(here.starts_with("the next one that is named is "), "{here}");
    let line = recording.entries.iter().map(Entry::line).find(|line| line.contains(" plan ")).expect("a line");
    assert!(line.contains("holds from now on") && !line.contains("pass-"), "{line}");
}
