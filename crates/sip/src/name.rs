//! Header names.

use std::fmt;

macro_rules! names {
    ($($variant:ident $long:literal $($compact:literal)?),* $(,)?) => {
        /// A header field's name, case and compact form folded; `Other` is found by `Message::header_named`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Name { $($variant,)* Other }

        impl Name {
            /// Every known name.
            pub const KNOWN: &'static [Name] = &[$(Name::$variant,)*];

            /// The name as we write it; empty for `Other`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Name::$variant => $long,)* Name::Other => "" }
            }

            /// The one-letter form, where the registry has one.
            pub const fn compact(self) -> Option<&'static str> {
                match self { $($(Name::$variant => Some($compact),)?)* _ => None }
            }
        }
    };
}

names! {
    Accept "Accept",
    AcceptContact "Accept-Contact" "a",
    AcceptEncoding "Accept-Encoding",
    AcceptLanguage "Accept-Language",
    AlertInfo "Alert-Info",
    Allow "Allow",
    AllowEvents "Allow-Events" "u",
    AuthenticationInfo "Authentication-Info",
    Authorization "Authorization",
    CallId "Call-ID" "i",
    CallInfo "Call-Info",
    Contact "Contact" "m",
    ContentDisposition "Content-Disposition",
    ContentEncoding "Content-Encoding" "e",
    ContentLanguage "Content-Language",
    ContentLength "Content-Length" "l",
    ContentType "Content-Type" "c",
    Cseq "CSeq",
    Date "Date",
    Diversion "Diversion",
    ErrorInfo "Error-Info",
    Event "Event" "o",
    Expires "Expires",
    From "From" "f",
    HistoryInfo "History-Info",
    Identity "Identity" "y",
    InReplyTo "In-Reply-To",
    InfoPackage "Info-Package",
    MaxForwards "Max-Forwards",
    MimeVersion "MIME-Version",
    MinExpires "Min-Expires",
    MinSe "Min-SE",
    Organization "Organization",
    PAssertedIdentity "P-Asserted-Identity",
    PPreferredIdentity "P-Preferred-Identity",
    Path "Path",
    Priority "Priority",
    Privacy "Privacy",
    ProxyAuthenticate "Proxy-Authenticate",
    ProxyAuthorization "Proxy-Authorization",
    ProxyRequire "Proxy-Require",
    Rack "RAck",
    Reason "Reason",
    RecordRoute "Record-Route",
    RecvInfo "Recv-Info",
    ReferTo "Refer-To" "r",
    ReferredBy "Referred-By" "b",
    RejectContact "Reject-Contact" "j",
    RemotePartyId "Remote-Party-ID",
    Replaces "Replaces",
    ReplyTo "Reply-To",
    RequestDisposition "Request-Disposition" "d",
    Require "Require",
    RetryAfter "Retry-After",
    Route "Route",
    Rseq "RSeq",
    Server "Server",
    ServiceRoute "Service-Route",
    SessionExpires "Session-Expires" "x",
    Subject "Subject" "s",
    SubscriptionState "Subscription-State",
    Supported "Supported" "k",
    Timestamp "Timestamp",
    To "To" "t",
    Unsupported "Unsupported",
    UserAgent "User-Agent",
    UserToUser "User-to-User",
    Via "Via" "v",
    Warning "Warning",
    WwwAuthenticate "WWW-Authenticate",
}

/// The names that `Name::asked` places.
const ASKED_NAMES: [Name; ASKED] = [
    Name::Via,
    Name::From,
    Name::To,
    Name::CallId,
    Name::Cseq,
    Name::Contact,
    Name::MaxForwards,
    Name::ContentLength,
    Name::ContentType,
    Name::Require,
    Name::Route,
    Name::RecordRoute,
];
pub(crate) const ASKED: usize = 12;

/// Where each name stands in `ASKED_NAMES`, by its number; beyond them when it does not.
const PLACE_OF: [u8; Name::KNOWN.len() + 1] = place_of();

const fn place_of() -> [u8; Name::KNOWN.len() + 1] {
    let mut table = [u8::MAX; Name::KNOWN.len() + 1];
    let mut place = 0;
    while place < ASKED {
        table[ASKED_NAMES[place] as usize] = place as u8;
        place += 1;
    }
    table
}

/// A bit for each name that may stand once only, by its place; all of them have one.
pub(crate) const SINGLES: u16 = singles();

const fn singles() -> u16 {
    let mut bits = 0;
    let mut at = 0;
    while at < Name::KNOWN.len() {
        if Name::KNOWN[at].is_single() {
            bits |= 1 << PLACE_OF[Name::KNOWN[at] as usize];
        }
        at += 1;
    }
    bits
}

/// Names longer than this are unknown; "P-Preferred-Identity" is the longest.
const LONGEST: usize = 20;

/// The known names by `place`; two names in one place would not compile.
const BY_PLACE: [Name; PLACES] = by_place();

/// Enough to give each name a place of its own.
const PLACES: usize = 256;

const fn by_place() -> [Name; PLACES] {
    let mut table = [Name::Other; PLACES];
    let mut at = 0;
    while at < Name::KNOWN.len() {
        let name = Name::KNOWN[at];
        let row = &mut table[place(name.as_str().as_bytes())];
        assert!(matches!(row, Name::Other), "two names in one place: choose other factors");
        *row = name;
        at += 1;
    }
    table
}

/// What each name is written as, by its number.
const TEXTS: [&str; Name::KNOWN.len() + 1] = texts();

const fn texts() -> [&'static str; Name::KNOWN.len() + 1] {
    let mut table = [""; Name::KNOWN.len() + 1];
    let mut at = 0;
    while at < Name::KNOWN.len() {
        table[Name::KNOWN[at] as usize] = Name::KNOWN[at].as_str();
        at += 1;
    }
    table
}

/// Where a name of two letters or more would stand: a hash of its length and three of its letters, case folded.
const fn place(name: &[u8]) -> usize {
    (name.len() * 35 + lower(name[0]) * 37 + lower(name[name.len() - 1]) * 9 + lower(name[name.len() / 2]) * 55)
        % PLACES
}

/// A letter in lower case; what is no letter becomes something else, which the comparison finds out.
const fn lower(byte: u8) -> usize {
    (byte | 0x20) as usize
}

/// The names of the compact forms `a` to `z`.
const BY_LETTER: [Name; 26] = by_letter();

const fn by_letter() -> [Name; 26] {
    let mut table = [Name::Other; 26];
    let mut at = 0;
    while at < Name::KNOWN.len() {
        if let Some(letter) = Name::KNOWN[at].compact() {
            table[(letter.as_bytes()[0] - b'a') as usize] = Name::KNOWN[at];
        }
        at += 1;
    }
    table
}

impl Name {
    /// The name that `text` spells, in any case, long or compact.
    pub fn from_token(text: &str) -> Name {
        Name::from_bytes(text.as_bytes())
    }

    pub(crate) fn from_bytes(text: &[u8]) -> Name {
        if let &[letter] = text {
            let place = letter.to_ascii_lowercase().wrapping_sub(b'a');
            return BY_LETTER.get(usize::from(place)).copied().unwrap_or(Name::Other);
        }
        if text.is_empty() || text.len() > LONGEST {
            return Name::Other;
        }
        let name = BY_PLACE[place(text)];
        let known = TEXTS[name as usize].as_bytes();
        if known == text || known.eq_ignore_ascii_case(text) { name } else { Name::Other }
    }

    /// Whether a message may carry the header once only, so that a second one makes it ambiguous (RFC 3261 §7.3.1).
    pub const fn is_single(self) -> bool {
        matches!(
            self,
            Name::CallId
                | Name::Cseq
                | Name::From
                | Name::To
                | Name::ContentLength
                | Name::ContentType
                | Name::MaxForwards
        )
    }

    /// The place of a name that is asked for in every message, below `ASKED`.
    #[inline]
    pub(crate) const fn asked(self) -> Option<usize> {
        let place = PLACE_OF[self as usize] as usize;
        if place < ASKED { Some(place) } else { None }
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_in_any_case_and_by_its_letter() {
        for &name in Name::KNOWN {
            assert_eq!(Name::from_token(&name.as_str().to_ascii_uppercase()), name);
            assert_eq!(Name::from_token(&name.as_str().to_ascii_lowercase()), name);
            if let Some(letter) = name.compact() {
                assert_eq!(Name::from_token(letter), name);
                assert_eq!(Name::from_token(&letter.to_ascii_uppercase()), name);
            }
        }
        for other in ["", "z", "1", "X-Anything", "Vie", "é", "A-Name-That-Is-Longer-Than-All-Known"] {
            assert_eq!(Name::from_token(other), Name::Other, "{other}");
        }
    }
}
