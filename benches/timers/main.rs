//! What a deadline costs in the timer wheel, in the patterns of a call engine. The baseline is a bare wheel: one ring of
//! lists with the same operations — arm, cancel by id, pop in the order of time, tell the next — that knows no deadline
//! beyond its size and counts in ticks.

mod ring;

use std::hint::black_box;
use std::time::Duration;

use anyhow::{Result, ensure};
use base::{Rng, Time, TimerId, Wheel};
use benches::compare;

use self::ring::{Ring, RingId};

/// A timer for each end that plays, more than a host of any size carries.
const MEDIA: usize = 100_000;
/// 20 ms packets; each end's next is armed when the one before fires.
const PACKET_MS: u64 = 20;
/// The deadlines of one timed run of the other patterns.
const DEADLINES: usize = 100_000;
/// The longest SIP deadline, 64*T1.
const LONG_MS: u64 = 32_000;
/// A transaction is over, and its deadline cancelled, this much later.
const OVER_MS: u64 = 200;
/// Transactions that begin in a millisecond: four a call, at 1,000 calls a second.
const BEGIN_PER_MS: usize = 4;
/// One in so many deadlines fires: a phone that vanished.
const FIRES_ONE_IN: usize = 50;

/// Reaching years instead of seconds, and nanoseconds to ticks, may cost as much again.
const GOAL: &str = "ratio <= 2";

/// What both sides can do, in milliseconds.
trait Timers {
    type Id: Copy;

    fn arm(&mut self, after_ms: u64, value: u32) -> Self::Id;
    fn cancel(&mut self, id: Self::Id) -> Option<u32>;
    fn pop(&mut self) -> Option<u32>;
    fn step(&mut self);
    fn next_ms(&self) -> Option<u64>;
}

impl Timers for Ring {
    type Id = RingId;

    fn arm(&mut self, after_ms: u64, value: u32) -> RingId {
        self.arm(after_ms, value)
    }

    fn cancel(&mut self, id: RingId) -> Option<u32> {
        self.cancel(id)
    }

    fn pop(&mut self) -> Option<u32> {
        self.pop()
    }

    fn step(&mut self) {
        self.step();
    }

    fn next_ms(&self) -> Option<u64> {
        self.next()
    }
}

struct Ours {
    wheel: Wheel<u32>,
    now: Time,
}

impl Ours {
    fn new() -> Ours {
        Ours { wheel: Wheel::new(Time::ZERO), now: Time::ZERO }
    }
}

impl Timers for Ours {
    type Id = TimerId;

    fn arm(&mut self, after_ms: u64, value: u32) -> TimerId {
        self.wheel.arm_after(self.now, Duration::from_millis(after_ms), value)
    }

    fn cancel(&mut self, id: TimerId) -> Option<u32> {
        self.wheel.cancel(id)
    }

    fn pop(&mut self) -> Option<u32> {
        self.wheel.pop(self.now)
    }

    fn step(&mut self) {
        self.now = self.now + Duration::from_millis(1);
    }

    fn next_ms(&self) -> Option<u64> {
        self.wheel.next().map(Time::as_millis)
    }
}

/// A millisecond: everything that is due, and when to look again.
fn turn<T: Timers>(timers: &mut T, mut fired: impl FnMut(&mut T, u32)) {
    timers.step();
    while let Some(value) = timers.pop() {
        fired(timers, value);
    }
    black_box(timers.next_ms());
}

fn media_start<T: Timers>(timers: &mut T) {
    for value in 0..MEDIA {
        timers.arm(1 + value as u64 % PACKET_MS, value as u32);
    }
}

/// Every end sends one packet; how many fired.
fn media<T: Timers>(timers: &mut T) -> usize {
    let mut fired = 0;
    for _ in 0..PACKET_MS {
        turn(timers, |timers, value| {
            fired += 1;
            timers.arm(PACKET_MS, value);
        });
    }
    fired
}

/// Arms all delays and cancels every second one, then waits for the rest; how many fired.
fn mixed<T: Timers>(timers: &mut T, delays: &[u64]) -> usize {
    let armed = delays.iter().enumerate();
    let ids: Vec<T::Id> = armed.map(|(place, delay)| timers.arm(*delay, place as u32)).collect();
    for id in ids.into_iter().skip(1).step_by(2) {
        black_box(timers.cancel(id));
    }
    let mut fired = 0;
    for _ in 0..LONG_MS {
        turn(timers, |_, value| fired += usize::from(value < u32::MAX));
    }
    fired
}

/// Transactions of a busy switch with their deadline of 32 s, nearly all of them over soon.
struct Transactions<T: Timers> {
    timers: T,
    /// Those that are not over yet, oldest first, by the millisecond of their beginning.
    open: Vec<T::Id>,
    begun: usize,
}

impl<T: Timers> Transactions<T> {
    fn new(timers: T) -> Transactions<T> {
        let mut transactions = Transactions { timers, open: Vec::new(), begun: 0 };
        // Until as many vanished phones fire as begin.
        for _ in 0..LONG_MS + OVER_MS {
            transactions.turn();
        }
        transactions
    }

    fn turn(&mut self) {
        let ring = OVER_MS as usize * BEGIN_PER_MS;
        for _ in 0..BEGIN_PER_MS {
            let id = self.timers.arm(LONG_MS, self.begun as u32);
            let place = self.begun % ring;
            match self.open.get_mut(place) {
                Some(open) => {
                    let over = std::mem::replace(open, id);
                    if !(self.begun - ring).is_multiple_of(FIRES_ONE_IN) {
                        black_box(self.timers.cancel(over));
                    }
                }
                None => self.open.push(id),
            }
            self.begun += 1;
        }
        turn(&mut self.timers, |_, value| {
            black_box(value);
        });
    }

    fn run(&mut self) {
        for _ in 0..DEADLINES / BEGIN_PER_MS {
            self.turn();
        }
    }
}

fn main() -> Result<()> {
    compare_media()?;
    compare_mixed()?;
    compare_transactions();
    Ok(())
}

fn compare_media() -> Result<()> {
    let (mut ring, mut ours) = (Ring::new(PACKET_MS + 1), Ours::new());
    media_start(&mut ring);
    media_start(&mut ours);
    ensure!((media(&mut ring), media(&mut ours)) == (MEDIA, MEDIA), "every end sends a packet in 20 ms");
    let baseline = || {
        black_box(media(&mut ring));
    };
    let compared = compare(MEDIA, baseline, || {
        black_box(media(&mut ours));
    });
    compared.row("timer: 100,000 of 20 ms, fired and armed again (bare wheel)", GOAL);
    Ok(())
}

fn compare_mixed() -> Result<()> {
    let mut rng = Rng::from_number(1);
    let delays: Vec<u64> = (0..DEADLINES).map(|_| 1 + rng.below(LONG_MS)).collect();
    let (mut ring, mut ours) = (Ring::new(LONG_MS + 1), Ours::new());
    ensure!(mixed(&mut ring, &delays) == DEADLINES / 2, "the ring fires what was not cancelled");
    ensure!(mixed(&mut ours, &delays) == DEADLINES / 2, "the wheel fires what was not cancelled");
    let baseline = || {
        black_box(mixed(&mut ring, &delays));
    };
    let compared = compare(DEADLINES, baseline, || {
        black_box(mixed(&mut ours, &delays));
    });
    compared.row("timer: 100,000 up to 32 s, half cancelled (bare wheel)", GOAL);
    Ok(())
}

fn compare_transactions() {
    let mut ring = Transactions::new(Ring::new(LONG_MS + 1));
    let mut ours = Transactions::new(Ours::new());
    compare(DEADLINES, || ring.run(), || ours.run()).row("timer: 32 s, 98 in 100 cancelled (bare wheel)", GOAL);
}
