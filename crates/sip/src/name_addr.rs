//! `name-addr` and `addr-spec` header values: From, To, Contact, Route and their kin (RFC 3261 §20.10).

use std::fmt;

use crate::params::{Params, ParamsRef};
use crate::text;
use crate::uri::{Uri, UriRef};

/// A URI with an optional name in front and parameters behind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NameAddr {
    /// The name to show, quotes and backslashes resolved.
    pub display: Option<String>,
    pub uri: Uri,
    pub params: Params,
}

base::packed_struct!(NameAddr { display, uri, params });

impl NameAddr {
    pub const fn new(uri: Uri) -> NameAddr {
        NameAddr { display: None, uri, params: Params::new() }
    }

    /// Reads one value; in the form without angle brackets parameters belong to the header, not to the URI.
    pub fn parse(value: &str) -> Result<NameAddr, &'static str> {
        NameAddrRef::parse(value).map(|address| address.to_name_addr())
    }

    pub fn tag(&self) -> Option<&str> {
        self.params.get("tag").filter(|tag| !tag.is_empty())
    }

    /// The same with the tag set.
    #[must_use]
    pub fn with_tag(mut self, tag: &str) -> NameAddr {
        self.params.set("tag", Some(tag));
        self
    }

    /// The same with a name to show.
    #[must_use]
    pub fn with_display(mut self, display: &str) -> NameAddr {
        self.display = Some(display.to_owned());
        self
    }

    /// The `expires` of a Contact in seconds; a value beyond 32 bits counts as the largest (RFC 3261 §10.3).
    pub fn expires(&self) -> Option<u32> {
        self.params.get("expires").and_then(delta_seconds)
    }

    /// The `q` of a Contact in thousandths, 1000 when absent or unreadable (RFC 3261 §10.2.1.2, §20.10).
    pub fn q_milli(&self) -> u16 {
        self.params.get("q").and_then(|q| q.parse::<f32>().ok()).map_or(1000, |q| (q.clamp(0.0, 1.0) * 1000.0) as u16)
    }
}

/// `delta-seconds`; what does not fit 32 bits counts as the largest.
pub(crate) fn delta_seconds(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text::number(text).unwrap_or(u32::MAX))
}

/// A `NameAddr` where it stands in a message.
#[derive(Clone, Copy, Debug)]
pub struct NameAddrRef<'a> {
    /// The name as written, with its quotes; empty when there is none.
    display: &'a str,
    pub uri: UriRef<'a>,
    pub params: ParamsRef<'a>,
}

impl<'a> NameAddrRef<'a> {
    /// Like `NameAddr::parse`.
    pub fn parse(value: &'a str) -> Result<NameAddrRef<'a>, &'static str> {
        let value = text::trim(value);
        if let Some(plain) = NameAddrRef::parse_plain(value) {
            return Ok(plain);
        }
        let open = text::find_outside(value, b'<');
        let Some(open) = open else { return NameAddrRef::parse_bare(value) };
        let (display, rest) = value.split_at_checked(open).ok_or("no address")?;
        let (uri, params) = rest.get(1..).and_then(|rest| text::cut(rest, b'>')).ok_or("< without >")?;
        let params = text::trim(params);
        if !params.is_empty() && !params.starts_with(';') {
            return Err("text behind the address");
        }
        let uri = UriRef::parse(text::trim(uri)).map_err(|error| error.0)?;
        let display = text::trim(display);
        check_display(display)?;
        Ok(NameAddrRef { display, uri, params: ParamsRef::parse_header(params)? })
    }

    /// A URI in angle brackets behind nothing or a quoted name, as nearly all are; `None` leaves it to the thorough reader.
    fn parse_plain(value: &'a str) -> Option<NameAddrRef<'a>> {
        let (display, rest) = match value.strip_prefix('"') {
            Some(quoted) => {
                let end = text::find(quoted.as_bytes(), b'"')?;
                let (display, rest) = value.split_at_checked(end + 2).filter(|(display, _)| !display.contains('\\'))?;
                (display, rest.trim_ascii_start())
            }
            None => ("", value),
        };
        let (uri, params) = UriRef::parse_bracketed(rest)?;
        if !params.is_empty() && !params.starts_with(';') {
            return None;
        }
        Some(NameAddrRef { display, uri, params: ParamsRef::parse_header(params).ok()? })
    }

    fn parse_bare(value: &'a str) -> Result<NameAddrRef<'a>, &'static str> {
        let (uri, params) = value.split_once(';').unwrap_or((value, ""));
        // Such URIs must stand in angle brackets, else nobody can tell whose parameters follow (RFC 3261 §20.10).
        if uri.contains(['?', ',']) {
            return Err("a URI with ? or , outside angle brackets");
        }
        let uri = UriRef::parse(text::trim(uri)).map_err(|error| error.0)?;
        Ok(NameAddrRef { display: "", uri, params: ParamsRef::parse_header(params)? })
    }

    /// What was read before.
    pub(crate) const fn checked(display: &'a str, uri: UriRef<'a>, params: ParamsRef<'a>) -> NameAddrRef<'a> {
        NameAddrRef { display, uri, params }
    }

    pub(crate) const fn display(self) -> &'a str {
        self.display
    }

    pub fn to_name_addr(self) -> NameAddr {
        let display = (!self.display.is_empty()).then(|| text::unquote(self.display));
        NameAddr { display, uri: self.uri.to_uri(), params: self.params.to_params() }
    }

    pub fn tag(self) -> Option<&'a str> {
        self.params.get("tag").filter(|tag| !tag.is_empty())
    }
}

fn check_display(display: &str) -> Result<(), &'static str> {
    if display.is_empty() {
        return Ok(());
    }
    match text::quoted_end(display) {
        Some(end) if end == display.len() => Ok(()),
        Some(_) => Err("text behind the quoted name"),
        None if display.contains('"') => Err("a quote inside the name"),
        // Unquoted names with characters beyond tokens (non-ASCII, dots, commas) are common and harmless here.
        None => Ok(()),
    }
}

impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(display) = &self.display {
            write!(f, "{} ", text::quote(display))?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}
