//! What is known of the agents from facts alone.

use std::collections::BTreeMap;

use base::pack::{Packed, Unpacker, Unreadable};
use base::packed_struct;
use base::{AgentId, CallId};

use crate::form::Plain;
use crate::reach::comparable;
use crate::{Bound, Fact, Instance, Roster, Serving, Standing};

/// The roster as a restart finds it: grows by [`Ledger::apply`] alone, and equals what the facts' owner is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Agents of whom there is something to know; nothing is kept of one who was never here.
    agents: BTreeMap<AgentId, Known>,
}

/// What is known of one agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) standing: Standing,
    pub(crate) unanswered: u8,
    /// The most recent last.
    pub(crate) bindings: Vec<Bound>,
    pub(crate) serves: Option<Serving>,
}

packed_struct!(Known { standing, unanswered, bindings, serves });

/// As a snapshot held it before proxies and instances were told.
struct Earlier {
    standing: Standing,
    unanswered: u8,
    bindings: Vec<Plain>,
    serves: Option<Serving>,
}

packed_struct!(Earlier { standing, unanswered, bindings, serves });

impl From<Earlier> for Known {
    fn from(earlier: Earlier) -> Known {
        let Earlier { standing, unanswered, bindings, serves } = earlier;
        Known { standing, unanswered, bindings: bindings.into_iter().map(|Plain(bound)| bound).collect(), serves }
    }
}

/// The form of a ledger in a snapshot; another form gets another number.
const FORM: u8 = 1;
const EARLIER: u8 = 0;

impl Packed for Ledger {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(FORM);
        let agents: Vec<_> = self.agents.iter().map(|(id, known)| (*id, known.clone())).collect();
        agents.pack(out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Ledger, Unreadable> {
        match from.byte("roster")? {
            FORM => Ok(Vec::<(AgentId, Known)>::unpack(from)?.into_iter().collect()),
            EARLIER => {
                let agents = Vec::<(AgentId, Earlier)>::unpack(from)?;
                Ok(agents.into_iter().map(|(id, known)| (id, known.into())).collect())
            }
            _ => Err(Unreadable { expected: "roster" }),
        }
    }
}

impl FromIterator<(AgentId, Known)> for Ledger {
    fn from_iter<T: IntoIterator<Item = (AgentId, Known)>>(agents: T) -> Ledger {
        Ledger { agents: agents.into_iter().filter(|(_, known)| *known != Known::default()).collect() }
    }
}

impl Ledger {
    /// Every slot that serves: whose, for which call, under which number of reservation.
    pub fn slots(&self) -> impl Iterator<Item = (AgentId, CallId, u64)> + '_ {
        self.agents.iter().filter_map(|(id, known)| known.serves.map(|s| (*id, s.call, s.epoch)))
    }

    /// Takes one fact; facts that fit nothing known change nothing.
    pub fn apply(&mut self, fact: Fact) {
        match fact {
            Fact::Bound { agent, binding } => self.change(agent, |known| {
                known.bindings.retain(|bound| !binding.replaces(bound));
                known.bindings.push(binding);
            }),
            Fact::Renewed { agent, place, until, cseq } => self.change(agent, |known| {
                let place = usize::from(place);
                if place < known.bindings.len() {
                    let bound = known.bindings.remove(place);
                    known.bindings.push(Bound { until, cseq, ..bound });
                }
            }),
            Fact::Unbound { agent, uri, instance } => self.change(agent, |known| known.unbind(&uri, instance.as_ref())),
            Fact::State { agent, standing } => self.change(agent, |known| known.standing = standing),
            Fact::Unanswered { agent, count } => self.change(agent, |known| known.unanswered = count),
            Fact::Slot { agent, serves } => self.change(agent, |known| known.serves = serves),
        }
    }

    /// The ledger for a configuration in which agents have other places; one who has none is forgotten.
    #[must_use]
    pub fn renumbered(self, agent: impl Fn(AgentId) -> Option<AgentId>) -> Ledger {
        self.agents.into_iter().filter_map(|(id, known)| Some((agent(id)?, known))).collect()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (AgentId, &Known)> {
        self.agents.iter().map(|(id, known)| (*id, known))
    }

    fn change(&mut self, agent: AgentId, change: impl FnOnce(&mut Known)) {
        let known = self.agents.entry(agent).or_default();
        change(known);
        if *known == Known::default() {
            self.agents.remove(&agent);
        }
    }
}

impl Known {
    fn unbind(&mut self, uri: &str, instance: Option<&Instance>) {
        let same = comparable(uri);
        self.bindings.retain(|bound| bound.instance.as_ref() != instance || comparable(&bound.uri) != same);
    }
}

impl Roster {
    /// What the facts told so far come to.
    pub fn ledger(&self) -> Ledger {
        let known = self.agents.iter().map(|agent| Known {
            standing: agent.standing.clone(),
            unanswered: agent.unanswered,
            bindings: agent.bindings.bound().cloned().collect(),
            serves: agent.slot.serving(),
        });
        (0..).map(AgentId).zip(known).collect()
    }
}
