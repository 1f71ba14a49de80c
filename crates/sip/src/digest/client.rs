//! The client's side.

use super::{Challenge, Credentials};
use crate::message::Message;
use crate::name::Name;

/// The strongest challenge of a 401 or 407 that we can answer, and the header that the answer goes into. Of two equally
/// strong ones the first counts (RFC 8760 §2.4).
pub fn strongest(response: &Message) -> Option<(Name, Challenge)> {
    let (asked, answered) = match response.status()? {
        407 => (Name::ProxyAuthenticate, Name::ProxyAuthorization),
        _ => (Name::WwwAuthenticate, Name::Authorization),
    };
    let mut best: Option<Challenge> = None;
    for challenge in response.headers(asked).filter_map(|value| Challenge::parse(value).ok()) {
        if best.as_ref().is_none_or(|best| challenge.algorithm > best.algorithm) {
            best = Some(challenge);
        }
    }
    best.map(|challenge| (answered, challenge))
}

/// The header, name and value, that answers a 401 or 407 to a request of that method and Request-URI; none where no challenge is
/// one that we can answer. `cnonce` is fresh randomness of our own.
pub fn authorization(
    response: &Message,
    (user, password): (&str, &str),
    method: &str,
    uri: &str,
    cnonce: &str,
) -> Option<(String, String)> {
    let (name, challenge) = strongest(response)?;
    Some((name.as_str().to_owned(), answer(&challenge, user, password, method, uri, cnonce)))
}

/// The header value that answers a challenge met for the first time; `cnonce` is fresh randomness of our own.
pub fn answer(challenge: &Challenge, user: &str, password: &str, method: &str, uri: &str, cnonce: &str) -> String {
    answer_counted(challenge, user, password, method, uri, (cnonce, 1))
}

/// The same for a nonce that is used again: `count` is the client nonce and the next nonce count.
pub fn answer_counted(
    challenge: &Challenge,
    user: &str,
    password: &str,
    method: &str,
    uri: &str,
    (cnonce, count): (&str, u32),
) -> String {
    let mut credentials = Credentials {
        username: user.to_owned(),
        realm: challenge.realm.clone(),
        nonce: challenge.nonce.clone(),
        uri: uri.to_owned(),
        response: String::new(),
        algorithm: challenge.algorithm,
        opaque: challenge.opaque.clone(),
        count: challenge.qop_auth.then(|| (cnonce.to_owned(), count)),
    };
    credentials.response = credentials.expected(method, password);
    credentials.to_string()
}
