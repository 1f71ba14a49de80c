//! Many confirmed dialogs in one endpoint: what a call costs beside them, how long one call of the endpoint may take, and
//! what a dialog that only stays keeps of memory.

mod crowd;
mod picture;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use benches::count::{self, Counting};
use benches::{micros, quick, row, times};

use crate::crowd::Crowd;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Held dialogs at which is measured; the last one counts, the first is what it is compared with.
const STEPS: [usize; 4] = [10_000, 25_000, 50_000, 100_000];
/// Seconds of 1,000 calls each at every step: longer than transactions live, so that all that there will be are there.
const SECONDS: usize = 60;
const SECONDS_QUICK: usize = 36;
const CALLS_A_SECOND: usize = 1_000;
/// No turn of the control thread may be late by more.
const STALL_MAX: Duration = Duration::from_millis(10);
const DIALOG_KB_MAX: f64 = 4.0;
const KILOBYTE: f64 = 1024.0;

/// What was measured at a number of held dialogs.
pub(crate) struct Step {
    pub(crate) dialogs: usize,
    /// CPU of a whole call, its refreshes and its share of the timers.
    pub(crate) a_call: Duration,
    /// The longest call of the endpoint, and what 999 of 1,000 stay below; while the dialogs were set up, too.
    pub(crate) longest: Duration,
    pub(crate) p999: Duration,
}

fn main() -> Result<()> {
    eprintln!(
        "Dialogs are set up at 1,000 a second, then 1,000 come and go each second beside those that stay; virtual time."
    );
    let empty = count::in_use();
    let mut crowd = Crowd::new();
    let mut steps = Vec::new();
    for dialogs in STEPS {
        let step = measure(&mut crowd, dialogs)?;
        eprintln!(
            "{dialogs} dialogs: {} a call, a call of the endpoint takes {} at the longest, p99.9 {}",
            micros(step.a_call),
            micros(step.longest),
            micros(step.p999)
        );
        steps.push(step);
    }
    crowd.settle()?;
    // What the crowd itself remembers of a call is in it.
    let kilobytes = (count::in_use() - empty) as f64 / crowd.held() as f64 / KILOBYTE;
    tell(&steps, kilobytes)?;
    match std::env::args().skip_while(|argument| argument != "--picture").nth(1) {
        Some(file) => Ok(std::fs::write(file, picture::draw(&steps))?),
        None => Ok(()),
    }
}

/// Sets up what is missing, then lets calls come and go.
fn measure(crowd: &mut Crowd, dialogs: usize) -> Result<Step> {
    crowd.calls.clear();
    while crowd.held() < dialogs {
        crowd.tick(false)?;
    }
    let filling = crowd.calls.iter().copied().max().unwrap_or_default();
    crowd.calls.clear();
    let calls = CALLS_A_SECOND * if quick() { SECONDS_QUICK } else { SECONDS };
    for _ in 0..calls {
        crowd.tick(true)?;
    }
    ensure!(crowd.held() == dialogs, "{} dialogs are held", crowd.held());
    let total: Duration = crowd.calls.iter().sum();
    let longest = crowd.calls.iter().copied().max().unwrap_or_default().max(filling);
    let mut sorted = crowd.calls.clone();
    sorted.sort_unstable();
    let p999 = sorted.get(sorted.len() - sorted.len() / 1000 - 1).copied().unwrap_or_default();
    Ok(Step { dialogs, a_call: total / calls as u32, longest, p999 })
}

fn tell(steps: &[Step], kilobytes: f64) -> Result<()> {
    let (few, many) = steps.first().zip(steps.last()).context("it was measured")?;
    let longest = steps.iter().map(|step| step.longest).max().unwrap_or_default();
    let what = format!("{} dialogs, 1,000 calls/s", many.dialogs);
    row(
        &format!("{what}: CPU a call ({} dialogs)", few.dialogs),
        micros(few.a_call),
        micros(many.a_call),
        times(many.a_call, few.a_call),
        "ratio <= 2",
    );
    row(
        &format!("{what}: longest call (its goal)"),
        micros(STALL_MAX),
        micros(longest),
        times(longest, STALL_MAX),
        "ratio <= 1",
    );
    row(
        &format!("{what}: p99.9 of a call ({} dialogs)", few.dialogs),
        micros(few.p999),
        micros(many.p999),
        times(many.p999, few.p999),
        "-",
    );
    let goal = format!("{DIALOG_KB_MAX} KB");
    row(
        "memory: a confirmed dialog (the goal)",
        goal,
        format!("{kilobytes:.1} KB"),
        kilobytes / DIALOG_KB_MAX,
        "ratio <= 1",
    );
    Ok(())
}
