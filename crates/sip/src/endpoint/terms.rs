//! What a request says of the media: a description that we read, or something else (RFC 3261 §8.2.3).

use crate::{Message, Method, Name};

/// What descriptions of media are written in.
pub(super) const SDP: &str = "application/sdp";

/// Whether a message brings a description.
pub(super) fn describes(message: &Message) -> bool {
    message.body_of(SDP).is_some()
}

/// The Accept of the 415 that a request deserves whose body we would have to understand and do not.
pub(super) fn puzzles(request: &Message) -> Option<Vec<(String, String)>> {
    let offers = matches!(request.method(), Method::Invite | Method::Update) && !request.body().is_empty();
    let puzzles = offers && !describes(request) && !request.has_optional_body();
    puzzles.then(|| vec![(Name::Accept.as_str().to_owned(), SDP.to_owned())])
}
