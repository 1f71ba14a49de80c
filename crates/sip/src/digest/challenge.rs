//! What a server asks.

use std::fmt;

use super::Algorithm;
use super::fields::{Fields, write_quoted};
use crate::text;

/// A `WWW-Authenticate` or `Proxy-Authenticate` value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    pub realm: String,
    pub nonce: String,
    pub opaque: Option<String>,
    pub algorithm: Algorithm,
    /// Whether `qop=auth` is offered; without it the answer is that of RFC 2069.
    pub qop_auth: bool,
    /// Whether only the nonce was too old, so that the same password may be sent again.
    pub stale: bool,
}

impl Challenge {
    /// Reads a value; an error for another scheme, an algorithm we do not speak, and a qop without `auth`.
    pub fn parse(value: &str) -> Result<Challenge, &'static str> {
        let fields = Fields::parse(value)?;
        let qop = fields.get("qop");
        let qop_auth = qop.is_some_and(|qop| qop.split(',').any(|one| text::trim(one).eq_ignore_ascii_case("auth")));
        if qop.is_some() && !qop_auth {
            return Err("no qop that we speak");
        }
        Ok(Challenge {
            realm: fields.need("realm", "no realm")?,
            nonce: fields.need("nonce", "no nonce")?,
            opaque: fields.owned("opaque"),
            algorithm: Algorithm::from_token(fields.get("algorithm").unwrap_or("MD5"))
                .ok_or("no algorithm that we speak")?,
            qop_auth,
            stale: fields.get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
        })
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest realm={}, nonce={}", text::quote(&self.realm), text::quote(&self.nonce))?;
        write_quoted(f, "opaque", self.opaque.as_deref())?;
        write!(f, ", algorithm={}", self.algorithm.name())?;
        write_quoted(f, "qop", self.qop_auth.then_some("auth"))?;
        if self.stale { f.write_str(", stale=true") } else { Ok(()) }
    }
}
