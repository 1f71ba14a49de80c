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

/// What each name is written as, by its number, in words of eight letters as they lie in a message.
const SPELLINGS: [Spelling; Name::KNOWN.len() + 1] = spellings();

/// Words that hold the longest name.
const WORDS: usize = LONGEST.div_ceil(8);

/// A name in lower case, the rest zeros, and the bit that is free in each letter.
#[derive(Clone, Copy)]
struct Spelling {
    text: &'static str,
    lower: [u64; WORDS],
    free: [u64; WORDS],
}

const fn spellings() -> [Spelling; Name::KNOWN.len() + 1] {
    let mut table = [Spelling { text: "", lower: [0; WORDS], free: [0; WORDS] }; Name::KNOWN.len() + 1];
    let mut name = 0;
    while name < Name::KNOWN.len() {
        let row = &mut table[Name::KNOWN[name] as usize];
        row.text = Name::KNOWN[name].as_str();
        let letters = row.text.as_bytes();
        let mut at = 0;
        while at < letters.len() {
            row.lower[at / 8] |= (letters[at].to_ascii_lowercase() as u64) << (at % 8 * 8);
            row.free[at / 8] |= if letters[at].is_ascii_alphabetic() { 0x20 << (at % 8 * 8) } else { 0 };
            at += 1;
        }
        name += 1;
    }
    table
}

impl Spelling {
    /// Whether a line begins with this name, in any case.
    #[inline]
    fn begins(&self, line: &[u8]) -> bool {
        let length = self.text.len();
        for (word, (lower, free)) in self.lower.iter().zip(&self.free).enumerate() {
            let Some(left) = length.checked_sub(word * 8).filter(|&left| left > 0) else { return true };
            let Some(eight) = line.get(word * 8..).and_then(|rest| rest.first_chunk::<8>()) else {
                return line.get(..length).is_some_and(|name| name.eq_ignore_ascii_case(self.text.as_bytes()));
            };
            let ours = if left < 8 { (1 << (left * 8)) - 1 } else { u64::MAX };
            if (u64::from_le_bytes(*eight) & ours) | free != *lower | free {
                return false;
            }
        }
        true
    }
}

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
        Name::of_line(text, text.len())
    }

    /// The name that the first `length` bytes of a line spell.
    #[inline]
    pub(crate) fn of_line(line: &[u8], length: usize) -> Name {
        let Some(text) = line.get(..length).filter(|text| !text.is_empty() && length <= LONGEST) else {
            return Name::Other;
        };
        if let &[letter] = text {
            let place = letter.to_ascii_lowercase().wrapping_sub(b'a');
            return BY_LETTER.get(usize::from(place)).copied().unwrap_or(Name::Other);
        }
        let name = BY_PLACE[place(text)];
        let spelling = &SPELLINGS[name as usize];
        if spelling.text.len() == length && spelling.begins(line) { name } else { Name::Other }
    }

    /// What `as_str` gives, by a table.
    #[inline]
    pub(crate) const fn text(self) -> &'static str {
        SPELLINGS[self as usize].text
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
