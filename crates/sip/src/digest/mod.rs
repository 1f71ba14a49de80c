//! Digest authentication (RFC 7616, RFC 8760; RFC 2617 and RFC 2069 from old phones).
//!
//! Invariants: a nonce is accepted only when our key signed it, for its lifetime, and each nonce count once; secrets
//! are compared in constant time; an unknown user costs as much work as a wrong password.

mod authority;
mod challenge;
mod client;
mod credentials;
mod fields;
mod hash;
mod nonce;

pub use authority::{Authority, Verdict};
pub use challenge::Challenge;
pub use client::{answer, answer_counted, authorization, strongest};
pub use credentials::{Credentials, verify};
pub use nonce::{NonceState, Nonces};

/// A hash that we speak, the stronger one greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    Md5,
    Sha256,
}

impl Algorithm {
    pub const fn name(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
        }
    }

    /// The algorithm of a token in any case; `None` for those we do not speak (`-sess`, SHA-512-256).
    pub fn from_token(token: &str) -> Option<Algorithm> {
        [Algorithm::Md5, Algorithm::Sha256].into_iter().find(|known| known.name().eq_ignore_ascii_case(token))
    }
}
