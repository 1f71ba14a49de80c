//! What each citizen's phone tells of its calls: a line of JSON a call, for whoever compares them with the engine's records.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::time::Duration;

use base::{Now, Time};
use phone::{Event, Side, What, Why};
use serde_json::{Value, json};

/// From a key's sound to what it does: its event lasts a tenth of a second, and its end may come three times.
const KEY_MAX: Duration = Duration::from_millis(500);
/// What one call may tell; the longest presses, holds and hears a few times.
const TOLD_MAX: usize = 64;

/// A call as its citizen knows it.
#[derive(Debug, Default)]
pub(super) struct Story {
    call_id: String,
    began: Now,
    pressed: Option<Time>,
    held: bool,
    told: Vec<(u128, String)>,
}

/// How it ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) at: Time,
    pub(super) by: Side,
    pub(super) why: Why,
    /// An agent's voice was heard.
    pub(super) served: bool,
}

impl Story {
    /// Begins with the INVITE that the phone wrote.
    pub(super) fn begin(now: Now, invite: &[u8]) -> Story {
        let text = String::from_utf8_lossy(invite);
        let call_id = text.lines().find_map(|line| line.strip_prefix("Call-ID:")).unwrap_or_default();
        Story { call_id: call_id.trim().to_owned(), began: now, ..Story::default() }
    }

    pub(super) fn since(&self) -> Time {
        self.began.time
    }

    pub(super) fn hears(&mut self, event: &Event) {
        match event.what {
            What::Pressed(_) => self.pressed = Some(event.at),
            What::Held => self.held = true,
            _ => {}
        }
        if self.told.len() < TOLD_MAX {
            self.told.push((event.at.since(self.began.time).as_millis(), format!("{:?}", event.what)));
        }
    }

    /// Whether the citizen held the call: nobody can be heard through that.
    pub(super) fn was_held(&self) -> bool {
        self.held
    }

    /// The end reasons that a record of this call may have; none when no record of such an end is right.
    fn expected(&self, end: End) -> &'static [&'static str] {
        match (end.by, end.why, self.pressed) {
            // An answer may cross the CANCEL.
            (Side::Us, Why::Cancelled, _) => &["cancelled", "left_in_menu"],
            (Side::Us, Why::Bye, None) => &["left_in_menu"],
            // The agent may hang up at the same moment.
            (Side::Us, Why::Bye, Some(_)) if end.served => &["caller_hangup", "agent_hangup"],
            (Side::Us, Why::Bye, Some(at)) if end.at.since(at) < KEY_MAX => {
                &["left_in_menu", "abandoned", "caller_hangup"]
            }
            (Side::Us, Why::Bye, Some(_)) => &["abandoned", "caller_hangup"],
            (Side::Peer, Why::Bye, _) => &["agent_hangup"],
            _ => &[],
        }
    }

    fn line(&self, caller: &str, end: End, failure: Option<&str>) -> Value {
        let life = end.at.since(self.began.time).as_millis();
        json!({
            "caller": caller,
            "call_id": self.call_id,
            "began_ms": self.began.wall.0,
            "life_ms": life as u64,
            "served": end.served,
            "held": self.was_held(),
            "expected": self.expected(end),
            "failure": failure,
            "told": self.told.iter().map(|(ms, what)| json!([*ms as u64, what])).collect::<Vec<_>>(),
        })
    }
}

/// The file of stories; none is kept without one.
pub(super) struct Diary(Option<BufWriter<File>>);

impl Diary {
    pub(super) fn create(path: Option<&Path>) -> io::Result<Diary> {
        Ok(Diary(path.map(File::create).transpose()?.map(BufWriter::new)))
    }

    pub(super) fn note(&mut self, caller: &str, story: &Story, end: End, failure: Option<&str>) -> io::Result<()> {
        let Some(file) = &mut self.0 else { return Ok(()) };
        writeln!(file, "{}", story.line(caller, end, failure))
    }

    pub(super) fn close(&mut self) -> io::Result<()> {
        self.0.as_mut().map_or(Ok(()), |file| file.flush())
    }
}

#[cfg(test)]
mod tests {
    use base::Digit;

    use super::*;

    fn at(ms: u64) -> Time {
        Time::from_millis(ms)
    }

    #[test]
    fn what_a_record_may_say_follows_from_what_the_citizen_did() {
        let mut story = Story::begin(Now { time: at(1000), ..Now::default() }, b"INVITE x\r\nCall-ID: abc@h\r\n\r\n");
        let end = |ms, by, why, served| End { at: at(ms), by, why, served };
        assert_eq!(story.expected(end(1500, Side::Us, Why::Bye, false)), ["left_in_menu"]);
        story.hears(&Event { at: at(2000), what: What::Pressed(Digit::Number(0)) });
        assert!(story.expected(end(2100, Side::Us, Why::Bye, false)).contains(&"left_in_menu"));
        assert!(!story.expected(end(2600, Side::Us, Why::Bye, false)).contains(&"left_in_menu"));
        assert_eq!(story.expected(end(9000, Side::Peer, Why::Bye, true)), ["agent_hangup"]);
        assert!(story.expected(end(9000, Side::Peer, Why::Status(503), false)).is_empty());
        let line = story.line("13900000001", end(9000, Side::Peer, Why::Bye, true), None);
        assert_eq!((&line["call_id"], &line["life_ms"]), (&json!("abc@h"), &json!(8000)));
        assert_eq!(line["told"][0][0], 1000);
    }
}
