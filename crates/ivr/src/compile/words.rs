//! Words of a choice: each leads where one key leads.

use base::Digit;

use super::{Compiler, Place, Problem};
use crate::tree::Choice;
use crate::words::{Words, plain};

/// Words of one choice: ten keys, each in twenty ways.
const WORDS_MAX: usize = 200;

impl Compiler<'_> {
    pub(super) fn words(&mut self, node: &str, keys: &[(Digit, Choice)], words: &[(Digit, Vec<String>)]) -> Words {
        let all = || Place::node(node, "words");
        let mut found = Words::default();
        if !words.is_empty() && self.names.understands.is_none() {
            self.fault(all(), Problem::NobodyListens);
        }
        if words.iter().map(|(_, words)| words.len()).sum::<usize>() > WORDS_MAX {
            self.fault(all(), Problem::TooManyWords { max: WORDS_MAX });
            return found;
        }
        for (key, words) in words {
            let place = || all().key(*key);
            // 0, * and # lead somewhere everywhere.
            let leads = matches!(key, Digit::Number(0) | Digit::Star | Digit::Pound);
            if !leads && !keys.iter().any(|(known, _)| known == key) {
                self.fault(place(), Problem::WordsWithoutKey(*key));
            }
            for (word, index) in words.iter().zip(0..) {
                self.word(&place().at(index), word, *key, &mut found);
            }
        }
        found
    }

    fn word(&mut self, place: &Place, word: &str, key: Digit, found: &mut Words) {
        let said = plain(word);
        let twin = found.0.iter().find(|(known, _)| *known == said).map(|(_, key)| *key);
        match twin {
            _ if said.is_empty() => self.fault(place.clone(), Problem::EmptyWord(word.to_owned())),
            Some(other) => self.fault(place.clone(), Problem::SameWord { word: word.to_owned(), key: other }),
            None => found.0.push((said, key)),
        }
    }
}
