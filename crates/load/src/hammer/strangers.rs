//! Sources that the engine does not know, and what they do with its answers.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use base::Rng;
use sip::{Builder, Message, Method, Name};

use crate::{Path, Sent};

/// Sockets of strangers on each of their addresses.
const SOCKETS_AN_ADDRESS: u8 = 8;
/// Addresses of this machine that they come from.
const ADDRESSES: u8 = 6;
/// Answers read from one socket in a turn.
const READS_MAX: usize = 64;

pub(super) struct Strangers {
    server: SocketAddr,
    /// The first one is honest: it alone sends pings.
    sockets: Vec<UdpSocket>,
    buffer: Vec<u8>,
    pongs: Vec<String>,
    pub(super) answers: [u64; 7],
    pub(super) calls: u64,
}

impl Strangers {
    pub(super) fn bind(server: SocketAddr) -> io::Result<Strangers> {
        let mut sockets = Vec::new();
        for address in 1..=ADDRESSES {
            for _ in 0..SOCKETS_AN_ADDRESS {
                let socket = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, address), 0))?;
                socket.set_nonblocking(true)?;
                sockets.push(socket);
            }
        }
        Ok(Strangers { server, sockets, buffer: vec![0; 65_536], pongs: Vec::new(), answers: [0; 7], calls: 0 })
    }

    pub(super) fn send(&self, rng: &mut Rng, datagram: &Sent) {
        let to = if datagram.path == Path::Sip { self.server } else { datagram.to };
        let place = 1 + rng.below(self.sockets.len() as u64 - 1) as usize;
        if let Some(socket) = self.sockets.get(place) {
            // What the system does not take, a network would have lost.
            let _lost = socket.send_to(&datagram.bytes, to);
        }
    }

    /// Sends a whole OPTIONS; gives its Call-ID.
    pub(super) fn ping(&mut self, rng: &mut Rng) -> String {
        let call_id = format!("ping-{:016x}", rng.u64());
        let Some(socket) = self.sockets.first() else { return call_id };
        let port = socket.local_addr().map_or(0, |address| address.port());
        let bytes = Builder::request(Method::Options, &format!("sip:{}", self.server))
            .header(Name::Via, format_args!("SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{call_id};rport"))
            .header(Name::MaxForwards, 70_u32)
            .header(Name::From, format_args!("<sip:ping@127.0.0.1>;tag={call_id}"))
            .header(Name::To, format_args!("<sip:{}>", self.server))
            .header(Name::CallId, &call_id)
            .header(Name::Cseq, "1 OPTIONS")
            .finish();
        let _lost = socket.send_to(&bytes, self.server);
        self.pongs.clear();
        call_id
    }

    pub(super) fn has_pong(&self, call_id: &str) -> bool {
        self.pongs.iter().any(|heard| heard == call_id)
    }

    /// Reads what the engine says: pongs are noted, calls that it answered end.
    pub(super) fn listen(&mut self, rng: &mut Rng) {
        for place in 0..self.sockets.len() {
            for _ in 0..READS_MAX {
                let Some(Ok((length, from))) = self.sockets.get(place).map(|s| s.recv_from(&mut self.buffer)) else {
                    break;
                };
                if from != self.server {
                    continue;
                }
                let read = self.buffer.get(..length).and_then(|bytes| Message::parse(bytes).ok());
                if let Some(answer) = read.filter(|message| !message.is_request()) {
                    self.hear(place, &answer, rng);
                }
            }
        }
    }

    fn hear(&mut self, place: usize, answer: &Message, rng: &mut Rng) {
        let status = answer.status().unwrap_or_default();
        if let Some(count) = self.answers.get_mut(usize::from(status / 100)) {
            *count += 1;
        }
        let call_id = answer.call_id().unwrap_or_default();
        if place == 0 {
            self.pongs.push(call_id.to_owned());
        } else if (200..300).contains(&status) && answer.cseq().is_ok_and(|(_, method)| method == Method::Invite) {
            self.calls += 1;
            self.end(place, answer, rng);
        }
    }

    /// ACK and BYE, so that a call which came about by chance does not keep its place; one in ten is left hanging.
    fn end(&self, place: usize, answer: &Message, rng: &mut Rng) {
        let Some(socket) = self.sockets.get(place).filter(|_| !rng.chance(0.1)) else { return };
        let target = answer.contacts().ok().and_then(|all| Some(all.first()?.address()?.uri.to_string()));
        let target = target.unwrap_or_else(|| format!("sip:{}", self.server));
        let number = answer.cseq().map_or(1, |(number, _)| number);
        let port = socket.local_addr().map_or(0, |address| address.port());
        for (method, number) in [(Method::Ack, number), (Method::Bye, number.saturating_add(1))] {
            let branch = rng.u64();
            let mut request = Builder::request(method, &target)
                .header(Name::Via, format_args!("SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{branch:x};rport"))
                .header(Name::MaxForwards, 70_u32);
            for name in [Name::From, Name::To, Name::CallId] {
                request.push(name, answer.header(name).unwrap_or_default());
            }
            let bytes = request.header(Name::Cseq, format_args!("{number} {method}")).finish();
            let _lost = socket.send_to(&bytes, self.server);
        }
    }
}
