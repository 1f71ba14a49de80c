//! An INVITE's body with an ISUP message in it (SIP-I: ITU-T Q.1912.5 profile C, RFC 3204).

use sip::Body;

use super::Isup;

/// No description and no ISUP message holds it.
const BOUNDARY: &str = "sip-i-3b9f";

/// An initial address message (ITU-T Q.763): nature of connection, forward call indicators, category, transmission medium, then
/// the called number 12345; bytes of every kind, as a reader of text meets them.
const ADDRESS_MESSAGE: [u8; 17] = [1, 0, 0x60, 0, 0x0a, 3, 2, 0x0a, 6, 3, 0x10, 0x21, 0x43, 0x05, 0x0d, 0x0a, 0];

/// The description with an ISUP message beside it, which the receiver may pass over.
pub(super) fn beside(description: &Body, caller: &str, place: Isup) -> Body {
    let session = part(&description.content_type, "session", &description.bytes);
    let isup = [&ADDRESS_MESSAGE[..], caller.as_bytes()].concat();
    let isup = part("application/ISUP;version=itu-t92+;base=itu-t92+", "signal;handling=optional", &isup);
    let parts = match place {
        Isup::BeforeTheDescription => [isup, session],
        Isup::BehindTheDescription => [session, isup],
    };
    let bytes = [parts.concat(), format!("--{BOUNDARY}--\r\n").into_bytes()].concat();
    super::body(&format!("multipart/mixed;boundary={BOUNDARY}"), bytes)
}

fn part(content_type: &str, disposition: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!("--{BOUNDARY}\r\nContent-Type: {content_type}\r\nContent-Disposition: {disposition}\r\n\r\n");
    [head.as_bytes(), bytes, b"\r\n"].concat()
}
