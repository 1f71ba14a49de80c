//! What two byte strings are compared by when one of them is not at hand.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

/// 64 bits of everything written: the same on every machine and in every version. Tells accidents apart, not adversaries.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fingerprint(SipHasher13);

impl Fingerprint {
    pub fn of(bytes: &[u8]) -> u64 {
        let mut fingerprint = Fingerprint::default();
        fingerprint.add(bytes);
        fingerprint.finish()
    }

    /// The parts count with their borders: "a", "b" is not "ab".
    pub fn add(&mut self, part: &[u8]) {
        self.0.write_u64(part.len() as u64);
        self.0.write(part);
    }

    pub fn finish(&self) -> u64 {
        self.0.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;

    #[test]
    fn borders_count_and_the_value_is_the_same_everywhere() {
        let of = |parts: &[&str]| {
            let mut fingerprint = Fingerprint::default();
            parts.iter().for_each(|part| fingerprint.add(part.as_bytes()));
            fingerprint.finish()
        };
        assert_ne!(of(&["a", "b"]), of(&["ab"]));
        assert_ne!(of(&[]), of(&[""]));
        assert_eq!(of(&["12345"]), Fingerprint::of(b"12345"));
        assert_eq!(Fingerprint::of(b"12345"), 2_281_625_763_808_519_521, "written into files");
    }
}
