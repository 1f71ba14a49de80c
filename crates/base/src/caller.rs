//! Who calls, as the queue needs to know it: the same or another.

use std::fmt;

/// A caller's number without the number: its SHA-256, cut to 128 bits, made by the switch. Equal for equal numbers over all
/// restarts; it hides numbers from a glance, not from somebody who tries them all, so it is treated like the number itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallerKey(pub [u64; 2]);

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
