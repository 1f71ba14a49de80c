//! A worker with the control thread's side of it, and phones.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use base::{CallId, Codec, Direction, Job, Lease, LegId, MediaParams, MediaStats, Notice, Rng, Time};
use media::{Clock, Config, Media, NetworkMedia, WorkerLink};
use rtp::packet::{HEADER_LEN, Header, Packet};
use rtp::tone::{Tone, TonePair};

pub(crate) const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Far longer than anything here takes; a test that waits this long fails.
pub(crate) const LONG: Duration = Duration::from_secs(20);
pub(crate) const FRAME: usize = 160;

pub(crate) fn config(ports: RangeInclusive<u16>, leases_ready: u16) -> Config {
    Config {
        workers: 1,
        networks: vec![NetworkMedia { bind: HOME, advertised: HOME, ports, dscp: 46 }],
        pin: true,
        leases_ready,
        limits: legs::Limits::default(),
        drill: None,
    }
}

pub(crate) struct Rig {
    pub(crate) media: Media,
    pub(crate) link: WorkerLink,
    pub(crate) woken: Receiver<()>,
}

impl Rig {
    pub(crate) fn start(config: &Config, bank: legs::Bank) -> Rig {
        let (wake, woken) = channel();
        let wake = move || wake.send(()).unwrap_or(());
        let (media, mut links) =
            Media::start(config, &Arc::new(bank), Clock::start(Time::ZERO), &mut Rng::from_number(1), wake)
                .expect("starts");
        Rig { media, link: links.pop().expect("a worker"), woken }
    }

    pub(crate) fn send(&mut self, jobs: impl IntoIterator<Item = Job>) {
        for job in jobs {
            self.link.send(job).expect("room in the ring");
        }
        self.link.ring();
    }

    /// The next notice; the wake may have come before or after it was taken.
    pub(crate) fn notice(&mut self) -> Notice {
        let deadline = Instant::now() + LONG;
        loop {
            if let Some(notice) = self.link.notice() {
                return notice;
            }
            let left = deadline.checked_duration_since(Instant::now()).expect("a notice in time");
            let _ = self.woken.recv_timeout(left);
        }
    }

    pub(crate) fn lease(&mut self) -> Lease {
        match self.notice() {
            Notice::Leased(lease) => lease,
            other => panic!("no lease but {other:?}"),
        }
    }

    /// Notices until the leg is closed; the others that came before.
    pub(crate) fn closed(&mut self, leg: LegId) -> (MediaStats, Vec<Notice>) {
        let mut others = Vec::new();
        loop {
            match self.notice() {
                Notice::Closed { leg: closed, stats } if closed == leg => return (stats, others),
                other => others.push(other),
            }
        }
    }
}

/// A phone's socket, its tone and its sequence.
pub(crate) struct Phone {
    pub(crate) socket: UdpSocket,
    pub(crate) engine: SocketAddr,
    tone: Tone,
    pub(crate) sequence: u16,
}

impl Phone {
    pub(crate) fn new(lease: &Lease, pair: TonePair) -> Phone {
        let socket = UdpSocket::bind((HOME, 0)).expect("binds");
        socket.set_read_timeout(Some(LONG)).expect("a time-out");
        Phone { socket, engine: lease.address, tone: Tone::new(pair, 16_000), sequence: 65_000 }
    }

    pub(crate) fn open(&self, lease: &Lease, leg: LegId) -> Job {
        let remote = self.socket.local_addr().expect("bound");
        let params = MediaParams {
            remote,
            remote_rtcp: SocketAddr::new(HOME, remote.port().wrapping_add(1).max(1)),
            codec: Codec::Pcma,
            send_type: 8,
            receive_type: 8,
            dtmf_send_type: Some(101),
            dtmf_receive_type: Some(101),
            direction: Direction::SendRecv,
            ptime_ms: 20,
        };
        Job::Open { end: lease.end, leg, params, signalled_from: HOME }
    }

    /// Sends 20 ms of the tone.
    pub(crate) fn speak(&mut self) -> Vec<u8> {
        let mut pcm = [0; FRAME];
        self.tone.fill(&mut pcm);
        let payload: Vec<u8> = pcm.iter().map(|sample| rtp::g711::encode(Codec::Pcma, *sample)).collect();
        let timestamp = u32::from(self.sequence.wrapping_sub(65_000)) * FRAME as u32;
        let header = Header {
            marker: false,
            payload_type: 8,
            sequence: self.sequence,
            timestamp,
            ssrc: self.engine.port().into(),
        };
        self.sequence = self.sequence.wrapping_add(1);
        let mut packet = vec![0; HEADER_LEN];
        header.write(&mut packet);
        packet.extend_from_slice(&payload);
        self.socket.send_to(&packet, self.engine).expect("sends");
        payload
    }

    pub(crate) fn hear(&self) -> (Header, Vec<u8>) {
        let mut buffer = [0; 2048];
        let (length, from) = self.socket.recv_from(&mut buffer).expect("hears something in time");
        assert_eq!(from, self.engine, "what a phone hears comes from the port it was told");
        let packet = Packet::parse(&buffer[..length]).expect("RTP");
        (packet.header, packet.payload.to_vec())
    }
}

pub(crate) fn leg(index: u16) -> LegId {
    LegId { call: CallId::default(), index }
}
