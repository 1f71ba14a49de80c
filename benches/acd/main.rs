//! The queueing core: what a caller and an agent cost it, and how that grows with those who wait and those who serve. Baselines are a
//! bare linked list a skill and priority, and a scan over everybody.

mod crowd;
mod day;
mod fifo;
mod grow;
mod hall;
mod linked;
mod ours;
mod picture;
mod reload;
mod room;
mod scan;
mod tell;

use std::time::Duration;

use anyhow::Result;
use benches::count::Counting;
use benches::{quick, row};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A day of China on one core.
const DAY_MAX: Duration = Duration::from_secs(60);
/// Of the day, with `--quick`.
const DAY_QUICK: usize = 10;

fn main() -> Result<()> {
    eprintln!(
        "Crowds of up to a million are set up; then each operation in batches, all sizes and both sides in turn."
    );
    let waiting = grow::waiting()?;
    let agents = grow::agents()?;
    tell::waiting(&waiting);
    tell::agents(&agents);
    tell::strategies(&grow::strategies()?);
    room::tell()?;
    reload::tell()?;
    tell_day(day::DOMAINS)?;
    tell_day(1)?;
    match std::env::args().skip_while(|argument| argument != "--picture").nth(1) {
        Some(file) => Ok(std::fs::write(file, tell::picture(&waiting, &agents))?),
        None => Ok(()),
    }
}

fn tell_day(queues: usize) -> Result<()> {
    let part = if quick() { DAY_QUICK } else { 1 };
    let told = day::run(day::CALLS / part, queues)?;
    let of = |count: usize| 100.0 * count as f64 / told.called as f64;
    eprintln!(
        "{} calls: {:.1} % talked, {:.1} % hung up, {:.1} % waited too long; at most {} waited; {} commands, {:.0} ns each with the people",
        told.called,
        of(told.talked),
        of(told.left),
        of(told.refused),
        told.most_waiting,
        told.commands,
        told.cpu.as_nanos() as f64 / told.commands as f64
    );
    let what = if queues == 1 { "in one queue".to_owned() } else { format!("in {queues} domains") };
    let day = told.cpu * part as u32;
    row(
        &format!("acd: a day of China {what} (a minute)"),
        format!("{} s", DAY_MAX.as_secs()),
        format!("{:.1} s", day.as_secs_f64()),
        benches::times(day, DAY_MAX),
        "ratio <= 1",
    );
    Ok(())
}
