//! The server's side: one realm, its challenges and its judgement.

use std::time::Duration;

use base::Time;

use super::{Algorithm, Challenge, Credentials, NonceState, Nonces, verify};
use crate::message::Message;
use crate::name::Name;

/// Phones register anew every few minutes with the nonce they have; after this they are asked once more.
const NONCE_LIFETIME: Duration = Duration::from_secs(600);

/// Used nonces that are remembered, 40 bytes each: a city has under a thousand seats, so that an hour of restarts fits.
const NONCES_MAX: usize = 16_384;

/// A request carries the credentials of the hops it passes; more than a handful is no honest request.
const CREDENTIALS_MAX: usize = 8;

/// Asks for passwords of one realm and judges the answers.
#[derive(Clone, Debug)]
pub struct Authority {
    realm: String,
    /// What is asked for, the preferred one first.
    algorithms: Vec<Algorithm>,
    nonces: Nonces,
}

/// What a request's credentials are worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The user proved the password.
    Granted { user: String },
    /// No credentials for our realm: challenge.
    Missing,
    /// The password was right or could not be judged, but the nonce is used up: challenge with `stale`.
    Stale,
    /// A wrong password or an unknown user; the name is what the sender claims.
    Denied { user: String },
    /// Credentials for our realm that cannot be read, or of an algorithm that was not offered: answer 400.
    Malformed,
}

impl Authority {
    /// `key` signs the nonces: 32 random bytes that leave the process nowhere.
    pub fn new(realm: &str, algorithms: &[Algorithm], key: [u8; 32]) -> Authority {
        Authority {
            realm: realm.to_owned(),
            algorithms: algorithms.to_vec(),
            nonces: Nonces::new(key, NONCE_LIFETIME, NONCES_MAX),
        }
    }

    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// The values of `WWW-Authenticate`, one header line each, the preferred one first (RFC 8760 §2.3).
    pub fn challenges(&mut self, now: Time, stale: bool) -> Vec<Challenge> {
        let nonce = self.nonces.issue(now);
        let challenge = |algorithm: &Algorithm| Challenge {
            realm: self.realm.clone(),
            nonce: nonce.clone(),
            opaque: None,
            algorithm: *algorithm,
            qop_auth: true,
            stale,
        };
        self.algorithms.iter().map(challenge).collect()
    }

    /// Judges the `Authorization` of a request; `password_of` tells a user's password. The digest URI enters the hash
    /// as the client wrote it and is not compared with the Request-URI, which border controllers rewrite.
    pub fn judge(&mut self, now: Time, request: &Message, password_of: impl FnOnce(&str) -> Option<String>) -> Verdict {
        let ours = |credentials: &Credentials| credentials.realm == self.realm;
        let mut unreadable = false;
        let mut found = None;
        for value in request.headers(Name::Authorization).take(CREDENTIALS_MAX) {
            match Credentials::parse(value) {
                Ok(credentials) if ours(&credentials) => {
                    found = Some(credentials);
                    break;
                }
                Ok(_) => {}
                // Other schemes are no business of ours.
                Err(_) => unreadable |= value.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("Digest ")),
            }
        }
        match found {
            Some(credentials) => self.judge_one(now, request, credentials, password_of),
            None if unreadable => Verdict::Malformed,
            None => Verdict::Missing,
        }
    }

    fn judge_one(
        &mut self,
        now: Time,
        request: &Message,
        credentials: Credentials,
        password_of: impl FnOnce(&str) -> Option<String>,
    ) -> Verdict {
        if self.nonces.check(now, &credentials.nonce) != NonceState::Good {
            return Verdict::Stale;
        }
        let password = password_of(&credentials.username);
        let proved = verify(request.method_name(), &credentials, password.as_deref().unwrap_or_default());
        if !proved || password.is_none() {
            return Verdict::Denied { user: credentials.username };
        }
        let count = credentials.count.as_ref().map(|(_, count)| *count);
        match self.nonces.spend(now, &credentials.nonce, count) {
            NonceState::Good => Verdict::Granted { user: credentials.username },
            NonceState::Stale | NonceState::Forged => Verdict::Stale,
        }
    }
}
