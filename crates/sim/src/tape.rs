//! What `serve --trace` writes, kept in memory: a tape for each process of a run.

use base::Now;
use base::pack::Packed;
use switch::trace::{Entry, Given, Head, Turn};
use switch::{Config, Effects, Exchange, Input, Ledger, Plans, Wire};

/// The trace of one process.
#[derive(Clone, Debug)]
pub struct Tape {
    /// What the process was configured with: no part of a trace, and needed for a replay.
    pub plans: Plans,
    /// Those that came to hold while it ran, in order.
    pub later: Vec<Plans>,
    /// A packed `Head`.
    pub head: Vec<u8>,
    /// Packed entries in their order.
    pub entries: Vec<Vec<u8>>,
}

/// Every trace of a run.
#[derive(Debug, Default)]
pub(crate) struct Tapes(pub(crate) Vec<Tape>);

impl Tapes {
    /// A process starts.
    pub(crate) fn start(&mut self, config: &Config, plans: &Plans, ledger: &Ledger, now: Now, seed: [u8; 32]) {
        let head = Head::new(config, plans, ledger, now, seed).to_bytes();
        self.0.push(Tape { plans: plans.clone(), later: Vec::new(), head, entries: Vec::new() });
    }

    /// Other plans come to hold.
    pub(crate) fn reloads(&mut self, plans: &Plans) {
        if let Some(tape) = self.0.last_mut() {
            tape.later.push(plans.clone());
        }
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
        if let Some(tape) = self.0.last_mut() {
            tape.entries.push(entry.to_bytes());
        }
    }
}
