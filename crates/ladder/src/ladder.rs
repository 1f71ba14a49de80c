//! A call's messages in order, as one reader may see them.

use std::collections::BTreeSet;

use sip::Message;

use crate::book::Kept;
use crate::mask::Mask;
use crate::rung::{self, Rung};

/// What a reader may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    Numbers,
    /// Nobody's number or name but those of agents and these: `caller` is the citizen's, empty where it is not known.
    Masked {
        caller: String,
        open: Vec<String>,
    },
}

/// One leg and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    pub leg: u16,
    /// The number of the agent whose phone it is.
    pub agent: Option<String>,
    pub call_id: String,
}

/// The ladder of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder {
    pub parties: Vec<Party>,
    pub rungs: Vec<Rung>,
}

impl Ladder {
    /// Reads what is kept; with each message itself where `full` is asked for.
    pub fn read(kept: &Kept, sight: Sight, full: bool) -> Ladder {
        let messages: Vec<Option<Message>> = kept.wires.iter().map(|(_, wire)| rung::parse(wire)).collect();
        let mask = mask(kept, sight, &messages);
        let mut seen = BTreeSet::new();
        let rungs = kept.wires.iter().zip(&messages).map(|((leg, wire), message)| {
            let since = wire.now.time.since(kept.began.time).as_millis();
            let mut rung = Rung::new(u64::try_from(since).unwrap_or(u64::MAX), *leg, wire);
            rung.again = !seen.insert((*leg, wire.way, &*wire.bytes));
            if let Some(message) = message {
                rung.read(message, &mask, full);
            }
            rung
        });
        let rungs = rungs.collect();
        let parties = kept.dialogs.iter().map(|(leg, call_id)| Party {
            leg: *leg,
            agent: kept.agents.get(leg).map(|number| number.to_string()),
            call_id: mask.plain(call_id),
        });
        Ladder { parties: parties.collect(), rungs }
    }
}

fn mask(kept: &Kept, sight: Sight, messages: &[Option<Message>]) -> Mask {
    match sight {
        Sight::Numbers => Mask::clear(),
        Sight::Masked { caller, open } => {
            let open = open.iter().map(String::as_str).chain(kept.agents.values().map(|number| &**number));
            Mask::of(&caller, open, &messages.iter().flatten().collect::<Vec<_>>())
        }
    }
}
