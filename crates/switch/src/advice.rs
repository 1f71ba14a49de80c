//! An agent asks a group by keys: a call of its own waits there for whoever answers.

use std::sync::Arc;

use base::{CallId, GroupId, Now};
use call::{Call, Event, Question};

use crate::admit::Sender;
use crate::fault::Estate;
use crate::{Effects, Switch};

impl Switch {
    /// On the worker of the call that whoever answers goes to, so that nothing has to move between threads.
    pub(crate) fn ask_group(&mut self, now: Now, into: CallId, group: GroupId, out: &mut Effects) {
        let asks = self.calls.get_mut(into).and_then(|entry| Some((entry.worker, entry.call.talks_with()?)));
        let Some((worker, agent)) = asks.filter(|(_, agent)| self.has_room(now, Sender::Agent(*agent))) else {
            return self.tell(now, into, Event::NotGiven, out);
        };
        let number = self.plan.agents.get(agent.0 as usize).map(|agent| agent.number.clone()).unwrap_or_default();
        let asked = self.plan.groups.get(usize::from(group.0));
        let called = asked.map(|group| group.number.clone().unwrap_or_else(|| group.name.clone())).unwrap_or_default();
        let start = Arc::new(self.start_record(now, Sender::Agent(agent), (number, called)));
        let id = start.id;
        let estate = Estate::asking(Arc::clone(&start), agent, into);
        let session_id = self.rng.u64() >> 2;
        let question = Question { start, agent, group, into, session_id };
        if self.begin(now, (id, estate), worker, |plan, actions| Call::ask(plan, now, question, actions), out) {
            self.tell(now, into, Event::Asking { call: id }, out);
        }
    }
}
