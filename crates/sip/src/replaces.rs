//! `Replaces` (RFC 3891 §6.1): the dialog whose place another one is to take.

use crate::ParamsRef;

/// A dialog by its three names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaces<'a> {
    pub call_id: &'a str,
    /// Of whoever is asked to give the dialog up.
    pub to_tag: &'a str,
    pub from_tag: &'a str,
    /// Only while it is not answered.
    pub early_only: bool,
}

impl<'a> Replaces<'a> {
    /// Reads the value of the header; none where one of the three is missing.
    pub fn parse(value: &'a str) -> Option<Replaces<'a>> {
        let (call_id, rest) = value.split_at(value.find(';')?);
        let params = ParamsRef::parse_header(rest).ok()?;
        let call_id = call_id.trim();
        let (to_tag, from_tag) = (params.get("to-tag")?, params.get("from-tag")?);
        (!call_id.is_empty()).then_some(Replaces { call_id, to_tag, from_tag, early_only: params.has("early-only") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_names_or_nothing() {
        let read =
            Replaces::parse("98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff").expect("as RFC 3891 has it");
        assert_eq!((read.call_id, read.to_tag, read.from_tag), ("98732@sip.example.com", "ff87ff", "r33th4x0r"));
        assert!(!read.early_only);
        assert!(Replaces::parse("c;to-tag=a;early-only;from-tag=b").is_some_and(|read| read.early_only));
        for bad in ["", "a", "a;to-tag=b", "a;from-tag=b", ";to-tag=a;from-tag=b", "a;to-tag;from-tag=b"] {
            assert_eq!(Replaces::parse(bad), None, "{bad}");
        }
    }
}
