//! What of a leg outlives its process: enough to end it (RFC 3261 §9, §15).

use std::sync::Arc;

use base::{Flow, LegId, packed_enum, packed_struct};

use crate::{Dialog, Head};

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
    /// the INVITE was ours. `invite` is there while its 2xx may come again.
    Up { flow: Flow, user: String, dialog: Box<Dialog>, follow: bool, calls: bool, invite: Option<Arc<SentInvite>> },
}

/// An INVITE of ours as it left: what its CANCEL and the ACKs to its responses repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentInvite {
    pub head: Head,
    /// The whole value of Via, with its branch.
    pub via: String,
}

packed_struct!(SentInvite { head, via });
packed_enum!(Image {
    0 => Calling { flow, user, invite, rings },
    1 => Up { flow, user, dialog, follow, calls, invite },
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
        }
    }

    pub(crate) fn user(&self) -> &str {
        match self {
            Image::Calling { user, .. } | Image::Up { user, .. } => user,
        }
    }

    /// Our name in the dialog, with our tag.
    pub(crate) fn local(&self) -> &str {
        match self {
            Image::Calling { invite, .. } => &invite.head.from,
            Image::Up { dialog, .. } => dialog.local(),
        }
    }

    /// Where the peer was reached last.
    pub const fn flow(&self) -> Flow {
        match self {
            Image::Calling { flow, .. } | Image::Up { flow, .. } => *flow,
        }
    }
}
