//! What a worker asks for the decisions on one relayed voice packet: latching, receiver statistics, continuity, the
//! listener's header. The baseline copies the same packets and writes a header over each.

use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use base::{Codec, Direction, EndId, Job, LegId, MediaParams, Now, Rng, Source, Time, Wall, WorkerId};
use benches::compare;
use legs::{Bank, Channel, Config, Input, Output, Worker};
use rtp::Header;

/// Two a talk; what one worker carries with a thousand talks.
const ENDS: u32 = 2000;
/// 20 ms of G.711.
const PAYLOAD: usize = 160;
const PACKET_TIME: Duration = Duration::from_millis(20);
const PACKET_SAMPLES: u32 = 160;

fn end(slot: u32) -> EndId {
    EndId { worker: WorkerId(0), slot, generation: 0 }
}

fn address(slot: u32) -> SocketAddr {
    let [_, _, high, low] = slot.to_be_bytes();
    SocketAddr::from(([10, 0, high, low], 4000))
}

fn params(slot: u32) -> MediaParams {
    let remote = address(slot);
    MediaParams {
        remote,
        remote_rtcp: SocketAddr::new(remote.ip(), 4001),
        codec: Codec::Pcma,
        send_type: 8,
        receive_type: 8,
        dtmf_send_type: Some(101),
        dtmf_receive_type: Some(101),
        direction: Direction::SendRecv,
        ptime_ms: 20,
    }
}

/// All ends of a worker, in pairs that hear each other.
struct Talks {
    worker: Worker,
    now: Now,
    turn: u32,
    out: Output,
    packet: Vec<u8>,
    relayed: usize,
}

impl Talks {
    fn open() -> Talks {
        let now = Now { time: Time::from_millis(1000), wall: Wall(1_790_000_000_000) };
        let mut worker = Worker::new(Config::default(), Arc::new(Bank::new()), now.time, Rng::from_number(1));
        let mut out = Output::default();
        for slot in 0..ENDS {
            let signalled_from = address(slot).ip();
            let open = Job::Open { end: end(slot), leg: LegId::default(), params: params(slot), signalled_from };
            worker.handle(now, Input::Job(&open), &mut out);
        }
        for slot in 0..ENDS {
            let hear = Job::Hear { end: end(slot), source: Source::End(end(slot ^ 1)) };
            worker.handle(now, Input::Job(&hear), &mut out);
        }
        out.clear();
        Talks { worker, now, turn: 0, out, packet: vec![0xd5; rtp::packet::HEADER_LEN + PAYLOAD], relayed: 0 }
    }

    /// 20 ms: a packet from every phone, and what is due.
    fn turn(&mut self) {
        self.now = self.now.plus(PACKET_TIME);
        self.turn += 1;
        for slot in 0..ENDS {
            header(slot, self.turn).write(&mut self.packet);
            let (end, from) = (end(slot), address(slot));
            let input = Input::Packet { end, channel: Channel::Rtp, from, bytes: &self.packet };
            self.worker.handle(self.now, input, &mut self.out);
        }
        self.relayed += self.out.packets.iter().filter(|packet| packet.channel == Channel::Rtp).count();
        self.worker.handle_timeout(self.now, &mut self.out);
        black_box(&self.out);
        self.out.clear();
    }
}

fn header(slot: u32, turn: u32) -> Header {
    let timestamp = turn.wrapping_mul(PACKET_SAMPLES);
    Header { marker: false, payload_type: 8, sequence: turn as u16, timestamp, ssrc: slot }
}

/// The same packets, each behind the last in one buffer, with another header.
fn copy(packet: &mut [u8], buffer: &mut Vec<u8>, turn: u32) {
    buffer.clear();
    for slot in 0..ENDS {
        header(slot, turn).write(packet);
        let start = buffer.len();
        buffer.extend_from_slice(packet);
        header(slot ^ 1, turn).write(&mut buffer[start..]);
    }
    black_box(buffer);
}

pub(crate) fn run() -> Result<()> {
    eprintln!("{ENDS} phones speak; each packet goes to the other side of its talk.");
    let mut talks = Talks::open();
    let (mut packet, mut buffer, mut turn) = (talks.packet.clone(), Vec::new(), 0);
    let copies = || {
        turn += 1;
        copy(&mut packet, &mut buffer, turn);
    };
    let compared = compare(ENDS as usize, copies, || talks.turn());
    let sent = talks.turn as usize * ENDS as usize;
    ensure!(talks.relayed * 100 >= sent * 99, "{} of {sent} packets were relayed", talks.relayed);
    compared.row("relay: decisions a packet (copy and header)", "-");
    Ok(())
}
