//! What a client answers.

use std::fmt;

use super::fields::{Fields, write_quoted};
use super::{Algorithm, hash};
use crate::text;

/// An `Authorization` or `Proxy-Authorization` value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    pub username: String,
    pub realm: String,
    pub nonce: String,
    /// The digest URI as the client wrote it: the Request-URI, unless a proxy rewrote that since (RFC 3261 §22.4).
    pub uri: String,
    /// Hexadecimal.
    pub response: String,
    pub algorithm: Algorithm,
    pub opaque: Option<String>,
    /// Client nonce and nonce count of `qop=auth`; `None` without qop.
    pub count: Option<(String, u32)>,
}

impl Credentials {
    /// Reads a value; an error for another scheme and for an algorithm or a qop that we never offered.
    pub fn parse(value: &str) -> Result<Credentials, &'static str> {
        let fields = Fields::parse(value)?;
        let count = match fields.get("qop") {
            Some(qop) if qop.eq_ignore_ascii_case("auth") => {
                let count = fields.get("nc").filter(|nc| nc.len() == 8 && !nc.starts_with('+'));
                let count = count.and_then(|nc| u32::from_str_radix(nc, 16).ok()).ok_or("no nonce count")?;
                Some((fields.need("cnonce", "no client nonce")?, count))
            }
            Some(_) => return Err("a qop that was not offered"),
            None => None,
        };
        Ok(Credentials {
            username: fields.need("username", "no user name")?,
            realm: fields.need("realm", "no realm")?,
            nonce: fields.need("nonce", "no nonce")?,
            uri: fields.need("uri", "no uri")?,
            response: fields.need("response", "no response")?,
            algorithm: Algorithm::from_token(fields.get("algorithm").unwrap_or("MD5"))
                .ok_or("an algorithm that was not offered")?,
            opaque: fields.owned("opaque"),
            count,
        })
    }

    /// The response that the password gives (RFC 7616 §3.4.1; RFC 2069 without qop).
    pub(super) fn expected(&self, method: &str, password: &str) -> String {
        let ha1 = hash::hash(self.algorithm, &[&self.username, &self.realm, password]);
        let ha2 = hash::hash(self.algorithm, &[method, &self.uri]);
        match &self.count {
            Some((cnonce, count)) => {
                hash::hash(self.algorithm, &[&ha1, &self.nonce, &format!("{count:08x}"), cnonce, "auth", &ha2])
            }
            None => hash::hash(self.algorithm, &[&ha1, &self.nonce, &ha2]),
        }
    }
}

/// Whether the credentials prove the password for a request of that method. Says nothing of the nonce's age or of
/// replay: that is `Nonces`, and `Authority` does both.
pub fn verify(method: &str, credentials: &Credentials, password: &str) -> bool {
    let expected = credentials.expected(method, password);
    hash::same(expected.as_bytes(), credentials.response.to_ascii_lowercase().as_bytes())
}

impl fmt::Display for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest username={}", text::quote(&self.username))?;
        write_quoted(f, "realm", Some(&self.realm))?;
        write_quoted(f, "nonce", Some(&self.nonce))?;
        write_quoted(f, "uri", Some(&self.uri))?;
        write_quoted(f, "response", Some(&self.response))?;
        write!(f, ", algorithm={}", self.algorithm.name())?;
        write_quoted(f, "opaque", self.opaque.as_deref())?;
        match &self.count {
            Some((cnonce, count)) => write!(f, ", qop=auth, nc={count:08x}, cnonce={}", text::quote(cnonce)),
            None => Ok(()),
        }
    }
}
