//! What a menu knows of its caller by name: digits that were typed, answers of other systems, words that it set.

use crate::when::Around;

/// Longer than anything that is said to a caller or fits into a record; more is cut.
pub(crate) const VALUE_MAX: usize = 256;
/// Values of one menu: far more than anybody keeps apart.
pub(crate) const VALUES_MAX: usize = 100;

/// Names that are known without being set.
pub(crate) const GIVEN: [&str; 2] = ["caller", "called"];

/// A value of one menu, by place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ValueId(pub(crate) u8);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Value(ValueId),
    Caller,
    Called,
}

/// One caller's values; empty where nothing was set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values(Vec<String>);

impl Values {
    pub(crate) fn set(&mut self, id: ValueId, text: &str) {
        let place = usize::from(id.0);
        if self.0.len() <= place {
            self.0.resize(place + 1, String::new());
        }
        let end = text.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= VALUE_MAX).last();
        let kept = &mut self.0[place];
        kept.clear();
        kept.push_str(&text[..end.unwrap_or(0)]);
    }

    pub(crate) fn get(&self, id: ValueId) -> &str {
        self.0.get(usize::from(id.0)).map_or("", String::as_str)
    }

    pub(crate) fn of<'a>(&'a self, source: Source, around: &Around<'a>) -> &'a str {
        match source {
            Source::Value(id) => self.get(id),
            Source::Caller => around.caller,
            Source::Called => around.called,
        }
    }
}

/// A text with `{name}` for values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(pub(crate) Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    From(Source),
}

impl Template {
    pub(crate) fn fill(&self, values: &Values, around: &Around<'_>) -> String {
        self.put(values, around, |out, value| out.push_str(value))
    }

    /// The same for a URL: what a value brings along cannot become a part of its structure (RFC 3986 §2).
    pub(crate) fn fill_url(&self, values: &Values, around: &Around<'_>) -> String {
        self.put(values, around, |out, value| {
            for byte in value.bytes() {
                match byte {
                    b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
                    other => out.push_str(&format!("%{other:02X}")),
                }
            }
        })
    }

    /// Whether anything is said in it that belongs to a language.
    pub(crate) fn has_words(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Text(text) if text.chars().any(char::is_alphanumeric)))
    }

    fn put(&self, values: &Values, around: &Around<'_>, put: impl Fn(&mut String, &str)) -> String {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::From(source) => put(&mut out, values.of(*source, around)),
            }
        }
        out
    }
}

/// A piece of a written template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// The pieces of a text with `{name}`; none where a brace has no partner.
pub(crate) fn pieces(text: &str) -> Option<Vec<Piece<'_>>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(open);
        let (name, after) = from.strip_prefix('{')?.split_once('}')?;
        if name.contains('{') {
            return None;
        }
        if !before.is_empty() {
            found.push(Piece::Text(before));
        }
        found.push(Piece::Name(name));
        rest = after;
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_and_its_names() {
        let (text, name) = (Piece::Text, Piece::Name);
        assert_eq!(pieces("a{b}c{d}"), Some(vec![text("a"), name("b"), text("c"), name("d")]));
        assert_eq!(pieces("plain"), Some(vec![text("plain")]));
        assert_eq!(pieces(""), Some(vec![]));
        for wrong in ["{", "}", "a}b{", "{a{b}}", "{a}}"] {
            assert_eq!(pieces(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_value_stays_a_value_in_a_url() {
        let mut values = Values::default();
        values.set(ValueId(1), "a/b?c=1&d#e 中");
        let url = Template(vec![Part::Text("http://x/?q=".to_owned()), Part::From(Source::Value(ValueId(1)))]);
        let around = Around::default();
        assert_eq!(url.fill_url(&values, &around), "http://x/?q=a%2Fb%3Fc%3D1%26d%23e%20%E4%B8%AD");
        assert_eq!(url.fill(&values, &around), "http://x/?q=a/b?c=1&d#e 中");
    }

    #[test]
    fn a_long_value_is_cut_between_letters() {
        let mut values = Values::default();
        values.set(ValueId(0), &"中".repeat(100));
        assert_eq!(values.get(ValueId(0)), "中".repeat(VALUE_MAX / 3));
        assert_eq!(values.get(ValueId(7)), "");
    }
}
