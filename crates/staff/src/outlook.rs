//! What becomes of calls at a steady rate: the queue M/M/n+G, where callers lose patience.
//!
//! By the density of the wait that a patient caller would have (Baccelli and Hebuterne 1981; Zeltyn and Mandelbaum 2005):
//! v(x) = λ exp(λ H(x) − n μ x) / (1/B + λ J), where H is the integral of the share that stays, J the integral of the exponential, and
//! B Erlang's loss with n − 1 servers. Exponential patience is Erlang A, endless patience Erlang C; a mixture needs no approximation.

use std::time::Duration;

use crate::Patience;
use crate::erlang::inverse_blocking;

/// Calls at a steady rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// Calls a second that ask for an agent.
    pub per_s: f64,
    /// The mean time that a call takes of an agent: ringing, talk and wrap-up.
    pub service: Duration,
    pub patience: Patience,
}

/// What becomes of them in the long run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    /// The share that has to wait at all.
    pub waits: f64,
    /// The share that is answered within the time asked for.
    pub answered_within: f64,
    pub abandoned: f64,
    /// The mean wait of all, those who gave up included; infinite where the queue only grows.
    pub wait_s: f64,
    /// The mean wait of those who were answered.
    pub answer_s: f64,
    /// The share of the agents' time that calls take.
    pub occupancy: f64,
}

impl Outlook {
    /// Nobody calls.
    const IDLE: Outlook =
        Outlook { waits: 0.0, answered_within: 1.0, abandoned: 0.0, wait_s: 0.0, answer_s: 0.0, occupancy: 0.0 };

    /// More patient callers come than are served: the queue grows for ever, and whoever can give up does.
    fn drowned(demand: &Demand, capacity_per_s: f64) -> Outlook {
        let abandoned = 1.0 - (capacity_per_s / demand.per_s).min(1.0);
        let never = f64::INFINITY;
        Outlook { waits: 1.0, answered_within: 0.0, abandoned, wait_s: never, answer_s: never, occupancy: 1.0 }
    }
}

/// Beyond this below its peak the exponential adds nothing that a number can hold.
const NEGLIGIBLE: f64 = 45.0;
/// Pieces of an integral. The exponential falls by e at most every 40 of them: Simpson's error is below one in ten million.
const PIECES: u32 = 2000;

/// What `agents` make of a demand, with answers counted that come `within` this time.
pub fn outlook(demand: &Demand, agents: u32, within: Duration) -> Outlook {
    let (rate, capacity) = (demand.per_s, f64::from(agents) / demand.service.as_secs_f64().max(1e-3));
    if rate <= 0.0 {
        return Outlook::IDLE;
    }
    let Some(peak) = demand.patience.falls_to(capacity / rate).filter(|_| agents > 0) else {
        return Outlook::drowned(demand, capacity);
    };
    let patience = demand.patience;
    let exponent = |x: f64| rate * patience.waits(x) - capacity * x;
    let top = exponent(peak);
    let end = end_of(peak, capacity, |x| exponent(x) - top);
    let middle = within.as_secs_f64().min(end);
    let density = |x: f64| {
        let (weight, stays) = ((exponent(x) - top).exp(), patience.stays(x));
        [weight, weight * stays, weight * (1.0 - stays), weight * patience.waits(x), weight * stays * x]
    };
    let (soon, late) = (integral(0.0, middle, density), integral(middle, end, density));
    let [all, answered, given_up, waited, answered_wait] = std::array::from_fn(|i| rate * (soon[i] + late[i]));
    let at_once = inverse_blocking(rate * demand.service.as_secs_f64(), agents - 1) * (-top).exp();
    if at_once.is_infinite() {
        let occupancy = rate / capacity;
        return Outlook { occupancy, ..Outlook::IDLE };
    }
    let whole = at_once + all;
    Outlook {
        waits: all / whole,
        answered_within: (at_once + rate * soon[1]) / whole,
        abandoned: given_up / whole,
        wait_s: waited / whole,
        answer_s: answered_wait / (at_once + answered),
        occupancy: rate * (at_once + answered) / whole / capacity,
    }
}

/// Where nothing is left of an exponential that peaks at `peak` and falls ever faster.
fn end_of(peak: f64, capacity: f64, below_peak: impl Fn(f64) -> f64) -> f64 {
    let mut step = 1.0 / capacity;
    // From a millisecond to longer than the age of the universe.
    for _ in 0..128 {
        if below_peak(peak + step) < -NEGLIGIBLE {
            break;
        }
        step *= 2.0;
    }
    peak + step
}

/// Simpson's rule for several functions at once.
fn integral<const N: usize>(from: f64, to: f64, of: impl Fn(f64) -> [f64; N]) -> [f64; N] {
    let width = (to - from) / f64::from(PIECES);
    let mut sum = [0.0; N];
    for piece in 0..=PIECES {
        let weight = match piece {
            0 | PIECES => 1.0,
            odd if odd % 2 == 1 => 4.0,
            _ => 2.0,
        };
        let values = of(from + f64::from(piece) * width);
        sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value * width / 3.0);
    }
    sum
}
