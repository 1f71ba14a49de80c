//! Secrets of the sender, made unreadable before a message enters a trace.

/// What proves a password (RFC 7616 §3.4), and keys of media (RFC 4568 §6.1, RFC 8839 §5.4): how the line begins, and the word
/// before the secret. No decision hangs on them: what authentication decided is an entry of its own.
const SECRETS: [(&[u8], &[u8]); 4] = [
    (b"authorization", b"response"),
    (b"proxy-authorization", b"response"),
    (b"a=crypto:", b"inline:"),
    (b"a=ice-pwd:", b"pwd:"),
];
/// What ends a secret.
const ENDS: &[u8] = b"\", |;\r\n";
/// What may stand between the word and the secret (RFC 3261 §25.1, EQUAL).
const BETWEEN: &[u8] = b"= \t\"";

/// The same bytes with the letters and digits of secrets replaced, so that lengths and places stay what they are.
pub fn blank(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let mut word: Option<&[u8]> = None;
    for line in out.split_mut(|byte| *byte == b'\n') {
        // A folded line belongs to the one before (RFC 3261 §7.3.1).
        if !matches!(line.first(), Some(b' ' | b'\t')) {
            word = SECRETS.iter().find(|(start, _)| is_at(line, 0, start)).map(|(_, word)| *word);
        }
        if let Some(word) = word {
            blank_line(line, word);
        }
    }
    out
}

fn blank_line(line: &mut [u8], word: &[u8]) {
    let mut at = 0;
    while at < line.len() {
        if !is_at(line, at, word) {
            at += 1;
            continue;
        }
        at += word.len();
        at += line[at..].iter().take_while(|byte| BETWEEN.contains(byte)).count();
        for byte in line[at..].iter_mut().take_while(|byte| !ENDS.contains(byte)) {
            if byte.is_ascii_alphanumeric() {
                *byte = b'0';
            }
            at += 1;
        }
    }
}

fn is_at(line: &[u8], at: usize, word: &[u8]) -> bool {
    line.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proofs_and_keys_are_blanked_and_nothing_else() {
        let cases = [
            (
                "Authorization: Digest username=\"1001\", response=\"0a4f\", cnonce=\"c\"\r\nX: response=1",
                "Authorization: Digest username=\"1001\", response=\"0000\", cnonce=\"c\"\r\nX: response=1",
            ),
            (
                "proxy-authorization: Digest RESPONSE = 0a4f,nc=1\r\n",
                "proxy-authorization: Digest RESPONSE = 0000,nc=1\r\n",
            ),
            (
                "Authorization: Digest a=\"b\",\r\n response=\"0a4f\"\r\n",
                "Authorization: Digest a=\"b\",\r\n response=\"0000\"\r\n",
            ),
            ("a=crypto:1 AES_CM inline:d0Rm+/c=|2^20\r\na=x", "a=crypto:1 AES_CM inline:0000+/0=|2^20\r\na=x"),
            ("a=ice-pwd:asd88\r\na=ice-ufrag:8hh", "a=ice-pwd:00000\r\na=ice-ufrag:8hh"),
            ("Authorization: response", "Authorization: response"),
            (
                "INVITE sip:12345@a;response=1 SIP/2.0\r\n\r\nv=0\r\n",
                "INVITE sip:12345@a;response=1 SIP/2.0\r\n\r\nv=0\r\n",
            ),
        ];
        for (text, blanked) in cases {
            assert_eq!(String::from_utf8(blank(text.as_bytes())).as_deref(), Ok(blanked));
        }
    }
}
