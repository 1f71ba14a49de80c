//! Citizens who say it instead of pressing it, and the service that understands them, late, wrongly or not at all.
//!
//! Where people have voices the worker hears them: their tones are utterances without end. Elsewhere this says when somebody speaks.

use std::time::Duration;

use base::{CallId, Codec, Digit, EndId, Job, ListenId, Map, Notice, Now, Rng, Time, Voice};
use ivr::{Kind, Tree};
use switch::Input;

use crate::Scenario;
use crate::people::People;
use crate::turn::Turn;
use crate::world::World;

/// How long the service may take.
pub(crate) const ANSWER: Duration = Duration::from_secs(1);
/// What callers say, by key; the last is no word of the menu.
const SAID: [&str; 5] = ["the first one", "I want the second.", "a person", "repeat", "nice weather"];

/// Gives the menu's choice its words.
pub(crate) fn listen(tree: &mut Tree) {
    let Some(Kind::Menu { words, .. }) = tree.nodes.first_mut().map(|node| &mut node.kind) else { return };
    let own = [
        (Digit::Number(1), "first"),
        (Digit::Number(2), "second"),
        (Digit::Number(0), "person"),
        (Digit::Pound, "repeat"),
    ];
    *words = own.map(|(key, word)| (key, vec![word.to_owned()])).to_vec();
}

/// Answers that are on their way.
pub(crate) struct Service {
    rng: Rng,
    answers: Vec<(Time, CallId, u32, Option<String>)>,
    /// Utterances that came to it.
    pub(crate) asked: u64,
}

impl Service {
    pub(crate) fn new(scenario: &Scenario) -> Service {
        Service { rng: Rng::from_number(scenario.seed.wrapping_mul(31)), answers: Vec::new(), asked: 0 }
    }

    pub(crate) fn next(&self) -> Option<Time> {
        self.answers.iter().map(|(at, ..)| *at).min()
    }

    /// Now and then never, and now and then later than anybody waits.
    fn ask(&mut self, now: Time, call: CallId, question: u32) {
        self.asked += 1;
        if self.rng.chance(0.1) {
            return;
        }
        let text = match self.rng.below(10) {
            0..2 => None,
            2 => Some(String::new()),
            _ => SAID.get(self.rng.below(SAID.len() as u64) as usize).map(|text| (*text).to_owned()),
        };
        let after = Duration::from_millis([20, 200, 700, 2000][self.rng.below(4) as usize]);
        self.answers.push((now + after, call, question, text));
    }

    fn take(&mut self, now: Time) -> Option<(CallId, u32, Option<String>)> {
        let place = self.answers.iter().position(|(at, ..)| *at <= now)?;
        let (_, call, question, text) = self.answers.remove(place);
        Some((call, question, text))
    }
}

impl People {
    /// Whether a citizen presses nothing and lets the menu ask.
    pub(crate) fn would_speak(&mut self) -> bool {
        let share = self.scenario.speaking;
        share > 0.0 && self.rng.chance(share)
    }
}

impl World {
    /// What was said goes to the service; an error is a rule broken.
    pub(crate) fn ask_service(&mut self) -> Result<(), String> {
        for (call, question, speech) in self.effects.utterances.drain(..) {
            if speech.voice.codes.is_empty()
                || speech.voice.codes.len() > base::VOICE_BYTES_MAX
                || speech.locale.is_empty()
            {
                return Err(format!("call {call} has {:?} understood in `{}`", speech.voice, speech.locale));
            }
            self.service.ask(self.now.time, call, question);
        }
        Ok(())
    }

    pub(crate) fn service_answers(&mut self) -> Result<(), String> {
        let Some((call, question, text)) = self.service.take(self.now.time) else { return Ok(()) };
        // Who asked may be gone with its process.
        if !self.disk.is_up() {
            return Ok(());
        }
        self.tell(|| format!("the service understands {text:?} of call {call}"));
        self.turn(Turn::Feed(Input::Understood { call, question, text }))
    }
}

/// Says when somebody speaks at an end whose phone sends no voice.
pub(crate) struct Voices {
    rng: Rng,
    share: f64,
    legs: Map<EndId, base::LegId>,
    /// What will be told, and when.
    due: Vec<(Time, Notice)>,
}

impl Voices {
    /// None where nobody speaks, or phones do.
    pub(crate) fn new(scenario: &Scenario, worker: u8) -> Option<Voices> {
        let rng = Rng::from_number(scenario.seed.wrapping_mul(37).wrapping_add(worker.into()));
        let speaks = scenario.speaking > 0.0 && !scenario.media;
        speaks.then(|| Voices { rng, share: scenario.speaking, legs: Map::default(), due: Vec::new() })
    }

    /// A caller who is asked no more may have spoken all the same.
    pub(crate) fn hear(&mut self, now: Now, job: &Job) {
        match job {
            Job::Open { end, leg, .. } | Job::Belong { end, leg } => {
                self.legs.insert(*end, *leg);
            }
            Job::Close { end } => {
                self.legs.remove(end);
            }
            Job::Listen { end, listen: Some(listen) } if self.rng.chance(self.share) => {
                self.speaks(now.time, *end, *listen);
            }
            _ => {}
        }
    }

    pub(crate) fn next(&self) -> Option<Time> {
        self.due.iter().map(|(at, _)| *at).min()
    }

    pub(crate) fn take(&mut self, now: Time) -> Option<Notice> {
        let place = self.due.iter().position(|(at, _)| *at <= now)?;
        Some(self.due.remove(place).1)
    }

    fn speaks(&mut self, now: Time, end: EndId, listen: ListenId) {
        let Some(leg) = self.legs.get(&end).copied() else { return };
        let begins = now + Duration::from_millis(150 + self.rng.below(1000));
        let longest = [1500, 9000][self.rng.below(2) as usize];
        let length = Duration::from_millis(800 + self.rng.below(longest));
        let voice = Voice { codec: Codec::Pcma, codes: vec![0xd5; length.as_millis() as usize * 8].into() };
        let mut told =
            vec![(begins, Notice::Speaking { leg, listen }), (begins + length, Notice::Spoken { leg, listen, voice })];
        // A full ring loses one.
        if self.rng.chance(0.1) {
            told.remove(self.rng.below(2) as usize);
        }
        self.due.extend(told);
    }
}
