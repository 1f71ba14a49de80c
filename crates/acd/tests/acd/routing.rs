//! Who serves whom: priorities that age, needs that relax, strategies, the agent of the last talk, several phones at once.

use std::time::Duration;

use acd::{Agent, Decline, Group, Need, Plan, Skill, SkillId, Step, Strategy};
use base::Wall;

use crate::kit::{Desk, agent, group, plan};

const NOTHING: [&str; 0] = [];
/// A skill that is no group's.
const CANTONESE: u16 = 7;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Whom the next offer of agent 0 is for, who then talks for no time at all.
fn serve(desk: &mut Desk, reservation: u64) -> u32 {
    let said = desk.ready(0);
    let call = said.iter().find_map(|word| word.strip_prefix("Reserve a0 for c")?.split(' ').next()?.parse().ok());
    let call = call.unwrap_or_else(|| panic!("nobody is offered: {said:?}"));
    desk.accepted(call, 0, reservation);
    desk.ended(call, 0);
    call
}

#[test]
fn a_step_of_priority_is_worth_so_much_waiting_and_no_more() {
    let plan = Plan { priority_worth: secs(100), ..plan(vec![group()], vec![agent(&[(0, 1)])]) };
    let mut desk = Desk::new(plan);
    desk.enqueue(1, 0, 0);
    desk.pass(99);
    desk.enqueue(2, 0, 1);
    desk.pass(1);
    desk.enqueue(3, 0, 1);
    desk.pass(99);
    desk.enqueue(4, 0, 2);
    assert_eq!((1..=4).map(|r| serve(&mut desk, r)).collect::<Vec<_>>(), [2, 4, 1, 3]);
}

/// Callers of the highest priority come faster than they are served, for ever: one of the lowest is served all the same, before
/// whoever came later than nine steps are worth.
#[test]
fn nobody_starves_behind_higher_priorities() {
    let plan = Plan { priority_worth: secs(60), ..plan(vec![group()], vec![agent(&[(0, 1)])]) };
    let mut desk = Desk::new(plan);
    for call in 2..30 {
        desk.enqueue(call, 0, 9);
    }
    desk.enqueue(1, 0, 0);
    let (mut served, mut reservation) = (Vec::new(), 0);
    for call in 30..200 {
        desk.pass(10);
        desk.enqueue(call, 0, 9);
        if call % 2 == 0 {
            reservation += 1;
            served.push(serve(&mut desk, reservation));
        }
    }
    let place = served.iter().position(|call| *call == 1).expect("the caller of the lowest priority is served");
    // Nine steps are worth 540 s: 53 come within them, and whoever comes at their end comes too late.
    assert_eq!(served[place - 1], 30 + 52);
}

#[test]
fn a_group_has_a_head_start_where_an_agent_serves_several() {
    let urgent = Group { head_start: secs(30), ..group() };
    let mut desk = Desk::new(plan(vec![group(), urgent], vec![agent(&[(0, 1), (1, 1)])]));
    desk.enqueue(1, 0, 0);
    desk.pass(29);
    desk.enqueue(2, 1, 0);
    desk.pass(2);
    desk.enqueue(3, 1, 0);
    assert_eq!((1..=3).map(|r| serve(&mut desk, r)).collect::<Vec<_>>(), [2, 1, 3]);
}

/// First who speaks Cantonese and knows the group well, after 20 s who does either, after 60 s whoever serves the group.
fn relaxing() -> Group {
    let good = Need::Skill { skill: SkillId(0), worst: 1 };
    let speaks = Need::of(SkillId(CANTONESE));
    let step = |after, need| Step { after: secs(after), need };
    Group {
        ring: secs(300),
        steps: vec![
            step(0, Need::All(vec![good.clone(), speaks.clone()])),
            step(20, Need::Any(vec![good, speaks])),
            step(60, Need::of(SkillId(0))),
        ],
        ..group()
    }
}

#[test]
fn what_is_asked_of_agents_relaxes_in_steps() {
    let agents = vec![agent(&[(0, 2)]), agent(&[(0, 1)]), agent(&[(0, 1), (CANTONESE, 3)])];
    let mut desk = Desk::new(plan(vec![relaxing()], agents));
    desk.ready(0);
    assert_eq!(desk.enqueue(1, 0, 0), ["Queued c1 g0 #1"], "an agent idles whom nobody asks for yet");
    desk.pass(19);
    assert_eq!(desk.ready(1), NOTHING);
    assert_eq!(desk.pass(1), ["Reserve a1 for c1 r1"]);
    assert_eq!(desk.enqueue(2, 0, 0), ["Queued c2 g0 #1"]);
    assert_eq!(desk.ready(2), ["Reserve a2 for c2 r2"]);
    desk.enqueue(3, 0, 0);
    desk.pass(10);
    assert_eq!(desk.pass(50)[0], "Reserve a0 for c3 r3");
}

#[test]
fn who_waited_long_elsewhere_asks_for_little_from_the_start() {
    let mut desk = Desk::new(plan(vec![relaxing()], vec![agent(&[(0, 2)])]));
    desk.ready(0);
    let since = base::Time::from_millis(40_000);
    assert_eq!(desk.enqueue_since(1, 0, 0, since), ["Queued c1 g0 #1", "Reserve a0 for c1 r1"]);
}

#[test]
fn callers_of_all_steps_stand_in_one_order() {
    let mut desk = Desk::new(plan(vec![relaxing()], vec![agent(&[(0, 1), (CANTONESE, 1)])]));
    desk.enqueue(1, 0, 0);
    desk.pass(30);
    assert_eq!(desk.enqueue(2, 0, 0), ["Queued c2 g0 #2"]);
    assert_eq!(desk.enqueue(3, 0, 1), ["Queued c3 g0 #1"]);
    assert_eq!((1..=3).map(|r| serve(&mut desk, r)).collect::<Vec<_>>(), [3, 1, 2]);
}

/// Whom a group of this strategy is offered, one caller after another; each talks for as long as is said. Agents 0, 1 and 2 became
/// idle in that order, a second apart.
fn chosen(strategy: Strategy, talks: &[u64]) -> Vec<u32> {
    let group = Group { strategy, ..group() };
    let mut desk = Desk::new(plan(vec![group], vec![agent(&[(0, 1)]); 3]));
    for agent in 0..3 {
        desk.ready(agent);
        desk.pass(1);
    }
    let mut chosen = Vec::new();
    for (call, talk) in (1..).zip(talks) {
        let said = desk.enqueue(call, 0, 0);
        let agent = said[1].strip_prefix("Reserve a").and_then(|s| s.split(' ').next()).and_then(|s| s.parse().ok());
        let agent: u32 = agent.expect("an agent is free");
        chosen.push(agent);
        desk.accepted(call, agent, u64::from(call));
        desk.pass(*talk);
        desk.ended(call, agent);
        desk.ready(agent);
        desk.pass(1);
    }
    chosen
}

#[test]
fn every_strategy_chooses_as_it_says() {
    let talks = [100, 10, 10, 10, 10, 10];
    assert_eq!(chosen(Strategy::LongestIdle, &talks), [0, 1, 2, 0, 1, 2]);
    assert_eq!(chosen(Strategy::Fixed, &talks), [0, 0, 0, 0, 0, 0]);
    assert_eq!(chosen(Strategy::FewestCalls, &talks), [0, 1, 2, 0, 1, 2]);
    assert_eq!(chosen(Strategy::LeastTalk, &talks), [0, 1, 2, 1, 2, 1]);
    assert_eq!(chosen(Strategy::RoundRobin, &talks), [0, 1, 2, 0, 1, 2]);
}

/// Round robin goes by whose phone rang, the fewest calls by who talked.
#[test]
fn who_lets_it_ring_had_a_turn_and_no_call() {
    for (strategy, next) in
        [(Strategy::RoundRobin, "Reserve a1 for c2 r3"), (Strategy::FewestCalls, "Reserve a0 for c2 r3")]
    {
        let mut desk = Desk::new(plan(vec![Group { strategy, ..group() }], vec![agent(&[(0, 1)]); 2]));
        desk.ready(1);
        desk.enqueue(1, 0, 0);
        desk.accepted(1, 1, 1);
        desk.ended(1, 1);
        desk.ready(0);
        desk.enqueue(9, 0, 0);
        desk.abandon(9);
        desk.ready(0);
        desk.ready(1);
        assert_eq!(desk.enqueue(2, 0, 0)[1], next);
    }
}

#[test]
fn a_better_level_goes_before_any_strategy() {
    let group = Group { strategy: Strategy::FewestCalls, ..group() };
    let mut desk = Desk::new(plan(vec![group], vec![agent(&[(0, 2)]), agent(&[(0, 1)])]));
    desk.ready(1);
    for call in 1..4 {
        assert_eq!(desk.enqueue(call, 0, 0)[1], format!("Reserve a1 for c{call} r{call}"));
        desk.accepted(call, 1, u64::from(call));
        desk.ended(call, 1);
        desk.ready(0);
        desk.ready(1);
    }
}

#[test]
fn lots_fall_by_weight() {
    let weighted = |weight| Agent { weight, ..agent(&[(0, 1)]) };
    let agents = vec![weighted(1), weighted(2), weighted(5)];
    let mut desk = Desk::new(plan(vec![Group { strategy: Strategy::Random, ..group() }], agents));
    for agent in 0..3 {
        desk.ready(agent);
    }
    let mut drawn = [0_u32; 3];
    for call in 1..=8_000_u32 {
        let said = desk.enqueue(call, 0, 0);
        let agent = (0..3_u32).find(|a| said[1].starts_with(&format!("Reserve a{a} "))).expect("an agent is free");
        drawn[agent as usize] += 1;
        desk.abandon(call);
        desk.ready(agent);
    }
    for (drawn, share) in drawn.into_iter().zip([1_000, 2_000, 5_000]) {
        assert!(drawn.abs_diff(share) < 150, "{drawn} of about {share}");
    }
}

#[test]
fn tallies_outlive_a_restart_and_end_with_the_day() {
    let group = Group { strategy: Strategy::FewestCalls, ..group() };
    let mut desk = Desk::new(plan(vec![group], vec![agent(&[(0, 1)]); 2]));
    desk.now.wall = Wall(16 * 3_600_000);
    desk.ready(0);
    desk.enqueue(1, 0, 0);
    desk.accepted(1, 0, 1);
    desk.pass(5);
    desk.ended(1, 0);
    assert!(desk.said.contains(&"{Tallied a0 1 5 s}".to_owned()), "{:?}", desk.said);
    desk.restart(None);
    desk.ready(0);
    desk.pass(1);
    desk.ready(1);
    assert_eq!(desk.enqueue(2, 0, 0)[1], "Reserve a1 for c2 r2", "agent 0 had a talk already");
    desk.abandon(2);
    desk.pass(24 * 3_600);
    desk.ready(1);
    assert_eq!(desk.enqueue(3, 0, 0)[1], "Reserve a0 for c3 r3", "yesterday counts no more");
}

/// The same caller calls again, in another call.
fn again(desk: &mut Desk, number: u64, call: u32) -> Vec<String> {
    desk.enqueue_from(number, call, 0, 0)
}

/// A caller of this number talks with an agent who is ready, and the talk is over.
fn talked(desk: &mut Desk, number: u64, call: u32, agent: u32, reservation: u64) {
    desk.enqueue_from(number, call, 0, 0);
    desk.accepted(call, agent, reservation);
    desk.ended(call, agent);
}

/// Agents 0 and 1 serve the group, agent 2 does not.
fn knowing() -> Desk {
    let group = Group { prefer: secs(15), ..group() };
    Desk::new(plan(vec![group, self::group()], vec![agent(&[(0, 1)]), agent(&[(0, 1)]), agent(&[(1, 1)])]))
}

#[test]
fn the_agent_of_the_last_talk_is_waited_for_and_then_anybody() {
    let mut desk = knowing();
    desk.ready(0);
    talked(&mut desk, 77, 1, 0, 1);
    assert!(desk.said.contains(&"{Served n77 a0 until @86400}".to_owned()), "{:?}", desk.said);
    desk.ready(0);
    desk.enqueue(2, 0, 0);
    desk.accepted(2, 0, 2);
    desk.ready(1);
    assert_eq!(again(&mut desk, 77, 3), ["Queued c3 g0 #1"], "agent 1 is free and not asked for");
    desk.ended(2, 0);
    assert_eq!(desk.ready(0), ["Reserve a0 for c3 r3"]);
    desk.accepted(3, 0, 3);
    again(&mut desk, 77, 4);
    desk.pass(14);
    assert_eq!(desk.pass(1), ["Reserve a1 for c4 r4"]);
}

#[test]
fn who_is_not_at_work_is_not_waited_for() {
    let mut desk = knowing();
    desk.ready(0);
    talked(&mut desk, 77, 1, 0, 1);
    desk.ready(1);
    assert_eq!(again(&mut desk, 77, 2), ["Queued c2 g0 #1", "Reserve a1 for c2 r2"], "agent 0 is away");
    // Nor who goes meanwhile.
    desk.accepted(2, 1, 2);
    assert_eq!(again(&mut desk, 77, 3), ["Queued c3 g0 #1"]);
    desk.ready(0);
    assert_eq!(desk.acd.view(desk.now).groups[0].waiting, 1, "agent 1 is asked for now");
    assert_eq!(desk.away(1), ["Reserve a0 for c3 r3"]);
}

#[test]
fn who_does_not_serve_the_group_is_not_waited_for() {
    let mut desk = knowing();
    desk.ready(2);
    desk.enqueue_from(77, 1, 1, 0);
    desk.accepted(1, 2, 1);
    desk.ready(0);
    assert_eq!(again(&mut desk, 77, 2), ["Queued c2 g0 #1", "Reserve a0 for c2 r2"]);
}

#[test]
fn a_preferred_agent_who_declines_is_not_waited_for_again() {
    let mut desk = knowing();
    desk.ready(0);
    talked(&mut desk, 77, 1, 0, 1);
    desk.ready(0);
    desk.ready(1);
    assert_eq!(again(&mut desk, 77, 2), ["Queued c2 g0 #1", "Reserve a0 for c2 r2"]);
    assert_eq!(desk.declined(2, 0, 2, Decline::Busy), ["Reserve a1 for c2 r3"]);
}

/// Nobody waits for the agent who was just lost in the talk.
#[test]
fn whoever_lost_an_agent_waits_for_any_other() {
    let mut desk = knowing();
    desk.ready(0);
    desk.enqueue_from(77, 1, 0, 0);
    desk.accepted(1, 0, 1);
    desk.ready(1);
    assert_eq!(again(&mut desk, 77, 1), ["Queued c1 g0 #1", "Reserve a1 for c1 r2"]);
}

#[test]
fn an_agent_who_hands_the_caller_on_is_not_waited_for() {
    let mut desk = knowing();
    desk.ready(0);
    talked(&mut desk, 77, 1, 0, 1);
    desk.ready(0);
    assert_eq!(again(&mut desk, 77, 2), ["Queued c2 g0 #1", "Reserve a0 for c2 r2"]);
    desk.accepted(2, 0, 2);
    desk.ready(1);
    let since = desk.now.time;
    assert_eq!(desk.come_back(2, 0, 0, since), ["Queued c2 g0 #1", "Reserve a1 for c2 r3"], "at once");
}

#[test]
fn the_last_agent_is_remembered_over_a_restart_and_for_a_day() {
    let mut desk = knowing();
    desk.ready(0);
    talked(&mut desk, 77, 1, 0, 1);
    desk.restart(None);
    desk.ready(1);
    desk.ready(0);
    assert_eq!(again(&mut desk, 77, 2)[1], "Reserve a0 for c2 r2");
    desk.abandon(2);
    desk.ready(0);
    desk.pass(24 * 3_600);
    assert!(desk.said.contains(&"{Forgotten n77}".to_owned()));
    assert_eq!(again(&mut desk, 77, 3)[1], "Reserve a1 for c3 r3", "who idles longest");
}

fn several() -> Desk {
    let mut desk = Desk::new(plan(vec![Group { ring_at_once: 3, ..group() }], vec![agent(&[(0, 1)]); 5]));
    for agent in 0..4 {
        desk.ready(agent);
        desk.pass(1);
    }
    desk
}

#[test]
fn several_phones_ring_and_the_first_to_answer_has_the_caller() {
    let mut desk = several();
    let rings = ["Queued c1 g0 #1", "Reserve a0 for c1 r1", "Reserve a1 for c1 r2", "Reserve a2 for c1 r3"];
    assert_eq!(desk.enqueue(1, 0, 0), rings);
    assert_eq!(desk.acd.view(desk.now).groups[0].offered, 1, "one caller");
    desk.said.clear();
    assert_eq!(desk.accepted(1, 1, 2), ["Withdraw a2 from c1 r3", "Withdraw a0 from c1 r1"]);
    assert_eq!(desk.news(), ["OfferOver a2 c1 nobody's fault", "OfferOver a0 c1 nobody's fault"]);
    assert_eq!(desk.acd.view(desk.now).agents[1], acd::AgentState::Talking);
}

#[test]
fn another_phone_rings_in_place_of_one_that_declines_and_the_last_sends_the_caller_back_in_line() {
    let mut desk = several();
    desk.enqueue(1, 0, 0);
    assert_eq!(desk.declined(1, 1, 2, Decline::Rejected), ["Reserve a3 for c1 r4"]);
    assert_eq!(desk.declined(1, 0, 1, Decline::Rejected), NOTHING);
    assert_eq!(desk.declined(1, 3, 4, Decline::Rejected), NOTHING);
    assert_eq!(desk.locate(1), ["Located c1 g0 #1"]);
    assert_eq!(desk.acd.view(desk.now).groups[0].waiting, 0, "one phone still rings");
    desk.declined(1, 2, 3, Decline::Rejected);
    assert_eq!(desk.acd.view(desk.now).groups[0].waiting, 1);
    assert_eq!(desk.ready(4), ["Reserve a4 for c1 r5"]);
}

#[test]
fn all_phones_stop_when_the_caller_leaves() {
    let mut desk = several();
    desk.enqueue(1, 0, 0);
    let stops = ["Withdraw a2 from c1 r3", "Withdraw a1 from c1 r2", "Withdraw a0 from c1 r1"];
    assert_eq!(desk.abandon(1), stops);
}

#[test]
fn a_skill_named_twice_counts_at_its_best_level() {
    let twice = Agent { skills: [3, 1].map(|level| Skill { skill: SkillId(0), level }).to_vec(), ..Agent::default() };
    let mut desk = Desk::new(plan(vec![group()], vec![agent(&[(0, 2)]), twice]));
    desk.ready(0);
    desk.ready(1);
    assert_eq!(desk.enqueue(1, 0, 0)[1], "Reserve a1 for c1 r1");
}
