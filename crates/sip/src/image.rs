//! What of a leg outlives its process: enough to end it (RFC 3261 §9, §15).

use std::sync::Arc;

use base::{Flow, LegId, packed_enum, packed_struct};

use crate::{Builder, Dialog, Head, Message, Name, NameAddr};

/// What changed in what a restart would need; to be written down before the messages of the same output leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The leg is there, or its image is another now.
    Image { leg: LegId, image: Box<Image> },
    /// A further request of ours took this number: `Image::sequence`.
    Sequence { leg: LegId, cseq: u32 },
    /// Nothing is left to end.
    Closed { leg: LegId },
}

/// A leg as `Endpoint::restore` takes it. A form once written is never changed: another shape gets another tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// Our INVITE without its final response; `rings` once a provisional one came, before which no CANCEL may leave
    /// (RFC 3261 §9.1).
    Calling { flow: Flow, user: String, invite: Arc<SentInvite>, rings: bool },
    /// Answered. `user` is that of our Contact, `follow` says whether the peer's Contact may be followed, `calls` that
    /// the INVITE was ours.
    Up { flow: Flow, user: String, dialog: Box<Dialog>, follow: bool, calls: bool, invite: FirstInvite },
    /// Their INVITE, which had a provisional response of ours and awaits the final one. `flow` is where it came from. Before the
    /// first response nothing is written: who hears nothing asks again.
    Ringing { flow: Flow, invite: Arc<HeardInvite> },
    /// The same, refused with `status`, without the ACK by which the peer says that it knows. Nothing but this is left of the leg:
    /// its owner and its call know of it no more.
    Refused { flow: Flow, status: u16, invite: Arc<HeardInvite> },
}

/// The INVITE that an answered leg began with, as far as its end may need it. The first two forms are those of an `Option`, which
/// older journals have here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstInvite {
    Over,
    /// Ours: its 2xx may come again.
    Sent(Arc<SentInvite>),
    /// The peer's, which had a provisional response of ours: until the ACK nobody knows whether our 2xx arrived.
    Heard(Arc<HeardInvite>),
}

/// An INVITE of ours as it left: what its CANCEL and the ACKs to its responses repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentInvite {
    pub head: Head,
    /// The whole value of Via, with its branch.
    pub via: String,
}

/// An INVITE of the peer as far as a refusal needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardInvite {
    pub call_id: String,
    /// Ours, which our provisional responses had.
    pub tag: String,
    /// The request less all that a response does not repeat; its body too.
    pub text: String,
}

impl HeardInvite {
    /// `tag` is ours.
    pub fn of(request: &Message, tag: &str) -> HeardInvite {
        let mut builder = Builder::request_named(request.method_name(), request.request_uri_text());
        for (name, text, value) in request.lines() {
            if matches!(name, Name::Via | Name::From | Name::To | Name::CallId | Name::Cseq | Name::Contact) {
                builder.push(text, value);
            }
        }
        let text = String::from_utf8_lossy(&builder.finish()).into_owned();
        HeardInvite { call_id: request.call_id().unwrap_or_default().to_owned(), tag: tag.to_owned(), text }
    }

    pub(crate) fn size(&self) -> usize {
        self.call_id.len() + self.tag.len() + self.text.len()
    }
}

packed_struct!(SentInvite { head, via });
packed_struct!(HeardInvite { call_id, tag, text });
packed_enum!(FirstInvite {
    0 => Over,
    1 => Sent(invite),
    2 => Heard(invite),
});
packed_enum!(Image {
    0 => Calling { flow, user, invite, rings },
    1 => Up { flow, user, dialog, follow, calls, invite },
    2 => Ringing { flow, invite },
    3 => Refused { flow, status, invite },
});
packed_enum!(Fact {
    0 => Image { leg, image },
    1 => Sequence { leg, cseq },
    2 => Closed { leg },
});

impl Image {
    /// Notes the number of a further request of ours; numbers never fall.
    pub fn sequence(&mut self, cseq: u32) {
        if let Image::Up { dialog, .. } = self {
            dialog.note_local_cseq(cseq);
        }
    }

    pub fn call_id(&self) -> &str {
        match self {
            Image::Calling { invite, .. } => &invite.head.call_id,
            Image::Up { dialog, .. } => dialog.call_id(),
            Image::Ringing { invite, .. } | Image::Refused { invite, .. } => &invite.call_id,
        }
    }

    /// The user part of our Contact; a refusal has none.
    pub(crate) fn user(&self) -> &str {
        match self {
            Image::Calling { user, .. } | Image::Up { user, .. } => user,
            Image::Ringing { .. } | Image::Refused { .. } => "",
        }
    }

    /// Our tag in the dialog; none where it cannot be read.
    pub(crate) fn local_tag(&self) -> Option<String> {
        let local = match self {
            Image::Calling { invite, .. } => &invite.head.from,
            Image::Up { dialog, .. } => dialog.local(),
            Image::Ringing { invite, .. } | Image::Refused { invite, .. } => return Some(invite.tag.clone()),
        };
        NameAddr::parse(local).ok()?.tag().map(str::to_owned)
    }

    /// Where the peer was reached last.
    pub const fn flow(&self) -> Flow {
        match self {
            Image::Calling { flow, .. }
            | Image::Up { flow, .. }
            | Image::Ringing { flow, .. }
            | Image::Refused { flow, .. } => *flow,
        }
    }
}
