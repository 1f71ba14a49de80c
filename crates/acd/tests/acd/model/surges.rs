//! What the model makes of surges: by hand, and by how many wait. It reckons no waits.

use acd::Steered;
use acd::ledger::Surging;

use super::*;

/// What is known of one group.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Surge {
    pub(super) by_hand: Option<bool>,
    /// Since when the rule has had it in surge.
    by_rule: Option<Time>,
    /// Until when that holds whatever happens; none once that was seen.
    holds: Option<Time>,
    on: bool,
}

impl Model {
    pub(super) fn says_surge(&mut self, group: GroupId, by_hand: Option<bool>) -> Steered {
        if self.plan.groups.get(usize::from(group.0)).is_none_or(|g| g.removed) {
            return Steered::UnknownGroup;
        }
        self.surges[usize::from(group.0)].by_hand = by_hand;
        self.tell_surge(usize::from(group.0));
        Steered::Done
    }

    pub(super) fn is_surging(&self, group: GroupId) -> bool {
        self.surges.get(usize::from(group.0)).is_some_and(|surge| surge.on)
    }

    pub(super) fn watch_surges(&mut self, now: Time) {
        for place in 0..self.plan.groups.len() {
            let plan = &self.plan.groups[place];
            let Some(rule) = plan.surge.filter(|_| !plan.removed) else { continue };
            let Some(crowd) = rule.waiting else { continue };
            let waiting = self.on_the_line(GroupId(place as u16));
            let surge = &mut self.surges[place];
            match surge.by_rule {
                None if waiting >= crowd.from => (surge.by_rule, surge.holds) = (Some(now), Some(now + rule.hold)),
                Some(began) if began + rule.hold <= now => {
                    surge.holds = None;
                    surge.by_rule = surge.by_rule.filter(|_| waiting >= crowd.until);
                }
                _ => {}
            }
            self.tell_surge(place);
        }
    }

    pub(super) fn next_look(&self) -> Option<Time> {
        self.surges.iter().filter_map(|surge| surge.holds).min()
    }

    fn tell_surge(&mut self, place: usize) {
        let surge = &mut self.surges[place];
        let on = surge.by_hand.unwrap_or(surge.by_rule.is_some());
        if std::mem::replace(&mut surge.on, on) != on {
            self.out.push(Action::Surge { group: GroupId(place as u16), on });
        }
    }

    /// Another plan holds.
    pub(super) fn surge_anew(&mut self) {
        self.surges.resize(self.plan.groups.len(), Surge::default());
        for place in 0..self.surges.len() {
            let plan = &self.plan.groups[place];
            let rule = plan.surge.filter(|_| !plan.removed);
            let surge = &mut self.surges[place];
            surge.by_rule = surge.by_rule.filter(|_| rule.is_some());
            surge.holds = surge.by_rule.zip(rule).map(|(began, rule)| began + rule.hold);
            self.tell_surge(place);
        }
    }

    /// The next process, which was told of these.
    pub(super) fn resume_surges(&mut self, now: Time, before: &[Surge]) {
        for (place, before) in before.iter().enumerate() {
            let plan = &self.plan.groups[place];
            let rule = plan.surge.filter(|_| !plan.removed && before.on && before.by_hand.is_none());
            let surge = &mut self.surges[place];
            surge.by_hand = before.by_hand;
            surge.by_rule = rule.map(|_| now);
            surge.holds = rule.map(|rule| now + rule.hold);
            self.tell_surge(place);
        }
    }

    pub(super) fn told_of_surges(&self) -> impl Iterator<Item = (GroupId, Surging)> {
        let told = |surge: &Surge| Surging { on: surge.on, by_hand: surge.by_hand };
        (0..).map(GroupId).zip(self.surges.iter().map(told)).filter(|(_, told)| *told != Surging::default())
    }
}
