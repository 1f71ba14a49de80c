//! The baseline: the same datagrams through two sockets and another thread.

use std::io;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

/// Nothing on loopback takes so long unless it is lost.
const WAIT: Duration = Duration::from_secs(10);
/// The largest datagram of IPv4.
const DATAGRAM_MAX: usize = 65_507;
/// Tells the thread how long its answers are to be.
const SIZES_LEN: usize = 4;

pub(crate) struct Echo {
    socket: UdpSocket,
    buffer: Vec<u8>,
}

impl Echo {
    /// Starts the thread; it lives as long as the process.
    pub(crate) fn start() -> io::Result<Echo> {
        let far = UdpSocket::bind("127.0.0.1:0")?;
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.connect(far.local_addr()?)?;
        socket.set_read_timeout(Some(WAIT))?;
        far.connect(socket.local_addr()?)?;
        std::thread::spawn(move || answer(&far));
        Ok(Echo { socket, buffer: vec![0; DATAGRAM_MAX] })
    }

    /// One datagram there and two back, of these sizes: how long until the second is here.
    pub(crate) fn exchange(&mut self, [there, first, second]: [usize; 3]) -> io::Result<Duration> {
        let mut datagram = vec![0; there.max(SIZES_LEN)];
        datagram[..2].copy_from_slice(&(first as u16).to_be_bytes());
        datagram[2..SIZES_LEN].copy_from_slice(&(second as u16).to_be_bytes());
        let began = Instant::now();
        self.socket.send(&datagram)?;
        self.socket.recv(&mut self.buffer)?;
        self.socket.recv(&mut self.buffer)?;
        Ok(began.elapsed())
    }
}

fn answer(far: &UdpSocket) {
    let mut buffer = vec![0; DATAGRAM_MAX];
    while far.recv(&mut buffer).is_ok() {
        let [a, b, c, d, ..] = buffer[..] else { return };
        for len in [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])] {
            let answered = buffer.get(..usize::from(len)).is_some_and(|bytes| far.send(bytes).is_ok());
            if !answered {
                return;
            }
        }
    }
}
