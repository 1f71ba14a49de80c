//! Opening hours: weekdays, holidays and the days that replace them.

use std::collections::BTreeMap;

use base::Wall;
use base::time::Civil;

/// From a minute of the day up to, not including, another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub from_minute: u16,
    /// At most 1440, the end of the day.
    pub to_minute: u16,
}

/// A civil date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Date {
    /// Days since 1970-01-01, with years that begin in March, so that the leap day is a year's last. A day that no month has is one of the
    /// next.
    pub fn day_number(self) -> i64 {
        let (month, day) = (i64::from(self.month), i64::from(self.day));
        let year = i64::from(self.year) - i64::from(month <= 2);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
    }

    /// The date of a day since 1970-01-01.
    pub fn of_day(day: i64) -> Date {
        let civil = Civil::from_wall(Wall(day * 86_400_000), 0);
        Date { year: civil.year, month: civil.month, day: civil.day }
    }
}

/// When something is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours {
    /// Minutes east of UTC; China has 480.
    pub utc_offset_minutes: i32,
    /// Monday first.
    pub week: [Vec<Span>; 7],
    /// Days that go before the weekday: a holiday has no span.
    pub days: BTreeMap<Date, Vec<Span>>,
}

impl Hours {
    pub fn is_open(&self, wall: Wall) -> bool {
        let civil = Civil::from_wall(wall, self.utc_offset_minutes);
        let date = Date { year: civil.year, month: civil.month, day: civil.day };
        let minute = u16::from(civil.hour) * 60 + u16::from(civil.minute);
        let spans = self.days.get(&date).or_else(|| self.week.get(usize::from(civil.weekday)));
        spans.is_some_and(|spans| spans.iter().any(|s| (s.from_minute..s.to_minute).contains(&minute)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23, a Monday, 00:00 in China.
    const MONDAY: i64 = 1_795_363_200_000;

    fn at(day: i64, hour: i64, minute: i64) -> Wall {
        Wall(MONDAY + ((day * 24 + hour) * 60 + minute) * 60_000)
    }

    #[test]
    fn day_numbers_and_dates_are_inverse() {
        for day in (-800_000..800_000).step_by(13) {
            assert_eq!(Date::of_day(day).day_number(), day);
        }
    }

    #[test]
    fn weekdays_holidays_and_replaced_days() {
        let office = vec![Span { from_minute: 540, to_minute: 720 }, Span { from_minute: 810, to_minute: 1050 }];
        let mut hours = Hours { utc_offset_minutes: 480, ..Hours::default() };
        for day in &mut hours.week[..5] {
            *day = office.clone();
        }
        hours.days.insert(Date { year: 2026, month: 11, day: 24 }, Vec::new());
        hours.days.insert(Date { year: 2026, month: 11, day: 28 }, office);
        let cases = [
            (0, 8, 59, false),
            (0, 9, 0, true),
            (0, 11, 59, true),
            (0, 12, 0, false),
            (0, 17, 29, true),
            (0, 17, 30, false),
            (1, 10, 0, false),
            (2, 10, 0, true),
            (5, 10, 0, true),
            (6, 10, 0, false),
        ];
        for (day, hour, minute, open) in cases {
            assert_eq!(hours.is_open(at(day, hour, minute)), open, "day {day} {hour}:{minute}");
        }
    }
}
