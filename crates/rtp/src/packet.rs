//! The RTP packet (RFC 3550 §5.1).

/// The bytes of a header that we write: no CSRC, no extension.
pub const HEADER_LEN: usize = 12;

/// The fields of an RTP header that mean something to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub marker: bool,
    /// 0 to 127.
    pub payload_type: u8,
    pub sequence: u16,
    /// In samples of 125 µs.
    pub timestamp: u32,
    pub ssrc: u32,
}

impl Header {
    /// The header on the wire.
    pub const fn to_bytes(self) -> [u8; HEADER_LEN] {
        let [s0, s1] = self.sequence.to_be_bytes();
        let [t0, t1, t2, t3] = self.timestamp.to_be_bytes();
        let [r0, r1, r2, r3] = self.ssrc.to_be_bytes();
        let second = (self.payload_type & 0x7f) | if self.marker { 0x80 } else { 0 };
        [0x80, second, s0, s1, t0, t1, t2, t3, r0, r1, r2, r3]
    }

    /// Writes the header over the first bytes of a packet; false when the packet is too short.
    pub fn write(self, packet: &mut [u8]) -> bool {
        match packet.first_chunk_mut::<HEADER_LEN>() {
            Some(place) => {
                *place = self.to_bytes();
                true
            }
            None => false,
        }
    }
}

/// A received packet: its header and what it carries, without CSRC, extension and padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    pub header: Header,
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// None for what is not RTP version 2 or whose lengths do not fit.
    pub fn parse(bytes: &'a [u8]) -> Option<Packet<'a>> {
        let (&[first, second, s0, s1, t0, t1, t2, t3, r0, r1, r2, r3], rest) =
            bytes.split_first_chunk::<HEADER_LEN>()?;
        if first >> 6 != 2 {
            return None;
        }
        let mut payload = rest.get(usize::from(first & 15) * 4..)?;
        if first & 0x10 != 0 {
            let (&[_, _, l0, l1], rest) = payload.split_first_chunk::<4>()?;
            payload = rest.get(usize::from(u16::from_be_bytes([l0, l1])) * 4..)?;
        }
        if first & 0x20 != 0 {
            // A padding count of zero breaks the rule that the count counts itself; phones that send it mean no padding.
            let padding = usize::from(*payload.last()?);
            payload = payload.get(..payload.len().checked_sub(padding)?)?;
        }
        let header = Header {
            marker: second & 0x80 != 0,
            payload_type: second & 0x7f,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([r0, r1, r2, r3]),
        };
        Some(Packet { header, payload })
    }
}

/// Whether a datagram on a port that carries both is RTCP (RFC 5761 §4).
pub fn is_rtcp(bytes: &[u8]) -> bool {
    matches!(bytes, [first, 192..=223, ..] if first >> 6 == 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: Header =
        Header { marker: true, payload_type: 8, sequence: 0xfffe, timestamp: 0x0102_0304, ssrc: 0xa0b0_c0d0 };

    fn with(first: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = HEADER.to_bytes().to_vec();
        bytes[0] = first;
        bytes.extend_from_slice(rest);
        bytes
    }

    #[test]
    fn finds_the_payload_behind_what_is_optional() {
        type Case = (u8, &'static [u8], Option<&'static [u8]>);
        let cases: [Case; 10] = [
            (0x80, b"voice", Some(b"voice")),
            (0x80, b"", Some(b"")),
            (0x82, b"csrc1234voice", Some(b"voice")),
            (0x90, b"\xbe\xde\0\x01ext!voice", Some(b"voice")),
            (0xa0, b"voice\0\0\x03", Some(b"voice")),
            (0xa0, b"voice\0", Some(b"voice\0")),
            (0xa0, b"ab\x09", None),
            (0x8f, b"few", None),
            (0x90, b"\xbe\xde\xff\xffext", None),
            (0x40, b"stun", None),
        ];
        for (first, rest, payload) in cases {
            let bytes = with(first, rest);
            assert_eq!(Packet::parse(&bytes).map(|p| p.payload), payload, "{first:#x} {rest:?}");
        }
    }

    #[test]
    fn a_header_survives_the_wire() {
        let bytes = with(0x80, b"x");
        assert_eq!(Packet::parse(&bytes), Some(Packet { header: HEADER, payload: b"x" }));
        let mut short = [0; 11];
        assert!(!HEADER.write(&mut short));
        let mut long = [7; 13];
        assert!(HEADER.write(&mut long));
        assert_eq!((&long[..12], long[12]), (&HEADER.to_bytes()[..], 7));
    }

    proptest! {
        #[test]
        fn agrees_with_another_reader(mut bytes in proptest::collection::vec(any::<u8>(), 0..64), version in any::<bool>()) {
            if let (true, Some(first)) = (version, bytes.first_mut()) {
                *first = *first & 0x3f | 0x80;
            }
            let ours = Packet::parse(&bytes);
            if let Ok(theirs) = rtp_rs::RtpReader::new(&bytes) {
                let padded = bytes[0] & 0x20 != 0;
                if let (false, Some(ours)) = (padded, ours) {
                    prop_assert_eq!(ours.payload, theirs.payload());
                    prop_assert_eq!(ours.header.timestamp, theirs.timestamp());
                    prop_assert_eq!(ours.header.ssrc, theirs.ssrc());
                    prop_assert_eq!(ours.header.payload_type, theirs.payload_type());
                    prop_assert_eq!(ours.header.marker, theirs.mark());
                    prop_assert_eq!(ours.header.sequence, u16::from(theirs.sequence_number()));
                }
                prop_assert!(padded || ours.is_some());
            }
        }
    }
}
