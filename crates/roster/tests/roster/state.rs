//! States: a table of every state and what may change it, and the rules that a table does not show.

use std::fmt::Write;
use std::time::Duration;

use base::{AgentHappening, Ticket, Wall};
use roster::{Action, Change, Command, Outcome, Plan, Slot, State, StateChange, StateRefusal};

use crate::kit::{A, B, Desk, asks, binds, id, pause, paused, plan, tcp, udp};

const PHONE: &str = "sip:a@h1";

fn phone_comes(desk: &mut Desk, cseq: u32) -> Vec<Action> {
    desk.register(A, binds(udp(1), "a", cseq, PHONE))[1..].to_vec()
}

fn phone_goes(desk: &mut Desk, cseq: u32) -> Vec<Action> {
    desk.register(A, asks(udp(1), "a", cseq, Change::RemoveAll))[1..].to_vec()
}

fn talk(desk: &mut Desk) {
    desk.reserve(A, 1, 1);
    desk.tell(Command::Talking { agent: A, call: id(1), epoch: 1 });
}

/// Each state that the rules tell apart, and how one gets there.
fn desks() -> Vec<(&'static str, Desk)> {
    let made = |name: &'static str, steps: &[&dyn Fn(&mut Desk)]| {
        let mut desk = Desk::new();
        steps.iter().for_each(|step| step(&mut desk));
        desk.events.clear();
        (name, desk)
    };
    let set = |change: StateChange| move |desk: &mut Desk| assert!(desk.set(A, change.clone()).0.is_ok());
    let (on, meal, off) = (set(StateChange::SignOn), set(pause("meal")), set(StateChange::SignOff));
    let comes = |desk: &mut Desk| drop(phone_comes(desk, 1));
    let goes = |desk: &mut Desk| drop(phone_goes(desk, 2));
    vec![
        ("signed off, no phone", &[] as &[&dyn Fn(&mut Desk)]),
        ("signed off by hand, no phone", &[&off]),
        ("signed off by hand, phone", &[&comes, &off]),
        ("ready by the phone", &[&comes]),
        ("ready by hand, phone", &[&comes, &on]),
        ("ready by hand, no phone", &[&on]),
        ("paused, phone", &[&comes, &meal]),
        ("paused, phone gone", &[&comes, &meal, &goes]),
        ("ready by the phone, talking", &[&comes, &talk]),
        ("signed off by hand, talking", &[&comes, &talk, &off]),
        ("paused, talking", &[&comes, &talk, &meal]),
        ("ready by hand, talking, phone gone", &[&comes, &on, &talk, &goes]),
    ]
    .into_iter()
    .map(|(name, steps)| made(name, steps))
    .collect()
}

fn name(state: &State) -> String {
    match state {
        State::SignedOff => "signed off".to_owned(),
        State::Ready => "ready".to_owned(),
        State::Paused { reason } => format!("paused({reason})"),
    }
}

fn to_queue(said: &[Action]) -> String {
    let word = |action: &Action| match action {
        Action::Ready { agent: A } => "Ready",
        Action::Away { agent: A } => "Away",
        _ => "(other)",
    };
    said.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn refusal(refused: &StateRefusal) -> String {
    match refused {
        StateRefusal::UnknownReason { .. } => "UnknownReason".to_owned(),
        refused => format!("{refused:?}"),
    }
}

#[test]
fn every_state_and_every_change() {
    type Input = (&'static str, fn(&mut Desk) -> (Option<StateRefusal>, Vec<Action>));
    fn set(desk: &mut Desk, change: StateChange) -> (Option<StateRefusal>, Vec<Action>) {
        let (outcome, said) = desk.set(A, change);
        (outcome.err(), said)
    }
    let inputs: [Input; 9] = [
        ("SignOn", |desk| set(desk, StateChange::SignOn)),
        ("Ready", |desk| set(desk, StateChange::Ready)),
        ("Pause meal", |desk| set(desk, pause("meal"))),
        ("Pause break", |desk| set(desk, pause("break"))),
        ("Pause golf", |desk| set(desk, pause("golf"))),
        ("SignOff", |desk| set(desk, StateChange::SignOff)),
        ("phone registers", |desk| (None, phone_comes(desk, 9))),
        ("phone unregisters", |desk| (None, phone_goes(desk, 9))),
        ("the talk ends", |desk| (None, desk.tell(Command::Released { agent: A, call: id(1), epoch: 1 }))),
    ];
    let mut table = String::new();
    for (place, (state, _)) in desks().into_iter().enumerate() {
        writeln!(table, "{state}").expect("a String takes any text");
        for (input, carry_out) in inputs {
            let mut desk = desks().remove(place).1;
            let slot = desk.roster.view().agents[0].slot;
            let (refused, said) = carry_out(&mut desk);
            let after = desk.roster.view().agents.remove(0);
            assert!(input == "the talk ends" || after.slot == slot, "{input} turned the slot");
            let is = refused.map_or_else(|| name(&after.state), |refused| refusal(&refused));
            let events = desk.happened().join("; ").replace("1001 ", "");
            writeln!(table, "  {input:<17} -> {is:<14} {:<6} {events}", to_queue(&said))
                .expect("a String takes any text");
        }
    }
    let table: Vec<_> = table.lines().map(str::trim_end).collect();
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn a_phone_that_registers_again_and_again_undoes_nothing() {
    for (change, stays) in [(pause("meal"), paused("meal")), (StateChange::SignOff, State::SignedOff)] {
        let mut desk = Desk::new();
        phone_comes(&mut desk, 1);
        assert_eq!(desk.set(A, change.clone()), (Ok(stays.clone()), vec![Action::Away { agent: A }]));
        desk.happened();
        for cseq in 2..9 {
            desk.pass(Duration::from_secs(60));
            assert_eq!(phone_comes(&mut desk, cseq), []);
        }
        assert_eq!(phone_goes(&mut desk, 10), []);
        assert_eq!(phone_comes(&mut desk, 11), [], "nor does a phone that was away");
        assert_eq!(desk.roster.view().agents[0].state, stays);
        assert_eq!(desk.happened(), [""; 0]);
        assert_eq!(desk.set(A, StateChange::Ready), (Ok(State::Ready), vec![Action::Ready { agent: A }]));
    }
}

#[test]
fn one_who_signs_on_at_the_desk_first_is_ready_when_the_phone_comes() {
    let mut desk = Desk::new();
    assert_eq!(desk.set(A, StateChange::SignOn), (Ok(State::Ready), vec![]));
    assert_eq!(desk.happened(), ["1001 signed_on by desk", "1001 ready by desk"]);
    assert_eq!(phone_comes(&mut desk, 1), [Action::Ready { agent: A }]);
    assert_eq!(phone_goes(&mut desk, 2), [Action::Away { agent: A }]);
    assert_eq!(phone_comes(&mut desk, 3), [Action::Ready { agent: A }]);
    assert_eq!(desk.happened(), [""; 0]);
}

#[test]
fn an_agent_who_is_not_ready_on_register_waits_for_the_hand() {
    let mut plan = plan();
    plan.agents[0].ready_on_register = false;
    let mut desk = Desk::with(plan);
    assert_eq!(phone_comes(&mut desk, 1), []);
    assert_eq!(desk.roster.view().agents[0].state, State::SignedOff);
    assert_eq!(desk.set(A, StateChange::SignOn), (Ok(State::Ready), vec![Action::Ready { agent: A }]));
}

#[test]
fn ready_in_a_talk_is_said_when_the_slot_is_free() {
    let mut desk = Desk::new();
    phone_comes(&mut desk, 1);
    talk(&mut desk);
    assert_eq!(desk.set(A, pause("meal")), (Ok(paused("meal")), vec![Action::Away { agent: A }]));
    assert_eq!(desk.set(A, StateChange::Ready), (Ok(State::Ready), vec![]));
    assert_eq!(desk.tell(Command::Releasing { agent: A, call: id(1), epoch: 1 }), []);
    assert_eq!(desk.tell(Command::Released { agent: A, call: id(1), epoch: 1 }), [Action::Ready { agent: A }]);
}

#[test]
fn what_one_has_is_no_second_event_but_a_sign_on_by_hand_holds() {
    let mut desk = Desk::new();
    phone_comes(&mut desk, 1);
    desk.happened();
    for change in [StateChange::Ready, StateChange::SignOn] {
        assert_eq!(desk.set(A, change), (Ok(State::Ready), vec![]));
    }
    assert_eq!(phone_goes(&mut desk, 2), [Action::Away { agent: A }]);
    assert_eq!(desk.roster.view().agents[0].state, State::Ready, "asked for by hand");
    assert_eq!(desk.happened(), [""; 0]);
    for _ in 0..2 {
        assert_eq!(desk.set(A, pause("meal")), (Ok(paused("meal")), vec![]));
    }
    assert_eq!(desk.happened(), ["1001 paused meal by desk"]);
    assert_eq!(desk.set(A, pause("other")), (Ok(paused("other")), vec![]));
    assert_eq!(desk.happened(), ["1001 paused other by desk"]);
}

#[test]
fn refusals_name_what_is_wrong_and_change_nothing() {
    let mut desk = Desk::new();
    let known = ["break", "meal", "training", "meeting", "other", "no_answer"].map(str::to_owned).into();
    assert_eq!(desk.set(A, pause("golf")), (Err(StateRefusal::UnknownReason { known }), vec![]));
    assert_eq!(desk.set(A, pause("meal")), (Err(StateRefusal::SignedOff), vec![]));
    assert_eq!(desk.set(A, StateChange::Ready), (Err(StateRefusal::NoPhone), vec![]));
    assert_eq!(desk.facts, []);
    let stranger = base::AgentId(2);
    assert_eq!(desk.set(stranger, StateChange::SignOn), (Err(StateRefusal::UnknownAgent), vec![]));
    for command in [
        Command::OfferOver { agent: stranger, call: id(1), outcome: Outcome::NoAnswer },
        Command::WrapsUp { agent: stranger, until: None },
    ] {
        assert_eq!(desk.tell(command), []);
    }
    assert_eq!(desk.happened(), [""; 0]);
}

#[test]
fn a_pause_counts_from_the_end_of_the_call_that_it_was_asked_for_in() {
    let mut desk = Desk::new();
    phone_comes(&mut desk, 1);
    talk(&mut desk);
    desk.pass(Duration::from_secs(5));
    desk.must(A, pause("meal"));
    assert_eq!(desk.roster.view().agents[0].since, desk.now.time);
    desk.pass(Duration::from_secs(60));
    desk.tell(Command::Released { agent: A, call: id(1), epoch: 1 });
    let ended = desk.now.time;
    desk.pass(Duration::from_secs(60));
    phone_comes(&mut desk, 2);
    assert_eq!(desk.roster.view().agents[0].since, ended);
}

#[test]
fn offers_that_ring_out_in_a_row_pause_and_others_do_not_count() {
    let mut desk = Desk::new();
    phone_comes(&mut desk, 1);
    let not_counted = [Outcome::Rejected, Outcome::Busy, Outcome::Unreachable, Outcome::Withdrawn];
    for (epoch, outcome) in (1..).zip(not_counted.into_iter().chain([Outcome::NoAnswer; 2]).chain(not_counted)) {
        assert_eq!(desk.offer(A, epoch, outcome), [Action::Ready { agent: A }]);
    }
    assert_eq!(desk.roster.view().agents[0].unanswered, 2);
    desk.happened();
    assert_eq!(desk.offer(A, 20, Outcome::NoAnswer), [Action::Away { agent: A }], "and no Ready with the free slot");
    assert_eq!(
        desk.happened(),
        ["1001 offered 20 by queue", "1001 offer_over 20 no_answer by queue", "1001 paused no_answer by rule"]
    );
    assert_eq!(desk.roster.view().agents[0].state, paused("no_answer"));
    assert_eq!(phone_goes(&mut desk, 2), []);
    assert_eq!(phone_comes(&mut desk, 3), [], "the pause stands, however the agent had signed on");
    assert_eq!(desk.set(A, StateChange::Ready), (Ok(State::Ready), vec![Action::Ready { agent: A }]));
    assert_eq!(desk.roster.view().agents[0].unanswered, 0);
}

#[test]
fn a_question_that_is_answered_is_no_talk_and_begins_the_count_anew() {
    let mut desk = Desk::new();
    phone_comes(&mut desk, 1);
    desk.offer(A, 1, Outcome::NoAnswer);
    desk.offer(A, 2, Outcome::NoAnswer);
    desk.happened();
    desk.reserve(A, 3, 3);
    // In use as a colleague's phone before the slot is free: the queue is told of nothing that it could offer.
    let mut said = desk.tell(Command::OfferOver { agent: A, call: id(3), outcome: Outcome::Answered });
    said.extend(desk.tell(Command::OwnCall { agent: A, begins: true }));
    said.extend(desk.tell(Command::Released { agent: A, call: id(3), epoch: 3 }));
    said.extend(desk.tell(Command::OfferOver { agent: A, call: id(3), outcome: Outcome::Withdrawn }));
    assert!(!said.contains(&Action::Ready { agent: A }), "{said:?}");
    assert_eq!(desk.happened(), ["1001 offered 3 by queue", "1001 offer_over 3 answered by queue"]);
    assert_eq!(desk.roster.view().agents[0].unanswered, 0);
    assert_eq!(desk.tell(Command::OwnCall { agent: A, begins: false }), [Action::Ready { agent: A }]);
    // The answer crosses the end of the ringing, which paused the agent: that is taken back.
    (4..=5).for_each(|epoch| drop(desk.offer(A, epoch, Outcome::NoAnswer)));
    desk.reserve(A, 6, 6);
    desk.tell(Command::OfferOver { agent: A, call: id(6), outcome: Outcome::NoAnswer });
    assert_eq!(desk.roster.view().agents[0].state, paused("no_answer"));
    desk.tell(Command::OfferOver { agent: A, call: id(6), outcome: Outcome::Answered });
    assert_eq!(desk.roster.view().agents[0].state, State::Ready);
}

#[test]
fn a_talk_and_a_set_begin_the_count_anew() {
    let mut desk = Desk::new();
    phone_comes(&mut desk, 1);
    let count = |desk: &Desk| desk.roster.view().agents[0].unanswered;
    desk.offer(A, 1, Outcome::NoAnswer);
    desk.offer(A, 2, Outcome::NoAnswer);
    desk.reserve(A, 3, 3);
    assert_eq!(count(&desk), 2);
    desk.tell(Command::Talking { agent: A, call: id(3), epoch: 2 });
    assert_eq!(count(&desk), 2, "that was another reservation");
    desk.tell(Command::Talking { agent: A, call: id(3), epoch: 3 });
    assert_eq!(count(&desk), 0);
    desk.tell(Command::Released { agent: A, call: id(3), epoch: 3 });
    desk.offer(A, 4, Outcome::NoAnswer);
    assert!(desk.set(A, pause("golf")).0.is_err());
    assert_eq!(count(&desk), 1, "a refused change is none");
    assert!(desk.set(A, StateChange::Ready).0.is_ok());
    assert_eq!(count(&desk), 0);
}

#[test]
fn a_limit_of_zero_never_pauses_and_a_limit_of_one_at_once() {
    for (limit, state) in [(0, State::Ready), (1, paused("no_answer"))] {
        let mut desk = Desk::with(Plan { pause_after_unanswered: limit, ..plan() });
        phone_comes(&mut desk, 1);
        let offers = if limit == 0 { 300 } else { 1 };
        for epoch in 1..=offers {
            phone_comes(&mut desk, epoch as u32 + 1);
            desk.offer(A, epoch, Outcome::NoAnswer);
        }
        assert_eq!(desk.roster.view().agents[0].state, state);
    }
}

#[test]
fn an_answer_that_crosses_the_end_of_the_ringing_takes_the_pause_back() {
    let mut desk = Desk::with(Plan { pause_after_unanswered: 1, ..plan() });
    phone_comes(&mut desk, 1);
    desk.reserve(A, 1, 1);
    let over = Command::OfferOver { agent: A, call: id(1), outcome: Outcome::NoAnswer };
    assert_eq!(desk.tell(over.clone()), [Action::Away { agent: A }]);
    desk.happened();
    assert_eq!(desk.tell(Command::Talking { agent: A, call: id(1), epoch: 1 }), []);
    assert_eq!(desk.happened(), ["1001 talking 1 by queue", "1001 ready by rule"]);
    assert_eq!(desk.tell(over), [], "the offer was taken, so it came to nothing no more");
    assert_eq!(desk.happened(), [""; 0]);
    assert_eq!(desk.tell(Command::Released { agent: A, call: id(1), epoch: 1 }), [Action::Ready { agent: A }]);

    // Asked for by hand meanwhile, the pause stands.
    desk.reserve(A, 2, 2);
    desk.tell(Command::OfferOver { agent: A, call: id(2), outcome: Outcome::NoAnswer });
    desk.must(A, pause("no_answer"));
    desk.tell(Command::Talking { agent: A, call: id(2), epoch: 2 });
    assert_eq!(desk.roster.view().agents[0].state, paused("no_answer"));
}

#[test]
fn an_agents_day_is_told() {
    let mut desk = Desk::new();
    desk.register(B, binds(tcp(1), "b", 1, "sip:b@t"));
    desk.reserve(B, 1, 1);
    desk.tell(Command::OfferOver { agent: B, call: id(1), outcome: Outcome::Rejected });
    desk.tell(Command::OfferOver { agent: B, call: id(1), outcome: Outcome::Rejected });
    desk.tell(Command::Released { agent: B, call: id(1), epoch: 1 });
    desk.reserve(B, 2, 2);
    desk.tell(Command::Talking { agent: B, call: id(2), epoch: 2 });
    desk.tell(Command::Releasing { agent: B, call: id(2), epoch: 2 });
    let wraps_up = |desk: &mut Desk, seconds: Option<u64>| {
        let until = seconds.map(|s| desk.now.time + Duration::from_secs(s));
        desk.tell(Command::WrapsUp { agent: B, until })
    };
    for until in [Some(30), Some(30), Some(90), None, None] {
        assert_eq!(wraps_up(&mut desk, until), []);
    }
    desk.tell(Command::Released { agent: B, call: id(2), epoch: 2 });
    let by = "supervisor li".to_owned();
    desk.tell(Command::Set { ticket: Ticket(1), agent: B, change: pause("meeting"), by });
    desk.must(B, StateChange::Ready);
    assert_eq!(desk.tell(Command::FlowClosed { flow: tcp(1) }), [Action::Away { agent: B }]);
    insta::assert_snapshot!(desk.happened().join("\n"));
}

#[test]
fn events_carry_the_wall_clock() {
    let mut desk = Desk::new();
    desk.pass(Duration::from_millis(1_500));
    desk.tell(Command::WrapsUp { agent: A, until: Some(desk.now.time + Duration::from_secs(20)) });
    let event = desk.events.remove(0);
    assert_eq!(
        (event.at, event.what),
        (Wall(1_700_000_001_500), AgentHappening::WrapUp { until: Wall(1_700_000_021_500) })
    );
    assert_eq!(desk.roster.view().agents[0].slot, Slot::Free);
}
