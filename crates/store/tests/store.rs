//! What the records promise: nothing twice, nothing lost silently, readable at any time.

use std::path::Path;
use std::time::Duration;

use base::{
    CallId, EndReason, Epoch, NodeId, Now, Record, RecordEntry, StartRecord, SwitchId, Time, Wait, WaitOutcome, Wall,
};
use store::{Error, Filter, Opened, Store};

const NODE: NodeId = NodeId(7);
/// Far longer than any write takes here; a test that waits this long fails.
const LONG: Duration = Duration::from_secs(20);

fn open(dir: &Path) -> Opened {
    Store::open(dir, NODE, Wall(1_000), Epoch(0)).expect("opens")
}

fn start(serial: u32) -> StartRecord {
    StartRecord {
        id: CallId { switch: SwitchId { node: NODE, index: 0 }, epoch: Epoch(1), serial, slot: serial },
        caller: "13800138000".into(),
        called: "12345".into(),
        source: "carrier".into(),
        started: Wall(10_000 + i64::from(serial)),
    }
}

fn record(serial: u32) -> Record {
    Record {
        start: start(serial),
        answered: Some(Wall(10_500)),
        ended: Wall(70_000),
        menu_path: vec!["welcome".into(), "咨询".into()],
        menu_version: "abc".into(),
        locale: "zh-CN".into(),
        skill_group: Some("enquiry".into()),
        queued_ms: 1234,
        waits: vec![Wait {
            group: "enquiry".into(),
            entered: Wall(11_000),
            waited_ms: 1234,
            outcome: WaitOutcome::Answered,
        }],
        agent: Some("1001".into()),
        talk_ms: 55_000,
        end_reason: EndReason::CallerHangup,
        confidential: false,
        order: None,
        earlier: 0,
    }
}

fn end(serial: u32) -> RecordEntry {
    RecordEntry::End(Box::new(record(serial)))
}

#[test]
fn a_call_is_open_and_then_complete() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut store = open(dir.path()).store;
    store.write(RecordEntry::Start(start(1)));
    assert!(store.sync(LONG));
    let rows = store::read(dir.path(), Filter::default()).expect("reads beside the writer");
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].ended, rows[0].end_reason.as_deref(), rows[0].talk_ms), (None, None, None));

    store.write(end(1));
    assert!(store.sync(LONG));
    let rows = store::read(dir.path(), Filter::default()).expect("reads");
    let row = &rows[0];
    assert_eq!(rows.len(), 1);
    assert_eq!(row.id, start(1).id.to_string());
    assert_eq!(row.menu_path.as_deref(), Some(&["welcome".to_owned(), "咨询".to_owned()][..]));
    assert_eq!(row.waits.as_ref().expect("waits")[0].outcome, "answered");
    assert_eq!(row.waits.as_ref().expect("waits")[0].waited_ms, 1234);
    assert_eq!((row.answered, row.ended), (Some(Wall(10_500)), Some(Wall(70_000))));
    assert_eq!((row.queued_ms, row.talk_ms), (Some(1234), Some(55_000)));
    assert_eq!((row.agent.as_deref(), row.skill_group.as_deref()), (Some("1001"), Some("enquiry")));
    assert_eq!(row.end_reason.as_deref(), Some("caller_hangup"));
    assert_eq!((store.health().written, store.health().ok), (2, true));
    store.close(LONG).expect("closes");
}

#[test]
fn entries_may_come_twice_and_in_any_order() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut store = open(dir.path()).store;
    let mut other = record(1);
    other.end_reason = EndReason::Fault;
    other.ended = Wall(99_999);
    store.write(end(1));
    store.write(RecordEntry::Start(start(1)));
    store.write(RecordEntry::Start(start(1)));
    store.write(RecordEntry::End(Box::new(other)));
    store.write(end(1));
    store.close(LONG).expect("closes");
    let rows = store::read(dir.path(), Filter::default()).expect("reads");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].end_reason.as_deref(), Some("caller_hangup"), "the first end stands");
    assert_eq!(rows[0].ended, Some(Wall(70_000)));
}

#[test]
fn where_wrong_keys_were_pressed_is_kept_whatever_comes_first() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut store = open(dir.path()).store;
    let keys = |nodes: &[&str]| RecordEntry::WrongKeys {
        start: start(1),
        nodes: nodes.iter().map(|node| (*node).to_owned()).collect(),
    };
    store.write(keys(&["main", "咨询"]));
    store.write(keys(&["main"]));
    store.write(end(1));
    store.write(end(2));
    store.close(LONG).expect("closes");
    let mut rows = store::read(dir.path(), Filter::default()).expect("reads");
    rows.sort_by(|one, other| one.id.cmp(&other.id));
    assert_eq!(rows[0].wrong_keys.as_deref(), Some(&["main".to_owned(), "咨询".to_owned()][..]));
    assert_eq!((rows[0].end_reason.as_deref(), &rows[1].wrong_keys), (Some("caller_hangup"), &None));
}

#[test]
fn calls_left_open_end_when_asked_at_the_last_time_known() {
    let dir = tempfile::tempdir().expect("a directory");
    let first = open(dir.path());
    assert_eq!((first.epoch, first.last_time), (Epoch(1), Time::ZERO));
    let mut store = first.store;
    store.note(Now { time: Time::from_millis(500), wall: Wall(20_000) });
    for serial in [1, 5] {
        store.write(RecordEntry::Start(start(serial)));
    }
    store.write(end(2));
    let mut late = start(3);
    late.started = Wall(30_000);
    store.write(RecordEntry::Start(late));
    let mut foreign = start(4);
    foreign.id.switch.node = NodeId(8);
    store.write(RecordEntry::Start(foreign));
    assert!(store.sync(LONG));
    drop(store);

    // Killed before it ended anything.
    drop(Store::open(dir.path(), NODE, Wall(24_000), Epoch(0)).expect("opens"));
    let second = open(dir.path());
    assert_eq!((second.epoch, second.last_time), (Epoch(3), Time::from_millis(500)));
    assert!(
        store::read(dir.path(), Filter::default()).expect("reads").iter().filter(|row| row.ended.is_none()).count()
            == 4
    );
    let mut store = second.store;
    // What a journal brought back comes first and tells more; a call of this start stays open.
    store.write(end(5));
    let mut own = start(6);
    own.id.epoch = Epoch(3);
    store.write(RecordEntry::Start(own));
    store.end_leftovers(Wall(25_000));
    assert!(store.sync(LONG));
    assert_eq!((store.health().closed, store.health().written, store.written()), (2, 2, 3));
    let mut rows = store::read(dir.path(), Filter::default()).expect("reads");
    rows.sort_by_key(|row| row.id.parse::<CallId>().expect("an id").serial);
    let seen: Vec<_> = rows.iter().map(|row| (row.end_reason.as_deref(), row.ended.map(|wall| wall.0))).collect();
    assert_eq!(
        seen,
        [
            (Some("restart"), Some(20_000)),
            (Some("caller_hangup"), Some(70_000)),
            (Some("restart"), Some(30_000)),
            (None, None),
            (Some("caller_hangup"), Some(70_000)),
            (None, None)
        ],
        "the other node's call and our own stay open"
    );
    drop(store);
    let third = open(dir.path());
    assert_eq!(
        (third.epoch, third.last_time),
        (Epoch(4), Time::from_millis(500)),
        "a start that wrote no time does not lose the last one"
    );
}

#[test]
fn the_last_calls_come_oldest_first_over_pages() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut store = open(dir.path()).store;
    for serial in 0..1203 {
        let mut entry = start(serial);
        // Three calls start in each millisecond: pages must not lose one of them.
        entry.started = Wall(i64::from(serial / 3));
        store.write(RecordEntry::Start(entry));
    }
    store.close(LONG).expect("closes");
    let all = store::read(dir.path(), Filter::default()).expect("reads");
    let expected: Vec<_> = (0..1203).map(|serial| start(serial).id.to_string()).collect();
    assert_eq!(all.iter().map(|row| row.id.clone()).collect::<Vec<_>>(), expected);
    for last in [0, 1, 700, 1202, 1203, 5000] {
        let rows = store::read(dir.path(), Filter { last: Some(last), ..Filter::default() }).expect("reads");
        let from = 1203_usize.saturating_sub(last as usize);
        assert_eq!(rows.iter().map(|row| &row.id).collect::<Vec<_>>(), expected[from..].iter().collect::<Vec<_>>());
    }
}

#[test]
fn readers_and_the_writer_do_not_hinder_each_other() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut store = open(dir.path()).store;
    let path = dir.path().to_owned();
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let mut most = 0;
            while most < 600 {
                let rows = store::read(&path, Filter::default()).expect("reads while the server writes");
                assert!(rows.len() >= most, "a record vanished");
                most = rows.len();
            }
        });
        for serial in 0..600 {
            store.write(end(serial));
        }
        reader.join().expect("reader");
    });
    assert!(store.sync(LONG));
    let health = store.health();
    assert_eq!((health.written, health.failed_attempts, health.lost, health.waiting), (600, 0, 0, 0));
}

#[test]
fn one_server_a_directory() {
    let dir = tempfile::tempdir().expect("a directory");
    let first = open(dir.path());
    let error = Store::open(dir.path(), NODE, Wall(0), Epoch(0)).expect_err("the second server");
    assert!(matches!(error, Error::InUse { .. }), "{error}");
    drop(first);
    open(dir.path());
}

#[test]
fn errors_name_the_path_and_the_next_step() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("file");
    std::fs::write(&file, "x").expect("writes");
    let error = Store::open(&file, NODE, Wall(0), Epoch(0)).expect_err("a file is no directory").to_string();
    assert!(error.contains("/file:") && error.contains("--data"), "{error}");

    let error = store::read(dir.path(), Filter::default()).expect_err("nothing there").to_string();
    assert!(error.contains("records.db") && error.contains("start the server"), "{error}");

    std::fs::write(dir.path().join("records.db"), "this is no database, however long it is").expect("writes");
    for error in [
        Store::open(dir.path(), NODE, Wall(0), Epoch(0)).expect_err("no database").to_string(),
        store::read(dir.path(), Filter::default()).expect_err("no database").to_string(),
    ] {
        assert!(
            error.contains("records.db") && error.contains("no database") && error.contains("move it away"),
            "{error}"
        );
    }
}

#[test]
fn a_failing_disk_keeps_entries_and_raises_the_alarm() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut store = open(dir.path()).store;
    store.write(RecordEntry::Start(start(1)));
    assert!(store.sync(LONG));
    // Another connection holds the write lock longer than the writer waits for it: to the writer a disk that refuses.
    let holder = Holder::take(dir.path());
    store.write(end(1));
    let deadline = std::time::Instant::now() + LONG;
    while store.health().ok {
        assert!(std::time::Instant::now() < deadline, "no alarm");
        assert!(!store.sync(Duration::from_millis(50)), "nothing can be written");
    }
    let health = store.health();
    assert_eq!((health.written, health.waiting, health.lost), (1, 1, 0));
    assert!(health.problem.expect("a reason").contains("records.db"));
    holder.release();
    assert!(store.sync(LONG), "written as soon as the disk takes it");
    assert!(store.health().ok);
    store.close(LONG).expect("closes");
    let rows = store::read(dir.path(), Filter::default()).expect("reads");
    assert_eq!(rows[0].end_reason.as_deref(), Some("caller_hangup"));
}

#[test]
fn closing_has_a_deadline_and_tells_what_is_missing() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut store = open(dir.path()).store;
    let holder = Holder::take(dir.path());
    store.write(end(1));
    store.write(end(2));
    let missing = store.close(Duration::from_millis(100)).expect_err("the disk refuses");
    assert_eq!(missing.count, 2);
    assert!(missing.to_string().starts_with("2 records were not written"), "{missing}");
    holder.release();
}

/// Holds the database's write lock until released.
struct Holder(std::sync::mpsc::Sender<()>, std::thread::JoinHandle<()>);

impl Holder {
    fn take(dir: &Path) -> Holder {
        let path = dir.join("records.db");
        let (release, released) = std::sync::mpsc::channel();
        let (taken, is_taken) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            use sqlx::ConnectOptions as _;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("runtime");
            runtime.block_on(async {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                let mut connection = options.connect().await.expect("opens");
                sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.expect("locks");
                taken.send(()).expect("told");
                let _ = released.recv();
                sqlx::query("ROLLBACK").execute(&mut connection).await.expect("unlocks");
            });
        });
        is_taken.recv().expect("locked");
        Holder(release, thread)
    }

    fn release(self) {
        drop(self.0);
        self.1.join().expect("holder");
    }
}
