//! What the menu may ask about a call of a story: what the engine would know of it.

use base::GroupId;
use call::Plan;
use call::number::LineKind;
use ivr::{Around, OnAir};

use crate::Who;

#[derive(Clone, Debug)]
pub(crate) struct Setting<'a> {
    plan: &'a Plan,
    caller: String,
    called: String,
    called_before: u32,
    surging: Vec<GroupId>,
    on_air: OnAir,
}

impl<'a> Setting<'a> {
    /// A story that does not say which number was dialled dials the first that leads to its menu. What is on air today is not on air in
    /// a story, unless it says so.
    pub(crate) fn new(plan: &'a Plan, menu: usize, who: &Who) -> Setting<'a> {
        let own = || plan.called.iter().find(|called| called.menu == menu).map(|called| called.number.clone());
        Setting {
            plan,
            caller: who.caller.clone().unwrap_or_default(),
            called: who.called.clone().or_else(own).unwrap_or_default(),
            called_before: who.called_before.unwrap_or_default(),
            surging: who.surge.iter().filter_map(|group| plan.group(group)).collect(),
            on_air: who.on_air.clone(),
        }
    }

    pub(crate) fn is_surging(&self, group: GroupId) -> bool {
        self.surging.contains(&group)
    }

    pub(crate) fn around(&self) -> Around<'_> {
        let home = self.plan.areas.home(&self.caller, self.caller.is_empty());
        Around {
            caller: &self.caller,
            called: &self.called,
            city: home.city.unwrap_or_default(),
            county: home.county.unwrap_or_default(),
            line: LineKind::of(&self.caller).name(),
            list: self.plan.known.find(&self.caller).map_or("", |list| list.name.as_str()),
            called_before: self.called_before,
            surging: &self.surging,
            on_air: &self.on_air,
            prompts: &self.plan.prompts,
            understands: self.plan.understands,
        }
    }
}
