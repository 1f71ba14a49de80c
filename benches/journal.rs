//! What the journal costs: a day's facts read back at a start, and a turn's facts written and confirmed.

use std::fs::{File, OpenOptions};
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use base::{Epoch, Time};
use benches::{percentile, row, times};
use journal::{Batch, Journal, Limits, State};

const FACTS: u64 = 100_000;
/// Of a fact, with its number: an agent's or a call's change.
const FACT_BYTES: usize = 60;
/// Facts of a turn in the busy hour.
const BATCH: u64 = 8;
const TURNS: usize = 5_000;
/// What a restart may take to read.
const REPLAY: Duration = Duration::from_secs(1);
const WITHIN: Duration = Duration::from_secs(10);

/// As much work a fact as a ledger does: one look into a table.
#[derive(Clone, Debug, Default)]
struct Last(base::Map<u64, u64>);

impl State for Last {
    fn apply(&mut self, fact: &[u8]) -> Result<(), String> {
        let number = fact.first_chunk().ok_or("short")?;
        let number = u64::from_le_bytes(*number);
        self.0.insert(number % 1000, number);
        Ok(())
    }

    fn snapshot(&self, out: &mut dyn FnMut(&[u8])) {
        self.0.values().for_each(|number| out(&number.to_le_bytes()));
    }

    fn restore(&mut self, chunk: &[u8]) -> Result<(), String> {
        self.apply(chunk)
    }
}

fn fact(number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&number.to_le_bytes());
    out.resize(out.len() + FACT_BYTES - 8, number as u8);
}

fn open(dir: &Path) -> Result<journal::Opened<Last>> {
    Ok(Journal::open(dir, Epoch(0), Last::default(), Limits::default())?)
}

fn fill(batch: &mut Batch, numbers: std::ops::Range<u64>) {
    numbers.for_each(|number| batch.push(|out| fact(number, out)));
}

fn replayed() -> Result<()> {
    let mut taken = Vec::new();
    for _ in 0..5 {
        let dir = tempfile::tempdir()?;
        let mut opened = open(dir.path())?;
        let mut batch = Batch::new();
        for begin in (0..FACTS).step_by(BATCH as usize) {
            fill(&mut batch, begin..begin + BATCH);
            opened.journal.append(Time::from_millis(begin), &mut batch);
        }
        opened.journal.close(WITHIN)?;
        let began = Instant::now();
        let again = open(dir.path())?;
        taken.push(began.elapsed());
        ensure!(again.report.facts == FACTS && again.state.0.len() == 1000, "{}", again.report);
    }
    let ours = percentile(&taken, 50);
    row(
        "100,000 facts replayed",
        "1 s",
        format!("{:.0} ms", ours.as_secs_f64() * 1e3),
        times(ours, REPLAY),
        "ratio <= 1",
    );
    Ok(())
}

fn written() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let mut opened = open(&dir.path().join("journal"))?;
    let mut bare: File = OpenOptions::new().create(true).append(true).open(dir.path().join("bare"))?;
    let mut batch = Batch::new();
    let mut same = Vec::new();
    (0..BATCH).for_each(|number| fact(number, &mut same));
    let (mut plain, mut handed, mut ours) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..TURNS as u64 {
        let began = Instant::now();
        bare.write_all(black_box(&same))?;
        plain.push(began.elapsed());
        fill(&mut batch, turn * BATCH..(turn + 1) * BATCH);
        let began = Instant::now();
        opened.journal.append(Time::from_millis(turn), &mut batch);
        handed.push(began.elapsed());
        ensure!(opened.journal.commit(WITHIN), "the disk is too slow: {:?}", opened.journal.health());
        ours.push(began.elapsed());
    }
    opened.journal.close(WITHIN)?;
    for (what, percent) in [("p50", 50), ("p99", 99)] {
        let (plain, ours) = (percentile(&plain, percent), percentile(&ours, percent));
        let what = format!("8 facts written and confirmed, {what} (write)");
        row(&what, benches::micros(plain), benches::micros(ours), times(ours, plain), "-");
    }
    eprintln!("handing over alone: {} at p50.", benches::micros(percentile(&handed, 50)));
    Ok(())
}

fn main() -> Result<()> {
    eprintln!("Facts of {FACT_BYTES} bytes, {BATCH} a batch; the baseline of writing is write(2) of the same bytes.");
    replayed()?;
    written()
}
