//! What a relayed voice packet costs, with sockets: the engine's media worker against a bare loop, in turn, in one process.
//!
//! Both run as one thread on the same CPU; the phones are one batched thread on another. CPU time is that of the relaying
//! thread alone, in the program and in the kernel, over the packets that it relayed.

mod decide;
mod engine;
mod generator;
mod raw;

use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use base::Codec;
use benches::cpu::{self, Thread};
use benches::{Compared, percentile, quick, row};

use self::engine::Engine;
use self::generator::{Heard, Phones};
use self::raw::Raw;

/// Calls at once, two legs each: half of what one core carries.
const CALLS: usize = 500;
const LEGS: usize = 2 * CALLS;
const ROUND: Duration = Duration::from_secs(1);
/// Odd, for the median.
const ROUNDS: usize = 15;
const ROUNDS_QUICK: usize = 5;
/// The first packets set up routes and latches; after two seconds to one place the engine connects a socket to it, whose
/// source it reads for two seconds more.
const WARM: usize = 5;
/// A machine with other work may lose some; with more lost the figures are those of something else.
const LOST_MAX_PERCENT: usize = 10;

fn main() -> Result<()> {
    decide::run()?;
    let same = apart([Codec::Pcma, Codec::Pcma])?;
    same.compared.row("relay: CPU a packet, 500 calls (raw epoll loop)", "ratio <= 1.15");
    same.latency_row("relay: added latency p99, 500 calls (raw epoll loop)", "ours <= 1 ms");
    let converted = apart([Codec::Pcma, Codec::Pcmu])?;
    converted.compared.row("relay: CPU a packet, PCMA to PCMU (raw loop, unconverted)", "-");
    converted.latency_row("relay: added latency p99, PCMA to PCMU (raw loop, unconverted)", "ours <= 1 ms");
    Ok(())
}

struct Measured {
    compared: Compared,
    raw_micros: Vec<u32>,
    micros: Vec<u32>,
}

impl Measured {
    fn latency_row(&self, what: &str, goal: &str) {
        let [raw, ours] = [&self.raw_micros, &self.micros].map(|micros| percentile(micros, 99));
        let [raw50, ours50] = [&self.raw_micros, &self.micros].map(|micros| percentile(micros, 50));
        eprintln!("{what}: p50 {raw50} us and {ours50} us");
        row(what, format!("{raw} us"), format!("{ours} us"), f64::from(ours) / f64::from(raw.max(1)), goal);
    }
}

/// On a thread of its own, because it ends with its phones kept on one CPU.
fn apart(codecs: [Codec; 2]) -> Result<Measured> {
    std::thread::spawn(move || measure(codecs)).join().map_err(|_| anyhow!("the measuring thread panicked"))?
}

fn measure(codecs: [Codec; 2]) -> Result<Measured> {
    let (worker_cpu, phones_cpu) = cpu::last_and_first();
    let types = codecs.map(Codec::payload_type);
    let mut engine = Engine::start(LEGS)?;
    let (mut phones, mut raw_phones) = (Phones::new(types, LEGS)?, Phones::new(types, LEGS)?);
    engine.open(phones.address()?, phones.report_address()?, codecs)?;
    phones.send_to(&engine.legs);
    let raw = Raw::start(LEGS, raw_phones.address()?, worker_cpu)?;
    raw_phones.send_to(&raw.legs);
    cpu::pin(phones_cpu)?;
    let threads = [raw::NAME, engine::NAME].map(|name| Thread::named(std::process::id(), name));
    let [raw_thread, thread] = threads;
    let (raw_thread, thread) = (raw_thread?, thread?);
    for _ in 0..WARM {
        round(&raw_thread, &mut raw_phones)?;
        round(&thread, &mut phones)?;
    }
    let (mut pairs, mut raw_micros, mut micros) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..if quick() { ROUNDS_QUICK } else { ROUNDS } {
        let (baseline, heard) = round(&raw_thread, &mut raw_phones)?;
        raw_micros.extend(heard.micros);
        let (ours, heard) = round(&thread, &mut phones)?;
        micros.extend(heard.micros);
        pairs.push((baseline, ours));
        engine.drain();
    }
    ensure!(engine.send_failed() < LEGS as u64, "the system refused {} datagrams", engine.send_failed());
    Ok(Measured { compared: Compared::of(&pairs), raw_micros, micros })
}

/// One side's turn: nanoseconds of CPU a packet, and what the phones heard.
fn round(thread: &Thread, phones: &mut Phones) -> Result<(f64, Heard)> {
    let before = thread.used()?;
    let heard = phones.speak(ROUND)?;
    let used = thread.used()? - before;
    let lost = heard.sent - heard.received.min(heard.sent);
    ensure!(lost * 100 <= heard.sent * LOST_MAX_PERCENT, "{lost} of {} packets were lost", heard.sent);
    Ok((used.as_nanos() as f64 / heard.received as f64, heard))
}
