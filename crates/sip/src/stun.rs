//! STUN Binding requests on the port of SIP: with them a phone on UDP keeps open what an address translator has mapped for it,
//! and learns when that has changed (RFC 5626 §4.4.2, RFC 5389).

use std::net::{IpAddr, SocketAddr};

const HEADER_BYTES: usize = 20;
/// What a path of 576 bytes leaves for a request (RFC 5389 §7.1).
const REQUEST_BYTES_MAX: usize = 548;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const REQUEST: [u8; 2] = [0x00, 0x01];
const SUCCESS: [u8; 2] = [0x01, 0x01];
const XOR_MAPPED_ADDRESS: [u8; 2] = [0x00, 0x20];
/// Attributes from here on may be passed over (RFC 5389 §15).
const OPTIONAL: u16 = 0x8000;

/// The answer to a plain Binding request: from where it came. It is 32 bytes long, 44 over IPv6, against 20 at least of the
/// request, and holds nothing that the sender may leave out. Anything else gets none: requests that ask for more are for
/// other servers, and an error would only tell strangers that we are here.
pub fn answer(bytes: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    let (header, attributes) = bytes.split_first_chunk::<HEADER_BYTES>()?;
    let (kind, cookie, transaction) = (header.get(..2)?, header.get(4..8)?, header.get(8..)?);
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let plain = kind == REQUEST && cookie == COOKIE && length == attributes.len() && bytes.len() <= REQUEST_BYTES_MAX;
    if !plain || !are_optional(attributes) {
        return None;
    }
    let mut value = vec![0, 0];
    let port = from.port().to_be_bytes();
    value.extend(port.iter().zip(COOKIE).map(|(byte, key)| byte ^ key));
    let key = COOKIE.iter().chain(transaction);
    match from.ip().to_canonical() {
        IpAddr::V4(ip) => {
            value[1] = 1;
            value.extend(ip.octets().iter().zip(key).map(|(byte, key)| byte ^ key));
        }
        IpAddr::V6(ip) => {
            value[1] = 2;
            value.extend(ip.octets().iter().zip(key).map(|(byte, key)| byte ^ key));
        }
    }
    // Both lengths are below 256.
    let size = value.len() as u8;
    Some([&SUCCESS[..], &[0, size + 4], &COOKIE, transaction, &XOR_MAPPED_ADDRESS, &[0, size], &value].concat())
}

/// Whether these are whole attributes, and none that one has to understand.
fn are_optional(mut attributes: &[u8]) -> bool {
    while let Some(([a, b, c, d], rest)) = attributes.split_first_chunk::<4>() {
        // Each is filled up to a multiple of four (RFC 5389 §15).
        let padded = usize::from(u16::from_be_bytes([*c, *d])).next_multiple_of(4);
        match rest.get(padded..) {
            Some(rest) if u16::from_be_bytes([*a, *b]) >= OPTIONAL => attributes = rest,
            _ => return false,
        }
    }
    attributes.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The transaction of RFC 5769 §2.
    const TRANSACTION: [u8; 12] = [0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae];

    fn request(attributes: &[u8]) -> Vec<u8> {
        let length = u16::try_from(attributes.len()).expect("short");
        [&REQUEST[..], &length.to_be_bytes(), &COOKIE, &TRANSACTION, attributes].concat()
    }

    fn answered(attributes: &[u8]) -> bool {
        answer(&request(attributes), "192.0.2.1:32853".parse().expect("an address")).is_some()
    }

    #[test]
    fn the_sender_is_told_where_it_came_from_rfc5769_2_2() {
        let v4 = [0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43];
        let v6 = [
            0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25,
            0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9,
        ];
        let cases: [(&str, &[u8]); 3] = [
            ("192.0.2.1:32853", &v4),
            ("[::ffff:192.0.2.1]:32853", &v4),
            ("[2001:db8:1234:5678:11:2233:4455:6677]:32853", &v6),
        ];
        for (from, attribute) in cases {
            let expected = [&[1, 1, 0, attribute.len() as u8], &COOKIE[..], &TRANSACTION, attribute].concat();
            assert_eq!(answer(&request(&[]), from.parse().expect("an address")), Some(expected), "{from}");
        }
    }

    #[test]
    fn only_plain_requests_are_answered() {
        let software = [0x80, 0x22, 0, 3, b'a', b'b', b'c', 0];
        assert!(answered(&software));
        assert!(answered(&[&software[..], &[0x80, 0x28, 0, 4, 1, 2, 3, 4]].concat()), "a FINGERPRINT");
        let refused: [(&str, &[u8]); 6] = [
            ("RESPONSE-ADDRESS aims the answer at others", &[0, 2, 0, 8, 0, 1, 0, 53, 192, 0, 2, 7]),
            ("USERNAME", &[0, 6, 0, 4, b'a', b':', b'b', b'c']),
            ("one behind one that is fine", &[0x80, 0x22, 0, 0, 0, 6, 0, 0]),
            ("longer than it is", &[0x80, 0x22, 0, 8, 1, 2, 3, 4]),
            ("cut", &[0x80, 0x22]),
            ("too long", &[&[0x80, 0x22, 0x02, 0x10][..], &[0; 528]].concat()),
        ];
        for (what, attributes) in refused {
            assert!(!answered(attributes), "{what}");
        }
        let from = "192.0.2.1:32853".parse().expect("an address");
        let whole = request(&[]);
        for cut in 0..whole.len() {
            assert_eq!(answer(&whole[..cut], from), None, "the first {cut} bytes");
        }
        assert_eq!(answer(&[&whole[..], &[0]].concat(), from), None, "bytes behind it");
        for (place, byte) in [(0, 1), (1, 0x11), (1, 2), (3, 4), (4, 0)] {
            let mut other = whole.clone();
            other[place] = byte;
            assert_eq!(answer(&other, from), None, "{byte} at {place}");
        }
        assert_eq!(answer(b"\r\n\r\n", from), None);
        assert_eq!(answer(b"OPTIONS sip:a SIP/2.0\r\n\r\n", from), None);
    }
}
