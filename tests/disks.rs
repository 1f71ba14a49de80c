//! Disks that are full, read-only, slow, or hold something else than ours: calls go on, and what is said is true.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use base::Time;
use load::PhoneId;
use serde_json::Value;

use crate::kit::disk::{Meddler, Mood, Mount};
use crate::kit::engine::{self, Engine, hotline};
use crate::kit::ports;
use crate::kit::town::{STEP, Town, number};
use crate::kit::wait;

/// A journal and records of some dozen calls, their logs and the space that SQLite takes at once.
const KILOBYTES: u32 = 2048;
const LEGS: u16 = 40;
/// From space to the last record: the longest pause before journal and store try again, twice.
const HEALED_WITHIN: Duration = Duration::from_secs(10);
const JOURNAL_LOST: &str = "the journal cannot be written";
const RECORDS_LOST: &str = "records cannot be written";

/// Four citizens; two agents.
struct Trial {
    /// Unmounted before the engine's folder is removed.
    mount: Option<Mount>,
    town: Town,
    engine: Engine,
}

impl Trial {
    fn full() -> Trial {
        let dir = engine::folder(|_| {});
        let mount = Mount::new(&dir.path().join("data"), KILOBYTES);
        let engine = Engine::start_as(dir, ports::block(LEGS * 8), |_| {});
        Trial { mount: Some(mount), town: Town::speaking(engine.sip, 2, 4), engine }
    }

    fn meddled() -> (Trial, Meddler) {
        let dir = engine::folder(|_| {});
        let data = dir.path().join("data");
        fs::create_dir(&data).expect("a data folder");
        let meddler = Meddler::new(dir.path());
        let engine = Engine::start_as(dir, ports::block(LEGS * 8), |command| meddler.before(command, &data));
        (Trial { mount: None, town: Town::speaking(engine.sip, 2, 4), engine }, meddler)
    }

    /// Everybody who is there hangs up, and is gone.
    fn all_hang_up(&mut self) {
        for id in self.town.citizens.clone() {
            self.town.hang_up(id);
        }
        let all: Vec<PhoneId> = self.town.citizens.iter().chain(&self.town.agents).copied().collect();
        self.town.until("everybody is gone", STEP, |town| all.iter().all(|id| !town.in_call(*id)));
    }

    /// Calls go on while the disk takes nothing: one talk from before is whole, new ones talk and wait.
    fn calls_go_on(&mut self, from: Time) {
        let (first, served) = (self.town.citizens[0], self.town.talking()[0]);
        self.town.talks(1);
        self.town.dial(2);
        let engine = &self.engine;
        self.town.until("a third waits", STEP, |_| waiting(engine) == 1.0);
        self.town.live(Duration::from_secs(1));
        self.town.listened(first, from).was_whole();
        self.town.listened(served, from).was_whole();
    }

    /// `/readyz` names both and why; the metrics count; the log does not repeat itself.
    fn alarm_is_raised(&self, journal: &str, store: &str) {
        let engine = &self.engine;
        let body = wait::until("/readyz to name journal and store", STEP, || {
            let (status, body) = engine.get("/readyz");
            let both = body.contains("journal_failing") && body.contains("store_failing");
            (status == 503 && both).then_some(body)
        });
        for line in body.lines() {
            let problem: Value = serde_json::from_str(line).expect("a JSON object a line");
            let why = if problem["reason"] == "journal_failing" { journal } else { store };
            assert!(problem["detail"].as_str().is_some_and(|d| d.contains(why)), "{why:?} in {problem}");
        }
        assert!(engine.gauge("hotline_journal_facts_not_written") > 0.0);
        assert!(engine.gauge("hotline_records_waiting") > 0.0);
        assert_eq!((engine.gauge("hotline_journal_up"), engine.gauge("hotline_store_up")), (0.0, 0.0));
        self.said_once();
    }

    fn said_once(&self) {
        let log = self.engine.process.output();
        for line in [JOURNAL_LOST, RECORDS_LOST] {
            assert_eq!(log.matches(line).count(), 1, "{line:?} once in {log}");
        }
    }

    fn healed(&self) {
        wait::until("/readyz to be well again", HEALED_WITHIN, || (self.engine.get("/readyz").0 == 200).then_some(()));
        assert_eq!(self.engine.gauge("hotline_journal_facts_not_written"), 0.0);
    }

    /// One record for each of so many calls, and a kill finds a journal that knows the one that is open.
    fn nothing_is_missing(mut self, calls: usize) {
        let records = self.engine.ended_records(calls);
        one_each(&records, calls);
        self.said_once();
        self.town.talks(3);
        self.engine.process.signal("KILL");
        let Trial { mount, mut town, engine } = self;
        let engine = engine.restart();
        let both = [town.citizens[3], town.agents[0], town.agents[1]];
        town.until("both phones are hung up", Duration::from_secs(5), |town| both.iter().all(|id| !town.in_call(*id)));
        let records = engine.ended_records(calls + 1);
        one_each(&records, calls + 1);
        let open = records.iter().find(|r| r["caller"] == number(3).as_str()).expect("the call that was open");
        assert_eq!(open["end_reason"], "restart");
        assert!(open["agent"].is_string(), "only the journal knows who served it: {open}");
        let log = engine.process.output();
        assert!(log.contains("nothing cut"), "the journal is whole: {log}");
        drop(mount);
    }
}

fn waiting(engine: &Engine) -> f64 {
    engine.gauge(r#"hotline_calls{phase="waiting"}"#)
}

fn one_each(records: &[Value], calls: usize) {
    let mut callers: Vec<_> = records.iter().filter_map(|r| r["caller"].as_str()).collect();
    callers.sort_unstable();
    let expected: Vec<String> = (0..calls).map(number).collect();
    assert_eq!(callers, expected, "one record a call");
}

#[test]
fn a_full_disk_costs_no_call_and_no_record() {
    let mut trial = Trial::full();
    trial.town.talks(0);
    let from = trial.town.runner.now();
    trial.mount.as_ref().expect("mounted").fill();
    trial.calls_go_on(from);
    trial.alarm_is_raised("No space left on device", "database or disk is full");
    trial.all_hang_up();
    trial.said_once();
    trial.mount.as_ref().expect("mounted").free();
    trial.healed();
    trial.nothing_is_missing(3);
}

#[test]
fn a_disk_that_becomes_read_only_costs_no_call_and_no_record() {
    let (mut trial, meddler) = Trial::meddled();
    trial.town.talks(0);
    let from = trial.town.runner.now();
    meddler.order(Mood::ReadOnly);
    trial.calls_go_on(from);
    trial.alarm_is_raised("Read-only file system", "Read-only file system");
    trial.all_hang_up();
    trial.said_once();
    meddler.order(Mood::Good);
    trial.healed();
    trial.nothing_is_missing(3);
}

/// What one write or flush takes on the slow disk.
const SLOW_MS: u32 = 2_000;
/// From INVITE to 200 while the disk is slow.
const ANSWERED_WITHIN: Duration = Duration::from_millis(200);

#[test]
fn a_slow_disk_is_neither_heard_nor_waited_for() {
    let (mut trial, meddler) = Trial::meddled();
    let agent = trial.town.talks(0);
    let from = trial.town.runner.now();
    meddler.order(Mood::Slow(SLOW_MS));
    // The first turn finds out.
    trial.town.dial(3);
    trial.town.until("an answer", STEP, |town| town.answer_took(town.citizens[3]).is_some());
    let mut took = Vec::new();
    for _ in 0..5 {
        for place in [1, 2] {
            let id = trial.town.citizens[place];
            trial.town.dial(place);
            trial.town.until("an answer", STEP, |town| town.answer_took(id).is_some());
            took.push(trial.town.answer_took(id).expect("answered"));
            trial.town.hang_up(id);
            trial.town.until("it is over", STEP, |town| !town.in_call(id));
        }
    }
    took.sort_unstable();
    println!("answered after {took:?}");
    assert!(took[took.len() / 2] < ANSWERED_WITHIN, "half are answered at once: {took:?}");
    assert!(
        took.iter().all(|t| *t < Duration::from_millis(u64::from(SLOW_MS) / 2)),
        "nobody waits for a write: {took:?}"
    );
    trial.town.live(Duration::from_secs(2));
    for id in [trial.town.citizens[0], agent] {
        trial.town.listened(id, from).was_whole();
    }
    assert_eq!(trial.engine.get("/readyz").0, 503, "the alarm is raised");
    meddler.order(Mood::Good);
    trial.all_hang_up();
    trial.healed();
    assert_eq!(trial.engine.ended_records(12).len(), 12);
}

#[test]
fn a_log_that_takes_no_line_or_takes_seconds_for_one_is_not_felt() {
    let dir = engine::folder(|_| {});
    let log = dir.path().join("serve.log");
    fs::write(&log, "").expect("written");
    let meddler = Meddler::new(dir.path());
    let mut engine = Engine::start_as(dir, ports::block(LEGS * 8), |command| meddler.before(command, &log));
    let mut town = Town::speaking(engine.sip, 1, 2);
    let steady = [town.citizens[0], town.talks(0)];
    let from = town.runner.now();
    let caller = town.citizens[1];
    let mut took = Vec::new();
    for mood in [Mood::ReadOnly, Mood::Slow(SLOW_MS)] {
        meddler.order(mood);
        for _ in 0..5 {
            town.dial(1);
            town.until("an answer", STEP, |town| town.answer_took(caller).is_some());
            took.extend(town.answer_took(caller));
            town.hang_up(caller);
            town.until("it is over", STEP, |town| !town.in_call(caller));
        }
    }
    took.sort_unstable();
    println!("answered after {took:?}");
    assert!(took[took.len() / 2] < ANSWERED_WITHIN, "nobody waits for a line of the log: {took:?}");
    town.live(Duration::from_secs(1));
    for id in steady {
        town.listened(id, from).was_whole();
    }
    assert_eq!(engine.get("/readyz").0, 200, "data is written all the while");
    meddler.order(Mood::Good);
    let said = || engine.process.output().contains("lines of the log were lost").then_some(());
    wait::until("the log's word on what is missing", STEP, said);
    assert!(engine.process.is_running());
}

#[test]
fn a_first_start_that_was_cut_short_is_no_hindrance() {
    let dir = engine::folder(|_| {});
    let data = dir.path().join("data");
    fs::create_dir_all(data.join("journal")).expect("a data folder");
    for file in ["records.db", "lock", "journal/journal.tmp"] {
        fs::write(data.join(file), "").expect("written");
    }
    let engine = Engine::start_as(dir, ports::block(80), |_| {});
    assert_eq!((engine.records().len(), engine.get("/readyz").0), (0, 200));
}

/// A start that is to fail: what it says, and its exit code.
fn refused(dir: &Path) -> String {
    let mut command = engine::command(dir, &ports::block(20), ([127, 0, 0, 1], 0).into());
    let out: Output = command.output().expect("the binary runs");
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

#[test]
fn a_data_folder_that_takes_nothing_is_refused_with_a_next_step() {
    let dir = engine::folder(|_| {});
    let data = dir.path().join("data");
    let mount = Mount::new(&data, KILOBYTES);
    mount.fill();
    let said = refused(dir.path());
    assert!(said.contains("No space left") && said.contains("disk has space"), "{said}");
    mount.free();
    // What the refused start left is no hindrance.
    let Engine { process, dir, .. } = Engine::start_as(dir, ports::block(80), |_| {});
    drop(process);
    mount.read_only();
    let said = refused(dir.path());
    assert!(said.contains("Read-only file system") && said.contains("check that"), "{said}");
    drop(mount);
    fs::remove_dir(&data).expect("nothing was made beside the mount");
    fs::write(&data, "a file").expect("written");
    let said = refused(dir.path());
    assert!(said.contains("cannot make the folder") && said.contains("--data"), "{said}");
    assert_eq!(fs::read_to_string(&data).expect("as it was"), "a file");
}

#[test]
fn a_database_that_is_none_is_refused_and_kept() {
    let dir = engine::folder(|_| {});
    let data = dir.path().join("data");
    fs::create_dir(&data).expect("a data folder");
    let text = "this is a letter to the editor, and no database at all\n".repeat(100);
    fs::write(data.join("records.db"), &text).expect("written");
    let said = refused(dir.path());
    assert!(said.contains("records.db") && said.contains("no database") && said.contains("move it away"), "{said}");
    assert_eq!(fs::read_to_string(data.join("records.db")).expect("kept"), text);
}

fn segments(data: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(data.join("journal")).expect("the journal");
    let mut paths: Vec<_> = entries.map(|e| e.expect("an entry").path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "log"));
    paths.sort();
    paths
}

/// Spoils the newest segment of a killed engine and starts it again: it serves and says what it cut and where that is kept.
fn spoilt(spoil: impl FnOnce(&mut Vec<u8>), expected: &str) {
    let mut trial =
        Trial { mount: None, engine: Engine::start(), town: Town::speaking(([127, 0, 0, 1], 9).into(), 0, 0) };
    trial.town = Town::speaking(trial.engine.sip, 2, 4);
    trial.town.talks(0);
    trial.engine.process.signal("KILL");
    let data = trial.engine.dir.path().join("data");
    let newest = segments(&data).pop().expect("a segment");
    let mut bytes = fs::read(&newest).expect("read");
    spoil(&mut bytes);
    fs::write(&newest, bytes).expect("written");
    let engine = trial.engine.restart();
    let log = engine.process.output();
    assert!(log.contains(expected) && log.contains(".torn"), "{expected:?} in {log}");
    let kept = fs::read_dir(data.join("journal")).expect("the journal").map(|e| e.expect("an entry").path());
    let kept: Vec<_> = kept.filter(|p| p.extension().is_some_and(|e| e == "torn")).collect();
    assert_eq!(kept.len(), 1, "the cut bytes are kept: {log}");
    let records = engine.ended_records(1);
    assert_eq!(records[0]["end_reason"], "restart", "the store knows of the call in any case");
    assert_eq!(engine.get("/readyz").0, 200);
}

#[test]
fn a_journal_with_a_torn_tail_is_read_up_to_it() {
    spoilt(|bytes| bytes.truncate(bytes.len() - 3), "were cut");
}

#[test]
fn a_journal_with_a_flipped_byte_is_read_up_to_it() {
    spoilt(
        |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x10;
        },
        "were cut",
    );
}

#[test]
fn a_journal_whose_segment_is_empty_is_begun_anew() {
    spoilt(Vec::clear, "journal-");
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).permissions().mode() & 0o7777
}

#[test]
fn callers_numbers_are_for_this_user_alone() {
    let engine = Engine::start();
    let data = engine.dir.path().join("data");
    assert_eq!(mode(&data), 0o700, "a data folder of our own making");
    assert_eq!(mode(&data.join("journal")), 0o700);
    let files = ["records.db", "records.db-wal", "records.db-shm", "lock", "admin.token"].map(|name| data.join(name));
    for file in files.iter().chain(&segments(&data)) {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
}

#[test]
fn the_operator_s_data_folder_keeps_its_mode() {
    let dir = engine::folder(|_| {});
    let data = dir.path().join("data");
    fs::DirBuilder::new().mode(0o750).create(&data).expect("a data folder");
    let before = mode(&data);
    let engine = Engine::start_as(dir, ports::block(160), |_| {});
    assert_eq!(mode(&data), before);
    assert_eq!(mode(&data.join("records.db")), 0o600);
    let out = Command::new(hotline()).args(["records", "--data"]).arg(&data).output().expect("records runs");
    assert!(out.status.success());
    drop(engine);
}
