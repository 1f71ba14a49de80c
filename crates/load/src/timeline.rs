//! A phone's events as lines that a person reads.

use base::Time;
use phone::{Event, Line, Side, What};

/// `  12.34 s  ringing (180)`, seconds counted from `zero`.
pub fn line(zero: Time, event: &Event) -> String {
    format!("{:>7.2} s  {}", event.at.since(zero).as_secs_f64(), sentence(zero, &event.what))
}

fn sentence(zero: Time, what: &What) -> String {
    match what {
        What::Registered { seconds } => format!("registered for {seconds} s"),
        What::RegisterFailed { cause } => format!("registration failed: {}", phone::Why::from(*cause)),
        What::Unregistered => "unregistered".into(),
        What::Ringing { status: 180 } => "ringing".into(),
        What::Ringing { status } => format!("progress: {}", phone::Why::Status(*status)),
        What::Incoming { from, display, .. } if display.is_empty() => format!("rings: call from {from}"),
        What::Incoming { from, display, .. } => format!("rings: call from {from} ({display})"),
        What::TurnedAway => "a second call was turned away: busy".into(),
        What::Answered => "answered".into(),
        What::Pressed(digit) => format!("pressed {}", digit.as_char()),
        What::KeyHeard(digit) => format!("heard key {}", digit.as_char()),
        What::AudioHeard => "audio heard".into(),
        What::AudioLost { since } => format!("silent since {:.2} s", since.since(zero).as_secs_f64()),
        What::Held => "on hold".into(),
        What::Resumed => "back from hold".into(),
        What::Refreshed => "session refreshed".into(),
        What::HoldRefused { cause } => format!("hold refused: {}", phone::Why::from(*cause)),
        What::Referred => "handed on".into(),
        What::NotReferred { status } => format!("not handed on: {}", phone::Why::Status(*status)),
        What::LineOver { line, why, .. } => {
            let line = if *line == Line::Running { "running" } else { "waiting" };
            format!("the {line} call of two is over: {why}")
        }
        What::HungUp { by: Side::Us, why: phone::Why::Bye } => "hung up by us".into(),
        What::HungUp { by: Side::Us, why } => format!("hung up by us: {why}"),
        What::HungUp { by: Side::Peer, why: phone::Why::Bye } => "hung up by the other side".into(),
        What::HungUp { by: Side::Peer, why } => format!("ended by the other side: {why}"),
    }
}
