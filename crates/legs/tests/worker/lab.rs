//! A worker, its phones and the network between them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base::{
    After, Codec, Direction, EndId, Epoch, Job, LegId, MediaParams, Notice, Now, PlayId, Rng, SoundId, Source, Time,
    Wall, WorkerId,
};
use legs::{Bank, Channel, Config, Input, Output, Worker};
use rtp::{Header, Sender, Tone, TonePair};

pub(crate) const SOUND_PAIRS: u32 = 1_000;

/// A datagram that the worker sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Time,
    pub(crate) end: EndId,
    pub(crate) channel: Channel,
    pub(crate) to: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

impl Sent {
    pub(crate) fn header(&self) -> Header {
        rtp::Packet::parse(&self.bytes).expect("RTP").header
    }

    pub(crate) fn payload(&self) -> &[u8] {
        rtp::Packet::parse(&self.bytes).expect("RTP").payload
    }
}

/// What the network does to packets on their way to the worker.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Network {
    pub(crate) loss: f64,
    pub(crate) repeat: f64,
    pub(crate) delay_ms: u64,
}

pub(crate) struct Lab {
    pub(crate) worker: Worker,
    pub(crate) now: Now,
    pub(crate) rng: Rng,
    pub(crate) network: Network,
    pub(crate) sent: Vec<Sent>,
    pub(crate) notices: Vec<(Time, Notice)>,
    pub(crate) closed: Vec<EndId>,
    pub(crate) phones: Vec<Phone>,
    /// Deliver at, from, to end, bytes; in the order they were sent.
    on_the_way: Vec<(Time, SocketAddr, EndId, Vec<u8>)>,
    out: Output,
}

/// The peer of an end: speaks its tone pair every 20 ms.
pub(crate) struct Phone {
    pub(crate) end: EndId,
    pub(crate) leg: LegId,
    pub(crate) address: SocketAddr,
    pub(crate) params: MediaParams,
    pub(crate) pair: TonePair,
    pub(crate) speaks: bool,
    tone: Tone,
    pub(crate) sender: Sender,
    phase_ms: u64,
}

pub(crate) fn end(slot: u32) -> EndId {
    EndId { worker: WorkerId(3), slot, generation: 0 }
}

pub(crate) fn address(slot: u32, port: u16) -> SocketAddr {
    SocketAddr::from(([10, 0, (slot >> 8) as u8, slot as u8], port))
}

pub(crate) fn params(slot: u32, codec: Codec) -> MediaParams {
    MediaParams {
        remote: address(slot, 4_000),
        remote_rtcp: address(slot, 4_001),
        codec,
        send_type: codec.payload_type(),
        receive_type: codec.payload_type(),
        dtmf_send_type: Some(101),
        dtmf_receive_type: Some(101),
        direction: Direction::SendRecv,
        ptime_ms: 20,
    }
}

/// Sound n speaks the pair `SOUND_PAIRS + n`.
pub(crate) fn bank(seconds: &[f32]) -> Arc<Bank> {
    let mut bank = Bank::new();
    for (n, seconds) in seconds.iter().enumerate() {
        let mut pcm = vec![0; (seconds * 8_000.0) as usize];
        Tone::new(sound_pair(SoundId(n as u32)), 12_000).fill(&mut pcm);
        bank.push(&pcm);
    }
    Arc::new(bank)
}

pub(crate) fn sound_pair(sound: SoundId) -> TonePair {
    TonePair::numbered(SOUND_PAIRS + sound.0 * 7)
}

pub(crate) fn play(play: u32, sounds: &[u32], after: After) -> Source {
    Source::Play { play: PlayId(play), sounds: sounds.iter().map(|s| SoundId(*s)).collect(), after }
}

impl Lab {
    pub(crate) fn new(seed: u64, sounds: &[f32]) -> Lab {
        let mut rng = Rng::from_number(seed);
        let now = Now { time: Time::from_nanos(5_000_000_321), wall: Wall(1_770_000_000_000) };
        let config = Config { worker: WorkerId(3), ..Config::default() };
        Lab {
            worker: Worker::new(config, bank(sounds), now.time, rng.fork()),
            now,
            rng,
            network: Network::default(),
            sent: Vec::new(),
            notices: Vec::new(),
            closed: Vec::new(),
            phones: Vec::new(),
            on_the_way: Vec::new(),
            out: Output::default(),
        }
    }

    /// Opens an end for a phone; returns the phone's place.
    pub(crate) fn open(&mut self, codec: Codec) -> usize {
        let place = self.phones.len();
        let slot = place as u32;
        self.open_with(params(slot, codec))
    }

    pub(crate) fn open_with(&mut self, params: MediaParams) -> usize {
        let place = self.phones.len();
        let slot = place as u32;
        let leg = LegId { index: place as u16, ..LegId::default() };
        assert_eq!(leg.call.epoch, Epoch(0));
        let pair = TonePair::numbered(slot * 31);
        let address = address(slot, 4_000);
        let phase_ms = self.rng.below(20);
        let sender = Sender::new(self.now.time, &mut self.rng);
        let tone = Tone::new(pair, 12_000);
        self.phones.push(Phone { end: end(slot), leg, address, params, pair, speaks: true, tone, sender, phase_ms });
        self.job(Job::Open { end: end(slot), leg, params, signalled_from: address.ip() });
        place
    }

    pub(crate) fn job(&mut self, job: Job) {
        self.input(Input::Job(&job));
    }

    pub(crate) fn hear(&mut self, place: usize, source: Source) {
        let end = self.phones[place].end;
        self.job(Job::Hear { end, source });
    }

    pub(crate) fn change(&mut self, place: usize, change: impl FnOnce(&mut MediaParams)) {
        change(&mut self.phones[place].params);
        let (end, params) = (self.phones[place].end, self.phones[place].params);
        self.job(Job::Change { end, params });
    }

    pub(crate) fn packet(&mut self, end: EndId, channel: Channel, from: SocketAddr, bytes: &[u8]) {
        self.input(Input::Packet { end, channel, from, bytes });
    }

    fn input(&mut self, input: Input<'_>) {
        self.worker.handle(self.now, input, &mut self.out);
        self.carry_out();
    }

    fn carry_out(&mut self) {
        let at = self.now.time;
        for packet in &self.out.packets {
            let bytes = self.out.bytes(packet).to_vec();
            self.sent.push(Sent { at, end: packet.end, channel: packet.channel, to: packet.to, bytes });
        }
        self.notices.extend(self.out.notices.drain(..).map(|n| (at, n)));
        self.closed.append(&mut self.out.closed);
        self.out.clear();
    }

    /// Sends a packet of a phone through the network.
    pub(crate) fn send(&mut self, place: usize, header: Header, payload: &[u8]) {
        let phone = &self.phones[place];
        let (from, end) = (phone.address, phone.end);
        let mut bytes = header.to_bytes().to_vec();
        bytes.extend_from_slice(payload);
        if self.rng.chance(self.network.loss) {
            return;
        }
        let copies = if self.rng.chance(self.network.repeat) { 2 } else { 1 };
        for _ in 0..copies {
            let delay = Duration::from_millis(self.rng.below(self.network.delay_ms + 1));
            self.on_the_way.push((self.now.time + delay, from, end, bytes.clone()));
        }
    }

    pub(crate) fn run_ms(&mut self, ms: u64) {
        for _ in 0..ms {
            self.now = self.now.plus(Duration::from_millis(1));
            self.turn();
        }
    }

    fn turn(&mut self) {
        for place in 0..self.phones.len() {
            if self.phones[place].speaks && self.now.time.as_millis() % 20 == self.phones[place].phase_ms {
                self.speak(place);
            }
        }
        let now = self.now.time;
        let due: Vec<_> = self.on_the_way.extract_if(.., |p| p.0 <= now).collect();
        for (_, from, end, bytes) in due {
            self.packet(end, Channel::Rtp, from, &bytes);
        }
        self.time_out();
    }

    pub(crate) fn time_out(&mut self) {
        if self.worker.next_timeout().is_some_and(|t| t <= self.now.time) {
            self.worker.handle_timeout(self.now, &mut self.out);
            self.carry_out();
        }
    }

    fn speak(&mut self, place: usize) {
        let now = self.now.time;
        let phone = &mut self.phones[place];
        let mut pcm = [0; 160];
        phone.tone.fill(&mut pcm);
        let codec = phone.params.codec;
        let payload = pcm.map(|s| rtp::g711::encode(codec, s));
        let header = phone.sender.next(now, phone.params.receive_type, 160);
        self.send(place, header, &payload);
    }

    /// The RTP that an end has sent so far.
    pub(crate) fn rtp_of(&self, place: usize) -> Vec<Sent> {
        let end = self.phones[place].end;
        self.sent.iter().filter(|s| s.end == end && s.channel == Channel::Rtp).cloned().collect()
    }

    /// What the phone heard since its `from`-th packet, in the order of arrival.
    pub(crate) fn heard_since(&self, place: usize, from: usize) -> Vec<i16> {
        let codec = self.phones[place].params.codec;
        let send_type = self.phones[place].params.send_type;
        let voice = self.rtp_of(place).into_iter().skip(from).filter(|s| s.header().payload_type == send_type);
        voice.flat_map(|s| s.payload().iter().map(|c| rtp::g711::decode(codec, *c)).collect::<Vec<_>>()).collect()
    }

    pub(crate) fn notices_of(&self, place: usize) -> Vec<Notice> {
        let leg = self.phones[place].leg;
        self.notices.iter().filter(|n| n.1.leg() == Some(leg)).map(|n| n.1.clone()).collect()
    }
}
