//! The baseline: a thread with epoll and a connected socket a leg, that receives, writes another header and sends.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use benches::cpu;
use rtp::Header;
use rustix::event::{Timespec, epoll};
use rustix::net::{RecvFlags, SendFlags};

pub(crate) const NAME: &str = "raw-loop";
const EVENTS: usize = 256;
/// How late a stop is seen.
const SLEEP: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

pub(crate) struct Raw {
    pub(crate) legs: Vec<SocketAddrV4>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Raw {
    /// Starts the thread with this many legs, each two of which hear each other, on CPU `cpu`.
    pub(crate) fn start(legs: usize, peer: SocketAddrV4, cpu: usize) -> io::Result<Raw> {
        let sockets = (0..legs).map(|_| connected(peer)).collect::<io::Result<Vec<_>>>()?;
        let addresses = sockets.iter().map(local).collect::<io::Result<_>>()?;
        let stop = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name(NAME.to_owned()).spawn(move || {
            cpu::pin(cpu)?;
            relay(&sockets, &theirs)
        })?;
        Ok(Raw { legs: addresses, stop, thread: Some(thread) })
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn connected(peer: SocketAddrV4) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect(peer)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn local(socket: &UdpSocket) -> io::Result<SocketAddrV4> {
    match socket.local_addr()? {
        std::net::SocketAddr::V4(v4) => Ok(v4),
        std::net::SocketAddr::V6(_) => Err(io::Error::other("bound to IPv4")),
    }
}

fn relay(sockets: &[UdpSocket], stop: &AtomicBool) -> io::Result<()> {
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    for (leg, socket) in sockets.iter().enumerate() {
        epoll::add(&poll, socket, epoll::EventData::new_u64(leg as u64), epoll::EventFlags::IN)?;
    }
    let mut headers =
        vec![Header { marker: false, payload_type: 8, sequence: 0, timestamp: 0, ssrc: 0 }; sockets.len()];
    let mut events = Vec::with_capacity(EVENTS);
    let mut packet = [0; 2048];
    while !stop.load(Ordering::Acquire) {
        events.clear();
        match epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), Some(&SLEEP)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in &events {
            let leg = event.data.u64() as usize;
            let Ok((len, _)) = rustix::net::recv(&sockets[leg], &mut packet[..], RecvFlags::empty()) else { continue };
            let header = &mut headers[leg];
            header.sequence = header.sequence.wrapping_add(1);
            header.timestamp = header.timestamp.wrapping_add(160);
            header.ssrc = leg as u32;
            header.write(&mut packet[..len]);
            // The generator may have closed its socket at the end.
            let _ = rustix::net::send(&sockets[leg ^ 1], &packet[..len], SendFlags::empty());
        }
    }
    Ok(())
}
