//! The switch: what it owns and the one place where its inputs branch.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use base::{
    CallId, EndReason, Epoch, Flow, GroupId, LegId, Map, Notice, Now, Rng, SwitchId, Ticket, Time, TimerId, Transport,
    Wheel, WorkerId,
};
use call::{Event, Plan, Timer};
use carrier::Carriers;
use sip::{Endpoint, Message, ServerTx};

use crate::admit::Doorman;
use crate::call_back::Summons;
use crate::calls::Calls;
use crate::dial::Outgoing;
use crate::drill::Drills;
use crate::leases::Leases;
use crate::rate::Rate;
use crate::register::Asked;
use crate::remnant::Remnants;
use crate::replace::REPLACES;
use crate::star::Dialled;
use crate::trunks::{TrunkCounters, Trunks};
use crate::{Answer, Ask, Counters, Drill, Effects, Fact, Input, Phases, Place, Verdict};

/// What makes a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub id: SwitchId,
    pub epoch: Epoch,
    /// What `User-Agent` and `Server` say.
    pub product: String,
    /// Signs the nonces of digest challenges; comes from the rim and enters no trace.
    pub nonce_key: [u8; 32],
    /// Media workers whose ends the switch leases.
    pub workers: u8,
    /// Ends to keep ready for each worker and network; the workers lease as many at their start without being asked.
    pub leases_ready: u16,
    /// A fault on purpose.
    pub drill: Option<Drill>,
}

/// The owner of a shard of the calls and of their dialogs.
pub struct Switch {
    pub(crate) plan: Arc<Plan>,
    pub(crate) endpoint: Endpoint,
    /// What the endpoint said and nobody has handled yet.
    pub(crate) sip: sip::Output,
    /// Scratch: what the endpoint said in this round, and what a call asked for.
    events: Vec<sip::Event>,
    pub(crate) actions: Vec<call::Action>,
    pub(crate) calls: Calls,
    pub(crate) timers: Wheel<(CallId, Timer)>,
    pub(crate) leases: Leases,
    pub(crate) doorman: Doorman,
    /// Calls that are over but for their dialogs, after a fault or a restart.
    pub(crate) remnants: Remnants,
    pub(crate) drills: Drills,
    pub(crate) rate: Rate,
    pub(crate) trunks: Trunks,
    pub(crate) outgoing: Outgoing,
    /// Agents' phones that the roster was asked for, to call somebody for them.
    pub(crate) summons: Map<CallId, Summons>,
    /// By place in `Plan::trunks`: where each leads out, if it does.
    pub(crate) carriers: Carriers,
    /// Star codes that wait for roster or queue.
    pub(crate) dialled: Map<Ticket, Dialled>,
    /// Requests that wait for the roster.
    pub(crate) asked: Map<Ticket, Asked>,
    /// Requests inside dialogs that a call is about to answer.
    pub(crate) requests: Map<Ticket, ServerTx>,
    pub(crate) next_ticket: u64,
    pub(crate) rng: Rng,
    /// Groups that are in surge, by the queue's word.
    pub(crate) surging: Arc<[GroupId]>,
    pub(crate) draining: bool,
    pub(crate) counters: Counters,
}

/// Tells the tickets of a switch from those that come from outside.
const OWN_TICKETS: u64 = 1 << 63;
/// Rounds of events in one turn; each round answers what the one before it caused, and three is the longest chain known.
const ROUNDS_MAX: usize = 64;

impl Switch {
    pub fn new(config: Config, plan: Arc<Plan>, now: Time, mut rng: Rng) -> Switch {
        let endpoint = Endpoint::new(endpoint_config(&config, &plan), now, rng.fork());
        let leases = Leases::new(config.workers, plan.networks.len(), config.leases_ready);
        Switch {
            doorman: Doorman::new(&plan.realm, &plan.digest, config.nonce_key),
            drills: Drills::new(config.drill),
            rate: Rate::default(),
            trunks: Trunks::new(plan.trunks.len()),
            outgoing: Outgoing::default(),
            summons: Map::default(),
            carriers: Carriers::none(),
            calls: Calls::new(config.id, config.epoch),
            plan,
            endpoint,
            sip: sip::Output::default(),
            events: Vec::new(),
            actions: Vec::new(),
            timers: Wheel::new(now),
            leases,
            remnants: Remnants::default(),
            dialled: Map::default(),
            asked: Map::default(),
            requests: Map::default(),
            next_ticket: 0,
            rng,
            surging: Arc::default(),
            draining: false,
            counters: Counters::default(),
        }
    }

    pub fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Effects) {
        match input {
            Input::Message { flow, bytes } => self.on_message(now, flow, bytes),
            Input::Shed { flow, bytes } => self.shed(now, flow, bytes),
            Input::FlowClosed(flow) => {
                self.doorman.unregistered(flow);
                self.doorman.proxies.forget(flow);
                self.endpoint.flow_closed(now, flow, &mut self.sip);
            }
            Input::Unreachable(flow) => self.endpoint.unreachable(now, flow, &mut self.sip),
            Input::Queue(action) => self.on_queue(now, action, out),
            Input::Roster(action) => self.on_roster(now, action, out),
            Input::Answer { ticket, answer } => self.on_answer(now, ticket, &answer, out),
            Input::Notice { worker, notice } => self.on_notice(now, worker, notice, out),
            Input::Resolved { ticket, answer } => self.on_resolved(now, ticket, answer, out),
            Input::Fetched { call, question, values } => self.tell(now, call, Event::Web { question, values }, out),
            Input::Synthesized { call, question, clip } => {
                self.tell(now, call, Event::Synthesized { question, clip }, out)
            }
            Input::Understood { call, question, text } => {
                self.tell(now, call, Event::Understood { question, text }, out);
            }
            Input::Ask { ticket, ask, .. } => self.on_ask(now, ticket, ask, out),
            // The exchange has each owner adopt its own.
            Input::Plan(_) => {}
            Input::Drain => self.drain(out),
            Input::StopCalls => self.stop_calls(now, out),
            Input::Leave => self.leave(now, out),
            Input::Deadline => self.on_deadline(now, out),
        }
        self.pump(now, out);
    }

    pub fn next_timeout(&self) -> Option<Time> {
        let all = [self.endpoint.next_timeout(), self.timers.next(), self.carriers.next_timeout()];
        all.into_iter().flatten().min()
    }

    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Calls that are not over.
    pub fn calls(&self) -> usize {
        self.calls.len() + self.remnants.len()
    }

    pub fn phases(&self) -> Phases {
        Phases::count(self.calls.iter())
    }

    /// Every call with the facts that lead to where it stands; those that only wind down are left out.
    pub fn retell(&self, now: Now) -> Vec<(CallId, Vec<call::Fact>)> {
        let told = self.calls.iter().map(|call| (call.id(), call.retell(now)));
        told.filter(|(_, facts)| !facts.is_empty()).collect()
    }

    /// Whether to keep what authentication decides, for a trace, until `take_verdicts`.
    pub fn keep_verdicts(&mut self, keep: bool) {
        self.doorman.auth.keep(keep);
    }

    /// What authentication decided since the last time.
    pub fn take_verdicts(&mut self) -> Vec<Verdict> {
        self.doorman.auth.take()
    }

    /// For a replay: these are the next verdicts. Tells how many of those before were left over, and how many were missed.
    pub(crate) fn give_verdicts(&mut self, verdicts: Vec<Verdict>) -> (usize, u64) {
        self.doorman.auth.give(verdicts)
    }

    /// What each trunk brought, in the order of the plan.
    pub fn trunks(&self) -> impl Iterator<Item = (&call::plan::Trunk, &TrunkCounters)> {
        self.plan.trunks.iter().zip(self.trunks.counters())
    }

    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Messages that could not be read.
    pub fn malformed(&self) -> u64 {
        self.endpoint.malformed()
    }

    /// Media ends of a worker that wait for a call.
    pub fn leases_ready(&self, worker: WorkerId) -> usize {
        self.leases.ready(worker)
    }

    fn on_message(&mut self, now: Now, flow: Flow, bytes: &[u8]) {
        self.counters.messages_in += 1;
        let drills = &mut self.drills;
        let read = catch_unwind(AssertUnwindSafe(|| {
            drills.pass(Place::Reader);
            Message::parse(bytes)
        }));
        // A fault of the reader costs the message that brought it about; whoever sent it will repeat it or give up.
        let Ok(read) = read else { return self.counters.reader_faults += 1 };
        self.drills.pass(Place::Transactions);
        self.endpoint.receive_read(now, flow, read, &mut self.sip);
    }

    /// What concerns agents and groups went to their owners already.
    fn on_ask(&mut self, now: Now, ticket: Ticket, ask: Ask, out: &mut Effects) {
        let (call, event) = match ask {
            Ask::HangUp { call } => (call, Event::Stop(EndReason::Forced)),
            Ask::Confide { call } => (call, Event::Confide),
            Ask::Order { call, order } => (call, Event::Order(order)),
            Ask::Call { agent, to } => return self.summon(now, ticket, agent, &to, out),
            Ask::Raise { call } => return self.steer(ticket, call, acd::Command::Raise { ticket, call }, out),
            Ask::Move { call, group } => {
                return self.steer(ticket, call, acd::Command::Move { ticket, call, group }, out);
            }
            Ask::Release { call } => return self.steer(ticket, call, acd::Command::Release { ticket, call }, out),
            Ask::SetAgent { .. } | Ask::WrapUp { .. } | Ask::Open { .. } | Ask::Surge { .. } | Ask::Callers { .. } => {
                return;
            }
        };
        // What comes behind the record would stand in none.
        let late = |entry: &mut crate::calls::Entry| matches!(event, Event::Order(_)) && entry.call.is_ended();
        let known = self.calls.get_mut(call).is_some_and(|entry| !late(entry));
        self.tell(now, call, event, out);
        out.answers.push((ticket, if known { Answer::Done } else { Answer::NoSuchCall }));
    }

    /// The queue answers for a call that there is.
    fn steer(&mut self, ticket: Ticket, call: CallId, command: acd::Command, out: &mut Effects) {
        // Of who is called back there may be no call yet.
        match call.is_placeless() || self.calls.get_mut(call).is_some_and(|entry| !entry.call.is_ended()) {
            true => out.queue.push(command),
            false => out.answers.push((ticket, Answer::NoSuchCall)),
        }
    }

    fn on_queue(&mut self, now: Now, action: acd::Action, out: &mut Effects) {
        if let acd::Action::Withdraw { call, reservation, .. } = action
            && self.calls.get_mut(call).is_some_and(|entry| entry.estate.holds(reservation))
        {
            self.counters.timed_out += 1;
        }
        if matches!(action, acd::Action::CallsBack { .. }) {
            return self.return_call(now, action, out);
        }
        let call = match &action {
            acd::Action::Reserve { call, .. }
            | acd::Action::Withdraw { call, .. }
            | acd::Action::Queued { call, .. }
            | acd::Action::Located { call, .. }
            | acd::Action::Moved { call, .. }
            | acd::Action::Promised { call, .. }
            | acd::Action::Repeats { call, .. }
            | acd::Action::CallsBack { call, .. }
            | acd::Action::Unclaimed { call, .. }
            | acd::Action::TakenOver { call, .. }
            | acd::Action::Refused { call, .. } => *call,
            &acd::Action::Surge { group, on } => {
                let others = self.surging.iter().copied().filter(|other| *other != group);
                self.surging = others.chain(on.then_some(group)).collect();
                return;
            }
            // The exchange brings these elsewhere.
            acd::Action::OfferOver { .. }
            | acd::Action::WrapsUp { .. }
            | acd::Action::WrapUp { .. }
            | acd::Action::Steered { .. }
            | acd::Action::Fact(_) => return,
        };
        self.tell(now, call, Event::Queue(action), out);
    }

    fn on_notice(&mut self, now: Now, worker: WorkerId, notice: Notice, out: &mut Effects) {
        match notice {
            Notice::Leased(lease) => self.leases.add(lease),
            Notice::NoLease { network, .. } => self.leases.failed(worker, network),
            notice => {
                if let Some(leg) = notice.leg() {
                    self.tell(now, leg.call, Event::Notice(notice), out);
                }
            }
        }
    }

    fn on_deadline(&mut self, now: Now, out: &mut Effects) {
        self.endpoint.handle_timeout(now, &mut self.sip);
        while let Some((call, timer)) = self.timers.pop(now.time) {
            self.calls.fired(call, timer);
            self.tell(now, call, Event::Timer(timer), out);
        }
        self.carriers_due(now, out);
        self.doorman.sweep(now);
        self.leases.refill(&mut out.jobs);
    }

    fn drain(&mut self, out: &mut Effects) {
        self.draining = true;
        out.queue.push(acd::Command::HoldCallBacks);
    }

    fn stop_calls(&mut self, now: Now, out: &mut Effects) {
        self.drain(out);
        for call in self.calls.ids() {
            self.tell(now, call, Event::Stop(EndReason::Shutdown), out);
        }
    }

    /// Handles what the endpoint said until it says no more, then lets its messages go.
    pub(crate) fn pump(&mut self, now: Now, out: &mut Effects) {
        for _ in 0..ROUNDS_MAX {
            self.note_legs(out);
            if self.sip.events.is_empty() {
                break;
            }
            let mut events = std::mem::take(&mut self.events);
            std::mem::swap(&mut events, &mut self.sip.events);
            events.drain(..).for_each(|event| self.on_sip(now, event, out));
            self.events = events;
        }
        self.counters.messages_out += self.sip.messages.len() as u64;
        self.note_legs(out);
        out.messages.append(&mut self.sip.messages);
    }

    /// What became of legs is written before what follows from it: the end of a call is the last that is told of it.
    pub(crate) fn note_legs(&mut self, out: &mut Effects) {
        if !self.sip.facts.is_empty() {
            out.legs.extend(self.sip.facts.iter().filter_map(dialled));
            out.facts.extend(self.sip.facts.drain(..).map(Fact::Leg));
        }
    }

    pub(crate) fn ticket(&mut self) -> Ticket {
        self.next_ticket += 1;
        Ticket(OWN_TICKETS | self.next_ticket)
    }
}

/// The leg and Call-ID of an INVITE of ours that leaves.
fn dialled(fact: &sip::Fact) -> Option<(LegId, Box<str>)> {
    match fact {
        sip::Fact::Image { leg, image } => match &**image {
            sip::Image::Calling { rings: false, .. } => Some((*leg, image.call_id().into())),
            _ => None,
        },
        sip::Fact::Sequence { .. } | sip::Fact::Closed { .. } => None,
    }
}

fn endpoint_config(config: &Config, plan: &Plan) -> sip::Config {
    let identities = plan.networks.iter().enumerate().flat_map(|(place, network)| {
        let call::plan::Advertised { host, udp_port, tcp_port } = &network.advertised;
        let ports = [(Transport::Udp, Some(*udp_port)), (Transport::Tcp, *tcp_port)];
        ports.into_iter().filter_map(move |(transport, port)| {
            let id = base::NetworkId(place as u8);
            Some(sip::Identity { network: id, transport, host: host.clone(), port: port? })
        })
    });
    let session = sip::Session { expires: plan.session_expires, ..sip::Session::default() };
    let (identities, product) = (identities.collect(), config.product.clone());
    let understood = vec![REPLACES.to_owned()];
    sip::Config { identities, product, session, understood, ..sip::Config::default() }
}

/// The timers of one call, by place in `Timer::ALL`.
pub(crate) type Armed = [Option<TimerId>; Timer::ALL.len()];
