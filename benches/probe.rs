//! An established call that asks within its dialog, a thousand times a second, whether the other side is there.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use sip::{Builder, Message, Method, Name};

/// Between two questions.
const EVERY: Duration = Duration::from_millis(1);
/// No answer within this is lost, and counts as so late.
const LOST: Duration = Duration::from_secs(2);
const SDP: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n";

/// When a question was asked, and how long its answer took.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub at: Instant,
    pub took: Duration,
}

pub struct Probe {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Vec<Asked>>>,
}

impl Probe {
    pub fn start(server: SocketAddr) -> Result<Probe> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut dialog = Dialog::begin(server)?;
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut asked = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let at = Instant::now();
                dialog.ask()?;
                let took = at.elapsed();
                asked.push(Asked { at, took });
                std::thread::sleep(EVERY.saturating_sub(took));
            }
            dialog.end()?;
            Ok(asked)
        });
        Ok(Probe { stop, thread })
    }

    pub fn end(self) -> Result<Vec<Asked>> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow::anyhow!("the probe panicked"))?
    }
}

struct Dialog {
    socket: UdpSocket,
    here: SocketAddr,
    to: String,
    target: String,
    cseq: u32,
    buffer: Vec<u8>,
}

impl Dialog {
    fn begin(server: SocketAddr) -> Result<Dialog> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.connect(server)?;
        socket.set_read_timeout(Some(LOST))?;
        let here = socket.local_addr()?;
        let (to, target) = (format!("<sip:12345@{server}>"), format!("sip:12345@{server}"));
        let mut dialog = Dialog { socket, here, to, target, cseq: 0, buffer: vec![0; 65_536] };
        let invite = dialog.request(Method::Invite).body("application/sdp", SDP).finish();
        dialog.socket.send(&invite)?;
        let answer = dialog.answer()?;
        dialog.to = answer.header(Name::To).context("a 200 has a To")?.to_owned();
        dialog.cseq -= 1;
        let ack = dialog.request(Method::Ack).finish();
        dialog.socket.send(&ack)?;
        Ok(dialog)
    }

    fn request(&mut self, method: Method) -> Builder {
        self.cseq += 1;
        let (here, cseq) = (self.here, self.cseq);
        Builder::request(method, &self.target)
            .header(Name::Via, format_args!("SIP/2.0/UDP {here};branch=z9hG4bKprobe{cseq}{method};rport"))
            .header(Name::MaxForwards, 70_u32)
            .header(Name::From, format_args!("<sip:probe@{here}>;tag=probe"))
            .header(Name::To, &self.to)
            .header(Name::CallId, format_args!("probe-{here}"))
            .header(Name::Cseq, format_args!("{cseq} {method}"))
            .header(Name::Contact, format_args!("<sip:probe@{here}>"))
    }

    /// OPTIONS: answered as soon as its turn comes, and changes nothing.
    fn ask(&mut self) -> Result<()> {
        let request = self.request(Method::Options).finish();
        self.socket.send(&request)?;
        self.answer().map(drop)
    }

    fn end(&mut self) -> Result<()> {
        let bye = self.request(Method::Bye).finish();
        self.socket.send(&bye)?;
        self.answer().map(drop)
    }

    /// The final response to what was asked last; nothing else is awaited.
    fn answer(&mut self) -> Result<Message> {
        loop {
            let length = match self.socket.recv(&mut self.buffer) {
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => bail!("no answer within {LOST:?}"),
                Err(error) => return Err(error.into()),
            };
            let message = Message::parse(self.buffer.get(..length).unwrap_or_default())?;
            let ours = message.cseq().is_ok_and(|(cseq, _)| cseq == self.cseq);
            match message.status() {
                Some(200) if ours => return Ok(message),
                Some(status @ 300..) if ours => bail!("answered with {status}"),
                _ => {}
            }
        }
    }
}
