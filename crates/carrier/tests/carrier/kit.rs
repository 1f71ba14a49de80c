//! A small world around `Carriers`: a zone, peers, and time that jumps from one deadline to the next.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use base::{NetworkId, Now, Rng, Secret, Ticket, Time, Wall};
use carrier::{
    Action, Answer, Carriers, Family, Input, Local, Login, Plan, Query, Record, Register, Target, Trunk, TrunkView, Way,
};
use sip::digest::{Algorithm, Authority, Verdict};
use sip::{Cause, Message, Method, Request};

/// What is at an address.
#[derive(Clone, Debug)]
pub(crate) enum Peer {
    Silent,
    Unreachable,
    /// Answers everything with this status and these headers.
    Says(u16, &'static str),
    /// Challenges, and grants what it is asked for.
    Registrar,
}

pub(crate) struct World {
    pub(crate) carriers: Carriers,
    pub(crate) now: Now,
    pub(crate) zone: BTreeMap<Query, Answer>,
    pub(crate) dns_is_dead: bool,
    pub(crate) peers: BTreeMap<SocketAddr, Peer>,
    pub(crate) authority: Authority,
    /// Headers of a registrar's 200.
    pub(crate) granted: String,
    /// What was asked, in order, with the second in which it was.
    pub(crate) asked: Vec<(u64, Query)>,
    pub(crate) sent: Vec<(u64, Request)>,
    /// Answers on their way.
    mail: BTreeMap<(Time, u64), (Ticket, Mail)>,
    mailed: u64,
}

#[derive(Debug)]
enum Mail {
    Dns(Answer),
    Sip(Result<Vec<u8>, Cause>),
}

pub(crate) const START: u64 = 1_000_000;

pub(crate) fn peer(last: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, last], 5060))
}

pub(crate) fn target(uri: &str, priority: u16) -> Target {
    Target { priority, ..Target::parse(uri).expect("a target") }
}

pub(crate) fn trunk(targets: Vec<Target>) -> Trunk {
    Trunk {
        targets,
        network: NetworkId(0),
        family: Family::V4,
        options: Some(Duration::from_secs(30)),
        ..Trunk::default()
    }
}

pub(crate) fn registering(targets: Vec<Target>, password: &str) -> Trunk {
    let register = Register {
        user: "02012345".to_owned(),
        domain: Some("ims.example.org".to_owned()),
        expires: Duration::from_secs(3600),
        contact_user: "02012345".to_owned(),
    };
    let login = Login { user: "02012345@ims.example.org".to_owned(), password: Secret(password.to_owned()) };
    let domain = Some("ims.example.org".to_owned());
    Trunk { register: Some(register), login: Some(login), domain, ..trunk(targets) }
}

pub(crate) const PASSWORD: &str = "right";

pub(crate) fn addresses(all: &[SocketAddr], ttl_s: u32) -> Answer {
    Answer::Records { records: all.iter().map(|peer| Record::Address(peer.ip())).collect(), ttl_s }
}

impl World {
    pub(crate) fn new(trunks: Vec<Trunk>) -> World {
        World::seeded(trunks, 1)
    }

    pub(crate) fn seeded(trunks: Vec<Trunk>, seed: u64) -> World {
        World::made(trunks, seed, Some(5060))
    }

    pub(crate) fn without_tcp(trunks: Vec<Trunk>) -> World {
        World::made(trunks, 1, None)
    }

    fn made(trunks: Vec<Trunk>, seed: u64, tcp_port: Option<u16>) -> World {
        let now = Now { time: Time::from_millis(START), wall: Wall(0) };
        let local = Local { host: "198.51.100.1".to_owned(), udp_port: 5060, tcp_port };
        World {
            carriers: Carriers::new(Plan { trunks }, vec![local], now, Rng::from_number(seed)),
            now,
            zone: BTreeMap::new(),
            dns_is_dead: false,
            peers: BTreeMap::new(),
            authority: Authority::new("ims.example.org", &[Algorithm::Md5], [7; 32]),
            granted: String::new(),
            asked: Vec::new(),
            sent: Vec::new(),
            mail: BTreeMap::new(),
            mailed: 0,
        }
    }

    pub(crate) fn seconds(&self) -> u64 {
        (self.now.time.as_millis() - START) / 1000
    }

    pub(crate) fn ways(&mut self) -> Vec<Way> {
        self.carriers.ways(self.now, 0)
    }

    /// The peers of the ways, in their order.
    pub(crate) fn turns(&mut self) -> Vec<SocketAddr> {
        self.ways().into_iter().map(|way| way.flow.peer).collect()
    }

    pub(crate) fn view(&self) -> TrunkView {
        self.carriers.view(self.now).next().flatten().expect("a trunk with targets")
    }

    /// REGISTERs so far, as (second, where to, with a password).
    pub(crate) fn registers(&self) -> Vec<(u64, SocketAddr, bool)> {
        let registers = self.sent.iter().filter(|(_, request)| request.method == Method::Register);
        let proves = |request: &Request| request.headers.iter().any(|(name, _)| name.ends_with("Authorization"));
        registers.map(|(at, request)| (*at, request.flow.peer, proves(request))).collect()
    }

    /// Lives until that second.
    pub(crate) fn until(&mut self, second: u64) {
        let end = Time::from_millis(START + second * 1000);
        loop {
            let mail = self.mail.keys().next().map(|(at, _)| *at);
            let next = mail.into_iter().chain(self.carriers.next_timeout()).min();
            let Some(next) = next.map(|at| at.max(self.now.time)).filter(|at| *at <= end) else { break };
            self.jump(next);
            self.step();
        }
        self.jump(end);
    }

    fn jump(&mut self, to: Time) {
        self.now = self.now.plus(to.since(self.now.time));
    }

    fn step(&mut self) {
        let mut out = Vec::new();
        let due = self.mail.first_key_value().is_some_and(|((at, _), _)| *at <= self.now.time);
        match self.mail.pop_first().filter(|_| due) {
            Some((_, (ticket, Mail::Dns(answer)))) => {
                self.carriers.handle(self.now, Input::Resolved { ticket, answer }, &mut out);
            }
            Some((_, (ticket, Mail::Sip(result)))) => {
                let response = result.map(|bytes| Message::parse(&bytes).expect("a response"));
                let result = response.as_ref().map_err(|cause| *cause);
                self.carriers.handle(self.now, Input::Response { ticket, result }, &mut out);
            }
            None => self.carriers.handle_timeout(self.now, &mut out),
        }
        assert!(out.len() < 1000, "a flood: {out:?}");
        out.into_iter().for_each(|action| self.carry_out(action));
    }

    /// The process is about to end.
    pub(crate) fn leave(&mut self) {
        let mut out = Vec::new();
        self.carriers.leave(self.now, &mut out);
        out.into_iter().for_each(|action| self.carry_out(action));
    }

    pub(crate) fn is_leaving(&self) -> bool {
        self.carriers.is_leaving()
    }

    fn carry_out(&mut self, action: Action) {
        let second = self.seconds();
        match action {
            Action::Lookup { ticket, query } => {
                let answer = if self.dns_is_dead { Some(Answer::Failed) } else { self.zone.get(&query).cloned() };
                let answer = answer.unwrap_or(Answer::Records { records: Vec::new(), ttl_s: 60 });
                self.asked.push((second, query));
                self.post(20, ticket, Mail::Dns(answer));
            }
            Action::Request { ticket, request } => {
                let peer = self.peers.get(&request.flow.peer).cloned().unwrap_or(Peer::Silent);
                let (wait, result) = match peer {
                    Peer::Silent => (32_000, Err(Cause::Timeout)),
                    Peer::Unreachable => (1, Err(Cause::Unreachable)),
                    Peer::Says(status, headers) => (20, Ok(response(&request, status, headers))),
                    Peer::Registrar => (20, Ok(self.register(&request))),
                };
                self.sent.push((second, *request));
                self.post(wait, ticket, Mail::Sip(result));
            }
        }
    }

    fn register(&mut self, request: &Request) -> Vec<u8> {
        if request.method != Method::Register {
            return response(request, 200, "");
        }
        let message = Message::parse(&wire(request)).expect("a request");
        let password = |user: &str| (user == "02012345@ims.example.org").then(|| PASSWORD.to_owned());
        let stale = match self.authority.judge(self.now.time, &message, password) {
            Verdict::Granted { .. } => return response(request, 200, &self.granted),
            Verdict::Stale => true,
            Verdict::Missing | Verdict::Denied { .. } | Verdict::Malformed => false,
        };
        let challenge = self.authority.challenges(self.now.time, stale).remove(0);
        response(request, 401, &format!("WWW-Authenticate: {challenge}\r\n"))
    }

    fn post(&mut self, after_ms: u64, ticket: Ticket, mail: Mail) {
        self.mailed += 1;
        self.mail.insert((self.now.time + Duration::from_millis(after_ms), self.mailed), (ticket, mail));
    }
}

/// The request as it would leave.
fn wire(request: &Request) -> Vec<u8> {
    let Request { method, uri, cseq, headers, .. } = request;
    let name = method.name();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!(
        "{name} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n\
         Call-ID: 1\r\nCSeq: {cseq} {name}\r\nMax-Forwards: 70\r\n{headers}Content-Length: 0\r\n\r\n"
    )
    .into_bytes()
}

fn response(request: &Request, status: u16, headers: &str) -> Vec<u8> {
    let (name, cseq) = (request.method.name(), request.cseq);
    format!(
        "SIP/2.0 {status} X\r\nVia: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n\
         Call-ID: 1\r\nCSeq: {cseq} {name}\r\n{headers}Content-Length: 0\r\n\r\n"
    )
    .into_bytes()
}
