//! Where a number is at home: the city of a fixed line's area code, and of a mobile's first digits where a table says so; the county of
//! a fixed line's first local digits where a list names it.

mod cities;

use std::collections::BTreeMap;
use std::fmt;

use crate::number::{self, AreaCode, LineKind};

/// Seven digits of a mobile say where it was given out; the first one there may be.
const FIRST_PREFIX: usize = 1_300_000;
const PREFIX_DIGITS: usize = 7;
/// Every seven digits that a mobile may begin with: 13 to 19 and five more.
const PREFIXES: usize = 700_000;
/// Local digits that tell an exchange. More would tell who calls, and a county is shown where the number is not.
const EXCHANGE_DIGITS: usize = 4;

/// Knows where numbers are at home.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Areas {
    /// Area codes without their 0, by prefix from `FIRST_PREFIX` on; 0 where none is known. Empty without a table, 1.4 MB with one:
    /// a full table names two thirds of the prefixes, so that a list of those would be larger and slower.
    mobiles: Vec<u16>,
    /// By area code and first local digits.
    counties: BTreeMap<String, String>,
}

/// What is shown beside a caller's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home<'a> {
    pub line: LineKind,
    /// Chinese name of the city, or of all cities that share the area code.
    pub city: Option<&'static str>,
    pub county: Option<&'a str>,
}

/// Why something is no entry of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// Not digits that such a number begins with.
    Prefix,
    /// No city has that area code.
    City,
    /// The prefix is at home in another area already, or in any county.
    Elsewhere,
}

impl Areas {
    /// Mobiles that begin with these seven digits are at home in that area.
    ///
    /// # Errors
    /// When they are no such digits, no city has the code, or they were said to be elsewhere.
    pub fn add_mobiles(&mut self, prefix: &str, code: &AreaCode) -> Result<(), Misfit> {
        let place = place_of(prefix).filter(|_| prefix.len() == PREFIX_DIGITS).ok_or(Misfit::Prefix)?;
        let code = bare(code);
        cities::name(code).ok_or(Misfit::City)?;
        if self.mobiles.is_empty() {
            self.mobiles = vec![0; PREFIXES];
        }
        let known = self.mobiles.get_mut(place).ok_or(Misfit::Prefix)?;
        if *known != 0 && *known != code {
            return Err(Misfit::Elsewhere);
        }
        *known = code;
        Ok(())
    }

    /// Fixed lines that begin with this area code and one to four local digits are in that county; of several prefixes of a number the
    /// longest one counts.
    ///
    /// # Errors
    /// When it is no such beginning, no city has the code, or the prefix has a county.
    pub fn add_county(&mut self, prefix: &str, name: &str) -> Result<(), Misfit> {
        let (code, local) = AreaCode::split(prefix).ok_or(Misfit::Prefix)?;
        let fits = (1..=EXCHANGE_DIGITS).contains(&local.len()) && !local.starts_with(['0', '1']);
        if !fits || !local.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Misfit::Prefix);
        }
        cities::name(bare(&code)).ok_or(Misfit::City)?;
        if self.counties.contains_key(prefix) {
            return Err(Misfit::Elsewhere);
        }
        self.counties.insert(prefix.to_owned(), name.to_owned());
        Ok(())
    }

    /// What may be shown of a caller whose number is in its one form. Whoever asked that nobody learns the number is at home nowhere;
    /// the kind of line is what a masked number tells anyway.
    pub fn home(&self, number: &str, confidential: bool) -> Home<'_> {
        let line = LineKind::of(number);
        if confidential {
            return Home { line, city: None, county: None };
        }
        Home { line, city: self.city(number), county: self.county(number) }
    }

    /// Chinese name of the city, or of all cities that share the area code; `number` is in its one form.
    pub fn city(&self, number: &str) -> Option<&'static str> {
        let fixed = || AreaCode::of_line(number).map(|code| bare(&code));
        let code = if number::is_mobile(number) { self.mobiles.get(place_of(number)?).copied() } else { fixed() };
        cities::name(code?)
    }

    /// The county of a fixed line.
    pub fn county(&self, number: &str) -> Option<&str> {
        if self.counties.is_empty() || LineKind::of(number) != LineKind::Fixed {
            return None;
        }
        let code = AreaCode::of_line(number)?.as_str().len();
        let prefixes = (1..=EXCHANGE_DIGITS).rev().filter_map(|digits| number.get(..code + digits));
        prefixes.filter_map(|prefix| self.counties.get(prefix)).map(String::as_str).next()
    }

    /// Prefixes of mobiles that are known.
    pub fn mobiles(&self) -> usize {
        self.mobiles.iter().filter(|code| **code != 0).count()
    }
}

impl fmt::Debug for Areas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Areas").field("mobiles", &self.mobiles()).field("counties", &self.counties.len()).finish()
    }
}

/// Where the first seven digits stand in the table.
fn place_of(number: &str) -> Option<usize> {
    let prefix = number.get(..PREFIX_DIGITS).filter(|prefix| prefix.bytes().all(|b| b.is_ascii_digit()))?;
    prefix.parse::<usize>().ok()?.checked_sub(FIRST_PREFIX).filter(|place| *place < PREFIXES)
}

/// The code as a number: at most three digits behind its 0.
fn bare(code: &AreaCode) -> u16 {
    code.as_str().bytes().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'))
}

#[cfg(test)]
#[path = "area_tests.rs"]
mod tests;
