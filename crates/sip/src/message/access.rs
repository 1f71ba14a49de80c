//! What a message says.

use memchr::memchr;

use super::spans::{AddressSpans, Span, ViaSpans};
use super::{Ends, HeaderError, Message, Slot, Start};
use crate::contact::ContactHeader;
use crate::limits;
use crate::method::Method;
use crate::name::Name;
use crate::name_addr::{NameAddr, NameAddrRef, delta_seconds};
use crate::text;
use crate::uri::{Uri, UriRef};
use crate::via::{Via, ViaRef};

impl Message {
    pub fn is_request(&self) -> bool {
        matches!(self.0.start, Start::Request { .. })
    }

    /// The method of the start line, or of CSeq for a response.
    pub fn method(&self) -> Method {
        match &self.0.start {
            Start::Request { method, .. } => *method,
            Start::Response { .. } => self.0.cseq.map_or(Method::Other, |(_, method)| method),
        }
    }

    /// The method's token, also of an unknown one.
    pub fn method_name(&self) -> &str {
        match &self.0.start {
            Start::Request { method_text, .. } => self.text(method_text),
            Start::Response { .. } => {
                self.header(Name::Cseq).and_then(|v| v.split([' ', '\t']).next_back()).unwrap_or("")
            }
        }
    }

    /// The Request-URI; every request that `parse` accepts has one.
    pub fn request_uri(&self) -> Option<Uri> {
        self.request_uri_ref().map(UriRef::to_uri)
    }

    /// The Request-URI without a copy.
    pub fn request_uri_ref(&self) -> Option<UriRef<'_>> {
        match &self.0.start {
            Start::Request { uri: Some(uri), .. } => Some(uri.view(&self.0.head)),
            Start::Request { uri_text, .. } => UriRef::parse(self.text(uri_text)).ok(),
            Start::Response { .. } => None,
        }
    }

    /// The Request-URI as it came, which digest answers must repeat; empty for a response.
    pub fn request_uri_text(&self) -> &str {
        match &self.0.start {
            Start::Request { uri_text, .. } => self.text(uri_text),
            Start::Response { .. } => "",
        }
    }

    /// The status code of a response, 100 to 699.
    pub fn status(&self) -> Option<u16> {
        match self.0.start {
            Start::Response { status, .. } => Some(status),
            Start::Request { .. } => None,
        }
    }

    /// The reason phrase of a response; empty for a request.
    pub fn reason(&self) -> &str {
        match &self.0.start {
            Start::Response { reason, .. } => self.text(reason),
            Start::Request { .. } => "",
        }
    }

    /// The value of the first header line of that name.
    pub fn header(&self, name: Name) -> Option<&str> {
        match name.asked() {
            Some(place) => self.0.headers.get(self.0.places.line(place)).map(|slot| self.value(slot)),
            None => self.headers(name).next(),
        }
    }

    /// The first header line of that name with its line end, when it is `Name: value` and no more.
    pub(crate) fn whole_line(&self, name: Name) -> Option<&str> {
        self.as_written(self.0.headers.get(self.0.places.line(name.asked()?))?)
    }

    /// A header line with its line end, when it is `Name: value` and no more.
    fn as_written(&self, slot: &Slot) -> Option<&str> {
        let (at, colon) = (slot.name_at as usize, usize::from(slot.name_length));
        let line = self.0.head.get(at..slot.value_range().end + 2)?;
        let plain = slot.value_at == slot.name_at + u32::from(slot.name_length) + 2
            && line.starts_with(slot.name.text())
            && line.as_bytes().get(colon..colon + 2) == Some(b": ")
            && line.ends_with("\r\n");
        plain.then_some(line)
    }

    /// The Vias as they came behind the first `skip`: whole lines, or else values.
    pub(crate) fn via_lines(&self, skip: usize) -> Option<impl Iterator<Item = Result<&str, &str>>> {
        let mut lines = self.headers(Name::Via);
        let alone = lines.by_ref().take(limits::VALUES_MAX).all(is_sole) && lines.next().is_none();
        let lines = self.slots(Name::Via).skip(skip);
        alone.then(|| lines.map(|slot| self.as_written(slot).ok_or_else(|| self.value(slot))))
    }

    /// The value of every header line of that name, in order; comma lists are not taken apart.
    pub fn headers(&self, name: Name) -> impl Iterator<Item = &str> {
        self.slots(name).map(|slot| self.value(slot))
    }

    fn slots(&self, name: Name) -> impl Iterator<Item = &Slot> {
        let first = name.asked().map_or(0, |place| self.0.places.line(place));
        self.0.headers.get(first..).unwrap_or_default().iter().filter(move |slot| slot.name == name)
    }

    /// Whether a name that `Name::asked` places stands on more than one line.
    fn repeats(&self, name: Name) -> bool {
        name.asked().is_some_and(|place| self.0.places.repeats(place))
    }

    /// The value of the first header line of a name that may be unknown to `Name`, in any case.
    pub fn header_named(&self, name: &str) -> Option<&str> {
        match Name::from_token(name) {
            Name::Other => {
                let slot = self.0.headers.iter().find(|slot| self.name_text(slot).eq_ignore_ascii_case(name))?;
                Some(self.value(slot))
            }
            known => self.header(known),
        }
    }

    /// Every header line in order: name, name as written, value.
    pub fn lines(&self) -> impl Iterator<Item = (Name, &str, &str)> {
        self.0.headers.iter().map(|slot| (slot.name, self.name_text(slot), self.value(slot)))
    }

    /// The values of all lines of that name, comma lists taken apart, at most `limits::VALUES_MAX`.
    pub fn values(&self, name: Name) -> impl Iterator<Item = &str> {
        self.headers(name)
            .flat_map(|line| text::split(line, b','))
            .filter(|value| !value.is_empty())
            .take(limits::VALUES_MAX)
    }

    /// The same for a name that is none of the known ones.
    pub fn values_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.lines()
            .filter(move |(_, spelt, _)| spelt.eq_ignore_ascii_case(name))
            .flat_map(|(_, _, line)| text::split(line, b','))
            .filter(|value| !value.is_empty())
            .take(limits::VALUES_MAX)
    }

    /// Whether a line of that name says anything.
    pub(super) fn has_value(&self, name: Name) -> bool {
        let first = self.slots(name).next().filter(|slot| slot.value_length > 0);
        first.is_some_and(|slot| self.0.head.as_bytes().get(slot.value_at as usize) != Some(&b','))
            || self.values(name).next().is_some()
    }

    /// Every Via value as it came, the newest hop first.
    pub fn vias(&self) -> impl Iterator<Item = &str> {
        self.values(Name::Via)
    }

    /// The newest hop's Via.
    pub fn top_via(&self) -> Result<Via, HeaderError> {
        self.top_via_ref().map(ViaRef::to_via)
    }

    /// The newest hop's Via without a copy.
    pub fn top_via_ref(&self) -> Result<ViaRef<'_>, HeaderError> {
        if let Some(ends) = self.0.ends {
            return Ok(ends.via.view(&self.0.head));
        }
        // Most write a line for each hop.
        let alone = self.header(Name::Via).filter(|line| is_sole(line));
        let value = alone.or_else(|| self.vias().next()).ok_or(HeaderError::new(Name::Via, "missing"))?;
        ViaRef::parse(value).map_err(|what| HeaderError::new(Name::Via, what))
    }

    /// A list that the top Via begins has to be one to its end (RFC 4475 §3.1.2.1); lines of one value are the affair of their hops.
    pub(super) fn check_via_list(&self) -> Result<(), HeaderError> {
        let list = self.header(Name::Via).filter(|line| !is_sole(line)).unwrap_or_default();
        let mut values = text::split(list, b',').filter(|value| !value.is_empty()).take(limits::VALUES_MAX);
        values.try_for_each(|value| ViaRef::parse(value).map(drop)).map_err(|what| HeaderError::new(Name::Via, what))
    }

    /// Whether the top Via, From and To could be read.
    pub(crate) fn has_ends(&self) -> bool {
        self.0.ends.is_some()
    }

    /// The tag of From; empty when the peer is older than tags.
    pub fn from_tag(&self) -> &str {
        self.0.ends.map_or("", |ends| ends.from_tag.text(&self.0.head))
    }

    /// Whether To was read and has no tag parameter at all.
    pub(crate) fn lacks_to_tag(&self) -> bool {
        self.0.ends.is_some_and(|ends| ends.to_tag.is_none())
    }

    /// The tag of To; empty in a request outside dialogs.
    pub fn to_tag(&self) -> &str {
        self.0.ends.and_then(|ends| ends.to_tag).map_or("", |tag| tag.text(&self.0.head))
    }

    pub fn from(&self) -> Result<NameAddr, HeaderError> {
        self.from_ref().map(NameAddrRef::to_name_addr)
    }

    /// From without a copy.
    pub fn from_ref(&self) -> Result<NameAddrRef<'_>, HeaderError> {
        match self.0.ends.and_then(|ends| ends.from) {
            Some(from) => Ok(from.view(&self.0.head)),
            None => self.sole_address(Name::From),
        }
    }

    pub fn to(&self) -> Result<NameAddr, HeaderError> {
        self.to_ref().map(NameAddrRef::to_name_addr)
    }

    /// To without a copy.
    pub fn to_ref(&self) -> Result<NameAddrRef<'_>, HeaderError> {
        self.sole_address(Name::To)
    }

    /// The whole line: From and To are no lists, and phones forget the quotes around a name with a comma.
    fn sole_address(&self, name: Name) -> Result<NameAddrRef<'_>, HeaderError> {
        let value = self.header(name).ok_or(HeaderError::new(name, "missing"))?;
        NameAddrRef::parse(value).map_err(|what| HeaderError::new(name, what))
    }

    /// The first value of a header that lists addresses (P-Asserted-Identity, Diversion, Refer-To, …).
    pub fn address(&self, name: Name) -> Result<NameAddr, HeaderError> {
        let value = self.values(name).next().ok_or(HeaderError::new(name, "missing"))?;
        NameAddr::parse(value).map_err(|what| HeaderError::new(name, what))
    }

    /// All Contacts; an error when one of them cannot be read.
    pub fn contacts(&self) -> Result<Vec<ContactHeader>, HeaderError> {
        self.values(Name::Contact)
            .map(|value| ContactHeader::parse(value).map_err(|what| HeaderError::new(Name::Contact, what)))
            .collect()
    }

    /// The URI of the first Contact without a copy; `None` when there is none, it is the star, or one of them cannot be
    /// read.
    pub fn contact_ref(&self) -> Option<UriRef<'_>> {
        let line = self.header(Name::Contact)?;
        if is_sole(line) && !self.repeats(Name::Contact) {
            return NameAddrRef::parse(line).ok().map(|address| address.uri);
        }
        let mut first = None;
        for (at, value) in self.values(Name::Contact).enumerate() {
            let uri = match value {
                "*" => None,
                value => Some(NameAddrRef::parse(value).ok()?.uri),
            };
            if at == 0 {
                first = uri;
            }
        }
        first
    }

    /// The number and the method of CSeq.
    pub fn cseq(&self) -> Result<(u32, Method), HeaderError> {
        self.0.cseq.ok_or(HeaderError::new(Name::Cseq, "not a number below 2^31 and a method"))
    }

    pub fn call_id(&self) -> Option<&str> {
        self.header(Name::CallId)
    }

    /// The Route set in order; empty when one value cannot be read, as half a route leads astray.
    pub fn routes(&self) -> Vec<NameAddr> {
        self.addresses(Name::Route)
    }

    /// The Record-Route set in order; empty when one value cannot be read.
    pub fn record_routes(&self) -> Vec<NameAddr> {
        self.addresses(Name::RecordRoute)
    }

    fn addresses(&self, name: Name) -> Vec<NameAddr> {
        self.values(name).map(NameAddr::parse).collect::<Result<_, _>>().unwrap_or_default()
    }

    /// The option tags of Require.
    pub fn require(&self) -> impl Iterator<Item = &str> {
        self.values(Name::Require)
    }

    /// The option tags of Supported.
    pub fn supported(&self) -> impl Iterator<Item = &str> {
        self.values(Name::Supported)
    }

    /// The method tokens of Allow.
    pub fn allow(&self) -> impl Iterator<Item = &str> {
        self.values(Name::Allow)
    }

    /// Max-Forwards, 0 to 255; `None` when absent (RFC 3261 §20.22).
    pub fn max_forwards(&self) -> Option<u8> {
        text::number(self.header(Name::MaxForwards)?)
    }

    /// Expires in seconds; `None` when absent or unreadable, the largest number when beyond 32 bits.
    pub fn expires(&self) -> Option<u32> {
        delta_seconds(self.header(Name::Expires)?)
    }

    /// Session-Expires (RFC 4028): the interval in seconds, and whether the caller (`uac`) or the called (`uas`) refreshes.
    pub fn session_expires(&self) -> Option<(u32, Option<Refresher>)> {
        let mut parts = self.header(Name::SessionExpires)?.split(';').map(text::trim);
        let interval_s = delta_seconds(parts.next()?)?;
        let refresher = parts
            .filter_map(|part| part.split_once('='))
            .find(|(name, _)| text::trim(name).eq_ignore_ascii_case("refresher"));
        Some((interval_s, refresher.and_then(|(_, who)| Refresher::from_token(text::trim(who)))))
    }

    /// Min-SE in seconds (RFC 4028).
    pub fn min_se(&self) -> Option<u32> {
        delta_seconds(self.header(Name::MinSe)?.split(';').map(text::trim).next()?)
    }

    /// The media type without its parameters, as written; types compare without case.
    pub fn content_type(&self) -> Option<&str> {
        let value = self.header(Name::ContentType)?;
        Some(text::trim(text::cut(value, b';').map_or(value, |(kind, _)| kind)))
    }

    /// Whether the body is of that media type.
    pub fn has_content_type(&self, media_type: &str) -> bool {
        self.content_type().is_some_and(|value| value.eq_ignore_ascii_case(media_type))
    }

    pub fn body(&self) -> &[u8] {
        &self.0.body
    }
}

impl Ends {
    /// Where the top Via, From and the tags stand.
    pub(super) fn of(message: &Message) -> Result<Ends, HeaderError> {
        let head = message.0.head.as_str();
        let (via, from, to) = (message.top_via_ref()?, message.from_ref()?, message.to_ref()?);
        let tag_of = |address: NameAddrRef<'_>| Span::of(head, address.tag().unwrap_or_default());
        let (from_tag, to_tag) = (tag_of(from), to.params.has("tag").then(|| tag_of(to)));
        Ok(Ends { via: ViaSpans::of(head, via), from: AddressSpans::of(head, from), from_tag, to_tag })
    }
}

/// Whether a line says something and is surely no list.
fn is_sole(line: &str) -> bool {
    !line.is_empty() && memchr(b',', line.as_bytes()).is_none()
}

/// Who keeps a session fresh (RFC 4028 §4), as seen from the request that carries or carried Session-Expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresher {
    /// The sender of that request.
    Uac,
    /// Its receiver.
    Uas,
}

impl Refresher {
    pub const fn name(self) -> &'static str {
        match self {
            Refresher::Uac => "uac",
            Refresher::Uas => "uas",
        }
    }

    fn from_token(token: &str) -> Option<Refresher> {
        [Refresher::Uac, Refresher::Uas].into_iter().find(|one| one.name().eq_ignore_ascii_case(token))
    }
}
