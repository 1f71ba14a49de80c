//! Faults on purpose: what contains a panic can be tried on a running engine, and is tried in tests.

use std::str::FromStr;

use base::{packed_enum, packed_struct};

/// Where the engine panics on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Reading a message: costs that message.
    Reader,
    /// A call's own logic: ends that call.
    Call,
    /// Transactions and dialogs: ends the process.
    Transactions,
    /// The queue: ends the process.
    Queue,
    /// The roster: ends the process.
    Roster,
    /// A job of the first media worker: ends the process.
    Worker,
}

/// A panic at the `nth` time that something happens at `place`, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drill {
    pub place: Place,
    /// Counts from 1.
    pub nth: u64,
}

packed_enum!(Place { 0 => Reader, 1 => Call, 2 => Transactions, 3 => Queue, 4 => Roster, 5 => Worker });
packed_struct!(Drill { place, nth });

impl FromStr for Drill {
    type Err = String;

    /// `PLACE:N`, as `call:7`.
    fn from_str(text: &str) -> Result<Drill, String> {
        let wrong = || {
            format!("\"{text}\" is no drill; write PLACE:N with reader, call, transactions, queue, roster or worker")
        };
        let (place, nth) = text.split_once(':').ok_or_else(wrong)?;
        let place = match place {
            "reader" => Place::Reader,
            "call" => Place::Call,
            "transactions" => Place::Transactions,
            "queue" => Place::Queue,
            "roster" => Place::Roster,
            "worker" => Place::Worker,
            _ => return Err(wrong()),
        };
        let nth = nth.parse().ok().filter(|nth| *nth > 0).ok_or_else(wrong)?;
        Ok(Drill { place, nth })
    }
}

/// Counts down to the drill; without one it costs a comparison.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Drills(Option<Drill>);

impl Drills {
    pub(crate) fn new(drill: Option<Drill>) -> Drills {
        Drills(drill)
    }

    /// Something happens at `place`.
    pub(crate) fn pass(&mut self, place: Place) {
        let Some(drill) = self.0.as_mut().filter(|d| d.place == place) else { return };
        drill.nth -= 1;
        if drill.nth == 0 {
            self.0 = None;
            panic!("a drill: this panic was asked for");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drill_is_read_or_refused() {
        assert_eq!("call:7".parse(), Ok(Drill { place: Place::Call, nth: 7 }));
        for bad in ["", "call", "call:", "call:0", "call:-1", "disk:1"] {
            assert!(bad.parse::<Drill>().is_err_and(|e| e.contains("PLACE:N")), "{bad}");
        }
    }
}
