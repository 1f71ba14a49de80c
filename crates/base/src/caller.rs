//! Who calls, as the queue needs to know it: the same or another.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// A caller's number without the number: its SHA-256, cut to 128 bits, made by the switch. Equal for equal numbers over all
/// restarts; it hides numbers from a glance, not from somebody who tries them all, so it is treated like the number itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallerKey(pub [u64; 2]);

impl CallerKey {
    /// The key of a number as carriers write it; none for a text without digits. A `+86` or a trunk prefix makes no other
    /// caller.
    pub fn of(number: &str) -> Option<CallerKey> {
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let bare = digits.trim_start_matches('0');
        let bare = if bare.len() >= 13 { bare.strip_prefix("86").unwrap_or(bare) } else { bare };
        if bare.is_empty() {
            return None;
        }
        let hash = Sha256::digest(bare.as_bytes());
        let word = |at: usize| hash.iter().skip(at).take(8).fold(0, |word, byte| word << 8 | u64::from(*byte));
        Some(CallerKey([word(0), word(8)]))
    }
}

impl fmt::Debug for CallerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallerKey")
    }
}

impl crate::pack::Packed for CallerKey {
    fn pack(&self, out: &mut Vec<u8>) {
        self.0.iter().for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
    }

    fn unpack(from: &mut crate::pack::Unpacker<'_>) -> Result<CallerKey, crate::pack::Unreadable> {
        let mut words = [0; 2];
        for word in &mut words {
            let mut bytes = [0; 8];
            for byte in &mut bytes {
                *byte = from.byte("caller key")?;
            }
            *word = u64::from_le_bytes(bytes);
        }
        Ok(CallerKey(words))
    }
}

#[cfg(test)]
mod tests {
    use super::CallerKey;

    #[test]
    fn one_caller_s_number_has_one_key_however_it_is_written() {
        let one = CallerKey::of("13800138000");
        assert!(one.is_some());
        for same in ["+8613800138000", "008613800138000", "013800138000", "138-0013-8000"] {
            assert_eq!(CallerKey::of(same), one, "{same}");
        }
        assert_ne!(CallerKey::of("13800138001"), one);
        assert_eq!(CallerKey::of("anonymous"), None);
    }
}
