//! An agent's phone that does nothing but answer and hang up, and reads the clock right at its socket.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use sip::{Builder, Message, Method, Name};

const NUMBER: &str = "1001";
const PASSWORD: &str = "example-1001";
/// Nothing on loopback takes so long unless it never comes.
const WAIT: Duration = Duration::from_secs(10);
/// The largest datagram of IPv4.
const DATAGRAM_MAX: usize = 65_507;

pub(crate) struct Agent {
    socket: UdpSocket,
    local: SocketAddr,
    engine: SocketAddr,
    /// Bound so that voice meets a socket; nobody reads it.
    media: UdpSocket,
    buffer: Vec<u8>,
    /// The length of the newest INVITE.
    invite_len: usize,
    /// Makes branches and tags.
    count: u32,
}

/// An answered call: its BYE, ready to be sent.
pub(crate) struct Talk {
    call_id: String,
    bye: Vec<u8>,
    invite_len: usize,
}

impl Talk {
    /// The datagrams between hanging up and ringing again: the BYE, its 200, the next INVITE.
    pub(crate) fn sizes(&self) -> [usize; 3] {
        // The 200 repeats the BYE's headers but its route.
        [self.bye.len(), self.bye.len(), self.invite_len]
    }
}

impl Agent {
    pub(crate) fn register(engine: SocketAddr) -> Result<Agent> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.connect(engine)?;
        socket.set_read_timeout(Some(WAIT))?;
        let local = socket.local_addr()?;
        let media = UdpSocket::bind("127.0.0.1:0")?;
        let mut agent = Agent { socket, local, engine, media, buffer: vec![0; DATAGRAM_MAX], invite_len: 0, count: 0 };
        let first = agent.register_request(1).finish();
        agent.socket.send(&first)?;
        let challenged = agent.response(Method::Register)?;
        let (name, challenge) = sip::digest::strongest(&challenged).context("a REGISTER is challenged")?;
        let uri = agent.registrar();
        let answer = sip::digest::answer(&challenge, NUMBER, PASSWORD, "REGISTER", &uri, "idle");
        let second = agent.register_request(2).header(name, answer).finish();
        agent.socket.send(&second)?;
        let status = agent.response(Method::Register)?.status();
        ensure!(status == Some(200), "the agent's REGISTER was answered with {status:?}");
        Ok(agent)
    }

    /// The next call that rings here.
    pub(crate) fn next_invite(&mut self) -> Result<Message> {
        let (_, invite) = self.until_invite("")?;
        Ok(invite)
    }

    /// Answers at once, and waits for the ACK.
    pub(crate) fn answer(&mut self, invite: &Message) -> Result<Talk> {
        let tag = self.fresh("tag");
        let sdp = self.answer_to(invite)?;
        let ok = Builder::reply(invite, 200, Some(&tag), None)
            .header(Name::Contact, self.contact())
            .body("application/sdp", sdp)
            .finish();
        self.socket.send(&ok)?;
        let talk = self.talk(invite, &tag)?;
        while !self.receive().context("no ACK came")?.starts_with(b"ACK ") {}
        Ok(talk)
    }

    /// Sends the BYE; how long it took until the next call rang, and that call.
    pub(crate) fn hang_up(&mut self, talk: Talk) -> Result<(Duration, Message)> {
        let began = Instant::now();
        self.socket.send(&talk.bye)?;
        let (rang, invite) = self.until_invite(&talk.call_id)?;
        Ok((rang - began, invite))
    }

    fn talk(&mut self, invite: &Message, tag: &str) -> Result<Talk> {
        let header = |name| invite.header(name).context("an INVITE that parses has it");
        let contacts = invite.contacts()?;
        let remote = contacts.first().and_then(|contact| contact.address()).context("an INVITE has a Contact")?;
        let call_id = header(Name::CallId)?.to_owned();
        let bye = Builder::request(Method::Bye, &remote.uri.to_string())
            .header(Name::Via, self.via())
            .header(Name::MaxForwards, 70_u32)
            .header(Name::From, format_args!("{};tag={tag}", header(Name::To)?))
            .header(Name::To, header(Name::From)?)
            .header(Name::CallId, &call_id)
            .header(Name::Cseq, "1 BYE")
            .finish();
        Ok(Talk { call_id, bye, invite_len: self.invite_len })
    }

    /// Waits for an INVITE of another call than `call_id`, and notes when it came.
    fn until_invite(&mut self, call_id: &str) -> Result<(Instant, Message)> {
        loop {
            let len = self.socket.recv(&mut self.buffer).context("no call rang")?;
            let now = Instant::now();
            let bytes = &self.buffer[..len];
            if bytes.starts_with(b"INVITE ") {
                let invite = Message::parse(bytes)?;
                if invite.call_id() != Some(call_id) {
                    self.invite_len = len;
                    return Ok((now, invite));
                }
            }
        }
    }

    fn register_request(&mut self, cseq: u32) -> Builder {
        let own = format!("<sip:{NUMBER}@{}>", self.engine.ip());
        Builder::request(Method::Register, &self.registrar())
            .header(Name::Via, self.via())
            .header(Name::MaxForwards, 70_u32)
            .header(Name::From, format_args!("{own};tag=agent"))
            .header(Name::To, own)
            .header(Name::CallId, "idle-agent")
            .header(Name::Cseq, format_args!("{cseq} REGISTER"))
            .header(Name::Contact, self.contact())
            .header(Name::Expires, 3600_u32)
    }

    fn registrar(&self) -> String {
        format!("sip:{}", self.engine)
    }

    fn contact(&self) -> String {
        format!("<sip:{NUMBER}@{}>", self.local)
    }

    fn via(&mut self) -> String {
        let branch = self.fresh("z9hG4bK");
        format!("SIP/2.0/UDP {};branch={branch};rport", self.local)
    }

    fn fresh(&mut self, prefix: &str) -> String {
        self.count += 1;
        format!("{prefix}{}", self.count)
    }

    /// The first codec of the offer.
    fn answer_to(&self, invite: &Message) -> Result<String> {
        let offer = std::str::from_utf8(invite.body())?;
        let codec = offer.lines().find_map(|line| line.strip_prefix("m=audio ")?.split(' ').nth(2));
        let codec = codec.context("the engine offers audio")?;
        let (ip, port) = (self.local.ip(), self.media.local_addr()?.port());
        let session = format!("v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n");
        Ok(format!("{session}m=audio {port} RTP/AVP {codec}\r\na=sendrecv\r\n"))
    }

    fn receive(&mut self) -> Result<&[u8]> {
        let len = self.socket.recv(&mut self.buffer)?;
        Ok(&self.buffer[..len])
    }

    /// The next final response to a request of that method.
    fn response(&mut self, method: Method) -> Result<Message> {
        loop {
            let message = Message::parse(self.receive().context("no answer came")?)?;
            if message.method() == method && message.status().is_some_and(|status| status >= 200) {
                return Ok(message);
            }
        }
    }
}
