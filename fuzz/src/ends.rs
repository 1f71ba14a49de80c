//! Two ends of one worker that hear each other, and what must hold for every packet that they send.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base::{
    After, Codec, Direction, EndId, Job, LegId, MediaParams, Now, PlayId, Rng, SoundId, Source, Time, Wall, WorkerId,
};
use legs::{Bank, Channel, Config, Input, Output, Worker};

/// What one datagram or job may cause at most: a packet a listener, a goodbye, and what a closed end says.
const PACKETS_A_STEP_MAX: usize = 8;
/// Nothing that an end sends is longer than what a socket reads, 2 KiB.
const PACKET_BYTES_MAX: usize = 2048;

/// A worker with two opened ends.
pub struct Ends {
    worker: Worker,
    now: Now,
    out: Output,
    params: [MediaParams; 2],
    generation: [u32; 2],
    ssrc: [Option<u32>; 2],
    plays: u32,
}

impl Ends {
    pub fn new() -> Ends {
        let now = Now { time: Time::from_millis(5_000), wall: Wall(1_770_000_000_000) };
        let mut bank = Bank::new();
        bank.push(&[1_000; 800]);
        let worker = Worker::new(Config::default(), Arc::new(bank), now.time, Rng::from_number(7));
        let params = [params(0, Codec::Pcma), params(1, Codec::Pcmu)];
        let mut ends =
            Ends { worker, now, out: Output::default(), params, generation: [0; 2], ssrc: [None; 2], plays: 0 };
        ends.open(0);
        ends.open(1);
        ends.bridge();
        ends
    }

    /// One step: the letter says what, its low bits which end and from where.
    pub fn step(&mut self, letter: u8, rest: &[u8]) {
        let at = usize::from(letter & 1);
        let first = rest.first().copied().unwrap_or_default();
        match letter >> 1 & 15 {
            0..=4 => self.packet(at, Channel::Rtp, 0, rest),
            5 | 6 => self.packet(at, Channel::Rtcp, 0, rest),
            7 => self.packet(at, Channel::Rtp, first & 3, rest),
            8 => self.packet(at, Channel::Rtcp, first & 3, rest),
            9 | 10 => self.wait(Duration::from_millis(u64::from(first))),
            11 => self.wait(Duration::from_secs(u64::from(first & 15))),
            12 => self.change(at, rest),
            13 => self.play(at, first),
            14 => self.bridge(),
            _ => self.reopen(at),
        }
    }

    /// Closes both ends; nothing may be due afterwards.
    pub fn finish(mut self) {
        for at in 0..2 {
            self.job(Job::Close { end: self.end(at) });
        }
        assert!(self.worker.next_timeout().is_none(), "no state outlives `Close`");
    }

    fn packet(&mut self, at: usize, channel: Channel, stranger: u8, bytes: &[u8]) {
        let bytes = bytes.get(..bytes.len().min(PACKET_BYTES_MAX)).unwrap_or_default();
        let mut from = if channel == Channel::Rtp { self.params[at].remote } else { self.params[at].remote_rtcp };
        from.set_port(from.port().wrapping_add(u16::from(stranger) * 2));
        self.worker.handle(self.now, Input::Packet { end: self.end(at), channel, from, bytes }, &mut self.out);
        self.judge();
    }

    fn wait(&mut self, time: Duration) {
        let until = self.now.plus(time);
        // At most 50 a second and end, and a minute's worth of steps.
        while let Some(due) = self.worker.next_timeout().filter(|due| *due <= until.time) {
            self.now = self.now.plus(due.since(self.now.time).max(Duration::from_millis(1)));
            self.worker.handle_timeout(self.now, &mut self.out);
            self.judge();
        }
        self.now = until;
    }

    fn change(&mut self, at: usize, rest: &[u8]) {
        let [kind, value] = *rest.first_chunk::<2>().unwrap_or(&[0, 0]);
        let params = &mut self.params[at];
        match kind & 7 {
            0 => params.remote.set_port(u16::from(value) * 16 + 1),
            1 => params.remote_rtcp = params.remote,
            2 => {
                params.direction = [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive]
                    [usize::from(value & 3)]
            }
            3 => params.ptime_ms = value,
            4 => params.codec = Codec::ALL[usize::from(value & 1)],
            5 => params.receive_type = value & 127,
            6 => params.dtmf_receive_type = Some(value & 127),
            _ => params.dtmf_send_type = (value & 1 == 0).then_some(value & 127),
        }
        let params = self.params[at];
        self.job(Job::Change { end: self.end(at), params });
    }

    fn play(&mut self, at: usize, kind: u8) {
        self.plays += 1;
        // The second sound is in no bank.
        let sounds = (0..kind & 3).map(|n| SoundId(u32::from(n))).collect();
        let after = if kind & 4 == 0 { After::Silence } else { After::Loop(SoundId(u32::from(kind >> 3 & 1))) };
        self.job(Job::Hear { end: self.end(at), source: Source::Play { play: PlayId(self.plays), sounds, after } });
    }

    fn bridge(&mut self) {
        for at in 0..2 {
            self.job(Job::Hear { end: self.end(at), source: Source::End(self.end(1 - at)) });
        }
    }

    fn reopen(&mut self, at: usize) {
        self.job(Job::Close { end: self.end(at) });
        self.generation[at] += 1;
        self.ssrc[at] = None;
        self.open(at);
    }

    fn open(&mut self, at: usize) {
        let leg = LegId { index: at as u16, ..LegId::default() };
        let params = self.params[at];
        self.job(Job::Open { end: self.end(at), leg, params, signalled_from: params.remote.ip() });
    }

    fn end(&self, at: usize) -> EndId {
        EndId { worker: WorkerId::default(), slot: at as u32, generation: self.generation[at] }
    }

    fn job(&mut self, job: Job) {
        self.worker.handle(self.now, Input::Job(&job), &mut self.out);
        self.judge();
    }

    fn judge(&mut self) {
        assert!(self.out.packets.len() <= PACKETS_A_STEP_MAX, "{} packets in one step", self.out.packets.len());
        assert!(self.out.notices.len() <= PACKETS_A_STEP_MAX, "{} notices in one step", self.out.notices.len());
        for packet in &self.out.packets {
            let bytes = self.out.bytes(packet);
            assert!(!bytes.is_empty() && bytes.len() <= PACKET_BYTES_MAX);
            let at = packet.end.slot as usize;
            if packet.end == self.end(at) && packet.channel == Channel::Rtp && !rtp::is_rtcp(bytes) {
                let header = rtp::Packet::parse(bytes).expect("an end sends RTP").header;
                assert_eq!(*self.ssrc[at].get_or_insert(header.ssrc), header.ssrc, "one stream an end");
            }
        }
        self.out.clear();
    }
}

impl Default for Ends {
    fn default() -> Ends {
        Ends::new()
    }
}

fn params(place: u8, codec: Codec) -> MediaParams {
    let address = |port: u16| SocketAddr::from(([192, 0, 2, place + 1], port));
    MediaParams {
        remote: address(4_000),
        remote_rtcp: address(4_001),
        codec,
        send_type: codec.payload_type(),
        receive_type: codec.payload_type(),
        dtmf_send_type: Some(101),
        dtmf_receive_type: Some(101),
        direction: Direction::SendRecv,
        ptime_ms: 20,
    }
}
