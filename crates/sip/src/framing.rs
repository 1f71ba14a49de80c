//! Where messages begin and end in the bytes of a connection (RFC 3261 §18.3, RFC 5626 §4.4.1).

use crate::limits::MESSAGE_BYTES_MAX;
use crate::name::Name;
use crate::text;

/// Cuts the bytes of one connection into messages.
#[derive(Debug, Default)]
pub struct Framer {
    bytes: Vec<u8>,
    /// Bytes before this were given out.
    begin: usize,
    /// From `begin` on, so many bytes hold no end of a head.
    searched: usize,
    /// How long the message at `begin` is, once its head is there.
    length: Option<usize>,
}

/// What stands next on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A whole message; its reader may still find fault with it.
    Message(&'a [u8]),
    /// A head whose length says nothing usable: it can be answered, but nobody knows where the next message begins. Close.
    Last(&'a [u8]),
    /// An empty line twice: the peer wants to know whether we live, and takes one empty line for an answer.
    Ping,
    /// Nothing whole.
    More,
    /// No SIP, or a head without end. Close.
    Broken,
}

impl Framer {
    /// Takes in what was received.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.begin);
        self.begin = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether a message has begun and is not whole; the sender owes its rest.
    pub fn is_partial(&self) -> bool {
        self.rest().iter().any(|byte| !matches!(byte, b'\r' | b'\n'))
    }

    /// Bytes that wait for the rest of their message.
    pub fn held(&self) -> usize {
        self.rest().len()
    }

    /// Gives the next thing out; to be asked until it says `More`, or that the connection is to be closed.
    pub fn take(&mut self) -> Frame<'_> {
        if self.length.is_none() {
            match self.skip_blanks() {
                Blanks::Ping => return Frame::Ping,
                Blanks::Open => return Frame::More,
                Blanks::None => {}
            }
            match self.find_length() {
                Ok(Some(length)) => self.length = Some(length),
                Ok(None) => return Frame::More,
                Err(Unframed::Garbage) => return Frame::Broken,
                Err(Unframed::Head(length)) => return Frame::Last(self.give(length)),
            }
        }
        match self.length {
            Some(length) if length <= self.rest().len() => Frame::Message(self.give(length)),
            _ => Frame::More,
        }
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.begin..).unwrap_or_default()
    }

    fn give(&mut self, length: usize) -> &[u8] {
        let begin = self.begin;
        self.begin += length;
        (self.searched, self.length) = (0, None);
        self.bytes.get(begin..self.begin).unwrap_or_default()
    }

    /// Leaves out what stands between messages. Half a ping waits for its other half: as two of them it would go unanswered.
    fn skip_blanks(&mut self) -> Blanks {
        loop {
            let rest = self.rest();
            let skip = match rest {
                [b'\r', b'\n', b'\r', b'\n', ..] => {
                    self.begin += 4;
                    return Blanks::Ping;
                }
                [] => {
                    // A connection with nothing on its way holds no memory.
                    (self.bytes, self.begin) = (Vec::new(), 0);
                    return Blanks::Open;
                }
                [b'\r'] | [b'\r', b'\n'] | [b'\r', b'\n', b'\r'] => return Blanks::Open,
                [b'\r', b'\n', ..] => 2,
                [b'\r' | b'\n', ..] => 1,
                _ => return Blanks::None,
            };
            self.begin += skip;
        }
    }

    /// The length of the message that begins here, once its head is there.
    fn find_length(&mut self) -> Result<Option<usize>, Unframed> {
        if self.searched == 0 && !begins_like_sip(self.rest()) {
            return Err(Unframed::Garbage);
        }
        let Some(head) = head_length(self.rest(), self.searched) else {
            // An empty line may lie across two pushes.
            self.searched = self.rest().len().saturating_sub(3);
            return if self.rest().len() < MESSAGE_BYTES_MAX { Ok(None) } else { Err(Unframed::Garbage) };
        };
        let bytes = self.rest().get(..head).unwrap_or_default();
        if !first_line(bytes).windows(4).any(|four| four.eq_ignore_ascii_case(b"SIP/")) {
            return Err(Unframed::Garbage);
        }
        let body = content_length(bytes).ok_or(Unframed::Head(head))?;
        let length = head.saturating_add(body);
        if length <= MESSAGE_BYTES_MAX { Ok(Some(length)) } else { Err(Unframed::Head(head)) }
    }
}

enum Blanks {
    None,
    /// More of them may come.
    Open,
    Ping,
}

enum Unframed {
    Garbage,
    /// A head of so many bytes whose body has no known end.
    Head(usize),
}

/// A start line begins with a letter or another character of a token: TLS and whatever else is binary is known by its first byte.
fn begins_like_sip(bytes: &[u8]) -> bool {
    bytes.first().is_none_or(|first| text::is_token_bytes(&[*first]))
}

fn first_line(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == b'\n').next().unwrap_or_default()
}

/// How many bytes the head has, its empty line included; `from` is where to begin to look for its end.
fn head_length(bytes: &[u8], from: usize) -> Option<usize> {
    let tail = bytes.get(from..)?;
    memchr::memchr_iter(b'\n', tail).find_map(|at| match tail.get(at + 1..)? {
        [b'\n', ..] => Some(from + at + 2),
        [b'\r', b'\n', ..] => Some(from + at + 3),
        _ => None,
    })
}

/// What the head says of the length of its body: nothing counts as none, which is all that a stream allows.
/// `None` when it is no number.
fn content_length(head: &[u8]) -> Option<usize> {
    let mut lines = head.split(|byte| *byte == b'\n').skip(1).peekable();
    while let Some(line) = lines.next() {
        let Some((name, value)) = line.iter().position(|byte| *byte == b':').map(|at| line.split_at(at)) else {
            continue;
        };
        if Name::from_bytes(name.trim_ascii_end()) != Name::ContentLength {
            continue;
        }
        let mut value = value.get(1..).unwrap_or_default().trim_ascii();
        // Folded, as hardly anybody writes it.
        if value.is_empty()
            && let Some(next) = lines.peek().filter(|next| matches!(next.first(), Some(b' ' | b'\t')))
        {
            value = next.trim_ascii();
        }
        return text::number(str::from_utf8(value).ok()?);
    }
    Some(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str = "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP b;branch=z9hG4bK1\r\n";

    fn message(more: &str, body: &str) -> Vec<u8> {
        format!("{HEAD}{more}\r\n{body}").into_bytes()
    }

    /// Everything that comes out, as text.
    fn all(framer: &mut Framer) -> Vec<String> {
        let mut out = Vec::new();
        loop {
            let said = match framer.take() {
                Frame::Message(bytes) => format!("message {}", bytes.len()),
                Frame::Last(bytes) => format!("last {}", bytes.len()),
                Frame::Ping => "ping".to_owned(),
                Frame::More => return out,
                Frame::Broken => "broken".to_owned(),
            };
            let closes = said.starts_with("last") || said == "broken";
            out.push(said);
            if closes {
                return out;
            }
        }
    }

    #[test]
    fn messages_are_cut_by_their_length_rfc3261_18_3() {
        let cases: [(&str, Vec<u8>, Vec<String>); 16] = [
            ("a body", message("Content-Length: 4\r\n", "abcd"), vec![format!("message {}", HEAD.len() + 25)]),
            ("compact", message("l:4\r\n", "abcd"), vec![format!("message {}", HEAD.len() + 11)]),
            (
                "any case, blanks",
                message("CONTENT-length \t:  4 \r\n", "abcd"),
                vec![format!("message {}", HEAD.len() + 29)],
            ),
            ("folded", message("Content-Length:\r\n 4\r\n", "abcd"), vec![format!("message {}", HEAD.len() + 27)]),
            ("none counts as no body", message("", ""), vec![format!("message {}", HEAD.len() + 2)]),
            ("no number", message("Content-Length: many\r\n", "abcd"), vec![format!("last {}", HEAD.len() + 24)]),
            ("negative", message("Content-Length: -1\r\n", "abcd"), vec![format!("last {}", HEAD.len() + 22)]),
            (
                "beyond all",
                message("Content-Length: 99999999999999999999\r\n", ""),
                vec![format!("last {}", HEAD.len() + 40)],
            ),
            ("too large", message("Content-Length: 65536\r\n", ""), vec![format!("last {}", HEAD.len() + 25)]),
            ("not whole", message("Content-Length: 5\r\n", "abcd"), vec![]),
            ("bare line feeds", b"OPTIONS sip:a SIP/2.0\nl: 2\n\nab".to_vec(), vec!["message 30".to_owned()]),
            ("a ping", b"\r\n\r\n".to_vec(), vec!["ping".to_owned()]),
            ("a pong", b"\r\n".to_vec(), vec![]),
            ("another protocol", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(), vec!["broken".to_owned()]),
            ("TLS", vec![0x16, 3, 1, 2, 0], vec!["broken".to_owned()]),
            ("a head without end", vec![b'A'; MESSAGE_BYTES_MAX], vec!["broken".to_owned()]),
        ];
        for (what, bytes, expected) in cases {
            let mut framer = Framer::default();
            framer.push(&bytes);
            assert_eq!(all(&mut framer), expected, "{what}");
        }
    }

    #[test]
    fn a_ping_in_halves_is_one_ping_rfc5626_4_4_1() {
        let mut framer = Framer::default();
        // The last line end is a pong, and belongs to no ping.
        let parts: [(&[u8], bool); 5] =
            [(b"\r\n", false), (b"\r", false), (b"\n", true), (b"\r\n\r\n", true), (b"\r\n", false)];
        for (part, ping) in parts {
            framer.push(part);
            assert_eq!(all(&mut framer).len(), usize::from(ping), "{part:?}");
            assert!(!framer.is_partial());
        }
        framer.push(&message("", ""));
        assert_eq!(all(&mut framer).last().map(String::as_str), Some(format!("message {}", HEAD.len() + 2).as_str()));
    }

    #[test]
    fn what_is_not_whole_is_owed() {
        let mut framer = Framer::default();
        assert!(!framer.is_partial());
        let bytes = message("Content-Length: 4\r\n", "abcd");
        let (first, rest) = bytes.split_at(20);
        framer.push(first);
        assert_eq!(framer.take(), Frame::More);
        assert!(framer.is_partial());
        framer.push(rest);
        assert_eq!(framer.take(), Frame::Message(&bytes));
        assert!(!framer.is_partial());
    }

    proptest! {
        /// However the network cuts the stream, the same messages come out.
        #[test]
        fn the_cuts_of_the_network_change_nothing(
            bodies in prop::collection::vec("[a-z\r\n]{0,40}", 1..6),
            pings in prop::collection::vec(any::<bool>(), 6),
            cuts in prop::collection::vec(1usize..50, 1..40),
        ) {
            let mut stream = Vec::new();
            let mut expected = Vec::new();
            for (body, ping) in bodies.iter().zip(&pings) {
                if *ping {
                    stream.extend_from_slice(b"\r\n\r\n");
                    expected.push("ping".to_owned());
                }
                let bytes = message(&format!("Content-Length: {}\r\n", body.len()), body);
                expected.push(format!("message {}", bytes.len()));
                stream.extend_from_slice(&bytes);
            }
            let (mut framer, mut got, mut rest) = (Framer::default(), Vec::new(), &stream[..]);
            for cut in cuts.iter().cycle() {
                let (part, left) = rest.split_at((*cut).min(rest.len()));
                framer.push(part);
                got.extend(all(&mut framer));
                rest = left;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(got, expected);
        }

        /// Any bytes come to an end, and nothing is kept beyond a message and what one read brought.
        #[test]
        fn any_bytes_are_taken(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..20)) {
            let mut framer = Framer::default();
            for part in parts {
                framer.push(&part);
                all(&mut framer);
                prop_assert!(framer.rest().len() <= MESSAGE_BYTES_MAX + 200);
            }
        }
    }
}
