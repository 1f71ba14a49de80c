//! All the phones in one thread: each sends a packet every 20 ms, and notes when its partner's comes back out of the relay.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddrV4;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use benches::batch::{Arrived, Batched};
use rtp::packet::HEADER_LEN;
use rtp::{Header, Packet};

/// 20 ms of G.711.
const PAYLOAD: usize = 160;
const PHASES: usize = 20;
const PHASE: Duration = Duration::from_millis(1);
/// The sending times that are kept a phone: over a second, far beyond any delay that is worth a name.
const SENT: usize = 64;
/// What is still inside the relay after the last packet has this long to come out, on a machine with other work too.
const DRAIN: Duration = Duration::from_secs(3);

/// What one round brought.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) sent: usize,
    pub(crate) received: usize,
    /// From the call that sent a packet to its arrival, in microseconds; batches of the generator are in it.
    pub(crate) micros: Vec<u32>,
}

struct Phone {
    to: SocketAddrV4,
    header: Header,
    /// When each of the newest packets was sent, by sequence number.
    sent_at: [Duration; SENT],
    /// What the relay adds to the sequence numbers of the stream that this phone hears.
    offset: Option<u16>,
}

pub(crate) struct Phones {
    socket: Batched,
    /// Where the relay's reports go.
    reports: Batched,
    phones: Vec<Phone>,
    /// The phone that a leg of the relay belongs to, by that leg's port.
    by_port: HashMap<u16, usize>,
    packets: Vec<Vec<u8>>,
}

impl Phones {
    /// Phones that hear each other in pairs, each with the payload type of its codec; where they send is told later.
    pub(crate) fn new(codecs: [u8; 2], count: usize) -> Result<Phones> {
        let socket = Batched::bind()?;
        socket.stamp()?;
        let phone = |place: usize| Phone {
            to: SocketAddrV4::new([127, 0, 0, 1].into(), 9),
            header: Header {
                marker: false,
                payload_type: codecs[place % 2],
                sequence: place as u16,
                timestamp: 0,
                ssrc: 1 + place as u32,
            },
            sent_at: [Duration::ZERO; SENT],
            offset: None,
        };
        let packets = vec![vec![0xd5; HEADER_LEN + PAYLOAD]; count.div_ceil(PHASES)];
        let phones = (0..count).map(phone).collect();
        Ok(Phones { socket, reports: Batched::bind()?, phones, by_port: HashMap::new(), packets })
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddrV4> {
        self.socket.local()
    }

    pub(crate) fn report_address(&self) -> io::Result<SocketAddrV4> {
        self.reports.local()
    }

    pub(crate) fn send_to(&mut self, legs: &[SocketAddrV4]) {
        self.by_port = legs.iter().enumerate().map(|(place, leg)| (leg.port(), place)).collect();
        for (phone, leg) in self.phones.iter_mut().zip(legs) {
            phone.to = *leg;
        }
    }

    /// Everybody speaks for `length`.
    pub(crate) fn speak(&mut self, length: Duration) -> Result<Heard> {
        let mut heard = Heard::default();
        let began = Instant::now();
        for turn in 0..(length.as_millis() / PHASE.as_millis()) as u32 {
            self.send_phase(turn as usize % PHASES, &mut heard)?;
            self.listen(&mut heard)?;
            // A generator that was kept from its CPU sends late, and no packet less.
            std::thread::sleep((PHASE * (turn + 1)).saturating_sub(began.elapsed()));
        }
        let until = Instant::now() + DRAIN;
        while heard.received < heard.sent && Instant::now() < until {
            self.listen(&mut heard)?;
            std::thread::sleep(PHASE);
        }
        self.listen(&mut heard)?;
        while self.reports.receive(|_| ())? > 0 {}
        ensure!(heard.received > 0, "nothing came back from the relay");
        Ok(heard)
    }

    fn send_phase(&mut self, phase: usize, heard: &mut Heard) -> Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let mut count = 0;
        let mine = self.phones.iter_mut().skip(phase).step_by(PHASES);
        for (phone, packet) in mine.zip(&mut self.packets) {
            phone.header.sequence = phone.header.sequence.wrapping_add(1);
            phone.header.timestamp = phone.header.timestamp.wrapping_add(PAYLOAD as u32);
            phone.sent_at[usize::from(phone.header.sequence) % SENT] = now;
            phone.header.write(packet);
            count += 1;
        }
        let mine = self.phones.iter().skip(phase).step_by(PHASES);
        let datagrams = mine.zip(&self.packets).map(|(phone, packet)| (phone.to, &packet[..]));
        heard.sent += count;
        let sent = self.socket.send(datagrams)?;
        ensure!(sent == count, "the system took {sent} of {count} packets");
        Ok(())
    }

    fn listen(&mut self, heard: &mut Heard) -> io::Result<()> {
        let Phones { socket, phones, by_port, .. } = self;
        while socket.receive(|arrived| take(phones, by_port, &arrived, heard))? > 0 {}
        Ok(())
    }
}

/// What comes from a leg is what that leg's phone hears: its partner.
fn take(phones: &mut [Phone], by_port: &HashMap<u16, usize>, arrived: &Arrived<'_>, heard: &mut Heard) {
    let Some(place) = by_port.get(&arrived.from.port()) else { return };
    // Reports come from a leg's other port.
    let Some(packet) = Packet::parse(arrived.bytes) else { return };
    heard.received += 1;
    let newest = phones[place ^ 1].header.sequence;
    let offset = *phones[*place].offset.get_or_insert(packet.header.sequence.wrapping_sub(newest));
    let sent = phones[place ^ 1].sent_at[usize::from(packet.header.sequence.wrapping_sub(offset)) % SENT];
    heard.micros.push(arrived.at.saturating_sub(sent).as_micros() as u32);
}
