//! What stands between two commas of a story.

use base::Digit;
use call::number::canonical;
use ivr::Date;

use rehearsal::{Deed, End, Survey, Who};

use crate::calendar::minute;
use crate::nearest::nearest;

/// Keys of one phrase: more than anybody types in one go.
const KEYS_MAX: usize = 100;
/// Calls before this one: far more than any menu asks for.
const TIMES_MAX: u32 = 1_000_000;

/// A piece of the left side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phrase {
    Day(Date, Option<u16>),
    Clock(u16),
    From(String),
    To(String),
    CalledBefore(u32),
    Surge(String),
    OnAir(String, Vec<String>),
    Survey(Survey),
    Deed(Deed),
}

/// Why a text is no phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// What is wrong, in one line.
    pub title: String,
    /// What to do.
    pub help: String,
}

impl Misfit {
    pub(super) fn new(title: impl Into<String>, help: impl Into<String>) -> Misfit {
        Misfit { title: title.into(), help: help.into() }
    }
}

/// First words, each with an example of what it begins.
const LEFT: [(&str, &str); 13] = [
    ("press", "`press 2026#`"),
    ("wait", "`wait`"),
    ("listen", "`listen`"),
    ("at", "`at 02:00`"),
    ("on", "`on 2026-10-01 at 09:30`, or `on air news=storm`"),
    ("from", "`from 057188001122`, or `from withheld`"),
    ("to", "`to 02012345`"),
    ("called", "`called before 2 times`"),
    ("surge", "`surge in consult`"),
    ("survey", "`survey`, or `survey in en`"),
    ("answer", "`answer status=done due=2026-10-01`"),
    ("no", "`no answer`"),
    ("say", "`say 我要投诉`, or `say ...` for what is not understood yet"),
];
const LINE: (&str, &str) = ("line", "`line refused`");

impl Phrase {
    /// Reads a phrase, whose words stand apart by spaces.
    ///
    /// # Errors
    /// When it is none: what is wrong, and how it is written.
    pub fn parse(text: &str) -> Result<Phrase, Misfit> {
        let text = text.trim();
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        let words: Vec<&str> = rest.split_whitespace().collect();
        let phrase = match (word, words.as_slice()) {
            ("press", _) => return keys(text, rest).map(|keys| Phrase::Deed(Deed::Press(keys))),
            ("say", ["..." | "…" | "……"]) => Some(Phrase::Deed(Deed::Say(None))),
            ("say", [_, ..]) => Some(Phrase::Deed(Deed::Say(Some(rest.to_owned())))),
            ("wait", []) => Some(Phrase::Deed(Deed::Wait)),
            ("listen", []) => Some(Phrase::Deed(Deed::Listen)),
            ("no", ["answer"]) => Some(Phrase::Deed(Deed::NoAnswer)),
            ("line", ["refused"]) => Some(Phrase::Deed(Deed::LineRefused)),
            ("answer", pairs) => answers(pairs).map(|values| Phrase::Deed(Deed::Answer(values))),
            ("at", [clock]) => clock_of(clock).map(Phrase::Clock),
            ("on", ["air", ..]) => on_air(rest.strip_prefix("air").unwrap_or(rest)),
            ("on", [day]) => day_of(day).map(|day| Phrase::Day(day, None)),
            ("on", [day, "at", clock]) => day_of(day).zip(clock_of(clock)).map(|(day, at)| Phrase::Day(day, Some(at))),
            ("from", ["withheld"]) => Some(Phrase::From(String::new())),
            ("from", [number]) => line(number).map(Phrase::From),
            ("to", [number]) => line(number).map(Phrase::To),
            ("called", ["before", "once"]) => Some(Phrase::CalledBefore(1)),
            ("called", ["before", times, "times" | "time"]) => {
                times.parse().ok().filter(|times| *times <= TIMES_MAX).map(Phrase::CalledBefore)
            }
            ("surge", ["in", group]) => Some(Phrase::Surge((*group).to_owned())),
            ("survey", []) => Some(Phrase::Survey(Survey::default())),
            ("survey", ["in", locale]) => Some(Phrase::Survey(Survey { locale: Some((*locale).to_owned()) })),
            _ => None,
        };
        phrase.ok_or_else(|| misfit(text, word))
    }
}

/// Takes what a phrase says of a call; gives back one that is a deed.
///
/// # Errors
/// When the same was said already.
pub fn take(who: &mut Who, phrase: Phrase) -> Result<Option<Deed>, Misfit> {
    let fresh = match phrase {
        Phrase::Day(day, clock) => set(&mut who.day, day) && clock.is_none_or(|clock| set(&mut who.minute, clock)),
        Phrase::Clock(clock) => set(&mut who.minute, clock),
        Phrase::From(number) => set(&mut who.caller, number),
        Phrase::To(number) => set(&mut who.called, number),
        Phrase::CalledBefore(times) => set(&mut who.called_before, times),
        Phrase::Survey(survey) => set(&mut who.survey, survey),
        Phrase::Surge(group) => {
            let fresh = !who.surge.contains(&group);
            who.surge.push(group);
            fresh
        }
        Phrase::OnAir(slot, prompts) => who.on_air.insert(slot, prompts).is_none(),
        Phrase::Deed(deed) => return Ok(Some(deed)),
    };
    let twice = || Misfit::new("this is said twice in one story", "leave one of the two out");
    if fresh { Ok(None) } else { Err(twice()) }
}

/// Whether nothing was there.
fn set<T>(place: &mut Option<T>, value: T) -> bool {
    place.replace(value).is_none()
}

fn misfit(text: &str, word: &str) -> Misfit {
    let known = || LEFT.iter().chain([&LINE]);
    let exact = known().find(|(first, _)| *first == word);
    match exact.or_else(|| known().find(|(first, _)| Some(*first) == nearest(word, known().map(|(w, _)| *w)))) {
        Some((first, example)) if *first == word => {
            Misfit::new(format!("`{text}` cannot be read"), format!("write it as {example}"))
        }
        Some((first, example)) => {
            let help = format!("did you mean `{first}`? It is written as {example}");
            Misfit::new(format!("`{text}` is nothing that a caller does"), help)
        }
        None => {
            let words: Vec<_> = known().map(|(first, _)| *first).collect();
            let help =
                format!("a phrase begins with one of `{}`, and commas stand between phrases", words.join("`, `"));
            Misfit::new(format!("`{text}` is nothing that a caller does"), help)
        }
    }
}

fn keys(text: &str, rest: &str) -> Result<Vec<Digit>, Misfit> {
    let mut keys = Vec::new();
    for c in rest.chars().filter(|c| !c.is_whitespace()) {
        let Some(key) = Digit::from_char(c) else {
            let help = "keys are 0 to 9, * and #; commas stand between phrases, as in `press 2, wait`";
            return Err(Misfit::new(format!("`{c}` is no key of a telephone"), help));
        };
        keys.push(key);
    }
    match keys.len() {
        0 => Err(misfit(text, "press")),
        1..=KEYS_MAX => Ok(keys),
        more => Err(Misfit::new(format!("{more} keys, and {KEYS_MAX} are allowed"), "write what callers press")),
    }
}

/// Names with `=` and a text each.
fn answers(pairs: &[&str]) -> Option<Vec<(String, String)>> {
    let pair = |(name, text): (&str, &str)| (!name.is_empty()).then(|| (name.to_owned(), text.to_owned()));
    pairs.iter().map(|words| words.split_once('=').and_then(pair)).collect()
}

fn on_air(rest: &str) -> Option<Phrase> {
    let (slot, prompts) = rest.split_once('=')?;
    let (slot, prompts) = (slot.trim(), prompts.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    let plain = !slot.is_empty() && !slot.contains(char::is_whitespace) && !prompts.is_empty();
    plain.then(|| Phrase::OnAir(slot.to_owned(), prompts))
}

fn clock_of(text: &str) -> Option<u16> {
    minute(text).filter(|minute| *minute < 1440)
}

/// 2026-10-01; none for a day that no calendar has.
fn day_of(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let mut number = |digits: usize| {
        let part = parts.next().filter(|part| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))?;
        part.parse::<u16>().ok()
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    let date = Date { year: year.into(), month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()? };
    let fits = (1..=12).contains(&date.month) && parts.next().is_none();
    fits.then_some(date).filter(|date| Date::of_day(date.day_number()) == *date)
}

/// A number in its one form.
fn line(text: &str) -> Option<String> {
    let number = canonical(text, None);
    let digits = number.strip_prefix('+').unwrap_or(&number);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}

/// Reads where a story leads.
pub(super) fn end(text: &str) -> Result<End, Misfit> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let own = |word: &&str| (*word).to_owned();
    match words.as_slice() {
        ["queue", group] => Ok(End::Queue(own(group))),
        ["call", "back", group] => Ok(End::CallBack(own(group))),
        ["transfer", to] => Ok(End::Transfer(own(to))),
        ["end"] => Ok(End::Over),
        ["at", node] => Ok(End::At(own(node))),
        ["rated", grade] if matches!(grade.as_bytes(), [b'1'..=b'5']) => Ok(End::Rated(grade.as_bytes()[0] - b'0')),
        _ => Err(Misfit::new(
            format!("`{text}` is no place that a story leads to"),
            "write `queue GROUP`, `call back GROUP`, `transfer NUMBER`, `end`, `at NODE` or `rated 1` to `rated 5`, and behind it \
             perhaps `through NODE, NODE`",
        )),
    }
}
