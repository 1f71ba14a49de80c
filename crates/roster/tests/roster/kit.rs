//! A roster at a time of its own, and short forms of its commands.

use std::time::Duration;

use base::{AgentId, CallId, Flow, GroupId, NetworkId, Now, Ticket, Time, Transport};
use roster::{Action, Agent, Change, Command, Contact, ContactChange, Plan, Registration, Roster};

pub(crate) const A: AgentId = AgentId(0);
pub(crate) const B: AgentId = AgentId(1);

/// A roster and the time it is told.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) roster: Roster,
    pub(crate) now: Now,
}

pub(crate) fn plan() -> Plan {
    let agent = |number: &str| Agent { number: number.to_owned(), ready_on_register: true };
    Plan {
        agents: vec![agent("1001"), agent("1002")],
        expires_min: Duration::from_secs(60),
        expires_default: Duration::from_secs(300),
        expires_max: Duration::from_secs(600),
        contacts_max: 3,
    }
}

impl Desk {
    pub(crate) fn new() -> Desk {
        let now = Now { time: Time::from_millis(1_000), ..Now::default() };
        Desk { roster: Roster::new(plan(), now.time), now }
    }

    pub(crate) fn tell(&mut self, command: Command) -> Vec<Action> {
        let mut out = Vec::new();
        self.roster.handle(self.now, command, &mut out);
        out
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
        out
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
    ContactChange { uri: uri.to_owned(), expires, q }
}

pub(crate) fn asks(flow: Flow, call_id: &str, cseq: u32, change: Change) -> Registration {
    Registration { flow, call_id: call_id.to_owned(), cseq, expires: None, change }
}

pub(crate) fn binds(flow: Flow, call_id: &str, cseq: u32, uri: &str) -> Registration {
    asks(flow, call_id, cseq, Change::Update(vec![contact(uri, None, 1000)]))
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
