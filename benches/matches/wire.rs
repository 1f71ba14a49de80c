//! The baseline: datagrams as large as an ACK to a thread on the engine's core, and for each one as large as an INVITE from there to a third socket.

use std::io;
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail, ensure};
use benches::batch::Batched;

/// As the ACK of a caller and the INVITE of the engine are in this bench.
const ACK_BYTES: usize = 340;
const INVITE_BYTES: usize = 930;
/// The place of a datagram among those of its round, at its beginning.
const PLACE_BYTES: usize = 8;
/// A look at the sockets when nothing came, as the people of the benches do.
const PAUSE: Duration = Duration::from_micros(200);
/// Nothing on loopback takes so long unless it never comes.
const WAIT: Duration = Duration::from_secs(10);

pub(crate) struct Wire {
    caller: Batched,
    agent: Batched,
    far: SocketAddrV4,
}

impl Wire {
    /// Starts the thread where this one runs; it lives as long as the process.
    pub(crate) fn start() -> Result<Wire> {
        let (caller, agent) = (Batched::bind()?, Batched::bind()?);
        agent.stamp()?;
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let SocketAddr::V4(far) = socket.local_addr()? else { bail!("bound to IPv4") };
        let to = agent.local()?;
        std::thread::spawn(move || pass_on(&socket, to));
        Ok(Wire { caller, agent, far })
    }

    /// How long each datagram was on its way, there and on.
    pub(crate) fn round(&mut self, rate: usize, time: Duration) -> Result<Vec<Duration>> {
        let began = Instant::now();
        let count = (time.as_secs_f64() * rate as f64) as usize;
        let (mut sent, mut took) = (Vec::new(), Vec::new());
        while took.len() < count {
            let due = ((began.elapsed().as_secs_f64() * rate as f64) as usize).min(count);
            let datagrams: Vec<Vec<u8>> = (sent.len()..due).map(datagram).collect();
            sent.resize(due, SystemTime::now().duration_since(UNIX_EPOCH)?);
            self.caller.send(datagrams.iter().map(|bytes| (self.far, &bytes[..])))?;
            let before = took.len();
            self.agent.receive(|arrived| {
                let place = arrived.bytes.first_chunk::<PLACE_BYTES>().map(|place| u64::from_be_bytes(*place) as usize);
                let sent = place.and_then(|place| sent.get(place));
                took.extend(sent.map(|sent: &Duration| arrived.at.saturating_sub(*sent)));
            })?;
            ensure!(began.elapsed() < time + WAIT, "{} of {count} datagrams came", took.len());
            if took.len() == before {
                std::thread::sleep(PAUSE);
            }
        }
        Ok(took)
    }
}

fn datagram(place: usize) -> Vec<u8> {
    let mut bytes = vec![0; ACK_BYTES];
    bytes[..PLACE_BYTES].copy_from_slice(&(place as u64).to_be_bytes());
    bytes
}

fn pass_on(socket: &UdpSocket, to: SocketAddrV4) -> io::Result<()> {
    let mut buffer = [0; INVITE_BYTES];
    loop {
        socket.recv(&mut buffer)?;
        socket.send_to(&buffer, to)?;
    }
}
