//! Proof of who sends a request, and the headers that ask for it.

use base::{Now, Time};
use call::plan::Digest;
use sip::Message;
use sip::digest::{Algorithm, Authority, Verdict as Judged};

/// What to do with a sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Proved(String),
    /// 401 with these headers.
    Challenge(Vec<(String, String)>),
    /// A wrong password, an unknown user or unreadable credentials: 403, all alike.
    Refused,
}

/// The realm's passwords at work.
#[derive(Debug)]
pub(crate) struct Auth(Authority);

impl Auth {
    pub(crate) fn new(realm: &str, digest: &[Digest], nonce_key: [u8; 32]) -> Auth {
        let algorithm = |digest: &Digest| match digest {
            Digest::Md5 => Algorithm::Md5,
            Digest::Sha256 => Algorithm::Sha256,
        };
        let algorithms: Vec<_> = digest.iter().map(algorithm).collect();
        Auth(Authority::new(realm, &algorithms, nonce_key))
    }

    pub(crate) fn check<'a>(
        &mut self,
        now: Now,
        request: &Message,
        password_of: impl FnOnce(&str) -> Option<&'a str>,
    ) -> Verdict {
        match self.0.judge(now.time, request, |user| password_of(user).map(str::to_owned)) {
            Judged::Granted { user } => Verdict::Proved(user),
            Judged::Missing => self.challenge(now.time, false),
            Judged::Stale => self.challenge(now.time, true),
            Judged::Denied { .. } | Judged::Malformed => Verdict::Refused,
        }
    }

    fn challenge(&mut self, now: Time, stale: bool) -> Verdict {
        let challenges = self.0.challenges(now, stale);
        Verdict::Challenge(challenges.iter().map(|c| ("WWW-Authenticate".to_owned(), c.to_string())).collect())
    }
}
