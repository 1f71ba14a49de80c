//! Random commands and restarts: what the queue was told is what is so, and what was written down is what is so.

use std::sync::Arc;
use std::time::Duration;

use base::pack::Packed;
use base::{AgentHappening, AgentId, Flow, GroupId, Time};
use proptest::prelude::*;
use roster::{
    Action, AgentView, Change, Command, Contact, ContactChange, Fact, Instance, Ledger, Outcome, Plan, Registration,
    Roster, Slot, State, StateChange,
};

use crate::kit::{Desk, asks, contact, id, pause, plan, tcp, udp};

#[derive(Clone, Debug)]
enum Step {
    Register {
        agent: u32,
        flow: u16,
        call_id: u8,
        cseq: u32,
        hops: u8,
        contacts: Vec<Named>,
    },
    RemoveAll {
        agent: u32,
        cseq: u32,
    },
    Close {
        flow: u16,
    },
    /// A reservation whose number is this much newer than the newest.
    Reserve {
        agent: u32,
        call: u32,
        newer: i64,
    },
    /// About a reservation that is this much older than the newest.
    Talking {
        agent: u32,
        older: u64,
    },
    Releasing {
        agent: u32,
        older: u64,
    },
    Released {
        agent: u32,
        older: u64,
    },
    Pass {
        seconds: u64,
    },
    Set {
        agent: u32,
        change: StateChange,
    },
    /// How the offer that is this much older than the newest came to nothing.
    OfferOver {
        older: u64,
        outcome: Outcome,
    },
    WrapsUp {
        agent: u32,
        seconds: Option<u64>,
    },
    OwnCall {
        agent: u32,
        begins: bool,
    },
    Ring {
        agent: u32,
    },
    /// The colleague whom a call of the agents' own has reached takes a caller, under a newer number.
    TakesOver {
        agent: u32,
        call: u32,
    },
    /// Another plan comes to hold, with both agents or without these.
    Reload {
        removed: [bool; 2],
    },
    /// The process is killed and begins again so much later, with one agent or with both.
    Restart {
        seconds: u64,
        agents: usize,
    },
}

/// Number of the URI, seconds, phone and way to it.
type Named = (u8, Option<u32>, Option<(u8, u32)>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let agent = || 0..3u32;
    let expires = prop_oneof![Just(None), Just(Some(0)), Just(Some(1)), (60..700u32).prop_map(Some)];
    let contacts = prop::collection::vec((0..5u8, expires, prop::option::of((0..2u8, 0..3u32))), 0..4);
    let step = prop_oneof![
        4 => (agent(), 0..4u16, 0..3u8, 0..40u32, 0..3u8, contacts).prop_map(
            |(agent, flow, call_id, cseq, hops, contacts)| Step::Register { agent, flow, call_id, cseq, hops, contacts }
        ),
        1 => (agent(), 0..40u32).prop_map(|(agent, cseq)| Step::RemoveAll { agent, cseq }),
        1 => (0..4u16).prop_map(|flow| Step::Close { flow }),
        5 => (agent(), 0..4u32, -1..3i64).prop_map(|(agent, call, newer)| Step::Reserve { agent, call, newer }),
        3 => (agent(), 0..3u64).prop_map(|(agent, older)| Step::Talking { agent, older }),
        3 => (agent(), 0..3u64).prop_map(|(agent, older)| Step::Releasing { agent, older }),
        3 => (agent(), 0..3u64).prop_map(|(agent, older)| Step::Released { agent, older }),
        3 => (0..400u64).prop_map(|seconds| Step::Pass { seconds }),
        4 => (agent(), change()).prop_map(|(agent, change)| Step::Set { agent, change }),
        4 => (0..2u64, outcome()).prop_map(|(older, outcome)| Step::OfferOver { older, outcome }),
        1 => (agent(), prop::option::of(0..90u64)).prop_map(|(agent, seconds)| Step::WrapsUp { agent, seconds }),
        2 => (agent(), any::<bool>()).prop_map(|(agent, begins)| Step::OwnCall { agent, begins }),
        2 => agent().prop_map(|agent| Step::Ring { agent }),
        2 => (agent(), 0..4u32).prop_map(|(agent, call)| Step::TakesOver { agent, call }),
        1 => any::<[bool; 2]>().prop_map(|removed| Step::Reload { removed }),
        1 => (0..200u64, 1..3usize).prop_map(|(seconds, agents)| Step::Restart { seconds, agents }),
    ];
    prop::collection::vec(step, 1..120)
}

fn change() -> impl Strategy<Value = StateChange> {
    let reason = prop_oneof![Just("meal"), Just("no_answer"), Just("golf")];
    prop_oneof![
        2 => Just(StateChange::SignOn),
        3 => Just(StateChange::Ready),
        2 => reason.prop_map(pause),
        1 => Just(StateChange::SignOff),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(Outcome::NoAnswer),
        1 => Just(Outcome::Rejected),
        1 => Just(Outcome::Withdrawn),
        1 => Just(Outcome::Answered),
    ]
}

/// What the queue knows, and the reservations made so far.
#[derive(Default)]
struct Queue {
    ready: [bool; 2],
    epoch: u64,
    made: Vec<(u32, u32, u64)>,
}

impl Queue {
    fn hear(&mut self, actions: &[Action]) {
        for action in actions {
            match action {
                Action::Ready { agent } => self.set(*agent, true),
                Action::Away { agent } | Action::Offer { agent, .. } | Action::SlotRefused { agent, .. } => {
                    self.set(*agent, false);
                }
                _ => {}
            }
        }
    }

    fn set(&mut self, agent: AgentId, ready: bool) {
        if let Some(known) = self.ready.get_mut(agent.0 as usize) {
            *known = ready;
        }
    }

    fn command(&mut self, step: &Step, now: Time) -> Option<Command> {
        let about = |older: u64| self.made.iter().rev().nth(older as usize).copied();
        Some(match *step {
            Step::Reserve { agent, call, newer } => {
                let epoch = self.epoch.saturating_add_signed(newer);
                self.epoch = self.epoch.max(epoch);
                self.made.push((agent, call, epoch));
                let until = now + Duration::from_secs(20);
                Command::Reserve { agent: AgentId(agent), call: id(call), group: GroupId(0), epoch, until }
            }
            Step::Talking { agent, older } => {
                let (_, call, epoch) = about(older)?;
                Command::Talking { agent: AgentId(agent), call: id(call), epoch }
            }
            Step::Releasing { agent, older } => {
                let (_, call, epoch) = about(older)?;
                Command::Releasing { agent: AgentId(agent), call: id(call), epoch }
            }
            Step::Released { agent, older } => {
                let (_, call, epoch) = about(older)?;
                Command::Released { agent: AgentId(agent), call: id(call), epoch }
            }
            Step::OfferOver { older, outcome } => {
                let (agent, call, _) = about(older)?;
                Command::OfferOver { agent: AgentId(agent), call: id(call), outcome }
            }
            Step::WrapsUp { agent, seconds } => {
                let until = seconds.map(|s| now + Duration::from_secs(s));
                Command::WrapsUp { agent: AgentId(agent), until }
            }
            Step::OwnCall { agent, begins } => Command::OwnCall { agent: AgentId(agent), begins },
            Step::Ring { agent } => Command::Ring { call: id(9), agent: AgentId(agent) },
            Step::TakesOver { agent, call } => {
                self.epoch += 1;
                self.made.push((agent, call, self.epoch));
                // The queue has the agent in a talk with that.
                self.set(AgentId(agent), false);
                Command::TakesOver { agent: AgentId(agent), call: id(call), epoch: self.epoch }
            }
            _ => return None,
        })
    }
}

fn named((n, expires, phone): &Named) -> ContactChange {
    let instance = phone.map(|(id, reg_id)| Instance { id: format!("urn:x:{id}"), reg_id });
    ContactChange { instance, ..contact(&format!("sip:x@h{n}"), *expires, 1000) }
}

/// No phone has two bindings for one way to it, and phones that do not say who they are none with one URI.
fn bindings_are_apart(roster: &Roster) -> Result<(), TestCaseError> {
    let all: Vec<_> = roster.bound().collect();
    for (place, (agent, one)) in all.iter().enumerate() {
        for (_, other) in all[..place].iter().filter(|(whose, _)| whose == agent) {
            match (&one.instance, &other.instance) {
                (Some(one), Some(other)) => prop_assert_ne!(one, other),
                _ => prop_assert_ne!(&one.uri, &other.uri),
            }
        }
    }
    Ok(())
}

/// Each way to a phone has the number of that phone's best one.
fn phones_are_numbered(contacts: &[Contact]) -> Result<(), TestCaseError> {
    for (place, contact) in contacts.iter().enumerate() {
        prop_assert!(contact.phone <= place && contacts[contact.phone].phone == contact.phone, "{contacts:?}");
    }
    Ok(())
}

fn flow(n: u16) -> Flow {
    if n.is_multiple_of(2) { udp(n) } else { tcp(n) }
}

fn run(desk: &mut Desk, queue: &mut Queue, step: &Step) -> Vec<Action> {
    match step {
        Step::Register { agent, flow: f, call_id, cseq, hops, contacts } => {
            let change = Change::Update(contacts.iter().map(named).collect());
            let path = (0..*hops).map(|n| format!("<sip:edge{n};lr>")).collect();
            let asked = asks(flow(*f), &call_id.to_string(), *cseq, change);
            desk.register(AgentId(*agent), Registration { path, proxied: *hops > 0, ..asked })
        }
        Step::RemoveAll { agent, cseq } => desk.register(AgentId(*agent), asks(udp(0), "0", *cseq, Change::RemoveAll)),
        Step::Close { flow: f } => desk.tell(Command::FlowClosed { flow: flow(*f) }),
        Step::Pass { seconds } => desk.pass(Duration::from_secs(*seconds)),
        Step::Set { agent, change } => {
            let (outcome, said) = desk.set(AgentId(*agent), change.clone());
            let is = desk.roster.view().agents.get(*agent as usize).map(|a| a.state.clone());
            assert!(outcome.is_err() || outcome.ok() == is, "{is:?} after {change:?}");
            said
        }
        Step::Restart { seconds, agents } => {
            queue.ready = [false; 2];
            let plan = Plan { agents: plan().agents.into_iter().take(*agents).collect(), ..plan() };
            desk.restart(plan, Duration::from_secs(*seconds))
        }
        Step::Reload { removed } => desk.tell(Command::Plan(without(*removed))),
        // The phone serves no slot when a colleague reaches it, and none as long as it is in use.
        Step::TakesOver { agent, .. } if !takes(desk, *agent) => Vec::new(),
        step => match queue.command(step, desk.now.time) {
            Some(command) => desk.tell(command),
            None => Vec::new(),
        },
    }
}

fn without(removed: [bool; 2]) -> Arc<Plan> {
    let mut plan = plan();
    plan.agents.iter_mut().zip(removed).for_each(|(agent, removed)| agent.removed = removed);
    Arc::new(plan)
}

fn takes(desk: &Desk, agent: u32) -> bool {
    desk.roster.view().agents.get(agent as usize).is_some_and(|a| a.own_call && a.slot == Slot::Free)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Beside what is asserted here, the desk compares facts and roster after every step.
    #[test]
    fn the_queue_knows_who_is_free_and_the_ledger_who_is_what(steps in steps()) {
        let (mut desk, mut queue) = (Desk::new(), Queue::default());
        for step in &steps {
            let before = desk.roster.view();
            let actions = run(&mut desk, &mut queue, step);
            queue.hear(&actions);
            bindings_are_apart(&desk.roster)?;
            for action in &actions {
                if let Action::Offer { contacts, .. } = action {
                    phones_are_numbered(contacts)?;
                }
            }
            let after = desk.roster.view();
            let restarted = matches!(step, Step::Restart { .. });
            for (place, agent) in after.agents.iter().enumerate() {
                let free = agent.slot == Slot::Free
                    && agent.state == State::Ready
                    && agent.contacts > 0
                    && !agent.own_call;
                prop_assert_eq!(queue.ready[place], free, "agent {} after {:?}", place, step);
                prop_assert!(agent.contacts <= plan().contacts_max);
                let Some(old) = before.agents.get(place) else { continue };
                slot_turns(old.slot, agent.slot, step)?;
                let by_whom = matches!(
                    step,
                    Step::Set { .. }
                        | Step::OfferOver { .. }
                        | Step::Talking { .. }
                        | Step::TakesOver { .. }
                        | Step::Reload { .. }
                );
                let stands = matches!(old.state, State::Paused { .. });
                prop_assert!(!stands || by_whom || agent.state == old.state, "a pause ended by {step:?}");
                prop_assert!(agent.since <= desk.now.time && (agent.since >= old.since || restarted));
            }
            if let Step::Ring { agent } | Step::Reserve { agent, .. } = step {
                let in_use = |agent: &AgentView| agent.own_call || agent.slot != Slot::Free;
                let was = before.agents.get(*agent as usize).is_some_and(in_use);
                let rings = |a: &Action| matches!(a, Action::Offer { .. } | Action::Reached { .. });
                prop_assert!(!(was && actions.iter().any(rings)), "a phone in use is rung: {step:?}");
            }
            if let Step::Ring { agent } = step {
                let reached = actions.iter().filter(|a| matches!(a, Action::Reached { .. })).count();
                let not = actions.iter().filter(|a| matches!(a, Action::Unreached { .. })).count();
                prop_assert_eq!(reached + not, 1);
                let after = after.agents.get(*agent as usize).is_some_and(|a| a.own_call);
                prop_assert!(reached == 0 || after, "in use from then on");
            }
            if matches!(step, Step::Reserve { .. }) {
                let answers = |a: &&Action| matches!(a, Action::Offer { .. } | Action::SlotRefused { .. });
                prop_assert_eq!(actions.iter().filter(answers).count(), 1);
            }
        }
        desk.pass(Duration::from_secs(700));
        for agent in desk.roster.view().agents {
            prop_assert!(matches!(agent.slot, Slot::Free | Slot::Talking { .. }), "stuck: {:?}", agent.slot);
            prop_assert_eq!(agent.contacts, 0);
        }
        prop_assert_eq!(desk.roster.next_timeout(), None, "a deadline without an owner");
        alternates(&desk)?;
    }

    #[test]
    fn a_ledger_survives_its_bytes(steps in steps()) {
        let (mut desk, mut queue) = (Desk::new(), Queue::default());
        for step in &steps {
            run(&mut desk, &mut queue, step);
            for fact in &desk.facts {
                prop_assert_eq!(Fact::from_bytes(&fact.to_bytes()), Ok(fact.clone()));
            }
        }
        let ledger = desk.roster.ledger();
        prop_assert_eq!(Ledger::from_bytes(&ledger.to_bytes()), Ok(ledger.clone()));
        let swap = |AgentId(n): AgentId| Some(AgentId(1 - n));
        prop_assert_eq!(ledger.clone().renumbered(swap).renumbered(swap), ledger.clone());
        prop_assert_eq!(ledger.renumbered(|_| None), Ledger::default());
    }
}

/// A slot leaves one state for another only as it may.
fn slot_turns(was: Slot, is: Slot, step: &Step) -> Result<(), TestCaseError> {
    let kept = matches!((was, is), (Slot::Free, _) | (_, Slot::Free)) || same(was, is);
    prop_assert!(kept, "{was:?} became {is:?}");
    let talk_ends = matches!(was, Slot::Talking { .. }) && is == Slot::Free;
    prop_assert!(!talk_ends || matches!(step, Step::Released { .. }), "a talk ended by {step:?}");
    prop_assert!(!matches!(step, Step::Set { .. } | Step::Reload { .. }) || was == is, "a slot turned by {step:?}");
    Ok(())
}

/// The day of the agent whom every plan has makes sense: signed on before anything else, each talk over before the next begins.
fn alternates(desk: &Desk) -> Result<(), TestCaseError> {
    let (mut on, mut talks) = (false, None);
    for event in desk.events.iter().filter(|e| e.agent == AgentId(0)) {
        match &event.what {
            AgentHappening::SignedOn => prop_assert!(!std::mem::replace(&mut on, true), "signed on twice"),
            AgentHappening::SignedOff => prop_assert!(std::mem::replace(&mut on, false), "signed off twice"),
            AgentHappening::Ready | AgentHappening::Paused { .. } => prop_assert!(on, "{event:?} before a sign-on"),
            AgentHappening::Talking { call } => prop_assert_eq!(talks.replace(*call), None),
            AgentHappening::TalkOver { call } => prop_assert_eq!(talks.take(), Some(*call)),
            _ => {}
        }
    }
    Ok(())
}

fn same(a: Slot, b: Slot) -> bool {
    let holder = |slot| match slot {
        Slot::Free => None,
        Slot::Reserved { call, epoch, .. } | Slot::Talking { call, epoch } | Slot::Releasing { call, epoch, .. } => {
            Some((call, epoch))
        }
    };
    holder(a) == holder(b)
}
