//! Words that callers may say instead of pressing a key, and which key a sentence means.

use base::Digit;

/// The words of one choice, in their plain form, each with its key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) Vec<(String, Digit)>);

/// What a caller has said at a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Nothing,
    Key(Digit),
    /// No word of the choice, or words of several keys.
    Unknown,
}

impl Words {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key whose longest word stands in the text; none where keys have equally long ones in it.
    pub(crate) fn said(&self, text: &str) -> Said {
        let text = plain(text);
        if text.is_empty() {
            return Said::Nothing;
        }
        let length = |word: &str| word.chars().count();
        let found = || self.0.iter().filter(|(word, _)| text.contains(word.as_str()));
        let longest = found().map(|(word, _)| length(word)).max().unwrap_or_default();
        let mut keys = found().filter(|(word, _)| length(word) == longest).map(|(_, key)| *key);
        match keys.next() {
            Some(key) if keys.all(|other| other == key) => Said::Key(key),
            _ => Said::Unknown,
        }
    }
}

/// Small letters and digits alone, those of double width as the others. What stands between `<|` and `|>` is a recogniser's remark on
/// language or mood, and nobody has said it.
pub(crate) fn plain(text: &str) -> String {
    let mut rest = text;
    let mut plain = String::new();
    while let Some((before, behind)) = rest.split_once("<|") {
        plain.extend(letters(before));
        rest = behind.split_once("|>").map_or("", |(_, rest)| rest);
    }
    plain.extend(letters(rest));
    plain
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(narrow).flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric())
}

/// The forms of U+FF01 to U+FF5E are those of ASCII in the width of a Chinese character.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Digit = Digit::Number(1);
    const TWO: Digit = Digit::Number(2);

    fn words() -> Words {
        let words = [
            ("投诉", TWO),
            ("我要投诉咨询台", ONE),
            ("咨询", ONE),
            ("问", ONE),
            ("complaint", TWO),
            ("人工", Digit::Number(0)),
        ];
        Words(words.map(|(word, key)| (plain(word), key)).to_vec())
    }

    #[test]
    fn a_sentence_is_freed_of_all_but_letters_and_digits() {
        let cases = [
            ("我要投诉。", "我要投诉"),
            ("  Two,  PLEASE! ", "twoplease"),
            ("ＡＢＣ１２３！", "abc123"),
            ("<|zh|><|NEUTRAL|><|Speech|>我要投诉", "我要投诉"),
            ("<|zh 我要投诉", ""),
            ("a<|x|>b|>c", "abc"),
            ("……！？", ""),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn the_longest_word_wins_and_a_tie_is_not_understood() {
        let cases = [
            ("我要投诉", Said::Key(TWO)),
            ("请帮我转人工", Said::Key(Digit::Number(0))),
            ("I have a Complaint.", Said::Key(TWO)),
            ("我要投诉咨询台", Said::Key(ONE)),
            // Two keys with a word of two letters each.
            ("咨询还是投诉", Said::Unknown),
            ("问一下投诉", Said::Key(TWO)),
            // One key by two of its words.
            ("问咨询", Said::Key(ONE)),
            ("今天天气不错", Said::Unknown),
            ("。", Said::Nothing),
        ];
        for (text, expected) in cases {
            assert_eq!(words().said(text), expected, "{text}");
        }
    }
}
