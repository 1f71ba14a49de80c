//! A call tells again what its facts told, for a reader who lost the thread.

use base::Now;

use crate::journey::{Handing, Journey, Ringing, Waiting, With};
use crate::{Call, Fact};

impl Call {
    /// Facts that lead a reader who knows nothing of the call to where it stands: its record so far, its offer, its agent. Dialled legs
    /// and slots are left out: they are for those who end calls after a restart.
    pub fn retell(&self, now: Now) -> Vec<Fact> {
        let locale = self.plan.prompts.locale_name(self.locale);
        let mut facts = self.account.retell(now, &self.menu.version, locale);
        match &self.journey {
            Journey::Waiting(Waiting { ringing: Some(ringing), since, .. }) => {
                let Ringing { agent, reservation, .. } = *ringing;
                let waited_ms = (now.time - *since).as_millis() as u64;
                let number = self.agent_number(agent).to_owned();
                facts.push(Fact::Offered { agent, number, reservation, waited_ms });
            }
            Journey::With(With { agent, reservation, handing, .. }) => {
                let (agent, reservation) = (*agent, *reservation);
                let number = self.agent_number(agent).to_owned();
                let talk = facts.pop_if(|fact| matches!(fact, Fact::TalkBegan { .. }));
                facts.push(Fact::Connected { agent, number, reservation });
                facts.extend(talk);
                let to = |handing: &Handing| self.agent_number(handing.to).to_owned();
                facts.extend(handing.as_ref().map(|handing| Fact::Handing { to: to(handing) }));
            }
            Journey::Ending => facts.clear(),
            _ => {}
        }
        facts
    }
}
