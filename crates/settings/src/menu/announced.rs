//! Which keys the text of a prompt tells its listener to press.

use base::Digit;

/// Keys as a set: bit 0 to 9 for the digits, 10 for `*`, 11 for `#`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Keys(u16);

impl Keys {
    pub(super) const NONE: Keys = Keys(0);
    pub(super) const ALL: Keys = Keys(0xfff);

    pub(super) fn with(self, key: Digit) -> Keys {
        let place = match key {
            Digit::Number(n) if n < 10 => u32::from(n),
            Digit::Star => 10,
            Digit::Pound => 11,
            // Letters are on no phone that a citizen has.
            _ => return self,
        };
        Keys(self.0 | 1 << place)
    }

    pub(super) fn and(self, other: Keys) -> Keys {
        Keys(self.0 | other.0)
    }

    pub(super) fn both(self, other: Keys) -> Keys {
        Keys(self.0 & other.0)
    }

    pub(super) fn without(self, other: Keys) -> Keys {
        Keys(self.0 & !other.0)
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Digit> {
        let digits = (0..10).map(Digit::Number).chain([Digit::Star, Digit::Pound]);
        digits.filter(move |digit| self.both(Keys::NONE.with(*digit)) != Keys::NONE)
    }
}

/// What a text in a language announces; none in a language whose words are not known here.
pub(super) fn keys(locale: &str, text: &str) -> Option<Keys> {
    match locale.split(['-', '_']).next() {
        Some("zh") => Some(chinese(text)),
        Some("en") => Some(english(text)),
        _ => None,
    }
}

const CHINESE: [(&str, u8); 11] = [
    ("零", 0),
    ("〇", 0),
    ("一", 1),
    ("二", 2),
    ("三", 3),
    ("四", 4),
    ("五", 5),
    ("六", 6),
    ("七", 7),
    ("八", 8),
    ("九", 9),
];
/// Behind a numeral they make it a count: 按一下 is no key.
const COUNTED: &str = "下次定般个直遍时些样致切起年月天日小点分秒元周种条位声十百千万";

/// 请按一, 按1键, 按零, 按井号键, 按一或二, 按一至五.
fn chinese(text: &str) -> Keys {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let mut found = Keys::NONE;
    for (at, _) in text.match_indices('按') {
        let mut rest = &text[at + '按'.len_utf8()..];
        rest = rest.strip_prefix("数字").unwrap_or(rest);
        let mut last = None;
        while let Some((key, behind)) = chinese_key(rest) {
            found = last.filter(|_| rest_is_range(&text, rest)).map_or(found.with(key), |from| span(found, from, key));
            last = Some(key);
            let behind = ["号键", "键"].into_iter().find_map(|word| behind.strip_prefix(word)).unwrap_or(behind);
            let more =
                ["或者", "或", "、", "和", "至", "到", "-"].into_iter().find_map(|word| behind.strip_prefix(word));
            let Some(next) = more else { break };
            rest = next;
        }
    }
    found
}

/// Whether what stands before `rest` joins two ends: 一至五.
fn rest_is_range(text: &str, rest: &str) -> bool {
    let before = &text[..text.len() - rest.len()];
    before.ends_with(['至', '到', '-'])
}

/// All keys from one to another.
fn span(found: Keys, from: Digit, to: Digit) -> Keys {
    match (from, to) {
        (Digit::Number(from), Digit::Number(to)) => (from..=to).fold(found, |keys, n| keys.with(Digit::Number(n))),
        _ => found.with(to),
    }
}

fn chinese_key(text: &str) -> Option<(Digit, &str)> {
    let signs = [("井号", Digit::Pound), ("#", Digit::Pound), ("＃", Digit::Pound)];
    let stars = [("星号", Digit::Star), ("米字", Digit::Star), ("*", Digit::Star), ("＊", Digit::Star)];
    let sign = signs.into_iter().chain(stars).find_map(|(word, key)| Some((key, text.strip_prefix(word)?)));
    if sign.is_some() {
        return sign;
    }
    let (digit, rest) = chinese_digit(text)?;
    // Several digits are a number that is dialled, and some words make a count of one.
    let next = rest.chars().next();
    let is_key = chinese_digit(rest).is_none() && !next.is_some_and(|c| COUNTED.contains(c));
    is_key.then_some((Digit::Number(digit), rest))
}

fn chinese_digit(text: &str) -> Option<(u8, &str)> {
    let word = CHINESE.iter().find_map(|(word, digit)| Some((*digit, text.strip_prefix(word)?)));
    word.or_else(|| {
        let mut chars = text.chars();
        let first = chars.next()?;
        // Full-width digits are what some keyboards write.
        let digit = first.to_digit(10).or_else(|| (u32::from(first)).checked_sub(0xff10).filter(|n| *n < 10))?;
        Some((u8::try_from(digit).ok()?, chars.as_str()))
    })
}

const ENGLISH: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/// `press one`, `press the pound key`, `press 1 or 2`, `press one to five`.
fn english(text: &str) -> Keys {
    let words = words(text);
    let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    let mut found = Keys::NONE;
    for at in (0..words.len()).filter(|at| word(*at) == "press") {
        let mut next = at + 1;
        while matches!(word(next), "the" | "key" | "number" | "button" | "digit") {
            next += 1;
        }
        let mut last = None;
        while let Some(key) = english_key(word(next)).filter(|_| !is_counted(word(next + 1))) {
            let is_range = last.is_some() && matches!(word(next - 1), "to" | "through" | "-");
            found = last.filter(|_| is_range).map_or(found.with(key), |from| span(found, from, key));
            last = Some(key);
            next += 1;
            while matches!(word(next), "key" | "button") {
                next += 1;
            }
            let joins = matches!(word(next), "or" | "and" | "to" | "through" | "-" | ",");
            if !joins || english_key(word(next + 1)).is_none() {
                break;
            }
            next += 1;
        }
    }
    found
}

/// `press one of them`, `press one more time`, and a number of several digits.
fn is_counted(behind: &str) -> bool {
    matches!(behind, "of" | "more" | "hundred" | "time" | "times" | "second" | "seconds")
        || english_key(behind).is_some()
}

fn english_key(word: &str) -> Option<Digit> {
    match word {
        "pound" | "hash" | "#" => Some(Digit::Pound),
        "star" | "asterisk" | "*" => Some(Digit::Star),
        word => {
            let named = ENGLISH.iter().zip(0..).find(|(name, _)| **name == word).map(|(_, digit)| digit);
            let written = || word.parse().ok().filter(|digit| *digit < 10 && word.len() == 1);
            named.or_else(written).map(Digit::Number)
        }
    }
}

/// Words in small letters, each sign that joins or ends them as one of its own.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in text.chars() {
        if c.is_alphanumeric() || c == '\'' {
            words.last_mut().into_iter().for_each(|word| word.extend(c.to_lowercase()));
            continue;
        }
        if !c.is_whitespace() {
            words.push(c.to_string());
        }
        words.push(String::new());
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(locale: &str, text: &str) -> String {
        keys(locale, text).map_or("unknown".to_owned(), |keys| keys.iter().map(Digit::as_char).collect())
    }

    #[test]
    fn chinese_texts() {
        for (text, expected) in [
            ("咨询请按一，投诉和举报请按二，人工服务请按零，重听请按井号键。", "012#"),
            ("按 1 键咨询，按２投诉，返回请按星号键", "12*"),
            ("请按#结束", "#"),
            ("咨询按一投诉按二", "12"),
            ("请按一或二", "12"),
            ("评价请按一至五", "12345"),
            ("请按1-3", "123"),
            ("请按一、二、三键", "123"),
            ("按一下任意键，按一次就好", ""),
            ("请按一二三四五", ""),
            ("按三十分钟收费", ""),
            ("请按任意键", ""),
            ("欢迎拨打一二三四五热线", ""),
            ("非常满意请按五，满意请按四", "45"),
            ("按", ""),
        ] {
            assert_eq!(told("zh-CN", text), expected, "{text}");
        }
    }

    #[test]
    fn english_texts() {
        for (text, expected) in [
            ("For enquiries, press one. For complaints, press two. To hear this again, press pound.", "12#"),
            ("Press the star key to go back, press 0 for a person.", "0*"),
            ("please PRESS NINE", "9"),
            ("press 1 or 2", "12"),
            ("press one, two or three", "123"),
            ("press one to five", "12345"),
            ("press one to hear more", "1"),
            ("press one of the keys", ""),
            ("press 1 2 3 4 5", ""),
            ("press 12", ""),
            ("from five, very satisfied, to one", ""),
            ("Express one", ""),
            ("press", ""),
        ] {
            assert_eq!(told("en", text), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "(按|一|二|至|、|键|下|press|one|to|or|,|-| |[0-9]|.){0,40}") {
            for locale in ["zh-CN", "en"] {
                let keys = keys(locale, &text).unwrap_or_default();
                proptest::prop_assert!(keys == Keys::NONE || text.contains('按') || text.to_lowercase().contains("press"));
            }
        }
    }

    #[test]
    fn other_languages_are_left_alone() {
        assert_eq!(told("fr", "appuyez sur un"), "unknown");
        assert_eq!(told("yue-HK", "請按一"), "unknown");
    }
}
