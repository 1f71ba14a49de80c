//! Who calls: whose word is taken for it, and whether anybody may learn the number.

use call::number::canonical;
use call::plan::{Identity, Trunk};
use sip::{Message, Name, NameAddrRef, Scheme};

/// Characters of a caller's number or name: as many as a number may have. Records, logs and agents' phones show it.
const CALLER_CHARS_MAX: usize = 64;
/// Who withholds the number (RFC 3323 §4.1); records of such callers say so too.
const ANONYMOUS: &str = "anonymous";

/// The caller as records and agents know one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) number: String,
    /// There is a number, and the caller wants it shown to nobody.
    pub(crate) confidential: bool,
}

/// Numbers are brought to their one form where a trunk delivers them; of an agent nothing but From is believed.
pub(crate) fn caller(request: &Message, trunk: Option<&Trunk>) -> Caller {
    let Some(trunk) = trunk else {
        let number = shortened(from(request).unwrap_or_else(|| ANONYMOUS.to_owned()));
        return Caller { number, confidential: false };
    };
    let asserted = match trunk.identity {
        Identity::Asserted => asserted(request),
        Identity::From => None,
    };
    let hides = asks_privacy(request) || asserted.as_ref().is_some_and(|a| a.hides || is_anonymous(request));
    let known = asserted.map(|a| a.number).or_else(|| from(request).filter(|_| !is_anonymous(request)));
    let confidential = hides && known.is_some();
    let number = known.map_or_else(|| ANONYMOUS.to_owned(), |number| canonical(&number, trunk.area_code.as_ref()));
    Caller { number: shortened(number), confidential }
}

/// A number that the carrier vouches for.
struct Asserted {
    number: String,
    hides: bool,
}

/// P-Asserted-Identity (RFC 3325 §9.1) goes before what came before it.
fn asserted(request: &Message) -> Option<Asserted> {
    let number = addresses(request, Name::PAssertedIdentity).find_map(number_of);
    number.map(|number| Asserted { number, hides: false }).or_else(|| remote_party(request))
}

/// Remote-Party-ID (draft-ietf-sip-privacy): the calling party's, which may be told with its own wish for privacy.
fn remote_party(request: &Message) -> Option<Asserted> {
    let is = |value: Option<&str>, words: &[&str]| {
        value.is_some_and(|value| words.iter().any(|word| value.eq_ignore_ascii_case(word)))
    };
    let calling = |party: &NameAddrRef<'_>| !party.params.has("party") || is(party.params.get("party"), &["calling"]);
    addresses(request, Name::RemotePartyId).filter(calling).find_map(|party| {
        let hides = is(party.params.get("privacy"), &["full", "uri"]);
        number_of(party).map(|number| Asserted { number, hides })
    })
}

/// Whether the caller's number is to be withheld (RFC 3323 §4.2, RFC 3325 §9.3).
fn asks_privacy(request: &Message) -> bool {
    let mut wishes = request.values(Name::Privacy).flat_map(|value| value.split(';')).map(str::trim);
    wishes.any(|wish| ["id", "header", "user"].iter().any(|known| wish.eq_ignore_ascii_case(known)))
}

/// The values of a header that can be read.
pub(crate) fn addresses(request: &Message, name: Name) -> impl Iterator<Item = NameAddrRef<'_>> {
    request.values(name).filter_map(|value| NameAddrRef::parse(value).ok())
}

pub(crate) fn number_of(address: NameAddrRef<'_>) -> Option<String> {
    let dials = matches!(address.uri.scheme, Scheme::Sip | Scheme::Sips | Scheme::Tel);
    address.uri.number().filter(|_| dials)
}

/// A number, else a name.
fn from(request: &Message) -> Option<String> {
    let uri = request.from_ref().ok()?.uri;
    uri.number().or_else(|| uri.user_text())
}

/// RFC 3323 §4.1 names the host; carriers also write their own behind the user.
fn is_anonymous(request: &Message) -> bool {
    request.from_ref().is_ok_and(|from| {
        let by_name = from.uri.user_text().is_some_and(|user| user.eq_ignore_ascii_case(ANONYMOUS));
        by_name || from.uri.host.eq_ignore_ascii_case("anonymous.invalid")
    })
}

fn shortened(mut caller: String) -> String {
    if let Some((end, _)) = caller.char_indices().nth(CALLER_CHARS_MAX) {
        caller.truncate(end);
    }
    caller
}
