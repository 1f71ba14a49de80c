//! An operator who has other configurations hold while a day goes on.

use std::time::Duration;

use switch::{Input, Reload};

use super::world::{Deed, World};
use crate::reloading::edit;

impl World {
    /// So often within the time in which calls arrive.
    pub(super) fn operator_comes(&mut self, times: u32, length: Duration) {
        for _ in 0..times {
            let at = self.start.time + Duration::from_nanos(self.operator.below(length.as_nanos() as u64));
            self.plan(at, Deed::Reload);
        }
    }

    pub(super) fn reload(&mut self) -> Result<(), String> {
        if !self.disk.is_up() {
            return Ok(());
        }
        let operator = &mut self.operator;
        // Its menu leads to the groups that there are.
        let plans = self.disk.edit(|plans| edit(plans, false, operator));
        self.turn(Input::Plan(Box::new(Reload::new(plans))))
    }
}
