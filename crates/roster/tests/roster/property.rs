//! Random commands: what the queue was told is what is so.

use std::time::Duration;

use base::{AgentId, Flow, GroupId, Time};
use proptest::prelude::*;
use roster::{Action, Change, Command, Slot, State};

use crate::kit::{Desk, asks, contact, id, plan, tcp, udp};

#[derive(Clone, Debug)]
enum Step {
    Register {
        agent: u32,
        flow: u16,
        call_id: u8,
        cseq: u32,
        contacts: Vec<(u8, Option<u32>)>,
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
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let agent = || 0..3u32;
    let expires = prop_oneof![Just(None), Just(Some(0)), Just(Some(1)), (60..700u32).prop_map(Some)];
    let contacts = prop::collection::vec((0..5u8, expires), 0..4);
    let step = prop_oneof![
        4 => (agent(), 0..4u16, 0..3u8, 0..40u32, contacts).prop_map(|(agent, flow, call_id, cseq, contacts)| {
            Step::Register { agent, flow, call_id, cseq, contacts }
        }),
        1 => (agent(), 0..40u32).prop_map(|(agent, cseq)| Step::RemoveAll { agent, cseq }),
        1 => (0..4u16).prop_map(|flow| Step::Close { flow }),
        5 => (agent(), 0..4u32, -1..3i64).prop_map(|(agent, call, newer)| Step::Reserve { agent, call, newer }),
        3 => (agent(), 0..3u64).prop_map(|(agent, older)| Step::Talking { agent, older }),
        3 => (agent(), 0..3u64).prop_map(|(agent, older)| Step::Releasing { agent, older }),
        3 => (agent(), 0..3u64).prop_map(|(agent, older)| Step::Released { agent, older }),
        3 => (0..400u64).prop_map(|seconds| Step::Pass { seconds }),
    ];
    prop::collection::vec(step, 1..120)
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
            _ => return None,
        })
    }
}

fn flow(n: u16) -> Flow {
    if n.is_multiple_of(2) { udp(n) } else { tcp(n) }
}

fn run(desk: &mut Desk, queue: &mut Queue, step: &Step) -> Vec<Action> {
    match step {
        Step::Register { agent, flow: f, call_id, cseq, contacts } => {
            let change = contacts.iter().map(|(n, expires)| contact(&format!("sip:x@h{n}"), *expires, 1000)).collect();
            desk.register(AgentId(*agent), asks(flow(*f), &call_id.to_string(), *cseq, Change::Update(change)))
        }
        Step::RemoveAll { agent, cseq } => desk.register(AgentId(*agent), asks(udp(0), "0", *cseq, Change::RemoveAll)),
        Step::Close { flow: f } => desk.tell(Command::FlowClosed { flow: flow(*f) }),
        Step::Pass { seconds } => desk.pass(Duration::from_secs(*seconds)),
        step => match queue.command(step, desk.now.time) {
            Some(command) => desk.tell(command),
            None => Vec::new(),
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_queue_knows_who_is_free(steps in steps()) {
        let (mut desk, mut queue) = (Desk::new(), Queue::default());
        for step in &steps {
            let before = desk.roster.view();
            let actions = run(&mut desk, &mut queue, step);
            queue.hear(&actions);
            let after = desk.roster.view();
            for (place, agent) in after.agents.iter().enumerate() {
                let free = agent.slot == Slot::Free && agent.state == State::Ready && agent.contacts > 0;
                prop_assert_eq!(queue.ready[place], free, "agent {} after {:?}", place, step);
                prop_assert_eq!(agent.state == State::Ready, agent.contacts > 0);
                prop_assert!(agent.contacts <= plan().contacts_max);
                let was = before.agents[place].slot;
                let kept = matches!((was, agent.slot), (Slot::Free, _) | (_, Slot::Free)) || same(was, agent.slot);
                prop_assert!(kept, "{was:?} became {:?}", agent.slot);
                let talk_ends = matches!(was, Slot::Talking { .. }) && agent.slot == Slot::Free;
                prop_assert!(!talk_ends || matches!(step, Step::Released { .. }), "a talk ended by {step:?}");
            }
            if matches!(step, Step::Reserve { .. }) {
                let answers = |a: &&Action| matches!(a, Action::Offer { .. } | Action::SlotRefused { .. });
                prop_assert_eq!(actions.iter().filter(answers).count(), 1);
            }
        }
        desk.pass(Duration::from_secs(700));
        for agent in desk.roster.view().agents {
            prop_assert!(matches!(agent.slot, Slot::Free | Slot::Talking { .. }), "stuck: {:?}", agent.slot);
            prop_assert_eq!((agent.state, agent.contacts), (State::SignedOff, 0));
        }
        prop_assert_eq!(desk.roster.next_timeout(), None, "a deadline without an owner");
    }
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
