//! How long callers wait, and what they are told, in a queue of one sort of agents (M/M/c+M): steady arrivals by chance, talks and patience
//! of exponential length.

use std::collections::BTreeMap;
use std::time::Duration;

use acd::{Acd, Action, Command, Overflow, Plan, Range, Reservation};
use base::{AgentId, CallId, GroupId, Now, Rng, Time};

use crate::kit::{Desk, agent, group, id, plan};

/// What happens next in the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrives,
    Answers { agent: u32, call: u32, reservation: u64 },
    Ends { agent: u32, call: u32 },
    GivesUp { call: u32 },
    Staff { agents: u32 },
}

struct House {
    acd: Acd,
    now: Now,
    agenda: BTreeMap<(Time, u64), Event>,
    order: u64,
    rng: Rng,
    calls: u32,
    at_work: u32,
    talk_s: f64,
    patience_s: f64,
    every_s: f64,
    told: BTreeMap<CallId, (Time, Range)>,
    /// Below, inside, above.
    outcomes: [u32; 3],
}

impl House {
    fn new(agents: u32, every_s: f64, talk_s: f64, patience_s: f64, seed: u64) -> House {
        let plan: Plan = plan(vec![group()], (0..agents).map(|_| agent(&[(0, 1)])).collect());
        let now = Now { time: Time::from_millis(100_000), ..Now::default() };
        let (acd, rng) = (Acd::new(plan, now.time), Rng::from_number(seed));
        let (agenda, told) = (BTreeMap::new(), BTreeMap::new());
        let (order, calls, at_work) = (0, 0, 0);
        let outcomes = [0; 3];
        House { acd, now, agenda, order, rng, calls, at_work, talk_s, patience_s, every_s, told, outcomes }
    }

    fn plan(&mut self, after_s: f64, event: Event) {
        self.order += 1;
        self.agenda.insert((self.now.time + Duration::from_secs_f64(after_s), self.order), event);
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.rng.unit()).ln()
    }

    fn tell(&mut self, command: Command) {
        let mut out = Vec::new();
        self.acd.handle(self.now, command, &mut out);
        for action in out {
            match action {
                Action::Reserve { agent, call, reservation, .. } => {
                    let (agent, call, reservation) = (agent.0, call.serial, reservation.0);
                    self.plan(2.0, Event::Answers { agent, call, reservation });
                }
                Action::Queued { call, wait: Some(wait), .. } => drop(self.told.insert(call, (self.now.time, wait))),
                _ => {}
            }
        }
    }

    /// Those who gave up are left out here: with the patience of this house they are few.
    fn compare(&mut self, call: u32) {
        let Some((at, range)) = self.told.remove(&id(call)) else { return };
        let waited = self.now.time - at;
        let place = usize::from(waited >= range.low()) + usize::from(range.high().is_some_and(|high| waited > high));
        self.outcomes[place] += 1;
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrives => {
                self.calls += 1;
                let call = self.calls;
                let (gap, patience) = (self.exponential(self.every_s), self.exponential(self.patience_s));
                self.plan(gap, Event::Arrives);
                self.plan(patience, Event::GivesUp { call });
                let (group, since) = (GroupId(0), self.now.time);
                self.tell(Command::Enqueue { call: id(call), caller: None, group, priority: 0, since });
            }
            Event::Answers { agent, call, reservation } => {
                let reservation = Reservation(reservation);
                self.compare(call);
                self.tell(Command::Accepted { call: id(call), agent: AgentId(agent), reservation });
                let talk = self.exponential(self.talk_s);
                self.plan(talk, Event::Ends { agent, call });
            }
            Event::Ends { agent, call } => {
                self.tell(Command::Ended { call: id(call), agent: AgentId(agent) });
                if agent < self.at_work {
                    self.tell(Command::Ready { agent: AgentId(agent) });
                }
            }
            // Who is being answered, or was, stays.
            Event::GivesUp { call } => {
                if self.acd.callers(self.now, GroupId(0), 1000).iter().any(|c| c.call == id(call) && !c.offered) {
                    self.told.remove(&id(call));
                    self.tell(Command::Abandon { call: id(call) });
                }
            }
            Event::Staff { agents } => {
                for agent in (0..self.at_work.max(agents)).map(AgentId) {
                    match (agent.0 < self.at_work, agent.0 < agents) {
                        (false, true) => self.tell(Command::Ready { agent }),
                        (true, false) => self.tell(Command::Away { agent }),
                        _ => {}
                    }
                }
                self.at_work = agents;
            }
        }
    }

    fn run(&mut self, hours: u64) {
        let end = self.now.time + Duration::from_secs(hours * 3600);
        while let Some(((at, _), event)) = self.agenda.pop_first().filter(|((at, _), _)| *at < end) {
            self.now = self.now.plus(at - self.now.time);
            let mut out = Vec::new();
            self.acd.handle_timeout(self.now, &mut out);
            self.happen(event);
        }
    }
}

fn shares(outcomes: [u32; 3]) -> [f64; 3] {
    let all = f64::from(outcomes.iter().sum::<u32>());
    outcomes.map(|count| f64::from(count) / all)
}

#[test]
fn eight_of_ten_outcomes_lie_in_the_range_that_was_told() {
    // (agents, seconds from call to call, talk, patience): one agent alone, a small centre, a large one, and one with too few agents.
    for (agents, every_s, talk_s, patience_s) in
        [(1, 130.0, 100.0, 1e6), (5, 45.0, 200.0, 1e5), (50, 4.1, 200.0, 1e5), (20, 8.0, 200.0, 600.0)]
    {
        let mut house = House::new(agents, every_s, talk_s, patience_s, 7);
        house.plan(0.0, Event::Staff { agents });
        house.plan(1.0, Event::Arrives);
        house.run(60);
        let [below, inside, above] = shares(house.outcomes);
        let told: u32 = house.outcomes.iter().sum();
        assert!(told > 800 && (0.75..=0.85).contains(&inside), "{agents}: {told} {below} {inside} {above}");
    }
}

#[test]
fn it_holds_while_agents_come_and_go() {
    let mut house = House::new(24, 11.0, 200.0, 1e5, 11);
    for hour in 0..80_u32 {
        let agents = [16, 20, 24, 18, 22][hour as usize % 5];
        house.plan(f64::from(hour) * 3600.0 + 600.0 * f64::from(hour % 3), Event::Staff { agents });
    }
    house.plan(1.0, Event::Arrives);
    house.run(80);
    let [below, inside, above] = shares(house.outcomes);
    assert!((0.75..=0.85).contains(&inside), "{below} {inside} {above}");
}

/// What a caller is told who joins the line of a group.
fn told(desk: &mut Desk, call: u32, group: u16) -> Option<Range> {
    let since = desk.now.time;
    let mut out = Vec::new();
    let enqueue = Command::Enqueue { call: id(call), caller: None, group: GroupId(group), priority: 0, since };
    desk.acd.handle(desk.now, enqueue, &mut out);
    out.into_iter().fold(None, |told, action| match action {
        Action::Queued { wait, .. } => wait,
        Action::Fact(fact) => {
            desk.ledger.apply(fact);
            told
        }
        _ => told,
    })
}

#[test]
fn nothing_is_promised_where_nobody_is_at_work() {
    let mut desk = Desk::new(plan(vec![group(), group()], vec![agent(&[(0, 1)]), agent(&[(1, 1)])]));
    assert_eq!(told(&mut desk, 1, 0), None);
    desk.ready(1);
    assert_eq!(desk.acd.expected(desk.now.time, GroupId(1), 0, desk.now.time), Some(Range::AT_ONCE));
    // An agent is free: there is no wait to tell.
    assert_eq!(told(&mut desk, 2, 1), None);
    assert!(told(&mut desk, 3, 1).is_some_and(|wait| wait.low() > Duration::from_secs(1)));
    assert_eq!(desk.acd.expected(desk.now.time, GroupId(0), 0, desk.now.time), None);
    desk.away(1);
    assert_eq!(told(&mut desk, 4, 1), None);
    assert_eq!(desk.acd.expected(desk.now.time, GroupId(7), 0, desk.now.time), None);
}

#[test]
fn callers_of_other_groups_are_ahead_as_far_as_the_same_agents_serve_them() {
    // Ten agents serve both groups, ten the second alone.
    let agents = (0..20).map(|n| if n < 10 { agent(&[(0, 1), (1, 1)]) } else { agent(&[(1, 1)]) }).collect();
    let mut desk = Desk::new(plan(vec![group(), group()], agents));
    for number in 0..20 {
        desk.ready(number);
        desk.enqueue(100 + number, 1, 0);
        desk.accepted(100 + number, number, u64::from(number) + 1);
    }
    let high = |range: Option<Range>| range.and_then(|range| range.high()).unwrap_or_default();
    let alone = high(desk.acd.expected(desk.now.time, GroupId(0), 0, desk.now.time));
    for call in 200..220 {
        desk.enqueue(call, 1, 0);
    }
    let behind = high(desk.acd.expected(desk.now.time, GroupId(0), 0, desk.now.time));
    let last = high(desk.acd.expected(desk.now.time, GroupId(1), 0, desk.now.time));
    assert!(alone < behind, "{alone:?} {behind:?}");
    // Half of the twenty before it will be served by agents of its own: as long a wait as behind all twenty of them with twice the agents.
    assert!(behind.abs_diff(last) < last / 5, "{behind:?} {last:?}");
}

#[test]
fn a_rise_is_told_only_when_what_was_told_cannot_hold() {
    let mut desk = Desk::new(plan(vec![group()], (0..8).map(|_| agent(&[(0, 1)])).collect()));
    for number in 0..8 {
        desk.ready(number);
        desk.enqueue(100 + number, 0, 0);
        desk.accepted(100 + number, number, u64::from(number) + 1);
    }
    for call in 200..210 {
        desk.enqueue(call, 0, 0);
    }
    desk.pass(1);
    let first = told(&mut desk, 1, 0).expect("told");
    let locate = |desk: &mut Desk| {
        let mut out = Vec::new();
        desk.acd.handle(desk.now, Command::Locate { call: id(1) }, &mut out);
        out.iter().find_map(|action| if let Action::Located { wait, .. } = action { *wait } else { None })
    };
    // One agent of eight goes: a little longer, and not told.
    desk.away(0);
    assert_eq!(locate(&mut desk), Some(first));
    // All but one: eight times as long, which nobody may be left without.
    (1..7).for_each(|number| drop(desk.away(number)));
    let risen = locate(&mut desk).expect("told");
    assert!(Some(risen.low()) > first.high(), "{first:?} {risen:?}");
    // They are back: lower at once.
    (0..7).for_each(|number| drop(desk.ready(number)));
    assert!(locate(&mut desk).is_some_and(|again| again.high() < risen.high()));
    // Nobody is there: nothing is told, and nothing that was told before binds.
    (0..8).for_each(|number| drop(desk.away(number)));
    assert_eq!(locate(&mut desk), None);
}

#[test]
fn what_is_learned_counts() {
    let mut desk = Desk::new(plan(vec![group()], vec![agent(&[(0, 1)])]));
    desk.ready(0);
    let before = told(&mut desk, 1, 0);
    assert_eq!(before, None);
    desk.accepted(1, 0, 1);
    let at_first = desk.acd.expected(desk.now.time, GroupId(0), 0, desk.now.time).expect("an agent is at work");
    for call in 2..60 {
        desk.pass(20);
        desk.ended(call - 1, 0);
        desk.ready(0);
        desk.enqueue(call, 0, 0);
        desk.accepted(call, 0, u64::from(call));
    }
    let at_last = desk.acd.expected(desk.now.time, GroupId(0), 0, desk.now.time).expect("an agent is at work");
    assert!(at_last.high() < at_first.high(), "talks of twenty seconds: {at_first:?} {at_last:?}");
}

/// Talks of twenty seconds for so long.
fn serve(desk: &mut Desk, calls: std::ops::Range<u32>, reservation: &mut u64) {
    for call in calls {
        desk.enqueue(call, 0, 0);
        desk.ready(0);
        *reservation += 1;
        desk.accepted(call, 0, *reservation);
        desk.pass(20);
        desk.ended(call, 0);
    }
}

#[test]
fn what_is_learned_outlives_a_restart_and_is_written_down_seldom() {
    let mut desk = Desk::new(plan(vec![group()], vec![agent(&[(0, 1)])]));
    let mut reservation = 0;
    serve(&mut desk, 1..40, &mut reservation);
    assert!(desk.ledger.learned.is_empty(), "a quarter of an hour has not passed");
    serve(&mut desk, 40..200, &mut reservation);
    let learned = desk.ledger.learned[&GroupId(0)];
    assert!(learned.handling < Duration::from_secs(45), "{learned:?}");
    let before = desk.ledger.clone();
    serve(&mut desk, 200..1000, &mut reservation);
    let latest = desk.ledger.learned[&GroupId(0)];
    serve(&mut desk, 1000..1400, &mut reservation);
    assert_eq!(desk.ledger.learned[&GroupId(0)], latest, "nothing changed that is worth a line");
    let expected = |desk: &mut Desk| {
        desk.ready(0);
        desk.enqueue(5000, 0, 0);
        desk.acd.expected(desk.now.time, GroupId(0), 0, desk.now.time).and_then(|wait| wait.high())
    };
    desk.ledger = before;
    desk.restart(None);
    assert!(expected(&mut desk).is_some_and(|high| high < Duration::from_secs(240)), "{:?}", expected(&mut desk));
}

#[test]
fn who_would_wait_longer_than_a_group_lets_anybody_expect_overflows_at_once() {
    let mut first = group();
    (first.expected, first.overflow.expected) = (Some(Duration::from_secs(60)), Overflow::Group(GroupId(1)));
    let mut desk = Desk::new(plan(vec![first, group()], vec![agent(&[(0, 1)])]));
    assert_eq!(desk.enqueue(1, 0, 0), ["Queued c1 g0 #1"], "where nobody is at work nothing is expected");
    desk.ready(0);
    desk.accepted(1, 0, 1);
    // Talks are taken for three minutes at first.
    let said = desk.enqueue(2, 0, 0);
    assert_eq!(said[0], "Moved c2 g0 to g1", "{said:?}");
    desk.ended(1, 0);
    for call in 10..60 {
        desk.ready(0);
        desk.enqueue(call, 0, 0);
        desk.accepted(call, 0, u64::from(call) - 8);
        desk.pass(20);
        desk.ended(call, 0);
    }
    desk.ready(0);
    desk.enqueue(60, 0, 0);
    desk.accepted(60, 0, 52);
    let said = desk.enqueue(61, 0, 0);
    assert!(said[0].starts_with("Queued c61 g0 #1"), "a talk of twenty seconds: {said:?}");
}
