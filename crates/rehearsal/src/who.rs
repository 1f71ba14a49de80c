//! Who calls and when, where a story says it.

use std::fmt;

use base::Wall;
use base::time::Civil;
use ivr::{Date, OnAir};

/// A Monday that is no holiday, at ten: when a story that names no day plays, so that its result never depends on today.
const DAY: Date = Date { year: 2026, month: 11, day: 23 };
const MINUTE: u16 = 10 * 60;
const MINUTE_MS: i64 = 60_000;
/// East of UTC.
const CHINA_MINUTES: i32 = 480;

/// What is known of a call before it begins; nothing that is not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    pub day: Option<Date>,
    /// Minute of the day.
    pub minute: Option<u16>,
    /// The number in its one form; empty where it is withheld.
    pub caller: Option<String>,
    /// The number that was dialled.
    pub called: Option<String>,
    /// Calls of that number before this one, lately.
    pub called_before: Option<u32>,
    /// Groups in surge.
    pub surge: Vec<String>,
    pub on_air: OnAir,
    pub survey: Option<Survey>,
}

/// The talk is over, and the citizen is asked how it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// That of the call; the menu's first one without.
    pub locale: Option<String>,
}

impl Who {
    /// When the call begins, in China's time.
    pub fn wall(&self) -> Wall {
        let minutes = self.day.unwrap_or(DAY).day_number() * 1440 + i64::from(self.minute.unwrap_or(MINUTE));
        Wall((minutes - i64::from(CHINA_MINUTES)) * MINUTE_MS)
    }

    /// As this moment reads in China.
    pub fn set_wall(&mut self, wall: Wall) {
        let civil = Civil::from_wall(wall, CHINA_MINUTES);
        self.day = Some(Date { year: civil.year, month: civil.month, day: civil.day });
        self.minute = Some(u16::from(civil.hour) * 60 + u16::from(civil.minute));
    }
}

impl fmt::Display for Who {
    /// The phrases that say so, with commas between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut phrases = Vec::new();
        let clock = self.minute.map(|minute| format!("at {:02}:{:02}", minute / 60, minute % 60));
        match (self.day, clock) {
            (Some(Date { year, month, day }), clock) => {
                let clock = clock.map_or(String::new(), |clock| format!(" {clock}"));
                phrases.push(format!("on {year:04}-{month:02}-{day:02}{clock}"));
            }
            (None, clock) => phrases.extend(clock),
        }
        let number = |number: &String| if number.is_empty() { "withheld".to_owned() } else { number.clone() };
        phrases.extend(self.caller.as_ref().map(|caller| format!("from {}", number(caller))));
        phrases.extend(self.called.as_ref().map(|called| format!("to {called}")));
        phrases.extend(self.called_before.map(|times| format!("called before {times} times")));
        phrases.extend(self.surge.iter().map(|group| format!("surge in {group}")));
        phrases.extend(self.on_air.iter().map(|(slot, prompts)| format!("on air {slot}={}", prompts.join(" "))));
        phrases.extend(self.survey.as_ref().map(|survey| match &survey.locale {
            Some(locale) => format!("survey in {locale}"),
            None => "survey".to_owned(),
        }));
        f.write_str(&phrases.join(", "))
    }
}
