//! Telephone numbers in one form: a line is the same text whatever way its carrier writes it.
//!
//! Mobiles are 11 digits, fixed lines begin with the 0 of their area code, service numbers stand alone or behind an area
//! code, numbers of other countries begin with `+`. What may be read in two ways, or in none, stays as it is.

/// An area code with its 0: `010`, `020`, `0755`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaCode(String);

impl AreaCode {
    /// None when the text is no area code.
    pub fn parse(text: &str) -> Option<AreaCode> {
        let is_whole = is_digits(text) && area_length(text.strip_prefix('0')?) == Some(text.len() - 1);
        is_whole.then(|| AreaCode(text.to_owned()))
    }

    /// That of a fixed line in its one form.
    pub fn of_line(number: &str) -> Option<AreaCode> {
        number.strip_prefix('0').filter(|bare| is_digits(bare) && is_in_city(bare))?;
        AreaCode::split(number).map(|(code, _)| code)
    }

    /// The area code that a number begins with, and what stands behind it.
    pub fn split(number: &str) -> Option<(AreaCode, &str)> {
        let (code, rest) = number.split_at_checked(area_length(number.strip_prefix('0')?)? + 1)?;
        Some((AreaCode::parse(code)?, rest))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What kind of line a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineKind {
    Mobile,
    Fixed,
    /// A service number, with or without an area code: 110, 12345, 95588, 4008001234.
    Service,
    /// Behind a country code that is not 86.
    Foreign,
    /// An agent's number, a withheld one that left no digits, or what is no number.
    Unknown,
}

impl LineKind {
    pub const ALL: [LineKind; 5] =
        [LineKind::Mobile, LineKind::Fixed, LineKind::Service, LineKind::Foreign, LineKind::Unknown];

    /// That of a number in its one form.
    pub fn of(number: &str) -> LineKind {
        if let Some(international) = number.strip_prefix('+') {
            let is_foreign = is_digits(international) && is_abroad(international) && !international.starts_with("86");
            return if is_foreign { LineKind::Foreign } else { LineKind::Unknown };
        }
        if !is_digits(number) {
            return LineKind::Unknown;
        }
        if is_mobile(number) {
            return LineKind::Mobile;
        }
        let in_city = number.strip_prefix('0').and_then(|bare| bare.get(area_length(bare)?..));
        match in_city {
            // A trunk without `area_code` brings local numbers as they are.
            _ if is_local(in_city.unwrap_or(number)) => LineKind::Fixed,
            Some(rest) if is_city_service(rest) => LineKind::Service,
            None if is_service(number) || is_toll_free(number) => LineKind::Service,
            _ => LineKind::Unknown,
        }
    }

    /// The word in the API and in records.
    pub const fn name(self) -> &'static str {
        match self {
            LineKind::Mobile => "mobile",
            LineKind::Fixed => "fixed",
            LineKind::Service => "service",
            LineKind::Foreign => "foreign",
            LineKind::Unknown => "unknown",
        }
    }
}

/// How a number is written for a carrier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NumberForm {
    /// As it is dialled anywhere in China: `02012345678`, `13800138000`, other countries behind `00`.
    #[default]
    National,
    /// With a plus and the country code: `+862012345678`.
    E164,
    /// As it is dialled in the area itself: without its own area code.
    Local,
}

/// Digits of the longest local number; the shortest have one less.
const LOCAL_LONGEST: usize = 8;
/// Digits behind `00`: the shortest number with a country code that is in use, and E.164's longest.
const ABROAD: std::ops::RangeInclusive<usize> = 7..=15;

/// A number in its one form; local fixed lines get the area code where one is given. A text that is no number stays as it came.
pub fn canonical(text: &str, area_code: Option<&AreaCode>) -> String {
    let plain: String = text.chars().filter(|c| !matches!(c, '-' | '.' | '(' | ')' | ' ')).collect();
    if let Some(international) = plain.strip_prefix('+') {
        return if is_digits(international) { behind_plus(international) } else { text.to_owned() };
    }
    if !is_digits(&plain) {
        return text.to_owned();
    }
    match plain.strip_prefix("00") {
        Some(international) if is_abroad(international) => behind_plus(international),
        Some(international) => of_china(international).unwrap_or(plain),
        None => domestic(plain, area_code),
    }
}

/// The same as somebody in that area dials it: a service number stands without the area's own code.
pub fn dialled(text: &str, area_code: Option<&AreaCode>) -> String {
    let number = canonical(text, area_code);
    let service = area_code.and_then(|code| number.strip_prefix(code.as_str())).filter(|rest| is_city_service(rest));
    service.map(str::to_owned).unwrap_or(number)
}

/// A number as a carrier wants it; `area_code` is that of the carrier's own area. Service numbers that each city has one of, and
/// what is no number, have one form alone.
pub fn written(text: &str, form: NumberForm, area_code: Option<&AreaCode>) -> String {
    let number = canonical(text, area_code);
    let abroad = number.strip_prefix('+').map(|digits| ["00", digits].concat());
    match form {
        NumberForm::E164 => with_country(&number).unwrap_or(number),
        NumberForm::National => abroad.unwrap_or(number),
        NumberForm::Local => {
            let near = area_code.and_then(|code| number.strip_prefix(code.as_str()));
            let near = near.filter(|rest| is_local(rest) || is_city_service(rest)).map(str::to_owned);
            abroad.or(near).unwrap_or(number)
        }
    }
}

/// With China's country code, where it is a number that can be called from abroad.
fn with_country(number: &str) -> Option<String> {
    let bare = match number.strip_prefix('0') {
        Some(bare) => Some(bare).filter(|bare| is_in_city(bare)),
        None => Some(number).filter(|number| is_mobile(number) || is_toll_free(number)),
    };
    bare.map(|bare| ["+86", bare].concat())
}

fn behind_plus(international: &str) -> String {
    of_china(international).unwrap_or_else(|| ["+", international].concat())
}

/// A number that came without a sign of its country.
fn domestic(digits: String, area_code: Option<&AreaCode>) -> String {
    if let Some(mobile) = digits.strip_prefix('0').filter(|bare| is_mobile(bare)) {
        return mobile.to_owned();
    }
    // Shorter ones that begin with 86 are local numbers.
    if digits.len() > LOCAL_LONGEST
        && let Some(number) = of_china(&digits)
    {
        return number;
    }
    match area_code {
        Some(code) if is_local(&digits) => [code.as_str(), &digits].concat(),
        _ => digits,
    }
}

/// What follows China's country code, where it is a number; some carriers leave the 0 of the area code in.
fn of_china(international: &str) -> Option<String> {
    let rest = international.strip_prefix("86")?;
    let bare = rest.strip_prefix('0').unwrap_or(rest);
    if is_mobile(bare) || is_toll_free(bare) {
        return Some(bare.to_owned());
    }
    // Before the service numbers: 1012345 is the 12345 of Beijing.
    if is_in_city(bare) {
        return Some(["0", bare].concat());
    }
    is_service(bare).then(|| bare.to_owned())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// No country code begins with 0.
fn is_abroad(digits: &str) -> bool {
    ABROAD.contains(&digits.len()) && !digits.starts_with('0')
}

pub(crate) fn is_mobile(digits: &str) -> bool {
    digits.len() == 11 && matches!(digits.as_bytes(), [b'1', b'3'..=b'9', ..])
}

/// Digits of the area code, without its 0, that a number begins with.
fn area_length(bare: &str) -> Option<usize> {
    match bare.as_bytes() {
        [b'1', b'0', ..] | [b'2', _, ..] => Some(2),
        [b'3'..=b'9', _, _, ..] => Some(3),
        _ => None,
    }
}

/// An area code without its 0, and a local or service number behind it.
fn is_in_city(bare: &str) -> bool {
    let rest = area_length(bare).and_then(|length| bare.get(length..));
    rest.is_some_and(|rest| is_local(rest) || is_city_service(rest))
}

/// Seven or eight digits of a fixed line.
fn is_local(digits: &str) -> bool {
    let fits = (LOCAL_LONGEST - 1..=LOCAL_LONGEST).contains(&digits.len());
    fits && !digits.starts_with(['0', '1']) && !is_service(digits)
}

fn is_toll_free(digits: &str) -> bool {
    digits.len() == 10 && (digits.starts_with("400") || digits.starts_with("800"))
}

/// A service number that each city has one of: 110, 12345, 96110.
fn is_city_service(digits: &str) -> bool {
    match digits.as_bytes() {
        [b'1', b'1' | b'2', _] | [b'1', b'0'..=b'2', _, _, _] => true,
        [b'9', b'5' | b'6', ..] => (5..=LOCAL_LONGEST).contains(&digits.len()),
        _ => false,
    }
}

/// A number of three to eight digits that is dialled alike everywhere: also 118114, 1008611, 10106666.
fn is_service(digits: &str) -> bool {
    let is_long = (6..=LOCAL_LONGEST).contains(&digits.len());
    is_city_service(digits) || (is_long && matches!(digits.as_bytes(), [b'1', b'0'..=b'2', ..]))
}
