//! The cipher of one file: AES-256-GCM under a key of its own, each record under its number.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};

use crate::Key;
use crate::format::{MAGIC, SALT};

/// Seals or opens the records of one file in their order.
pub(crate) struct Sealer {
    key: LessSafeKey,
    /// Records so far: the next nonce.
    count: u64,
}

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        32
    }
}

impl Sealer {
    /// None when the library refuses, which it does for no key of this length.
    pub(crate) fn new(key: &Key, salt: &[u8; SALT]) -> Option<Sealer> {
        let derived = Salt::new(HKDF_SHA256, salt).extract(&key.0);
        let mut bytes = [0; 32];
        derived.expand(&[MAGIC], Length).ok()?.fill(&mut bytes).ok()?;
        let key = UnboundKey::new(&AES_256_GCM, &bytes).ok()?;
        Some(Sealer { key: LessSafeKey::new(key), count: 0 })
    }

    /// Replaces `bytes` with what only the key opens; `clear` stays readable and cannot be changed either.
    pub(crate) fn seal(&mut self, clear: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
        let nonce = self.nonce();
        self.key.seal_in_place_append_tag(nonce, Aad::from(clear), bytes).ok()
    }

    /// None for anything but what `seal` made at this place of this file.
    pub(crate) fn open(&mut self, clear: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
        let nonce = self.nonce();
        let length = self.key.open_in_place(nonce, Aad::from(clear), bytes).ok()?.len();
        bytes.truncate(length);
        Some(())
    }

    fn nonce(&mut self) -> Nonce {
        let mut bytes = [0; NONCE_LEN];
        bytes[NONCE_LEN - 8..].copy_from_slice(&self.count.to_be_bytes());
        self.count += 1;
        Nonce::assume_unique_for_key(bytes)
    }
}

/// What the cipher adds.
pub(crate) const TAG: usize = 16;
