//! Writes our descriptions.

use std::fmt::Write;
use std::net::IpAddr;

use base::Direction;

use crate::Local;

/// The lines above the first m-line.
pub(crate) fn session(local: &Local) -> String {
    let Local { session_id, version, address, .. } = local;
    let family = family(*address);
    // With the audio stream behind it a description has about 300 bytes.
    let mut out = String::with_capacity(400);
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "v=0\r\no=- {session_id} {version} IN {family} {address}\r\ns=-\r\nc=IN {family} {address}\r\nt=0 0\r\n"
    );
    out
}

/// Our audio stream: `voice` as payload type and name, in order, then what else belongs to it.
pub(crate) struct Audio<'a> {
    pub(crate) protocol: &'a str,
    pub(crate) voice: Vec<(u8, &'static str)>,
    pub(crate) telephone_event: Option<u8>,
    pub(crate) ptime_ms: u8,
    pub(crate) direction: Direction,
}

pub(crate) fn audio(out: &mut String, local: &Local, audio: &Audio<'_>) {
    // Writing to a String cannot fail.
    let _ = write_audio(out, local, audio);
}

fn write_audio(out: &mut String, local: &Local, audio: &Audio<'_>) -> std::fmt::Result {
    write!(out, "m=audio {} {}", local.port, audio.protocol)?;
    for payload_type in audio.voice.iter().map(|v| v.0).chain(audio.telephone_event) {
        write!(out, " {payload_type}")?;
    }
    out.push_str("\r\n");
    for (payload_type, name) in &audio.voice {
        write!(out, "a=rtpmap:{payload_type} {name}/8000\r\n")?;
    }
    if let Some(payload_type) = audio.telephone_event {
        // 0 to 15 are the keys of a telephone (RFC 4733 §3.2).
        write!(out, "a=rtpmap:{payload_type} telephone-event/8000\r\na=fmtp:{payload_type} 0-15\r\n")?;
    }
    write!(out, "a=ptime:{}\r\na={}\r\n", audio.ptime_ms, direction(audio.direction))?;
    match local.port.checked_add(1) {
        Some(rtcp) => write!(out, "a=rtcp:{rtcp}\r\n"),
        None => Ok(()),
    }
}

/// An m-line that refuses a stream: port 0, otherwise as it was (RFC 3264 §6).
pub(crate) fn refused(out: &mut String, media: &str, protocol: &str, formats: &[&str]) {
    // Writing to a String cannot fail.
    let _ = write!(out, "m={media} 0 {protocol} {}\r\n", formats.join(" "));
}

const fn family(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(_) => "IP4",
        IpAddr::V6(_) => "IP6",
    }
}

const fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::SendRecv => "sendrecv",
        Direction::SendOnly => "sendonly",
        Direction::RecvOnly => "recvonly",
        Direction::Inactive => "inactive",
    }
}
