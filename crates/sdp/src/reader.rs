//! Reads what offer and answer need of a description and passes over the rest.
//!
//! Its parts are a few bytes long: cutting them byte by byte costs a fraction of a search that has to be prepared.

use std::net::{IpAddr, SocketAddr};

use base::{Codec, Direction};

use crate::{Local, Refusal};

/// A browser's offer with every codec and 20 candidates is 8 KiB; a phone's under 2.
const BYTES_MAX: usize = 32 * 1024;
/// Streams of one description; a conference system offers four.
const STREAMS_MAX: usize = 16;
/// Payload types of one stream: a browser names some 40 for video, a phone under 20 for voice. Their search for meanings is quadratic.
const FORMATS_MAX: usize = 48;

/// A description as far as offer and answer need it.
#[derive(Debug, Default)]
pub(crate) struct Description<'a> {
    pub(crate) streams: Vec<Stream<'a>>,
}

/// One m-line with what belongs to it, defaults of the session filled in.
#[derive(Debug)]
pub(crate) struct Stream<'a> {
    pub(crate) media: &'a str,
    pub(crate) port: u16,
    pub(crate) protocol: &'a str,
    pub(crate) formats: Vec<&'a str>,
    scope: Scope<'a>,
    rtpmaps: Vec<(&'a str, &'a str)>,
    rtcp: Option<&'a str>,
    ptime_ms: Option<u32>,
    ptime_ms_max: Option<u32>,
}

/// What may stand both above the first m-line and under each.
#[derive(Clone, Copy, Debug, Default)]
struct Scope<'a> {
    connection: Option<&'a str>,
    direction: Option<Direction>,
}

/// What the peer says of its stream beside the codec, as our side stands in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) remote: SocketAddr,
    pub(crate) remote_rtcp: SocketAddr,
    /// The peer's first payload type of `telephone-event/8000`; none where we take no keys either.
    pub(crate) telephone_event: Option<u8>,
    /// Ours: the peer's mirrored, narrowed to what we want.
    pub(crate) direction: Direction,
    pub(crate) ptime_ms: u8,
}

/// What a payload type of a stream means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Voice(Codec),
    TelephoneEvent,
}

impl<'a> Description<'a> {
    pub(crate) fn read(body: &'a [u8]) -> Result<Description<'a>, Refusal> {
        if body.len() > BYTES_MAX {
            return Err(Refusal::Malformed { what: "it is longer than 32 KiB" });
        }
        let mut lines = body.split(|&b| b == b'\n').map(|l| l.trim_ascii_end()).filter(|l| !l.is_empty());
        if lines.next() != Some(b"v=0") {
            return Err(Refusal::Malformed { what: "it does not begin with v=0" });
        }
        let mut session = Scope::default();
        // A phone offers one.
        let mut streams: Vec<Stream<'a>> = Vec::with_capacity(1);
        for line in lines {
            let &[kind @ (b'm' | b'c' | b'a'), b'=', ref value @ ..] = line else { continue };
            // A line in another character set than UTF-8 is a name or a comment: no line that we need allows one.
            let Ok(value) = std::str::from_utf8(value) else { continue };
            if kind == b'm' {
                if streams.len() == STREAMS_MAX {
                    return Err(Refusal::Malformed { what: "it has more than 16 m-lines" });
                }
                streams.push(Stream::read(value, session)?);
                continue;
            }
            match (kind, streams.last_mut()) {
                (b'c', None) => session.connection = session.connection.or(Some(value)),
                (b'c', Some(stream)) => stream.scope.connection = Some(value),
                (_, None) => session.direction = session.direction.or(direction(value)),
                (_, Some(stream)) => stream.attribute(value),
            }
        }
        Ok(Description { streams })
    }
}

impl<'a> Stream<'a> {
    /// `<media> <port>[/<count>] <proto> <fmt> …` (RFC 4566 §5.14).
    fn read(value: &'a str, session: Scope<'a>) -> Result<Stream<'a>, Refusal> {
        let bad = Refusal::Malformed { what: "an m-line is not `m=<media> <port> <protocol> <formats>`" };
        // What stands here is repeated in the answer.
        if !value.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) {
            return Err(bad);
        }
        let mut fields = words(value);
        let (Some(media), Some(port), Some(protocol)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(bad);
        };
        let port = before(port, b'/').parse().map_err(|_| bad)?;
        let formats: Vec<&str> = fields.take(FORMATS_MAX).collect();
        if formats.is_empty() {
            return Err(bad);
        }
        Ok(Stream {
            media,
            port,
            protocol,
            formats,
            scope: session,
            rtpmaps: Vec::new(),
            rtcp: None,
            ptime_ms: None,
            ptime_ms_max: None,
        })
    }

    fn attribute(&mut self, value: &'a str) {
        let Some((name, rest)) = cut(value, b':') else {
            self.scope.direction = direction(value).or(self.scope.direction);
            return;
        };
        let rest = rest.trim_ascii();
        match name {
            "rtpmap" if self.rtpmaps.len() < FORMATS_MAX => self.rtpmaps.extend(cut(rest, b' ')),
            "rtcp" => self.rtcp = Some(rest),
            "ptime" => self.ptime_ms = milliseconds(rest),
            "maxptime" => self.ptime_ms_max = milliseconds(rest),
            _ => {}
        }
    }

    /// Whether it is audio over plain RTP and not switched off.
    pub(crate) fn is_open_audio(&self) -> bool {
        let plain = ["RTP/AVP", "RTP/AVPF"].iter().any(|p| self.protocol.eq_ignore_ascii_case(p));
        plain && self.port != 0 && self.media.eq_ignore_ascii_case("audio")
    }

    /// What `rtpmap` says of a payload type.
    pub(crate) fn rtpmap(&self, format: &str) -> Option<&'a str> {
        self.rtpmaps.iter().find(|(known, _)| *known == format).map(|(_, map)| *map)
    }

    /// The address of its `c=` line as it stands there.
    pub(crate) fn address(&self) -> Option<&'a str> {
        Some(before(words(self.scope.connection?).nth(2)?, b'/'))
    }

    /// The direction as it stands there (RFC 4566 §6); `sendrecv` where none does.
    pub(crate) fn said_direction(&self) -> &'static str {
        match self.scope.direction.unwrap_or_default() {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::RecvOnly => "recvonly",
            Direction::Inactive => "inactive",
        }
    }

    /// The payload types that we can use, in the peer's order.
    pub(crate) fn meanings(&self) -> impl Iterator<Item = (u8, Meaning)> {
        self.formats.iter().filter_map(|format| {
            let payload_type = format.parse().ok().filter(|t| *t < 128)?;
            Some((payload_type, self.meaning(format, payload_type)?))
        })
    }

    fn meaning(&self, format: &str, payload_type: u8) -> Option<Meaning> {
        let Some(map) = self.rtpmap(format) else {
            // A static type needs no rtpmap (RFC 3551 §6).
            return Codec::ALL.into_iter().find(|c| c.payload_type() == payload_type).map(Meaning::Voice);
        };
        let map = map.trim_ascii();
        let (name, rate) = cut(map, b'/').unwrap_or((map, "8000"));
        // One channel at 8000 Hz; a rate left out can mean nothing else for these names.
        let (rate, channels) = cut(rate, b'/').unwrap_or((rate, "1"));
        if rate != "8000" || !matches!(before(channels, b'/'), "1" | "") {
            return None;
        }
        if name.eq_ignore_ascii_case("telephone-event") {
            return Some(Meaning::TelephoneEvent);
        }
        Codec::ALL.into_iter().find(|c| name.eq_ignore_ascii_case(c.name())).map(Meaning::Voice)
    }

    /// What the peer says of this stream, for a side that is `local`.
    pub(crate) fn terms(&self, local: &Local) -> Result<Terms, Refusal> {
        let address = self.scope.connection.and_then(connection_address);
        let (remote, remote_rtcp) = self.remote(address, local)?;
        let telephone_event = self.meanings().find(|(_, m)| *m == Meaning::TelephoneEvent).map(|(t, _)| t);
        Ok(Terms {
            remote,
            remote_rtcp,
            telephone_event: telephone_event.filter(|_| local.telephone_event),
            direction: crate::both(local.direction, crate::mirrored(self.direction(remote.ip()))),
            ptime_ms: self.ptime_ms(),
        })
    }

    /// What the peer does; an unspecified address (`c=IN IP4 0.0.0.0`) is hold as RFC 2543 had it: the peer takes
    /// nothing (RFC 3264 §8.4).
    fn direction(&self, address: IpAddr) -> Direction {
        let said = self.scope.direction.unwrap_or_default();
        if address.is_unspecified() { crate::both(said, Direction::SendOnly) } else { said }
    }

    /// The milliseconds of audio a packet that the peer asks for, in whole tens from 10 to 60.
    fn ptime_ms(&self) -> u8 {
        let wish = self.ptime_ms.unwrap_or(u32::from(crate::PTIME_MS));
        let wish = wish.min(self.ptime_ms_max.unwrap_or(u32::MAX)).clamp(10, 60);
        // At most 60 after the clamp.
        (wish / 10 * 10) as u8
    }

    /// Where the peer wants RTP and RTCP.
    fn remote(&self, address: Option<IpAddr>, local: &Local) -> Result<(SocketAddr, SocketAddr), Refusal> {
        let (no, family) = (|what| Refusal::Unreachable { what }, local.address);
        let fits = |address: &IpAddr| address.is_ipv4() == family.is_ipv4() || address.is_unspecified();
        let stand_in = local.peer.filter(fits);
        let address = address.filter(fits).or(stand_in).or(address).ok_or(no("its c= line holds no IP address"))?;
        if address.is_multicast() || matches!(address, IpAddr::V4(a) if a.is_broadcast()) {
            return Err(no("its c= line holds a multicast or broadcast address"));
        }
        if !fits(&address) {
            return Err(no("it speaks another IP version than our media address"));
        }
        // The highest port leaves none above it: RTCP then goes where RTP goes, and is ignored there.
        let next = SocketAddr::new(address, self.port.checked_add(1).unwrap_or(self.port));
        Ok((SocketAddr::new(address, self.port), self.rtcp_address(address, family).unwrap_or(next)))
    }

    /// `a=rtcp:<port> [IN IP4 <address>]` (RFC 3605); what cannot be used counts as absent.
    fn rtcp_address(&self, rtp: IpAddr, family: IpAddr) -> Option<SocketAddr> {
        let (port, rest) = self.rtcp.map(|r| cut(r, b' ').unwrap_or((r, "")))?;
        let port = port.parse().ok().filter(|p| *p != 0)?;
        let address = if rest.is_empty() { rtp } else { connection_address(rest)? };
        let usable = address.is_ipv4() == family.is_ipv4() && !address.is_multicast();
        usable.then_some(SocketAddr::new(address, port))
    }
}

/// `IN IP4 <address>[/<ttl>]` (RFC 4566 §5.7).
fn connection_address(value: &str) -> Option<IpAddr> {
    before(words(value).nth(2)?, b'/').parse().ok()
}

fn direction(attribute: &str) -> Option<Direction> {
    match attribute.trim_ascii() {
        "sendrecv" => Some(Direction::SendRecv),
        "sendonly" => Some(Direction::SendOnly),
        "recvonly" => Some(Direction::RecvOnly),
        "inactive" => Some(Direction::Inactive),
        _ => None,
    }
}

/// Whole milliseconds; some phones write `20.0`.
fn milliseconds(text: &str) -> Option<u32> {
    before(text, b'.').parse().ok().filter(|ms| *ms != 0)
}

/// What stands between spaces.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let begin = rest.bytes().position(|byte| byte != b' ')?;
        let word = before(&rest[begin..], b' ');
        rest = &rest[begin + word.len()..];
        Some(word)
    })
}

/// What stands before and behind the first `separator`, an ASCII character.
fn cut(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == separator)?;
    Some((&text[..at], &text[at + 1..]))
}

/// What stands before the first `separator`, all where there is none.
fn before(text: &str, separator: u8) -> &str {
    cut(text, separator).map_or(text, |(before, _)| before)
}
