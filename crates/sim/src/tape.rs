//! What `serve --trace` writes, kept in memory: a tape for each process of a run.

use base::Now;
use base::pack::Packed;
use switch::trace::{Entry, Given, Head, Turn};
use switch::{Config, Effects, Exchange, Input, Ledger, Plans, Wire};

/// The trace of one process.
#[derive(Clone, Debug)]
pub struct Tape {
    /// A packed `Head`.
    pub head: Vec<u8>,
    /// Packed entries in their order.
    pub entries: Vec<Vec<u8>>,
}

/// Every trace of a run, with the plans that a replay needs.
#[derive(Debug)]
pub struct Tapes {
    pub plans: Plans,
    pub tapes: Vec<Tape>,
}

impl Tapes {
    pub(crate) const fn new(plans: Plans) -> Tapes {
        Tapes { plans, tapes: Vec::new() }
    }

    /// A process starts.
    pub(crate) fn start(&mut self, config: &Config, ledger: &Ledger, now: Now, seed: [u8; 32]) {
        let head = Head::new(config, &self.plans, ledger, now, seed).to_bytes();
        self.tapes.push(Tape { head, entries: Vec::new() });
    }

    /// Before an input is fed.
    pub(crate) fn given(&mut self, now: Now, input: &Input<'_>) {
        if let Some(given) = Given::of(input) {
            self.push(&Entry::Given { now, settled: false, given });
        }
    }

    pub(crate) fn delivered(&mut self, now: Now, wire: Wire) {
        self.push(&Entry::Delivered { now, wire });
    }

    pub(crate) fn turn(&mut self, now: Now, exchange: &mut Exchange, effects: &Effects) {
        exchange.switch.take_verdicts().into_iter().for_each(|verdict| self.push(&Entry::Judged(verdict)));
        self.push(&Turn::of(now, effects).entry());
    }

    fn push(&mut self, entry: &Entry) {
        if let Some(tape) = self.tapes.last_mut() {
            tape.entries.push(entry.to_bytes());
        }
    }
}
