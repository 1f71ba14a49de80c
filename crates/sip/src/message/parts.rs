//! The part of a body that somebody asks for (RFC 2046 §5.1, RFC 5621 §3): carriers send a description beside an ISUP message.

use memchr::memchr;

use super::Message;
use crate::name::Name;
use crate::text;

/// Parts of one body that are looked at: SIP-I sends two or three (a description, ISUP, geodata).
const PARTS_MAX: usize = 8;

/// A boundary's length (RFC 2046 §5.1.1).
const BOUNDARY_BYTES_MAX: usize = 70;

impl Message {
    /// The body when it is of that media type or says of none, else the first part of a multipart body that is; never empty.
    pub fn body_of(&self, media_type: &str) -> Option<&[u8]> {
        let body = Some(self.body()).filter(|body| !body.is_empty())?;
        match self.header(Name::ContentType) {
            None => Some(body),
            Some(_) if self.has_content_type(media_type) => Some(body),
            Some(value) => part(body, boundary(value)?, media_type),
        }
    }

    /// Whether somebody who does not understand the body may pass over it (RFC 3204 §6, RFC 3261 §20.11).
    pub fn has_optional_body(&self) -> bool {
        let parameters = self.header(Name::ContentDisposition).into_iter().flat_map(|value| value.split(';').skip(1));
        let handling = parameters.filter_map(|one| one.split_once('=')).find(|(name, _)| is(name, "handling"));
        handling.is_some_and(|(_, value)| is(value, "optional"))
    }
}

fn is(text: &str, word: &str) -> bool {
    text::trim(text).eq_ignore_ascii_case(word)
}

/// The boundary of a multipart media type.
fn boundary(content_type: &str) -> Option<&str> {
    let mut fields = text::split(content_type, b';');
    let kind = fields.next()?.get(.."multipart/".len())?;
    let (_, value) = fields.filter_map(|one| text::cut(one, b'=')).find(|(name, _)| is(name, "boundary"))?;
    let value = text::trim(value);
    let value = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    let fits = (1..=BOUNDARY_BYTES_MAX).contains(&value.len());
    (kind.eq_ignore_ascii_case("multipart/") && fits).then_some(value)
}

/// The first part of that media type. A body whose last boundary is missing is read to its end.
fn part<'a>(body: &'a [u8], boundary: &str, media_type: &str) -> Option<&'a [u8]> {
    let mut begin = None;
    let mut delimiters = 0;
    let mut at = 0;
    while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
        let length = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let behind = delimiter(rest.get(..length)?, boundary);
        if let Some(behind) = behind {
            let found = begin.and_then(|begin| content(body.get(begin..at)?, media_type));
            delimiters += 1;
            if found.is_some() || behind == b"--" || delimiters > PARTS_MAX {
                return found;
            }
            begin = Some(at + length);
        }
        at += length;
    }
    content(body.get(begin?..)?, media_type)
}

/// What stands behind the boundary in a line that is one.
fn delimiter<'a>(line: &'a [u8], boundary: &str) -> Option<&'a [u8]> {
    let behind = line.strip_prefix(b"--")?.strip_prefix(boundary.as_bytes())?.trim_ascii_end();
    matches!(behind, b"" | b"--").then_some(behind)
}

/// What a part holds, when it is of that media type and says nothing of an encoding (SIP carries eight bits).
fn content<'a>(part: &'a [u8], media_type: &str) -> Option<&'a [u8]> {
    let (mut of_type, mut at) = (false, 0);
    loop {
        let rest = part.get(at..)?;
        let length = memchr(b'\n', rest)? + 1;
        let line = rest.get(..length)?.trim_ascii();
        at += length;
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = str::from_utf8(line).ok().and_then(|line| text::cut(line, b':')) else { continue };
        match Name::from_token(text::trim(name)) {
            Name::ContentType => of_type = is(value.split(';').next()?, media_type),
            _ if is(name, "Content-Transfer-Encoding") && !is_plain(value) => return None,
            _ => {}
        }
    }
    let content = part.get(at..)?;
    // The line end before a boundary belongs to the boundary.
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    let content = content.strip_suffix(b"\r").unwrap_or(content);
    (of_type && !content.is_empty()).then_some(content)
}

/// Whether an encoding leaves bytes as they are.
fn is_plain(encoding: &str) -> bool {
    ["binary", "8bit", "7bit"].iter().any(|plain| is(encoding, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(content_type: &str, body: &str) -> Message {
        let head = "INVITE sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:b@h>;tag=1\r\nTo: <sip:a@h>\r\n\
                    Call-ID: c\r\nCSeq: 1 INVITE\r\n";
        let text = format!("{head}{content_type}Content-Length: {}\r\n\r\n{body}", body.len());
        Message::parse(text.as_bytes()).expect("a request")
    }

    fn description(content_type: &str, body: &str) -> Option<String> {
        let found = message(content_type, body);
        found.body_of("application/sdp").map(|sdp| String::from_utf8_lossy(sdp).into_owned())
    }

    const SDP: &str = "Content-Type: application/sdp\r\n\r\nv=0\r\no=x\r\n";
    const ISUP: &str = "Content-Type: application/ISUP;base=itu-t92+;version=itu-t92+\r\n\
                        Content-Disposition: signal;handling=optional\r\n\r\n\u{1}\0I\n--b\u{3}\r\n";

    #[test]
    fn a_description_is_found_beside_isup() {
        let mixed = "Content-Type: multipart/mixed;boundary=b\r\n";
        let cases = [
            ("first", format!("--b\r\n{SDP}\r\n--b\r\n{ISUP}\r\n--b--\r\n"), Some("v=0\r\no=x\r\n")),
            ("second", format!("--b\r\n{ISUP}\r\n--b\r\n{SDP}\r\n--b--\r\n"), Some("v=0\r\no=x\r\n")),
            ("behind a preamble", format!("for readers\r\n--b\r\n{SDP}\r\n--b--"), Some("v=0\r\no=x\r\n")),
            ("without the last boundary", format!("--b\r\n{SDP}"), Some("v=0\r\no=x")),
            ("with line feeds alone", format!("--b\n{}\n--b--\n", SDP.replace('\r', "")), Some("v=0\no=x\n")),
            (
                "by the compact name",
                format!("--b\r\n{}\r\n--b--", SDP.replace("Content-Type", "c")),
                Some("v=0\r\no=x\r\n"),
            ),
            ("none", format!("--b\r\n{ISUP}\r\n--b--\r\n"), None),
            ("behind the last boundary", format!("--b--\r\n--b\r\n{SDP}\r\n--b--"), None),
            ("in base64", format!("--b\r\nContent-Transfer-Encoding: base64\r\n{SDP}\r\n--b--"), None),
            ("empty", "--b\r\nContent-Type: application/sdp\r\n\r\n\r\n--b--".to_owned(), None),
            ("without an end of its head", "--b\r\nContent-Type: application/sdp".to_owned(), None),
            ("of another boundary", format!("--c\r\n{SDP}\r\n--c--"), None),
            (
                "behind too many others",
                format!("--b\r\n{ISUP}\r\n").repeat(PARTS_MAX) + &format!("--b\r\n{SDP}\r\n--b--"),
                None,
            ),
        ];
        for (what, body, expected) in cases {
            assert_eq!(description(mixed, &body).as_deref(), expected, "{what}");
        }
    }

    #[test]
    fn what_the_boundary_is_is_read_from_the_type() {
        let body = format!("--a b\r\n{SDP}\r\n--a b--");
        for kind in ["multipart/mixed; boundary=\"a b\"", "Multipart/Related;start=\"<;>\";Boundary = \"a b\""] {
            assert!(description(&format!("Content-Type: {kind}\r\n"), &body).is_some(), "{kind}");
        }
        for kind in ["multipart/mixed", "multipart/mixed;boundary=", "text/plain;boundary=\"a b\"", "multi"] {
            assert!(description(&format!("Content-Type: {kind}\r\n"), &body).is_none(), "{kind}");
        }
        let long = "x".repeat(BOUNDARY_BYTES_MAX + 1);
        assert!(
            description(&format!("c: multipart/mixed;boundary={long}\r\n"), &format!("--{long}\r\n{SDP}")).is_none()
        );
    }

    #[test]
    fn a_body_alone_is_itself() {
        assert_eq!(description("Content-Type: application/SDP;x=y\r\n", "v=0").as_deref(), Some("v=0"));
        assert_eq!(description("", "v=0").as_deref(), Some("v=0"), "older gateways forget the type");
        assert_eq!(description("Content-Type: text/plain\r\n", "v=0"), None);
        assert_eq!(description("Content-Type: application/sdp\r\n", ""), None);
    }

    #[test]
    fn a_body_may_be_passed_over_when_it_says_so() {
        let cases = [("signal;handling=optional", true), ("signal ; Handling = OPTIONAL", true), ("signal", false)];
        for (value, optional) in cases {
            assert_eq!(
                message(&format!("Content-Disposition: {value}\r\n"), "x").has_optional_body(),
                optional,
                "{value}"
            );
        }
        assert!(!message("", "x").has_optional_body(), "required is the default");
    }
}
