//! A sound of one call's own, which no bank holds.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::Codec;
use crate::pack::{Packed, Unpacker, Unreadable, pack_number};

/// A sound that belongs to a call: one byte a sample at 8 kHz, in every codec. Whoever plays it shares it, and it is gone with the last of
/// them.
///
/// Its binary form tells the number and the length alone: what was said to a citizen is in no trace.
#[derive(Clone)]
pub struct Clip {
    /// Tells the clips of one call apart.
    pub number: u32,
    codes: Arc<[Box<[u8]>; 2]>,
}

/// What such codes sound like that nobody has spoken: digital silence (ITU-T G.711), A-law first.
const SILENCE: [u8; 2] = [0xd5, 0xff];

impl Clip {
    /// The most that is spoken at once: who is told more by a machine has forgotten how it began.
    pub const LENGTH_MAX: Duration = Duration::from_secs(60);
    /// The codes of that.
    pub const CODES_MAX: usize = Clip::LENGTH_MAX.as_secs() as usize * 8_000;

    /// The same sound in A-law and in µ-law; beyond `CODES_MAX` codes, or where one is longer, it is cut.
    pub fn new(number: u32, mut pcma: Vec<u8>, mut pcmu: Vec<u8>) -> Clip {
        let len = pcma.len().min(pcmu.len()).min(Clip::CODES_MAX);
        pcma.truncate(len);
        pcmu.truncate(len);
        Clip { number, codes: Arc::new([pcma.into(), pcmu.into()]) }
    }

    /// The sound under another number.
    pub fn numbered(&self, number: u32) -> Clip {
        Clip { number, codes: Arc::clone(&self.codes) }
    }

    /// So much silence, in place of a sound that is not at hand.
    pub fn silent(number: u32, length: Duration) -> Clip {
        let len = usize::try_from(length.as_millis()).unwrap_or(usize::MAX).saturating_mul(8).min(Clip::CODES_MAX);
        let [pcma, pcmu] = SILENCE.map(|code| vec![code; len]);
        Clip::new(number, pcma, pcmu)
    }

    pub fn encoded(&self, codec: Codec) -> &[u8] {
        match codec {
            Codec::Pcma => &self.codes[0],
            Codec::Pcmu => &self.codes[1],
        }
    }

    /// Codes in each codec.
    pub fn len(&self) -> usize {
        self.codes[0].len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.len() as u64 * 125)
    }

    /// How many hold this sound.
    pub fn holders(&self) -> usize {
        Arc::strong_count(&self.codes)
    }
}

/// The same number of the same sound.
impl PartialEq for Clip {
    fn eq(&self, other: &Clip) -> bool {
        self.number == other.number && (Arc::ptr_eq(&self.codes, &other.codes) || self.codes == other.codes)
    }
}

impl Eq for Clip {}

/// Without the sound.
impl fmt::Debug for Clip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clip({}, {:?})", self.number, self.duration())
    }
}

impl Packed for Clip {
    fn pack(&self, out: &mut Vec<u8>) {
        self.number.pack(out);
        pack_number(self.len() as u64, out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Clip, Unreadable> {
        let expected = "length of a clip";
        let number = u32::unpack(from)?;
        let len = from.number(expected)?;
        let len = usize::try_from(len).ok().filter(|len| *len <= Clip::CODES_MAX).ok_or(Unreadable { expected })?;
        let [pcma, pcmu] = SILENCE.map(|code| vec![code; len]);
        Ok(Clip::new(number, pcma, pcmu))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_clip_tells_number_and_length_and_nothing_of_its_sound() {
        let clip = Clip::new(7, vec![1; 1_001], vec![2; 1_000]);
        assert_eq!((clip.len(), clip.duration()), (1_000, Duration::from_millis(125)));
        let again = Clip::from_bytes(&clip.to_bytes()).expect("a clip");
        assert_eq!((again.number, again.len(), again.encoded(Codec::Pcma)[0]), (7, 1_000, 0xd5));
        assert_eq!(again.to_bytes(), clip.to_bytes(), "a replay packs what it read");
        assert_ne!(again, clip);
        assert_eq!(clip.to_bytes().len(), 3);
        let mut long = Vec::new();
        7_u32.pack(&mut long);
        pack_number(Clip::CODES_MAX as u64 + 1, &mut long);
        assert!(Clip::from_bytes(&long).is_err(), "no trace makes us take memory");
    }

    #[test]
    fn a_clip_under_another_number_shares_its_sound() {
        let clip = Clip::silent(1, Duration::from_secs(90));
        assert_eq!(clip.len(), Clip::CODES_MAX);
        let other = clip.numbered(2);
        assert_ne!(clip, other);
        assert_eq!((clip.holders(), other.numbered(1) == clip), (2, true));
    }
}
