//! Citizens who want a person at once and, once served, call again.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use base::Digit;
use load::phone::{Act, Config, Step, What, Why};
use load::{PhoneId, Runner};

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// The key for a person is pressed this long after the answer.
const PRESS_AFTER: Duration = Duration::from_millis(100);
/// Dialling and pressing take a fraction of this.
const QUEUE_WAIT: Duration = Duration::from_secs(20);
/// The longest time until the thread sees that it is to end.
const TURN: Duration = Duration::from_millis(50);
/// Refused calls that are dialled again at once.
const FAILED_MAX: usize = 1000;

pub(crate) struct Callers {
    shared: Arc<Shared>,
    thread: JoinHandle<Result<(usize, usize)>>,
}

#[derive(Default)]
struct Shared {
    /// Callers who pressed the key and whose call is not over.
    queued: AtomicUsize,
    stop: AtomicBool,
}

impl Callers {
    /// Starts the thread that drives all of them.
    pub(crate) fn start(server: SocketAddr, count: usize) -> Callers {
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        let thread = std::thread::spawn(move || drive(server, count, &theirs));
        Callers { shared, thread }
    }

    /// Who waits while one of them talks.
    pub(crate) fn waiting(&self) -> usize {
        self.shared.queued.load(Ordering::Relaxed).saturating_sub(1)
    }

    pub(crate) fn wait_for_queue(&self, count: usize) -> Result<()> {
        let end = Instant::now() + QUEUE_WAIT;
        while self.waiting() < count {
            ensure!(Instant::now() < end, "only {} callers wait, {count} should", self.waiting());
            std::thread::sleep(TURN);
        }
        Ok(())
    }

    /// Ends the thread; how many calls were served, and how many ended otherwise.
    pub(crate) fn stop(self) -> Result<(usize, usize)> {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow!("the callers' thread panicked"))?
    }
}

fn drive(server: SocketAddr, count: usize, shared: &Shared) -> Result<(usize, usize)> {
    let mut runner = Runner::new()?;
    let mut queued = vec![false; count];
    for place in 0..count {
        let id = caller(&mut runner, server, place)?;
        runner.act(id, |phone, now, out| phone.dial(now, "12345", out));
    }
    let (mut served, mut failed) = (0, 0);
    while !shared.stop.load(Ordering::Relaxed) && failed < FAILED_MAX {
        runner.turn(TURN)?;
        for (id, event) in runner.take_events() {
            match event.what {
                What::Pressed(_) => queued[id.0] = true,
                What::HungUp { why, .. } => {
                    queued[id.0] = false;
                    *if why == Why::Bye { &mut served } else { &mut failed } += 1;
                    runner.act(id, |phone, now, out| phone.dial(now, "12345", out));
                }
                _ => {}
            }
        }
        shared.queued.store(queued.iter().filter(|is| **is).count(), Ordering::Relaxed);
    }
    Ok((served, failed))
}

fn caller(runner: &mut Runner, server: SocketAddr, place: usize) -> Result<PhoneId> {
    let press = Step { after: PRESS_AFTER, act: Act::Press(Digit::Number(0)) };
    let id = runner.add(LOCAL, |sip, rtp| Config {
        script: vec![press],
        ..Config::new(&format!("138{place:08}"), server, sip, rtp)
    });
    Ok(id?)
}
