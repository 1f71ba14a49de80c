//! What a description says, in a few words, for people who read it.

use crate::reader::{Description, Stream};

/// One stream as its description has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gist {
    /// `audio`, `video` …
    pub media: String,
    /// Where its side wants it, as the `c=` line says; empty where there is none.
    pub address: String,
    /// 0 for a stream that is refused or switched off.
    pub port: u16,
    /// In order of preference, as `PCMA`, `telephone-event`, `opus/48000/2`; the number of a payload type without a name.
    pub codecs: Vec<String>,
    /// `sendrecv`, `sendonly`, `recvonly` or `inactive`.
    pub direction: &'static str,
}

/// Payload types that need no name (RFC 3551 §6), of voice.
const STATIC: [(&str, &str); 6] =
    [("0", "PCMU"), ("3", "GSM"), ("4", "G723"), ("8", "PCMA"), ("9", "G722"), ("18", "G729")];

/// Every stream of a description; none where it cannot be read.
pub fn gist(description: &[u8]) -> Option<Vec<Gist>> {
    let description = Description::read(description).ok()?;
    Some(description.streams.iter().map(of).collect())
}

fn of(stream: &Stream<'_>) -> Gist {
    Gist {
        media: stream.media.to_owned(),
        address: stream.address().unwrap_or_default().to_owned(),
        port: stream.port,
        codecs: stream.formats.iter().map(|format| codec(stream, format)).collect(),
        direction: stream.said_direction(),
    }
}

fn codec(stream: &Stream<'_>, format: &str) -> String {
    let map = stream.rtpmap(format).map(|map| map.trim()).map(|map| map.strip_suffix("/8000").unwrap_or(map));
    let known = || STATIC.iter().find(|(number, _)| *number == format).map(|(_, name)| *name);
    map.or_else(known).unwrap_or(format).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_told_as_they_stand() {
        let text = b"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\na=sendonly\r\n\
            m=audio 4000 RTP/AVP 8 0 111 77 101\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n\
            m=video 0 RTP/AVP 96\r\nc=IN IP4 192.0.2.10\r\na=inactive\r\n";
        let told = gist(text).expect("a description");
        let codecs = ["PCMA", "PCMU", "opus/48000/2", "77", "telephone-event"].map(str::to_owned).to_vec();
        let (media, address) = ("audio".to_owned(), "192.0.2.9".to_owned());
        assert_eq!(told[0], Gist { media, address, port: 4000, codecs, direction: "sendonly" });
        assert_eq!((told[1].port, &*told[1].address, told[1].direction), (0, "192.0.2.10", "inactive"));
        assert_eq!((told.len(), gist(b"12345#")), (2, None));
    }
}
