//! An operator who has other configurations hold while a day goes on.

use std::time::Duration;

use switch::{Input, Reload};

use super::react::SIGN_ON_WITHIN;
use super::world::{Deed, World};
use crate::reloading::{edit, staff};

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
        let (operator, personnel) = (&mut self.operator, &mut self.personnel);
        let stays = self.people.desks.first().map_or("", |desk| &desk.number);
        let mut back = Vec::new();
        // Its menu leads to the groups that there are.
        let plans = self.disk.edit(|plans| {
            edit(plans, false, operator);
            back = staff(plans, stays, personnel);
        });
        self.removals += plans.call.agents.iter().filter(|agent| agent.removed).count() as u64;
        self.turn(Input::Plan(Box::new(Reload::new(plans))))?;
        for desk in 0..self.people.desks.len() {
            if back.contains(&self.people.desks[desk].number) {
                let at = self.now.time + SIGN_ON_WITHIN.mul_f64(self.personnel.unit());
                self.plan(at, Deed::Register(desk));
            }
        }
        Ok(())
    }
}
