//! Parameters behind semicolons, of URIs and of header values.

use std::fmt;

use crate::limits;
use crate::text;

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

    /// Reads `;name=value;flag` of a header value; white space around `;` and `=` is allowed.
    pub(crate) fn parse_header(text: &str) -> Result<Params, &'static str> {
        let mut params = Params(String::with_capacity(text.len() + 1));
        let parts = text::split(text, b';').filter(|part| !part.is_empty());
        for (count, part) in parts.enumerate() {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (text::trim(name), Some(text::trim(value))),
                None => (part, None),
            };
            if !text::is_token(name) {
                return Err("a parameter's name is not a token");
            }
            if value.is_some_and(|value| !is_header_value(value)) {
                return Err("a parameter's value is neither a token, a host nor a quoted string");
            }
            params.push(count, name, value)?;
        }
        Ok(params)
    }

    /// Reads `name=value;flag` of a URI; the caller has refused white space, quotes and angle brackets.
    pub(crate) fn parse_uri(text: &str) -> Result<Params, &'static str> {
        let mut params = Params::new();
        for (count, part) in text.split(';').filter(|part| !part.is_empty()).enumerate() {
            let (name, value) = split_value(part);
            if name.is_empty() {
                return Err("a parameter has no name");
            }
            params.push(count, name, value)?;
        }
        Ok(params)
    }

    fn push(&mut self, count: usize, name: &str, value: Option<&str>) -> Result<(), &'static str> {
        if count >= limits::PARAMS_MAX {
            return Err("too many parameters");
        }
        self.write(name, value);
        Ok(())
    }

    fn write(&mut self, name: &str, value: Option<&str>) {
        self.0.push(';');
        self.0.push_str(name);
        if let Some(value) = value {
            self.0.push('=');
            self.0.push_str(value);
        }
    }

    /// The value of the first parameter of that name, without its quotes; `None` also for a flag without value.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.raw(name)?;
        Some(value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value))
    }

    /// The value as written, with its quotes.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1
    }

    /// Whether a parameter of that name is there, with or without value.
    pub fn has(&self, name: &str) -> bool {
        self.iter().any(|(key, _)| key.eq_ignore_ascii_case(name))
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
        text::split(&self.0, b';').skip(1).map(split_value)
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn split_value(part: &str) -> (&str, Option<&str>) {
    match part.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (part, None),
    }
}

/// `gen-value` of RFC 3261 §25.1, with the characters of bare IPv6 addresses and of URIs that phones leave unquoted.
fn is_header_value(value: &str) -> bool {
    match text::quoted_end(value) {
        Some(end) => end == value.len(),
        None => value.bytes().all(|byte| {
            text::is_token_byte(byte) || matches!(byte, b'[' | b']' | b':' | b'/' | b'@' | b'=' | b'&' | b'$' | b'#')
        }),
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

    #[test]
    fn header_parameters_read_and_print() {
        let cases = [
            (";tag=1;lr", ";tag=1;lr"),
            (" ; tag = 1 ;; LR ", ";tag=1;LR"),
            (r#";x="a;b\"";y"#, r#";x="a;b\"";y"#),
            (";received=2001:db8::1;maddr=[::1]", ";received=2001:db8::1;maddr=[::1]"),
        ];
        for (text, printed) in cases {
            assert_eq!(Params::parse_header(text).unwrap().to_string(), printed);
        }
        for bad in [";a b=1", ";=1", ";a=b c", ";a=\"open", ";a=\"b\"c"] {
            assert!(Params::parse_header(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_fold_case_and_quotes_fall_off() {
        let params = Params::parse_header(r#";Tag=x;+sip.instance="<urn:1>";flag"#).unwrap();
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
        assert!(Params::parse_header(&";a=b".repeat(limits::PARAMS_MAX)).is_ok());
        assert!(Params::parse_header(&";a=b".repeat(limits::PARAMS_MAX + 1)).is_err());
    }
}
