//! Callers whom an operator has listed: who goes ahead, and who is not let in.

use std::collections::BTreeMap;

/// Digits of the longest number (`number::canonical`): as many as anything listed may have.
pub const DIGITS_MAX: usize = 20;

/// A list of callers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerList {
    pub name: String,
    /// What the menu's priority grows by.
    pub priority: u8,
    /// Whoever stands in it is refused before the call is answered.
    pub blocked: bool,
}

/// All lists, and who stands in which: a number in its one form, or what numbers begin with.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct KnownCallers {
    lists: Vec<CallerList>,
    numbers: BTreeMap<Box<str>, u16>,
    prefixes: BTreeMap<Box<str>, u16>,
}

/// Numbers are people's.
impl std::fmt::Debug for KnownCallers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (numbers, prefixes) = (self.numbers.len(), self.prefixes.len());
        write!(f, "KnownCallers {{ lists: {:?}, numbers: {numbers}, prefixes: {prefixes} }}", self.lists)
    }
}

/// Why a number cannot stand in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlistable {
    /// Not digits alone, perhaps with a `*` behind them.
    Form,
    /// It stands in another list.
    Listed(u16),
}

impl KnownCallers {
    /// A list without anybody; its place is for `add`.
    pub fn list(&mut self, list: CallerList) -> u16 {
        self.lists.push(list);
        self.lists.len() as u16 - 1
    }

    /// A number in its one form, or with a `*` behind it what numbers begin with.
    ///
    /// # Errors
    /// `Unlistable`; the number is not listed.
    pub fn add(&mut self, list: u16, number: &str) -> Result<(), Unlistable> {
        let (digits, listed) = match number.strip_suffix('*') {
            Some(prefix) => (prefix, &mut self.prefixes),
            None => (number, &mut self.numbers),
        };
        let plain = !digits.is_empty() && digits.len() <= DIGITS_MAX && digits.bytes().all(|b| b.is_ascii_digit());
        if !plain {
            return Err(Unlistable::Form);
        }
        let there = *listed.entry(digits.into()).or_insert(list);
        if there == list { Ok(()) } else { Err(Unlistable::Listed(there)) }
    }

    pub fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lists.iter().map(|list| list.name.as_str())
    }

    pub fn name(&self, list: u16) -> &str {
        self.lists.get(usize::from(list)).map_or("", |list| list.name.as_str())
    }

    /// The list of a number in its one form: a number that is written out goes before the longest beginning.
    pub fn find(&self, number: &str) -> Option<&CallerList> {
        if self.lists.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let begins = |digits: usize| self.prefixes.get(&number[..digits]);
        let by_beginning = || (1..=number.len().min(DIGITS_MAX)).rev().find_map(begins);
        let list = self.numbers.get(number).or_else(by_beginning)?;
        self.lists.get(usize::from(*list))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_goes_before_the_longest_beginning() {
        let mut known = KnownCallers::default();
        let list = |name: &str, priority| CallerList { name: name.to_owned(), priority, blocked: false };
        let [vip, county, city] = [list("vip", 3), list("county", 2), list("city", 1)].map(|l| known.list(l));
        for (list, number) in [(vip, "057163001122"), (county, "057163*"), (city, "0571*"), (city, "057188*")] {
            assert_eq!(known.add(list, number), Ok(()));
        }
        let found = |number| known.find(number).map(|list| list.name.as_str());
        for (number, list) in [
            ("057163001122", Some("vip")),
            ("057163001123", Some("county")),
            ("05716", Some("city")),
            ("0571", Some("city")),
            ("057", None),
            ("13900139000", None),
            ("anonymous", None),
            ("", None),
        ] {
            assert_eq!(found(number), list, "{number}");
        }
    }

    #[test]
    fn what_cannot_be_listed_is_told() {
        let mut known = KnownCallers::default();
        let list = |name: &str| CallerList { name: name.to_owned(), priority: 0, blocked: true };
        let (one, other) = (known.list(list("one")), known.list(list("other")));
        for number in ["", "*", "139-0013", "+8613", "139**", "123456789012345678901"] {
            assert_eq!(known.add(one, number), Err(Unlistable::Form), "{number}");
        }
        assert_eq!(known.add(one, "139*"), Ok(()));
        assert_eq!(known.add(one, "139*"), Ok(()), "said twice");
        assert_eq!(known.add(other, "139"), Ok(()), "a number is no beginning");
        assert_eq!(known.add(other, "139*"), Err(Unlistable::Listed(one)));
        assert!(!format!("{known:?}").contains("139"), "{known:?}");
    }
}
