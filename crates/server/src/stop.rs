//! What other threads and signals tell the control thread.

use std::io;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::bell::Bell;

/// What the operator wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Order {
    Serve,
    /// No new calls; exit when the last one has ended.
    Drain,
    /// End every call and exit.
    End,
}

/// Orders to the control thread, and the counter that wakes it.
#[derive(Debug)]
pub struct Stop {
    pub(crate) wake: Bell,
    order: AtomicU8,
}

impl Stop {
    /// # Errors
    /// When the system gives no file descriptor.
    pub fn new() -> io::Result<Stop> {
        Ok(Stop { wake: Bell::new()?, order: AtomicU8::new(0) })
    }

    /// One step further: first drain, then end.
    pub fn next(&self) {
        let _ =
            self.order.fetch_update(Ordering::AcqRel, Ordering::Acquire, |order| Some(order.saturating_add(1).min(2)));
        self.ring();
    }

    /// Wakes the control thread.
    pub(crate) fn ring(&self) {
        self.wake.ring();
    }

    pub(crate) fn clear_wake(&self) {
        self.wake.clear();
    }

    pub(crate) fn order(&self) -> Order {
        match self.order.load(Ordering::Acquire) {
            0 => Order::Serve,
            1 => Order::Drain,
            _ => Order::End,
        }
    }
}
