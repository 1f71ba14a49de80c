//! How long a caller will wait, as it is told, and what comes of it.

use std::collections::BTreeMap;
use std::time::Duration;

use base::{AgentId, CallId, GroupId, Key, Time};

use crate::agents::Agents;
use crate::callers::{Asks, Caller, Claim, Standing};
use crate::estimate::{Class, ENOUGH_EVERY, Estimates, Line, Outcome, Pace};
use crate::ledger::{Learned, Ledger};
use crate::line::Turn;
use crate::near::{Near, near};
use crate::{Acd, Action, Fact, Plan, Range};

/// For so long what is known beside a caller's own line holds for whoever arrives in the same group: few agents become free in it, and a
/// rush of callers costs little more.
const FRESH: Duration = Duration::from_millis(500);
/// What is learned of a group is written down no more often than that.
const WRITTEN_EVERY: Duration = Duration::from_secs(900);
const HALF_A_SECOND: Duration = Duration::from_millis(500);
/// Who enters the queue so long after asking for it was elsewhere meanwhile.
const ON_THE_WAY: Duration = Duration::from_secs(1);

/// What was told a caller.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told {
    /// The newest.
    now: Option<Range>,
    pub(crate) heed: Heed,
    /// How long the caller had waited when it was told what is compared, in `TICKS` of a second; in two bytes, so that all of it takes seven.
    after: [u8; 2],
}

/// What the wait of a caller will say about what it was told.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Heed {
    /// Nothing: what was to be compared is over, or the caller goes before its turn or elsewhere since.
    #[default]
    Nothing,
    /// It waits since it came, and something that it is told will be compared, once: by lot of its number what it is told on arrival, or
    /// at a time that does not depend on how long it will wait.
    Expected,
    /// So was it told, before a line of this class.
    Told(Range, Class),
}

/// Of a second, in which `Told` has times: two bytes are two hours.
const TICKS: u64 = 8;
/// When what a caller is told is compared, if not on arrival: with the first announcement after so many seconds, by the number of its arrival.
const LATER_S: [u64; 4] = [15, 45, 105, 225];

const _: () = assert!(size_of::<Told>() <= 8, "what a waiting caller may cost more");

/// What is known of groups, and who is at work.
#[derive(Clone, Debug)]
pub(crate) struct Expect {
    pub(crate) estimates: Estimates,
    near: Vec<Vec<Near>>,
    /// By queue, agents at work who serve it.
    at_work: Vec<u32>,
    recent: Vec<Recent>,
    /// As the ledger has it, also of groups that are no more.
    pub(crate) learned: BTreeMap<GroupId, Learned>,
    /// By group, when something was last told to the ledger, or could have been.
    told_at: Vec<Time>,
}

/// What holds for all who arrive in a group for a moment.
#[derive(Clone, Copy, Debug)]
struct Recent {
    until: Time,
    /// Who arrives before then is told nothing on arrival.
    next: Time,
    pace: Pace,
    /// Callers of other groups who are served before.
    others: f64,
}

impl Expect {
    pub(crate) fn new(plan: &Plan, agents: &Agents, queues: usize, now: Time) -> Expect {
        let none = Recent {
            until: Time::ZERO,
            next: Time::ZERO,
            pace: Pace { answer: 0.0, handling: 0.0, leaves: 0.0 },
            others: 0.0,
        };
        Expect {
            estimates: Estimates::new(plan.groups.iter().map(|group| group.wrap_up)),
            near: near(plan.groups.len(), agents),
            at_work: vec![0; queues],
            recent: vec![none; plan.groups.len()],
            learned: BTreeMap::new(),
            told_at: vec![now; plan.groups.len()],
        }
    }

    /// Goes on under another plan: what is known of groups stands, and who serves whom is looked at anew.
    pub(crate) fn adopt(&mut self, plan: &Plan, agents: &Agents, queues: usize, now: Time) {
        let before = std::mem::replace(self, Expect::new(plan, agents, queues, now));
        self.estimates.go_on_from(before.estimates);
        self.learned = before.learned;
        self.told_at.iter_mut().zip(before.told_at).for_each(|(told_at, before)| *told_at = before);
        for (id, agent) in (0..).map(AgentId).zip(agents.iter()) {
            for queue in agents.serves(id).iter().filter(|_| agent.works) {
                if let Some(count) = self.at_work.get_mut(*queue as usize) {
                    *count += 1;
                }
            }
        }
    }

    /// Begins with what was learned before.
    pub(crate) fn restore(&mut self, ledger: &Ledger) {
        self.learned = ledger.learned.clone();
        self.learned.iter().for_each(|(group, learned)| self.estimates.restore(*group, *learned));
    }

    /// What is to be written down of a group now, if anything: seldom, and only what would make a difference.
    fn news(&mut self, now: Time, group: GroupId) -> Option<Learned> {
        let told_at = self.told_at.get_mut(usize::from(group.0)).filter(|told_at| now - **told_at >= WRITTEN_EVERY)?;
        *told_at = now;
        let learned = self.estimates.learned(group)?;
        if self.learned.get(&group).is_some_and(|before| is_like(*before, learned)) {
            return None;
        }
        self.learned.insert(group, learned);
        Some(learned)
    }

    fn near(&self, group: GroupId) -> &[Near] {
        self.near.get(usize::from(group.0)).map(Vec::as_slice).unwrap_or_default()
    }

    fn pace(&self, group: GroupId) -> Pace {
        self.estimates.pace(self.near(group).iter().map(|near| (near.group, near.share)))
    }
}

/// Whether each of it is within a twentieth of what it was, or half a second.
fn is_like(before: Learned, now: Learned) -> bool {
    let pairs = [(before.answer, now.answer), (before.handling, now.handling), (before.patience, now.patience)];
    pairs.into_iter().all(|(before, now)| before.abs_diff(now) <= (before / 20).max(HALF_A_SECOND))
}

impl Acd {
    /// An agent is done with a caller of a group, after so long with wrap-up.
    pub(crate) fn handled(&mut self, now: Time, group: GroupId, length: Duration, out: &mut Vec<Action>) {
        self.expect.estimates.handled(now, group, length);
        let news = self.expect.news(now, group);
        out.extend(news.map(|learned| Action::Fact(Fact::Learned { group, learned })));
    }

    /// A phone that rang for a caller was answered after so long.
    pub(crate) fn answered(&mut self, now: Time, key: Key, after: Duration) {
        if let Some(group) = self.callers.get(key).map(|caller| caller.group) {
            self.expect.estimates.answered(now, group, after);
        }
    }

    /// The agent comes to work, or leaves it.
    pub(crate) fn at_work(&mut self, id: AgentId, works: bool) {
        let Some(agent) = self.agents.get_mut(id).filter(|agent| agent.works != works) else { return };
        agent.works = works;
        for queue in self.agents.serves(id) {
            if let Some(count) = self.expect.at_work.get_mut(*queue as usize) {
                *count = if works { *count + 1 } else { count.saturating_sub(1) };
            }
        }
    }

    /// How long somebody would wait who asked for a group with this priority, waiting since then; none where nobody is at work who serves
    /// it, and `Range::AT_ONCE` where somebody is free.
    pub fn expected(&self, now: Time, group: GroupId, priority: u8, since: Time) -> Option<Range> {
        let (step, _) = self.step(now, group, since);
        if self.agents.first(self.callers.steps.queue(group, Asks::Step(step))).is_some() {
            return Some(Range::AT_ONCE);
        }
        let claim = Claim { priority, since, ..Claim::default() };
        let turn = self.callers.turn(&Caller::new(CallId::default(), group, claim, u64::MAX));
        let ahead = self.callers.ahead(group, turn) as f64 + self.others(group, turn);
        let line = self.line(now, group, (step, since), ahead)?;
        Some(self.expect.estimates.range(group, self.expect.pace(group), line).0)
    }

    /// How long a caller who waits will wait from now on, whatever was told; none while a phone rings for it.
    pub(crate) fn expected_of(&self, now: Time, caller: &Caller) -> Option<(Range, Class)> {
        if caller.standing != Standing::Waiting {
            return None;
        }
        let (group, turn) = (caller.group, self.callers.turn(caller));
        let ahead = self.callers.ahead(group, turn) as f64 + self.others(group, turn);
        let (step, _) = self.step(now, group, caller.since);
        let line = self.line(now, group, (step, caller.since), ahead)?;
        Some(self.expect.estimates.range(group, self.expect.pace(group), line))
    }

    /// What a caller is told who asks.
    pub(crate) fn tell_again(&mut self, now: Time, key: Key) -> Option<Range> {
        let caller = self.callers.get(key).filter(|caller| caller.standing == Standing::Waiting)?;
        let estimate = self.expected_of(now, caller);
        let caller = self.callers.get_mut(key)?;
        let told = caller.tell(estimate.map(|(range, _)| range));
        let waited = now - caller.since;
        if let (Heed::Expected, Some(range), Some((_, class))) = (caller.promise.heed, told, estimate)
            && caller.heeded_after().is_some_and(|after| waited >= after)
            && let Ok(ticks) = u16::try_from(waited.as_millis() * u128::from(TICKS) / 1000)
        {
            (caller.promise.heed, caller.promise.after) = (Heed::Told(range, class), ticks.to_le_bytes());
        }
        told
    }

    /// What a caller who is about to look for an agent is told, at this position; nothing where one is free, or somebody was told a
    /// moment ago: to learn from, one of a rush is enough. The outcome counts where it is expected to.
    pub(crate) fn tell_first(&mut self, now: Time, key: Key, position: u32) -> Option<Range> {
        let caller = self.callers.get(key)?;
        let (group, since, turn) = (caller.group, caller.since, self.callers.turn(caller));
        if now < self.expect.recent.get(usize::from(group.0))?.next {
            return None;
        }
        let (step, _) = self.step(now, group, since);
        if self.agents.first(self.callers.steps.queue(group, Asks::Step(step))).is_some() {
            return None;
        }
        let recent = self.recent(now, group, turn)?;
        let line = self.line(now, group, (step, since), f64::from(position.saturating_sub(1)) + recent.others);
        let estimate = line.map(|line| self.expect.estimates.range(group, recent.pace, line));
        let caller = self.callers.get_mut(key)?;
        if let (Heed::Expected, None) = (caller.promise.heed, caller.heeded_after()) {
            caller.promise.heed = estimate.map_or(Heed::Nothing, |(range, class)| Heed::Told(range, class));
        }
        caller.tell(estimate.map(|(range, _)| range))
    }

    fn recent(&mut self, now: Time, group: GroupId, turn: Turn) -> Option<Recent> {
        let kept = *self.expect.recent.get(usize::from(group.0))?;
        let recent = if now < kept.until {
            kept
        } else {
            Recent { until: now + FRESH, pace: self.expect.pace(group), others: self.others(group, turn), ..kept }
        };
        self.expect.recent[usize::from(group.0)] = Recent { next: now + ENOUGH_EVERY, ..recent };
        Some(recent)
    }

    /// Callers of other groups with a turn before this one, as far as the agents of this group serve them.
    fn others(&self, group: GroupId, turn: Turn) -> f64 {
        let others = self.expect.near(group).iter().skip(1);
        others.map(|near| near.share * self.callers.ahead(near.group, turn) as f64).sum()
    }

    /// The line before somebody at a step of a group; none where nobody is at work at that step or a later one.
    fn line(&self, now: Time, group: GroupId, (step, since): (u8, Time), ahead: f64) -> Option<Line> {
        let queues = self.callers.steps.of_group(group).skip(usize::from(step));
        let mut served = queues.enumerate().map(|(later, queue)| (later, self.expect.at_work[queue]));
        let (later, agents) = served.find(|(_, agents)| *agents > 0)?;
        let asked = self.plan.groups.get(usize::from(group.0))?.steps.get(usize::from(step) + later);
        let after = asked.filter(|_| later > 0).map(|asked| (since + asked.after) - now);
        Some(Line { ahead, agents, after: after.unwrap_or_default().as_secs_f64() })
    }

    /// The caller is served, or leaves unserved: what it was told is compared with how long it waited from then on.
    pub(crate) fn learn(&mut self, now: Time, key: Key, outcome: Outcome) {
        let Some(caller) = self.callers.get_mut(key) else { return };
        let after = Duration::from_millis(u64::from(u16::from_le_bytes(caller.promise.after)) * 1000 / TICKS);
        let (group, waited) = (caller.group, (now - caller.since).saturating_sub(after));
        if let Heed::Told(range, class) = std::mem::take(&mut caller.promise.heed) {
            self.expect.estimates.waited(group, class, range, waited, outcome);
        }
    }

    /// Whether what a caller is told will be compared with its wait: it waits since it came.
    pub(crate) fn heed(now: Time, since: Time) -> Heed {
        if now - since <= ON_THE_WAY { Heed::Expected } else { Heed::Nothing }
    }
}

impl Caller {
    /// After how long a wait what it is told is compared; none for what it is told on arrival, as half of them.
    fn heeded_after(&self) -> Option<Duration> {
        let later = (self.arrival % 2 == 1).then_some(self.arrival as usize / 2 % LATER_S.len());
        later.map(|place| Duration::from_secs(LATER_S[place]))
    }

    /// What the caller is told; it is forgotten where there is nothing to tell, since nobody is at work.
    fn tell(&mut self, estimate: Option<Range>) -> Option<Range> {
        let told = estimate.map(|now| self.promise.now.map_or(now, |before| before.then(now)));
        self.promise.now = told;
        told
    }
}
