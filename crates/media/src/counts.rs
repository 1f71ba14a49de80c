//! What a worker counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// Totals of one worker since its start, and its sizes now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Counts {
    /// Ends bound now, leased and open ones.
    pub ends: u64,
    /// Datagrams received on RTP and RTCP ports.
    pub received: u64,
    /// Datagrams that could not be received or were longer than any packet of ours.
    pub receive_failed: u64,
    pub sent: u64,
    /// Datagrams that the system did not take: buffers full, no route.
    pub send_failed: u64,
    /// Leases that found no port.
    pub lease_failed: u64,
    /// Notices dropped because the control thread has not read for long; none of them answers a job.
    pub notices_dropped: u64,
}

/// How many numbers `Counts` has.
const FIELDS: usize = 7;

impl Counts {
    const fn to_array(self) -> [u64; FIELDS] {
        let Counts { ends, received, receive_failed, sent, send_failed, lease_failed, notices_dropped } = self;
        [ends, received, receive_failed, sent, send_failed, lease_failed, notices_dropped]
    }

    const fn from_array(numbers: [u64; FIELDS]) -> Counts {
        let [ends, received, receive_failed, sent, send_failed, lease_failed, notices_dropped] = numbers;
        Counts { ends, received, receive_failed, sent, send_failed, lease_failed, notices_dropped }
    }
}

/// `Counts` as other threads see them: each number whole, all of them of about the same moment.
#[derive(Debug, Default)]
pub(crate) struct SharedCounts([AtomicU64; FIELDS]);

impl SharedCounts {
    pub(crate) fn publish(&self, counts: Counts) {
        for (shared, number) in self.0.iter().zip(counts.to_array()) {
            shared.store(number, Ordering::Relaxed);
        }
    }

    pub(crate) fn read(&self) -> Counts {
        Counts::from_array(std::array::from_fn(|i| self.0[i].load(Ordering::Relaxed)))
    }
}
