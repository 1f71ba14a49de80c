//! Contact values.

use std::fmt;

use crate::name_addr::NameAddr;

/// One Contact: an address, or the star that takes all bindings away (RFC 3261 §10.2.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ContactHeader {
    Star,
    Address(NameAddr),
}

impl ContactHeader {
    pub fn parse(value: &str) -> Result<ContactHeader, &'static str> {
        match value {
            "*" => Ok(ContactHeader::Star),
            value => NameAddr::parse(value).map(ContactHeader::Address),
        }
    }

    /// The address, unless it is the star.
    pub const fn address(&self) -> Option<&NameAddr> {
        match self {
            ContactHeader::Star => None,
            ContactHeader::Address(address) => Some(address),
        }
    }
}

impl fmt::Display for ContactHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ContactHeader::Star => f.write_str("*"),
            ContactHeader::Address(address) => address.fmt(f),
        }
    }
}
