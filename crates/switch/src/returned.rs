//! Citizens who are called back: the call begins when the queue has an agent for it.

use std::sync::Arc;

use base::{NetworkId, StartRecord, WorkerId};
use call::{Call, Returned};

use crate::admit::Sender;
use crate::fault::Estate;
use crate::{Effects, Switch};

/// What records say where others name a trunk: nobody called.
const SOURCE: &str = "call back";

impl Switch {
    /// Under the id that the queue names, and whatever else goes on: it was promised. Nothing is dialled before an agent has answered.
    pub(crate) fn return_call(&mut self, now: base::Now, action: acd::Action, out: &mut Effects) {
        let acd::Action::CallsBack { call: id, group, priority, since, citizen, last } = action else { return };
        let (caller, called) = (citizen.number.clone(), citizen.called.clone());
        let start = Arc::new(StartRecord { id, caller, called, source: SOURCE.to_owned(), started: now.wall });
        let estate = Estate::of_house(Arc::clone(&start), Sender::House);
        // Its ends are leased one by one as phones ring.
        let worker = self.leases.pick_worker(NetworkId(0)).unwrap_or(WorkerId(0));
        let session_id = self.rng.u64() >> 2;
        let returned = Returned { start, citizen: *citizen, group, priority, since, last, session_id };
        self.begin(now, (id, estate), worker, |plan, actions| Call::return_call(plan, now, returned, actions), out);
    }
}
