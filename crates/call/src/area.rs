//! Where a number is at home: the city of a fixed line's area code, and of a mobile's first digits where a table says so.

mod cities;

use std::fmt;

use crate::number::{self, AreaCode};

/// Seven digits of a mobile say where it was given out; the first one there may be.
const FIRST_PREFIX: usize = 1_300_000;
const PREFIX_DIGITS: usize = 7;
/// Every seven digits that a mobile may begin with: 13 to 19 and five more.
const PREFIXES: usize = 700_000;

/// Knows where numbers are at home.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Areas {
    /// Area codes without their 0, by prefix from `FIRST_PREFIX` on; 0 where none is known. Empty without a table, 1.4 MB with one:
    /// a full table names two thirds of the prefixes, so that a list of those would be larger and slower.
    mobiles: Vec<u16>,
}

/// Why a line of a table of mobiles is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// Not seven digits that a mobile begins with.
    Prefix,
    /// The prefix is at home in another area already.
    Elsewhere,
}

impl Areas {
    /// Mobiles that begin with these seven digits are at home in that area.
    ///
    /// # Errors
    /// When they are no such digits, or were said to be elsewhere.
    pub fn add_mobiles(&mut self, prefix: &str, code: &AreaCode) -> Result<(), Misfit> {
        let place = place_of(prefix).filter(|_| prefix.len() == PREFIX_DIGITS).ok_or(Misfit::Prefix)?;
        if self.mobiles.is_empty() {
            self.mobiles = vec![0; PREFIXES];
        }
        let known = self.mobiles.get_mut(place).ok_or(Misfit::Prefix)?;
        let code = bare(code);
        if *known != 0 && *known != code {
            return Err(Misfit::Elsewhere);
        }
        *known = code;
        Ok(())
    }

    /// Chinese name of the city, or of all cities that share the area code; `number` is in its one form.
    pub fn city(&self, number: &str) -> Option<&'static str> {
        let fixed = || AreaCode::of_line(number).map(|code| bare(&code));
        let code = if number::is_mobile(number) { self.mobiles.get(place_of(number)?).copied() } else { fixed() };
        cities::name(code?)
    }

    /// Prefixes of mobiles that are known.
    pub fn mobiles(&self) -> usize {
        self.mobiles.iter().filter(|code| **code != 0).count()
    }
}

impl fmt::Debug for Areas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Areas").field("mobiles", &self.mobiles()).finish()
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
mod tests {
    use super::*;

    fn code(text: &str) -> AreaCode {
        AreaCode::parse(text).expect("an area code")
    }

    #[test]
    fn fixed_lines_are_at_home_where_their_area_code_is() {
        let cases = [
            ("01083322110", Some("北京")),
            ("02083322110", Some("广州")),
            ("075583322110", Some("深圳")),
            ("02012345", Some("广州")),
            ("0731" /* no number behind it */, None),
            ("073183322110", Some("长沙、株洲、湘潭")),
            ("08983322110" /* ten digits: seven behind the code */, Some("海南")),
            ("08973322110", Some("阿里")),
            // No city of ours, a mobile, a service, an agent, another country, no number.
            ("03003322110", None),
            ("13800138000", None),
            ("12345", None),
            ("4008001234", None),
            ("1001", None),
            ("+85223456789", None),
            ("0755-8332x", None),
            ("匿名", None),
            ("", None),
        ];
        for (number, city) in cases {
            assert_eq!(Areas::default().city(number), city, "{number}");
        }
    }

    #[test]
    fn mobiles_are_at_home_where_the_table_says() {
        let mut areas = Areas::default();
        assert_eq!(areas.add_mobiles("1390139", &code("010")), Ok(()));
        assert_eq!(areas.add_mobiles("1300000", &code("0755")), Ok(()));
        assert_eq!(areas.add_mobiles("1999999", &code("0898")), Ok(()));
        assert_eq!(areas.add_mobiles("1999999", &code("0898")), Ok(()), "said twice");
        let cities = ["13901390000", "13000000000", "19999999999", "13901400000", "1390139"].map(|n| areas.city(n));
        assert_eq!(cities, [Some("北京"), Some("深圳"), Some("海南"), None, None]);
        assert_eq!(areas.add_mobiles("1390139", &code("020")), Err(Misfit::Elsewhere));
        for prefix in ["", "139013", "13901390", "1200000", "2000000", "139013x", "139０13", "-390139"] {
            assert_eq!(areas.add_mobiles(prefix, &code("020")), Err(Misfit::Prefix), "{prefix}");
        }
        assert_eq!(format!("{areas:?}"), "Areas { mobiles: 3 }");
    }
}
