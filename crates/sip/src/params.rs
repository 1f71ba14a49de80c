//! Parameters behind semicolons, of URIs and of header values.

use std::fmt;

use crate::limits;
use crate::text::{self, class};

/// Name and value pairs in the order of the message; values keep their quotes, so that printing gives back what came.
///
/// One text `;name=value;flag`, in which lookups search: an address has few parameters, and most are never asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Params(String);

base::packed_struct!(Params(text));

impl Params {
    pub const fn new() -> Params {
        Params(String::new())
    }

    fn write(&mut self, name: &str, value: Option<&str>) {
        self.0.push(';');
        self.0.push_str(name);
        if let Some(value) = value {
            self.0.push('=');
            self.0.push_str(value);
        }
    }

    /// The same, borrowed.
    pub fn view(&self) -> ParamsRef<'_> {
        // White space stands inside quotes alone: whoever wrote them here left the rest away.
        ParamsRef { text: &self.0, plain: memchr::memchr2(b'"', b'<', self.0.as_bytes()).is_none() }
    }

    /// The value of the first parameter of that name, without its quotes; `None` also for a flag without value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.view().get(name)
    }

    /// The value as written, with its quotes.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.view().raw(name)
    }

    /// Whether a parameter of that name is there, with or without value.
    pub fn has(&self, name: &str) -> bool {
        self.view().has(name)
    }

    /// Sets a parameter in its place, or adds it; a value that no header could hold without quotes gets them.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        let quoted = value.filter(|value| !is_header_value(value)).map(text::quote);
        let value = quoted.as_deref().or(value);
        if !self.has(name) {
            return self.write(name, value);
        }
        let mut changed = Params(String::with_capacity(self.0.len() + value.map_or(0, str::len)));
        let mut first = true;
        for (key, old) in self.iter() {
            let here = first && key.eq_ignore_ascii_case(name);
            first &= !here;
            changed.write(key, if here { value } else { old });
        }
        *self = changed;
    }

    /// The same with one more parameter set.
    #[must_use]
    pub fn with(mut self, name: &str, value: Option<&str>) -> Params {
        self.set(name, value);
        self
    }

    pub fn remove(&mut self, name: &str) {
        if !self.has(name) {
            return;
        }
        let mut changed = Params(String::with_capacity(self.0.len()));
        for (key, value) in self.iter().filter(|(key, _)| !key.eq_ignore_ascii_case(name)) {
            changed.write(key, value);
        }
        *self = changed;
    }

    /// Names and raw values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.view().iter()
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them as they print.
    pub(crate) const fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// `Params` where they stand in a message: checked, but neither copied nor freed of white space.
#[derive(Clone, Copy, Debug, Default)]
pub struct ParamsRef<'a> {
    text: &'a str,
    /// Neither quotes, brackets nor white space: every semicolon separates.
    plain: bool,
}

impl<'a> ParamsRef<'a> {
    /// `;name=value;flag` of a header value; white space around `;` and `=` is allowed.
    pub(crate) fn parse_header(text: &'a str) -> Result<ParamsRef<'a>, &'static str> {
        let plain = are_plain(text);
        if !plain {
            for (count, part) in parts(text).enumerate() {
                let (name, value) = split_value(part);
                if !text::is_token(name) {
                    return Err("a parameter's name is not a token");
                }
                if value.is_some_and(|value| !is_header_value(value)) {
                    return Err("a parameter's value is neither a token, a host nor a quoted string");
                }
                check_count(count)?;
            }
        }
        Ok(ParamsRef { text, plain })
    }

    /// What `parts` gave.
    pub(crate) const fn checked(text: &'a str, plain: bool) -> ParamsRef<'a> {
        ParamsRef { text, plain }
    }

    pub(crate) const fn parts(self) -> (&'a str, bool) {
        (self.text, self.plain)
    }

    /// `name=value;flag` of a URI; the caller has refused white space, quotes and angle brackets.
    pub(crate) fn parse_uri(text: &'a str) -> Result<ParamsRef<'a>, &'static str> {
        for (count, part) in text.split(';').filter(|part| !part.is_empty()).enumerate() {
            if part.starts_with('=') {
                return Err("a parameter has no name");
            }
            check_count(count)?;
        }
        Ok(ParamsRef { text, plain: true })
    }

    pub fn to_params(self) -> Params {
        let mut params = Params(String::with_capacity(self.text.len() + 1));
        for (name, value) in self.iter() {
            params.write(name, value);
        }
        params
    }

    /// The value of the first parameter of that name, without its quotes; `None` also for a flag without value.
    pub fn get(self, name: &str) -> Option<&'a str> {
        let value = self.raw(name)?;
        Some(value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value))
    }

    /// The value as written, with its quotes.
    pub fn raw(self, name: &str) -> Option<&'a str> {
        self.find(name)?
    }

    /// Whether a parameter of that name is there, with or without value.
    pub fn has(self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The first parameter of that name, with its value where it has one.
    pub(crate) fn find(self, name: &str) -> Option<Option<&'a str>> {
        if !self.plain {
            return self.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        }
        let mut rest = self.text.strip_prefix(';').unwrap_or(self.text);
        while !rest.is_empty() {
            if let Some((key, behind)) = rest.split_at_checked(name.len())
                && matches!(behind.as_bytes().first(), None | Some(b';' | b'='))
                && (key == name || key.eq_ignore_ascii_case(name))
            {
                let value = behind.strip_prefix('=');
                return Some(value.map(|value| text::cut(value, b';').map_or(value, |(value, _)| value)));
            }
            rest = text::cut(rest, b';')?.1;
        }
        None
    }

    /// Names and raw values in order.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let plain = self.plain;
        Parts { rest: Some(self.text), plain }.map(move |part| match text::cut(part, b'=') {
            Some((name, value)) if plain => (name, Some(value)),
            Some((name, value)) => (text::trim(name), Some(text::trim(value))),
            None => (part, None),
        })
    }
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    Parts { rest: Some(text), plain: false }
}

/// The parts between semicolons, trimmed, without empty ones.
struct Parts<'a> {
    rest: Option<&'a str>,
    plain: bool,
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            let text = self.rest?;
            let at = if self.plain { text::find(text.as_bytes(), b';') } else { text::find_outside(text, b';') };
            let part = match at {
                Some(at) => {
                    self.rest = text.get(at + 1..);
                    text.get(..at)?
                }
                None => {
                    self.rest = None;
                    text
                }
            };
            let part = if self.plain { part } else { text::trim(part) };
            if !part.is_empty() {
                return Some(part);
            }
        }
    }
}

fn split_value(part: &str) -> (&str, Option<&str>) {
    match text::cut(part, b'=') {
        Some((name, value)) => (text::trim(name), Some(text::trim(value))),
        None => (part, None),
    }
}

const fn check_count(count: usize) -> Result<(), &'static str> {
    if count >= limits::PARAMS_MAX { Err("too many parameters") } else { Ok(()) }
}

/// Whether they are well formed and few, without white space or quotes: nearly all are, and one look at each byte
/// tells. False says nothing.
fn are_plain(text: &str) -> bool {
    let mut rest = text;
    // Each has a semicolon before it at most, so this bounds their number.
    for _ in 0..limits::PARAMS_MAX {
        let (name, behind) = text::apart(rest, text::span(rest, class::TOKEN));
        rest = match behind.strip_prefix('=') {
            Some(value) if !name.is_empty() => text::apart(value, text::span(value, class::VALUE)).1,
            _ => behind,
        };
        rest = match rest.strip_prefix(';') {
            Some(rest) => rest,
            None => return rest.is_empty(),
        };
    }
    false
}

/// `gen-value` of RFC 3261 §25.1, with the characters of bare IPv6 addresses and of URIs that phones leave unquoted.
fn is_header_value(value: &str) -> bool {
    match text::quoted_end(value) {
        Some(end) => end == value.len(),
        None => value.bytes().all(|byte| text::is(byte, class::VALUE)),
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Params, &'static str> {
        ParamsRef::parse_header(text).map(ParamsRef::to_params)
    }

    #[test]
    fn header_parameters_read_and_print() {
        let cases = [
            (";tag=1;lr", ";tag=1;lr"),
            (" ; tag = 1 ;; LR ", ";tag=1;LR"),
            (r#";x="a;b\"";y"#, r#";x="a;b\"";y"#),
            (";received=2001:db8::1;maddr=[::1]", ";received=2001:db8::1;maddr=[::1]"),
        ];
        for (text, printed) in cases {
            assert_eq!(parse(text).unwrap().to_string(), printed);
        }
        for bad in [";a b=1", ";=1", ";a=b c", ";a=\"open", ";a=\"b\"c"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_fold_case_and_quotes_fall_off() {
        let params = parse(r#";Tag=x;+sip.instance="<urn:1>";flag"#).unwrap();
        assert_eq!(params.get("tag"), Some("x"));
        assert_eq!(params.get("+SIP.instance"), Some("<urn:1>"));
        assert_eq!(params.get("flag"), None);
        assert!(params.has("flag"));
    }

    #[test]
    fn set_quotes_what_needs_it() {
        let params = Params::new().with("a", Some("b c")).with("d", Some("e")).with("a", Some("f\r\ng"));
        assert_eq!(params.to_string(), ";a=\"f  g\";d=e");
    }

    #[test]
    fn the_number_of_parameters_is_bounded() {
        assert!(parse(&";a=b".repeat(limits::PARAMS_MAX)).is_ok());
        assert!(parse(&";a=b".repeat(limits::PARAMS_MAX + 1)).is_err());
    }
}
