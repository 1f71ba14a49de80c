//! Which years' holidays are known, and when one that is not will be missed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use base::Wall;
use base::time::Civil;

use crate::calendar::{self, CHINA};
use crate::finding::Finding;
use crate::problem::{Problem, Spot};
use crate::reader::Table;
use crate::report::Report;
use crate::source::Sources;

/// The holidays of a configuration, by year.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendars {
    folder: PathBuf,
    /// Years that have a holiday.
    pub years: BTreeSet<i32>,
    /// Whether some opening hours follow them.
    pub counted: bool,
}

/// From this month on the next year's are asked for: the State Council tells them in the autumn, mostly in November.
const ASK_FROM_MONTH: u8 = 10;

pub(crate) fn read(dir: &Path, roots: &[Table<'_>]) -> Calendars {
    let hours = roots.iter().filter_map(|root| root.get("hours")).flat_map(|value| value.names());
    let counted = hours.filter_map(|(_, _, value)| value.table(&["hours"])).any(|table| table.bool("holidays", true));
    let years = roots.iter().flat_map(calendar::years).collect();
    Calendars { folder: dir.join("calendar"), years, counted }
}

impl Calendars {
    /// What is missing of the holidays of this year, and from October on of the next one, as it is in China.
    pub fn missing(&self, now: Wall) -> Vec<Finding> {
        let today = Civil::from_wall(now, CHINA);
        let next = (today.month >= ASK_FROM_MONTH).then_some(today.year + 1);
        let asked = std::iter::once(today.year).chain(next).filter(|year| self.counted && !self.years.contains(year));
        let problem = |year: i32| {
            let title = format!("the holidays of {year} are not known");
            let help = format!(
                "write those that the State Council announced into {year}.toml there, as the other years are written; \
                 without them opening hours go by weekdays alone"
            );
            Problem::new(Spot::Path(self.folder.clone()), title, "", help)
        };
        Report::new(asked.map(problem).collect(), Sources::default()).warnings()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(text: &str) -> Wall {
        let date: toml::value::Date = text.parse::<toml::value::Datetime>().expect("a date").date.expect("a date");
        let day = ivr::Date { year: i32::from(date.year), month: date.month, day: date.day };
        Wall(day.day_number() * 86_400_000)
    }

    #[test]
    fn the_year_that_will_be_missed_is_asked_for() {
        let calendars = Calendars { folder: PathBuf::from("calendar"), years: [2026].into(), counted: true };
        for (day, asked) in [
            ("2026-02-01", vec![]),
            ("2026-09-30", vec![]),
            ("2026-10-01", vec![2027]),
            ("2026-12-31", vec![2027]),
            ("2027-01-01", vec![2027]),
            ("2027-10-01", vec![2027, 2028]),
        ] {
            let titles: Vec<String> = calendars.missing(wall(day)).into_iter().map(|finding| finding.title).collect();
            let asked: Vec<String> =
                asked.into_iter().map(|y: i32| format!("the holidays of {y} are not known")).collect();
            assert_eq!(titles, asked, "{day}");
        }
        // The evening before in Greenwich is the first of October in China.
        let evening = Wall(wall("2026-09-30").0 + 17 * 3_600_000);
        assert_eq!(calendars.missing(evening).len(), 1);
        let text = calendars.missing(wall("2027-01-01"))[0].to_string();
        assert!(text.starts_with("warning: ") && text.contains("calendar") && text.contains("2027.toml"), "{text}");
        assert!(Calendars { counted: false, ..calendars }.missing(wall("2030-01-01")).is_empty());
    }
}
