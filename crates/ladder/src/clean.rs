//! One walk over the bytes of a message: which dialog it belongs to, and where secrets of the sender stand.

use std::ops::Range;
use std::sync::Arc;

/// Headers whose values prove a password (RFC 7616 §3.4, RFC 7615 §3).
const PROOFS: [&[u8]; 3] = [b"authorization", b"proxy-authorization", b"authentication-info"];
/// Lines of SDP that hold keys: RFC 4568 §6.1, RFC 8839 §5.4, RFC 4566 §5.12.
const KEYS: [&[u8]; 3] = [b"a=crypto:", b"a=ice-pwd:", b"k="];

/// What the walk found.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    pub(crate) call_id: &'a str,
    /// Of its CSeq.
    pub(crate) method: &'a str,
    secrets: Vec<Range<usize>>,
}

/// None for what has no Call-ID or no CSeq: it belongs to no call.
pub(crate) fn find(bytes: &[u8]) -> Option<Found<'_>> {
    let (mut call_id, mut cseq, mut secrets) = (None, None, Vec::new());
    let (mut in_head, mut in_secret) = (true, false);
    let mut at = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n'))?;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let line = rest.get(..length).unwrap_or_default().trim_ascii_end();
        let begin = at;
        at += length;
        if line.is_empty() {
            in_head = false;
            in_secret = false;
            continue;
        }
        // A folded line belongs to the one before (RFC 3261 §7.3.1).
        if in_head && matches!(line.first(), Some(b' ' | b'\t')) {
            secrets.extend(in_secret.then(|| begin + 1..begin + line.len()));
            continue;
        }
        let secret = if in_head { proof(line) } else { key(line) };
        in_secret = secret.is_some();
        secrets.extend(secret.map(|value| begin + value..begin + line.len()));
        if in_head {
            call_id = call_id.or_else(|| value(line, b"call-id").or_else(|| value(line, b"i")));
            cseq = cseq.or_else(|| value(line, b"cseq"));
        }
    }
    let method = cseq?.rsplit(|byte| byte.is_ascii_whitespace()).next()?;
    Some(Found { call_id: text(call_id?)?, method: text(method)?, secrets })
}

impl Found<'_> {
    /// The same bytes, with secrets overwritten where there are any; no length and no place changes.
    pub(crate) fn clean(&self, bytes: &Arc<[u8]>) -> Arc<[u8]> {
        if self.secrets.is_empty() {
            return Arc::clone(bytes);
        }
        let mut clean = bytes.to_vec();
        for secret in &self.secrets {
            clean.get_mut(secret.clone()).unwrap_or_default().fill(b'*');
        }
        clean.into()
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

/// Where the value begins when the line proves a password.
fn proof(line: &[u8]) -> Option<usize> {
    let value = PROOFS.iter().find_map(|name| value(line, name))?;
    Some(line.len() - value.len())
}

fn key(line: &[u8]) -> Option<usize> {
    let start = KEYS.iter().find(|start| begins(line, start))?;
    Some(start.len())
}

/// The value of the header line where its name is that one, in small letters (RFC 3261 §7.3.1: in any case, and space may
/// stand before the colon).
fn value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    if !begins(line, name) {
        return None;
    }
    let rest = line.get(name.len()..)?.trim_ascii_start();
    Some(rest.strip_prefix(b":")?.trim_ascii_start())
}

fn begins(line: &[u8], start: &[u8]) -> bool {
    line.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str) -> String {
        let bytes: Arc<[u8]> = Arc::from(text.as_bytes());
        let clean = find(&bytes).expect("a dialog").clean(&bytes);
        String::from_utf8(clean.to_vec()).expect("text")
    }

    #[test]
    fn the_dialog_is_found_in_whatever_form_it_stands() {
        let cases = [
            ("BYE sip:a SIP/2.0\r\nCall-ID: x@y\r\nCSeq: 2 BYE\r\n\r\n", Some(("x@y", "BYE"))),
            ("\r\nSIP/2.0 200 OK\ncseq :1\tINVITE\ni:  z \n\n", Some(("z", "INVITE"))),
            ("BYE sip:a SIP/2.0\r\nCSeq: 2 BYE\r\n\r\nCall-ID: body\r\n", None),
            ("BYE sip:a SIP/2.0\r\nCall-ID: x\r\n\r\n", None),
            ("Call-ID", None),
            ("\r\n\r\n", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(find(text.as_bytes()).map(|f| (f.call_id, f.method)), expected, "{text:?}");
        }
    }

    #[test]
    fn proofs_of_passwords_and_keys_of_media_are_overwritten() {
        let head = "INVITE sip:a SIP/2.0\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n";
        let cases = [
            ("Authorization: Digest a=\"b\",\r\n response=\"0a\"\r\nX: y\r\n\r\n", ["b\"", "0a"], "X: y\r\n"),
            ("proxy-AUTHORIZATION :Digest b,\r\n\tresponse=0a\r\n\r\n", ["Digest", "0a"], "\r\n\r\n"),
            ("X: y\r\n\r\nv=0\r\na=crypto:1 AES inline:AbC|2\r\na=x:1\r\n", ["inline", "AbC"], "a=x:1\r\n"),
            ("X: y\r\n\r\nv=0\r\na=ice-pwd:secret\r\nk=clear:key\r\n", ["secret", "clear"], "a=ice-pwd:*"),
        ];
        for (tail, gone, kept) in cases {
            let text = format!("{head}{tail}");
            let clean = cleaned(&text);
            assert!(gone.iter().all(|secret| !clean.contains(secret)), "{clean}");
            assert!(clean.contains(kept) && clean.len() == text.len(), "{clean}");
        }
        let plain: Arc<[u8]> = Arc::from(format!("{head}\r\n").as_bytes());
        assert!(
            Arc::ptr_eq(&find(&plain).expect("a dialog").clean(&plain), &plain),
            "what holds no secret is not copied"
        );
    }
}
