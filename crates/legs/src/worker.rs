//! The owner of ends.

use std::sync::Arc;

use base::{Now, Rng, Time, Wheel};

use crate::{Bank, Config, Input, Output};

/// Decides for the ends of one media worker.
#[derive(Debug)]
pub struct Worker {
    config: Config,
    bank: Arc<Bank>,
    rng: Rng,
    wheel: Wheel<()>,
}

impl Worker {
    pub fn new(config: Config, bank: Arc<Bank>, now: Time, rng: Rng) -> Worker {
        Worker { config, bank, rng, wheel: Wheel::new(now) }
    }

    pub fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Output) {
        let _ = (now, input, out, &self.config, &self.bank, &self.rng);
    }

    pub fn handle_timeout(&mut self, now: Now, out: &mut Output) {
        let _ = (self.wheel.pop(now.time), out);
    }

    /// When `handle_timeout` should be called next.
    pub fn next_timeout(&self) -> Option<Time> {
        self.wheel.next()
    }

    /// Replaces the sounds; those that play go on.
    pub fn set_bank(&mut self, bank: Arc<Bank>) {
        self.bank = bank;
    }
}
