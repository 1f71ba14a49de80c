//! Texts that were spoken lately: the same words in the same voice are not asked for again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base::Clip;

/// Whoever speaks may sound otherwise tomorrow; the orders of a busy hour are asked about by few callers each.
const AGE_MAX: Duration = Duration::from_secs(3600);
/// Offices and subjects that callers of one hour hear of; each look goes through all of them.
const TEXTS_MAX: usize = 256;
/// A hundred clips of twenty seconds in both codecs, or all of them where they are short.
const KEPT_BYTES_MAX: usize = 32 << 20;

/// What makes two questions the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) text: Arc<str>,
    pub(super) locale: String,
    pub(super) max: Duration,
}

#[derive(Debug)]
struct One {
    words: Words,
    clip: Clip,
    since: Instant,
}

/// The oldest first.
#[derive(Debug, Default)]
pub(super) struct Kept(Vec<One>);

impl Kept {
    pub(super) fn find(&mut self, words: &Words, now: Instant) -> Option<Clip> {
        self.0.retain(|one| now.duration_since(one.since) < AGE_MAX);
        self.0.iter().find(|one| one.words == *words).map(|one| one.clip.clone())
    }

    /// Keeps it in place of the oldest ones, and of the same words where two have asked at once.
    pub(super) fn keep(&mut self, words: Words, clip: &Clip, now: Instant) {
        self.0.retain(|one| one.words != words);
        self.0.push(One { words, clip: clip.clone(), since: now });
        let bytes = |one: &One| one.words.text.len() + 2 * one.clip.len();
        let mut all: usize = self.0.iter().map(bytes).sum();
        while self.0.len() > TEXTS_MAX || all > KEPT_BYTES_MAX {
            // A clip is far smaller than all of them may be.
            all -= bytes(&self.0.remove(0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Words {
        Words { text: text.into(), locale: "zh-CN".to_owned(), max: Duration::from_secs(20) }
    }

    fn clip(seconds: u64) -> Clip {
        Clip::silent(1, Duration::from_secs(seconds))
    }

    #[test]
    fn the_same_words_are_found_for_an_hour() {
        let (mut kept, began) = (Kept::default(), Instant::now());
        kept.keep(words("a"), &clip(1), began);
        let at = |s| began + Duration::from_secs(s);
        assert!(kept.find(&words("a"), at(3599)).is_some());
        let others = [
            words("b"),
            Words { locale: "en".to_owned(), ..words("a") },
            Words { max: Duration::from_secs(5), ..words("a") },
        ];
        assert!(others.iter().all(|other| kept.find(other, at(1)).is_none()));
        assert!(kept.find(&words("a"), at(3600)).is_none());
        assert!(kept.0.is_empty(), "what is old takes no memory");
    }

    #[test]
    fn the_oldest_go_by_count_and_by_bytes() {
        let (mut kept, now) = (Kept::default(), Instant::now());
        for n in 0..=TEXTS_MAX {
            kept.keep(words(&n.to_string()), &clip(1), now);
        }
        assert_eq!(kept.0.len(), TEXTS_MAX);
        assert!(kept.find(&words("0"), now).is_none() && kept.find(&words("1"), now).is_some());
        for n in 0..60 {
            kept.keep(words(&format!("long {n}")), &clip(60), now);
            let bytes: usize = kept.0.iter().map(|one| 2 * one.clip.len()).sum();
            assert!(bytes <= KEPT_BYTES_MAX, "{bytes}");
        }
        assert!(kept.find(&words("256"), now).is_none() && kept.find(&words("long 59"), now).is_some());
        kept.keep(words("long 59"), &clip(1), now);
        assert_eq!(kept.0.iter().filter(|one| one.words == words("long 59")).count(), 1);
    }
}
