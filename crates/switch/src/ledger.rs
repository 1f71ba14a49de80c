//! Everything that a restart needs, as plain data: made from facts alone, never from decisions.

use std::collections::{BTreeMap, VecDeque};

use base::pack::{Packed, Unpacker, Unreadable};
use base::{AgentId, CallId, GroupId, LegId, Now, RecordEntry, packed_struct};

use crate::Fact;

/// What the journal of one node comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The moment of the newest turn.
    pub now: Now,
    names: Names,
    pub(crate) queue: acd::Ledger,
    pub(crate) roster: roster::Ledger,
    pub(crate) calls: BTreeMap<CallId, OpenCall>,
    /// Legs that are over for their calls, whose phones are still to hear of it: at most the transactions of an endpoint, for 32 s each.
    pub(crate) refused: BTreeMap<LegId, sip::Image>,
    /// What the store has not confirmed.
    pub(crate) unwritten: VecDeque<RecordEntry>,
}

/// What groups and agents were called whose places are ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) groups: Vec<String>,
    pub(crate) agents: Vec<String>,
}

/// A call that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenCall {
    pub(crate) call: call::Ledger,
    /// Its dialogs by leg.
    pub(crate) images: BTreeMap<u16, sip::Image>,
    /// Agents' phones by leg that are in use for it though the queue has no part in that.
    pub(crate) own: BTreeMap<u16, AgentId>,
}

packed_struct!(Names { groups, agents });

/// A call, and agents' phones in it by leg.
type Owned = (CallId, Vec<(u16, AgentId)>);

/// Entries that wait for a database that does not answer: an hour of the worst surge. Beyond it the oldest goes, and the store
/// says that it lost records.
const UNWRITTEN_MAX: usize = 200_000;

impl Ledger {
    pub fn apply(&mut self, fact: Fact) {
        match fact {
            Fact::Turn { now } => self.now = now,
            Fact::Queue(fact) => self.queue.apply(fact),
            Fact::Roster(fact) => self.roster.apply(fact),
            Fact::Call { call, fact: call::Fact::Over } => drop(self.calls.remove(&call)),
            Fact::Call { call, fact } => self.apply_call(call, fact),
            Fact::Leg(fact) => self.apply_leg(fact),
            Fact::Agent(event) => self.owe(RecordEntry::Agent(event)),
            Fact::Written { count } => {
                let count = usize::try_from(count).unwrap_or(usize::MAX).min(self.unwritten.len());
                self.unwritten.drain(..count);
            }
            Fact::Names { groups, agents } => self.rename(Names { groups, agents }),
        }
    }

    fn apply_call(&mut self, id: CallId, fact: call::Fact) {
        if let call::Fact::Ended { record } = &fact {
            self.owe(RecordEntry::End(record.clone()));
        }
        let open = self.open(id);
        match fact {
            call::Fact::Own { leg, agent } => drop(open.own.insert(leg, agent)),
            // From here on the agent's slot serves the call.
            call::Fact::Dialled { leg, .. } => drop(open.own.remove(&leg)),
            _ => {}
        }
        open.call.apply(fact);
    }

    fn apply_leg(&mut self, fact: sip::Fact) {
        match fact {
            sip::Fact::Image { leg, image } if matches!(*image, sip::Image::Refused { .. }) => {
                self.close_leg(leg);
                self.refused.insert(leg, *image);
            }
            sip::Fact::Image { leg, image } => drop(self.open(leg.call).images.insert(leg.index, *image)),
            sip::Fact::Sequence { leg, cseq } => {
                if let Some(image) = self.calls.get_mut(&leg.call).and_then(|c| c.images.get_mut(&leg.index)) {
                    image.sequence(cseq);
                }
            }
            sip::Fact::Closed { leg } => {
                self.close_leg(leg);
                self.refused.remove(&leg);
            }
        }
    }

    fn close_leg(&mut self, leg: LegId) {
        if let Some(call) = self.calls.get_mut(&leg.call) {
            call.images.remove(&leg.index);
            call.own.remove(&leg.index);
        }
    }

    fn open(&mut self, id: CallId) -> &mut OpenCall {
        self.calls.entry(id).or_insert_with(|| OpenCall {
            call: call::Ledger::new(id),
            images: BTreeMap::new(),
            own: BTreeMap::new(),
        })
    }

    fn owe(&mut self, entry: RecordEntry) {
        if self.unwritten.len() >= UNWRITTEN_MAX {
            self.unwritten.pop_front();
        }
        self.unwritten.push_back(entry);
    }

    /// A start under another configuration: ids are places in its lists, names stay what they are.
    fn rename(&mut self, names: Names) {
        let old = std::mem::replace(&mut self.names, names);
        let grows = self.names.groups.starts_with(&old.groups) && self.names.agents.starts_with(&old.agents);
        if grows || old == Names::default() {
            return;
        }
        let group = |id: GroupId| place(&old.groups, &self.names.groups, usize::from(id.0)).map(|p| GroupId(p as u16));
        let agent = |id: AgentId| place(&old.agents, &self.names.agents, id.0 as usize).map(|p| AgentId(p as u32));
        self.queue = std::mem::take(&mut self.queue).renumbered(group, agent);
        self.roster = std::mem::take(&mut self.roster).renumbered(agent);
        for open in self.calls.values_mut() {
            open.call.renumber(agent);
            open.own =
                std::mem::take(&mut open.own).into_iter().filter_map(|(leg, of)| Some((leg, agent(of)?))).collect();
        }
    }

    /// Calls that are not over.
    pub fn open_calls(&self) -> usize {
        self.calls.len()
    }
}

/// Where the name at a place of `old` stands in `new`.
fn place(old: &[String], new: &[String], at: usize) -> Option<usize> {
    let name = old.get(at)?;
    new.iter().position(|n| n == name)
}

impl Packed for OpenCall {
    fn pack(&self, out: &mut Vec<u8>) {
        self.call.pack(out);
        self.images.iter().map(|(leg, image)| (*leg, image.clone())).collect::<Vec<_>>().pack(out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<OpenCall, Unreadable> {
        let call = call::Ledger::unpack(from)?;
        let images = Vec::<(u16, sip::Image)>::unpack(from)?.into_iter().collect();
        Ok(OpenCall { call, images, own: BTreeMap::new() })
    }
}

/// The form of a snapshot.
impl Packed for Ledger {
    fn pack(&self, out: &mut Vec<u8>) {
        self.now.pack(out);
        self.names.pack(out);
        self.queue.pack(out);
        self.roster.pack(out);
        self.calls.iter().map(|(id, call)| (*id, call.clone())).collect::<Vec<_>>().pack(out);
        self.unwritten.iter().cloned().collect::<Vec<_>>().pack(out);
        let own = self.calls.iter().filter(|(_, call)| !call.own.is_empty());
        let legs = |call: &OpenCall| call.own.iter().map(|(leg, agent)| (*leg, *agent)).collect();
        let own: Vec<Owned> = own.map(|(id, call)| (*id, legs(call))).collect();
        if !own.is_empty() || !self.refused.is_empty() {
            own.pack(out);
        }
        if !self.refused.is_empty() {
            self.refused.iter().map(|(leg, image)| (*leg, image.clone())).collect::<Vec<_>>().pack(out);
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Ledger, Unreadable> {
        let mut ledger = Ledger {
            now: Packed::unpack(from)?,
            names: Packed::unpack(from)?,
            queue: Packed::unpack(from)?,
            roster: Packed::unpack(from)?,
            calls: Vec::<(CallId, OpenCall)>::unpack(from)?.into_iter().collect(),
            unwritten: Vec::<RecordEntry>::unpack(from)?.into(),
            refused: BTreeMap::new(),
        };
        // A snapshot from before agents called each other ends here.
        let own = if from.is_empty() { Vec::new() } else { Vec::<Owned>::unpack(from)? };
        for (id, own) in own {
            if let Some(open) = ledger.calls.get_mut(&id) {
                open.own = own.into_iter().collect();
            }
        }
        // One from before refusals were known until their ACK ends here.
        if !from.is_empty() {
            ledger.refused = Vec::<(LegId, sip::Image)>::unpack(from)?.into_iter().collect();
        }
        Ok(ledger)
    }
}
