//! What an end plays, byte by byte.

use base::{After, Clip, Codec, PlayId, SoundId};

use crate::Bank;

/// Where the music stands: kept when an announcement replaces the playlist, so that the music goes on where it was.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Music {
    sound: Option<SoundId>,
    offset: usize,
}

impl Music {
    /// Appends `len` codes of a sound that begins again whenever it ends.
    fn fill(&mut self, sound: SoundId, bank: &Bank, codec: Codec, buffer: &mut Vec<u8>, len: usize) {
        if self.sound != Some(sound) {
            *self = Music { sound: Some(sound), offset: 0 };
        }
        let codes = bank.encoded(sound, codec);
        let until = buffer.len() + len;
        // Each turn appends at least one byte.
        while buffer.len() < until && !codes.is_empty() {
            if self.offset >= codes.len() {
                self.offset = 0;
            }
            let end = codes.len().min(self.offset + until - buffer.len());
            buffer.extend_from_slice(codes.get(self.offset..end).unwrap_or_default());
            self.offset = end;
        }
        buffer.resize(until, rtp::g711::silence(codec));
    }
}

/// What is played once.
#[derive(Clone, Debug)]
enum Said {
    Sounds(Vec<SoundId>),
    /// Let go where it ends.
    Clip(Clip),
}

/// Sounds one after the other, then what follows them.
#[derive(Clone, Debug)]
pub(crate) struct Playlist {
    /// Taken when the end of the last sound was told.
    play: Option<PlayId>,
    said: Said,
    place: usize,
    offset: usize,
    after: After,
}

impl Playlist {
    pub(crate) fn new(play: PlayId, sounds: Vec<SoundId>, after: After) -> Playlist {
        Playlist { play: Some(play), said: Said::Sounds(sounds), place: 0, offset: 0, after }
    }

    /// One sound of the call's own, then silence.
    pub(crate) fn of_clip(play: PlayId, clip: Clip) -> Playlist {
        let said = if clip.is_empty() { Said::Sounds(Vec::new()) } else { Said::Clip(clip) };
        Playlist { play: Some(play), said, place: 0, offset: 0, after: After::Silence }
    }

    /// Appends the next `len` codes without a gap between sounds.
    pub(crate) fn fill(&mut self, bank: &Bank, codec: Codec, music: &mut Music, buffer: &mut Vec<u8>, len: usize) {
        let until = buffer.len() + len;
        while let Some(codes) = self.codes(bank, codec) {
            let rest = codes.get(self.offset..).unwrap_or_default();
            let now = rest.len().min(until - buffer.len());
            buffer.extend_from_slice(&rest[..now]);
            if now < rest.len() {
                self.offset += now;
                return;
            }
            (self.place, self.offset) = (self.place + 1, 0);
            if matches!(self.said, Said::Clip(_)) {
                self.said = Said::Sounds(Vec::new());
            }
        }
        match self.after {
            After::Silence => buffer.resize(until, rtp::g711::silence(codec)),
            After::Loop(sound) => music.fill(sound, bank, codec, buffer, until - buffer.len()),
        }
    }

    /// The play whose last sound has left; told once.
    pub(crate) fn take_played(&mut self) -> Option<PlayId> {
        let is_over = match &self.said {
            Said::Sounds(sounds) => self.place >= sounds.len(),
            Said::Clip(_) => false,
        };
        if is_over { self.play.take() } else { None }
    }

    /// What plays now; none behind the last.
    fn codes<'a>(&'a self, bank: &'a Bank, codec: Codec) -> Option<&'a [u8]> {
        match &self.said {
            Said::Sounds(sounds) => sounds.get(self.place).map(|sound| bank.encoded(*sound, codec)),
            Said::Clip(clip) => Some(clip.encoded(codec)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bank of sounds whose codes tell where they come from: sound n holds n at each place.
    fn bank(lens: &[usize]) -> (Bank, Vec<u8>) {
        let mut bank = Bank::new();
        let level = |n: usize| 1_000 * (n as i16 + 1);
        for (n, len) in lens.iter().enumerate() {
            bank.push(&vec![level(n); *len]);
        }
        let code = |n| rtp::g711::encode(Codec::Pcma, level(n));
        (bank, (0..lens.len()).map(code).collect())
    }

    fn play(list: &mut Playlist, bank: &Bank, music: &mut Music, len: usize) -> (Vec<u8>, Option<PlayId>) {
        let mut buffer = Vec::new();
        list.fill(bank, Codec::Pcma, music, &mut buffer, len);
        (buffer, list.take_played())
    }

    #[test]
    fn sounds_follow_each_other_inside_a_packet_and_the_end_is_told_once() {
        let (bank, code) = bank(&[5, 0, 7]);
        let sounds = vec![SoundId(0), SoundId(1), SoundId(9), SoundId(2)];
        let mut list = Playlist::new(PlayId(4), sounds, After::Silence);
        let music = &mut Music::default();
        let first = [[code[0]; 5].as_slice(), &[code[2]; 3]].concat();
        assert_eq!(play(&mut list, &bank, music, 8), (first, None));
        assert_eq!(play(&mut list, &bank, music, 4), (vec![code[2]; 4], Some(PlayId(4))));
        assert_eq!(play(&mut list, &bank, music, 2), (vec![0xd5; 2], None));
    }

    #[test]
    fn a_clip_is_played_once_in_the_listener_s_codec_and_let_go() {
        let clip = Clip::new(3, vec![7; 10], vec![9; 10]);
        for (codec, code, silence) in [(Codec::Pcma, 7, 0xd5), (Codec::Pcmu, 9, 0xff)] {
            let (bank, music) = (Bank::new(), &mut Music::default());
            let mut list = Playlist::of_clip(PlayId(4), clip.clone());
            assert_eq!((list.take_played(), clip.holders()), (None, 2));
            let mut buffer = Vec::new();
            list.fill(&bank, codec, music, &mut buffer, 8);
            assert_eq!((&buffer[..], list.take_played()), (&[code; 8][..], None));
            buffer.clear();
            list.fill(&bank, codec, music, &mut buffer, 8);
            assert_eq!(buffer, [[code; 2].as_slice(), &[silence; 6]].concat());
            assert_eq!((list.take_played(), list.take_played()), (Some(PlayId(4)), None));
            assert_eq!(clip.holders(), 1, "nobody plays it any more");
        }
        let mut nothing = Playlist::of_clip(PlayId(5), Clip::new(1, Vec::new(), Vec::new()));
        assert_eq!(nothing.take_played(), Some(PlayId(5)));
    }

    #[test]
    fn music_goes_on_where_it_stopped() {
        let mut bank = Bank::new();
        let ramp: Vec<i16> = (0..10).map(|n| n * 2_000 + 1_000).collect();
        let song = bank.push(&ramp);
        let voice = bank.push(&[-9_000; 4]);
        let code: Vec<u8> = bank.encoded(song, Codec::Pcma).to_vec();
        let music = &mut Music::default();
        let mut list = Playlist::new(PlayId(1), Vec::new(), After::Loop(song));
        assert_eq!(list.take_played(), Some(PlayId(1)));
        assert_eq!(play(&mut list, &bank, music, 13).0, [&code[..], &code[..3]].concat());
        let mut list = Playlist::new(PlayId(2), vec![voice], After::Loop(song));
        let (bytes, played) = play(&mut list, &bank, music, 6);
        assert_eq!((&bytes[4..], played), (&code[3..5], Some(PlayId(2))));
        let mut list = Playlist::new(PlayId(3), Vec::new(), After::Loop(SoundId(77)));
        assert_eq!(play(&mut list, &bank, music, 3).0, [0xd5; 3], "a sound that is not there is silence");
    }
}
