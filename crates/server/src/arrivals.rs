//! The order in which datagrams are handled: what belongs to calls and phones that we know goes before new calls.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};

use base::Flow;

/// New calls that wait for their turn: at the goal of 1,000 a second some eight seconds, a quarter of a caller's Timer B
/// (RFC 3261 §17.1.1.2), so that a burst of several thousand is answered whole.
const BACKLOG_MAX: usize = 8192;
/// What they may weigh: ten times as much as so many usual INVITEs, so that large ones do not fill the memory.
const BACKLOG_BYTES_MAX: usize = 64 << 20;
/// New calls of one turn: a few milliseconds of work, so that a burst of INVITEs delays no BYE by more than that.
pub(crate) const NEW_CALLS_A_TURN: usize = 64;
/// Lines that are looked at for a To header; carriers put some dozen before it.
const LINES_MAX: usize = 64;

/// First INVITEs that wait.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    backlog: VecDeque<Waiting>,
    bytes: usize,
    /// Hashes of what waits for a later turn: a phone that repeats its INVITE meanwhile says nothing new.
    known: HashSet<u64>,
    hasher: RandomState,
    /// New calls that found the backlog full.
    pub(crate) shed: u64,
}

#[derive(Debug)]
struct Waiting {
    flow: Flow,
    bytes: Box<[u8]>,
    /// None where its turn is the present one: a repetition is as good as known to its transaction then.
    hash: Option<u64>,
}

/// What becomes of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// To be handled at once.
    Now,
    /// It waits behind everything else, or the same waits already.
    Waits,
    /// Too many wait: to be refused at the least cost.
    Refused,
}

impl Arrivals {
    pub(crate) fn place(&mut self, flow: Flow, bytes: &[u8]) -> Place {
        // A CANCEL must not overtake the INVITE that it is for.
        let follows = !self.backlog.is_empty() && bytes.starts_with(b"CANCEL ");
        if !follows && !is_new_call(bytes) {
            return Place::Now;
        }
        let later = self.backlog.len() >= NEW_CALLS_A_TURN;
        let hash = later.then(|| self.hasher.hash_one((flow, bytes)));
        if hash.is_some_and(|hash| self.known.contains(&hash)) {
            return Place::Waits;
        }
        if self.backlog.len() >= BACKLOG_MAX || self.bytes + bytes.len() > BACKLOG_BYTES_MAX {
            self.shed += 1;
            return Place::Refused;
        }
        self.known.extend(hash);
        self.bytes += bytes.len();
        self.backlog.push_back(Waiting { flow, bytes: bytes.into(), hash });
        Place::Waits
    }

    pub(crate) fn next(&mut self) -> Option<(Flow, Box<[u8]>)> {
        let Waiting { flow, bytes, hash } = self.backlog.pop_front()?;
        if let Some(hash) = hash {
            self.known.remove(&hash);
        }
        self.bytes -= bytes.len();
        Some((flow, bytes))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.backlog.is_empty()
    }
}

/// An INVITE outside a dialog: no tag in its To (RFC 3261 §12.2). What cannot be told goes the quick way.
fn is_new_call(bytes: &[u8]) -> bool {
    if !bytes.starts_with(b"INVITE ") {
        return false;
    }
    let lines = bytes.split(|b| *b == b'\n').take(LINES_MAX).take_while(|line| !matches!(line.trim_ascii_end(), b""));
    let mut to = lines.filter(|line| is_to(line));
    to.next().is_some_and(|line| !has_tag(line))
}

fn is_to(line: &[u8]) -> bool {
    let Some(colon) = line.iter().take(16).position(|b| *b == b':') else { return false };
    let name = line[..colon].trim_ascii();
    name.eq_ignore_ascii_case(b"to") || name.eq_ignore_ascii_case(b"t")
}

fn has_tag(line: &[u8]) -> bool {
    // Parameters of the header stand behind the angle brackets; a tag inside them is one of the URI.
    let tail = line.iter().rposition(|b| *b == b'>').map_or(line, |end| &line[end..]);
    tail.windows(4).any(|w| w.eq_ignore_ascii_case(b"tag="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_calls_are_told_from_what_belongs_to_known_ones() {
        let cases: [(&str, bool); 9] = [
            ("INVITE sip:12345@a SIP/2.0\r\nVia: x\r\nTo: <sip:12345@a>\r\nFrom: <sip:1@b>;tag=f\r\n\r\n", true),
            ("INVITE sip:12345@a SIP/2.0\r\nt:<sip:12345@a;tag=no>\r\n\r\n", true),
            ("INVITE sip:12345@a SIP/2.0\r\nTO : <sip:12345@a>;TAG=x\r\n\r\n", false),
            ("INVITE sip:12345@a SIP/2.0\r\nTo: sip:12345@a;tag=x\r\n\r\n", false),
            ("BYE sip:12345@a SIP/2.0\r\nTo: <sip:12345@a>;tag=x\r\n\r\n", false),
            ("SIP/2.0 200 OK\r\nTo: <sip:12345@a>\r\n\r\n", false),
            ("INVITE sip:12345@a SIP/2.0\r\n\r\nTo: <sip:12345@a>", false),
            ("INVITE ", false),
            ("", false),
        ];
        for (text, new) in cases {
            assert_eq!(is_new_call(text.as_bytes()), new, "{text:?}");
        }
    }

    #[test]
    fn the_backlog_is_bounded() {
        let mut arrivals = Arrivals::default();
        let flow = Flow::udp(base::NetworkId(0), "127.0.0.1:5060".parse().expect("an address"));
        let invite = |number: usize, padding: usize| {
            let text = format!("INVITE sip:{number}@a SIP/2.0\r\nTo: <sip:12345@a>\r\n\r\n{}", "x".repeat(padding));
            text.into_bytes()
        };
        for number in 0..BACKLOG_MAX {
            assert_eq!(arrivals.place(flow, &invite(number, 0)), Place::Waits);
        }
        assert_eq!(arrivals.place(flow, &invite(BACKLOG_MAX, 0)), Place::Refused);
        assert_eq!(arrivals.place(flow, &invite(NEW_CALLS_A_TURN, 0)), Place::Waits, "a repetition of what waits");
        assert_eq!(arrivals.known.len(), BACKLOG_MAX - NEW_CALLS_A_TURN, "the first ones need no hash");
        assert_eq!(arrivals.place(flow, b"BYE sip:a SIP/2.0\r\n\r\n"), Place::Now);
        assert_eq!(arrivals.place(flow, b"CANCEL sip:a SIP/2.0\r\n\r\n"), Place::Refused);
        assert!(arrivals.next().is_some());
        assert_eq!((arrivals.place(flow, &invite(0, 0)), arrivals.shed), (Place::Waits, 2));
        while arrivals.next().is_some() {}
        assert_eq!((arrivals.bytes, arrivals.known.len()), (0, 0));
        let large = (0..BACKLOG_MAX).find(|number| arrivals.place(flow, &invite(*number, 60_000)) == Place::Refused);
        assert!(large.is_some_and(|count| count > 1000), "{large:?}");
    }
}
