//! Surges: more callers than a group can serve soon. It begins and ends by the group's rule, or by hand.

use std::collections::BTreeMap;
use std::time::Duration;

use base::{GroupId, Time};

use crate::ledger::{Ledger, Surging};
use crate::plan::Surge;
use crate::{Acd, Action, Fact, Plan, Steered};

/// From one look at what a newcomer would have to expect to the next: callers notice nothing shorter, and a look reads the lines of the
/// groups that the same agents serve. How many wait is looked at with whatever the queue is told.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Every group's surge, by `GroupId`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surges {
    groups: Vec<Watch>,
    /// Groups that have a rule: a command looks at these alone.
    ruled: Vec<GroupId>,
}

/// What is known of one group.
#[derive(Clone, Copy, Debug, Default)]
struct Watch {
    /// What somebody said, until somebody says otherwise; none where the rule decides.
    by_hand: Option<bool>,
    /// Since when the rule has had it in surge, whatever is said by hand.
    since: Option<Time>,
    /// When the rule looks again; none where that is with whatever the queue is told next.
    next: Option<Time>,
    /// What was told.
    told: Surging,
}

impl Watch {
    /// What holds now.
    fn now(&self) -> Surging {
        Surging { on: self.by_hand.unwrap_or(self.since.is_some()), by_hand: self.by_hand }
    }
}

impl Surges {
    pub(crate) fn new(plan: &Plan) -> Surges {
        let mut surges = Surges::default();
        surges.adopt(plan);
        surges
    }

    /// Goes on under another plan; what a rule looks at next, it looks at now.
    fn adopt(&mut self, plan: &Plan) {
        self.groups.resize(plan.groups.len(), Watch::default());
        self.ruled.clear();
        for ((place, group), watch) in (0..).zip(&plan.groups).zip(&mut self.groups) {
            match group.rule() {
                Some(rule) => {
                    self.ruled.push(GroupId(place));
                    watch.next = watch.since.map(|since| since + rule.hold);
                }
                None => watch.since = None,
            }
        }
    }

    fn get(&self, group: GroupId) -> Option<&Watch> {
        self.groups.get(usize::from(group.0))
    }

    /// What holds for a group as readers are told.
    pub(crate) fn of(&self, group: GroupId) -> Surging {
        self.get(group).map(|watch| watch.told).unwrap_or_default()
    }

    /// When somebody should look whether a surge is over.
    pub(crate) fn next(&self) -> Option<Time> {
        let watches = self.ruled.iter().filter_map(|group| self.get(*group));
        watches.filter(|watch| watch.since.is_some()).filter_map(|watch| watch.next).min()
    }

    pub(crate) fn ledger(&self) -> BTreeMap<GroupId, Surging> {
        let told = (0..).map(GroupId).zip(self.groups.iter().map(|watch| watch.told));
        told.filter(|(_, told)| *told != Surging::default()).collect()
    }
}

impl Acd {
    /// Somebody says whether a group is in surge, or leaves it to the rule again.
    pub(crate) fn surge_by_hand(&mut self, group: GroupId, by_hand: Option<bool>, out: &mut Vec<Action>) -> Steered {
        let known = self.plan.groups.get(usize::from(group.0)).is_some_and(|group| !group.removed);
        let Some(watch) = self.surges.groups.get_mut(usize::from(group.0)).filter(|_| known) else {
            return Steered::UnknownGroup;
        };
        watch.by_hand = by_hand;
        self.tell_surge(group, out);
        Steered::Done
    }

    /// After whatever the queue was told: surges begin by their rules, and end.
    pub(crate) fn watch_surges(&mut self, now: Time, out: &mut Vec<Action>) {
        for place in 0..self.surges.ruled.len() {
            let group = self.surges.ruled[place];
            let rule = self.plan.groups.get(usize::from(group.0)).and_then(|plan| plan.rule());
            let (Some(rule), Some(&watch)) = (rule, self.surges.get(group)) else { continue };
            let after = match watch.since {
                None => self.surge_begins(now, group, rule, watch),
                Some(since) => self.surge_lasts(now, group, (rule, since), watch),
            };
            self.surges.groups[usize::from(group.0)] = after;
            self.tell_surge(group, out);
        }
    }

    fn surge_begins(&self, now: Time, group: GroupId, rule: Surge, watch: Watch) -> Watch {
        let begun = Watch { since: Some(now), next: Some(now + rule.hold), ..watch };
        if rule.waiting.is_some_and(|crowd| self.callers.waiting(group) >= crowd.from) {
            return begun;
        }
        let due = watch.next.is_none_or(|next| now >= next);
        let Some(most) = rule.expected.filter(|_| due) else { return watch };
        match self.expects_less(now, group, most) {
            true => Watch { next: Some(now + LOOK_EVERY), ..watch },
            false => begun,
        }
    }

    fn surge_lasts(&self, now: Time, group: GroupId, (rule, since): (Surge, Time), watch: Watch) -> Watch {
        if now < since + rule.hold {
            return watch;
        }
        let few = rule.waiting.is_none_or(|crowd| self.callers.waiting(group) < crowd.until);
        if !few {
            return Watch { next: None, ..watch };
        }
        let over = Watch { since: None, next: None, ..watch };
        match rule.expected {
            Some(_) if watch.next.is_some_and(|next| now < next) => watch,
            Some(most) if !self.expects_less(now, group, most / 2) => Watch { next: Some(now + LOOK_EVERY), ..watch },
            _ => over,
        }
    }

    /// Whether a newcomer would wait for less than that. Of what nobody serves nothing is expected.
    fn expects_less(&self, now: Time, group: GroupId, than: Duration) -> bool {
        let expected = self.expected(now, group, 0, now);
        expected.is_none_or(|range| range.middle().is_some_and(|middle| middle < than))
    }

    /// Tells what has changed, if anything.
    fn tell_surge(&mut self, group: GroupId, out: &mut Vec<Action>) {
        let Some(watch) = self.surges.groups.get_mut(usize::from(group.0)) else { return };
        let (before, surging) = (watch.told, watch.now());
        if before == surging {
            return;
        }
        watch.told = surging;
        out.push(Action::Fact(Fact::Surges { group, surging }));
        if before.on != surging.on {
            out.push(Action::Surge { group, on: surging.on });
        }
    }

    /// Another plan holds: a surge whose rule is gone is over.
    pub(crate) fn renew_surges(&mut self, out: &mut Vec<Action>) {
        self.surges.adopt(&self.plan);
        for group in (0..self.plan.groups.len()).map(|place| GroupId(place as u16)) {
            self.tell_surge(group, out);
        }
    }

    /// What was said by hand stands. A surge by rule goes on for as long as one that begins now, since those who waited dial again.
    pub(crate) fn restore_surges(&mut self, now: Time, ledger: &Ledger, out: &mut Vec<Action>) {
        for (&group, &surging) in &ledger.surges {
            let rule = self.plan.groups.get(usize::from(group.0)).map(|plan| plan.rule());
            let (Some(rule), Some(watch)) = (rule, self.surges.groups.get_mut(usize::from(group.0))) else {
                out.push(Action::Fact(Fact::Surges { group, surging: Surging::default() }));
                continue;
            };
            (watch.by_hand, watch.told) = (surging.by_hand, surging);
            if let Some(rule) = rule.filter(|_| surging.on && surging.by_hand.is_none()) {
                (watch.since, watch.next) = (Some(now), Some(now + rule.hold));
            }
            // The switch is new too.
            if watch.now().on {
                out.push(Action::Surge { group, on: true });
            }
            if watch.now() != surging {
                watch.told = watch.now();
                out.push(Action::Fact(Fact::Surges { group, surging: watch.told }));
            }
        }
    }
}
