//! The media of a phone by hand: a socket that says a tone over and over and keeps what it hears.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use base::Codec;

use super::tone::{self, Pair};

/// A packet's worth: 20 ms at 8 kHz.
const FRAME: usize = 160;
const FRAME_TIME: Duration = Duration::from_millis(20);
const HEADER: usize = 12;

pub(crate) struct Voice {
    socket: UdpSocket,
    /// A second of it as A-law.
    says: Vec<u8>,
    to: Option<SocketAddr>,
    sent: u16,
    heard: Vec<f64>,
}

impl Voice {
    pub(crate) fn new(says: Pair) -> Voice {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        socket.set_nonblocking(true).expect("a socket");
        Voice { socket, says: tone::alaw(says, 1), to: None, sent: 0, heard: Vec::new() }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.socket.local_addr().expect("a bound socket")
    }

    pub(crate) fn description(&self) -> String {
        super::raw::sdp(self.address(), "8 101")
    }

    /// Speaks to where a message of the engine says that it listens.
    pub(crate) fn speak_to(&mut self, message: &str) {
        let port = message.lines().find_map(|line| line.strip_prefix("m=audio ")?.split(' ').next()?.parse().ok());
        let port: u16 = port.unwrap_or_else(|| panic!("a description in {message}"));
        self.to = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }

    /// Seconds of a tone heard since it was asked last.
    pub(crate) fn heard(&mut self, pair: Pair) -> f64 {
        tone::seconds_in(pair, &std::mem::take(&mut self.heard))
    }

    fn say(&mut self) {
        let Some(to) = self.to else { return };
        let at = usize::from(self.sent) * FRAME % self.says.len();
        let mut packet = vec![0x80, 8];
        packet.extend(self.sent.to_be_bytes());
        packet.extend((u32::from(self.sent) * FRAME as u32).to_be_bytes());
        packet.extend(u32::from(self.address().port()).to_be_bytes());
        packet.extend(&self.says[at..at + FRAME]);
        self.socket.send_to(&packet, to).expect("sent");
        self.sent = self.sent.wrapping_add(1);
    }

    fn hear(&mut self) {
        let mut packet = [0; 1500];
        while let Ok(read) = self.socket.recv(&mut packet) {
            let voice = packet.get(HEADER..read).filter(|_| packet[1] & 0x7f == 8).unwrap_or_default();
            self.heard.extend(voice.iter().map(|code| f64::from(rtp::g711::decode(Codec::Pcma, *code))));
        }
    }
}

/// Lets them speak and hear for a while: how long is part of what is tested.
pub(crate) fn live(voices: &mut [&mut Voice], time: Duration) {
    let began = Instant::now();
    let mut frames = 0;
    while began.elapsed() < time {
        for voice in &mut *voices {
            voice.say();
            voice.hear();
        }
        frames += 1;
        std::thread::park_timeout((FRAME_TIME * frames).saturating_sub(began.elapsed()));
    }
}
