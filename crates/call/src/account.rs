//! What a call gathers for its record; each piece is told as a fact, so that a restart knows it too.

use std::sync::Arc;
use std::time::Duration;

use base::{EndReason, Now, OrderNumber, Record, RecordEntry, StartRecord, Time, Wait, WaitOutcome, Wall};

use crate::{Action, Fact};

#[derive(Clone, Debug)]
struct OpenWait {
    group: String,
    entered: Wall,
    since: Time,
}

#[derive(Clone, Debug)]
pub(crate) struct Account {
    start: Arc<StartRecord>,
    answered: Option<Wall>,
    path: Vec<String>,
    /// Where a key was pressed that leads nowhere.
    wrong: Vec<String>,
    waits: Vec<Wait>,
    open: Option<OpenWait>,
    agent: Option<String>,
    talk_since: Option<Time>,
    /// Of talks with agents who were lost.
    talked_ms: u64,
    confidential: bool,
    order: Option<OrderNumber>,
    /// Calls of the same number a while before this one.
    earlier: u8,
}

/// Nodes a record lists; a longer walk keeps its first ones. Three times the deepest path a person presses through.
pub(crate) const PATH_MAX: usize = 64;

impl Account {
    pub(crate) fn new(start: Arc<StartRecord>, confidential: bool, order: Option<OrderNumber>) -> Account {
        Account {
            start,
            answered: None,
            path: Vec::new(),
            wrong: Vec::new(),
            waits: Vec::new(),
            open: None,
            agent: None,
            talk_since: None,
            talked_ms: 0,
            confidential,
            order,
            earlier: 0,
        }
    }

    /// The call is there, and known from now on whatever comes.
    pub(crate) fn started(&mut self, menu_version: &str, locale: &str, out: &mut Vec<Action>) {
        let (menu_version, locale) = (menu_version.to_owned(), locale.to_owned());
        if self.confidential {
            self.tell_confidential(out);
        }
        tell(Fact::Started { start: StartRecord::clone(&self.start), menu_version, locale }, out);
        out.push(Action::Record(RecordEntry::Start(StartRecord::clone(&self.start))));
        self.tell_order(out);
    }

    pub(crate) fn answered(&mut self, now: Now, out: &mut Vec<Action>) {
        // Once: an agent who asks may have been answered before anybody of the group is there.
        if self.answered.is_some() {
            return;
        }
        self.answered = Some(now.wall);
        tell(Fact::Answered { at: now.wall }, out);
    }

    pub(crate) fn visited(&mut self, node: &str, out: &mut Vec<Action>) {
        if self.path.len() < PATH_MAX {
            self.path.push(node.to_owned());
            tell(Fact::Visited { node: node.to_owned() }, out);
        }
    }

    /// At the node where the citizen is.
    pub(crate) fn pressed_wrong(&mut self, out: &mut Vec<Action>) {
        let Some(node) = self.path.last().filter(|_| self.wrong.len() < PATH_MAX) else { return };
        self.wrong.push(node.clone());
        let (start, nodes) = (StartRecord::clone(&self.start), self.wrong.clone());
        out.push(Action::Record(RecordEntry::WrongKeys { start, nodes }));
    }

    pub(crate) fn wait_began(&mut self, now: Now, group: &str, out: &mut Vec<Action>) {
        self.open = Some(OpenWait { group: group.to_owned(), entered: now.wall, since: now.time });
        tell(Fact::Waiting { group: group.to_owned(), at: now.wall }, out);
    }

    pub(crate) fn wait_ended(&mut self, now: Now, outcome: WaitOutcome, out: &mut Vec<Action>) {
        if let Some(open) = self.open.take() {
            let waited_ms = millis(now.time - open.since);
            self.waits.push(Wait { group: open.group, entered: open.entered, waited_ms, outcome });
            tell(Fact::WaitEnded { outcome, waited_ms }, out);
        }
    }

    /// Who serves the citizen; the talk begins with `talk_began`.
    pub(crate) fn connected(&mut self, agent: &str) {
        self.agent = Some(agent.to_owned());
    }

    /// Both can hear each other.
    pub(crate) fn talk_began(&mut self, now: Now, out: &mut Vec<Action>) {
        if self.talk_since.is_none() {
            self.talk_since = Some(now.time);
            tell(Fact::TalkBegan { at: now.wall }, out);
        }
    }

    /// The agent was lost; another one may follow.
    pub(crate) fn talk_lost(&mut self, now: Now, out: &mut Vec<Action>) {
        if let Some(talk_ms) = self.end_talk(now) {
            tell(Fact::TalkEnded { talk_ms }, out);
        }
    }

    /// How long both have heard each other.
    pub(crate) fn talk_lasts(&self, now: Now) -> Option<Duration> {
        self.talk_since.map(|since| now.time - since)
    }

    /// The talk is over, and the citizen is asked how it was.
    pub(crate) fn asked_for_verdict(&mut self, now: Now, out: &mut Vec<Action>) {
        let talk_ms = self.end_talk(now).unwrap_or_default();
        tell(Fact::Surveyed { talk_ms }, out);
        self.record_verdict(0, out);
    }

    /// What the citizen says of it, 1 to 5.
    pub(crate) fn rated(&mut self, grade: u8, out: &mut Vec<Action>) {
        tell(Fact::Rated { grade }, out);
        self.record_verdict(grade, out);
    }

    fn record_verdict(&self, grade: u8, out: &mut Vec<Action>) {
        out.push(Action::Record(RecordEntry::Rated { start: StartRecord::clone(&self.start), grade }));
    }

    /// The agent handed the citizen on.
    pub(crate) fn handed_on(&mut self, now: Now, out: &mut Vec<Action>) {
        let talk_ms = self.end_talk(now).unwrap_or_default();
        tell(Fact::HandedOn { talk_ms }, out);
    }

    fn end_talk(&mut self, now: Now) -> Option<u64> {
        let talk_ms = millis(now.time - self.talk_since.take()?);
        self.talked_ms = self.talked_ms.saturating_add(talk_ms);
        Some(talk_ms)
    }

    pub(crate) fn confide(&mut self, out: &mut Vec<Action>) {
        if !self.confidential {
            self.confidential = true;
            self.tell_confidential(out);
        }
    }

    fn tell_confidential(&self, out: &mut Vec<Action>) {
        tell(Fact::Confidential, out);
        out.push(Action::Record(RecordEntry::Confidential(StartRecord::clone(&self.start))));
    }

    /// The number of the order goes along with the call from here on, instead of the one before.
    pub(crate) fn ordered(&mut self, order: OrderNumber, out: &mut Vec<Action>) {
        if self.order.as_ref() != Some(&order) {
            self.order = Some(order);
            self.tell_order(out);
        }
    }

    fn tell_order(&self, out: &mut Vec<Action>) {
        let Some(order) = self.order.clone() else { return };
        tell(Fact::Ordered { order: order.clone() }, out);
        out.push(Action::Record(RecordEntry::Order { start: StartRecord::clone(&self.start), order }));
    }

    /// The citizen has called before.
    pub(crate) fn repeats(&mut self, earlier: u8, out: &mut Vec<Action>) {
        self.earlier = earlier;
        tell(Fact::Repeats { earlier }, out);
    }

    pub(crate) fn earlier(&self) -> u8 {
        self.earlier
    }

    pub(crate) fn order(&self) -> Option<&OrderNumber> {
        self.order.as_ref()
    }

    pub(crate) fn is_confidential(&self) -> bool {
        self.confidential
    }

    /// The last nodes of the menu, as many as fit into so many letters.
    pub(crate) fn path_end(&self, letters: usize) -> String {
        let mut end = String::new();
        for node in self.path.iter().rev().take_while(|node| node.len() < letters) {
            if end.len() + node.len() >= letters {
                break;
            }
            end = if end.is_empty() { node.clone() } else { [node, "/", &end].concat() };
        }
        end
    }

    /// The number of the agent who served last.
    pub(crate) fn served_by(&self) -> &str {
        self.agent.as_deref().unwrap_or_default()
    }

    /// The facts that lead to where the account stands.
    pub(crate) fn retell(&self, now: Now, menu_version: &str, locale: &str) -> Vec<Fact> {
        let (menu_version, locale) = (menu_version.to_owned(), locale.to_owned());
        let mut facts = Vec::from_iter(self.confidential.then_some(Fact::Confidential));
        facts.push(Fact::Started { start: StartRecord::clone(&self.start), menu_version, locale });
        facts.extend(self.order.iter().map(|order| Fact::Ordered { order: order.clone() }));
        facts.extend((self.earlier > 0).then_some(Fact::Repeats { earlier: self.earlier }));
        facts.extend(self.answered.map(|at| Fact::Answered { at }));
        facts.extend(self.path.iter().map(|node| Fact::Visited { node: node.clone() }));
        for wait in &self.waits {
            facts.push(Fact::Waiting { group: wait.group.clone(), at: wait.entered });
            facts.push(Fact::WaitEnded { outcome: wait.outcome, waited_ms: wait.waited_ms });
        }
        facts.extend(self.open.iter().map(|o| Fact::Waiting { group: o.group.clone(), at: o.entered }));
        let began = self.talk_since.map(|since| millis(now.time - since));
        let began = began.map(|ms| Wall(now.wall.0.saturating_sub(i64::try_from(ms).unwrap_or(i64::MAX))));
        facts.extend(began.map(|at| Fact::TalkBegan { at }));
        facts
    }

    pub(crate) fn finish(&mut self, now: Now, end_reason: EndReason, locale: &str, menu_version: &str) -> Record {
        Record {
            start: StartRecord::clone(&self.start),
            answered: self.answered,
            ended: now.wall,
            menu_path: std::mem::take(&mut self.path),
            menu_version: menu_version.to_owned(),
            locale: locale.to_owned(),
            skill_group: self.waits.last().map(|w| w.group.clone()),
            queued_ms: self.waits.iter().map(|w| w.waited_ms).sum(),
            waits: std::mem::take(&mut self.waits),
            agent: self.agent.take(),
            talk_ms: self.talked_ms.saturating_add(self.talk_since.map_or(0, |since| millis(now.time - since))),
            end_reason,
            confidential: self.confidential,
            order: self.order.clone(),
            earlier: self.earlier,
        }
    }
}

fn tell(fact: Fact, out: &mut Vec<Action>) {
    out.push(Action::Fact(fact));
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
