//! Ids that say where their owner lives.

use std::fmt;
use std::str::FromStr;

/// A machine that runs the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NodeId(pub u16);

/// One switch of a node: the owner of a shard of its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SwitchId {
    pub node: NodeId,
    pub index: u16,
}

/// Raised at every start of a node: what carries an older epoch was said before the last restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Epoch(pub u32);

/// A call, unique among all nodes and over all restarts; prints as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CallId {
    pub switch: SwitchId,
    pub epoch: Epoch,
    /// Counts the calls of this switch in this epoch.
    pub serial: u32,
    /// Where the switch keeps the call; found again only if the whole id agrees.
    pub slot: u32,
}

/// The last slots are no places: ids that have one of them stand for calls that the switch keeps elsewhere, or for none. A call-back that
/// is tried so often has gone through as many restarts.
const PLACELESS: u32 = u32::MAX - 0xffff;

impl CallId {
    /// The id of the next call to whoever made this one, where the citizen is called back; the last one of them stays.
    #[must_use]
    pub const fn again(self) -> CallId {
        let slot = if self.is_placeless() { self.slot - 1 } else { u32::MAX };
        CallId { slot: if slot < PLACELESS { PLACELESS } else { slot }, ..self }
    }

    /// Whether the slot is no place of the switch's.
    pub const fn is_placeless(self) -> bool {
        self.slot >= PLACELESS
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CallId { switch, epoch, serial, slot } = self;
        write!(f, "{:04x}{:04x}{:08x}{serial:08x}{slot:08x}", switch.node.0, switch.index, epoch.0)
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call {}.{}", self.epoch.0, self.serial)
    }
}

impl FromStr for CallId {
    type Err = BadCallId;

    fn from_str(text: &str) -> Result<CallId, BadCallId> {
        if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(BadCallId);
        }
        let all = u128::from_str_radix(text, 16).map_err(|_| BadCallId)?;
        Ok(CallId {
            switch: SwitchId { node: NodeId((all >> 112) as u16), index: (all >> 96) as u16 },
            epoch: Epoch((all >> 64) as u32),
            serial: (all >> 32) as u32,
            slot: all as u32,
        })
    }
}

/// The text is not 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadCallId;

impl fmt::Display for BadCallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a call id is 32 hexadecimal digits, as `records` prints them")
    }
}

impl std::error::Error for BadCallId {}

/// One dialog of a call: 0 is the citizen, agents follow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LegId {
    pub call: CallId,
    pub index: u16,
}

impl fmt::Debug for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/{}", self.call, self.index)
    }
}

/// A media worker of this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct WorkerId(pub u8);

/// One end of a media path: a bound port pair of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EndId {
    pub worker: WorkerId,
    pub slot: u32,
    pub generation: u32,
}

/// An agent, by place in the agents' table; the table only grows while the engine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AgentId(pub u32);

/// A skill group, by place in the groups' table; the table only grows while the engine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct GroupId(pub u16);

/// Ties an answer from outside to the question that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ticket(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_id_survives_its_text() {
        let id = CallId {
            switch: SwitchId { node: NodeId(0xfffe), index: 3 },
            epoch: Epoch(0x8000_0001),
            serial: u32::MAX,
            slot: 7,
        };
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in ["", "12", "+0000000000000000000000000000000", &"g".repeat(32), &"0".repeat(33)] {
            assert_eq!(bad.parse::<CallId>(), Err(BadCallId), "{bad}");
        }
    }

    #[test]
    fn each_call_back_has_an_id_of_its_own() {
        let call = CallId { serial: 9, slot: 7, ..CallId::default() };
        assert!(!call.is_placeless() && call.again().is_placeless());
        assert_eq!((call.again().slot, call.again().again().slot), (u32::MAX, u32::MAX - 1));
        let last = CallId { slot: PLACELESS, ..call };
        assert_eq!(last.again(), last);
    }
}
