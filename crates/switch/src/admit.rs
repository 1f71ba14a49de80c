//! The door: who sends a request, and whether a first INVITE becomes a call.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use base::{AgentId, CallId, CallerKey, Flow, GroupId, Lease, Map, Now, StartRecord, Time, WorkerId};
use call::plan::{Digest, Trunk};
use call::{Action, Arrival, Call, Callee, Plan};
use sip::{Message, Name, Reply, ServerTx};

use crate::auth::{Auth, Verdict};
use crate::called::called;
use crate::caller::{Caller, caller};
use crate::fault::Estate;
use crate::reach::Proxies;
use crate::signals::{SDP, accepts, sdp_of};
use crate::star::starred;
use crate::{Effects, Place, Switch};

/// Who a request is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    Agent(AgentId),
    /// Place in `Plan::trunks`.
    Trunk(usize),
    /// Nobody: the house calls.
    House,
}

/// What a call that is let in is about.
#[derive(Clone, Debug)]
pub(crate) struct Purpose {
    /// The number of ours, or what an agent dialled that is none.
    pub(crate) called: String,
    /// Place in `Plan::menus`.
    pub(crate) menu: usize,
    /// The prompt that is all that the call is about.
    pub(crate) errand: Option<&'static str>,
    /// Whom an agent calls.
    pub(crate) to: Option<Callee>,
    /// The group that an agent asks.
    pub(crate) asks: Option<GroupId>,
    /// The call in which the agent's phone takes another's place.
    pub(crate) stands_in: Option<CallId>,
}

impl Purpose {
    pub(crate) fn new(called: String, menu: usize) -> Purpose {
        Purpose { called, menu, errand: None, to: None, asks: None, stands_in: None }
    }
}

/// Knows agents and trunks.
#[derive(Debug)]
pub(crate) struct Doorman {
    pub(crate) auth: Auth,
    /// Flows that a live registration came over. At most `roster::Plan::contacts_max` live ones for each agent; the dead are swept at their end.
    registered: Map<Flow, (AgentId, Time)>,
    pub(crate) proxies: Proxies,
    next_sweep: Time,
}

/// 603 Decline: no other way to us is worth trying (RFC 3261 §21.6.2).
const BLOCKED: u16 = 603;

/// Between two sweeps of dead registrations; a phone re-registers every few minutes.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

impl Doorman {
    pub(crate) fn new(realm: &str, digest: &[Digest], nonce_key: [u8; 32]) -> Doorman {
        let auth = Auth::new(realm, digest, nonce_key);
        Doorman { auth, registered: Map::default(), proxies: Proxies::default(), next_sweep: Time::ZERO }
    }

    pub(crate) fn registered(&mut self, flow: Flow, agent: AgentId, until: Time) {
        self.registered.insert(flow, (agent, until));
    }

    pub(crate) fn unregistered(&mut self, flow: Flow) {
        self.registered.remove(&flow);
    }

    pub(crate) fn sweep(&mut self, now: Now) {
        if now.time >= self.next_sweep {
            self.next_sweep = now.time + SWEEP_EVERY;
            self.registered.retain(|_, (_, until)| *until > now.time);
            self.proxies.sweep(now);
        }
    }

    fn agent_at(&self, now: Now, flow: Flow) -> Option<AgentId> {
        self.registered.get(&flow).filter(|(_, until)| *until > now.time).map(|(agent, _)| *agent)
    }
}

impl Switch {
    pub(crate) fn on_invite(&mut self, now: Now, tx: ServerTx, flow: Flow, request: &Message, out: &mut Effects) {
        let Some(sender) = self.identify(now, tx, flow, request) else { return };
        if Switch::names_dialog(request) {
            return self.on_replaces(now, (tx, flow, sender), request, out);
        }
        if let Sender::Agent(agent) = sender
            && let Some(dialled) = starred(request)
        {
            return self.on_starred(now, (tx, flow, agent), &dialled, request, out);
        }
        if let Sender::Trunk(trunk) = sender {
            self.trunks.seized(trunk);
        }
        if self.is_blocked(sender, request) {
            return self.turn_away(now, tx, Some(sender), BLOCKED);
        }
        let Some(purpose) = self.purpose(sender, request) else { return self.turn_away(now, tx, Some(sender), 404) };
        if !self.has_room(now, sender) {
            return self.turn_away_for_now(now, tx, sender);
        }
        let Some(lease) = self.lease_beside(sender, flow) else { return self.turn_away_for_now(now, tx, sender) };
        if let Sender::Agent(agent) = sender {
            out.roster.push(roster::Command::OwnCall { agent, begins: true });
        }
        self.arrive(now, (tx, flow, sender), request, (lease, purpose), out);
    }

    /// Whether a citizen calls whom an operator does not let in.
    fn is_blocked(&self, sender: Sender, request: &Message) -> bool {
        let Some(trunk) = self.trunk(sender).filter(|_| !self.plan.known.is_empty()) else { return false };
        self.plan.known.find(&caller(request, Some(trunk)).number).is_some_and(|list| list.blocked)
    }

    /// What the call is about: a number of ours, or a colleague of the agent who calls, a group, or a line outside.
    fn purpose(&self, sender: Sender, request: &Message) -> Option<Purpose> {
        if let Some(ours) = called(&self.plan, request, self.trunk(sender)) {
            return Some(Purpose::new(ours.number.clone(), ours.menu));
        }
        let Sender::Agent(_) = sender else { return None };
        let called = request.request_uri_ref()?.user_text()?;
        if let Some(colleague) = self.plan.colleague(&called) {
            return Some(Purpose { to: Some(Callee::Colleague(colleague)), ..Purpose::new(called, 0) });
        }
        if let Some(group) = self.plan.group(&called) {
            return Some(Purpose { asks: Some(group), ..Purpose::new(called, 0) });
        }
        let number = self.plan.line(&request.request_uri_ref()?.number()?)?;
        Some(Purpose { to: Some(Callee::Line(number.clone())), ..Purpose::new(number, 0) })
    }

    /// A media end for a new call; an agent's second one is beside the first, so that the two can be joined.
    fn lease_beside(&mut self, sender: Sender, flow: Flow) -> Option<Lease> {
        let Sender::Agent(agent) = sender else { return self.lease_for(flow) };
        match self.worker_of(agent) {
            Some(worker) => self.leases.take(worker, flow.network),
            None => self.lease_for(flow),
        }
    }

    /// Whether one more call is within the limits: the trunk's own, which another trunk's burst leaves alone, then everybody's.
    pub(crate) fn has_room(&mut self, now: Now, sender: Sender) -> bool {
        let limits = self.plan.limits;
        if self.draining || self.calls.len() >= limits.calls {
            return false;
        }
        let trunk_has = match sender {
            Sender::Agent(_) | Sender::House => true,
            Sender::Trunk(place) => {
                self.plan.trunks.get(place).is_some_and(|trunk| self.trunks.allows(now.time, place, trunk))
            }
        };
        trunk_has && self.rate.allows(now.time, limits.calls_per_s)
    }

    pub(crate) fn lease_for(&mut self, flow: Flow) -> Option<Lease> {
        let worker = self.leases.pick_worker(flow.network)?;
        self.leases.take(worker, flow.network)
    }

    /// The INVITE becomes a call, which the roster knows of where it is an agent's own: in the menu, or one that only says `errand`.
    pub(crate) fn arrive(
        &mut self,
        now: Now,
        (tx, flow, sender): (ServerTx, Flow, Sender),
        request: &Message,
        (lease, purpose): (Lease, Purpose),
        out: &mut Effects,
    ) {
        self.leases.refill(&mut out.jobs);
        let Purpose { called, menu, errand, to, asks, stands_in } = purpose;
        let Caller { number, confidential } = caller(request, self.trunk(sender));
        let start = Arc::new(self.start_record(now, sender, (number, called)));
        let id = start.id;
        let leg = base::LegId { call: id, index: 0 };
        self.endpoint.adopt(tx, leg);
        out.legs.extend(request.call_id().map(|call_id| (leg, call_id.into())));
        // Drawn below 2^62, so that versions and legs can be added without leaving the range that old phones parse.
        let session_id = self.rng.u64() >> 2;
        let estate = Estate::new((Arc::clone(&start), confidential), sender, lease.end);
        let caller = CallerKey::of(&start.caller);
        let peer = flow.peer.ip();
        let offer = sdp_of(request);
        let agent = match sender {
            Sender::Agent(agent) => Some(agent),
            Sender::Trunk(_) | Sender::House => None,
        };
        let codecs = self.trunk(sender).map_or_else(|| base::Codec::ALL.to_vec(), |trunk| trunk.codecs.clone());
        // Who is asked before a citizen is handed on learns of the order.
        let order = agent.filter(|_| to.is_some() || asks.is_some()).and_then(|agent| self.order_beside(agent));
        let arrival = Arrival {
            start,
            caller,
            confidential,
            order,
            menu,
            errand,
            agent,
            to,
            asks,
            surging: Arc::clone(&self.surging),
            lease,
            codecs,
            peer,
            offer,
            session_id,
        };
        if let Sender::Trunk(trunk) = sender {
            self.trunks.begins(trunk);
        }
        let birth = |plan, actions: &mut Vec<Action>| match stands_in {
            Some(to) => Call::stand_in(plan, now, arrival, to, actions),
            None => Call::arrive(plan, now, arrival, actions),
        };
        self.begin(now, (id, estate), lease.end.worker, birth, out);
    }

    /// A call comes to be; false for one that a fault ends before that.
    pub(crate) fn begin(
        &mut self,
        now: Now,
        (id, estate): (CallId, Estate),
        worker: WorkerId,
        birth: impl FnOnce(Arc<Plan>, &mut Vec<Action>) -> Call,
        out: &mut Effects,
    ) -> bool {
        self.counters.started += 1;
        let mut actions = std::mem::take(&mut self.actions);
        let (drills, plan) = (&mut self.drills, self.plan.clone());
        let begun = catch_unwind(AssertUnwindSafe(|| {
            drills.pass(Place::Call);
            birth(plan, &mut actions)
        }));
        let lives = begun.is_ok();
        match begun {
            Ok(call) => {
                self.note_answer(estate.sender, &actions);
                self.calls.insert(id, call, worker, estate);
                self.carry_out(now, id, &mut actions, out);
            }
            Err(_) => self.stillborn(now, id, estate, out),
        }
        actions.clear();
        self.actions = actions;
        lives
    }

    /// First a registered agent, then a trunk by its network, then whoever proves who they are; else refused.
    fn identify(&mut self, now: Now, tx: ServerTx, flow: Flow, request: &Message) -> Option<Sender> {
        if let Some(agent) = self.doorman.agent_at(now, flow)
            && self.plan.colleague(&user_of(request.from_ref().ok()?.uri.user_text())) == Some(agent)
        {
            return Some(Sender::Agent(agent));
        }
        // An agent behind a proxy shows the password, also where the proxy brings a trunk's calls too.
        let agent_behind = self.doorman.proxies.knows(now, flow) && self.names_agent(request);
        if let Some(trunk) = self.trunk_of(flow).filter(|_| !agent_behind) {
            return Some(Sender::Trunk(trunk));
        }
        match self.doorman.auth.check(now, request, |user| password_of(&self.plan, user)) {
            Verdict::Proved(user) => sender_named(&self.plan, &user),
            Verdict::Challenge(headers) => {
                self.endpoint.reply(now, tx, 401, &Reply { headers, body: None }, &mut self.sip);
                None
            }
            Verdict::Refused => {
                self.counters.auth_failed += 1;
                self.turn_away(now, tx, None, 403);
                None
            }
        }
    }

    /// By its sources as they were written; else who calls in from where we call out to is that trunk.
    fn trunk_of(&self, flow: Flow) -> Option<usize> {
        let peer = flow.peer.ip().to_canonical();
        let here = |trunk: &Trunk| trunk.network.is_none_or(|network| network == flow.network);
        let trunks = &self.plan.trunks;
        let written = trunks.iter().position(|t| here(t) && t.sources.iter().any(|s| s.contains(peer)));
        let mut places = 0..trunks.len();
        written.or_else(|| places.find(|place| trunks[*place].by_targets && self.carriers.leads_to(*place, flow)))
    }

    /// Whether From has the number of an agent.
    fn names_agent(&self, request: &Message) -> bool {
        let user = request.from_ref().ok().and_then(|from| from.uri.user_text());
        user.is_some_and(|user| self.plan.colleague(&user).is_some())
    }

    fn trunk(&self, sender: Sender) -> Option<&Trunk> {
        match sender {
            Sender::Agent(_) | Sender::House => None,
            Sender::Trunk(place) => self.plan.trunks.get(place),
        }
    }

    /// A call says at once whether it is answered.
    fn note_answer(&mut self, sender: Sender, actions: &[Action]) {
        let status = actions.iter().find_map(|action| match action {
            Action::Answer { .. } => Some(200),
            Action::HangUp { status_if_early, .. } => Some(*status_if_early),
            _ => None,
        });
        if let (Sender::Trunk(trunk), Some(status)) = (sender, status) {
            self.trunks.answered(trunk, status);
        }
    }

    /// Whoever sent a call that is over; an agent's phone is given back by its leg.
    pub(crate) fn call_over(&mut self, sender: Sender) {
        if let Sender::Trunk(trunk) = sender {
            self.trunks.ends(trunk);
        }
    }

    /// Counts a call that is not let in, for everybody and for its trunk.
    fn note_refused(&mut self, sender: Option<Sender>, status: u16) {
        self.counters.note_refused(status);
        if let Some(Sender::Trunk(trunk)) = sender {
            self.trunks.answered(trunk, status);
        }
    }

    pub(crate) fn turn_away(&mut self, now: Now, tx: ServerTx, sender: Option<Sender>, status: u16) {
        self.note_refused(sender, status);
        self.endpoint.reply(now, tx, status, &Reply::default(), &mut self.sip);
    }

    /// The caller may come again soon.
    pub(crate) fn turn_away_for_now(&mut self, now: Now, tx: ServerTx, sender: Sender) {
        let (status, reply) = self.come_later(self.trunk(sender));
        self.note_refused(Some(sender), status);
        self.endpoint.reply(now, tx, status, &reply, &mut self.sip);
    }

    /// So many wait already that this one gets its answer without a transaction.
    pub(crate) fn shed(&mut self, now: Now, flow: Flow, bytes: &[u8]) {
        let sender = self.trunk_of(flow).map(Sender::Trunk);
        let (status, reply) = self.come_later(sender.and_then(|sender| self.trunk(sender)));
        self.counters.messages_in += 1;
        if let Some(Sender::Trunk(trunk)) = sender {
            self.trunks.seized(trunk);
        }
        self.note_refused(sender, status);
        self.endpoint.shed(now, flow, bytes, (status, &reply), &mut self.sip);
    }

    fn come_later(&self, trunk: Option<&Trunk>) -> (u16, Reply) {
        let refusal = trunk.and_then(|trunk| trunk.limits.refusal).unwrap_or(self.plan.limits.refusal);
        let retry = ("Retry-After".to_owned(), refusal.retry_after.as_secs().to_string());
        (refusal.status, Reply { headers: vec![retry], body: None })
    }

    pub(crate) fn start_record(&mut self, now: Now, sender: Sender, (caller, called): (String, String)) -> StartRecord {
        StartRecord { id: self.calls.next_id(), caller, called, source: self.source_name(sender), started: now.wall }
    }

    fn source_name(&self, sender: Sender) -> String {
        match sender {
            Sender::Agent(agent) => {
                let number = self.plan.agents.get(agent.0 as usize).map_or("", |a| a.number.as_str());
                format!("agent {number}")
            }
            Sender::Trunk(_) | Sender::House => self.trunk(sender).map(|t| t.name.clone()).unwrap_or_default(),
        }
    }

    pub(crate) fn on_request(&mut self, now: Now, tx: ServerTx, flow: Flow, request: &Message, out: &mut Effects) {
        match request.method() {
            sip::Method::Register => self.on_register(now, tx, flow, request, out),
            sip::Method::Options => self.endpoint.reply(now, tx, 200, &accepts(SDP), &mut self.sip),
            // INFO, UPDATE and the like belong into a dialog.
            _ => self.endpoint.reply(now, tx, 481, &Reply::default(), &mut self.sip),
        }
    }
}

fn user_of(user: Option<String>) -> String {
    user.unwrap_or_default()
}

/// The password of an agent or a trunk; a trunk's user name goes last, so that no trunk can pass for an agent.
pub(crate) fn password_of<'a>(plan: &'a Plan, user: &str) -> Option<&'a str> {
    let agent = plan.agents.iter().find(|a| a.number == user && !a.removed).map(|a| &a.password);
    let trunk = || plan.trunks.iter().filter_map(|t| t.credentials.as_ref()).find(|c| c.user == user);
    agent.or_else(|| trunk().map(|c| &c.password)).map(|p| p.0.as_str())
}

fn sender_named(plan: &Plan, user: &str) -> Option<Sender> {
    let agent = plan.colleague(user).map(Sender::Agent);
    agent.or_else(|| {
        let named = |t: &Trunk| t.credentials.as_ref().is_some_and(|c| c.user == user);
        plan.trunks.iter().position(named).map(Sender::Trunk)
    })
}

/// The value of a header as a number of seconds.
pub(crate) fn seconds(request: &Message, name: Name) -> Option<u32> {
    request.header(name)?.trim().parse().ok()
}
