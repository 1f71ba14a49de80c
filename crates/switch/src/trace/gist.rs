//! A SIP message in a few words.

use std::fmt;

use base::{Fingerprint, Masked};
use sip::{Message, Name, Uri};

/// What may be told of a message: method or status, who calls whom with most of the numbers hidden, and which dialog it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gist {
    what: String,
    parties: Option<(String, String)>,
    /// Of the Call-ID, which may hold numbers and addresses itself.
    pub(crate) dialog: Option<u32>,
}

impl Gist {
    pub(crate) fn of(bytes: &[u8]) -> Gist {
        match Message::parse(bytes) {
            Ok(message) => Gist::of_message(&message),
            Err(sip::ParseError::KeepAlive) => Gist::unreadable("a keep-alive".to_owned()),
            Err(_) => Gist::unreadable(format!("an unreadable message of {} bytes", bytes.len())),
        }
    }

    const fn unreadable(what: String) -> Gist {
        Gist { what, parties: None, dialog: None }
    }

    fn of_message(message: &Message) -> Gist {
        let method = message.cseq().map_or(message.method(), |(_, method)| method).name();
        let what = message.status().map_or_else(|| method.to_owned(), |status| format!("{status} {method}"));
        let number = |uri: &Uri| uri.number().or_else(|| uri.user_text()).unwrap_or_default();
        let party = |name| message.address(name).ok().map(|address| Masked(&number(&address.uri)).to_string());
        let parties = party(Name::From).zip(party(Name::To));
        Gist { what, parties, dialog: message.call_id().map(dialog) }
    }
}

/// A short name for a Call-ID.
pub(crate) fn dialog(call_id: &str) -> u32 {
    Fingerprint::of(call_id.as_bytes()) as u32
}

impl fmt::Display for Gist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if let Some((from, to)) = &self.parties {
            write!(f, " {from} → {to}")?;
        }
        self.dialog.map_or(Ok(()), |dialog| write!(f, " dialog {dialog:08x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_masked_and_dialogs_named() {
        let text = "BYE sip:12345@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKa\r\n\
                    From: \"Wang\" <sip:13800138000@10.0.0.9>;tag=a\r\nTo: <sip:12345@10.0.0.1>;tag=b\r\n\
                    Call-ID: 13800138000@10.0.0.9\r\nCSeq: 2 BYE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
        let told = Gist::of(text.as_bytes()).to_string();
        let expected = format!("BYE 138******00 → ****5 dialog {:08x}", dialog("13800138000@10.0.0.9"));
        assert_eq!(told, expected);
        assert_eq!(Gist::of(b"\r\n\r\n").to_string(), "a keep-alive");
        assert_eq!(Gist::of(b"13800138000").to_string(), "an unreadable message of 11 bytes");
    }
}
