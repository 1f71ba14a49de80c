//! What is asked of the DNS, and what it says.

use std::net::IpAddr;

use base::{packed_enum, packed_struct};

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Query {
    /// RFC 3403.
    Naptr(String),
    /// RFC 2782.
    Srv(String),
    A(String),
    Aaaa(String),
}

packed_enum!(Query { 0 => Naptr(name), 1 => Srv(name), 2 => A(name), 3 => Aaaa(name) });

impl Query {
    pub fn name(&self) -> &str {
        match self {
            Query::Naptr(name) | Query::Srv(name) | Query::A(name) | Query::Aaaa(name) => name,
        }
    }
}

/// One record of an answer; of those that were not asked for nobody takes notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    Naptr(Naptr),
    Srv(Srv),
    Address(IpAddr),
}

packed_enum!(Record { 0 => Naptr(naptr), 1 => Srv(srv), 2 => Address(address) });

/// A rule of which service leads on where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naptr {
    pub order: u16,
    pub preference: u16,
    pub flags: String,
    pub service: String,
    pub replacement: String,
}

packed_struct!(Naptr { order, preference, flags, service, replacement });

/// A host that serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Srv {
    pub priority: u16,
    pub weight: u16,
    pub port: u16,
    pub target: String,
}

packed_struct!(Srv { priority, weight, port, target });

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Whoever answers for the name says this; no record at all is an answer too.
    Records { records: Vec<Record>, ttl_s: u32 },
    /// Nobody answered, or nobody who knows.
    Failed,
}

packed_enum!(Answer { 0 => Records { records, ttl_s }, 1 => Failed });

/// The longest name (RFC 1035 §2.3.4), as text.
const NAME_BYTES_MAX: usize = 253;
/// The longest part of one between dots.
const LABEL_BYTES_MAX: usize = 63;

/// A name as we ask for it; none for what is no name of a host or service.
pub(crate) fn name(text: &str) -> Option<String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let fits = |label: &str| {
        let is_plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        (1..=LABEL_BYTES_MAX).contains(&label.len()) && is_plain
    };
    (text.len() <= NAME_BYTES_MAX && text.split('.').all(fits)).then(|| text.to_ascii_lowercase())
}
