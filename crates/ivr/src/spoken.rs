//! Numbers as the names of the prompts that say them.

/// 0 to 19: units in both languages, teens in English alone.
const UNITS: [&str; 20] = [
    "number-0",
    "number-1",
    "number-2",
    "number-3",
    "number-4",
    "number-5",
    "number-6",
    "number-7",
    "number-8",
    "number-9",
    "number-10",
    "number-11",
    "number-12",
    "number-13",
    "number-14",
    "number-15",
    "number-16",
    "number-17",
    "number-18",
    "number-19",
];
const TENS: [&str; 10] = [
    "number-0",
    "number-10",
    "number-20",
    "number-30",
    "number-40",
    "number-50",
    "number-60",
    "number-70",
    "number-80",
    "number-90",
];
const ZERO: &str = UNITS[0];
const YAO: &str = "number-yao";
const TEN: &str = "number-10";
const HUNDRED: &str = "hundred";
const THOUSAND: &str = "thousand";
const TEN_THOUSAND: &str = "ten-thousand";
const MILLION: &str = "million";
const AND: &str = "and";
/// One below the first number that needs 亿.
const CHINESE_MAX: u32 = 99_999_999;
/// One below the first number that needs "billion".
const ENGLISH_MAX: u32 = 999_999_999;

/// Every prompt that a number in this language may need.
pub fn pieces(locale: &str) -> Vec<&'static str> {
    let mut names = UNITS[..10].to_vec();
    if is_chinese(locale) {
        names.extend([YAO, TEN, HUNDRED, THOUSAND, TEN_THOUSAND]);
    } else if is_english(locale) {
        names.extend(&UNITS[10..]);
        names.extend(&TENS[2..]);
        names.extend([HUNDRED, THOUSAND, MILLION, AND]);
    }
    names
}

pub(crate) fn digits(locale: &str, text: &str) -> Vec<&'static str> {
    let one = if is_chinese(locale) { YAO } else { UNITS[1] };
    let place = |c: char| c.to_digit(10).map(|d| if d == 1 { one } else { unit(d) });
    text.chars().filter_map(place).collect()
}

pub(crate) fn number(locale: &str, n: u32) -> Vec<&'static str> {
    let mut out = Vec::new();
    if is_chinese(locale) && n <= CHINESE_MAX {
        chinese(n, &mut out);
    } else if is_english(locale) && n <= ENGLISH_MAX {
        english(n, &mut out);
    } else {
        return digits(locale, &n.to_string());
    }
    out
}

pub(crate) fn is_chinese(locale: &str) -> bool {
    locale == "zh" || locale.starts_with("zh-")
}

fn is_english(locale: &str) -> bool {
    locale == "en" || locale.starts_with("en-")
}

pub(crate) fn unit(n: u32) -> &'static str {
    UNITS.get(n as usize).copied().unwrap_or(ZERO)
}

fn chinese(n: u32, out: &mut Vec<&'static str>) {
    let (high, low) = (n / 10_000, n % 10_000);
    if high > 0 {
        chinese_group(high, false, out);
        out.push(TEN_THOUSAND);
    }
    if low > 0 || high == 0 {
        // A gap in the thousands after 万 is one 零.
        if high > 0 && low < 1000 {
            out.push(ZERO);
        }
        chinese_group(low, high > 0, out);
    }
}

/// 0 to 9999. `inside`: something was said before, so ten is 一十.
fn chinese_group(n: u32, inside: bool, out: &mut Vec<&'static str>) {
    if n == 0 {
        return out.push(ZERO);
    }
    let mut said = inside;
    let mut gap = false;
    for (size, name) in [(1000, Some(THOUSAND)), (100, Some(HUNDRED)), (10, Some(TEN)), (1, None)] {
        let digit = n / size % 10;
        if digit == 0 {
            gap = n >= size;
            continue;
        }
        if gap {
            out.push(ZERO);
            gap = false;
        }
        if size != 10 || digit != 1 || said {
            out.push(unit(digit));
        }
        out.extend(name);
        said = true;
    }
}

fn english(n: u32, out: &mut Vec<&'static str>) {
    let (millions, thousands, rest) = (n / 1_000_000, n / 1000 % 1000, n % 1000);
    if millions > 0 {
        english_group(millions, false, out);
        out.push(MILLION);
    }
    if thousands > 0 {
        english_group(thousands, false, out);
        out.push(THOUSAND);
    }
    if rest > 0 || n == 0 {
        english_group(rest, n >= 1000, out);
    }
}

/// 0 to 999. `inside`: something was said before, so a rest below a hundred is joined by "and".
fn english_group(n: u32, inside: bool, out: &mut Vec<&'static str>) {
    let (hundreds, rest) = (n / 100, n % 100);
    if hundreds > 0 {
        out.extend([unit(hundreds), HUNDRED]);
    }
    if rest == 0 && (hundreds > 0 || inside) {
        return;
    }
    if hundreds > 0 || inside {
        out.push(AND);
    }
    if rest < 20 {
        return out.push(unit(rest));
    }
    out.push(TENS[(rest / 10) as usize % TENS.len()]);
    if rest % 10 > 0 {
        out.push(unit(rest % 10));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(names: Vec<&str>, words: &[(&str, &str)]) -> String {
        let word = |name: &str| words.iter().find(|w| w.0 == name).map_or("?", |w| w.1).to_owned();
        names.into_iter().map(word).collect::<Vec<_>>().join("")
    }

    fn in_chinese(names: Vec<&str>) -> String {
        let words: Vec<(&str, &str)> = UNITS[..10]
            .iter()
            .copied()
            .zip(["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"])
            .chain([(YAO, "幺"), (TEN, "十"), (HUNDRED, "百"), (THOUSAND, "千"), (TEN_THOUSAND, "万")])
            .collect();
        written(names, &words)
    }

    #[test]
    fn chinese_cardinals() {
        let cases = [
            (0, "零"),
            (1, "一"),
            (10, "十"),
            (12, "十二"),
            (20, "二十"),
            (99, "九十九"),
            (100, "一百"),
            (102, "一百零二"),
            (110, "一百一十"),
            (111, "一百一十一"),
            (1000, "一千"),
            (1001, "一千零一"),
            (1010, "一千零一十"),
            (1100, "一千一百"),
            (10_000, "一万"),
            (10_001, "一万零一"),
            (10_010, "一万零一十"),
            (10_500, "一万零五百"),
            (11_000, "一万一千"),
            (100_000, "十万"),
            (120_304, "十二万零三百零四"),
            (1_010_000, "一百零一万"),
            (20_001_000, "二千万一千"),
            (99_999_999, "九千九百九十九万九千九百九十九"),
        ];
        for (n, text) in cases {
            assert_eq!(in_chinese(number("zh-CN", n)), text, "{n}");
        }
        assert_eq!(in_chinese(number("zh-CN", 100_000_000)), "幺零零零零零零零零");
    }

    #[test]
    fn digit_strings() {
        assert_eq!(in_chinese(digits("zh-CN", "1001")), "幺零零幺");
        assert_eq!(in_chinese(digits("zh-CN", "A-23")), "二三");
        assert_eq!(digits("en", "10"), ["number-1", "number-0"]);
    }

    #[test]
    fn english_cardinals() {
        let cases = [
            (0, "number-0"),
            (13, "number-13"),
            (20, "number-20"),
            (42, "number-40 number-2"),
            (100, "number-1 hundred"),
            (102, "number-1 hundred and number-2"),
            (1000, "number-1 thousand"),
            (1002, "number-1 thousand and number-2"),
            (1102, "number-1 thousand number-1 hundred and number-2"),
            (20_100, "number-20 thousand number-1 hundred"),
            (1_000_000, "number-1 million"),
            (1_100_000, "number-1 million number-1 hundred thousand"),
        ];
        for (n, text) in cases {
            assert_eq!(number("en", n).join(" "), text, "{n}");
        }
    }

    #[test]
    fn every_number_is_made_of_the_listed_pieces() {
        for locale in ["zh-CN", "en", "fr"] {
            let pieces = pieces(locale);
            for n in (0..3000).chain((0..u32::MAX - 70_001).step_by(70_001)) {
                for piece in number(locale, n).into_iter().chain(digits(locale, &n.to_string())) {
                    assert!(pieces.contains(&piece), "{locale} {n}: {piece}");
                }
            }
        }
    }

    #[test]
    fn two_numbers_never_sound_alike() {
        for locale in ["zh-CN", "en"] {
            let all: std::collections::BTreeSet<_> = (0..20_000).map(|n| number(locale, n)).collect();
            assert_eq!(all.len(), 20_000);
        }
    }
}
