//! `Digest name=value, name="value"`: what challenges and credentials share.

use std::fmt;

use crate::text;

/// Digest headers have at most a dozen fields; more are an attack on the search below.
const FIELDS_MAX: usize = 24;

/// The fields of a header value with the scheme `Digest`.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn parse(value: &str) -> Result<Fields, &'static str> {
        let (scheme, rest) = text::trim(value).split_once([' ', '\t']).ok_or("no scheme")?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return Err("the scheme is not Digest");
        }
        let mut fields = Vec::new();
        for part in text::split(rest, b',').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or("a field without =")?;
            let (name, value) = (text::trim(name), text::trim(value));
            if value.starts_with('"') && text::quoted_end(value) != Some(value.len()) {
                return Err("a quoted string that does not end");
            }
            if fields.len() >= FIELDS_MAX {
                return Err("too many fields");
            }
            fields.push((name.to_owned(), text::unquote(value)));
        }
        Ok(Fields(fields))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    pub(super) fn need(&self, name: &str, missing: &'static str) -> Result<String, &'static str> {
        self.owned(name).ok_or(missing)
    }
}

/// Writes `, name="value"`.
pub(super) fn write_quoted(f: &mut fmt::Formatter<'_>, name: &str, value: Option<&str>) -> fmt::Result {
    match value {
        Some(value) => write!(f, ", {name}={}", text::quote(value)),
        None => Ok(()),
    }
}
