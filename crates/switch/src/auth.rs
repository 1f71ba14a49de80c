//! Proof of who sends a request, and the headers that ask for it.

use std::collections::VecDeque;

use base::{Now, Time, packed_enum};
use call::plan::Digest;
use sip::Message;
use sip::digest::{Algorithm, Authority, Verdict as Judged};

/// What to do with a sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Proved(String),
    /// 401 with these headers.
    Challenge(Vec<(String, String)>),
    /// A wrong password, an unknown user or unreadable credentials: 403, all alike.
    Refused,
}

packed_enum!(Verdict { 0 => Proved(user), 1 => Challenge(headers), 2 => Refused });

/// Where verdicts go or come from. The key of the nonces and the passwords enter no trace, so what they led to does.
#[derive(Debug)]
enum Tape {
    Off,
    Told(Vec<Verdict>),
    /// A replay: verdicts in their order, and how many were asked for in vain.
    Given(VecDeque<Verdict>, u64),
}

/// The realm's passwords at work.
#[derive(Debug)]
pub(crate) struct Auth {
    authority: Authority,
    tape: Tape,
}

impl Auth {
    pub(crate) fn new(realm: &str, digest: &[Digest], nonce_key: [u8; 32]) -> Auth {
        let algorithm = |digest: &Digest| match digest {
            Digest::Md5 => Algorithm::Md5,
            Digest::Sha256 => Algorithm::Sha256,
        };
        let algorithms: Vec<_> = digest.iter().map(algorithm).collect();
        Auth { authority: Authority::new(realm, &algorithms, nonce_key), tape: Tape::Off }
    }

    pub(crate) fn check<'a>(
        &mut self,
        now: Now,
        request: &Message,
        password_of: impl FnOnce(&str) -> Option<&'a str>,
    ) -> Verdict {
        if let Tape::Given(verdicts, missed) = &mut self.tape {
            return verdicts.pop_front().unwrap_or_else(|| {
                *missed += 1;
                Verdict::Refused
            });
        }
        let verdict = match self.authority.judge(now.time, request, |user| password_of(user).map(str::to_owned)) {
            Judged::Granted { user } => Verdict::Proved(user),
            Judged::Missing => self.challenge(now.time, false),
            Judged::Stale => self.challenge(now.time, true),
            Judged::Denied { .. } | Judged::Malformed => Verdict::Refused,
        };
        if let Tape::Told(verdicts) = &mut self.tape {
            verdicts.push(verdict.clone());
        }
        verdict
    }

    fn challenge(&mut self, now: Time, stale: bool) -> Verdict {
        let challenges = self.authority.challenges(now, stale);
        Verdict::Challenge(challenges.iter().map(|c| ("WWW-Authenticate".to_owned(), c.to_string())).collect())
    }

    /// Keeps verdicts from here on until they are taken, or no more.
    pub(crate) fn keep(&mut self, keep: bool) {
        self.tape = if keep { Tape::Told(Vec::new()) } else { Tape::Off };
    }

    pub(crate) fn take(&mut self) -> Vec<Verdict> {
        match &mut self.tape {
            Tape::Told(verdicts) => std::mem::take(verdicts),
            Tape::Off | Tape::Given(..) => Vec::new(),
        }
    }

    /// Judges no more: these are the next verdicts. Tells what of the ones before is left over, and how many were missed.
    pub(crate) fn give(&mut self, verdicts: Vec<Verdict>) -> (usize, u64) {
        match std::mem::replace(&mut self.tape, Tape::Given(verdicts.into(), 0)) {
            Tape::Given(left, missed) => (left.len(), missed),
            Tape::Off | Tape::Told(_) => (0, 0),
        }
    }
}
