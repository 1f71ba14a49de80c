//! The journal on a real disk: killed, locked, full, and read from an earlier version.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use base::{Epoch, Rng, Time};
use journal::{Batch, Error, Journal, Limits, Opened, State};

const LONG: Duration = Duration::from_secs(20);

/// Small segments, so that many begin and end in a test.
const SMALL: Limits = Limits { segment_bytes: 4000, queue_bytes: 1 << 20, queue_batches: 1 << 14 };

/// Takes the numbers 0, 1, 2 … and refuses every other order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Count(u64);

impl State for Count {
    fn apply(&mut self, fact: &[u8]) -> Result<(), String> {
        let number = String::from_utf8_lossy(fact).parse::<u64>().map_err(|e| e.to_string())?;
        if number != self.0 {
            return Err(format!("{number} follows {} numbers", self.0));
        }
        self.0 += 1;
        Ok(())
    }

    fn snapshot(&self, out: &mut dyn FnMut(&[u8])) {
        out(self.0.to_string().as_bytes());
        // Padding, so that a kill meets the writing of a snapshot too.
        out(&[b' '; 700]);
    }

    fn restore(&mut self, chunk: &[u8]) -> Result<(), String> {
        if chunk.first() != Some(&b' ') {
            self.0 = String::from_utf8_lossy(chunk).parse().map_err(|_| "not a count".to_owned())?;
        }
        Ok(())
    }
}

fn open(dir: &Path) -> Opened<Count> {
    open_above(dir, Epoch(0))
}

/// A journal that was closed may be in use a moment longer: the child of another test holds its lock too, from its fork to its exec.
fn open_above(dir: &Path, above: Epoch) -> Opened<Count> {
    let deadline = Instant::now() + LONG;
    loop {
        match Journal::open(dir, above, Count::default(), SMALL) {
            Err(Error::InUse { .. }) if Instant::now() < deadline => std::thread::yield_now(),
            opened => return opened.expect("opens"),
        }
    }
}

fn append(journal: &mut Journal, number: u64) {
    let mut batch = Batch::new();
    batch.push(|out| out.extend_from_slice(number.to_string().as_bytes()));
    journal.append(Time::from_millis(number), &mut batch);
}

/// Set for a process that is to write there until it is killed.
const CHILD: &str = "JOURNAL_TEST_FOLDER";

/// Says what it opened, then each number that is confirmed.
fn write_until_killed(dir: &Path) {
    let mut out = std::io::stdout().lock();
    let mut opened = open(dir);
    assert_eq!(opened.report.unapplied, 0, "{}", opened.report);
    writeln!(out, "\nopened {} {}", opened.state.0, opened.epoch.0).expect("the parent reads");
    for number in opened.state.0.. {
        append(&mut opened.journal, number);
        if opened.journal.commit(LONG) {
            writeln!(out, "stands {number}").expect("the parent reads");
        }
    }
}

/// What a killed writer said: what it opened, and what it had confirmed.
#[derive(Debug, Default)]
struct Said {
    opened: Option<(u64, u32)>,
    confirmed: Option<u64>,
}

/// When a writer is killed.
#[derive(Clone, Copy)]
enum Kill {
    /// After its start: mostly while it opens.
    After(Duration),
    /// When it has confirmed so many batches: somewhere in the batches behind them, on a machine of any speed.
    Confirmed(u64),
}

fn run_and_kill(dir: &Path, kill: Kill) -> Said {
    let program = std::env::current_exe().expect("this test");
    let mut child = Command::new(program)
        .args(["--exact", "fifty_kills_lose_nothing_that_was_confirmed", "--nocapture"])
        .env(CHILD, dir)
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let stdout = child.stdout.take().expect("piped");
    let (now, reached) = mpsc::channel();
    let killer = std::thread::spawn(move || {
        let within = if let Kill::After(within) = kill { within } else { LONG };
        // In time or not: it is killed.
        let _ = reached.recv_timeout(within);
        child.kill().expect("is killed");
        child.wait().expect("ends")
    });
    let (mut said, mut count) = (Said::default(), 0);
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        let mut words = line.split(' ');
        let number = |word: Option<&str>| word.and_then(|word| word.parse::<u64>().ok());
        match words.next() {
            Some("opened") => said.opened = number(words.next()).zip(number(words.next()).map(|epoch| epoch as u32)),
            Some("stands") => {
                said.confirmed = number(words.next()).or(said.confirmed);
                count += 1;
            }
            _ => {}
        }
        if matches!(kill, Kill::Confirmed(wanted) if count == wanted) {
            // The killer may have gone already when this one was slow.
            let _ = now.send(());
        }
    }
    let ended = killer.join().expect("killer");
    assert!(!ended.success(), "it ended by itself");
    said
}

#[test]
fn fifty_kills_lose_nothing_that_was_confirmed() {
    if let Some(dir) = std::env::var_os(CHILD) {
        return write_until_killed(Path::new(&dir));
    }
    let dir = tempfile::tempdir().expect("a directory");
    let mut rng = Rng::from_number(9);
    let (mut confirmed, mut epoch, mut opened) = (0, 0, 0);
    for round in 0..50 {
        let early = Kill::After(Duration::from_millis(3 + rng.below(40)));
        let kill = if round % 2 == 0 { early } else { Kill::Confirmed(1 + rng.below(200)) };
        let said = run_and_kill(dir.path(), kill);
        if let Some((count, started)) = said.opened {
            assert!(count >= confirmed, "{confirmed} were confirmed, {count} stood");
            assert!(started > epoch, "epoch {started} after {epoch}");
            (confirmed, epoch) = (count, started);
            opened += 1;
        }
        confirmed = confirmed.max(said.confirmed.map_or(0, |last| last + 1));
    }
    let last = open(dir.path());
    assert!(last.state.0 >= confirmed && last.report.unapplied == 0, "{confirmed} {}", last.report);
    assert!(opened >= 25 && confirmed > 1000, "{opened} writers confirmed {confirmed}");
    // Older segments go once the newest is flushed.
    let deadline = Instant::now() + Duration::from_secs(20);
    let files = || std::fs::read_dir(dir.path()).expect("reads").count();
    while files() > 6 {
        assert!(Instant::now() < deadline, "{} files are left", files());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What the first version wrote; it never changes.
const GOLDEN: &[u8] = include_bytes!("version-1.log");

#[test]
fn what_is_written_is_still_version_1() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut opened = Journal::open(dir.path(), Epoch(2), Count(5), SMALL).expect("opens");
    for number in 5..25 {
        append(&mut opened.journal, number);
    }
    opened.journal.close(LONG).expect("closes");
    let written = std::fs::read(dir.path().join("journal-3-1.log")).expect("reads");
    assert!(written == GOLDEN, "another form needs another version, and a file of its own beside version-1.log");
}

#[test]
fn a_journal_of_version_1_is_read() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("journal-3-1.log"), GOLDEN).expect("writes");
    let opened = Journal::open(dir.path(), Epoch(0), Count::default(), SMALL).expect("opens");
    assert_eq!((opened.state, opened.epoch, opened.last_time), (Count(25), Epoch(4), Time::from_millis(24)));
    assert_eq!(opened.report.to_string(), "1 journal segment read, 20 facts applied, nothing cut");
}

#[test]
fn files_are_private_and_the_folder_has_one_journal() {
    let top = tempfile::tempdir().expect("a directory");
    let dir = top.path().join("journal");
    let first = open(&dir);
    let mode = |path: &Path| std::fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!((mode(&dir), mode(&dir.join("journal-1-1.log"))), (0o700, 0o600));
    let error = Journal::open(&dir, Epoch(0), Count::default(), SMALL).expect_err("the second journal");
    assert!(matches!(error, Error::InUse { .. }), "{error}");
    drop(first);
    assert_eq!(open(&dir).epoch, Epoch(2));
    let above = open_above(&dir, Epoch(40));
    assert_eq!(above.epoch, Epoch(41), "above what is known from elsewhere");
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("file");
    std::fs::write(&file, "x").expect("writes");
    let error = Journal::open(&file, Epoch(0), Count::default(), SMALL).expect_err("a file").to_string();
    assert!(error.contains("/file:") && error.contains("check that"), "{error}");
}

#[test]
fn a_folder_removed_under_a_running_server_is_made_again() {
    let top = tempfile::tempdir().expect("a directory");
    let dir = top.path().join("journal");
    let mut opened = open(&dir);
    append(&mut opened.journal, 0);
    assert!(opened.journal.commit(LONG));
    // At one stroke: a segment that began during a removal file by file would make the removal fail.
    std::fs::rename(&dir, top.path().join("gone")).expect("moves");
    append(&mut opened.journal, 1);
    let deadline = Instant::now() + LONG;
    while !dir.is_dir() || !opened.journal.health().ok {
        assert!(Instant::now() < deadline, "{:?}", opened.journal.health());
        std::thread::yield_now();
    }
    opened.journal.close(LONG).expect("closes");
    assert_eq!(open(&dir).state, Count(2));
}

/// A disk of 64 KiB.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// What `mount` says where this user may not.
    fn mount() -> Result<SmallDisk, String> {
        let dir = tempfile::tempdir().expect("a directory");
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(dir.path());
        let out = command.output().map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        if out.status.success() { Ok(SmallDisk(dir)) } else { Err(said) }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l"]).arg(self.0.path()).status();
    }
}

/// Set for a process that may mount in a name space of its own.
const APART: &str = "JOURNAL_TEST_APART";

#[test]
fn a_disk_that_is_full_costs_nothing_once_it_has_space_again() {
    match SmallDisk::mount() {
        Ok(disk) => fill_and_free(&disk),
        Err(why) if std::env::var_os(APART).is_some() => panic!("no small disk in a name space of its own: {why}"),
        Err(why) => {
            let mut command = Command::new("unshare");
            command.args(["--map-root-user", "--mount"]).arg(std::env::current_exe().expect("this test"));
            command.args(["--exact", "a_disk_that_is_full_costs_nothing_once_it_has_space_again", "--nocapture"]);
            let passed = command.env(APART, "").status().is_ok_and(|status| status.success());
            assert!(passed, "failed apart, or needs root or user name spaces: {why}");
        }
    }
}

fn fill_and_free(disk: &SmallDisk) {
    let dir = disk.0.path().join("journal");
    let mut opened = open(&dir);
    append(&mut opened.journal, 0);
    assert!(opened.journal.commit(LONG));
    let ballast = disk.0.path().join("ballast");
    let mut file = std::fs::File::create(&ballast).expect("creates");
    while file.write(&[0; 512]).is_ok_and(|written| written > 0) {}
    let mut number = 1;
    while opened.journal.health().facts_not_written < 100 {
        append(&mut opened.journal, number);
        opened.journal.commit(Duration::from_millis(20));
        number += 1;
        assert!(number < 100_000, "the disk is never full");
    }
    let health = opened.journal.health();
    assert!(health.problem.as_deref().is_some_and(|text| text.contains("No space left")), "{health:?}");
    drop(file);
    std::fs::remove_file(&ballast).expect("removes");
    opened.journal.close(LONG).expect("everything is written");
    assert_eq!(open(&dir).state, Count(number));
}
