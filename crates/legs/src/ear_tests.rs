//! Voice-like signals on lines of every kind: when an utterance begins and ends, and what of it is kept.

use base::Rng;

use super::*;

const RATE: usize = 8_000;

/// Samples of a level in dBm0.
struct Line {
    samples: Vec<f32>,
    rng: Rng,
}

fn amplitude(dbm0: f32) -> f32 {
    22_827.0 * 10_f32.powf(dbm0 / 20.0)
}

impl Line {
    /// So many seconds of noise.
    fn noisy(seconds: f32, dbm0: f32) -> Line {
        let mut rng = Rng::from_number(7);
        // Of evenly spread samples, whose power is a third of the square of the greatest.
        let peak = amplitude(dbm0) * (3.0_f32 / 2.0).sqrt();
        let samples = (0..(seconds * RATE as f32) as usize).map(|_| (rng.unit() as f32 * 2.0 - 1.0) * peak).collect();
        Line { samples, rng }
    }

    /// Syllables of 180 ms with gaps of 70 ms: a pitch that falls, and its harmonics.
    fn speaks(mut self, from: f32, to: f32, dbm0: f32) -> Line {
        let peak = amplitude(dbm0);
        let (mut phase, drawn) = (0.0_f32, self.rng.unit() as f32);
        for at in (from * RATE as f32) as usize..(to * RATE as f32) as usize {
            let place = (at as f32 / RATE as f32 - from) % 0.25;
            phase += (190.0 - 200.0 * place + 20.0 * drawn) / RATE as f32;
            let shape = (place / 0.18 * std::f32::consts::PI).sin().max(0.0).sqrt();
            let wave: f32 =
                (1_u8..6).map(|k| (phase * f32::from(k) * std::f32::consts::TAU).sin() / f32::from(k)).sum();
            if place < 0.18
                && let Some(sample) = self.samples.get_mut(at)
            {
                *sample += wave * shape * peak * 0.9;
            }
        }
        self
    }

    fn adds(mut self, from: f32, to: f32, dbm0: f32, wave: impl Fn(f32) -> f32) -> Line {
        for at in (from * RATE as f32) as usize..(to * RATE as f32) as usize {
            if let Some(sample) = self.samples.get_mut(at) {
                *sample += wave(at as f32 / RATE as f32) * amplitude(dbm0);
            }
        }
        self
    }

    fn codes(&self, codec: Codec) -> Vec<u8> {
        self.samples.iter().map(|s| g711::encode(codec, s.clamp(-32_768.0, 32_767.0) as i16)).collect()
    }
}

fn tone(hertz: f32) -> impl Fn(f32) -> f32 {
    move |at| (at * hertz * std::f32::consts::TAU).sin()
}

/// A packet on its way: when it comes, its timestamp, its codes.
type Sent = (u64, u32, Vec<u8>);

fn packets(codes: &[u8], ms: usize) -> Vec<Sent> {
    let each = |(n, codes): (usize, &[u8])| {
        let at = n * ms;
        // A phone's time line begins anywhere, and wraps.
        ((at + ms) as u64, (at as u32 * 8).wrapping_add(u32::MAX - 20_000), codes.to_vec())
    };
    codes.chunks(ms * 8).enumerate().map(each).collect()
}

/// When the utterance was told to begin and to end, in milliseconds, and what was heard.
#[derive(Debug)]
struct Told {
    begins: Option<u64>,
    ends: Option<u64>,
    voice: Option<Voice>,
}

/// As a worker does it: packets as they come, and a look each 100 ms while somebody speaks.
fn listens(sent: &[Sent], codec: Codec) -> Told {
    let mut ear = Ear::new(ListenId(1), codec);
    let mut told = Told { begins: None, ends: None, voice: None };
    let mut look = None;
    let last = sent.last().map_or(0, |(at, ..)| *at) + 2_000;
    let mut sent = sent.iter().peekable();
    for ms in 0..last {
        let now = Time::from_millis(ms);
        while let Some((_, timestamp, codes)) = sent.next_if(|(at, ..)| *at == ms) {
            match ear.voice(now, 0, *timestamp, codec, codes) {
                Heard::Begins => (told.begins, look) = (Some(ms), Some(ms + 100)),
                Heard::Ends => told.ends = Some(ms),
                Heard::Nothing => {}
            }
            assert!(ear.codes.len() <= VOICE_BYTES_MAX, "bounded");
            assert!(ear.is_speaking() || ear.codes.len() <= (KEPT + BEHIND + GAP_MAX / FRAME) * FRAME, "bounded");
        }
        if look == Some(ms) {
            look = Some(ms + 100);
            told.ends = told.ends.or((ear.look(now) == Heard::Ends).then_some(ms));
        }
        if told.ends.is_some() {
            told.voice = Some(ear.take());
            return told;
        }
    }
    told
}

fn says(line: &Line, codec: Codec, ms: usize) -> Told {
    listens(&packets(&line.codes(codec), ms), codec)
}

/// Somebody who speaks from the second 1.0 to 2.2.
fn phrase(noise: f32, voice: f32) -> Line {
    Line::noisy(5.0, noise).speaks(1.0, 2.2, voice)
}

#[track_caller]
fn is_phrase(told: &Told, what: &str) {
    let (begins, ends) = (told.begins.unwrap_or(0), told.ends.unwrap_or(0));
    // 120 to 180 ms of voice, a gap in it, and what is judged late.
    assert!((1_120..=1_400).contains(&begins), "{what}: {told:?}");
    // The last syllable ends at 2.18 s; 700 ms of quiet, and what is judged late.
    assert!((2_800..=3_050).contains(&ends), "{what}: {told:?}");
    let length = told.voice.as_ref().map_or(0, |voice| voice.codes.len()) as u64 / 8;
    // From 200 ms before the first word on.
    assert!(ends - length <= 860, "{what}: {told:?}");
}

#[test]
fn an_utterance_over_any_noise_in_packets_of_any_length() {
    for noise in [-90.0, -65.0, -55.0, -45.0, -35.0] {
        for voice in [-24.0, -18.0, -10.0] {
            for (codec, ms) in [(Codec::Pcma, 20), (Codec::Pcmu, 30), (Codec::Pcma, 60), (Codec::Pcmu, 10)] {
                if voice - noise > 14.0 {
                    is_phrase(&says(&phrase(noise, voice), codec, ms), &format!("{noise} {voice} {codec:?} {ms}"));
                }
            }
        }
    }
}

#[test]
fn what_was_said_is_kept_as_it_came() {
    let line = phrase(-60.0, -15.0);
    let codes = line.codes(Codec::Pcmu);
    let told = listens(&packets(&codes, 20), Codec::Pcmu);
    let voice = told.voice.expect("an utterance");
    let at = codes.windows(voice.codes.len()).position(|window| window == &*voice.codes);
    assert!(at.is_some_and(|at| at <= 900 * 8), "a piece of the line, whole: {at:?}");
    // The same line in the other codec, as some gateways send it.
    let mut ear = Ear::new(ListenId(1), Codec::Pcmu);
    let alaw = line.codes(Codec::Pcma);
    let mut heard = Vec::new();
    for (at, timestamp, codes) in packets(&alaw, 20) {
        heard.push(ear.voice(Time::from_millis(at), 0, timestamp, Codec::Pcma, &codes));
        if heard.last() == Some(&Heard::Ends) {
            break;
        }
    }
    assert!(heard.contains(&Heard::Begins) && heard.contains(&Heard::Ends));
    assert_eq!(ear.take().codec, Codec::Pcmu);
}

#[test]
fn what_is_no_utterance() {
    let click = |at: f32| move |t: f32| if (t - at).abs() < 0.02 { ((t * 1e5).sin() * 1e3).fract() } else { 0.0 };
    let quiet = Line::noisy(4.0, -60.0);
    let cases = [
        ("nothing", Line::noisy(4.0, -90.0)),
        ("hum", quiet.adds(0.0, 4.0, -50.0, tone(50.0))),
        ("loud noise", Line::noisy(4.0, -35.0)),
        ("louder noise from the beginning", Line::noisy(4.0, -28.0)),
        ("a click", Line::noisy(4.0, -60.0).adds(1.0, 3.0, -5.0, click(1.5))),
        ("clicks", Line::noisy(4.0, -60.0).adds(0.0, 3.0, -5.0, click(1.5)).adds(0.0, 3.0, -5.0, click(2.0))),
        ("the echo of a prompt", Line::noisy(4.0, -60.0).speaks(0.0, 0.2, -15.0)),
        ("a key's short tone", Line::noisy(4.0, -60.0).adds(1.0, 1.07, -10.0, tone(770.0))),
    ];
    for (what, line) in cases {
        for ms in [20, 30, 60] {
            let told = says(&line, Codec::Pcma, ms);
            assert!(told.begins.is_none() && told.ends.is_none(), "{what}: {told:?}");
        }
    }
}

#[test]
fn music_on_the_line_is_spoken_over_and_ends_by_itself() {
    // A soft chord all the time.
    let music = |line: Line| line.adds(0.0, 14.0, -38.0, tone(330.0)).adds(0.0, 14.0, -40.0, tone(415.0));
    let told = says(&music(Line::noisy(5.0, -60.0)).speaks(1.0, 2.2, -14.0), Codec::Pcma, 20);
    is_phrase(&told, "over music");
    // Loud speech without end is cut.
    let told = says(&Line::noisy(14.0, -60.0).speaks(0.5, 13.5, -12.0), Codec::Pcma, 20);
    let voice = told.voice.expect("an utterance");
    assert!(told.ends.is_some_and(|ends| (9_500..11_000).contains(&ends)), "{:?}", told.ends);
    assert!((VOICE_BYTES_MAX - 8_000..=VOICE_BYTES_MAX).contains(&voice.codes.len()), "{voice:?}");
}

#[test]
fn who_speaks_from_the_first_moment_on_is_heard() {
    let told = says(&Line::noisy(5.0, -60.0).speaks(0.0, 1.5, -16.0), Codec::Pcma, 20);
    assert!(told.begins.is_some_and(|begins| begins < 700) && told.ends.is_some(), "{told:?}");
    assert!(told.voice.is_some_and(|voice| voice.codes.len() > 8 * 2_000), "from the beginning");
}

#[test]
fn a_phone_that_sends_nothing_while_nobody_speaks() {
    let line = phrase(-60.0, -16.0);
    let mut sent = packets(&line.codes(Codec::Pcma), 20);
    sent.retain(|(at, ..)| (980..2_260).contains(at));
    let told = listens(&sent, Codec::Pcma);
    assert!(told.begins.is_some_and(|begins| begins < 1_450), "{told:?}");
    assert!(told.ends.is_some_and(|ends| (2_800..3_200).contains(&ends)), "by the time alone: {told:?}");
    // Gaps between two words are in it, silent and as long as they were.
    let mut sent =
        packets(&Line::noisy(5.0, -60.0).speaks(1.0, 1.7, -16.0).speaks(2.1, 2.8, -16.0).codes(Codec::Pcma), 20);
    sent.retain(|(at, ..)| !(1_720..2_100).contains(at));
    let told = listens(&sent, Codec::Pcma);
    let voice = told.voice.as_ref().expect("an utterance");
    assert!(told.ends.is_some_and(|ends| ends > 3_400), "one utterance: {told:?}");
    let silent = voice.codes.split(|code| *code != Codec::Pcma.silence()).map(<[u8]>::len).max();
    assert!(silent.is_some_and(|samples| samples >= 350 * 8), "{silent:?}");
}

#[test]
fn packets_are_lost_doubled_and_overtake_each_other() {
    for seed in 0..40 {
        let mut rng = Rng::from_number(seed);
        let (codec, ms) = [(Codec::Pcma, 20), (Codec::Pcmu, 30), (Codec::Pcma, 60)][seed as usize % 3];
        let mut sent = packets(&phrase(-50.0, -15.0).codes(codec), ms);
        sent.retain(|_| !rng.chance(0.05));
        for packet in &mut sent {
            // A packet's length late at most.
            packet.0 += rng.below(1 + ms as u64);
        }
        sent.sort_by_key(|(at, ..)| *at);
        let told = listens(&sent, codec);
        let (begins, ends) = (told.begins.unwrap_or(0), told.ends.unwrap_or(0));
        assert!((1_120..1_600).contains(&begins) && (2_700..3_250).contains(&ends), "seed {seed}: {told:?}");
    }
}

#[test]
fn a_late_packet_is_laid_where_it_belongs() {
    let codes = phrase(-60.0, -15.0).codes(Codec::Pcma);
    let mut sent = packets(&codes, 20);
    // Each second packet of the utterance comes behind the one after it.
    for place in (55..105).step_by(2) {
        sent.swap(place, place + 1);
        let (first, second) = (sent[place].0, sent[place + 1].0);
        (sent[place].0, sent[place + 1].0) = (second, first);
    }
    sent.sort_by_key(|(at, ..)| *at);
    let voice = listens(&sent, Codec::Pcma).voice.expect("an utterance");
    assert!(codes.windows(voice.codes.len()).any(|window| window == &*voice.codes), "in its order");
}

#[test]
fn a_new_time_line_and_nonsense_change_little_and_cost_nothing() {
    let codes = phrase(-60.0, -15.0).codes(Codec::Pcma);
    // The phone begins its time line anew while somebody speaks.
    let mut sent = packets(&codes, 20);
    for (at, timestamp, _) in &mut sent {
        if *at > 1_600 {
            *timestamp = timestamp.wrapping_add(1 << 30);
        }
    }
    is_phrase(&listens(&sent, Codec::Pcma), "a jump");
    // One timestamp for all packets, and random ones: an end by the time, within bounds.
    for draw in [0, u32::MAX] {
        let mut rng = Rng::from_number(3);
        let mut sent = packets(&codes, 20);
        sent.iter_mut().for_each(|(_, timestamp, _)| *timestamp = rng.below(u64::from(draw) + 1) as u32);
        let told = listens(&sent, Codec::Pcma);
        assert!(told.begins.is_none() || told.ends.is_some(), "{told:?}");
    }
}

#[test]
fn the_tone_of_a_key_beside_its_event_is_no_voice() {
    let codes = Line::noisy(3.0, -60.0).adds(1.0, 1.3, -10.0, tone(941.0)).codes(Codec::Pcma);
    let mut ear = Ear::new(ListenId(1), Codec::Pcma);
    for (at, timestamp, codes) in packets(&codes, 20) {
        let heard = ear.voice(Time::from_millis(at), 0, timestamp, Codec::Pcma, &codes);
        assert_eq!(heard, Heard::Nothing, "{at}");
        if (1_020..1_400).contains(&at) {
            ear.key();
        }
    }
}
