//! The baseline: a bare loop that answers what a leg asks, without knowing anything of it.
//!
//! It answers an INVITE with 100, 180 and 200, a BYE with 200 and an ACK not at all: seven messages. The lines that an answer
//! must repeat are found by their first letters and copied; the rest is text from before. No state, no transactions, no checks.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use rustix::event::{Timespec, epoll};

pub(crate) const NAME: &str = "responder";
const REPEATED: [&[u8]; 5] = [b"Via:", b"From:", b"To:", b"Call-ID:", b"CSeq:"];
const EMPTY: &str = "Content-Length: 0\r\n\r\n";
/// Datagrams a turn, as the control thread takes.
const BATCH: usize = 256;
/// How late a stop is seen.
const SLEEP: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

pub(crate) struct Responder {
    pub(crate) address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Responder {
    pub(crate) fn start() -> io::Result<Responder> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name(NAME.to_owned()).spawn(move || answer(&socket, &theirs))?;
        Ok(Responder { address, stop, thread: Some(thread) })
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer(socket: &UdpSocket, stop: &AtomicBool) -> io::Result<()> {
    let local = socket.local_addr()?;
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(&poll, socket, epoll::EventData::new_u64(0), epoll::EventFlags::IN)?;
    let session = format!(
        "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio 9 RTP/AVP 8 101\r\n\
        a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n",
        local.ip()
    );
    let contact = format!("Contact: <sip:12345@{local}>\r\n");
    let length = session.len();
    let body = format!("{contact}Content-Type: application/sdp\r\nContent-Length: {length}\r\n\r\n{session}");
    let (mut buffer, mut out) = (vec![0; 65_535], Vec::new());
    let mut events = Vec::with_capacity(1);
    while !stop.load(Ordering::Acquire) {
        events.clear();
        match epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), Some(&SLEEP)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for _ in 0..BATCH {
            let Ok((len, from)) = socket.recv_from(&mut buffer) else { break };
            let request = &buffer[..len];
            let mut reply = |status: &str, rest: &str| {
                write(request, status, rest, &mut out);
                // Who is gone at the end needs no answer.
                let _ = socket.send_to(&out, from);
            };
            match request.first() {
                Some(b'I') => {
                    reply("100 Trying", EMPTY);
                    reply("180 Ringing", EMPTY);
                    reply("200 OK", &body);
                }
                Some(b'B') => reply("200 OK", EMPTY),
                _ => {}
            }
        }
    }
    Ok(())
}

fn write(request: &[u8], status: &str, rest: &str, out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(b"SIP/2.0 ");
    out.extend_from_slice(status.as_bytes());
    out.extend_from_slice(b"\r\n");
    for line in request.split_inclusive(|byte| *byte == b'\n') {
        if line == b"\r\n" {
            break;
        }
        if !REPEATED.iter().any(|name| line.starts_with(name)) {
            continue;
        }
        if line.starts_with(b"To:") && !line.windows(5).any(|bytes| bytes == b";tag=") {
            out.extend_from_slice(line.trim_ascii_end());
            out.extend_from_slice(b";tag=r\r\n");
        } else {
            out.extend_from_slice(line);
        }
    }
    out.extend_from_slice(rest.as_bytes());
}
