//! A floor of agents with slots, and callers with patience, around the queue. What they say to each other takes time
//! of its own on each wire, so that everything that can cross does.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use acd::{Acd, Action, AgentState, Command, Decline, Plan, Reservation};
use base::{AgentId, CallId, GroupId, Now, Rng, Time};

use crate::kit::{agent, group, id, plan};

/// What the slot and the call of a talk say to one another.
#[derive(Clone, Debug)]
enum ToSlot {
    Reserve { call: CallId, number: u64 },
    Talking { number: u64 },
    Released { number: u64 },
}

#[derive(Clone, Debug)]
enum ToCall {
    Offer {
        agent: AgentId,
        number: u64,
    },
    Withdraw {
        number: u64,
    },
    Refused,
    /// The call's own deadlines: the phone answers, or says why not; the caller hangs up.
    PhoneSays {
        number: u64,
        answer: Option<Decline>,
    },
    HangUp {
        stay: u64,
    },
}

#[derive(Clone, Debug)]
enum Message {
    Queue(Command),
    Slot(AgentId, ToSlot),
    Call(CallId, ToCall),
}

/// Messages of one wire arrive in the order they were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wire {
    QueueToSlots,
    QueueToCalls,
    SlotsToQueue,
    SlotsToCalls,
    CallsToQueue,
    CallsToSlots,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Free,
    Reserved(u64),
    Talking(u64),
}

#[derive(Clone, Debug, Default)]
struct Call {
    waits: bool,
    ringing: Option<(AgentId, u64)>,
    talks: Option<(AgentId, u64)>,
    /// Counts what the caller did, so that an old deadline to hang up is known as such.
    stay: u64,
    served: bool,
    refused: bool,
}

struct Floor {
    acd: Acd,
    now: Now,
    rng: Rng,
    slots: Vec<(Slot, u64)>,
    calls: BTreeMap<u32, Call>,
    pending: BTreeMap<(Time, u64), Message>,
    last: BTreeMap<Wire, Time>,
    sent: u64,
    patient: bool,
}

impl Floor {
    fn new(seed: u64, plan: Plan, patient: bool) -> Floor {
        let now = Now { time: Time::from_millis(1_000), ..Now::default() };
        let slots = vec![(Slot::Free, 0); plan.agents.len()];
        Floor {
            acd: Acd::new(plan, now.time),
            now,
            rng: Rng::from_number(seed),
            slots,
            calls: BTreeMap::new(),
            pending: BTreeMap::new(),
            last: BTreeMap::new(),
            sent: 0,
            patient,
        }
    }

    fn at(&mut self, at: Time, message: Message) {
        self.sent += 1;
        self.pending.insert((at, self.sent), message);
    }

    /// Sends on a wire: up to 300 ms, and never past an earlier message of the same wire.
    fn send(&mut self, wire: Wire, message: Message) {
        let slow = self.rng.chance(0.2);
        let delay = Duration::from_millis(self.rng.below(if slow { 300 } else { 5 }));
        let last = self.last.get(&wire).copied().unwrap_or_default();
        let at = (self.now.time + delay).max(last);
        self.last.insert(wire, at);
        self.at(at, message);
    }

    fn later(&mut self, millis: u64, call: CallId, what: ToCall) {
        let at = self.now.time + Duration::from_millis(millis);
        self.at(at, Message::Call(call, what));
    }

    fn tell_queue(&mut self, wire: Wire, command: Command) {
        self.send(wire, Message::Queue(command));
    }

    fn run(&mut self, until: Time) {
        for _ in 0..1_000_000 {
            let message = self.pending.first_key_value().map(|((at, _), _)| *at);
            let deadline = self.acd.next_timeout();
            let Some(next) = [message, deadline].into_iter().flatten().min().filter(|t| *t <= until) else { return };
            self.now.time = self.now.time.max(next);
            let mut out = Vec::new();
            if deadline == Some(next) {
                self.acd.handle_timeout(self.now, &mut out);
            } else if let Some((_, message)) = self.pending.pop_first() {
                match message {
                    Message::Queue(command) => self.acd.handle(self.now, command, &mut out),
                    Message::Slot(agent, what) => self.slot(agent, what),
                    Message::Call(call, what) => self.call(call, what),
                }
            }
            self.carry_out(out);
            self.check();
        }
        panic!("the floor does not come to rest");
    }

    fn carry_out(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Reserve { agent, call, reservation: Reservation(number), .. } => {
                    self.send(Wire::QueueToSlots, Message::Slot(agent, ToSlot::Reserve { call, number }));
                }
                Action::Withdraw { call, reservation: Reservation(number), .. } => {
                    self.send(Wire::QueueToCalls, Message::Call(call, ToCall::Withdraw { number }));
                }
                Action::Refused { call, .. } => self.send(Wire::QueueToCalls, Message::Call(call, ToCall::Refused)),
                _ => {}
            }
        }
    }

    fn slot(&mut self, agent: AgentId, what: ToSlot) {
        let (slot, newest) = self.slots[agent.0 as usize];
        match (what, slot) {
            (ToSlot::Reserve { call, number }, Slot::Free) if number > newest => {
                self.slots[agent.0 as usize] = (Slot::Reserved(number), number);
                self.send(Wire::SlotsToCalls, Message::Call(call, ToCall::Offer { agent, number }));
            }
            (ToSlot::Reserve { call, number }, _) => {
                let reservation = Reservation(number);
                self.tell_queue(Wire::SlotsToQueue, Command::SlotRefused { call, agent, reservation });
            }
            (ToSlot::Talking { number }, Slot::Reserved(n)) if n == number => {
                self.slots[agent.0 as usize].0 = Slot::Talking(n);
            }
            (ToSlot::Released { number }, Slot::Reserved(n) | Slot::Talking(n)) if n == number => {
                self.slots[agent.0 as usize].0 = Slot::Free;
                self.tell_queue(Wire::SlotsToQueue, Command::Ready { agent });
            }
            (what, slot) => panic!("{what:?} to a slot that is {slot:?}"),
        }
    }

    fn release(&mut self, agent: AgentId, number: u64) {
        self.send(Wire::CallsToSlots, Message::Slot(agent, ToSlot::Released { number }));
    }

    fn enqueue(&mut self, serial: u32) {
        let group = GroupId(self.rng.below(2) as u16);
        let priority = self.rng.below(2) as u8;
        let call = self.calls.entry(serial).or_default();
        (call.waits, call.stay) = (true, call.stay + 1);
        let stay = call.stay;
        let since = self.now.time;
        self.tell_queue(
            Wire::CallsToQueue,
            Command::Enqueue { call: id(serial), caller: None, group, priority, since },
        );
        if !self.patient && self.rng.chance(0.5) {
            let millis = self.rng.below(30_000);
            self.later(millis, id(serial), ToCall::HangUp { stay });
        }
    }

    fn call(&mut self, call: CallId, what: ToCall) {
        let state = self.calls.entry(call.serial).or_default().clone();
        match what {
            ToCall::Offer { agent, number } => self.offered(call, agent, number),
            ToCall::Withdraw { number } | ToCall::PhoneSays { number, .. }
                if state.ringing.map(|r| r.1) != Some(number) => {}
            ToCall::Withdraw { number } => {
                let (agent, _) = self.calls.get_mut(&call.serial).and_then(|c| c.ringing.take()).expect("it rings");
                self.release(agent, number);
            }
            ToCall::PhoneSays { number, answer } => self.phone_says(call, number, answer),
            ToCall::Refused => self.calls.entry(call.serial).or_default().refused = true,
            ToCall::HangUp { stay } if state.stay == stay => self.hang_up(call),
            ToCall::HangUp { .. } => {}
        }
    }

    fn offered(&mut self, call: CallId, agent: AgentId, number: u64) {
        let state = self.calls.entry(call.serial).or_default();
        if !state.waits || state.ringing.is_some() {
            self.release(agent, number);
            let (reservation, cause) = (Reservation(number), Decline::Taken);
            return self.tell_queue(Wire::CallsToQueue, Command::Declined { call, agent, reservation, cause });
        }
        state.ringing = Some((agent, number));
        // Now and then an answer at the very end of the lease, to cross the Withdraw.
        let late = self.rng.chance(0.2);
        let millis = if late { 19_800 + self.rng.below(400) } else { self.rng.below(8_000) };
        let answer = match self.rng.below(10) {
            0 => Some(Decline::Rejected),
            1 => Some(Decline::Busy),
            2 => Some(Decline::Unreachable),
            3 => return,
            _ => None,
        };
        self.later(millis, call, ToCall::PhoneSays { number, answer });
    }

    fn phone_says(&mut self, call: CallId, number: u64, answer: Option<Decline>) {
        let stay = self.calls.entry(call.serial).or_default();
        let Some((agent, _)) = stay.ringing.take() else { return };
        let reservation = Reservation(number);
        if let Some(cause) = answer {
            self.release(agent, number);
            return self.tell_queue(Wire::CallsToQueue, Command::Declined { call, agent, reservation, cause });
        }
        (stay.waits, stay.talks, stay.served, stay.stay) = (false, Some((agent, number)), true, stay.stay + 1);
        let stay = stay.stay;
        self.tell_queue(Wire::CallsToQueue, Command::Accepted { call, agent, reservation });
        self.send(Wire::CallsToSlots, Message::Slot(agent, ToSlot::Talking { number }));
        let millis = self.rng.below(60_000);
        self.later(millis, call, ToCall::HangUp { stay });
    }

    fn hang_up(&mut self, call: CallId) {
        let state = self.calls.entry(call.serial).or_default();
        state.stay += 1;
        state.waits = false;
        let (ringing, talks) = (state.ringing.take(), state.talks.take());
        if let Some((agent, number)) = talks {
            self.tell_queue(Wire::CallsToQueue, Command::Ended { call, agent });
            self.release(agent, number);
            // Some go on to another group afterwards.
            if self.rng.chance(0.1) {
                self.enqueue(call.serial);
            }
            return;
        }
        self.tell_queue(Wire::CallsToQueue, Command::Abandon { call });
        if let Some((agent, number)) = ringing {
            self.release(agent, number);
        }
    }

    /// No agent speaks with two, none with one whom another has.
    fn check(&self) {
        let mut held: Vec<AgentId> = self.calls.values().filter_map(|c| c.talks).map(|(agent, _)| agent).collect();
        held.extend(self.calls.values().filter_map(|c| c.ringing).map(|(agent, _)| agent));
        let all = held.len();
        held.sort_unstable();
        held.dedup();
        assert_eq!(held.len(), all, "an agent with two calls");
        assert!(self.calls.values().all(|c| c.talks.is_none() || c.ringing.is_none()), "a call with two agents");
    }
}

fn floor_plan() -> Plan {
    let wrapping = acd::Group { wrap_up: Duration::from_secs(2), ..group() };
    let agents = (0..6).map(|n| match n % 3 {
        0 => agent(&[(0, 1), (1, 2)]),
        1 => agent(&[(1, 1)]),
        _ => agent(&[(0, 2)]),
    });
    plan(vec![group(), wrapping], agents.collect())
}

fn open_the_doors(floor: &mut Floor, callers: u32) {
    for agent in 0..6 {
        floor.tell_queue(Wire::SlotsToQueue, Command::Ready { agent: AgentId(agent) });
    }
    let mut arrivals: VecDeque<u64> = (0..callers).map(|_| floor.rng.below(120_000)).collect();
    arrivals.make_contiguous().sort_unstable();
    for (serial, millis) in (0..).zip(arrivals) {
        floor.run(Time::from_millis(1_000 + millis));
        floor.now.time = floor.now.time.max(Time::from_millis(1_000 + millis));
        floor.enqueue(serial);
    }
}

#[test]
fn every_patient_caller_is_served_and_every_agent_comes_to_rest() {
    for seed in 0..40 {
        let mut floor = Floor::new(seed, floor_plan(), true);
        open_the_doors(&mut floor, 60);
        floor.run(Time::from_millis(7_200_000));
        let unserved: Vec<_> = floor.calls.iter().filter(|(_, c)| !c.served || c.refused).collect();
        assert!(unserved.is_empty(), "seed {seed}: {unserved:?}");
        comes_to_rest(&floor, seed);
    }
}

#[test]
fn callers_who_leave_at_any_moment_hold_nobody() {
    for seed in 0..40 {
        let mut floor = Floor::new(seed, floor_plan(), false);
        open_the_doors(&mut floor, 120);
        floor.run(Time::from_millis(7_200_000));
        comes_to_rest(&floor, seed);
    }
}

fn comes_to_rest(floor: &Floor, seed: u64) {
    let view = floor.acd.view(floor.now);
    assert_eq!(view.agents, [AgentState::Ready; 6], "seed {seed}");
    assert!(floor.slots.iter().all(|(slot, _)| *slot == Slot::Free), "seed {seed}: {:?}", floor.slots);
    assert!(view.groups.iter().all(|g| g.waiting == 0 && g.offered == 0), "seed {seed}: {view:?}");
    assert_eq!((floor.acd.next_timeout(), floor.pending.len()), (None, 0), "seed {seed}");
}
