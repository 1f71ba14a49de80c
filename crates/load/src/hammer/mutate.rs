//! Spoils a datagram the way that broken phones, proxies and attackers do.

use base::Rng;

/// A datagram over IPv4 carries no more.
const DATAGRAM_MAX: usize = 65_507;
/// Copies of one line; some above what the engine reads.
const COPIES_MAX: u64 = 300;
/// What one mutation adds to a header at most; some above what the engine reads.
const FILLER_MAX: u64 = 12_000;

/// What hurts readers of text: numbers at their edges, quotes, escapes, other alphabets, line ends in odd places.
const JUNK: &[&str] = &[
    "-1",
    "0",
    "4294967296",
    "2147483648",
    "18446744073709551616",
    "99999999999999999999999",
    "\"",
    "\\",
    "\"\\\"",
    "<",
    ">",
    "<>",
    ";",
    ";;,",
    ",",
    "%00",
    "%zz",
    "%",
    "\0",
    "\r",
    "\n",
    "\r\n",
    "\r\n ",
    "\r\n\r\n",
    "\t",
    " ",
    "=",
    "@",
    ":",
    "::",
    "[",
    "]",
    "[::ffff:",
    "*",
    "?",
    "&",
    "一二三",
    "\u{202e}",
    "\u{feff}",
    "İ",
    "ß",
    ";rport",
    ";received=999.1.1.1",
    ";branch=z9hG4bK",
    ";tag=",
    ";lr",
    ";q=9.9",
    ";expires=-1",
    "sip:",
    "sips:",
    "tel:+",
    "SIP/2.0",
    "SIP/9.9",
    "UDP",
    "TCP",
    "INVITE",
    "ACK",
    "CANCEL",
    "BYE",
    "REGISTER",
    "Digest ",
    "v=0\r\n",
    "m=audio 0 RTP/AVP 8\r\n",
    "c=IN IP4 0.0.0.0\r\n",
];

/// The datagram with a few faults; `other` lends what is spliced in. Half of them keep the form and break the meaning, so that
/// they come further than the reader.
pub(super) fn mutate(rng: &mut Rng, bytes: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let keeps_form = rng.chance(0.5);
    for _ in 0..=rng.below(3) {
        if keeps_form { meaning(rng, &mut bytes, other) } else { form(rng, &mut bytes, other) }
    }
    bytes.truncate(DATAGRAM_MAX);
    bytes
}

fn form(rng: &mut Rng, bytes: &mut Vec<u8>, other: &[u8]) {
    match rng.below(9) {
        0 | 1 => flip_bits(rng, bytes),
        2 => bytes.truncate(place(rng, bytes)),
        3 => remove(rng, bytes),
        4 => fill(rng, bytes),
        5 => splice(rng, bytes, other),
        6 => content_length(rng, bytes),
        _ => insert(rng, bytes),
    }
}

fn meaning(rng: &mut Rng, bytes: &mut Vec<u8>, other: &[u8]) {
    match rng.below(6) {
        0 => copy_line(rng, bytes),
        1 => swap_lines(rng, bytes),
        2 => number(rng, bytes),
        3 => branch(rng, bytes),
        _ => lend_line(rng, bytes, other),
    }
}

/// A place in the bytes, or their end.
fn place(rng: &mut Rng, bytes: &[u8]) -> usize {
    rng.below(bytes.len() as u64 + 1) as usize
}

fn pick<'a, T: ?Sized>(rng: &mut Rng, all: &[&'a T]) -> Option<&'a T> {
    all.get(rng.below(all.len() as u64) as usize).copied()
}

fn flip_bits(rng: &mut Rng, bytes: &mut [u8]) {
    for _ in 0..=rng.below(8) {
        let at = place(rng, bytes);
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << rng.below(8);
        }
    }
}

fn remove(rng: &mut Rng, bytes: &mut Vec<u8>) {
    let from = place(rng, bytes);
    let to = (from + 1 + rng.below(40) as usize).min(bytes.len());
    bytes.drain(from..to);
}

/// The lines with their ends.
fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

fn copy_line(rng: &mut Rng, bytes: &mut Vec<u8>) {
    let Some(line) = pick(rng, &lines(bytes)).map(<[u8]>::to_vec) else { return };
    let copies = 1 + if rng.chance(0.2) { rng.below(COPIES_MAX) } else { rng.below(4) };
    let first = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    bytes.splice(first..first, line.repeat(copies as usize));
}

fn fill(rng: &mut Rng, bytes: &mut Vec<u8>) {
    let length = rng.below(FILLER_MAX) as usize;
    let at =
        if rng.chance(0.5) { bytes.iter().position(|byte| *byte == b'\r').unwrap_or(0) } else { place(rng, bytes) };
    let filler = [b'a', b'<', b'"', b',', b';', 0xc3, 0].get(rng.below(7) as usize).copied().unwrap_or(b'a');
    bytes.splice(at..at, std::iter::repeat_n(filler, length));
}

fn splice(rng: &mut Rng, bytes: &mut Vec<u8>, other: &[u8]) {
    let at = place(rng, bytes);
    bytes.truncate(at);
    bytes.extend_from_slice(other.get(place(rng, other)..).unwrap_or_default());
}

fn content_length(rng: &mut Rng, bytes: &mut Vec<u8>) {
    let value = pick(rng, &["-1", "0", "1", "65536", "4294967295", "18446744073709551615", "abc", "", "7, 8"]);
    let line = format!("Content-Length: {}\r\n", value.unwrap_or_default());
    let old = find(bytes, b"Content-Length:").filter(|_| rng.chance(0.7));
    let at = old.or_else(|| find(bytes, b"\r\n").map(|at| at + 2)).unwrap_or(0);
    let end = old.and_then(|at| find(bytes.get(at..)?, b"\n").map(|n| at + n + 1)).unwrap_or(at);
    bytes.splice(at..end, line.bytes());
}

fn insert(rng: &mut Rng, bytes: &mut Vec<u8>) {
    let junk = pick(rng, JUNK).unwrap_or_default();
    let at = place(rng, bytes);
    bytes.splice(at..at, junk.bytes());
}

fn swap_lines(rng: &mut Rng, bytes: &mut Vec<u8>) {
    let mut all: Vec<Vec<u8>> = lines(bytes).into_iter().map(<[u8]>::to_vec).collect();
    let (a, b) = (rng.below(all.len().max(1) as u64) as usize, rng.below(all.len().max(1) as u64) as usize);
    if a < all.len() && b < all.len() {
        all.swap(a, b);
    }
    *bytes = all.concat();
}

/// Puts another number in the place of one.
fn number(rng: &mut Rng, bytes: &mut Vec<u8>) {
    let start = place(rng, bytes);
    let digit = |byte: &u8| byte.is_ascii_digit();
    let Some(from) = bytes.get(start..).and_then(|rest| rest.iter().position(digit)).map(|at| start + at) else {
        return;
    };
    let to = from + bytes.get(from..).map_or(0, |rest| rest.iter().take_while(|byte| digit(byte)).count());
    let value = pick(rng, &["0", "1", "-1", "65535", "65536", "4294967295", "4294967296", "99999999999999999999"]);
    bytes.splice(from..to, value.unwrap_or_default().bytes());
}

/// Makes another transaction of it.
fn branch(rng: &mut Rng, bytes: &mut Vec<u8>) {
    if let Some(at) = find(bytes, b"z9hG4bK") {
        bytes.splice(at + 7..at + 7, format!("{:x}", rng.u32()).bytes());
    }
}

/// Puts a line of the other message in the place of one, of the same header where there is such.
fn lend_line(rng: &mut Rng, bytes: &mut Vec<u8>, other: &[u8]) {
    let Some(lent) = pick(rng, &lines(other)).map(<[u8]>::to_vec) else { return };
    let name = |line: &[u8]| line.split(|byte| *byte == b':').next().unwrap_or_default().to_vec();
    let mut all: Vec<Vec<u8>> = lines(bytes).into_iter().map(<[u8]>::to_vec).collect();
    let same = all.iter().position(|line| name(line) == name(&lent));
    let at = same.unwrap_or_else(|| rng.below(all.len().max(1) as u64) as usize);
    if let Some(line) = all.get_mut(at) {
        *line = lent;
    }
    *bytes = all.concat();
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_datagram_can_be_sent_and_most_are_spoilt() {
        let mut rng = Rng::from_number(1);
        let (one, other) = (b"INVITE sip:a SIP/2.0\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n", b"\x80\x08ab");
        let all: Vec<_> = (0..2_000).map(|_| mutate(&mut rng, one, other)).collect();
        assert!(all.iter().all(|bytes| bytes.len() <= DATAGRAM_MAX));
        assert!(all.iter().filter(|bytes| bytes.as_slice() != one).count() > 1_700);
        assert!(all.iter().any(|bytes| bytes.len() > 10_000) && all.iter().any(|bytes| bytes.len() < 10));
        assert!((0..100).all(|_| mutate(&mut rng, b"", b"").len() <= DATAGRAM_MAX));
    }

    #[test]
    fn a_seed_repeats_itself() {
        let run =
            || (0..100).map(|_| mutate(&mut Rng::from_number(9), b"BYE sip:b SIP/2.0\r\n", b"x")).collect::<Vec<_>>();
        assert_eq!(run(), run());
    }
}
