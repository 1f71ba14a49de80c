//! What is found among the records: pages, agents' days, missed callers, and a database of an earlier version.

use std::path::Path;
use std::time::Duration;

use base::{
    AgentEvent, AgentHappening, AgentId, CallId, EndReason, Epoch, NodeId, OrderNumber, Record, RecordEntry,
    StartRecord, SwitchId, Wall,
};
use store::{AgentFilter, Cursor, Filter, Store};

const LONG: Duration = Duration::from_secs(20);

fn open(dir: &Path) -> Store {
    Store::open(dir, NodeId(0), Wall(1_000), Epoch(0)).expect("opens").store
}

fn id(serial: u32) -> CallId {
    CallId { switch: SwitchId::default(), epoch: Epoch(1), serial, slot: 0 }
}

/// A call that began at `serial` seconds and ended so, after this long a talk.
fn call(serial: u32, caller: &str, end_reason: EndReason, talk_ms: u64) -> Record {
    let started = Wall(i64::from(serial) * 1000);
    Record {
        start: StartRecord {
            id: id(serial),
            caller: caller.into(),
            called: "12345".into(),
            source: "carrier".into(),
            started,
        },
        answered: Some(started),
        ended: started.plus(Duration::from_secs(30)),
        menu_path: Vec::new(),
        menu_version: "abc".into(),
        locale: "zh-CN".into(),
        skill_group: Some(if serial.is_multiple_of(2) { "even" } else { "odd" }.into()),
        queued_ms: 0,
        waits: Vec::new(),
        agent: (talk_ms > 0).then(|| "1001".into()),
        talk_ms,
        end_reason,
        confidential: false,
        order: None,
        earlier: 0,
    }
}

fn order(text: &str) -> OrderNumber {
    OrderNumber::parse(text).expect("an order number")
}

fn write(store: &mut Store, records: impl IntoIterator<Item = Record>) {
    for record in records {
        store.write(RecordEntry::End(Box::new(record)));
    }
    assert!(store.sync(LONG));
}

#[test]
fn filters_and_pages_find_what_was_asked() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut store = open(dir.path());
    let calls = (0..30).map(|serial| {
        let caller = if serial % 3 == 0 { "13800138000" } else { "13900139000" };
        let (reason, talk) = if serial < 20 { (EndReason::AgentHangup, 500) } else { (EndReason::Abandoned, 0) };
        let order = [5, 6].contains(&serial).then(|| order("GD-5"));
        Record { confidential: serial == 7, order, ..call(serial, caller, reason, talk) }
    });
    write(&mut store, calls);
    store.write(RecordEntry::Start(StartRecord { started: Wall(99_000), ..call(30, "1", EndReason::Fault, 0).start }));
    assert!(store.sync(LONG));
    let found = |filter: Filter| -> Vec<u32> {
        let page = store::page(dir.path(), &filter).expect("reads");
        page.rows.iter().map(|row| row.id.parse::<CallId>().expect("an id").serial).collect()
    };
    let text = |text: &str| Some(text.to_owned());
    let all = Filter::default();
    assert_eq!(found(all.clone()), (0..31).rev().collect::<Vec<_>>());
    assert_eq!(found(Filter { from: Some(Wall(3000)), to: Some(Wall(5000)), ..all.clone() }), [4, 3]);
    assert_eq!(found(Filter { caller: text("13800138000"), to: Some(Wall(10_000)), ..all.clone() }), [9, 6, 3, 0]);
    assert_eq!(found(Filter { called: text("110"), ..all.clone() }), [0; 0]);
    assert_eq!(found(Filter { agent: text("1001"), limit: Some(2), ..all.clone() }), [19, 18]);
    assert_eq!(
        found(Filter { group: text("odd"), end_reason: text("abandoned"), ..all.clone() }),
        [29, 27, 25, 23, 21]
    );
    assert_eq!(found(Filter { open: Some(true), ..all.clone() }), [30]);
    assert_eq!(found(Filter { confidential: Some(true), ..all.clone() }), [7]);
    assert_eq!(found(Filter { order: text("GD-5"), ..all.clone() }), [6, 5]);
    assert_eq!(found(Filter { order: text("GD"), ..all.clone() }), [0; 0]);
    assert_eq!(found(Filter { caller: text("' OR 1 = 1 --"), ..all.clone() }), [0; 0]);

    let mut paged = Vec::new();
    let mut filter = Filter { limit: Some(7), ..all };
    loop {
        let page = store::page(dir.path(), &filter).expect("reads");
        assert!(page.rows.len() <= 7);
        paged.extend(page.rows.iter().map(|row| row.started));
        let Some(next) = page.next else { break };
        assert_eq!(Cursor::parse(&next.to_string()), Some(next.clone()));
        filter.after = Some(next);
    }
    assert_eq!(paged.len(), 31);
    assert!(paged.is_sorted_by(|a, b| a > b), "newest first, none twice");
    let one = store::one(dir.path(), &id(7).to_string()).expect("reads").expect("is there");
    assert!(one.confidential && one.caller == "13900139000");
    assert_eq!(store::one(dir.path(), "nothing").expect("reads"), None);
    let mut few = Vec::new();
    let filter = Filter { group: text("even"), last: Some(3), ..Filter::default() };
    store::for_each(dir.path(), filter, |row| {
        few.push(row.started.0);
        true
    })
    .expect("reads");
    assert_eq!(few, [24_000, 26_000, 28_000], "the last three that fit, oldest first");
}

#[test]
fn a_confidential_call_is_so_while_it_lasts() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut store = open(dir.path());
    let [first, second, third] = [1, 2, 3].map(|serial| call(serial, "13800138000", EndReason::Abandoned, 0));
    // One arrives so, one becomes so, one is over when somebody asks.
    store.write(RecordEntry::Confidential(first.start.clone()));
    store.write(RecordEntry::Start(first.start));
    store.write(RecordEntry::Start(second.start.clone()));
    store.write(RecordEntry::Confidential(second.start));
    store.write(RecordEntry::End(Box::new(third.clone())));
    store.write(RecordEntry::Confidential(third.start));
    assert!(store.sync(LONG));
    let rows = store::read(dir.path(), Filter::default()).expect("reads");
    let seen: Vec<_> = rows.iter().map(|row| (row.caller.as_str(), row.confidential, row.ended.is_some())).collect();
    assert_eq!(seen, [false, false, true].map(|ended| ("13800138000", true, ended)));
}

#[test]
fn a_row_names_its_order_from_the_moment_it_is_known() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut store = open(dir.path());
    let [first, second, third] = [1, 2, 3].map(|serial| call(serial, "13800138000", EndReason::AgentHangup, 500));
    let named = |record: &Record, text: &str| RecordEntry::Order { start: record.start.clone(), order: order(text) };
    let orders = || -> Vec<Option<String>> {
        let rows = store::read(dir.path(), Filter::default()).expect("reads");
        rows.into_iter().map(|row| row.order).collect()
    };
    let text = |text: &str| Some(text.to_owned());
    // One is replaced, one comes before its start, as a journal may bring it, and one has none.
    for entry in [
        RecordEntry::Start(first.start.clone()),
        named(&first, "GD-1"),
        named(&first, "GD-\"2\"'; --"),
        named(&second, "工单 7"),
        RecordEntry::Start(second.start.clone()),
        RecordEntry::Start(third.start.clone()),
    ] {
        store.write(entry);
    }
    assert!(store.sync(LONG));
    assert_eq!(orders(), [text("GD-\"2\"'; --"), text("工单 7"), None]);
    // The record of the end is the last word; an ended call stays as it is.
    let last = Record { order: Some(order("GD-3")), ..first };
    for record in
        [&last, &Record { order: None, ..last.clone() }, &Record { order: Some(order("工单 7")), ..second }, &third]
    {
        store.write(RecordEntry::End(Box::new(record.clone())));
    }
    assert!(store.sync(LONG));
    assert_eq!(orders(), [text("GD-3"), text("工单 7"), None]);
    assert_eq!(store::one(dir.path(), &id(2).to_string()).expect("reads").expect("is there").order, text("工单 7"));
}

fn event(at: i64, what: AgentHappening) -> AgentEvent {
    AgentEvent { agent: AgentId(3), number: "1001".into(), at: Wall(at), what, by: "star code".into() }
}

#[test]
fn an_agents_day_is_written_once_and_read_newest_first() {
    let dir = tempfile::tempdir().expect("a directory");
    let events = [
        event(1, AgentHappening::SignedOn),
        event(2, AgentHappening::Offered { call: id(9) }),
        event(3, AgentHappening::OfferOver { call: id(9), outcome: "busy".into() }),
        event(4, AgentHappening::Paused { reason: "lunch".into() }),
        event(5, AgentHappening::WrapUp { until: Wall(77) }),
        AgentEvent { number: "1002".into(), ..event(6, AgentHappening::SignedOff) },
    ];
    for _ in 0..2 {
        // The second start brings the same events again, as a journal would.
        let mut store = open(dir.path());
        let numbers: Vec<_> = events.iter().map(|event| store.write(RecordEntry::Agent(event.clone()))).collect();
        assert_eq!(numbers, (1..=6).map(Some).collect::<Vec<_>>());
        assert!(store.sync(LONG));
        assert_eq!(store.written(), 6);
        store.close(LONG).expect("closes");
    }
    let all = store::read_agents(dir.path(), &AgentFilter::default()).expect("reads");
    let whats: Vec<_> = all.iter().map(|row| row.what.as_str()).collect();
    assert_eq!(whats, ["signed_off", "wrap_up", "paused", "offer_over", "offered", "signed_on"]);
    assert_eq!((all[1].until, &all[1].call, &all[1].reason), (Some(Wall(77)), &None, &None));
    assert_eq!((all[2].reason.as_deref(), &all[2].outcome, all[2].agent), (Some("lunch"), &None, 3));
    assert_eq!((all[3].outcome.as_deref(), all[3].call.clone()), (Some("busy"), Some(id(9).to_string())));
    assert_eq!((all[3].by.as_str(), all[3].at), ("star code", Wall(3)));
    let of_call = AgentFilter { call: Some(id(9).to_string()), ..AgentFilter::default() };
    assert_eq!(store::read_agents(dir.path(), &of_call).expect("reads").len(), 2);
    let page = AgentFilter {
        number: Some("1001".into()),
        to: Some(Wall(5)),
        after: Some((all[2].at, all[2].id.clone())),
        limit: Some(2),
        ..AgentFilter::default()
    };
    assert_eq!(store::read_agents(dir.path(), &page).expect("reads"), all[3..5]);
}

#[test]
fn missed_callers_are_those_not_served_since() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut store = open(dir.path());
    let hidden = |record: Record| Record { confidential: true, ..record };
    let of_agent = |mut record: Record| {
        record.start.source = "agent 1001".to_owned();
        record
    };
    let calls = [
        call(1, "served later", EndReason::Abandoned, 0),
        call(2, "served later", EndReason::CallerHangup, 9000),
        call(3, "twice", EndReason::Abandoned, 0),
        call(4, "twice", EndReason::QueueRefused, 0),
        call(5, "served before", EndReason::AgentHangup, 9000),
        hidden(call(6, "served before", EndReason::Restart, 0)),
        call(7, "left", EndReason::LeftInMenu, 0),
        call(8, "left", EndReason::MenuEnd, 0),
        call(9, "vanished in talk", EndReason::MediaLost, 9000),
        call(10, "vanished while waiting", EndReason::MediaLost, 0),
        call(11, "cut off in talk", EndReason::Fault, 9000),
        call(12, "", EndReason::Abandoned, 0),
        call(13, "anonymous", EndReason::Abandoned, 0),
        call(99, "later", EndReason::Abandoned, 0),
        of_agent(call(14, "1001", EndReason::Restart, 0)),
        of_agent(call(15, "1001", EndReason::QueueRefused, 0)),
    ];
    write(&mut store, calls);
    let missed = store::missed(dir.path(), Wall(0), Wall(50_000), 1000).expect("reads");
    let seen: Vec<_> = missed.iter().map(|row| (row.number.as_str(), row.last_try.0, row.tries)).collect();
    assert_eq!(
        seen,
        [
            ("cut off in talk", 11_000, 1),
            ("vanished while waiting", 10_000, 1),
            ("served before", 6000, 1),
            ("twice", 4000, 2)
        ]
    );
    assert_eq!((missed[2].confidential, missed[3].confidential), (true, false));
    assert_eq!((missed[3].group.as_deref(), missed[3].end_reason.as_str()), (Some("even"), "queue_refused"));
    assert_eq!((&missed[3].call, missed[3].called.as_str()), (&id(4).to_string(), "12345"));
    assert_eq!(store::missed(dir.path(), Wall(0), Wall(50_000), 1).expect("reads"), missed[..1]);
}

/// The tables as the first version made them.
const VERSION_1: [&str; 6] = [
    "CREATE TABLE schema_version (version BIGINT NOT NULL)",
    "INSERT INTO schema_version (version) VALUES (1)",
    "CREATE TABLE calls (id TEXT NOT NULL PRIMARY KEY, caller TEXT NOT NULL, called TEXT NOT NULL, source TEXT NOT NULL,
        started BIGINT NOT NULL, answered BIGINT, ended BIGINT, menu_path TEXT, menu_version TEXT, locale TEXT,
        skill_group TEXT, queued_ms BIGINT, waits TEXT, agent TEXT, talk_ms BIGINT, end_reason TEXT)",
    "CREATE TABLE starts (node INTEGER NOT NULL, epoch BIGINT NOT NULL, started BIGINT NOT NULL,
        last_time BIGINT NOT NULL, last_wall BIGINT NOT NULL, PRIMARY KEY (node, epoch))",
    "INSERT INTO starts VALUES (0, 8, 1000, 2000, 3000)",
    "INSERT INTO calls (id, caller, called, source, started)
        VALUES ('00000000000000080000000100000001', '1', '2', 'carrier', 500)",
];

/// What the second version made of them, as far as a call goes.
const VERSION_2: [&str; 5] = [
    "CREATE TABLE agent_events (id TEXT NOT NULL PRIMARY KEY, agent BIGINT NOT NULL, number TEXT NOT NULL,
        happened BIGINT NOT NULL, what TEXT NOT NULL, call_id TEXT NOT NULL, detail TEXT NOT NULL, until BIGINT NOT NULL,
        brought_by TEXT NOT NULL)",
    "ALTER TABLE calls ADD COLUMN confidential BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX calls_caller ON calls (caller, started)",
    "INSERT INTO schema_version (version) VALUES (2)",
    "UPDATE calls SET confidential = 1",
];

fn make_version_1(dir: &Path) {
    make(dir, &VERSION_1);
}

fn make(dir: &Path, statements: &[&'static str]) {
    use sqlx::ConnectOptions as _;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("runtime");
    runtime.block_on(async {
        let options =
            sqlx::sqlite::SqliteConnectOptions::new().filename(dir.join("records.db")).create_if_missing(true);
        let mut connection = options.connect().await.expect("opens");
        for statement in statements {
            sqlx::query(*statement).execute(&mut connection).await.expect("is SQL");
        }
    });
}

#[test]
fn a_database_of_the_first_version_is_read_and_taken_over() {
    let dir = tempfile::tempdir().expect("a directory");
    assert_eq!(store::last_epoch(dir.path(), NodeId(0)).expect("nothing there"), Epoch(0));
    make_version_1(dir.path());
    assert_eq!(store::last_epoch(dir.path(), NodeId(0)).expect("reads"), Epoch(8));
    let row = &store::read(dir.path(), Filter::default()).expect("reads before it is taken over")[0];
    assert!(!row.confidential && row.ended.is_none() && row.order.is_none());

    let mut opened = Store::open(dir.path(), NodeId(0), Wall(9000), Epoch(20)).expect("opens");
    assert_eq!(opened.epoch, Epoch(20), "the journal knows a later one");
    opened.store.end_leftovers(Wall(9000));
    let order = Some(order("GD-1"));
    write(&mut opened.store, [Record { confidential: true, order, ..call(4, "1", EndReason::Abandoned, 0) }]);
    assert_eq!(opened.store.health().closed, 1);
    let rows = store::read(dir.path(), Filter::default()).expect("reads");
    assert_eq!((rows[0].ended, rows[0].end_reason.as_deref()), (Some(Wall(3000)), Some("restart")));
    assert!(rows[1].confidential && !rows[0].confidential);
    assert_eq!((rows[0].order.as_deref(), rows[1].order.as_deref()), (None, Some("GD-1")));
    drop(opened);
    assert_eq!(Store::open(dir.path(), NodeId(0), Wall(0), Epoch(3)).expect("opens").epoch, Epoch(21));
}

#[test]
fn a_database_of_the_second_version_is_read_and_taken_over() {
    let dir = tempfile::tempdir().expect("a directory");
    make(dir.path(), &[&VERSION_1[..], &VERSION_2].concat());
    let row = &store::read(dir.path(), Filter::default()).expect("reads before it is taken over")[0];
    assert_eq!((row.confidential, &row.order), (true, &None));
    let mut store = open(dir.path());
    write(&mut store, [Record { order: Some(order("GD-1")), earlier: 3, ..call(4, "1", EndReason::Abandoned, 0) }]);
    let rows = store::read(dir.path(), Filter::default()).expect("reads");
    let orders: Vec<_> = rows.iter().map(|row| (row.confidential, row.order.as_deref())).collect();
    assert_eq!(orders, [(true, None), (false, Some("GD-1"))]);
    assert_eq!(rows.iter().map(|row| row.earlier).collect::<Vec<_>>(), [None, Some(3)], "the old one was not counted");
}
