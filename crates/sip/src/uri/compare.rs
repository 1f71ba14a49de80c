//! Which URIs name the same resource.

use super::{Scheme, Uri, number};
use crate::params::Params;

/// Parameters that must not stand on one side only (RFC 3261 §19.1.4; its examples say it of `transport` too).
const NEVER_IGNORED: [&str; 5] = ["user", "ttl", "method", "maddr", "transport"];

pub(super) fn equivalent(a: &Uri, b: &Uri) -> bool {
    if a.scheme != b.scheme {
        return false;
    }
    match a.scheme {
        Scheme::Tel => equivalent_tel(a, b),
        Scheme::Other => a.opaque == b.opaque,
        Scheme::Sip | Scheme::Sips => {
            a.user == b.user
                && a.password == b.password
                && a.host.eq_ignore_ascii_case(&b.host)
                && a.port == b.port
                && sip_params_agree(&a.params, &b.params)
                && headers_agree(a, b)
        }
    }
}

fn sip_params_agree(a: &Params, b: &Params) -> bool {
    // A parameter that stands twice agrees where one of its values does: a URI is always equivalent to itself.
    let found = |all: &Params, name: &str, value: Option<&str>| {
        all.iter().any(|(other, found)| other.eq_ignore_ascii_case(name) && values_agree(value, found))
    };
    let within = |a: &Params, b: &Params| a.iter().all(|(name, value)| !b.has(name) || found(b, name, value));
    NEVER_IGNORED.iter().all(|name| a.has(name) == b.has(name)) && within(a, b) && within(b, a)
}

fn values_agree(a: Option<&str>, b: Option<&str>) -> bool {
    let fold = |value: Option<&str>| value.map(|value| super::escape::decode(value).to_ascii_lowercase());
    fold(a) == fold(b)
}

fn headers_agree(a: &Uri, b: &Uri) -> bool {
    let within = |a: &Uri, b: &Uri| {
        a.headers.iter().all(|(name, value)| {
            b.headers
                .iter()
                .any(|(other, found)| other.eq_ignore_ascii_case(name) && values_agree(Some(value), Some(found)))
        })
    };
    a.headers.len() == b.headers.len() && within(a, b) && within(b, a)
}

/// Numbers without separators and every parameter must agree (RFC 3966 §4); order does not matter.
fn equivalent_tel(a: &Uri, b: &Uri) -> bool {
    let number = |uri: &Uri| uri.user.as_deref().map(number::plain);
    let found = |all: &Params, name: &str, value: Option<&str>| {
        all.iter().any(|(other, found)| other.eq_ignore_ascii_case(name) && tel_values_agree(name, value, found))
    };
    let within = |a: &Params, b: &Params| a.iter().all(|(name, value)| found(b, name, value));
    number(a) == number(b) && within(&a.params, &b.params) && within(&b.params, &a.params)
}

fn tel_values_agree(name: &str, a: Option<&str>, b: Option<&str>) -> bool {
    let numeric = name.eq_ignore_ascii_case("ext") || name.eq_ignore_ascii_case("phone-context");
    match (a, b) {
        // A context that is a number compares as one; a domain name holds dots that count.
        (Some(a), Some(b)) if numeric && (a.starts_with('+') || name.eq_ignore_ascii_case("ext")) => {
            number::plain(a) == number::plain(b)
        }
        _ => values_agree(a, b),
    }
}
