//! A process that was killed, and the one after it.

use std::time::Duration;

use base::pack::Packed;
use base::{AgentId, Time};
use roster::{Action, Change, Command, Fact, Ledger, Outcome, Plan, Roster, Slot, State, StateChange};

use crate::kit::{A, B, Desk, asks, binds, contact, id, offered, pause, paused, plan, tcp, udp};

const DOWN: Duration = Duration::from_secs(2);

fn state(desk: &Desk, place: usize) -> State {
    desk.roster.view().agents[place].state.clone()
}

#[test]
fn phones_reached_by_datagram_stand_until_they_expire() {
    let mut desk = Desk::new();
    for (cseq, uri, q) in [(1, "sip:a@low", 100), (2, "sip:a@old", 1000), (3, "sip:a@new", 1000)] {
        desk.register(A, asks(udp(1), "a", cseq, Change::Update(vec![contact(uri, None, q)])));
    }
    desk.register(A, asks(udp(1), "a", 4, Change::Update(vec![contact("sip:a@old", None, 1000)])));
    assert_eq!(desk.restart(plan(), DOWN), [Action::Ready { agent: A }]);
    assert_eq!(desk.facts, []);
    let uris: Vec<_> = offered(&desk.reserve(A, 1, 1)).into_iter().map(|c| c.uri).collect();
    assert_eq!(uris, ["sip:a@old", "sip:a@new", "sip:a@low"], "the most recent of equals first, as before");
    desk.tell(Command::Released { agent: A, call: id(1), epoch: 1 });
    let late = desk.register(A, binds(udp(1), "a", 4, "sip:a@new"));
    assert!(matches!(late[..], [Action::Registered { .. }]), "a higher CSeq than this binding's");
    let late = desk.register(A, binds(udp(1), "a", 4, "sip:a@old"));
    assert!(matches!(late[..], [Action::RegisterRefused { .. }]), "Call-ID and CSeq are known again");
    assert_eq!(desk.pass(Duration::from_secs(297)), []);
    assert_eq!(desk.pass(Duration::from_secs(3)), [Action::Away { agent: A }]);
}

#[test]
fn a_binding_that_expired_meanwhile_and_one_over_a_connection_are_gone() {
    let mut desk = Desk::new();
    desk.register(A, binds(udp(1), "a", 1, "sip:a@u"));
    desk.register(B, binds(tcp(1), "b", 1, "sip:b@t"));
    desk.happened();
    assert_eq!(desk.restart(plan(), Duration::from_secs(300)), []);
    let gone = |agent, uri: &str| Fact::Unbound { agent, uri: uri.to_owned(), instance: None };
    assert_eq!(desk.facts, [gone(A, "sip:a@u"), gone(B, "sip:b@t")]);
    assert_eq!(desk.happened(), [""; 0]);
    assert_eq!((state(&desk, 0), state(&desk, 1)), (State::Ready, State::Ready), "states stand");

    // One comes back in time, the other does not. To ask what is bound is no sign of leaving.
    desk.register(B, asks(tcp(2), "q", 1, Change::Query));
    desk.pass(Duration::from_secs(119));
    let back = desk.register(B, binds(tcp(2), "c", 1, "sip:b@t"));
    assert_eq!(back[1..], [Action::Ready { agent: B }]);
    assert_eq!(desk.pass(Duration::from_secs(1)), []);
    assert_eq!((state(&desk, 0), state(&desk, 1)), (State::SignedOff, State::Ready));
    assert_eq!(desk.happened(), ["1001 signed_off by phone"]);
    assert_eq!(desk.pass(Duration::from_secs(60)), []);
    assert!(desk.roster.next_timeout().is_some(), "B's contact");
}

#[test]
fn states_by_hand_stand_for_good() {
    let mut desk = Desk::new();
    desk.register(A, binds(tcp(1), "a", 1, "sip:a@t"));
    desk.must(A, pause("meal"));
    let since = desk.now.time;
    desk.must(B, StateChange::SignOn);
    for _ in 0..2 {
        assert_eq!(desk.restart(plan(), Duration::from_secs(3_600)), []);
        assert_eq!(desk.pass(Duration::from_secs(3_600)), []);
        assert_eq!((state(&desk, 0), state(&desk, 1)), (paused("meal"), State::Ready));
        assert_eq!(desk.roster.view().agents[0].since, since);
    }
    desk.register(A, binds(tcp(1), "a", 1, "sip:a@t"));
    assert_eq!(state(&desk, 0), paused("meal"), "nor does a phone end the pause now");
    desk.must(A, StateChange::SignOff);
    desk.restart(plan(), DOWN);
    desk.register(A, binds(tcp(1), "a", 1, "sip:a@t"));
    assert_eq!(state(&desk, 0), State::SignedOff);
    desk.register(B, binds(udp(1), "b", 1, "sip:b@t"));
    assert_eq!(desk.restart(plan(), DOWN), [Action::Ready { agent: B }]);
}

#[test]
fn the_count_of_unanswered_offers_stands() {
    let mut desk = Desk::new();
    desk.register(A, binds(udp(1), "a", 1, "sip:a@h"));
    desk.offer(A, 1, Outcome::NoAnswer);
    desk.offer(A, 2, Outcome::NoAnswer);
    desk.restart(plan(), DOWN);
    assert_eq!(desk.offer(A, 3, Outcome::NoAnswer), [Action::Away { agent: A }]);
    assert_eq!(state(&desk, 0), paused("no_answer"));
}

#[test]
fn a_slot_that_served_a_call_is_free_when_its_phone_has_answered_or_timer_f_has_passed() {
    for (phase, told) in [
        ("reserved", vec!["1001 offer_over 1 withdrawn by restart"]),
        ("talking", vec!["1001 talk_over 1 by restart"]),
        ("releasing", vec![]),
    ] {
        for reported in [true, false] {
            let mut desk = Desk::new();
            let (agent, call, epoch) = (A, id(1), 7);
            desk.register(A, binds(udp(1), "a", 1, "sip:a@h"));
            desk.reserve(A, 1, 7);
            if phase != "reserved" {
                desk.tell(Command::Talking { agent, call, epoch });
            }
            if phase == "releasing" {
                desk.tell(Command::Releasing { agent, call, epoch });
            }
            desk.happened();
            assert_eq!(desk.restart(plan(), DOWN), [], "{phase}");
            assert_eq!(desk.happened(), told, "{phase}");
            // Killed again before anything else happened: the same, told once.
            let until = desk.now.time + DOWN + Duration::from_secs(32);
            assert_eq!(desk.restart(plan(), DOWN), [], "{phase}");
            assert_eq!((desk.happened(), &desk.facts[..]), (vec![], &[][..]), "{phase}");
            assert_eq!(desk.roster.view().agents[0].slot, Slot::Releasing { call, epoch, until }, "{phase}");
            let refused = desk.reserve(A, 2, 8);
            assert!(matches!(refused[..], [Action::SlotRefused { epoch: 8, .. }]), "not before the phone is free");
            desk.tell(Command::Talking { agent, call, epoch });
            let (rest, freed) = match reported {
                true => (Duration::from_secs(1), Command::Released { agent, call, epoch }),
                false => (Duration::from_secs(32), Command::Released { agent, call, epoch: 6 }),
            };
            assert_eq!(desk.pass(rest - Duration::from_millis(1)), []);
            let mut said = desk.tell(freed);
            said.extend(desk.pass(Duration::from_millis(1)));
            assert_eq!(said, [Action::Ready { agent: A }], "{phase}");
            offered(&desk.reserve(A, 3, 9));
        }
    }
}

#[test]
fn an_older_reservation_number_is_still_refused() {
    let mut desk = Desk::new();
    desk.register(A, binds(udp(1), "a", 1, "sip:a@h"));
    desk.reserve(A, 1, 7);
    desk.restart(plan(), DOWN);
    desk.tell(Command::Released { agent: A, call: id(1), epoch: 7 });
    let said = desk.reserve(A, 2, 7);
    assert!(matches!(said[..], [Action::SlotRefused { .. }, Action::Ready { .. }]), "{said:?}");
}

#[test]
fn another_configuration_is_met_by_new_places_and_what_no_longer_fits_is_dropped() {
    let mut desk = Desk::new();
    for n in 0..3 {
        desk.register(A, binds(udp(n), "a", u32::from(n) + 1, &format!("sip:a@h{n}")));
    }
    desk.must(B, StateChange::SignOn);
    desk.must(B, pause("meal"));
    let mut out = Vec::new();
    let swapped = desk.roster.ledger().renumbered(|id| Some(AgentId(1 - id.0)));
    let moved = Roster::restore(plan(), desk.now, &swapped, &mut out);
    let states: Vec<_> = moved.view().agents.into_iter().map(|a| (a.state, a.contacts)).collect();
    assert_eq!(states, [(paused("meal"), 0), (State::Ready, 3)]);
    let [on_a, on_b] = [A, B].map(|agent| Action::SignedOn { agent, on: true });
    assert_eq!(out, [on_a, on_b, Action::Ready { agent: B }]);

    // One phone an agent, and no agent B, nor a reason for the pause.
    let first = plan().agents.into_iter().take(1).collect();
    let small = Plan { contacts_max: 1, agents: first, pause_reasons: Vec::new(), ..plan() };
    assert_eq!(desk.restart(small, DOWN), [Action::Ready { agent: A }]);
    let contacts = offered(&desk.reserve(A, 1, 1));
    assert_eq!(contacts.into_iter().map(|c| c.uri).collect::<Vec<_>>(), ["sip:a@h2"], "the most recent stays");
    assert_eq!(desk.roster.ledger(), desk.roster.ledger().renumbered(|id| (id == A).then_some(A)), "B is forgotten");
}

/// The process was killed in the turn in which a configuration without the agent came to hold.
#[test]
fn who_is_removed_in_the_next_plan_has_no_phone_and_is_signed_off() {
    let mut desk = Desk::new();
    for agent in [A, B] {
        desk.register(agent, binds(udp(1), "a", 1, "sip:a@h"));
    }
    desk.reserve(B, 1, 7);
    let mut without = plan();
    without.agents[1].removed = true;
    assert_eq!(desk.restart(without, DOWN), [Action::Ready { agent: A }]);
    assert_eq!((state(&desk, 1), desk.roster.view().agents[1].contacts), (State::SignedOff, 0));
    assert_eq!(desk.roster.ledger(), desk.roster.ledger().renumbered(|id| (id == A).then_some(A)), "nothing is left");
    assert_eq!(desk.tell(Command::Released { agent: B, call: id(1), epoch: 7 }), []);
    assert_eq!(desk.restart(plan(), DOWN), [Action::Ready { agent: A }], "and the facts say so");
}

#[test]
fn a_refresh_is_a_short_fact() {
    let mut desk = Desk::new();
    let uri = "sip:1001@192.168.100.200:5060;transport=udp;ob";
    desk.register(A, binds(udp(1), "d8e8fca2-dc0f-4e6e-9c53-4a5b6c7d8e9f@192.168.100.200", 1, uri));
    desk.pass(Duration::from_secs(60));
    desk.register(A, binds(udp(1), "d8e8fca2-dc0f-4e6e-9c53-4a5b6c7d8e9f@192.168.100.200", 2, uri));
    assert!(matches!(desk.facts[..], [Fact::Renewed { place: 0, cseq: 2, .. }]), "{:?}", desk.facts);
    assert!(desk.facts[0].to_bytes().len() <= 16, "two thousand phones say this every minute");
    desk.register(A, binds(udp(2), "d8e8fca2-dc0f-4e6e-9c53-4a5b6c7d8e9f@192.168.100.200", 3, uri));
    assert!(matches!(desk.facts[..], [Fact::Bound { .. }]), "from a new address");
}

#[test]
fn facts_that_fit_nothing_are_no_harm() {
    let mut ledger = Ledger::default();
    let agent = AgentId(u32::MAX);
    for fact in [
        Fact::Renewed { agent, place: 3, until: Time::MAX, cseq: 1 },
        Fact::Unbound { agent, uri: "sip:x".to_owned(), instance: None },
        Fact::Unanswered { agent, count: 0 },
        Fact::Slot { agent, serves: None },
    ] {
        ledger.apply(fact);
    }
    assert_eq!(ledger, Ledger::default(), "and take no room");
    assert!(Ledger::from_bytes(&[]).is_err());
    assert!(Ledger::from_bytes(&[2, 0]).is_err(), "a later form");
    for form in [0, 1] {
        assert_eq!(Ledger::from_bytes(&[form, 0]), Ok(Ledger::default()));
    }
}
