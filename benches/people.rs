//! Citizens and agents without voice, all in one thread and batched: they say what a call needs and nothing else.

use std::collections::HashMap;
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use sip::{Builder, Message, Method, Name};

use crate::batch::{Arrived, Batched};
use crate::engine;

/// Nothing on loopback takes so long unless it never comes, also on a busy machine.
const WAIT: Duration = Duration::from_secs(30);
/// A look at the sockets when nothing came; what arrives meanwhile is one batch.
const PAUSE: Duration = Duration::from_micros(200);

/// How far a citizen goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Listens to the menu.
    Menu,
    /// Presses 0 for a person.
    Person,
    /// Dials a number that leads to the queue at once, and says nothing after the ACK.
    Agent,
    /// Hangs up when answered: one leg, seven messages.
    Nothing,
}

impl Wish {
    fn number(self) -> &'static str {
        if self == Wish::Agent { engine::STRAIGHT } else { "12345" }
    }
}

/// What happened so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Counts {
    pub dialled: usize,
    pub answered: usize,
    pub refused: usize,
    /// Of these so many without a word on when to come again.
    pub unkind: usize,
    /// Calls that are over for the citizen.
    pub over: usize,
    /// SIP messages in both directions.
    pub messages: usize,
}

/// One socket with what is to leave from it.
struct Desk {
    socket: Batched,
    local: SocketAddrV4,
    out: Vec<Vec<u8>>,
    count: u64,
}

impl Desk {
    fn bind() -> Result<Desk> {
        let socket = Batched::bind()?;
        socket.stamp()?;
        let local = socket.local()?;
        Ok(Desk { socket, local, out: Vec::new(), count: 0 })
    }

    fn via(&mut self) -> String {
        self.count += 1;
        format!("SIP/2.0/UDP {};branch=z9hG4bK{};rport", self.local, self.count)
    }

    /// Messages and when they arrived, since 1970.
    fn receive(&mut self) -> Result<Vec<(Message, Duration)>> {
        let mut messages = Vec::new();
        let mut malformed = None;
        let mut each = |arrived: Arrived<'_>| match Message::parse(arrived.bytes) {
            Ok(message) => messages.push((message, arrived.at)),
            Err(error) => malformed = Some(error),
        };
        while self.socket.receive(&mut each)? > 0 {}
        match malformed {
            Some(error) => Err(error.into()),
            None => Ok(messages),
        }
    }

    fn send(&mut self, to: SocketAddrV4) -> Result<usize> {
        let count = self.out.len();
        let sent = self.socket.send(self.out.iter().map(|bytes| (to, &bytes[..])))?;
        ensure!(sent == count, "the system took {sent} of {count} messages");
        self.out.clear();
        Ok(count)
    }
}

/// Everybody outside of the engine.
pub struct People {
    server: SocketAddrV4,
    citizens: Desk,
    agents: Desk,
    wish: Wish,
    /// The agents' BYEs, by Call-ID, until the ACK comes.
    byes: HashMap<String, Vec<u8>>,
    /// Bound so that voice meets a socket; nobody reads it.
    media: UdpSocket,
    counts: Counts,
    /// Callers whose ACK is about to leave, and when it left, since 1970, for those whom no agent's phone has rung for.
    acking: Vec<String>,
    acked: HashMap<String, Duration>,
    /// From the ACK to the INVITE at the agent's socket, of those who wish for an agent.
    matched: Vec<Duration>,
}

impl People {
    /// # Errors
    /// When the server is not on IPv4, or the system gives no sockets.
    pub fn new(server: SocketAddr, wish: Wish) -> Result<People> {
        let SocketAddr::V4(server) = server else { bail!("the server listens on {server}, not on IPv4") };
        let media = UdpSocket::bind("127.0.0.1:0")?;
        let (citizens, agents) = (Desk::bind()?, Desk::bind()?);
        Ok(People {
            server,
            citizens,
            agents,
            wish,
            byes: HashMap::new(),
            media,
            counts: Counts::default(),
            acking: Vec::new(),
            acked: HashMap::new(),
            matched: Vec::new(),
        })
    }

    /// How long each match took since the last time it was asked: from the caller's ACK to the agent's INVITE.
    pub fn take_matched(&mut self) -> Vec<Duration> {
        std::mem::take(&mut self.matched)
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Registers so many agents, whose phones answer at once and hang up when the ACK has come.
    ///
    /// # Errors
    /// When one is refused.
    pub fn register(&mut self, agents: usize) -> Result<()> {
        for place in 0..agents {
            let (number, password) = engine::agent(place);
            let first = self.register_request(&number, 1).finish();
            let challenged = self.register_answer(first)?;
            let (name, challenge) = sip::digest::strongest(&challenged).context("a REGISTER is challenged")?;
            let uri = format!("sip:{}", self.server);
            let answer = sip::digest::answer(&challenge, &number, &password, "REGISTER", &uri, "bench");
            let second = self.register_request(&number, 2).header(name, answer).finish();
            let status = self.register_answer(second)?.status();
            ensure!(status == Some(200), "the REGISTER of {number} was answered with {status:?}");
        }
        Ok(())
    }

    fn register_request(&mut self, number: &str, cseq: u32) -> Builder {
        let own = format!("<sip:{number}@{}>", self.server.ip());
        Builder::request(Method::Register, &format!("sip:{}", self.server))
            .header(Name::Via, self.agents.via())
            .header(Name::MaxForwards, 70_u32)
            .header(Name::From, format_args!("{own};tag=agent"))
            .header(Name::To, own)
            .header(Name::CallId, format_args!("register-{number}"))
            .header(Name::Cseq, format_args!("{cseq} REGISTER"))
            .header(Name::Contact, format_args!("<sip:{number}@{}>", self.agents.local))
            .header(Name::Expires, 3600_u32)
    }

    fn register_answer(&mut self, request: Vec<u8>) -> Result<Message> {
        self.agents.out.push(request);
        self.agents.send(self.server)?;
        let until = Instant::now() + WAIT;
        loop {
            if let Some((answer, _)) = self.agents.receive()?.pop() {
                return Ok(answer);
            }
            ensure!(Instant::now() < until, "no answer to a REGISTER");
            std::thread::sleep(PAUSE);
        }
    }

    /// One more citizen dials.
    pub fn dial(&mut self) {
        let number = self.counts.dialled;
        self.counts.dialled += 1;
        let body = self.session("8 0 101");
        // Others may dial the same engine.
        let call_id = format!("citizen-{}-{number}", self.citizens.local.port());
        let invite = self.of_citizen(Method::Invite, &call_id, 1, None);
        self.citizens.out.push(invite.body("application/sdp", body).finish());
    }

    /// Sends and receives once, and pauses if nothing came.
    ///
    /// # Errors
    /// When a message cannot be read, or the sockets fail.
    pub fn turn(&mut self) -> Result<()> {
        let from_engine = self.citizens.receive()?;
        let to_agents = self.agents.receive()?;
        let received = from_engine.len() + to_agents.len();
        for (message, _) in from_engine {
            self.citizen_hears(&message)?;
        }
        for (message, at) in to_agents {
            self.agent_hears(&message, at)?;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        self.acked.extend(self.acking.drain(..).map(|caller| (caller, now)));
        let sent = self.citizens.send(self.server)? + self.agents.send(self.server)?;
        self.counts.messages += received + sent;
        if received == 0 {
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Turns until `done`, or fails when nothing new happens for half a minute.
    ///
    /// # Errors
    /// As `turn`, and when nothing happens any more.
    pub fn turn_until(&mut self, mut done: impl FnMut(&mut People) -> bool) -> Result<()> {
        let (mut seen, mut until) = (self.counts, Instant::now() + WAIT);
        while !done(self) {
            self.turn()?;
            if seen != self.counts {
                (seen, until) = (self.counts, Instant::now() + WAIT);
            }
            ensure!(Instant::now() < until, "nothing happens any more: {:?}", self.counts);
        }
        Ok(())
    }

    fn citizen_hears(&mut self, message: &Message) -> Result<()> {
        let call_id = message.call_id().context("a message has a Call-ID")?.to_owned();
        match (message.status(), message.method()) {
            (Some(200), Method::Invite) => {
                self.counts.answered += 1;
                let ack = self.of_citizen(Method::Ack, &call_id, 1, Some(message)).finish();
                self.citizens.out.push(ack);
                match self.wish {
                    Wish::Menu => {}
                    Wish::Agent => self.acking.push(call_id),
                    Wish::Person => {
                        let info = self.of_citizen(Method::Info, &call_id, 2, Some(message));
                        let digit = "Signal=0\r\nDuration=160\r\n";
                        self.citizens.out.push(info.body("application/dtmf-relay", digit).finish());
                    }
                    Wish::Nothing => {
                        let bye = self.of_citizen(Method::Bye, &call_id, 2, Some(message)).finish();
                        self.citizens.out.push(bye);
                    }
                }
            }
            (Some(200), Method::Bye) => self.counts.over += 1,
            (Some(300..), Method::Invite) => {
                self.counts.refused += 1;
                self.counts.unkind += usize::from(message.header(Name::RetryAfter).is_none());
                let repeated = [Name::Via, Name::From, Name::To, Name::CallId];
                let ack = Builder::request(Method::Ack, &format!("sip:{}@{}", self.wish.number(), self.server))
                    .header(Name::MaxForwards, 70_u32);
                // Of the INVITE's own transaction (RFC 3261 §17.1.1.3).
                let with = |ack: Builder, name| ack.header_if(name, message.header(name));
                let ack = repeated.into_iter().fold(ack, with).header(Name::Cseq, "1 ACK");
                self.citizens.out.push(ack.finish());
            }
            (Some(_), _) => {}
            (None, Method::Ack) => {}
            (None, method) => {
                self.counts.over += usize::from(method == Method::Bye);
                self.citizens.out.push(Builder::reply(message, 200, None, None).finish());
            }
        }
        Ok(())
    }

    fn agent_hears(&mut self, message: &Message, at: Duration) -> Result<()> {
        let call_id = message.call_id().context("a message has a Call-ID")?;
        match (message.status(), message.method()) {
            (None, Method::Invite) => {
                // The phone shows who calls: by that name the ACK is found.
                let caller = message.from_ref()?.uri.user_text();
                let acked = caller.and_then(|caller| self.acked.remove(&caller));
                self.matched.extend(acked.map(|acked| at.saturating_sub(acked)));
                let number = message.request_uri().context("an INVITE names somebody")?.to_string();
                let ok = Builder::reply(message, 200, Some("agent"), None)
                    .header(Name::Contact, format_args!("<{number}>"))
                    .body("application/sdp", self.session("8"));
                self.agents.out.push(ok.finish());
                let bye = self.bye_of_agent(message)?;
                self.byes.insert(call_id.to_owned(), bye);
            }
            (None, Method::Ack) => self.agents.out.extend(self.byes.remove(call_id)),
            (None, _) => self.agents.out.push(Builder::reply(message, 200, None, None).finish()),
            (Some(_), _) => {}
        }
        Ok(())
    }

    fn bye_of_agent(&mut self, invite: &Message) -> Result<Vec<u8>> {
        let header = |name| invite.header(name).context("an INVITE that parses has it");
        let bye = Builder::request(Method::Bye, &target(invite)?)
            .header(Name::Via, self.agents.via())
            .header(Name::MaxForwards, 70_u32)
            .header(Name::From, format_args!("{};tag=agent", header(Name::To)?))
            .header(Name::To, header(Name::From)?)
            .header(Name::CallId, header(Name::CallId)?)
            .header(Name::Cseq, "1 BYE");
        Ok(bye.finish())
    }

    /// A request of a citizen, in the dialog that `answer` made.
    fn of_citizen(&mut self, method: Method, call_id: &str, cseq: u32, answer: Option<&Message>) -> Builder {
        let (server, number) = (self.server, self.wish.number());
        let own = format!("<sip:{call_id}@{}>", self.citizens.local);
        let uri = answer.and_then(|answer| target(answer).ok()).unwrap_or_else(|| format!("sip:{number}@{server}"));
        let to = answer.and_then(|answer| answer.header(Name::To)).map(str::to_owned);
        Builder::request(method, &uri)
            .header(Name::Via, self.citizens.via())
            .header(Name::MaxForwards, 70_u32)
            .header(Name::From, format_args!("{own};tag={call_id}"))
            .header(Name::To, to.unwrap_or_else(|| format!("<sip:{number}@{server}>")))
            .header(Name::CallId, call_id)
            .header(Name::Cseq, format_args!("{cseq} {method}"))
            .header(Name::Contact, own)
    }

    fn session(&self, codecs: &str) -> String {
        let port = self.media.local_addr().as_ref().map_or(9, SocketAddr::port);
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
            m=audio {port} RTP/AVP {codecs}\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
        )
    }
}

/// Where requests of the dialog go.
fn target(message: &Message) -> Result<String> {
    let contacts = message.contacts()?;
    let remote = contacts.first().and_then(|contact| contact.address()).context("who answers has a Contact")?;
    Ok(remote.uri.to_string())
}
