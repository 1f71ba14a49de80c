//! The picture of the engine that other threads read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use base::{Now, RecordEntry};
use media::WorkerLink;
use roster::{Slot, State};
use switch::Exchange;

use crate::streams;
use crate::view::{
    Agents, Attempts, Calls, Group, GroupAgents, Handings, Histogram, MediaWorker, Offers, Readiness, Sip, Speech,
    Trunk, TrunkView, View,
};

/// Gathers what only the control thread sees and publishes it.
#[derive(Debug)]
pub(crate) struct Publisher {
    shared: Arc<ArcSwap<View>>,
    pub(crate) send_failed: u64,
    answer: Histogram,
    wait: Histogram,
    turn: Histogram,
}

impl Publisher {
    pub(crate) fn new(shared: Arc<ArcSwap<View>>) -> Publisher {
        let (answer, wait, turn) = Default::default();
        Publisher { shared, send_failed: 0, answer, wait, turn }
    }

    /// A record was handed to the store in a turn that began `since` ago.
    pub(crate) fn note_record(&mut self, entry: &RecordEntry, since: Duration) {
        match entry {
            RecordEntry::Start(_) => self.answer.observe(since),
            RecordEntry::End(record) if record.agent.is_some() => {
                self.wait.observe(Duration::from_millis(record.queued_ms));
            }
            RecordEntry::Confidential(_)
            | RecordEntry::Order { .. }
            | RecordEntry::Rated { .. }
            | RecordEntry::WrongKeys { .. }
            | RecordEntry::End(_)
            | RecordEntry::Agent(_) => {}
        }
    }

    pub(crate) fn note_turn(&mut self, took: Duration) {
        self.turn.observe(took);
    }

    pub(crate) fn publish(&self, now: Now, of: &Picture<'_>) {
        let counters = of.exchange.switch.counters();
        let queue = of.exchange.acd.view(now);
        let view = View {
            published: Instant::now(),
            readiness: of.readiness,
            calls: calls(of.exchange),
            sip: Sip {
                received: counters.messages_in,
                sent: counters.messages_out,
                malformed: of.exchange.switch.malformed() + of.connections.broken,
                unread: counters.reader_faults,
                shed: of.shed,
                send_failed: self.send_failed,
                connections: of.connections.open as u64,
                connections_accepted: of.connections.accepted,
                connections_opened: of.connections.opened,
                connections_refused: of.connections.refused,
            },
            groups: groups(queue.groups, of.exchange),
            agents: agents(queue.agents, of.exchange),
            trunks: of.exchange.switch.trunks().zip(of.exchange.switch.outward(now)).map(trunk).collect(),
            called_back: counters.called_back,
            speech: of.speech,
            handings: Handings { done: counters.handed_on, failed: counters.handed_back },
            offers: Offers {
                accepted: counters.accepted,
                declined: counters.declined,
                timed_out: counters.timed_out,
                withdrawn: counters.withdrawn,
            },
            store: of.store.clone(),
            journal: of.journal.clone(),
            media: of.links.iter().map(|link| worker(link, of.exchange)).collect(),
            answer: self.answer.clone(),
            wait: self.wait.clone(),
            turn: self.turn.clone(),
        };
        self.shared.store(Arc::new(view));
    }
}

/// What a view is made from.
pub(crate) struct Picture<'a> {
    pub(crate) exchange: &'a Exchange,
    pub(crate) links: &'a [WorkerLink],
    pub(crate) store: &'a store::Health,
    pub(crate) journal: &'a journal::Health,
    pub(crate) readiness: Readiness,
    /// New calls refused because too many waited.
    pub(crate) shed: u64,
    pub(crate) connections: streams::Counts,
    pub(crate) speech: Speech,
}

fn calls(exchange: &Exchange) -> Calls {
    let counters = exchange.switch.counters();
    let phases = exchange.switch.phases();
    Calls {
        started: counters.started,
        ended: counters.ended,
        refused: counters.refused.clone(),
        unplaced: counters.unplaced.clone(),
        now: [phases.menu, phases.waiting, phases.calling, phases.talking, phases.ending].map(|n| n as u64),
        limit: exchange.plan().limits.calls as u64,
    }
}

fn trunk(((plan, counters), outward): ((&call::plan::Trunk, &switch::TrunkCounters), Option<TrunkView>)) -> Trunk {
    Trunk {
        name: plan.name.clone(),
        calls: counters.calls as u64,
        limit: plan.limits.calls.map(|most| most as u64),
        came: Attempts { count: counters.seizures, answers: counters.answers.clone() },
        went: Attempts { count: counters.placed, answers: counters.reached.clone() },
        delays: delays(&counters.delays),
        outward,
    }
}

fn delays(delays: &switch::Delays) -> Option<[Duration; 3]> {
    Some([delays.permille(500)?, delays.permille(950)?, delays.permille(990)?])
}

fn groups(views: Vec<acd::GroupView>, exchange: &Exchange) -> Vec<Group> {
    let names = exchange.plan().groups.iter().map(|g| g.name.clone());
    let group = |(name, view): (String, acd::GroupView)| Group {
        name,
        closed: view.closed,
        surging: view.surging,
        waiting: (view.waiting + view.offered) as u64,
        longest_wait: view.longest_wait,
        expected_wait: view.expected,
        places_kept: view.places as u64,
        call_backs: view.call_backs as u64,
        agents: GroupAgents {
            signed_on: view.agents_signed_on as u64,
            ready: view.agents_ready as u64,
            offered: view.agents_offered as u64,
            talking: view.agents_talking as u64,
            wrap_up: view.agents_wrap_up as u64,
            back_off: view.agents_back_off as u64,
        },
    };
    let removed = exchange.plan().groups.iter().map(|group| group.removed);
    names.zip(views).zip(removed).filter(|(_, removed)| !removed).map(|(of, _)| group(of)).collect()
}

fn agents(queue: Vec<acd::AgentState>, exchange: &Exchange) -> Agents {
    let mut agents = Agents::default();
    let removed = exchange.plan().agents.iter().map(|agent| agent.removed);
    for ((view, queued), removed) in exchange.roster.view().agents.iter().zip(queue).zip(removed) {
        // Who was removed in a talk is at work until it ends.
        if removed && view.slot == Slot::Free {
            continue;
        }
        let resting = matches!(queued, acd::AgentState::WrapUp | acd::AgentState::BackOff);
        let count = match (view.slot, &view.state) {
            (Slot::Reserved { .. }, _) => &mut agents.reserved,
            (Slot::Talking { .. }, _) => &mut agents.talking,
            (Slot::Releasing { .. }, _) => &mut agents.releasing,
            (Slot::Free, State::SignedOff) => &mut agents.signed_off,
            (Slot::Free, State::Paused { .. }) => &mut agents.paused,
            (Slot::Free, State::Ready) if resting => &mut agents.releasing,
            (Slot::Free, State::Ready) => &mut agents.free,
        };
        *count += 1;
    }
    agents
}

fn worker(link: &WorkerLink, exchange: &Exchange) -> MediaWorker {
    MediaWorker { counts: link.counts(), leases_free: exchange.switch.leases_ready(link.worker) as u64 }
}
