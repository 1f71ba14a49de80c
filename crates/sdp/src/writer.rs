//! Writes our descriptions.

use std::io::Write;
use std::net::IpAddr;

use base::{Codec, Direction};

use crate::Local;

/// The lines above the first m-line.
pub(crate) fn session(local: &Local) -> Vec<u8> {
    // With the audio stream behind it a description has about 300 bytes.
    let mut out = Vec::with_capacity(400);
    text(&mut out, "v=0\r\no=- ");
    number(&mut out, local.session_id);
    text(&mut out, " ");
    number(&mut out, local.version);
    text(&mut out, " ");
    place(&mut out, local.address);
    text(&mut out, "\r\ns=-\r\nc=");
    place(&mut out, local.address);
    text(&mut out, "\r\nt=0 0\r\n");
    out
}

/// Our audio stream: `voice` as payload type and codec, in order, then what else belongs to it.
pub(crate) struct Audio<'a> {
    pub(crate) protocol: &'a str,
    pub(crate) voice: &'a [(u8, Codec)],
    pub(crate) telephone_event: Option<u8>,
    pub(crate) ptime_ms: u8,
    pub(crate) direction: Direction,
}

pub(crate) fn audio(out: &mut Vec<u8>, local: &Local, audio: &Audio<'_>) {
    text(out, "m=audio ");
    number(out, local.port.into());
    text(out, " ");
    text(out, audio.protocol);
    for payload_type in audio.voice.iter().map(|v| v.0).chain(audio.telephone_event) {
        text(out, " ");
        number(out, payload_type.into());
    }
    text(out, "\r\n");
    for (payload_type, codec) in audio.voice {
        rtpmap(out, *payload_type, codec.name());
    }
    if let Some(payload_type) = audio.telephone_event {
        rtpmap(out, payload_type, "telephone-event");
        // 0 to 15 are the keys of a telephone (RFC 4733 §3.2).
        attribute(out, "a=fmtp:", payload_type.into(), " 0-15\r\n");
    }
    attribute(out, "a=ptime:", audio.ptime_ms.into(), "\r\na=");
    text(out, direction(audio.direction));
    text(out, "\r\n");
    if let Some(rtcp) = local.port.checked_add(1) {
        attribute(out, "a=rtcp:", rtcp.into(), "\r\n");
    }
}

fn rtpmap(out: &mut Vec<u8>, payload_type: u8, name: &str) {
    attribute(out, "a=rtpmap:", payload_type.into(), " ");
    text(out, name);
    text(out, "/8000\r\n");
}

fn attribute(out: &mut Vec<u8>, before: &str, value: u64, behind: &str) {
    text(out, before);
    number(out, value);
    text(out, behind);
}

/// An m-line that refuses a stream: port 0, otherwise as it was (RFC 3264 §6).
pub(crate) fn refused(out: &mut Vec<u8>, media: &str, protocol: &str, formats: &[&str]) {
    // Writing to a Vec cannot fail.
    let _ = write!(out, "m={media} 0 {protocol} {}\r\n", formats.join(" "));
}

/// `IN IP4 <address>`.
fn place(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(address) => {
            text(out, "IN IP4 ");
            for (place, octet) in address.octets().into_iter().enumerate() {
                text(out, if place == 0 { "" } else { "." });
                number(out, octet.into());
            }
        }
        // Writing to a Vec cannot fail.
        IpAddr::V6(address) => drop(write!(out, "IN IP6 {address}")),
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// In decimal. A description has twenty numbers, and `write!` takes several times as long for one.
fn number(out: &mut Vec<u8>, mut value: u64) {
    // A u64 has at most 20 digits.
    let mut digits = [0; 20];
    let mut begin = digits.len();
    loop {
        begin -= 1;
        digits[begin] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[begin..]);
}

const fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::SendRecv => "sendrecv",
        Direction::SendOnly => "sendonly",
        Direction::RecvOnly => "recvonly",
        Direction::Inactive => "inactive",
    }
}
