//! The sounds that workers play from, encoded once.

use std::sync::Arc;
use std::time::Duration;

use base::{Clip, Codec, SoundId};

/// A sound of a call's own, of 16-bit samples at 8 kHz.
pub fn clip(pcm: &[i16]) -> Clip {
    Clip::new(0, encoded(pcm, Codec::Pcma), encoded(pcm, Codec::Pcmu))
}

fn encoded(pcm: &[i16], codec: Codec) -> Vec<u8> {
    pcm.iter().map(|sample| rtp::g711::encode(codec, *sample)).collect()
}

/// Sounds by `SoundId`, 8 kHz mono, encoded for every codec when they are pushed.
///
/// A bank that replaces another in a running worker keeps the sounds of the older one at their places: clone it and push.
#[derive(Clone, Debug, Default)]
pub struct Bank {
    sounds: Vec<Sound>,
}

#[derive(Clone, Debug)]
struct Sound {
    pcma: Arc<[u8]>,
    pcmu: Arc<[u8]>,
}

impl Bank {
    pub fn new() -> Bank {
        Bank::default()
    }

    /// Adds a sound of 16-bit samples at 8 kHz.
    pub fn push(&mut self, pcm: &[i16]) -> SoundId {
        let id = SoundId(self.sounds.len() as u32);
        self.sounds.push(Sound { pcma: encoded(pcm, Codec::Pcma).into(), pcmu: encoded(pcm, Codec::Pcmu).into() });
        id
    }

    pub fn len(&self) -> usize {
        self.sounds.len()
    }

    pub fn is_empty(&self) -> bool {
        self.sounds.is_empty()
    }

    /// How long a sound lasts; zero for one that the bank does not have.
    pub fn duration(&self, sound: SoundId) -> Duration {
        Duration::from_micros(self.encoded(sound, Codec::Pcma).len() as u64 * 125)
    }

    /// The sound, one byte a sample; empty for one that the bank does not have.
    pub fn encoded(&self, sound: SoundId, codec: Codec) -> &[u8] {
        match (self.sounds.get(sound.0 as usize), codec) {
            (Some(sound), Codec::Pcma) => &sound.pcma,
            (Some(sound), Codec::Pcmu) => &sound.pcmu,
            (None, _) => &[],
        }
    }
}
