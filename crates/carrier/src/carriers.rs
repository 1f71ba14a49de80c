//! All trunks that we call out through: one input in, all actions out.

use base::{Flow, Now, Rng, Ticket, Time};
use sip::{Cause, Message, Request, Uri};

use crate::dns::{Answer, Query};
use crate::lookups::Lookups;
use crate::registration;
use crate::trunk::{Means, State};
use crate::{Host, Local, Onward, Outcome, Plan, Target, Trunk, TrunkView, Way, moved};

/// What comes in.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// The end of a `Lookup`.
    Resolved { ticket: Ticket, answer: Answer },
    /// The end of a `Request`; of tickets that are not ours nobody takes notice.
    Response { ticket: Ticket, result: Result<&'a Message, Cause> },
}

/// What has to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ask the DNS; whoever has no answer says `Answer::Failed`, or nothing.
    Lookup { ticket: Ticket, query: Query },
    /// Send a request outside any dialog.
    Request { ticket: Ticket, request: Box<Request> },
}

/// The numbers of questions and requests.
#[derive(Clone, Debug)]
pub(crate) struct Tickets(u64);

impl Tickets {
    /// Told from those of the switch by this.
    const FIRST: u64 = 1 << 62;

    pub(crate) const fn next(&mut self) -> Ticket {
        self.0 += 1;
        Ticket(self.0)
    }
}

/// Every trunk of a plan.
#[derive(Clone, Debug)]
pub struct Carriers {
    plan: Plan,
    /// By `NetworkId`.
    locals: Vec<Local>,
    rng: Rng,
    tickets: Tickets,
    lookups: Lookups,
    trunks: Vec<State>,
    /// What the DNS said has changed.
    stale: bool,
    due: Option<Time>,
}

impl Carriers {
    /// Trunks of which nothing is known yet; `rng` has to be its own.
    pub fn new(plan: Plan, locals: Vec<Local>, now: Now, mut rng: Rng) -> Carriers {
        let trunks: Vec<_> = plan.trunks.iter().map(|trunk| State::new(now, trunk, &mut rng)).collect();
        let has_targets = plan.trunks.iter().any(|trunk| !trunk.targets.is_empty());
        Carriers {
            plan,
            locals,
            rng,
            tickets: Tickets(Tickets::FIRST),
            lookups: Lookups::default(),
            trunks,
            stale: has_targets,
            due: has_targets.then_some(now.time),
        }
    }

    /// Of no trunk at all: asks nothing and leads nowhere.
    pub fn none() -> Carriers {
        Carriers::new(Plan::default(), Vec::new(), Now::default(), Rng::from_number(0))
    }

    pub fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Vec<Action>) {
        match input {
            Input::Resolved { ticket, answer } => self.stale |= self.lookups.answer(now.time, ticket, answer),
            Input::Response { ticket, result } => {
                for place in 0..self.trunks.len() {
                    if self.each(place, |state, means, _| state.heard(now, ticket, result, means, out)) {
                        break;
                    }
                }
            }
        }
        self.turn(now, out);
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Now, out: &mut Vec<Action>) {
        if self.due.is_some_and(|due| due <= now.time) {
            self.turn(now, out);
        }
    }

    /// When `handle_timeout` is to be called; none while no trunk leads out.
    pub const fn next_timeout(&self) -> Option<Time> {
        self.due
    }

    /// The ways through a trunk, best first, `WAYS_MAX` at most; none while it has no address, and none before it is registered
    /// where it has to be.
    pub fn ways(&mut self, now: Now, trunk: usize) -> Vec<Way> {
        let (Some(state), Some(plan)) = (self.trunks.get(trunk), self.plan.trunks.get(trunk)) else {
            return Vec::new();
        };
        state.ways(now.time, trunk, plan, &mut self.rng)
    }

    /// Where a 3xx to an INVITE on a trunk's flow sends it on to, within that trunk, in the order in which it is to be tried.
    pub fn onward(&mut self, now: Now, trunk: usize, from: Flow, response: &Message) -> Vec<Onward> {
        let (Some(state), Some(plan)) = (self.trunks.get(trunk), self.plan.trunks.get(trunk)) else {
            return Vec::new();
        };
        let rng = &mut self.rng;
        let mut way_to = |uri: Uri| Some(Onward { way: state.way_to(now.time, (trunk, plan), from, &uri, rng)?, uri });
        moved::named(response).into_iter().filter_map(&mut way_to).collect()
    }

    /// What came of an INVITE on a way of a trunk.
    pub fn tried(&mut self, now: Now, trunk: usize, flow: Flow, outcome: Outcome) {
        if let Some(state) = self.trunks.get_mut(trunk) {
            state.tried(now, flow, outcome, &mut self.rng);
            self.due = self.next(now.time);
        }
    }

    /// We go: every registrar that knows us is told so, once.
    pub fn leave(&mut self, now: Now, out: &mut Vec<Action>) {
        for place in 0..self.trunks.len() {
            self.each(place, |state, means, _| state.leave(now, means, out));
        }
        self.due = self.next(now.time);
    }

    /// Whether a registrar has not answered that yet.
    pub fn is_leaving(&self) -> bool {
        self.trunks.iter().any(State::is_leaving)
    }

    /// Whether a target of the trunk is this address of its network, or was found there.
    pub fn leads_to(&self, trunk: usize, flow: Flow) -> bool {
        let (state, plan) = (self.trunks.get(trunk), self.plan.trunks.get(trunk));
        let there = state.zip(plan).filter(|(_, plan)| plan.network == flow.network);
        let address = flow.peer.ip().to_canonical();
        // As it is written too: calls may come before the first look at the targets.
        let is_it = |target: &Target| matches!(target.host, Host::Address(ip) if ip.to_canonical() == address);
        let is_written = |plan: &Trunk| plan.targets.iter().any(is_it);
        there.is_some_and(|(state, plan)| is_written(plan) || state.is_at(address))
    }

    /// The header, name and value, that answers a 401 or 407 to a request of ours on a trunk; none without a password or a
    /// challenge that we can answer. Good for one request: whose answer is challenged again has the wrong password.
    pub fn authorize(&mut self, trunk: usize, response: &Message, method: &str, uri: &str) -> Option<(String, String)> {
        let login = self.plan.trunks.get(trunk)?.login.as_ref();
        registration::authorization(response, login, method, uri, &mut self.rng)
    }

    /// How the trunks stand, by place in the plan; none for one that only brings calls in.
    pub fn view(&self, now: Now) -> impl Iterator<Item = Option<TrunkView>> {
        let trunks = self.trunks.iter().zip(&self.plan.trunks);
        trunks.map(move |(state, plan)| (!plan.targets.is_empty()).then(|| state.view(now.time, plan)))
    }

    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    fn turn(&mut self, now: Now, out: &mut Vec<Action>) {
        self.stale |= self.lookups.expire(now.time);
        if std::mem::take(&mut self.stale) {
            self.lookups.release();
            for place in 0..self.trunks.len() {
                self.each(place, |state, means, lookups| state.resolve(now, means, lookups));
            }
            self.lookups.sweep();
        }
        loop {
            let ticket = self.tickets.next();
            let Some(query) = self.lookups.due(now.time, ticket) else { break };
            out.push(Action::Lookup { ticket, query });
        }
        for place in 0..self.trunks.len() {
            self.each(place, |state, means, _| state.turn(now, means, out));
        }
        self.due = self.next(now.time);
    }

    fn next(&self, now: Time) -> Option<Time> {
        let trunks = self.trunks.iter().filter_map(|state| state.next_timeout(now));
        trunks.chain(self.lookups.next_timeout()).min()
    }

    /// Lends a trunk what it works with.
    fn each<T: Default>(
        &mut self,
        place: usize,
        work: impl FnOnce(&mut State, &mut Means<'_>, &mut Lookups) -> T,
    ) -> T {
        let Carriers { plan, locals, rng, tickets, lookups, trunks, .. } = self;
        let (Some(state), Some(plan)) = (trunks.get_mut(place), plan.trunks.get(place)) else { return T::default() };
        let nowhere = Local::default();
        let local = locals.get(usize::from(plan.network.0)).unwrap_or(&nowhere);
        work(state, &mut Means { plan, local, rng, tickets }, lookups)
    }
}
