//! `group.who`: who may serve a group, as expressions over skills that relax with the wait.

use std::time::Duration;

use acd::{Need, SkillId, Step};

use crate::nearest::did_you_mean;
use crate::problem::{Problem, Spot};
use crate::reader::Table;
use crate::value::Value;

/// Steps of a group: nobody explains more to agents.
const STEPS_MAX: usize = 8;
/// Parentheses in parentheses; bounds how deep a file makes us go.
const DEPTH_MAX: usize = 8;
/// Skills and operators of one expression.
const TOKENS_MAX: usize = 64;
const DAY: u64 = 24 * 3600;

/// A step, and where its expression is written.
pub(crate) type Placed = (Step, Spot);

/// The steps of a group in order; none where nothing is said.
pub(crate) fn read(table: &Table<'_>, skills: &[String]) -> Vec<Placed> {
    let Some(value) = table.get("who") else { return Vec::new() };
    if value.as_text().is_some() {
        let need = expression(&value, skills);
        return need.map(|need| (Step { after: Duration::ZERO, need }, value.spot.clone())).into_iter().collect();
    }
    let items = value.list();
    if items.is_empty() || items.len() > STEPS_MAX {
        let title = format!("{} steps, but 1 to {STEPS_MAX} are possible", items.len());
        value.error(title, "", "write `who = \"consult\"` or a list of `{ after_s = 30, who = \"consult\" }`");
    }
    let steps: Vec<Placed> = items.iter().take(STEPS_MAX).filter_map(|item| step(item, skills)).collect();
    refuse_disorder(&value, &steps);
    steps
}

fn step(item: &Value<'_>, skills: &[String]) -> Option<Placed> {
    let table = item.table(&["group.step"])?;
    let after = table.seconds("after_s", 0, 0, DAY);
    let who = table.need("who", "\"consult <= 2\"")?;
    Some((Step { after, need: expression(&who, skills)? }, who.spot))
}

/// The first step serves at once, and each later one later than the one before.
fn refuse_disorder(value: &Value<'_>, steps: &[Placed]) {
    let help = "begin with `after_s = 0` and let each step come later than the one before";
    if let Some((step, spot)) = steps.first().filter(|(step, _)| !step.after.is_zero()) {
        let title = format!("nobody would serve the group for the first {} s", step.after.as_secs());
        value.problems.error(Problem::new(spot.clone(), title, "the first step", help));
    }
    for pair in steps.windows(2) {
        if let [(before, _), (step, spot)] = pair
            && step.after <= before.after
        {
            let title =
                format!("a step after {} s follows one after {} s", step.after.as_secs(), before.after.as_secs());
            value.problems.error(Problem::new(spot.clone(), title, "out of order", help));
        }
    }
}

/// An expression as it stands in a name, without spaces: `english&water<=2`.
pub(crate) fn spelled(text: &str) -> String {
    let sign = |(token, _): (String, usize)| match token.as_str() {
        "and" => "&".to_owned(),
        "or" => "|".to_owned(),
        _ => token,
    };
    tokens(text).into_iter().map(sign).collect()
}

/// The steps of callers who need more than those of their group: each asks for it too, until whoever serves the group serves them.
pub(crate) fn with(steps: &[Step], more: &Need, after: Option<Duration>) -> Vec<Step> {
    let mut all: Vec<Step> = Vec::new();
    for step in steps.iter().filter(|step| after.is_none_or(|after| step.after < after)) {
        all.push(Step { after: step.after, need: Need::All(vec![step.need.clone(), more.clone()]) });
    }
    let Some(after) = after else { return all };
    let last = steps.iter().rev().find(|step| step.after <= after);
    all.extend(last.map(|step| Step { after, need: step.need.clone() }));
    all.extend(steps.iter().filter(|step| step.after > after).cloned());
    all
}

pub(crate) fn expression(value: &Value<'_>, skills: &[String]) -> Option<Need> {
    let text = value.text()?;
    let mut parser = Parser { value, skills, tokens: tokens(&text), at: 0, end: text.len() };
    if parser.tokens.len() > TOKENS_MAX {
        value.error(format!("more than {TOKENS_MAX} words"), "too long", "split the group, or name a skill of its own");
        return None;
    }
    let need = parser.any(0)?;
    match parser.next() {
        None => Some(need),
        Some((word, at)) => parser.fail(at, &word, "`and` or `or`"),
    }
}

/// Words with their places: names, numbers, `(`, `)` and `<=`.
fn tokens(text: &str) -> Vec<(String, usize)> {
    let mut tokens: Vec<(String, usize)> = Vec::new();
    let mut glued = false;
    for (at, c) in text.char_indices() {
        match c {
            '(' | ')' => tokens.push((c.to_string(), at)),
            c if c.is_whitespace() => {}
            c => {
                let is_sign = |c: char| matches!(c, '<' | '=' | '>');
                match tokens.last_mut().filter(|_| glued) {
                    Some((word, _)) if word.chars().all(is_sign) == is_sign(c) => word.push(c),
                    _ => tokens.push((c.to_string(), at)),
                }
                glued = true;
                continue;
            }
        }
        glued = false;
    }
    tokens
}

struct Parser<'a> {
    value: &'a Value<'a>,
    skills: &'a [String],
    tokens: Vec<(String, usize)>,
    at: usize,
    end: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<(String, usize)> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|(token, _)| token == word);
        self.at += usize::from(found);
        found
    }

    /// `a or b or c`.
    fn any(&mut self, depth: usize) -> Option<Need> {
        let mut parts = vec![self.all(depth)?];
        while self.takes("or") {
            parts.push(self.all(depth)?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Need::Any(parts) })
    }

    /// `a and b and c`, which binds closer.
    fn all(&mut self, depth: usize) -> Option<Need> {
        let mut parts = vec![self.one(depth)?];
        while self.takes("and") {
            parts.push(self.one(depth)?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Need::All(parts) })
    }

    /// A skill, one with a level, or an expression in parentheses.
    fn one(&mut self, depth: usize) -> Option<Need> {
        let Some((word, at)) = self.next() else { return self.fail(self.end, "", "a skill") };
        match word.as_str() {
            "(" if depth == DEPTH_MAX => {
                self.value.error("too many parentheses in each other", "too deep", "write it flatter");
                None
            }
            "(" => {
                let need = self.any(depth + 1)?;
                match self.next() {
                    Some((word, _)) if word == ")" => Some(need),
                    Some((word, at)) => self.fail(at, &word, "`)`"),
                    None => self.fail(self.end, "", "`)`"),
                }
            }
            ")" | "and" | "or" | "<=" => self.fail(at, &word, "a skill"),
            name => self.skill(name, at),
        }
    }

    fn skill(&mut self, name: &str, at: usize) -> Option<Need> {
        let Some(place) = self.skills.iter().position(|known| known == name) else {
            let help = did_you_mean(name, self.skills.iter().map(String::as_str));
            let title = format!("no skill is named `{name}`");
            self.value.problems.error(Problem::new(self.spot(at, name), title, "unknown skill", help));
            return None;
        };
        let skill = SkillId(u16::try_from(place).unwrap_or(u16::MAX));
        if !self.takes("<=") {
            return Some(Need::of(skill));
        }
        match self.next() {
            Some((level, _)) if matches!(level.as_bytes(), [b'1'..=b'9']) => {
                Some(Need::Skill { skill, worst: level.as_bytes()[0] - b'0' })
            }
            Some((word, at)) => self.fail(at, &word, "a level from 1 (best) to 9"),
            None => self.fail(self.end, "", "a level from 1 (best) to 9"),
        }
    }

    fn fail<T>(&self, at: usize, found: &str, wanted: &str) -> Option<T> {
        let title = if found.is_empty() {
            format!("the expression ends where {wanted} should stand")
        } else {
            format!("`{found}` stands where {wanted} should stand")
        };
        let help = "write it as `consult <= 2 and (english or french)`";
        self.value.problems.error(Problem::new(self.spot(at, found), title, format!("not {wanted}"), help));
        None
    }

    /// A word within the expression; the whole of it where quotes or escapes hide its place.
    fn spot(&self, at: usize, word: &str) -> Spot {
        self.value.spot.within(self.end, at..at + word.len())
    }
}
