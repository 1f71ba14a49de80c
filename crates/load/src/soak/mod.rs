//! Calls at a steady rate for a long time, and what is left of them: failures, stuck agents, memory.

mod diary;
mod people;
mod tally;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use base::Rng;

use self::people::People;
pub use self::tally::Tally;
use crate::{Runner, memory};

/// How often the engine's memory is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Time in which pools and caches fill, at most a quarter of the run: longer than Timer J and the rest of closed ports.
const WARM_UP_MAX: Duration = Duration::from_secs(120);
/// The longest that the last calls may take to end, Timer F of a phone that fell silent included.
const END_MAX: Duration = Duration::from_secs(60);

/// What to do to which engine.
#[derive(Clone, Debug)]
pub struct Plan {
    pub server: SocketAddr,
    /// Where the engine tells its metrics.
    pub http: SocketAddr,
    /// The engine's process, for its memory.
    pub process: u32,
    pub time: Duration,
    /// Calls a second.
    pub rate: f64,
    /// Agents 1001 and up with the shipped passwords.
    pub agents: u32,
    pub seed: u64,
    /// A file for a line of JSON a call: what the citizen's phone told of it, and which end reasons its record may have.
    pub diary: Option<PathBuf>,
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub tally: Tally,
    pub seconds: f64,
    /// The slope of the engine's memory after the warm-up.
    pub kb_a_minute: f64,
    pub kb_a_call: f64,
    /// At the end of the warm-up and at the end.
    pub resident_kb: (u64, u64),
    /// As the engine counts them: calls begun and ended, and what is still there when all phones are silent.
    pub started: u64,
    pub ended: u64,
    /// Offers that agents' phones declined.
    pub declined: u64,
    pub calls_left: u64,
    pub agents_stuck: u64,
}

impl Outcome {
    /// What is wrong, a sentence each; empty for a clean run.
    pub fn faults(&self) -> Vec<String> {
        let mut faults: Vec<String> =
            self.tally.failures.iter().map(|(why, count)| format!("{count} calls failed: {why}")).collect();
        if self.started != self.tally.calls || self.ended != self.started {
            let Tally { calls, .. } = self.tally;
            faults
                .push(format!("{calls} calls were placed, the engine began {} and ended {}", self.started, self.ended));
        }
        if self.calls_left > 0 {
            faults.push(format!("{} calls are left after every phone hung up", self.calls_left));
        }
        if self.agents_stuck > 0 {
            faults
                .push(format!("{} agents are stuck: reserved, talking or releasing without a call", self.agents_stuck));
        }
        faults
    }
}

/// Runs as planned; `tell` is given a line about every half minute.
///
/// # Errors
/// A sentence: sockets are missing here, agents cannot register, or the engine is gone.
pub fn run(plan: &Plan, tell: &mut dyn FnMut(&str)) -> Result<Outcome, String> {
    let mut runner = Runner::new().map_err(|error| format!("the phones cannot be set up: {error}"))?;
    let mut people =
        People::new(&mut runner, plan).map_err(|error| format!("the phones get no ports or no diary: {error}"))?;
    people.sign_on(&mut runner)?;
    let mut rng = Rng::from_number(plan.seed);
    let began = Instant::now();
    let warm_up = (plan.time / 4).min(WARM_UP_MAX);
    let mut points: Vec<(f64, f64, u64)> = Vec::new();
    let mut next_look = Duration::ZERO;
    let mut next_word = Duration::from_secs(30);
    while began.elapsed() < plan.time {
        let passed = began.elapsed();
        people.live(&mut runner, &mut rng, (passed.as_secs_f64() * plan.rate) as u64);
        if passed >= next_look {
            next_look += LOOK_EVERY;
            let kb = memory::resident_kb(plan.process).map_err(|error| error.to_string())?;
            if passed >= warm_up {
                points.push((passed.as_secs_f64() / 60.0, people.tally.calls as f64, kb));
            }
        }
        if passed >= next_word {
            next_word += Duration::from_secs(30);
            let kb = points.last().map_or(0, |point| point.2);
            tell(&format!(
                "{:>5.0} s  {:>7} calls  {:>7} KiB  {}",
                passed.as_secs_f64(),
                people.tally.calls,
                kb,
                people.tally
            ));
        }
        runner.turn(Duration::from_millis(5)).map_err(|error| format!("the phones cannot wait: {error}"))?;
    }
    people.end(&mut runner, END_MAX)?;
    judge(plan, people.tally, began.elapsed(), &points)
}

fn judge(plan: &Plan, tally: Tally, passed: Duration, points: &[(f64, f64, u64)]) -> Result<Outcome, String> {
    let by = |x: fn(&(f64, f64, u64)) -> f64| points.iter().map(|p| (x(p), p.2 as f64)).collect::<Vec<_>>();
    let mut page = Page::default();
    let until = Instant::now() + END_MAX;
    while Instant::now() < until {
        page = Page::get(plan.http).map_err(|error| format!("no metrics from {}: {error}", plan.http))?;
        if page.sum("hotline_calls{") == 0 && page.busy() == 0 {
            break;
        }
        std::thread::park_timeout(Duration::from_millis(500));
    }
    Ok(Outcome {
        tally,
        seconds: passed.as_secs_f64(),
        kb_a_minute: memory::slope(&by(|p| p.0)),
        kb_a_call: memory::slope(&by(|p| p.1)),
        resident_kb: (points.first().map_or(0, |p| p.2), points.last().map_or(0, |p| p.2)),
        started: page.sum("hotline_calls_started_total"),
        ended: page.sum("hotline_calls_ended_total{"),
        declined: page.sum("hotline_offers_total{result=\"declined\"}"),
        calls_left: page.sum("hotline_calls{"),
        agents_stuck: page.busy(),
    })
}

/// A page of metrics.
#[derive(Default)]
struct Page(String);

impl Page {
    fn get(http: SocketAddr) -> io::Result<Page> {
        let mut stream = TcpStream::connect(http)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: {http}\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(Page(text))
    }

    /// The sum of the values whose lines begin so.
    fn sum(&self, name: &str) -> u64 {
        let values = self.0.lines().filter(|line| line.starts_with(name));
        let values = values.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        values.sum::<f64>() as u64
    }

    fn busy(&self) -> u64 {
        ["reserved", "talking", "releasing"]
            .iter()
            .map(|state| self.sum(&format!("hotline_agents{{state=\"{state}\"}}")))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_summed() {
        let page = Page(
            "# HELP hotline_calls x\nhotline_calls{phase=\"menu\"} 2\nhotline_calls{phase=\"talk\"} 3\nhotline_calls_limit 9\n\
             hotline_agents{state=\"talking\"} 4\nhotline_agents{state=\"free\"} 7\n"
                .into(),
        );
        assert_eq!((page.sum("hotline_calls{"), page.sum("hotline_calls_limit"), page.busy()), (5, 9, 4));
    }

    #[test]
    fn what_is_left_is_a_fault() {
        let clean =
            Outcome { tally: Tally { calls: 3, ..Tally::default() }, started: 3, ended: 3, ..Outcome::default() };
        assert!(clean.faults().is_empty());
        let stuck = Outcome { ended: 2, calls_left: 1, agents_stuck: 1, ..clean };
        assert_eq!(stuck.faults().len(), 3);
    }
}
