//! A name server: answers from a table, counts what it was asked, and can fall silent.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Of a record (RFC 1035 §3.2.2, RFC 2782, RFC 3403).
#[derive(Clone, Debug)]
pub(crate) enum Data {
    A(Ipv4Addr),
    Srv { priority: u16, port: u16, target: &'static str },
    Naptr { order: u16, service: &'static str, replacement: &'static str },
}

pub(crate) struct Names {
    pub(crate) at: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    asked: AtomicUsize,
    is_silent: AtomicBool,
}

/// What the engine keeps at least.
const TTL: u32 = 5;

impl Names {
    /// Serves until the test process ends.
    pub(crate) fn start(table: Vec<(&'static str, Data)>) -> Names {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let at = socket.local_addr().expect("bound");
        let shared = Arc::new(Shared::default());
        let ours = Arc::clone(&shared);
        std::thread::spawn(move || {
            let mut buffer = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                ours.asked.fetch_add(1, Ordering::Relaxed);
                if !ours.is_silent.load(Ordering::Relaxed) {
                    let _ = socket.send_to(&answer(&buffer[..length], &table), from);
                }
            }
        });
        Names { at, shared }
    }

    pub(crate) fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::Relaxed)
    }

    /// Answers nobody any more.
    pub(crate) fn fall_silent(&self) {
        self.shared.is_silent.store(true, Ordering::Relaxed);
    }
}

/// RFC 1035 §4.1: the header, the question as it came, and what the table has.
fn answer(question: &[u8], table: &[(&'static str, Data)]) -> Vec<u8> {
    let (name, end) = asked_name(question);
    let kind = u16::from_be_bytes([question[end], question[end + 1]]);
    let records = table.iter().filter(|(known, data)| *known == name && data.kind() == kind);
    let records: Vec<Vec<u8>> = records.map(|(_, data)| data.bytes()).collect();
    let mut out = question[..end + 4].to_vec();
    // A response with recursion, one question, so many answers, nothing else.
    out[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, records.len() as u8, 0, 0, 0, 0]);
    for data in records {
        // The name is the question's; class IN.
        out.extend([0xc0, 12]);
        out.extend(kind.to_be_bytes());
        out.extend([0, 1]);
        out.extend(TTL.to_be_bytes());
        out.extend((data.len() as u16).to_be_bytes());
        out.extend(data);
    }
    out
}

/// The name in the question, and where it ends.
fn asked_name(question: &[u8]) -> (String, usize) {
    let (mut labels, mut at) = (Vec::new(), 12);
    while question[at] != 0 {
        let length = usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..=at + length]).to_lowercase());
        at += length + 1;
    }
    (labels.join("."), at + 1)
}

impl Data {
    fn kind(&self) -> u16 {
        match self {
            Data::A(_) => 1,
            Data::Srv { .. } => 33,
            Data::Naptr { .. } => 35,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Data::A(ip) => ip.octets().to_vec(),
            Data::Srv { priority, port, target } => {
                let mut out: Vec<u8> = [*priority, 1, *port].into_iter().flat_map(u16::to_be_bytes).collect();
                out.extend(name(target));
                out
            }
            Data::Naptr { order, service, replacement } => {
                let mut out: Vec<u8> = [*order, 10].into_iter().flat_map(u16::to_be_bytes).collect();
                for text in ["s", service, ""] {
                    out.push(text.len() as u8);
                    out.extend(text.bytes());
                }
                out.extend(name(replacement));
                out
            }
        }
    }
}

fn name(text: &str) -> Vec<u8> {
    let labels = text.split('.').flat_map(|label| [label.len() as u8].into_iter().chain(label.bytes()));
    labels.chain([0]).collect()
}
