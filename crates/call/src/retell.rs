//! A call tells again what its facts told, for a reader who lost the thread.

use base::{AgentId, Now};

use crate::journey::{Journey, Peer, Place, Ringing, Waiting, With};
use crate::{Call, Fact};

impl Call {
    /// Facts that lead a reader who knows nothing of the call to where it stands: its record so far, its offer, its agent. Dialled legs
    /// and slots are left out: they are for those who end calls after a restart.
    pub fn retell(&self, now: Now) -> Vec<Fact> {
        let locale = self.plan.prompts.locale_name(self.locale);
        let mut facts = self.account.retell(now, &self.menu.version, locale);
        match &self.journey {
            Journey::Waiting(Waiting { ringing, place: Place { since, .. }, .. }) => {
                let waited_ms = (now.time - *since).as_millis() as u64;
                facts.extend(ringing.iter().map(|&Ringing { agent, reservation, .. }| {
                    let number = self.agent_number(agent).to_owned();
                    Fact::Offered { agent, number, reservation, waited_ms }
                }));
            }
            Journey::Summoning { line } => facts.push(Fact::Calling { to: line.clone() }),
            Journey::Calling(calling) => {
                facts.push(Fact::Calling { to: self.callee_number(&calling.outgoing.to).to_owned() });
            }
            Journey::CallingBack(back) => {
                let (agent, reservation) = (back.agent, back.reservation);
                facts.push(Fact::Connected { agent, number: self.agent_number(agent).to_owned(), reservation });
                facts.push(Fact::Calling { to: self.callee_number(&back.outgoing.to).to_owned() });
            }
            Journey::With(With { peer, handing, .. }) => {
                let number = |agent: AgentId| self.agent_number(agent).to_owned();
                let talk = facts.pop_if(|fact| matches!(fact, Fact::TalkBegan { .. }));
                facts.extend(match *peer {
                    Peer::Offered { agent, reservation } => {
                        Some(Fact::Connected { agent, number: number(agent), reservation })
                    }
                    Peer::Own(agent) => Some(Fact::Reached { number: number(agent) }),
                    Peer::Line => None,
                });
                facts.extend(talk);
                facts.extend(handing.as_ref().map(|handing| Fact::Handing { to: self.handing_to(handing.to) }));
            }
            Journey::Ending => facts.clear(),
            _ => {}
        }
        facts
    }
}
