//! The process is killed at one of its writes, and another one starts from what was written.

use std::time::Duration;

use base::{Now, RecordEntry, Rng, Time};
use switch::{Effects, Exchange, Fact, Ledger, Plans};

use crate::tape::Tapes;

/// The longest from a kill to the next process: systemd waits a moment, and the disk is read.
const DOWN_MAX_MS: u64 = 3000;

/// What outlives a process: what was written, and the plans of whoever starts the next.
pub(crate) struct Disk {
    plans: Plans,
    ledger: Ledger,
    epoch: u32,
    rng: Rng,
    /// When the process is to be killed; at the first write after.
    kills: Vec<Time>,
    /// Entries that the records got since the journal was last told.
    confirmed: u64,
    /// From a kill on; when the next process is there.
    down_until: Option<Time>,
    /// Where somebody wants to replay the run.
    pub(crate) tapes: Option<Tapes>,
}

impl Disk {
    pub(crate) fn new(plans: Plans, kills: Vec<Time>, rng: Rng, tapes: Option<Tapes>) -> Disk {
        Disk { tapes, plans, ledger: Ledger::default(), epoch: 0, rng, kills, confirmed: 0, down_until: None }
    }

    pub(crate) fn plans(&self) -> &Plans {
        &self.plans
    }

    /// The operator edits the configuration while a process runs: these plans are to hold, and the next process begins with them.
    pub(crate) fn edit(&mut self, edit: impl FnOnce(&mut Plans)) -> Plans {
        edit(&mut self.plans);
        if let Some(tapes) = &mut self.tapes {
            tapes.reloads(&self.plans);
        }
        self.plans.clone()
    }

    pub(crate) fn is_up(&self) -> bool {
        self.down_until.is_none()
    }

    pub(crate) fn back_at(&self) -> Option<Time> {
        self.down_until
    }

    /// One kill more.
    pub(crate) fn kill_at(&mut self, at: Time) {
        self.kills.push(at);
    }

    /// Whether no kill is to come.
    pub(crate) fn is_safe(&self) -> bool {
        self.kills.is_empty() && self.is_up()
    }

    /// Starts a process: the first, or the one after a kill.
    pub(crate) fn start(&mut self, mut config: switch::Config, now: Now, out: &mut Effects) -> Exchange {
        self.epoch += 1;
        self.down_until = None;
        if self.epoch > 1 {
            config.drill = None;
            self.edit_plans();
        }
        config.epoch = base::Epoch(self.epoch);
        let seed = self.rng.seed();
        if let Some(tapes) = &mut self.tapes {
            tapes.start(&config, &self.plans, &self.ledger, now, seed);
        }
        let mut exchange = Exchange::restore(config, self.plans.clone(), &self.ledger, now, Rng::from_seed(seed), out);
        exchange.switch.keep_verdicts(self.tapes.is_some());
        exchange
    }

    /// Who starts the next process may have edited the configuration: agents stand in another order, so that ids mean others.
    fn edit_plans(&mut self) {
        if self.rng.chance(0.3) {
            std::sync::Arc::make_mut(&mut self.plans.call).agents.reverse();
            self.plans.acd.agents.reverse();
            self.plans.roster.agents.reverse();
        }
    }

    /// Writes one turn's facts; false when the process is killed before or after: its effects never leave.
    pub(crate) fn write(&mut self, now: Now, effects: &mut Effects) -> bool {
        if effects.facts.is_empty() {
            return true;
        }
        let killed = self.kills.first().is_some_and(|at| *at <= now.time);
        if !killed || self.rng.chance(0.5) {
            self.ledger.apply(Fact::Turn { now });
            effects.facts.drain(..).for_each(|fact| self.ledger.apply(fact));
        }
        if killed {
            self.kills.remove(0);
            self.down_until = Some(now.time + Duration::from_millis(1 + self.rng.below(DOWN_MAX_MS)));
            effects.clear();
        }
        !killed
    }

    /// What was written so far must be what there is.
    pub(crate) fn agrees(&self, exchange: &Exchange) -> Result<(), String> {
        exchange.is_known_to(&self.ledger)
    }

    /// The records took an entry; the journal learns of it some time.
    pub(crate) fn recorded(&mut self, entry: &RecordEntry) {
        self.confirmed += u64::from(matches!(entry, RecordEntry::End(_) | RecordEntry::Agent(_)));
        if self.rng.chance(0.3) {
            self.ledger.apply(Fact::Written { count: std::mem::take(&mut self.confirmed) });
        }
    }

    /// What a kill leaves to be told again.
    pub(crate) fn forget_confirmed(&mut self) {
        self.confirmed = 0;
    }
}
