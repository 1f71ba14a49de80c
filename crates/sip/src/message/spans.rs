//! What was read of a message, as places in its head.

use crate::name_addr::NameAddrRef;
use crate::params::ParamsRef;
use crate::uri::{Scheme, UriRef};
use crate::via::ViaRef;

/// A piece of the head. The numbers fit: none of `limits::MESSAGE_BYTES_MAX` bytes stands beyond 65,535, and lines are shorter.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    at: u16,
    length: u16,
}

impl Span {
    /// Where `part` stands, which is a piece of `whole` or empty.
    #[inline]
    pub(super) fn of(whole: &str, part: &str) -> Span {
        let at = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
        Span { at: at as u16, length: part.len() as u16 }
    }

    #[inline]
    pub(super) fn text(self, whole: &str) -> &str {
        whole.get(self.at as usize..self.at as usize + self.length as usize).unwrap_or_default()
    }
}

/// Parameters that were checked.
#[derive(Clone, Copy, Debug)]
struct ParamsSpan {
    text: Span,
    plain: bool,
}

impl ParamsSpan {
    fn of(whole: &str, params: ParamsRef<'_>) -> ParamsSpan {
        let (text, plain) = params.parts();
        ParamsSpan { text: Span::of(whole, text), plain }
    }

    fn view(self, whole: &str) -> ParamsRef<'_> {
        ParamsRef::checked(self.text.text(whole), self.plain)
    }
}

/// A Via that was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct ViaSpans {
    transport: Span,
    host: Span,
    port: Option<u16>,
    params: ParamsSpan,
}

impl ViaSpans {
    pub(super) fn of(whole: &str, via: ViaRef<'_>) -> ViaSpans {
        let span = |part| Span::of(whole, part);
        let params = ParamsSpan::of(whole, via.params);
        ViaSpans { transport: span(via.transport), host: span(via.host), port: via.port, params }
    }

    pub(super) fn view(self, whole: &str) -> ViaRef<'_> {
        let (transport, host) = (self.transport.text(whole), self.host.text(whole));
        ViaRef { transport, host, port: self.port, params: self.params.view(whole) }
    }
}

/// A URI that was read and is plain: no password, no headers.
#[derive(Clone, Copy, Debug)]
pub(super) struct UriSpans {
    scheme: Scheme,
    user: Option<Span>,
    host: Span,
    port: Option<u16>,
    params: ParamsSpan,
    text: Span,
}

impl UriSpans {
    /// `None` when more would have to be kept.
    pub(super) fn of(whole: &str, uri: UriRef<'_>) -> Option<UriSpans> {
        let span = |part| Span::of(whole, part);
        let (user, text) = (uri.plain_user()?.map(span), span(uri.as_str()));
        let params = ParamsSpan::of(whole, uri.params);
        Some(UriSpans { scheme: uri.scheme, user, host: span(uri.host), port: uri.port, params, text })
    }

    pub(super) fn view(self, whole: &str) -> UriRef<'_> {
        let (user, host) = (self.user.map(|user| user.text(whole)), self.host.text(whole));
        UriRef::checked(self.scheme, user, host, self.port, self.params.view(whole), self.text.text(whole))
    }
}

/// From or To as it was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct AddressSpans {
    display: Span,
    uri: UriSpans,
    params: ParamsSpan,
}

impl AddressSpans {
    /// `None` when more would have to be kept.
    pub(super) fn of(whole: &str, address: NameAddrRef<'_>) -> Option<AddressSpans> {
        let (display, uri) = (Span::of(whole, address.display()), UriSpans::of(whole, address.uri)?);
        Some(AddressSpans { display, uri, params: ParamsSpan::of(whole, address.params) })
    }

    pub(super) fn view(self, whole: &str) -> NameAddrRef<'_> {
        NameAddrRef::checked(self.display.text(whole), self.uri.view(whole), self.params.view(whole))
    }
}
