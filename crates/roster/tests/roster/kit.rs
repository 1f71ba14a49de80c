//! A roster at a time of its own, and short forms of its commands.

use std::collections::BTreeSet;
use std::time::Duration;

use base::{AgentEvent, AgentHappening, AgentId, CallId, Flow, GroupId, NetworkId, Now, Ticket, Time, Transport, Wall};
use roster::{
    Action, Agent, Change, Command, Contact, ContactChange, Fact, Instance, Ledger, Outcome, Plan, Registration,
    Roster, State, StateChange, StateRefusal,
};

pub(crate) const A: AgentId = AgentId(0);
pub(crate) const B: AgentId = AgentId(1);

/// A roster and the time it is told. Facts, events and who is signed on are sorted out of what it says, and after each step the facts told so
/// far must come to what the roster is.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) roster: Roster,
    pub(crate) now: Now,
    ledger: Ledger,
    /// As the queue was told.
    signed_on: BTreeSet<AgentId>,
    /// What the last step wrote down.
    pub(crate) facts: Vec<Fact>,
    /// What happened since the test looked.
    pub(crate) events: Vec<AgentEvent>,
}

pub(crate) fn plan() -> Plan {
    let agent = |number: &str| Agent { number: number.to_owned(), ready_on_register: true, removed: false };
    Plan {
        agents: vec![agent("1001"), agent("1002")],
        expires_min: Duration::from_secs(60),
        expires_max: Duration::from_secs(600),
        contacts_max: 3,
        ..Plan::default()
    }
}

impl Desk {
    pub(crate) fn new() -> Desk {
        Desk::with(plan())
    }

    pub(crate) fn with(plan: Plan) -> Desk {
        let now = Now { time: Time::from_millis(1_000), wall: Wall(1_700_000_000_000) };
        let roster = Roster::new(plan, now.time);
        Desk {
            roster,
            now,
            ledger: Ledger::default(),
            signed_on: BTreeSet::new(),
            facts: Vec::new(),
            events: Vec::new(),
        }
    }

    /// The same desk after its process was killed and a new one began, this much later.
    pub(crate) fn restart(&mut self, plan: Plan, down: Duration) -> Vec<Action> {
        self.now = self.now.plus(down);
        let mut out = Vec::new();
        self.signed_on.clear();
        self.roster = Roster::restore(plan, self.now, &self.ledger, &mut out);
        self.sort(out)
    }

    fn sort(&mut self, actions: Vec<Action>) -> Vec<Action> {
        self.facts.clear();
        let mut said = Vec::new();
        for action in actions {
            match action {
                Action::Fact(fact) => self.facts.push(fact),
                Action::Event(event) => self.events.push(event),
                Action::SignedOn { agent, on: true } => assert!(self.signed_on.insert(agent), "{agent:?} twice"),
                Action::SignedOn { agent, on: false } => assert!(self.signed_on.remove(&agent), "{agent:?} twice"),
                action => said.push(action),
            }
        }
        for fact in &self.facts {
            let before = self.ledger.clone();
            self.ledger.apply(fact.clone());
            assert_ne!(self.ledger, before, "{fact:?} says nothing new");
        }
        assert_eq!(self.ledger, self.roster.ledger(), "facts: {:?}", self.facts);
        let states = (0..).map(AgentId).zip(self.roster.view().agents);
        let signed_on = states.filter(|(_, agent)| agent.state != State::SignedOff).map(|(id, _)| id);
        assert_eq!(self.signed_on, signed_on.collect(), "the queue knows who is signed on");
        said
    }

    pub(crate) fn tell(&mut self, command: Command) -> Vec<Action> {
        let mut out = Vec::new();
        self.roster.handle(self.now, command, &mut out);
        self.sort(out)
    }

    /// Lets time pass, stopping at each deadline on the way as the rim does.
    pub(crate) fn pass(&mut self, time: Duration) -> Vec<Action> {
        let mut out = Vec::new();
        let end = self.now.plus(time);
        while let Some(next) = self.roster.next_timeout().filter(|t| *t <= end.time) {
            self.now = self.now.plus(next - self.now.time);
            self.roster.handle_timeout(self.now, &mut out);
        }
        self.now = end;
        self.roster.handle_timeout(self.now, &mut out);
        self.sort(out)
    }

    /// What became of it, and what the queue was told.
    pub(crate) fn set(&mut self, agent: AgentId, change: StateChange) -> (Result<State, StateRefusal>, Vec<Action>) {
        let mut said = self.tell(Command::Set { ticket: Ticket(7), agent, change, by: "desk".to_owned() });
        match said.pop() {
            Some(Action::State { ticket: Ticket(7), outcome, .. }) => (outcome, said),
            other => panic!("no answer last, but {other:?} after {said:?}"),
        }
    }

    /// A change that is carried out.
    pub(crate) fn must(&mut self, agent: AgentId, change: StateChange) {
        let (outcome, _) = self.set(agent, change);
        assert!(outcome.is_ok(), "{outcome:?}");
    }

    /// An offer that ends so.
    pub(crate) fn offer(&mut self, agent: AgentId, epoch: u64, outcome: Outcome) -> Vec<Action> {
        let call = id(epoch as u32);
        offered(&self.reserve(agent, epoch as u32, epoch));
        let mut said = self.tell(Command::OfferOver { agent, call, outcome });
        said.extend(self.tell(Command::Released { agent, call, epoch }));
        said
    }

    /// The events since the last look, as `agent word detail by`.
    pub(crate) fn happened(&mut self) -> Vec<String> {
        self.events.drain(..).map(|e| told(&e)).collect()
    }

    pub(crate) fn register(&mut self, agent: AgentId, registration: Registration) -> Vec<Action> {
        self.tell(Command::Register { ticket: Ticket(1), agent, registration })
    }

    pub(crate) fn reserve(&mut self, agent: AgentId, call: u32, epoch: u64) -> Vec<Action> {
        let until = self.now.time + Duration::from_secs(20);
        self.tell(Command::Reserve { agent, call: id(call), group: GroupId(0), epoch, until })
    }
}

pub(crate) fn id(serial: u32) -> CallId {
    CallId { serial, ..CallId::default() }
}

pub(crate) fn udp(port: u16) -> Flow {
    Flow::udp(NetworkId(0), ([10, 0, 0, 1], port).into())
}

pub(crate) fn tcp(port: u16) -> Flow {
    Flow { transport: Transport::Tcp, connection: u32::from(port), ..udp(port) }
}

pub(crate) fn contact(uri: &str, expires: Option<u32>, q: u16) -> ContactChange {
    ContactChange { uri: uri.to_owned(), expires, q, instance: None }
}

pub(crate) fn asks(flow: Flow, call_id: &str, cseq: u32, change: Change) -> Registration {
    Registration { flow, call_id: call_id.to_owned(), cseq, expires: None, path: Vec::new(), proxied: false, change }
}

pub(crate) fn binds(flow: Flow, call_id: &str, cseq: u32, uri: &str) -> Registration {
    asks(flow, call_id, cseq, Change::Update(vec![contact(uri, None, 1000)]))
}

/// The same of a phone that says which one it is; 0 where it keeps no more than one way open.
pub(crate) fn binds_instance(
    flow: Flow,
    call_id: &str,
    cseq: u32,
    uri: &str,
    (id, reg_id): (&str, u32),
) -> Registration {
    let instance = Some(Instance { id: id.to_owned(), reg_id });
    let contact = ContactChange { instance, ..contact(uri, None, 1000) };
    asks(flow, call_id, cseq, Change::Update(vec![contact]))
}

/// The bindings of a 200, as `uri expires` in words.
pub(crate) fn listed(actions: &[Action]) -> Vec<String> {
    let bindings = actions.iter().find_map(|action| match action {
        Action::Registered { bindings, .. } => Some(bindings),
        _ => None,
    });
    bindings.expect("a 200").iter().map(|b| format!("{} {}", b.uri, b.expires)).collect()
}

pub(crate) fn offered(actions: &[Action]) -> Vec<Contact> {
    let contacts = actions.iter().find_map(|action| match action {
        Action::Offer { contacts, .. } => Some(contacts.clone()),
        _ => None,
    });
    contacts.expect("an offer")
}

fn told(event: &AgentEvent) -> String {
    let AgentEvent { number, what, by, .. } = event;
    let detail = match what {
        AgentHappening::Paused { reason } => format!(" {reason}"),
        AgentHappening::OfferOver { call, outcome } => format!(" {} {outcome}", call.serial),
        AgentHappening::WrapUp { until } => format!(" {}", until.0 - event.at.0),
        what => what.call().map(|call| format!(" {}", call.serial)).unwrap_or_default(),
    };
    format!("{number} {}{detail} by {by}", what.name())
}

pub(crate) fn pause(reason: &str) -> StateChange {
    StateChange::Pause { reason: reason.to_owned() }
}

pub(crate) fn paused(reason: &str) -> State {
    State::Paused { reason: reason.to_owned() }
}
