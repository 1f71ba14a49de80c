//! What a caller has said, as it came.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::pack::{Packed, Unpacker, Unreadable};
use crate::{Codec, packed_struct};

/// The longest utterance: nobody says a word of a menu in so many sentences.
pub const SPEECH_MAX: Duration = Duration::from_secs(10);
/// That long at 8 kHz, a byte a sample.
pub const VOICE_BYTES_MAX: usize = 80_000;

/// Counts the times that an end was listened to for a leg, and ties what was heard to one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ListenId(pub u32);

packed_struct!(ListenId(number));

/// An utterance at 8 kHz, a code a sample. Its `Debug` and its binary form hold how long it is, and nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Voice {
    pub codec: Codec,
    pub codes: Arc<[u8]>,
}

impl Voice {
    /// As long, and silent.
    #[must_use]
    pub fn blank(&self) -> Voice {
        Voice::silent(self.codec, self.codes.len())
    }

    fn silent(codec: Codec, samples: usize) -> Voice {
        Voice { codec, codes: Arc::from(vec![codec.silence(); samples]) }
    }

    /// How long it lasts.
    pub fn length(&self) -> Duration {
        Duration::from_micros(self.codes.len() as u64 * 125)
    }
}

impl fmt::Debug for Voice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Voice({} ms)", self.length().as_millis())
    }
}

impl Packed for Voice {
    fn pack(&self, out: &mut Vec<u8>) {
        self.codec.pack(out);
        (self.codes.len() as u64).pack(out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Voice, Unreadable> {
        let codec = Codec::unpack(from)?;
        let length = usize::try_from(u64::unpack(from)?).ok().filter(|length| *length <= VOICE_BYTES_MAX);
        length.map(|length| Voice::silent(codec, length)).ok_or(Unreadable { expected: "utterance" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_neither_printed_nor_written() {
        let said = Voice { codec: Codec::Pcmu, codes: Arc::from([1, 2, 3, 4, 5, 6, 7, 8]) };
        assert_eq!(format!("{said:?}"), "Voice(1 ms)");
        let mut bytes = Vec::new();
        said.pack(&mut bytes);
        let read = Voice::unpack(&mut Unpacker::new(&bytes)).expect("written just now");
        assert_eq!((read.codec, &*read.codes), (Codec::Pcmu, &[0xff; 8][..]));
        assert_eq!(read, said.blank());
        let mut huge = Vec::new();
        Codec::Pcma.pack(&mut huge);
        u64::MAX.pack(&mut huge);
        assert!(Voice::unpack(&mut Unpacker::new(&huge)).is_err(), "nobody allocates what a file names");
    }
}
