//! Media ends that are bound already, so that no answer waits for a worker.

use std::collections::VecDeque;

use base::{Job, Lease, NetworkId, WorkerId};

/// Ends of one worker on one network.
#[derive(Clone, Debug)]
struct Pool {
    ready: VecDeque<Lease>,
    /// Asked for and not yet answered.
    asked: u16,
}

/// Every end that waits for a call.
#[derive(Clone, Debug)]
pub(crate) struct Leases {
    /// By worker, then by network.
    pools: Vec<Vec<Pool>>,
    /// Ends to keep ready in each pool: the largest burst of calls between two turns of a worker.
    target: u16,
}

impl Leases {
    pub(crate) fn new(workers: u8, networks: usize, target: u16) -> Leases {
        // The workers bind the first ends by themselves at their start.
        let pool = Pool { ready: VecDeque::new(), asked: target };
        Leases { pools: vec![vec![pool; networks]; usize::from(workers)], target }
    }

    /// The worker with the most ends ready on this network; none when all pools are empty.
    pub(crate) fn pick_worker(&self, network: NetworkId) -> Option<WorkerId> {
        let ready = |pools: &Vec<Pool>| pools.get(usize::from(network.0)).map_or(0, |p| p.ready.len());
        let best = (0..self.pools.len()).max_by_key(|w| (ready(&self.pools[*w]), std::cmp::Reverse(*w)))?;
        (ready(&self.pools[best]) > 0).then_some(WorkerId(best as u8))
    }

    pub(crate) fn workers(&self) -> usize {
        self.pools.len()
    }

    pub(crate) fn take(&mut self, worker: WorkerId, network: NetworkId) -> Option<Lease> {
        self.pool(worker, network)?.ready.pop_front()
    }

    pub(crate) fn add(&mut self, lease: Lease) {
        if let Some(pool) = self.pool(lease.end.worker, lease.network) {
            pool.asked = pool.asked.saturating_sub(1);
            pool.ready.push_back(lease);
        }
    }

    /// The worker could not bind: it is asked again when the pool is next refilled.
    pub(crate) fn failed(&mut self, worker: WorkerId, network: NetworkId) {
        if let Some(pool) = self.pool(worker, network) {
            pool.asked = 0;
        }
    }

    /// Asks for more where a pool is a quarter empty.
    pub(crate) fn refill(&mut self, jobs: &mut Vec<(WorkerId, Job)>) {
        for (worker, pools) in self.pools.iter_mut().enumerate() {
            for (network, pool) in pools.iter_mut().enumerate() {
                let have = pool.ready.len() as u16 + pool.asked;
                if have <= self.target - self.target.div_ceil(4) {
                    let count = self.target - have;
                    pool.asked += count;
                    jobs.push((WorkerId(worker as u8), Job::Lease { network: NetworkId(network as u8), count }));
                }
            }
        }
    }

    pub(crate) fn ready(&self, worker: WorkerId) -> usize {
        self.pools.get(usize::from(worker.0)).map_or(0, |pools| pools.iter().map(|p| p.ready.len()).sum())
    }

    fn pool(&mut self, worker: WorkerId, network: NetworkId) -> Option<&mut Pool> {
        self.pools.get_mut(usize::from(worker.0))?.get_mut(usize::from(network.0))
    }
}
