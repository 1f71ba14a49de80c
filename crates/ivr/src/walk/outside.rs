//! Where the menu leads outside itself: queues, lines, other systems.

use std::time::Duration;

use super::{State, Step, Turn, Walk};
use crate::menu::{Http, Kind, Node, Transfer};
use crate::ways::Way;

/// A question to another system, over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub url: String,
    /// What a POST holds; none for a GET.
    pub send: Option<Vec<(String, String)>>,
    pub headers: Vec<(String, String)>,
    /// Where the answer's JSON has what is asked for (RFC 6901).
    pub take: Vec<String>,
    pub timeout: Duration,
}

impl Walk {
    pub(super) fn leave_for_queue(&mut self, turn: &mut Turn<'_>, node: &Node) {
        let Some((group, priority)) = node.kind.queue(self.locale) else { return };
        let call_back = matches!(node.kind, Kind::Queue { call_back: true, .. });
        self.say(turn, &[], &node.prompt);
        self.leave(turn, Step::Queue { group, priority: priority.max(self.priority), call_back });
    }

    pub(super) fn transfer(&mut self, turn: &mut Turn<'_>, node: &Node, transfer: &Transfer) {
        let to = transfer.to.fill(&self.values, turn.around);
        if to.is_empty() {
            return self.pass(turn, Way::Failed, transfer.failed);
        }
        self.say(turn, &[], &node.prompt);
        self.state = State::Away;
        turn.out.push(Step::Transfer { to, ring: transfer.ring, talk_max: transfer.talk_max });
    }

    pub(super) fn on_refused(&mut self, turn: &mut Turn<'_>) {
        let Some(Node { kind: Kind::Transfer(transfer), .. }) = turn.menu.node(self.node) else { return };
        self.pass(turn, Way::Failed, transfer.failed);
    }

    pub(super) fn fetch(&mut self, turn: &mut Turn<'_>, node: &Node, http: &Http) {
        let fill = |(name, template): &(String, crate::value::Template)| {
            (name.clone(), template.fill(&self.values, turn.around))
        };
        let request = Request {
            url: http.url.fill_url(&self.values, turn.around),
            send: http.send.as_ref().map(|send| send.iter().map(fill).collect()),
            headers: http.headers.iter().map(fill).collect(),
            take: http.take.iter().map(|(_, place)| place.clone()).collect(),
            timeout: http.timeout,
        };
        turn.out.push(Step::Fetch(Box::new(request)));
        self.say(turn, &[], &node.prompt);
        if !self.said.is_empty() {
            turn.out.push(Step::Play);
        }
        self.wait(turn, State::Fetching, http.timeout);
    }

    /// Whoever was asked has not answered in time.
    pub(super) fn on_no_answer(&mut self, turn: &mut Turn<'_>) {
        match turn.menu.node(self.node).map(|node| &node.kind) {
            Some(Kind::Speak(_)) => self.on_synthesized(turn, None),
            _ => self.on_fetched(turn, None),
        }
    }

    /// The other system has answered, or not in time.
    pub(super) fn on_fetched(&mut self, turn: &mut Turn<'_>, values: Option<&[String]>) {
        let Some(Node { kind: Kind::Http(http), .. }) = turn.menu.node(self.node) else { return };
        match values.filter(|values| values.len() == http.take.len()) {
            Some(values) => {
                for ((id, _), text) in http.take.iter().zip(values) {
                    self.values.set(*id, text);
                }
                self.pass(turn, Way::On, http.next);
            }
            None => self.pass(turn, Way::Failed, http.failed),
        }
    }
}
