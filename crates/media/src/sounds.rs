//! The sounds that all workers play, which grow while they run.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use legs::Bank;

/// The newest sounds, and how often they were replaced.
#[derive(Debug)]
pub struct Sounds {
    bank: Mutex<Arc<Bank>>,
    number: AtomicU64,
}

impl Sounds {
    pub(crate) fn new(bank: Arc<Bank>) -> Sounds {
        Sounds { bank: Mutex::new(bank), number: AtomicU64::new(0) }
    }

    /// Replaces the sounds for every job that is sent from now on. A sound that some call may play keeps its place.
    pub fn set(&self, bank: Arc<Bank>) {
        *self.bank.lock().unwrap_or_else(PoisonError::into_inner) = bank;
        self.number.fetch_add(1, Ordering::Release);
    }

    pub(crate) fn get(&self) -> Arc<Bank> {
        Arc::clone(&self.bank.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The sounds, where they were replaced since the number that is `known`.
    pub(crate) fn newer(&self, known: &mut u64) -> Option<Arc<Bank>> {
        let number = self.number.load(Ordering::Acquire);
        (std::mem::replace(known, number) != number).then(|| self.get())
    }
}
