//! A service that understands by who speaks.

use super::*;
use std::io::Write;

use crate::kit::web;

/// What it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Counts the utterances.
    pub(crate) number: usize,
    /// In small letters.
    pub(crate) head: String,
    /// What of the body is text.
    pub(crate) body: String,
    /// Of a WAV of 8 kHz, 16 bits, one channel.
    pub(crate) samples: Vec<f64>,
}

impl Asked {
    pub(crate) fn seconds_of(&self, pair: Pair) -> f64 {
        tone::seconds_in(pair, &self.samples)
    }

    pub(crate) fn speaks(&self, pair: Pair) -> bool {
        self.seconds_of(pair) > 0.5
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) delay: Duration,
    pub(crate) status: &'static str,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn text(text: &str) -> Answer {
        let body = serde_json::json!({ "text": text }).to_string();
        Answer { delay: Duration::ZERO, status: "200 OK", body }
    }
}

pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    /// As it was asked, once it has answered.
    pub(crate) asked: mpsc::Receiver<Asked>,
}

impl Service {
    pub(crate) fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let (sender, asked) = mpsc::channel();
        let answer = std::sync::Arc::new(answer);
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                let (sender, answer) = (sender.clone(), std::sync::Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, number, &*answer, &sender));
            }
        });
        Service { address, asked }
    }
}

/// Where nobody listens.
pub(crate) fn gone() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port")
}

fn serve(mut stream: TcpStream, number: usize, answer: impl Fn(&Asked) -> Answer, sender: &mpsc::Sender<Asked>) {
    let (head, body) = web::request(&stream);
    let head = head.to_lowercase();
    let asked = Asked { number, head, body: String::from_utf8_lossy(&body).into_owned(), samples: samples(&body) };
    let Answer { delay, status, body } = answer(&asked);
    // Nobody listens any more once the test is over.
    let _ = sender.send(asked);
    std::thread::park_timeout(delay);
    let text = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    // Nor once the caller has pressed a key.
    let _ = stream.write_all(text.as_bytes());
}

/// The sound, alone or as the file of a form.
fn samples(body: &[u8]) -> Vec<f64> {
    let at = body.windows(4).position(|window| window == b"RIFF").expect("a WAV");
    let mut reader = hound::WavReader::new(Cursor::new(&body[at..])).expect("a WAV");
    let spec = reader.spec();
    assert_eq!((spec.sample_rate, spec.bits_per_sample, spec.channels), (8000, 16, 1));
    reader.samples::<i16>().map(|sample| f64::from(sample.expect("whole"))).collect()
}
