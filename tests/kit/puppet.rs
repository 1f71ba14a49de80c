//! A phone played by hand on a socket of its own: it registers like any other, and says what no sane phone says.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use base::{Flow, NetworkId, Now, Rng, Secret, Time, Wall};
use load::phone::{Config, Input, Output, Phone};

use super::raw::{self, Dialog};

/// Longer than anything that a script waits for: 64 × T1 and a ring time.
const LIMIT: Duration = Duration::from_secs(45);
/// The longest datagram of UDP.
const DATAGRAM_MAX: usize = 65_536;

pub(crate) struct Puppet {
    socket: UdpSocket,
    server: SocketAddr,
    began: Instant,
    buffer: Vec<u8>,
}

impl Puppet {
    pub(crate) fn new(server: SocketAddr) -> Puppet {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        Puppet { socket, server, began: Instant::now(), buffer: vec![0; DATAGRAM_MAX] }
    }

    /// The same socket, for a server that was started later.
    pub(crate) fn facing(self, server: SocketAddr) -> Puppet {
        Puppet { server, ..self }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.socket.local_addr().expect("a bound socket")
    }

    /// Registers as this agent; a whole phone does it, on this socket.
    pub(crate) fn sign_on(&mut self, number: u16) {
        let mut config = Config::new(&number.to_string(), self.server, self.address(), self.address());
        config.password = Some(Secret(format!("example-{number}")));
        // No two phones may draw the same Call-ID.
        let rng = Rng::from_number(u64::from(self.address().port()));
        let (mut phone, mut out) = (Phone::new(config, self.now(), rng), Output::default());
        phone.register(self.now(), &mut out);
        while !phone.is_registered() {
            for message in out.sip.drain(..) {
                self.socket.send_to(&message.bytes, self.server).expect("sent");
            }
            let answer = self.receive(Instant::now() + LIMIT, "the answer to a REGISTER");
            let flow = Flow::udp(NetworkId(0), self.server);
            phone.handle(self.now(), Input::Sip { flow, bytes: answer.as_bytes() }, &mut out);
        }
    }

    fn now(&self) -> Now {
        let past = self.began.elapsed();
        let ms = i64::try_from(past.as_millis()).unwrap_or(i64::MAX);
        Now { time: Time::from_millis(1_000) + past, wall: Wall(1_790_000_000_000 + ms) }
    }

    fn receive(&mut self, until: Instant, what: &str) -> String {
        let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        self.socket.set_read_timeout(Some(left)).expect("a time-out above zero");
        let read = self.socket.recv(&mut self.buffer).unwrap_or_else(|why| panic!("no {what} came: {why}"));
        String::from_utf8_lossy(&self.buffer[..read]).into_owned()
    }

    /// The next message of this method or status; others before it are passed over.
    pub(crate) fn hear(&mut self, what: &str) -> String {
        let until = Instant::now() + LIMIT;
        loop {
            let message = self.receive(until, what);
            if raw::is(&message, what) {
                return message;
            }
        }
    }

    /// The same without waiting for it.
    pub(crate) fn poll(&mut self, what: &str) -> Option<String> {
        self.socket.set_nonblocking(true).expect("a socket");
        let mut found = None;
        while found.is_none()
            && let Ok(read) = self.socket.recv(&mut self.buffer)
        {
            let message = String::from_utf8_lossy(&self.buffer[..read]).into_owned();
            found = raw::is(&message, what).then_some(message);
        }
        self.socket.set_nonblocking(false).expect("a socket");
        found
    }

    pub(crate) fn say(&self, message: &str) {
        self.socket.send_to(message.as_bytes(), self.server).expect("sent");
    }

    pub(crate) fn respond(&self, request: &str, (status, tag): (u16, &str), body: &str) {
        self.say(&raw::respond(request, status, tag, &raw::contact(self.address()), body));
    }

    /// Answers an INVITE with a usable description.
    pub(crate) fn accept(&self, invite: &str, tag: &str) {
        self.respond(invite, (200, tag), &self.description());
    }

    pub(crate) fn description(&self) -> String {
        raw::sdp(self.address(), "8 0 101")
    }

    /// The dialog of an INVITE that came here.
    pub(crate) fn dialog(&self, invite: &str, tag: &str) -> Dialog {
        Dialog::called(invite, tag, self.address())
    }
}
