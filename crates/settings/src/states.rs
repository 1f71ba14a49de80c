//! `[agents]`: what holds for every agent's state: reasons of a pause, the automatic pause, star codes.

use call::plan::TalkKeys;
use roster::StarCodes;

use crate::groups::refuse_twins;
use crate::problem::{Problem, Problems, Spot};
use crate::reader::Table;
use crate::value::Value;

#[derive(Clone, Debug)]
pub(crate) struct States {
    pub(crate) pause_after_unanswered: u8,
    pub(crate) pause_reasons: Vec<String>,
    pub(crate) star_codes: StarCodes,
    pub(crate) talk_keys: TalkKeys,
}

impl Default for States {
    fn default() -> States {
        let roster::Plan { pause_after_unanswered, pause_reasons, star_codes, .. } = roster::Plan::default();
        States { pause_after_unanswered, pause_reasons, star_codes, talk_keys: TalkKeys::default() }
    }
}

/// Whoever lets a hundred calls ring out was not meant to be paused at all.
const UNANSWERED_MAX: u64 = 100;
/// Two digits dial a reason; nobody remembers more.
const REASONS_MAX: usize = 99;
/// A column of a report.
const REASON_LETTERS_MAX: usize = 32;
/// A star and seven digits: still quicker dialled than a number.
const CODE_LETTERS_MAX: usize = 8;

pub(crate) fn read(root: &Table<'_>, problems: &Problems) -> States {
    let d = States::default();
    let table = root.section("agents");
    let unanswered = table.number("pause_after_unanswered", u64::from(d.pause_after_unanswered), 0, UNANSWERED_MAX);
    let pause_reasons = table.get("pause_reasons").map_or(d.pause_reasons, |v| reasons(&v, problems));
    let codes = table.get("star_codes").and_then(|v| v.table(&["agents.star_codes"]));
    let codes = codes.map(|table| star_codes(&table, problems)).unwrap_or_default();
    let keys = table.get("talk_keys").and_then(|v| v.table(&["agents.talk_keys"]));
    States {
        pause_after_unanswered: u8::try_from(unanswered).unwrap_or(u8::MAX),
        star_codes: StarCodes { reasons: pause_reasons.clone(), ..codes },
        talk_keys: keys.map(|table| talk_keys(&table, problems)).unwrap_or_default(),
        pause_reasons,
    }
}

fn reasons(value: &Value<'_>, problems: &Problems) -> Vec<String> {
    let read: Vec<(String, Spot)> =
        value.list().into_iter().filter_map(|item| Some((reason(&item)?, item.spot))).collect();
    refuse_twins(read.iter().map(|(word, spot)| (word.as_str(), spot)), "reasons", problems);
    if read.len() > REASONS_MAX {
        let title = format!("{} reasons, but at most {REASONS_MAX} are possible", read.len());
        value.error(title, "too many", "keep those that a report tells apart");
    }
    read.into_iter().map(|(word, _)| word).collect()
}

/// It stands in records, in addresses of the API, and on wallboards.
fn reason(value: &Value<'_>) -> Option<String> {
    let is_reason = |text: &str| {
        let fits = (1..=REASON_LETTERS_MAX).contains(&text.chars().count());
        fits && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
    };
    let wanted = "a word of at most 32 letters, digits, `_` and `-`";
    value.parsed(wanted, "`\"meal\"`", |text| is_reason(text).then(|| text.to_owned()))
}

/// A code as it was written, or its default.
struct Code {
    key: &'static str,
    text: String,
    /// None for the default.
    spot: Option<Spot>,
    /// Digits may follow it: the place of a reason, or seconds.
    goes_on: bool,
}

fn star_codes(table: &Table<'_>, problems: &Problems) -> StarCodes {
    let d = StarCodes::default();
    let read = |key, default: &str, goes_on| {
        let value = table.get(key);
        let text = value.as_ref().and_then(code).unwrap_or_else(|| default.to_owned());
        Code { key, text, spot: value.map(|v| v.spot), goes_on }
    };
    let codes = [
        read("sign_on", &d.sign_on, false),
        read("ready", &d.ready, false),
        read("pause", &d.pause, true),
        read("wrap_up", &d.wrap_up, true),
        read("sign_off", &d.sign_off, false),
    ];
    refuse_ambiguous(&codes, &table.spot, problems);
    let [sign_on, ready, pause, wrap_up, sign_off] = codes.map(|code| code.text);
    StarCodes { sign_on, ready, pause, wrap_up, sign_off, reasons: Vec::new() }
}

/// A number follows two of them.
fn talk_keys(table: &Table<'_>, problems: &Problems) -> TalkKeys {
    let d = TalkKeys::default();
    let read = |key, default: &str| {
        let value = table.get(key);
        let text = value.as_ref().and_then(code).unwrap_or_else(|| default.to_owned());
        Code { key, text, spot: value.map(|v| v.spot), goes_on: true }
    };
    let codes = [read("hand_on", &d.hand_on), read("ask", &d.ask), read("back", &d.back)];
    refuse_ambiguous(&codes, &table.spot, problems);
    let [hand_on, ask, back] = codes.map(|code| code.text);
    TalkKeys { hand_on, ask, back }
}

fn code(value: &Value<'_>) -> Option<String> {
    let is_code = |text: &str| {
        let digits = text.strip_prefix('*').filter(|_| text.len() <= CODE_LETTERS_MAX)?;
        (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| text.to_owned())
    };
    value.parsed("a star and one to seven digits", "`\"*71\"`", is_code)
}

/// Two codes that are one, and a code that another may become when digits follow it.
fn refuse_ambiguous(codes: &[Code], table: &Spot, problems: &Problems) {
    for (place, code) in codes.iter().enumerate() {
        for other in &codes[..place] {
            let begins = |a: &Code, b: &Code| a.goes_on && b.text.starts_with(&a.text);
            let title = match (code.text == other.text, begins(code, other), begins(other, code)) {
                (true, ..) => format!("`{}` and `{}` are both `{}`", other.key, code.key, code.text),
                (false, true, _) => ambiguous(code, other),
                (false, false, true) => ambiguous(other, code),
                _ => continue,
            };
            let help = "choose a code that neither begins another nor begins with one that digits follow";
            // At the one that was written, when the other is a default.
            let spot = code.spot.as_ref().or(other.spot.as_ref()).unwrap_or(table);
            problems.error(Problem::new(spot.clone(), title, "not told apart", help));
        }
    }
}

fn ambiguous(short: &Code, long: &Code) -> String {
    format!("`{}` (`{}`) with digits after it can be `{}` (`{}`)", short.key, short.text, long.key, long.text)
}
