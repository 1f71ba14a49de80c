//! What a phone that misbehaves leaves unsaid, and what it says too often.

use sip::{Builder, Message, Method, Name, Outgoing};

use crate::config::Faults;

impl Faults {
    /// Whether a message of the phone never leaves.
    pub(crate) fn hold_back(&self, bytes: &[u8]) -> bool {
        self.no_bye && bytes.starts_with(b"BYE ")
            || self.no_ack && bytes.starts_with(b"ACK ")
            || self.no_provisional && bytes.starts_with(b"SIP/2.0 1")
    }

    /// The CANCEL that follows a first INVITE at once.
    pub(crate) fn hasty(&self, message: &Outgoing) -> Option<Outgoing> {
        if !self.cancels_at_once || !message.bytes.starts_with(b"INVITE ") {
            return None;
        }
        let invite = Message::parse(&message.bytes).ok().filter(|invite| invite.to_tag().is_empty())?;
        let mut cancel = Builder::request(Method::Cancel, invite.request_uri_text());
        cancel.push(Name::Via, invite.vias().next()?);
        for name in [Name::From, Name::To, Name::CallId, Name::MaxForwards] {
            cancel.push(name, invite.header(name)?);
        }
        cancel.push(Name::Cseq, format_args!("{} CANCEL", invite.cseq().ok()?.0));
        Some(Outgoing { bytes: cancel.finish().into(), ..message.clone() })
    }

    /// The answer to an INVITE once more, with a tag of its own.
    pub(crate) fn again(&self, message: &Outgoing) -> Option<Outgoing> {
        if !self.answers_twice || !message.bytes.starts_with(b"SIP/2.0 200 ") {
            return None;
        }
        let text = std::str::from_utf8(&message.bytes).ok()?;
        let of_invite = text.lines().any(|line| line.starts_with("CSeq:") && line.ends_with(" INVITE"));
        let to = text.lines().find(|line| line.starts_with("To:") && line.contains(";tag="));
        let to = to.filter(|_| of_invite)?;
        let bytes = text.replacen(to, &format!("{to}-fork"), 1).into_bytes().into();
        Some(Outgoing { bytes, ..message.clone() })
    }
}
