//! Another plan while agents work.

use std::sync::Arc;

use base::{AgentHappening, AgentId};
use roster::{Action, Agent, Command, Plan, Slot, State, StateChange, StateRefusal};

use crate::kit::{A, Desk, asks, binds, id, pause, plan, udp};

fn reload(desk: &mut Desk, plan: Plan) -> Vec<Action> {
    desk.tell(Command::Plan(Arc::new(plan)))
}

fn without_first() -> Plan {
    let mut plan = plan();
    plan.agents[0].removed = true;
    plan
}

#[test]
fn a_new_agent_registers_and_is_ready() {
    let mut desk = Desk::new();
    let third = AgentId(2);
    let nobody = Action::Registered { ticket: base::Ticket(1), bindings: Vec::new() };
    assert_eq!(desk.register(third, binds(udp(1), "c", 1, "sip:c@h1")).len(), 1, "{nobody:?}");
    let mut more = plan();
    more.agents.push(Agent { number: "1003".to_owned(), ready_on_register: true, removed: false });
    assert_eq!(reload(&mut desk, more), []);
    let said = desk.register(third, binds(udp(1), "c", 2, "sip:c@h1"));
    assert_eq!(said[1..], [Action::Ready { agent: third }]);
}

#[test]
fn who_is_removed_talks_on_and_comes_back_as_nobody() {
    let mut desk = Desk::new();
    desk.register(A, binds(udp(1), "a", 1, "sip:a@h1"));
    desk.reserve(A, 1, 1);
    desk.tell(Command::Talking { agent: A, call: id(1), epoch: 1 });
    desk.events.clear();
    assert_eq!(reload(&mut desk, without_first()), [Action::Away { agent: A }]);
    assert_eq!(
        desk.events.iter().map(|e| (&e.what, e.by.as_str())).collect::<Vec<_>>(),
        [(&AgentHappening::SignedOff, "reload")]
    );
    assert_eq!(desk.roster.view().agents[0].slot, Slot::Talking { call: id(1), epoch: 1 });
    assert_eq!(desk.roster.bound().count(), 0);
    assert_eq!(desk.set(A, StateChange::SignOn).0, Err(StateRefusal::UnknownAgent));
    let refused = desk.register(A, asks(udp(1), "a", 2, binds(udp(1), "a", 2, "sip:a@h1").change));
    assert!(matches!(&refused[..], [Action::Registered { bindings, .. }] if bindings.is_empty()), "{refused:?}");
    assert_eq!(reload(&mut desk, without_first()), [], "nothing is said twice");
    desk.tell(Command::Releasing { agent: A, call: id(1), epoch: 1 });
    assert_eq!(desk.tell(Command::Released { agent: A, call: id(1), epoch: 1 }), [], "the queue is offered nobody");
    reload(&mut desk, plan());
    assert_eq!(desk.register(A, binds(udp(1), "a", 3, "sip:a@h1"))[1..], [Action::Ready { agent: A }]);
}

#[test]
fn reasons_of_a_pause_are_those_of_the_new_plan() {
    let mut desk = Desk::new();
    desk.register(A, binds(udp(1), "a", 1, "sip:a@h1"));
    assert!(desk.set(A, pause("meal")).0.is_ok());
    reload(&mut desk, Plan { pause_reasons: vec!["golf".to_owned()], ..plan() });
    assert_eq!(desk.roster.view().agents[0].state, State::Paused { reason: "meal".to_owned() }, "it stands");
    assert!(matches!(desk.set(A, pause("meal")).0, Err(StateRefusal::UnknownReason { .. })));
    assert!(desk.set(A, pause("golf")).0.is_ok());
}

#[test]
fn a_plan_of_fewer_agents_is_none() {
    let mut desk = Desk::new();
    desk.register(A, binds(udp(1), "a", 1, "sip:a@h1"));
    assert_eq!(reload(&mut desk, Plan { agents: Vec::new(), ..plan() }), []);
    assert_eq!(desk.roster.view().agents.len(), 2);
}
