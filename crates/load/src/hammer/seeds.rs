//! What is spoilt: messages that are whole, from a stock of our own and from phones in calls.

use std::collections::VecDeque;

use base::Rng;

use crate::{Path, Sent};

/// Newest datagrams of live phones that are kept of each kind.
const LIVE_MAX: usize = 400;

/// Messages of carriers and phones as they come; `@` stands for a fresh number.
const STOCK: &[&str] = &[
    "INVITE sip:12345@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.10:5060;branch=z9hG4bK@;rport\r\nVia: SIP/2.0/UDP 10.1.1.2;branch=z9hG4bKin\r\n\
     Record-Route: <sip:203.0.113.10;lr>\r\nMax-Forwards: 67\r\nFrom: <sip:+8613800138000@203.0.113.10;user=phone>;tag=@\r\n\
     To: <sip:12345@127.0.0.1;user=phone>\r\nCall-ID: @@203.0.113.10\r\nCSeq: 1 INVITE\r\nContact: <sip:203.0.113.10:5060>\r\n\
     P-Asserted-Identity: <tel:+8613800138000>\r\nAllow: INVITE,ACK,BYE,CANCEL\r\nSupported: 100rel,timer\r\nSession-Expires: 1800\r\n\
     Content-Type: application/sdp\r\n\r\nv=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8 0 101\r\n\
     a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n",
    "REGISTER sip:12345 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:6010;branch=z9hG4bK@;rport\r\nMax-Forwards: 70\r\nFrom: <sip:1001@12345>;tag=@\r\n\
     To: <sip:1001@12345>\r\nCall-ID: @\r\nCSeq: 7 REGISTER\r\nContact: <sip:1001@127.0.0.1:6010>;expires=300;q=0.5\r\n\
     Authorization: Digest username=\"1001\", realm=\"12345\", nonce=\"@\", uri=\"sip:12345\", response=\"0123456789abcdef0123456789abcdef\", \
     algorithm=MD5, qop=auth, nc=00000001, cnonce=\"@\"\r\nContent-Length: 0\r\n\r\n",
    "OPTIONS sip:127.0.0.1 SIP/2.0\r\nv: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK@\r\nf: <sip:probe@127.0.0.1>;tag=@\r\nt: <sip:127.0.0.1>\r\n\
     i: @\r\nCSeq: 1 OPTIONS\r\nAccept: application/sdp\r\nRequire: a, b\r\nl: 0\r\n\r\n",
    "BYE sip:12345@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK@\r\nFrom: <sip:a@127.0.0.1>;tag=@\r\n\
     To: <sip:12345@127.0.0.1>;tag=@\r\nCall-ID: @\r\nCSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n",
    "CANCEL sip:12345@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK@\r\nFrom: <sip:a@127.0.0.1>;tag=@\r\n\
     To: <sip:12345@127.0.0.1>\r\nCall-ID: @\r\nCSeq: 1 CANCEL\r\nContent-Length: 0\r\n\r\n",
    "INFO sip:12345@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK@\r\nFrom: <sip:a@127.0.0.1>;tag=@\r\n\
     To: <sip:12345@127.0.0.1>;tag=@\r\nCall-ID: @\r\nCSeq: 3 INFO\r\nContent-Type: application/dtmf-relay\r\nContent-Length: 22\r\n\r\n\
     Signal=5\r\nDuration=160",
    "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK@;rport=5060\r\nFrom: <sip:12345@127.0.0.1>;tag=@\r\n\
     To: <sip:1001@127.0.0.1>;tag=@\r\nCall-ID: @\r\nCSeq: 1 INVITE\r\nContact: <sip:1001@127.0.0.1:6010>\r\nContent-Length: 0\r\n\r\n",
];

/// Whole datagrams to spoil.
#[derive(Debug, Default)]
pub(super) struct Seeds {
    sip: VecDeque<Vec<u8>>,
    /// RTP and RTCP, with the ports where they went.
    media: VecDeque<Sent>,
}

impl Seeds {
    pub(super) fn keep(&mut self, sent: Sent) {
        match sent.path {
            Path::Sip => push(&mut self.sip, sent.bytes),
            Path::Rtp | Path::Rtcp => push(&mut self.media, sent),
        }
    }

    /// A SIP message: of a live phone more often than of the stock.
    pub(super) fn sip(&self, rng: &mut Rng) -> Vec<u8> {
        match self.sip.get(rng.below(self.sip.len() as u64) as usize) {
            Some(live) if rng.chance(0.7) => live.clone(),
            _ => stock(rng),
        }
    }

    /// An RTP or RTCP packet of a live phone; none before the first call.
    pub(super) fn media(&self, rng: &mut Rng) -> Option<Sent> {
        self.media.get(rng.below(self.media.len() as u64) as usize).cloned()
    }
}

fn push<T>(ring: &mut VecDeque<T>, one: T) {
    if ring.len() == LIVE_MAX {
        ring.pop_front();
    }
    ring.push_back(one);
}

fn stock(rng: &mut Rng) -> Vec<u8> {
    let text = STOCK.get(rng.below(STOCK.len() as u64) as usize).copied().unwrap_or_default();
    let mut bytes = Vec::with_capacity(text.len() + 128);
    for (place, part) in text.split('@').enumerate() {
        // Between a letter and a host the sign is what it is in any URI.
        if place > 0 {
            let fresh =
                bytes.last().is_none_or(|before: &u8| !before.is_ascii_alphanumeric()) || bytes.ends_with(b"z9hG4bK");
            bytes.extend(if fresh { format!("{:x}", rng.u32()) } else { "@".into() }.bytes());
        }
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stock_is_readable() {
        let mut rng = Rng::from_number(3);
        for _ in 0..200 {
            let bytes = stock(&mut rng);
            let read = sip::Message::parse(&bytes);
            assert!(read.is_ok(), "{read:?}: {}", String::from_utf8_lossy(&bytes));
        }
    }
}
