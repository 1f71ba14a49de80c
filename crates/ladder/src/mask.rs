//! Numbers and names of people, hidden wherever a message may hold them.
//!
//! What is known to hold none is shown, what holds addresses is taken apart, and everything else is hidden whole: a header that
//! nobody has thought of gives nothing away.

use std::collections::BTreeSet;

use base::Masked;
use sip::{Message, Name};

/// Numbers and names that are looked for in every text; a call has three or four. Those of the citizen come first.
const TOKENS_MAX: usize = 64;
/// Shorter ones would be found in every tag and branch.
const TOKEN_CHARS: usize = 5;
/// Digits in a row that may be a number, where ports, times and counts stand too.
const NUMBER_DIGITS: usize = 7;
const HIDDEN: &str = "(hidden)";

/// What a header may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Nothing of people.
    Plain,
    Addresses,
    /// What proves a password: nobody sees it.
    Proof,
    Anything,
}

const fn kind(name: Name) -> Kind {
    use Name::*;
    match name {
        Accept | AcceptEncoding | AcceptLanguage | Allow | AllowEvents | CallId | ContentDisposition
        | ContentEncoding | ContentLanguage | ContentLength | ContentType | Cseq | Date | Event | Expires
        | InReplyTo | InfoPackage | MaxForwards | MimeVersion | MinExpires | MinSe | Priority | Privacy
        | ProxyAuthenticate | ProxyRequire | Rack | Reason | RecvInfo | Replaces | RequestDisposition | Require
        | RetryAfter | Rseq | Server | SessionExpires | SubscriptionState | Supported | Timestamp | Unsupported
        | UserAgent | Via | Warning | WwwAuthenticate => Kind::Plain,
        Contact | Diversion | From | HistoryInfo | PAssertedIdentity | PPreferredIdentity | Path | RecordRoute
        | ReferTo | ReferredBy | RemotePartyId | ReplyTo | Route | ServiceRoute | To => Kind::Addresses,
        Authorization | ProxyAuthorization | AuthenticationInfo => Kind::Proof,
        _ => Kind::Anything,
    }
}

/// What is hidden from one reader of one call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mask {
    /// None for who sees numbers.
    hides: Option<Hides>,
}

#[derive(Clone, Debug, Default)]
struct Hides {
    /// Numbers that are no secret: ours and our agents'.
    open: BTreeSet<String>,
    /// What the messages of the call showed to be a number or a name, the longest first.
    tokens: Vec<String>,
}

impl Mask {
    /// Hides what proves passwords alone.
    pub(crate) fn clear() -> Mask {
        Mask::default()
    }

    /// Hides all numbers and names but the `open` ones; `caller` is the citizen's number.
    pub(crate) fn of<'a>(caller: &str, open: impl Iterator<Item = &'a str>, all: &[&Message]) -> Mask {
        let open = open.filter(|number| *number != caller).map(str::to_owned).collect();
        let mut hides = Hides { open, tokens: Vec::new() };
        let mut found = vec![caller.to_owned()];
        for message in all {
            hides.uri(message.request_uri_text(), &mut found);
            for (_, _, value) in message.lines().filter(|(name, ..)| kind(*name) == Kind::Addresses) {
                hides.addresses(value, &mut found);
            }
        }
        for text in found {
            hides.note(&text);
        }
        hides.tokens.sort_by_key(|token| std::cmp::Reverse(token.len()));
        Mask { hides: Some(hides) }
    }

    pub(crate) fn header(&self, name: Name, value: &str) -> String {
        match (kind(name), &self.hides) {
            (Kind::Proof, _) | (Kind::Anything, Some(_)) => HIDDEN.to_owned(),
            (_, None) => value.to_owned(),
            (Kind::Plain, Some(hides)) => hides.plain(value),
            (Kind::Addresses, Some(hides)) => hides.plain(&hides.addresses(value, &mut Vec::new())),
        }
    }

    pub(crate) fn uri(&self, uri: &str) -> String {
        self.hides.as_ref().map_or_else(|| uri.to_owned(), |hides| hides.plain(&hides.uri(uri, &mut Vec::new())))
    }

    /// A text that holds numbers by accident only.
    pub(crate) fn plain(&self, text: &str) -> String {
        self.hides.as_ref().map_or_else(|| text.to_owned(), |hides| hides.plain(text))
    }

    /// A session description, line by line (RFC 4566 §5).
    pub(crate) fn sdp(&self, text: &str) -> String {
        let Some(hides) = &self.hides else { return text.to_owned() };
        let line = |line: &str| match line.split_at_checked(2) {
            Some(("o=", value)) => match value.split_once(' ') {
                Some(("-", _)) => hides.plain(line),
                Some((user, rest)) => format!("o={} {}", Masked(user), hides.plain(rest)),
                None => format!("o={}", Masked(value)),
            },
            Some(("s=", "-" | " " | "")) => line.to_owned(),
            Some(("s=", name)) => format!("s={}", Masked(name)),
            Some((kind @ ("i=" | "u=" | "e=" | "p="), _)) => format!("{kind}{HIDDEN}"),
            _ => hides.plain(line),
        };
        text.lines().map(|one| line(one) + "\r\n").collect()
    }
}

impl Hides {
    /// What is known to be a number or a name is hidden wherever else it stands.
    fn note(&mut self, text: &str) {
        let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() >= NUMBER_DIGITS).map(bare);
        for token in std::iter::once(text).chain(numbers) {
            let fits = token.chars().count() >= TOKEN_CHARS && !self.open.contains(token);
            if fits && self.tokens.len() < TOKENS_MAX && !self.tokens.iter().any(|known| known == token) {
                self.tokens.push(token.to_owned());
            }
        }
    }

    fn plain(&self, text: &str) -> String {
        self.tokens.iter().fold(text.to_owned(), |text, token| match text.contains(token.as_str()) {
            true => text.replace(token.as_str(), &Masked(token).to_string()),
            false => text,
        })
    }

    /// `"name" <uri>;param, …`, or addresses without brackets (RFC 3261 §20.10); what was hidden is noted in `found`.
    fn addresses(&self, value: &str, found: &mut Vec<String>) -> String {
        let mut out = String::with_capacity(value.len());
        let (mut rest, mut in_params) = (value, false);
        while let Some(first) = rest.chars().next() {
            let (piece, behind) = piece(rest, first);
            rest = behind;
            match first {
                '"' => {
                    let name = piece.trim_matches('"');
                    found.push(name.to_owned());
                    out.push_str(&format!("\"{}\"", Masked(name)));
                }
                '<' => {
                    let uri = self.uri(piece.trim_start_matches('<').trim_end_matches('>'), found);
                    out.push_str(&format!("<{uri}>"));
                    in_params = true;
                }
                ',' | ';' => {
                    out.push(first);
                    in_params = first == ';';
                }
                _ if in_params && piece.trim_start().starts_with("tag=") => out.push_str(piece),
                _ if in_params => out.push_str(&digits(piece)),
                _ if rest.starts_with('<') => out.push_str(&self.name(piece, found)),
                _ => out.push_str(&self.uri(piece, found)),
            }
        }
        out
    }

    /// A name without quotes, with the space around it.
    fn name(&self, piece: &str, found: &mut Vec<String>) -> String {
        let name = piece.trim();
        if name.is_empty() {
            return piece.to_owned();
        }
        found.push(name.to_owned());
        format!("{} ", Masked(name))
    }

    /// A URI: the user of `sip:`, the number of `tel:`, all of another scheme; headers in it (RFC 3261 §19.1.1) may hold
    /// anything.
    fn uri(&self, uri: &str, found: &mut Vec<String>) -> String {
        let Some((scheme, rest)) = uri.split_once(':') else { return digits(uri) };
        let (user, behind) = match scheme.trim_start().to_ascii_lowercase().as_str() {
            // The last one: what stands before it may be a user with anything in it.
            "sip" | "sips" => match rest.rfind('@') {
                Some(at) => rest.split_at(at),
                None => ("", rest),
            },
            "tel" => rest.split_at(rest.find(';').unwrap_or(rest.len())),
            _ => (rest, ""),
        };
        let (place, headers) = behind.split_once('?').map_or((behind, ""), |(place, _)| (place, "?(hidden)"));
        format!("{scheme}:{}{}{headers}", self.user(user, found), digits(place))
    }

    fn user(&self, whole: &str, found: &mut Vec<String>) -> String {
        found.push(whole.to_owned());
        // A password is nobody's business, nor is what stands behind a number.
        let user = whole.split([':', ';']).next().unwrap_or_default();
        if self.open.contains(user) { user.to_owned() } else { Masked(user).to_string() }
    }
}

/// The first piece of a list of addresses, which begins with `first`, and the rest.
fn piece(text: &str, first: char) -> (&str, &str) {
    let end = match first {
        '"' => quoted(text),
        '<' => text.find('>').map_or(text.len(), |end| end + 1),
        ',' | ';' => 1,
        _ => text.find(['"', '<', ',', ';']).unwrap_or(text.len()),
    };
    text.split_at(end)
}

/// Where the quoted string ends that `text` begins with (RFC 3261 §25.1).
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The text with each row of digits masked that may be a number.
fn digits(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let other = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (before, from) = rest.split_at(other);
        let (run, behind) = from.split_at(from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len()));
        out.push_str(before);
        match run.len() >= NUMBER_DIGITS {
            true => out.push_str(&Masked(run).to_string()),
            false => out.push_str(run),
        }
        rest = behind;
    }
    out
}

/// A number without what carriers put in front of it.
fn bare(number: &str) -> &str {
    let number = number.trim_start_matches('0');
    if number.len() >= 13 { number.strip_prefix("86").unwrap_or(number) } else { number }
}

#[cfg(test)]
#[path = "mask_tests.rs"]
mod tests;
